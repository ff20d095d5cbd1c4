import subprocess
from collections import Counter

import pytest

from pipeline.documents.samples import SAMPLES
from tests.documents import matterhorn
from tests.documents.stress import MANY_SCRIPTS, order
from tests.templates.reading import words
from tests.templates.test_pdf_library import drawn


def test_every_condition_has_its_row():
    """137 failure conditions in 31 checkpoints, each decided or said to be undecided."""
    assert Counter(int(number[:2]) for number in matterhorn.TABLE) == matterhorn.COUNTS
    assert len(matterhorn.TABLE) == 137
    assert all(row.told() for row in matterhorn.TABLE.values())


def test_most_conditions_are_decided_by_a_program():
    """What is left to a person is what the protocol leaves to one."""
    kinds = Counter(row.kind for row in matterhorn.TABLE.values())
    assert kinds["undecided"] <= 47 - 13
    assert kinds["tool"] >= 4


@pytest.mark.parametrize("name", SAMPLES)
def test_no_condition_occurs(name, tmp_path):
    """None of the conditions that a program can decide occurs in any document."""
    assert matterhorn.failures(SAMPLES[name](), tmp_path) == []


def test_no_condition_occurs_in_other_scripts(tmp_path):
    """Fallback fonts keep the rules: embedded, mapped, as wide as they say, no missing glyph."""
    assert matterhorn.failures(order(name=MANY_SCRIPTS, label=MANY_SCRIPTS), tmp_path) == []


@pytest.mark.programs
@pytest.mark.parametrize("name", SAMPLES)
def test_poppler_agrees(name, tmp_path):
    """Its programs find each font embedded and each character in Unicode, as our own look at the file does."""
    assert matterhorn.failures(SAMPLES[name](), tmp_path, programs=True) == []


@pytest.mark.programs
@pytest.mark.parametrize("name", SAMPLES)
def test_another_reader_reads_the_same_words(name, tmp_path):
    """`pdftotext` finds every word that the library of our other tests finds, and no other."""
    path = tmp_path / "document.pdf"
    path.write_bytes(SAMPLES[name]())
    read = subprocess.run(["pdftotext", "-raw", path, "-"], check=True, capture_output=True, text=True).stdout
    assert Counter(read.split()) == Counter(words(path.read_bytes()).split())


def test_the_table_sees_what_is_wrong(tmp_path):
    """A file that claims nothing of PDF/UA fails the conditions that it should."""
    broken = drawn().replace(b"/DisplayDocTitle true", b"/DisplayDocTitle null")
    broken = broken.replace(b"<pdfuaid:part>1<", b"<pdfuaid:part>9<")
    found = matterhorn.failures(broken, tmp_path)
    assert {"06-002", "07-001", "07-002", "18-001"} <= set(found)
