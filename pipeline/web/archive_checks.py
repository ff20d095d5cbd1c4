"""The archive read back: the last nights, what was wrong first."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline.steps.read_back import reports
from pipeline.web.access import Office, Serving
from pipeline.web.page import PageRoute, show

router = APIRouter(prefix="/office/archive", route_class=PageRoute)

PATIENCE = timedelta(days=2)
"""A night without a report is a machine that slept; two are a machine that does not read back."""


@router.get("")
def list_page(request: Request, session: Office, services: Serving) -> Response:  # noqa: ARG001  # the session is asked for
    """The last month's reports."""
    nights = reports(services)
    late = not nights or services.today() - nights[0].checked_on >= PATIENCE
    bad = [(night, each) for night in nights[:1] for each in night.bad]
    return show(request, "office_archive.html", nights=nights, bad=bad, late=late)
