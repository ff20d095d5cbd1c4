"""Keys in a security module: SoftHSM2, as Debian has it."""

import io
import os
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signing import errors, pki, seal
from signing.certificates import Purpose
from signing.identity import issue_one_shot, load_identity
from signing.keys import open_identity
from signing.timestamp import LocalTimestamper
from signing.verify import verify
from tests.services.conftest import absent

NOW = datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC)
PIN = "4711"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
CLAIMS = {"reason": "Essai", "location": "Lyon"}


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A token with the development seal (RSA-3072), issuer (P-256) and unit in it, and their certificates beside."""
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        absent("SoftHSM2 is not installed (apt-get install softhsm2)")
    folder = tmp_path_factory.mktemp("hsm")
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(config)  # the module reads it once, when it is loaded into this process
    util("--init-token", "--free", "--label", "seing", "--pin", PIN, "--so-pin", "8888")
    pki.create_development_pki(folder / "pki", passphrase=b"x", now=NOW, organisation="Annuaires", crl_url=None)
    for number, name in enumerate((pki.SEAL, pki.ISSUER, pki.TIMESTAMP), start=1):
        identity = load_identity(folder / "pki" / name, b"x", purpose=purpose_of(name), now=NOW)
        key = folder / "key.pem"
        key.write_bytes(identity._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        label = Path(name).stem
        util("--import", key, "--token", "seing", "--label", label, "--id", f"0{number}", "--pin", PIN)
        key.unlink()
        chain = (identity.certificate, *identity.chain)
        (folder / f"{label}.pem").write_bytes(b"".join(link.public_bytes(Encoding.PEM) for link in reversed(chain)))
    yield Token(folder, module)
    os.environ.pop("SOFTHSM2_CONF")


class Token:
    def __init__(self, folder, module):
        self.folder, self.module = folder, module

    def address(self, label, **options):
        return f"pkcs11:token=seing;object={label}?module-path={options.get('module', self.module)}"

    def open(self, name, *, pin=PIN):
        label = Path(name).stem
        pem = self.folder / f"{label}.pem"
        return open_identity(self.address(label), pem, pin.encode(), purpose=purpose_of(name), now=NOW)


def purpose_of(name):
    return {pki.SEAL: Purpose.SEAL, pki.ISSUER: Purpose.ISSUER, pki.TIMESTAMP: Purpose.TIMESTAMP}[name]


def util(*arguments):
    subprocess.run(["softhsm2-util", *map(str, arguments)], check=True, capture_output=True)


def a_form():
    pdf = pikepdf.Pdf.new()
    pdf.add_blank_page()
    fields = [
        pdf.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=pikepdf.String(name)))
        for name in ("seller", "client")
    ]
    pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array(fields)))
    file = io.BytesIO()
    pdf.save(file, min_version="1.7")
    return file.getvalue()


def test_a_whole_ceremony_with_keys_of_the_module(token):
    """Seal by RSA-3072, certificate by P-256, time-stamps and lists: all signed in the module, all valid."""
    seller, issuer, unit = token.open(pki.SEAL), token.open(pki.ISSUER), token.open(pki.TIMESTAMP)
    stamper = LocalTimestamper(unit, clock=lambda: NOW + timedelta(seconds=1))
    facts = {"name": "Jeanne Martin", "role": "Gérante", "company": "Rose", "email": "j@example.fr"}
    shot = issue_one_shot(issuer, ceremony_id="0f" * 16, now=NOW, minutes=10, **facts)
    pdf = seal.certify(a_form(), seller, when=NOW, **CLAIMS)
    pdf = seal.sign_as_customer(pdf, shot, when=NOW, timestamper=stamper, **CLAIMS)
    lists = [
        pki.make_crl(issuer, number=1, now=NOW, next_update=NOW + timedelta(days=7)),
        (token.folder / "pki" / pki.ROOT_CRL).read_bytes(),
    ]
    pdf = seal.add_validation_info(pdf, certificates=(*issuer.chain, issuer.certificate), crls=lists)
    pdf = seal.add_document_timestamp(pdf, stamper)
    root = x509.load_pem_x509_certificate((token.folder / "pki" / pki.ROOT).read_bytes())
    report = verify(pdf, trust=[root], now=NOW + timedelta(days=365))
    assert report.passed, report.findings
    assert "B-LTA" == report.level


def test_many_threads_sign_with_one_key(token):
    """A session serves one thread at a time; nobody notices."""
    seller = token.open(pki.SEAL)
    found = []

    def work():
        found.append(seller.sign(b"data"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seller.sign(b"data")] * 8 == found  # PKCS#1 v1.5 is deterministic


def test_a_session_that_was_lost_is_opened_again(token):
    """The module was restarted under the process: the next signature is made all the same."""
    import pkcs11

    seller = token.open(pki.SEAL)
    pkcs11.lib(token.module).reinitialize()
    assert seller.sign(b"data")


def test_what_cannot_be_opened_says_why(token):
    """PIN, key, token, module and certificate, each with an error of its own; none shows the PIN."""
    import pkcs11

    pkcs11.lib(token.module).reinitialize()  # a PIN is asked of the first session of a process alone
    pem = token.folder / "seal.pem"
    refused = (
        (token.address("seal"), pem, b"0000", errors.WrongPassphrase),
        (token.address("nothing"), pem, PIN.encode(), errors.KeyFileMissing),
        (token.address("seal"), token.folder / "issuer.pem", PIN.encode(), errors.KeyMismatch),
        (token.address("seal"), None, PIN.encode(), errors.KeyFileMissing),
        (token.address("seal") + "&pin-value=1234", pem, b"", errors.KeyFileUnreadable),
        ("pkcs11:token=seing;object=seal", pem, b"", errors.KeyFileUnreadable),
        (token.address("seal").replace("token=seing", "token=other"), pem, PIN.encode(), errors.KeyUnavailable),
        (token.address("seal", module="/nonexistent.so"), pem, PIN.encode(), errors.KeyUnavailable),
    )
    for address, certificates, pin, expected in refused:
        with pytest.raises(expected) as caught:
            open_identity(address, certificates, pin, purpose=Purpose.SEAL, now=NOW)
        assert PIN not in str(caught.value)
