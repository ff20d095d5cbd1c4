"""Coming in and going out; the language of the pages."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from pipeline import passwords, users
from pipeline.errors import LoginTooOften
from pipeline.init import DEMO_PASSWORD, DEMO_PIN
from pipeline.web.access import (
    SESSION,
    MaybeSession,
    Serving,
    UserForm,
    Visit,
    VisitorForm,
    home_of,
    remember_visit,
    session_token,
)
from pipeline.web.page import GoTo, PageRoute, go, sentence, show, web_of, words
from storage.models import User

router = APIRouter(route_class=PageRoute)

YEAR = 365 * 24 * 3600


def local(address: str) -> str:
    """An address of ours to go on to; the first page for anything that could lead elsewhere."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if inside else "/"


@router.get("/login")
def login_page(
    request: Request,
    session: MaybeSession,
    services: Serving,
    secret: Visit,
    onward: Annotated[str, Query(alias="next")] = "/",
) -> Response:
    """The login; in development and training it offers the demonstration accounts."""
    if session is not None:
        raise GoTo("/c" if session.customer_mode_order_id else home_of(session.role))
    return remember_visit(request, _page(request, services, onward=local(onward)), secret)


@router.post("/login")
def login(request: Request, session: MaybeSession, services: Serving, form: VisitorForm) -> Response:
    """Open a session, in a new cookie; the answer is the same for an unknown user and a wrong password."""
    if session is not None and session.customer_mode_order_id:
        raise GoTo("/c")
    name, onward = form.text("user"), local(form.text("next") or "/")
    ip = request.client.host if request.client else None
    try:
        user = passwords.authenticate(services, name, form.text("password"), ip)
    except LoginTooOften as error:
        said = sentence(request, error)
        return _page(request, services, user=name, onward=onward, refusal=said, status=error.status)
    if user is None:
        refusal = words(request)("login.wrong")
        return _page(request, services, user=name, onward=onward, refusal=refusal, status=401)
    answer = go(home_of(user.role) if onward == "/" else onward)
    seconds = int(users.SESSION_LIFE.total_seconds())
    web_of(request).cookies.write(answer, SESSION, users.open_session(services, user.id), seconds)
    return answer


@router.post("/logout")
def logout(request: Request, session: MaybeSession, services: Serving, form: UserForm) -> Response:  # noqa: ARG001  # the form carries the token
    """End the session; not from the customer's hands."""
    if session is not None and session.customer_mode_order_id:
        raise GoTo("/c")
    users.close_session(services, session_token(request))
    answer = go("/login")
    web_of(request).cookies.forget(answer, SESSION)
    return answer


@router.get("/language/{code}")
def choose_language(request: Request, code: Literal["fr", "en"], back: str = "/") -> Response:
    """Show pages in French or English from now on."""
    answer = go(local(back))
    web_of(request).cookies.write(answer, "lang", code, YEAR)
    return answer


def _page(
    request: Request, services: Serving, *, onward: str, user: str = "", refusal: str = "", status: int = 200
) -> Response:
    accounts: list[User] = []
    if not services.settings.is_production:
        with services.works(read_only=True) as work:
            accounts = work.find(User, order_by=(User.role.desc(), User.id))
    return show(
        request,
        "login.html",
        status=status,
        onward=onward,
        user=user,
        refusal=refusal,
        accounts=accounts,
        demo_password=DEMO_PASSWORD,
        demo_pin=DEMO_PIN,
    )
