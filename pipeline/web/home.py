"""The rep's first page, and bringing in a proposal."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import DuplicateReference, Unreadable
from pipeline.steps.propose import import_proposal
from pipeline.users import SessionView
from pipeline.web.access import Rep, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show
from pipeline.web.queries.home import home

router = APIRouter(route_class=PageRoute)


@router.get("/")
def first_page(request: Request, session: Rep, services: Serving) -> Response:
    """Tasks, proposals and orders of this rep."""
    return _page(request, services, session)


@router.post("/proposals")
async def bring_in(request: Request, session: Rep, services: Serving, form: UserForm) -> Response:
    """Keep an uploaded proposal file, or say everything that is wrong with it."""
    raw = await form.file("file")
    return await run_in_threadpool(_bring_in, request, services, session, raw)


def _bring_in(request: Request, services: Services, session: SessionView, raw: bytes) -> Response:
    try:
        proposal_id = import_proposal(services, raw, by_user(request, session))
    except Unreadable as error:
        return _page(request, services, session, status=error.status, problems=error.problems)
    except DuplicateReference as error:
        return _page(request, services, session, status=error.status, refusal=sentence(request, error))
    return go(f"/proposals/{proposal_id}")


def _page(
    request: Request,
    services: Services,
    session: SessionView,
    *,
    status: int = 200,
    problems: object = (),
    refusal: str = "",
) -> Response:
    page = home(services, session.user_id)
    return show(request, "home.html", status=status, page=page, problems=problems, refusal=refusal)
