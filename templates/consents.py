"""The boxes of the ceremony: one per act, unticked, each with its own words and version (STANDARDS 1.2).

A wording that changes gets a new version; what a customer ticked is kept word for word in the evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["fr", "en"]


@dataclass(frozen=True)
class Consent:
    """One box: `key` for programs, `text` as displayed, `version` of the words, whether signing needs it."""

    key: str
    text: str
    version: str
    required: bool


_WORDS: Mapping[str, tuple[str, str, str]] = {
    "order": (
        "2026-11",
        (
            "J'ai lu le bon de commande n° {number} ({total} TTC) et les conditions générales v. {terms}, et je les "
            "accepte."
        ),
        "I have read order form No. {number} ({total} incl. VAT) and the general terms v. {terms}, and I accept them.",
    ),
    "amendment": (
        "2026-11",
        "J'ai lu le changement de compte n° {number} et je l'accepte : le mandat {umr} remplace le mandat {old_umr}.",
        "I have read change of account No. {number} and I accept it: mandate {umr} replaces mandate {old_umr}.",
    ),
    "new_mandate": (
        "2026-11",
        "J'autorise {seller} à débiter le compte {iban} selon le mandat de prélèvement SEPA {umr} joint.",
        "I authorise {seller} to debit account {iban} under the attached SEPA direct debit mandate {umr}.",
    ),
    "mandate": (
        "2026-11",
        (
            "J'autorise {seller} à débiter le compte {iban} selon le mandat de prélèvement SEPA {umr} joint au bon de "
            "commande."
        ),
        "I authorise {seller} to debit account {iban} under the SEPA direct debit mandate {umr} in the order form.",
    ),
    "durable_medium": (
        "2026-11",
        "J'accepte de recevoir mon exemplaire signé par courrier électronique, sur support durable.",
        "I agree to receive my signed copy by e-mail, on a durable medium.",
    ),
    "early_start": (
        "2026-11",
        (
            "Je demande expressément que la prestation commence avant la fin du délai de rétractation de 14 jours. Si "
            "je renonce ensuite au contrat, je paierai la part déjà exécutée."
        ),
        (
            "I expressly ask that the service begin before the end of the 14-day withdrawal period. If I withdraw "
            "later, I will pay for what has been performed."
        ),
    ),
}


def consents(
    *,
    number: str,
    total: str,
    terms: str,
    seller: str,
    umr: str | None,
    iban_masked: str | None,
    early_start: bool,
    old_umr: str | None = None,
    language: Language = "fr",
) -> tuple[Consent, ...]:
    """The boxes of one ceremony, in the order in which they are shown. Amounts and accounts come as printed.

    With `old_umr` they are those of an amendment: the same keys, in the words of a change of account.
    """
    words = {"order": "amendment", "mandate": "new_mandate"} if old_umr else {}
    keys = ["order"]
    if umr:
        keys.append("mandate")
    keys.append("durable_medium")
    if early_start:
        keys.append("early_start")
    facts = {"number": number, "total": total, "terms": terms, "seller": seller, "umr": umr, "iban": iban_masked}
    made = []
    for key in keys:
        version, french, english = _WORDS[words.get(key, key)]
        text = (french if language == "fr" else english).format(**facts, old_umr=old_umr)
        made.append(Consent(key, text, version, required=True))
    return tuple(made)
