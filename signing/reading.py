"""PDF files read with pyHanko, fast enough for tagged and signed ones.

A tagged form keeps some hundreds of structure elements in one object stream. PyHanko reads that stream's table again
for every object in it, which makes judging a signed form take a second; here the table is read once. And it reads the
twenty thousand hexadecimal digits of a signature one by one, each time the signature is looked at: here all at once.
Cross-reference streams, field by field there, are cut into rows here.

The two functions take the places of pyHanko's own, which they call for whatever is out of the ordinary.
"""

import binascii
import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pyhanko.pdf_utils import generic, xref
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

MAX_OBJECTS = 2**23
"""Of one cross-reference stream: the most that ISO 32000 once allowed; a number beyond is pyHanko's to refuse."""

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
    first, second, row = int(sizes[0]), int(sizes[0] + sizes[1]), int(sum(sizes))
    # As pyHanko: a row may have a byte before it that says how it is predicted.
    content: bytes = stream.read_data(DecodePurpose.XREF_STREAM, expected_size=count * (row + 1))
    if len(content) != count * row:
        return _field_by_field(stream, strict)
    return _entries(content, first, second, row, start)


def _regular(values: Any, count: int) -> bool:
    return isinstance(values, list) and len(values) == count and all(isinstance(value, int) for value in values)


def _entries(content: bytes, first: int, second: int, row: int, number: int) -> Iterator[Any]:
    """Of rows whose kind is 0, 1 or 2 (ISO 32000-2, table 18); others are passed over."""
    for at in range(0, len(content), row):
        kind = int.from_bytes(content[at : at + first], "big")
        one = int.from_bytes(content[at + first : at + second], "big")
        two = int.from_bytes(content[at + second : at + row], "big")
        if kind == 1:
            yield xref.XRefEntry(xref.XRefType.STANDARD, one, number, two)
        elif kind == 2:
            yield _in_stream(number, one, two)
        elif kind == 0:
            yield xref.XRefEntry(xref.XRefType.FREE, None, number, two)
        number += 1


@lru_cache(maxsize=8192)
def _in_stream(number: int, stream: int, index: int) -> Any:
    """Documents of one kind share most of their entries, which nothing changes and which are slow to make."""
    return xref.XRefEntry(xref.XRefType.IN_OBJ_STREAM, xref.ObjStreamRef(stream, index), number)


generic.read_hex_string_from_stream = read_hexadecimal
xref.parse_xref_stream = read_cross_references


class Reader(PdfFileReader):  # type: ignore[misc]  # pyHanko is followed as untyped
    """PyHanko's strict reader, which keeps what it has read of object streams."""

    def __init__(self, pdf: bytes) -> None:
        self._streams: dict[int, tuple[bytes, list[tuple[int, int]]]] = {}
        super().__init__(io.BytesIO(pdf), strict=True)

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
