"""Told to the telephone, and to it alone: signing is locked. The page does not say it to whoever holds the link."""

from dataclasses import dataclass
from typing import Final

from templates.french import Language
from templates.messages.code_sms import shortened
from templates.messages.gsm7 import SINGLE, gsm7_septets, to_gsm7
from templates.messages.message import Message, one_line

_SENTENCES: Final[dict[Language, str]] = {
    "fr": ": la signature de {number} est bloquée après plusieurs codes erronés. Votre commercial peut la relancer.",
    "en": ": signing of {number} is locked after several wrong codes. Your sales contact can start it again.",
}
_SPOKEN: Final[dict[Language, tuple[str, str]]] = {
    "fr": (
        "Bonjour. {seller} vous appelle pour une signature en cours.",
        "Elle est bloquée après plusieurs codes erronés. Votre commercial peut la relancer. Au revoir.",
    ),
    "en": (
        "Hello. {seller} is calling about a signature under way.",
        "It is locked after several wrong codes. Your sales contact can start it again. Goodbye.",
    ),
}


@dataclass(frozen=True)
class LockedSms:
    """Which order, or amendment."""

    seller: str
    number: str
    language: Language = "fr"


def compose(data: LockedSms) -> Message:
    """The text, in one segment."""
    rest = to_gsm7(_SENTENCES[data.language].format(number=data.number))
    seller = to_gsm7(one_line(data.seller)) or to_gsm7(data.number)
    return Message(subject="", text=shortened(seller, max(SINGLE - gsm7_septets(rest), 1)) + rest)


def spoken(data: LockedSms) -> tuple[str, ...]:
    """The same by voice call."""
    return tuple(sentence.format(seller=one_line(data.seller)) for sentence in _SPOKEN[data.language])
