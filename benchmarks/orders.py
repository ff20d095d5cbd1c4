"""Whole orders: seconds of each part of one, and orders per second with one and with two workers.

Everything is on: archive and mail on the disk, each file read back after its sealing. Each order has a customer and a
reference of its own, so that nothing drawn before can be used again.
"""

import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pika
import psycopg
from sqlalchemy import update

from pipeline import documents
from pipeline.config import load_settings
from pipeline.init import initialise
from pipeline.jobs import run
from pipeline.orders import frozen_of
from pipeline.proposal import Proposal
from pipeline.steps import ceremony
from pipeline.steps.release import release
from pipeline.worker import Engine
from signing.identity import issue_one_shot
from signing.seal import certify, sign_as_customer
from storage import jobs
from storage.models import Job, OneTimeCode, Order
from storage.work import Work
from templates.documents import order_form
from tests.factories import sample
from tests.house import CUSTOMER, REP, open_and_read
from tests.services.running import House, until

POSTGRESQL = os.environ.get("SEING_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
RABBITMQ = os.environ.get("SEING_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672")

LATER = datetime.fromisoformat("2999-12-31T00:00:00+00:00")


@dataclass(frozen=True)
class Rate:
    """What a load gave: orders per second, and processor seconds of the workers for each order."""

    per_second: float
    processor: float


@dataclass
class Times:
    """Wall-clock and processor seconds by what they were spent on, in the order of their first appearance."""

    taken: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        start = (time.perf_counter(), time.process_time())
        yield
        self.taken[what].append((time.perf_counter() - start[0], time.process_time() - start[1]))

    def rows(self) -> list[tuple[str, list[float]]]:
        """(what, [median, least, most, median of the processor]), in milliseconds."""
        found = []
        for what, each in self.taken.items():
            wall, processor = [1000 * one for one, _ in each], [1000 * other for _, other in each]
            found.append((what, [statistics.median(wall), min(wall), max(wall), statistics.median(processor)]))
        return found


def new_rose(rng: random.Random) -> Proposal:
    """The rose sample for another customer: three ranges, ten instalments, papers to be scanned."""
    rose = sample("au-nom-de-la-rose")
    name = f"Fleurs {''.join(rng.choices('abcdefghijklmnopqrstuvwxyz', k=12))} SARL"
    epj = f"{rng.randrange(10**8):08d}"
    return rose.model_copy(update={"account": rose.account.model_copy(update={"epj": epj, "legal_name": name})})


def one_order(runs: int) -> Times:
    """Each part of one order, alone, in one process: SQLite, folders, no broker between."""
    times, rng = Times(), random.Random(11)
    with house() as made:
        for round_ in range(runs + 1):
            if round_ == 1:  # the first warms fonts and keys up
                times.taken.clear()
            _parts(made, made.order(new_rose(rng)), times)
            _whole(made, new_rose(rng), times)
    return times


def _parts(made: House, order_id: str, times: Times) -> None:
    services = made.services
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
    frozen, now = frozen_of(services, order), services.clock()
    with times.of("render: order form drawn"):
        plain = order_form.render(documents.order_form_data(frozen))
    with times.of("seal: certified by the seller, validated by pyHanko"):
        form = certify(plain, services.keys.seal, when=now, reason="Bon de commande", location="Lyon")
    with times.of("seal: customer's signature B-T, validated by pyHanko"):
        who = {"name": order.signatory_name, "role": order.signatory_role, "company": order.company}
        shot = issue_one_shot(
            services.keys.issuer, ceremony_id="0f" * 16, email=order.email, now=now, minutes=10, **who
        )
        sign_as_customer(
            form, shot, when=now, timestamper=services.keys.timestamper, reason="Commande", location="Lyon"
        )


def _whole(made: House, proposal: Proposal, times: Times) -> None:
    """From the proposal to the batch; the jobs one after the other, as one worker thread runs them."""
    services = made.services
    forget_codes(made)
    with times.of("whole job: proposal to batch"):
        with times.of("proposal to certified form (import, check, freeze, draw, seal)"):
            order_id = made.order(proposal)
        with times.of("ceremony (pages shown, code sent and typed)"):
            view = open_and_read(services, order_id)
            ticked = [box.key for box in view.consents]
            ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
            ceremony.sign(services, view.ceremony_id, services.sms.code, ticked, CUSTOMER)
        with times.of("after the code: all jobs of an order"):
            _run_jobs(made, times)
        release(services, order_id, REP)
        _run_jobs(made, times)


def _run_jobs(made: House, times: Times) -> None:
    services = made.services
    while True:
        with services.works() as work:
            due = jobs.due_jobs(work, services.clock(), 1)
            for job in due:
                jobs.mark_sent(job, services.clock())
        if not due:
            return
        with times.of(f"job: {due[0].actor}"):
            run(services, due[0].id)


def on_threads(threads: int, count: int, rounds: int) -> list[Rate]:
    """Orders per second in each round, `seing serve`: SQLite, broker in memory, so many threads."""
    with house(worker_threads=threads) as made, Engine(made.services):
        return [_load(made, count, time.process_time) for _ in range(rounds)]


def on_servers(workers: int, count: int, rounds: int) -> list[Rate]:
    """The same with PostgreSQL, RabbitMQ, an archive folder and so many `seing worker` processes."""
    name = f"seing_bench_{uuid4().hex[:12]}"
    with ExitStack() as stack:
        server = stack.enter_context(psycopg.connect(POSTGRESQL, autocommit=True))
        server.execute(f'CREATE DATABASE "{name}"')
        stack.callback(server.execute, f'DROP DATABASE "{name}" WITH (FORCE)')
        settings = {
            "database_url": urlsplit(POSTGRESQL)._replace(path=f"/{name}").geturl(),
            "broker_url": RABBITMQ,
            "queue_prefix": f"seing-bench-{uuid4().hex[:8]}.",
        }
        made = stack.enter_context(house(**settings))
        stack.callback(made.forget_messages, RABBITMQ)
        stack.enter_context(made.web())
        for _ in range(workers):
            made.worker(command=True)
        until("workers ready", lambda: made.log.read_text().count("worker: ready") == workers, 120)
        return [_load(made, count, lambda: sum(map(_spent, made.workers))) for _ in range(rounds)]


def servers_answer() -> bool:
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
        pika.BlockingConnection(pika.URLParameters(RABBITMQ)).close()
    except (psycopg.OperationalError, pika.exceptions.AMQPError, OSError):
        return False
    return True


def _load(made: House, count: int, processor: Callable[[], float]) -> Rate:
    """Sign so many orders while their jobs are held back, let all go at once, and wait for the last job."""
    rng = random.Random(time.monotonic_ns())
    forget_codes(made)
    with held(made):
        for _ in range(count):
            made.sign(new_rose(rng))
    spent, start = processor(), time.perf_counter()
    made.settle(patience=600)
    return Rate(count / (time.perf_counter() - start), (processor() - spent) / count)


def _spent(process: subprocess.Popen) -> float:
    """Processor seconds of a process until now (proc(5): utime and stime, in ticks)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def forget_codes(made: House) -> None:
    """Count the codes sent until now for nobody: so many in an hour are refused to one rep and one telephone line.

    Their times stay: they are in the evidence, which is compared with the sealed form.
    """
    with made.services.works() as work:
        work.session.execute(update(OneTimeCode).values(mobile_hash="nobody", ip=None, rep_id=None))


@contextmanager
def held(made: House) -> Iterator[None]:
    """Jobs staged meanwhile are due at the end of the block, all at once."""
    works, staging = made.services.works, Work.stage

    def stage_later(self, actor, **more):
        return staging(self, actor, **more | {"send_after": LATER})

    Work.stage = stage_later
    try:
        yield
    finally:
        Work.stage = staging
    with works() as work:
        work.session.execute(update(Job).where(Job.send_after == LATER).values(send_after=None))
    made.services.nudge()


@contextmanager
def house(**settings) -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="seing-bench-"))
    try:
        initialise(load_settings(data_dir=folder / "var"))
        made = House(folder / "var", **settings)
        try:
            yield made
        finally:
            made.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
