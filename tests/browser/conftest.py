"""Chromium against a server in this process. Without Chromium the tests skip, and fail where CI=true."""

import os
import socket
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from pipeline.app import build_app
from pipeline.worker import Engine
from tests.house import make_services

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {
    "small-phone": {"width": 360, "height": 740},
    "phone": {"width": 390, "height": 844},
    "tablet": {"width": 820, "height": 1180},
    "desktop": {"width": 1440, "height": 900},
}
ARTEFACTS = Path(__file__).parents[2] / "test-artefacts" / "screens"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing: the browser suite must run in CI")
        pytest.skip(f"{CHROMIUM} is not installed: the pages are not looked at in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield browser
        browser.close()


class House:
    """An installation that listens on a port, with its worker unless told otherwise."""

    def __init__(self, services, port, *, worker=True):
        self.services = services
        self.url = services.settings.public_url
        app = build_app(services, Engine(services) if worker else None)
        server = uvicorn.Config(app, port=port, log_level="error", lifespan="on")
        self.server = uvicorn.Server(server)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join(timeout=10)


@pytest.fixture
def house(installation, tmp_path):
    yield from make_house(installation, tmp_path)


@pytest.fixture
def still_house(installation, tmp_path):
    """The same without a worker: every order stays in the state in which the test puts it."""
    yield from make_house(installation, tmp_path, worker=False)


def make_house(installation, tmp_path, **options):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    services = make_services(installation, tmp_path / "var", public_url=f"http://127.0.0.1:{port}")
    with House(services, port, **options) as running:
        yield running


def follow(locator):
    """Click what leads to another page, and be there: a click alone returns before the next page has come."""
    with locator.page.expect_navigation():
        locator.click()


class Screen:
    """One browser window; fails at the end where the console complained (policy, script errors)."""

    def __init__(self, chromium, house, size):
        self.size, self.house = size, house
        self.context = chromium.new_context(viewport=SIZES[size], locale="fr-FR", base_url=house.url)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message):
        # A refusal has its status (409, 410...), which Chromium reports as a resource that failed to load.
        if message.type == "error" and "Failed to load resource" not in message.text and "htmx:" not in message.text:
            self.complaints.append(message.text)

    def shot(self, name):
        """Keep a picture, and see that nothing is wider than the window."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.page.screenshot(path=str(ARTEFACTS / f"{name}-{self.size}.png"), full_page=True)
        assert wider <= 0, f"{name} is {wider} pixels wider than a {self.size}"

    def log_in(self, user="c.delmas"):
        self.page.goto("/login")
        self.page.fill("#user", user)
        self.page.fill("#password", "demonstration")
        follow(self.page.get_by_role("button", name="Se connecter"))


@pytest.fixture
def open_screen(chromium, house):
    opened = []

    def make(size):
        opened.append(Screen(chromium, house, size))
        return opened[-1]

    yield make
    for screen in opened:
        screen.context.close()
        assert screen.complaints == [], screen.size
