"""On PostgreSQL, where many guess at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.init import DEMO_PASSWORD
from storage.models import LoginTry, User
from tests.house import make_services
from tests.journeys.pages import Browser

THREADS = 12


@pytest.fixture
def services(installation, tmp_path, postgresql_url):
    services = make_services(installation, tmp_path / "var", database_url=postgresql_url)
    yield services
    services.works.engine.dispose()


def at_once(act, count):
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(act, range(count)))


def failures(services):
    with services.works(read_only=True) as work:
        return work.get(User, "c.delmas").failed_logins


def test_tries_at_the_same_moment_are_all_counted(services):
    """Nine wrong passwords at once are nine, and the tenth locks the account for the right one."""

    def wrong(number):
        return Browser(services, f"203.0.113.{number}").log_in(password="wrong").status

    assert set(at_once(wrong, 9)) == {401}
    assert failures(services) == 9
    assert set(at_once(wrong, 12)) == {401}
    assert Browser(services).log_in(password=DEMO_PASSWORD).status == 401


def test_one_address_finds_no_place_too_many(services):
    """Of forty tries at once from one address twenty are compared."""
    answers = at_once(lambda number: Browser(services).log_in(f"nobody.{number}", "wrong").status, 40)
    assert (answers.count(401), answers.count(429)) == (20, 20)
    with services.works(read_only=True) as work:
        assert len(work.find(LoginTry)) == 20
