"""Attacks on who is believed: revoked, expired and foreign authorities, weak digests."""

import functools
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from signing import longterm, pki, seal
from signing.certificates import authority_key, key_usage
from signing.identity import Identity, OneShot
from tests.signing import world
from tests.signing.attacks.on_pdf import phk_signer

DAY = timedelta(days=1)


def certificate(name, key, issuer=None, *, ca=True, start=-DAY, end=3650 * DAY, usage=None):
    """A certificate under `issuer` (an Identity), self-issued without one; times count from the signing."""
    usage = usage or (key_usage(key_cert_sign=True, crl_sign=True) if ca else key_usage(content_commitment=True))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(world.SIGNED_AT + start)
        .not_valid_after(world.SIGNED_AT + end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is None:
        from cryptography.hazmat.primitives import hashes

        return builder.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])).sign(
            key, hashes.SHA256()
        )
    return issuer.issue(builder.add_extension(authority_key(issuer.certificate), critical=False))


@functools.cache
def root() -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    return Identity(certificate("Autre racine", key), (), key)


def authority(**times) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    return Identity(certificate("Autre autorité", key, root(), **times), (root().certificate,), key)


def signer(issuer: Identity, **options) -> OneShot:
    key = ec.generate_private_key(ec.SECP256R1())
    options = {"ca": False, "start": -timedelta(minutes=1), "end": timedelta(minutes=10)} | options
    return OneShot(certificate("Hélène Fournier", key, issuer, **options), (issuer.certificate, *issuer.chain), key)


def judged(pdf, **options):
    """Verdict when both roots are believed."""
    return world.check(pdf, trust=[world.world().root, root().certificate], **options)


def by(issuer: Identity, **options) -> bytes:
    return world.customer_signed(world.certified(), signer=signer(issuer, **options))


def root_crl(revoked=()):
    return pki.make_crl(
        root(), number=7, now=world.SIGNED_AT, next_update=world.SIGNED_AT + 90 * DAY, revoked=list(revoked)
    )


def weak(digest: str) -> bytes:
    """The customer's signature with a weak digest, by pyHanko."""
    import io

    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import SigSeedSubFilter

    key = rsa.generate_private_key(65537, 2048)
    issued = certificate(
        "Hélène Fournier",
        key,
        world.world().issuer,
        ca=False,
        end=60 * DAY,
    )
    one = phk_signer(key, issued)
    meta = signers.PdfSignatureMetadata(field_name="client", subfilter=SigSeedSubFilter.PADES, md_algorithm=digest)
    writer = IncrementalPdfFileWriter(io.BytesIO(world.certified()))
    return signers.PdfSigner(meta, one).sign_pdf(writer, existing_fields_only=True).getvalue()


def long_term(pdf: bytes, issuer: Identity, crl: bytes) -> bytes:
    """With revocation data inside, as a validator finds it."""
    certificates = [issuer.certificate, root().certificate, world.world().issuer.certificate, world.world().root]
    own = pki.make_crl(issuer, number=1, now=world.SIGNED_AT, next_update=world.SIGNED_AT + 90 * DAY)
    return longterm.add_validation_info(
        pdf, certificates=certificates, crls=[crl, own, world.world().crl(), world.world().root_crl]
    )


__all__ = ["authority", "by", "judged", "long_term", "root", "root_crl", "seal", "signer", "weak"]
