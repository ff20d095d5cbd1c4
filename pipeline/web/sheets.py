"""The pages of a document as pictures: what a customer sees before he signs, and what the trail of events records."""

import hashlib
import io
import threading
from functools import lru_cache

import pypdfium2
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.orders import archived
from pipeline.steps.ceremony import CeremonyView

WIDTH, LARGE_WIDTH = 1000, 1800
"""Pixels across a page as shown, and enlarged."""

_one_at_a_time = threading.Lock()
"""PDFium keeps global state: two threads in it at once end the process."""


def form_of(services: Services, view: CeremonyView) -> bytes:
    """The very file that is shown: the certified form (the sealed one holds the same pages)."""
    return services.archive.get(view.form_sha256, area="drafts")


def copy_of(services: Services, view: CeremonyView) -> bytes:
    """What the customer keeps: the sealed form as soon as there is one."""
    return archived(services, view.sealed_sha256) if view.sealed_sha256 else form_of(services, view)


def page_count(services: Services, view: CeremonyView) -> int:
    """How many pages the form has."""
    return _count(_Source(view.form_sha256, lambda: form_of(services, view)))


def page_png(services: Services, view: CeremonyView, page: int, width: int) -> bytes:
    """One page (from 1) as a PNG so many pixels wide. Raises `NotFound` past the last page."""
    if not 1 <= page <= page_count(services, view):
        raise NotFound
    return _png(_Source(view.form_sha256, lambda: form_of(services, view)), page, width)


def image_sha256(services: Services, view: CeremonyView, page: int) -> str:
    """The hash of the picture that was displayed."""
    return hashlib.sha256(page_png(services, view, page, WIDTH)).hexdigest()


class _Source:
    """A document known by its hash, so that caches compare 64 characters instead of a file."""

    def __init__(self, sha256: str, load: object) -> None:
        self.sha256, self.load = sha256, load

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Source) and other.sha256 == self.sha256

    def bytes(self) -> bytes:
        """The file."""
        data: bytes = self.load()  # type: ignore[operator]  # a callable given above
        return data


@lru_cache(maxsize=512)
def _count(source: _Source) -> int:
    with _one_at_a_time, pypdfium2.PdfDocument(source.bytes()) as document:
        return len(document)


@lru_cache(maxsize=256)
def _png(source: _Source, page: int, width: int) -> bytes:
    with _one_at_a_time, pypdfium2.PdfDocument(source.bytes()) as document:
        document.init_forms()
        sheet = document[page - 1]
        picture = sheet.render(scale=width / sheet.get_width(), may_draw_forms=True).to_pil()
    out = io.BytesIO()
    picture.convert("P", palette=1, colors=128).save(out, "PNG", optimize=True)
    return out.getvalue()


def pdf(data: bytes, name: str, *, save: bool = False) -> Response:
    """A PDF to open, or to keep."""
    where = "attachment" if save else "inline"
    return Response(
        data, media_type="application/pdf", headers={"content-disposition": f'{where}; filename="{name}"'}
    )  # fmt: skip
