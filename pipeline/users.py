"""Who may come in: passwords and PINs (argon2id), sessions stored as hashes, customer mode."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from pipeline.bootstrap import Services
from storage.models import User, WebSession

MAX_FAILED_LOGINS = 10
LOCK_TIME = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody")
"""Compared when the user is unknown, so that the answer takes as long."""


@dataclass(frozen=True)
class SessionView:
    """A session as pages need it."""

    user_id: str
    name: str
    role: str
    agency: str
    csrf: str
    customer_mode_order_id: str | None


def hash_secret(password: str) -> str:
    """An argon2id hash with its parameters."""
    return _hasher.hash(password)


def token_hash(token: str) -> str:
    """How a 256-bit random token is stored: it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def _matches(stored: str | None, given: str) -> bool:
    try:
        return _hasher.verify(stored or _NOBODY, given) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def authenticate(services: Services, user_id: str, password: str) -> User | None:
    """The user, or None. Ten failures lock the account for a quarter of an hour; the answer stays the same."""
    now = services.clock()
    with services.works() as work:
        user = work.session.get(User, user_id)
        right = _matches(user.password_hash if user else None, password)
        if user is None:
            return None
        if user.locked_until and user.locked_until > now:
            return None
        if right:
            user.failed_logins, user.locked_until = 0, None
            return user
        user.failed_logins += 1
        if user.failed_logins >= MAX_FAILED_LOGINS:
            user.locked_until, user.failed_logins = now + LOCK_TIME, 0
        return None


def check_pin(services: Services, user_id: str, pin: str) -> bool:
    """Whether the PIN is this user's; counts failures as `authenticate` does."""
    now = services.clock()
    with services.works() as work:
        user = work.session.get(User, user_id)
        if user is None or (user.locked_until and user.locked_until > now):
            return False
        if _matches(user.pin_hash, pin):
            user.failed_logins = 0
            return True
        user.failed_logins += 1
        if user.failed_logins >= MAX_FAILED_LOGINS:
            user.locked_until, user.failed_logins = now + LOCK_TIME, 0
        return False


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
