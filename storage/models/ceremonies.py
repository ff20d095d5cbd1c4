"""The signing ceremony and its one-time codes."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers


class Ceremony(Base, kw_only=True):
    """One attempt to sign one order. `wrong_tries` counts over all its codes: a new code resets nothing."""

    __tablename__ = "ceremonies"
    __table_args__ = (
        one_of("mode", "handover", "link"),
        one_of("state", "open", "signed", "declined", "expired", "locked", "closed"),
        Index(None, "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    order_id: Mapped[str] = mapped_column(refers("orders.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    mode: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    wrong_tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(default=None)
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    consents: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    voice_allowed: Mapped[bool] = mapped_column(default=False)


class OneTimeCode(Base, kw_only=True):
    """A code sent, bound to document and amount. `code_hash` is keyed, and set to None once used or expired.

    The database itself allows one live code per ceremony, whatever a double click does. `ip` and `rep_id` say on whose
    account the message is counted, `wrong_tries` how often it was mistyped; `automatic` marks one that a second
    provider sent because no report came on the one before. `cost` is what the provider said: "0.0798 EUR".
    """

    __tablename__ = "one_time_codes"
    __table_args__ = (
        one_of("state", "live", "used", "superseded", "expired"),
        one_of("channel", "sms", "voice"),
        UniqueConstraint("ceremony_id", "sequence"),
        Index(
            "uq_one_time_codes_live",
            "ceremony_id",
            unique=True,
            sqlite_where=text("state = 'live'"),
            postgresql_where=text("state = 'live'"),
        ),
        Index(None, "mobile_hash", "sent_at"),
        Index(None, "ip", "sent_at"),
        Index(None, "rep_id", "sent_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    ceremony_id: Mapped[str] = mapped_column(refers("ceremonies.id"))
    sequence: Mapped[int]
    code_hash: Mapped[str | None]
    document_sha256: Mapped[str]
    amount: Mapped[Decimal]
    mobile_hash: Mapped[str]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="live")
    provider: Mapped[str | None] = mapped_column(default=None)
    provider_id: Mapped[str | None] = mapped_column(default=None, index=True)
    delivery: Mapped[str | None] = mapped_column(default=None)
    segments: Mapped[int | None] = mapped_column(default=None)
    channel: Mapped[str] = mapped_column(default="sms")
    automatic: Mapped[bool] = mapped_column(default=False)
    ip: Mapped[str | None] = mapped_column(default=None)
    rep_id: Mapped[str | None] = mapped_column(default=None)
    wrong_tries: Mapped[int] = mapped_column(default=0)
    cost: Mapped[str | None] = mapped_column(default=None)


class ErasedCode(Base, kw_only=True):
    """What still counts, for a day, of a code whose order was erased: whom the message was counted against, by keys."""

    __tablename__ = "erased_codes"
    __table_args__ = (Index(None, "mobile_hash"), Index(None, "ip"), Index(None, "rep_id"))

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    mobile_hash: Mapped[str]
    sent_at: Mapped[datetime] = mapped_column(index=True)
    ip: Mapped[str | None]
    rep_id: Mapped[str | None]
    wrong_tries: Mapped[int]
