"""What may be collected until a day, and the files made for the bank with what came back of each."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select

from pipeline.bootstrap import Services
from pipeline.steps.debits import COLLECTED_STATES, may_present
from pipeline.totals import NOTHING
from pipeline.web.queries.paging import SIZE, Paging, paging
from storage.models import Collection, Debit, Instalment, Mandate, Order
from storage.work import Work


@dataclass(frozen=True)
class CollectionRow:
    """One collection file; `back` counts its debits that came back, `handed` says whether anybody has had it."""

    id: str
    message_id: str
    created_at: datetime
    until: date
    count: int
    total: Decimal
    back: int
    handed: bool


@dataclass(frozen=True)
class CollectionsPage:
    """What is due until the day asked for, the next day after today on which something is, and the files."""

    due_count: int
    due_total: Decimal
    next_due: date | None
    collections: tuple[CollectionRow, ...]
    paging: Paging


def collections_page(services: Services, until: date, page: int = 1) -> CollectionsPage:
    """The page of collections."""
    with services.works(read_only=True) as work:
        waiting = presentable_now(services, work)
        shown = paging(page, work.session.scalar(select(func.count()).select_from(Collection)) or 0)
        query = select(Collection).order_by(Collection.created_at.desc(), Collection.id)
        rows = list(work.session.scalars(query.limit(SIZE).offset(shown.offset)))
        back: dict[str, int] = {}
        for debit in work.find(Debit, Debit.collection_id.in_([row.id for row in rows]), Debit.state != "sent"):
            back[debit.collection_id] = back.get(debit.collection_id, 0) + 1
    due = [item for item in waiting if item.day <= until]
    return CollectionsPage(
        due_count=len(due),
        due_total=sum((item.amount for item in due), NOTHING),
        next_due=min((item.day for item in waiting), default=None),
        collections=tuple(
            CollectionRow(
                id=row.id,
                message_id=row.message_id,
                created_at=row.created_at,
                until=row.until,
                count=row.count,
                total=row.total,
                back=back.get(row.id, 0),
                handed=row.handed_at is not None,
            )
            for row in rows
        ),
        paging=shown,
    )


def presentable_now(services: Services, work: Work) -> list[Instalment]:
    """The instalments that a file made now would take, whatever their day: decided by the same rule."""
    query = (
        select(Instalment, Order, Mandate)
        .join(Order, Order.id == Instalment.order_id)
        .join(Mandate, Mandate.id == Instalment.mandate_id)
        .where(Instalment.state.in_(("planned", "returned")), Order.state.in_(COLLECTED_STATES))
        .where(Mandate.state == "active")
    )
    today = services.today()
    return [item for item, order, mandate in work.session.execute(query) if may_present(order, mandate, item, today)]
