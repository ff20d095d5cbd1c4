"""« Changer de compte »: the rep, or the back office, prepares another account for the customer to sign."""

from typing import Any, Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.customer import CustomerChoices, FieldCheck, FieldName, check_field
from pipeline.errors import Blocked, NotFound, SeingError
from pipeline.rules.finding import Finding
from pipeline.rules.messages import finding
from pipeline.steps import amend as steps
from pipeline.steps.amend import Amendable
from pipeline.users import SessionView
from pipeline.web.access import Form, RepOrOffice, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show
from pipeline.web.queries.order import visible_order
from templates.french import phone

router = APIRouter(prefix="/mandates/{umr}/account", route_class=PageRoute)

FIELDS: Final[tuple[FieldName, ...]] = (
    "first_name", "last_name", "role", "place", "email", "mobile", "iban", "account_holder",
)  # fmt: skip


@router.get("")
def amending_page(request: Request, umr: str, session: RepOrOffice, services: Serving) -> Response:
    """The form, filled with what the last signing knows."""
    page = _own(services, umr, session)
    known = page.known
    values: dict[str, Any] = {name: getattr(known, name) for name in FIELDS}
    values |= {"mobile": phone(known.mobile)}
    return _page(request, services, page, values)


@router.post("")
def prepare(request: Request, umr: str, session: RepOrOffice, services: Serving, form: UserForm) -> Response:
    """Prepare the amendment, or say what stops it, field by field; a second tap leads to the same one."""
    page = _own(services, umr, session)
    values = _entered(form)
    try:
        choices = CustomerChoices(**values)
    except ValidationError as error:
        names = {str(item["loc"][0]) for item in error.errors(include_input=False, include_url=False)}
        wrong = tuple(finding("customer.unreadable", name) for name in names)
        return _page(request, services, page, values, wrong=wrong, status=422)
    try:
        return go(f"/orders/{steps.amend(services, umr, choices, by_user(request, session))}")
    except Blocked as error:
        return _page(request, services, page, values, wrong=error.findings, status=error.status)
    except SeingError as error:
        return _page(request, services, page, values, refusal=sentence(request, error), status=error.status)


@router.post("/{name}")
def check(request: Request, umr: str, name: str, session: RepOrOffice, services: Serving, form: UserForm) -> Response:
    """The answer to one field as it is typed."""
    _own(services, umr, session)
    if name not in FIELDS:
        raise NotFound
    return show(request, "_field_answer.html", check=_check(services, umr, name, form.text(name)))


def _own(services: Services, umr: str, session: SessionView) -> Amendable:
    """The mandate, for the rep of its order or the back office. Raises `NotFound`, `WrongState`."""
    page = steps.amendable(services, umr)
    with services.works(read_only=True) as work:
        visible_order(work, page.order_id, session)
    return page


def _check(services: Services, umr: str, name: FieldName, value: str) -> FieldCheck:
    organisation = services.organisation
    answer = check_field(
        name, value, reps_mobiles=organisation.reps_mobiles, seller_iban=organisation.seller.iban
    )  # fmt: skip
    if answer.findings or name not in {"iban", "mobile"}:
        return answer
    only = CustomerChoices.model_validate({name: answer.value})
    known = {"mandate.iban_unchanged", "signatory.mobile_changed"}
    more = tuple(item for item in steps.check(services, umr, only) if item.where == name and item.code in known)
    return FieldCheck(name, answer.value, more, answer.hint)


def _entered(form: Form) -> dict[str, Any]:
    return {name: form.text(name) for name in FIELDS}


def _page(
    request: Request,
    services: Services,
    page: Amendable,
    values: dict[str, Any],
    *,
    wrong: tuple[Finding, ...] = (),
    refusal: str = "",
    status: int = 200,
) -> Response:
    checked = {name: _check(services, page.umr, name, values[name]) for name in FIELDS if values[name] or status != 200}
    checks = {name: each for name, each in checked.items() if each.findings or status != 200}
    return show(
        request,
        "amending.html",
        status=status,
        page=page,
        values=values,
        checks=checks,
        wrong=wrong,
        refusal=refusal,
        check_at=f"/mandates/{page.umr}/account",
    )
