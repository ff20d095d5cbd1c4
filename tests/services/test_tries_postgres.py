"""On PostgreSQL, through the pages: many tabs of one link at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.models import Ceremony, Event
from tests.factories import sample
from tests.house import kinds, make_services, order_from, order_of
from tests.journeys.pages import Browser, customer_with_link

TABS = 6
"""One more than there are tries; those who wait for the order's row are given up after some seconds."""


@pytest.fixture
def services(installation, tmp_path, postgresql_url, monkeypatch):
    monkeypatch.setattr("pipeline.web.ceremony.sleep", lambda _: None)
    services = make_services(installation, tmp_path / "var", database_url=postgresql_url)
    yield services
    services.works.engine.dispose()


@pytest.fixture
def waiting(services):
    """An order whose customer has asked for his code, and his browser on the page where it is typed."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    customer = customer_with_link(services, order_id)
    boxes = customer.tree.xpath("//form[@action='/c/code']//input[@name='consent']/@value")
    customer.send("/c/code", consent=boxes)
    assert customer.path == "/c/code"
    return order_id, customer


def tabs_of(services, customer):
    """Tabs of that browser: the same cookies, the same page."""
    tabs = [Browser(services, customer.client.address) for _ in range(TABS)]
    for tab in tabs:
        tab.client.cookies.update(customer.client.cookies)
        tab.answer = customer.answer
    return tabs


def at_once(tabs, codes):
    with ThreadPoolExecutor(TABS) as pool:
        return list(pool.map(lambda pair: pair[0].send("/c/signed", code=pair[1]), zip(tabs, codes, strict=True)))


def test_six_tabs_have_five_tries(services, waiting):
    """Six wrong codes at once: five are counted, the ceremony is locked, and the right code comes too late."""
    order_id, customer = waiting
    right = services.sms.code
    wrong = [f"{(int(right) + each) % 1_000_000:06d}" for each in range(1, TABS + 1)]
    at_once(tabs_of(services, customer), wrong)
    customer.send("/c/signed", code=right)
    assert customer.path != "/c/signed" or customer.status != 200
    assert order_of(services, order_id).state == "signing"
    with services.works(read_only=True) as work:
        (ceremony,) = work.find(Ceremony, order_id=order_id)
    assert (ceremony.state, ceremony.wrong_tries) == ("locked", 5)
    assert kinds(services, order_id).count("code.wrong") == 5


def test_six_tabs_sign_once(services, waiting):
    """The right code six times at once: one signature, one event, one seal; every tab sees that it is signed."""
    order_id, customer = waiting
    answers = at_once(tabs_of(services, customer), [services.sms.code] * TABS)
    assert {(tab.path, tab.status) for tab in answers} == {("/c/signed", 200)}
    with services.works(read_only=True) as work:
        events = [event.kind for event in work.find(Event, order_id=order_id)]
    assert (events.count("code.accepted"), events.count("order.signed"), events.count("code.wrong")) == (1, 1, 0)
