"""The whole job on PostgreSQL, RabbitMQ and S3, its workers killed in the middle: every effect happens exactly once."""

import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from pipeline.events import trail
from signing.evidence import CLOSED
from signing.evidence.chain import verify_chain
from signing.verify import verify
from storage.models import ArchiveEntry, Batch, BatchItem, Instalment, Invoice, Job, Mandate, Order, Sequence, Track
from tests.factories import sample
from tests.services.running import breakpoint_at, until

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

ONCE = ("order.sealed", "copy.sent", "invoice.issued", "mandate.registered", "evidence.archived", "order.archived")


def at_end_of(actor: str) -> tuple[str, str]:
    """The effect is committed, the job does not know it yet."""
    return "jobs", f"NEW.actor = '{actor}' AND NEW.state = 'done'"


def at_event(kind: str) -> tuple[str, str]:
    return "events", f"NEW.kind = '{kind}'"


AFTER_SIGNING = {
    "sealed file stored, not recorded": ("archive_entries", "NEW.kind = 'sealed_form'"),
    "seal recorded, job open": at_end_of("seal"),
    "chain closed, not committed": at_event(CLOSED),
    "evidence stored, not recorded": ("archive_entries", "NEW.kind = 'evidence'"),
    "invoice number taken, not committed": ("invoices", "NEW.pdf_sha256 IS NULL"),
    "invoice stored, not recorded": ("invoices", "NEW.pdf_sha256 IS NOT NULL"),
    "mandate stored, not recorded": ("mandates", "TRUE"),
    "copy mailed, not recorded": at_event("copy.sent"),
    "copy recorded, job open": at_end_of("copy"),
    "archive read back, not recorded": at_event("order.archived"),
}
"""Where a worker is killed in the work that follows a signature: before and after each commit that counts."""

AFTER_RELEASE = {
    "slip stored, not recorded": ("archive_entries", "NEW.kind = 'slip'"),
    "batch dropped, not recorded": at_event("batch.dropped"),
    "batch recorded, job open": at_end_of("batch"),
}


def check_everything_happened_once(house, order_ids, released=()):
    """Seal, proof, copy, invoice, mandate, instalments, archive and batch of each order, and nothing besides."""
    services, now = house.services, datetime.now(UTC) + timedelta(seconds=5)
    with services.works(read_only=True) as work:
        orders = {order.id: order for order in work.find(Order)}
        assert set(order_ids) == set(orders)
        invoices = work.find(Invoice, order_by=Invoice.number)
        for order in orders.values():
            expected = ("released" if order.id in released else "sealed", True)
            assert expected == (order.state, bool(order.evidence_sha256))
            entries = work.find(ArchiveEntry, order_id=order.id, area="signed")
            kinds = Counter(entry.kind for entry in entries)
            due = {"sealed_form", "evidence", "evidence_json", "invoice", "mandate"}
            due |= {"batch"} if order.id in released else set()
            assert due <= set(kinds)
            assert {1} == set(kinds.values())
            stored = {}
            for entry in entries:
                stored[entry.kind] = services.archive.get(entry.sha256, "signed")
                assert services.archive.retention(entry.sha256, "signed") >= entry.retain_until
            events = trail(work, order.id)
            assert verify_chain(events) is None
            told = Counter(event.kind for event in events)
            wanted = (*ONCE, "batch.dropped") if order.id in released else ONCE
            assert dict.fromkeys(wanted, 1) == {kind: told[kind] for kind in wanted}
            report = verify(stored["sealed_form"], trust=services.keys.roots, evidence=stored["evidence"], now=now)
            assert report.passed, report.sentence
            assert 1 == len(work.find(Mandate, order_id=order.id))
            instalments = work.find(Instalment, order_id=order.id, order_by=Instalment.sequence)
            assert list(range(1, len(instalments) + 1)) == [row.sequence for row in instalments]
            assert order.total_incl_vat == sum(row.amount for row in instalments)
            assert 1 == len([row for row in invoices if row.order_id == order.id])
            tracks = {track.name: track.state for track in work.find(Track, order_id=order.id)}
            assert {"done"} == {tracks[name] for name in ("copy", "archive", "invoice", "mandate")}
        # Numbers without a gap, and the counter stands where the last number is.
        series = invoices[0].series
        assert [f"{series}-{rank:06d}" for rank in range(1, len(orders) + 1)] == [row.number for row in invoices]
        (counter,) = work.find(Sequence, Sequence.name.startswith("invoice:"))
        assert len(orders) == counter.value
        batches = work.find(Batch)
        assert sorted(released) == sorted(item.order_id for item in work.find(BatchItem))
        keys = [job.key for job in work.find(Job)]
        assert len(keys) == len(set(keys))
    var = house.settings.data_dir
    mails = sorted(path.name for path in (var / "mail").iterdir() if path.match("copy-*.eml"))
    assert sorted(f"copy-{order.number}.eml" for order in orders.values()) == mails
    dropped = sorted(path.name for path in (var / "drop").rglob("*.*") if not path.name.startswith("."))
    posted = [f"{row.number}.pdf" for row in invoices if row.delivery == "paper"]
    assert sorted([*posted, *(batch.file_name for batch in batches)]) == dropped
    until("every message acknowledged", lambda: set(house.messages().values()) == {0})


def test_a_worker_killed_at_every_step(house):
    """SIGKILL before and after each commit of each step; the next worker ends the work, and nothing happens twice."""
    signed = []
    with house.web():
        for what, (table, condition) in AFTER_SIGNING.items():
            with breakpoint_at(house.settings.database_url, table, condition) as reached:
                worker = house.worker()
                delivery = "paper" if what.startswith("invoice stored") else "electronic"
                signed.append(house.sign(invoice_delivery=delivery))
                reached()
                house.kill(worker)
            assert house.jobs(Job.state != "done"), what
        last = house.worker()
        signed.append(house.sign(sample("au-nom-de-la-rose")))
        house.settle()
        for order_id, (table, condition) in zip(reversed(signed), AFTER_RELEASE.values(), strict=False):
            with breakpoint_at(house.settings.database_url, table, condition) as reached:
                house.release(order_id)
                reached()
                house.kill(last)
                last = house.worker()
        house.settle()
        check_everything_happened_once(house, signed, released=signed[-len(AFTER_RELEASE) :])


def test_two_workers_killed_in_turn(house):
    """Two workers share the work and die at random moments, each in its turn; the other goes on."""
    chance = random.Random(3)
    with house.web():
        workers = [house.worker(command=True), house.worker(command=True)]
        signed = [house.sign(), house.sign()]
        for turn in range(3):
            goal = len(house.jobs(state="done")) + 1 + chance.randrange(4)
            until("some more jobs done", lambda goal=goal: len(house.jobs(state="done")) >= goal)
            time.sleep(chance.random() * 0.1)
            signed.append(house.sign())
            house.kill(workers[turn % 2])
            workers[turn % 2] = house.worker()
        house.settle()
        released = signed[:2]
        for order_id in released:
            house.release(order_id)
        house.settle()
        check_everything_happened_once(house, signed, released)


def test_the_broker_is_down_when_the_customer_signs(gated):
    """The signature does not wait for RabbitMQ; when it is back, relay and worker find it by themselves."""
    with gated.web():
        worker = gated.worker()
        first = gated.sign()
        gated.settle()
        gated.broker.shut()
        second = gated.sign()
        time.sleep(1.5)
        assert {"staged"} == {job.state for job in gated.jobs(order_id=second)}
        gated.broker.open()
        gated.settle()
        assert worker.poll() is None
        check_everything_happened_once(gated, [first, second])


def test_the_broker_loses_what_it_had(house, rabbitmq_url):
    """Queues gone with their messages: what was sent and never ended is sent again from the database."""
    with house.web():
        signed = [house.sign(), house.sign()]
        until("all sent", lambda: {"sent"} == {job.state for job in house.jobs()})
    house.forget_messages(rabbitmq_url)
    house.worker(lost_after=1)
    house.settle()
    check_everything_happened_once(house, signed)


def test_the_archive_is_away_for_a_moment(gated):
    """S3 does not answer: jobs wait, say why, cost no attempt, and go on when it is back."""
    with gated.web():
        order_id = gated.sign()
        gated.store.shut()
        gated.worker()
        (job,) = until("seal put off", lambda: gated.jobs(Job.error.is_not(None)))
        assert ("seal", "staged", 0) == (job.actor, job.state, job.attempts)
        gated.store.open()
        gated.settle()
        check_everything_happened_once(gated, [order_id])


def test_the_database_cuts_every_connection(house):
    """A database that restarts in the middle of the work: what could not be recorded is swept up."""
    with house.web():
        with breakpoint_at(house.settings.database_url, *at_event("copy.sent")) as reached:
            worker = house.worker(lost_after=2)
            order_id = house.sign()
            reached()
            with psycopg.connect(house.settings.database_url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name = 'seing'"
                )
        house.settle()
        assert worker.poll() is None
        check_everything_happened_once(house, [order_id])
