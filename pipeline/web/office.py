"""The back office's first page: what needs a human, and where to go on."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline import jobs
from pipeline.bootstrap import Services
from pipeline.errors import SeingError
from pipeline.web.access import Office, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show
from pipeline.web.queries.office import office

router = APIRouter(prefix="/office", route_class=PageRoute)


@router.get("")
def first_page(request: Request, session: Office, services: Serving) -> Response:  # noqa: ARG001  # the session is asked for
    """Everything that waits for somebody."""
    return _page(request, services)


@router.post("/tasks/{job_id}")
def retry(request: Request, job_id: str, session: Office, services: Serving, form: UserForm) -> Response:  # noqa: ARG001  # the form carries the token
    """Run a job again."""
    try:
        jobs.retry(services, job_id, by_user(request, session))
    except SeingError as error:
        return _page(request, services, error=error)
    return go("/office")


def _page(request: Request, services: Services, *, error: SeingError | None = None) -> Response:
    return show(
        request,
        "office.html",
        status=error.status if error else 200,
        page=office(services),
        refusal=sentence(request, error) if error else "",
    )
