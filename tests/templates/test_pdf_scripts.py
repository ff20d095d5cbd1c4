import io
import re
import subprocess
from datetime import UTC, datetime

import pikepdf
import pytest
from pypdfium2 import PdfDocument

from templates import brand
from templates.layout import STRONG, Flow, Furniture
from templates.layout.text import BODY, width, wrap
from templates.pdf import Facts
from tests.templates.reading import faults, words

NAMES = {
    "Greek": "Αθήνα Ελλάς",
    "Cyrillic": "Наталья Щербакова",
    "Arabic": "محمد العربي",
    "Persian with a joiner": "نان سنگک",
    "Hebrew": "שלום עולם",
    "Chinese": "北京烤鸭店",
    "Japanese": "東京すしラーメン",
    "Korean": "한국 식당",
    "Hindi": "हिन्दी नाम",
    "Thai": "สวัสดี",
    "Georgian, Armenian, Ethiopic": "გიორგი Հայկ አማርኛ",
    "beyond the first plane": "𠮷野家",
    "pictures": "Fleurs 🌹🥐",
}


def drawn(*texts, style=BODY):
    facts = Facts("Écritures", "fr-FR", datetime(2026, 11, 23, tzinfo=UTC))
    flow = Flow(facts, Furniture(brand.Brand("Marque"), "Essai", "Pied"))
    flow.heading(1, "Écritures")
    for text in texts:
        flow.text(text, style)
    return flow.finish()


def fonts(data):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return sorted(str(font.BaseFont).split("+")[1] for font in pdf.pages[0].Resources.Font.values())


def seen(text):
    """The ink of a text, by itself on a page: dark pixels of its line."""
    page = PdfDocument(drawn(text))[0].render(scale=2, grayscale=True).to_pil()
    box = page.crop((70, 190, 1190, 230)).point(lambda v: 255 * (v < 140)).getbbox()
    return page.crop((70 + box[0], 190 + box[1], 70 + box[2], 190 + box[3])) if box else None


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("style", [BODY, STRONG], ids=["regular", "semibold"])
def test_names_of_every_script_print_and_can_be_copied(tmp_path, name, style):
    """Readable, tagged, embedded, extractable: never a refusal."""
    data = drawn(name, style=style)
    assert faults(data, tmp_path) == []
    assert name in words(data)


@pytest.mark.programs
@pytest.mark.parametrize("name", ["محمد", "שלום", "北京", "हिन्दी", "Ελλάς", "🌹🥐"])
def test_another_reader_finds_the_names_too(tmp_path, name):
    """Poppler's pdftotext finds the word as it was typed."""
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn(f"Chez {name} et fils"))
    assert name in subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout


def test_arabic_letters_join_and_run_from_the_right():
    """The joined word is narrower than its letters by themselves, and its first letter stands on the right."""
    assert width("سبيل", BODY) < sum(width(c, BODY) for c in "سبيل") * 0.7
    page = PdfDocument(drawn("محمد"))[0].get_textpage()
    text = page.get_text_range()
    assert page.get_charbox(text.index("د"))[0] < page.get_charbox(text.index("ح"))[0]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("Client : שלום SARL", ["C", "ם", "ש", "S"]),
        ("Q001 · שלום עולם", ["Q", "ע", "ש"]),
        ("שלום עולם (Lyon) 12", ["12", "Lyon", "ע", "ש"]),
        ("Paris שלום (עולם) Nice", ["P", "ע", "ש", "N"]),
    ],
)
def test_mixed_lines_run_both_ways(text, order):
    """From left to right the eye meets the parts in this order (UAX #9)."""
    page = PdfDocument(drawn(text))[0].get_textpage()
    said = page.get_text_range()
    start = said.index("\n")
    places = [page.get_charbox(said.index(part[0], start))[0] for part in order]
    assert places == sorted(places)


def test_brackets_are_turned_where_the_text_runs_from_the_right():
    """The bracket on the left opens to the right, whichever way its line runs."""
    for text in ("שלום (Lyon)", "Paris שלום (עולם) Nice", "(שלום) Nice"):
        shown = "".join(piece.text for stretch in brand.faces()[0].scripts.stretches(text) for piece in stretch.pieces)
        assert shown.index("(") < shown.index(")")


def test_no_empty_box():
    """What is drawn is no box for a missing glyph: two characters of a script look different."""
    for pair in ("محم", "漢字", "शक", "한국", "🌹🥐"):
        first, second = seen(pair[0]), seen(pair[1])
        assert first is not None
        assert second is not None
        assert first.tobytes() != second.tobytes()


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Léa 😀", "Léa [visage rieur]"),
        ("🚀", "[fusée]"),
        ("👍🏽", "👍"),
        ("❤️", "❤"),
        ("\u202eabc\u202c", "abc"),
        ("a\u200db", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_pictures_that_no_font_has_are_named_and_invisible_signs_left_out(text, printed):
    """A smiley says its name, a skin's colour and direction marks print nothing, Persian keeps its joiner."""
    assert brand.faces()[0].clean(text) == printed


def test_lines_of_other_scripts_keep_to_their_measure():
    """Texts without spaces are cut, and no line is wider than the page."""
    for text in ("北京烤鸭店" * 30, "محمد العربي " * 40, "हिन्दी" * 40):
        for line in wrap(text, BODY, 200.0):
            assert width(line, BODY) <= 200.01


def test_same_text_same_bytes_whatever_came_before():
    """Glyphs and fonts in a file depend on its own texts alone."""
    first = drawn("محمد 漢字")
    drawn("لا إله 漢 المحمدية", "東京すし")
    assert drawn("محمد 漢字") == first


def test_what_stands_beside_a_name_leaves_its_glyphs_alone():
    """Chinese beside Japanese on one line: each sign that is shown is in the file."""
    data = drawn("北京 東京すし 한국 漢字")
    assert words(data).endswith("Pied Page 1 / 1")
    assert "北京 東京すし 한국 漢字" in words(data)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        content = pdf.pages[0].Contents.read_bytes().decode("latin-1")
        for name, font in pdf.pages[0].Resources.Font.items():
            if name.startswith("/="):
                known = re.findall(r"<([0-9a-f]{4})> <", font.ToUnicode.read_bytes().decode())
                shown = re.findall(rf"{name} [0-9.]+ Tf (?:[^/]*?)\[(.*?)\] TJ", content)
                assert set(re.findall(r"<([0-9a-f]{4})>", " ".join(shown))) <= set(known)


def test_files_hold_the_glyphs_they_need_and_no_more():
    """A French document brings no fallback face; a Chinese name costs a few kilobytes."""
    assert fonts(drawn("Été")) == ["SourceSansPro-Regular", "SourceSansPro-Semibold"]
    assert "KurintoSansSC-Rg" in fonts(drawn("北京烤鸭店"))
    assert len(drawn("北京烤鸭店")) - len(drawn("Pékin")) < 8_000


def test_a_name_that_looks_like_our_marks_is_only_a_name(tmp_path):
    """Operators typed as a name print as they are."""
    typed = "/Span <</Told <feff4e2d>>> BDC /=R0 9 Tf <feffd800> EMC"
    data = drawn(typed, "/Span <</Told <feffd800>>> BDC /=R1 漢")
    assert faults(data, tmp_path) == []
    assert typed in words(data)
