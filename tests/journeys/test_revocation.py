"""Certificates taken back: the list says so at once, everywhere; what was signed before stays good; nothing after."""

import logging
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from pipeline import doctor, revocation
from pipeline.bootstrap import build_services
from pipeline.cli import app
from pipeline.errors import CertificateInUse, CertificateUnknown
from pipeline.origin import Origin
from pipeline.selftest import blank_page
from pipeline.steps.revoke import Target, revocations, revoke
from signing import errors, pki
from signing.embedded import embedded_certificates
from signing.fields import CLIENT
from signing.identity import issue_one_shot
from signing.longterm import preserve
from signing.seal import seal_document
from signing.timestamp import LocalTimestamper
from signing.verify import verify
from tests.house import kinds, order_of
from tests.pipeline.api_client import Client

OFFICE = Origin("office:cli")


def sealed_form(services, order_id):
    return services.archive.get(order_of(services, order_id).sealed_sha256, "signed")


def customers(pdf):
    return embedded_certificates(pdf).signers[CLIENT]


def taken_back(services, certificate, reason="keyCompromise", **more):
    return revoke(services, Target.of(certificate), reason, OFFICE, **more)


def crl_of(services):
    """As the public address gives it."""
    answer = Client(services).get("/pki/issuer.crl")
    assert answer.status_code == 200
    return answer.content


def number_of(crl):
    return x509.load_der_x509_crl(crl).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


@pytest.fixture
def twin(services):
    """Another process on the same installation."""
    other = build_services(services.settings, sms=services.sms, clock=services.clock)
    yield other
    other.works.engine.dispose()


def test_the_next_list_names_it_at_once_in_every_process(services, twin):
    """With date and reason, under the next number; a process that had published the list before gives the new one."""
    first = crl_of(services)
    assert crl_of(twin) == first
    certificate = services.keys.seal.certificate
    row = taken_back(services, certificate, "superseded", in_use=True)
    crl = crl_of(twin)
    assert crl_of(services) == crl
    assert number_of(crl) == number_of(first) + 1
    entry = x509.load_der_x509_crl(crl).get_revoked_certificate_by_serial_number(certificate.serial_number)
    assert entry.revocation_date_utc == row.revoked_at
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.superseded
    assert taken_back(services, certificate, in_use=True).reason == "superseded"  # twice changes nothing
    assert crl_of(services) == crl
    services.clock.move(hours=2)
    assert number_of(crl_of(services)) == number_of(crl) + 1
    assert len(list(x509.load_der_x509_crl(crl_of(twin)))) == 1


def test_numbers_have_no_gap_however_many_ask(services, twin, monkeypatch):
    """Revocations and requests at once, in two processes: every list has the number after the one before."""
    made = []

    def noted(issuer, *, number, **more):
        made.append((number, len(more["revoked"])))
        return pki.make_crl(issuer, number=number, **more)

    monkeypatch.setattr(revocation, "make_crl", noted)
    shots = [one_shot(services).certificate for _ in range(6)]

    def act(place):
        own = (services, twin)[place % 2]
        taken_back(own, shots[place])
        own.revocation.own(own.keys.authority)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(6)))
    assert [number for number, _ in made] == list(range(1, len(made) + 1))
    assert [count for _, count in made] == sorted(count for _, count in made)
    assert len(list(x509.load_der_x509_crl(services.revocation.own(services.keys.authority)))) == 6


def one_shot(services):
    person = {"name": "Hélène", "role": "", "company": "Rose", "ceremony_id": "c", "email": ""}
    return issue_one_shot(services.keys.issuer, now=services.clock(), minutes=10, **person)


@pytest.mark.programs
def test_openssl_agrees(services, tmp_path):
    """It reads the list, and refuses the certificate that it names and no other."""
    good, bad = one_shot(services).certificate, one_shot(services).certificate
    taken_back(services, bad)
    (tmp_path / "list.pem").write_bytes(
        x509.load_der_x509_crl(crl_of(services)).public_bytes(Encoding.PEM)
        + x509.load_der_x509_crl((services.settings.keys_dir / pki.ROOT_CRL).read_bytes()).public_bytes(Encoding.PEM)
    )
    for name, certificate in (("good", good), ("bad", bad)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    text = subprocess.run(
        ["openssl", "crl", "-in", "list.pem", "-text", "-noout"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Key Compromise" in text
    assert f"{bad.serial_number:X}" in text.replace(":", "")
    folder = services.settings.keys_dir
    at = str(int((services.clock() + timedelta(minutes=1)).timestamp()))
    check = ["openssl", "verify", "-crl_check_all", "-attime", at, "-CRLfile", "list.pem"]
    check += ["-CAfile", folder / pki.ROOT, "-untrusted", folder / pki.CHAIN]
    said = {
        name: subprocess.run([*check, f"{name}.pem"], cwd=tmp_path, capture_output=True, text=True, check=False)
        for name in ("good", "bad")
    }
    assert said["good"].returncode == 0, said["good"].stderr
    assert said["bad"].returncode != 0
    assert "certificate revoked" in said["bad"].stderr


def test_what_was_signed_and_stamped_before_stays_good(house):
    """The customer's certificate and the seal are taken back a day later: the form, renewed with that list, passes."""
    services, order_id = house
    pdf = sealed_form(services, order_id)
    services.clock.move(days=1)
    taken_back(services, customers(pdf))
    taken_back(services, services.keys.seal.certificate, in_use=True)
    crl = crl_of(services)
    assert verify(pdf, trust=services.keys.roots, now=services.clock.later(), crls=[crl]).passed
    stamper = LocalTimestamper(services.keys.identities[2], clock=services.clock)
    renewed = preserve(pdf, services.revocation.proofs, stamper)
    report = verify(renewed, trust=services.keys.roots, now=services.clock.later())
    assert report.passed, report.findings
    assert "certificate.revoked" in kinds(services, order_id)


def test_a_signature_that_nothing_dated_before_is_refused(services):
    """A seal without time-stamp whose key was taken back since: nobody can tell which came first."""
    services.clock.move(minutes=1)
    claims = {"when": services.clock(), "reason": "Essai", "location": "Lyon"}
    bare = seal_document(blank_page(services.clock()), services.keys.seal, timestamper=None, **claims)
    now = services.clock.later()
    assert verify(bare, trust=services.keys.roots, now=now, crls=[crl_of(services)]).passed
    taken_back(services, services.keys.seal.certificate, in_use=True)
    report = verify(bare, trust=services.keys.roots, now=now + timedelta(hours=1), crls=[crl_of(services)])
    assert not report.passed
    assert any("révoqué" in finding.fr for finding in report.findings), report.findings


def test_a_customers_certificate_by_its_number(house, caplog):
    """The number that the trail names is enough; trail and log say number and reason, no name."""
    services, order_id = house
    certificate = customers(sealed_form(services, order_id))
    with caplog.at_level(logging.INFO):
        revoke(services, Target(f"{certificate.serial_number:x}"), "privilegeWithdrawn", OFFICE)
    assert kinds(services, order_id)[-1] == "certificate.revoked"
    assert [row.order_id for row in revocations(services)] == [order_id]
    assert "certificate revoked" in caplog.text
    assert order_of(services, order_id).signatory_name not in caplog.text


def test_what_our_authority_did_not_issue_is_not_revoked(services, tmp_path):
    """An unknown number, a certificate of another authority, our own root: refused, and no list says otherwise."""
    pki.create_development_pki(tmp_path / "other", passphrase=b"x", now=services.clock(), organisation="Autre")
    stranger = x509.load_pem_x509_certificates((tmp_path / "other" / pki.CHAIN).read_bytes())[0]
    for target in (Target("abcdef"), Target.of(stranger), Target.of(services.keys.roots[0])):
        with pytest.raises(CertificateUnknown):
            revoke(services, target, "keyCompromise", OFFICE)
    assert not revocations(services)


@pytest.mark.parametrize("place", [0, 2])
def test_nothing_is_sealed_with_a_key_that_was_taken_back(services, twin, place, monkeypatch):
    """Seal or time-stamping unit: only when it is meant; then no process seals, none starts, `doctor` says why."""
    certificate = services.keys.identities[place].certificate
    with pytest.raises(CertificateInUse):
        taken_back(services, certificate)
    assert twin.keys.seal
    taken_back(services, certificate, in_use=True)
    for own in (services, twin):
        own.keys.refresh()
        for key in ("seal", "issuer", "timestamper"):
            with pytest.raises(errors.CertificateRevoked):
                getattr(own.keys, key)
        assert crl_of(own)  # the list is still published
    monkeypatch.setenv("SEING_DATA_DIR", str(services.settings.data_dir))
    said = {each.what: each for each in doctor.diagnose()}
    assert said["clés"].level == "error"
    assert "révoqué" in said["clés"].said
    result = CliRunner().invoke(app, ["worker"])
    assert result.exit_code != 0
    assert "SEING_SEAL_KEY" in f"{result.output}{result.exception}"


def test_a_revoked_key_is_not_taken_up_again(services, installation, tmp_path):
    """Its file put back in place is refused, and the new keys go on."""
    keys_dir = services.settings.keys_dir
    old = {name: (keys_dir / name).read_bytes() for name in (pki.SEAL, pki.ISSUER, pki.TIMESTAMP)}
    first = services.keys.seal.certificate
    passphrase = services.settings.secret("key_passphrase").encode()
    pki.create_development_pki(tmp_path / "next", passphrase=passphrase, now=services.clock(), organisation="Suivante")
    (keys_dir / pki.ROOT).write_bytes((keys_dir / pki.ROOT).read_bytes() + (tmp_path / "next" / pki.ROOT).read_bytes())
    taken_back(services, first, in_use=True)
    services.keys.refresh()
    with pytest.raises(errors.CertificateRevoked):
        services.keys.current()
    for name in old:
        (keys_dir / name).write_bytes((tmp_path / "next" / name).read_bytes())
    services.keys.refresh()
    assert services.keys.seal.certificate != first
    for name, content in old.items():
        (keys_dir / name).write_bytes(content)
    services.keys.refresh()
    assert services.keys.seal.certificate != first


def test_by_command(house, monkeypatch, tmp_path):
    """`pki revoke` takes a number as openssl prints it, or a file; `pki list` shows what was revoked."""
    services, order_id = house
    monkeypatch.setenv("SEING_DATA_DIR", str(services.settings.data_dir))
    certificate = customers(sealed_form(services, order_id))
    digits = f"{certificate.serial_number:040X}"
    printed = ":".join(digits[place : place + 2] for place in range(0, 40, 2))
    run = CliRunner().invoke
    result = run(app, ["pki", "revoke", printed, "--reason", "keyCompromise"])
    assert result.exit_code == 0, result.output
    (tmp_path / "seal.pem").write_bytes(services.keys.seal.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "seal.der").write_bytes(services.keys.seal.certificate.public_bytes(Encoding.DER))
    refused = run(app, ["pki", "revoke", str(tmp_path / "seal.pem"), "--reason", "superseded"])
    assert isinstance(refused.exception, CertificateInUse)
    assert run(app, ["pki", "revoke", str(tmp_path / "seal.der"), "--reason", "superseded", "--in-use"]).exit_code == 0
    shown = run(app, ["pki", "list"]).output
    assert f"{certificate.serial_number:x}" in shown
    assert "clé compromise" in shown
    assert "2 certificat(s)" in shown
    for wrong in (["xyz", "--reason", "keyCompromise"], ["12", "--reason", "certificateHold"]):
        assert run(app, ["pki", "revoke", *wrong]).exit_code == 2


def test_verify_hears_a_list_that_is_given(house, monkeypatch, tmp_path):
    """`verify --crl`: the published list, DER or PEM; anything else is no list."""
    services, order_id = house
    pdf = tmp_path / "form.pdf"
    pdf.write_bytes(sealed_form(services, order_id))
    monkeypatch.setenv("SEING_DATA_DIR", str(services.settings.data_dir))
    root_crl = services.settings.keys_dir / pki.ROOT_CRL
    (tmp_path / "list.pem").write_bytes(x509.load_der_x509_crl(root_crl.read_bytes()).public_bytes(Encoding.PEM))
    run = CliRunner().invoke
    for path in (root_crl, tmp_path / "list.pem"):
        assert "TOTAL" in run(app, ["verify", str(pdf), "--crl", str(path)]).output
    wrong = run(app, ["verify", str(pdf), "--crl", str(pdf)])
    assert (wrong.exit_code, "liste de révocation" in wrong.output) == (2, True)


def test_renewals_go_on_after_the_authority_was_replaced(house, tmp_path, monkeypatch):
    """Its last list holds as long as its certificate: years later an older order's time-stamp is renewed with it."""
    services, order_id = house
    monkeypatch.setenv("SEING_DATA_DIR", str(services.settings.data_dir))
    monkeypatch.setenv("SEING_FIXED_NOW", services.clock().isoformat())
    pdf = sealed_form(services, order_id)
    services.clock.move(days=1)
    first = services.keys.authority.certificate
    taken_back(services, customers(pdf))
    assert "valable jusqu'au" in CliRunner().invoke(app, ["pki", "close"]).output
    keys_dir, passphrase = services.settings.keys_dir, services.settings.secret("key_passphrase").encode()
    pki.create_development_pki(tmp_path / "next", passphrase=passphrase, now=services.clock(), organisation="Suivante")
    (keys_dir / pki.ROOT).write_bytes((keys_dir / pki.ROOT).read_bytes() + (tmp_path / "next" / pki.ROOT).read_bytes())
    for name in (pki.SEAL, pki.ISSUER, pki.TIMESTAMP):
        (keys_dir / name).write_bytes((tmp_path / "next" / name).read_bytes())
    services.keys._next_look = 0
    assert crl_of(services)  # the published list is at once that of the new authority
    assert services.keys.authority.certificate != first
    with pytest.raises(CertificateUnknown):  # given by the authority of before: this one's list has no say in it
        revoke(services, Target(f"{customers(pdf).serial_number:x}"), "keyCompromise", OFFICE)
    services = build_services(
        services.settings.model_copy(update={"crl_files": (tmp_path / "next" / pki.ROOT_CRL,)}), clock=services.clock
    )
    services.clock.move(days=700)
    renewed = preserve(pdf, services.revocation.proofs, services.keys.timestamper)
    report = verify(renewed, trust=services.keys.roots, now=services.clock.later())
    assert (report.passed, report.level) == (True, "B-LTA"), report.findings
    services.works.engine.dispose()
