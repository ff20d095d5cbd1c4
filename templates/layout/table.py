"""Tables: measured rows, heads repeated on each page, no row cut, no row left alone, totals never without company."""

import copy
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from templates import brand
from templates.layout.block import Block, Pen
from templates.layout.text import SMALL, SMALL_SOFT, SMALL_STRONG, Align, Style, Text
from templates.pdf import Elem, attributes

PAD_X, PAD_Y = 6.0, 3.5
Kind = Literal["row", "group", "total", "sum"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head (with the unit of its figures), width in points (0 shares what is left), alignment."""

    head: str
    width: float = 0.0
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Rich:
    """A paragraph of a cell in another style than the table's, or with a drawn sign before it.

    `sign` is operators around the origin (see `figures.SIGNS`), at the place of a letter, 9 points wide.
    """

    text: str
    style: Style = SMALL
    sign: str = ""


Cell = str | Rich | Sequence[Rich]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of cells. A `group` has one cell over all columns; `total` (bold) and `sum` stay with the rows above."""

    cells: Sequence[Cell]
    kind: Kind = "row"


@functools.lru_cache(4096)
def _text(text: str, style: Style, room: float, align: Align) -> Text:
    """A paragraph of a cell: dates, counts and words return in table after table."""
    return Text(text, style, width=room, align=align)


class _Measured:
    """A row laid out: its cells' paragraphs with their offsets, its height."""

    __slots__ = ("cells", "height", "key", "keys", "kind")

    def __init__(self, cells: list[list[tuple[Text, float, str]]], kind: str, height: float) -> None:
        self.cells, self.kind, self.height = cells, kind, height
        self.key: object = None
        self.keys: list[object] = []


SIGN_WIDTH = 11.0
EMPTY = ("",)
ROW_HEAD, COLUMN_HEAD = attributes(scope="Row"), attributes(scope="Column")


class Table(Block):
    """A table over the measure: hairlines between rows, a head that returns on each page.

    Breaks are allowed between rows only, never right under the head, a group row or before a total, never before the
    last row; a row higher than a whole page is cut between lines.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row],
        *,
        width: float,
        style: Style = SMALL,
        accent: str = brand.INK,
        before: float = brand.STEP,
        row_heads: bool = False,
        summary: str = "",
    ) -> None:
        """Measures everything.

        Args:
            columns: from left to right.
            rows: cells as many as columns, one for a group.
            width: the measure, in points.
            style: of plain cells.
            accent: colour of the line under the head.
            before: space above.
            row_heads: the first cell of each row is its head.
            summary: what the table shows, for readers who cannot see it.
        """
        fixed, free = sum(c.width for c in columns), sum(1 for c in columns if not c.width)
        share = (width - fixed) / free if free else 0.0
        self.columns, self.width, self.style, self.accent = columns, width, style, accent
        self.widths = [c.width or share for c in columns]
        # All cells but the first are set in from their left edge.
        starts = accumulate(self.widths[:-1], initial=0.0)
        self.lefts = [start + PAD_X / 2 if i else 0.0 for i, start in enumerate(starts)]
        # Outer cells touch the margins, so that text aligns with what stands above and below the table.
        last = len(columns) - 1
        pads = [PAD_X if 0 < i < last else PAD_X / 2 if last else 0.0 for i in range(len(columns))]
        self.measures = [(w - p, c.align) for w, p, c in zip(self.widths, pads, columns, strict=True)]
        self.row_heads, self.before, self.keep, self.summary = row_heads, before, False, summary
        self.shared, self.first = object(), True
        heads = [Rich(c.head, SMALL_SOFT) for c in columns]
        self.head = self._measure(Row(heads)) if any(c.head for c in columns) else None
        self.rows = [self._measure(row) for row in rows]
        self._total()

    def _total(self) -> None:
        self.ends = list(accumulate((r.height for r in self.rows), initial=self.head.height if self.head else 0.0))
        self.height = self.ends[-1]

    def _measure(self, row: Row) -> _Measured:
        group = row.kind == "group"
        plain = SMALL_STRONG if group or row.kind == "total" else self.style
        cells, high = [], 0.0
        for cell, (room, align) in zip(row.cells, ((self.width, "left"),) if group else self.measures, strict=True):
            down, laid = PAD_Y, []
            if isinstance(cell, str):
                text = _text(cell, plain, room, align)
                laid.append((text, down, ""))
                down += text.height
            else:
                for part in (cell,) if isinstance(cell, Rich) else cell:
                    text = _text(part.text, part.style, room - SIGN_WIDTH if part.sign else room, align)
                    laid.append((text, down, part.sign))
                    down += text.height
            cells.append(laid)
            high = max(high, down)
        extra = brand.STEP if group else 0.0
        return _Measured(cells, row.kind, high + PAD_Y + extra)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws this part of the table; the parts of one table share its element."""
        canvas = pen.canvas
        canvas.begin(pen.element(self.shared, "Table", attributes(summary=self.summary)))
        if self.head:
            if self.first:
                self._row(pen, self.head, x, top, head=True)
            else:
                canvas.artifact(*self._again(pen, self.head, x, top), kind="Header")
            top -= self.head.height
            pen.rule(x, top, self.width, colour=self.accent, weight=0.75)
        for row in self.rows:
            if row.kind == "total":
                pen.rule(x, top, self.width, colour=brand.SOFT)
            self._row(pen, row, x, top)
            top -= row.height
            if row.kind in {"row", "group"}:
                pen.rule(x, top, self.width)
        canvas.end()

    def _again(self, pen: Pen, head: _Measured, x: float, top: float) -> list[str]:
        """The head's operators, for a page on which it is not told again."""
        places = zip(self.lefts, head.cells, strict=True)
        return [text.operators(pen, x + left, top - down) for left, cell in places for text, down, _ in cell]

    def _row(self, pen: Pen, row: _Measured, x: float, top: float, *, head: bool = False) -> None:
        canvas = pen.canvas
        canvas.begin(Elem("TR") if row.key is None else pen.element(row.key, "TR"))
        tag, extra = ("TH", COLUMN_HEAD) if head else ("TD", "")
        if row.kind == "group":
            top -= brand.STEP
            extra = attributes(colspan=len(self.columns))
        for i, (offset, cell) in enumerate(zip(self.lefts, row.cells, strict=False)):  # a group has one cell
            left = x + offset
            name: str | Elem
            name, of = ("TH", ROW_HEAD) if self.row_heads and i == 0 and not extra else (tag, extra)
            shown = [part for part in cell if part[0].lines != EMPTY]
            alone = len(shown) == 1
            if row.key is not None:
                name = pen.element(row.keys[i], name, of)
            if not alone:
                canvas.begin(name if isinstance(name, Elem) else Elem(name, of))
            for text, down, sign in shown:
                if sign:
                    y = top - down - text.style.leading * 0.5
                    pen.shape(f"q 1 0 0 1 {left + 3.5:.2f} {y:.2f} cm {sign} Q")
                operators = text.operators(pen, left + SIGN_WIDTH if sign else left, top - down)
                if alone:
                    canvas.put(name, operators, of)
                else:
                    canvas.put("P", operators)
            if not alone:
                canvas.end()
        canvas.end()

    # -- breaking --------------------------------------------------------------------------------------------------

    def _may_break(self, i: int) -> bool:
        """Whether a page may end before row `i`."""
        rows, count = self.rows, len(self.rows)
        if rows[i].kind in {"total", "sum"} or rows[i - 1].kind == "group":
            return False
        if rows[i].kind == "row" and (count - i == 1 or rows[i + 1].kind in {"total", "sum"}):
            return False  # a lone last row, or totals with one row only
        return i > 1 or count <= 2 or rows[0].kind == "group"

    def least(self) -> float:
        """The head with as many rows as must stay together."""
        for i in range(1, len(self.rows)):
            if self._may_break(i):
                return self.ends[i]
        return self.height

    def split(self, room: float) -> tuple[Block, Block] | None:
        """Cuts at the last place allowed; a row higher than a page between its lines."""
        fit = 0
        for i in range(1, len(self.rows)):
            if self.ends[i] > room:
                break
            if self._may_break(i):
                fit = i
        if fit:
            return self._part(self.rows[:fit], first=self.first), self._part(self.rows[fit:], first=False)
        return None

    def force(self, room: float) -> tuple[Block, Block] | None:
        """Cuts where nothing allows it, on a page of its own: after any row that fits, or inside the first row."""
        fit = sum(1 for end in self.ends[1:] if end <= room)
        if 0 < fit < len(self.rows):
            return self._part(self.rows[:fit], first=self.first), self._part(self.rows[fit:], first=False)
        if fit:
            return None
        parts = self._cut_row(self.rows[0], room - self.ends[0])
        if not parts:
            return None
        return self._part([parts[0]], first=self.first), self._part([parts[1], *self.rows[1:]], first=False)

    def _cut_row(self, row: _Measured, room: float) -> tuple[_Measured, _Measured] | None:
        halves: tuple[list[list[tuple[Text, float, str]]], list[list[tuple[Text, float, str]]]] = ([], [])
        for cell in row.cells:
            above: list[tuple[Text, float, str]] = []
            below: list[tuple[Text, float, str]] = []
            for text, down, sign in cell:
                lines = int((room - PAD_Y - down) / text.style.leading)
                if below or lines <= 0:
                    below.append((text, 0.0, sign))
                elif lines >= len(text.lines):
                    above.append((text, down, sign))
                else:
                    first, second = text.cut(lines)
                    above.append((first, down, sign))
                    below.append((second, 0.0, ""))
            at, placed = PAD_Y, []
            for text, _, sign in below:
                placed.append((text, at, sign))
                at += text.height
            halves[0].append(above)
            halves[1].append(placed)
        if not any(halves[0]) or not any(halves[1]):
            return None
        out = []
        for cells in halves:
            high = max((down + text.height for cell in cells for text, down, _ in cell), default=0.0)
            part = _Measured(cells, row.kind, high + PAD_Y + (brand.STEP if row.kind == "group" else 0.0))
            part.key, part.keys = row.key or (row, "row"), row.keys or [(row, i) for i in range(len(cells))]
            out.append(part)
        return out[0], out[1]

    def _part(self, rows: list[_Measured], *, first: bool) -> "Table":
        part = copy.copy(self)
        part.rows, part.first = rows, first
        part.before = self.before if first else 0.0
        part._total()  # noqa: SLF001  # a part of the same class
        return part
