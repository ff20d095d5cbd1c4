"""The back office: what needs a human, the register of mandates, collections."""

from datetime import date, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline import jobs
from pipeline.bootstrap import Services
from pipeline.errors import NotFound, SeingError
from pipeline.steps.collect import collect_all
from pipeline.web.access import Office, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show
from pipeline.web.queries.office import office
from storage.models import Collection

router = APIRouter(prefix="/office", route_class=PageRoute)

COLLECTED_AHEAD = timedelta(days=5)
"""Days before their due date at which instalments are given to the bank (STANDARDS 4)."""


@router.get("")
def first_page(request: Request, session: Office, services: Serving, q: str = "") -> Response:  # noqa: ARG001  # the session is asked for
    """Everything that waits for somebody."""
    return _page(request, services, search=q.strip()[:80])


@router.post("/tasks/{job_id}")
def retry(request: Request, job_id: str, session: Office, services: Serving, form: UserForm) -> Response:  # noqa: ARG001  # the form carries the token
    """Run a job again."""
    try:
        jobs.retry(services, job_id, by_user(request, session))
    except SeingError as error:
        return _page(request, services, error=error)
    return go("/office")


@router.post("/collections")
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
    return go("/office#collect")


@router.get("/collections/{collection_id}/prelevements.xml")
def collection_file(collection_id: str, session: Office, services: Serving) -> Response:  # noqa: ARG001  # the session is asked for
    """The file that the bank takes, from the archive."""
    with services.works(read_only=True) as work:
        row = work.session.get(Collection, collection_id)
    if row is None:
        raise NotFound
    headers = {"content-disposition": 'attachment; filename="prelevements.xml"'}
    data = services.archive.get(row.sha256, area="signed")
    return Response(data, media_type="application/xml", headers=headers)


def _page(
    request: Request,
    services: Services,
    *,
    error: SeingError | None = None,
    until: date | None = None,
    search: str = "",
) -> Response:
    day = until or services.today() + COLLECTED_AHEAD
    return show(
        request,
        "office.html",
        status=error.status if error else 200,
        page=office(services, day, search),
        until=day,
        search=search,
        refusal=sentence(request, error) if error else "",
    )
