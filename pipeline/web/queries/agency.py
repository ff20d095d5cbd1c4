"""What an agency receives: batches, and the orders in each."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.web.queries.marks import Tone, document_rank
from storage.models import ArchiveEntry, Batch, BatchItem, Order, Slip

_TONES: dict[str, Tone] = {"delivered": "waiting", "accepted": "done", "rejected": "late"}
_SHOWN = 100


@dataclass(frozen=True)
class BatchRow:
    """One batch of a list, with how many of its orders are decided."""

    id: str
    number: str
    created_at: datetime
    dropped_at: datetime | None
    file_name: str
    sha256: str
    state: str
    orders: int
    waiting: int
    rejected: int


@dataclass(frozen=True)
class ItemDocument:
    """A document of an order that the agency may open."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True)
class ItemRow:
    """One order of a batch and what was decided."""

    order_id: str
    number: str
    customer: str
    epj: str
    total: Decimal
    state: str
    tone: Tone
    reason: str
    decided_by: str
    decided_at: datetime | None
    papers: tuple[str, ...]
    documents: tuple[ItemDocument, ...]


@dataclass(frozen=True)
class BatchPage:
    """One batch with its orders."""

    batch: BatchRow
    items: tuple[ItemRow, ...]


def batches(services: Services, agency: str) -> tuple[BatchRow, ...]:
    """The batches of an agency: those that still wait for a decision first, then the most recent."""
    with services.works(read_only=True) as work:
        rows = work.find(Batch, agency=agency, order_by=Batch.created_at.desc(), limit=_SHOWN)
        counted = work.session.execute(
            select(BatchItem.batch_id, BatchItem.state, func.count())
            .where(BatchItem.batch_id.in_([row.id for row in rows]))
            .group_by(BatchItem.batch_id, BatchItem.state)
        )
        counts = {(batch_id, state): count for batch_id, state, count in counted}
    found = [_batch(row, {state: counts.get((row.id, state), 0) for state in _TONES}) for row in rows]
    return tuple(sorted(found, key=lambda row: row.waiting == 0))


def batch_page(services: Services, batch_id: str, agency: str) -> BatchPage:
    """One batch. Raises `NotFound` where it is another agency's."""
    with services.works(read_only=True) as work:
        batch = work.session.get(Batch, batch_id)
        if batch is None or batch.agency != agency:
            raise NotFound
        rows = list(
            work.session.execute(
                select(BatchItem, Order)
                .join(Order, Order.id == BatchItem.order_id)
                .where(BatchItem.batch_id == batch_id)
                .order_by(Order.number)
            )
        )
        ids = [order.id for _, order in rows]
        entries = work.find(ArchiveEntry, ArchiveEntry.order_id.in_(ids), ArchiveEntry.area == "signed")
        slips = work.find(Slip, Slip.order_id.in_(ids))
    items = tuple(
        ItemRow(
            order_id=order.id,
            number=order.number,
            customer=order.legal_name,
            epj=order.epj,
            total=order.total_incl_vat,
            state=item.state,
            tone=_TONES[item.state],
            reason=item.reason or "",
            decided_by=item.decided_by or "",
            decided_at=item.decided_at,
            papers=tuple(str(paper["type"]) for slip in slips if slip.order_id == order.id for paper in slip.papers),
            documents=tuple(
                ItemDocument(entry.id, entry.kind, entry.name)
                for entry in sorted(entries, key=lambda entry: document_rank(entry.kind))
                if entry.order_id == order.id and entry.media_type == "application/pdf"
            ),
        )
        for item, order in rows
    )
    counts = {state: sum(item.state == state for item in items) for state in _TONES}
    return BatchPage(_batch(batch, counts), items)


def agency_entry(services: Services, entry_id: str, agency: str) -> ArchiveEntry:
    """A document of an order that was delivered to this agency. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        entry = work.session.get(ArchiveEntry, entry_id)
        delivered = entry and work.session.scalar(
            select(Batch.id)
            .join(BatchItem, BatchItem.batch_id == Batch.id)
            .where(BatchItem.order_id == entry.order_id, Batch.agency == agency)
            .limit(1)
        )
    if entry is None or not delivered or entry.area != "signed":
        raise NotFound
    return entry


def _batch(row: Batch, counts: dict[str, int]) -> BatchRow:
    return BatchRow(
        id=row.id,
        number=row.number,
        created_at=row.created_at,
        dropped_at=row.dropped_at,
        file_name=row.file_name or "",
        sha256=row.sha256 or "",
        state=row.state,
        orders=sum(counts.values()),
        waiting=counts["delivered"],
        rejected=counts["rejected"],
    )
