"""The agency's pages: its batches, and a decision on each order."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import SeingError
from pipeline.steps.decide import accept, reject
from pipeline.users import SessionView
from pipeline.web.access import Agency, Serving, UserForm, by_user
from pipeline.web.orders import archived_file
from pipeline.web.page import PageRoute, go, sentence, show
from pipeline.web.queries.agency import agency_entry, batch_page, batches

router = APIRouter(prefix="/agency", route_class=PageRoute)


@router.get("")
def first_page(request: Request, session: Agency, services: Serving) -> Response:
    """The batches of this agency."""
    rows = batches(services, session.agency)
    agency = services.organisation.agency(session.agency)
    return show(
        request,
        "agency.html",
        batches=rows,
        waiting=sum(row.waiting for row in rows),
        agency_name=agency.name if agency else session.agency,
    )


@router.get("/batches/{batch_id}")
def page_of(request: Request, batch_id: str, session: Agency, services: Serving) -> Response:
    """One batch with its orders."""
    return _page(request, services, session, batch_id)


@router.get("/documents/{entry_id}")
def document(entry_id: str, session: Agency, services: Serving) -> Response:
    """A signed document of an order in one of the agency's batches."""
    return archived_file(services, agency_entry(services, entry_id, session.agency))


@router.post("/batches/{batch_id}/accept")
def take(request: Request, batch_id: str, session: Agency, services: Serving, form: UserForm) -> Response:
    """Take an order into production."""
    order_id = form.text("order")
    origin = by_user(request, session)
    return _decide(request, services, session, batch_id, order_id, lambda: accept(services, batch_id, order_id, origin))


@router.post("/batches/{batch_id}/reject")
def give_back(request: Request, batch_id: str, session: Agency, services: Serving, form: UserForm) -> Response:
    """Give an order back to its rep, with a reason."""
    order_id, reason = form.text("order"), form.text("reason")
    origin = by_user(request, session)
    return _decide(
        request, services, session, batch_id, order_id, lambda: reject(services, batch_id, order_id, reason, origin)
    )  # fmt: skip


def _decide(
    request: Request, services: Services, session: SessionView, batch_id: str, order_id: str, act: Callable[[], None]
) -> Response:
    batch_page(services, batch_id, session.agency)  # another agency's batch is nobody's here
    try:
        act()
    except SeingError as error:
        return _page(request, services, session, batch_id, error, order_id)
    return go(f"/agency/batches/{batch_id}#order-{order_id}")


def _page(
    request: Request,
    services: Services,
    session: SessionView,
    batch_id: str,
    error: SeingError | None = None,
    failed: str = "",
) -> Response:
    return show(
        request,
        "batch.html",
        status=error.status if error else 200,
        page=batch_page(services, batch_id, session.agency),
        refusal=sentence(request, error) if error else "",
        failed=failed,
    )
