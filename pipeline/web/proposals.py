"""A proposal on screen: its findings from the first look, their fixes as buttons, and what can be done with it."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.documents.forms import quote_data
from pipeline.errors import NotFound, SeingError, Unreadable
from pipeline.origin import Origin
from pipeline.rules.finding import blocking
from pipeline.steps import propose
from pipeline.users import SessionView
from pipeline.web.access import Rep, RepOrOffice, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show, words
from pipeline.web.queries.marks import PROPOSAL_TONES
from storage.models import Proposal
from templates.documents import quote

router = APIRouter(prefix="/proposals/{proposal_id}", route_class=PageRoute)


def check_own(services: Services, proposal_id: str, session: SessionView) -> None:
    """Raise `NotFound` unless the proposal is this rep's (the back office sees all)."""
    with services.works(read_only=True) as work:
        row = work.session.get(Proposal, proposal_id)
    if row is None or (session.role == "rep" and row.rep_id != session.user_id):
        raise NotFound


@router.get("")
def proposal_page(request: Request, proposal_id: str, session: RepOrOffice, services: Serving) -> Response:
    """The proposal as its order form will say it."""
    check_own(services, proposal_id, session)
    return _page(request, services, proposal_id)


@router.get("/quote.pdf")
def quote_pdf(proposal_id: str, session: RepOrOffice, services: Serving) -> Response:
    """The proposal as a quote."""
    check_own(services, proposal_id, session)
    proposal = propose.open_proposal(services, proposal_id).proposal
    specimen = services.settings.environment == "training"
    pdf = quote.render(quote_data(proposal, services.organisation, services.today(), specimen=specimen))
    name = f"devis-{proposal.reference.replace('/', '-')}.pdf"
    return Response(pdf, media_type="application/pdf", headers={"content-disposition": f'inline; filename="{name}"'})


@router.post("/fix")
def fix(request: Request, proposal_id: str, session: Rep, services: Serving, form: UserForm) -> Response:
    """Mend one finding by the way that it offers."""
    check_own(services, proposal_id, session)
    code, where = form.text("code"), form.text("where")
    try:
        ids = propose.apply_fix(services, proposal_id, code, where, by_user(request, session))
    except NotFound:  # mended in another tab: the page shows how things are now
        return go(f"/proposals/{proposal_id}")
    except SeingError as error:
        return _page(request, services, proposal_id, error)
    split = words(request)("proposal.split") if len(ids) > 1 else ""
    return _page(request, services, ids[0], done=split) if split else go(f"/proposals/{ids[0]}")


@router.post("/{act}")
async def do(request: Request, proposal_id: str, act: str, session: Rep, services: Serving, form: UserForm) -> Response:
    """Present, validate, duplicate, rename, or replace by a newer file."""
    raw = await form.file("file") if act == "replace" else b""
    return await run_in_threadpool(_do, request, services, session, proposal_id, act, form.text("name"), raw)


def _do(
    request: Request, services: Services, session: SessionView, proposal_id: str, act: str, name: str, raw: bytes
) -> Response:
    check_own(services, proposal_id, session)
    origin = by_user(request, session)
    acts: dict[str, Callable[[Services, str, Origin], str | None]] = {
        "present": propose.present,
        "validate": propose.validate,
        "duplicate": propose.duplicate,
        "rename": lambda services, proposal_id, origin: propose.rename(services, proposal_id, name, origin),
        "replace": lambda services, proposal_id, origin: propose.replace_proposal(services, proposal_id, raw, origin),
    }
    if act not in acts:
        raise NotFound
    try:
        made = acts[act](services, proposal_id, origin)
    except NotFound:
        raise
    except SeingError as error:
        return _page(request, services, proposal_id, error)
    return go(f"/proposals/{made or proposal_id}")


def _page(
    request: Request, services: Services, proposal_id: str, error: SeingError | None = None, done: str = ""
) -> Response:
    view = propose.open_proposal(services, proposal_id)
    return show(
        request,
        "proposal.html",
        status=error.status if error else 200,
        page=view,
        tone=PROPOSAL_TONES[view.state],
        blocked=len(blocking(view.findings)),
        refusal=sentence(request, error) if error else "",
        problems=error.problems if isinstance(error, Unreadable) else (),
        after_fix=done,
    )
