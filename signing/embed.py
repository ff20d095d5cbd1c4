"""Incremental updates: a PDF opened for one, and a signature put into one of its fields."""

import hashlib
from collections.abc import Callable
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData

from signing.errors import SealNotConfirmed, UnusablePdf
from signing.reading import Reader
from signing.writing import write_name, write_text

generic.NameObject.write_to_stream = write_name
generic.TextStringObject.write_to_stream = write_text


class Update(IncrementalPdfFileWriter):  # type: ignore[misc]  # pyHanko is followed as untyped
    """An update that adds signatures and leaves the document's description alone.

    PyHanko's own would write the clock and its name into the information dictionary and the XMP, which PDF/A and
    PDF/UA read, and a random file identifier; this one gives the same bytes for the same document.
    """

    def _update_meta(self) -> None:
        """Nothing: the date of a signature is in the signature."""

    @classmethod
    def _handle_id(cls, prev: Any) -> generic.ArrayObject:
        """The first part stays; the second names the revision that this update is based on (ISO 32000-2, 14.4)."""
        prev.stream.seek(0)
        based_on = generic.ByteStringObject(hashlib.sha256(prev.stream.read()).digest()[:16])
        first = prev.trailer["/ID"][0] if "/ID" in prev.trailer else based_on
        return generic.ArrayObject([first, based_on])


def open_for_update(pdf: bytes) -> IncrementalPdfFileWriter:
    """The PDF, ready to be added to.

    Raises:
        UnusablePdf: not a PDF, a damaged or an encrypted one.
    """
    try:
        reader = Reader(pdf)
        writer = Update(reader.stream, prev=reader)
        encrypted = writer.security_handler is not None
    except Exception as error:  # a damaged file makes its reader raise anything
        raise UnusablePdf("this is not a PDF that can be signed") from error
    if encrypted:
        raise UnusablePdf("an encrypted PDF cannot be signed")
    return writer


def embed(
    writer: IncrementalPdfFileWriter,
    field: str,
    placeholder: PdfSignedData,
    mdp: SigMDPSetup | None,
    make: Callable[[bytes], bytes],
) -> bytes:
    """Fill the field with what `make` gives for the document's SHA-256. No look is set: the drawn one stays.

    Raises:
        UnusablePdf: the PDF's structure does not allow it.
        SealNotConfirmed: the signature outgrows the room kept free for it.
    """
    steps = PdfCMSEmbedder().write_cms(field, writer, existing_fields_only=True)
    try:
        next(steps)
        steps.send(SigObjSetup(placeholder, mdp_setup=mdp))
        prepared, output = steps.send(SigIOSetup("sha256"))
    except PdfError:
        raise UnusablePdf("this PDF cannot be signed") from None
    content = make(prepared.document_digest)
    room = (prepared.reserved_region_end - prepared.reserved_region_start - 2) // 2
    if len(content) > room:
        raise SealNotConfirmed(f"the signature holds {len(content)} bytes where {room} were kept free")
    steps.send(content)
    result: bytes = output.getvalue()
    return result
