"""A development public key infrastructure, marked as such in every certificate, and revocation lists.

Production brings its own PKCS#12 files; `is_development` is how it recognises, and refuses, what was made here.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from signing.certificates import authority_key, fit, key_usage, policies_of
from signing.errors import KeysExist
from signing.identity import Identity, SoftwareKey

DEVELOPMENT_POLICY = ObjectIdentifier("2.25.237656220106975602812865482167917420394")
"""Under 2.25, where a UUID is a number of one's own without registration (ITU-T X.667)."""

ROOT, ISSUER, SEAL, TIMESTAMP, CHAIN, ROOT_CRL = (
    "root.pem", "issuer.p12", "seal.p12", "timestamp.p12", "chain.pem", "root.crl"
)  # fmt: skip
"""The files of a folder of keys. The root's key is not among them: it signs twice, then it is dropped."""

RSA_BITS = 3072
LIFE = timedelta(days=3652)
BACKDATED = timedelta(days=1)
"""A certificate begins a day early, so that a laptop's lagging clock does not refuse it."""

KDF_ROUNDS = 100_000
"""PBKDF2 rounds of a PKCS#12 file: some tens of milliseconds, once per process."""


@dataclass(frozen=True)
class Revoked:
    """One entry of a revocation list."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified


def is_development(certificate: x509.Certificate) -> bool:
    """Whether the certificate was made by, or under, `create_development_pki`."""
    policies = policies_of(certificate)
    return policies is not None and any(policy.policy_identifier == DEVELOPMENT_POLICY for policy in policies)


def create_development_pki(
    folder: Path, *, passphrase: bytes, now: datetime, organisation: str, crl_url: str | None = None
) -> None:
    """Root (P-384), issuing authority (P-256), seal and time-stamping unit (RSA-3072) in `folder`, all or nothing.

    Args:
        folder: made here; may exist when empty.
        passphrase: encrypts every private key (PBES2, AES-256).
        now: from which the ten years of validity run.
        organisation: the seller's legal name, in the seal's subject.
        crl_url: where the issuing authority's revocation list is published, written into what it issues.

    Raises:
        KeysExist: the folder holds something.
        ValueError: no passphrase, or no name.
    """
    if not passphrase:
        raise ValueError("keys are not written without a passphrase")
    if folder.exists() and any(folder.iterdir()):
        raise KeysExist(f"{folder.name} is not empty")
    files = _make(passphrase, now, organisation, crl_url)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # 0700
    try:
        for name, content in files.items():
            handle = os.open(scratch / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        try:
            scratch.rename(folder)
        except OSError:
            raise KeysExist(f"{folder.name} is not empty") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def make_crl(
    issuer: Identity, *, number: int, now: datetime, next_update: datetime, revoked: Sequence[Revoked] = ()
) -> bytes:
    """Revocation list (DER) of the issuing authority; `number` grows from list to list (RFC 5280, 5.2.3)."""
    return issuer.issue_crl(_crl(issuer.certificate, number, now, next_update, revoked)).public_bytes(Encoding.DER)


def _make(passphrase: bytes, now: datetime, organisation: str, crl_url: str | None) -> dict[str, bytes]:
    start, end = now - BACKDATED, now + LIFE
    root_key, issuer_key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    seal_key, unit_key = (rsa.generate_private_key(65537, RSA_BITS) for _ in range(2))
    authority = x509.BasicConstraints(ca=True, path_length=None)
    last_authority = x509.BasicConstraints(ca=True, path_length=0)
    leaf = x509.BasicConstraints(ca=False, path_length=None)
    signs_certificates = key_usage(key_cert_sign=True, crl_sign=True)

    def builder(label: str, key: SoftwareKey, basic: x509.BasicConstraints, usage: x509.KeyUsage) -> _Builder:
        subject = _name(organisation, label)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(basic, critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_policies(), critical=False)
        )

    root_builder = builder("RACINE", root_key, authority, signs_certificates)
    root = root_builder.issuer_name(_name(organisation, "RACINE")).sign(root_key, hashes.SHA384())
    by_root = Identity(root, (), root_key)
    issuing = by_root.issue(
        builder("AUTORITÉ", issuer_key, last_authority, signs_certificates).add_extension(authority_key(root), False)
    )
    issuer = Identity(issuing, (root,), issuer_key)

    def issue(request: _Builder) -> x509.Certificate:
        request = request.add_extension(authority_key(issuing), critical=False)
        if crl_url:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
            request = request.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        return issuer.issue(request)

    seal = issue(builder("CACHET", seal_key, leaf, key_usage(digital_signature=True, content_commitment=True)))
    time_stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    unit_usage = key_usage(digital_signature=True)
    unit = issue(builder("HORODATAGE", unit_key, leaf, unit_usage).add_extension(time_stamping, critical=True))

    def pfx(key: SoftwareKey, certificate: x509.Certificate, chain: list[x509.Certificate]) -> bytes:
        encryption = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(KDF_ROUNDS)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .build(passphrase)
        )
        return pkcs12.serialize_key_and_certificates(None, key, certificate, chain, encryption)

    root_crl = by_root.issue_crl(_crl(root, 1, now, end, ())).public_bytes(Encoding.DER)
    return {
        ROOT: root.public_bytes(Encoding.PEM),
        CHAIN: issuing.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM),
        ROOT_CRL: root_crl,
        ISSUER: pfx(issuer_key, issuing, [root]),
        SEAL: pfx(seal_key, seal, [issuing, root]),
        TIMESTAMP: pfx(unit_key, unit, [issuing, root]),
    }


_Builder = x509.CertificateBuilder


def _crl(
    issuer: x509.Certificate, number: int, now: datetime, next_update: datetime, revoked: Sequence[Revoked]
) -> x509.CertificateRevocationListBuilder:
    builder = (
        x509.CertificateRevocationListBuilder()
        .last_update(now)
        .next_update(next_update)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(authority_key(issuer), critical=False)
    )
    for entry in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at)
        if entry.reason is not x509.ReasonFlags.unspecified:  # RFC 5280, 5.3.1: leave it out rather than say so
            one = one.add_extension(x509.CRLReason(entry.reason), critical=False)
        builder = builder.add_revoked_certificate(one.build())
    return builder


def _name(organisation: str, label: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, fit(organisation)),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "DÉVELOPPEMENT, SANS VALEUR"),
            x509.NameAttribute(NameOID.COMMON_NAME, fit(f"{label} DE DÉVELOPPEMENT - {organisation}")),
        ]
    )


def _policies() -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(DEVELOPMENT_POLICY, None)])
