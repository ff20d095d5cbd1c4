"""What runs the processes asks whether they live and can serve; anybody may ask, so asking costs little."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline import health
from storage.errors import ArchiveUnavailable
from tests.journeys.pages import Client


class Probed:
    """The archive's own check, counted; refuses while `gone`."""

    def __init__(self, archive):
        self.check_really, self.count, self.gone = archive.check, 0, False

    def __call__(self):
        self.count += 1
        if self.gone:
            raise ArchiveUnavailable("the bucket does not answer")
        self.check_really()


@pytest.fixture
def probed(services, monkeypatch):
    made = Probed(services.archive)
    monkeypatch.setattr(services.archive, "check", made)
    return made


@pytest.fixture
def now(monkeypatch):
    """Seconds that a test moves by hand."""
    hand = [1000.0]
    monkeypatch.setattr(health, "monotonic", lambda: hand[0])
    return hand


@pytest.fixture
def client(services):
    return Client(services)


def test_it_lives_whatever_else_is_away(client, probed):
    """Liveness asks nothing of others: to start the process again would mend nothing."""
    probed.gone = True
    assert client.get("/healthz").json() == {"status": "ok"}
    assert probed.count == 0


def test_it_serves_while_database_and_archive_answer(client, probed, now):
    """An outage is told by its kind alone, and told to be over; each within seconds."""
    assert client.get("/readyz").json() == {"status": "ok", "database": "ok", "archive": "ok"}
    probed.gone = True
    now[0] += health.KEPT_SECONDS
    away = client.get("/readyz")
    assert away.status_code == 503
    assert away.json() == {"status": "unavailable", "database": "ok", "archive": "ArchiveUnavailable"}
    probed.gone = False
    now[0] += health.KEPT_SECONDS
    assert client.get("/readyz").status_code == 200


def test_many_questions_write_one_probe(client, probed, now):
    """However many ask at once, the archive is written to once in a while."""
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: client.get("/readyz").status_code, range(40)))
    assert answers == [200] * 40
    assert probed.count == 1
