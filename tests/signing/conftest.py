"""Keys and a form for the tests of this folder; RSA keys take half a second each, so they are made once."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from signing import pki
from signing.certificates import Purpose
from signing.identity import Identity, issue_one_shot, load_identity
from signing.timestamp import LocalTimestamper

NOW = datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC)
PASSPHRASE = "motdepasse-à-jeter".encode()


@dataclass(frozen=True)
class Keys:
    folder: Path
    root: x509.Certificate
    seal: Identity
    issuer: Identity
    unit: Identity

    def stamper(self, at=NOW):
        return LocalTimestamper(self.unit, clock=lambda: at)

    def one_shot(self, **changes):
        facts = {
            "name": "Hélène Bœuf-Müller",
            "role": "Gérante",
            "company": "Au Nom de la Rose SARL",
            "ceremony_id": "0f" * 16,
            "email": "helene@example.fr",
            "now": NOW,
            "minutes": 10,
        }
        return issue_one_shot(self.issuer, **(facts | changes))

    def crls(self, at=NOW, **more):
        own = pki.make_crl(self.issuer, number=1, now=at, next_update=at + timedelta(days=7), **more)
        return [own, (self.folder / pki.ROOT_CRL).read_bytes()]


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys") / "pki"
    pki.create_development_pki(folder, passphrase=PASSPHRASE, now=NOW, organisation="Annuaires & Associés")

    def load(name, purpose):
        return load_identity(folder / name, PASSPHRASE, purpose=purpose, now=NOW)

    root = x509.load_pem_x509_certificate((folder / pki.ROOT).read_bytes())
    return Keys(
        folder,
        root,
        load(pki.SEAL, Purpose.SEAL),
        load(pki.ISSUER, Purpose.ISSUER),
        load(pki.TIMESTAMP, Purpose.TIMESTAMP),
    )


def draw_form(*, fields=("seller", "client"), compact=True, encrypted=False) -> bytes:
    """A PDF 1.7 with these empty signature fields drawn on its last page, each with a look of its own."""
    pdf = Pdf.new()
    for _ in range(3):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Contents = Stream(pdf, b"0.9 g 50 50 400 100 re f " * 200)
    widgets = []
    for index, name in enumerate(fields):
        operators = b"q 0.2 0.4 0.5 rg 0 0 200 60 re f Q"
        box = Array([0, 0, 200, 60])
        look = Stream(pdf, operators, Type=Name.XObject, Subtype=Name.Form, BBox=box, Resources=Dictionary())
        widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String(name), TU=String(name), F=4)
        widget.Rect = Array([50 + 250 * index, 100, 250 + 250 * index, 160])
        widget.AP = Dictionary(N=pdf.make_indirect(look))
        widget.P = pdf.pages[-1].obj
        widgets.append(pdf.make_indirect(widget))
    if widgets:
        pdf.pages[-1].obj.Annots = Array(widgets)
        pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array(widgets)))
    file = io.BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if compact else pikepdf.ObjectStreamMode.disable
    secret = pikepdf.Encryption(owner="o", user="u") if encrypted else None
    pdf.save(
        file, object_stream_mode=mode, deterministic_id=not encrypted, min_version="1.7", encryption=secret or False
    )
    return file.getvalue()


@pytest.fixture(scope="session")
def form():
    return draw_form()


@pytest.fixture
def draw():
    return draw_form
