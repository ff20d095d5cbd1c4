"""The Matterhorn Protocol 1.1, one failure condition after the other: who decides it for our documents, and how.

`python -m tests.documents.matterhorn` prints the table with what was found in every sample. Each row is one of

- ours: a function below answers, true when the condition does not occur;
- tool: a program or library that we did not write answers too (qpdf, pdffonts, pdftotext);
- absent: what the condition speaks of is not in the file, and a function makes sure of that;
- undecided: only a person can say, and the row says what a person has to look at.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont
from pikepdf import Name

from templates import brand
from tests.documents.probe import Probe

COUNTS = {1: 7, 2: 4, 3: 3, 4: 1, 5: 3, 6: 4, 7: 2, 8: 2, 9: 8, 10: 1, 11: 7, 12: 1, 13: 8, 14: 7, 15: 5, 16: 3, 17: 3}
COUNTS |= {18: 2, 19: 4, 20: 3, 21: 1, 22: 1, 23: 1, 24: 1, 25: 1, 26: 2, 27: 1, 28: 18, 29: 1, 30: 2, 31: 30}
"""How many failure conditions each checkpoint has: 137 in all."""

STANDARD = {"Document", "Part", "Sect", "Div", "P", "H1", "H2", "H3", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH"}
STANDARD |= {"TD", "THead", "TBody", "TFoot", "Span", "Link", "Annot", "Figure", "Form", "Caption", "Note", "Reference"}


def no_fault(p, pattern):
    return not any(re.search(pattern, fault) for fault in p.faults)


def marks_apart(p):
    """Artifacts and tagged content lie beside each other, never one in the other."""
    return no_fault(p, "mark inside a mark|cross")


def all_marked(p):
    return no_fault(p, "neither tagged nor artifact|not closed|MCID")


def not_suspect(p):
    return not bool(p.root.MarkInfo.get("/Suspects", False))


def standard_types(p):
    """Only standard structure types, and no role map."""
    return "/RoleMap" not in p.root.StructTreeRoot and p.tags <= STANDARD


def no_actions(p):
    """No script and no action, but links to addresses."""
    wired = [o for o in (p.root, *p.pages, *p.annotations) if "/AA" in o or "/OpenAction" in o]
    actions = {str(note.A.S) for note in p.annotations if "/A" in note}
    return not wired and "/JavaScript" not in p.root.get("/Names", {}) and actions <= {"/URI"}


def only_links_and_fields(p):
    return {str(note.Subtype) for note in p.annotations} <= {"/Link", "/Widget"}


def xmp(p):
    return p.root.Metadata.Subtype == Name.XML and p.root.Metadata.read_bytes().startswith(b"<?xpacket")


def ua_identifier(p):
    return b"<pdfuaid:part>1</pdfuaid:part>" in p.root.Metadata.read_bytes()


def title_in_xmp(p):
    return re.search(rb"<dc:title><rdf:Alt><rdf:li[^>]*>[^<]+<", p.root.Metadata.read_bytes()) is not None


def title_shown(p):
    return p.root.ViewerPreferences.get("/DisplayDocTitle") is True


def no_images(p):
    return all("/XObject" not in page.Resources for page in p.pages) and b"/Subtype/Image" not in p.raw


def tables_sound(p):
    return no_fault(p, r"T(able|R|H|D)\b.*(with kids|in /)|table rows|empty T")


def lists_sound(p):
    return no_fault(p, r"L(I|Body)?\b.*(with kids|in /)|empty L")


def no_such_tags(*tags):
    def absent(p):
        return not p.tags & set(tags)

    absent.__doc__ = f"No element {', '.join(tags)}."
    return absent


def mapped(p):
    """Every code in use has its text."""
    return all(code in font.unicode for font in p.fonts for code in font.codes)


def language(p):
    """One language for all text, alternatives, descriptions and tooltips: the catalog's."""
    return re.fullmatch(r"[a-z]{2}-[A-Z]{2}", str(p.root.Lang)) is not None


def no_outline(p):
    return "/Outlines" not in p.root


def language_of_metadata(p):
    return f"<rdf:li>{p.root.Lang}</rdf:li>".encode() in p.root.Metadata.read_bytes()


def graphics_in_figures(p):
    """What draws without text is a figure, an artifact, or a label with its text."""
    told = {"Figure", "Artifact", "Lbl"}
    return all(m.tag in told for marks in p.marks.values() for m in marks if m.paint and not m.text)


def figures_described(p):
    return no_fault(p, "Figure without")


def figures_without_actual_text(p):
    return all("/ActualText" not in element for tag, element, _ in p.elements if tag == "Figure")


def headings_in_order(p):
    return no_fault(p, "heading levels")


def headings_numbered(p):
    return "H" not in p.tags


def scopes(p):
    return no_fault(p, "TH without Scope")


def lists_numbered(p):
    return all("/ListNumbering" in element.get("/A", {}) for tag, element, _ in p.elements if tag == "L")


def furniture(p):
    """Each page has a running head and a foot, marked as pagination artifacts of these subtypes."""
    kinds = [
        {str(m.properties.get("/Subtype", "")) for m in marks if m.tag == "Artifact"} for marks in p.marks.values()
    ]
    return all({"/Header", "/Footer"} <= found for found in kinds)


def no_layers(p):
    return "/OCProperties" not in p.root


def files_named(p):
    return all("/F" in spec and "/UF" in spec for spec in p.root.get("/AF", []))


def no_threads(p):
    return "/Threads" not in p.root


def no_xfa(p):
    return "/XFA" not in p.root.get("/AcroForm", {})


def links_told(p):
    return all(str(note.get("/Contents", "")) for note in p.annotations if note.Subtype == Name.Link)


def fields_told(p):
    return all(str(note.get("/TU", "")) for note in p.annotations if note.Subtype == Name.Widget)


def tabs(p):
    return all(page.get("/Tabs") == Name.S for page in p.pages)


def annotations_tagged(p):
    return no_fault(p, "not in the tree")


def no_image_maps(p):
    return all("/IsMap" not in note.get("/A", {}) for note in p.annotations)


def no_xobjects(p):
    return all("/XObject" not in page.Resources for page in p.pages)


def identity_encoding(p):
    """Composite fonts use Identity-H and no other CMap."""
    return all(font.font.Encoding == Name("/Identity-H") for font in p.fonts if font.wide)


def glyph_map(p):
    return all(font.inner.get("/CIDToGIDMap") == Name.Identity for font in p.fonts if font.wide)


def embedded(p):
    return all("/FontFile2" in font.descriptor for font in p.fonts)


def embeddable(_):
    """The files we embed from allow it without limit (fsType 0, SIL Open Font License)."""
    paths = {face.path for face in brand.faces()}
    paths |= {wide.path for face in brand.faces() for wide in (face.scripts.main, *face.scripts.east)}
    allowed = []
    for path in paths:
        with TTFont(path, lazy=True) as font:
            allowed.append(font["OS/2"].fsType == 0)
    return all(allowed)


def glyphs_there(p):
    return all(font.glyph(code) > 0 for font in p.fonts for code in font.codes)


def truetype_only(p):
    return {str(font.inner.Subtype) for font in p.fonts} <= {"/TrueType", "/CIDFontType2"}


def no_cid_sets(p):
    return all("/CIDSet" not in font.descriptor for font in p.fonts)


def widths_agree(p):
    return all(abs(font.width(c) - font.drawn_width(c)) <= 1 for font in p.fonts for c in font.codes)


def symbolic_only(p):
    """All fonts are symbolic: none is subject to the rules for non-symbolic ones."""
    return all(int(font.descriptor.Flags) & 36 == 4 for font in p.fonts)


def no_encoding(p):
    return all("/Encoding" not in font.font for font in p.fonts if not font.wide)


def one_symbol_cmap(p):
    tables = [[(t.platformID, t.platEncID) for t in f.program["cmap"].tables] for f in p.fonts if not f.wide]
    return all(found == [(3, 0)] for found in tables)


def to_unicode(p):
    return all("/ToUnicode" in font.font for font in p.fonts)


def no_nought_in_unicode(p):
    return all("\0" not in text for font in p.fonts for text in font.unicode.values())


def no_marks_in_unicode(p):
    return all(not {"\ufeff", "\ufffe"} & set(text) for font in p.fonts for text in font.unicode.values())


def qpdf_not_encrypted(p):
    """qpdf's library says that the file is not encrypted."""
    return not p.file.is_encrypted


def pdffonts_embedded(p):
    """`pdffonts` says that each font is embedded and has a map to Unicode."""
    if not p.programs:
        return embedded(p)
    done = subprocess.run(["pdffonts", p.path], check=True, capture_output=True, text=True).stdout.splitlines()[2:]
    return embedded(p) and bool(done) and all(re.search(r" yes (yes|no ) yes +\d+ +\d+$", line) for line in done)


def pdftotext_reads_all(p):
    """`pdftotext` finds no character without a text."""
    if not p.programs:
        return mapped(p)
    done = subprocess.run(["pdftotext", p.path, "-"], check=True, capture_output=True, text=True).stdout
    return mapped(p) and "\ufffd" not in done


@dataclass(frozen=True)
class Row:
    """Who decides a condition, and how: a function, or what a person has to look at."""

    kind: Literal["ours", "tool", "absent", "undecided"]
    how: object

    def told(self):
        if isinstance(self.how, str):
            return self.how
        said = (self.how.__doc__ or "").strip().splitlines()
        return f"`{self.how.__name__}`{': ' + said[0] if said else ''}"


def ours(how):
    return Row("ours", how)


def tool(how):
    return Row("tool", how)


def absent(how):
    return Row("absent", how)


def person(what):
    return Row("undecided", what)


TABLE = {
    "01-001": person("no rule, background or running head is told to readers as if it said something"),
    "01-002": person("nothing that says something is an artifact; repeated table heads are on purpose"),
    "01-003": ours(marks_apart),
    "01-004": ours(marks_apart),
    "01-005": ours(all_marked),
    "01-006": person("each element's type suits what it holds"),
    "01-007": ours(not_suspect),
    "02-001": absent(standard_types),
    "02-002": absent(standard_types),
    "02-003": absent(standard_types),
    "02-004": absent(standard_types),
    "03-001": absent(no_actions),
    "03-002": absent(only_links_and_fields),
    "03-003": absent(no_actions),
    "04-001": person("the status of a line is a word beside its sign; amounts below nought have their minus"),
    "05-001": absent(only_links_and_fields),
    "05-002": absent(only_links_and_fields),
    "05-003": absent(no_actions),
    "06-001": ours(xmp),
    "06-002": ours(ua_identifier),
    "06-003": ours(title_in_xmp),
    "06-004": person("the title names the kind of document and its number"),
    "07-001": ours(title_shown),
    "07-002": ours(title_shown),
    "08-001": absent(no_images),
    "08-002": absent(no_images),
    "09-001": person("columns side by side are read one after the other, as meant"),
    "09-002": person("no table stands in a heading, no heading in a table"),
    "09-003": person("each element's type suits what it holds"),
    "09-004": ours(tables_sound),
    "09-005": ours(lists_sound),
    "09-006": absent(no_such_tags("TOC", "TOCI")),
    "09-007": absent(no_such_tags("Ruby", "RB", "RT", "RP")),
    "09-008": absent(no_such_tags("Warichu", "WT", "WP")),
    "10-001": tool(pdftotext_reads_all),
    "11-001": ours(language),
    "11-002": ours(language),
    "11-003": absent(no_outline),
    "11-004": ours(language),
    "11-005": ours(language),
    "11-006": ours(language_of_metadata),
    "11-007": person(
        "the French terms of an English form are marked as French; names of other languages are not marked"
    ),
    "12-001": person("no sign is stretched: our fonts have none that would be"),
    "13-001": ours(graphics_in_figures),
    "13-002": person("no link has a picture behind it"),
    "13-003": person("the text under a bar code repeats its number and is a paragraph, not a caption"),
    "13-004": ours(figures_described),
    "13-005": ours(figures_without_actual_text),
    "13-006": person("a code is one figure, its modules are not told apart"),
    "13-007": person("what a code holds is printed beside it in letters or linked from the mail"),
    "13-008": person("codes are described, and their text is printed beside them"),
    "14-001": person("what looks like a heading is one; labels over columns are paragraphs"),
    "14-002": ours(headings_in_order),
    "14-003": ours(headings_in_order),
    "14-004": ours(standard_types),
    "14-005": ours(standard_types),
    "14-006": ours(headings_numbered),
    "14-007": ours(headings_numbered),
    "15-001": person("labels of pairs are row heads; the first cell of a line is a head where it names the row"),
    "15-002": person("each column's head is one"),
    "15-003": ours(scopes),
    "15-004": person("pairs of label and value are tables of two columns, which we hold to be right"),
    "15-005": person("group rows span all columns; heads are those of the column"),
    "16-001": ours(lists_numbered),
    "16-002": person("no list counts its items: boxes and bullets have no order"),
    "16-003": person("what looks like a list is one"),
    "17-001": person("no formula is printed; a rate on a base is a sentence"),
    "17-002": absent(no_such_tags("Formula")),
    "17-003": absent(no_such_tags("Formula")),
    "18-001": ours(furniture),
    "18-002": ours(furniture),
    "19-001": person("the asterisk of the model withdrawal form is the law's own wording, printed as a paragraph"),
    "19-002": person("no text refers to a note"),
    "19-003": absent(no_such_tags("Note")),
    "19-004": absent(no_such_tags("Note")),
    "20-001": absent(no_layers),
    "20-002": absent(no_layers),
    "20-003": absent(no_layers),
    "21-001": ours(files_named),
    "22-001": absent(no_threads),
    "23-001": ours(fields_told),
    "24-001": person("ticked boxes are labels with their text; whether PrintField is due on them"),
    "25-001": absent(no_xfa),
    "26-001": tool(qpdf_not_encrypted),
    "26-002": tool(qpdf_not_encrypted),
    "27-001": ours(headings_in_order),
    "28-001": person("signature fields are read after the words above them"),
    "28-002": absent(only_links_and_fields),
    "28-003": absent(only_links_and_fields),
    "28-004": ours(links_told),
    "28-005": ours(fields_told),
    "28-006": absent(only_links_and_fields),
    "28-007": absent(only_links_and_fields),
    "28-008": ours(tabs),
    "28-009": ours(tabs),
    "28-010": ours(annotations_tagged),
    "28-011": ours(annotations_tagged),
    "28-012": ours(links_told),
    "28-013": absent(no_image_maps),
    "28-014": absent(only_links_and_fields),
    "28-015": absent(only_links_and_fields),
    "28-016": absent(only_links_and_fields),
    "28-017": absent(only_links_and_fields),
    "28-018": absent(only_links_and_fields),
    "29-001": absent(no_actions),
    "30-001": absent(no_xobjects),
    "30-002": absent(no_xobjects),
    "31-001": absent(identity_encoding),
    "31-002": absent(identity_encoding),
    "31-003": absent(identity_encoding),
    "31-004": ours(glyph_map),
    "31-005": ours(glyph_map),
    "31-006": absent(identity_encoding),
    "31-007": absent(identity_encoding),
    "31-008": absent(identity_encoding),
    "31-009": tool(pdffonts_embedded),
    "31-010": ours(embeddable),
    "31-011": ours(glyphs_there),
    "31-012": absent(truetype_only),
    "31-013": absent(truetype_only),
    "31-014": absent(no_cid_sets),
    "31-015": absent(no_cid_sets),
    "31-016": ours(widths_agree),
    "31-017": absent(symbolic_only),
    "31-018": absent(symbolic_only),
    "31-019": absent(symbolic_only),
    "31-020": absent(symbolic_only),
    "31-021": absent(symbolic_only),
    "31-022": absent(symbolic_only),
    "31-023": absent(symbolic_only),
    "31-024": ours(no_encoding),
    "31-025": ours(one_symbol_cmap),
    "31-026": ours(one_symbol_cmap),
    "31-027": ours(to_unicode),
    "31-028": ours(no_nought_in_unicode),
    "31-029": ours(no_marks_in_unicode),
    "31-030": ours(glyphs_there),
}


def failures(pdf, folder, *, programs=False):
    """The conditions that occur in a document, of those that a program can decide; all else that is wrong with it.

    With `programs`, poppler's have to agree.
    """
    probe = Probe(pdf, Path(folder) / "document.pdf", programs=programs)
    try:
        answers = {row.how: row.how(probe) for row in TABLE.values() if callable(row.how)}
        return [*probe.faults, *(n for n, row in TABLE.items() if callable(row.how) and not answers[row.how])]
    finally:
        probe.close()


def main():
    from pipeline.documents.samples import SAMPLES

    for number, row in TABLE.items():
        print(f"{number}  {row.kind:9}  {row.told()}")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in SAMPLES.items():
            print(f"{name}: {', '.join(failures(make(), folder, programs=True)) or 'nothing'}")


if __name__ == "__main__":
    main()
