"""Keys in AWS KMS: boto3 against a stand-in on this machine that keeps keys and really signs."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from signing import errors, pki, seal
from signing.certificates import Purpose
from signing.identity import issue_one_shot
from signing.keys import open_identity
from signing.verify import verify

NOW = datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC)


class Kms(ThreadingHTTPServer):
    """DescribeKey and Sign of the JSON 1.1 protocol; `refusing` is the error that it answers with."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys = {}
        self.asked = []
        self.refusing = None

    def address(self, name):
        return f"awskms:{name}?region=eu-west-3&endpoint=http://127.0.0.1:{self.server_port}"

    def answer(self, act, what):
        self.asked.append((act, what))
        if self.refusing:
            return 400, {"__type": self.refusing, "message": "no"}
        if what["KeyId"] not in self.keys:
            return 400, {"__type": "NotFoundException", "message": "no such key"}
        key, usage = self.keys[what["KeyId"]]
        spec = "ECC_NIST_P256" if isinstance(key, ec.EllipticCurvePrivateKey) else f"RSA_{key.key_size}"
        if act == "DescribeKey":
            return 200, {"KeyMetadata": {"KeyId": what["KeyId"], "KeySpec": spec, "KeyUsage": usage}}
        digest = base64.b64decode(what["Message"])
        if act != "Sign" or what["MessageType"] != "DIGEST" or len(digest) != 32:
            return 400, {"__type": "ValidationException", "message": "no"}
        hashed = Prehashed(hashes.SHA256())
        if what["SigningAlgorithm"] == "ECDSA_SHA_256":
            made = key.sign(digest, ec.ECDSA(hashed))
        else:
            made = key.sign(digest, padding.PKCS1v15(), hashed)
        return 200, {"Signature": base64.b64encode(made).decode(), "KeyId": what["KeyId"]}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        what = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.server.answer(self.headers["X-Amz-Target"].removeprefix("TrentService."), what)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def kms(monkeypatch, keys):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    server = Kms()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    server.keys = {
        "alias/seal": (keys.seal._key, "SIGN_VERIFY"),
        "alias/issuer": (keys.issuer._key, "SIGN_VERIFY"),
        "alias/secret": (keys.seal._key, "ENCRYPT_DECRYPT"),
        "alias/short": (rsa.generate_private_key(65537, 2048), "SIGN_VERIFY"),
    }
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pem(keys, tmp_path):
    def write(identity):
        path = tmp_path / f"{identity.certificate.serial_number:x}.pem"
        links = (identity.certificate, *identity.chain)
        path.write_bytes(b"".join(link.public_bytes(Encoding.PEM) for link in links))
        return path

    return write


def test_seal_and_issuer_in_kms(kms, keys, pem, form):
    """The form is certified and signed under keys that stay there; only digests travel."""
    seller = open_identity(kms.address("alias/seal"), pem(keys.seal), b"", purpose=Purpose.SEAL, now=NOW)
    issuer = open_identity(kms.address("alias/issuer"), pem(keys.issuer), b"", purpose=Purpose.ISSUER, now=NOW)
    facts = {"name": "Jeanne Martin", "role": "", "company": "Rose", "email": "j@example.fr"}
    shot = issue_one_shot(issuer, ceremony_id="0f" * 16, now=NOW, minutes=10, **facts)
    pdf = seal.certify(form, seller, when=NOW, reason="Essai", location="Lyon")
    pdf = seal.sign_as_customer(pdf, shot, when=NOW, timestamper=keys.stamper(), reason="Essai", location="Lyon")
    report = verify(pdf, trust=[keys.root], now=NOW + timedelta(days=1))
    assert report.passed, report.findings
    signed = [what for act, what in kms.asked if act == "Sign"]
    assert {"KeyId", "Message", "MessageType", "SigningAlgorithm"} == set().union(*signed)
    crl = pki.make_crl(issuer, number=1, now=NOW, next_update=NOW + timedelta(days=7))
    assert pki.x509.load_der_x509_crl(crl).is_signature_valid(keys.issuer.certificate.public_key())


@pytest.mark.parametrize(
    ("name", "identity", "expected"),
    [
        ("alias/none", "seal", errors.KeyFileMissing),
        ("alias/secret", "seal", errors.KeyTooWeak),
        ("alias/short", "seal", errors.KeyTooWeak),
        ("alias/seal", "issuer", errors.KeyMismatch),
    ],
)
def test_a_key_that_does_not_serve_is_refused(kms, keys, pem, name, identity, expected):
    """Not there, not for signing, too short, or another than that of the certificate."""
    with pytest.raises(expected):
        open_identity(kms.address(name), pem(getattr(keys, identity)), b"", purpose=Purpose.SEAL, now=NOW)


def test_a_disabled_key_is_worth_another_try(kms, keys, pem, form):
    """What an operator may undo is told apart from what no retry mends."""
    seller = open_identity(kms.address("alias/seal"), pem(keys.seal), b"", purpose=Purpose.SEAL, now=NOW)
    for refusal, expected in (
        ("DisabledException", errors.KeyUnavailable),
        ("AccessDeniedException", errors.KeyFileError),
    ):
        kms.refusing = refusal
        with pytest.raises(expected):
            seal.certify(form, seller, when=NOW, reason="Essai", location="Lyon")
    kms.refusing = None
    assert seal.certify(form, seller, when=NOW, reason="Essai", location="Lyon")


def test_no_service_is_said_so(kms, keys, pem):
    """Nobody listens: the error says which kind, without address or credentials."""
    address = "awskms:alias/seal?region=eu-west-3&endpoint=http://127.0.0.1:1"
    with pytest.raises(errors.KeyUnavailable, match="does not answer"):
        open_identity(address, pem(keys.seal), b"", purpose=Purpose.SEAL, now=NOW)


def test_a_remote_key_does_nothing_but_sign(kms, keys, pem):
    """No export, no decryption, no other digest."""
    seller = open_identity(kms.address("alias/seal"), pem(keys.seal), b"", purpose=Purpose.SEAL, now=NOW)
    issuer = open_identity(kms.address("alias/issuer"), pem(keys.issuer), b"", purpose=Purpose.ISSUER, now=NOW)
    for act in (
        lambda: seller._key.private_bytes(Encoding.PEM, None, None),
        lambda: seller._key.decrypt(b"", padding.PKCS1v15()),
        lambda: seller._key.sign(b"", padding.PKCS1v15(), hashes.SHA1()),
        lambda: issuer._key.sign(b"", ec.ECDSA(hashes.SHA384())),
        issuer._key.private_numbers,
    ):
        with pytest.raises(TypeError, match="signs"):
            act()
