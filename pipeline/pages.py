"""The pages of a form as images: what the customer sees is drawn from the very file that he signs."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO

import pypdfium2

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.orders import shown_form

MAX_WIDTH = 1600
"""Pixels: enough to zoom on a tablet, too little to be a burden."""

PACKED = 3
"""Of zlib's levels: the highest takes five times as long, with the customer waiting, for one part in a hundred."""

KEPT = 128
"""Images kept in memory: a ceremony shows the same few pages again and again."""

# PDFium is not safe for use from several threads at once.
_lock = threading.Lock()
_images: OrderedDict[tuple[str, int, int], "PageImage"] = OrderedDict()
_counts: dict[str, int] = {}


@dataclass(frozen=True)
class PageImage:
    """A page as PNG and its hash, which the evidence keeps."""

    png: bytes
    sha256: str
    width: int
    height: int


def page_count(services: Services, sha256: str) -> int:
    """How many pages a form in the archive has."""
    if sha256 not in _counts:
        _counts[sha256] = pages_of(shown_form(services, sha256))
    return _counts[sha256]


def pages_of(pdf: bytes) -> int:
    """How many pages a PDF has. Raises `ValueError` where it cannot be read."""
    with _lock:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise ValueError("not a PDF that can be read") from error
        try:
            return len(document)
        finally:
            document.close()


def page_image(services: Services, sha256: str, page: int, width: int) -> PageImage:
    """Page 1, 2, ... of a certified form at a width in pixels. Raises `NotFound` for a page that is not there."""
    width = max(200, min(width, MAX_WIDTH))
    key = (sha256, page, width)
    with _lock:
        if key in _images:
            _images.move_to_end(key)
            return _images[key]
    data = shown_form(services, sha256)
    with _lock:
        document = pypdfium2.PdfDocument(data)
        try:
            if not 1 <= page <= len(document):
                raise NotFound
            sheet = document[page - 1]
            bitmap = sheet.render(scale=width / sheet.get_width())
            image = bitmap.to_pil().convert("RGB")
        finally:
            document.close()
        out = BytesIO()
        image.save(out, "PNG", compress_level=PACKED)
        made = PageImage(out.getvalue(), hashlib.sha256(out.getvalue()).hexdigest(), image.width, image.height)
        _images[key] = made
        while len(_images) > KEPT:
            _images.popitem(last=False)
    return made
