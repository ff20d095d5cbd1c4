"""What keeps a signature verifiable for decades: certificates, revocation lists, and time-stamps over all of it."""

import io
from collections.abc import Iterable, Sequence
from itertools import pairwise

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, extract_tst_data_iter

from signing import fields
from signing.certificates import chain_of, common_name, is_short_term
from signing.embed import embed, open_for_update
from signing.errors import ValidationInfoIncomplete
from signing.readback import confirm_all, confirm_newest
from signing.timestamp import Timestamper


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
    _require_complete(writer.prev, certificates, crls)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(link.public_bytes(Encoding.DER)) for link in certificates],
        crls=[asn1_crl.CertificateList.load(crl) for crl in crls],
    )
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
    writer = open_for_update(pdf)
    name = fields.next_timestamp(writer)
    fields.add_unseen(writer, name)
    placeholder = DocumentTimestamp(bytes_reserved=2 * timestamper.token_size)
    result = embed(writer, name, placeholder, None, timestamper.timestamp)
    confirm_newest(result, pdf, None)
    if thorough:
        confirm_all(result)
    return result


def _require_complete(reader: PdfFileReader, certificates: Sequence[x509.Certificate], crls: Sequence[bytes]) -> None:
    """Refuse to claim level B-LT where one link of a chain, or its revocation list, is missing.

    Short-term certificates need no list (EN 319 412-1, 5.2), and a root answers for itself.
    """
    lists = [x509.load_der_x509_crl(crl) for crl in crls]
    embedded = set(_embedded(reader))
    known = [*certificates, *embedded]
    missing: set[str] = set()
    for certificate in embedded:
        chain = (certificate, *chain_of(certificate, known))
        if chain[-1].issuer != chain[-1].subject:
            missing.add(f"the issuer of {common_name(chain[-1])}")
        for link, issuer in pairwise(chain):
            if not is_short_term(link) and not any(_is_list_of(crl, issuer) for crl in lists):
                missing.add(f"a revocation list of {common_name(issuer)}")
    if missing:
        raise ValidationInfoIncomplete(", ".join(sorted(missing)))


def _embedded(reader: PdfFileReader) -> Iterable[x509.Certificate]:
    """The certificates of the file's signatures and of their time-stamps."""
    for signature in reader.embedded_signatures:
        for signed in (signature.signed_data, *extract_tst_data_iter(signature.signer_info, signed=False)):
            found = extract_certs_for_validation(signed)
            for certificate in (found.signer_cert, *found.other_certs):
                yield x509.load_der_x509_certificate(certificate.dump())


def _is_list_of(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    return (
        crl.issuer == issuer.subject
        and isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        and crl.is_signature_valid(key)
    )
