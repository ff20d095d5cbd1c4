"""Everything seen in a browser: server-rendered pages, a little htmx, nothing from another server."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.bootstrap import Services
from pipeline.recorded import said
from pipeline.web import (
    agency,
    amending,
    answers,
    archive_checks,
    ceremony,
    collections,
    home,
    login,
    mandates,
    office,
    ordering,
    orders,
    proposals,
    receipts,
    renouncing,
    sheets,
    verifier,
)
from pipeline.web.assets import PREFIX, Assets
from pipeline.web.page import Web, error_page
from pipeline.web.security import Cookies, PlainAddresses, SecurityHeaders
from templates.brand import Brand
from templates.pages import Pages

ROUTERS = (
    login.router,
    home.router,
    ordering.router,  # before proposals, whose last route takes any act
    proposals.router,
    orders.router,
    sheets.router,
    amending.router,
    ceremony.router,
    renouncing.router,
    agency.router,
    office.router,
    mandates.router,
    collections.router,
    answers.router,
    receipts.router,
    archive_checks.router,
    verifier.router,
)


def mount(app: FastAPI, services: Services) -> None:
    """Add the pages to the application, with the headers that browsers need."""
    https = services.settings.public_url.startswith("https://")
    assets = Assets(Brand(services.organisation.seller.legal_name))
    app.state.web = Web(services, Pages(assets.address, said), Cookies(https))
    app.add_route(PREFIX + "/{digest}/{name:path}", assets.serve, include_in_schema=False)
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.add_exception_handler(HTTPException, _outside)
    app.add_middleware(PlainAddresses)
    app.add_middleware(SecurityHeaders, https=https)


def _outside(request: Request, error: Exception) -> Response:
    """What no page answers: a page that says so, or plain JSON for programs."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if request.url.path.startswith(("/api/", "/webhooks/", "/healthz", "/readyz")):
        detail = error.detail if isinstance(error, HTTPException) else "error"
        return JSONResponse({"status": status, "title": detail}, status)
    return error_page(request, status)
