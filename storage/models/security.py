"""What protects the rest: certificates taken back, the lists that say so, and how often strangers ask for a verdict."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers


class RevokedCertificate(Base, kw_only=True):
    """A certificate that an authority of ours took back; never forgotten, so that every later list names it.

    `issuer` is the SHA-256 of the authority's certificate, `serial` in hexadecimal without leading zeros, `reason` in
    the words of RFC 5280, 5.3.1; `order_id` where it signed an order.
    """

    __tablename__ = "revoked_certificates"
    __table_args__ = (
        UniqueConstraint("issuer", "serial"),
        one_of(
            "reason",
            *("unspecified", "keyCompromise", "affiliationChanged", "superseded"),
            *("cessationOfOperation", "privilegeWithdrawn"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    issuer: Mapped[str]
    serial: Mapped[str]
    reason: Mapped[str]
    revoked_at: Mapped[datetime]
    actor: Mapped[str]
    order_id: Mapped[str | None] = mapped_column(refers("orders.id"), default=None)


class RevocationList(Base, kw_only=True):
    """The newest list of an authority of ours, the same for every process; `entries` says how many it names."""

    __tablename__ = "revocation_lists"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]
    entries: Mapped[int]
    crl: Mapped[bytes]


class Verification(Base, kw_only=True):
    """A verdict that a stranger asked for, counted per network for a day; nothing of his file is kept."""

    __tablename__ = "verifications"
    __table_args__ = (Index(None, "network", "at"), Index(None, "at"))

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    network: Mapped[str]
    at: Mapped[datetime]
