"""A validator that we did not write agrees with the two standards that every document claims."""

import pytest

from pipeline.documents.samples import SAMPLES
from tests.documents.stress import COMMENT, DOCUMENTS, HOSTILE, LONG_NAME, MANY_SCRIPTS
from tests.documents.verapdf import failures
from tests.templates.test_languages import DOCUMENTS as MODULES
from tests.templates.test_languages import in_language

pytestmark = pytest.mark.programs


def validated(folder, documents):
    paths = {}
    for name, pdf in documents.items():
        paths[name] = folder / f"{name}.pdf"
        paths[name].write_bytes(pdf)
    found = failures(paths.values())
    return {name: found[str(path)] for name, path in paths.items()}


def test_every_document_is_archivable_and_accessible(tmp_path):
    """PDF/A-3b and PDF/UA-1, in both languages."""
    drawn = {name: make() for name, make in SAMPLES.items()}
    drawn |= {module.__name__: in_language(module, "en")[0] for module in MODULES}
    assert {name: wrong for name, wrong in validated(tmp_path, drawn).items() if wrong} == {}


def test_whatever_is_printed_on_it(tmp_path):
    """Forty lines, negative amounts, markup, long texts and names in every script break neither."""
    drawn = {}
    for kind, make in DOCUMENTS.items():
        drawn[f"{kind} many"] = make(count=40, negative=True)
        drawn[f"{kind} hostile"] = make(count=3, name=HOSTILE, label=LONG_NAME, comment=COMMENT)
        drawn[f"{kind} scripts"] = make(count=3, name=MANY_SCRIPTS, label=MANY_SCRIPTS)
    assert {name: wrong for name, wrong in validated(tmp_path, drawn).items() if wrong} == {}


def test_it_finds_what_is_wrong(tmp_path):
    """A file that claims other parts of the standards, and one that asks readers not to show its title, fail."""
    pdf = SAMPLES["devis"]()
    broken = {
        "archive": pdf.replace(b"<pdfaid:part>3<", b"<pdfaid:part>9<"),
        "access": pdf.replace(b"<pdfuaid:part>1<", b"<pdfuaid:part>9<"),
        "title": pdf.replace(b"/DisplayDocTitle true", b"/DisplayDocTitle null"),
    }
    assert all(broken[name] != pdf for name in broken)
    found = validated(tmp_path, broken)
    assert {name: [one.split(":")[0] for one in wrong] for name, wrong in found.items()} == {
        "archive": ["PDFA-3B 6.6.4-2"],
        "access": ["PDFUA-1 5-2"],
        "title": ["PDFUA-1 7.1-10"],
    }
