"""The platform is told what came in for an invoice and what went back: status 212 « Encaissée », one message each.

The message is drawn from the receipt's row, always the same, checked against schema and rules, and laid where the
adapter of the « plateforme agréée » takes it; then the row says so.
"""

from pipeline.bootstrap import Services
from pipeline.channels.drop import DropError
from pipeline.clock import PARIS
from pipeline.documents.invoices import buyer, seller
from pipeline.events import record
from pipeline.orders import frozen_of, lock_order
from pipeline.origin import SYSTEM
from pipeline.retry import Later
from pipeline.rules.returns import outcome_of
from pipeline.steps.receive import read_shares
from storage.models import Invoice, Order, Receipt
from templates import facturx, lifecycle

PLATFORM = "PLATEFORME"
"""The drop of the adapter that talks to the « plateforme agréée »."""


def declare(services: Services, receipt_id: str) -> None:
    """Lay the message of one receipt where the platform takes it, once. Raises `Later` while the drop is away."""
    with services.works(read_only=True) as work:
        row = work.get(Receipt, receipt_id)
        invoice = work.get(Invoice, row.invoice_id)
    if row.declaration != "due":
        return
    name = message_name(invoice, row)
    try:
        services.drop.put(PLATFORM, f"{name}.xml", message(services, row, invoice))
    except DropError as error:
        raise Later(str(error)) from error
    with services.works() as work:
        order = lock_order(work, invoice.order_id)
        row = work.lock(Receipt, receipt_id)
        if row.declaration != "due":
            return
        row.declaration, row.declared_at = "done", services.clock()
        data = {"number": invoice.number, "status": "212", "amount": f"{row.amount:.2f}", "message": name}
        record(work, order.id, "invoice.declared", SYSTEM, row.declared_at, data)


def message_name(invoice: Invoice, row: Receipt) -> str:
    """The identifier of the message, unique: the invoice's number, the status, and a count."""
    return f"{invoice.number}-212-{row.number:02d}"


def message(services: Services, row: Receipt, invoice: Invoice) -> bytes:
    """The message of one receipt: the same bytes however often it is drawn.

    Raises:
        LifecycleError: it breaks the schema or a rule; a human must look.
    """
    with services.works(read_only=True) as work:
        order = work.get(Order, invoice.order_id)
    frozen = frozen_of(services, order)
    code = f" ({row.reason})" if row.reason else ""
    return lifecycle.received_xml(
        lifecycle.Received(
            identifier=message_name(invoice, row),
            at=row.recorded_at.astimezone(PARIS),
            seller=_trader(seller(frozen.seller)),
            buyer=_trader(buyer(frozen.proposal.account)),
            invoice=invoice.number,
            issued_on=invoice.issued_on,
            day=row.day,
            shares=tuple(lifecycle.Share(share.rate, share.amount) for share in read_shares(row)),
            reason=f"Prélèvement revenu : {outcome_of(row.reason or '').words}{code}" if row.amount < 0 else "",
        )
    )


def _trader(party: facturx.Party) -> lifecycle.Trader:
    return lifecycle.Trader(party.name, party.siren, party.endpoint)
