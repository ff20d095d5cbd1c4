"""How tests read a rendered document: its words, its bar codes, its faults."""

import io
import subprocess
import warnings

import pypdfium2
import zxingcpp
from pypdf import PdfReader

from tests.templates.check_tags import check


def words(pdf: bytes, *, page: int | None = None) -> str:
    """All text of a page, or of all pages, white space made single. Pages count from 1."""
    shown = list(pypdfium2.PdfDocument(pdf))
    text = " ".join(each.get_textpage().get_text_range() for each in (shown if page is None else [shown[page - 1]]))
    return " ".join(text.split())


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


def faults(pdf: bytes, folder) -> list[str]:
    """What the checker of tags and qpdf find wrong; nothing when all is well."""
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    sound = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the checker is a script first: it leaves closing to its end
        found = check(path)[0]
    return [*found, *([] if sound.returncode == 0 else [sound.stdout + sound.stderr])]
