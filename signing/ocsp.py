"""Answers to the question whether one certificate is revoked (OCSP, RFC 6960, in the profile of RFC 5019).

Judged here only as far as to know whether an answer is worth keeping in a file; the verifier judges it again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from signing.certificates import issued_by

CLOCKS = timedelta(minutes=2)
"""How far the responder's clock may be ahead of ours."""

UNDATED = timedelta(hours=1)
"""How old an answer may be that does not say until when it holds."""


def responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the certificate says that its status is answered, over HTTP (RFC 5280, 4.2.2.1)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    names = [each.access_location.value for each in found if each.access_method == AuthorityInformationAccessOID.OCSP]
    return tuple(name for name in names if isinstance(name, str) and name.startswith(("http://", "https://")))


def question(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The request (DER) for one certificate. It names the issuer by SHA-1, which all responders know (RFC 5019)."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303  # a name only
    return builder.build().public_bytes(Encoding.DER)


def responder_of(answer: bytes, issuer: x509.Certificate) -> x509.Certificate | None:
    """Who signed the answer: the issuer, or whom it has named for that (RFC 6960, 4.2.2.2); None if neither did."""
    response = _loaded(answer)
    if response is None:
        return None
    for candidate in (issuer, *response.certificates):
        if (candidate == issuer or _is_delegate(candidate, issuer)) and _signed_by(response, candidate):
            return candidate
    return None


def is_exempt(responder: x509.Certificate) -> bool:
    """Whether its issuer says that this responder's own status need not be asked (RFC 6960, 4.2.2.2.1)."""
    try:
        responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return True


def holds_until(
    answer: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
) -> datetime | None:
    """Until when the answer on this certificate, good or revoked, may be used; None where it says nothing now."""
    for single in _about(answer, certificate, issuer):
        until = single.next_update_utc or single.this_update_utc + UNDATED
        if single.this_update_utc <= now + CLOCKS and now < until:
            return until
    return None


def speaks_of(answer: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the answer says anything of this certificate, whenever that was."""
    return any(True for _ in _about(answer, certificate, issuer))


def revoked_at(answer: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> datetime | None:
    """When the certificate was revoked, if the answer says so and one who may say it has signed."""
    for single in _about(answer, certificate, issuer):
        if single.certificate_status is ocsp.OCSPCertStatus.REVOKED and responder_of(answer, issuer) is not None:
            return single.revocation_time_utc
    return None


def _about(answer: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> Iterator[ocsp.OCSPSingleResponse]:
    """The single answers on this certificate that are good or revoked."""
    response = _loaded(answer)
    for single in response.responses if response else ():
        if (
            single.serial_number == certificate.serial_number
            and single.certificate_status is not ocsp.OCSPCertStatus.UNKNOWN
            and single.issuer_name_hash == _digest(single.hash_algorithm, issuer.subject.public_bytes())
            and single.issuer_key_hash == _digest(single.hash_algorithm, _key_bits(issuer))
        ):
            yield single


def _loaded(answer: bytes) -> ocsp.OCSPResponse | None:
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        list(response.responses)  # read whole: a malformed one is none
    except (ValueError, UnsupportedAlgorithm):
        return None
    return response


def _is_delegate(candidate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        usage = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage and issued_by(candidate, issuer)


def _signed_by(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    key, algorithm = certificate.public_key(), response.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The value of the BIT STRING subjectPublicKey, without tag, length and unused bits (RFC 6960, 4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return b""
