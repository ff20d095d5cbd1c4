"""The register of mandates, and the files for the bank."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from starlette.responses import Response

from pipeline.api.access import Acting, Office, Serving
from pipeline.api.listing import DEFAULT_LIMIT, Cursor, Filter, Limit, read_page
from pipeline.api.openapi import binary, refusals
from pipeline.api.route import ApiRoute, Attempting
from pipeline.api.schemas.bank import RevokeIn
from pipeline.api.schemas.common import Page
from pipeline.api.schemas.work import CollectIn, CollectionOut, MandateOut, collection_out, mandate_out
from pipeline.errors import NotFound
from pipeline.steps.collect import collect, collection_file, hand_over
from pipeline.steps.mandate_life import revoke
from storage.models import Collection, Mandate, Order

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["money"])


@router.get("/mandates", responses=refusals(401, 403, 422), summary="List mandates")
def list_mandates(
    caller: Office,  # noqa: ARG001  # the back office's key is asked for
    services: Serving,
    state: Annotated[Literal["active", "amended", "revoked", "expired"] | None, Query()] = None,
    epj: Filter = None,
    umr: Filter = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[MandateOut]:
    """The register, newest first; of each IBAN the last four characters."""
    equal = {Mandate.state: state, Mandate.epj: epj, Mandate.umr: umr}
    query = select(Mandate, Order).join(Order, Order.id == Mandate.order_id)
    query = query.where(*(column == value for column, value in equal.items() if value))
    order = (Mandate.signed_at, Mandate.id)
    with services.works(read_only=True) as work:
        return read_page(work, query, order, cursor, limit, lambda row: mandate_out(row[0], row[1]))


@router.get("/mandates/{umr}", responses=refusals(401, 403, 404), summary="Read a mandate")
def read_mandate(umr: str, caller: Office, services: Serving) -> MandateOut:  # noqa: ARG001  # as above
    """One mandate of the register."""
    with services.works(read_only=True) as work:
        row = work.first(Mandate, umr=umr)
        if row is None:
            raise NotFound
        return mandate_out(row, work.get(Order, row.order_id))


@router.post("/mandates/{umr}/revoke", responses=refusals(401, 403, 404, 409, 422), summary="Revoke a mandate")
def revoke_mandate(
    umr: str,
    why: RevokeIn,
    caller: Office,
    services: Serving,
    origin: Acting,
    attempt: Attempting,
) -> MandateOut:
    """No further debit under it; orders that wait for a signature under it are taken back. Once, however often."""
    if not attempt.already:
        revoke(services, umr, why.reason, origin)
    return read_mandate(umr, caller, services)


@router.get("/collections", responses=refusals(401, 403, 422), summary="List collections")
def list_collections(
    caller: Office,  # noqa: ARG001  # as above
    services: Serving,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[CollectionOut]:
    """The files made for the bank, newest first."""
    order = (Collection.created_at, Collection.id)
    with services.works(read_only=True) as work:
        return read_page(work, select(Collection), order, cursor, limit, lambda row: collection_out(row[0]))


@router.post(
    "/collections",
    status_code=201,
    response_model=CollectionOut,
    responses=refusals(401, 403, 422, 503) | {204: {"description": "Nothing is due."}},
    summary="Collect what is due",
)
def collect_now(
    wanted: CollectIn,
    caller: Office,  # noqa: ARG001  # as above
    services: Serving,
    origin: Acting,
    attempt: Attempting,
    response: Response,
) -> CollectionOut | Response:
    """Take what may be presented until a day into one pain.008 file of one scheme; nothing is ever taken twice.

    Where an installation has both schemes, ask again until nothing is due (204).
    """
    made = attempt.made(Collection)
    result = None if made else collect(services, wanted.until, origin)
    with services.works(read_only=True) as work:
        found = {"id": made[0]} if made else {"message_id": result.message_id if result else ""}
        row = work.first(Collection, **found)
    if row is None:
        return Response(status_code=204)
    shown = collection_out(row)
    response.headers["location"] = shown.url
    return shown


@router.get(
    "/collections/{collection_id}.xml",
    response_class=Response,
    responses=binary("application/xml", "pain.008.001.08.") | refusals(401, 403, 404, 503),
    summary="Read a collection's file",
)
def read_file(collection_id: str, caller: Office, services: Serving) -> Response:  # noqa: ARG001  # as above
    """The very bytes that the bank takes. The first reading is written down: its debits may count from then on."""
    data = collection_file(services, collection_id)
    hand_over(services, collection_id)
    headers = {"content-disposition": 'attachment; filename="prelevements.xml"'}
    return Response(data, media_type="application/xml", headers=headers)
