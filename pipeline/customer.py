"""What the customer enters at « commander », checked as typed: the same answers on the screen and from the API."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.organisation import Organisation
from pipeline.proposal import InvoiceDelivery, Proposal
from pipeline.proposal.types import Code, Text
from pipeline.rules import payment
from pipeline.rules.bank import BankAccount, bank_account, normal_iban
from pipeline.rules.contact import is_email, normal_phone
from pipeline.rules.finding import Finding
from pipeline.rules.messages import finding
from pipeline.rules.signatory import mobile_findings
from pipeline.rules.withdrawal import SMALL_FIRM, WithdrawalRight, withdrawal_right
from pipeline.totals import totals

HOLDER_LENGTH: Final = 70
"""Characters of a name in a collection file (pain.008, Max70Text of the SEPA rulebook)."""

FieldName = Literal[
    "email", "mobile", "first_name", "last_name", "role", "iban", "account_holder", "employees", "place"
]


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _or_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


class CustomerChoices(BaseModel):
    """What the customer enters; wrong values are accepted here and named by `check_choices`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    email: Annotated[Text, BeforeValidator(_stripped)] = Field(default="", repr=False)
    mobile: Annotated[Code, BeforeValidator(lambda value: normal_phone(value) if isinstance(value, str) else value)] = (
        Field(default="", repr=False)
    )
    """Kept as E.164 whatever the way it was typed."""
    first_name: Annotated[Text, BeforeValidator(_stripped)] = ""
    last_name: Annotated[Text, BeforeValidator(_stripped)] = ""
    role: Annotated[Text, BeforeValidator(_stripped)] = ""
    invoice_delivery: InvoiceDelivery = "electronic"
    iban: Annotated[Code, BeforeValidator(lambda value: normal_iban(value) if isinstance(value, str) else value)] = (
        Field(default="", repr=False)
    )
    account_holder: Annotated[Text, BeforeValidator(_stripped)] = Field(default="", repr=False)
    mandate_umr: Annotated[Code, BeforeValidator(_stripped)] = ""
    """The mandate already active for this account and creditor; then no IBAN is asked."""
    employees: Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(_or_none)] = None
    outside_main_activity: bool = True
    early_start: bool = False
    """The customer expressly asks that the work begin before the end of the right of withdrawal (L221-25)."""
    place: Annotated[Text, BeforeValidator(_stripped)] = ""

    @property
    def full_name(self) -> str:
        """First and last name of the signatory."""
        return f"{self.first_name} {self.last_name}".strip()

    def bank_account(self) -> BankAccount | None:
        """The account to debit with its BIC and bank, or None where the IBAN is absent or wrong."""
        account = bank_account(self.iban)
        return account if isinstance(account, BankAccount) else None

    def headcount(self, proposal: Proposal) -> int | None:
        """The declared number of employees, else the account's."""
        return self.employees if self.employees is not None else proposal.account.employees

    def withdrawal_right(self, proposal: Proposal, concluded_on: dt.date) -> WithdrawalRight | None:
        """The right of withdrawal that follows from the declaration; none is assumed where no headcount is known."""
        employees = self.headcount(proposal)
        if employees is None:
            return None
        postal_code = proposal.account.address.postal_code
        return withdrawal_right(employees, self.outside_main_activity, concluded_on, postal_code=postal_code)


def read_choices(values: Mapping[str, Any]) -> tuple[CustomerChoices | None, tuple[Finding, ...]]:
    """The choices in a form or a request, or one finding per field that cannot be read (letters for a headcount)."""
    try:
        return CustomerChoices.model_validate(dict(values)), ()
    except ValidationError as error:
        names = dict.fromkeys(str(item["loc"][0]) for item in error.errors(include_input=False, include_url=False))
        codes = {"employees": "withdrawal.employees_missing"}
        return None, tuple(finding(codes.get(name, "customer.unreadable"), name) for name in names)


@dataclass(frozen=True)
class FieldCheck:
    """What is said about one field while it is typed."""

    name: FieldName
    value: str = field(repr=False)
    """The value as it will be kept (E.164, compact IBAN)."""
    findings: tuple[Finding, ...] = ()
    hint: str = ""
    """What could be recognised: the bank's name."""

    @property
    def ok(self) -> bool:
        """Whether the value can be kept."""
        return not any(finding.severity == "blocking" for finding in self.findings)


def check_field(
    name: FieldName, value: str, *, reps_mobiles: Collection[str] = (), seller_iban: str = ""
) -> FieldCheck:
    """The answer to one field as typed; `where` in its findings is the field's name.

    Raises:
        LookupError: no such field.
    """
    value = value.strip()
    if name == "mobile":
        number = normal_phone(value)
        return FieldCheck(name, number, tuple(mobile_findings(number, "mobile", reps_mobiles)))
    if name == "iban":
        account = bank_account(value)
        hint = account.bank_name if isinstance(account, BankAccount) else ""
        return FieldCheck(name, normal_iban(value), tuple(_iban(value, seller_iban)), hint)
    return FieldCheck(name, value, tuple(_CHECKS[name](value)))


def check_choices(
    choices: CustomerChoices,
    proposal: Proposal,
    organisation: Organisation,
    *,
    today: dt.date,
    other_accounts_with_mobile: int = 0,
    prenotification_days: int = 14,
) -> tuple[Finding, ...]:
    """Everything that stops, or should give pause to, an order with these choices; `where` is the field's name.

    The schedule is looked at again, because the declared headcount decides the right of withdrawal.
    """
    return tuple(
        _all_findings(choices, proposal, organisation, today, other_accounts_with_mobile, prenotification_days)
    )


def check_amendment(
    choices: CustomerChoices, organisation: Organisation, *, other_accounts_with_mobile: int = 0
) -> tuple[Finding, ...]:
    """Everything that stops, or should give pause to, another account; `where` is the field's name."""
    return (
        *_person(choices, organisation, other_accounts_with_mobile),
        *_account(choices, organisation),
    )


def _all_findings(
    choices: CustomerChoices,
    proposal: Proposal,
    organisation: Organisation,
    today: dt.date,
    other_accounts_with_mobile: int,
    prenotification_days: int,
) -> Iterator[Finding]:
    yield from _person(choices, organisation, other_accounts_with_mobile)
    if needs_mandate(proposal) and not choices.mandate_umr:
        yield from _account(choices, organisation)
    yield from _headcount(choices.employees, proposal.account.employees)
    right = choices.withdrawal_right(proposal, today)
    amount = totals(proposal).incl_vat
    yield from payment.due_too_early(proposal.payment, amount, today, prenotification_days)
    yield from payment.debit_before_withdrawal(proposal.payment, amount, right)


def _person(choices: CustomerChoices, organisation: Organisation, other_accounts: int) -> Iterator[Finding]:
    yield from _email(choices.email)
    yield from mobile_findings(choices.mobile, "mobile", organisation.reps_mobiles, other_accounts)
    for name in ("first_name", "last_name", "role", "place"):
        yield from _CHECKS[name](getattr(choices, name))


def _account(choices: CustomerChoices, organisation: Organisation) -> Iterator[Finding]:
    yield from _iban(choices.iban, organisation.seller.iban)
    yield from _holder(choices.account_holder)


def needs_mandate(proposal: Proposal) -> bool:
    """Whether the customer will be debited, so that a mandate is needed."""
    return proposal.payment.method == "sepa_direct_debit" and totals(proposal).incl_vat > 0


def _email(value: str) -> Iterator[Finding]:
    if not value:
        yield finding("account.email_missing", "email")
    elif not is_email(value):
        yield finding("account.email_invalid", "email")


def _iban(value: str, seller_iban: str) -> Iterator[Finding]:
    account = bank_account(value)
    if not isinstance(account, BankAccount):
        yield finding(f"mandate.iban_{account}", "iban")
    elif account.iban == normal_iban(seller_iban):
        yield finding("mandate.iban_is_sellers", "iban")


def _holder(value: str) -> Iterator[Finding]:
    if not value:
        yield finding("mandate.holder_missing", "account_holder")
    elif len(value) > HOLDER_LENGTH:
        yield finding("mandate.holder_too_long", "account_holder")


def _headcount(declared: int | None, known: int | None) -> Iterator[Finding]:
    if declared is None and known is None:
        yield finding("withdrawal.employees_missing", "employees")
    elif declared is not None and known is not None and known <= SMALL_FIRM < declared:
        yield finding("withdrawal.employees_differ", "employees", severity="warning", declared=declared, known=known)


def _typed_headcount(value: str) -> Iterator[Finding]:
    if not value.isdecimal():
        yield finding("withdrawal.employees_missing", "employees")


def _required(code: str, name: str) -> Callable[[str], Iterator[Finding]]:
    def check(value: str) -> Iterator[Finding]:
        if not value:
            yield finding(code, name)

    return check


_CHECKS: Final[dict[str, Callable[[str], Iterator[Finding]]]] = {
    "email": _email,
    "first_name": _required("signatory.name_missing", "first_name"),
    "last_name": _required("signatory.name_missing", "last_name"),
    "role": _required("signatory.role_missing", "role"),
    "place": _required("order.place_missing", "place"),
    "account_holder": _holder,
    "employees": _typed_headcount,
}
