"""The append-only, hash-chained trail of an order."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pipeline.origin import Origin
from signing.evidence import GENESIS, ChainedEvent, chain, masked
from signing.evidence import Event as Fact
from storage.models import Event
from storage.work import Work


def record(
    work: Work, order_id: str, kind: str, origin: Origin, at: datetime, data: Mapping[str, Any] | None = None
) -> None:
    """Append one event to the chain of an order, whose row the caller holds locked.

    `data` holds plain JSON values and never an IBAN, a mobile number, a code or a token: numbers and accounts that
    somebody typed into a reason, a statement or the name of his browser are masked here.
    """
    last = work.session.scalars(
        select(Event).where(Event.order_id == order_id).order_by(Event.sequence.desc()).limit(1)
    ).first()
    fact = Fact(
        sequence=last.sequence + 1 if last else 1,
        at=at,
        kind=kind,
        actor=origin.actor,
        ip=origin.ip,
        user_agent=masked(origin.user_agent)[:300] if origin.user_agent else None,
        data=masked(data or {}),
    )
    chained = chain(last.hash if last else GENESIS, fact)
    work.add(
        Event(
            order_id=order_id,
            sequence=chained.sequence,
            at=chained.at,
            kind=chained.kind,
            actor=chained.actor,
            ip=chained.ip,
            user_agent=chained.user_agent,
            data=dict(chained.data),
            previous_hash=chained.previous_hash,
            hash=chained.hash,
        )
    )
    work.session.flush()


def trail(work: Work, order_id: str) -> tuple[ChainedEvent, ...]:
    """The whole chain of an order, first event first."""
    rows = work.session.scalars(select(Event).where(Event.order_id == order_id).order_by(Event.sequence))
    return tuple(
        ChainedEvent(
            sequence=row.sequence,
            at=row.at,
            kind=row.kind,
            actor=row.actor,
            ip=row.ip,
            user_agent=row.user_agent,
            data=row.data,
            previous_hash=row.previous_hash,
            hash=row.hash,
        )
        for row in rows
    )
