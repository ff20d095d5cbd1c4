"""What certificates say, and the pieces that new ones are made of (RFC 5280)."""

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

MIN_RSA_BITS = 3000
"""ETSI TS 119 312 V1.5.1: what certificates made since 1 January 2026 should have."""

VALIDITY_ASSURED_SHORT_TERM = ObjectIdentifier("0.4.0.194121.2.1")
"""ETSI EN 319 412-1, 5.2: the certificate is too short-lived to be revoked. Its value is NULL."""


_OTHER_USES = {
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.CODE_SIGNING,
    ExtendedKeyUsageOID.TIME_STAMPING,
    ExtendedKeyUsageOID.OCSP_SIGNING,
}


class Purpose(StrEnum):
    """What a key is loaded for; its certificate must allow it."""

    SEAL = "seal"
    ISSUER = "issuer"
    TIMESTAMP = "timestamp"


def allows(certificate: x509.Certificate, purpose: Purpose) -> bool:
    """Whether the certificate's extensions allow the purpose.

    A seal needs non-repudiation, which validators ask of a PDF's signer, and no extended key usage that is for
    something else alone; a time-stamping unit a critical one of time-stamping alone (RFC 3161, 2.3); an authority
    CA:TRUE and the right to sign certificates.
    """
    extensions = certificate.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    try:
        authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    if purpose == Purpose.ISSUER:
        return authority and usage.key_cert_sign
    if purpose == Purpose.SEAL:
        return not authority and usage.content_commitment and not _is_for_something_else(certificate)
    return not authority and (usage.digital_signature or usage.content_commitment) and is_time_stamping(certificate)


def is_time_stamping(certificate: x509.Certificate) -> bool:
    """Whether extended key usage is critical and names time-stamping alone (RFC 3161, 2.3)."""
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return extended.critical and list(extended.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _is_for_something_else(certificate: x509.Certificate) -> bool:
    """Whether extended key usage is there and names no use that a document's signature could be."""
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return set(extended) <= _OTHER_USES


def is_short_term(certificate: x509.Certificate) -> bool:
    """Whether the certificate says that it is too short-lived to be revoked."""
    return any(extension.oid == VALIDITY_ASSURED_SHORT_TERM for extension in certificate.extensions)


def strong_enough(certificate: x509.Certificate) -> bool:
    """Whether the key is RSA of at least 3000 bits, P-256 or P-384 (ETSI TS 119 312)."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= MIN_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)


def still_usable(certificate: x509.Certificate) -> bool:
    """Whether nobody can break it yet: RSA of 2048 bits or a curve of 256, issued under a digest of 256 bits at least.

    What old signatures may rest on (ETSI TS 119 312); what new ones are made with is for `strong_enough`.
    """
    key, digest = certificate.public_key(), certificate.signature_hash_algorithm
    least = 2048 if isinstance(key, rsa.RSAPublicKey) else 256
    usable = isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and key.key_size >= least
    return usable and digest is not None and digest.digest_size >= 32


def without_root(chain: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The chain without self-issued certificates: whoever verifies has his own copy of the root."""
    return [link for link in chain if link.issuer != link.subject]


def chain_of(certificate: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The issuers of `certificate` found among `others`, nearest first, each signature checked."""
    chain: list[x509.Certificate] = []
    link = certificate
    while link.issuer != link.subject:
        for candidate in others:
            if candidate.subject == link.issuer and candidate not in chain and _issued(candidate, link):
                chain.append(candidate)
                link = candidate
                break
        else:
            break
    return tuple(chain)


def is_list_of(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether this revocation list was signed by that authority."""
    key = issuer.public_key()
    return (
        crl.issuer == issuer.subject
        and isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        and crl.is_signature_valid(key)
    )


def list_addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the certificate says that the revocation list is published, over HTTP (RFC 5280, 4.2.1.13)."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    names = [name.value for point in points for name in point.full_name or ()]
    return tuple(name for name in names if isinstance(name, str) and name.startswith(("http://", "https://")))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether that authority signed the certificate."""
    return certificate.issuer == issuer.subject and _issued(issuer, certificate)


def common_name(certificate: x509.Certificate) -> str:
    """The subject's common name, else its organisation, else an empty text."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            return str(attribute.value)
    return ""


def fit(text: str) -> str:
    """`text` on one line, cut to the 64 bytes that are safe in any name of a certificate; the documents have it whole.

    X.520 allows 64 characters; some programs count them, others count the bytes of their UTF-8 form.

    Raises:
        ValueError: nothing is left of it.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not line:
        raise ValueError("a name in a certificate is not empty")
    encoded = line.encode()
    return line if len(encoded) <= 64 else encoded[: 64 - len("…".encode())].decode(errors="ignore") + "…"


def key_usage(**allowed: bool) -> x509.KeyUsage:
    """KeyUsage with only the bits named."""
    bits = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    return x509.KeyUsage(**(bits | allowed))


def authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The issuer's subject key identifier, repeated (RFC 5280, 4.2.1.1)."""
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(_usable_key(issuer))
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def policies_of(certificate: x509.Certificate) -> x509.CertificatePolicies | None:
    """The certificate's policies, if it names any."""
    try:
        return certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return None


@lru_cache(maxsize=512)
def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _usable_key(certificate: x509.Certificate) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise TypeError("an issuer has an RSA or an elliptic curve key")
    return key
