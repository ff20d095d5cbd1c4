"""Attacks on who is believed: revoked, expired and foreign authorities, weak digests."""

import functools
import io
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import SigMDPSetup

from signing import fields, longterm, pki, seal
from signing.certificates import authority_key, key_usage
from signing.embed import open_for_update
from signing.identity import Identity, OneShot, issue_one_shot
from signing.timestamp import LocalTimestamper
from tests.signing import world
from tests.signing.attacks.on_pdf import phk_signer, phk_stamper

DAY = timedelta(days=1)


def certificate(name, key, issuer=None, *, ca=True, start=-DAY, end=3650 * DAY, usage=None, more=()):
    """A certificate under `issuer` (an Identity), self-issued without one; times count from the signing.

    `more`: further extensions, each with whether it is critical.
    """
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
    for extension, critical in more:
        builder = builder.add_extension(extension, critical=critical)
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


def signer(issuer: Identity, *, key=None, **options) -> OneShot:
    key = key or ec.generate_private_key(ec.SECP256R1())
    options = {"ca": False, "start": -timedelta(minutes=1), "end": timedelta(minutes=10)} | options
    return OneShot(certificate("Hélène Fournier", key, issuer, **options), (issuer.certificate, *issuer.chain), key)


def judged(pdf, **options):
    """Verdict when both roots are believed."""
    return world.check(pdf, trust=[world.world().root, root().certificate], **options)


def by(issuer: Identity, **options) -> bytes:
    return world.customer_signed(world.certified(), signer=signer(issuer, **options))


def use(*uses, critical=True):
    """Extended key usage, as `certificate` takes it."""
    return (x509.ExtendedKeyUsage(list(uses)), critical)


STAMPING = use(ExtendedKeyUsageOID.TIME_STAMPING)


def stamped_by(issuer: Identity, *, more=(STAMPING,), **options) -> bytes:
    """The customer's good signature with the time-stamp of a unit under that authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    options = {"ca": False, "usage": key_usage(digital_signature=True)} | options
    unit = Identity(
        certificate("Horodatage", key, issuer, more=more, **options), (issuer.certificate, *issuer.chain), key
    )
    stamper = LocalTimestamper(unit, policy_oid=world.POLICY, clock=lambda: world.SIGNED_AT + timedelta(seconds=1))
    return seal.sign_as_customer(
        world.certified(), world.one_shot(), when=world.SIGNED_AT, timestamper=stamper, reason="Accord", location="Lyon"
    )


def in_the_sellers_name() -> OneShot:
    """A customer's certificate: it bears the name that was typed."""
    return issue_one_shot(
        world.world().issuer,
        name="Annuaires Réunis SA",
        role="",
        company="Annuaires Réunis SA",
        ceremony_id="c0ffee",
        email="",
        now=world.SIGNED_AT,
        minutes=10,
    )


def signed_alone(one: OneShot, pdf: bytes) -> bytes:
    """A customer's signature on a file that nobody certified, which our own sealing refuses to make."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    meta = signers.PdfSignatureMetadata(field_name="client", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    made = signers.PdfSigner(meta, phk_signer(one._key, one.certificate), timestamper=phk_stamper())
    return made.sign_pdf(writer).getvalue()


def certified_late(pdf: bytes, field: str) -> bytes:
    """The seller's certification on top of what is signed already, which our own sealing refuses to make."""
    writer = open_for_update(pdf)
    if field not in {name for name, _, _ in enumerate_sig_fields(writer)}:
        fields.add_unseen(writer, field)
    mdp = SigMDPSetup("sha256", certify=True, docmdp_perms=MDPPerm.FILL_FORMS)
    claims = seal.Claims(world.SIGNED_AT, "Offre", "Lyon")
    return seal._sign(pdf, writer, world.world().seal, field, mdp, claims, world.world().stamper(), thorough=False)


def root_crl(revoked=()):
    return pki.make_crl(
        root(), number=7, now=world.SIGNED_AT, next_update=world.SIGNED_AT + 90 * DAY, revoked=list(revoked)
    )


def weak(digest: str) -> bytes:
    """The customer's signature with a weak digest, by pyHanko."""
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
