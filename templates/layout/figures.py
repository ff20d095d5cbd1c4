"""Drawings: logo, signs beside words, bar codes and QR codes as vectors, fields for signatures."""

import functools
from collections.abc import Sequence

from templates import barcodes, brand
from templates.layout.block import Block, Pen
from templates.layout.text import BODY, Style, Text
from templates.pdf import Elem, attributes

_DISC = "3 0 m 3 1.66 1.66 3 0 3 c -1.66 3 -3 1.66 -3 0 c -3 -1.66 -1.66 -3 0 -3 c 1.66 -3 3 -1.66 3 0 c"
_INK, _WHITE = brand.colour(brand.INK), brand.colour(brand.WHITE)
SIGNS = {
    # Told apart by shape alone: full disc, plus, half disc, cross, ticked and empty boxes.
    "renewed": f"{_INK} rg {_DISC} f",
    "new": f"{_INK} rg -3.2 -0.8 6.4 1.6 re -0.8 -3.2 1.6 6.4 re f",
    "modified": f"{_INK} RG 0.9 w {_DISC} S {_INK} rg 0 3 m -1.66 3 -3 1.66 -3 0 c -3 -1.66 -1.66 -3 0 -3 c f",
    "cancelled": f"{_INK} RG 1.2 w -2.5 -2.5 m 2.5 2.5 l -2.5 2.5 m 2.5 -2.5 l S",
    "ticked": f"{_INK} RG 0.75 w -3.5 -3.5 7 7 re S 1.3 w -2 0.2 m -0.6 -1.6 l 2.2 2 l S",
    "empty": f"{_INK} RG 0.75 w -3.5 -3.5 7 7 re S",
}


class Figure(Block):
    """A vector drawing with the text that stands for it; `operators` draw it from its lower left corner."""

    def __init__(
        self, operators: str, *, width: float, height: float, alt: str, before: float = 0.0, right: float = 0.0
    ) -> None:
        self.operators, self.width, self.height, self.alt, self.before = operators, width, height, alt, before
        self.shift = max(0.0, right - width) if right else 0.0

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws it, tagged Figure."""
        x, low = x + self.shift, top - self.height
        extra = attributes(alt=self.alt, bbox=(x, low, x + self.width, top))
        pen.canvas.put("Figure", f"q 1 0 0 1 {x:.2f} {low:.2f} cm\n{self.operators}\nQ", extra)


def logo(of: brand.Brand, height: float, *, alt: str) -> Figure:
    """The brand's logo."""
    operators, width = brand.logo_operators(of, height)
    return Figure(operators, width=width, height=height, alt=alt)


_BLACK = "0 g"  # scanners want the most contrast that paper has


def _matrix(matrix: barcodes.Matrix, side: float, alt: str) -> Figure:
    scale, size = f"{side / matrix.size:.4f}", matrix.size
    drawn = "\n".join([f"{x} {size - y - high} {wide} {high} re" for x, y, wide, high in matrix.rectangles])
    return Figure(f"{_BLACK} {scale} 0 0 {scale} 0 0 cm\n{drawn}\nf", width=side, height=side, alt=alt)


@functools.lru_cache(64)
def qr(content: str, *, side: float, alt: str) -> Figure:
    """A QR code of `side` points; leave four modules of white around it. An installation has few: they are kept."""
    return _matrix(barcodes.qr(content), side, alt)


def datamatrix(content: str, *, module: float, alt: str) -> Figure:
    """A DataMatrix code, `module` points a module; leave a module of white around it, better four."""
    matrix = barcodes.datamatrix(content)
    return _matrix(matrix, matrix.size * module, alt)


def code128(content: str, *, height: float, module: float = 0.96, alt: str) -> Figure:
    """A Code 128 bar code without its text; `module` is the narrowest bar in points.

    Leave ten modules of white on both sides.
    """
    code = barcodes.code128(content)
    drawn = "\n".join([f"{x * module:.3f} 0 {wide * module:.3f} {height:.2f} re" for x, wide in code.bars])
    return Figure(f"{_BLACK}\n{drawn}\nf", width=code.width * module, height=height, alt=alt)


class SignatureField(Block):
    """An empty signature field over the blocks that are its visible look, framed by a hairline."""

    def __init__(
        self, name: str, told: str, look: Block, *, width: float, pad: float = 12.0, lock: bool = False
    ) -> None:
        self.name, self.told, self.look, self.width, self.pad, self.lock = name, told, look, width, pad, lock
        self.height = look.height + 2 * pad

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws the look, then the field over it."""
        low = top - self.height
        pen.shape(f"{brand.colour(brand.LINE)} RG 0.5 w {x:.2f} {low:.2f} {self.width:.2f} {self.height:.2f} re S")
        self.look.draw(pen, x + self.pad, top - self.pad)
        pen.canvas.signature_field(self.name, (x, low, x + self.width, top), self.told, lock=self.lock)


class Ticks(Block):
    """Boxes that were ticked or not, each with its words; a reader hears `yes` or `no` for the box."""

    def __init__(
        self,
        items: Sequence[tuple[bool, str]],
        *,
        width: float,
        yes: str,
        no: str,
        style: Style = BODY,
        gap: float = 4.0,
        before: float = 0.0,
    ) -> None:
        self.items = [(ticked, Text(text, style, width=width - 16.0, tag="LBody")) for ticked, text in items]
        self.yes, self.no, self.style, self.gap, self.before = yes, no, style, gap, before
        self.height = sum(text.height + gap for _, text in self.items)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws them in one list."""
        canvas = pen.canvas
        canvas.begin(Elem("L", attributes(numbering="None")))
        for ticked, text in self.items:
            canvas.begin(Elem("LI"))
            place = f"q 1 0 0 1 {x + 3.5:.2f} {top - self.style.leading * 0.5:.2f} cm"
            sign = SIGNS["ticked" if ticked else "empty"]
            canvas.put("Lbl", f"{place} {sign} Q", attributes(actual=self.yes if ticked else self.no))
            text.draw(pen, x + 16.0, top)
            canvas.end()
            top -= text.height + self.gap
        canvas.end()
