"""What an operator does with an installation: prepares it by one command, ends its processes at any moment."""

import signal
import socket
import urllib.request
from contextlib import closing
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import load_settings
from storage.archive import archive_from_url
from storage.models import Proposal, User
from tests.services.conftest import REGION, S3Server
from tests.services.running import until


@pytest.fixture
def empty(tmp_path, monkeypatch, postgresql_url, s3_server: S3Server):
    """Settings of an installation where nothing was prepared, not even the bucket: its archive's address."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.credentials[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.credentials[1])
    archive = f"s3://empty-{uuid4().hex[:12]}?endpoint={s3_server.endpoint}&region={REGION}"
    for name, value in {"DATA_DIR": tmp_path / "var", "DATABASE_URL": postgresql_url, "ARCHIVE_URL": archive}.items():
        monkeypatch.setenv(f"SEING_{name}", str(value))
    return archive


def test_init_leaves_nothing_to_be_made_by_hand(empty):
    """The bucket has Object Lock, somebody can log in, and there is something to order; again, nothing is made anew."""
    first = CliRunner().invoke(app, ["init"])
    assert 0 == first.exit_code, first.output
    assert "déjà là" not in first.output
    archive_from_url(empty).check()

    again = CliRunner().invoke(app, ["init"])
    assert 0 == again.exit_code, again.output
    made = [line for line in again.output.splitlines() if line.endswith("prêt")]
    assert ["  base de données : prêt"] == made, "the database is looked at each time"

    from pipeline.bootstrap import build_services

    services = build_services(load_settings())
    with services.works(read_only=True) as work:
        assert 3 == len(work.find(Proposal))
        assert work.first(User)
    services.works.engine.dispose()


@pytest.mark.parametrize("serving", [False, True])
def test_a_web_process_ends_when_it_is_told(house, serving):
    """SIGTERM while it starts, and once it answers: it leaves in order with exit code 0."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    house.given["SEING_PORT"] = str(port)
    web = house.start_web()

    until("it is about to listen", lambda: "Seing : " in house.log.read_text())
    if serving:
        until("it answers", lambda: _answers(f"http://127.0.0.1:{port}/healthz"))
    web.send_signal(signal.SIGTERM)

    until("it has left", lambda: web.poll() is not None)
    assert 0 == web.returncode, house.log.read_text()[-2000:]


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
