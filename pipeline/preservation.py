"""The level that a signed document has reached, raised to PAdES B-LTA at once where time-stamp and lists answer.

What cannot be had now is a staged job (`pipeline.steps.preserve`), never a reason to keep a customer waiting. Each
level reached is an event on the order's trail; the newest one of a document says until when its time-stamp can be
verified, which is how those to be renewed are found.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Select, func, select

from pipeline.bootstrap import Services
from pipeline.events import record
from pipeline.origin import SYSTEM
from signing.errors import SealNotConfirmed, SigningError
from signing.lifetime import keeps_until, token_keeps_until
from signing.longterm import preserve
from storage.models import ArchiveEntry, Event
from storage.work import Work

log = logging.getLogger("seing.preservation")

Level = Literal["B-B", "B-T", "B-LTA"]

RAISED = "_lta"
"""Ends the kind of an archived document that was raised or renewed after the one that the order names."""

REACHED = "signature.level"
"""The kind of the events that say a level."""

MARGIN = timedelta(days=400)
"""A time-stamp that can be verified for less is renewed: a year's round, and a month to act if it fails."""


WORTH = timedelta(days=30)
"""By how much a renewal prolongs at least: units with several certificates do not make one follow the other."""


@dataclass(frozen=True)
class Reached:
    """A signed document, its level, and until when its newest document time-stamp can be verified."""

    pdf: bytes
    level: Level
    keeps_until: datetime | None = None


def raised(services: Services, pdf: bytes) -> Reached:
    """The document at B-LTA, or its time-stamp renewed.

    Raises:
        SigningError: time-stamping unit, revocation source or key service are silent, or something is missing.
    """
    stamped = preserve(pdf, services.revocation.proofs, services.keys.timestamper, thorough=False)
    return Reached(stamped, "B-LTA", keeps_until(stamped))


def best_level(services: Services, pdf: bytes) -> Reached:
    """The B-T document at B-LTA where that can be had now, else as it is."""
    try:
        return raised(services, pdf)
    except SealNotConfirmed:
        raise
    except SigningError as error:
        log.warning("level put off", extra={"reason": error.code})
        return Reached(pdf, "B-T")


def note_level(services: Services, work: Work, order_id: str, document: str, reached: Reached) -> None:
    """Say the level on the trail of an order that the caller holds locked; below B-LTA, stage what raises it."""
    digest = hashlib.sha256(reached.pdf).hexdigest()
    until = reached.keeps_until.isoformat() if reached.keeps_until else None
    data = {"document": document, "level": reached.level, "sha256": digest, "keeps_until": until}
    record(work, order_id, REACHED, SYSTEM, services.clock(), data)
    if reached.level != "B-LTA":
        stage(work, order_id, document, digest)


def stage(work: Work, order_id: str, document: str, sha256: str) -> bool:
    """Have this file raised or renewed, once; False where that was asked before."""
    args = {"order_id": order_id, "document": document, "sha256": sha256}
    return work.stage("preserve", key=f"preserve:{document}:{sha256}", args=args, order_id=order_id)


def newest(work: Work, order_id: str, document: str) -> ArchiveEntry | None:
    """The archived document with all that was added to it since."""
    kinds = (document, document + RAISED)
    return work.first(
        ArchiveEntry, ArchiveEntry.kind.in_(kinds), order_id=order_id, order_by=ArchiveEntry.stored_at.desc()
    )


def renew_due(services: Services, before: datetime | None = None) -> int:
    """Stage the renewal of every document whose time-stamp can be verified for less than a year and a month.

    Where the unit would stamp today what ends as soon, the document waits for another unit: it would be renewed day
    after day for nothing.

    Args:
        services: of the installation.
        before: renew what does not keep until then, whatever the margin and the unit.

    Returns:
        How many were staged now.
    """
    limit = before or services.clock() + MARGIN
    with services.works(read_only=True) as work:
        due = [event for event in work.session.scalars(_ending(limit)).all() if _kept(services, work, event)]
    if due and before is None:
        due = _worth_renewing(services, due)
    with services.works() as work:
        count = sum(stage(work, event.order_id, event.data["document"], event.data["sha256"]) for event in due)
    services.nudge()
    return count


def _ending(limit: datetime) -> Select[Event]:
    """What was last said of each document that does not keep until then."""
    last = select(func.max(Event.id)).where(Event.kind == REACHED).group_by(Event.order_id, _said("document"))
    return select(Event).where(Event.id.in_(last), _said("keeps_until") < limit.isoformat()).order_by(Event.id)


def _worth_renewing(services: Services, due: list[Event]) -> list[Event]:
    """Those that a time-stamp of today would keep for longer."""
    try:
        token = services.keys.timestamper.timestamp(hashlib.sha256(b"").digest())
    except SigningError as error:
        log.warning("renewal put off", extra={"reason": error.code})
        return []
    until = (token_keeps_until(token) - WORTH).isoformat()
    found = [event for event in due if event.data["keeps_until"] < until]
    if len(found) < len(due):
        log.warning("renewal waits for another time-stamping unit", extra={"documents": len(due) - len(found)})
    return found


def _said(name: str) -> ColumnElement[str]:
    said: ColumnElement[str] = Event.data[name].as_string()
    return said


def _kept(services: Services, work: Work, event: Event) -> bool:
    """Whether the document is still to be kept: nothing is renewed past its retention."""
    entry = newest(work, event.order_id, event.data["document"])
    return entry is not None and (entry.retain_until is None or entry.retain_until >= services.today())
