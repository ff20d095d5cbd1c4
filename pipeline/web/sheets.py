"""The call-tracking sheet of one line, filled on screen until the agency has the order."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import NotFound, SeingError
from pipeline.orders import frozen_of
from pipeline.proposal import CallTracking, CallTrackingSheet, Line, TrackedNumber
from pipeline.sheets import fill_sheet, filled_sheets, lines_of
from pipeline.users import SessionView
from pipeline.web.access import Rep, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show
from pipeline.web.queries.order import visible_order

router = APIRouter(route_class=PageRoute)

ROWS = 4
"""Numbers that the form offers to fill; empty rows are left out."""


@router.get("/orders/{order_id}/sheets/{sub_order}/{line}")
def page_of(request: Request, order_id: str, sub_order: int, line: int, session: Rep, services: Serving) -> Response:
    """The sheet as it stands."""
    return _page(request, services, session, order_id, _place(sub_order, line))


@router.post("/orders/{order_id}/sheets/{sub_order}/{line}")
def keep(
    request: Request, order_id: str, sub_order: int, line: int, session: Rep, services: Serving, form: UserForm
) -> Response:
    """Keep the sheet; what is wrong with it is said on the page."""
    place = _place(sub_order, line)
    with services.works(read_only=True) as work:
        visible_order(work, order_id, session)
    numbers = tuple(
        {"number": number.strip(), "medium": medium.strip(), "department": department.strip()}
        for number, medium, department in zip(
            form.texts("number"), form.texts("medium"), form.texts("department"), strict=False
        )
        if number.strip()
    )
    values: dict[str, Any] = {
        "numbers": numbers,
        **{name: form.text(name) for name in ("contact_name", "contact_number", "overflow_number", "comment")},
    }
    try:
        fill_sheet(services, order_id, place, values, by_user(request, session))
    except SeingError as error:
        said = sentence(request, error)
        problems = [problem.message for problem in getattr(error, "problems", ())]
        return _page(request, services, session, order_id, place, values, " ".join([said, *problems]))
    return go(f"/orders/{order_id}#release")


def _place(sub_order: int, line: int) -> str:
    return f"sub_orders[{sub_order}].lines[{line}]"


def _page(
    request: Request,
    services: Services,
    session: SessionView,
    order_id: str,
    place: str,
    values: dict[str, Any] | None = None,
    refusal: str = "",
) -> Response:
    with services.works(read_only=True) as work:
        order = visible_order(work, order_id, session)
        frozen = frozen_of(services, order)
        kept = filled_sheets(services, work, order, frozen).get(place)
    line = lines_of(frozen).get(place)
    if line is None:
        raise NotFound
    if values is None:
        values = (kept or _begun(line)).model_dump()
    numbers = [*values["numbers"], {"number": "", "medium": "", "department": ""}]
    numbers += [numbers[-1]] * (ROWS - len(numbers))
    status = 422 if refusal else 200
    return show(
        request, "sheet.html", status=status, order=order, line=line, values=values, numbers=numbers, refusal=refusal
    )


def _begun(line: Line) -> CallTrackingSheet:
    """What the proposal says already."""
    tracking = line.call_tracking or CallTracking()
    return CallTrackingSheet(
        numbers=tuple(TrackedNumber(number=number, medium=tracking.medium) for number in tracking.measured_numbers),
        contact_number=tracking.contact_number,
        overflow_number=tracking.overflow_number,
    )
