"""Every other address under `/api/v1`: refused in the form of the API, not in that of the pages."""

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from pipeline.api.errors import MethodRefused
from pipeline.api.route import ReadingRoute
from pipeline.errors import NotFound

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def nowhere(routers: Sequence[APIRouter]) -> APIRouter:
    """The router that answers where none of these does."""
    routes = [route for each in routers for route in each.routes if isinstance(route, APIRoute)]
    router = APIRouter(prefix="/api/v1", route_class=ReadingRoute)

    @router.api_route("/{path:path}", methods=METHODS, include_in_schema=False)
    def refuse(request: Request, path: str) -> Response:  # noqa: ARG001  # whatever it is
        allowed = {
            method for route in routes if route.path_regex.match(request.url.path) for method in route.methods or ()
        }
        if allowed:
            raise MethodRefused(sorted(allowed))
        raise NotFound

    return router
