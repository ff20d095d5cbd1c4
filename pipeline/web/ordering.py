"""« Commander »: what the customer enters, each field checked as it is typed."""

from typing import Any, get_args

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.customer import CustomerChoices, FieldCheck, FieldName, check_field, needs_mandate
from pipeline.errors import Blocked, NotFound, SeingError
from pipeline.proposal import Proposal
from pipeline.rules.finding import Finding
from pipeline.rules.withdrawal import WithdrawalRight
from pipeline.steps.prepare import first_debit_of, mandates_for, prepare
from pipeline.steps.propose import ProposalView, open_proposal
from pipeline.web.access import Form, Rep, Serving, UserForm, by_user
from pipeline.web.page import GoTo, PageRoute, go, sentence, show, words
from pipeline.web.proposals import check_own
from storage.models import Mandate
from templates.french import phone

router = APIRouter(prefix="/proposals/{proposal_id}/order", route_class=PageRoute)

FIELDS: tuple[FieldName, ...] = get_args(FieldName)


@router.get("")
def ordering_page(request: Request, proposal_id: str, session: Rep, services: Serving) -> Response:
    """The form, filled with what the proposal knows."""
    check_own(services, proposal_id, session)
    view = open_proposal(services, proposal_id)
    if view.state == "ordered" and view.order_id:
        raise GoTo(f"/orders/{view.order_id}")
    if view.state != "validated":
        raise GoTo(f"/proposals/{proposal_id}")
    return _page(request, services, view, _known(services, view.proposal))


@router.post("")
def order(request: Request, proposal_id: str, session: Rep, services: Serving, form: UserForm) -> Response:
    """Give the order its number and its certified form, or say what stops it, field by field."""
    check_own(services, proposal_id, session)
    view = open_proposal(services, proposal_id)
    if view.order_id and view.state == "ordered":  # a second tap
        return go(f"/orders/{view.order_id}")
    values = _entered(form)
    try:
        choices = CustomerChoices(**values)
    except ValidationError:  # a headcount in letters, a text of a thousand characters
        wrong = _each_field(services, view.proposal, values)
        refusal = "" if wrong else words(request)("error.text_400")
        return _page(request, services, view, values, wrong=wrong, refusal=refusal, status=422)
    try:
        return go(f"/orders/{prepare(services, proposal_id, choices, by_user(request, session))}")
    except Blocked as error:
        return _page(request, services, view, values, wrong=error.findings, status=error.status)
    except SeingError as error:
        return _page(request, services, view, values, refusal=sentence(request, error), status=error.status)


@router.post("/right")
def right(request: Request, proposal_id: str, session: Rep, services: Serving, form: UserForm) -> Response:
    """Whether the customer has the right of withdrawal, with its dates, as headcount and purpose are typed."""
    check_own(services, proposal_id, session)
    values = _entered(form)
    proposal = open_proposal(services, proposal_id).proposal
    return show(request, "_right.html", right=_right(services, proposal, values), values=values)


@router.post("/{name}")
def check(request: Request, proposal_id: str, name: str, session: Rep, services: Serving, form: UserForm) -> Response:
    """The answer to one field, the same as the API's."""
    check_own(services, proposal_id, session)
    if name not in FIELDS:
        raise NotFound
    return show(request, "_field_answer.html", check=_check(services, name, form.text(name)))


def _check(services: Services, name: FieldName, value: str) -> FieldCheck:
    organisation = services.organisation
    return check_field(
        name, value, reps_mobiles=organisation.reps_mobiles, seller_iban=organisation.seller.iban
    )  # fmt: skip


def _known(services: Services, proposal: Proposal) -> dict[str, Any]:
    account = proposal.account
    mandates = _mandates(services, proposal)
    return {
        "email": account.signatory.email or account.email,
        "mobile": phone(account.signatory.mobile),
        "first_name": account.signatory.first_name,
        "last_name": account.signatory.last_name,
        "role": account.signatory.role,
        "place": account.address.city,
        "iban": "",
        "account_holder": account.legal_name[:70],
        "mandate_umr": mandates[0].umr if mandates else "",
        "invoice_delivery": proposal.invoice_delivery,
        "employees": "" if account.employees is None else str(account.employees),
        "outside_main_activity": True,
        "early_start": False,
    }


def _entered(form: Form) -> dict[str, Any]:
    values: dict[str, Any] = {name: form.text(name) for name in FIELDS}
    values |= {"mandate_umr": form.text("mandate_umr"), "invoice_delivery": form.text("invoice_delivery")}
    return values | {name: form.ticked(name) for name in ("outside_main_activity", "early_start")}


def _each_field(services: Services, proposal: Proposal, values: dict[str, Any]) -> tuple[Finding, ...]:
    """What stands beside each field that stops the order, where they cannot be read as one."""
    shown: tuple[FieldName, ...] = ("first_name", "last_name", "role", "place", *FIELDS)  # as they stand on the page
    free = set() if needs_mandate(proposal) and not values["mandate_umr"] else {"iban", "account_holder"}
    checks = [_check(services, name, values[name]) for name in dict.fromkeys(shown) if name not in free]
    return tuple(each for check in checks for each in check.findings if each.severity == "blocking")


def _right(services: Services, proposal: Proposal, values: dict[str, Any]) -> WithdrawalRight | None:
    names = ("employees", "outside_main_activity", "early_start")
    try:
        choices = CustomerChoices(**{name: values[name] for name in names})
    except ValidationError:  # letters in the headcount: its own answer says so
        return None
    return choices.withdrawal_right(proposal, services.today())


def _mandates(services: Services, proposal: Proposal) -> list[Mandate]:
    """The mandates that this account may use again."""
    creditor = services.organisation.seller.sepa_creditor_id
    with services.works(read_only=True) as work:
        return mandates_for(work, proposal.account.epj, creditor, first_debit_of(proposal, services.today()))


def _page(
    request: Request,
    services: Services,
    view: ProposalView,
    values: dict[str, Any],
    *,
    wrong: tuple[Finding, ...] = (),
    refusal: str = "",
    status: int = 200,
) -> Response:
    checked = {name: _check(services, name, values[name]) for name in FIELDS if values[name] or status != 200}
    checks = {name: each for name, each in checked.items() if each.findings or status != 200}
    if values["mandate_umr"]:
        checks = {name: each for name, each in checks.items() if name not in {"iban", "account_holder"}}
    return show(
        request,
        "ordering.html",
        status=status,
        page=view,
        values=values,
        checks=checks,
        check_at=f"/proposals/{view.id}/order",
        wrong=wrong,
        refusal=refusal,
        debited=needs_mandate(view.proposal),
        mandates=_mandates(services, view.proposal),
        right=_right(services, view.proposal, values),
    )
