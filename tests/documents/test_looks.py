import pytest
from PIL import Image, ImageDraw

from pipeline.documents.samples import SAMPLES
from tests.documents import looks


@pytest.mark.parametrize("name", SAMPLES)
def test_pages_look_as_accepted(name):
    """Each page of each document, beside the picture that a person accepted (`make accept-looks` renews them)."""
    found = looks.pages(SAMPLES[name]())
    faults = [looks.compare(name, number, picture) for number, picture in enumerate(found, 1)]
    assert [fault for fault in faults if fault] == []
    assert len(list(looks.ACCEPTED.glob(f"{name}-[0-9]*.png"))) == len(found)


def test_accepted_pictures_are_small_and_of_documents_that_exist():
    """Pictures under 60 kB, none left over from a document or a page that is no more."""
    for path in looks.ACCEPTED.glob("*.png"):
        assert path.stat().st_size < 60_000, path.name
        assert path.stem.rpartition("-")[0] in SAMPLES


def test_a_word_more_is_seen_and_left_to_look_at(tmp_path, monkeypatch):
    """A short word drawn over a page is a fault, with expected, found and difference beside each other."""
    monkeypatch.setattr(looks, "FOUND", tmp_path)
    monkeypatch.setattr(looks, "ROOT", tmp_path.parent)
    (first, *_) = looks.pages(SAMPLES["facture"]())
    changed = first.convert("L")
    ImageDraw.Draw(changed).rectangle((200, 300, 214, 304), fill=0)
    assert "pixels differ" in looks.compare("facture", 1, changed)
    left = sorted(path.name for path in tmp_path.glob("*.png"))
    assert left == [f"facture-1-{kind}.png" for kind in ("difference", "expected", "found")]


def test_a_shade_less_is_not_noticed():
    """What another build of the renderer may do to edges is no fault."""
    (first, *_) = looks.pages(SAMPLES["facture"]())
    lighter = first.convert("L").point(lambda v: min(255, v + 12))
    assert looks.difference(first, lighter)[0] <= looks.ALLOWED
    assert looks.difference(first, Image.new("L", first.size, 255))[0] > looks.ALLOWED
