"""Cover sheet of a production batch: what the agency receives, order by order, and how to check that it is whole."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal

from templates import brand, catalog, layout
from templates.documents.sheet import Look, code128, flow
from templates.french import formats
from templates.layout import Column, Columns, Pairs, Rich, Row, Table, Text

VERSION: Final = "2026.1"
Note = Literal["paper_invoice", "call_tracking", "papers", "cancelled_lines", "modification", "early_start"]


@dataclass(frozen=True, kw_only=True)
class BatchOrder:
    """One order of the batch; `sha256` of its sealed form."""

    number: str
    epj: str
    company: str
    rep: str
    signed_at: datetime
    total_excl_vat: Decimal
    sha256: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BatchCoverData:
    """A production batch."""

    look: Look
    number: str
    agency_code: str
    agency_name: str
    created_at: datetime
    orders: tuple[BatchOrder, ...]
    files: int
    """Files in the batch beside this sheet and the manifest."""


SAMPLE: Final = BatchCoverData(
    look=Look(
        brand=brand.Brand("Lumière Annuaires"),
        foot="Lumière Annuaires SA, 7 avenue de la Cristallerie, 92310 Sèvres, RCS Nanterre 904 125 762",
    ),
    number="LOT-2026-LYO-000009",
    agency_code="LYO",
    agency_name="Agence de Lyon",
    created_at=datetime(2026, 11, 23, 13, 8, tzinfo=UTC),
    orders=(
        BatchOrder(
            number="2026-LYO-000042",
            epj="05123874",
            company="AU NOM DE LA ROSE LYON SARL",
            rep="Claire Delmas",
            signed_at=datetime(2026, 11, 23, 13, 5, 9, tzinfo=UTC),
            total_excl_vat=Decimal("5047.30"),
            sha256="9f2c41d7" * 8,
            notes=("call_tracking", "cancelled_lines"),
        ),
        BatchOrder(
            number="2026-LYO-000043",
            epj="07004410",
            company="Société coopérative artisanale des maîtres-verriers du Beaujolais et de la Dombes réunis",
            rep="Claire Delmas",
            signed_at=datetime(2026, 11, 23, 15, 41, 2, tzinfo=UTC),
            total_excl_vat=Decimal("1184320.00"),
            sha256="0d5be2aa" * 8,
            notes=("paper_invoice", "papers", "modification", "early_start"),
        ),
        BatchOrder(
            number="2026-LYO-000044",
            epj="03358120",
            company="Bât-Étanche & Fils",
            rep="Claire Delmas",
            signed_at=datetime(2026, 11, 24, 9, 12, 30, tzinfo=UTC),
            total_excl_vat=Decimal("-312.50"),
            sha256="77c1900e" * 8,
        ),
    ),
    files=11,
)


def render(data: BatchCoverData) -> bytes:
    """The cover sheet (PDF/A-3b, PDF/UA-1)."""
    t, shown = catalog.texts("batch_cover", data.look.language), formats(data.look.language)
    made = flow(
        data.look,
        title=t("file_title", number=data.number),
        running=t("running", number=data.number),
        when=data.created_at,
    )
    count = len(data.orders)
    orders = t("one_order") if count == 1 else t("many_orders", count=count)
    bars, wide = code128(data.number, told=t("batch_code", number=data.number))
    made.heading(1, t("title"))
    made.text(t("lead", agency=data.agency_name, orders=orders), before=4)
    facts = Pairs(
        [
            (t("batch"), data.number),
            (t("agency"), t("agency_value", name=data.agency_name, code=data.agency_code)),
            (t("created"), shown.instant(data.created_at)),
            (t("files"), t("files_value", count=data.files)),
        ],
        width=layout.WIDTH - wide - 4 * brand.STEP,
        label=80,
    )
    made.add(Columns([(0.0, [facts]), (layout.WIDTH - wide, [bars])], before=3 * brand.STEP))
    made.heading(2, t("orders"))
    rows = []
    total = sum((each.total_excl_vat for each in data.orders), Decimal(0))
    for each in data.orders:
        client = [Rich(each.company), Rich(t("epj", epj=each.epj), layout.SMALL_SOFT)]
        notes = [Rich(t(f"note.{note}")) for note in each.notes]
        signed = [Rich(shown.date(each.signed_at)), Rich(shown.time(each.signed_at), layout.SMALL_SOFT)]
        net = shown.amount(each.total_excl_vat)
        rows.append(Row([each.number, client, each.rep, signed, notes or "", net]))
    rows.append(Row([t("total"), "", "", "", "", shown.amount(total)], "total"))
    made.add(
        Table(
            [
                Column(t("order"), 88),
                Column(t("client")),
                Column(t("rep"), 72),
                Column(t("signed"), 60),
                Column(t("contents"), 112),
                Column(t("net"), 68, "right"),
            ],
            rows,
            width=layout.WIDTH,
            accent=made.accent,
            summary=t("summary"),
        )
    )
    for each in data.orders:
        line = f"{each.number} · {t('fingerprint', sha256=each.sha256)}"
        made.add(
            Text(line, layout.SMALL_SOFT, width=layout.WIDTH, before=2 * brand.STEP if each is data.orders[0] else 0)
        )
    return made.finish()
