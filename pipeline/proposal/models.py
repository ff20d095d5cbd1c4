"""A sales proposal as the ordering system writes it: the format of the files that Seing reads."""

import hashlib
from decimal import Decimal
from typing import Annotated, Literal

import rfc8785
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from pipeline.proposal.types import Cents, Code, Day, Identifier, LongText, Name, Percent, Price, Rate, Strict, Text

LineStatus = Literal["renewed", "new", "modified", "cancelled"]
Kind = Literal["order", "quote"]
InvoiceDelivery = Literal["electronic", "paper"]
PaymentMethod = Literal["sepa_direct_debit", "bank_transfer"]
Enclosure = Literal["odi_a", "odi_c", "call_tracking_sheet"]


def _each_once(values: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise PydanticCustomError("repeated", "repeated", {"value": value})
    return values


class Address(Strict):
    """A postal address in its parts, as SEPA and invoices need it; what is missing is a finding, not a refusal."""

    line1: Text = ""
    line2: Text = ""
    postal_code: Code = ""
    city: Text = ""
    country: Code = "FR"
    """ISO 3166 code of two letters."""


class Signatory(Strict):
    """Who will sign for the customer."""

    first_name: Text = ""
    last_name: Text = ""
    role: Text = ""
    email: Text = Field(default="", repr=False)
    mobile: Code = Field(default="", repr=False)

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class Account(Strict):
    """The customer (« annonceur »)."""

    epj: Code
    """Account number of 8 digits, leading zeros kept."""
    legal_name: Name
    trade_name: Text = ""
    siren: Code = ""
    siret: Code = ""
    vat_number: Code = ""
    naf: Code = ""
    employees: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    """How many people the firm employs; None where the ordering system does not know."""
    address: Address
    email: Text = Field(default="", repr=False)
    phone: Code = Field(default="", repr=False)
    signatory: Signatory


class TrackedNumber(Strict):
    """One measured telephone number on a call-tracking sheet."""

    number: Code
    medium: Text = ""
    department: Code = ""


class CallTrackingSheet(Strict):
    """The structured sheet (« fiche suivi d'appels »), filled on screen, for what a standard form cannot say."""

    numbers: Annotated[tuple[TrackedNumber, ...], Field(max_length=50)] = ()
    contact_name: Text = ""
    contact_number: Code = ""
    overflow_number: Code = ""
    comment: LongText = ""


class CallTracking(Strict):
    """What is measured by a call-tracking line."""

    measured_numbers: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    medium: Text = ""
    departments: Annotated[tuple[Code, ...], Field(max_length=120)] = ()
    contact_number: Code = ""
    """Where calls go if not to the measured number."""
    overflow_number: Code = ""
    """Where calls go when the first is busy."""
    sheet: CallTrackingSheet | None = None


class Reservation(Strict):
    """The booking of a display space."""

    reference: Code = ""
    expires_on: Day


class Line(Strict):
    """One product of a sub-order."""

    code: Code
    label: Name
    status: LineStatus
    quantity: Annotated[int, Field(ge=0, le=1_000_000)]
    unit_price: Price
    discount_percent: Percent = Decimal(0)
    vat_rate: Rate
    starts_on: Day
    ends_on: Day
    activity: Text = ""
    department: Code = ""
    call_tracking: CallTracking | None = None
    reservation: Reservation | None = None


class SubOrder(Strict):
    """One product range, which is one order in the ordering system."""

    number: Identifier
    order_ref: Identifier
    range: Text = ""
    mo: Identifier | None = None
    """Number of the modification of a running order (« MO »); None for an order of its own."""
    lines: Annotated[tuple[Line, ...], Field(max_length=5000)]


class Instalment(Strict):
    """One debit."""

    due_on: Day
    amount: Cents


class PaymentPlan(Strict):
    """How and when the customer pays."""

    method: PaymentMethod
    instalments: Annotated[tuple[Instalment, ...], Field(max_length=120)] = ()

    @property
    def total(self) -> Decimal:
        """Sum of the instalments, in euros."""
        return sum((instalment.amount for instalment in self.instalments), Decimal("0.00"))


class Proposal(Strict):
    """What the rep has prepared: sub-orders, customer, payment."""

    reference: Identifier
    name: Name
    kind: Kind = "order"
    edition: Annotated[int, Field(ge=2000, le=2099)]
    agency: Identifier
    rep: Identifier
    account: Account
    sub_orders: Annotated[tuple[SubOrder, ...], Field(max_length=200)]
    invoice_delivery: InvoiceDelivery = "electronic"
    enclosures: Annotated[tuple[Enclosure, ...], AfterValidator(_each_once)] = ()
    special_conditions: LongText = ""
    payment: PaymentPlan

    def to_json(self) -> bytes:
        """Canonical bytes (RFC 8785): equal proposals give equal bytes; decimals and days are strings."""
        return rfc8785.dumps(self.model_dump(mode="json"))

    @property
    def sha256(self) -> str:
        """Hash of the canonical bytes, in hexadecimal."""
        return hashlib.sha256(self.to_json()).hexdigest()
