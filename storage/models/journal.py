"""What happened and what is still to be done: events, staged jobs, what was archived, read back or erased."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers


class Event(Base, kw_only=True):
    """A fact of an order's life, chained by hash to the one before; never changed once written."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("order_id", "sequence"),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True, init=False
    )
    order_id: Mapped[str] = mapped_column(refers("orders.id"))
    sequence: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    ip: Mapped[str | None] = mapped_column(default=None)
    user_agent: Mapped[str | None] = mapped_column(default=None)
    data: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    previous_hash: Mapped[str]
    hash: Mapped[str]


class Job(Base, kw_only=True):
    """A message to an actor, staged in the transaction that makes it necessary; `key` is unique for ever."""

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", "staged", "sent", "done", "failed"),
        Index(None, "state", "send_after"),
        Index(None, "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    actor: Mapped[str]
    args: Mapped[Any] = mapped_column(JSON, default_factory=list)
    order_id: Mapped[str | None] = mapped_column(refers("orders.id"), default=None, index=True)
    state: Mapped[str] = mapped_column(default="staged")
    attempts: Mapped[int] = mapped_column(default=0)
    staged_at: Mapped[datetime]
    send_after: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    due_at: Mapped[datetime | None] = mapped_column(default=None)
    error: Mapped[str | None] = mapped_column(default=None)


class ArchiveEntry(Base, kw_only=True):
    """What the archive holds of an order: `sha256` is its key there, `size` in bytes."""

    __tablename__ = "archive_entries"
    __table_args__ = (one_of("area", "drafts", "signed"), UniqueConstraint("order_id", "kind", "sha256"))

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    order_id: Mapped[str] = mapped_column(refers("orders.id"))
    kind: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    media_type: Mapped[str]
    area: Mapped[str]
    retain_until: Mapped[date | None] = mapped_column(default=None)
    stored_at: Mapped[datetime]


class ArchiveCheck(Base, kw_only=True):
    """One nightly reading of the archive: what came back otherwise than stored (`bad`), what nothing refers to."""

    __tablename__ = "archive_checks"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    checked_on: Mapped[date] = mapped_column(unique=True)
    done_at: Mapped[datetime]
    recent: Mapped[int]
    sampled: Mapped[int]
    bad: Mapped[list[dict[str, Any]]]
    unreferenced: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)


class Erasure(Base, kw_only=True):
    """An answer to an erasure request (GDPR art. 17): counts and legal reasons, the account as a keyed hash alone."""

    __tablename__ = "erasures"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    account_hash: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    gone: Mapped[dict[str, Any]]
    kept: Mapped[list[dict[str, Any]]]


class Sequence(Base, kw_only=True):
    """The last number given under a name; its row is locked until the number's transaction ends."""

    __tablename__ = "sequences"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
