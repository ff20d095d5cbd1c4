"""Sealing and signing, against pyHanko used as its documentation shows: one process, one core, alternated in one run.

Usage: python -m benchmarks.signing [RUNS]
"""

import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pipeline.memory import keep_what_is_loaded
from signing import pki, seal
from signing.certificates import Purpose, key_usage
from signing.identity import issue_one_shot, load_identity
from signing.revocation import RevocationLists
from signing.timestamp import LocalTimestamper
from signing.verify import verify
from templates.documents import order_form

PASSPHRASE = b"benchmark"
DOCUMENSO = "@documenso/pdf-sign@0.1.0"
CLAIMS = {"reason": "Bon de commande 2026-LYO-000042", "location": "Lyon"}


def now():
    return datetime.now(UTC)


class Ours:
    """Keys loaded once, CMS written from parts, each result read back."""

    def __init__(self, folder: Path) -> None:
        def load(name, purpose):
            return load_identity(folder / name, PASSPHRASE, purpose=purpose, now=now())

        self.seal, self.issuer = load(pki.SEAL, Purpose.SEAL), load(pki.ISSUER, Purpose.ISSUER)
        self.stamper = LocalTimestamper(load(pki.TIMESTAMP, Purpose.TIMESTAMP), clock=now)
        crl = pki.make_crl(self.issuer, number=1, now=now(), next_update=now() + timedelta(days=7))
        root_crl = (folder / pki.ROOT_CRL).read_bytes()
        self.roots = [x509.load_pem_x509_certificate((folder / pki.ROOT).read_bytes())]
        self.lists = RevocationLists(
            issuers=lambda: (self.issuer,),
            known=lambda: (self.issuer.certificate, *self.issuer.chain),
            files=lambda: (root_crl,),
            own=lambda _: crl,
            clock=now,
            fetch=lambda *_: b"",
        )

    def certify(self, form, *, thorough=True):
        return seal.certify(form, self.seal, when=now(), thorough=thorough, **CLAIMS)

    def one_shot(self):
        facts = {"name": "Jeanne Martin", "role": "Gérante", "company": "Au Nom de la Rose", "email": "j@example.fr"}
        return issue_one_shot(self.issuer, ceremony_id="0f" * 16, now=now(), minutes=10, **facts)

    def sign(self, certified, *, thorough=True):
        shot = self.one_shot()
        return seal.sign_as_customer(certified, shot, when=now(), timestamper=self.stamper, thorough=thorough, **CLAIMS)

    def judge(self, pdf):
        """The whole verifier, as the evidence job has it; a verdict that is not good ends the measuring."""
        if not (report := verify(pdf, trust=self.roots, now=now())).passed:
            raise RuntimeError(report.sentence_en)

    def long_term(self, signed):
        return seal.preserve(signed, self.lists.proofs, self.stamper, thorough=False)


class Documented:
    """`SimpleSigner` and `sign_pdf` with PAdES options, as in pyHanko's guide; nothing is read back."""

    def __init__(self, folder: Path, ours: Ours) -> None:
        self.seal = signers.SimpleSigner.load_pkcs12(folder / pki.SEAL, passphrase=PASSPHRASE)
        unit = signers.SimpleSigner.load_pkcs12(folder / pki.TIMESTAMP, passphrase=PASSPHRASE)
        self.stamper = DummyTimeStamper(unit.signing_cert, unit.signing_key, unit.cert_registry)
        self.issuer = ours.issuer

    def certify(self, form):
        meta = signers.PdfSignatureMetadata(
            field_name="seller",
            certify=True,
            docmdp_permissions=fields.MDPPerm.FILL_FORMS,
            subfilter=fields.SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            **CLAIMS,
        )
        return signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(form)), meta, signer=self.seal).getvalue()

    def sign(self, certified):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Jeanne Martin")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() - timedelta(minutes=1))
            .not_valid_after(now() + timedelta(minutes=10))
            .add_extension(key_usage(content_commitment=True), critical=True)
        )
        certificate = asn1_x509.Certificate.load(self.issuer.issue(builder).public_bytes(Encoding.DER))
        encoded = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        signer = signers.SimpleSigner(certificate, asn1_keys.PrivateKeyInfo.load(encoded), SimpleCertificateStore())
        meta = signers.PdfSignatureMetadata(
            field_name="client",
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
            subfilter=fields.SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            **CLAIMS,
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(certified))
        return signers.sign_pdf(writer, meta, signer=signer, timestamper=self.stamper).getvalue()


class Documenso:
    """`@documenso/pdf-sign`, where node and npm are; installed into a folder of its own, taken away afterwards."""

    def __init__(self, folder: Path, certified: bytes) -> None:
        self.folder = folder
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, DOCUMENSO]
        subprocess.run(install, check=True, capture_output=True, timeout=120)
        (folder / "form.pdf").write_bytes(certified)
        key, certificate, chain = pkcs12.load_key_and_certificates((folder / pki.SEAL).read_bytes(), PASSPHRASE)
        # It reads no key file that is encrypted with AES.
        old = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048).hmac_hash(hashes.SHA1())
        old = old.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).build(PASSPHRASE)
        (folder / "old.p12").write_bytes(pkcs12.serialize_key_and_certificates(None, key, certificate, chain, old))

    def measure(self, runs: int) -> float:
        script = Path(__file__).with_name("documenso.mjs")
        command = [
            "node",
            script,
            self.folder,
            self.folder / "form.pdf",
            self.folder / "old.p12",
            PASSPHRASE,
            str(runs),
        ]
        return float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)


def against_documenso(runs: int) -> tuple[float, float] | None:
    """Milliseconds of our seal, bytes checked, and of Documenso's, in turns; None where it is not to be had."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    form = order_form.render(order_form.SAMPLE)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "keys"
        pki.create_development_pki(folder, passphrase=PASSPHRASE, now=now(), organisation="Banc d'essai")
        ours = Ours(folder)
        try:
            theirs = Documenso(folder, ours.certify(form))
        except (subprocess.SubprocessError, OSError):
            return None
        rounds = [(_median(lambda: ours.certify(form, thorough=False), runs), theirs.measure(runs)) for _ in range(5)]
    return statistics.median(mine for mine, _ in rounds), statistics.median(other for _, other in rounds)


def _median(act, runs: int) -> float:
    act()
    return statistics.median(_timed(act) for _ in range(runs))


def _timed(act) -> float:
    start = time.process_time()
    act()
    return 1000 * (time.process_time() - start)


def measure(runs: int) -> dict[str, float]:
    """Median milliseconds of processor time for each act, all acts alternated."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "keys"
        pki.create_development_pki(folder, passphrase=PASSPHRASE, now=now(), organisation="Banc d'essai")
        ours = Ours(folder)
        documented = Documented(folder, ours)
    form = order_form.render(order_form.SAMPLE)
    certified = ours.certify(form)
    signed = ours.sign(certified)
    preserved = ours.long_term(signed)
    acts = {
        "seal, ours, bytes checked": lambda: ours.certify(form, thorough=False),
        "seal, ours, all checked by pyHanko": lambda: ours.certify(form),
        "seal, pyHanko as documented": lambda: documented.certify(form),
        "customer B-T, ours, bytes checked": lambda: ours.sign(certified, thorough=False),
        "customer B-T, ours, all checked by pyHanko": lambda: ours.sign(certified),
        "customer B-T, pyHanko as documented": lambda: documented.sign(certified),
        "B-T to B-LTA, ours, bytes checked": lambda: ours.long_term(signed),
        "customer B-LTA, ours, bytes checked": lambda: ours.long_term(ours.sign(certified, thorough=False)),
        "B-LTA form judged by the verifier": partial(ours.judge, preserved),
        "one-shot key and certificate": ours.one_shot,
        "time-stamp token, local unit": lambda: ours.stamper.timestamp(b"\0" * 32),
    }
    times: dict[str, list[float]] = {name: [] for name in acts}
    for run in range(runs + 1):
        for name, act in acts.items():
            taken = _timed(act)
            if run:  # the first round warms up
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    """Measure and print, with the ratios that are promised."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    keep_what_is_loaded()  # as each process of the product does
    found = measure(runs)
    for name, median in found.items():
        print(f"{name:45}{median:9.2f} ms")
    for act in ("seal", "customer B-T"):
        stock = found[f"{act}, pyHanko as documented"]
        for how in ("bytes checked", "all checked by pyHanko"):
            print(f"{act}, {how}: {stock / found[f'{act}, ours, {how}']:.1f} times faster than pyHanko as documented")
    both = against_documenso(runs)
    if both is None:
        print("node, npm or the package are not to be had: @documenso/pdf-sign is not measured")
    else:
        print(f"seal, in turns with {DOCUMENSO}: ours {both[0]:.2f} ms, its own {both[1]:.2f} ms")


if __name__ == "__main__":
    main()
