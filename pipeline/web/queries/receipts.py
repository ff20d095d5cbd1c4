"""Where an order's invoice stands, as its rep and the back office see it."""

from dataclasses import dataclass
from decimal import Decimal

from pipeline.rules.receipts import standing
from pipeline.steps.receipt_book import ReceiptRow, rows_of
from pipeline.totals import NOTHING
from pipeline.web.queries.marks import Tone
from storage.models import Invoice, Order, Receipt
from storage.work import Work

TONES: dict[str, Tone] = {"unpaid": "waiting", "partly": "running", "collected": "done", "credited": "over"}


@dataclass(frozen=True)
class InvoiceStanding:
    """Where an order's invoice stands: `unpaid`, `partly`, `collected`, or `credited` by a credit note."""

    number: str
    total: Decimal
    collected: Decimal
    standing: str
    tone: Tone
    receipts: tuple[ReceiptRow, ...]


def invoice_standing(work: Work, order: Order) -> InvoiceStanding | None:
    """The invoice of an order with its movements; None where there is none yet."""
    invoice = work.first(Invoice, order_id=order.id, kind="invoice")
    if invoice is None:
        return None
    rows = work.find(Receipt, invoice_id=invoice.id, order_by=Receipt.number)
    collected = sum((row.amount for row in rows), NOTHING)
    credited = work.first(Invoice, corrects_id=invoice.id) is not None
    state = "credited" if credited else standing(invoice.total_incl_vat, collected)
    return InvoiceStanding(
        number=invoice.number,
        total=invoice.total_incl_vat,
        collected=collected,
        standing=state,
        tone=TONES[state],
        receipts=rows_of(work, rows),
    )
