"""Seing on its real servers: what the web part does in this process, workers as processes that a test kills."""

import itertools
import multiprocessing
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pika
import psycopg
import pytest
from dramatiq.common import dq_name, xq_name
from sqlalchemy import text

from pipeline.actors.table import STEPS
from pipeline.bootstrap import build_services
from pipeline.config import load_settings
from pipeline.init import initialise
from pipeline.proposal import shift_dates
from pipeline.steps import release
from pipeline.worker import Engine
from storage.models import Job
from tests.factories import make_account, make_proposal
from tests.house import REP, SmsBox, order_from, sign

QUEUES = {kind.queue for kind in STEPS.values()}

PATIENCE = 120.0
"""Seconds for what takes two or three on a quiet machine."""


def until(what, reached, patience=PATIENCE):
    """Wait until `reached()` is true, and give its value."""
    limit = time.monotonic() + patience
    while not (value := reached()):
        if time.monotonic() > limit:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.005)
    return value


def somebody_waits(services):
    """How many transactions of the database wait for a lock that another one holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with services.works(read_only=True) as work:
        return work.session.execute(text(waiting)).scalar_one()


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pipeline.worker", "pipeline.cli"])


def run_seing(environment, log, words):
    """`seing` with these words, in a child."""
    from pipeline.cli import main

    os.environ.clear()
    os.environ.update(environment)
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.argv = ["seing", *words]
    main()


class Forked:
    """A command that runs at once: the process that it comes from has loaded everything. Speaks like `Popen`."""

    def __init__(self, environment, log, *words):
        self.process = FORKS.Process(target=run_seing, args=(environment, str(log), words))
        self.process.start()

    def poll(self):
        return self.process.exitcode

    def kill(self):
        self.process.kill()

    def wait(self):
        self.process.join()
        return self.process.exitcode


class House:
    """One installation: settings, the services of its web part, and its workers."""

    def __init__(self, folder: Path, **settings):
        self.settings = load_settings(data_dir=folder, **settings)
        initialise(self.settings)
        self.services = build_services(load_settings(data_dir=folder, **settings), sms=SmsBox())
        self.given = {f"SEING_{name.upper()}": str(value) for name, value in settings.items()}
        self.given["SEING_DATA_DIR"] = str(folder)
        self.workers = []
        self.ranks = itertools.count(1)
        self.log = folder / "workers.log"

    def web(self):
        """The web part's relay, for a `with`."""
        return Engine(self.services, queues=())

    def worker(self, *options, command=False, **settings) -> "subprocess.Popen | Forked":
        """A worker, as a process of its own; with `command` by the very command, and these options."""
        more = {f"SEING_{name.upper()}": str(value) for name, value in settings.items()}
        environment = {**os.environ, **self.given, **more}
        if command:
            program = [sys.executable, "-c", "from pipeline.cli import main; main()", "worker", *options]
            with self.log.open("ab") as log:
                process = subprocess.Popen(program, env=environment, stdout=log, stderr=subprocess.STDOUT)
        else:
            process = Forked(environment, self.log, "worker")
        self.workers.append(process)
        return process

    def command(self, *words) -> Forked:
        """`seing` with these words, as a process of its own."""
        process = Forked({**os.environ, **self.given}, self.log, *map(str, words))
        self.workers.append(process)
        return process

    def start_web(self) -> subprocess.Popen:
        """`seing web`, as a process of its own, at the address of the settings."""
        program = [sys.executable, "-c", "from pipeline.cli import main; main()", "web"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(program, env=os.environ | self.given, stdout=log, stderr=subprocess.STDOUT)
        self.workers.append(process)
        return process

    def kill(self, process) -> None:
        assert process.poll() is None, f"the worker has ended by itself:\n{self.log.read_text()[-3000:]}"
        process.kill()
        assert -signal.SIGKILL == process.wait()

    def order(self, proposal=None, **choices) -> str:
        """An order of a customer of its own, ready to be signed; by default one of 1 200 € TTC."""
        rank = next(self.ranks)
        if proposal is None:
            proposal = make_proposal(account=make_account(epj=f"{5100000 + rank:08d}"))
        proposal = proposal.model_copy(update={"reference": f"PROP-2026-{rank:06d}"})
        moved, _ = shift_dates(proposal, self.services.today())
        return order_from(self.services, moved, mobile=f"+33647{rank:06d}", **choices)

    def sign(self, proposal=None, **choices) -> str:
        """The same, signed."""
        order_id = self.order(proposal, **choices)
        sign(self.services, order_id)
        return order_id

    def release(self, order_id: str) -> None:
        release.release(self.services, order_id, REP)

    def jobs(self, *where, **equals) -> list[Job]:
        with self.services.works(read_only=True) as work:
            return work.find(Job, *where, **equals)

    def settle(self, patience=PATIENCE) -> None:
        """Until every job is done; a job that needs a human is a failure."""
        try:
            until("every job done", lambda: {job.state for job in self.jobs()} <= {"done", "failed"}, patience)
        except AssertionError as error:
            open_jobs = [(job.actor, job.state, job.attempts, job.error) for job in self.jobs(Job.state != "done")]
            raise AssertionError(f"{error}\n{open_jobs}\n{self.log.read_text()[-6000:]}") from None
        assert [] == [(job.actor, job.error) for job in self.jobs(state="failed")]

    def messages(self) -> dict[str, int]:
        """Messages that wait in the queues or were given up, by queue."""
        with closing(pika.BlockingConnection(pika.URLParameters(self.settings.broker_url))) as connection:
            channel = connection.channel()
            return {
                name: channel.queue_declare(name, passive=True).method.message_count
                for queue in QUEUES
                for name in (f"{self.settings.queue_prefix}{queue}", xq_name(f"{self.settings.queue_prefix}{queue}"))
            }

    def forget_messages(self, url: str) -> None:
        """A broker that lost all it had: the queues are gone."""
        with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
            for queue in QUEUES:
                name = f"{self.settings.queue_prefix}{queue}"
                for each in (name, dq_name(name), xq_name(name)):
                    connection.channel().queue_delete(each)

    def close(self) -> None:
        for process in self.workers:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.services.works.engine.dispose()


@contextmanager
def breakpoint_at(database_url: str, table: str, condition: str):
    """Whoever writes a row that meets `condition` (SQL, on NEW) stops there; gives what waits until somebody has.

    The end lets them go on; the transaction of a process that has been killed meanwhile is rolled back.
    """
    key = 20261123
    with psycopg.connect(database_url, autocommit=True) as one, psycopg.connect(database_url, autocommit=True) as other:
        one.execute("SELECT pg_advisory_lock(%s)", [key])
        other.execute(
            f"CREATE OR REPLACE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN PERFORM pg_advisory_xact_lock_shared({key}); RETURN NEW; END $$"
        )
        other.execute(
            f"CREATE TRIGGER stop_here BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION stop_here()"
        )
        waiting = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        try:
            yield lambda: until(
                f"somebody at {table}: {condition}", lambda: other.execute(waiting, [key]).fetchone()[0]
            )
        finally:
            one.execute("SELECT pg_advisory_unlock(%s)", [key])
            other.execute(f"DROP TRIGGER stop_here ON {table}")


class Gate:
    """A door before a server: shut, it cuts every connection and refuses new ones."""

    def __init__(self, host: str, port: int):
        self.target = (host, port)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.listener = None
        self.pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.open()

    def open(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def shut(self) -> None:
        listener, self.listener = self.listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        for pair in list(self.pairs):
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                inner, _ = listener.accept()
                outer = socket.create_connection(self.target)
                threading.Thread(target=self._carry, args=((inner, outer),), daemon=True).start()

    def _carry(self, pair: tuple[socket.socket, socket.socket]) -> None:
        self.pairs.add(pair)
        one, other = pair
        with one, other, suppress(OSError):
            while True:
                for end in select.select(pair, [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        self.pairs.discard(pair)
                        return
                    (other if end is one else one).sendall(data)
        self.pairs.discard(pair)


@pytest.fixture(scope="session")
def made_today(tmp_path_factory) -> Path:
    """Secrets and keys of an installation made now: workers have the machine's clock."""
    folder = tmp_path_factory.mktemp("today") / "var"
    initialise(load_settings(data_dir=folder))
    return folder


@pytest.fixture
def house(made_today, tmp_path, postgresql_url, rabbitmq_url, s3_url, queue_prefix):
    """An installation on PostgreSQL, RabbitMQ and S3, by its settings alone."""
    yield from make_house(made_today, tmp_path, postgresql_url, rabbitmq_url, s3_url, queue_prefix)


@pytest.fixture
def gated(made_today, tmp_path, postgresql_url, rabbitmq_url, s3_url, queue_prefix, s3_server):
    """The same with a gate before the broker (`house.broker`) and one before the archive (`house.store`)."""
    broker, store = gate_before(rabbitmq_url), gate_before(s3_server.endpoint)
    addresses = (behind(broker, rabbitmq_url), behind(store, s3_url))
    for made in make_house(made_today, tmp_path, postgresql_url, *addresses, queue_prefix, real_broker=rabbitmq_url):
        made.broker, made.store = broker, store
        yield made
    broker.shut()
    store.shut()


def make_house(made: Path, folder: Path, database: str, broker: str, archive: str, prefix: str, real_broker=None):
    shutil.copytree(made, folder / "var")
    house = House(
        folder / "var",
        database_url=database,
        broker_url=broker,
        archive_url=archive,
        queue_prefix=prefix,
        lost_after=60,
    )
    try:
        yield house
    finally:
        house.close()
        house.forget_messages(real_broker or broker)


def gate_before(url: str) -> Gate:
    host, _, port = url.rpartition("@")[2].rpartition("/")[2].partition(":")
    return Gate(host, int(port or 5672))


def behind(gate: Gate, url: str) -> str:
    host, port = gate.target
    return url.replace(f"{host}:{port}", f"127.0.0.1:{gate.port}")
