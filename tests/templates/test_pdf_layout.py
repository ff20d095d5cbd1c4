import re
import subprocess
from datetime import UTC, datetime

import pytest
import zxingcpp
from pypdfium2 import PdfDocument

from templates import layout
from templates.brand import Brand
from templates.errors import TemplateError
from templates.layout import WIDTH, Column, Flow, Furniture, Heading, Newspaper, Row, Table, Text
from templates.layout.text import SMALL, width, wrap
from templates.pdf import Facts
from tests.templates.reading import faults, page_texts


def flow(**kw):
    facts = Facts("Essai", "fr-FR", datetime(2026, 11, 23, tzinfo=UTC))
    out = Flow(facts, Furniture(Brand("Marque"), "Essai", "Pied de page", **kw))
    out.heading(1, "Essai")
    return out


def pages(tmp_path, data):
    assert faults(data, tmp_path) == []
    return page_texts(data)


def table(rows, **kw):
    columns = [Column("Libellé"), Column("Montant (€)", 80, "right")]
    return Table(columns, rows, width=WIDTH, **kw)


def lines(n):
    return [Row([f"ligne{i:03d}", f"{i},00"]) for i in range(n)]


@pytest.mark.parametrize("n", [1, 2, 3, *range(30, 40), 300])
def test_tables_break_well(tmp_path, n):
    """The head is on every page, the total has two rows for company, no row is lost or alone."""
    doc = flow()
    doc.add(table([*lines(n), Row(["Total", "9,00"], "total")]))
    seen = pages(tmp_path, doc.finish())
    counts = [len(re.findall(r"ligne\d+", p)) for p in seen]
    assert sum(counts) == n
    assert all("Libellé" in p for p in seen)
    assert min(counts) >= min(2, n)
    assert "Total" in seen[-1]


@pytest.mark.parametrize("n", range(24, 44))
def test_a_group_row_is_never_last_on_a_page(tmp_path, n):
    """A group's name stands with a row of it, wherever the page ends."""
    doc = flow()
    doc.add(table([*lines(n), Row(["Groupe"], "group"), *lines(6)]))
    for page in pages(tmp_path, doc.finish()):
        if "Groupe" in page:
            assert re.search(r"Groupe\s+ligne", page)


def test_a_row_higher_than_a_page_goes_on(tmp_path):
    """A comment of ten thousand characters is printed whole."""
    doc = flow()
    words = " ".join(f"mot{i}" for i in range(1700))
    doc.add(table([Row([words, "1,00"]), Row(["fin", "2,00"])]))
    seen = pages(tmp_path, doc.finish())
    assert len(seen) > 1
    assert set(re.findall(r"mot\d+", "".join(seen))) == {f"mot{i}" for i in range(1700)}


@pytest.mark.parametrize("n", range(44, 56))
def test_a_heading_is_never_last_on_a_page(tmp_path, n):
    """A title stands with what it announces."""
    doc = flow()
    for _ in range(n):
        doc.text("une ligne")
    doc.heading(2, "Annonce")
    doc.add(table(lines(3)))
    (page,) = [p for p in pages(tmp_path, doc.finish()) if "Annonce" in p]
    assert "ligne000" in page


def test_pages_are_counted(tmp_path):
    """Each page says which it is, of how many."""
    doc = flow()
    doc.add(table(lines(120)))
    seen = pages(tmp_path, doc.finish())
    assert [f"Page {i} / {len(seen)}" in p for i, p in enumerate(seen, 1)] == [True] * len(seen)


@pytest.mark.parametrize(("count", "expected"), [(3, 1), (30, 2)])
def test_a_page_is_not_left_to_a_few_lines(tmp_path, count, expected):
    """A break that asks for a third of a page goes on where there is less on it."""
    doc = flow()
    for _ in range(count):
        doc.text("ligne")
    doc.page_break(fill=1 / 3)
    doc.text("suite")
    assert len(pages(tmp_path, doc.finish())) == expected


@pytest.mark.parametrize("before", [1, 2, 3])
def test_a_sheet_starts_on_its_front(tmp_path, before):
    """Whatever comes before, the sheet has an odd page number, and the back left blank says so."""
    doc = flow()
    for i in range(before - 1):
        doc.page_break()
        doc.text(f"suite {i}")
    doc.sheet()
    doc.heading(2, "Seul")
    seen = pages(tmp_path, doc.finish())
    assert len(seen) % 2 == 1
    assert "Seul" in seen[-1]
    assert ("Page laissée blanche" in seen[-2]) == (before % 2 == 1)


def test_no_line_is_wider_than_its_measure():
    """Long words, addresses and names without a space are cut, never clipped."""
    for text in ("x" * 300, "une.adresse.tres.longue@un-domaine-long.example.org", "mot " * 50, "a\n\nb"):
        lines = wrap(text, SMALL, 100.0)
        assert all(width(line, SMALL) <= 100.01 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_columns_of_text_are_balanced_and_complete(tmp_path):
    """General terms fill the left column, then the right, over as many pages as they need."""
    doc = flow()
    measure = Newspaper.column_width(2, WIDTH, 24)
    blocks = []
    for i in range(40):
        blocks.append(Heading(2, f"Article{i:02d}", width=measure, accent="#000000"))
        blocks.append(Text("texte " * 90, width=measure))
    doc.add(Newspaper(blocks, count=2, width=WIDTH, gap=24))
    seen = pages(tmp_path, doc.finish())
    assert re.findall(r"Article\d+", " ".join(seen)) == [f"Article{i:02d}" for i in range(40)]
    assert len(seen) > 2


def test_codes_are_read_by_a_scanner(tmp_path):
    """QR, DataMatrix and Code 128 hold what they were given."""
    doc = flow()
    doc.add(layout.qr("https://a.example/v/1", side=80, alt="QR"))
    doc.space(40)
    doc.add(layout.datamatrix("2026-LYO-000042", module=4, alt="DataMatrix"))
    doc.space(40)
    doc.add(layout.code128("05123874", height=40, alt="Code 128"))
    data = doc.finish()
    image = PdfDocument(data)[0].render(scale=3).to_pil()
    assert {(c.format.name, c.text) for c in zxingcpp.read_barcodes(image)} == {
        ("QRCode", "https://a.example/v/1"),
        ("DataMatrix", "2026-LYO-000042"),
        ("Code128", "05123874"),
    }
    pages(tmp_path, data)


@pytest.mark.programs
def test_specimen_is_an_artifact(tmp_path):
    """The mark crosses every page, and no reader hears it."""
    doc = flow(specimen="SPÉCIMEN")
    (seen,) = pages(tmp_path, doc.finish())
    assert "SPÉCIMEN" in seen
    told = subprocess.run(
        ["pdfinfo", "-struct-text", tmp_path / "document.pdf"], check=True, capture_output=True, text=True
    ).stdout
    assert "SPÉCIMEN" not in told


def test_a_colour_that_is_none_is_refused():
    """A typing error in the settings is named, not drawn black."""
    with pytest.raises(TemplateError):
        Brand("Marque", accent="petrol")
