"""The book of receipts: what came in for invoices and what went back, listed, and exported for accounting."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipeline.bootstrap import Services
from pipeline.clock import paris_day
from pipeline.recorded import written
from pipeline.rules.receipts import Share, standing
from pipeline.steps.declare import message_name
from pipeline.steps.receive import read_shares
from pipeline.steps.register import cell
from pipeline.totals import NOTHING
from storage.models import Debit, Invoice, Order, Receipt
from storage.work import Work

NATURES = {"received": "encaissement", "taken_back": "impayé"}
DECLARATIONS = {"due": "à déclarer", "done": "déclaré (212)", "none": "hors cycle de vie"}


@dataclass(frozen=True)
class ReceiptRow:
    """One movement; `reason` says in French why money went back, `message` names what the platform was told."""

    id: str
    invoice: str
    order_id: str
    number: str
    customer: str
    epj: str
    end_to_end_id: str
    kind: str
    day: date
    amount: Decimal
    shares: tuple[Share, ...]
    reason: str
    declaration: str
    declared_at: datetime | None
    message: str


@dataclass(frozen=True)
class InvoiceStanding:
    """Where an order's invoice stands: `unpaid`, `partly`, `collected`, or `credited` by a credit note."""

    number: str
    total: Decimal
    collected: Decimal
    standing: str
    receipts: tuple[ReceiptRow, ...]


def invoice_standing(work: Work, order_id: str) -> InvoiceStanding | None:
    """The invoice of an order with its movements; None where there is none yet."""
    invoice = work.first(Invoice, order_id=order_id, kind="invoice")
    if invoice is None:
        return None
    rows = work.find(Receipt, invoice_id=invoice.id, order_by=Receipt.number)
    collected = sum((row.amount for row in rows), NOTHING)
    credited = work.first(Invoice, corrects_id=invoice.id) is not None
    return InvoiceStanding(
        number=invoice.number,
        total=invoice.total_incl_vat,
        collected=collected,
        standing="credited" if credited else standing(invoice.total_incl_vat, collected),
        receipts=rows_of(work, rows),
    )


def receipts_between(services: Services, first: date, last: date) -> tuple[ReceiptRow, ...]:
    """The movements whose day lies between two days, both included, the newest first."""
    with services.works(read_only=True) as work:
        rows = work.find(Receipt, Receipt.day.between(first, last), order_by=(Receipt.day.desc(), Receipt.recorded_at))
        return rows_of(work, rows)


def receipts_csv(rows: Iterable[ReceiptRow]) -> bytes:
    """One line per movement and rate, for a French spreadsheet: semicolons, decimal commas, UTF-8 with its mark."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        (
            *("Facture", "Commande", "EPJ", "Client", "Prélèvement", "Nature", "Jour", "Taux de TVA", "Montant TTC"),
            *("Motif", "Déclaration", "Déclaré le", "Message"),
        )
    )
    for row in rows:
        for share in row.shares:
            values = (row.invoice, row.number, row.epj, row.customer, row.end_to_end_id, NATURES[row.kind], row.day)
            after = (row.reason, DECLARATIONS[row.declaration], row.declared_at and paris_day(row.declared_at))
            figures = (f"{value:.2f}".replace(".", ",") for value in (share.rate, share.amount))
            writer.writerow((*map(cell, values), *figures, *map(cell, after), cell(row.message)))
    return out.getvalue().encode("utf-8-sig")


def rows_of(work: Work, rows: Sequence[Receipt]) -> tuple[ReceiptRow, ...]:
    """These movements with what they are of, in their own order."""
    invoices = {row.id: row for row in work.find(Invoice, Invoice.id.in_({row.invoice_id for row in rows}))}
    orders = {row.id: row for row in work.find(Order, Order.id.in_({row.order_id for row in invoices.values()}))}
    debits = {row.id: row for row in work.find(Debit, Debit.id.in_({row.debit_id for row in rows}))}
    shown = []
    for row in rows:
        invoice = invoices[row.invoice_id]
        order = orders[invoice.order_id]
        shown.append(
            ReceiptRow(
                id=row.id,
                invoice=invoice.number,
                order_id=order.id,
                number=order.number,
                customer=order.legal_name,
                epj=order.epj,
                end_to_end_id=debits[row.debit_id].end_to_end_id,
                kind=row.kind,
                day=row.day,
                amount=row.amount,
                shares=tuple(read_shares(row)),
                reason=written("bank.reason", reason=row.reason or "") if row.kind == "taken_back" else "",
                declaration=row.declaration,
                declared_at=row.declared_at,
                message=message_name(invoice, row) if row.declaration != "none" else "",
            )
        )
    return tuple(shown)
