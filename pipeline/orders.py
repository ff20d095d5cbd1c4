"""What steps need of an order again and again: its frozen copy, its encrypted fields, its documents in the archive."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.frozen import Frozen, read_frozen
from storage.errors import ArchiveMissing
from storage.models import ArchiveEntry, Ceremony, Order, Track
from storage.work import Work

ENDED = ("done", "not_needed")
"""States of a track on which nothing more happens."""


def named(order: Order) -> str:
    """What was, or is to be, signed in a French sentence: « Bon de commande 2026-LYO-000042 »."""
    return f"{'Changement de compte' if order.amends_umr else 'Bon de commande'} {order.number}"


def signed_ceremony_id(work: Work, order_id: str) -> str:
    """The ceremony in which the order was signed."""
    ceremony = work.first(Ceremony, order_id=order_id, state="signed")
    if ceremony is None:
        raise NotFound
    return ceremony.id


def frozen_of(services: Services, order: Order) -> Frozen:
    """The frozen copy of an order, decrypted and checked against its hash."""
    data = services.vault.open(order.canonical_enc, table="orders", column="canonical_enc", row_id=order.id)
    return read_frozen(data)


def mobile_of(services: Services, order: Order) -> str:
    """The signatory's mobile, E.164."""
    return services.vault.open(order.mobile_enc, table="orders", column="mobile_enc", row_id=order.id).decode()


def retain_until(services: Services, day: date) -> date:
    """Until when a signed set is locked: the years of the settings after this day."""
    years = services.settings.retention_years
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def keep(
    services: Services, work: Work, order: Order, kind: str, name: str, data: bytes, media_type: str, area: str
) -> ArchiveEntry:
    """Note that these bytes, already put into the archive, belong to the order; once per kind and content."""
    digest = hashlib.sha256(data).hexdigest()
    found = work.first(ArchiveEntry, order_id=order.id, kind=kind, sha256=digest)
    if found:
        return found
    until = retain_until(services, services.today()) if area == "signed" else None
    return work.add(
        ArchiveEntry(
            order_id=order.id,
            kind=kind,
            name=name,
            sha256=digest,
            size=len(data),
            media_type=media_type,
            area=area,
            retain_until=until,
            stored_at=services.clock(),
        )
    )


def set_track(work: Work, order_id: str, name: str, state: str, at: datetime, detail: str | None = None) -> None:
    """Move one of the order's tracks."""
    track = work.session.get(Track, (order_id, name))
    if track is not None:
        track.state, track.detail, track.updated_at = state, detail, at


def lock_order(work: Work, order_id: str) -> Order:
    """The order's row, locked: whoever holds it alone moves the order and appends to its chain. Raises `NotFound`."""
    if work.session.get(Order, order_id) is None:
        raise NotFound
    return work.lock(Order, order_id)


def lock_accounts(work: Work, epjs: Iterable[str]) -> list[Order]:
    """Every order of these accounts, locked by id: for whoever may change several of them, before he changes one.

    All who lock several orders lock them in this order, in one go: nobody waits in a ring.
    """
    ids = work.session.scalars(select(Order.id).where(Order.epj.in_(set(epjs))).order_by(Order.id)).all()
    return [work.lock(Order, order_id) for order_id in ids]


def archived(services: Services, sha256: str | None) -> bytes:
    """A document of a signed set, hashed again on reading. Raises `NotFound` where it is not there yet."""
    if sha256 is None:
        raise NotFound
    return services.archive.get(sha256, area="signed")


def shown_form(services: Services, sha256: str) -> bytes:
    """The certified form as it was shown: a draft until the order is signed, in the signed area for ever after."""
    try:
        return services.archive.get(sha256, area="drafts")
    except ArchiveMissing:
        return services.archive.get(sha256, area="signed")
