"""PDF files read with pyHanko, fast enough for tagged and signed ones.

A tagged form keeps some hundreds of structure elements in one object stream. PyHanko reads that stream's table again
for every object in it, which makes judging a signed form take a second; here the table is read once. And it reads the
twenty thousand hexadecimal digits of a signature one by one, each time the signature is looked at: here all at once.
Cross-reference streams, field by field there, are cut into rows here; for dictionaries see `parsing`.

The functions take the places of pyHanko's own, which they call for whatever is out of the ordinary.
"""

import binascii
import io
import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from pyhanko.pdf_utils import generic, xref
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.parsing import read_dictionary
from signing.revisions import Revision

MAX_OBJECTS = 2**23
"""Of one cross-reference stream: the most that ISO 32000 once allowed; a number beyond is pyHanko's to refuse."""

GENERATION_BYTES = 2
"""Of the highest generation there may be; what needs more is pyHanko's to refuse."""

_digit_by_digit = generic.read_hex_string_from_stream


def read_hexadecimal(stream: Any) -> Any:
    """PyHanko's `read_hex_string_from_stream`, which still reads whatever is not plain digits in memory."""
    if type(stream) is io.BytesIO:
        content, start = stream.getvalue(), stream.tell() + 1
        end = content.find(b">", start)
        try:
            found = binascii.unhexlify(content[start:end]) if end >= start else None
        except binascii.Error:
            found = None  # blanks, an odd digit, damage: as ever
        if found is not None:
            stream.seek(end + 1)
            return generic.pdf_string(found)
    return _digit_by_digit(stream)


_field_by_field = xref.parse_xref_stream


def read_cross_references(stream: Any, strict: bool = True) -> Any:
    """PyHanko's `parse_xref_stream`, which still reads, or refuses, whatever has not exactly its rows."""
    sizes, places = stream.get("/W"), stream.get("/Index", [0, stream.get("/Size")])
    if not _regular(sizes, 3) or not 0 < min(sizes) <= max(sizes) < 8 or not _regular(places, 2):
        return _field_by_field(stream, strict)
    start, count = int(places[0]), int(places[1])
    if start < 0 or not 0 < count <= MAX_OBJECTS:
        return _field_by_field(stream, strict)
    row = int(sum(sizes))
    # As pyHanko: a row may have a byte before it that says how it is predicted.
    content: bytes = stream.read_data(DecodePurpose.XREF_STREAM, expected_size=count * (row + 1))
    if len(content) != count * row:
        return _field_by_field(stream, strict)
    return Rows(content, [int(size) for size in sizes], start)


def _regular(values: Any, count: int) -> bool:
    return isinstance(values, list) and len(values) == count and all(isinstance(value, int) for value in values)


class Rows:
    """The rows of a cross-reference stream whose kind is 0, 1 or 2 (ISO 32000-2, table 18); others are passed over.

    Args:
        content: the rows, one after the other.
        sizes: bytes of their three fields.
        start: number of the object in the first row.
    """

    def __init__(self, content: bytes, sizes: Sequence[int], start: int) -> None:
        self._rows, self._start = _fields(content, sizes), start
        self.regular = sizes[2] <= GENERATION_BYTES

    def __iter__(self) -> Iterator[Any]:
        for number, (kind, one, two) in enumerate(self._rows, self._start):
            if kind == 1:
                yield xref.XRefEntry(xref.XRefType.STANDARD, one, number, two)
            elif kind == 2:
                yield xref.XRefEntry(xref.XRefType.IN_OBJ_STREAM, _in_stream(one, two), number)
            elif kind == 0:
                yield xref.XRefEntry(xref.XRefType.FREE, None, number, two)

    def put_into(self, section: Any) -> int:
        """What pyHanko's `process_entries` does with each of them; returns the highest number."""
        rows = [(number, *row) for number, row in enumerate(self._rows, self._start) if number]
        packed = [(number, one, two) for number, kind, one, two in rows if kind == 2]
        placed = [(number, one, two) for number, kind, one, two in rows if kind == 1]
        freed = [(number, two) for number, kind, _, two in rows if kind == 0]
        section.xrefs_in_objstm.update({number: _in_stream(one, two) for number, one, two in packed})
        section.obj_streams_used.update({one for _, one, _ in packed})
        section.standard_xrefs.update({number: (two, one) for number, one, two in placed})
        section.freed.update(freed)
        named = section.explicit_refs_in_revision
        named.update([(number, 0) for number, _, _ in packed])
        named.update([(number, two) for number, _, two in placed])
        named.update([(number, two - 1) for number, two in freed])
        return next((number for number, kind, _, _ in reversed(rows) if kind <= 2), 0)


_LETTERS = {1: "B", 2: "H", 4: "I"}
"""Of unsigned numbers in `struct`."""


def _fields(content: bytes, sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """The three numbers of each row, big-endian."""
    if _LETTERS.keys() >= set(sizes):
        return list(struct.iter_unpack(">" + "".join(_LETTERS[size] for size in sizes), content))
    first, second, row = sizes[0], sizes[0] + sizes[1], sum(sizes)
    ends = ((0, first), (first, second), (second, row))
    return [
        tuple(int.from_bytes(content[at + start : at + end], "big") for start, end in ends)
        for at in range(0, len(content), row)
    ]


@lru_cache(maxsize=8192)
def _in_stream(stream: int, index: int) -> Any:
    """Documents of one kind share most of these, which nothing changes and which are slow to make."""
    return xref.ObjStreamRef(stream, index)


_one_by_one = xref.XRefSectionData.process_entries


def put_entries(section: Any, entries: Any, strict: bool) -> Any:
    """PyHanko's `process_entries`, which still takes, or refuses, what does not come from a plain stream."""
    if isinstance(entries, Rows) and entries.regular:
        return entries.put_into(section)
    return _one_by_one(section, iter(entries), strict)


generic.DictionaryObject.read_from_stream = staticmethod(read_dictionary)
generic.read_hex_string_from_stream = read_hexadecimal
xref.parse_xref_stream = read_cross_references
xref.XRefSectionData.process_entries = put_entries


class Reader(PdfFileReader):  # type: ignore[misc]  # pyHanko is followed as untyped
    """PyHanko's strict reader, which keeps what it has read of object streams and of earlier revisions."""

    def __init__(self, pdf: bytes) -> None:
        self._streams: dict[int, tuple[bytes, list[tuple[int, int]]]] = {}
        self._listed: dict[Any, Any] = {}
        super().__init__(io.BytesIO(pdf), strict=True)

    def get_historical_resolver(self, revision: int) -> Revision:
        """The file as it was in this revision, 0 being the oldest."""
        found: Revision | None = self._historical_resolver_cache.get(revision)
        if found is None:
            found = self._historical_resolver_cache[revision] = Revision(self, revision, self._listed)
        return found

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> Any:
        """The object `idnum`, which its cross-reference puts at `idx` in the stream `stmnum`.

        Raises:
            PdfReadError: the stream does not have it there, and there alone (ISO 32000-2, 7.5.7).
        """
        if stmnum not in self._streams:
            self._streams[stmnum] = self._table(stmnum)
        content, table = self._streams[stmnum]
        if not 0 <= idx < len(table) or table[idx][0] != idnum:
            raise PdfStrictReadError("the object is not where its cross-reference says")
        source = io.BytesIO(content)
        source.seek(table[idx][1])
        found = generic.read_object(source, generic.Reference(idnum, 0, self))
        if isinstance(found, generic.StreamObject | generic.IndirectObject):
            raise PdfStrictReadError("an object stream holds neither streams nor references")
        return found

    def _table(self, stmnum: int) -> tuple[bytes, list[tuple[int, int]]]:
        """The stream's content, and the number and place in it of each of its objects."""
        stream = generic.Reference(stmnum, 0, self).get_object()
        if not isinstance(stream, generic.StreamObject) or stream["/Type"] != "/ObjStm":
            raise PdfReadError("not an object stream")
        content: bytes = stream.read_data(DecodePurpose.OBJECT_STREAM)
        first, count = int(stream["/First"]), int(stream["/N"])
        numbers = [int(number) for number in content[:first].split()]
        table = [(number, first + offset) for number, offset in zip(numbers[::2], numbers[1::2], strict=True)]
        if len(table) != count or len(dict(table)) != count:
            raise PdfReadError("the table of an object stream is damaged")
        return content, table
