"""The public page where anybody drops a signed order form and reads what it proves."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.web.access import MaybeSession, Serving, Visit, VisitorForm, remember_visit
from pipeline.web.page import PageRoute, show
from pipeline.web.security import form_token
from signing.verify import Report, verify

router = APIRouter(prefix="/verifier", route_class=PageRoute)


@router.get("")
def verifier_page(request: Request, session: MaybeSession, secret: Visit) -> Response:  # noqa: ARG001  # shown in the head
    """The form."""
    request.state.csrf = form_token(secret)  # the session's own token is for its own forms
    return remember_visit(request, _page(request, None), secret)


@router.post("")
async def judge(
    request: Request,
    session: MaybeSession,  # noqa: ARG001  # shown in the head
    services: Serving,
    secret: Visit,
    form: VisitorForm,
) -> Response:
    """The verdict on a file; nothing of it is kept."""
    request.state.csrf = form_token(secret)
    pdf, evidence = await form.file("pdf"), await form.file("evidence")
    if not pdf:
        return _page(request, None, missing=True)
    return _page(request, await run_in_threadpool(_judge, services, pdf, evidence))


def _judge(services: Services, pdf: bytes, evidence: bytes) -> Report:
    return verify(pdf, trust=services.keys.roots, evidence=evidence or None, now=services.clock())


def _page(request: Request, report: Report | None, *, missing: bool = False) -> Response:
    return show(request, "verifier.html", report=report, missing=missing, status=422 if missing else 200)
