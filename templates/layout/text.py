"""Text on a page: styles, line breaking with cached metrics, paragraphs, headings, lists."""

import copy
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from templates import brand
from templates.layout.block import Block, Pen
from templates.pdf import Elem, Face, attributes

Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks. `leading` is the distance from line to line, in points; `colour` is `#rrggbb`."""

    size: float = brand.TEXT
    leading: float = 13.0
    bold: bool = False
    colour: str = brand.INK
    start: str = field(init=False, repr=False, compare=False)
    """Operators that choose colour and font, inside a text object."""
    base: float = field(init=False, repr=False, compare=False)
    """From the top of a line down to what its letters stand on, in points."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.size, self.leading, self.bold, self.colour)))
        font = f"/{'B' if self.bold else 'R'}0 {self.size:g} Tf"
        object.__setattr__(self, "start", f"{brand.colour(self.colour)} rg {font}")
        object.__setattr__(self, "base", self.leading * 0.5 + self.size * 0.33)

    def __hash__(self) -> int:
        return self._hash  # asked for hundreds of times a page, by the tables of `wrap` and `_laid`

    @property
    def face(self) -> Face:
        """The weight that draws it."""
        return brand.faces()[self.bold]


BODY = Style()
STRONG = replace(BODY, bold=True)
SOFT = replace(BODY, colour=brand.SOFT)
SMALL = Style(leading=12.0)
SMALL_STRONG = replace(SMALL, bold=True)
SMALL_SOFT = replace(SMALL, colour=brand.SOFT)
FINE = Style(leading=10.8)
FINE_STRONG = replace(FINE, bold=True)
HEAD = Style(brand.HEAD, 18.0, bold=True)
LARGE = Style(brand.LARGE, 28.0, bold=True)


@functools.lru_cache(8192)
def _width(face: Face, word: str) -> float:
    return face.width(word)


def width(text: str, style: Style) -> float:
    """Width in points of one line of text."""
    return _width(style.face, style.face.clean(text)) * style.size


def _pieces(word: str, face: Face, room: float) -> Iterator[str]:
    """A word too long for its line, cut after a sign where there is one, else where the line ends."""
    while word and face.width(word) > room:
        cut, taken = 1, face.width(word[0])
        for i, c in enumerate(word[1:], 1):
            taken += face.width(c)
            if taken > room:
                break
            cut = i + 1
        sign = word.rfind("@", 1, cut)
        if sign < 0:
            sign = max(word.rfind(s, cut // 2, cut) for s in "-/._,;")
        cut = sign + 1 if sign > 0 else cut
        yield word[:cut]
        word = word[cut:]
    if word:
        yield word


def wrap(text: str, style: Style, room: float) -> tuple[str, ...]:
    """The lines of a text in a measure of `room` points. Line feeds are kept; no line is ever wider than the measure.

    Raises:
        MissingGlyphError: a character cannot be drawn.
    """
    face = style.face
    room = room / style.size
    text = face.clean(text)
    if "\n" not in text and _width(face, text) <= room:
        return (text,)
    lines: list[str] = []
    space = _width(face, " ")
    for paragraph in text.split("\n"):
        line, taken = "", 0.0
        for word in paragraph.split(" "):
            wide = _width(face, word)
            if line and taken + space + wide <= room:
                line, taken = f"{line} {word}", taken + space + wide
                continue
            if line:
                lines.append(line)
            if wide > room:
                *full, word = _pieces(word, face, room)  # noqa: PLW2901  # what is left of it goes on
                lines += full
                wide = face.width(word)
            line, taken = word, wide
        lines.append(line)
    return tuple(lines)


class Text(Block):
    """A paragraph in one style: a structure element of its own, split between lines where a page ends."""

    def __init__(
        self,
        text: str,
        style: Style = BODY,
        *,
        width: float,
        align: Align = "left",
        tag: str = "P",
        before: float = 0.0,
        keep: bool = False,
        lang: str = "",
    ) -> None:
        self.style, self.width, self.align, self.tag = style, width, align, tag
        self.extra = attributes(lang=lang) if lang else ""
        self.lines, self._shift, self._body = _laid(text, style, width, align)
        self.before, self.keep = before, keep
        self.height = len(self.lines) * style.leading
        self.shared: object = None  # what the parts of a cut paragraph have in common

    def operators(self, pen: Pen, x: float, top: float) -> str:
        """The text object with its first line under `top`, in the pen's style where that is its own."""
        style = self.style
        if pen.style is style:
            return f"BT {x + self._shift:.2f} {top - style.base:.2f} Td {self._body} ET"
        pen.style = style
        return f"BT {style.start} {x + self._shift:.2f} {top - style.base:.2f} Td {self._body} ET"

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws it as an element, or as the next part of the element that it was cut from."""
        tag = self.tag if self.shared is None else pen.element(self.shared, self.tag, self.extra)
        pen.canvas.put(tag, self.operators(pen, x, top), self.extra)

    def least(self) -> float:
        """The least that may stand alone: two lines."""
        return min(2, len(self.lines)) * self.style.leading

    def split(self, room: float) -> tuple[Block, Block] | None:
        """Cuts between lines, with at least two on each side."""
        fit = min(int(room / self.style.leading + 0.001), len(self.lines) - 2)
        return self.cut(fit) if fit >= 2 else None

    def cut(self, count: int) -> tuple["Text", "Text"]:
        """Cuts after `count` lines."""
        shared = self.shared or object()
        parts = (copy.copy(self), copy.copy(self))
        for part, lines in zip(parts, (self.lines[:count], self.lines[count:]), strict=True):
            part.lines, part.height = lines, len(lines) * self.style.leading
            part.shared = shared
            part._shift, part._body = _lines(lines, self.style, self.width, self.align)  # noqa: SLF001  # the same class
        parts[1].before = 0.0
        return parts


@functools.lru_cache(8192)
def _laid(text: str, style: Style, room: float, align: Align) -> tuple[tuple[str, ...], float, str]:
    """The lines of a text, where the first of them starts, and the operators that show them."""
    face = style.face
    text = face.clean(text)
    if "\n" not in text and (wide := face.width(text)) <= room / style.size:  # most: one line
        spare = room - wide * style.size
        shift = 0.0 if align == "left" else spare if align == "right" else spare * 0.5
        return (text,), shift, face.show(text, style.size)
    lines = wrap(text, style, room)
    return lines, *_lines(lines, style, room, align)


def _lines(lines: tuple[str, ...], style: Style, room: float, align: Align) -> tuple[float, str]:
    """Where the first line starts, and the operators that show all of them."""
    face, size, out, at, first = style.face, style.size, [], 0.0, 0.0
    last = len(lines) - 1
    for i, line in enumerate(lines):
        shift = 0.0
        if align != "left":
            shift = (room - _width(face, line) * size) * (1.0 if align == "right" else 0.5)
        if i:
            out.append(f"{shift - at:.2f} {-style.leading:g} Td")
        else:
            first = shift
        at = shift
        # A space at each line's end keeps words apart for readers; it has no ink.
        out.append(face.show(line if i == last or line[-1:] in " -" else f"{line} ", size))
    return first, " ".join(out)


@functools.lru_cache(64)
def coloured(style: Style, colour: str) -> Style:
    """The style in another colour, such as the brand's."""
    return replace(style, colour=colour)


class Heading(Text):
    """A heading of level 1 to 3, never the last thing on a page; a quiet level 1 leaves the large size to figures."""

    def __init__(
        self,
        level: Literal[1, 2, 3],
        text: str,
        *,
        width: float,
        accent: str,
        before: float | None = None,
        quiet: bool = False,
    ) -> None:
        style = STRONG if level == 3 else LARGE if level == 1 and not quiet else coloured(HEAD, accent)
        gap = {1: 0.0, 2: 3 * brand.STEP, 3: 2 * brand.STEP}[level] if before is None else before
        super().__init__(text, style, width=width, tag=f"H{level}", before=gap, keep=True)


class Items(Block):
    """A list: each item a label and a text. Labels may be drawn signs (see `figures`)."""

    def __init__(
        self,
        items: Sequence[str | tuple[str, str]],
        style: Style = BODY,
        *,
        width: float,
        label: str = "•",
        indent: float = 14.0,
        gap: float = 2.0,
        before: float = 0.0,
        lang: str = "",
    ) -> None:
        pairs = [(label, item) if isinstance(item, str) else item for item in items]
        self.numbering = "Disc" if label == "•" else "None"
        self.indent, self.gap, self.before, self.style = indent, gap, before, style
        self.parts = [
            (
                Text(mark, style, width=indent, tag="Lbl"),
                Text(text, style, width=width - indent, tag="LBody", lang=lang),
            )
            for mark, text in pairs
        ]
        self.height = sum(body.height + gap for _, body in self.parts)
        self.shared = object()

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws the items, in one L."""
        pen.canvas.begin(pen.element(self.shared, "L", attributes(numbering=self.numbering)))
        for mark, body in self.parts:
            pen.canvas.begin(Elem("LI"))
            mark.draw(pen, x, top)
            body.draw(pen, x + self.indent, top)
            pen.canvas.end()
            top -= body.height + self.gap
        pen.canvas.end()

    def least(self) -> float:
        """The first item."""
        return self.parts[0][1].height if self.parts else 0.0

    def split(self, room: float) -> tuple[Block, Block] | None:
        """Cuts between items."""
        count, taken = 0, 0.0
        for _, body in self.parts:
            if taken + body.height > room:
                break
            taken += body.height + self.gap
            count += 1
        if not 0 < count < len(self.parts):
            return None
        return self._part(self.parts[:count], self.before), self._part(self.parts[count:], 0.0)

    def _part(self, parts: list[tuple[Text, Text]], before: float) -> "Items":
        part = copy.copy(self)
        part.parts, part.before = parts, before
        part.height = sum(body.height + self.gap for _, body in parts)
        return part
