"""What came in for invoices: listed by day, exported for accounting, each message to the platform."""

from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.steps.declare import message, message_name
from pipeline.steps.receipt_book import receipts_between, receipts_csv
from pipeline.totals import NOTHING
from pipeline.web.access import Office, Serving
from pipeline.web.page import PageRoute, show
from storage.models import Invoice, Receipt

router = APIRouter(prefix="/office/receipts", route_class=PageRoute)


@router.get("")
def list_page(
    request: Request,
    session: Office,  # noqa: ARG001  # the session is asked for
    services: Serving,
    first: str = "",
    last: str = "",
) -> Response:
    """The movements of a span of days; the current month unless another is asked for."""
    start, end = _span(services, first, last)
    rows = receipts_between(services, start, end)
    return show(
        request,
        "office_receipts.html",
        rows=rows,
        first=start,
        last=end,
        received=sum((row.amount for row in rows if row.kind == "received"), NOTHING),
        taken_back=sum((row.amount for row in rows if row.kind == "taken_back"), NOTHING),
    )


@router.get("/encaissements.csv")
def export(session: Office, services: Serving, first: str = "", last: str = "") -> Response:  # noqa: ARG001  # as above
    """The same for a spreadsheet, one line per rate of VAT."""
    data = receipts_csv(receipts_between(services, *_span(services, first, last)))
    headers = {"content-disposition": 'attachment; filename="encaissements.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{receipt_id}.xml")
def told(receipt_id: str, session: Office, services: Serving) -> Response:  # noqa: ARG001  # as above
    """What the platform is told of a movement (status 212)."""
    with services.works(read_only=True) as work:
        row = work.session.get(Receipt, receipt_id)
        invoice = work.get(Invoice, row.invoice_id) if row else None
    if row is None or invoice is None or row.declaration == "none":
        raise NotFound
    headers = {"content-disposition": f'attachment; filename="{message_name(invoice, row)}.xml"'}
    return Response(message(services, row, invoice), media_type="application/xml", headers=headers)


def _span(services: Services, first: str, last: str) -> tuple[date, date]:
    today = services.today()
    return _day(first) or today.replace(day=1), _day(last) or today


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
