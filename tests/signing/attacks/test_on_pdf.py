"""No attack on the signed file passes, and each is refused for its own reason."""

import subprocess

import pytest

from signing.verify import Indication
from tests.signing import world
from tests.signing.attacks import on_updates
from tests.signing.attacks.on_pdf import ATTACKS


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused(name):
    """The forged file does not pass; the reason found is one that was expected; the sentence says so."""
    make, expected = ATTACKS[name]
    report = world.check(make())
    assert not report.passed
    assert report.indication in {Indication.FAILED, Indication.INDETERMINATE}
    assert expected & world.codes(report), world.codes(report)
    assert report.sentence.startswith(("Non valable", "Impossible de conclure"))
    assert report.sub_indication


@pytest.mark.programs
@pytest.mark.parametrize(
    "make", [on_updates.objects_for_readers_that_rebuild_the_file, on_updates.content_named_twice_in_one_table]
)
def test_another_reader_shows_another_amount(make, tmp_path):
    """Two of them are no mere theory: Poppler shows the attacker's amount, and calls both signatures valid."""
    forged = tmp_path / "order.pdf"
    forged.write_bytes(make())

    def said(*command):
        return subprocess.run([*command], capture_output=True, text=True, check=True).stdout

    assert "Total : 1,00 EUR" in said("pdftotext", forged, "-")
    assert 2 == said("pdfsig", "-nocert", forged).count("Signature is Valid")


def test_a_time_stamp_in_a_plain_field_passes():
    """The scene of the attacks on such a field is sound: what is refused is what they add to it."""
    report = world.check(on_updates.time_stamped_in())
    assert report.passed, report.findings
