"""The database's shape, step by step: `migrate` brings an empty or older database to what the models expect.

python -m storage.migrations "Add a column"     writes the next step from the models (see `__main__.py`)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from storage.database import engine_from_url, reader
from storage.errors import SchemaUnknown, StorageError

LOCK = 0x5E196
"""PostgreSQL advisory lock: of several processes that start at once, one migrates and the others wait."""


def head() -> str:
    """The newest step that this program knows."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    assert newest is not None  # noqa: S101  # the first step is part of the program
    return newest


def current(url: str) -> str | None:
    """The step that the database is at; None where it is empty, or a file that is not there yet. Writes nothing."""
    engine = engine_from_url(url)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return None
    try:
        with reader(engine).connect() as connection:
            return _current(connection)
    finally:
        engine.dispose()


def migrate(url: str) -> str:
    """Bring the database to `head()` in one transaction, wholly or not at all, and return that.

    Raises:
        SchemaUnknown: a newer program has migrated it further; it is left as it is.
    """
    engine = engine_from_url(url)
    try:
        migrate_engine(engine)
    finally:
        engine.dispose()
    return head()


def migrate_engine(engine: Engine) -> None:
    """`migrate`, on an engine that is there already."""
    with engine.connect() as connection, _unchecked(connection), connection.begin():
        if connection.dialect.name == "postgresql":  # on SQLite BEGIN IMMEDIATE is the lock
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        known = [step.revision for step in ScriptDirectory.from_config(configuration()).walk_revisions()]
        found = _current(connection)
        if found is not None and found not in known:
            raise SchemaUnknown(found)
        if found != head():
            command.upgrade(configuration(connection), "head")
            if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
                raise StorageError("a migration left a row that points to nothing")


@contextmanager
def _unchecked(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying it, which only works while foreign keys are not enforced."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection  # past SQLAlchemy: the switch only works outside BEGIN
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings in code; its commands work on `connection` and leave the transaction to the caller."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
