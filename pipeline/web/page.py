"""How a page is answered: the template with what every page shows, and refusals in plain words."""

import hashlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline.bootstrap import Services
from pipeline.errors import SeingError, describe
from pipeline.outage import RETRY_SECONDS, is_outage
from pipeline.users import SessionView
from pipeline.web.security import Cookies
from storage.errors import NotFound as NoSuchRow
from templates.french import typeset
from templates.pages import Language, Pages, Texts, texts_in

log = logging.getLogger("seing.web")

CUSTOMERS = ("/s/", "/c/", "/retractation/")
"""Where customers are: the first page, which is for those who log in, is no way out for them."""


@dataclass(frozen=True)
class Web:
    """What the routers share."""

    services: Services
    pages: Pages
    cookies: Cookies


def web_of(request: Request) -> Web:
    """What `mount` left in the application."""
    web: Web = request.app.state.web
    return web


class GoTo(Exception):  # no error: another page answers
    """Leave the handler for another address."""

    def __init__(self, address: str) -> None:
        """Keep the address, one of our own."""
        super().__init__(address)
        self.address = address


def go(address: str) -> RedirectResponse:
    """After a form, on to the page that shows what it did (303: a reload repeats nothing)."""
    return RedirectResponse(address, status_code=303)


def language_of(request: Request) -> Language:
    """The language that this browser asked for; French unless it did."""
    return "en" if web_of(request).cookies.read(request, "lang") == "en" else "fr"


def words(request: Request) -> Texts:
    """The texts in the language of the page."""
    return texts_in(language_of(request))


def show(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page (or a part of one), with what all of them know."""
    web = web_of(request)
    session: SessionView | None = getattr(request.state, "session", None)
    common = {
        "seller": web.services.organisation.seller.legal_name,
        "environment": web.services.settings.environment,
        "session": session,
        "csrf": getattr(request.state, "csrf", ""),
        "path": request.url.path,
        "calm": False,
    }
    html = web.pages.render(template, language_of(request), common | values)
    return HTMLResponse(html, status_code=status)


def show_if_new(request: Request, template: str, **values: Any) -> Response:
    """A part that asks again and again: sent only when it says something new, so that nothing is read out twice.

    The part sends back, as `seen`, the digest that it came with.
    """
    html = bytes(show(request, template, seen="", **values).body)
    digest = hashlib.sha256(html).hexdigest()[:16]
    if request.query_params.get("seen") == digest:
        return Response(status_code=204)
    return show(request, template, seen=digest, **values)


def sentence(request: Request, error: SeingError) -> str:
    """What a refusal says to a reader."""
    said = describe(error, language_of(request))
    return typeset(said) if language_of(request) == "fr" else said


def error_page(request: Request, status: int, message: str = "") -> HTMLResponse:
    """The page for a request that cannot be answered, in plain words."""
    known = status if status in {400, 403, 404, 410, 413, 423, 429, 500} else (500 if status >= 500 else 400)
    calm = _is_customers(request)
    if calm and status == 404:
        return show(request, "nolink.html", status=status, calm=True)
    handed = getattr(request.state, "handed", False)
    return show(request, "error.html", status=status, number=known, message=message, calm=calm, handed=handed)


def refused(request: Request, error: Exception) -> Response:
    """The answer to whatever a handler raised; what nobody expected is logged and said in plain words."""
    if isinstance(error, GoTo):
        # htmx follows a redirect by itself and would put the page into a fragment: it is told to move instead.
        if request.headers.get("hx-request"):
            return Response(status_code=204, headers={"hx-redirect": error.address})
        return go(error.address)
    if isinstance(error, SeingError):
        return error_page(request, error.status, sentence(request, error) if error.status not in {403, 404} else "")
    if is_outage(error):
        log.error("page unavailable", exc_info=error, extra={"path": request.scope["route"].path})
        return _outage(request)
    status = _status(request, error)
    if status >= 500:
        log.error("page failed", exc_info=error, extra={"path": request.scope["route"].path})
    return error_page(request, status)


def _outage(request: Request) -> Response:
    """Nothing is lost, and when to come back; a part that asks by itself is left as it stands, and asks again."""
    wait = {"retry-after": str(RETRY_SECONDS)}
    if request.headers.get("hx-request") and not request.headers.get("hx-boosted"):
        return Response(status_code=503, headers=wait)
    calm = _is_customers(request)
    path = request.url.path
    if request.method != "GET":  # what answers a form is no page to come back to
        path = "/retractation" if path == "/retractation" else "/c" if calm else "/"
    answer = show(request, "outage.html", status=503, calm=calm, again=path)
    answer.headers.update(wait)
    return answer


def _is_customers(request: Request) -> bool:
    return f"{request.url.path}/".startswith(CUSTOMERS)


def _status(request: Request, error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, NoSuchRow):
        return 404
    if isinstance(error, RequestValidationError):  # an address that was made up, or a form that was
        return 404 if request.method == "GET" else 400
    return 500


class PageRoute(APIRoute):
    """A route whose refusals are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with its refusals turned into pages."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:  # noqa: BLE001  # `refused` logs what nobody expected and says so to the reader
                return refused(request, error)

        return answer
