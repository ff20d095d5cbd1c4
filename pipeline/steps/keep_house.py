"""What is done again and again, each exactly once by state: every minute what somebody awaits, every night the rest."""

import logging
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select

from pipeline.bootstrap import Services
from pipeline.clock import PARIS, paris_day
from pipeline.errors import ArchiveDamaged
from pipeline.events import record
from pipeline.flow import State
from pipeline.orders import lock_order, retain_until
from pipeline.origin import SYSTEM
from pipeline.passwords import forget_login_tries
from pipeline.retention import MANDATE_KINDS, draft_until, mandate_until
from pipeline.retry import Later
from pipeline.steps.ceremony import expire
from pipeline.steps.collect import finish_collections
from pipeline.steps.erase import forget_counts, forget_prospects
from pipeline.steps.mandate_life import expire_mandates
from pipeline.steps.manifest import stage_manifests
from pipeline.steps.prenotify import announce_due
from pipeline.steps.receive import count_receipts
from pipeline.steps.release import release_due
from pipeline.verdicts import forget_verifications
from storage.archive import Area
from storage.errors import ArchiveCorrupted, ArchiveMissing, ArchiveUnavailable
from storage.models import ArchiveEntry, Mandate, Order

log = logging.getLogger("seing.housekeeping")

NIGHT = 2
"""Hour in Paris from which the day's night work may run; an installation that sleeps then does it when it wakes."""

SPARE = timedelta(days=30)
"""A form that is signed but not sealed yet always has at least so long to live among the drafts."""


def keep_house(services: Services) -> None:
    """Every minute: what has expired, what may be released, files left half-way, and the night's jobs once a day."""
    for task in (expire, release_due, finish_collections):
        try:
            task(services)
        except Exception:  # one that fails comes again in a minute, and keeps no other waiting
            log.exception("housekeeping failed")
    now = services.clock().astimezone(PARIS)
    if now.hour < NIGHT:
        return
    day = now.date().isoformat()
    with services.works() as work:
        staged = work.stage("nightly", key=f"nightly:{day}", args={})
        staged |= work.stage("check_archive", key=f"check_archive:{day}", args={"day": day})
    if staged:
        services.nudge()


def nightly(services: Services) -> None:
    """Once a day: mandates that lapse, debits to announce or to count, drafts that expire, manifests, prospects.

    What cannot be done keeps nothing else from being done. Raises what was wrong at the end, `Later` where it was but
    the archive that did not answer.
    """
    tasks: tuple[Callable[[Services], object], ...] = (
        *(expire_mandates, announce_due, count_receipts, prolong_mandates, stage_manifests, expire_drafts),
        *(forget_prospects, forget_verifications, forget_counts, forget_login_tries),
    )
    failures: list[Exception] = []
    for task in tasks:
        try:
            task(services)
        except Exception as error:
            log.exception("housekeeping failed")
            failures.append(error)
    wrong = [error for error in failures if not isinstance(error, ArchiveUnavailable)]
    if wrong:
        raise wrong[0]
    if failures:
        raise Later(ArchiveUnavailable.code) from failures[0]


def expire_drafts(services: Services) -> int:
    """Delete the forms that nobody signed, ninety days after their orders expired; how many files.

    The form of a signed order is in the signed area from its sealing on; one that still waits for its seal is kept.
    """
    today = services.today()
    with services.works(read_only=True) as work:
        waiting = [row.id for row in work.find(Order, sealed_sha256=None, state=State.SIGNED)]
    for order_id in waiting:
        _spare_draft(services, order_id)
    gone = services.archive.expire("drafts", today)
    with services.works() as work:
        for entry in work.find(ArchiveEntry, ArchiveEntry.retain_until < today, area="drafts"):
            work.session.delete(entry)
    return gone


def prolong_mandates(services: Services) -> int:
    """Keep what proves a mandate until fourteen months after its last debit, where later; how many documents.

    Raises:
        ArchiveDamaged: some could not be read as they were stored; all others are prolonged.
        ArchiveUnavailable: the archive does not answer.
    """
    count = damaged = 0
    with services.works(read_only=True) as work:
        query = select(Mandate.order_id, Mandate.last_debit_on, Mandate.signed_at)
        found = work.session.execute(query.where(Mandate.last_debit_on.is_not(None))).all()
    for order_id, last, signed_at in found:
        if last is None or mandate_until(last) <= retain_until(services, paris_day(signed_at)):
            continue
        with services.works(read_only=True) as work:
            entries = work.find(
                ArchiveEntry,
                ArchiveEntry.kind.in_(MANDATE_KINDS),
                ArchiveEntry.retain_until < mandate_until(last),
                order_id=order_id,
                area="signed",
            )
        done = 0
        for entry in entries:
            try:
                _prolong(services, entry, mandate_until(last))
            except (ArchiveMissing, ArchiveCorrupted):
                damaged += 1
            else:
                done += 1
        if done:
            with services.works() as work:
                lock_order(work, order_id)
                data = {"until": mandate_until(last).isoformat(), "documents": done}
                record(work, order_id, "archive.prolonged", SYSTEM, services.clock(), data)
        count += done
    if damaged:
        raise ArchiveDamaged(count=damaged)
    return count


def _prolong(services: Services, entry: ArchiveEntry, until: date) -> None:
    area: Area = "signed" if entry.area == "signed" else "drafts"
    data = services.archive.get(entry.sha256, area=area)
    services.archive.put(data, area=area, retain_until=until, media_type=entry.media_type)
    with services.works() as work:
        work.lock(ArchiveEntry, entry.id).retain_until = until


def _spare_draft(services: Services, order_id: str) -> None:
    today = services.today()
    with services.works(read_only=True) as work:
        entry = work.first(ArchiveEntry, order_id=order_id, kind="form", area="drafts")
        order = work.get(Order, order_id)
    if entry and entry.retain_until and entry.retain_until < today + SPARE:
        _prolong(services, entry, max(draft_until(order, today), today + 3 * SPARE))
