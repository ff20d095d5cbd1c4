"""What every archive promises: content under its SHA-256, written once, read back, kept until its date.

Two areas: `signed` (locked until `retain_until`) and `drafts` (may be deleted; `retain_until`, if given, is the last
day that `expire` leaves it). Dates are calendar days, included.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Literal, NamedTuple, Protocol

from storage.errors import ArchiveCorrupted, ArchiveMissing

Area = Literal["drafts", "signed"]

_KEY = re.compile(r"[0-9a-f]{64}")


class Held(NamedTuple):
    """A content that the archive holds: its key, when it was stored by the archive's own clock, its size in bytes."""

    sha256: str
    stored_at: datetime
    size: int


class Archive(Protocol):
    """A store for finished files. Safe to share between threads and processes; nothing connects before first use."""

    def put(self, data: bytes, *, area: Area, retain_until: date | None, media_type: str) -> str:
        """Store and read back; gives the SHA-256 (64 hex digits), which is the key.

        The same content again changes nothing, except that its retention may grow, never shrink.

        Raises:
            ValueError: the signed area without a date.
            ArchiveUnavailable: not stored, and nothing half-written; try later.
            ArchiveCorrupted: what is stored under this key is something else.
        """
        ...

    def get(self, sha256: str, area: Area) -> bytes:
        """The content, hashed again. Raises `ArchiveMissing`, `ArchiveCorrupted` or `ArchiveUnavailable`."""
        ...

    def retention(self, sha256: str, area: Area) -> date | None:
        """The last day on which the content must be kept, or None without one. Raises as `get`."""
        ...

    def delete(self, sha256: str, area: Area, *, today: date) -> None:
        """Remove the content. Raises `ArchiveRetained` up to and on the last day of its retention."""
        ...

    def expire(self, area: Area, today: date) -> int:
        """Remove the drafts whose last day is before `today`; how many. Raises `ValueError` for the signed area."""
        ...

    def held(self, area: Area, *, settled: timedelta) -> Iterator[Held]:
        """Everything stored in an area at least so long ago, in no order. Raises `ArchiveUnavailable` on the way."""
        ...

    def check(self) -> None:
        """Write, read and delete a probe in the drafts. Raises `ArchiveUnavailable` and says why."""
        ...

    def prepare(self) -> bool:
        """Make the place itself where it is missing: for development; elsewhere an operator does it.

        Gives whether something was made. Raises `ArchiveUnavailable`.
        """
        ...


def digest(data: bytes) -> str:
    """The key of a content: its SHA-256 as 64 hexadecimal digits."""
    return sha256(data).hexdigest()


def checked_key(key: str, area: Area) -> str:
    """The key, if it is one: no path or query ever reaches the store. Raises `ArchiveMissing`."""
    if not _KEY.fullmatch(key):
        raise ArchiveMissing(key, area)
    return key


def is_key(name: str) -> bool:
    """Whether a file's name is that of a content."""
    return bool(_KEY.fullmatch(name))


def checked_content(data: bytes, key: str, area: Area) -> bytes:
    """The content, if it hashes to its key. Raises `ArchiveCorrupted`."""
    if digest(data) != key:
        raise ArchiveCorrupted(key, area)
    return data


def checked_retention(area: Area, retain_until: date | None) -> None:
    """A signed file is never kept "for some time": it has a date. Raises `ValueError`."""
    if area == "signed" and retain_until is None:
        raise ValueError("what is signed is archived with the date until which it is kept")


def longer(present: date | None, asked: date | None) -> date | None:
    """The later of two last days; without one, a content stays until it is deleted by name."""
    return None if present is None or asked is None else max(present, asked)
