"""Who calls and what he may do: the dependencies that every router uses."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from pipeline.api.errors import KeyRefused
from pipeline.api.keys import Caller, find_caller
from pipeline.bootstrap import Services
from pipeline.errors import Forbidden
from pipeline.origin import Origin

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    bearerFormat="seing_...",
    description="An API key. It acts as its user: a rep's key sees what the rep sees, an agency's its batches, "
    "the back office's everything.",
)


def services_of(request: Request) -> Services:
    """The services of this installation, as this request uses them (an idempotent one is watched)."""
    services: Services = getattr(request.state, "services", None) or request.app.state.services
    return services


def caller_of(request: Request) -> Caller:
    """Who calls. Raises `KeyRefused`."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known:
        return known
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    found = find_caller(services_of(request), key.strip()) if scheme.lower() == "bearer" and key.strip() else None
    if found is None:
        raise KeyRefused
    request.state.caller = found
    return found


def _allowed(*roles: str) -> Callable[..., Caller]:
    def check(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],  # noqa: ARG001  # for the OpenAPI
    ) -> Caller:
        caller = caller_of(request)
        if caller.role not in roles:
            raise Forbidden
        return caller

    return check


def origin_of(request: Request) -> Origin:
    """Who acts, and from where, as the chain of events keeps it."""
    ip = request.client.host if request.client else None
    return Origin(f"api:{caller_of(request).key_name}", ip, request.headers.get("user-agent"))


Serving = Annotated[Services, Depends(services_of)]
Acting = Annotated[Origin, Depends(origin_of)]
Anyone = Annotated[Caller, Depends(_allowed("rep", "agency", "office"))]
Seller = Annotated[Caller, Depends(_allowed("rep", "office"))]
AgencyOrOffice = Annotated[Caller, Depends(_allowed("agency", "office"))]
Agency = Annotated[Caller, Depends(_allowed("agency"))]
Office = Annotated[Caller, Depends(_allowed("office"))]
