"""The relay: carries staged jobs from the database to the broker, and sends again what was lost on the way."""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import timedelta

import dramatiq
from dramatiq.errors import BrokerConnectionError
from sqlalchemy.exc import SQLAlchemyError

from pipeline.bootstrap import Services
from storage import jobs

log = logging.getLogger("seing.relay")

POLL = 0.5
"""Seconds between two looks at the table when nobody nudges."""

SWEEP_EVERY = 10.0
"""Seconds between two sweeps."""

UNKNOWN_WAIT = timedelta(minutes=1)
"""How long a job is put off that this program does not know: a newer one staged it, and carries it itself."""

AT_ONCE = 25
"""Jobs carried in one transaction: their rows are locked until the broker has confirmed the last of them."""

PAUSE = 1.0
"""Seconds to wait when the broker or the database does not answer."""


class Relay:
    """One thread that relays. Any number may run: rows are taken with SKIP LOCKED where the database knows it."""

    def __init__(self, services: Services, actors: Mapping[str, dramatiq.Actor[..., None]]) -> None:
        """`actors` by the name that jobs carry."""
        self.services, self.actors = services, actors
        self.lost_after = timedelta(seconds=services.settings.lost_after)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="seing-relay", daemon=True)

    def send_due(self) -> int:
        """Carry what is due; return how many. A job sent twice is harmless, a job not sent is not."""
        with self.services.works() as work:
            rows = jobs.due_jobs(work, self.services.clock(), AT_ONCE)
            for job in rows:
                actor = self.actors.get(job.actor)
                if actor is None:
                    log.error("unknown actor", extra={"job": job.id, "actor": job.actor})
                    job.send_after = self.services.clock() + UNKNOWN_WAIT
                    continue
                actor.send(job.id)
                jobs.mark_sent(job, self.services.clock())
            return len(rows)

    def sweep(self, lost_after: timedelta | None = None) -> int:
        """Stage again what was sent or begun long ago and never ended, however old; return how many."""
        before = self.services.clock() - (self.lost_after if lost_after is None else lost_after)
        with self.services.works() as work:
            return jobs.resend_lost(work, before)

    def run(self) -> None:
        """Until stopped: send, sweep, wait. Nothing ends it: without a relay every order would stop in silence."""
        sweep_every = min(SWEEP_EVERY, self.lost_after.total_seconds())
        next_sweep = time.monotonic() + sweep_every
        while not self.stopping.is_set():
            try:
                sent = self.send_due()
                if time.monotonic() >= next_sweep:
                    self.sweep()
                    next_sweep = time.monotonic() + sweep_every
            except (BrokerConnectionError, SQLAlchemyError, OSError) as error:
                log.warning("relay waits", extra={"reason": type(error).__name__})
                self.stopping.wait(PAUSE)
                continue
            except Exception:
                log.exception("relay waits")
                self.stopping.wait(PAUSE)
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
