"""SQLite: the common contract, and the settings of its connections."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import engine_from_url
from storage.migrations import current, migrate, migrate_engine
from tests.once import made_once
from tests.storage.database_contract import *  # noqa: F403  # the contract's tests run here on SQLite


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'seing.db'}"


@pytest.fixture
def migrated(url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of a database that was migrated once for all tests."""
    made, _ = made_once(tmp_path_factory, "database", lambda folder: migrate(f"sqlite:///{folder / 'seing.db'}"))
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return url


def test_connections_are_set_up(url: str):
    """WAL, foreign keys, a commit that survives a power cut, ten seconds of patience."""
    engine = engine_from_url(url)
    with engine.connect() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    engine.dispose()

    assert {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 10_000} == settings


def test_asking_makes_no_file(url: str, tmp_path: Path):
    """A database that is not there yet is at no step, and is not there afterwards either."""
    assert current(url) is None
    assert [] == list(tmp_path.iterdir())


def test_foreign_keys_are_enforced_after_a_migration(url: str):
    """They rest while tables are copied, on that connection alone, and not for longer."""
    engine = engine_from_url(url)
    migrate_engine(engine)
    with engine.connect() as connection:
        assert 1 == connection.execute(text("PRAGMA foreign_keys")).scalar_one()
    engine.dispose()


@pytest.mark.parametrize(
    "wrong", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "mysql://x/y"]
)
def test_other_databases_are_refused(wrong: str):
    """Only a file or PostgreSQL: threads cannot share a database in memory."""
    with pytest.raises(ValueError, match=r"SQLite"):
        engine_from_url(wrong)


def test_a_password_is_not_shown():
    """Neither the engine's repr nor its address in a log gives the password away."""
    engine = engine_from_url("postgresql://seing:hunter2@db.example/seing")

    assert "hunter2" not in f"{engine!r} {engine.url}"
    assert "postgresql+psycopg" == engine.url.drivername
