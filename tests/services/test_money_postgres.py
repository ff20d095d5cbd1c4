"""On PostgreSQL, where writers really run side by side: collection, the bank's answers, erasure, rotation."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest

from pipeline.errors import WrongState
from pipeline.orders import lock_order
from pipeline.steps import amend as amend_step
from pipeline.steps import prepare as prepare_step
from pipeline.steps.amend import amend
from pipeline.steps.bank import take_answer
from pipeline.steps.collect import collect_all
from pipeline.steps.erase import erase
from pipeline.steps.keep_house import nightly
from pipeline.steps.mandate import mandate as register_mandate
from pipeline.steps.mandate_life import revoke
from pipeline.steps.read_back import check_archive, reports
from pipeline.steps.receive import count_receipts
from pipeline.steps.register import register
from pipeline.steps.release import release_due
from pipeline.steps.renounce import cancel, renounce
from pipeline.steps.rotate import rotate_vault
from pipeline.steps.seal import seal
from storage.models import BankAnswer, Collection, Debit, Instalment, Job, Mandate, Order, Receipt, Task
from storage.vault import Vault
from tests.factories import IBAN, make_account, make_proposal, sample
from tests.house import REP, choices, drain, make_services, open_and_read, order_from, sign
from tests.journeys.bank import camt054, present
from tests.services.holding import hold_signature
from tests.services.running import somebody_waits, until

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
    present(services, date(2027, 3, 31))
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


LAST = "f" * 32
"""An id that stands behind all others: whoever locks it first, and then another, locks in the wrong order."""


def with_last_id(monkeypatch, step):
    """The next order that this step makes is the last one to be locked."""
    monkeypatch.setattr(step, "new_id", lambda: LAST)


def meet(services, act, first):
    """What `act` gives beside somebody who has locked `first` and goes on to lock `LAST`, as a collection does."""
    with ThreadPoolExecutor(1) as pool:
        with services.works() as work:
            lock_order(work, first)
            acting = pool.submit(act)
            until("it waits for a lock", lambda: somebody_waits(services))
            lock_order(work, LAST)
        return acting.result(30)


def answered(services, first, monkeypatch):
    """The bank sends back the debit of a further order under the first one's mandate, which it denies."""
    umr = rows(services, Mandate)[0].umr
    with_last_id(monkeypatch, prepare_step)
    services.clock.move(hours=1)
    order_from(services, make_proposal(reference="P-2"), iban="", account_holder="", mandate_umr=umr)
    sign(services, LAST)
    drain(services)
    collect_all(services, date(2027, 3, 31), REP)
    (debit,) = [row for row in rows(services, Debit) if rows(services, Order, id=LAST)[0].number in row.end_to_end_id][
        :1
    ]
    answer = camt054((debit.end_to_end_id, "MD01", str(debit.amount)))
    assert meet(services, lambda: take_answer(services, answer, REP), first).applied == 1
    assert rows(services, Mandate)[0].state == "revoked"


def registered(services, first, monkeypatch):
    """A signed amendment enters the register and ends the mandate of the order that it takes over."""
    umr = rows(services, Mandate)[0].umr
    with_last_id(monkeypatch, amend_step)
    services.clock.move(hours=1)
    amend(services, umr, choices(iban=OTHER_IBAN), REP)
    sign(services, LAST)
    seal(services, LAST)
    meet(services, lambda: register_mandate(services, LAST), first)
    assert {row.state for row in rows(services, Mandate)} == {"active", "amended"}


def cancelled(services, _first, monkeypatch):
    """A renounced order is undone whose mandate has been amended since."""
    with_last_id(monkeypatch, prepare_step)
    services.clock.move(hours=1)
    account = make_account(epj="05123999")
    order_from(services, make_proposal(reference="P-3", account=account), employees=2, mobile="+33611223344")
    sign(services, LAST)
    drain(services)
    services.clock.move(hours=1)
    (mandate,) = rows(services, Mandate, order_id=LAST)
    amendment_id = amend(services, mandate.umr, choices(iban=OTHER_IBAN, mobile="+33611223344"), REP)
    sign(services, amendment_id)
    drain(services)
    renounce(services, LAST, "Hélène Garnier", "", REP)
    meet(services, lambda: cancel(services, LAST), amendment_id)
    assert {row.state for row in rows(services, Mandate, epj="05123999")} == {"amended", "revoked"}


def test_a_signature_in_flight_is_not_taken_back(server, monkeypatch):
    """The rep corrects the account in the moment in which the customer's code is accepted: what is signed stays so."""
    services, _ = server
    umr = rows(services, Mandate)[0].umr
    services.clock.move(hours=1)
    signing_id = amend(services, umr, choices(iban=OTHER_IBAN), REP)
    view = open_and_read(services, signing_id)
    with ThreadPoolExecutor(2) as pool:
        signing, go_on = hold_signature(monkeypatch, pool, services, view)
        correcting = pool.submit(amend, services, umr, choices(iban="FR7630004000031234567890143"), REP)
        until("the correction waits for the order", lambda: somebody_waits(services))
        go_on.set()
        signing.result()
        with pytest.raises(WrongState):
            correcting.result()
    drain(services)
    assert rows(services, Order, id=signing_id)[0].state == "sealed"
    assert {row.state for row in rows(services, Mandate)} == {"active", "amended"}


@pytest.mark.parametrize("scene", [answered, registered, cancelled])
def test_nobody_waits_in_a_ring(server, monkeypatch, scene):
    """Orders are locked by their ids, by everybody: whoever waits for one holds none behind it."""
    scene(*server, monkeypatch)


def test_held_orders_go_on_beside_who_locks_many(server, monkeypatch):
    """The end of a hold is written order by order."""
    services, _ = server
    with_last_id(monkeypatch, prepare_step)
    for epj, mobile in (("05123999", "+33611223344"), ("05123998", "+33611223355")):
        services.clock.move(hours=1)
        account = make_account(epj=epj)
        held = order_from(
            services, make_proposal(reference=epj, account=account), employees=2, mobile=mobile, early_start=False
        )
        monkeypatch.undo()
        sign(services, held)
        drain(services)
    services.clock.move(days=20)
    assert meet(services, lambda: release_due(services), held) == 2
