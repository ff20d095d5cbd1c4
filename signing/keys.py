"""Keys by address: a PKCS#12 file, a security module (`pkcs11:`, RFC 7512) or AWS KMS (`awskms:`).

A key held elsewhere is wrapped in the interface of the `cryptography` package, so that seals, one-shot certificates,
revocation lists and time-stamps are made with it by the same code as with a key of this process.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, Protocol, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signing.certificates import Purpose
from signing.errors import KeyFileMissing, KeyFileUnreadable, KeyMismatch
from signing.identity import Identity, SoftwareKey, checked_identity, load_identity

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

PROOF = b"Seing: is this the key of the certificate?"
"""Signed once when a key is opened; a signature over it is worth nothing to anybody."""


class RemoteKey(Protocol):
    """A key that signs where it is kept. Safe to share between threads."""

    def sign(self, data: bytes) -> bytes:
        """SHA-256 signature over `data`: PKCS#1 v1.5 (RSA) or DER-encoded (ECDSA).

        Raises:
            KeyUnavailable: where it is kept does not answer, or refuses now.
        """


def open_identity(
    address: str, certificates: Path | None, secret: bytes, *, purpose: Purpose, now: datetime
) -> Identity:
    """The key at an address with its certificates, checked for what it is wanted for.

    Args:
        address: a path or `file:` path of a PKCS#12 file, `pkcs11:...` or `awskms:...`.
        certificates: PEM of the key's certificate and its issuers, in any order; PKCS#12 files have their own.
        secret: passphrase of the file, or PIN of the token; KMS takes its credentials from the environment.
        purpose: what the certificate must allow.
        now: when the certificates must be valid.

    Raises:
        KeyFileError: what cannot be used, and why; it is named without folder.
        KeyUnavailable: the module or service does not answer.
    """
    kind, _, rest = address.partition(":")
    if kind not in {"pkcs11", "awskms"}:
        return load_identity(Path(rest if kind == "file" else address), secret, purpose=purpose, now=now)
    if certificates is None:
        raise KeyFileMissing(f"{kind}:", "the PEM file of its certificates is not given")
    links = _read_pem(certificates)
    remote = _open(address, secret)
    signature = remote.sign(PROOF)
    for link in links:
        if _verifies(link, signature):
            key = wrap(link.public_key(), remote)
            return checked_identity(certificates.name, key, link, links, purpose=purpose, now=now)
    raise KeyMismatch(certificates.name, f"none of its certificates is that of the key at {kind}:")


def wrap(public_key: Any, remote: RemoteKey) -> SoftwareKey:
    """The remote key as a private key of the `cryptography` package, which signs SHA-256 and does nothing else."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return _RemoteRsa(public_key, remote)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return _RemoteEc(public_key, remote)
    raise TypeError("an RSA or an elliptic curve key is needed")


def _open(address: str, secret: bytes) -> RemoteKey:
    # Imported when asked for: a PKCS#12 installation needs neither package at start-up.
    if address.startswith("pkcs11:"):
        from signing.keys_pkcs11 import TokenKey  # noqa: PLC0415  # as above

        return TokenKey(address, secret.decode())
    from signing.keys_kms import KmsKey  # noqa: PLC0415  # as above

    return KmsKey(address)


def _read_pem(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise KeyFileMissing(path.name, error.strerror or "cannot be read") from None
    except ValueError:
        raise KeyFileUnreadable(path.name, "not a PEM file of certificates") from None


def _verifies(certificate: x509.Certificate, signature: bytes) -> bool:
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, PROOF, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, PROOF, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("this key signs, and never leaves where it is kept")


_NEVER: Any = _refuse


class _RemoteRsa(rsa.RSAPrivateKey):
    """RSA, PKCS#1 v1.5 with SHA-256."""

    decrypt = private_numbers = private_bytes = _NEVER

    def __init__(self, public_key: rsa.RSAPublicKey, remote: RemoteKey) -> None:
        self._public_key, self._remote = public_key, remote

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public_key

    def sign(self, data: Any, padding: Any, algorithm: Any) -> bytes:
        if type(padding).__name__ != "PKCS1v15" or not isinstance(algorithm, hashes.SHA256):
            _refuse()
        return self._remote.sign(data)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self


class _RemoteEc(ec.EllipticCurvePrivateKey):
    """ECDSA with SHA-256."""

    exchange = private_numbers = private_bytes = _NEVER

    def __init__(self, public_key: ec.EllipticCurvePublicKey, remote: RemoteKey) -> None:
        self._public_key, self._remote = public_key, remote

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public_key.curve

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public_key

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        if not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            _refuse()
        return self._remote.sign(data)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self
