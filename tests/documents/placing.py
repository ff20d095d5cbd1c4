"""Where the words of a page stand: what tests need to see text clipped, overlapping or orphaned."""

import io
import re
from dataclasses import dataclass

import pikepdf
from pypdfium2 import PdfDocument

from templates.layout import MARGIN
from templates.pdf import A4

SLACK = 0.6
"""Points by which two words may touch: the accent of a capital under the tail of the line above."""
BODY = (MARGIN - 1.0, 24.0, A4[0] - MARGIN + 1.0, A4[1] - 24.0)
"""Left, bottom, right, top within which everything is printed, running heads included."""


@dataclass
class Word:
    """A word, and the box of its ink in points."""

    text: str
    box: tuple[float, float, float, float]


def words_of(page):
    """The words of a page with their boxes, in the order of the file."""
    text, out = page.get_textpage(), []
    said = text.get_text_range()
    word, boxes = "", []
    for i in range(text.count_chars()):
        c = said[i] if i < len(said) else " "
        box = text.get_charbox(i)
        far = bool(boxes) and (box[0] - boxes[-1][2] > 3 or abs(box[1] - boxes[-1][1]) > 8)
        if (c.isspace() or far) and boxes:
            out.append(Word(word, _around(boxes)))
            word, boxes = "", []
        if not c.isspace() and box[2] > box[0] and box[3] > box[1]:
            word, boxes = word + c, [*boxes, box]
    return [*out, Word(word, _around(boxes))] if boxes else out


def _around(boxes):
    left, bottom, right, top = zip(*boxes, strict=True)
    return (min(left), min(bottom), max(right), max(top))


def clipped(pdf):
    """Words that leave the body of their page."""
    return [
        f"page {n}: {word.text!r} at {word.box}"
        for n, page in enumerate(PdfDocument(pdf), 1)
        for word in words_of(page)
        if word.box[0] < BODY[0] or word.box[1] < BODY[1] or word.box[2] > BODY[2] or word.box[3] > BODY[3]
    ]


def overlapping(pdf):
    """Pairs of words whose ink shares an area."""
    out = []
    for n, page in enumerate(PdfDocument(pdf), 1):
        words = sorted(words_of(page), key=lambda w: w.box[0])
        for i, one in enumerate(words):
            for other in words[i + 1 :]:
                if other.box[0] > one.box[2] - SLACK:
                    break
                if min(one.box[3], other.box[3]) - max(one.box[1], other.box[1]) > SLACK:
                    out.append(f"page {n}: {one.text!r} and {other.text!r} at {one.box}, {other.box}")
    return out


def last_tags(pdf):
    """The last thing that each page tells: the tag of its last mark."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        marks = [re.findall(rb"/(\w+) <</MCID \d+>> BDC", page.Contents.read_bytes()) for page in file.pages]
    return [found[-1].decode() if found else "" for found in marks]


def faults_of_place(pdf):
    """All that is wrong with where things stand."""
    heads = [f"page {n} ends with a heading" for n, tag in enumerate(last_tags(pdf), 1) if re.fullmatch("H[1-6]", tag)]
    return [*clipped(pdf), *overlapping(pdf), *heads]


def pages_of(pdf):
    """The words of each page, one space apart."""
    return [" ".join(page.get_textpage().get_text_range().split()) for page in PdfDocument(pdf)]
