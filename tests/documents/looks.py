"""Pictures of documents: drawn small, kept as accepted, compared at a tolerance.

`python -m tests.documents.looks` accepts what is drawn now (`make accept-looks`); with `--docs` it draws the pictures
of docs/documents.md as well.
"""

import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter
from pypdfium2 import PdfDocument

from pipeline.documents.samples import SAMPLES

ROOT = Path(__file__).parents[2]
ACCEPTED = Path(__file__).parent / "accepted"
FOUND = ROOT / "test-artefacts" / "looks"
PICTURES = ROOT / "docs" / "images" / "documents"
DPI, DOCS_DPI = 50, 64
SHADES = 16
"""Greys of an accepted picture: enough for text at this size, and a few kilobytes a page."""
SOFTEN = 1.0
"""Radius of a blur before comparing: half a pixel of difference between two renderers' edges is nothing."""
NOTICED, ALLOWED = 48, 12
"""A pixel counts from so many levels of 255 on; so many pixels may count on a page."""


def pages(pdf, *, dpi=DPI):
    """The pages as grey pictures in a small palette."""
    drawn = (page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L") for page in PdfDocument(pdf))
    return [picture.quantize(SHADES, dither=Image.Dither.NONE) for picture in drawn]


def difference(one, other):
    """How many pixels differ to the eye, and a picture of where; all of them where the sizes differ."""
    one, other = one.convert("L"), other.convert("L")
    if one.size != other.size:
        return one.size[0] * one.size[1], Image.new("L", one.size, 0)
    soft = (picture.filter(ImageFilter.GaussianBlur(SOFTEN)) for picture in (one, other))
    delta = ImageChops.difference(*soft)
    return sum(delta.histogram()[NOTICED:]), ImageChops.invert(delta.point(lambda v: min(255, v * 4)))


def compare(name, number, picture):
    """Whether a page looks as accepted; else the three pictures are left to look at."""
    kept = ACCEPTED / f"{name}-{number}.png"
    if not kept.exists():
        return f"{kept.name} was never accepted"
    expected = Image.open(kept)
    count, where = difference(picture, expected)
    if count <= ALLOWED:
        return ""
    FOUND.mkdir(parents=True, exist_ok=True)
    for kind, each in (("expected", expected), ("found", picture), ("difference", where)):
        each.save(FOUND / f"{name}-{number}-{kind}.png")
    return f"{name}, page {number}: {count} pixels differ, see {FOUND.relative_to(ROOT)}/"


def accept(folder=ACCEPTED, *, dpi=DPI, colours=SHADES):
    """Keeps every page of every sample as it is drawn now, and nothing else; what looks the same stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = set()
    for name, make in SAMPLES.items():
        for number, page in enumerate(PdfDocument(make()), 1):
            picture = page.render(scale=dpi / 72, grayscale=folder == ACCEPTED).to_pil()
            path = folder / f"{name}-{number}.png"
            picture = picture.quantize(colours, dither=Image.Dither.NONE)
            if not path.exists() or difference(picture, Image.open(path))[0]:
                picture.save(path, optimize=True)
            drawn.add(path)
    for old in set(folder.glob("*.png")) - drawn:
        old.unlink()


if __name__ == "__main__":
    accept()
    if "--docs" in sys.argv:
        accept(PICTURES, dpi=DOCS_DPI, colours=32)
