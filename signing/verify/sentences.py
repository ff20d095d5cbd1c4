"""The verdict in one sentence, French and English."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from signing.verify.report import EvidenceReport, Finding, Indication, SignatureReport

PARIS = ZoneInfo("Europe/Paris")

_NO_QUOTES = str.maketrans(dict.fromkeys('«»“”„"', "'"))

_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def french_instant(at: datetime) -> str:
    """`23 novembre 2026 à 11 h 02 min 30 s (heure de Paris, UTC+1)`."""
    local = at.astimezone(PARIS)
    offset = local.utcoffset()
    hours = int(offset.total_seconds() // 3600) if offset is not None else 0
    day = "1er" if local.day == 1 else str(local.day)
    return (
        f"{day} {_MONTHS[local.month - 1]} {local.year} à {local.hour} h {local.minute:02d} min {local.second:02d} s"
        f" (heure de Paris, UTC{hours:+d})"
    )


def sentences(
    signatures: Sequence[SignatureReport], gravest: Finding | None, evidence: EvidenceReport | None
) -> tuple[str, str]:
    """The whole verdict in one sentence each."""
    if gravest is not None and gravest.indication is Indication.FAILED:
        return f"Non valable : {_lower(gravest.fr)}", f"Not valid: {_lower(gravest.en)}"
    if gravest is not None:
        return f"Impossible de conclure : {_lower(gravest.fr)}", f"No conclusion: {_lower(gravest.en)}"
    signed = [signature for signature in signatures if signature.kind != "document_time_stamp"]
    who = ", puis ".join(_by(signature) for signature in signed) or "un horodatage"
    who_en = ", then ".join(_by_en(signature) for signature in signed) or "a time-stamp"
    proof, proof_en = (
        (" ; le dossier de preuve est intact et concorde", "; the evidence file is whole and agrees")
        if evidence is not None
        else ("", "")
    )
    caution, caution_en = (
        (" (certificats de développement, sans valeur juridique)", " (development certificates, without legal value)")
        if any(signature.development for signature in signed)
        else ("", "")
    )
    return (
        f"Valable : document signé par {who}, inchangé depuis{proof}{caution}.",
        f"Valid: signed by {who_en}, unchanged since{proof_en}{caution_en}.",
    )


def _by(signature: SignatureReport) -> str:
    when = signature.time_stamp.at if signature.time_stamp else signature.claimed_at
    who = f"« {name_between_marks(signature)} »"
    if when is None:
        return who
    return f"{who} le {french_instant(when)}{'' if signature.time_stamp else ', heure déclarée'}"


def _by_en(signature: SignatureReport) -> str:
    when = signature.time_stamp.at if signature.time_stamp else signature.claimed_at
    who = f"“{name_between_marks(signature)}”"
    if when is None:
        return who
    claimed = "" if signature.time_stamp else " (claimed time)"
    return f"{who} on {when.astimezone(PARIS):%Y-%m-%d at %H:%M:%S %Z}{claimed}"


def name_between_marks(signature: SignatureReport) -> str:
    """The signer, in words that somebody typed: between marks that he cannot close they add nothing."""
    return signature.signer.translate(_NO_QUOTES)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
