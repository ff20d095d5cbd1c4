"""Who is in: sessions stored as hashes, customer mode."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from pipeline.bootstrap import Services
from pipeline.passwords import check_pin
from storage.models import User, WebSession

SESSION_LIFE = timedelta(hours=12)


@dataclass(frozen=True)
class SessionView:
    """A session as pages need it."""

    user_id: str
    name: str
    role: str
    agency: str
    csrf: str
    customer_mode_order_id: str | None


def token_hash(token: str) -> str:
    """How a 256-bit random token is stored: it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(services: Services, user_id: str) -> str:
    """A new session's token (256 bits); only its hash is kept."""
    token = secrets.token_urlsafe(32)
    with services.works() as work:
        work.add(
            WebSession(
                token_hash=token_hash(token),
                user_id=user_id,
                csrf=secrets.token_urlsafe(24),
                expires_at=services.clock() + SESSION_LIFE,
                customer_mode_order_id=None,
            )
        )
    return token


def session(services: Services, token: str) -> SessionView | None:
    """The session behind a token while it lives."""
    with services.works(read_only=True) as work:
        row = work.session.get(WebSession, token_hash(token))
        if row is None or row.expires_at <= services.clock():
            return None
        user = work.session.get(User, row.user_id)
        if user is None:
            return None
        return SessionView(user.id, user.name, user.role, user.agency, row.csrf, row.customer_mode_order_id)


def close_session(services: Services, token: str) -> None:
    """End a session."""
    with services.works() as work:
        row = work.session.get(WebSession, token_hash(token))
        if row is not None:
            work.session.delete(row)


def enter_customer_mode(services: Services, token: str, order_id: str) -> None:
    """From now on the session shows this order alone."""
    with services.works() as work:
        work.lock(WebSession, token_hash(token)).customer_mode_order_id = order_id


def leave_customer_mode(services: Services, token: str, pin: str) -> bool:
    """End customer mode with the PIN of the session's user; False when it is wrong."""
    with services.works(read_only=True) as work:
        row = work.session.get(WebSession, token_hash(token))
    if row is None or not check_pin(services, row.user_id, pin):
        return False
    with services.works() as work:
        work.lock(WebSession, token_hash(token)).customer_mode_order_id = None
    return True
