"""On PostgreSQL, where writers really run side by side: collection, the bank's answers, erasure, rotation."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest

from pipeline.steps.amend import amend
from pipeline.steps.bank import take_answer
from pipeline.steps.collect import collect_all
from pipeline.steps.erase import erase
from pipeline.steps.keep_house import nightly
from pipeline.steps.mandate_life import revoke
from pipeline.steps.read_back import check_archive, reports
from pipeline.steps.receive import count_receipts
from pipeline.steps.register import register
from pipeline.steps.rotate import rotate_vault
from storage.models import BankAnswer, Collection, Debit, Instalment, Job, Mandate, Order, Receipt, Task
from storage.vault import Vault
from tests.factories import IBAN, make_proposal, sample
from tests.house import REP, choices, drain, make_services, order_from, sign
from tests.journeys.bank import camt054

THREADS = 4
OTHER_IBAN = "FR1420041010050500013M02606"
FIRST = ("2026-LYO-000001-01", "AM04", "605.68")


@pytest.fixture
def server(installation, tmp_path, postgresql_url):
    services = make_services(installation, tmp_path / "var", database_url=postgresql_url)
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    sign(services, order_id)
    drain(services)
    yield services, order_id
    services.works.engine.dispose()


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


def at_once(act):
    barrier = Barrier(THREADS)

    def run(_):
        barrier.wait()
        return act()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_many_collect_and_take_the_same_answer_at_once(server):
    """Each instalment is presented once, each return applied once, whoever comes first; then everything else works."""
    services, _ = server
    order_from(services, make_proposal(reference="P-UNSIGNED"))
    at_once(lambda: collect_all(services, date(2027, 3, 31), REP))
    assert len(rows(services, Debit)) == 3
    assert len(rows(services, Collection)) == 1

    results = at_once(lambda: take_answer(services, camt054(FIRST), REP))
    assert sorted(result.repeated for result in results) == [False, True, True, True]
    assert len(rows(services, BankAnswer)) == len(rows(services, Task)) == 1
    assert rows(services, Instalment, sequence=1)[0].state == "returned"

    nightly(services)
    drain(services)
    check_archive(services, "2026-11-23")
    assert reports(services)[0].bad == []
    assert [row.open_count for row in register(services, IBAN)] == [8]
    assert erase(services, "05123874", REP).gone["orders"] == 1
    assert len(rows(services, Order)) == 1
    vault = Vault({"k2": os.urandom(32)}, "k2", services.vault._fingerprint_key)
    vault._ciphers |= services.vault._ciphers
    object.__setattr__(services, "vault", vault)
    assert rotate_vault(services).sealed > 0
    assert rotate_vault(services).sealed == 0


def test_many_count_while_the_bank_takes_back(server):
    """Each debit counts once and is taken back once at most, whoever comes first; what was told adds up."""
    services, _ = server
    collect_all(services, date(2027, 3, 31), REP)
    services.clock.now = services.clock.now.replace(year=2027, month=3, day=20)
    at_once(lambda: (count_receipts(services), take_answer(services, camt054(FIRST), REP)))
    at_once(lambda: drain(services))
    found = rows(services, Receipt)
    kinds = [row.kind for row in found]
    back = kinds.count("taken_back")
    assert kinds.count("received") == 2 + back
    assert back in (0, 1), "not counted at all where the return came first"
    assert sum(row.amount for row in found) == 2 * Decimal("605.68")
    assert {row.declaration for row in found} == {"done"}
    assert sorted(row.number for row in found) == list(range(1, len(found) + 1))
    assert len(list((services.settings.data_dir / "drop" / "PLATEFORME").glob("*.xml"))) == len(found)


def test_revoking_while_others_collect(server):
    """Either the debit was presented before the mandate ended, or it never is; nobody waits for ever."""
    services, _ = server
    umr = rows(services, Mandate)[0].umr
    at_once(lambda: (collect_all(services, date(2030, 1, 1), REP), revoke(services, umr, "Fin", REP)))
    assert rows(services, Mandate)[0].state == "revoked"
    assert len(rows(services, Debit)) in (0, 10)


def test_one_account_asked_for_by_many_at_once(server):
    """Taps and retries at once give one amendment; signed, it takes over while others collect, each debit once."""
    services, _ = server
    umr = rows(services, Mandate)[0].umr
    services.clock.move(hours=1)
    ids = set(at_once(lambda: amend(services, umr, choices(iban=OTHER_IBAN), REP)))
    assert len(ids) == 1
    (amendment_id,) = ids
    sign(services, amendment_id)
    at_once(lambda: (collect_all(services, date(2027, 3, 31), REP), drain(services)))
    drain(services)
    assert {row.state for row in rows(services, Mandate)} == {"active", "amended"}
    assert len(rows(services, Mandate, order_id=amendment_id)) == 1
    presented = [(row.instalment_id, row.attempt) for row in rows(services, Debit)]
    assert len(presented) == len(set(presented))
    assert not [job for job in rows(services, Job) if job.state == "failed"]
