"""Orders: read, signed by link, withdrawn, released; their documents."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from starlette.responses import Response

from pipeline.api.access import Acting, Anyone, Seller, Serving
from pipeline.api.keys import Caller
from pipeline.api.listing import DEFAULT_LIMIT, Cursor, Filter, Limit, read_page
from pipeline.api.openapi import binary, refusals
from pipeline.api.route import ApiRoute, Attempting
from pipeline.api.schemas.common import Page
from pipeline.api.schemas.orders import CeremonyIn, LinkOut, OrderOut, OrderSummary, ReasonIn, order_out, summary
from pipeline.api.visibility import orders, see_order, sees_document
from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.steps.ceremony import open_ceremony
from pipeline.steps.prepare import withdraw
from pipeline.steps.receipt_book import invoice_standing
from pipeline.steps.release import release
from storage.archive import Area
from storage.models import ArchiveEntry, Ceremony, Event, OneTimeCode, Order, Track

router = APIRouter(prefix="/api/v1/orders", route_class=ApiRoute, tags=["orders"])

State = Annotated[
    Literal[
        "prepared", "signing", "signed", "sealed", "held", "released",
        "accepted", "rejected", "withdrawn", "declined", "expired", "cancelled",
    ]
    | None,
    Query(),
]  # fmt: skip


@router.get("", responses=refusals(401, 422), summary="List orders")
def list_all(
    caller: Anyone,
    services: Serving,
    state: State = None,
    epj: Filter = None,
    agency: Filter = None,
    rep: Filter = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OrderSummary]:
    """The orders that the caller sees, newest first."""
    equal = {Order.state: state, Order.epj: epj, Order.agency: agency, Order.rep_id: rep}
    query = select(Order).where(orders(caller), *(column == value for column, value in equal.items() if value))
    with services.works(read_only=True) as work:
        return read_page(work, query, (Order.prepared_at, Order.id), cursor, limit, lambda row: summary(row[0]))


@router.get("/{order}", responses=refusals(401, 404), summary="Read an order")
def get(order: str, caller: Anyone, services: Serving) -> OrderOut:
    """An order under its number or its id: state, tracks, documents, and the chain of events for the seller's side."""
    return order_now(services, order, caller)


@router.get(
    "/{order}/documents/{kind}",
    response_class=Response,
    responses=binary("application/pdf", "The document, hashed again on reading.") | refusals(401, 404, 503),
    summary="Read a document",
)
def document(order: str, kind: str, caller: Anyone, services: Serving) -> Response:
    """The newest document of a kind: `form`, `sealed_form`, `evidence`, `evidence_json`, `invoice`, `slip`...

    An agency reads the signed papers.
    """
    with services.works(read_only=True) as work:
        row = see_order(work, order, caller)
        entry = work.first(ArchiveEntry, order_id=row.id, kind=kind, order_by=ArchiveEntry.stored_at.desc())
    if entry is None or not sees_document(entry, caller):
        raise NotFound
    area: Area = "signed" if entry.area == "signed" else "drafts"
    headers = {"content-disposition": f'attachment; filename="{entry.name}"', "etag": f'"{entry.sha256}"'}
    return Response(services.archive.get(entry.sha256, area=area), media_type=entry.media_type, headers=headers)


@router.post(
    "/{order}/ceremonies", status_code=201, responses=refusals(401, 403, 404, 409, 422), summary="Start a ceremony"
)
def ceremony(order: str, wanted: CeremonyIn, caller: Seller, services: Serving, origin: Acting) -> LinkOut:
    """Open the signing page for the customer; any other open ceremony of the order ends.

    The link is in this answer alone: give it to the customer, and to nobody else.
    """
    order_id = _seen(services, order, caller)
    opened = open_ceremony(services, order_id, wanted.mode, origin, wanted.reason)
    with services.works(read_only=True) as work:
        row = work.get(Ceremony, opened.ceremony_id)
    link = f"{services.settings.public_url}/s/{opened.token}"
    return LinkOut(id=row.id, mode=row.mode, link=link, expires_at=row.expires_at)


@router.post("/{order}/withdraw", responses=refusals(401, 403, 404, 409, 422), summary="Withdraw an order")
def take_back(
    order: str, why: ReasonIn, caller: Seller, services: Serving, origin: Acting, attempt: Attempting
) -> OrderOut:
    """Take the order back before it is signed; its proposal can be ordered again."""
    order_id = _seen(services, order, caller)
    if not attempt.already:
        withdraw(services, order_id, why.reason, origin)
    return order_now(services, order_id, caller)


@router.post("/{order}/release", responses=refusals(401, 403, 404, 409), summary="Release an order")
def into_production(order: str, caller: Seller, services: Serving, origin: Acting, attempt: Attempting) -> OrderOut:
    """« Remise en production »: send the sealed order to its agency as a batch; again after a rejection."""
    order_id = _seen(services, order, caller)
    if not attempt.already:
        release(services, order_id, origin)
    return order_now(services, order_id, caller)


def order_now(services: Services, order: str, caller: Caller) -> OrderOut:
    """An order as this caller sees it now. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        row = see_order(work, order, caller)
        tracks = work.find(Track, order_id=row.id)
        entries = work.find(ArchiveEntry, order_id=row.id, order_by=(ArchiveEntry.stored_at, ArchiveEntry.kind))
        events = work.find(Event, order_id=row.id, order_by=Event.sequence)
        last = work.first(Ceremony, order_id=row.id, order_by=Ceremony.opened_at.desc())
        code = work.first(OneTimeCode, ceremony_id=last.id, order_by=OneTimeCode.sequence.desc()) if last else None
        invoice = invoice_standing(work, row.id) if caller.role != "agency" else None
    if caller.role == "agency":  # the trail says who of the seller's and the customer's side did what, and when
        events = []
    entries = [entry for entry in entries if sees_document(entry, caller)]
    return order_out(row, tracks, entries, events, (last, code) if last else None, invoice, services.clock())


def _seen(services: Services, order: str, caller: Caller) -> str:
    with services.works(read_only=True) as work:
        return see_order(work, order, caller).id
