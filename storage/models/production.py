"""What leaves for the agency and the scanning provider, and what comes back to the rep."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers


class Batch(Base, kw_only=True):
    """A ZIP dropped for an agency; `dropped_at` is None until the drop has succeeded."""

    __tablename__ = "batches"
    __table_args__ = (one_of("state", "open", "closed"), Index(None, "agency", "state"))

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    agency: Mapped[str]
    created_at: Mapped[datetime]
    sha256: Mapped[str | None] = mapped_column(default=None)
    file_name: Mapped[str | None] = mapped_column(default=None)
    dropped_at: Mapped[datetime | None] = mapped_column(default=None)
    state: Mapped[str] = mapped_column(default="open")


class BatchItem(Base, kw_only=True):
    """One order of a batch and the agency's decision on it."""

    __tablename__ = "batch_items"
    __table_args__ = (one_of("state", "delivered", "accepted", "rejected"),)

    batch_id: Mapped[str] = mapped_column(refers("batches.id"), primary_key=True)
    order_id: Mapped[str] = mapped_column(refers("orders.id"), primary_key=True, index=True)
    state: Mapped[str] = mapped_column(default="delivered")
    reason: Mapped[str | None] = mapped_column(default=None)
    decided_by: Mapped[str | None] = mapped_column(default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)


class Slip(Base, kw_only=True):
    """A Docapost cover page: `papers` lists what is expected in the envelope."""

    __tablename__ = "slips"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    order_id: Mapped[str] = mapped_column(refers("orders.id"), index=True)
    number: Mapped[str] = mapped_column(unique=True)
    papers: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime]
    sha256: Mapped[str | None] = mapped_column(default=None)


class Task(Base, kw_only=True):
    """Something that a rep has to look at, such as an order that the agency rejected."""

    __tablename__ = "tasks"
    __table_args__ = (one_of("state", "open", "done"), Index(None, "rep_id", "state"))

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    rep_id: Mapped[str]
    order_id: Mapped[str] = mapped_column(refers("orders.id"), index=True)
    kind: Mapped[str]
    text: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    comment: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)


class CallTrackingSheet(Base, kw_only=True):
    """What a standard form cannot say of a call-tracking line, filled on screen between signature and release.

    `place` is the line's path in the proposal (`sub_orders[0].lines[3]`); `data_enc` the sheet's JSON under the vault.
    """

    __tablename__ = "call_tracking_sheets"
    __table_args__ = (UniqueConstraint("order_id", "place"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    order_id: Mapped[str] = mapped_column(refers("orders.id"))
    place: Mapped[str]
    data_enc: Mapped[bytes]
    filled_by: Mapped[str]
    filled_at: Mapped[datetime]
