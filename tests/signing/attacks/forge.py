"""The attacker's tools: updates behind a signed file, well-formed or not, and edits in place."""

import io
import re

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader


def updated(pdf: bytes, change) -> bytes:
    """The file with a well-formed incremental update made by `change(writer)`."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def page(writer, index=0):
    """A page's dictionary and its reference, to be changed."""
    reference = writer.find_page_for_modification(index)[0]
    return reference.get_object(), reference


def stream(writer, data: bytes, **entries):
    """A new stream object; entries by name without slash."""
    dictionary = {pdf_name(f"/{key}"): value for key, value in entries.items()}
    return writer.add_object(generic.StreamObject(dictionary, stream_data=data))


def raw_update(pdf: bytes, objects: dict[int, bytes], *, xref: bool = True, trailer: bool = True) -> bytes:
    """The file with objects appended by hand; without `xref` or `trailer` as sloppy readers accept it."""
    reader = PdfFileReader(io.BytesIO(pdf))
    root, size = reader.trailer_view.raw_get("/Root"), int(reader.trailer_view["/Size"])
    out, offsets = bytearray(pdf), {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    if xref:
        start = len(out)
        out += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % (number, offset) for number, offset in offsets.items())
    if trailer:
        previous = b"" if not xref else b" /Prev %d" % int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
        out += b"trailer\n<< /Root %d 0 R /Size %d%s >>\n" % (root.idnum, max(size, *objects, 0) + 1, previous)
    if xref:
        out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def signature(pdf: bytes, field="client"):
    """pyHanko's view of one signature."""
    reader = PdfFileReader(io.BytesIO(pdf))
    return next(one for one in reader.embedded_signatures if one.field_name == field)


def gap(pdf: bytes, field="client") -> tuple[int, int]:
    """Where the hexadecimal Contents of a signature lies, angle brackets included."""
    _, start, end, _ = (int(number) for number in signature(pdf, field).byte_range)
    return start, end


def with_contents(pdf: bytes, content: bytes, field="client") -> bytes:
    """The file with other bytes as the signature's Contents; not covered by any digest of that signature."""
    start, end = gap(pdf, field)
    room = end - start - 2
    text = content.hex().encode()
    assert len(text) <= room
    return pdf[:start] + b"<" + text.ljust(room, b"0") + b">" + pdf[end:]


def with_cms(pdf: bytes, change, field="client") -> bytes:
    """The file with its signature's CMS changed by `change(signed_data)`."""
    start, end = gap(pdf, field)
    content = cms.ContentInfo.load(bytes.fromhex(pdf[start + 1 : end - 1].decode()))
    changed = cms.ContentInfo.load(content.dump())
    change(changed["content"])
    return with_contents(pdf, changed.dump(), field)


def in_place(pdf: bytes, old: bytes, new: bytes, *, last=True) -> bytes:
    """One occurrence replaced by as many bytes."""
    assert len(old) == len(new)
    at = pdf.rindex(old) if last else pdf.index(old)
    return pdf[:at] + new + pdf[at + len(old) :]


def revision_end(pdf: bytes, field: str) -> int:
    """The length of the file when this field was signed."""
    numbers = [int(number) for number in signature(pdf, field).byte_range]
    return numbers[2] + numbers[3]


def number_of_content(pdf: bytes) -> int:
    """Object number of what is drawn on the first page."""
    return PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][0].raw_get("/Contents").idnum


def place_of(pdf: bytes, number: int) -> int:
    """Where the newest body of an object lies that is in no object stream."""
    xrefs = PdfFileReader(io.BytesIO(pdf)).xrefs
    sections = [xrefs.get_xref_data(revision).standard_xrefs for revision in range(xrefs.total_revisions)]
    return [section[number][1] for section in sections if number in section][-1]


def body(number: int, content: bytes, entries: bytes = b"") -> bytes:
    """A stream object, whole."""
    return b"%d 0 obj\n<< /Length %d %s>>\nstream\n%s\nendstream\nendobj\n" % (number, len(content), entries, content)


def section(pdf: bytes, rows, *, before: bytes = b"", root: bool = True, more: bytes = b"", size: int = 0) -> bytes:
    """The file with bytes, then a table of cross-references and its trailer.

    Args:
        pdf: the file.
        rows: number, offset, generation and `n` or `f` of each object.
        before: objects.
        root: whether the trailer names the catalog.
        more: further entries of the trailer.
        size: what the trailer says, if more than before.
    """
    trailer = PdfFileReader(io.BytesIO(pdf)).trailer_view
    start = len(pdf) + len(before)
    table = b"".join(b"%d 1\n%010d %05d %s \n" % row for row in rows)
    catalog = b"/Root %d 0 R " % trailer.raw_get("/Root").idnum if root else b""
    known = (catalog, max(size, int(trailer["/Size"])), int(re.findall(rb"startxref\s+(\d+)", pdf)[-1]), more)
    end = b"trailer\n<< %b/Size %d /Prev %d %b>>\nstartxref\n%d\n%%%%EOF\n" % (*known, start)
    return pdf + before + b"xref\n" + table + end


def section_in_a_stream(pdf: bytes, rows) -> bytes:
    """The file with a cross-reference stream; rows: object number, kind, and the two other fields of each."""
    trailer = PdfFileReader(io.BytesIO(pdf)).trailer_view
    own, start = int(trailer["/Size"]), len(pdf)
    rows = [*rows, (own, 1, start, 0)]
    content = b"".join(bytes([kind]) + one.to_bytes(4, "big") + two.to_bytes(2, "big") for _, kind, one, two in rows)
    first, last = rows[0][0], rows[-1][0]
    index = b"%d %d" % (first, len(rows)) if last - first + 1 == len(rows) else b" ".join(b"%d 1" % r[0] for r in rows)
    known = (index, own + 1, trailer.raw_get("/Root").idnum, int(re.findall(rb"startxref\s+(\d+)", pdf)[-1]))
    entries = b"/Type /XRef /W [1 4 2] /Index [%b] /Size %d /Root %d 0 R /Prev %d " % known
    return pdf + body(own, content, entries) + b"startxref\n%d\n%%%%EOF\n" % start
