"""An order on screen: signing it here or by link, following it, its documents, its release."""

from collections.abc import Callable

import segno
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline import users
from pipeline.bootstrap import Services
from pipeline.errors import NotFound, SeingError
from pipeline.steps.ceremony import allow_voice, open_ceremony, send_link
from pipeline.steps.decide import close_task
from pipeline.steps.prepare import withdraw
from pipeline.steps.release import release
from pipeline.users import SessionView
from pipeline.web.access import CEREMONY, Rep, RepOrOffice, Serving, UserForm, by_user, session_token
from pipeline.web.page import PageRoute, go, sentence, show, show_if_new, web_of
from pipeline.web.queries.order import order_page, visible_order
from storage.models import ArchiveEntry, Ceremony, Task

router = APIRouter(route_class=PageRoute)

LINK = "seing_link"
"""Cookie: the last link that this rep made, so that its QR code survives a reload. The database has only its hash."""

LINK_SECONDS = 2 * 3600


@router.get("/orders/{order_id}")
def page_of(request: Request, order_id: str, session: RepOrOffice, services: Serving, sent: str = "") -> Response:
    """The order, its trail and what can be done now."""
    return _page(request, services, session, order_id, sent=sent if sent in {"sms", "email"} else "")


@router.get("/orders/{order_id}/live")
def live(request: Request, order_id: str, session: RepOrOffice, services: Serving) -> Response:
    """The moving part of the page; the whole page again once the order has changed its state."""
    page = order_page(services, order_id, session)
    answer = show_if_new(request, "_order_live.html", page=page)
    if request.headers.get("x-seing-state", page.state) != page.state:
        answer.headers["hx-refresh"] = "true"
    return answer


@router.get("/orders/{order_id}/documents/{entry_id}")
def document(order_id: str, entry_id: str, session: RepOrOffice, services: Serving) -> Response:
    """One archived document, hashed again on its way."""
    with services.works(read_only=True) as work:
        visible_order(work, order_id, session)
        entry = work.session.get(ArchiveEntry, entry_id)
    if entry is None or entry.order_id != order_id:
        raise NotFound
    return archived_file(services, entry)


def archived_file(services: Services, entry: ArchiveEntry) -> Response:
    """The file behind an archive entry: PDF to open, anything else to keep."""
    where = "inline" if entry.media_type == "application/pdf" else "attachment"
    headers = {"content-disposition": f'{where}; filename="{entry.name}"'}
    data = services.archive.get(entry.sha256, area="signed" if entry.area == "signed" else "drafts")
    return Response(data, media_type=entry.media_type, headers=headers)


@router.post("/orders/{order_id}/handover")
def hand_over(request: Request, order_id: str, session: Rep, services: Serving, form: UserForm) -> Response:
    """Open the ceremony on this device, which from now on shows this order alone."""

    def act() -> Response:
        opened = open_ceremony(services, order_id, "handover", by_user(request, session), form.text("reason"))
        users.enter_customer_mode(services, session_token(request), order_id)
        answer = go("/c")
        web_of(request).cookies.write(answer, CEREMONY, opened.token, int(users.SESSION_LIFE.total_seconds()))
        return answer

    return _act(request, services, session, order_id, act)


@router.post("/orders/{order_id}/link")
def make_link(request: Request, order_id: str, session: RepOrOffice, services: Serving, form: UserForm) -> Response:
    """Open the ceremony for the customer's own device: a QR code, and a link that can be sent."""

    def act() -> Response:
        opened = open_ceremony(services, order_id, "link", by_user(request, session), form.text("reason"))
        answer = go(f"/orders/{order_id}#sign")
        web_of(request).cookies.write(answer, LINK, f"{opened.ceremony_id}.{opened.token}", LINK_SECONDS)
        return answer

    return _act(request, services, session, order_id, act)


@router.post("/orders/{order_id}/link/send")
def send(request: Request, order_id: str, session: RepOrOffice, services: Serving, form: UserForm) -> Response:
    """Send the link by text message or mail."""
    by = "email" if form.text("by") == "email" else "sms"

    def act() -> Response:
        ceremony_id, token = _link(request, services, order_id)
        if not ceremony_id:
            raise NotFound
        send_link(services, ceremony_id, token, by, by_user(request, session))
        return go(f"/orders/{order_id}?sent={by}#sign")

    return _act(request, services, session, order_id, act)


@router.post("/orders/{order_id}/voice")
def let_call(request: Request, order_id: str, session: RepOrOffice, services: Serving, form: UserForm) -> Response:  # noqa: ARG001  # the form carries the token
    """Allow the code by voice call in the open ceremony."""

    def act() -> Response:
        allow_voice(services, order_id, by_user(request, session))
        return go(f"/orders/{order_id}#sign")

    return _act(request, services, session, order_id, act)


@router.post("/orders/{order_id}/release")
def let_go(request: Request, order_id: str, session: Rep, services: Serving, form: UserForm) -> Response:  # noqa: ARG001  # the form carries the token
    """« Remise en production »."""

    def act() -> Response:
        release(services, order_id, by_user(request, session))
        return go(f"/orders/{order_id}")

    return _act(request, services, session, order_id, act)


@router.post("/orders/{order_id}/withdraw")
def take_back(request: Request, order_id: str, session: RepOrOffice, services: Serving, form: UserForm) -> Response:
    """Take the order back before it is signed."""

    def act() -> Response:
        withdraw(services, order_id, form.text("reason"), by_user(request, session))
        return go(f"/orders/{order_id}")

    return _act(request, services, session, order_id, act)


@router.post("/tasks/{task_id}")
def deal_with(request: Request, task_id: str, session: Rep, services: Serving, form: UserForm) -> Response:
    """Close a task with a comment."""
    with services.works(read_only=True) as work:
        task = work.session.get(Task, task_id)
    if task is None or task.rep_id != session.user_id:
        raise NotFound

    def act() -> Response:
        close_task(services, task_id, form.text("comment"), by_user(request, session))
        return go(f"/orders/{task.order_id}")

    return _act(request, services, session, task.order_id, act)


def _act(
    request: Request, services: Services, session: SessionView, order_id: str, act: Callable[[], Response]
) -> Response:
    """Do it for the rep's own order; a refusal is said on the page of the order."""
    with services.works(read_only=True) as work:
        visible_order(work, order_id, session)
    try:
        return act()
    except SeingError as error:
        return _page(request, services, session, order_id, refusal=sentence(request, error), status=error.status)


def _link(request: Request, services: Services, order_id: str) -> tuple[str, str]:
    """The link that this browser made, while its ceremony is the open one of this order; else nothing."""
    ceremony_id, _, token = web_of(request).cookies.read(request, LINK).partition(".")
    if not ceremony_id or not token:
        return "", ""
    with services.works(read_only=True) as work:
        row = work.session.get(Ceremony, ceremony_id)
    live = row is not None and row.order_id == order_id and row.state == "open" and row.expires_at > services.clock()
    return (ceremony_id, token) if live and row and row.token_hash == users.token_hash(token) else ("", "")


def _page(
    request: Request,
    services: Services,
    session: SessionView,
    order_id: str,
    *,
    sent: str = "",
    refusal: str = "",
    status: int = 200,
) -> Response:
    page = order_page(services, order_id, session)
    _, token = _link(request, services, order_id) if page.can_sign else ("", "")
    address = f"{services.settings.public_url}/s/{token}"
    link = segno.make(address, error="m", micro=False).svg_data_uri(border=2, dark="#15212b") if token else ""
    return show(request, "order.html", status=status, seen="", page=page, link=link, sent=sent, refusal=refusal)
