"""The frozen copy of an order: everything that its documents say, as canonical JSON (RFC 8785).

Written once, when the order gets its number; documents are drawn from it alone, so that they can be drawn again, byte
for byte, whatever has changed since in accounts, prices or settings.
"""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field

from pipeline.customer import CustomerChoices
from pipeline.organisation import Seller
from pipeline.proposal import Proposal
from pipeline.rules.withdrawal import WithdrawalRight
from pipeline.totals import Totals, totals

SCHEMA: Literal["seing.order/1"] = "seing.order/1"
"""Raised when the meaning of a field changes."""


class Part(BaseModel):
    """Base of the frozen parts."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FrozenRep(Part):
    """The rep at that time."""

    id: str
    name: str
    phone: str = ""


class FrozenMandate(Part):
    """The SEPA mandate that the order is paid under."""

    umr: str
    creditor_id: str
    scheme: Literal["CORE", "B2B"]
    sequence_type: Literal["RCUR", "OOFF"]
    iban: str = Field(repr=False)
    bic: str
    holder: str
    existing: bool
    """Whether it was signed with an earlier order and serves again."""
    signed_on: date | None = None
    """Day of its signature where it exists already."""


class FrozenWithdrawal(Part):
    """The customer's right of withdrawal (Code de la consommation L221-3, L221-18, L221-10)."""

    until: date
    earliest_debit: date
    hold_until: date
    """First day on which production may begin, unless `early_start`."""
    early_start: bool


class FrozenDebit(Part):
    """One debit that was open under the old mandate when its amendment was prepared; `due_on` None: not planned yet."""

    order: str
    due_on: date | None
    amount: Decimal


class FrozenAmendment(Part):
    """The mandate that an amendment ends, and what was still to be debited under it."""

    umr: str
    signed_on: date
    iban_masked: str
    debits: tuple[FrozenDebit, ...]


class Frozen(Part):
    """One order as it was decided; or, with `amends`, an amendment of a mandate, whose `proposal` sells nothing."""

    schema_id: Literal["seing.order/1"] = SCHEMA
    number: str
    prepared_at: datetime
    ordered_on: date
    language: Literal["fr", "en"] = "fr"
    specimen: bool
    """Whether documents carry SPÉCIMEN (training)."""
    proposal: Proposal
    proposal_version: int
    customer: CustomerChoices
    seller: Seller
    agency_name: str
    rep: FrozenRep
    mandate: FrozenMandate | None
    withdrawal: FrozenWithdrawal | None
    total_excl_vat: Decimal
    total_incl_vat: Decimal
    terms_version: str
    form_version: str
    verify_url: str
    renounce_url: str = ""
    """Where the customer may withdraw, where the right applies."""
    amends: FrozenAmendment | None = None

    def to_json(self) -> bytes:
        """Canonical bytes: the same order gives the same ones."""
        return rfc8785.dumps(self.model_dump(mode="json"))

    @property
    def sha256(self) -> str:
        """Hash of the canonical bytes, in hexadecimal."""
        return hashlib.sha256(self.to_json()).hexdigest()

    @property
    def totals(self) -> Totals:
        """All sums; those frozen beside them were taken from the same function."""
        return totals(self.proposal)

    @property
    def signatory_name(self) -> str:
        """Who signs, as printed."""
        return self.customer.full_name

    @property
    def file_name(self) -> str:
        """What the signed file is called, without number and suffix."""
        return "changement-de-compte" if self.amends else "bon-de-commande"

    @property
    def template(self) -> Literal["order_form", "mandate_amendment"]:
        """The document that the customer signs."""
        return "mandate_amendment" if self.amends else "order_form"

    def withdrawal_right(self, concluded_on: date) -> WithdrawalRight | None:
        """The right of withdrawal of a contract concluded on that day; an amendment concludes none."""
        return None if self.amends else self.customer.withdrawal_right(self.proposal, concluded_on)

    @property
    def first_debit(self) -> date | None:
        """Due date of the first instalment."""
        return min((item.due_on for item in self.proposal.payment.instalments), default=None)


def read_frozen(data: bytes) -> Frozen:
    """The order behind its canonical bytes."""
    return Frozen.model_validate_json(data)
