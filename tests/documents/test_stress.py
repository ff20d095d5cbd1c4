import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from templates import brand
from templates.errors import TemplateError
from templates.layout import Column, Row, Table
from tests.documents.placing import clipped, faults_of_place, overlapping, pages_of
from tests.documents.stress import COMMENT, DOCUMENTS, HOSTILE, LONG_NAME, MANY_SCRIPTS, ONE_WORD
from tests.templates.reading import faults
from tests.templates.test_pdf_layout import flow

ROWS = {"invoice": r"Produit\d", "order form": (status := "Reconduit|Nouveau|Modifié|Supprimé"), "quote": status}
"""By what a page with lines of the detailed table is known: the overview and the list of what goes have none."""
KINDS = pytest.mark.parametrize("kind", DOCUMENTS)


@KINDS
@pytest.mark.parametrize("count", [1, 2, 7, 23, 300])
def test_any_number_of_lines(kind, count, tmp_path):
    """From one line to three hundred: all printed, nothing clipped or overlapping, no heading left behind.

    Each page with lines has the table's head, and the page of the total has lines on it.
    """
    pdf = DOCUMENTS[kind](count=count)
    assert faults_of_place(pdf) == []
    assert count > 100 or faults(pdf, tmp_path) == []
    seen = pages_of(pdf)
    assert set(re.findall(r"Produit\d{3}", " ".join(seen))) == {f"Produit{i:03d}" for i in range(count)}
    if kind in ROWS:
        details = seen[int(kind != "invoice") :]
        assert all("Désignation" in page for page in details if re.search(ROWS[kind], page))
        totals = [page for page in details if "Total HT" in page]
        assert totals
        assert all(re.search(ROWS[kind], page) for page in totals)


@KINDS
@pytest.mark.parametrize("name", [LONG_NAME, ONE_WORD, HOSTILE, MANY_SCRIPTS], ids=["long", "word", "hostile", "many"])
def test_any_name(kind, name, tmp_path):
    """Ninety characters, one word of ninety, markup, or every script: in its place, and printed as typed."""
    pdf = DOCUMENTS[kind](count=3, name=name, label=name)
    assert faults_of_place(pdf) == []
    assert faults(pdf, tmp_path) == []
    if name == HOSTILE:
        assert HOSTILE.replace(" ", "") in "".join(pages_of(pdf)).replace(" ", "")


@KINDS
def test_a_comment_of_two_thousand_characters(kind, tmp_path):
    """Printed whole, in its place; the evidence prints 600 characters of a recorded value, and holds all inside."""
    pdf = DOCUMENTS[kind](count=5, comment=COMMENT)
    assert faults_of_place(pdf) == []
    assert faults(pdf, tmp_path) == []
    printed = COMMENT[:600] if kind == "evidence" else COMMENT
    assert " ".join(pages_of(pdf)).count("Visuel") >= printed.count("Visuel")


@KINDS
@pytest.mark.parametrize("negative", [False, True], ids=["owed", "owing"])
def test_amounts_of_seven_digits_at_five_rates(kind, negative, tmp_path):
    """Millions, to pay or to give back, at five VAT rates: figures keep to their columns."""
    pdf = DOCUMENTS[kind](count=12, big=True, negative=negative)
    assert faults_of_place(pdf) == []
    assert faults(pdf, tmp_path) == []


TYPED = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1, max_size=85)


def refusal(name):
    try:
        return brand.faces()[0].clean(name) and brand.faces()[1].clean(name) and ""
    except TemplateError as error:
        return str(error)


@KINDS
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(TYPED.map("Chez {}".format))
def test_names_that_a_machine_makes_up(kind, name):
    """Any text at all either prints in its place, or is refused with its characters named."""
    message = refusal(name)
    if message:
        assert "U+" in message
    else:
        assert clipped(DOCUMENTS[kind](count=2, name=name, label=name)) == []


def test_the_measures_see_what_is_wrong():
    """A table wider than the page is clipped, two blocks in one place overlap: the checks are no rubber stamps."""
    wide = flow()
    wide.add(Table([Column("A", 600), Column("B", 80)], [Row(["a", "debordement"])], width=700))
    assert clipped(wide.finish())
    twice = flow()
    twice.text("Premier")
    page = twice.blocks[-1]
    page.height = 0.0
    twice.text("Second")
    assert overlapping(twice.finish())
