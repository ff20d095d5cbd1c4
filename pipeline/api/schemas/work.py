"""Batches, tasks, mandates and collections in answers and requests."""

from collections.abc import Iterable
from datetime import date

from pydantic import Field

from pipeline.api.schemas.common import Amount, Instant, Out, Strict
from pipeline.proposal.types import LongText
from storage.models import Batch, BatchItem, Collection, Mandate, Order, Task


class BatchItemOut(Out):
    """One order of a batch and what the agency decided."""

    order_id: str
    number: str = Field(examples=["2026-LYO-000042"])
    state: str = Field(description="`delivered`, `accepted` or `rejected`.")
    reason: str | None
    decided_by: str | None
    decided_at: Instant | None


class BatchOut(Out):
    """A production batch; its file is there once it was dropped."""

    id: str
    number: str = Field(examples=["LOT-2026-LYO-000007"])
    agency: str
    state: str = Field(description="`open` until every order is decided, then `closed`.")
    created_at: Instant
    dropped_at: Instant | None
    file_name: str | None
    sha256: str | None
    orders: tuple[BatchItemOut, ...]


class RejectIn(Strict):
    """Why the agency refuses."""

    reason: LongText = Field(max_length=2000, examples=["Le visuel de la ligne 2 manque."])


class TaskOut(Out):
    """Something that a rep has to look at."""

    id: str
    kind: str = Field(examples=["rejection"])
    state: str
    text: str
    comment: str | None
    rep: str
    order_id: str
    order_number: str
    created_at: Instant
    closed_at: Instant | None


class CloseIn(Strict):
    """How the task was dealt with."""

    comment: LongText = Field(max_length=2000, examples=["Visuel reçu et joint."])


class MandateOut(Out):
    """One mandate of the register; of its IBAN the last four characters."""

    umr: str
    state: str = Field(description="`active`, `amended`, `revoked` or `expired`.")
    scheme: str
    sequence_type: str
    creditor_id: str
    epj: str
    holder: str
    iban_last4: str
    order_id: str
    order_number: str
    signed_at: Instant
    last_debit_on: date | None
    ended_at: Instant | None
    reason: str | None = Field(description="Why it ended.")


class CollectIn(Strict):
    """Which instalments to take."""

    until: date = Field(description="Last due date, included.", examples=["2027-02-10"])


class CollectionOut(Out):
    """One file for the bank (pain.008.001.08)."""

    id: str
    message_id: str
    created_at: Instant
    until: date
    count: int
    total: Amount
    sha256: str
    handed_at: Instant | None = Field(description="When somebody first had the file; no bank can know of it before.")
    url: str = Field(examples=["/api/v1/collections/0b9f....xml"])


def batch_out(row: Batch, items: Iterable[tuple[BatchItem, str]]) -> BatchOut:
    """A batch with its orders; `items` pair each with its order's number."""
    return BatchOut(
        id=row.id,
        number=row.number,
        agency=row.agency,
        state=row.state,
        created_at=row.created_at,
        dropped_at=row.dropped_at,
        file_name=row.file_name,
        sha256=row.sha256,
        orders=tuple(
            BatchItemOut(
                order_id=item.order_id,
                number=number,
                state=item.state,
                reason=item.reason,
                decided_by=item.decided_by,
                decided_at=item.decided_at,
            )
            for item, number in items
        ),
    )


def task_out(row: Task, order: Order) -> TaskOut:
    """A task with its order's number."""
    return TaskOut(
        id=row.id,
        kind=row.kind,
        state=row.state,
        text=row.text,
        comment=row.comment,
        rep=row.rep_id,
        order_id=order.id,
        order_number=order.number,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


def mandate_out(row: Mandate, order: Order) -> MandateOut:
    """A mandate, masked."""
    return MandateOut(
        umr=row.umr,
        state=row.state,
        scheme=row.scheme,
        sequence_type=row.sequence_type,
        creditor_id=row.creditor_id,
        epj=row.epj,
        holder=row.holder,
        iban_last4=row.iban_last4,
        order_id=order.id,
        order_number=order.number,
        signed_at=row.signed_at,
        last_debit_on=row.last_debit_on,
        ended_at=row.ended_at,
        reason=row.reason,
    )


def collection_out(row: Collection) -> CollectionOut:
    """A collection with the address of its file."""
    return CollectionOut(
        id=row.id,
        message_id=row.message_id,
        created_at=row.created_at,
        until=row.until,
        count=row.count,
        total=row.total,
        sha256=row.sha256,
        handed_at=row.handed_at,
        url=f"/api/v1/collections/{row.id}.xml",
    )
