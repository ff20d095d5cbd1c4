"""Passwords and PINs (argon2id): checked outside any transaction, every try counted on a locked row.

A hash costs a tenth of a second by design: nobody else's work waits for it, that of an unknown user included. What
counts is decided afterwards, on the row as it is then, so that tries at the same moment are counted one by one.
"""

from datetime import datetime, timedelta
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete

from pipeline.addresses import take_place
from pipeline.bootstrap import Services
from pipeline.errors import LoginTooOften
from signing.code import DAY
from storage.models import LoginTry, User
from storage.work import Work

MAX_FAILED_LOGINS = 10
LOCK_TIME = timedelta(minutes=15)

Secret = Literal["password_hash", "pin_hash"]

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody")
"""Compared when the user is unknown, so that the answer takes as long."""


def hash_secret(password: str) -> str:
    """An argon2id hash with its parameters."""
    return _hasher.hash(password)


def authenticate(services: Services, user_id: str, password: str, ip: str | None) -> User | None:
    """The user, or None. Ten failures lock the account for a quarter of an hour; the answer stays the same.

    Raises:
        LoginTooOften: too many tries failed from this address, whoever was named; says how many seconds to wait.
    """
    try_id = _begin(services, ip)
    right, stored = _compare(services, user_id, "password_hash", password)
    now = services.clock()
    with services.works() as work:
        user = _decide(work, user_id, "password_hash", stored if right else None, now)
        attempt = work.session.get(LoginTry, try_id)
        if attempt is not None and user is not None:
            work.session.delete(attempt)
        elif attempt is not None:
            attempt.at = now  # an unknown user costs a write as well
    return user


def check_pin(services: Services, user_id: str, pin: str) -> bool:
    """Whether the PIN is this user's; counts failures as `authenticate` does, on the account."""
    right, stored = _compare(services, user_id, "pin_hash", pin)
    with services.works() as work:
        return _decide(work, user_id, "pin_hash", stored if right else None, services.clock()) is not None


def forget_login_tries(services: Services) -> None:
    """Delete the addresses of more than a day ago."""
    with services.works() as work:
        work.session.execute(delete(LoginTry).where(LoginTry.at < services.clock() - DAY))


def _begin(services: Services, ip: str | None) -> str:
    """Take a place among the failures of this address; a right password gives it back."""
    with services.works() as work:
        return take_place(work, LoginTry, "login", ip, services.clock(), LoginTooOften).id


def _compare(services: Services, user_id: str, secret: Secret, given: str) -> tuple[bool, str | None]:
    """Whether this is the secret, and the hash it was compared with; no transaction is open meanwhile."""
    with services.works(read_only=True) as work:
        user = work.session.get(User, user_id)
    stored: str | None = getattr(user, secret) if user else None
    try:
        return _hasher.verify(stored or _NOBODY, given) and stored is not None, stored
    except (VerifyMismatchError, InvalidHashError):
        return False, stored


def _decide(work: Work, user_id: str, secret: Secret, matched: str | None, now: datetime) -> User | None:
    """The user, where the hash that matched is still his and the account is not locked; a failure is counted."""
    if work.session.get(User, user_id) is None:
        return None
    user = work.lock(User, user_id)
    if user.locked_until and user.locked_until > now:
        return None
    if matched is not None and matched == getattr(user, secret):
        user.failed_logins, user.locked_until = 0, None
        return user
    user.failed_logins += 1
    if user.failed_logins >= MAX_FAILED_LOGINS:
        user.locked_until, user.failed_logins = now + LOCK_TIME, 0
    return None
