"""From blocks to pages: where each page ends, what heads and foots it, and the finished file."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from templates import brand, catalog
from templates.layout.block import Block, Pen, Space
from templates.layout.table import Table
from templates.layout.text import BODY as BODY_STYLE
from templates.layout.text import SMALL_SOFT, SMALL_STRONG, Heading, Items, Style, Text, width, wrap
from templates.pdf import A4, Attachment, Facts, Schema, TaggedCanvas

MARGIN = 40.0
WIDTH = A4[0] - 2 * MARGIN
TOP, BOTTOM = A4[1] - 72.0, 64.0
ROOM = TOP - BOTTOM


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every page: brand, what the document is (right of the head), the seller's line at the foot."""

    brand: brand.Brand
    title: str
    foot: str
    specimen: str = ""


class _Break(Block):
    def __init__(self, *, odd: bool, notice: str, fill: float = 0.0) -> None:
        self.odd, self.notice, self.fill = odd, notice, fill


class Flow:
    """A document in the making: add blocks, then `finish`.

    Heights are known before anything is drawn, so pages are decided first and drawn second, with their count known.
    """

    def __init__(self, facts: Facts, furniture: Furniture) -> None:
        self.facts, self.furniture, self.blocks = facts, furniture, list[Block]()
        self.accent = furniture.brand.accent
        self.texts = catalog.texts("layout", facts.language)

    # -- adding ----------------------------------------------------------------------------------------------------

    def add(self, *blocks: Block) -> None:
        """Adds blocks as they are."""
        self.blocks += blocks

    def heading(self, level: Literal[1, 2, 3], text: str, *, before: float | None = None, quiet: bool = False) -> None:
        """Adds a heading of level 1 to 3."""
        self.blocks.append(Heading(level, text, width=WIDTH, accent=self.accent, before=before, quiet=quiet))

    def text(self, text: str, style: Style = BODY_STYLE, *, before: float = 0.0, keep: bool = False) -> None:
        """Adds a paragraph over the measure."""
        self.blocks.append(Text(text, style, width=WIDTH, before=before, keep=keep))

    def items(self, items: Sequence[str], style: Style = BODY_STYLE, *, before: float = 0.0) -> None:
        """Adds a list over the measure."""
        self.blocks.append(Items(items, style, width=WIDTH, before=before))

    def space(self, height: float = brand.STEP) -> None:
        """Adds empty height."""
        self.blocks.append(Space(height))

    def page_break(self, *, fill: float = 0.0) -> None:
        """What follows starts a page, unless the one before holds less than `fill` of what it could.

        So no page is left to the few lines that ran over from another.
        """
        self.blocks.append(_Break(odd=False, notice="", fill=fill))

    def sheet(self) -> None:
        """What follows starts on the front of a sheet of its own; the back before it says that it is left blank."""
        self.blocks.append(_Break(odd=True, notice=self.texts("blank_page")))

    # -- paging ----------------------------------------------------------------------------------------------------

    def _pages(self) -> list[list[tuple[Block, float]]]:
        pages: list[list[tuple[Block, float]]] = [[]]
        at = 0.0
        queue = self.blocks[::-1]
        while queue:
            block = queue.pop()
            if isinstance(block, _Break):
                at = self._end_page(pages, block, at)
                continue
            page = pages[-1]
            before = block.before if page else 0.0
            if at + before + self._needed(block, queue) <= ROOM + 0.01:
                page.append((block, at + before))
                at += before + block.height
                continue
            parts = None if block.keep else block.split(ROOM - at - before)
            if not parts and not page:
                parts = block.force(ROOM) if isinstance(block, Table) else block.split(ROOM)
                if not parts:  # higher than a page, or kept with too much: it goes as it is
                    page.append((block, at))
                    at += block.height
                    continue
            if parts:
                page.append((parts[0], at + before))
                queue.append(parts[1])
            else:
                queue.append(block)
            pages.append([])
            at = 0.0
        if len(pages) > 1 and not pages[-1]:
            pages.pop()
        return pages

    @staticmethod
    def _end_page(pages: list[list[tuple[Block, float]]], ending: _Break, at: float) -> float:
        """Ends the page, and the sheet where what follows wants the front of one; gives how far the new one is filled.

        Args:
            pages: all so far.
            ending: what is asked.
            at: how far the last page is filled, in points.
        """
        if pages[-1] and at < ending.fill * ROOM:
            return at
        if pages[-1]:
            pages.append([])
        if ending.odd and len(pages) % 2 == 0:
            notice = Text(ending.notice, SMALL_SOFT, width=WIDTH, align="center")
            pages[-1].append((notice, ROOM * 0.4))
            pages.append([])
        return 0.0

    @staticmethod
    def _needed(block: Block, queue: Sequence[Block]) -> float:
        """The block's height with that of the least of what it must not be parted from."""
        need, i = block.height, len(queue) - 1
        while block.keep and i >= 0 and not isinstance(queue[i], _Break):
            block = queue[i]
            need += block.before + (block.height if block.keep else block.least())
            i -= 1
        return need

    # -- drawing ---------------------------------------------------------------------------------------------------

    def finish(self, *, attachments: Sequence[Attachment] = (), schemas: Sequence[Schema] = ()) -> bytes:
        """Draws the pages and gives the file (PDF/A-3b, PDF/UA-1)."""
        pages = self._pages()
        canvas = TaggedCanvas(self.facts, brand.faces())
        pen = Pen(canvas)
        for number, page in enumerate(pages, 1):
            for block, down in page:
                block.draw(pen, MARGIN, TOP - down)
            canvas.underlay(self._specimen() + pen.beneath)
            pen.turn_page()
            self._furniture(canvas, number, len(pages))
            canvas.show_page()
        return canvas.finish(attachments=attachments, schemas=schemas)

    @functools.cached_property
    def _head(self) -> list[str]:
        of, top = self.furniture, A4[1] - 39.0
        drawing, wide = brand.logo_operators(of.brand, 20.0)
        return [
            f"q 1 0 0 1 {MARGIN:.2f} {A4[1] - 46:.2f} cm\n{drawing}\nQ",
            _line(of.brand.name, SMALL_STRONG, MARGIN + wide + brand.STEP, top),
            _line(of.title, SMALL_SOFT, A4[0] - MARGIN - width(of.title, SMALL_SOFT), top),
        ]

    def _furniture(self, canvas: TaggedCanvas, number: int, count: int) -> None:
        canvas.artifact(*self._head, kind="Header")
        page = self.texts("page", page=number, pages=count)
        place = A4[0] - MARGIN - width(page, SMALL_SOFT)
        canvas.artifact(*_foot(self.furniture.foot), _line(page, SMALL_SOFT, place, 32.0), kind="Footer")

    def _specimen(self) -> list[str]:
        """The word across the page that says: not for use."""
        word = self.furniture.specimen
        if not word:
            return []
        style = Style(84.0, 84.0, bold=True, colour="#e4eaeb")
        angle, wide = math.radians(52), width(word, style)
        c, s = math.cos(angle), math.sin(angle)
        x, y = A4[0] / 2 - c * wide / 2 + s * 28, A4[1] / 2 - s * wide / 2 - c * 28
        shown = style.face.show(style.face.clean(word), style.size)
        return [f"BT {style.start} {c:.4f} {s:.4f} {-s:.4f} {c:.4f} {x:.2f} {y:.2f} Tm {shown} ET"]


@functools.lru_cache(64)
def _foot(text: str) -> list[str]:
    lines = wrap(text, SMALL_SOFT, WIDTH - 60.0)[::-1]
    return [_line(line, SMALL_SOFT, MARGIN, 32.0 + SMALL_SOFT.leading * i) for i, line in enumerate(lines)]


def _line(text: str, style: Style, x: float, y: float) -> str:
    return f"BT {style.start} {x:.2f} {y:.2f} Td {style.face.show(style.face.clean(text), style.size)} ET"
