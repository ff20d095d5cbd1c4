"""Mobile numbers and accounts that somebody typed into a text: found, and masked in it.

People write a number where a reason, a role or a browser's name is asked for. What enters an event or the facts is
masked first, so that no proof depends on what was typed; `build_evidence` refuses what was not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

DOT = "•"

_MOBILE = re.compile(
    r"(?<![0-9A-Za-z])(?:\+33|0033|0)[ .-]?(?:\(0\))?[67](?:[ .\u00a0\u202f-]?\d{2}){4}(?![0-9A-Za-z])"
)
_IBAN = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}\d{2}(?:[ \u00a0\u202f]?[A-Z0-9]){11,30}(?![0-9A-Za-z])", re.ASCII)
"""In capitals alone: what is written in small letters is, but once in a thousand times, an identifier of ours."""

_BLANKS = re.compile(r"[ \u00a0\u202f]")

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
    done = 0
    while found := _IBAN.search(text, done):
        done = found.start() + 1  # an account may begin inside what looked like one
        if length := _iban_length(found[0]):
            done = found.start() + length
            text = text[: found.start()] + _hidden(text[found.start() : done], first=2, last=4) + text[done:]
    return text


def _figures(text: str) -> int:
    return sum(character.isalnum() for character in text)


def _hidden(text: str, *, first: int, last: int) -> str:
    """The text with all letters and figures but the first and last ones as dots."""
    places = [place for place, character in enumerate(text) if character.isalnum()]
    hidden = set(places[first : len(places) - last])
    return "".join(DOT if place in hidden else character for place, character in enumerate(text))


def _iban_length(text: str) -> int | None:
    """How many characters of the text, all or up to a blank, are an IBAN (ISO 13616); None where none are.

    The first four characters go to the end, letters count 10 to 35, and the number modulo 97 must give 1.
    """
    for end in [*(blank.start() for blank in _BLANKS.finditer(text)), len(text)]:
        compact = _BLANKS.sub("", text[:end])
        turned = compact[4:] + compact[:4]
        if len(compact) >= 15 and int("".join(str(int(character, 36)) for character in turned)) % 97 == 1:
            return end
    return None
