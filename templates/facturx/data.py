"""What an invoice says: everything decided, nothing looked up while writing. Money is in euros, rates in hundredths."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

Kind = Literal["invoice", "credit_note"]
Operation = Literal["goods", "services", "both"]
VatCategory = Literal["S", "Z", "E", "G"]
"""Standard or reduced rate; true zero rate; exempt or not applicable; export (UNTDID 5305, BR-FR-15)."""


@dataclass(frozen=True, slots=True)
class Address:
    """A place, in parts: since 15 November 2026 no payment message takes it in one piece."""

    line1: str
    postal_code: str
    city: str
    line2: str = ""
    country: str = "FR"

    @property
    def department(self) -> str:
        """The French department: two figures, or three overseas (`972`); nothing abroad."""
        if self.country != "FR":
            return ""
        return self.postal_code[:3] if self.postal_code[:2] in {"97", "98"} else self.postal_code[:2]


@dataclass(frozen=True, slots=True)
class Party:
    """A company. `siren` 9 figures (BT-30, BT-47), `siret` 14 (BT-29, BT-46), `vat_number` with its country."""

    name: str
    siren: str
    address: Address
    siret: str = ""
    vat_number: str = ""
    trade_name: str = ""
    electronic_address: str = ""
    """Where the platforms route to (BT-34, BT-49), in the scheme 0225 of the French directory; the SIREN by default."""

    @property
    def endpoint(self) -> str:
        """The electronic address in force."""
        return self.electronic_address or self.siren


@dataclass(frozen=True, slots=True)
class Seller(Party):
    """The company that invoices, with what article R123-238 of the Code de commerce has it print."""

    legal_form: str = ""
    share_capital: Decimal | None = None
    rcs: str = ""
    email: str = ""
    phone: str = ""
    """E.164."""


@dataclass(frozen=True, slots=True)
class Vat:
    """How a line is taxed. A line without tax says why, with the article (BR-E-10, BR-G-10)."""

    rate: Decimal
    category: VatCategory = "S"
    exemption: str = ""
    exemption_code: str = ""
    """From the code list VATEX, where it has one."""


NOT_APPLICABLE: Final = Vat(Decimal(0), "E", "TVA non applicable, article 294-1 du CGI")
"""Guyane and Mayotte. Category O would forbid the seller's VAT number (BR-O-02), which French law has it print."""
EXPORT_TO_DOM: Final = Vat(Decimal(0), "G", "Exonération de TVA, article 294-2 du CGI", "VATEX-EU-G")
"""Goods sent from the mainland to an overseas department, or between two of them."""

_UNTAXED: Final = frozenset({"973", "976"})
_OVERSEAS: Final = frozenset({"971", "972", "974"}) | _UNTAXED


def vat_at(rate: Decimal, buyer: Address, *, goods: bool = False) -> Vat:
    """The category that goes with a rate decided elsewhere (the accountant's mapping; STANDARDS 5.3).

    Args:
        rate: in hundredths.
        buyer: where the customer is; decides why nothing is charged when nothing is.
        goods: whether things are sent, rather than a service given.
    """
    if rate > 0:
        return Vat(rate)
    if goods and buyer.department in _OVERSEAS:
        return EXPORT_TO_DOM
    return NOT_APPLICABLE if buyer.department in _UNTAXED else Vat(Decimal(0), "Z")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One product. `net` is its price after discount, to the cent: what was signed, not worked out again."""

    label: str
    quantity: Decimal
    unit_price: Decimal
    net: Decimal
    vat: Vat
    discount_percent: Decimal = Decimal(0)
    code: str = ""
    group: str = ""
    """The sub-order it belongs to; lines of a group follow one another and are printed under its name."""
    activity: str = ""
    department: str = ""
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    unit: str = "C62"
    """UN/ECE recommendation 20: C62 one, HUR hour, MON month."""

    @property
    def billed(self) -> tuple[Decimal, Decimal]:
        """Quantity and price as invoiced: what is taken back has a negative quantity, never a price (BR-27)."""
        quantity = -self.quantity if self.unit_price < 0 else self.quantity
        return quantity or abs(quantity), abs(self.unit_price)


@dataclass(frozen=True, slots=True)
class VatTotal:
    """One group of the VAT breakdown (BG-23)."""

    vat: Vat
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """The totals: BT-109 (here equal to BT-106, there being no allowance on the document), BT-110, BT-112, BG-23."""

    excl_vat: Decimal
    vat: Decimal
    incl_vat: Decimal
    by_rate: tuple[VatTotal, ...]


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of the amount due and its day."""

    due_on: dt.date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DirectDebit:
    """Payment by SEPA debit (BT-81 = 59). Of the debited account no more is taken in than what is shown."""

    mandate: str
    creditor_id: str
    account_country: str = "FR"
    account_last4: str = field(default="", repr=False)

    @property
    def masked_iban(self) -> str:
        """BT-91 without the account: in the length of a French IBAN, country and last four characters alone."""
        return f"{self.account_country}{'X' * 21}{self.account_last4}" if self.account_last4 else ""


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """Payment to the seller's account by SEPA transfer (BT-81 = 58)."""

    iban: str = field(repr=False)
    bic: str = ""
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Preceding:
    """The invoice that a credit note corrects (BT-25, BT-26)."""

    number: str
    issued_on: dt.date


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the customer is served, when that is not his address (BG-13, BG-15; decree 2022-1299)."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Mentions:
    """The three notes that every French invoice carries exactly once (BR-FR-05, BR-FR-06)."""

    recovery: str = "Indemnité forfaitaire pour frais de recouvrement due en cas de retard de paiement : 40 €."
    """PMT; article D441-5 of the Code de commerce."""
    penalty: str = (
        "Pénalités de retard exigibles sans rappel, au taux de la Banque centrale européenne à son opération de "
        "refinancement la plus récente majoré de 10 points de pourcentage."
    )
    """PMD; article L441-10 II."""
    discount: str = "Pas d'escompte pour paiement anticipé."
    """AAB; article L441-9."""


@dataclass(frozen=True, slots=True)
class InvoiceData:
    """One invoice (380) or credit note (381, 262); amounts of a credit note are positive."""

    number: str
    kind: Kind
    issued_on: dt.date
    seller: Seller
    buyer: Party
    lines: tuple[InvoiceLine, ...]
    sums: Sums
    operation: Operation = "services"
    order_number: str = ""
    """The seller's (BT-14)."""
    buyer_order: str = ""
    """The customer's own order number, where he gave one (BT-13)."""
    customer_number: str = ""
    """The EPJ number."""
    due_on: dt.date | None = None
    """For a payment in one go; with instalments, the last of them counts (L441-9)."""
    instalments: tuple[Instalment, ...] = ()
    payment: DirectDebit | CreditTransfer | None = None
    corrects: Preceding | None = None
    contract: str = ""
    """What a credit note without an invoice to correct is given on (BT-12); the order number by default."""
    reason: str = ""
    """Why a credit note is issued."""
    delivery: Delivery | None = None
    vat_on_debits: bool = False
    mentions: Mentions = Mentions()
    specimen: bool = False
    """Training: the print says SPÉCIMEN, and the notes too."""

    @property
    def type_code(self) -> str:
        """BT-3. A credit on a running order, of which no single invoice is corrected, is a 262 (BR-FR-CO-03, CO-05)."""
        if self.kind == "invoice":
            return "380"
        return "381" if self.corrects else "262"

    @property
    def credited_contract(self) -> str:
        """BT-12 of a 262; nothing elsewhere."""
        return (self.contract or self.order_number) if self.type_code == "262" else ""

    @property
    def business_process(self) -> str:
        """BT-23, category of operation: goods, services or both, not yet paid."""
        return {"goods": "B1", "services": "S1", "both": "M1"}[self.operation]

    @property
    def payment_date(self) -> dt.date | None:
        """BT-9: the day on which the whole is paid."""
        return max((part.due_on for part in self.instalments), default=self.due_on)

    @property
    def period(self) -> tuple[dt.date, dt.date] | None:
        """BG-14: from the first day of service to the last, where lines have dates."""
        starts = [line.starts_on for line in self.lines if line.starts_on]
        ends = [line.ends_on for line in self.lines if line.ends_on]
        return (min(starts), max(ends)) if starts and ends else None
