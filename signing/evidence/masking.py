"""Mobile numbers and accounts that somebody typed into a text: found, and masked in it.

People write a number where a reason, a role or a browser's name is asked for. What enters an event or the facts is
masked first, so that no proof depends on what was typed; `build_evidence` refuses what was not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

DOT = "•"

_MOBILE = re.compile(
    r"(?<![0-9A-Za-z])(?:\+33|0033|0)[ .-]?(?:\(0\))?[67](?:[ .\u00a0\u202f-]?\d{2}){4}(?![0-9A-Za-z])"
)
_BETWEEN = r"[\s\u200b\u2060\ufeff._/:,\u00b7\u2010-\u2015\u2212-]{0,3}"
"""What people put between the groups of an account: blanks of any width or none, dots, dashes."""
_IBAN = re.compile(rf"(?<![0-9a-z])(?:iban)?(?=([a-z]{{2}}){_BETWEEN}[0-9]{_BETWEEN}[0-9])", re.IGNORECASE)
"""Where an account may begin. Small letters are a reader's habit; the shape of its country tells it from a word."""
_NEXT = re.compile(rf"{_BETWEEN}([0-9A-Za-z])")

IDENTIFIERS = frozenset(
    {
        *("pem", "sha256", "fingerprint", "iban_fingerprint", "hash", "previous_hash", "provider_id", "id", "number"),
        *("proposal", "proposal_reference", "epj", "siren", "umr", "mandate_umr", "amends", "creditor_id", "serial"),
        *("certificate_serial", "message_id", "end_to_end_id", "time_stamp"),
    }
)
"""Names of values that identify something: they are what they are, and look like a number by chance alone."""


def masked(value: Any) -> Any:
    """The value, a text or whatever holds texts, with every whole French mobile number and IBAN masked.

    Lengths stay: `06 12 34 56 78` becomes `06 •• •• •• 78`, of an account country and last four characters are left.
    """
    if isinstance(value, str):
        return _masked_text(value)
    if isinstance(value, Mapping):
        return {key: inner if key in IDENTIFIERS else masked(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(masked(inner) for inner in value)
    if is_dataclass(value) and not isinstance(value, type):
        known = {each.name: getattr(value, each.name) for each in fields(value)}
        return replace(value, **masked(known))
    return value


def leaks(value: object, path: str) -> Iterator[str]:
    """Paths of the texts in plain JSON that `masked` would change."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in IDENTIFIERS:
                yield from leaks(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaks(inner, f"{path}[{index}]")
    elif isinstance(value, str) and _masked_text(value) != value:
        yield path


def _masked_text(text: str) -> str:
    text = _MOBILE.sub(lambda found: _hidden(found[0], first=_figures(found[0]) - 8, last=2), text)
    for found in _IBAN.finditer(text):
        start = found.start(1)
        if end := _end_of_iban(text, start):
            text = text[:start] + _hidden(text[start:end], first=2, last=4) + text[end:]
    return text


def _figures(text: str) -> int:
    return sum(character.isalnum() for character in text)


def _hidden(text: str, *, first: int, last: int) -> str:
    """The text with all letters and figures but the first and last ones as dots."""
    places = [place for place, character in enumerate(text) if character.isalnum()]
    hidden = set(places[first : len(places) - last])
    return "".join(DOT if place in hidden else character for place, character in enumerate(text))


def _end_of_iban(text: str, start: int) -> int | None:
    """Where the account that begins here ends (ISO 13616: length, shape and checksum of its country); None for none."""
    length, compact, end = _length(text[start : start + 2].upper()), "", start
    while len(compact) < length:
        following = _NEXT.match(text, end)
        if following is None:
            return None
        compact, end = compact + following[1].upper(), following.end()
    whole = bool(compact) and not re.match(r"[0-9A-Za-z]", text[end:])
    figures = 2 * sum(character.isdigit() for character in compact) >= length  # fewer are words beside figures
    return end if whole and figures and IBAN(compact, allow_invalid=True).is_valid else None


@cache
def _length(country: str) -> int:
    """Characters of an account of a country; 0 where there are no accounts of this kind."""
    try:
        return int(IBAN(country, allow_invalid=True).spec.iban_length)
    except SchwiftyException:
        return 0
