"""RabbitMQ as a carrier: who stops, who shares it, and what it brings that is not ours."""

import signal
from contextlib import closing

import dramatiq
import pika
import pytest

from pipeline.actors.declare import declare_actors
from pipeline.broker import broker_from_url
from storage.models import Job
from tests.house import make_services
from tests.services.running import PATIENCE, breakpoint_at, until


def test_a_stopping_worker_ends_what_it_has_begun(house):
    """SIGTERM: the running step ends and is recorded, the worker leaves with exit code 0, the rest waits."""
    with house.web(), breakpoint_at(house.settings.database_url, "events", "NEW.kind = 'order.sealed'") as reached:
        worker = house.worker(command=True)
        house.sign()
        reached()
        worker.send_signal(signal.SIGTERM)
        with pytest.raises(TimeoutError):
            _wait(worker, 1.0)
    assert 0 == _wait(worker, PATIENCE)
    (seal,) = house.jobs(actor="seal")
    assert ("done", 1) == (seal.state, seal.attempts)
    assert house.jobs(Job.state != "done"), "nothing was left"
    with house.web():
        house.worker()
        house.settle()
    assert {1} == {job.attempts for job in house.jobs()}


def _wait(process, seconds: float) -> int:
    try:
        until("the worker has stopped", lambda: process.poll() is not None, seconds)
    except AssertionError:
        raise TimeoutError from None
    return process.returncode


@pytest.fixture
def shared(installation, tmp_path, rabbitmq_url, queue_prefix):
    """Two installations on one broker, each with a prefix of its own: services, broker and actors of both."""
    made = []
    for name in ("one.", "other."):
        settings = {"broker_url": rabbitmq_url, "queue_prefix": queue_prefix + name}
        services = make_services(installation, tmp_path / name, **settings)
        broker = broker_from_url(rabbitmq_url)
        made.append((services, broker, declare_actors(broker, services)))
    yield made
    for services, broker, _ in made:
        for queue in broker.queues:
            for each in (queue, f"{queue}.DQ", f"{queue}.XQ"):
                with closing(pika.BlockingConnection(pika.URLParameters(rabbitmq_url))) as connection:
                    connection.channel().queue_delete(each)
        broker.close()
        services.works.engine.dispose()


def test_installations_share_a_broker(shared):
    """What one installation sends, the other's workers never see."""
    (one, sender, actors), (_, other, _) = shared
    with one.works() as work:
        work.stage("seal", key="the one", args={"order_id": "0" * 32})
        job = work.first(Job, key="the one")
    actors["seal"].send(job.id)
    for broker, count in ((sender, 1), (other, 0)):
        queues = [queue for queue in broker.queues if queue.endswith("sealing")]
        assert [count] == [broker.get_queue_message_counts(queue)[0] for queue in queues]


def test_a_message_of_somebody_else_is_passed_over(shared):
    """A job that the database does not know is acknowledged; the next message is worked on."""
    services, broker, actors = shared[0]
    with services.works() as work:
        work.stage("seal", key="the one", args={"order_id": "0" * 32})
        job = work.first(Job, key="the one")
    actors["seal"].send("f" * 32)
    actors["seal"].send(job.id)
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
    worker.start()
    try:
        until("the job has run", lambda: _state(services, job.id) == "failed")  # no such order: for a human
    finally:
        worker.stop()
    queue = next(queue for queue in broker.queues if queue.endswith("sealing"))
    assert (0, 0, 0) == broker.get_queue_message_counts(queue)


def _state(services, job_id: str) -> str:
    with services.works(read_only=True) as work:
        return work.get(Job, job_id).state
