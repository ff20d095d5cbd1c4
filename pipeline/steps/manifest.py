"""The manifest of an order: every document that the archive holds of it, by hash, with the end of its retention.

Archived itself each time that the set has grown, so that the archive alone, without the database, says what belongs
together.
"""

import json
from typing import Any

from sqlalchemy import func, select

from pipeline.bootstrap import Services
from pipeline.orders import keep, lock_order, retain_until
from pipeline.retry import Later
from storage.errors import ArchiveUnavailable
from storage.models import ArchiveEntry, Event, Order
from storage.work import Work

SCHEMA = "seing.archive/1"
KIND = "manifest"


def manifest_of(work: Work, order: Order) -> dict[str, Any]:
    """What belongs to an order, as plain JSON values: the same set gives the same manifest."""
    entries = work.find(ArchiveEntry, ArchiveEntry.kind != KIND, order_id=order.id, area="signed")
    documents = [line(entry) for entry in sorted(entries, key=lambda each: (each.stored_at, each.kind, each.sha256))]
    return {
        "schema": SCHEMA,
        "order": {
            "number": order.number,
            "epj": order.epj,
            "company": order.company,
            "signed_at": order.signed_at.strftime("%Y-%m-%dT%H:%M:%SZ") if order.signed_at else None,
            "total_incl_vat": f"{order.total_incl_vat:.2f}",
            "canonical_sha256": order.canonical_sha256,
            "mandate_umr": order.mandate_umr,
        },
        "documents": documents,
    }


def line(entry: ArchiveEntry) -> dict[str, Any]:
    """One document in a manifest."""
    return {
        "kind": entry.kind,
        "name": entry.name,
        "sha256": entry.sha256,
        "size": entry.size,
        "media_type": entry.media_type,
        "stored_at": entry.stored_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "retain_until": entry.retain_until.isoformat() if entry.retain_until else None,
    }


def written(manifest: dict[str, Any]) -> bytes:
    """The manifest as it is archived."""
    return json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode()


def manifest(services: Services, order_id: str) -> None:
    """Archive the manifest of what is there now; the same set again changes nothing."""
    with services.works(read_only=True) as work:
        data = written(manifest_of(work, work.get(Order, order_id)))
    try:
        services.archive.put(
            data,
            area="signed",
            retain_until=retain_until(services, services.today()),
            media_type="application/json",
        )
    except ArchiveUnavailable as error:
        raise Later(error.code) from error
    with services.works() as work:
        order = lock_order(work, order_id)
        if written(manifest_of(work, order)) != data:
            raise Later("archive.set_has_grown")  # while the archive took this one, which is of no use
        keep(services, work, order, KIND, "manifeste.json", data, "application/json", "signed")


def stage_manifests(services: Services) -> int:
    """Stage the manifest of every order whose documents are newer than its last one; how many."""
    newest = func.max(ArchiveEntry.stored_at)
    documents = (
        select(ArchiveEntry.order_id, newest).where(ArchiveEntry.area == "signed").group_by(ArchiveEntry.order_id)
    )
    staged = 0
    with services.works() as work:
        listed = dict(work.session.execute(documents.where(ArchiveEntry.kind == KIND)).all())
        sealed = select(Event.order_id).where(Event.kind == "order.archived")
        due = documents.where(ArchiveEntry.kind != KIND, ArchiveEntry.order_id.in_(sealed))
        for order_id, at in work.session.execute(due):
            if order_id not in listed or listed[order_id] < at:
                key = f"manifest:{order_id}:{at:%Y%m%dT%H%M%S%f}"
                staged += work.stage("manifest", key=key, args={"order_id": order_id}, order_id=order_id)
    services.nudge()
    return staged
