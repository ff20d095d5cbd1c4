"""The database's shape, step by step: `migrate` brings an empty or older database to what the models expect.

python -m storage.migrations "Add a column"     writes the next step from the models (see `__main__.py`)
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from storage.database import engine_from_url, reader

LOCK = 0x5E196
"""PostgreSQL advisory lock: of several processes that start at once, one migrates and the others wait."""


def head() -> str:
    """The newest step that this program knows."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    assert newest is not None  # noqa: S101  # the first step is part of the program
    return newest


def current(url: str) -> str | None:
    """The step that the database is at; None where it is empty. Writes nothing."""
    engine = engine_from_url(url)
    try:
        with reader(engine).connect() as connection:
            return _current(connection)
    finally:
        engine.dispose()


def migrate(url: str) -> str:
    """Bring the database to `head()` in one transaction and return it: wholly, or not at all.

    A database that a newer program has migrated further is left as it is (alembic's `CommandError`).
    """
    engine = engine_from_url(url)
    try:
        migrate_engine(engine)
    finally:
        engine.dispose()
    return head()


def migrate_engine(engine: Engine) -> None:
    """`migrate`, on an engine that is there already."""
    with engine.begin() as connection:  # on SQLite BEGIN IMMEDIATE is the lock
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if _current(connection) != head():
            command.upgrade(configuration(connection), "head")


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings in code; its commands work on `connection` and leave the transaction to the caller."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
