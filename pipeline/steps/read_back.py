"""The archive read back: everything of the last day, and a sample of the rest, each night.

A document that is missing, altered or locked for too short a time is an event of its order, a line of the report, and a
job that fails until somebody has mended it: nothing of this is silent. What is stored and nothing refers to is named in
the report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from pipeline.bootstrap import Services
from pipeline.clock import PARIS
from pipeline.errors import ArchiveDamaged
from pipeline.events import record
from pipeline.orders import lock_order
from pipeline.origin import SYSTEM
from pipeline.retry import Later
from pipeline.steps.unreferenced import unreferenced
from storage.errors import ArchiveCorrupted, ArchiveMissing, ArchiveUnavailable
from storage.models import ArchiveCheck, ArchiveEntry, Collection, Order

SAMPLE = 500
"""Documents read back each night beside those of the last day."""


@dataclass(frozen=True)
class Stored:
    """A document that the archive must give back; `order_id` is None for a file that belongs to many."""

    sha256: str
    kind: str
    retain_until: date | None
    order_id: str | None
    number: str


def check_archive(services: Services, day: str) -> None:
    """The reading of one night (`day` in ISO form), once; again only for what was bad.

    It begins with what was stored since the beginning of the day of the reading before: that one began later, and what
    was stored while it went on, or while a human mended what it found, is read now.

    Raises:
        ArchiveDamaged: documents did not come back; the report is stored all the same.
        Later: the archive does not answer.
    """
    checked_on = date.fromisoformat(day)
    with services.works(read_only=True) as work:
        known = work.first(ArchiveCheck, checked_on=checked_on)
        last = work.first(ArchiveCheck, ArchiveCheck.checked_on < checked_on, order_by=ArchiveCheck.checked_on.desc())
    if known is not None and not known.bad:
        return
    since = datetime.combine(last.checked_on, time(), PARIS) if last else services.clock() - timedelta(days=1)
    recent, sampled = _chosen(services, since) if known is None else (_named(services, known.bad), [])
    try:
        bad = read_back(services, [*recent, *sampled])
        lost = unreferenced(services, last.unreferenced if last else ()) if known is None else known.unreferenced
    except ArchiveUnavailable as error:
        raise Later(error.code) from error
    _report(services, checked_on, known, bad, lost, (len(recent), len(sampled)))
    if bad:
        raise ArchiveDamaged(count=len(bad))


def read_back(services: Services, documents: Sequence[Stored]) -> list[dict[str, Any]]:
    """Read and hash each document, and compare its lock; what is wrong, by number, kind and hash.

    Raises `ArchiveUnavailable` where the archive does not answer, which says nothing about the documents.
    """
    bad = []
    for each in documents:
        try:
            services.archive.get(each.sha256, area="signed")
            until = services.archive.retention(each.sha256, "signed")
        except (ArchiveMissing, ArchiveCorrupted) as error:
            problem = error.code
        else:
            if each.retain_until is None or (until is not None and until >= each.retain_until):
                continue
            problem = "archive.retention_short"
        bad.append(
            {
                "order_id": each.order_id,
                "number": each.number,
                "kind": each.kind,
                "sha256": each.sha256,
                "problem": problem,
            }
        )
    return bad


def everything(services: Services) -> list[Stored]:
    """Every signed document of every order, and every collection file."""
    recent, sampled = _chosen(services, since=None)
    return [*recent, *sampled]


def reports(services: Services, limit: int = 31) -> list[ArchiveCheck]:
    """The last nights, the newest first, for the back office."""
    with services.works(read_only=True) as work:
        return work.find(ArchiveCheck, order_by=ArchiveCheck.checked_on.desc(), limit=limit)


def _chosen(services: Services, since: datetime | None) -> tuple[list[Stored], list[Stored]]:
    """What was stored since, and a sample of the rest; all of it where `since` is None."""
    query = select(ArchiveEntry, Order.number).join(Order, Order.id == ArchiveEntry.order_id)
    query = query.where(ArchiveEntry.area == "signed")
    files = select(Collection).where(Collection.archived_at.is_not(None))
    older = query.limit(0)
    if since is not None:
        older = query.where(ArchiveEntry.stored_at < since).order_by(func.random()).limit(SAMPLE)
        query = query.where(ArchiveEntry.stored_at >= since)
        files = files.where(Collection.archived_at >= since)
    with services.works(read_only=True) as work:
        recent = [_stored(entry, number) for entry, number in work.session.execute(query)]
        recent += [
            Stored(row.sha256, "collection", None, None, row.message_id) for row in work.session.scalars(files).all()
        ]
        return recent, [_stored(entry, number) for entry, number in work.session.execute(older)]


def _named(services: Services, bad: Sequence[dict[str, Any]]) -> list[Stored]:
    """The documents of an earlier report."""
    found = []
    with services.works(read_only=True) as work:
        for each in bad:
            entry = work.first(ArchiveEntry, sha256=each["sha256"], order_id=each["order_id"], area="signed")
            until = entry.retain_until if entry else None
            found.append(Stored(each["sha256"], each["kind"], until, each["order_id"], each["number"]))
    return found


def _stored(entry: ArchiveEntry, number: str) -> Stored:
    return Stored(entry.sha256, entry.kind, entry.retain_until, entry.order_id, number)


def _report(
    services: Services,
    day: date,
    known: ArchiveCheck | None,
    bad: list[dict[str, Any]],
    lost: list[dict[str, Any]],
    read: tuple[int, int],
) -> None:
    with services.works() as work:
        row = work.first(ArchiveCheck, checked_on=day)
        if row is None:
            recent, sampled = read
            row = ArchiveCheck(checked_on=day, done_at=services.clock(), recent=recent, sampled=sampled, bad=bad)
            row.unreferenced = lost
            work.add(row)
        else:
            row.bad, row.done_at = bad, services.clock()
        told = {(each["order_id"], each["sha256"]) for each in known.bad} if known else set()
        fresh = [each for each in bad if each["order_id"] and (each["order_id"], each["sha256"]) not in told]
        for each in sorted(fresh, key=lambda item: str(item["order_id"])):
            lock_order(work, each["order_id"])
            data = {"kind": each["kind"], "sha256": each["sha256"], "problem": each["problem"]}
            record(work, each["order_id"], "archive.damaged", SYSTEM, services.clock(), data)
