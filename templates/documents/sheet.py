"""What several documents share: their look, bar codes at the sizes that scanners want, an empty frame, safe text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from templates import brand, layout
from templates.brand import Brand
from templates.french import Language
from templates.layout import SMALL_SOFT, TOP, Block, Flow, Furniture, Pen, Stack, Style, Text
from templates.pdf import A4, Facts, MissingGlyphError

MILLIMETRE: Final = 72 / 25.4
ABOVE: Final = A4[1] - TOP
"""Points above the first block of a page."""
CODE128_MODULE: Final = 0.34 * MILLIMETRE
CODE128_HEIGHT: Final = 15.5 * MILLIMETRE
DATAMATRIX_MODULE: Final = 0.75 * MILLIMETRE
CODE_TEXT: Final = Style(brand.HEAD, 18.0, bold=True)
_LOCALES: Final[dict[Language, str]] = {"fr": "fr-FR", "en": "en-GB"}


@dataclass(frozen=True, kw_only=True)
class Look:
    """In whose name and language a document is drawn."""

    brand: Brand
    foot: str
    """The seller's line at the foot of each page: name, address, registration."""
    language: Language = "fr"
    author: str = ""
    """Whose document it is, by the brand's name where nothing else is said."""
    specimen: str = ""
    """A word across every page, such as SPÉCIMEN; nothing on documents that count."""


def flow(look: Look, *, title: str, running: str, when: datetime) -> Flow:
    """An empty document.

    Args:
        look: its brand and language.
        title: what a viewer's title bar and screen readers say.
        running: at the head of each page.
        when: the document's own instant, which dates the file.
    """
    return Flow(
        Facts(
            title=printable(title), language=_LOCALES[look.language], when=when, author=look.author or look.brand.name
        ),
        Furniture(look.brand, printable(running), look.foot, look.specimen),
    )


def printable(text: str) -> str:
    """The text with every character that no font can draw written as its number, `[U+0007]`.

    For what machines report (browsers, device names) and for proofs, which are printed whatever they hold.
    """
    try:
        for face in brand.faces():
            face.clean(text)
    except MissingGlyphError as error:
        missing = {ord(character): f"[U+{ord(character):04X}]" for character in error.characters}
        return printable(text.translate(missing))
    return text


class Blank(Block):
    """Empty height that counts at the top of a page too."""

    def __init__(self, height: float) -> None:
        self.height = height

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Nothing."""


class EmptyFrame(Block):
    """A framed space for a stamp or a hand-written signature, with its use said in the corner."""

    def __init__(self, text: str, *, width: float, height: float, before: float = 2 * brand.STEP) -> None:
        self.label = Text(text, SMALL_SOFT, width=width - 2 * brand.STEP)
        self.width, self.height, self.before = width, height, before

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws the frame and its label."""
        low = top - self.height
        pen.shape(f"{brand.colour(brand.LINE)} RG 0.75 w {x:.2f} {low:.2f} {self.width:.2f} {self.height:.2f} re S")
        self.label.draw(pen, x + brand.STEP, top - brand.STEP)


def code128(text: str, *, told: str) -> tuple[Block, float]:
    """A Code 128 symbol with its text under it, and its width; ten white modules are the neighbours' to leave.

    Args:
        text: what it says.
        told: what a reader who cannot see is told.
    """
    figure = layout.code128(text, height=CODE128_HEIGHT, module=CODE128_MODULE, alt=told)
    wide = figure.width
    return Stack([figure, Text(text, CODE_TEXT, width=wide, align="center", before=4.0)]), wide


def datamatrix(text: str, *, told: str) -> tuple[Block, float]:
    """A DataMatrix symbol and its side in points; four white modules are the neighbours' to leave."""
    figure = layout.datamatrix(text, module=DATAMATRIX_MODULE, alt=told)
    return figure, figure.width
