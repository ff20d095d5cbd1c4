"""Installations in which something was signed already: made once, copied for each test."""

import shutil
from datetime import datetime

import pytest

from tests.factories import sample
from tests.house import drain, make_services, open_and_read, order_from, sign
from tests.once import made_once


@pytest.fixture(scope="session")
def rose_made(installation, tmp_path_factory):
    """A folder with the rose's order sealed and everything after it done, the order's id, and the hour."""

    def make(folder):
        services = make_services(installation, folder)
        order_id = order_from(services, sample("au-nom-de-la-rose"))
        sign(services, order_id)
        drain(services)
        services.works.engine.dispose()
        return order_id, services.clock.now.isoformat()

    folder, (order_id, now) = made_once(tmp_path_factory, "rose", make)
    return folder, order_id, datetime.fromisoformat(now)


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The seconds for which refusals were held back, instead of the waiting."""
    waited = []
    monkeypatch.setattr("pipeline.web.ceremony.sleep", waited.append)
    return waited


@pytest.fixture
def house(rose_made, tmp_path):
    """Services on a copy of that folder, and the id of the order."""
    folder, order_id, now = rose_made
    services = make_services(folder, tmp_path / "var")
    services.clock.now = now
    yield services, order_id
    services.works.engine.dispose()


@pytest.fixture
def adopt(services, rose_made):
    """Put that order into the test's own installation, as if it had just been sealed there; call it first."""

    def take():
        folder, order_id, now = rose_made
        services.works.engine.dispose()
        shutil.copytree(folder, services.settings.data_dir, dirs_exist_ok=True)
        services.clock.now = now
        return order_id

    return take


@pytest.fixture
def order_id(services):
    return order_from(services, sample("au-nom-de-la-rose"))


@pytest.fixture
def view(services, order_id):
    return open_and_read(services, order_id)
