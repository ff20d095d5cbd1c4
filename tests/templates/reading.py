"""How tests read a rendered document: its words, its bar codes, its faults."""

import io
import warnings

import pikepdf
import pypdfium2
import zxingcpp
from pypdf import PdfReader

from tests.templates.check_tags import check


def words(pdf: bytes, *, page: int | None = None) -> str:
    """All text of a page, or of all pages, white space made single. Pages count from 1."""
    texts = page_texts(pdf)
    return " ".join(texts if page is None else [texts[page - 1]])


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page, white space made single."""
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(pdf)]


def codes(pdf: bytes, *, dpi: int = 200) -> list[set[tuple[str, str]]]:
    """The bar codes that a scanner finds on each page, printed and scanned at so many dots per inch."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        image = page.render(scale=dpi / 72, grayscale=True).to_pil()
        found.append({(code.format.name, code.text) for code in zxingcpp.read_barcodes(image)})
    return found


def pages(pdf: bytes) -> int:
    """How many pages."""
    return len(pypdfium2.PdfDocument(pdf))


def attachments(pdf: bytes) -> dict[str, bytes]:
    """The embedded files by name."""
    return {name: data[0] for name, data in PdfReader(io.BytesIO(pdf)).attachments.items()}


def unsound(pdf: bytes) -> list[str]:
    """What qpdf's library finds wrong with the file, as `qpdf --check` would say it."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return opened.check_pdf_syntax()


def faults(pdf: bytes, folder) -> list[str]:
    """What the checker of tags and qpdf find wrong; nothing when all is well."""
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the checker is a script first: it leaves closing to its end
        found = check(path)[0]
    return [*found, *unsound(pdf)]
