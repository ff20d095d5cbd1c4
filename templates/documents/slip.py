"""« Bordereau de numérisation »: the first sheet of each envelope of papers sent to the scanning provider.

Both codes say the same order, so that one damaged code is not fatal and a reader can require that they agree.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from templates import brand, catalog, layout
from templates.barcodes import page_key
from templates.catalog import Texts
from templates.documents.sheet import EmptyFrame, Look, code128, datamatrix, flow
from templates.french import formats
from templates.layout import Column, Columns, Flow, Pairs, Row, Table, Text

VERSION: Final = "2026.1"
KEY_TYPE: Final = "BORDEREAU"
"""What the DataMatrix calls this kind of page."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One paper expected in an envelope."""

    kind: str
    """Its short name for machines, such as ODI-A."""
    label: str
    pages: int


@dataclass(frozen=True, kw_only=True)
class SlipData:
    """One slip: an order and its envelopes, each with its papers."""

    look: Look
    number: str
    order_number: str
    epj: str
    company: str
    agency_code: str
    agency_name: str
    rep: str
    created_at: datetime
    order_sha256: str
    """Hash of the sealed order: its first eight characters tie the papers to this very file."""
    envelopes: tuple[tuple[Paper, ...], ...]
    batch_number: str = ""


SAMPLE: Final = SlipData(
    look=Look(
        brand=brand.Brand("Lumière Annuaires"),
        foot="Lumière Annuaires SA, 7 avenue de la Cristallerie, 92310 Sèvres, RCS Nanterre 904 125 762",
    ),
    number="BN-2026-000017",
    order_number="2026-LYO-000042",
    epj="05123874",
    company="AU NOM DE LA ROSE LYON SARL",
    agency_code="LYO",
    agency_name="Agence de Lyon",
    rep="Claire Delmas",
    created_at=datetime(2026, 11, 23, 13, 7, tzinfo=UTC),
    order_sha256="9f2c41d7" * 8,
    envelopes=(
        (
            Paper(kind="ODI-A", label="Odi A, ordre d'insertion Annuaires", pages=2),
            Paper(
                kind="ODI-C", label="Odi C, ordre d'insertion Internet, avec les visuels remis par le client", pages=4
            ),
        ),
        (Paper(kind="FICHE-SUIVI", label="Fiche suivi d'appels remplie à la main", pages=1),),
    ),
    batch_number="LOT-2026-LYO-000009",
)


def render(data: SlipData) -> bytes:
    """One page per envelope, in black on white (PDF/A-3b, PDF/UA-1)."""
    t = catalog.texts("slip", data.look.language)
    made = flow(
        data.look,
        title=t("file_title", number=data.number, order=data.order_number),
        running=t("running", number=data.number),
        when=data.created_at,
    )
    for number, papers in enumerate(data.envelopes, 1):
        if number > 1:
            made.page_break()
        _envelope(made, t, data, number, papers)
    return made.finish()


def _envelope(made: Flow, t: Texts, data: SlipData, number: int, papers: tuple[Paper, ...]) -> None:
    shown = formats(data.look.language)
    made.heading(1, t("title"))
    made.text(t("use"), layout.SOFT, before=4)
    made.space(3 * brand.STEP)
    made.add(_codes(t, data, number))
    made.space(3 * brand.STEP)
    half = layout.WIDTH / 2
    where = [
        (t("client"), data.company),
        (t("agency"), t("agency_value", name=data.agency_name, code=data.agency_code)),
        (t("rep"), data.rep),
    ]
    what = [
        (t("envelope"), t("envelope_value", number=number, count=len(data.envelopes))),
        (t("slip"), data.number),
        (t("created"), shown.instant(data.created_at)),
        *([(t("batch"), data.batch_number)] if data.batch_number else []),
    ]
    gap = 2 * brand.STEP
    made.add(
        Columns(
            [
                (0.0, [Pairs(where, width=half - gap, label=72)]),
                (half, [Pairs(what, width=half, label=72)]),
            ]
        )
    )
    made.heading(2, t("papers"))
    made.add(
        Table(
            [Column(t("paper")), Column(t("kind"), 120), Column(t("pages"), 64, "right")],
            [
                *(Row([paper.label, paper.kind, shown.quantity(paper.pages)]) for paper in papers),
                Row([t("total"), "", shown.quantity(sum(paper.pages for paper in papers))], "total"),
            ],
            width=layout.WIDTH,
            accent=made.accent,
        )
    )
    made.add(EmptyFrame(t("stamp"), width=layout.WIDTH, height=200, before=4 * brand.STEP))


def _codes(t: Texts, data: SlipData, number: int) -> Columns:
    """Order number, account number and key side by side, each with its quiet zone of white."""
    key = page_key(
        order=data.order_number,
        epj=data.epj,
        document=KEY_TYPE,
        page=number,
        pages=len(data.envelopes),
        sha256=data.order_sha256,
    )
    order, order_wide = code128(data.order_number, told=t("order_code", number=data.order_number))
    account, account_wide = code128(data.epj, told=t("epj_code", epj=data.epj))
    matrix, side = datamatrix(key, told=t("key_code", content=key))
    right = layout.WIDTH - side
    middle = order_wide + (right - order_wide - account_wide) / 2
    head = layout.SMALL_SOFT
    return Columns(
        [
            (0.0, [Text(t("order"), head, width=order_wide), layout.Space(4), order]),
            (middle, [Text(t("epj"), head, width=account_wide + 32), layout.Space(4), account]),
            (right, [matrix]),
        ]
    )
