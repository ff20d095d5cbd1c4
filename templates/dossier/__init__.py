"""The first page of an exported order: what is in the folder, whether it verifies, how anybody checks it again."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

from templates.french import PARIS, formats, typeset

TITLES: Final[dict[str, tuple[str, str]]] = {
    "sealed_form": ("Document signé", "cachet du vendeur, signature du client, horodatage"),
    "sealed_form_lta": ("Document signé, horodatage renouvelé", "le même, suivi de ce qui le garde vérifiable"),
    "sealed_form_b_b": ("Document signé, avant horodatage", "remplacé le jour même par le document signé et horodaté"),
    "evidence": ("Dossier de preuve", "qui a signé, quand, comment : le récit scellé de la signature"),
    "evidence_lta": ("Dossier de preuve, horodatage renouvelé", "le même, suivi de ce qui le garde vérifiable"),
    "evidence_json": ("Dossier de preuve, données", "les mêmes faits, pour les programmes (JSON canonique)"),
    "attestation": ("Attestation de signature", "ce que le signataire a reçu : qui, quoi, quand, et l'empreinte"),
    "form": ("Document présenté", "le document certifié que le client a eu sous les yeux, avant sa signature"),
    "mandate": ("Mandat de prélèvement, inscription", "le mandat lui-même est une page du document signé"),
    "invoice": ("Facture", "Factur-X : le PDF contient les données de la facture"),
    "credit_note": ("Avoir", "annule la facture"),
    "slip": ("Bordereau de numérisation", "accompagne les pièces papier"),
    "scan": ("Papier numérisé", "une pièce remise sur papier par le client"),
    "batch": ("Lot remis à l'agence", "ce que l'agence a reçu pour la mise en production"),
    "manifest": ("Inventaire archivé", "la liste des documents, telle qu'elle était archivée à cette date"),
}
"""Kinds of documents as people call them, and what each is; the most important first."""


@dataclass(frozen=True)
class Document:
    """One file of the folder. `retain_until` is the last day on which the archive must keep it."""

    file: str
    kind: str
    name: str
    sha256: str
    size: int
    stored_at: dt.datetime
    retain_until: dt.date | None

    @property
    def title(self) -> str:
        """What people call it."""
        return TITLES.get(self.kind, (self.name, ""))[0]

    @property
    def what(self) -> str:
        """What it is, in a few words."""
        return TITLES.get(self.kind, ("", ""))[1]


@dataclass(frozen=True)
class Signature:
    """One signature as the verifier found it; `problems` in French, none where it holds."""

    what: str
    signer: str
    at: dt.datetime | None
    stamped: bool
    level: str
    algorithm: str
    trusted_by: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Dossier:
    """Everything that the page says."""

    act: str
    """What was signed: « Bon de commande 2026-LYO-000042 »."""
    company: str
    epj: str
    seller: str
    signatory: str
    signed_at: dt.datetime | None
    total_incl_vat: Decimal | None
    """None where nothing was bought."""
    passed: bool
    indication: str
    sentence: str
    verified_at: dt.datetime
    signatures: tuple[Signature, ...]
    checks: tuple[tuple[bool, str], ...]
    story: tuple[str, ...]
    stamp_roots: bool
    """Whether the time-stamping unit's root lies apart, for time-stamps alone."""
    documents: tuple[Document, ...]
    specimen: bool = False


def render(data: Dossier) -> bytes:
    """The page, complete in itself: no script, no style or image from elsewhere."""
    return _template().render(data=data, shown=formats("fr"), paris=PARIS).encode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = typeset
    return environment.get_template("index.html")
