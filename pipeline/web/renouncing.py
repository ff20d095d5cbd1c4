"""« Renoncer au contrat ici », then « confirmer la rétractation »: free, available during the whole period (D221-5).

After its last hour the same address says when the period ended and whom to ask, and nothing of the customer: a link in
an old mail is no door to personal data. A withdrawal that came is repeated for as long as the signed order's own link
shows something; after that the page says only when it came.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import NotFound, ReasonMissing, SeingError
from pipeline.letters import order_of_renounce_token, renounce_token, sender
from pipeline.steps.ceremony import readable_until
from pipeline.steps.renounce import can_renounce, renounce
from pipeline.web.access import Form, Serving, origin_of, read_form
from pipeline.web.ceremony import Current
from pipeline.web.page import GoTo, PageRoute, go, sentence, show, web_of
from pipeline.web.queries.customer import Renounced, renounced
from pipeline.web.security import check_form_token, form_token
from storage.models import Order
from templates.french import mask_email

router = APIRouter(route_class=PageRoute)

RENOUNCE = "seing_renounce"
"""Cookie: the unguessable part of the address in the customer's mail."""

COOKIE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Contract:
    """A contract that somebody may, or might, withdraw from."""

    order: Order
    until: date
    """The last day of the period, to its last hour in Paris."""
    open: bool
    done: Renounced | None
    known: bool
    """Whether the page may still say whose contract it is."""


@router.get("/retractation/{token}")
def follow_mail(request: Request, token: str, services: Serving) -> Response:
    """From the mail of the copy: the token goes into a cookie and out of the address."""
    if order_of_renounce_token(services, token) is None:
        raise NotFound
    return _remember(request, token)


@router.get("/c/renounce")
def from_signed_page(request: Request, view: Current, services: Serving) -> Response:
    """From the page of the signed order."""
    if view.state != "signed" or view.withdrawal is None:
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
    if order.withdrawal_until is None:
        raise NotFound
    is_open, done = can_renounce(services, order), renounced(services, order_id)
    known = is_open or (done is not None and services.today() <= readable_until(order))
    return Contract(order, order.withdrawal_until, is_open, done, known)


TheContract = Annotated[Contract, Depends(contract_of)]


async def renounce_form(request: Request, contract: TheContract) -> AsyncIterator[Form]:  # noqa: ARG001  # sets the form's token
    """The form of this page."""
    async with read_form(request) as data:
        check_form_token(request, data.get("csrf"), request.state.csrf)
        yield Form(data)


@router.get("/retractation")
def page_of(request: Request, contract: TheContract, services: Serving) -> Response:
    """The form; the acknowledgement once it was sent; after the period, that it is over."""
    return _page(request, services, contract)


@router.post("/retractation")
def confirm(
    request: Request, contract: TheContract, services: Serving, form: Annotated[Form, Depends(renounce_form)]
) -> Response:
    """« Confirmer la rétractation »."""
    if not contract.open:  # signed elsewhere, or past the last hour: what is true now answers
        return go("/retractation") if contract.done else _page(request, services, contract)
    try:
        origin = origin_of(request, "customer")
        renounce(services, contract.order.id, form.text("name"), form.text("statement"), origin)
    except ReasonMissing as error:
        return _page(request, services, contract, error)
    return go("/retractation")


def _page(request: Request, services: Services, contract: Contract, error: SeingError | None = None) -> Response:
    if not contract.known:
        return show(
            request,
            "renouncing_over.html",
            status=200 if contract.done else 410,
            calm=True,
            until=contract.until,
            since=contract.until + timedelta(days=1),
            done=contract.done,
            contact=sender(services.organisation.seller),
        )
    return show(
        request,
        "renouncing.html",
        status=error.status if error else 200,
        calm=True,
        order=contract.order,
        until=contract.until,
        done=contract.done,
        email=mask_email(contract.order.email),
        refusal=sentence(request, error) if error else "",
    )
