"""Who may see a page and whose form it is: the dependencies that every router uses."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline import users
from pipeline.bootstrap import Services
from pipeline.errors import Forbidden
from pipeline.origin import Origin
from pipeline.proposal.types import hides_something
from pipeline.users import SessionView
from pipeline.web.page import GoTo, web_of
from pipeline.web.security import UPLOAD_LIMIT, check_form_token, form_token

SESSION, CEREMONY, VISIT = "seing_session", "seing_ceremony", "seing_visit"
"""Cookies: a user's session, a customer's ceremony, and an anonymous visit."""


def services_of(request: Request) -> Services:
    """The services of this installation."""
    return web_of(request).services


Serving = Annotated[Services, Depends(services_of)]


def session_token(request: Request) -> str:
    """The session cookie, or nothing."""
    return web_of(request).cookies.read(request, SESSION)


def current_session(request: Request) -> SessionView | None:
    """The session of this browser, in customer mode too."""
    token = session_token(request)
    found = users.session(services_of(request), token) if token else None
    request.state.session = found
    request.state.csrf = found.csrf if found else ""
    return found


MaybeSession = Annotated[SessionView | None, Depends(current_session)]


def home_of(role: str) -> str:
    """The first page of a role."""
    return {"agency": "/agency", "office": "/office"}.get(role, "/")


def _allowed(*roles: str) -> Callable[[Request, SessionView | None], SessionView]:
    def check(request: Request, session: MaybeSession) -> SessionView:
        if session is None:
            raise GoTo("/login" if request.method != "GET" else f"/login?next={request.url.path}")
        if session.customer_mode_order_id:
            raise GoTo("/c")
        if session.role not in roles:
            if request.url.path == "/":
                raise GoTo(home_of(session.role))
            raise Forbidden
        return session

    return check


Rep = Annotated[SessionView, Depends(_allowed("rep"))]
RepOrOffice = Annotated[SessionView, Depends(_allowed("rep", "office"))]
Agency = Annotated[SessionView, Depends(_allowed("agency"))]
Office = Annotated[SessionView, Depends(_allowed("office"))]
Anyone = Annotated[SessionView, Depends(_allowed("rep", "agency", "office"))]


def origin_of(request: Request, actor: str) -> Origin:
    """Who acts, and from where, as the chain of events keeps it."""
    return Origin(actor, request.client.host if request.client else None, request.headers.get("user-agent"))


def by_user(request: Request, session: SessionView) -> Origin:
    """A user of the house."""
    return origin_of(request, f"{session.role}:{session.user_id}")


def _typed(value: str) -> str:
    """What was typed, without what no keyboard types and no page should show: a control character, a turned line."""
    return "".join(one for one in value if one in "\n\r\t" or not hides_something(one)).strip()


class Form:
    """A posted form whose token was right."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str) -> str:
        """A field without surrounding blanks and control characters; nothing where it is missing."""
        value = self._data.get(name, "")
        return _typed(value) if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a field, likewise."""
        return [_typed(value) for value in self._data.getlist(name) if isinstance(value, str)]

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))

    def values(self) -> dict[str, str]:
        """All single fields but the token."""
        return {name: self.text(name) for name in self._data if name != "csrf"}

    async def file(self, name: str) -> bytes:
        """The bytes of an uploaded file; nothing where none was chosen."""
        value = self._data.get(name)
        return await value.read() if isinstance(value, UploadFile) else b""


@asynccontextmanager
async def read_form(request: Request) -> AsyncIterator[FormData]:
    """The form of a request, whose files are closed afterwards. Raises HTTP 413 for one that is too large, unread."""
    try:
        length = int(request.headers.get("content-length", ""))
    except ValueError:
        raise HTTPException(411) from None
    if length > UPLOAD_LIMIT:
        raise HTTPException(413)
    async with request.form(max_files=2, max_fields=200) as data:
        yield data


async def user_form(request: Request, session: MaybeSession) -> AsyncIterator[Form]:
    """A form on a page behind the login."""
    if session is None:
        raise GoTo("/login")
    async with read_form(request) as data:
        check_form_token(request, data.get("csrf"), session.csrf)
        yield Form(data)


UserForm = Annotated[Form, Depends(user_form)]


def visit(request: Request) -> str:
    """The secret of an anonymous visit: the one that the browser has, or a new one (`remember_visit` sets it)."""
    secret = web_of(request).cookies.read(request, VISIT) or secrets.token_urlsafe(32)
    request.state.csrf = form_token(secret)
    return secret


Visit = Annotated[str, Depends(visit)]


def remember_visit(request: Request, response: Response, secret: str) -> Response:
    """Give the browser the secret of its visit."""
    web_of(request).cookies.write(response, VISIT, secret, 12 * 3600)
    return response


async def visitor_form(request: Request, secret: Visit) -> AsyncIterator[Form]:
    """A form on a page that anyone sees."""
    async with read_form(request) as data:
        check_form_token(request, data.get("csrf"), form_token(secret))
        yield Form(data)


VisitorForm = Annotated[Form, Depends(visitor_form)]


def ceremony_token(request: Request) -> str:
    """The customer's secret; without one the page is that of somebody who has no link."""
    token = web_of(request).cookies.read(request, CEREMONY)
    if not token:
        raise GoTo("/nolink")
    request.state.csrf = form_token(token)
    return token


CeremonyToken = Annotated[str, Depends(ceremony_token)]


async def customer_form(request: Request, token: CeremonyToken) -> AsyncIterator[Form]:
    """A form on a customer's page."""
    async with read_form(request) as data:
        check_form_token(request, data.get("csrf"), form_token(token))
        yield Form(data)


CustomerForm = Annotated[Form, Depends(customer_form)]
