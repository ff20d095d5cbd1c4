"""The engine: SQLite by default, PostgreSQL where several machines work. Both refuse the same things.

On SQLite every writing transaction begins with BEGIN IMMEDIATE: it waits its turn at its first statement, and never
finds out half-way that another writer was faster (SQLITE_BUSY on upgrade, which no time-out cures).
"""

from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

WAIT_SECONDS = 10
"""How long a transaction waits for another one's lock before it gives up."""

READ_ONLY = "seing_read_only"


def engine_from_url(url: str) -> Engine:
    """An engine for `sqlite:///file` or `postgresql://...` (psycopg 3); nothing connects yet.

    Raises:
        ValueError: another database, or SQLite in memory, which threads cannot share.
    """
    target = make_url(url.replace("postgres://", "postgresql://", 1))
    if target.get_backend_name() == "sqlite":
        return _sqlite(target)
    if target.get_backend_name() == "postgresql":
        return _postgresql(target)
    raise ValueError(f"SQLite or PostgreSQL is expected, not {target.get_backend_name()}")


def reader(engine: Engine) -> Engine:
    """The same engine and pool for work that only reads; the database itself refuses to write there."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READ_ONLY: True})
    return engine.execution_options(postgresql_readonly=True)


def _postgresql(target: URL) -> Engine:
    engine = create_engine(
        target.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # an error's text must not carry the values of a row
        connect_args={
            "connect_timeout": WAIT_SECONDS,
            "options": f"-c timezone=UTC -c lock_timeout={WAIT_SECONDS}s",
            "application_name": "seing",
        },
    )
    event.listen(engine, "handle_error", _hide_row)
    return engine


def _hide_row(context: ExceptionContext) -> None:
    """Cut the DETAIL off a server's error: it quotes the failing row ("Failing row contains (...)")."""
    error = context.original_exception
    if not isinstance(error, psycopg.Error) or not error.diag.message_detail:
        return
    error.args = (error.diag.message_primary,)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (f"({type(error).__name__}) {error.diag.message_primary}",)


def _sqlite(target: URL) -> Engine:
    if target.database in {None, "", ":memory:"} or "mode=memory" in str(target):
        raise ValueError("SQLite needs a file: threads cannot share a database in memory")
    engine = create_engine(
        target.set(drivername="sqlite+pysqlite"),
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # an error's text must not carry the values of a row
        connect_args={"timeout": WAIT_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    driver: Any = connection
    driver.isolation_level = None  # BEGIN is ours, not the driver's
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # a commit that was answered survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads = bool(connection.get_execution_options().get(READ_ONLY))
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
