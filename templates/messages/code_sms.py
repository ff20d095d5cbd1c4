"""The one-time code by text message: one GSM-7 segment, whatever the seller is called.

Contents and order follow NIST SP 800-63B-4 (purpose, never to be shared) and the origin-bound one-time code format
(last line: `@host #code`), by which a phone fills the code in only on the page that asked for it.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from templates.french import Language, formats
from templates.messages.gsm7 import SINGLE, gsm7_septets, to_gsm7
from templates.messages.message import Message, one_line

_FULL_FRENCH: Final = (
    "{seller}: code {code} pour signer la commande {number}, {total} TTC. "
    "Valable {minutes} min. Ne le communiquez à personne."
)
_FULL_ENGLISH: Final = (
    "{seller}: code {code} to sign order {number}, {total} incl. VAT. Valid {minutes} min. Do not share it with anyone."
)
_FULL_FRENCH_ACCOUNT: Final = (
    "{seller}: code {code} pour le prélèvement sur votre compte finissant par {account} ({number}). "
    "Valable {minutes} min. Ne le communiquez à personne."
)
_FULL_ENGLISH_ACCOUNT: Final = (
    "{seller}: code {code} to let your account ending in {account} be debited ({number}). Valid {minutes} min. "
    "Do not share it with anyone."
)
# From the fullest to the tersest: the first that leaves the seller a recognisable name is sent.
_SENTENCES: Final[dict[Language, tuple[str, ...]]] = {
    "fr": (
        _FULL_FRENCH,
        "{seller}: code {code} pour signer {number}, {total} TTC, {minutes} min. Ne le communiquez à personne.",
        "{seller} {code} {number} {total} TTC {minutes} min. Ne le communiquez à personne.",
    ),
    "en": (
        _FULL_ENGLISH,
        "{seller}: code {code} to sign {number}, {total} incl. VAT, {minutes} min. Do not share it.",
        "{seller} {code} {number} {total} incl. VAT {minutes} min. Do not share it.",
    ),
}
_ACCOUNT_SENTENCES: Final[dict[Language, tuple[str, ...]]] = {
    "fr": (
        _FULL_FRENCH_ACCOUNT,
        "{seller}: code {code} pour débiter le compte ..{account}, {number}, {minutes} min. Gardez-le pour vous.",
        "{seller} {code} compte ..{account} {number} {minutes} min. Ne le communiquez à personne.",
    ),
    "en": (
        _FULL_ENGLISH_ACCOUNT,
        "{seller}: code {code} to debit account ..{account}, {number}, {minutes} min. Do not share it.",
        "{seller} {code} account ..{account} {number} {minutes} min. Do not share it.",
    ),
}
_ENOUGH: Final = 12
"""Characters that make a seller recognisable; below, a terser sentence is tried first."""
_SHORTEST: Final = 5
"""A name is cut between words only where that leaves so many characters."""
_LEGAL_FORM: Final = re.compile(r"[ ,]+(SA|SAS|SASU|SARL|EURL|SNC|SCA|SCOP|SE|GmbH|AG|Ltd|BV|NV)\.?$", re.IGNORECASE)


@dataclass(frozen=True)
class CodeSms:
    """What the customer reads before he types his code."""

    seller: str
    number: str
    total_incl_vat: Decimal
    code: str = field(repr=False)
    minutes: int
    """How long the code lives."""
    host: str
    """Host of the signing page as browsers compare it: ASCII (Punycode), without scheme, port or path."""
    language: Language = "fr"
    account_last4: str = ""
    """Where another account is signed and nothing is bought: its last four characters, said instead of an amount."""


def compose(data: CodeSms) -> Message:
    """The text, in one segment unless the host alone is longer than about sixty characters."""
    total = to_gsm7(formats(data.language).money(data.total_incl_vat))
    last = f"\n@{data.host} #{data.code}"
    seller = to_gsm7(one_line(data.seller)) or to_gsm7(data.host)
    text = ""
    for sentence in (_ACCOUNT_SENTENCES if data.account_last4 else _SENTENCES)[data.language]:
        rest = sentence.replace("{seller}", "").format(
            code=data.code, number=data.number, total=total, minutes=data.minutes, account=data.account_last4
        )
        room = SINGLE - gsm7_septets(rest + last)
        name = shortened(seller, max(room, 1))
        text = name + rest + last
        if len(name) >= min(len(seller), _ENOUGH) and gsm7_septets(text) <= SINGLE:
            break
    return Message(subject="", text=text)


def shortened(name: str, room: int) -> str:
    """A name within so many septets (see `gsm7_septets`): without its legal form, then with fewer words, then cut."""
    if gsm7_septets(name) <= room:
        return name
    bare = _LEGAL_FORM.sub("", name)
    if gsm7_septets(bare) <= room:
        return bare
    fits = bare
    while gsm7_septets(fits) > room:
        fits = fits[:-1]
    words = bare[: len(fits) + 1].rpartition(" ")[0].rstrip(" ,-&.")
    return words if len(words) >= min(len(fits), _SHORTEST) else fits.rstrip()
