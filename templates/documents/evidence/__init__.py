"""« Dossier de preuve »: one page that a judge understands, then details, then hashes; it carries preuve.json."""

from typing import Final

from templates import catalog
from templates.documents.evidence.data import EvidenceData, EvidenceUnreadableError, from_json
from templates.documents.evidence.details import details
from templates.documents.evidence.proofs import proofs
from templates.documents.evidence.sample import SAMPLE
from templates.documents.evidence.story import story
from templates.documents.evidence.words import Words
from templates.documents.sheet import flow
from templates.pdf import Attachment

__all__ = ["FILE_NAME", "SAMPLE", "VERSION", "EvidenceData", "EvidenceUnreadableError", "from_json", "render"]

VERSION: Final = "2026.1"
FILE_NAME: Final = "preuve.json"


def render(data: EvidenceData) -> bytes:
    """The document with its file attached (PDF/A-3b, PDF/UA-1), dated of the last event."""
    evidence = data.evidence
    words = Words(catalog.texts("evidence", data.look.language), data.look.language, evidence)
    number = evidence.facts.order.number
    closed_at = evidence.events[-1].at if evidence.events else evidence.facts.order.sealed_at
    made = flow(
        data.look,
        title=words.act("file_title", number=number),
        running=words.t("running", number=number),
        when=closed_at,
    )
    story(made, words)
    details(made, words)
    proofs(made, words, data.json)
    attachment = Attachment(
        FILE_NAME, data.json, "application/json", "Source", words.t("attached_description"), modified=closed_at
    )
    return made.finish(attachments=(attachment,))
