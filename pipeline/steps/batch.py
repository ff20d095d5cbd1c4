"""The production batch: a ZIP that an agency can trust, drawn from what is in the archive, the same however often."""

import hashlib
import io
import json
import zipfile
from typing import Any

from pipeline import documents
from pipeline.bootstrap import Services
from pipeline.channels.drop import DropError
from pipeline.events import record
from pipeline.frozen import Frozen
from pipeline.orders import archived, frozen_of, keep, lock_order, retain_until, set_track
from pipeline.origin import SYSTEM
from pipeline.retry import Later
from pipeline.sheets import filled_sheets
from storage.errors import ArchiveUnavailable
from storage.models import Batch, BatchItem, Order, Slip
from templates.documents import batch_cover, call_tracking_sheet
from templates.documents import slip as slip_template

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every entry: a ZIP has no better way to say nothing, and the same batch gives the same bytes."""


def batch(services: Services, batch_id: str, slip_id: str | None) -> None:
    """Draw the slip, put the batch together, archive it and drop it; once each. Raises `Later` where a door is shut."""
    with services.works(read_only=True) as work:
        row = work.get(Batch, batch_id)
        orders = [work.get(Order, item.order_id) for item in work.find(BatchItem, batch_id=batch_id)]
    if row.dropped_at:
        return
    try:
        slips = {order.id: _slip(services, order, slip_id) for order in orders}
        data = _zip(services, row, orders, slips)
        sha256 = services.archive.put(
            data, area="signed", retain_until=retain_until(services, services.today()), media_type="application/zip"
        )
        name = f"{row.number}.zip"
        services.drop.put(row.agency, name, data)
    except ArchiveUnavailable as error:
        raise Later(error.code) from error
    except DropError as error:
        raise Later(str(error)) from error
    with services.works() as work:
        locked = [lock_order(work, each.id) for each in orders]  # orders before their batch, as everywhere
        row = work.lock(Batch, batch_id)
        if row.dropped_at:
            return
        at = services.clock()
        for order in locked:
            keep(services, work, order, "batch", name, data, "application/zip", "signed")
            set_track(work, order.id, "agency", "running", at, row.number)
            record(work, order.id, "batch.dropped", SYSTEM, at, {"batch": row.number, "sha256": sha256})
        row.sha256, row.file_name, row.dropped_at = sha256, name, at


def _slip(services: Services, order: Order, slip_id: str | None) -> bytes | None:
    """The Docapost slip of an order, drawn and archived once."""
    if slip_id is None:
        return None
    with services.works(read_only=True) as work:
        row = work.get(Slip, slip_id)
    if row.sha256:
        return services.archive.get(row.sha256, area="signed")
    pdf = slip_template.render(documents.slip_data(order, frozen_of(services, order), row))
    sha256 = services.archive.put(
        pdf, area="signed", retain_until=retain_until(services, services.today()), media_type="application/pdf"
    )
    with services.works() as work:
        order = lock_order(work, order.id)
        row = work.lock(Slip, slip_id)
        if row.sha256 is None:
            at = services.clock()
            row.sha256 = sha256
            keep(services, work, order, "slip", "bordereau.pdf", pdf, "application/pdf", "signed")
            set_track(work, order.id, "papers", "waiting", at, row.number)
            data = {"number": row.number, "papers": [paper["type"] for paper in row.papers]}
            record(work, order.id, "slip.made", SYSTEM, at, data)
    return pdf


def _zip(services: Services, row: Batch, orders: list[Order], slips: dict[str, bytes | None]) -> bytes:
    files: dict[str, bytes] = {}
    summary = []
    for order in sorted(orders, key=lambda each: each.number):
        frozen = frozen_of(services, order)
        with services.works(read_only=True) as work:
            sheets = filled_sheets(services, work, order, frozen)
        own: dict[str, bytes] = {
            "bon-de-commande.pdf": archived(services, order.sealed_sha256),
            "order.json": _canonical(order_json(order, frozen)),
        }
        slip = slips.get(order.id)
        if slip:
            own["annexes/bordereau.pdf"] = slip
        for rank, sheet in enumerate(documents.call_tracking_sheets(order, frozen, sheets), 1):
            own[f"annexes/fiche-suivi-appels-{rank:02d}.pdf"] = call_tracking_sheet.render(sheet)
        files |= {f"{order.number}/{name}": data for name, data in own.items()}
        summary.append((order, frozen, own))
    files["lot.pdf"] = batch_cover.render(
        documents.batch_cover_data(services, row, [(order, frozen) for order, frozen, _ in summary], len(files))
    )
    manifest = {
        "schema": "seing.batch/1",
        "batch": row.number,
        "agency": row.agency,
        "created_at": row.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "orders": [{"number": order.number, "epj": order.epj, "files": len(own)} for order, _, own in summary],
        "files": [
            {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in sorted(files.items())
        ],
    }
    files["MANIFEST.json"] = _canonical(manifest)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, data)
    return out.getvalue()


def order_json(order: Order, frozen: Frozen) -> dict[str, Any]:
    """What the agency's tools read: the order without bank details and telephone numbers of the signatory."""
    proposal = frozen.proposal.model_dump(mode="json")
    signatory = proposal["account"]["signatory"]
    signatory.pop("mobile", None)
    return {
        "schema": "seing.production-order/1",
        "number": order.number,
        "epj": order.epj,
        "signed_at": order.signed_at.strftime("%Y-%m-%dT%H:%M:%SZ") if order.signed_at else None,
        "sealed_sha256": order.sealed_sha256,
        "evidence_sha256": order.evidence_sha256,
        "canonical_sha256": order.canonical_sha256,
        "agency": order.agency,
        "rep": order.rep_id,
        "total_excl_vat": f"{order.total_excl_vat:.2f}",
        "total_incl_vat": f"{order.total_incl_vat:.2f}",
        "mandate_umr": order.mandate_umr,
        "invoice_delivery": order.invoice_delivery,
        "withdrawal_until": order.withdrawal_until.isoformat() if order.withdrawal_until else None,
        "early_start": order.early_start,
        "proposal": proposal,
    }


def _canonical(tree: object) -> bytes:
    return json.dumps(tree, ensure_ascii=False, indent=2, sort_keys=True).encode()
