"""Who uses Seing: people, their browser sessions, and the keys of other programs."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, new_id, one_of, refers


class User(Base, kw_only=True):
    """A rep, an agency clerk or someone of the back office; `id` is the organisation's name for him ("c.delmas")."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", "rep", "agency", "office"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    agency: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    mobile_enc: Mapped[bytes | None] = mapped_column(default=None)
    mobile_hash: Mapped[str | None] = mapped_column(default=None, index=True)
    password_hash: Mapped[str | None] = mapped_column(default=None)
    pin_hash: Mapped[str | None] = mapped_column(default=None)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(default=None)


class LoginTry(Base, kw_only=True):
    """A login that failed or is being checked, counted per network for a day, whoever was named."""

    __tablename__ = "login_tries"
    __table_args__ = (Index(None, "network", "at"), Index(None, "at"))

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    network: Mapped[str]
    at: Mapped[datetime]


class WebSession(Base, kw_only=True):
    """A browser that is logged in; in customer mode it shows one order alone until the rep's PIN."""

    __tablename__ = "web_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(refers("users.id"), index=True)
    csrf: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    customer_mode_order_id: Mapped[str | None] = mapped_column(refers("orders.id"), default=None)


class ApiKey(Base, kw_only=True):
    """The key of another program; only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    name: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str | None] = mapped_column(refers("users.id"), default=None)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class IdempotencyKey(Base, kw_only=True):
    """The answer once given to a request, given again when the same key comes back; no `status` yet: still running."""

    __tablename__ = "idempotency_keys"

    api_key_id: Mapped[str] = mapped_column(refers("api_keys.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[str]
    status: Mapped[int | None] = mapped_column(default=None)
    body: Mapped[bytes | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(index=True)
