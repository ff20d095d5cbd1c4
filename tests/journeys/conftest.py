"""Installations in which something was signed already: made once, copied for each test."""

import shutil

import pytest

from tests.factories import sample
from tests.house import drain, make_services, order_from, sign


@pytest.fixture(scope="session")
def rose_made(installation, tmp_path_factory):
    """A folder with the rose's order sealed and everything after it done, the order's id, and the hour."""
    folder = tmp_path_factory.mktemp("rose") / "var"
    services = make_services(installation, folder)
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    sign(services, order_id)
    drain(services)
    services.works.engine.dispose()
    return folder, order_id, services.clock.now


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
