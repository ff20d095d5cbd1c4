"""Where a request comes from: through a real server, behind a proxy that is trusted and behind one that is not."""

import threading
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from pipeline.app import build_app
from pipeline.cli.running import listening
from pipeline.steps import ceremony
from storage.models import Event
from tests.factories import make_proposal
from tests.house import REP, make_services, order_from
from tests.services.running import until

ME = "127.0.0.1"


@contextmanager
def served(services):
    """The address of these services behind the web server as `seing web` starts it."""
    server = uvicorn.Server(uvicorn.Config(build_app(services), **listening(services.settings) | {"port": 0}))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until("the server listens", lambda: server.started)
        yield f"http://{ME}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def came_from(installation, tmp_path):
    """The address that is written down for a request with such a header, where such proxies are trusted."""

    def ask(trusted, forwarded):
        services = make_services(installation, tmp_path / "var", trusted_proxies=trusted)
        order_id = order_from(services, make_proposal())
        token = ceremony.open_ceremony(services, order_id, "link", REP).token
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        with served(services) as address:
            assert httpx.get(f"{address}/s/{token}", headers=headers, timeout=60).status_code == 303
        with services.works(read_only=True) as work:
            return work.first(Event, order_id=order_id, kind="link.opened").ip

    return ask


@pytest.mark.parametrize(
    ("trusted", "forwarded", "ip"),
    [
        (ME, "203.0.113.5", "203.0.113.5"),
        (ME, "203.0.113.5:5678", "203.0.113.5"),
        (ME, "[2001:db8::5]:443", "2001:db8::5"),
        ("127.0.0.0/8", "198.51.100.66, 203.0.113.5", "203.0.113.5"),
        (f"{ME} 10.0.0.0/8", "198.51.100.66, 203.0.113.5, 10.1.2.3", "203.0.113.5"),
        (ME, "", ME),
    ],
)
def test_a_trusted_proxy_says_who_asks(came_from, trusted, forwarded, ip):
    """The last address that no proxy of ours has; what the customer put before it counts for nothing; ports go."""
    assert came_from(trusted, forwarded) == ip


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8"])
def test_nobody_else_says_who_asks(came_from, trusted):
    """The same header from elsewhere changes nothing."""
    assert came_from(trusted, "203.0.113.5") == ME
