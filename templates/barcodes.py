"""Bar codes as plain modules: nothing is drawn here, so that paper and screen show the same symbol.

Code 128 (ISO/IEC 15417) carries one number, DataMatrix ECC 200 (ISO/IEC 16022) the full key of a page,
QR (ISO/IEC 18004) a web address. The symbols are encoded by reportlab, ppf-datamatrix and segno.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import segno
from ppf.datamatrix import DataMatrix
from reportlab.graphics.barcode.code128 import Code128

from templates.errors import TemplateError

CODE128_QUIET: Final = 10
"""Modules left empty on each side (ISO/IEC 15417, 4.6)."""
CODE128_MODULE_MM: Final = 0.33
CODE128_HEIGHT_MM: Final = 15.0
DATAMATRIX_QUIET: Final = 4
"""Modules left empty all around: the norm asks for one, photocopies for more."""
DATAMATRIX_MODULE_MM: Final = 0.6
QR_QUIET: Final = 4
"""Modules left empty all around (ISO/IEC 18004, 9.1)."""


class Rectangle(NamedTuple):
    """Dark modules, in modules from the upper left corner of the symbol."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Bars:
    """A linear symbol without its quiet zones; each bar is (offset, width) in modules."""

    text: str
    width: int
    bars: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Matrix:
    """A square symbol without its quiet zone: runs of dark modules, equal ones in rows that touch made one."""

    text: str
    size: int
    rectangles: tuple[Rectangle, ...]


class BarcodeError(TemplateError):
    """The text holds characters that the symbol cannot carry."""

    code = "template.barcode"


@lru_cache(maxsize=256)
def code128(text: str) -> Bars:
    """The bars of a number.

    Raises:
        BarcodeError: the text is empty or holds other characters than ASCII's printable ones.
    """
    _require(text)
    symbol = Code128(text, barWidth=1, quiet=False)
    symbol.validate()
    symbol.encode()
    symbol.decompose()
    position = 0
    bars = []
    for element in symbol.decomposed:  # capital letters are bars, small ones spaces; A is one module, B two...
        width = ord(element.lower()) - ord("a") + 1
        if element.isupper():
            bars.append((position, width))
        position += width
    return Bars(text=text, width=position, bars=tuple(bars))


@lru_cache(maxsize=256)
def datamatrix(text: str) -> Matrix:
    """The modules of a key.

    Raises:
        BarcodeError: the text is empty or holds other characters than ASCII's printable ones.
    """
    _require(text)
    return _matrix(text, _rows(DataMatrix(text).matrix))


@lru_cache(maxsize=256)
def qr(text: str) -> Matrix:
    """The modules of an address, with error correction M.

    Raises:
        BarcodeError: the text is empty or longer than the symbol carries.
    """
    if not text:
        raise BarcodeError("a code says something")
    try:
        # Any of the eight masks is read by every scanner; weighing them takes longer than the rest.
        symbol = segno.make_qr(text, error="m", boost_error=False, mask=0)
    except segno.DataOverflowError as error:
        raise BarcodeError("the text is too long for a QR code") from error
    return _matrix(text, _rows(symbol.matrix))


def page_key(*, order: str, epj: str, document: str, page: int, pages: int, sha256: str) -> str:
    """What the DataMatrix of a page says: `1|order|EPJ|document|page|pages|sha256[:8]`; the 1 is this layout's version.

    Raises:
        BarcodeError: a part holds the separator, which would shift those after it.
    """
    parts = ("1", order, epj, document, str(page), str(pages), sha256[:8].upper())
    if any("|" in part for part in parts):
        raise BarcodeError("a part of the key holds its separator")
    return "|".join(parts)


def _require(text: str) -> None:
    if not text or not all(" " <= character <= "~" for character in text):
        raise BarcodeError("these codes carry printable ASCII only")


def _rows(modules: Iterable[Iterable[object]]) -> tuple[str, ...]:
    return tuple("".join("1" if dark else "0" for dark in row) for row in modules)


_DARK: Final = re.compile("1+")


def _matrix(text: str, rows: tuple[str, ...]) -> Matrix:
    done: list[Rectangle] = []
    growing: dict[tuple[int, int], int] = {}  # first row of each run that the row above ended with
    for y, row in enumerate((*rows, "")):
        runs = {(run.start(), run.end()): y for run in _DARK.finditer(row)}
        for (start, end), top in growing.items():
            if (start, end) in runs:
                runs[start, end] = top
            else:
                done.append(Rectangle(start, top, end - start, y - top))
        growing = runs
    return Matrix(text=text, size=len(rows), rectangles=tuple(done))
