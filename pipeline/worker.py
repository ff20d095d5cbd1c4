"""Running the relay and the actors: inside the web process (`seing serve`) or as processes of their own."""

import itertools
import logging
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from types import TracebackType
from typing import Self

import dramatiq

from pipeline.actors.declare import declare_actors
from pipeline.actors.table import FIRST, QUEUES
from pipeline.bootstrap import Services, from_url
from pipeline.broker import broker_from_url
from pipeline.outbox import Relay
from pipeline.preservation import renew_due
from pipeline.steps.keep_house import keep_house

log = logging.getLogger("seing.worker")

HOUSEKEEPING_EVERY = 60.0
"""Seconds between two looks for what time alone makes necessary."""

TURN = 0.0005
"""Seconds after which a thread that computes lets go for another that asks. A seal would wait the usual ten times as
much after each of its reads and writes, and once more for each thread that makes evidence or invoices beside it."""

RENEW_EVERY = 1440
"""Rounds of housekeeping between two looks for time-stamps that run out: a day."""


class Engine(AbstractContextManager["Engine"]):
    """Relay, and actors on threads; starts on entry, stops in order on exit."""

    def __init__(self, services: Services, *, queues: Collection[str] = QUEUES) -> None:
        """`queues`: those that this process serves, none where it only relays.

        With a broker in memory, what another process had sent is lost: it is staged again at the start.
        """
        settings = services.settings
        self.services = services
        self.broker = from_url("SEING_BROKER_URL", broker_from_url, settings.broker_url)
        self.actors = declare_actors(self.broker, services)
        self.relay = Relay(services, self.actors)
        self.workers = tuple(self._workers(set(queues)))
        self.turn = sys.getswitchinterval()
        self.stopping = threading.Event()
        self.housekeeper = threading.Thread(target=self._keep_house, name="seing-housekeeping", daemon=True)

    def __enter__(self) -> Self:
        sys.setswitchinterval(TURN)
        if self.services.settings.broker_url == "memory://":
            self.relay.sweep(timedelta(0))
        self._start()
        self.services.works.on_staged(self.services.nudge)
        self.relay.start()
        self.housekeeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self.relay.stop()
        for worker in self.workers:
            worker.stop()  # waits for the steps that run: each ends, however long its services take to answer
        self.housekeeper.join(timeout=10)
        self.broker.close()
        sys.setswitchinterval(self.turn)

    def _start(self) -> None:
        """Start the workers. Each listens to the one broker for its own queues; dramatiq warns of two listeners."""
        logger = self.broker.logger
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            for worker in self.workers:
                worker.start()
        finally:
            logger.setLevel(level)

    def _workers(self, queues: set[str]) -> Iterator[dramatiq.Worker]:
        """The seal's own thread, for somebody waits at a counter, and those for all the rest."""
        prefix, threads = self.services.settings.queue_prefix, self.services.settings.worker_threads
        rest = queues - {FIRST}
        self.broker.logger.setLevel(logging.ERROR)  # it wonders at two workers on one broker, which are meant
        for names, count in (({FIRST} & queues, 1 if rest else threads), (rest, threads)):
            if names:
                yield dramatiq.Worker(
                    self.broker, queues={prefix + name for name in names}, worker_threads=count, worker_timeout=200
                )

    def _keep_house(self) -> None:
        rounds = itertools.count()
        while not self.stopping.wait(HOUSEKEEPING_EVERY):
            try:
                keep_house(self.services)
                if next(rounds) % RENEW_EVERY == 0:
                    renew_due(self.services)
            except Exception:  # comes again in a minute, whatever it was
                log.exception("housekeeping failed")
