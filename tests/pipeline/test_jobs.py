"""Running jobs: what fails, waits, dies or comes twice, as the row and the order's trail tell it."""

import logging
import sys
import threading

import pytest
from dramatiq.errors import BrokerConnectionError
from typer.testing import CliRunner

from pipeline import jobs
from pipeline.actors.table import STEPS, Kind
from pipeline.bootstrap import build_services
from pipeline.cli import app
from pipeline.errors import NotFound
from pipeline.outbox import Relay
from pipeline.retry import MAX_ATTEMPTS, Later
from pipeline.steps.prepare import prepare
from pipeline.steps.propose import import_proposal
from pipeline.worker import Engine
from storage.models import Job, Track
from tests.factories import make_proposal
from tests.house import REP, choices
from tests.services.running import until


@pytest.fixture
def step(monkeypatch):
    """The step of the actor `copy`, as the test wants it: `step.does = function`."""

    class Step:
        does = staticmethod(lambda: None)

    monkeypatch.setitem(STEPS, "copy", Kind(lambda _services: Step.does(), "delivery", "copy"))
    return Step


@pytest.fixture
def order_id(services):
    made = prepare(services, import_proposal(services, make_proposal().to_json(), REP), choices(), REP)
    with services.works() as work:
        work.add(Track(order_id=made, name="copy", state="waiting", updated_at=services.clock()))
    return made


def stage(services, order_id=None, actor="copy") -> str:
    with services.works() as work:
        work.stage(actor, key="the one", order_id=order_id, args={})
        return work.first(Job, key="the one").id


def job_of(services) -> Job:
    with services.works(read_only=True) as work:
        return work.first(Job, key="the one")


def raising(error):
    def act():
        raise error

    return act


def test_waiting_costs_no_attempt(services, step):
    """A server that is away for a day leaves the job with all its attempts, tried at least every five minutes."""
    job_id, waits = stage(services), []
    step.does = raising(Later("server away"))
    for _ in range(20):
        jobs.run(services, job_id)
        job = job_of(services)
        waits.append((job.send_after - services.clock.now).total_seconds())
        services.clock.now = job.send_after
    assert ("staged", 0, "server away") == (job.state, job.attempts, job.error)
    assert waits == sorted(waits)
    assert (1, 300) == (round(waits[0]), round(waits[-1]))


def test_a_failure_nobody_foresaw_ends_in_the_list(services, step):
    """After its last attempt a job waits for a human; a message that comes late does not start it again."""
    job_id = stage(services)
    step.does = raising(RuntimeError("no such glyph"))
    for _ in range(MAX_ATTEMPTS):
        assert job_of(services).state != "failed"
        jobs.run(services, job_id)
    assert ("failed", "RuntimeError: no such glyph") == (job_of(services).state, job_of(services).error)
    step.does = raising(AssertionError("run again"))
    jobs.run(services, job_id)
    assert MAX_ATTEMPTS == job_of(services).attempts


def test_a_job_that_kills_its_process_ends_in_the_list(services, step):
    """A step that never comes back, each time with its worker, is not carried for ever."""
    job_id = stage(services)
    step.does = raising(SystemExit)  # as near to death as a test may go: nothing is recorded
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(SystemExit):
            jobs.run(services, job_id)
        assert "sent" == job_of(services).state
    jobs.run(services, job_id)
    assert ("failed", "its process died every time") == (job_of(services).state, job_of(services).error)


def test_a_late_failure_does_not_hide_a_success(services, step, order_id):
    """Of two runs at once one fails after the other has done the job: job and track stay done."""
    job_id = stage(services, order_id)

    def second_fails_late():
        step.does = lambda: None
        jobs.run(services, job_id)
        with services.works() as work:
            work.get(Track, (order_id, "copy")).state = "done"
        raise Later("archive.unavailable")

    step.does = second_fails_late
    jobs.run(services, job_id)
    with services.works(read_only=True) as work:
        assert ("done", "done") == (work.get(Job, job_id).state, work.get(Track, (order_id, "copy")).state)


def test_a_refusal_is_for_a_human_at_once(services, step, order_id):
    """What a rule refuses would be refused again; the order's trail says that the track has failed."""
    job_id = stage(services, order_id)
    step.does = raising(NotFound())
    jobs.run(services, job_id)
    with services.works(read_only=True) as work:
        assert "failed" == work.get(Job, job_id).state == work.get(Track, (order_id, "copy")).state


def test_a_message_of_another_installation_is_passed_over(services, step):
    """An id that this database does not know changes nothing and breaks nothing."""
    jobs.run(services, "0" * 32)


def test_a_job_that_lay_in_a_queue_is_not_lost_when_it_begins(services, step):
    """The time after which a job counts as lost starts afresh when a worker begins it."""
    job_id = stage(services)
    relay = Relay(services, {"copy": Sent()})
    assert 1 == relay.send_due()
    services.clock.move(seconds=59)
    step.does = lambda: (services.clock.move(seconds=30), swept.append(relay.sweep()))
    swept = []
    jobs.run(services, job_id)
    assert [0] == swept


class Sent:
    """An actor that keeps what it is sent; raises `error` first, where given."""

    def __init__(self, *errors):
        self.errors, self.ids, self.came = list(errors), [], threading.Event()

    def send(self, job_id):
        if self.errors:
            raise self.errors.pop(0)
        self.ids.append(job_id)
        self.came.set()


def test_the_relay_outlives_every_error(services, step, monkeypatch):
    """A broker that is down, or an error nobody foresaw, delays a message; the relay goes on."""
    monkeypatch.setattr("pipeline.outbox.PAUSE", 0.01)
    actor = Sent(BrokerConnectionError("down"), RuntimeError("what?"))
    job_id = stage(services)
    relay = Relay(services, {"copy": actor})
    relay.start()
    assert actor.came.wait(10)
    relay.stop()
    assert [job_id] == actor.ids
    assert not relay.thread.is_alive()


def test_a_job_of_a_newer_program_holds_nobody_up(services, step):
    """A relay leaves what it does not know to the program that does, and carries the rest."""
    with services.works() as work:
        work.stage("embroider", key="newer", args={})
    job_id, actor = stage(services), Sent()
    relay = Relay(services, {"copy": actor})
    relay.send_due()
    assert [job_id] == actor.ids
    services.clock.move(minutes=2)
    Relay(services, {"embroider": (newer := Sent())}).send_due()
    assert 1 == len(newer.ids)


def test_what_a_stopped_process_left_is_taken_up(services, step):
    """A broker in memory forgets with its process: the next one begins with what was sent and never ended."""
    job_id = stage(services)
    with services.works() as work:
        work.get(Job, job_id).state = "sent"
        work.get(Job, job_id).sent_at = services.clock()
    done = threading.Event()
    step.does = done.set
    real = build_services(services.settings, sms=services.sms)  # the machine's clock
    with Engine(real):
        assert done.wait(10)
    assert "done" == job_of(services).state
    real.works.engine.dispose()


def test_a_seal_waits_for_nothing_else(services, step, monkeypatch, caplog):
    """Every thread is held up by deliveries, and more of them queue: a seal is made all the same."""
    sealed, held = threading.Event(), threading.Event()
    monkeypatch.setitem(STEPS, "seal", Kind(lambda _services: sealed.set(), "sealing"))
    step.does = lambda: held.wait(20)
    real = build_services(services.settings, sms=services.sms)
    with services.works() as work:
        for rank in range(2 * real.settings.worker_threads):
            work.stage("copy", key=f"copy {rank}")
        work.stage("seal", key="the one")
    with Engine(real):
        assert sealed.wait(10)
        held.set()
    assert not [record for record in caplog.records if record.name.startswith("dramatiq")]
    real.works.engine.dispose()


def test_threads_take_short_turns_while_an_engine_runs(services):
    """The thread of the seal asks for its turn after each read and write: it comes ten times sooner than Python's."""
    usual = sys.getswitchinterval()
    with Engine(services, queues=()):
        assert sys.getswitchinterval() == pytest.approx(usual / 10)
    assert usual == sys.getswitchinterval()


def test_a_worker_serves_the_queues_that_it_is_given(services, step, monkeypatch):
    """One for the seal alone leaves deliveries to others, and the other way round."""
    done = []
    monkeypatch.setitem(STEPS, "seal", Kind(lambda _services: done.append("seal"), "sealing"))
    step.does = lambda: done.append("copy")
    real = build_services(services.settings, sms=services.sms)
    for queues, expected in (({"sealing"}, ["seal"]), ({"documents", "delivery"}, ["seal", "copy"])):
        with services.works() as work:
            work.stage("seal", key=f"seal {queues}")
            work.stage("copy", key="copy")
        with Engine(real, queues=queues):
            until("the job is done", lambda expected=expected: sorted(done) == sorted(expected), 10)
    real.works.engine.dispose()


def test_a_queue_that_is_not_there():
    """Said at once, with those that there are."""
    said = CliRunner().invoke(app, ["worker", "--queue", "seals"])
    assert said.exit_code == 2
    assert "delivery, documents, sealing" in said.output


def test_an_engine_starts_in_silence(services, caplog):
    """Two workers on one broker are meant: nothing is warned of at the head of a demo or a log."""
    with Engine(services):
        pass
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
