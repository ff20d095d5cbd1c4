"""Incremental updates: a PDF opened for one, and a signature put into one of its fields."""

import io
from collections.abc import Callable

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData

from signing.errors import SealNotConfirmed, UnusablePdf


def open_for_update(pdf: bytes) -> IncrementalPdfFileWriter:
    """The PDF, ready to be added to.

    Raises:
        UnusablePdf: not a PDF, a damaged or an encrypted one.
    """
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        encrypted = writer.security_handler is not None
    except (PdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise UnusablePdf("this is not a PDF that can be signed") from None
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
