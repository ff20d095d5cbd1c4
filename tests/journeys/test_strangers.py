"""What is another's does not exist: every address that names a thing, asked for by who has no business with it."""

import re

import pytest

from pipeline.steps.decide import reject
from pipeline.steps.release import release
from pipeline.web import ROUTERS
from storage.models import ArchiveEntry, Batch, Mandate, Order, Task
from tests.house import REP, drain
from tests.journeys.pages import Browser
from tests.pipeline.api_client import Client

OFFICE_ONLY = ("/office", "/api/v1/mandates", "/api/v1/collections", "/api/v1/bank-answers", "/api/v1/receipts")
CUSTOMERS = ("/s/", "/c/", "/retractation/")
NO_THING = {"/language/{code}", "/api/v1/problems/{code}", "/api/v1/webhooks/sms/{provider}"}
"""Addresses whose variable part names nothing of anybody's."""

BODIES = {
    "ceremonies": {"mode": "link"},
    "close": {"comment": "pour voir"},
    "fixes": {"code": "payment.instalments_differ", "where": "payment"},
    "reject": {"reason": "pour voir"},
    "withdraw": {"reason": "pour voir"},
}
"""What a program sends, by the last part of the address."""

PAGES = sorted({(method, route.path) for router in ROUTERS for route in router.routes for method in route.methods})


@pytest.fixture
def known(house):
    """Every name that occurs in an address, of one order that was released and came back with a task."""
    services, order_id = house
    release(services, order_id, REP)
    drain(services)
    with services.works(read_only=True) as work:
        batch = work.first(Batch)
    reject(services, batch.id, order_id, "adresse illisible", REP)
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
        entry = work.first(ArchiveEntry, order_id=order_id, kind="sealed_form")
        mandate, task = work.first(Mandate), work.first(Task)
    return services, {
        "order_id": order_id,
        "order": order.number,
        "proposal_id": order.proposal_id,
        "entry_id": entry.id,
        "kind": entry.kind,
        "umr": mandate.umr,
        "mandate_id": mandate.id,
        "batch_id": batch.id,
        "batch": batch.number,
        "task_id": task.id,
        "sub_order": "0",
        "line": "0",
        "name": "iban",
        "act": "duplicate",
    }


def filled(path, names):
    """The address with what it names; what this house has none of stays as it is."""
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], found[1]), path)


def addresses(found):
    """Those that name a thing of somebody's."""
    return [(method, path) for method, path in found if "{" in path and path not in NO_THING]


def seen_by(services, user, names):
    """What each page that names a thing answers to a user: status by method and path."""
    browser = Browser(services).log_in(user)
    (token, *_) = browser.tree.xpath("//input[@name='csrf']/@value")
    form = {"csrf": token, "order": names["order_id"], "reason": "pour voir", "comment": "pour voir"}
    found = {}
    for method, path in addresses(PAGES):
        if not path.startswith((*OFFICE_ONLY, *CUSTOMERS)):
            content = {} if method == "GET" else {"data": form}
            found[method, path] = browser.client.call(
                method, filled(path, names), follow_redirects=False, **content
            ).status_code
    return found


@pytest.mark.parametrize("user", ["k.benali", "agence.par"])
def test_no_page_shows_or_does_anything_of_anothers(known, user):
    """A rep of another agency, and that agency: nothing there, whatever is asked."""
    services, names = known
    found = seen_by(services, user, names)
    assert len(found) > 25
    assert set(found.values()) <= {403, 404}, found


def test_the_same_pages_are_there_for_whose_they_are(known):
    """The addresses are right: who may read them, does."""
    services, names = known
    shown = {
        ("GET", path)
        for user in ("c.delmas", "agence.lyo", "siege")
        for (method, path), status in seen_by(services, user, names).items()
        if method == "GET" and status in {200, 303}
    }
    missing = {each for each in addresses(PAGES) if each[0] == "GET"} - shown
    assert {path for _, path in missing if not path.startswith((*OFFICE_ONLY, *CUSTOMERS))} <= {
        "/orders/{order_id}/sheets/{sub_order}/{line}"  # the rose has no call tracking
    }


def api_addresses(services):
    paths = Client(services).get("/api/openapi.json").json()["paths"]
    return addresses((method.upper(), path) for path, methods in paths.items() for method in methods)


@pytest.mark.parametrize("user", ["k.benali", "agence.par"])
def test_no_key_reaches_anything_of_anothers(known, user):
    """The same for programs: a key sees what its user sees."""
    services, names = known
    caller = Client(services, user)
    found = {}
    for method, path in api_addresses(services):
        content = {} if method == "GET" else {"json": BODIES.get(path.rpartition("/")[2], {})}
        found[method, path] = caller.call(method, filled(path, names), **content).status_code
    assert len(found) > 15
    assert set(found.values()) <= {403, 404}, found
