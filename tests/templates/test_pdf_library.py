import io
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pikepdf.pdfa
import pytest
from PIL import Image, ImageCms

from templates import brand
from templates.pdf import Attachment, Facts, MissingGlyphError, TaggedCanvas, factur_x
from templates.pdf.icc import srgb_profile
from tests.templates.check_tags import check
from tests.templates.reading import faults, unsound, words

WHEN = datetime(2026, 11, 23, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
# pikepdf's validator knows no extension schemas, which PDF/UA-1 needs (ISO 19005-3, 6.6.2.3.3 allows them).
SCHEMAS_IT_DOES_NOT_KNOW = ("pdfaExtension", "pdfaSchema", "pdfaProperty", "pdfuaid")


def drawn(text="Total : 6 056,76 €", *, fields=(), **finish):
    canvas = TaggedCanvas(Facts("Été (essai)", "fr-FR", WHEN, author="Nous"), brand.faces())
    face = brand.faces()[0]
    canvas.put("H1", f"BT /B0 12 Tf 50 800 Td {brand.faces()[1].show('Titre', 12)} ET")
    canvas.put("P", f"BT /R0 12 Tf 50 780 Td {face.show(face.clean(text), 12)} ET")
    canvas.artifact("50 700 100 20 re f")
    for name in fields:
        canvas.signature_field(name, (50, 600, 200, 650), f"Signature {name}", lock=name == "client")
    return canvas.finish(**finish)


def saved(tmp_path, data):
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    return path


def test_an_independent_checker_finds_pdf_a_3b(tmp_path):
    """Nothing but the XMP extension schemas, which that checker does not know, is reported."""
    path = saved(tmp_path, drawn())
    for report in (pikepdf.pdfa.check(pikepdf.open(path), "3b"), pikepdf.pdfa.validate_written(path, "3b")):
        assert [f for f in report.findings if not any(s in f.message for s in SCHEMAS_IT_DOES_NOT_KNOW)] == []


def test_file_is_pdf_1_7_and_sound(tmp_path):
    """The header says 1.7, qpdf finds nothing, the tags hold together, transitions and scripts are absent."""
    data = drawn(fields=("seller", "client"))
    assert data.startswith(b"%PDF-1.7\n")
    assert faults(data, tmp_path) == []
    assert b"/Trans" not in data
    assert b"Helvetica" not in data


def test_same_drawing_is_same_bytes_in_another_process():
    """Neither the clock nor the process enters the file."""
    code = (
        "import hashlib; from tests.templates.test_pdf_library import drawn;"
        "print(hashlib.sha256(drawn('Ελλάδα', fields=('client',))).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


@pytest.mark.parametrize(
    "text", ["œuf, Œuvre, Ÿ, €", "Ελλάδα Αθήνα", "Москва", "Nguyễn Thị", "Łódź, Čáslav, Ğ", "a (b) \\c"]
)
def test_every_script_of_the_face_is_embedded_and_extracted(tmp_path, text):
    """What people are called prints, and can be copied out again."""
    data = drawn(text)
    assert text in words(data)
    assert faults(data, tmp_path) == []


def test_narrow_no_break_space_is_found_as_a_space():
    """Searching for an amount as people type it finds it."""
    assert "6 056,76 €" in words(drawn("6\u202f056,76\u00a0€"))


def test_damage_is_seen(tmp_path):
    """A file that was cut, or whose table of objects is wrong, is not sound."""
    data = drawn()
    wrong = re.sub(rb"startxref\n\d+", b"startxref\n77", data)
    assert faults(data, tmp_path) == []
    assert unsound(wrong) != []
    assert unsound(data[:-200]) != []


def test_decomposed_letters_and_invisible_signs_are_tidied():
    """macOS names (e + accent) and pasted zero-width signs print as their plain letters."""
    assert brand.faces()[0].clean("He\u0301le\u0300ne\u200b \u202eX\u202c") == "Hélène X"


@pytest.mark.parametrize("text", ["\U00013000", "a\x07b", "\ue000"])
def test_what_no_font_draws_is_refused_by_name(text):
    """No empty box, no silence: the message says which characters."""
    with pytest.raises(MissingGlyphError) as caught:
        brand.faces()[0].clean(text)
    assert f"U+{ord(caught.value.characters[0]):04X}" in str(caught.value)


def test_figures_have_one_width():
    """Amounts align in a column."""
    for face in brand.faces():
        assert len({face.width(d) for d in "0123456789"}) == 1


def test_the_colour_profile_is_srgb():
    """A colour engine that we did not write reads the profile and leaves sRGB colours as they are."""
    ours, theirs = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile())), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(ours, theirs, "RGB", "RGB")
    for colour in ((11, 79, 92), (255, 255, 255), (0, 0, 0), (200, 30, 220)):
        seen = ImageCms.applyTransform(Image.new("RGB", (1, 1), colour), transform).getpixel((0, 0))
        assert max(abs(a - b) for a, b in zip(seen, colour, strict=True)) <= 1
    assert len(srgb_profile()) < 1000


def test_attachment_and_its_schema_are_written_at_once(tmp_path):
    """A hybrid invoice needs no second library: file, relationship, AF, XMP values and their description."""
    xml = Attachment("factur-x.xml", b"<a/>", "text/xml", "Data", "Facture électronique", WHEN)
    path = saved(tmp_path, drawn(attachments=(xml,), schemas=(factur_x(),)))
    with pikepdf.open(path) as pdf:
        spec = pdf.Root.AF[0]
        assert (str(spec.AFRelationship), str(spec.UF)) == ("/Data", "factur-x.xml")
        assert pdf.attachments["factur-x.xml"].get_file().read_bytes() == b"<a/>"
        assert str(spec.EF.F.Subtype) == "/text/xml"
        xmp = bytes(pdf.Root.Metadata.read_bytes()).decode()
    assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in xmp
    assert "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>" in xmp
    assert check(path)[0] == []


def test_signature_fields_are_empty_tagged_and_named(tmp_path):
    """Both fields wait for their signature; the customer's locks the file."""
    with pikepdf.open(saved(tmp_path, drawn(fields=("seller", "client")))) as pdf:
        fields = {str(f.T): f for f in pdf.Root.AcroForm.Fields}
        assert set(fields) == {"seller", "client"}
        assert all("/V" not in f and "/TU" in f and f.FT == "/Sig" for f in fields.values())
        assert "/Lock" in fields["client"]
        assert "/Lock" not in fields["seller"]


def test_the_checker_sees_what_is_wrong(tmp_path):
    """Painted content outside every mark is a fault: the checker is no rubber stamp."""
    canvas = TaggedCanvas(Facts("T", "fr-FR", WHEN), brand.faces())
    title = f"BT /B0 12 Tf 50 800 Td {brand.faces()[1].show('T', 12)} ET"
    canvas.put("H1", f"{title} EMC 10 10 10 10 re S /Artifact BMC")
    assert any("neither tagged nor artifact" in fault for fault in check(saved(tmp_path, canvas.finish()))[0])
