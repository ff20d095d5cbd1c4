"""« Bordereau de lot »: the first sheet of a parcel of envelopes sent to the scanning provider, over many orders."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from templates import brand, catalog, layout
from templates.barcodes import page_key
from templates.documents.sheet import EmptyFrame, Look, code128, datamatrix, flow
from templates.french import formats
from templates.layout import Column, Columns, Pairs, Row, Table, Text

VERSION: Final = "2026.1"
KEY_TYPE: Final = "LOT"
"""What the DataMatrix calls this kind of page."""


@dataclass(frozen=True, kw_only=True)
class BatchSlipOrder:
    """One order of the parcel."""

    order_number: str
    epj: str
    company: str
    slip_number: str
    envelopes: int
    pages: int
    """Pages of papers to scan, the slips not counted."""


@dataclass(frozen=True, kw_only=True)
class BatchSlipData:
    """A parcel."""

    look: Look
    number: str
    agency_code: str
    agency_name: str
    sender: str
    created_at: datetime
    orders: tuple[BatchSlipOrder, ...]
    manifest_sha256: str
    """Hash of the manifest that travels beside the paper."""


SAMPLE: Final = BatchSlipData(
    look=Look(
        brand=brand.Brand("Lumière Annuaires"),
        foot="Lumière Annuaires SA, 7 avenue de la Cristallerie, 92310 Sèvres, RCS Nanterre 904 125 762",
    ),
    number="PAP-2026-LYO-000003",
    agency_code="LYO",
    agency_name="Agence de Lyon",
    sender="Nadia Roux, assistante commerciale",
    created_at=datetime(2026, 11, 27, 16, 30, tzinfo=UTC),
    orders=tuple(
        BatchSlipOrder(
            order_number=f"2026-LYO-{40 + i:06d}",
            epj=f"{5123874 + 17 * i:08d}",
            company="Société coopérative artisanale des maîtres-verriers du Beaujolais et de la Dombes réunis"
            if i == 3
            else f"Établissements Dupré et fils n° {i}",
            slip_number=f"BN-2026-{15 + i:06d}",
            envelopes=1 + i % 2,
            pages=2 + i % 5,
        )
        for i in range(1, 33)
    ),
    manifest_sha256="3b1e77c0" * 8,
)


def render(data: BatchSlipData) -> bytes:
    """The slip: as many pages as its orders need, the head of the table on each (PDF/A-3b, PDF/UA-1)."""
    t, shown = catalog.texts("batch_slip", data.look.language), formats(data.look.language)
    made = flow(
        data.look,
        title=t("file_title", number=data.number),
        running=t("running", number=data.number),
        when=data.created_at,
    )
    made.heading(1, t("title"))
    made.text(t("use"), layout.SOFT, before=4)
    made.space(3 * brand.STEP)
    key = page_key(
        order=data.number, epj=data.agency_code, document=KEY_TYPE, page=1, pages=1, sha256=data.manifest_sha256
    )
    bars, wide = code128(data.number, told=t("batch_code", number=data.number))
    matrix, side = datamatrix(key, told=t("key_code", content=key))
    made.add(
        Columns(
            [
                (0.0, [Text(t("batch"), layout.SMALL_SOFT, width=wide), layout.Space(4), bars]),
                (layout.WIDTH - side, [matrix]),
            ]
        )
    )
    envelopes, pages = sum(each.envelopes for each in data.orders), sum(each.pages for each in data.orders)
    counts = t("counts_value", orders=len(data.orders), envelopes=envelopes, pages=pages)
    made.add(
        Pairs(
            [
                (t("agency"), t("agency_value", name=data.agency_name, code=data.agency_code)),
                (t("sender"), data.sender),
                (t("created"), shown.instant(data.created_at)),
                (t("counts"), counts),
                (t("manifest"), data.manifest_sha256),
            ],
            width=layout.WIDTH,
            before=3 * brand.STEP,
        )
    )
    made.heading(2, t("orders"))
    rows = [
        Row(
            [
                each.order_number,
                each.epj,
                each.company,
                each.slip_number,
                shown.quantity(each.envelopes),
                shown.quantity(each.pages),
            ]
        )
        for each in data.orders
    ]
    rows.append(Row([t("total"), "", "", "", shown.quantity(envelopes), shown.quantity(pages)], "total"))
    made.add(
        Table(
            [
                Column(t("order"), 88),
                Column(t("epj"), 68),
                Column(t("client")),
                Column(t("slip"), 84),
                Column(t("envelopes"), 60, "right"),
                Column(t("pages"), 44, "right"),
            ],
            rows,
            width=layout.WIDTH,
            accent=made.accent,
            summary=t("summary"),
        )
    )
    made.add(EmptyFrame(t("stamp"), width=layout.WIDTH, height=96, before=3 * brand.STEP))
    return made.finish()
