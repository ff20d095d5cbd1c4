"""What the archive holds locked and nothing refers to: left by a process that died between storing and recording.

Storing comes first, so that a row never names what is not there; whoever dies in between leaves a file that the next
run makes again, under another hash where a key or a time-stamp is in it. Such a file can neither be used nor deleted
before its lock ends: the nightly report names it. After a database was restored, it names what the rows have lost too.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, String, select, union

from pipeline.bootstrap import Services
from signing.embedded import newest_reason
from storage.archive import Held
from storage.errors import ArchiveCorrupted, ArchiveMissing
from storage.models import ArchiveEntry, Base

SETTLED = timedelta(hours=1)
"""A file that is younger may be about to be recorded: the longest job is over in minutes."""

TOGETHER = 500
"""Files asked for in one query."""

MOST = 1000
"""Files named in one report."""


def unreferenced(services: Services, known: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """The locked files that no row names, the oldest first: hash, instant, bytes, and what the file says that it is.

    Args:
        services: of the installation.
        known: an earlier answer, whose files are not read again.

    Raises:
        ArchiveUnavailable: the archive does not answer.
    """
    told = {each["sha256"]: each["says"] for each in known}
    held = iter(services.archive.held("signed", settled=SETTLED))
    lost: list[Held] = []
    while batch := list(islice(held, TOGETHER)):
        lost += _without_row(services, batch)
    return [
        {
            "sha256": each.sha256,
            "stored_at": each.stored_at.isoformat(timespec="seconds"),
            "size": each.size,
            "says": told[each.sha256] if each.sha256 in told else _says(services, each.sha256),
        }
        for each in sorted(lost, key=lambda each: each.stored_at)[:MOST]
    ]


def _without_row(services: Services, batch: Sequence[Held]) -> list[Held]:
    """Those that no row names, whatever its table: every column of a hash counts.

    Nearly all are documents of an order, which an index finds; only what is left is sought everywhere.
    """
    columns: list[ColumnElement[str]] = [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("sha256") and isinstance(column.type, String)
    ]
    with services.works(read_only=True) as work:
        keys = [each.sha256 for each in batch]
        named = set(work.session.scalars(select(ArchiveEntry.sha256).where(ArchiveEntry.sha256.in_(keys))))
        left = [key for key in keys if key not in named]
        if left:
            named |= set(work.session.scalars(union(*(select(each).where(each.in_(left)) for each in columns))))
    return [each for each in batch if each.sha256 not in named]


def _says(services: Services, sha256: str) -> str:
    """What the file was to be: the reason of its signature, or its kind."""
    try:
        data = services.archive.get(sha256, "signed")
    except (ArchiveMissing, ArchiveCorrupted) as error:
        return error.code
    kinds = {b"%PDF": "PDF", b"{": "JSON", b"<": "XML", b"PK": "ZIP"}
    return newest_reason(data) or next((kind for start, kind in kinds.items() if data.startswith(start)), "?")
