"""The public page where anybody drops a signed order form and reads what it proves."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import SeingError, VerificationBusy, VerificationTooHeavy, VerificationTooOften
from pipeline.verdicts import public_verdict
from pipeline.web.access import MaybeSession, Serving, Visit, VisitorForm, remember_visit
from pipeline.web.page import PageRoute, sentence, show
from pipeline.web.security import form_token
from signing.verify import Report
from signing.verify.sentences import name_between_marks

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
    ip = request.client.host if request.client else None
    try:
        return _page(request, await run_in_threadpool(public_verdict, services, pdf, evidence or None, ip))
    except (VerificationTooOften, VerificationBusy, VerificationTooHeavy) as error:
        return _refused(request, error)


def _page(request: Request, report: Report | None, *, missing: bool = False) -> Response:
    status = 422 if missing else 200
    names = [name_between_marks(signature) for signature in report.signatures] if report else []
    return show(request, "verifier.html", report=report, names=names, missing=missing, refusal="", status=status)


def _refused(request: Request, error: SeingError) -> Response:
    """The form again, with what keeps the file from being verified now."""
    refusal = sentence(request, error)
    answer = show(request, "verifier.html", report=None, missing=False, refusal=refusal, status=error.status)
    if "wait_seconds" in error.params:
        answer.headers["retry-after"] = str(error.params["wait_seconds"])
    return answer
