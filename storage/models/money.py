"""Mandates, instalments, collections, the bank's answers, and invoices."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers


class Mandate(Base, kw_only=True):
    """A SEPA mandate in the register; it lapses 36 months after its last debit.

    `amend_requested_at`: the customer has announced another account, so that the next order signs a new mandate; then
    this one is `amended` and `replaced_by_id` names its successor.
    """

    __tablename__ = "mandates"
    __table_args__ = (
        one_of("scheme", "CORE", "B2B"),
        one_of("sequence_type", "RCUR", "OOFF"),
        one_of("state", "active", "amended", "revoked", "expired"),
        Index(None, "epj", "creditor_id", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    umr: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[str] = mapped_column(refers("orders.id"), index=True)
    epj: Mapped[str]
    creditor_id: Mapped[str]
    scheme: Mapped[str]
    sequence_type: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    holder: Mapped[str]
    iban_enc: Mapped[bytes]
    iban_hash: Mapped[str] = mapped_column(index=True)
    iban_last4: Mapped[str]
    bic: Mapped[str | None] = mapped_column(default=None)
    signed_at: Mapped[datetime]
    last_debit_on: Mapped[date | None] = mapped_column(default=None)
    amend_requested_at: Mapped[datetime | None] = mapped_column(default=None)
    replaced_by_id: Mapped[str | None] = mapped_column(refers("mandates.id"), default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)


class Collection(Base, kw_only=True):
    """A pain.008 file for the bank, of one scheme; `until` bounds its due dates.

    The row comes first, in the transaction that takes the instalments; `archived_at` is None until the file that it
    stands for is in the archive, `handed_at` until somebody has had it: no bank can know of it before.
    """

    __tablename__ = "collections"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    message_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    until: Mapped[date]
    count: Mapped[int]
    total: Mapped[Decimal]
    sha256: Mapped[str]
    scheme: Mapped[str] = mapped_column(default="CORE")
    archived_at: Mapped[datetime | None] = mapped_column(default=None)
    handed_at: Mapped[datetime | None] = mapped_column(default=None)


class Instalment(Base, kw_only=True):
    """One payment of an order's plan, due on `due_on` as signed.

    `present_on` is another day announced since (represented or moved), `announced_on` the day on which the customer was
    told of the day in force: that of the signature, or of a notice; None while he is not. `attempt` counts the
    presentations: the next debit is the `attempt`-th of this instalment.
    """

    __tablename__ = "instalments"
    __table_args__ = (
        one_of("state", "planned", "collected", "returned", "cancelled"),
        UniqueConstraint("order_id", "sequence"),
        Index(None, "state", "due_on"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    order_id: Mapped[str] = mapped_column(refers("orders.id"))
    mandate_id: Mapped[str | None] = mapped_column(refers("mandates.id"), default=None, index=True)
    sequence: Mapped[int]
    due_on: Mapped[date]
    amount: Mapped[Decimal]
    end_to_end_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="planned")
    collection_id: Mapped[str | None] = mapped_column(refers("collections.id"), default=None, index=True)
    attempt: Mapped[int] = mapped_column(default=1)
    present_on: Mapped[date | None] = mapped_column(default=None)
    announced_on: Mapped[date | None] = mapped_column(default=None)

    @property
    def day(self) -> date:
        """The day on which the customer expects the debit."""
        return self.present_on or self.due_on


class Debit(Base, kw_only=True):
    """One presentation of an instalment in a file; the database itself refuses a second one under the same name."""

    __tablename__ = "debits"
    __table_args__ = (
        one_of("state", "sent", "rejected", "returned"),
        UniqueConstraint("instalment_id", "attempt"),
        Index(None, "collection_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    instalment_id: Mapped[str] = mapped_column(refers("instalments.id"))
    collection_id: Mapped[str] = mapped_column(refers("collections.id"))
    mandate_id: Mapped[str] = mapped_column(refers("mandates.id"), index=True)
    end_to_end_id: Mapped[str] = mapped_column(unique=True)
    attempt: Mapped[int]
    due_on: Mapped[date]
    amount: Mapped[Decimal]
    state: Mapped[str] = mapped_column(default="sent")
    reason: Mapped[str | None] = mapped_column(default=None)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)


class BankAnswer(Base, kw_only=True):
    """A file of the bank, taken once: `sha256` is that of its bytes."""

    __tablename__ = "bank_answers"
    __table_args__ = (one_of("kind", "pain.002", "camt.054"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    sha256: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    message_id: Mapped[str]
    received_at: Mapped[datetime]
    received_by: Mapped[str]


class BankAnswerItem(Base, kw_only=True):
    """What one entry of an answer changed: `applied`, `known` already, or `quarantined` for a human with its reason.

    `amount` is the first sum that the bank states. A human who has dealt with a quarantined entry says how (`comment`).
    """

    __tablename__ = "bank_answer_items"
    __table_args__ = (one_of("state", "applied", "known", "quarantined"), Index(None, "state"))

    answer_id: Mapped[str] = mapped_column(refers("bank_answers.id"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    end_to_end_id: Mapped[str]
    code: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None] = mapped_column(default=None)
    amount: Mapped[Decimal | None] = mapped_column(default=None)
    handled_at: Mapped[datetime | None] = mapped_column(default=None)
    handled_by: Mapped[str | None] = mapped_column(default=None)
    comment: Mapped[str | None] = mapped_column(default=None)


class Invoice(Base, kw_only=True):
    """An invoice or credit note, issued once per order and kind; cancelled by another document, never edited."""

    __tablename__ = "invoices"
    __table_args__ = (one_of("kind", "invoice", "credit_note"), UniqueConstraint("order_id", "kind"))

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    series: Mapped[str] = mapped_column(index=True)
    order_id: Mapped[str] = mapped_column(refers("orders.id"))
    kind: Mapped[str]
    corrects_id: Mapped[str | None] = mapped_column(refers("invoices.id"), default=None)
    issued_on: Mapped[date]
    total_excl_vat: Mapped[Decimal]
    total_vat: Mapped[Decimal]
    total_incl_vat: Mapped[Decimal]
    delivery: Mapped[str]
    xml_sha256: Mapped[str | None] = mapped_column(default=None)
    pdf_sha256: Mapped[str | None] = mapped_column(default=None)
