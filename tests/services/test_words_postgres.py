"""On PostgreSQL, which takes no NUL in a text: nothing that a stranger sends makes a failure of ours."""

import json

import pytest

from storage.models import Order
from tests.factories import sample
from tests.house import make_services, order_from
from tests.journeys.pages import Browser, customer_with_link
from tests.pipeline.api_client import Client


@pytest.fixture
def services(installation, tmp_path, postgresql_url):
    services = make_services(installation, tmp_path / "var", database_url=postgresql_url)
    yield services
    services.works.engine.dispose()


def test_a_nul_breaks_nothing(services):
    """In an address, a search, a name, a reason: answered as what it is, wrong or empty."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    rep = Client(services, "c.delmas")
    assert rep.get("/api/v1/orders?epj=%00").json() == {"items": [], "next": None}
    assert rep.get("/api/v1/orders/%00").status_code == 404
    body = json.dumps({"reason": "trop\x00 cher"})
    headers = {"content-type": "application/json"}
    assert rep.post(f"/api/v1/orders/{order_id}/withdraw", content=body, headers=headers).status_code == 422
    assert Browser(services).log_in("c\x00delmas").status == 401
    customer = customer_with_link(services, order_id)
    assert customer.open("/c/refuse").send("/c/refuse", reason="trop\x00 cher").status == 200
    with services.works(read_only=True) as work:
        assert work.get(Order, order_id).reason == "trop cher"
