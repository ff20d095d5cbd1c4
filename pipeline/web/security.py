"""What every answer carries, what every form must carry, and how cookies are set."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import Forbidden

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""No inline script or style, nothing from elsewhere, no frame around us."""

HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "otp-credentials=(self), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}

DOCS = "/api/docs"
"""The one page of the API, for readers."""

UPLOAD_LIMIT = 25 * 1024 * 1024
"""Bytes of the largest form: a signed PDF with its evidence."""


class SecurityHeaders:
    """Adds the headers that an answer does not set itself; those of the API are no pages, but for its description."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.always = {"x-content-type-options": "nosniff"}
        if https:
            self.always["strict-transport-security"] = "max-age=31536000"
        self.pages = HEADERS | self.always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete the head of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        wanted = self.always if scope["path"].startswith("/api/") and scope["path"] != DOCS else self.pages

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, complete)


class PlainAddresses:
    """Lets no NUL through in an address: it becomes a character that names nothing. PostgreSQL refuses it in texts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and ("\x00" in scope["path"] or b"%00" in scope["query_string"]):
            path, query = scope["path"].replace("\x00", "\ufffd"), scope["query_string"].replace(b"%00", b"%EF%BF%BD")
            scope = {**scope, "path": path, "query_string": query}
        await self.app(scope, receive, send)


def policy_with(script: str) -> str:
    """The policy of a page that holds this one inline script, word for word (CSP Level 3, 6.7.3.3)."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return POLICY.replace("script-src 'self'", f"script-src 'self' 'sha256-{digest}'")


@dataclass(frozen=True)
class Cookies:
    """Cookies of one installation: HttpOnly, SameSite=Lax, and bound to the host under HTTPS."""

    https: bool

    def name(self, name: str) -> str:
        """The name on the wire; `__Host-` keeps neighbours on the domain from setting it."""
        return f"__Host-{name}" if self.https else name

    def read(self, request: Request, name: str) -> str:
        """The value that the browser sent, or nothing."""
        return request.cookies.get(self.name(name), "")

    def write(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Give the browser a value for so many seconds."""
        response.set_cookie(
            self.name(name), value, max_age=seconds, secure=self.https, httponly=True, samesite="lax", path="/"
        )

    def forget(self, response: Response, name: str) -> None:
        """Take a value back."""
        response.delete_cookie(self.name(name), secure=self.https, httponly=True, samesite="lax", path="/")


def form_token(secret: str) -> str:
    """The form token that belongs to a 256-bit secret which only the browser and we know."""
    return hmac.new(secret.encode(), b"seing form", hashlib.sha256).hexdigest()


def check_form_token(request: Request, given: object, expected: str) -> None:
    """Raise `Forbidden` unless the form came from one of our pages (CSRF)."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    right = isinstance(given, str) and bool(expected) and hmac.compare_digest(given.encode(), expected.encode())
    if not right or site not in {"same-origin", "none"}:
        raise Forbidden
