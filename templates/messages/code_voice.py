"""The one-time code by voice call: who calls and for what, then the digits one by one, twice.

Same contents as the text message (NIST SP 800-63B-4, 3.1.3.2): seller, purpose, amount, never to be shared.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from templates.french import Language, formats
from templates.messages.message import one_line

_HELLO: Final[dict[Language, str]] = {
    "fr": "Bonjour. {seller} vous appelle pour la signature de votre commande, d'un montant de {total} TTC.",
    "en": "Hello. {seller} is calling about the signature of your order, for {total} including VAT.",
}
_HELLO_ACCOUNT: Final[dict[Language, str]] = {
    "fr": "Bonjour. {seller} vous appelle pour le prélèvement sur votre compte se terminant par {account}.",
    "en": "Hello. {seller} is calling about debits from your account ending in {account}.",
}
_WARNING: Final[dict[Language, str]] = {
    "fr": "Ne communiquez ce code à personne. Si vous n'avez rien à signer, raccrochez.",
    "en": "Do not share this code with anyone. If you have nothing to sign, hang up.",
}
_CODE: Final[dict[Language, str]] = {"fr": "Votre code est :", "en": "Your code is:"}
_AGAIN: Final[dict[Language, str]] = {"fr": "Je répète votre code :", "en": "I repeat your code:"}
_END: Final[dict[Language, str]] = {
    "fr": "Ce code est valable {minutes} minutes. Au revoir.",
    "en": "This code is valid for {minutes} minutes. Goodbye.",
}


@dataclass(frozen=True)
class CodeVoice:
    """What the customer hears before he types his code."""

    seller: str
    total_incl_vat: Decimal
    code: str = field(repr=False)
    minutes: int
    """How long the code lives."""
    language: Language = "fr"
    account_last4: str = ""
    """Where another account is signed: its last four characters, said one by one instead of an amount."""


def compose(data: CodeVoice) -> tuple[str, ...]:
    """The sentences in the order in which they are said; each digit is one of them, so that it is said slowly."""
    language = data.language
    total = " ".join(formats(language).money(data.total_incl_vat).split())
    hello = _HELLO_ACCOUNT if data.account_last4 else _HELLO
    return (
        hello[language].format(seller=one_line(data.seller), total=total, account=" ".join(data.account_last4)),
        _WARNING[language],
        _CODE[language],
        *data.code,
        _AGAIN[language],
        *data.code,
        _END[language].format(minutes=data.minutes),
    )
