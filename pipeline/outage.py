"""What will pass by itself: the database or the archive does not answer just now, as opposed to a fault of ours."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from storage.errors import ArchiveUnavailable

RETRY_SECONDS: Final = 10
"""When to come back."""


def is_outage(error: BaseException) -> bool:
    """Whether asking again later may succeed, with nothing changed on our side.

    SQLite reports a statement that it cannot run (no such table) like a disk that is gone; its result code tells them
    apart (SQLITE_ERROR: sqlite.org/rescode.html).
    """
    if isinstance(error, ArchiveUnavailable | NoConnection | InterfaceError):
        return True
    if isinstance(error, OperationalError):
        return getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    return isinstance(error, DBAPIError) and error.connection_invalidated
