"""What an order form and a quote say: frozen values, all decided before anything is drawn."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from templates.brand import Brand

Language = Literal["fr", "en"]
Status = Literal["renewed", "new", "modified", "cancelled"]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address: street lines, then what SEPA and invoices want apart. `country` is ISO 3166 alpha-2."""

    lines: tuple[str, ...]
    postal_code: str
    city: str
    country: str = "FR"


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or customer. Phones are E.164; `share_capital` is in euros; what is None is not printed."""

    legal_name: str
    address: Address
    siren: str
    siret: str
    vat_number: str
    email: str
    phone: str
    trade_name: str | None = None
    naf: str | None = None
    share_capital: Decimal | None = None
    rcs: str | None = None


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs for the customer. The mobile is already masked: « 06 •• •• •• 78 »."""

    name: str
    role: str
    email: str
    mobile_masked: str


@dataclass(frozen=True, slots=True)
class LineData:
    """One product. Amounts in euros before VAT; `discount_percent` and `vat_rate` in hundredths.

    `details` are sentences under the label: what changed, measured numbers, a reservation.
    """

    code: str
    label: str
    status: Status
    quantity: Decimal | int
    unit_price: Decimal
    discount_percent: Decimal
    vat_rate: Decimal
    net: Decimal
    starts_on: date | None = None
    ends_on: date | None = None
    activity: str | None = None
    department: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubOrderData:
    """One product range with its order in the ordering system; `mo` names the order that it changes."""

    number: str
    order_ref: str
    range_name: str
    lines: tuple[LineData, ...]
    net: Decimal
    mo: str | None = None


@dataclass(frozen=True, slots=True)
class VatLine:
    """One VAT rate: the sum it applies to, the tax."""

    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InstalmentData:
    """One payment of the plan, VAT included."""

    due_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class MandateData:
    """A SEPA mandate: one that this signature gives, or (`existing`) one in force since `signed_on`."""

    umr: str
    creditor_id: str
    scheme: Literal["CORE", "B2B"]
    sequence_type: Literal["RCUR", "OOFF"]
    debtor_name: str
    debtor_address: Address
    iban: str = field(repr=False)
    bic: str
    place: str
    existing: bool = False
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class WithdrawalData:
    """A right of withdrawal (L221-3): its last day, the first day a debit may have, what was declared."""

    until: date
    earliest_debit: date
    employees: int | None
    early_start: bool
    online_url: str | None = None


@dataclass(frozen=True, slots=True)
class OrderFormData:
    """What one order form says. Amounts in euros; totals are the sums of what is printed, worked out beforehand."""

    number: str
    ordered_on: date
    edition: int
    language: Language
    specimen: bool
    brand: Brand
    seller: Party
    customer: Party
    agency_name: str
    rep_name: str
    rep_phone: str | None
    epj: str
    signatory: Signatory
    sub_orders: tuple[SubOrderData, ...]
    total_excl_vat: Decimal
    vat: tuple[VatLine, ...]
    total_incl_vat: Decimal
    payment_method: Literal["sepa_direct_debit", "bank_transfer"]
    instalments: tuple[InstalmentData, ...]
    mandate: MandateData | None
    invoice_delivery: Literal["electronic", "paper"]
    enclosures: tuple[str, ...]
    special_conditions: str
    withdrawal: WithdrawalData | None
    terms_version: str
    verify_url: str
    place: str


@dataclass(frozen=True, slots=True)
class QuoteData:
    """What one quote says: an offer until a day, without signature or mandate."""

    number: str
    name: str
    issued_on: date
    valid_until: date
    edition: int
    language: Language
    specimen: bool
    brand: Brand
    seller: Party
    customer: Party
    agency_name: str
    rep_name: str
    rep_phone: str | None
    epj: str
    contact_name: str
    sub_orders: tuple[SubOrderData, ...]
    total_excl_vat: Decimal
    vat: tuple[VatLine, ...]
    total_incl_vat: Decimal
    payment_method: Literal["sepa_direct_debit", "bank_transfer"]
    instalments: tuple[InstalmentData, ...]
    special_conditions: str
    terms_version: str
