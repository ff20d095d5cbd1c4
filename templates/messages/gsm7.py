"""The alphabet of text messages (3GPP TS 23.038, clause 6.2.1) and how many parts a text is charged as."""

import unicodedata
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED: Final = frozenset("\f^{}\\[~]|€")
_REPLACED: Final = {
    "ç": "c",
    "œ": "oe",
    "Œ": "OE",
    "’": "'",
    "‘": "'",
    "«": '"',
    "»": '"',
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "\u2212": "-",
    "…": "...",
    "\u00a0": " ",
    "\u202f": " ",
    "·": ".",
    "•": "*",
}
SINGLE: Final = 160
"""Septets of a message that travels alone."""
PART: Final = 153
"""Septets of each part of a longer one."""


def gsm7_septets(text: str) -> int:
    """How many seven-bit units a text takes; those of the extension table, like the euro, take two.

    Raises:
        ValueError: a character is outside the alphabet, and the message would travel as UCS-2 in parts of 70.
    """
    units = 0
    for character in text:
        if character in _BASIC:
            units += 1
        elif character in _ESCAPED:
            units += 2
        else:
            raise ValueError(f"U+{ord(character):04X} is outside the GSM 7-bit alphabet")
    return units


def gsm7_segments(text: str) -> int:
    """How many messages a text is charged as.

    Raises:
        ValueError: a character is outside the alphabet.
    """
    units = gsm7_septets(text)
    return 1 if units <= SINGLE else -(-units // PART)


def to_gsm7(text: str) -> str:
    """The nearest text in the alphabet: « Forêt » becomes `Foret`; what has no Latin likeness is left out."""
    return "".join(_nearest(character) for character in text)


def _nearest(character: str) -> str:
    if character in _BASIC or character in _ESCAPED:
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    return "".join(part for part in unicodedata.normalize("NFKD", character) if part in _BASIC)
