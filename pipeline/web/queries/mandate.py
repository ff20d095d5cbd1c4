"""One mandate as the back office sees it: its account masked, its orders, what was debited under it, what happened."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import or_

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.recorded import written
from pipeline.rules.returns import outcome_of
from pipeline.steps.amend import is_amendable
from pipeline.steps.mandate_life import OPEN, last_day
from pipeline.totals import NOTHING
from pipeline.web.queries.actors import actor_names
from pipeline.web.queries.marks import ORDER_TONES, Tone
from storage.models import Debit, Event, Instalment, Mandate, Order, Receipt
from storage.work import Work

KINDS = ("mandate.", "instalment.", "debit.")
"""Beginnings of the events that belong to a mandate's history."""

_INSTALMENT_TONES: dict[str, Tone] = {
    "planned": "waiting",
    "collected": "running",
    "received": "done",
    "returned": "failed",
    "cancelled": "over",
}


@dataclass(frozen=True)
class DebitRow:
    """One presentation: `sent`, `received` once it counts, `rejected`, `returned` or `taken_back`, and why."""

    end_to_end_id: str
    due_on: date
    state: str
    code: str
    reason: str


@dataclass(frozen=True)
class InstalmentRow:
    """One instalment with its presentations, the oldest first."""

    order_id: str
    number: str
    sequence: int
    due_on: date
    day: date
    amount: Decimal
    state: str
    tone: Tone
    debits: tuple[DebitRow, ...]


@dataclass(frozen=True)
class OrderRow:
    """An order that this mandate pays, or waits to; `amends` where it is the change of an account."""

    id: str
    number: str
    customer: str
    state: str
    tone: Tone
    total: Decimal
    amends: bool


@dataclass(frozen=True)
class EventRow:
    """Something that happened: to which debit and why (`detail`), and the day that it names."""

    at: datetime
    kind: str
    actor: str
    number: str
    detail: str
    day: date | None


@dataclass(frozen=True)
class MandatePage:
    """Everything that the page of a mandate shows."""

    id: str
    umr: str
    creditor_id: str
    epj: str
    holder: str
    iban_last4: str
    scheme: str
    sequence_type: str
    state: str
    signed_at: datetime
    last_debit_on: date | None
    lapses_on: date | None
    ended_at: datetime | None
    reason: str
    amendment_requested_at: datetime | None
    replaced_by: tuple[str, str] | None
    """Id and reference of its successor."""
    can_amend: bool
    orders: tuple[OrderRow, ...]
    instalments: tuple[InstalmentRow, ...]
    open_count: int
    open_total: Decimal
    events: tuple[EventRow, ...]


def mandate_page(services: Services, mandate_id: str) -> MandatePage:
    """The page of a mandate. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        row = work.session.get(Mandate, mandate_id)
        if row is None:
            raise NotFound
        successor = work.get(Mandate, row.replaced_by_id) if row.replaced_by_id else None
        instalments = _instalments(work, row)
        paid = {row.order_id, *(item.order_id for item in instalments)}
        orders = work.find(
            Order,
            or_(Order.id.in_(paid), Order.mandate_umr == row.umr, Order.amends_umr == row.umr),
            order_by=Order.prepared_at,
        )
        events = _events(work, row, {order.id: order.number for order in orders})
    opened = [item.amount for item in instalments if item.state in OPEN]
    return MandatePage(
        id=row.id,
        umr=row.umr,
        creditor_id=row.creditor_id,
        epj=row.epj,
        holder=row.holder,
        iban_last4=row.iban_last4,
        scheme=row.scheme,
        sequence_type=row.sequence_type,
        state=row.state,
        signed_at=row.signed_at,
        last_debit_on=row.last_debit_on,
        lapses_on=last_day(row) if row.state == "active" else None,
        ended_at=row.ended_at,
        reason=row.reason or "",
        amendment_requested_at=row.amend_requested_at,
        replaced_by=(successor.id, successor.umr) if successor else None,
        can_amend=is_amendable(row),
        orders=tuple(_order(order) for order in orders),
        instalments=instalments,
        open_count=len(opened),
        open_total=sum(opened, NOTHING),
        events=events,
    )


def _order(order: Order) -> OrderRow:
    return OrderRow(
        id=order.id,
        number=order.number,
        customer=order.legal_name,
        state=order.state,
        tone=ORDER_TONES[order.state],
        total=order.total_incl_vat,
        amends=order.amends_umr is not None,
    )


def _instalments(work: Work, mandate: Mandate) -> tuple[InstalmentRow, ...]:
    """What is or was debited under this mandate; a debit under its predecessor stands with its instalment."""
    items = work.find(Instalment, mandate_id=mandate.id)
    debits = work.find(Debit, or_(Debit.instalment_id.in_([item.id for item in items]), Debit.mandate_id == mandate.id))
    missing = {debit.instalment_id for debit in debits} - {item.id for item in items}
    items += work.find(Instalment, Instalment.id.in_(missing))
    numbers = {row.id: row.number for row in work.find(Order, Order.id.in_({item.order_id for item in items}))}
    counted: dict[str, set[str]] = {}
    for receipt in work.find(Receipt, Receipt.debit_id.in_([debit.id for debit in debits])):
        counted.setdefault(receipt.debit_id, set()).add(receipt.kind)
    rows = []
    for item in sorted(items, key=lambda each: (numbers[each.order_id], each.sequence)):
        own = sorted((debit for debit in debits if debit.instalment_id == item.id), key=lambda each: each.attempt)
        shown = tuple(_debit(debit, counted.get(debit.id, set())) for debit in own)
        state = "received" if item.state == "collected" and shown and shown[-1].state == "received" else item.state
        rows.append(
            InstalmentRow(
                order_id=item.order_id,
                number=numbers[item.order_id],
                sequence=item.sequence,
                due_on=item.due_on,
                day=item.day,
                amount=item.amount,
                state=state,
                tone=_INSTALMENT_TONES[state],
                debits=shown,
            )
        )
    return tuple(rows)


def _debit(debit: Debit, counted: set[str]) -> DebitRow:
    state = "received" if debit.state == "sent" and counted else debit.state
    back = debit.state != "sent"
    return DebitRow(
        end_to_end_id=debit.end_to_end_id,
        due_on=debit.due_on,
        state="taken_back" if "taken_back" in counted else state,
        code=debit.reason or "",
        reason=outcome_of(debit.reason or "").words if back else "",
    )


def _events(work: Work, mandate: Mandate, numbers: dict[str, str]) -> tuple[EventRow, ...]:
    kinds = or_(*(Event.kind.startswith(kind, autoescape=True) for kind in KINDS))
    found = [
        event
        for event in work.find(Event, kinds, Event.order_id.in_(numbers), order_by=(Event.at.desc(), Event.sequence))
        if event.data.get("umr", mandate.umr) == mandate.umr or event.data.get("replaced_by") == mandate.umr
    ]
    names = actor_names(work, {event.actor for event in found})
    return tuple(
        EventRow(
            event.at, event.kind, names[event.actor], numbers[event.order_id], _detail(event.data), _day(event.data)
        )
        for event in found
    )


def _detail(data: dict[str, str]) -> str:
    code = data.get("code") or ""
    reason = written("bank.reason", reason=code) if code else data.get("reason") or data.get("reasons") or ""
    return " · ".join(part for part in (data.get("end_to_end_id") or data.get("replaced_by") or "", reason) if part)


def _day(data: dict[str, str]) -> date | None:
    day = data.get("again_on") or data.get("to") if "from" in data or "again_on" in data else data.get("due_on")
    return date.fromisoformat(day) if day else None
