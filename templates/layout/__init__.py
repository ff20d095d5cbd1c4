"""Our own layout: blocks that know their height, placed on tagged pages. One pass to measure, one to draw.

How to draw a document::

    from datetime import UTC, datetime
    from templates import brand, catalog, layout
    from templates.layout import Column, Columns, Flow, Furniture, Pairs, Rich, Row, Table, Text
    from templates.pdf import Facts

    t = catalog.texts("slip", data.language)                      # catalog/fr/slip.toml, catalog/en/slip.toml
    flow = Flow(
        Facts(title=t("title", number=data.number), language="fr-FR", when=datetime(2026, 11, 23, tzinfo=UTC)),
        Furniture(data.brand, t("title", number=data.number), foot="Lumière Annuaires SA, ...", specimen=""),
    )
    flow.heading(1, t("title", number=data.number))               # levels 1, 2, 3 without a gap; one level 1
    flow.text(t("intro"), layout.SOFT)                # also BODY, STRONG, SMALL, SMALL_STRONG, SMALL_SOFT, FINE
    flow.items(["un", "deux"])                                    # a list
    flow.add(Pairs([("EPJ", data.epj), ("Agence", data.agency)], width=layout.WIDTH))
    flow.add(Table(
        [Column("Désignation"), Column("Net HT (€)", 72, "right")],   # width 0 shares what is left; units in the head
        [Row(["Sous-commande S001"], "group"), Row(["Site", "1 225,50"]), Row(["Total", "1 225,50"], "total")],
        width=layout.WIDTH, accent=flow.accent,
    ))
    flow.add(layout.qr(url, side=72, alt=t("qr_alt")))            # also datamatrix(), code128(), Figure(), logo()
    flow.page_break()                                             # or flow.sheet(): front of a fresh sheet
    return flow.finish()                                  # attachments=(Attachment(...),), schemas=(factur_x(),)

Rules of the house:

- Every word comes from a catalog; every value arrives formatted or is formatted with `templates.french.formats`.
- What a person typed is text: pass it as it is. `MissingGlyphError` (a TemplateError) names what no font can draw.
- A cell is a `str`, a `Rich(text, style, sign)` or several `Rich`. Signs: `layout.SIGNS["new"]`, always beside a word.
- Tables repeat their head, never cut a row that fits on a page, keep totals with two rows and groups with one.
- `Columns([(0, [blocks]), (260, [blocks])])` sets stacks side by side; `Stack([...])` keeps blocks together;
  `keep=True` keeps a block with the next; `Newspaper` runs text in columns over pages.
- Blocks never change when drawn: fixed ones (terms, notices) may be kept between documents with `functools.cache`.
- Measures are points; `layout.WIDTH` is the width of the page's body, `brand.STEP` (8) the grid.
"""

from templates.layout.block import Block, Columns, Panel, Pen, Rule, Space, Stack
from templates.layout.figures import SIGNS, Figure, SignatureField, Ticks, code128, datamatrix, logo, qr
from templates.layout.flow import BOTTOM, MARGIN, ROOM, TOP, WIDTH, Flow, Furniture
from templates.layout.newspaper import Newspaper
from templates.layout.pairs import Pairs
from templates.layout.table import Column, Rich, Row, Table
from templates.layout.text import (
    BODY,
    FINE,
    FINE_STRONG,
    HEAD,
    LARGE,
    SMALL,
    SMALL_SOFT,
    SMALL_STRONG,
    SOFT,
    STRONG,
    Heading,
    Items,
    Style,
    Text,
    coloured,
)

__all__ = [
    "BODY",
    "BOTTOM",
    "FINE",
    "FINE_STRONG",
    "HEAD",
    "LARGE",
    "MARGIN",
    "ROOM",
    "SIGNS",
    "SMALL",
    "SMALL_SOFT",
    "SMALL_STRONG",
    "SOFT",
    "STRONG",
    "TOP",
    "WIDTH",
    "Block",
    "Column",
    "Columns",
    "Figure",
    "Flow",
    "Furniture",
    "Heading",
    "Items",
    "Newspaper",
    "Pairs",
    "Panel",
    "Pen",
    "Rich",
    "Row",
    "Rule",
    "SignatureField",
    "Space",
    "Stack",
    "Style",
    "Table",
    "Text",
    "Ticks",
    "code128",
    "coloured",
    "datamatrix",
    "logo",
    "qr",
]
