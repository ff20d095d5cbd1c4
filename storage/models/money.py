"""Mandates, instalments, collections and invoices."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers


class Mandate(Base, kw_only=True):
    """A SEPA mandate in the register; it lapses 36 months after its last debit."""

    __tablename__ = "mandates"
    __table_args__ = (
        one_of("scheme", "CORE", "B2B"),
        one_of("sequence_type", "RCUR", "OOFF"),
        one_of("state", "active", "revoked", "expired"),
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


class Collection(Base, kw_only=True):
    """A pain.008 file given to the bank; `until` is the last due date in it."""

    __tablename__ = "collections"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    message_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    until: Mapped[date]
    count: Mapped[int]
    total: Mapped[Decimal]
    sha256: Mapped[str]


class Instalment(Base, kw_only=True):
    """One payment of an order's plan; `end_to_end_id` is the same in every file that ever carries it."""

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
