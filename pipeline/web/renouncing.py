"""« Renoncer au contrat ici », then « confirmer la rétractation »: free, available during the whole period (D221-5)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import NotFound, SeingError
from pipeline.letters import order_of_renounce_token, renounce_token
from pipeline.steps.renounce import can_renounce, renounce
from pipeline.web.access import Form, Serving, origin_of, read_form
from pipeline.web.ceremony import Current
from pipeline.web.page import GoTo, PageRoute, go, sentence, show, web_of
from pipeline.web.queries.customer import renounced
from pipeline.web.security import check_form_token, form_token
from storage.models import Order
from templates.french import mask_email

router = APIRouter(route_class=PageRoute)

RENOUNCE = "seing_renounce"
"""Cookie: the unguessable part of the address in the customer's mail."""

COOKIE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Contract:
    """The contract that somebody may withdraw from."""

    order_id: str
    number: str
    company: str
    signatory_name: str
    email_masked: str
    until: date | None
    open: bool
    amendment: None = None
    """An amendment is no contract: nothing to withdraw from."""


@router.get("/retractation/{token}")
def follow_mail(request: Request, token: str, services: Serving) -> Response:
    """From the mail of the copy: the token goes into a cookie and out of the address."""
    if order_of_renounce_token(services, token) is None:
        raise NotFound
    return _remember(request, token)


@router.get("/c/renounce")
def from_signed_page(request: Request, view: Current, services: Serving) -> Response:
    """From the page of the signed order."""
    if view.state != "signed":
        raise GoTo("/c")
    return _remember(request, renounce_token(services, view.order_id))


def _remember(request: Request, token: str) -> Response:
    answer = go("/retractation")
    web_of(request).cookies.write(answer, RENOUNCE, token, COOKIE_SECONDS)
    return answer


def contract_of(request: Request, services: Serving) -> Contract:
    """The contract behind the cookie."""
    token = web_of(request).cookies.read(request, RENOUNCE)
    order_id = order_of_renounce_token(services, token) if token else None
    if order_id is None:
        raise GoTo("/nolink")
    request.state.csrf = form_token(token)
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
    return Contract(
        order_id,
        order.number,
        order.company,
        order.signatory_name,
        mask_email(order.email),
        order.withdrawal_until,
        can_renounce(services, order),
    )


TheContract = Annotated[Contract, Depends(contract_of)]


async def renounce_form(request: Request, contract: TheContract) -> AsyncIterator[Form]:  # noqa: ARG001  # sets the form's token
    """The form of this page."""
    async with read_form(request) as data:
        check_form_token(request, data.get("csrf"), request.state.csrf)
        yield Form(data)


@router.get("/retractation")
def page_of(request: Request, contract: TheContract, services: Serving) -> Response:
    """The form, or the acknowledgement once it was sent."""
    return _page(request, services, contract)


@router.post("/retractation")
def confirm(
    request: Request, contract: TheContract, services: Serving, form: Annotated[Form, Depends(renounce_form)]
) -> Response:
    """« Confirmer la rétractation »."""
    try:
        origin = origin_of(request, "customer")
        renounce(services, contract.order_id, form.text("name"), form.text("statement"), origin)
    except SeingError as error:
        return _page(request, services, contract, error)
    return go("/retractation")


def _page(request: Request, services: Services, contract: Contract, error: SeingError | None = None) -> Response:
    return show(
        request,
        "renouncing.html",
        status=error.status if error else 200,
        calm=True,
        view=contract,
        handed=False,
        done=renounced(services, contract.order_id),
        open=contract.open,
        refusal=sentence(request, error) if error else "",
    )
