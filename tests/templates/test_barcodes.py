from dataclasses import replace

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from templates.barcodes import (
    CODE128_QUIET,
    DATAMATRIX_QUIET,
    QR_QUIET,
    BarcodeError,
    code128,
    datamatrix,
    page_key,
    qr,
)

SCALE = 4
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)


def decode_bars(bars):
    image = Image.new("L", ((bars.width + 2 * CODE128_QUIET) * SCALE, 80), 255)
    draw = ImageDraw.Draw(image)
    for offset, width in bars.bars:
        left = (offset + CODE128_QUIET) * SCALE
        draw.rectangle((left, 0, left + width * SCALE - 1, 79), fill=0)
    return [(found.format.name, found.text) for found in zxingcpp.read_barcodes(image)]


def decode_matrix(matrix, quiet):
    side = (matrix.size + 2 * quiet) * SCALE
    image = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(image)
    for x, y, width, height in matrix.rectangles:
        left, top = (x + quiet) * SCALE, (y + quiet) * SCALE
        draw.rectangle((left, top, left + width * SCALE - 1, top + height * SCALE - 1), fill=0)
    return [(found.format.name, found.text) for found in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("text", ["2026-LYO-000042", "05123874", "0512387", "Ab~|{}"])
def test_code128_is_read_back(text):
    """A scanner that we did not write reads the number, letter for letter."""
    assert decode_bars(code128(text)) == [("Code128", text)]


def test_page_key_is_read_back():
    """The key of a page survives its DataMatrix."""
    key = page_key(order="2026-LYO-000042", epj="05123874", document="ODI-A", page=1, pages=2, sha256="a1b2c3d4" * 8)

    assert key == "1|2026-LYO-000042|05123874|ODI-A|1|2|A1B2C3D4"
    assert decode_matrix(datamatrix(key), DATAMATRIX_QUIET) == [("DataMatrix", key)]


@settings(max_examples=40, deadline=None)
@given(PRINTABLE)
def test_datamatrix_carries_any_printable_text(text):
    """Whatever ASCII a key holds, the scanner gives it back."""
    assert [found for _, found in decode_matrix(datamatrix(text), DATAMATRIX_QUIET)] == [text]


def test_qr_is_read_back():
    """A phone reads the address."""
    address = "https://sign.example.fr/verifier/2026-LYO-000042"

    assert decode_matrix(qr(address), QR_QUIET) == [("QRCode", address)]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=140))
def test_qr_carries_any_address(text):
    """Of any length and size of symbol, and with a corner of it lost."""
    symbol = qr(text)

    assert decode_matrix(symbol, QR_QUIET) == [("QRCode", text)]
    spared = [r for r in symbol.rectangles if r.x < symbol.size - 4 or r.y < symbol.size - 4]
    assert decode_matrix(replace(symbol, rectangles=tuple(spared)), QR_QUIET) == [("QRCode", text)]


@pytest.mark.parametrize(
    ("make", "text"), [(code128, ""), (code128, "é"), (datamatrix, "\n"), (qr, ""), (qr, "x" * 5000)]
)
def test_what_no_scanner_would_read_is_refused(make, text):
    """Text that a symbol cannot carry is refused rather than changed."""
    with pytest.raises(BarcodeError):
        make(text)


def test_a_key_cannot_be_shifted():
    """A part that holds the separator would pass for two."""
    with pytest.raises(BarcodeError):
        page_key(order="1|2", epj="05123874", document="ODI-A", page=1, pages=2, sha256="a" * 64)


def test_rectangles_cover_each_dark_module_once():
    """No module is drawn twice: overlapping edges thicken in print."""
    matrix = qr("https://sign.example.fr")
    cells = [(x + i, y + j) for x, y, width, height in matrix.rectangles for i in range(width) for j in range(height)]

    assert len(cells) == len(set(cells))
    assert len(matrix.rectangles) < len(cells)
