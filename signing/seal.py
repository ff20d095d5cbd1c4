"""Seals and signatures in a PDF: bytes in, signed bytes out (PAdES, ETSI EN 319 142-1).

The order of an order form: `certify` with the seller's seal before anybody sees it, `sign_as_customer`, then what
`longterm` adds. Each is an incremental update, read back and verified before it is returned: a file that does not
verify never leaves these functions.

`thorough` is how: pyHanko reads the file again and judges every signature in it (tens of milliseconds), or else the new
signature alone is checked on the bytes (under two), for a caller who verifies the whole file himself before it counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import SignatureObject
from pyhanko.sign.signers.cms_embedder import SigMDPSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1

from signing import drawn, fields
from signing.cms import CmsSigner
from signing.embed import embed, open_for_update
from signing.errors import UnusablePdf
from signing.identity import Identity, OneShot
from signing.longterm import add_document_timestamp, add_validation_info, preserve
from signing.readback import confirm_all, confirm_newest
from signing.timestamp import Timestamper

__all__ = ["add_document_timestamp", "add_validation_info", "certify", "preserve", "seal_document", "sign_as_customer"]


class Party(Protocol):
    """Who signs: an `Identity` or a `OneShot`."""

    @property
    def certificate(self) -> x509.Certificate:
        """Of the key."""

    @property
    def name(self) -> str:
        """As in the certificate."""

    @property
    def cms(self) -> CmsSigner:
        """What makes the signature."""


@dataclass(frozen=True)
class Claims:
    """What the signature dictionary says beside the signature; when: an aware instant."""

    when: datetime
    reason: str
    location: str


def certify(
    pdf: bytes,
    seal: Identity,
    *,
    when: datetime,
    reason: str,
    location: str,
    field: str = fields.SELLER,
    timestamper: Timestamper | None = None,
    thorough: bool = True,
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
        thorough: how the result is read back.

    Raises:
        UnusablePdf: not a PDF, already signed, or without this field empty.
        TimestampError: no token was obtained.
        SealNotConfirmed: the result does not verify.
    """
    claims = Claims(when, reason, location)
    if form := drawn.recognise(pdf, field):
        room, make = _maker(seal, claims, timestamper)
        result = drawn.certify(form, when=when, by=seal.name, reason=reason, location=location, room=room, make=make)
        return _confirmed(result, pdf, seal, thorough=thorough)
    writer = open_for_update(pdf)
    empty = fields.require_unsigned(writer)
    if field not in empty:
        raise UnusablePdf(f"there is no signature field {field!r}")
    if fields.CLIENT in empty:
        fields.add_lock(writer, empty[fields.CLIENT])
    mdp = SigMDPSetup("sha256", certify=True, docmdp_perms=MDPPerm.FILL_FORMS)
    return _sign(pdf, writer, seal, field, mdp, claims, timestamper, thorough=thorough)


def sign_as_customer(
    pdf: bytes,
    one_shot: OneShot,
    *,
    when: datetime,
    timestamper: Timestamper | None,
    reason: str,
    location: str,
    field: str = fields.CLIENT,
    thorough: bool = True,
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
        thorough: how the result is read back.

    Raises:
        UnusablePdf: not a PDF, not certified for form filling, or without this field empty and locked.
        TimestampError: no token was obtained.
        OneShotSpent: the key has signed.
        SealNotConfirmed: the result, or the seller's seal under it, does not verify.
    """
    writer = open_for_update(pdf)
    if "/Lock" not in fields.require_empty(writer, field):
        raise UnusablePdf(f"the signature field {field!r} has no lock: nothing would hold the form still")
    fields.require_certified(writer)
    mdp = SigMDPSetup("sha256", field_lock=fields.WHOLE_FORM, docmdp_perms=fields.NOTHING_MORE)
    claims = Claims(when, reason, location)
    return _sign(pdf, writer, one_shot, field, mdp, claims, timestamper, thorough=thorough)


def seal_document(
    pdf: bytes,
    seal: Identity,
    *,
    when: datetime,
    reason: str,
    location: str,
    field: str = fields.SELLER,
    timestamper: Timestamper | None = None,
    thorough: bool = True,
) -> bytes:
    """A finished document (evidence, invoice) with the seller's certification; nothing may change after (P = 1).

    Signed in the field drawn with the document, else in one without a place on a page.

    Raises:
        UnusablePdf, TimestampError, SealNotConfirmed: as `certify`.
    """
    writer = open_for_update(pdf)
    if field not in fields.require_unsigned(writer):
        fields.add_unseen(writer, field)
    mdp = SigMDPSetup("sha256", certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    claims = Claims(when, reason, location)
    return _sign(pdf, writer, seal, field, mdp, claims, timestamper, thorough=thorough)


def _sign(
    pdf: bytes,
    writer: IncrementalPdfFileWriter,
    party: Party,
    field: str,
    mdp: SigMDPSetup,
    claims: Claims,
    timestamper: Timestamper | None,
    *,
    thorough: bool,
) -> bytes:
    room, make = _maker(party, claims, timestamper)
    placeholder = SignatureObject(
        timestamp=claims.when,
        subfilter=SigSeedSubFilter.PADES,
        name=party.name,
        reason=claims.reason,
        location=claims.location,
        bytes_reserved=2 * room,
    )
    # The catalog stays at PDF 1.7, as PDF/A-3 wants: PAdES needs this extension alone. (pyHanko's own signer would
    # raise it to 2.0 for a P-256 key.)
    writer.register_extension(ESIC_EXTENSION_1)
    return _confirmed(embed(writer, field, placeholder, mdp, make), pdf, party, thorough=thorough)


def _maker(party: Party, claims: Claims, timestamper: Timestamper | None) -> tuple[int, Callable[[bytes], bytes]]:
    """The most bytes that the signature takes, and what makes it from the SHA-256 of all that it covers."""
    if claims.when.tzinfo is None:
        raise ValueError("an instant has a zone")
    stamp = timestamper.timestamp if timestamper else None
    room = party.cms.size + (timestamper.token_size if timestamper else 0)
    return room, lambda digest: party.cms.sign_detached(digest, stamp)


def _confirmed(result: bytes, before: bytes, party: Party, *, thorough: bool) -> bytes:
    confirm_newest(result, before, party.certificate)
    if thorough:
        confirm_all(result)
    return result
