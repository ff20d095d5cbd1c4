"""What came in for an invoice: a debit counts once it can no longer be returned, and a return takes it back.

Each is a row, an event of the order and a message for the platform (`pipeline.steps.declare`), in one transaction under
the order's lock; the database takes one row of a kind per debit.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from pipeline.bootstrap import Services
from pipeline.events import record
from pipeline.orders import frozen_of, lock_order
from pipeline.origin import SYSTEM, Origin
from pipeline.rules.receipts import Share, counts_from, settled_on, shares_of, standing
from pipeline.totals import NOTHING
from storage.models import Collection, Debit, Instalment, Invoice, Order, Receipt
from storage.work import Work


def count_receipts(services: Services) -> int:
    """Count what no bank can return any more; how many debits.

    A debit whose invoice is not issued yet waits for it; one whose file nobody has had yet was never presented.
    """
    today, count = services.today(), 0
    known = select(Receipt.debit_id).where(Receipt.kind == "received")
    with services.works(read_only=True) as work:
        query = (
            select(Debit.id, Debit.due_on, Collection.scheme, Instalment.order_id, Invoice.id)
            .join(Collection, Collection.id == Debit.collection_id)
            .join(Instalment, Instalment.id == Debit.instalment_id)
            .join(Invoice, Invoice.order_id == Instalment.order_id)
            .where(Debit.state == "sent", Debit.due_on < today, Debit.id.not_in(known))
            .where(Collection.handed_at.is_not(None), Invoice.kind == "invoice", Invoice.pdf_sha256.is_not(None))
            .order_by(Debit.due_on, Debit.end_to_end_id)
        )
        found = work.session.execute(query).all()
    for debit_id, due_on, scheme, order_id, invoice_id in found:
        if counts_from(due_on, scheme) > today:
            continue
        with services.works() as work:
            order = lock_order(work, order_id)
            debit = work.lock(Debit, debit_id)
            if debit.state == "sent" and not work.first(Receipt, debit_id=debit_id):
                _receive(services, work, order, debit, work.get(Invoice, invoice_id))
                count += 1
    services.nudge()
    return count


def take_back(services: Services, work: Work, order: Order, debit: Debit, day: date, origin: Origin) -> None:
    """A debit came back: what was counted of it goes, once; nothing where it was never counted.

    The caller holds the order and the debit locked; `day` is that of the bank's booking.
    """
    before = work.first(Receipt, debit_id=debit.id, kind="received")
    if before is None or work.first(Receipt, debit_id=debit.id, kind="taken_back"):
        return
    shares = [Share(share.rate, -share.amount) for share in read_shares(before)]
    row = _row(services, work, before.invoice_id, debit, shares, day, declared=before.declaration != "none")
    row.kind, row.reason = "taken_back", debit.reason
    _record(work, order, row, debit, origin)


def read_shares(row: Receipt) -> list[Share]:
    """A receipt's amount per rate of VAT."""
    return [Share(Decimal(each["rate"]), Decimal(each["amount"])) for each in row.by_rate]


def _receive(services: Services, work: Work, order: Order, debit: Debit, invoice: Invoice) -> None:
    frozen = frozen_of(services, order)
    groups = [Share(group.rate, group.base + group.amount) for group in frozen.totals.vat]
    before = [share for row in work.find(Receipt, invoice_id=invoice.id) for share in read_shares(row)]
    shares, day = shares_of(debit.amount, groups, before), settled_on(debit.due_on)
    row = _row(services, work, invoice.id, debit, shares, day, declared=bool(frozen.proposal.account.siren))
    _record(work, order, row, debit, SYSTEM)


def _row(
    services: Services, work: Work, invoice_id: str, debit: Debit, shares: Sequence[Share], day: date, *, declared: bool
) -> Receipt:
    return Receipt(
        number=len(work.find(Receipt, invoice_id=invoice_id)) + 1,
        invoice_id=invoice_id,
        debit_id=debit.id,
        kind="received",
        amount=sum((share.amount for share in shares), NOTHING),
        by_rate=[{"rate": f"{share.rate:.2f}", "amount": f"{share.amount:.2f}"} for share in shares],
        day=day,
        recorded_at=services.clock(),
        declaration="due" if declared else "none",
    )


def _record(work: Work, order: Order, row: Receipt, debit: Debit, origin: Origin) -> None:
    """Add the row, the order's event and the message that it makes necessary."""
    work.add(row)
    work.session.flush()
    invoice = work.get(Invoice, row.invoice_id)
    collected = sum((each.amount for each in work.find(Receipt, invoice_id=invoice.id)), NOTHING)
    data = {
        "number": invoice.number,
        "end_to_end_id": debit.end_to_end_id,
        "amount": f"{row.amount:.2f}",
        "day": row.day.isoformat(),
        "collected": f"{collected:.2f}",
        "standing": standing(invoice.total_incl_vat, collected),
    }
    record(work, order.id, f"invoice.{row.kind}", origin, row.recorded_at, data)
    if row.declaration == "due":
        work.stage("declare", key=f"declare:{row.id}", args={"receipt_id": row.id}, order_id=order.id)
