"""What came in for an invoice, and what went back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers


class Receipt(Base, kw_only=True):
    """One movement of money on an invoice, never changed: a debit `received`, or `taken_back` (a negative amount).

    The database itself refuses a second one of a kind for a debit. `number` counts those of the invoice, `day` is that
    of the money, `by_rate` the amount with its tax per rate of VAT (`[{"rate": "20.00", "amount": "605.68"}]`),
    `reason` the bank's code of a return. The platform is to be told of it (status 212, `due`) unless the customer is no
    company (`none`); `done` once the message is where the platform takes it.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        one_of("kind", "received", "taken_back"),
        one_of("declaration", "due", "done", "none"),
        UniqueConstraint("debit_id", "kind"),
        UniqueConstraint("invoice_id", "number"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    number: Mapped[int]
    invoice_id: Mapped[str] = mapped_column(refers("invoices.id"))
    debit_id: Mapped[str] = mapped_column(refers("debits.id"))
    kind: Mapped[str]
    amount: Mapped[Decimal]
    by_rate: Mapped[list[dict[str, Any]]]
    day: Mapped[date]
    reason: Mapped[str | None] = mapped_column(default=None)
    recorded_at: Mapped[datetime]
    declaration: Mapped[str]
    declared_at: Mapped[datetime | None] = mapped_column(default=None)
