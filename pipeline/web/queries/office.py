"""The back office: what needs a human, the register of mandates, what is collected."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select

from pipeline.bootstrap import Services
from pipeline.web.queries.marks import due_of
from pipeline.web.queries.order import late_tracks
from storage.models import Collection, Instalment, Job, Mandate, Order

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
class MandateRow:
    """One mandate of the register; of its account only the last four characters are known here."""

    umr: str
    order_id: str
    number: str
    holder: str
    iban_last4: str
    scheme: str
    sequence_type: str
    state: str
    signed_at: datetime
    last_debit_on: date | None


@dataclass(frozen=True)
class CollectionRow:
    """One collection file."""

    id: str
    message_id: str
    created_at: datetime
    until: date
    count: int
    total: Decimal


@dataclass(frozen=True)
class Office:
    """The back office's first page."""

    jobs: tuple[JobRow, ...]
    late: tuple[LateRow, ...]
    mandates: tuple[MandateRow, ...]
    mandate_count: int
    collections: tuple[CollectionRow, ...]
    due_count: int
    due_total: Decimal
    next_due: date | None


def office(services: Services, until: date, search: str = "") -> Office:
    """Everything that the back office watches; `until` bounds the instalments ready for collection.

    `search` filters the register by holder, mandate reference, order number or account number.
    """
    now = services.clock()
    with services.works(read_only=True) as work:
        jobs = [
            *work.find(Job, state="failed", order_by=Job.staged_at, limit=_SHOWN),
            *work.find(Job, Job.state.in_(["staged", "sent"]), Job.due_at < now, order_by=Job.due_at, limit=_SHOWN),
        ]
        named = [job.order_id for job in jobs if job.order_id]
        numbers = {order.id: order.number for order in work.find(Order, Order.id.in_(named))}
        late = late_tracks(work, now)
        register = select(Mandate, Order.number).join(Order, Order.id == Mandate.order_id)
        if search:
            like = f"%{search}%"
            register = register.where(
                Mandate.holder.ilike(like) | Mandate.umr.ilike(like) | Order.number.ilike(like) | Mandate.epj.like(like)
            )
        mandates = list(work.session.execute(register.order_by(Mandate.signed_at.desc()).limit(_SHOWN)))
        mandate_count = work.session.scalar(select(func.count()).select_from(Mandate)) or 0
        collections = work.find(Collection, order_by=Collection.created_at.desc(), limit=_SHOWN)
        planned = [
            row for row in work.find(Instalment, Instalment.mandate_id.is_not(None), state="planned")
            if row.amount > 0
        ]  # fmt: skip
    ready = [row for row in planned if row.due_on <= until]
    return Office(
        jobs=tuple(_job(job, numbers) for job in jobs),
        late=tuple(
            LateRow(order.id, order.number, order.legal_name, row.name, due_of(row) or now) for row, order in late
        ),
        mandates=tuple(_mandate(row, number) for row, number in mandates),
        mandate_count=mandate_count,
        collections=tuple(
            CollectionRow(row.id, row.message_id, row.created_at, row.until, row.count, row.total)
            for row in collections
        ),
        due_count=len(ready),
        due_total=sum((row.amount for row in ready), Decimal("0.00")),
        next_due=min((row.due_on for row in planned), default=None),
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


def _mandate(row: Mandate, number: str) -> MandateRow:
    return MandateRow(
        umr=row.umr,
        order_id=row.order_id,
        number=number,
        holder=row.holder,
        iban_last4=row.iban_last4,
        scheme=row.scheme,
        sequence_type=row.sequence_type,
        state=row.state,
        signed_at=row.signed_at,
        last_debit_on=row.last_debit_on,
    )
