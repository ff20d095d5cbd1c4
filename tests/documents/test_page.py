import re
from pathlib import Path

from pipeline.documents.samples import SAMPLES
from tests.documents.looks import PICTURES
from tests.documents.matterhorn import TABLE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "documents.md").read_text("utf-8")


def test_every_page_of_every_document_is_shown():
    """Each picture is there, under 150 kB, and none is missing."""
    shown = set(re.findall(r"\(images/documents/([\w-]+\.png)\)", PAGE))
    assert shown == {path.name for path in PICTURES.glob("*.png")}
    assert {name.rpartition("-")[0] for name in shown} == set(SAMPLES)
    assert all(path.stat().st_size < 150_000 for path in PICTURES.glob("*.png"))


def test_every_mention_has_a_test_that_exists():
    """The table names tests, and they are there."""
    rows = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)
    assert len(rows) >= 20
    for file, name in rows:
        assert f"def {name}(" in (ROOT / "tests" / "templates" / file).read_text("utf-8"), name


def test_what_is_left_to_a_person_is_listed():
    """The undecided conditions of the table, each with what to look at."""
    listed = dict(re.findall(r"^\| (\d\d-\d{3}) \| (.+) \|$", PAGE, re.MULTILINE))
    assert listed == {number: row.told() for number, row in TABLE.items() if row.kind == "undecided"}
