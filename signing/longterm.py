"""What keeps a signature verifiable for decades: certificates, proofs of revocation, time-stamps over all of it."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError

from signing import fields
from signing.certificates import chain_of, common_name, is_list_of, is_short_term
from signing.contents import certificates_in, is_time_stamp, signed_contents, tokens_in
from signing.embed import embed, open_for_update
from signing.errors import ValidationInfoIncomplete
from signing.ocsp import speaks_of
from signing.readback import confirm_all, confirm_newest
from signing.timestamp import Timestamper


@dataclass(frozen=True)
class Proofs:
    """What validation needs beside the signatures: issuers, roots included; revocation lists and answers (DER)."""

    certificates: Sequence[x509.Certificate]
    crls: Sequence[bytes]
    ocsps: Sequence[bytes] = ()


def preserve(
    pdf: bytes,
    collect: Callable[[Sequence[x509.Certificate]], Proofs],
    timestamper: Timestamper,
    *,
    thorough: bool = True,
) -> bytes:
    """The signed PDF with fresh validation data and a time-stamp over all of it, in one update: B-LTA, or its renewal.

    Args:
        pdf: signed at level B-T or above.
        collect: gives the proofs for the certificates of all signatures and time-stamps in the file; for those that
            have expired, what earlier updates brought still speaks.
        timestamper: whose certificate, and algorithm, keeps the file until the next renewal.
        thorough: how the result is read back.

    Raises:
        UnusablePdf, TimestampError, ValidationInfoIncomplete, SealNotConfirmed: as the two functions below.
        whatever `collect` raises.
    """
    writer = open_for_update(pdf)
    embedded = _embedded(pdf)
    _add_proofs(writer, embedded, collect(embedded))
    return _stamp(pdf, writer, timestamper, thorough=thorough)


def add_validation_info(
    pdf: bytes, *, certificates: Sequence[x509.Certificate], crls: Sequence[bytes], thorough: bool = True
) -> bytes:
    """The signed PDF with what its validation will need in later years (document security store, EN 319 142-1, 5.4).

    Args:
        pdf: signed.
        certificates: all issuers, roots included, of signers and time-stamping units.
        crls: revocation lists (DER) of those issuers, fresh.
        thorough: False where `add_document_timestamp` follows at once, which reads all back.

    Raises:
        UnusablePdf: not a PDF.
        ValidationInfoIncomplete: an issuer, or the revocation list of one, is missing.
        SealNotConfirmed: a signature does not verify any more.
    """
    writer = open_for_update(pdf)
    _add_proofs(writer, _embedded(pdf), Proofs(certificates, crls))
    output = io.BytesIO()
    writer.write(output)
    result = output.getvalue()
    if thorough:
        confirm_all(result)
    return result


def add_document_timestamp(pdf: bytes, timestamper: Timestamper, *, thorough: bool = True) -> bytes:
    """The signed PDF with a time-stamp over all of it (EN 319 142-1, 5.4.3): makes B-T of B-B and B-LTA of B-LT.

    Raises:
        UnusablePdf: not a PDF.
        TimestampError: no token was obtained.
        SealNotConfirmed: a signature does not verify any more.
    """
    return _stamp(pdf, open_for_update(pdf), timestamper, thorough=thorough)


def has_proof_of_time(pdf: bytes) -> bool:
    """Whether a time-stamp shows when the newest signature existed: without one the file is B-B.

    Raises:
        UnusablePdf: no signature, or one that cannot be read, is in it.
    """
    newest = signed_contents(pdf)[-1]
    return is_time_stamp(newest) or bool(tokens_in(newest))


def _stamp(pdf: bytes, writer: IncrementalPdfFileWriter, timestamper: Timestamper, *, thorough: bool) -> bytes:
    name = fields.next_timestamp(writer)
    fields.add_unseen(writer, name)
    placeholder = DocumentTimestamp(bytes_reserved=2 * timestamper.token_size)
    result = embed(writer, name, placeholder, None, timestamper.timestamp)
    confirm_newest(result, pdf, None)
    if thorough:
        confirm_all(result)
    return result


def _add_proofs(writer: IncrementalPdfFileWriter, embedded: Sequence[x509.Certificate], proofs: Proofs) -> None:
    _require_complete(embedded, proofs, _kept(writer.prev))
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(link.public_bytes(Encoding.DER)) for link in proofs.certificates],
        crls=[asn1_crl.CertificateList.load(crl) for crl in proofs.crls],
        ocsps=[asn1_ocsp.OCSPResponse.load(answer) for answer in proofs.ocsps],
    )


def _require_complete(embedded: Sequence[x509.Certificate], proofs: Proofs, kept: Proofs) -> None:
    """Refuse to claim level B-LT where one link of a chain is missing, or a list or an answer on its revocation.

    Short-term certificates need no list (EN 319 412-1, 5.2), and a root answers for itself.
    """
    lists = [x509.load_der_x509_crl(crl) for crl in (*proofs.crls, *kept.crls)]
    answers = (*proofs.ocsps, *kept.ocsps)
    known = [*proofs.certificates, *embedded, *kept.certificates]
    listed: dict[x509.Certificate, bool] = {}
    missing: set[str] = set()
    for certificate in embedded:
        chain = (certificate, *chain_of(certificate, known))
        if chain[-1].issuer != chain[-1].subject:
            missing.add(f"the issuer of {common_name(chain[-1])}")
        for link, issuer in pairwise(chain):
            if issuer not in listed:
                listed[issuer] = any(is_list_of(crl, issuer) for crl in lists)
            answered = any(speaks_of(answer, link, issuer) for answer in answers)
            if not is_short_term(link) and not listed[issuer] and not answered:
                missing.add(f"a revocation list of {common_name(issuer)}, or an answer on {common_name(link)}")
    if missing:
        raise ValidationInfoIncomplete(", ".join(sorted(missing)))


def _kept(reader: PdfFileReader) -> Proofs:
    """What earlier updates brought."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return Proofs((), ())
    certificates = [x509.load_der_x509_certificate(link.dump()) for link in store.load_certs()]
    crls, ocsps = ([found.get_object().data for found in kind] for kind in (store.crls, store.ocsps))
    return Proofs(certificates, crls, ocsps)


def _embedded(pdf: bytes) -> Sequence[x509.Certificate]:
    """The certificates of the file's signatures and of their time-stamps, each once."""
    found: dict[x509.Certificate, None] = {}
    for content in signed_contents(pdf):
        for signed in (content, *tokens_in(content)):
            found.update(dict.fromkeys(certificates_in(signed)))
    return list(found)
