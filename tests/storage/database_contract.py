"""What both databases must do; each runs these through a fixture named `url`, the address of an empty database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from threading import Barrier, Event, Thread
from traceback import format_exception
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from storage import jobs
from storage.database import engine_from_url
from storage.errors import NotFound, SchemaUnknown
from storage.migrations import configuration, current, head, migrate
from storage.models import Base, Batch, BatchItem, Ceremony, Job, OneTimeCode, Order, Proposal, Sequence, Slip, Track
from storage.models import Event as Fact
from storage.work import WorkFactory
from tests.storage.factories import NOW, make_job, make_order, make_proposal

THREADS = 4


@pytest.fixture
def migrated(url: str) -> str:
    """The address, once the database has its tables."""
    migrate(url)
    return url


@pytest.fixture
def works(migrated: str) -> Iterator[WorkFactory]:
    engine = engine_from_url(migrated)
    yield WorkFactory(engine)
    engine.dispose()


def test_migrations_lead_to_the_models(url: str):
    """From empty to head there is no difference left with the models, and a second time changes nothing."""
    assert current(url) is None
    assert head() == migrate(url) == migrate(url) == current(url)

    engine = engine_from_url(url)
    with engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()


def test_a_database_of_the_future_is_left_alone(url: str):
    """A step that a newer program has made is named, not undone."""
    migrate(url)
    engine = engine_from_url(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    assert "9999" == current(url)
    with pytest.raises(SchemaUnknown, match="9999"):
        migrate(url)
    assert "9999" == current(url)


def test_going_down_leaves_nothing(url: str):
    """The first step can be taken back, and taken again."""
    migrate(url)
    engine = engine_from_url(url)
    with engine.begin() as connection:
        command.downgrade(configuration(connection), "base")
        assert ["alembic_version"] == inspect(connection).get_table_names()
    engine.dispose()
    assert head() == migrate(url)


def test_a_proposal_has_one_order_alive(works: WorkFactory):
    """It can be ordered again once its order came to nothing, never twice at a time."""
    with works() as work:
        first = make_order(work)
    with pytest.raises(IntegrityError), works() as work:
        make_order(work, proposal_id=first.proposal_id)
    with works() as work:
        work.lock(Order, first.id).state = "declined"
    with works() as work:
        make_order(work, proposal_id=first.proposal_id)


def test_two_programs_may_migrate_at_once(url: str):
    """Of several processes that start together one migrates, the others wait, none fails."""
    with ThreadPoolExecutor(THREADS) as pool:
        assert {head()} == set(pool.map(migrate, [url] * THREADS))


def test_numbers_have_no_gap_and_no_duplicate(works: WorkFactory):
    """Threads that take numbers at once, some of them failing afterwards, leave 1, 2, 3... to those who commit."""
    start = Barrier(THREADS)

    def take(thread: int) -> list[int]:
        start.wait()
        taken = []
        for turn in range(6):
            try:
                with works() as work:
                    number = work.next_number("invoice:2026")
                    if turn % 3 == thread % 3:
                        raise LookupError  # noqa: TRY301  # the work fails after it took its number
            except LookupError:
                continue
            taken.append(number)
        return taken

    with ThreadPoolExecutor(THREADS) as pool:
        numbers = [number for taken in pool.map(take, range(THREADS)) for number in taken]

    assert list(range(1, len(numbers) + 1)) == sorted(numbers)
    assert THREADS * 4 == len(numbers)
    with works(read_only=True) as work:
        assert len(numbers) == work.get(Sequence, "invoice:2026").value


def test_a_name_is_held_by_one_work_at_a_time(works: WorkFactory):
    """Threads that count rows under a name before they add one never exceed the limit; names cross without harm."""
    start = Barrier(THREADS)

    def add_if_none(thread: int) -> bool:
        start.wait()
        with works() as work:
            work.hold(*(("mobile:1", "rep:2") if thread % 2 else ("rep:2", "mobile:1")))
            if work.find(Sequence):
                return False
            work.add(Sequence(name=f"thread {thread}", value=1))
            return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert 1 == sum(pool.map(add_if_none, range(THREADS)))


def test_each_name_counts_alone(works: WorkFactory):
    """Two names, two series; within one work each call gives the next."""
    with works() as work:
        assert [1, 2, 1, 3] == [work.next_number(name) for name in ("a", "a", "b", "a")]


def test_a_job_is_staged_once_per_key(works: WorkFactory):
    """Threads that stage the same key at once leave one row, and one of them knows that it was the one."""
    start = Barrier(THREADS)

    def stage(number: int) -> bool:
        start.wait()
        with works() as work:
            return work.stage("seal_order", key="seal:1", args=[number], due_at=NOW)

    with ThreadPoolExecutor(THREADS) as pool:
        assert [False] * (THREADS - 1) + [True] == sorted(pool.map(stage, range(THREADS)))

    with works() as work:
        assert work.stage("seal_order", key="seal:1") is False
        (job,) = work.find(Job)
        assert ("staged", "seal_order", NOW, 0) == (job.state, job.actor, job.due_at, job.attempts)


def test_a_failed_work_leaves_nothing(works: WorkFactory):
    """Rows, jobs and numbers go back with the exception, which goes on; listeners hear nothing."""
    heard: list[str] = []
    works.on_staged(lambda: heard.append("staged"))
    with pytest.raises(LookupError), works() as work:  # noqa: PT012  # the whole work is given up
        work.after_commit(lambda: heard.append("committed"))
        order = make_order(work)
        work.stage("seal_order", key="seal:1", order_id=order.id)
        work.next_number("n")
        work.session.flush()
        raise LookupError

    with works() as work:
        assert ([], [], []) == (work.find(Order), work.find(Job), work.find(Sequence))
    assert [] == heard


def test_listeners_hear_after_the_commit(works: WorkFactory, caplog: pytest.LogCaptureFixture):
    """A staged job wakes the relay once it is visible; a listener that fails is logged, and the work stands."""
    seen: list[int] = []

    def relay() -> None:
        with works(read_only=True) as work:
            seen.append(len(work.find(Job)))

    works.on_staged(relay)
    with works() as work:
        work.after_commit(lambda: 1 / 0)
        work.stage("seal_order", key="seal:1")
        assert [] == seen
    assert [1] == seen
    assert "after_commit.failed" in caplog.text

    with works() as work:
        work.stage("seal_order", key="seal:1")
    assert [1] == seen


def test_reading_writes_nothing(works: WorkFactory):
    """The database itself refuses a write in a read-only work, and the next writing work is not harmed."""
    with works(read_only=True) as work:
        work.add(make_proposal())
        with pytest.raises(DBAPIError):
            work.session.flush()
    with pytest.raises(RuntimeError), works(read_only=True) as work:
        work.lock(Proposal, "x")
    with works(read_only=True) as work:
        work.add(make_proposal())

    for _ in range(3):
        with works() as work:
            work.add(make_proposal())
    with works(read_only=True) as work:
        assert 3 == len(work.find(Proposal))


def test_a_locked_row_is_read_afresh(works: WorkFactory):
    """Two threads that add to one row under its lock lose nothing, even where they had read it before."""
    with works() as work:
        order_id = make_order(work).id
        ceremony = work.add(
            Ceremony(
                order_id=order_id, token_hash="t", mode="link", opened_by="c.delmas", opened_at=NOW, expires_at=NOW
            )
        )

    def try_wrongly(_: int) -> None:
        with works() as work:
            work.get(Ceremony, ceremony.id)
            work.lock(Ceremony, ceremony.id).wrong_tries += 1

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(try_wrongly, range(8)))

    with works(read_only=True) as work:
        assert 8 == work.get(Ceremony, ceremony.id).wrong_tries


def test_readers_do_not_wait_for_writers(works: WorkFactory):
    """While a work writes, others read what was there before."""
    with works() as work:
        proposal_id = work.add(make_proposal(name="before")).id
    with works() as writer:
        writer.lock(Proposal, proposal_id).name = "after"
        writer.session.flush()
        with works(read_only=True) as work:
            assert "before" == work.get(Proposal, proposal_id).name
    with works(read_only=True) as work:
        assert "after" == work.get(Proposal, proposal_id).name


def test_what_is_missing_is_named(works: WorkFactory):
    """`NotFound` says which model and which key."""
    with works() as work:
        for look in (work.get, work.lock):
            with pytest.raises(NotFound, match="Order") as refusal:
                look(Order, "nothing")
            assert ("Order", "nothing") == (refusal.value.model, refusal.value.key)
        with pytest.raises(NotFound, match="Track"):
            work.get(Track, ("nothing", "copy"))


def test_rows_are_found(works: WorkFactory):
    """By equality, by expression, in order, limited."""
    with works() as work:
        for name, version in (("b", 2), ("a", 1), ("c", 3)):
            work.add(make_proposal(name=name, version=version))
        assert ["a", "b"] == [row.name for row in work.find(Proposal, Proposal.version < 3, order_by=Proposal.name)]
        latest = work.first(Proposal, order_by=[Proposal.version.desc()], agency="LYO")
        assert latest is not None
        assert "c" == latest.name
        assert work.first(Proposal, name="d") is None


def test_values_come_back_as_they_were(works: WorkFactory):
    """Instants to the microsecond in UTC, amounts exactly, days, bytes, JSON and lists."""
    paris = datetime(2026, 7, 1, 12, 0, 0, 7, ZoneInfo("Europe/Paris"))
    amounts = [Decimal(amount) for amount in ("0.10", "-0.01", "999999999999.99", "1E+3", "-0.00", "70.1")]
    with works() as work:
        order = make_order(work, hold_until=date(2026, 12, 8), signed_at=paris, canonical_enc=bytes(range(256)))
        ids = [work.add(make_proposal(total_incl_vat=amount)).id for amount in amounts]
        work.add(Slip(order_id=order.id, number="S1", papers=[{"kind": "Odi A", "é": None}], created_at=NOW))
    with works(read_only=True) as work:
        again = work.get(Order, order.id)
        totals = [work.get(Proposal, key).total_incl_vat for key in ids]
        (slip,) = work.find(Slip)

    assert paris == again.signed_at
    assert UTC == again.signed_at.tzinfo
    assert (date(2026, 12, 8), bytes(range(256)), None) == (again.hold_until, again.canonical_enc, again.sealed_at)
    assert ["0.10", "-0.01", "999999999999.99", "1000.00", "0.00", "70.10"] == [str(total) for total in totals]
    assert [{"kind": "Odi A", "é": None}] == slip.papers


def test_instants_are_ordered(works: WorkFactory):
    """A moment compares with a moment in the database, whatever the zones they came in."""
    with works() as work:
        for hours in (1, 2, 3):
            work.add(make_job(staged_at=NOW + timedelta(hours=hours)))
        limit = (NOW + timedelta(hours=2)).astimezone(timezone(timedelta(hours=-9)))
        assert 2 == len(work.find(Job, Job.staged_at <= limit))


@pytest.mark.parametrize(
    "facts",
    [
        {"created_at": datetime(2026, 1, 1)},  # noqa: DTZ001  # naive on purpose
        {"total_incl_vat": 1.5},
        {"total_incl_vat": Decimal("0.001")},
        {"total_incl_vat": Decimal(10) ** 12},
        {"total_incl_vat": Decimal("NaN")},
    ],
)
def test_inexact_values_are_refused(works: WorkFactory, facts: dict):
    """A naive moment, a float, a third decimal: refused on the way in, on both databases."""
    with pytest.raises(StatementError), works() as work:
        work.add(make_proposal(**facts))


def test_amounts_are_not_sorted_as_text(works: WorkFactory):
    """SQL finds an amount by equality; what text would answer wrongly is refused before it is asked."""
    with works() as work:
        for amount in ("99.00", "100.00"):
            work.add(make_proposal(total_incl_vat=Decimal(amount)))
        assert 1 == len(work.find(Proposal, Proposal.total_incl_vat == Decimal("99.0")))
        assert 2 == len(work.find(Proposal, Proposal.total_incl_vat.in_([Decimal(99), Decimal(100)])))
        for wrong in (
            lambda: Proposal.total_incl_vat > Decimal(1),
            lambda: Proposal.total_incl_vat + 1,
            Proposal.total_incl_vat.desc,
        ):
            with pytest.raises(TypeError, match="Python"):
                wrong()


@pytest.mark.parametrize("state", ["", "Draft", "unknown"])
def test_states_are_checked(works: WorkFactory, state: str):
    """A state that the model does not know never gets into the database, and the error shows no value."""
    with pytest.raises(IntegrityError) as refusal, works() as work:
        work.add(make_proposal(state=state, name="secret name"))
    assert "secret name" not in "".join(format_exception(refusal.value))


def test_references_are_checked_at_commit(works: WorkFactory):
    """Rows come in any order, but none points to nothing."""
    with works() as work:
        item = work.add(BatchItem(batch_id="b", order_id="later"))
        work.session.flush()
        work.add(Batch(id="b", number="L1", agency="LYO", created_at=NOW))
        make_order(work, id="later")
    with works(read_only=True) as work:
        assert "delivered" == work.get(BatchItem, ("b", "later")).state

    with pytest.raises(IntegrityError) as refusal, works() as work:
        work.add(BatchItem(batch_id=item.batch_id, order_id="never"))
    assert "never" not in str(refusal.value)


def test_one_code_is_live(works: WorkFactory):
    """A ceremony has one live code: the next is accepted with the end of the one before, not beside it."""

    def code(sequence: int) -> OneTimeCode:
        return OneTimeCode(
            ceremony_id="c",
            sequence=sequence,
            code_hash="h",
            document_sha256="0" * 64,
            amount=Decimal("1.00"),
            mobile_hash="m",
            sent_at=NOW,
            expires_at=NOW,
        )

    with works() as work:
        order_id = make_order(work).id
        work.add(
            Ceremony(
                id="c", order_id=order_id, token_hash="t", mode="link", opened_by="r", opened_at=NOW, expires_at=NOW
            )
        )
        work.add(code(1))
    with works() as work:
        (first,) = work.find(OneTimeCode)
        first.state, first.code_hash = "superseded", None
        work.add(code(2))
    with pytest.raises(IntegrityError), works() as work:
        work.add(code(3))


def test_events_stay(works: WorkFactory):
    """What happened is not changed afterwards, not even by a statement past the models."""
    with works() as work:
        order_id = make_order(work).id
        work.add(Fact(order_id=order_id, sequence=1, at=NOW, kind="signed", actor="client", previous_hash="", hash="h"))
    with pytest.raises(DBAPIError, match="never changed"), works() as work:
        work.session.execute(update(Fact).values(kind="declined"))
    with pytest.raises(IntegrityError), works() as work:
        work.add(Fact(order_id=order_id, sequence=1, at=NOW, kind="x", actor="x", previous_hash="", hash="x"))


def test_a_job_travels_and_ends_once(works: WorkFactory):
    """Staged, sent, claimed, done; a message that comes again finds nothing to do."""
    with works() as work:
        work.stage("a", key="now")
        work.stage("a", key="later", send_after=NOW + timedelta(days=400))
    with works() as work:
        (job,) = jobs.due_jobs(work, NOW + timedelta(days=300))
        jobs.mark_sent(job, NOW)
    with works() as work:
        assert [] == jobs.due_jobs(work, NOW + timedelta(days=300))
        claimed = jobs.claim(work, job.id)
        assert claimed is not None
        assert (1, "sent") == (claimed.attempts, claimed.state)
        assert jobs.finish(work, job.id, NOW) is True
    with works() as work:
        assert jobs.claim(work, job.id) is None
        assert jobs.finish(work, job.id, NOW) is False
        jobs.fail(work, job.id, "late", NOW)
        ended = work.get(Job, job.id)
        assert ("done", NOW, None) == (ended.state, ended.done_at, ended.error)


def test_of_two_workers_one_finishes(works: WorkFactory):
    """The same message in two hands at once: one effect is committed, the other worker learns it and drops his."""
    with works() as work:
        job = work.add(make_job(state="sent"))
    start = Barrier(THREADS)

    def run(_: int) -> bool:
        with works() as work:
            jobs.claim(work, job.id)
        start.wait()
        with works() as work:
            first = jobs.finish(work, job.id, NOW)
            if first:
                work.add(make_proposal())
            return first

    with ThreadPoolExecutor(THREADS) as pool:
        assert 1 == sum(pool.map(run, range(THREADS)))
    with works(read_only=True) as work:
        assert 1 == len(work.find(Proposal))


def test_failures_come_back_or_wait_for_a_person(works: WorkFactory):
    """A retry is staged for its time; the last failure waits in the list until someone starts it again."""
    with works() as work:
        job = work.add(make_job(state="sent", sent_at=NOW))
    with works() as work:
        jobs.fail(work, job.id, "tsa.unreachable", NOW, NOW + timedelta(minutes=1))
    with works() as work:
        assert [] == jobs.due_jobs(work, NOW)
        (again,) = jobs.due_jobs(work, NOW + timedelta(minutes=1))
        assert "tsa.unreachable" == again.error
        jobs.mark_sent(again, NOW)
        jobs.fail(work, job.id, "x" * 1000, NOW)
        assert jobs.claim(work, job.id) is None
        assert [job.id] == [row.id for row in jobs.failed(work)]
        assert 500 == len(jobs.failed(work)[0].error or "")
        assert jobs.retry(work, job.id) is True
        assert jobs.retry(work, job.id) is False
        assert [job.id] == [row.id for row in jobs.due_jobs(work, NOW)]


def test_lost_and_late_jobs_are_found(works: WorkFactory):
    """What was sent long ago is sent again however old; what is past its time is shown until it is done."""
    long_ago = NOW - timedelta(days=900)
    with works() as work:
        lost = work.add(make_job(state="sent", sent_at=long_ago, due_at=NOW - timedelta(days=2)))
        work.add(make_job(state="sent", sent_at=NOW))
        work.add(make_job(state="done", sent_at=long_ago, due_at=long_ago))
        failed = work.add(make_job(state="failed", due_at=NOW - timedelta(days=1)))
        work.add(make_job(due_at=NOW + timedelta(days=1)))
    with works() as work:
        assert [lost.id, failed.id] == [job.id for job in jobs.overdue(work, NOW)]
        assert 1 == jobs.resend_lost(work, NOW - timedelta(minutes=10))
        assert 0 == jobs.resend_lost(work, NOW - timedelta(minutes=10))
        assert "staged" == work.lock(Job, lost.id).state


def test_two_relays_send_each_job_once(works: WorkFactory):
    """Relays that look at the same moment never hold the same job."""
    with works() as work:
        for _ in range(20):
            work.add(make_job())
    start = Barrier(2)

    def relay(_: int) -> list[str]:
        sent: list[str] = []
        start.wait()
        for _turn in range(8):
            with works() as work:
                for job in jobs.due_jobs(work, NOW, limit=3):
                    sent.append(job.id)
                    jobs.mark_sent(job, NOW)
        return sent

    with ThreadPoolExecutor(2) as pool:
        sent = [job_id for ids in pool.map(relay, range(2)) for job_id in ids]

    assert 20 == len(sent) == len(set(sent))


def test_writers_wait_for_one_another(works: WorkFactory):
    """A work that wants a row held by another one gets it afterwards, with what the other has written."""
    with works() as work:
        proposal_id = work.add(make_proposal()).id
    held, done = Event(), []

    def second() -> None:
        held.wait()
        with works() as work:
            work.lock(Proposal, proposal_id).version += 1
            done.append("second")

    thread = Thread(target=second)
    thread.start()
    with works() as work:
        work.lock(Proposal, proposal_id).version += 1
        held.set()
        thread.join(0.2)
        done.append("first")
    thread.join()

    assert ["first", "second"] == done
    with works(read_only=True) as work:
        assert 3 == work.get(Proposal, proposal_id).version
