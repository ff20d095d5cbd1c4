"""A small signing world for the verifier's tests: throw-away keys, a form, and that form signed at each level."""

import functools
import io
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from reportlab.pdfgen.canvas import Canvas

from signing import evidence as ev
from signing import longterm, pki, seal
from signing.certificates import Purpose
from signing.identity import Identity, issue_one_shot, load_identity
from signing.timestamp import LocalTimestamper
from signing.verify import verify
from tests.signing.evidence_samples import make_events, make_facts

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SIGNED_AT = NOW + timedelta(minutes=10)
LATER = NOW + timedelta(days=30)
POLICY = "1.3.6.1.4.1.99999.1"
PASSPHRASE = b"throw-away"


@dataclass(frozen=True)
class World:
    """Keys and certificates of one made-up seller."""

    root: x509.Certificate
    issuer: Identity
    seal: Identity
    unit: Identity
    root_crl: bytes

    def stamper(self, at=SIGNED_AT + timedelta(seconds=1)):
        return LocalTimestamper(self.unit, policy_oid=POLICY, clock=lambda: at)

    def crl(self, at=SIGNED_AT, revoked=()):
        return pki.make_crl(self.issuer, number=1, now=at, next_update=at + timedelta(days=7), revoked=revoked)


@functools.cache
def world() -> World:
    """Made once: RSA keys take a second."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "pki"
        pki.create_development_pki(folder, passphrase=PASSPHRASE, now=NOW, organisation="Annuaires Réunis SA")

        def load(name, purpose):
            return load_identity(folder / name, PASSPHRASE, purpose=purpose, now=NOW)

        return World(
            root=x509.load_pem_x509_certificate((folder / pki.ROOT).read_bytes()),
            issuer=load(pki.ISSUER, Purpose.ISSUER),
            seal=load(pki.SEAL, Purpose.SEAL),
            unit=load(pki.TIMESTAMP, Purpose.TIMESTAMP),
            root_crl=(folder / pki.ROOT_CRL).read_bytes(),
        )


@functools.cache
def form(*, text_field: bool = False) -> bytes:
    """Two pages with an amount and the two empty signature fields; on demand a text field, which ours never have."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawString(72, 700, "Bon de commande 2026-LYO-000042")
    canvas.drawString(72, 680, "Total : 6 056,76 EUR TTC")
    if text_field:
        canvas.acroForm.textfield(name="remise", value="0 %", x=72, y=600, width=100, height=20)
    canvas.showPage()
    canvas.drawString(72, 700, "Signatures")
    canvas.showPage()
    canvas.save()
    writer = IncrementalPdfFileWriter(io.BytesIO(file.getvalue()))
    append_signature_field(writer, SigFieldSpec("seller", on_page=1, box=(72, 500, 272, 560)))
    append_signature_field(writer, SigFieldSpec("client", on_page=1, box=(322, 500, 522, 560)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@functools.cache
def certified(*, text_field: bool = False) -> bytes:
    return seal.certify(form(text_field=text_field), world().seal, when=NOW, reason="Offre du vendeur", location="Lyon")


def one_shot(at=SIGNED_AT, issuer=None):
    return issue_one_shot(
        issuer or world().issuer,
        name="Hélène Fournier",
        role="Gérante",
        company="Au Nom de la Rose & Fils",
        ceremony_id="c0ffee" * 5 + "00",
        email="helene@rose.example",
        now=at,
        minutes=10,
    )


def customer_signed(pdf: bytes, *, stamped=True, reason="Bon pour accord", signer=None) -> bytes:
    return seal.sign_as_customer(
        pdf,
        signer or one_shot(),
        when=SIGNED_AT,
        timestamper=world().stamper() if stamped else None,
        reason=reason,
        location="Lyon",
    )


@functools.cache
def journal_head() -> str:
    """Hash of the event with which the customer signed, as the signature names it."""
    events = make_events(make_facts(shown=certified(), signed_at=SIGNED_AT))
    return next(event.hash for event in events if event.kind == ev.SIGNED)


@functools.cache
def signed(level: str = "B-T", *, text_field: bool = False) -> bytes:
    """The form certified, signed by the customer, and raised to a PAdES level."""
    shown = certified(text_field=text_field) if text_field else certified()
    pdf = customer_signed(shown, stamped=level != "B-B", reason=f"Bon pour accord, journal {journal_head()}")
    if level in {"B-LT", "B-LTA"}:
        pdf = longterm.add_validation_info(
            pdf, certificates=[world().issuer.certificate, world().root], crls=[world().crl(), world().root_crl]
        )
    if level == "B-LTA":
        pdf = longterm.add_document_timestamp(pdf, world().stamper(SIGNED_AT + timedelta(seconds=5)))
    return pdf


def check(pdf: bytes, **changes):
    """The verdict a month later, trusting the world's root."""
    return verify(pdf, **({"trust": [world().root], "now": LATER} | changes))


def codes(report) -> set[str]:
    return {finding.code for finding in report.findings}


def facts_of(pdf: bytes, shown: bytes, customer: x509.Certificate, **changes):
    """Facts that agree with a signed form."""
    used = [
        ev.certificate_used("seal", world().seal.certificate),
        ev.certificate_used("customer", customer),
        ev.certificate_used("issuing", world().issuer.certificate),
        ev.certificate_used("root", world().root),
    ]
    about = {"shown": shown, "sealed": pdf, "certificates": used, "signed_at": SIGNED_AT, "time_stamps": stamps_of(pdf)}
    return make_facts(**(about | changes))


def stamps_of(pdf: bytes) -> tuple[ev.TimeStampUsed, ...]:
    """The time-stamps in the file, as evidence describes them."""
    return tuple(
        ev.TimeStampUsed(
            covers="customer_signature" if one.kind == "approval" else "document",
            at=one.time_stamp.at,
            authority=one.time_stamp.authority,
            policy=one.time_stamp.policy,
            serial=one.time_stamp.serial,
            digest_algorithm=one.time_stamp.digest,
        )
        for one in check(pdf).signatures
        if one.time_stamp
    )


def evidence_of(facts, *, events=None, stamper=None) -> bytes:
    """The evidence file over these facts, time-stamped."""
    events = events or make_events(facts)
    stamper = stamper or world().stamper(SIGNED_AT + timedelta(seconds=4))
    return ev.build_evidence(facts, events, stamper.timestamp(bytes.fromhex(events[-1].hash)))


@functools.cache
def case(level: str = "B-T"):
    """A signed form, its facts and its evidence file, which agree."""
    from signing.verify.structure import open_pdf

    pdf = signed(level)
    reader = open_pdf(pdf)
    client = next(one for one in reader.embedded_signatures if one.field_name == "client")
    customer = x509.load_der_x509_certificate(client.signer_cert.dump())
    facts = facts_of(pdf, certified(), customer, level=level)
    return pdf, facts, evidence_of(facts)
