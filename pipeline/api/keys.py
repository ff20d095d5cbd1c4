"""API keys: 256 random bits shown once; only their SHA-256 is kept. A key acts as its user."""

import re
import secrets
from dataclasses import dataclass
from typing import Final

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.users import token_hash
from storage.models import ApiKey, User

PREFIX: Final = "seing_"
"""Lets scanners of source code recognise a key that was committed by mistake."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True)
class Caller:
    """Who asks: a key, and the user as whom it acts."""

    key_id: str
    key_name: str
    user_id: str
    role: str
    agency: str


def create_key(services: Services, name: str, user_id: str) -> str:
    """Make a key that acts as this user; returns it, this once.

    Args:
        services: where it is kept.
        name: what events say (`api:<name>`): 1 to 40 letters, digits, dots, hyphens or underscores.
        user_id: the user whose rights and view it has.

    Raises:
        ValueError: the name cannot be kept.
        NotFound: there is no such user.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a key's name has 1 to 40 letters, digits, dots, hyphens or underscores")
    key = PREFIX + secrets.token_urlsafe(32)
    with services.works() as work:
        if work.session.get(User, user_id) is None:
            raise NotFound
        work.add(ApiKey(name=name, key_hash=token_hash(key), user_id=user_id, created_at=services.clock()))
    return key


def revoke_keys(services: Services, name: str) -> int:
    """Revoke every key of that name, at once and for good. Returns how many were alive."""
    with services.works() as work:
        rows = work.find(ApiKey, ApiKey.revoked_at.is_(None), name=name)
        for row in rows:
            row.revoked_at = services.clock()
        return len(rows)


def find_caller(services: Services, key: str) -> Caller | None:
    """Who calls with this key, or None where it is unknown, revoked or without its user."""
    with services.works(read_only=True) as work:
        row = work.first(ApiKey, ApiKey.revoked_at.is_(None), key_hash=token_hash(key))
        user = work.session.get(User, row.user_id) if row and row.user_id else None
        if row is None or user is None:
            return None
        return Caller(row.id, row.name, user.id, user.role, user.agency)
