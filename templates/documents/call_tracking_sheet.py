"""« Fiche suivi d'appels »: what a standard form cannot say about the calls that a product measures."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal

from templates import brand, catalog, layout
from templates.barcodes import page_key
from templates.catalog import Texts
from templates.documents.sheet import EmptyFrame, Look, code128, datamatrix, flow
from templates.french import formats
from templates.layout import Block, Column, Columns, Flow, Heading, Items, Pairs, Row, Table, Text

VERSION: Final = "2026.1"
KEY_TYPE: Final = "FICHE-SUIVI"
"""What the DataMatrix calls this kind of page."""
Reason = Literal[
    "no_measured_number",
    "second_number",
    "mobile_number",
    "two_numbers_one_medium",
    "several_departments",
    "other_contact",
    "overflow",
]


@dataclass(frozen=True, kw_only=True)
class MeasuredNumber:
    """A number whose calls are counted; E.164, or as it was typed."""

    number: str
    medium: str = ""
    department: str = ""


@dataclass(frozen=True, kw_only=True)
class CallTrackingSheetData:
    """One sheet, for one line of one order."""

    look: Look
    order_number: str
    epj: str
    company: str
    sub_order: str
    order_ref: str
    product: str
    activity: str
    departments: tuple[str, ...]
    starts_on: date | None
    ends_on: date | None
    rep: str
    filled_at: datetime
    order_sha256: str
    """Hash of the sealed order: its first eight characters tie the sheet to this very file."""
    reasons: tuple[Reason, ...]
    numbers: tuple[MeasuredNumber, ...]
    contact_name: str = ""
    contact_number: str = ""
    """Where calls arrive when not at the measured number."""
    overflow_number: str = ""
    comment: str = ""
    sheet: int = 1
    sheets: int = 1
    to_sign: bool = False
    """Leaves room for a signature by hand, for a customer who insists on paper."""


SAMPLE: Final = CallTrackingSheetData(
    look=Look(
        brand=brand.Brand("Lumière Annuaires"),
        foot="Lumière Annuaires SA, 7 avenue de la Cristallerie, 92310 Sèvres, RCS Nanterre 904 125 762",
    ),
    order_number="2026-LYO-000042",
    epj="05123874",
    company="AU NOM DE LA ROSE LYON SARL",
    sub_order="S001",
    order_ref="2600417101",
    product="Suivi d'appels, numéro dédié",
    activity="Fleuristes",
    departments=("69", "01"),
    starts_on=date(2027, 1, 1),
    ends_on=date(2027, 12, 31),
    rep="Claire Delmas",
    filled_at=datetime(2026, 11, 23, 12, 40, tzinfo=UTC),
    order_sha256="9f2c41d7" * 8,
    reasons=("second_number", "mobile_number", "several_departments", "overflow"),
    numbers=(
        MeasuredNumber(number="+33478370000", medium="Internet", department="69"),
        MeasuredNumber(number="+33612345679", medium="Internet", department="01"),
    ),
    contact_name="Hélène Garnier",
    contact_number="+33478370001",
    overflow_number="+33612345678",
    comment="Le deuxième numéro est celui de la camionnette.\nNe pas faire sonner le dimanche & les jours fériés.",
    to_sign=True,
)


def render(data: CallTrackingSheetData) -> bytes:
    """The sheet (PDF/A-3b, PDF/UA-1)."""
    t = catalog.texts("call_tracking_sheet", data.look.language)
    made = flow(
        data.look,
        title=t("file_title", order=data.order_number, product=data.product),
        running=t("running", order=data.order_number),
        when=data.filled_at,
    )
    made.heading(1, t("title"))
    made.text(t("lead"), layout.SOFT, before=4)
    made.space(2 * brand.STEP)
    made.add(_codes(t, data))
    _facts(made, t, data)
    _numbers(made, t, data)
    _why_and_where(made, t, data)
    if data.comment:
        made.heading(2, t("comment"))
        made.text(data.comment, before=4)
    if data.to_sign:
        made.add(EmptyFrame(t("sign"), width=layout.WIDTH / 2, height=80, before=3 * brand.STEP))
    return made.finish()


def _codes(t: Texts, data: CallTrackingSheetData) -> Columns:
    key = page_key(
        order=data.order_number,
        epj=data.epj,
        document=KEY_TYPE,
        page=data.sheet,
        pages=data.sheets,
        sha256=data.order_sha256,
    )
    bars, wide = code128(data.order_number, told=t("order_code", number=data.order_number))
    matrix, side = datamatrix(key, told=t("key_code", content=key))
    return Columns(
        [
            (0.0, [Text(t("order"), layout.SMALL_SOFT, width=wide), layout.Space(4), bars]),
            (layout.WIDTH - side, [matrix]),
        ]
    )


def _facts(made: Flow, t: Texts, data: CallTrackingSheetData) -> None:
    shown, half, gap = formats(data.look.language), layout.WIDTH / 2, 2 * brand.STEP
    who = [
        (t("client"), data.company),
        (t("epj"), data.epj),
        (t("rep"), data.rep),
        (t("filled"), shown.date(data.filled_at)),
        (t("sheet"), t("sheet_value", number=data.sheet, count=data.sheets)),
    ]
    period = ""
    if data.starts_on and data.ends_on:
        period = t("period_value", start=shown.date(data.starts_on), end=shown.date(data.ends_on))
    what = [
        (t("sub_order"), t("sub_order_value", number=data.sub_order, reference=data.order_ref)),
        (t("product"), data.product),
        (t("activity"), data.activity),
        (t("departments"), ", ".join(data.departments)),
        (t("period"), period),
    ]
    made.add(
        Columns(
            [
                (0.0, [Pairs(who, width=half - gap, label=80)]),
                (half, [Pairs([pair for pair in what if pair[1]], width=half, label=88)]),
            ],
            before=3 * brand.STEP,
        )
    )


def _numbers(made: Flow, t: Texts, data: CallTrackingSheetData) -> None:
    shown = formats(data.look.language)
    made.heading(2, t("numbers"))
    if data.numbers:
        made.add(
            Table(
                [Column(t("number")), Column(t("medium"), 180), Column(t("department"), 96)],
                [Row([shown.phone(each.number), each.medium, each.department]) for each in data.numbers],
                width=layout.WIDTH,
                accent=made.accent,
                summary=t("summary"),
            )
        )
    else:
        made.text(t("no_number"), before=4)


def _why_and_where(made: Flow, t: Texts, data: CallTrackingSheetData) -> None:
    shown, half, gap = formats(data.look.language), layout.WIDTH / 2, 2 * brand.STEP
    contact = shown.phone(data.contact_number) if data.contact_number else t("same_number")
    overflow = shown.phone(data.overflow_number) if data.overflow_number else t("no_overflow")
    routing = [(t("contact_name"), data.contact_name), (t("contact_number"), contact), (t("overflow_number"), overflow)]
    where: list[Block] = [
        Heading(2, t("routing"), width=half, accent=made.accent),
        Pairs([pair for pair in routing if pair[1]], width=half, label=96, before=4),
    ]
    why: list[Block] = [
        Heading(2, t("why"), width=half - gap, accent=made.accent),
        Items([t(f"reason.{reason}") for reason in data.reasons], width=half - gap, before=4),
    ]
    made.add(Columns([(0.0, where), (half, why)] if data.reasons else [(0.0, where)], before=3 * brand.STEP))
