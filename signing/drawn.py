"""The seller's certification put into a form just as our drawer writes it, without opening it as a PDF.

Such a form has one revision with a cross-reference stream, and its catalog and fields are plain objects, all in one
spelling. `recognise` knows them by that spelling, to the byte, and gives nothing for any other file: pyHanko opens
those. The update holds the objects that pyHanko's would (`tests/signing/test_drawn.py` compares them), the result is
read back as ever, and at start-up a page certified in this way is judged by pyHanko.
"""

import hashlib
import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pyhanko.pdf_utils.generic import pdf_date, pdf_string

from signing.errors import SealNotConfirmed
from signing.fields import CLIENT
from signing.writing import write_text

ROW = 7
"""Bytes of a row of the cross-reference stream: one for its kind, four for the place, two for the generation."""
RANGE = 36
"""Bytes kept for the three numbers of the byte range, which are known last."""

_TAIL = re.compile(rb"\nendstream\nendobj\nstartxref\n([1-9][0-9]{0,9})\n%%EOF\n\Z")
_TABLE = re.compile(
    rb"([1-9][0-9]*) 0 obj\n<</Type/XRef/W\[1 4 2\]/Size ([1-9][0-9]*)/Root ([1-9][0-9]*) 0 R/Info ([1-9][0-9]*) 0 R"
    rb"/ID\[<([0-9a-f]{32})><[0-9a-f]{32}>\]/Filter/FlateDecode/Length [0-9]+>>\nstream\n"
)
# No string but the language in it, so that each word is what it looks like.
_CATALOG = re.compile(
    rb"<</Type/Catalog/Pages [0-9]+ 0 R/Lang\([A-Za-z-]+\)/MarkInfo<</Marked true>>/StructTreeRoot [0-9]+ 0 R"
    rb"/ViewerPreferences<</DisplayDocTitle true>>/Metadata [0-9]+ 0 R/OutputIntents\[<</Type/OutputIntent/S/GTS_PDFA1"
    rb"/OutputConditionIdentifier\(sRGB\)/Info\(sRGB\)/DestOutputProfile [0-9]+ 0 R>>\]"
    rb"/AcroForm<</Fields\[((?:[0-9]+ 0 R ?)+)\]>>>>"
)
_FIELD = re.compile(
    rb"<</Type/Annot/Subtype/Widget/FT/Sig/T\(([a-z]+)\)/TU(?:<[0-9a-f]*>|\((?:[^()\\]|\\[()\\])*\))"
    rb"/Rect\[[0-9. ]+\]/F 4(/Lock<</Type/SigFieldLock/Action/All/P 1>>)?"
    rb"/P [0-9]+ 0 R/StructParent [0-9]+/AP<</N [0-9]+ 0 R>>>>"
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A form as drawn: where its table is, what its trailer says, and the two objects that a certification changes."""

    pdf: bytes
    table: int
    size: int
    root: int
    info: int
    identifier: bytes
    catalog: bytes
    field: int
    widget: bytes


def recognise(pdf: bytes, name: str) -> Drawn | None:
    """The form with its empty field `name`; nothing when it is not as drawn, or wants more than its certification."""
    tail = _TAIL.search(pdf, len(pdf) - 60)
    table = _TABLE.match(pdf, int(tail[1])) if tail else None
    if tail is None or table is None or not pdf.startswith(b"%PDF-1.7\n"):
        return None
    size, root, info = int(table[2]), int(table[3]), int(table[4])
    try:
        rows = zlib.decompress(pdf[table.end() : tail.start()])
    except zlib.error:
        return None
    if int(table[1]) + 1 != size or len(rows) != ROW * size:
        return None
    catalog = _CATALOG.fullmatch(_object(pdf, rows, root))
    fields = {}
    for number in map(int, catalog[1].split(b" ")[::3] if catalog else ()):
        widget = _FIELD.fullmatch(_object(pdf, rows, number))
        if widget is None:
            return None
        fields[widget[1].decode()] = number, widget
    if catalog is None or name not in fields or (CLIENT in fields and fields[CLIENT][1][2] is None):
        return None
    field, widget = fields[name]
    return Drawn(pdf, int(tail[1]), size, root, info, table[5], catalog[0], field, widget[0])


def _object(pdf: bytes, rows: bytes, number: int) -> bytes:
    """What lies between the words that begin and end a plain object of the file; nothing when it is none."""
    row = rows[ROW * number : ROW * (number + 1)]
    at, begin = int.from_bytes(row[1:5], "big"), b"%d 0 obj\n" % number
    if row[:1] != b"\x01" or row[5:] != b"\0\0" or not pdf.startswith(begin, at):
        return b""
    return pdf[at + len(begin) : pdf.find(b"\nendobj\n", at)]


def certify(
    form: Drawn, *, when: datetime, by: str, reason: str, location: str, room: int, make: Callable[[bytes], bytes]
) -> bytes:
    """The form with an update that holds its certification for form filling (DocMDP, P = 2).

    Args:
        form: as recognised.
        when: the claimed time.
        by: whose certificate it is.
        reason: shown by readers.
        location: shown by readers.
        room: bytes kept for the signature.
        make: gives the signature (CMS, DER) for the SHA-256 of all that it covers.

    Raises:
        SealNotConfirmed: the signature outgrows its room.
    """
    signature, table = form.size, form.size + 1
    hashed = hashlib.sha256(form.pdf)
    based_on = hashed.hexdigest()[:32].encode()
    start = len(form.pdf)
    catalog = (
        b"%d 0 obj\n%b/SigFlags 3>>/Extensions<</ESIC<</Type/DeveloperExtensions/BaseVersion/1.7/ExtensionLevel 1>>>>"
        b"/Perms<</DocMDP %d 0 R>>>>\nendobj\n" % (form.root, form.catalog.removesuffix(b">>>>"), signature)
    )
    widget = b"%d 0 obj\n%b/V %d 0 R>>\nendobj\n" % (form.field, form.widget.removesuffix(b">>"), signature)
    head = b"%b%b%d 0 obj\n<</Type/Sig/Contents" % (catalog, widget, signature)
    hole = start + len(head)
    after = hole + 2 * room + 2
    said = ((b"M", pdf_date(when)), (b"Name", by), (b"Location", location), (b"Reason", reason))
    entries = (
        b"/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached%b"
        b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P 2>>>>]>>"
        b"\nendobj\n"
    ) % b"".join(b"/%b%b" % (key, _text(value)) for key, value in said if value)
    end = after + len(b"/ByteRange[0 ]") + RANGE + len(entries)
    places = {
        form.root: start,
        form.field: start + len(catalog),
        signature: start + len(catalog) + len(widget),
        table: end,
    }
    rows = b"".join(b"\x01%b\0\0" % places[number].to_bytes(4, "big") for number in sorted(places))
    index = b" ".join(b"%d 1" % number for number in sorted(places))
    trailer = (
        b"%d 0 obj\n<</Type/XRef/W[1 4 2]/Index[%b]/Size %d/Prev %d/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]/Length %d>>"
        b"\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
        % (table, index, table + 1, form.table, form.root, form.info, form.identifier, based_on, len(rows), rows, end)
    )
    covered = b"%d %d %d" % (hole, after, end + len(trailer) - after)
    tail = b"/ByteRange[0 %b]%b%b" % (covered.ljust(RANGE), entries, trailer)
    hashed.update(head)
    hashed.update(tail)
    content = make(hashed.digest())
    if len(content) > room:
        raise SealNotConfirmed(f"the signature holds {len(content)} bytes where {room} were kept free")
    return b"%b%b<%b>%b" % (form.pdf, head, content.hex().encode().ljust(2 * room, b"0"), tail)


@lru_cache(maxsize=256)
def _text(value: str) -> bytes:
    """A text as pyHanko writes it."""
    stream = io.BytesIO()
    write_text(pdf_string(value), stream)
    return stream.getvalue()
