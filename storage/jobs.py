"""Staged jobs: once only in effect, however often a message travels.

    staged --relay--> sent --actor--> done
       ^               |
       +-- retry_at ---+----> failed --retry--> staged

The broker may lose a message (a sweep sends it again) or bring it twice (`claim` gives None the second time). The
effect of a job happens once because `finish` is in the transaction that writes the effect, and says False to the
second of two workers that run at once: what a False `finish` stands in is rolled back, or was never written.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from storage.models import Job
from storage.work import Work

ERROR_LENGTH = 500
"""Characters of a failure's text that are kept."""


def due_jobs(work: Work, now: datetime, limit: int = 100) -> Sequence[Job]:
    """Staged jobs whose time has come, oldest first, locked until the end of this work.

    Two relays never hold the same job: on PostgreSQL the second skips it, on SQLite it waits its turn.
    """
    query = (
        select(Job)
        .where(Job.state == "staged", or_(Job.send_after.is_(None), Job.send_after <= now))
        .order_by(Job.staged_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return work.session.scalars(query).all()


def mark_sent(job: Job, now: datetime) -> None:
    """Record that the broker has taken the message of a job held by `due_jobs`."""
    job.state, job.sent_at = "sent", now


def claim(work: Work, job_id: str) -> Job | None:
    """What an actor asks first: the job, locked and with one more attempt, or None where nothing is left to do.

    None also for a failed job: only `retry`, a human's decision, starts that again. Raises `NotFound`.
    """
    job = work.lock(Job, job_id)
    if job.state in {"done", "failed"}:
        return None
    job.attempts += 1
    return job


def finish(work: Work, job_id: str, now: datetime) -> bool:
    """Record the end of a job in the transaction of its effect; False where another worker was first."""
    job = work.lock(Job, job_id)
    if job.state == "done":
        return False
    job.state, job.done_at, job.error = "done", now, None
    return True


def fail(work: Work, job_id: str, error: str, now: datetime, retry_at: datetime | None = None) -> None:
    """Record a failure: staged again for `retry_at`, or failed for good, in the list that a human reads.

    `error` is a code or a sentence without personal data; a job that is done stays so.
    """
    job = work.lock(Job, job_id)
    if job.state == "done":
        return
    job.error = error[:ERROR_LENGTH]
    if retry_at is None:
        job.state, job.done_at = "failed", now
    else:
        job.state, job.send_after = "staged", retry_at


def retry(work: Work, job_id: str) -> bool:
    """Stage a failed job again, its attempts counted from nought; False where it is not failed."""
    job = work.lock(Job, job_id)
    if job.state != "failed":
        return False
    job.state, job.send_after, job.done_at, job.attempts = "staged", None, None, 0
    return True


def resend_lost(work: Work, sent_before: datetime) -> int:
    """Stage again every job that was sent before that instant and never finished, however old. How many."""
    query = (
        update(Job)
        .where(Job.state == "sent", Job.sent_at < sent_before)
        .values(state="staged", send_after=None)
        .returning(Job.id)
    )
    return len(work.session.scalars(query).all())


def overdue(work: Work, now: datetime) -> list[Job]:
    """Jobs past their due time and not done, the most urgent first: what a person should know about."""
    return work.find(Job, Job.state != "done", Job.due_at < now, order_by=Job.due_at)


def failed(work: Work) -> list[Job]:
    """Jobs that wait for a person, oldest first."""
    return work.find(Job, order_by=Job.staged_at, state="failed")
