"""The signing link by text message, for a customer who signs on his own phone."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from templates.french import Language, formats
from templates.messages.code_sms import shortened
from templates.messages.gsm7 import SINGLE, gsm7_septets, to_gsm7
from templates.messages.message import Message, one_line

_SENTENCES: Final[dict[Language, tuple[str, ...]]] = {
    "fr": (
        "{seller}: lisez et signez la commande {number} ({total} TTC) avant le {until}:\n{url}",
        "{seller}: {number}, {total} TTC, à signer avant le {until}:\n{url}",
    ),
    "en": (
        "{seller}: read and sign order {number} ({total} incl. VAT) before {until}:\n{url}",
        "{seller}: {number}, {total} incl. VAT, to sign before {until}:\n{url}",
    ),
}
_ACCOUNT_SENTENCES: Final[dict[Language, tuple[str, ...]]] = {
    "fr": (
        "{seller}: lisez et signez le mandat de votre nouveau compte ({number}) avant le {until}:\n{url}",
        "{seller}: nouveau compte, {number}, à signer avant le {until}:\n{url}",
    ),
    "en": (
        "{seller}: read and sign the mandate for your new account ({number}) before {until}:\n{url}",
        "{seller}: new account, {number}, to sign before {until}:\n{url}",
    ),
}
_ENOUGH: Final = 17
"""Characters that make a seller recognisable; below, the terser sentence is sent."""


@dataclass(frozen=True)
class LinkSms:
    """The way to one order, for one person."""

    seller: str
    number: str
    total_incl_vat: Decimal
    valid_until: dt.date
    url: str = field(repr=False)
    """Holds the secret of this signature: it opens the order for whoever has it."""
    language: Language = "fr"
    new_account: bool = False
    """Whether another account is signed, and nothing is bought."""


def compose(data: LinkSms) -> Message:
    """The text: one segment with an address of up to about seventy characters; the name stays readable in any case."""
    shown = formats(data.language)
    seller = to_gsm7(one_line(data.seller)) or to_gsm7(data.number)
    text = ""
    for sentence in (_ACCOUNT_SENTENCES if data.new_account else _SENTENCES)[data.language]:
        rest = sentence.replace("{seller}", "").format(
            number=data.number,
            total=to_gsm7(shown.money(data.total_incl_vat)),
            until=to_gsm7(shown.date(data.valid_until)),
            url=data.url,
        )
        room = SINGLE - gsm7_septets(rest)
        text = shortened(seller, max(room, _ENOUGH)) + rest
        if room >= min(len(seller), _ENOUGH):
            break
    return Message(subject="", text=text)
