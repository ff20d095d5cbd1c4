"""The bank's answers: a file given in, what each entry changed, and what was done about those that nothing matched."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import SeingError
from pipeline.origin import Origin
from pipeline.steps.bank import take_answer
from pipeline.steps.quarantine import settle
from pipeline.web.access import Office, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show, words
from pipeline.web.queries.answers import answer_page, answers_page

router = APIRouter(prefix="/office/answers", route_class=PageRoute)


@router.get("")
def list_page(request: Request, session: Office, services: Serving, page: int = 1) -> Response:  # noqa: ARG001  # the session is asked for
    """What waits for a human, a form for the next file, and the files so far."""
    return _list(request, services, page)


@router.post("")
async def take(request: Request, session: Office, services: Serving, form: UserForm) -> Response:
    """Take a file of the bank: the same step as the command's, the same file twice changes nothing."""
    data = await form.file("file")
    return await run_in_threadpool(_take, request, services, data, by_user(request, session))


@router.get("/{answer_id}")
def one(
    request: Request,
    answer_id: str,
    session: Office,  # noqa: ARG001  # as above
    services: Serving,
    known: bool = False,
) -> Response:
    """One file, entry by entry."""
    return _one(request, services, answer_id, known=known)


@router.post("/{answer_id}/entries/{rank}")
def handled(
    request: Request, answer_id: str, rank: int, session: Office, services: Serving, form: UserForm
) -> Response:
    """What was done about an entry in quarantine."""
    try:
        settle(services, answer_id, rank, form.text("comment"), by_user(request, session))
    except SeingError as error:
        return _one(request, services, answer_id, error=error)
    return go(f"/office/answers/{answer_id}#ligne-{rank}")


def _take(request: Request, services: Services, data: bytes, origin: Origin) -> Response:
    if not data:
        return _list(request, services, refusal=words(request)("answers.no_file"), status=422)
    try:
        result = take_answer(services, data, origin)
    except SeingError as error:
        return _list(request, services, refusal=sentence(request, error), status=error.status)
    return go(f"/office/answers/{result.answer_id}{'?known=true' if result.repeated else ''}")


def _list(request: Request, services: Services, page: int = 1, *, refusal: str = "", status: int = 200) -> Response:
    return show(request, "office_answers.html", status=status, page=answers_page(services, page), refusal=refusal)


def _one(
    request: Request, services: Services, answer_id: str, *, known: bool = False, error: SeingError | None = None
) -> Response:
    answer, entries = answer_page(services, answer_id)
    return show(
        request,
        "office_answer.html",
        status=error.status if error else 200,
        answer=answer,
        entries=entries,
        known=known,
        refusal=sentence(request, error) if error else "",
    )
