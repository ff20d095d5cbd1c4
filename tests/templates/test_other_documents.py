import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from templates import catalog
from templates.documents import batch_cover, call_tracking_sheet, complaint_acknowledgement
from templates.pdf import MissingGlyphError
from tests.templates.reading import codes, faults, pages, words

SHEET, COVER, COMPLAINT = call_tracking_sheet.SAMPLE, batch_cover.SAMPLE, complaint_acknowledgement.SAMPLE
DOCUMENTS = [
    (batch_cover, COVER),
    (batch_cover, replace(COVER, orders=COVER.orders * 40)),
    (call_tracking_sheet, SHEET),
    (call_tracking_sheet, replace(SHEET, numbers=(), reasons=("no_measured_number",), comment="", to_sign=False)),
    (complaint_acknowledgement, COMPLAINT),
    (complaint_acknowledgement, replace(COMPLAINT, text="Mot après mot. " * 150)),
]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("module", "data"), DOCUMENTS)
def test_documents_are_sound(module, data, language, tmp_path):
    """The tags hold, the file is sound, and the same data give the same bytes, short or long, in both languages."""
    data = replace(data, look=replace(data.look, language=language))
    pdf = module.render(data)

    assert faults(pdf, tmp_path) == []
    assert module.render(data) == pdf


def test_batch_cover_says_what_the_agency_receives():
    """Each order stands with customer, account, amount and hash; the batch's number is scanned; the sum is right."""
    pdf = batch_cover.render(COVER)
    said = words(pdf)

    assert codes(pdf) == [{("Code128", "LOT-2026-LYO-000009")}]
    for order in COVER.orders:
        assert order.number in said
        assert order.epj in said
        assert order.sha256 in said
    assert "1 189 054,80" in said
    assert "3 commandes signées" in said
    assert "1 commande signée " in words(batch_cover.render(replace(COVER, orders=COVER.orders[:1])))


def test_days_are_those_of_paris():
    """An order signed late in the evening of Paris bears that day, whatever UTC says."""
    late = replace(COVER.orders[0], signed_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))

    assert "24/11/2026 00:30" in words(batch_cover.render(replace(COVER, orders=(late,))))


def test_call_tracking_sheet_says_all_and_is_scanned():
    """The sheet gives numbers, media, where calls arrive and why it is needed; its codes tie it to the order."""
    pdf = call_tracking_sheet.render(SHEET)
    said = words(pdf)

    assert codes(pdf) == [
        {
            ("Code128", "2026-LYO-000042"),
            ("DataMatrix", "1|2026-LYO-000042|05123874|FICHE-SUIVI|1|1|9F2C41D7"),
        }
    ]
    for fact in ("04 78 37 00 00", "06 12 34 56 79", "04 78 37 00 01", "Plusieurs départements", "Date et signature"):
        assert fact in said
    assert pages(pdf) == 1


def test_without_a_number_the_sheet_says_that_one_will_be_assigned():
    """A sheet without measured number, contact or overflow says so in words."""
    bare = replace(SHEET, numbers=(), reasons=("no_measured_number",), contact_number="", overflow_number="")
    said = words(call_tracking_sheet.render(bare))

    assert "un numéro sera attribué" in said
    assert "le numéro mesuré lui-même" in said


def test_complaint_is_acknowledged_word_for_word():
    """The letter repeats the complaint as it was typed, markup included, with its order, edition and answer date."""
    said = words(complaint_acknowledgement.render(COMPLAINT))

    for fact in ("REC-2027-000318", "2026-LYO-000042", "2027", "<rue Mercière>", "& personne", "25 février 2027"):
        assert fact in said
    assert "visite du commercial" in said


def test_what_no_font_can_draw_is_refused_by_name():
    """A company whose name cannot be printed is refused with its characters, rather than printed as boxes."""
    with pytest.raises(MissingGlyphError, match=r"U\+E123"):
        complaint_acknowledgement.render(replace(COMPLAINT, company="Rose \ue123"))


def test_catalogs_have_the_same_keys_and_values():
    """English has every text that French has, with the same places for values."""
    for name in (
        "batch_cover",
        "batch_slip",
        "call_tracking_sheet",
        "complaint_acknowledgement",
        "evidence",
        "slip",
    ):
        french, english = (
            tomllib.loads((Path(catalog.__file__).parent / language / f"{name}.toml").read_text("utf-8"))
            for language in ("fr", "en")
        )
        assert french.keys() == english.keys(), name
        for key, text in french.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), f"{name}: {key}"
