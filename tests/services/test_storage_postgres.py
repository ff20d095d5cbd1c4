"""PostgreSQL: the common contract of the databases, and what only a server has."""

import pytest
from sqlalchemy import text

from storage import jobs
from storage.database import engine_from_url
from storage.models import Job
from storage.work import WorkFactory
from tests.storage.database_contract import *  # noqa: F403  # the contract's tests run here on PostgreSQL
from tests.storage.factories import NOW, make_job


@pytest.fixture
def url(postgresql_url: str) -> str:
    return postgresql_url


def test_a_relay_skips_what_another_holds(works: WorkFactory):
    """While one relay sends, the next takes the jobs after those instead of waiting."""
    with works() as work:
        for _ in range(4):
            work.add(make_job())
    with works() as one, works() as other:
        first = {job.id for job in jobs.due_jobs(one, NOW, limit=2)}
        second = {job.id for job in jobs.due_jobs(other, NOW, limit=10)}

    assert (2, 2) == (len(first), len(second))
    assert not first & second


def test_the_session_speaks_utc_and_does_not_wait_for_ever(url: str):
    """The server's own zone plays no part, and a lock is waited for ten seconds."""
    engine = engine_from_url(url)
    with engine.connect() as connection:
        assert "UTC" == connection.execute(text("SHOW timezone")).scalar_one()
        assert "10s" == connection.execute(text("SHOW lock_timeout")).scalar_one()
    engine.dispose()


def test_readers_and_writers_share_connections(works: WorkFactory):
    """A read-only work gives its connection back ready for writing."""
    for _ in range(12):
        with works(read_only=True) as work:
            assert [] == work.find(Job)
        with works() as work:
            work.session.execute(text("CREATE TEMPORARY TABLE IF NOT EXISTS scratch (x int)"))
