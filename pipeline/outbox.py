"""The relay: carries staged jobs from the database to the broker, and sends again what was lost on the way."""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import timedelta

import dramatiq
from sqlalchemy.exc import SQLAlchemyError

from pipeline.bootstrap import Services
from storage import jobs

log = logging.getLogger("seing.relay")

POLL = 0.5
"""Seconds between two looks at the table when nobody nudges."""

SWEEP_EVERY = 10.0
"""Seconds between two sweeps."""

LOST_AFTER = timedelta(seconds=60)
"""A job sent so long ago and neither done nor put off was lost with its worker: it is sent again. No upper age."""

AT_ONCE = 100
"""Jobs carried in one transaction."""


class Relay:
    """One thread that relays. Any number may run: rows are taken with SKIP LOCKED where the database knows it."""

    def __init__(
        self, services: Services, actors: Mapping[str, dramatiq.Actor[..., None]], lost_after: timedelta = LOST_AFTER
    ) -> None:
        """`actors` by the name that jobs carry."""
        self.services, self.actors, self.lost_after = services, actors, lost_after
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="seing-relay", daemon=True)

    def send_due(self) -> int:
        """Carry what is due; return how many. A job sent twice is harmless, a job not sent is not."""
        with self.services.works() as work:
            rows = jobs.due_jobs(work, self.services.clock(), AT_ONCE)
            for job in rows:
                self.actors[job.actor].send(job.id)
                jobs.mark_sent(job, self.services.clock())
            return len(rows)

    def sweep(self, lost_after: timedelta | None = None) -> int:
        """Stage again what was sent long ago and never finished; return how many."""
        before = self.services.clock() - (self.lost_after if lost_after is None else lost_after)
        with self.services.works() as work:
            return jobs.resend_lost(work, before)

    def run(self) -> None:
        """Until stopped: send, sweep, wait. A broker or database that is down is waited for."""
        next_sweep = time.monotonic() + SWEEP_EVERY
        while not self.stopping.is_set():
            try:
                sent = self.send_due()
                if time.monotonic() >= next_sweep:
                    self.sweep()
                    next_sweep = time.monotonic() + SWEEP_EVERY
            except (dramatiq.errors.ConnectionError, SQLAlchemyError, OSError) as error:
                log.warning("relay waits", extra={"reason": type(error).__name__})
                self.stopping.wait(1.0)
                continue
            if sent < AT_ONCE:
                self.services.wake.wait(POLL)
                self.services.wake.clear()

    def start(self) -> None:
        """Begin relaying."""
        self.thread.start()

    def stop(self) -> None:
        """End relaying and wait for the thread."""
        self.stopping.set()
        self.services.wake.set()
        self.thread.join(timeout=10)
