"""The structure tree of a tagged PDF: elements, their attributes, text strings (ISO 32000-1, 14.7 and 14.8)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

ESCAPED = re.compile(r"([\\()])")
CATALOG, PAGES, INFO, METADATA, PROFILE, TREE, PARENTS, FIRST = range(1, 9)
"""Numbers of the objects that every file has once; `FIRST` begins those that are handed out."""


def string(text: str) -> str:
    """A PDF text string (7.9.2.2), ready to write: a literal when plain ASCII, UTF-16 in hexadecimal otherwise."""
    if text.isascii() and text.isprintable():
        return "(" + ESCAPED.sub(r"\\\1", text) + ")"
    return f"<feff{text.encode('utf-16-be').hex()}>"


def attributes(
    *,
    alt: str = "",
    actual: str = "",
    scope: str = "",
    colspan: int = 1,
    rowspan: int = 1,
    bbox: Sequence[float] = (),
    numbering: str = "",
    summary: str = "",
    lang: str = "",
) -> str:
    """The entries of a structure element beyond its type, ready to write.

    Args:
        alt: what a reader who cannot see is told instead (required for Figure and Form).
        actual: the text that a drawn sign stands for.
        scope: `Column` or `Row`, for TH.
        colspan: columns that a cell covers.
        rowspan: rows that a cell covers.
        bbox: left, bottom, right, top in points, for Figure.
        numbering: `Disc`, `Decimal`..., for L.
        summary: what a Table shows.
        lang: the language of what it holds, where it is not the document's (`fr-FR`).
    """
    table = f"/Scope/{scope}" if scope else ""
    if colspan > 1:
        table += f"/ColSpan {colspan}"
    if rowspan > 1:
        table += f"/RowSpan {rowspan}"
    if summary:
        table += f"/Summary{string(summary)}"
    return (
        (f"/Alt{string(alt)}" if alt else "")
        + (f"/Lang{string(lang)}" if lang else "")
        + (f"/ActualText{string(actual)}" if actual else "")
        + (f"/A<</O/Table{table}>>" if table else "")
        + (f"/A<</O/List/ListNumbering/{numbering}>>" if numbering else "")
        + (f"/A<</O/Layout/Placement/Block/BBox[{' '.join(f'{v:.2f}' for v in bbox)}]>>" if bbox else "")
    )


@dataclass(frozen=True, slots=True)
class Field:
    """A form field with its widget. `body` holds its entries but its look, which is empty, `size` points large."""

    number: int
    body: str
    size: tuple[float, float]


@dataclass(slots=True, eq=False)
class Elem:
    """A structure element. It joins the tree when it is first drawn, so drawing order is reading order.

    It knows its parent by number: without rings among them, the elements of a form are gone as soon as it is drawn.
    Kids are written as `K` has them. An element may go on over several pages: begin it again.
    """

    tag: str
    extra: str = ""
    number: int = 0
    parent: int = 0
    page: int = 0
    kids: list[str] = field(default_factory=list)

    def show(self, page: int, mark: int) -> None:
        """Takes a mark of a page as its next kid."""
        self.page = self.page or page
        self.kids.append(f"{mark}" if page == self.page else f"<</Type/MCR/Pg {page} 0 R/MCID {mark}>>")

    def body(self) -> str:
        """The object."""
        kids = self.kids
        k = f"/K {kids[0]}" if len(kids) == 1 else f"/K[{' '.join(kids)}]" if kids else ""
        page = f"/Pg {self.page} 0 R" if self.page else ""
        return f"<</Type/StructElem/S/{self.tag}/P {self.parent} 0 R{page}{k}{self.extra}>>"
