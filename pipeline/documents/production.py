"""What leaves for the agency and the scanning provider."""

from collections.abc import Mapping

from pipeline.bootstrap import Services
from pipeline.frozen import Frozen
from pipeline.letters import brand, foot
from pipeline.proposal import CallTracking, CallTrackingSheet, Line, SubOrder
from pipeline.rules.lines import sheet_reasons
from storage.models import Batch, Order, Slip
from templates.documents import batch_cover, call_tracking_sheet, slip
from templates.documents.sheet import Look

PAPERS: dict[str, tuple[str, str]] = {
    "odi_a": ("ODI-A", "Odi A, ordre d'insertion Annuaires"),
    "odi_c": ("ODI-C", "Odi C, ordre d'insertion Internet"),
    "call_tracking_sheet": ("FICHE-SUIVI", "Fiche suivi d'appels"),
}
"""Enclosures: their short name for machines and what people call them."""

PAGES_EXPECTED = 1
"""Pages of a paper until the rep counts them: the fewest that an envelope can hold."""

REASONS: dict[str, call_tracking_sheet.Reason] = {
    "no_number": "no_measured_number",
    "several_numbers": "second_number",
    "mobile_number": "mobile_number",
    "several_departments": "several_departments",
    "other_contact": "other_contact",
    "overflow": "overflow",
}


def look(frozen: Frozen) -> Look:
    """In whose name and language a document of this order is drawn."""
    return Look(
        brand=brand(frozen.seller),
        foot=foot(frozen.seller),
        language=frozen.language,
        specimen="SPÉCIMEN" if frozen.specimen else "",
    )


def slip_data(order: Order, frozen: Frozen, row: Slip) -> slip.SlipData:
    """The slip of an order: one envelope with every paper that is expected."""
    papers = tuple(
        slip.Paper(kind=PAPERS[paper["type"]][0], label=PAPERS[paper["type"]][1], pages=paper["pages"])
        for paper in row.papers
    )
    return slip.SlipData(
        look=look(frozen),
        number=row.number,
        order_number=order.number,
        epj=order.epj,
        company=order.company,
        agency_code=order.agency,
        agency_name=frozen.agency_name,
        rep=frozen.rep.name,
        created_at=row.created_at,
        order_sha256=order.sealed_sha256 or "",
        envelopes=(papers,),
    )


def call_tracking_sheets(
    order: Order, frozen: Frozen, sheets: Mapping[str, CallTrackingSheet]
) -> list[call_tracking_sheet.CallTrackingSheetData]:
    """One sheet per call-tracking line whose sheet was filled on screen; `sheets` by the place of their line."""
    wanted = [
        (sub_order, line, sheets[place])
        for i, sub_order in enumerate(frozen.proposal.sub_orders)
        for j, line in enumerate(sub_order.lines)
        if (place := f"sub_orders[{i}].lines[{j}]") in sheets
    ]
    return [
        _sheet(order, frozen, sub_order, line, filled, (rank, len(wanted)))
        for rank, (sub_order, line, filled) in enumerate(wanted, 1)
    ]


def batch_cover_data(
    services: Services, row: Batch, orders: list[tuple[Order, Frozen]], files: int
) -> batch_cover.BatchCoverData:
    """The cover sheet of a batch; `files` beside it and the manifest."""
    agency = services.organisation.agency(row.agency)
    return batch_cover.BatchCoverData(
        look=look(orders[0][1]),
        number=row.number,
        agency_code=row.agency,
        agency_name=agency.name if agency else row.agency,
        created_at=row.created_at,
        orders=tuple(_batch_order(order, frozen) for order, frozen in orders),
        files=files,
    )


def _batch_order(order: Order, frozen: Frozen) -> batch_cover.BatchOrder:
    lines = [line for sub_order in frozen.proposal.sub_orders for line in sub_order.lines]
    asked: dict[batch_cover.Note, bool] = {
        "paper_invoice": order.invoice_delivery == "paper",
        "call_tracking": any(line.call_tracking for line in lines),
        "papers": bool(frozen.proposal.enclosures),
        "cancelled_lines": any(line.status == "cancelled" for line in lines),
        "modification": any(sub_order.mo for sub_order in frozen.proposal.sub_orders),
        "early_start": order.early_start,
    }
    assert order.signed_at  # noqa: S101  # only what is signed is released
    return batch_cover.BatchOrder(
        number=order.number,
        epj=order.epj,
        company=order.company,
        rep=frozen.rep.name,
        signed_at=order.signed_at,
        total_excl_vat=order.total_excl_vat,
        sha256=order.sealed_sha256 or "",
        notes=tuple(note for note, is_so in asked.items() if is_so),
    )


def _sheet(
    order: Order,
    frozen: Frozen,
    sub_order: SubOrder,
    line: Line,
    filled: CallTrackingSheet,
    rank: tuple[int, int],
) -> call_tracking_sheet.CallTrackingSheetData:
    tracking = line.call_tracking or CallTracking()
    numbers = tuple(
        call_tracking_sheet.MeasuredNumber(number=item.number, medium=item.medium, department=item.department)
        for item in filled.numbers
    ) or tuple(
        call_tracking_sheet.MeasuredNumber(number=number, medium=tracking.medium)
        for number in tracking.measured_numbers
    )
    assert order.signed_at  # noqa: S101
    return call_tracking_sheet.CallTrackingSheetData(
        look=look(frozen),
        order_number=order.number,
        epj=order.epj,
        company=order.company,
        sub_order=sub_order.number,
        order_ref=sub_order.order_ref,
        product=line.label,
        activity=line.activity,
        departments=tracking.departments,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        rep=frozen.rep.name,
        filled_at=order.prepared_at,
        order_sha256=order.sealed_sha256 or "",
        reasons=tuple(REASONS[name] for name in sheet_reasons(line)),
        numbers=numbers,
        contact_name=filled.contact_name,
        contact_number=filled.contact_number,
        overflow_number=filled.overflow_number,
        comment=filled.comment,
        sheet=rank[0],
        sheets=rank[1],
    )
