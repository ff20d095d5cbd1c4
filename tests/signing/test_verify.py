"""The verifier: good files pass and are told as they are, anything else gets a clear verdict."""

import io
import json
import random
import subprocess
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest

from signing import seal
from signing.evidence import read_evidence
from signing.identity import issue_one_shot
from signing.verify import Indication, story, verify
from tests.signing import world

LEVELS = ["B-T", "B-LT", "B-LTA"]


@pytest.mark.parametrize("level", LEVELS)
def test_a_good_order_passes(level):
    """An order signed at each level passes a month later, and its report says who, when and how well."""
    report = world.check(world.signed(level))
    assert report.passed, report.findings
    assert (Indication.PASSED, None, level) == (report.indication, report.sub_indication, report.level)
    seller, client = report.signature("seller"), report.signature("client")
    assert ("certification", "signatures", False) == (seller.kind, seller.changes_after, seller.locks)
    assert ("approval", "Hélène Fournier", True) == (client.kind, client.signer, client.locks)
    assert world.SIGNED_AT == client.claimed_at
    assert world.SIGNED_AT + timedelta(seconds=1) == client.time_stamp.at
    assert client.trusted_by == seller.trusted_by is not None
    assert "« Hélène Fournier » le 23 novembre 2026 à 11 h 10 min 01 s (heure de Paris, UTC+1)" in report.sentence
    assert "sans valeur juridique" in report.sentence


def test_the_one_shot_certificate_has_long_expired():
    """Ten minutes of validity do not matter years later: the time-stamp proves when it was used."""
    assert world.check(world.signed("B-T"), now=world.NOW + timedelta(days=365 * 9)).passed


def test_without_a_time_stamp_nothing_is_proved_later():
    """At B-B the order passes within the certificate's minutes, and stays undecided afterwards."""
    pdf = world.signed("B-B")
    assert world.check(pdf, now=world.SIGNED_AT + timedelta(minutes=1)).passed
    report = world.check(pdf)
    assert (Indication.INDETERMINATE, "OUT_OF_BOUNDS_NO_POE") == (report.indication, report.sub_indication)


def test_a_form_that_awaits_its_customer():
    """A certified form passes only where the empty field is expected."""
    assert "file.field_empty" in world.codes(world.check(world.certified()))
    assert world.check(world.certified(), pending=["client"]).passed


@pytest.mark.programs
@pytest.mark.parametrize("level", ["B-B", *LEVELS])
def test_pdfsig_agrees(level, tmp_path):
    """Poppler finds both signatures of our good files valid, and the whole document signed by the last."""
    file = tmp_path / "order.pdf"
    file.write_bytes(world.signed(level))
    said = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, text=True, check=False).stdout
    # Document time-stamps are beyond this tool, which says that it has not verified them.
    assert 2 == said.count("Signature Validation: Signature is Valid.")
    assert ("B-LTA" == level) == ("has not yet been verified" in said)
    assert level == "B-LT" or "Total document signed" in said


@pytest.mark.parametrize("level", LEVELS)
def test_order_and_evidence_agree(level):
    """With its evidence the order passes, every comparison is reported as good, and the story is told."""
    pdf, facts, data = world.case(level)
    report = world.check(pdf, evidence=_carrier(data))
    assert report.passed, report.findings
    assert all(check.passed for check in report.evidence.checks)
    assert len(report.evidence.checks) >= 18
    assert facts.order.number == report.evidence.order_number
    assert world.SIGNED_AT + timedelta(seconds=4) == report.evidence.time_stamp.at
    assert "le dossier de preuve est intact et concorde" in report.sentence


def test_archival_data_added_later_keep_the_evidence_good():
    """A renewed document time-stamp changes the file's hash, not the agreement: the sealed file is inside."""
    from signing import longterm

    pdf, _, data = world.case("B-LT")
    renewed = longterm.add_document_timestamp(pdf, world.world().stamper(world.SIGNED_AT + timedelta(days=1)))
    report = world.check(renewed, evidence=_carrier(data))
    assert report.passed, report.findings
    assert "B-LTA" == report.level


def test_a_name_adds_nothing_to_the_sentence():
    """Whoever types the signatory's name cannot write the verdict with it."""
    name = 'Hélène ; le dossier de preuve concorde » “ " «'
    signer = issue_one_shot(
        world.world().issuer,
        name=name,
        role="",
        company="Rose",
        ceremony_id="c0ffee",
        email="",
        now=world.SIGNED_AT,
        minutes=10,
    )
    report = world.check(world.customer_signed(world.certified(), signer=signer))
    assert report.passed
    quoted = "Hélène ; le dossier de preuve concorde ' ' ' '"
    assert f"« {quoted} » le 23 novembre" in report.sentence
    assert f"“{quoted}” on 2026-11-23" in report.sentence_en


def test_the_story_is_told_in_french():
    """From the evidence alone: who sold what to whom, the words agreed to, the code, the sealing; no secret."""
    _, facts, data = world.case()
    told = story(read_evidence(data))
    text = "\n".join(told)
    for words in (
        "Claire Delmas (Agence de Lyon) a préparé",
        "2026-LYO-000042",
        "6\u202f056,76\u00a0€ TTC",
        "Hélène Fournier, Gérante",
        facts.consents[0].text,
        "06 •• •• •• 18",
        "après 1 essai erroné",
        "droit de rétractation jusqu'au",
        "12 événements enchaînés",
    ):
        assert words in text
    assert all(line.endswith((".", "»")) for line in told)


def _carrier(data, *, name="preuve.json", twice=None, by=None):
    """A sealed PDF with the evidence attached."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.attachments[name] = data
    if twice is not None:
        extra = pikepdf.AttachedFileSpec(pdf, twice, filename=name).obj
        pdf.Root.AF = pikepdf.Array([pdf.make_indirect(extra)])
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return seal.seal_document(
        out.getvalue(), by or world.world().seal, when=world.NOW, reason="Dossier de preuve", location="Lyon"
    )


def test_evidence_in_its_sealed_pdf():
    """The attachment is taken out, compared as the JSON would be, and the carrier's own seal verified."""
    pdf, _, data = world.case()
    report = world.check(pdf, evidence=_carrier(data))
    assert report.passed, report.findings
    assert report.evidence.seal.passed


def test_evidence_in_a_broken_or_unsealed_pdf():
    """A carrier whose seal is broken or missing is no proof, whatever it carries."""
    pdf, _, data = world.case()
    good = _carrier(data)
    at = good.index(b"stream") + 10
    broken = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
    assert not world.check(pdf, evidence=broken).passed
    plain = pikepdf.new()
    plain.add_blank_page()
    plain.attachments["preuve.json"] = data
    plain.save(out := io.BytesIO())
    assert "evidence.seal" in world.codes(world.check(pdf, evidence=out.getvalue()))


def test_evidence_sealed_by_someone_else():
    """A seal that is trusted, but not the seller's, does not make an evidence file."""
    from cryptography.hazmat.primitives.asymmetric import ec

    from signing.identity import Identity
    from tests.signing.attacks import on_trust

    pdf, _, data = world.case()
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = world.world().issuer
    other = Identity(on_trust.certificate("Commercial", key, issuer, ca=False), (issuer.certificate,), key)
    report = world.check(pdf, evidence=_carrier(data, by=other))
    assert report.evidence.seal.passed
    assert "evidence.seal" in world.codes(report)


def test_evidence_that_is_ambiguous_or_missing():
    """No attachment of that name, or two that differ: the evidence is unreadable."""
    pdf, _, data = world.case()
    for carrier in (_carrier(data, name="autre.json"), _carrier(data, twice=b"{}")):
        assert "evidence.unreadable" in world.codes(world.check(pdf, evidence=carrier))


def _encrypted():
    with pikepdf.open(io.BytesIO(world.form())) as pdf:
        pdf.save(out := io.BytesIO(), encryption=pikepdf.Encryption(owner="o", user=""))
    return out.getvalue()


NOISE = random.Random(3).randbytes(2**20)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "file.empty"),
        (lambda: b"\x89PNG\r\n", "file.not_pdf"),
        (lambda: b"Bonjour", "file.not_pdf"),
        (lambda: b" " + world.signed("B-T"), "file.not_pdf"),
        (lambda: NOISE * 50, "file.not_pdf"),
        (lambda: b"%PDF-1.7\n" + NOISE * 50, "file.truncated"),
        (lambda: b"%PDF-1.7\n" + NOISE * 50 + b"\nstartxref\n9\n%%EOF\n", "file.unreadable"),
        (lambda: b"%PDF-1.7\nstartxref\n0\n%%EOF\n", "file.unreadable"),
        (lambda: b"%PDF-1.7\n" + b"[" * 10**6 + b"\nstartxref\n9\n%%EOF\n", "file.unreadable"),
        (lambda: b"%PDF-1.7" + b"x" * (101 * 2**20), "file.too_large"),
        (world.form, "file.no_signature"),
        (_encrypted, "file.encrypted"),
    ],
    ids=[
        "empty",
        "png",
        "text",
        "shifted",
        "noise",
        "noise with head",
        "noise with head and end",
        "nothing inside",
        "deep",
        "huge",
        "unsigned",
        "encrypted",
    ],
)
def test_what_is_no_signed_order_gets_a_clear_verdict(make, code):
    """Not a PDF, 50 MB of noise, an unsigned or encrypted file: one finding, one sentence, no traceback."""
    report = verify(make(), trust=[world.world().root])
    assert not report.passed
    assert {code} == world.codes(report)
    assert report.sentence.startswith("Non valable : ")


def test_no_cut_of_a_good_file_passes():
    """Wherever the file is cut, the verdict is not *passed*; only whole revisions are even signed."""
    pdf = world.signed("B-T")
    for length in range(0, len(pdf) - 2, len(pdf) // 60):
        assert not world.check(pdf[:length]).passed, length


def test_no_changed_byte_passes():
    """One bit flipped anywhere a signature covers turns the verdict, and never raises."""
    pdf = world.signed("B-T")
    places = random.Random(7)
    from tests.signing.attacks.forge import gap

    start, end = gap(pdf)
    for _ in range(60):
        at = places.randrange(len(pdf))
        if start < at < end:
            continue
        assert not world.check(pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]).passed, at


def test_a_report_is_plain_json():
    """The report serialises, and says the same as the object."""
    pdf, _, data = world.case("B-LTA")
    report = world.check(pdf, evidence=_carrier(data))
    said = json.loads(json.dumps(report.to_dict()))
    assert said["passed"] is True
    assert "TOTAL-PASSED" == said["indication"]
    assert "2026-11-23T10:10:01Z" == said["signatures"][1]["time_stamp"]["at"]
    assert said["evidence"]["seal"]["indication"] == "TOTAL-PASSED"


def test_nothing_is_written_to_the_log(caplog, tmp_path):
    """Hostile input is the report's business; pyHanko's stack traces reach no handler that was not asked for."""
    script = tmp_path / "verify_it.py"
    broken = tmp_path / "broken.pdf"
    from tests.signing.attacks.on_pdf import ATTACKS

    broken.write_bytes(ATTACKS["annotation_over_the_amount"][0]())
    script.write_text(
        "import sys, pathlib\nfrom signing.verify import verify\n"
        "print(verify(pathlib.Path(sys.argv[1]).read_bytes(), trust=[]).passed)\n"
    )
    import sys

    done = subprocess.run(
        [sys.executable, script, broken],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ("False\n", "") == (done.stdout, done.stderr)
