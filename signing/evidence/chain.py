"""The events of an order, each holding the hash of the one before: none can change, vanish or move unseen."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import rfc8785

from signing.errors import EvidenceMalformed

GENESIS = hashlib.sha256(b"seing event chain v1").hexdigest()
"""What the first event has for a previous hash: a value that no event can have."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to an order.

    `sequence` counts from 1 within the order; `at` is an aware instant; `data` holds plain JSON values only (amounts
    as text, no floats) and never a code, a full telephone number, an IBAN or a token.
    """

    sequence: int
    at: datetime
    kind: str
    actor: str
    ip: str | None = None
    user_agent: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ChainedEvent(Event):
    """An event with its place in the chain: hashes as 64 lower-case hexadecimal digits."""

    previous_hash: str
    hash: str


def instant(at: datetime) -> str:
    """The one spelling of an instant: UTC, `2026-11-23T10:00:00.123456Z`, six decimals always.

    Raises:
        EvidenceMalformed: the instant has no time zone, or lies outside the years 2000 to 2999, where no clock of ours
            can have been and arithmetic on dates would overflow.
    """
    if at.tzinfo is None or not 2000 <= at.year <= 2999:
        raise EvidenceMalformed("an instant without a time zone, or of another millennium")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def link(previous_hash: str, event: Event) -> str:
    """SHA-256 over the RFC 8785 canonical JSON of the event and the hash before it, as 64 hexadecimal digits.

    Raises:
        EvidenceMalformed: the event holds something that JSON cannot say in one way only.
    """
    return hashlib.sha256(_canonical(previous_hash, event)).hexdigest()


def chain(previous_hash: str, event: Event) -> ChainedEvent:
    """The event, put behind the one whose hash is given (`GENESIS` for the first)."""
    return ChainedEvent(**_fields(event), previous_hash=previous_hash, hash=link(previous_hash, event))


def verify_chain(events: Sequence[ChainedEvent]) -> int | None:
    """The sequence number at which the chain first breaks, or None for a whole chain (an empty one included).

    Events must be given in their order: one that is missing, changed, doubled or out of place breaks the chain there.
    """
    previous_hash = GENESIS
    for expected, event in enumerate(events, start=1):
        if event.sequence != expected or event.previous_hash != previous_hash:
            return expected
        try:
            found = link(previous_hash, event)
        except EvidenceMalformed:
            return expected
        if found != event.hash:
            return expected
        previous_hash = found
    return None


def _fields(event: Event) -> dict[str, Any]:
    return {name: value for name, value in vars(event).items() if name not in {"previous_hash", "hash"}}


def _canonical(previous_hash: str, event: Event) -> bytes:
    said = _fields(event) | {"at": instant(event.at), "data": plain(event.data), "previous_hash": previous_hash}
    try:
        return rfc8785.dumps(said)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise EvidenceMalformed(f"event {event.sequence} cannot be written as canonical JSON") from error


def plain(value: Any) -> Any:
    """The value with its mappings and sequences as dict and list.

    Raises:
        EvidenceMalformed: it holds a float or anything else that is not plain JSON, which has several spellings.
    """
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return value
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    raise EvidenceMalformed(f"a value of type {type(value).__name__} where plain JSON without floats is expected")
