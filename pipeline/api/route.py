"""How every request of the API is taken: bounded, numbered, once per Idempotency-Key, refused in one form."""

import hashlib
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Annotated, Any, ClassVar, Final

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.api.access import caller_of, services_of
from pipeline.api.errors import KeyMalformed, TooLarge
from pipeline.api.idempotency import Attempt, Stored, begin
from pipeline.api.problems import answer
from templates.sepa import MOST_BYTES

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


class BoundedRequest(Request):
    """A request whose body is refused at the first byte beyond a limit."""

    def __init__(self, request: Request, limit: int) -> None:
        super().__init__(request.scope, request.receive)
        self._limit = limit

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces. Raises `TooLarge`."""
        announced = self.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._limit:
            raise TooLarge(self._limit)
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            if size > self._limit:
                raise TooLarge(self._limit)
            yield chunk


class ApiRoute(APIRoute):
    """A route of the API."""

    limit: ClassVar[int] = 64_000
    """Bytes of a body."""
    keyed: ClassVar[bool] = True
    """Whether its POSTs create or move, so that `Idempotency-Key` counts."""

    def get_route_handler(self) -> Handler:
        """The handler, with all that is common to every request around it."""
        handle = super().get_route_handler()

        async def take(request: Request) -> Response:
            bounded = BoundedRequest(request, self.limit)
            given = request.headers.get("x-request-id", "")
            bounded.state.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
            try:
                if self.keyed and request.method == "POST" and "idempotency-key" in request.headers:
                    response = await _once(bounded, handle)
                else:
                    response = await handle(bounded)
            except Exception as error:  # noqa: BLE001  # `answer` logs what nobody expected
                response = answer(bounded, error)
            response.headers["x-request-id"] = bounded.state.request_id
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return take


class FileRoute(ApiRoute):
    """A route that takes a proposal's file."""

    limit = 2_000_000


class BankFileRoute(ApiRoute):
    """A route that takes a file of the bank."""

    limit = MOST_BYTES


class FileReadingRoute(FileRoute):
    """A route that takes a proposal's file and keeps nothing of it."""

    keyed = False


class ReadingRoute(ApiRoute):
    """A route whose POSTs keep nothing."""

    keyed = False


async def _once(request: BoundedRequest, handle: Handler) -> Response:
    key = request.headers["idempotency-key"]
    if not _KEY.fullmatch(key):
        raise KeyMalformed
    caller = await run_in_threadpool(caller_of, request)
    parts = (request.method, request.url.path, request.url.query)
    digest = hashlib.sha256("\n".join(parts).encode() + b"\n" + await request.body()).hexdigest()
    attempt = await run_in_threadpool(begin, services_of(request), caller.key_id, key, digest)
    if isinstance(attempt, Stored):
        return _again(attempt)
    request.state.attempt = attempt
    request.state.services = attempt.watched()
    try:
        response = await handle(request)
    except Exception:
        await run_in_threadpool(attempt.give_up)
        raise
    stored = Stored(response.status_code, response.headers.get("location"), bytes(response.body))
    await run_in_threadpool(attempt.finish, stored)
    return response


def _again(stored: Stored) -> Response:
    headers = {"idempotency-replayed": "true"} | ({"location": stored.location} if stored.location else {})
    return Response(stored.body, stored.status, headers, "application/json" if stored.body else None)


def attempt_of(request: Request) -> Attempt:
    """This run of the request."""
    attempt: Attempt | None = getattr(request.state, "attempt", None)
    return attempt or Attempt()


async def raw_body(request: Request) -> bytes:
    """The bytes of the body, as sent."""
    return await request.body()


Attempting = Annotated[Attempt, Depends(attempt_of)]
Raw = Annotated[bytes, Depends(raw_body)]
