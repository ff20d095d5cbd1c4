"""Running a staged job once: the row says whether it is done, the step says how, the row keeps what happened.

A job may be carried twice (a worker was killed after its effect, a sweep sent it again): every step asks first whether
its effect is there, so the second run changes nothing. `attempts` counts the runs that failed, or that ended without a
word because their process died; waiting for a service that is down (`Later`) is none.
"""

import logging
from datetime import datetime

from pipeline.actors.table import STEPS
from pipeline.bootstrap import Services
from pipeline.errors import SeingError
from pipeline.events import record
from pipeline.orders import ENDED, lock_order, set_track
from pipeline.origin import Origin
from pipeline.retry import MAX_ATTEMPTS, Later, wait_before, wait_for_service
from storage import jobs
from storage.errors import NotFound
from storage.models import Job, Track
from storage.work import Work

log = logging.getLogger("seing.jobs")


def run(services: Services, job_id: str) -> None:
    """Run one job to its end, or record why it is not there yet: the broker has nothing to decide.

    Raises only where the database is down; the row then stays as it was, and is swept up.
    """
    job = _begin(services, job_id)
    if job is None:
        return
    name, args, attempts, order_id = job.actor, dict(job.args), job.attempts, job.order_id
    if attempts > MAX_ATTEMPTS:
        _fail(services, job_id, "its process died every time")
        return
    log.info("job started", extra={"job": job_id, "actor": name, "attempt": attempts, "order": order_id})
    try:
        STEPS[name].step(services, **args)
    except Later as later:
        now = services.clock()
        _again(services, job_id, later.reason, now + (later.wait or wait_for_service(now - job.staged_at)), waits=True)
    except SeingError as refusal:  # refused on purpose: trying again would be refused again
        _fail(services, job_id, refusal.code)
    except Exception as error:  # whatever went wrong, the row must say so
        log.exception("job failed", extra={"job": job_id, "actor": name, "attempt": attempts, "order": order_id})
        reason = f"{type(error).__name__}: {error}"[:500]
        if attempts >= MAX_ATTEMPTS:
            _fail(services, job_id, reason)
        else:
            _again(services, job_id, reason, services.clock() + wait_before(attempts))
    else:
        with services.works() as work:
            jobs.finish(work, job_id, services.clock())
        log.info("job done", extra={"job": job_id, "actor": name, "order": order_id})
        services.nudge()


def _begin(services: Services, job_id: str) -> Job | None:
    """Claim the job; from now on it counts as lost only after the usual time, however long it lay in a queue."""
    try:
        with services.works() as work:
            job = jobs.claim(work, job_id)
            if job is not None:
                jobs.mark_sent(job, services.clock())
            return job
    except NotFound:  # another installation's message, or that of a database since replaced
        log.warning("unknown job", extra={"job": job_id})
        return None


def _again(services: Services, job_id: str, reason: str, at: datetime, *, waits: bool = False) -> None:
    log.warning("job put off", extra={"job": job_id, "reason": reason})
    with services.works() as work:
        jobs.fail(work, job_id, reason, services.clock(), at)
        if waits:
            job = work.get(Job, job_id)
            job.attempts = max(0, job.attempts - 1)
        _mark(services, work, job_id, "waiting", reason)


def _fail(services: Services, job_id: str, reason: str) -> None:
    log.error("job needs a human", extra={"job": job_id, "reason": reason})
    with services.works() as work:
        jobs.fail(work, job_id, reason, services.clock())
        _mark(services, work, job_id, "failed", reason)


def _mark(services: Services, work: Work, job_id: str, state: str, reason: str) -> None:
    """Show on the order's trail that a track waits or failed, unless a second run has meanwhile done its work."""
    job = work.get(Job, job_id)
    name = STEPS[job.actor].track
    if job.state == "done" or not job.order_id or not name:
        return
    lock_order(work, job.order_id)
    track = work.session.get(Track, (job.order_id, name))
    if track is not None and track.state not in ENDED:
        set_track(work, job.order_id, name, state, services.clock(), reason)


def retry(services: Services, job_id: str, origin: Origin) -> bool:
    """A human has removed the cause: stage a failed job again. False where it is not failed."""
    with services.works() as work:
        again = jobs.retry(work, job_id)
        job = work.get(Job, job_id)
        if again and job.order_id:
            lock_order(work, job.order_id)
            record(work, job.order_id, "job.retried", origin, services.clock(), {"job": job.actor})
    services.nudge()
    return again
