"""Keys with their certificates: those that stay (seal, issuing authority, time-stamping unit) and the one-shot kind.

A key is loaded and checked once per process: checking an RSA-3072 key takes 90 ms, signing with it 0.8.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from asn1crypto import pkcs12 as asn1_pkcs12
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from signing.certificates import (
    MIN_RSA_BITS,
    VALIDITY_ASSURED_SHORT_TERM,
    Purpose,
    allows,
    authority_key,
    chain_of,
    common_name,
    fit,
    key_usage,
    policies_of,
    strong_enough,
    without_root,
)
from signing.cms import CmsSigner
from signing.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    KeyFileMissing,
    KeyFileUnreadable,
    KeyTooWeak,
    OneShotSpent,
    WrongKeyUsage,
    WrongPassphrase,
)

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far another machine's clock may lag behind ours without finding a fresh certificate not yet valid."""

SoftwareKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""A private key held by this process, or one that stands for a key held elsewhere (`signing.keys`)."""


@dataclass(frozen=True, eq=False)
class Identity:
    """A certificate, its issuers, and its private key kept loaded. Safe to share between threads.

    Attributes:
        certificate: of the key.
        chain: its issuers, nearest first; the root last, where the file has it.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    _key: SoftwareKey = field(repr=False)
    cms: CmsSigner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cms", CmsSigner(self.certificate, without_root(self.chain), self.sign))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key does not leave its process")

    @property
    def name(self) -> str:
        """The certificate's common name, or its organisation."""
        return common_name(self.certificate)

    @property
    def ends(self) -> datetime:
        """The last instant at which the certificate and all its issuers are valid."""
        return min(link.not_valid_after_utc for link in (self.certificate, *self.chain))

    def sign(self, data: bytes) -> bytes:
        """SHA-256 signature over `data`: PKCS#1 v1.5 (RSA) or DER-encoded (ECDSA)."""
        return _sign(self._key, data)

    def issue(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        """The certificate described by `builder`, signed as its issuer."""
        return builder.issuer_name(self.certificate.subject).sign(self._key, hashes.SHA256())

    def issue_crl(self, builder: x509.CertificateRevocationListBuilder) -> x509.CertificateRevocationList:
        """The revocation list described by `builder`, signed as its issuer."""
        return builder.issuer_name(self.certificate.subject).sign(self._key, hashes.SHA256())


class OneShot:
    """A key for one signature, born in memory and dropped by it; never written, never shown.

    Attributes:
        certificate: names the signatory and the company, valid for minutes.
        chain: its issuers, nearest first.
    """

    def __init__(
        self, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...], key: ec.EllipticCurvePrivateKey
    ) -> None:
        self.certificate = certificate
        self.chain = chain
        self._key: ec.EllipticCurvePrivateKey | None = key
        self._lock = threading.Lock()
        self.cms = CmsSigner(certificate, without_root(chain), self.sign)

    def __repr__(self) -> str:
        return f"OneShot(serial={self.certificate.serial_number:x}, spent={self.spent})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key does not leave its process")

    @property
    def name(self) -> str:
        """The signatory, as in the certificate."""
        return common_name(self.certificate)

    @property
    def spent(self) -> bool:
        """Whether the signature was made, and the key is gone."""
        return self._key is None

    def sign(self, data: bytes) -> bytes:
        """The one ECDSA signature (SHA-256, DER) over `data`.

        The key's only reference is taken first: whatever happens then, OpenSSL clears its memory when it falls.

        Raises:
            OneShotSpent: the key has signed.
        """
        with self._lock:
            key, self._key = self._key, None
        if key is None:
            raise OneShotSpent("a one-shot key signs once")
        return _sign(key, data)


def load_identity(path: Path, passphrase: bytes, *, purpose: Purpose, now: datetime) -> Identity:
    """The key, certificate and chain of a PKCS#12 file, checked for what it is wanted for.

    Raises:
        KeyFileMissing, WrongPassphrase, KeyFileUnreadable, CertificateExpired, CertificateNotYetValid, KeyTooWeak,
        WrongKeyUsage: what their names say, with the file's name; all are `KeyFileError`.
    """
    file = path.name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeyFileMissing(file, error.strerror or "cannot be read") from None
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(content, passphrase)
    except ValueError:
        # The library does not tell the two apart by type; the outer form shows whether it is PKCS#12 at all.
        if _is_pkcs12(content):
            raise WrongPassphrase(file, "the passphrase does not open it") from None
        raise KeyFileUnreadable(file, "not a PKCS#12 file") from None
    except UnsupportedAlgorithm:
        raise KeyFileUnreadable(file, "encrypted in a way that is out of date; export it with AES") from None
    if key is None or certificate is None:
        raise KeyFileUnreadable(file, "no private key with its certificate")
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyTooWeak(file, "neither RSA nor an elliptic curve key")
    return checked_identity(file, key, certificate, others, purpose=purpose, now=now)


def checked_identity(
    file: str,
    key: SoftwareKey,
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    *,
    purpose: Purpose,
    now: datetime,
) -> Identity:
    """A key with its certificate and those of its issuers, found among `others`; `file` names them in errors.

    Raises:
        CertificateExpired, CertificateNotYetValid, KeyTooWeak, WrongKeyUsage, KeyFileUnreadable: as `load_identity`.
    """
    chain = chain_of(certificate, others)
    if not strong_enough(certificate):
        raise KeyTooWeak(file, f"an RSA key of at least {MIN_RSA_BITS} bits or a P-256 or P-384 key is needed")
    _check_dates(file, (certificate, *chain), now)
    if not allows(certificate, purpose):
        raise WrongKeyUsage(file, f"the certificate does not allow the use as {purpose}")
    if not chain:
        raise KeyFileUnreadable(file, "the certificates of its issuers are missing")
    return Identity(certificate, chain, key)


def issue_one_shot(
    issuer: Identity, *, name: str, role: str, company: str, ceremony_id: str, email: str, now: datetime, minutes: int
) -> OneShot:
    """A fresh P-256 key and its certificate, for one signature of one ceremony.

    The subject is the signatory (common name, title) within the company; its serial number is the ceremony's
    identifier, which makes it unique. Key usage is non-repudiation alone.

    Args:
        issuer: the issuing authority, whose policies the certificate repeats.
        name: the signatory, as printed on the form.
        role: in the company; may be empty.
        company: legal name.
        ceremony_id: at most 64 characters.
        email: of the signatory; left out of the certificate when not plain ASCII (RFC 5280, 4.2.1.6).
        now: when the key is made.
        minutes: of validity from `now`.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    title = [x509.NameAttribute(NameOID.TITLE, fit(role))] if role.strip() else []
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, fit(company)),
            *title,
            x509.NameAttribute(NameOID.SERIAL_NUMBER, fit(ceremony_id)),
            x509.NameAttribute(NameOID.COMMON_NAME, fit(name)),
        ]
    )
    own = issuer.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(min(now + timedelta(minutes=minutes), own.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(content_commitment=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority_key(own), critical=False)
        .add_extension(x509.UnrecognizedExtension(VALIDITY_ASSURED_SHORT_TERM, b"\x05\x00"), critical=False)
    )
    if email and email.isascii():
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(email)]), critical=False)
    policies = policies_of(own)
    if policies is not None:
        builder = builder.add_extension(policies, critical=False)
    return OneShot(issuer.issue(builder), (own, *issuer.chain), key)


def _sign(key: SoftwareKey, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _check_dates(file: str, chain: Sequence[x509.Certificate], now: datetime) -> None:
    for link in chain:
        if now > link.not_valid_after_utc:
            raise CertificateExpired(file, f"{common_name(link)} expired on {link.not_valid_after_utc:%Y-%m-%d}")
        if now < link.not_valid_before_utc:
            raise CertificateNotYetValid(file, f"{common_name(link)} begins on {link.not_valid_before_utc:%Y-%m-%d}")


def _is_pkcs12(content: bytes) -> bool:
    """Whether the bytes have the outer form of RFC 7292, 4: version 3, content, MAC."""
    try:
        return bool(asn1_pkcs12.Pfx.load(content, strict=True)["version"].native == "v3")
    except (ValueError, TypeError):
        return False
