"""The back office in Chromium, with everything that it may meet: each page fits every window it is used at."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from pipeline.steps.bank import take_answer
from pipeline.steps.collect import collect
from pipeline.steps.read_back import check_archive
from pipeline.steps.receive import count_receipts
from storage.models import BankAnswer, Mandate, Track
from tests.factories import sample
from tests.house import REP, order_from, sign
from tests.journeys.bank import camt054

FIRST, AMOUNT = "2026-LYO-000001-01", "605.68"


def wait_for(services, model, **where):
    """Until the worker of the installation has done it."""
    until = time.monotonic() + 30
    while True:
        with services.works(read_only=True) as work:
            if work.first(model, **where):
                return
        assert time.monotonic() < until, f"no {model.__name__}"
        time.sleep(0.05)


def months_later(services):
    """An order signed, its first debits collected, one refunded; what the bank sent that is not ours; a night."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    sign(services, order_id)
    wait_for(services, Track, name="archive", state="done")
    wait_for(services, Mandate)
    collect(services, date(2027, 3, 31), REP)
    services.clock.now = services.clock.now.replace(year=2027, month=1, day=18)
    count_receipts(services)
    take_answer(services, camt054((FIRST, "MD06", AMOUNT), ("2019-XXX-000009-01", "AM04", "10.00")), REP)
    check_archive(services, "2027-01-18")
    with services.works(read_only=True) as work:
        return work.first(Mandate), work.first(BankAnswer)


@pytest.mark.parametrize("size", ["small-phone", "tablet", "desktop"])
def test_every_page_fits(open_screen, house, size):
    """A mandate with debits, receipts and refunds, entries that nothing matched, a night of the archive."""
    with ThreadPoolExecutor(1) as aside:  # the browser's driver keeps this thread's event loop
        mandate, answer = aside.submit(months_later, house.services).result()
    screen = open_screen(size)
    screen.log_in("siege")
    screen.page.get_by_role("heading", name="Travaux à reprendre").wait_for()
    pages = {
        "office": "",
        "mandates": "/mandates",
        "mandate": f"/mandates/{mandate.id}",
        "collections": "/collections",
        "answers": "/answers",
        "answer": f"/answers/{answer.id}",
        "receipts": "/receipts",
        "archive": "/archive",
    }
    for name, path in pages.items():
        screen.page.goto(f"/office{path}")
        screen.page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true })")
        screen.shot(f"office-{name}" if path else name)

    screen.page.goto(f"/office/mandates/{mandate.id}")
    screen.page.get_by_text("Révoquer ce mandat").click()
    screen.page.fill("#revoke-reason", "Fin de contrat")
    screen.page.get_by_role("button", name="Révoquer", exact=True).click()
    screen.page.get_by_text("Révoqué le").wait_for()
    screen.shot("office-mandate-revoked")
