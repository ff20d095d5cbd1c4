"""What is sold: the proposal, the order that freezes it, and the tracks beside the order's state."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers

ALIVE = "state NOT IN ('withdrawn', 'declined', 'expired', 'cancelled')"
"""The condition under which an order holds its proposal, or an amendment its mandate."""


class Proposal(Base, kw_only=True):
    """What a rep prepares. `document_enc` is the canonical JSON under the vault, `document_sha256` its plain hash.

    `rep_id` is no foreign key: proposals arrive before, and outlive, their rep's account.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        one_of("state", "draft", "presented", "validated", "ordered"),
        Index(None, "rep_id", "state"),
        Index(None, "agency", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    agency: Mapped[str]
    rep_id: Mapped[str]
    epj: Mapped[str] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(default="draft")
    document_enc: Mapped[bytes]
    document_sha256: Mapped[str]
    total_incl_vat: Mapped[Decimal]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Order(Base, kw_only=True):
    """A proposal frozen to be signed, with what the customer entered; or an amendment of his mandate.

    An amendment (`amends_umr`) is signed in the same way and sells nothing: it has no proposal, and its totals are nil.
    One is alive at most for a mandate.

    `canonical_enc` is the RFC 8785 copy under the vault; `form_sha256` the certified form that is shown,
    `sealed_sha256` the signed one; the `evidence_*` hashes are the proof's PDF and JSON, all keys of the archive.
    A proposal has one order alive at most: it can be ordered again once the last one came to nothing.
    """

    __tablename__ = "orders"
    __table_args__ = (
        one_of(
            "state",
            *("prepared", "signing", "signed", "sealed", "held", "released"),
            *("accepted", "rejected", "withdrawn", "declined", "expired", "cancelled"),
        ),
        one_of("invoice_delivery", "electronic", "paper"),
        CheckConstraint("(proposal_id IS NULL) <> (amends_umr IS NULL)", name="source"),
        Index(None, "rep_id", "state"),
        Index(None, "agency", "state"),
        Index(None, "state", "expires_at"),
        Index(
            "uq_orders_proposal_id_alive",
            "proposal_id",
            unique=True,
            sqlite_where=text(ALIVE),
            postgresql_where=text(ALIVE),
        ),
        Index(
            "uq_orders_amends_umr_alive",
            "amends_umr",
            unique=True,
            sqlite_where=text(ALIVE),
            postgresql_where=text(ALIVE),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    proposal_id: Mapped[str | None] = mapped_column(refers("proposals.id"), default=None, index=True)
    amends_umr: Mapped[str | None] = mapped_column(default=None, index=True)
    rep_id: Mapped[str]
    agency: Mapped[str]
    epj: Mapped[str] = mapped_column(index=True)
    legal_name: Mapped[str]
    state: Mapped[str] = mapped_column(default="prepared")
    canonical_enc: Mapped[bytes]
    canonical_sha256: Mapped[str]
    total_excl_vat: Mapped[Decimal]
    total_incl_vat: Mapped[Decimal]

    email: Mapped[str]
    mobile_enc: Mapped[bytes]
    mobile_hash: Mapped[str] = mapped_column(index=True)
    mobile_last2: Mapped[str]
    signatory_name: Mapped[str]
    signatory_role: Mapped[str] = mapped_column(default="")
    company: Mapped[str]

    invoice_delivery: Mapped[str]
    payment_method: Mapped[str]
    iban_enc: Mapped[bytes | None] = mapped_column(default=None)
    iban_hash: Mapped[str | None] = mapped_column(default=None, index=True)
    iban_last4: Mapped[str | None] = mapped_column(default=None)
    bic: Mapped[str | None] = mapped_column(default=None)
    account_holder: Mapped[str | None] = mapped_column(default=None)
    mandate_umr: Mapped[str | None] = mapped_column(default=None, index=True)

    withdrawal_applies: Mapped[bool] = mapped_column(default=False)
    withdrawal_until: Mapped[date | None] = mapped_column(default=None)
    early_start: Mapped[bool] = mapped_column(default=False)
    hold_until: Mapped[date | None] = mapped_column(default=None)

    form_sha256: Mapped[str | None] = mapped_column(default=None)
    sealed_sha256: Mapped[str | None] = mapped_column(default=None)
    evidence_sha256: Mapped[str | None] = mapped_column(default=None)
    evidence_json_sha256: Mapped[str | None] = mapped_column(default=None)

    place: Mapped[str | None] = mapped_column(default=None)
    prepared_at: Mapped[datetime]
    signed_at: Mapped[datetime | None] = mapped_column(default=None)
    sealed_at: Mapped[datetime | None] = mapped_column(default=None)
    released_at: Mapped[datetime | None] = mapped_column(default=None)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)


class Track(Base, kw_only=True):
    """One of the things that follow a signature, with a small state of its own: one that fails blocks no other."""

    __tablename__ = "tracks"
    __table_args__ = (
        one_of("name", "copy", "archive", "invoice", "mandate", "papers", "agency"),
        one_of("state", "waiting", "running", "done", "failed", "not_needed"),
        Index(None, "state", "due_at"),
    )

    order_id: Mapped[str] = mapped_column(refers("orders.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="waiting")
    detail: Mapped[str | None] = mapped_column(default=None)
    due_at: Mapped[datetime | None] = mapped_column(default=None)
    updated_at: Mapped[datetime]
