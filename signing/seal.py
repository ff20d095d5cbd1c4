"""Seals and signatures in a PDF: bytes in, signed bytes out (PAdES, ETSI EN 319 142-1).

The order of an order form: `certify` with the seller's seal before anybody sees it, `sign_as_customer`, then
`add_validation_info` and `add_document_timestamp`. Each is an incremental update, and each is read back and verified
before it is returned: a file that does not verify never leaves these functions.
"""

import io
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import DocumentTimestamp, SignatureObject
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import PdfSignedData
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing import fields
from signing.cms import CmsSigner
from signing.errors import SealNotConfirmed, UnusablePdf
from signing.identity import Identity, OneShot
from signing.readback import confirm
from signing.timestamp import Timestamper


class Party(Protocol):
    """Who signs: an `Identity` or a `OneShot`."""

    @property
    def name(self) -> str:
        """As in the certificate."""

    @property
    def cms(self) -> CmsSigner:
        """What makes the signature."""


def certify(
    pdf: bytes,
    seal: Identity,
    *,
    when: datetime,
    reason: str,
    location: str,
    field: str = fields.SELLER,
    timestamper: Timestamper | None = None,
) -> bytes:
    """The form with the seller's certification in its field; after it, only the customer may sign (DocMDP, P = 2).

    The customer's field gets its lock here when it was drawn without.

    Args:
        pdf: the form as drawn, with the empty field.
        seal: the seller's.
        when: the claimed time, in the dictionary's `M`.
        reason: shown by readers.
        location: shown by readers.
        field: to sign in.
        timestamper: gives level B-T; without one the level is B-B.

    Raises:
        UnusablePdf: not a PDF, or without this field empty.
        TimestampError: no token was obtained.
        SealNotConfirmed: the result does not verify.
    """
    writer = _open(pdf)
    fields.require_empty(writer, field)
    fields.add_lock(writer, fields.CLIENT)
    mdp = SigMDPSetup("sha256", certify=True, docmdp_perms=MDPPerm.FILL_FORMS)
    return _sign(writer, seal, field, mdp, when=when, reason=reason, location=location, timestamper=timestamper)


def sign_as_customer(
    pdf: bytes,
    one_shot: OneShot,
    *,
    when: datetime,
    timestamper: Timestamper | None,
    reason: str,
    location: str,
    field: str = fields.CLIENT,
) -> bytes:
    """The certified form with the customer's signature in its field; nothing but archival data may follow.

    Args:
        pdf: the form as certified and shown.
        one_shot: spent by this call, whether it ends well or not.
        when: the instant of the accepted code, in the dictionary's `M`.
        timestamper: gives level B-T. None leaves B-B, for a caller who raises the level within the certificate's
            minutes.
        reason: shown by readers.
        location: shown by readers.
        field: to sign in.

    Raises:
        UnusablePdf: not a PDF, or without this field empty and locked.
        TimestampError: no token was obtained.
        OneShotSpent: the key has signed.
        SealNotConfirmed: the result, or the seller's seal under it, does not verify.
    """
    writer = _open(pdf)
    if "/Lock" not in fields.require_empty(writer, field):
        raise UnusablePdf(f"the signature field {field!r} has no lock: it was not certified by this program")
    mdp = SigMDPSetup("sha256", field_lock=fields.WHOLE_FORM, docmdp_perms=fields.NOTHING_MORE)
    return _sign(writer, one_shot, field, mdp, when=when, reason=reason, location=location, timestamper=timestamper)


def seal_document(
    pdf: bytes,
    seal: Identity,
    *,
    when: datetime,
    reason: str,
    location: str,
    field: str = fields.SELLER,
    timestamper: Timestamper | None = None,
) -> bytes:
    """A finished document (evidence, invoice) with the seller's certification; nothing may change after (P = 1).

    Signed in the field drawn with the document, else in one without a place on a page.

    Raises:
        UnusablePdf, TimestampError, SealNotConfirmed: as `certify`.
    """
    writer = _open(pdf)
    if fields.find_empty(writer, field) is None:
        fields.add_unseen(writer, field)
    mdp = SigMDPSetup("sha256", certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    return _sign(writer, seal, field, mdp, when=when, reason=reason, location=location, timestamper=timestamper)


def add_validation_info(
    pdf: bytes, *, certificates: Iterable[x509.Certificate], crls: Iterable[bytes], confirmed: bool = True
) -> bytes:
    """The signed PDF with what its validation will need in later years (document security store, EN 319 142-1, 5.4).

    Args:
        pdf: signed.
        certificates: all issuers, roots included, of signers and time-stamping units.
        crls: revocation lists (DER) of those issuers, fresh.
        confirmed: read back and verify; False where `add_document_timestamp`, which does the same, follows at once.

    Raises:
        UnusablePdf: not a PDF.
        SealNotConfirmed: a signature does not verify any more.
    """
    writer = _open(pdf)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(link.public_bytes(Encoding.DER)) for link in certificates],
        crls=[asn1_crl.CertificateList.load(crl) for crl in crls],
    )
    output = io.BytesIO()
    writer.write(output)
    result = output.getvalue()
    if confirmed:
        confirm(result, newest=None)
    return result


def add_document_timestamp(pdf: bytes, timestamper: Timestamper) -> bytes:
    """The signed PDF with a time-stamp over all of it (EN 319 142-1, 5.4.3): makes B-T of B-B and B-LTA of B-LT.

    Raises:
        UnusablePdf: not a PDF.
        TimestampError: no token was obtained.
        SealNotConfirmed: a signature does not verify any more.
    """
    writer = _open(pdf)
    name = fields.next_timestamp(writer)
    fields.add_unseen(writer, name)
    placeholder = DocumentTimestamp(bytes_reserved=2 * timestamper.token_size)
    return _embed(writer, name, placeholder, None, timestamper.timestamp)


def _open(pdf: bytes) -> IncrementalPdfFileWriter:
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        encrypted = writer.security_handler is not None
    except (PdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise UnusablePdf("this is not a PDF that can be signed") from None
    if encrypted:
        raise UnusablePdf("an encrypted PDF cannot be signed")
    return writer


def _sign(
    writer: IncrementalPdfFileWriter,
    party: Party,
    field: str,
    mdp: SigMDPSetup,
    *,
    when: datetime,
    reason: str,
    location: str,
    timestamper: Timestamper | None,
) -> bytes:
    if when.tzinfo is None:
        raise ValueError("an instant has a zone")
    size = party.cms.size + (timestamper.token_size if timestamper else 0)
    placeholder = SignatureObject(
        timestamp=when,
        subfilter=SigSeedSubFilter.PADES,
        name=party.name,
        reason=reason,
        location=location,
        bytes_reserved=2 * size,
    )
    # The catalog stays at PDF 1.7, as PDF/A-3 wants: PAdES needs this extension alone. (pyHanko's own signer would
    # raise it to 2.0 for a P-256 key.)
    writer.register_extension(ESIC_EXTENSION_1)
    stamp = timestamper.timestamp if timestamper else None
    return _embed(writer, field, placeholder, mdp, lambda digest: party.cms.sign_detached(digest, stamp))


def _embed(
    writer: IncrementalPdfFileWriter,
    field: str,
    placeholder: PdfSignedData,
    mdp: SigMDPSetup | None,
    make: Callable[[bytes], bytes],
) -> bytes:
    """Fill the field with what `make` gives for the document's SHA-256. No look is set: the drawn one stays."""
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
    confirm(result, newest=field)
    return result
