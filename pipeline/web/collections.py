"""What is collected: the instalments that are due, the files made for the bank."""

from datetime import date, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import SeingError
from pipeline.steps.collect import collect_all, hand_over
from pipeline.steps.collect import collection_file as file_of
from pipeline.web.access import Office, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show
from pipeline.web.queries.collections import collections_page

router = APIRouter(prefix="/office/collections", route_class=PageRoute)

COLLECTED_AHEAD = timedelta(days=5)
"""Days before their due date at which instalments are given to the bank (STANDARDS 4)."""


@router.get("")
def list_page(request: Request, session: Office, services: Serving, page: int = 1) -> Response:  # noqa: ARG001  # the session is asked for
    """What is due, and the files so far."""
    return _page(request, services, page=page)


@router.post("")
def collect_now(request: Request, session: Office, services: Serving, form: UserForm) -> Response:
    """Make the files of everything due until a day, one per scheme; never an instalment twice."""
    try:
        until = date.fromisoformat(form.text("until"))
    except ValueError:
        return _page(request, services)
    try:
        collect_all(services, until, by_user(request, session))
    except SeingError as error:
        return _page(request, services, error=error, until=until)
    return go("/office/collections")


@router.get("/{collection_id}/prelevements.xml")
def collection_file(collection_id: str, session: Office, services: Serving) -> Response:  # noqa: ARG001  # as above
    """The file that the bank takes, from the archive."""
    headers = {"content-disposition": 'attachment; filename="prelevements.xml"'}
    data = file_of(services, collection_id)
    hand_over(services, collection_id)
    return Response(data, media_type="application/xml", headers=headers)


def _page(
    request: Request,
    services: Services,
    *,
    page: int = 1,
    error: SeingError | None = None,
    until: date | None = None,
) -> Response:
    day = until or services.today() + COLLECTED_AHEAD
    return show(
        request,
        "office_collections.html",
        status=error.status if error else 200,
        page=collections_page(services, day, page),
        until=day,
        refusal=sentence(request, error) if error else "",
    )
