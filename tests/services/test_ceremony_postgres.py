"""On PostgreSQL, where a signature and the housekeeping really run side by side."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.steps import ceremony
from storage.models import Ceremony, Order
from tests.factories import sample
from tests.house import drain, jobs_of, kinds, make_services, open_and_read, order_from, order_of
from tests.services.holding import hold_signature
from tests.services.running import somebody_waits, until

LIFE = timedelta(seconds=60)


@pytest.fixture
def services(installation, tmp_path, postgresql_url):
    services = make_services(installation, tmp_path / "var", database_url=postgresql_url)
    yield services
    services.works.engine.dispose()


def test_a_signature_in_flight_outlives_its_last_second(services, monkeypatch):
    """Begun before the link ended and committed after the housekeeping came by: signed, sealed, nothing expired."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    view = open_and_read(services, order_id)
    ends = services.clock() + LIFE
    with services.works() as work:
        work.get(Order, order_id).expires_at = work.get(Ceremony, view.ceremony_id).expires_at = ends
    after = replace(services, clock=lambda: ends + timedelta(seconds=1))
    with ThreadPoolExecutor(2) as pool:
        signing, go_on = hold_signature(monkeypatch, pool, services, view)
        expiring = pool.submit(ceremony.expire, after)
        until("the housekeeping waits for the order", lambda: somebody_waits(services))
        go_on.set()
        signing.result()
        assert expiring.result() == 0
    drain(services)
    assert order_of(services, order_id).state == "sealed"
    assert ceremony.view(services, view.ceremony_id).state == "signed"
    assert jobs_of(services, order_id)["seal"].state == "done"
    assert "order.expired" not in kinds(services, order_id)
