"""The invoice (or credit note): its number is taken in the transaction that writes its row, so that no number is lost.

The PDF is drawn from the frozen order and that row, and can be drawn again. Electronic and paper invoices are the same
file; a paper one is put into the mailing batch as well.
"""

from datetime import date
from decimal import Decimal

from pipeline import documents
from pipeline.bootstrap import Services
from pipeline.channels.drop import DropError
from pipeline.events import record
from pipeline.letters import brand
from pipeline.orders import frozen_of, keep, lock_order, retain_until, set_track
from pipeline.origin import SYSTEM
from pipeline.retry import Later
from storage.errors import ArchiveUnavailable
from storage.models import Invoice, Order
from storage.work import Work
from templates import facturx
from templates.documents import invoice as template

MAILING = "COURRIER"
"""The drop of the printer who posts paper invoices."""


class InvoiceRefusedError(Exception):
    """The e-invoice breaks a rule of EN 16931 or of the French reform; the text names rules, never a customer."""


def invoice(services: Services, order_id: str) -> None:
    """Issue the invoice of a sealed order, or its credit note where the total is negative; once."""
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
    if order.sealed_sha256 is None:
        return
    if order.total_incl_vat == 0:
        with services.works() as work:
            set_track(work, order_id, "invoice", "not_needed", services.clock())
        return
    kind = "credit_note" if order.total_incl_vat < 0 else "invoice"
    issue(services, order_id, kind, corrects_id=None)


def issue(services: Services, order_id: str, kind: str, corrects_id: str | None) -> None:
    """Take the number once, then draw, archive and deliver what it names; each part only where it is missing."""
    with services.works() as work:
        order = lock_order(work, order_id)
        row = work.first(Invoice, order_id=order_id, kind=kind)
        if row is None:
            row = _number(services, work, order, kind, corrects_id)
    if row.pdf_sha256:
        return
    frozen = frozen_of(services, order)
    with services.works(read_only=True) as work:
        corrected = work.get(Invoice, row.corrects_id) if row.corrects_id else None
    data = documents.invoice_data(frozen, row, corrected)
    xml = facturx.invoice_xml(data)
    problems = (*facturx.check_xsd(xml), *facturx.check_schematron(xml))
    if problems:  # a human must look before anything leaves: the number stays with this row
        raise InvoiceRefusedError("; ".join(problem.rule for problem in problems[:5]))
    pdf = template.render(data, look=brand(frozen.seller), xml=xml)
    try:
        sha256 = services.archive.put(
            pdf, area="signed", retain_until=retain_until(services, row.issued_on), media_type="application/pdf"
        )
    except ArchiveUnavailable as error:
        raise Later(error.code) from error
    name = "avoir.pdf" if kind == "credit_note" else "facture.pdf"
    if row.delivery == "paper":
        try:
            services.drop.put(MAILING, f"{row.number}.pdf", pdf)
        except DropError as error:
            raise Later(str(error)) from error
    with services.works() as work:
        order = lock_order(work, order_id)
        row = work.lock(Invoice, row.id)
        if row.pdf_sha256:
            return
        at = services.clock()
        row.pdf_sha256 = sha256
        keep(services, work, order, kind, name, pdf, "application/pdf", "signed")
        set_track(work, order_id, "invoice", "done", at, row.number)
        record(work, order_id, "invoice.issued", SYSTEM, at, {"number": row.number, "kind": kind, "sha256": sha256})


def _number(services: Services, work: Work, order: Order, kind: str, corrects_id: str | None) -> Invoice:
    """The next number of its series; its date is never before that of the number before (BOI-TVA-DECLA-30-20-20-10)."""
    series = services.settings.invoice_series + ("A" if kind == "credit_note" else "")
    year = services.today().year
    rank = work.next_number(f"invoice:{series}:{year}")
    last = work.first(Invoice, series=f"{series}-{year}", order_by=Invoice.issued_on.desc())
    issued_on: date = max(services.today(), last.issued_on) if last else services.today()
    sign = Decimal(-1) if kind == "credit_note" and order.total_incl_vat < 0 else Decimal(1)
    row = Invoice(
        number=f"{series}-{year}-{rank:06d}",
        series=f"{series}-{year}",
        order_id=order.id,
        kind=kind,
        corrects_id=corrects_id,
        issued_on=issued_on,
        total_excl_vat=sign * order.total_excl_vat,
        total_vat=sign * (order.total_incl_vat - order.total_excl_vat),
        total_incl_vat=sign * order.total_incl_vat,
        delivery=order.invoice_delivery,
    )
    work.add(row)
    work.session.flush()
    return row
