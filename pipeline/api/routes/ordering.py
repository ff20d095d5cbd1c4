"""« Commander » for machines: the customer's choices checked as on the screen, then the numbered order."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from pipeline.api.access import Acting, Seller, Serving
from pipeline.api.errors import ChoicesUnreadable
from pipeline.api.keys import Caller
from pipeline.api.openapi import CHOICES_EXAMPLE, body_of, refusals
from pipeline.api.route import ApiRoute, Attempting, ReadingRoute
from pipeline.api.routes.orders import order_now
from pipeline.api.schemas.orders import FieldIn, FieldOut, OrderOut, field_out
from pipeline.api.visibility import see_order, see_proposal
from pipeline.bootstrap import Services
from pipeline.customer import CustomerChoices, check_field, read_choices
from pipeline.steps import amend as steps
from pipeline.steps.amend import amendable
from pipeline.steps.prepare import ensure_form, prepare
from storage.models import Order

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["orders"])
checking = APIRouter(prefix="/api/v1", route_class=ReadingRoute, tags=["orders"])


@router.post(
    "/proposals/{proposal_id}/order",
    status_code=201,
    openapi_extra=body_of("CustomerChoices", CHOICES_EXAMPLE),
    responses=refusals(401, 403, 404, 409, 422),
    summary="Order a proposal",
)
def order(
    proposal_id: str,
    values: dict[str, Any],
    caller: Seller,
    services: Serving,
    origin: Acting,
    attempt: Attempting,
    response: Response,
) -> OrderOut:
    """Give the order its number, freeze it with the customer's choices and certify its form.

    The choices are what the customer enters on the screen and get the same findings; `where` is the field's name.
    """
    with services.works(read_only=True) as work:
        see_proposal(work, proposal_id, caller)
    made = attempt.made(Order)
    order_id = made[0] if made else prepare(services, proposal_id, _choices(values), origin)
    return _prepared(services, order_id, caller, response)


@router.post(
    "/mandates/{umr}/amendments",
    status_code=201,
    openapi_extra=body_of("CustomerChoices", CHOICES_EXAMPLE),
    responses=refusals(401, 403, 404, 409, 422),
    summary="Amend a mandate",
)
def amend(
    umr: str,
    values: dict[str, Any],
    caller: Seller,
    services: Serving,
    origin: Acting,
    attempt: Attempting,
    response: Response,
) -> OrderOut:
    """Prepare another account for the customer to sign: an order by which nothing is bought, signed as the others are.

    Of the choices, signatory, e-mail, mobile, place, IBAN and holder count. The mandate is replaced once it is signed.
    """
    made = attempt.made(Order)
    if not made:  # what was done stays done when the mandate has been replaced since
        source_id = amendable(services, umr).order_id
        with services.works(read_only=True) as work:
            see_order(work, source_id, caller)
    order_id = made[0] if made else steps.amend(services, umr, _choices(values), origin)
    return _prepared(services, order_id, caller, response)


def _choices(values: dict[str, Any]) -> CustomerChoices:
    choices, wrong = read_choices(values)
    if choices is None:
        raise ChoicesUnreadable(wrong)
    return choices


def _prepared(services: Services, order_id: str, caller: Caller, response: Response) -> OrderOut:
    """The order with its form, which a process that died has not drawn, and its address."""
    ensure_form(services, order_id)
    shown = order_now(services, order_id, caller)
    response.headers["location"] = f"/api/v1/orders/{shown.number}"
    return shown


@checking.post("/customer-fields/check", responses=refusals(401, 403, 422), summary="Check one field as typed")
def check(typed: FieldIn, caller: Seller, services: Serving) -> FieldOut:  # noqa: ARG001  # a key is asked for
    """The answer to one field, the same as on the screen. A POST, so that no address holds an IBAN."""
    organisation = services.organisation
    found = check_field(
        typed.field, typed.value, reps_mobiles=organisation.reps_mobiles, seller_iban=organisation.seller.iban
    )
    return field_out(found)
