"""The back office: what needs a human."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipeline.bootstrap import Services
from pipeline.totals import NOTHING
from pipeline.web.queries.answers import waiting_count
from pipeline.web.queries.collections import presentable_now
from pipeline.web.queries.marks import due_of
from pipeline.web.queries.order import late_tracks
from storage.models import ArchiveCheck, Job, Order

_SHOWN = 100


@dataclass(frozen=True)
class JobRow:
    """A job that waits for a human, or that is late."""

    id: str
    actor: str
    order_id: str | None
    number: str
    attempts: int
    error: str
    at: datetime
    failed: bool


@dataclass(frozen=True)
class LateRow:
    """A track whose time has passed."""

    order_id: str
    number: str
    customer: str
    track: str
    due_at: datetime


@dataclass(frozen=True)
class Office:
    """The back office's first page."""

    jobs: tuple[JobRow, ...]
    late: tuple[LateRow, ...]
    unmatched: int
    """Entries of the bank that nothing matched and that nobody has dealt with."""
    damaged: int
    """Documents that the last reading of the archive did not give back."""
    next_due: date | None
    due_total: Decimal
    """What a file for the bank would take on its next day."""


def office(services: Services) -> Office:
    """Everything that the back office watches."""
    now = services.clock()
    with services.works(read_only=True) as work:
        jobs = [
            *work.find(Job, state="failed", order_by=Job.staged_at, limit=_SHOWN),
            *work.find(Job, Job.state.in_(["staged", "sent"]), Job.due_at < now, order_by=Job.due_at, limit=_SHOWN),
        ]
        named = [job.order_id for job in jobs if job.order_id]
        numbers = {order.id: order.number for order in work.find(Order, Order.id.in_(named))}
        late = late_tracks(work, now)
        unmatched = waiting_count(work)
        night = work.first(ArchiveCheck, order_by=ArchiveCheck.checked_on.desc())
        waiting = presentable_now(services, work)
    next_due = min((item.day for item in waiting), default=None)
    return Office(
        jobs=tuple(_job(job, numbers) for job in jobs),
        late=tuple(
            LateRow(order.id, order.number, order.legal_name, row.name, due_of(row) or now) for row, order in late
        ),
        unmatched=unmatched,
        damaged=len(night.bad) if night else 0,
        next_due=next_due,
        due_total=sum((item.amount for item in waiting if item.day == next_due), NOTHING),
    )


def _job(job: Job, numbers: dict[str, str]) -> JobRow:
    return JobRow(
        id=job.id,
        actor=job.actor,
        order_id=job.order_id,
        number=numbers.get(job.order_id or "", ""),
        attempts=job.attempts,
        error=job.error or "",
        at=job.done_at or job.due_at or job.staged_at,
        failed=job.state == "failed",
    )
