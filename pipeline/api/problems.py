"""The one handler that turns whatever was raised into `application/problem+json` (RFC 9457)."""

import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from pipeline.api.errors import (
    BadRequest,
    KeyMalformed,
    KeyRefused,
    MethodRefused,
    RequestInvalid,
    Unavailable,
    Unexpected,
    sentence,
    title,
)
from pipeline.errors import IdempotencyConflict, Language, Misconfigured, NotFound, SeingError
from pipeline.outage import RETRY_SECONDS, is_outage
from pipeline.proposal import Problem
from pipeline.proposal.problems import problem
from pipeline.rules.finding import Finding
from storage.errors import NotFound as NoSuchRow

log = logging.getLogger("seing.api")

MEDIA_TYPE: Final = "application/problem+json"


def language_of(request: Request) -> Language:
    """French, unless Accept-Language prefers English."""
    best, found = 0.0, "fr"
    for item in request.headers.get("accept-language", "").split(","):
        name, _, quality = item.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        tag = name.strip().lower().partition("-")[0]
        if tag in {"fr", "en"} and weight > best:
            best, found = weight, tag
    return "en" if found == "en" else "fr"


def refusal_of(error: Exception) -> SeingError:
    """The refusal that stands for an exception; what nobody expected becomes `Unexpected`."""
    if isinstance(error, SeingError) and not isinstance(error, Misconfigured):
        return error
    if isinstance(error, NoSuchRow):
        return NotFound()
    if is_outage(error):
        return Unavailable()
    if isinstance(error, RequestValidationError):
        return RequestInvalid([_problem(item) for item in error.errors()])
    if isinstance(error, HTTPException):
        return _of_status(error)
    return Unexpected()


def answer(request: Request, error: Exception) -> JSONResponse:
    """The answer to an exception; unexpected ones are logged under the request's id, without what was sent."""
    refusal = refusal_of(error)
    request_id: str = getattr(request.state, "request_id", "")
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        path = getattr(request.scope.get("route"), "path", "")
        log.error("api.failed", exc_info=error, extra={"request_id": request_id, "path": path})
    language = language_of(request)
    public_url = request.app.state.services.settings.public_url
    body: dict[str, Any] = {
        "type": f"{public_url}/api/v1/problems/{refusal.code}",
        "title": title(type(refusal)),
        "status": refusal.status,
        "detail": sentence(refusal, language),
        "code": refusal.code,
        "request_id": request_id,
    } | _facts(refusal, language)
    headers = {"content-language": language, "vary": "accept-language", **_headers(refusal)}
    return JSONResponse(body, refusal.status, headers, MEDIA_TYPE)


def _facts(refusal: SeingError, language: Language) -> dict[str, Any]:
    facts: dict[str, Any] = {"params": dict(refusal.params)} if refusal.params else {}
    findings: tuple[Finding, ...] = getattr(refusal, "findings", ())
    problems: tuple[Problem, ...] = getattr(refusal, "problems", ())
    if findings:
        facts["findings"] = [item.to_dict() for item in findings]
    if problems:
        facts["problems"] = [
            {"path": item.path, "message": item.message_fr if language == "fr" else item.message_en}
            for item in problems
        ]
    param = _param(refusal, findings, problems)
    return facts | ({"param": param} if param else {})


def _param(refusal: SeingError, findings: tuple[Finding, ...], problems: tuple[Problem, ...]) -> str:
    """The first place to look at."""
    if isinstance(refusal, IdempotencyConflict | KeyMalformed):
        return "Idempotency-Key"
    if findings:
        return findings[0].where
    return problems[0].path if problems else ""


def _headers(refusal: SeingError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(refusal, KeyRefused):
        headers["www-authenticate"] = 'Bearer realm="seing"'
    if isinstance(refusal, MethodRefused):
        headers["allow"] = str(refusal.params["allowed"])
    wait = getattr(refusal, "wait_seconds", RETRY_SECONDS if isinstance(refusal, Unavailable) else None)
    if wait is not None:
        headers["retry-after"] = str(wait)
    return headers


def _of_status(error: HTTPException) -> SeingError:
    if isinstance(error.__cause__, SeingError):  # raised while the framework read the body
        return error.__cause__
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodRefused((error.headers or {}).get("Allow", "").split(", "))
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFound()
    return BadRequest() if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else Unexpected()


def _problem(item: dict[str, Any]) -> Problem:
    """One fault that the framework found, in our words; its input is personal data and stays out."""
    kind, loc = str(item["type"]), tuple(item["loc"])
    if kind == "json_invalid":
        return Problem("", "le corps de la requête n'est pas du JSON", "the body of the request is not JSON")
    places = loc[1:] if loc and loc[0] in {"body", "query", "path", "header"} else loc
    path = ".".join(str(place)[:40] for place in places)
    facts = {name: value for name, value in item.get("ctx", {}).items() if name in _PUBLIC_FACTS}
    return problem(kind, path, **facts)


_PUBLIC_FACTS: Final = frozenset({"expected", "max_length", "min_length", "ge", "le", "gt", "lt"})
"""What a schema says, as opposed to what was sent."""
