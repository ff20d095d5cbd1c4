"""An authority that is not ours, whose certificates name an OCSP responder, and that responder, which really signs."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from signing.certificates import authority_key, key_usage
from signing.identity import Identity
from signing.pki import make_crl

LIFE = timedelta(days=3650)


class Authority:
    """Root, issuing authority, seal, time-stamping unit and responder, all P-256, of another house."""

    def __init__(self, now: datetime, address: str, *, with_lists: bool = False):
        self.now, self.address, self.with_lists = now, address, with_lists
        self.root = self._root()
        signs = key_usage(key_cert_sign=True, crl_sign=True)
        self.issuer = self.make(self.root, "AC DES AUTRES", signs, authority=True, ocsp=False)
        self.seal = self.make(
            self.issuer, "CACHET DES AUTRES", key_usage(digital_signature=True, content_commitment=True)
        )
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        self.unit = self.make(self.issuer, "HORODATAGE DES AUTRES", key_usage(digital_signature=True), (stamping, True))

    def delegate(self, *, usage=ExtendedKeyUsageOID.OCSP_SIGNING, nocheck=True, issuer=None):
        more = [(x509.ExtendedKeyUsage([usage]), False), *([(x509.OCSPNoCheck(), False)] if nocheck else [])]
        return self.make(issuer or self.issuer, "RÉPONDEUR", key_usage(digital_signature=True), *more, ocsp=False)

    def root_crl(self):
        return make_crl(self.root, number=1, now=self.now, next_update=self.now + LIFE)

    def crl(self, at, revoked=()):
        return make_crl(self.issuer, number=1, now=at, next_update=at + timedelta(days=7), revoked=revoked)

    def _root(self):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder("RACINE DES AUTRES", key, key_usage(key_cert_sign=True, crl_sign=True), authority=True)
        return Identity(builder.issuer_name(_name("RACINE DES AUTRES")).sign(key, hashes.SHA256()), (), key)

    def make(self, issuer, name, usage, *more, authority=False, ocsp=True):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name, key, usage, authority=authority)
        builder = builder.add_extension(authority_key(issuer.certificate), critical=False)
        for extension, critical in more:
            builder = builder.add_extension(extension, critical=critical)
        if ocsp:
            uri = x509.UniformResourceIdentifier(f"{self.address}/ocsp")
            access = [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, uri)]
            builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
        if self.with_lists:
            points = [x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.address}/crl")], None, None, None)]
            builder = builder.add_extension(x509.CRLDistributionPoints(points), critical=False)
        return Identity(issuer.issue(builder), (issuer.certificate, *issuer.chain), key)

    def _builder(self, name, key, usage, *, authority):
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=1))
            .not_valid_after(self.now + LIFE)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )


def _name(common):
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Autre SA")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass
class Responder:
    """What it answers; `asked` counts the questions, `lists` the lists that were fetched."""

    clock: object
    authority: Authority = None
    signer: Identity = None
    """None: the issuing authority itself."""
    revoked: dict[int, datetime] = field(default_factory=dict)
    status: int = 200
    unknown: bool = False
    lives: timedelta | None = timedelta(hours=12)
    late: timedelta = timedelta(0)
    body: bytes | None = None
    crl: bytes | None = None
    asked: int = 0
    lists: int = 0

    def answer(self, request: bytes) -> bytes:
        asked = ocsp.load_der_ocsp_request(request)
        owned = (self.authority.seal, self.authority.unit, *((self.signer,) if self.signer else ()))
        certificate = next(own.certificate for own in owned if own.certificate.serial_number == asked.serial_number)
        at = self.revoked.get(asked.serial_number)
        good = ocsp.OCSPCertStatus.UNKNOWN if self.unknown else ocsp.OCSPCertStatus.GOOD
        now = self.clock() - self.late
        signer = self.signer or self.authority.issuer
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.authority.issuer.certificate,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if at else good,
            this_update=now,
            next_update=now + self.lives if self.lives else None,
            revocation_time=at,
            revocation_reason=x509.ReasonFlags.key_compromise if at else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        if self.signer:
            builder = builder.certificates([self.signer.certificate])
        return builder.sign(signer._key, hashes.SHA256()).public_bytes(Encoding.DER)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        told = self.server.told
        told.asked += 1
        request = self.rfile.read(int(self.headers["content-length"]))
        assert self.headers["content-type"] == "application/ocsp-request"
        self._say(told.answer(request) if told.body is None else told.body, told.status)

    def do_GET(self):
        self.server.told.lists += 1
        self._say(self.server.told.crl or b"", 200)

    def _say(self, body, status):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def responder(clock, **options):
    """A responder that runs, with its authority."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.told = told = Responder(clock)
    told.authority = Authority(clock(), f"http://127.0.0.1:{server.server_port}", **options)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
