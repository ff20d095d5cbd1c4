"""What the bank sent back, what was done about it, and what came in for invoices."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from starlette.responses import Response

from pipeline.api.access import Acting, Office, Serving
from pipeline.api.listing import DEFAULT_LIMIT, Cursor, Filter, Limit, read_page
from pipeline.api.openapi import XML_FILE, binary, refusals
from pipeline.api.route import ApiRoute, Attempting, BankFileRoute, Raw
from pipeline.api.schemas.bank import (
    AnswerOut,
    AnswerSummary,
    ReceiptOut,
    SettleIn,
    answer_out,
    answer_summary,
    receipt_out,
)
from pipeline.api.schemas.common import Page
from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.steps.bank import take_answer
from pipeline.steps.declare import message
from pipeline.steps.quarantine import settle
from pipeline.steps.receipt_book import rows_of
from storage.models import BankAnswer, BankAnswerItem, Invoice, Receipt
from storage.work import Work

PREFIX = "/api/v1"

filing = APIRouter(prefix=PREFIX, route_class=BankFileRoute, tags=["money"])
router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["money"])


@filing.post(
    "/bank-answers",
    status_code=201,
    openapi_extra=XML_FILE,
    responses=refusals(401, 403, 413, 422, 503),
    summary="Take a file of the bank",
)
def take(
    raw: Raw,
    caller: Office,  # noqa: ARG001  # the back office's key is asked for
    services: Serving,
    origin: Acting,
    attempt: Attempting,
    response: Response,
) -> AnswerOut:
    """A pain.002 or a camt.054, as the bank wrote it: what it says came back is stopped, presented again, or told.

    The same bytes change nothing a second time (`repeated`), with or without an Idempotency-Key.
    """
    made = attempt.made(BankAnswer)
    result = None if made else take_answer(services, raw, origin)
    shown = _shown(services, result.answer_id if result else made[0], repeated=bool(result and result.repeated))
    response.headers["location"] = f"{PREFIX}/bank-answers/{shown.id}"
    return shown


@router.get("/bank-answers", responses=refusals(401, 403, 422), summary="List the bank's files")
def list_answers(
    caller: Office,  # noqa: ARG001  # as above
    services: Serving,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AnswerSummary]:
    """The files taken, newest first."""
    order = (BankAnswer.received_at, BankAnswer.id)
    with services.works(read_only=True) as work:
        query = select(BankAnswer)
        return read_page(
            work, query, order, cursor, limit, lambda row: answer_summary(row[0], _items(work, row[0].id))
        )  # fmt: skip


@router.get("/bank-answers/{answer_id}", responses=refusals(401, 403, 404), summary="Read a file of the bank")
def read_answer(answer_id: str, caller: Office, services: Serving) -> AnswerOut:  # noqa: ARG001  # as above
    """What each of its entries changed."""
    return _shown(services, answer_id)


@router.post(
    "/bank-answers/{answer_id}/entries/{rank}/settle",
    responses=refusals(401, 403, 404, 409, 422),
    summary="Say what was done about an entry",
)
def settle_entry(
    answer_id: str,
    rank: int,
    done: SettleIn,
    caller: Office,  # noqa: ARG001  # as above
    services: Serving,
    origin: Acting,
    attempt: Attempting,
) -> AnswerOut:
    """An entry that matched no debit waits no longer; a second time changes nothing."""
    if not attempt.already:
        settle(services, answer_id, rank, done.comment, origin)
    return _shown(services, answer_id)


@router.get("/receipts", responses=refusals(401, 403, 422), summary="List receipts")
def list_receipts(
    caller: Office,  # noqa: ARG001  # as above
    services: Serving,
    invoice: Filter = None,
    declaration: Annotated[Literal["due", "done", "none"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ReceiptOut]:
    """What came in for invoices and what went back, as it was counted, newest first; with amounts per rate of VAT."""
    equal = {Invoice.number: invoice, Receipt.declaration: declaration}
    query = select(Receipt).join(Invoice, Invoice.id == Receipt.invoice_id)
    query = query.where(*(column == value for column, value in equal.items() if value))
    order = (Receipt.recorded_at, Receipt.id)
    with services.works(read_only=True) as work:
        return read_page(work, query, order, cursor, limit, lambda row: receipt_out(rows_of(work, [row[0]])[0]))


@router.get(
    "/receipts/{receipt_id}.xml",
    response_class=Response,
    responses=binary("application/xml", "CDAR, status 212.") | refusals(401, 403, 404),
    summary="Read what the platform is told",
)
def read_message(receipt_id: str, caller: Office, services: Serving) -> Response:  # noqa: ARG001  # as above
    """The message of one receipt for the « plateforme agréée »."""
    with services.works(read_only=True) as work:
        row = work.session.get(Receipt, receipt_id)
        invoice = work.get(Invoice, row.invoice_id) if row else None
    if row is None or invoice is None or row.declaration == "none":
        raise NotFound
    return Response(message(services, row, invoice), media_type="application/xml")


def _shown(services: Services, answer_id: str, *, repeated: bool = False) -> AnswerOut:
    with services.works(read_only=True) as work:
        row = work.session.get(BankAnswer, answer_id)
        if row is None:
            raise NotFound
        return answer_out(row, _items(work, answer_id), repeated=repeated)


def _items(work: Work, answer_id: str) -> list[BankAnswerItem]:
    return work.find(BankAnswerItem, answer_id=answer_id, order_by=BankAnswerItem.rank)
