"""Cross-reference streams (ISO 32000-2, 7.5.8) cut into rows, where pyHanko reads them field by field.

The two functions take the places of pyHanko's own, which they call for whatever is out of the ordinary. They refuse two
things that it lets pass: an object of a kind that is not known, which other readers take for nothing (ISO 32000-2,
7.5.8.3), and one that a section names twice, of which other readers take the first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache
from typing import Any

from pyhanko.pdf_utils import xref
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfStrictReadError

MAX_OBJECTS = 2**23
"""Of one cross-reference stream: the most that ISO 32000 once allowed; a number beyond is pyHanko's to refuse."""

GENERATION_BYTES = 2
"""Of the highest generation there may be; what needs more is pyHanko's to refuse."""

UNKNOWN_KIND = "a cross-reference of an unknown kind"

_field_by_field = xref.parse_xref_stream


def read_cross_references(stream: Any, strict: bool = True) -> Any:
    """PyHanko's `parse_xref_stream`, which still reads, or refuses, whatever has not exactly its rows."""
    sizes, places = stream.get("/W"), stream.get("/Index", [0, stream.get("/Size")])
    if not _regular(sizes, 3) or not 0 < min(sizes) <= max(sizes) < 8 or not _regular(places, 2):
        return _all_known(stream, places, strict)
    start, count = int(places[0]), int(places[1])
    if start < 0 or not 0 < count <= MAX_OBJECTS:
        return _all_known(stream, places, strict)
    row = int(sum(sizes))
    # As pyHanko: a row may have a byte before it that says how it is predicted.
    content: bytes = stream.read_data(DecodePurpose.XREF_STREAM, expected_size=count * (row + 1))
    if len(content) != count * row:
        return _all_known(stream, places, strict)
    return Rows(content, [int(size) for size in sizes], start)


def _all_known(stream: Any, places: Any, strict: bool) -> Iterator[Any]:
    """What pyHanko reads, which passes over rows of unknown kinds.

    Raises:
        PdfStrictReadError: there is one.
    """
    count = 0
    for entry in _field_by_field(stream, strict):
        count += 1
        yield entry
    if count != sum(list(places)[1::2]):
        raise PdfStrictReadError(UNKNOWN_KIND)


def _regular(values: Any, count: int) -> bool:
    return isinstance(values, list) and len(values) == count and all(isinstance(value, int) for value in values)


class Rows:
    """The rows of a cross-reference stream, whose kind is 0, 1 or 2 (ISO 32000-2, table 18).

    Most of a tagged form's are of kind 2, objects in a stream, and sealing looks at a dozen of five hundred: a row is
    read when somebody asks for it.

    Args:
        content: the rows, one after the other.
        sizes: bytes of their three fields.
        start: number of the object in the first row.

    Raises:
        PdfStrictReadError: a row is of another kind.
    """

    def __init__(self, content: bytes, sizes: Sequence[int], start: int) -> None:
        self._content, self._row, self._start = content, sum(sizes), start
        self._second, self._third = sizes[0], sizes[0] + sizes[1]
        self._kinds = content[:: self._row] if sizes[0] == 1 else [kind for kind, _, _ in map(self._at, self._places())]
        if max(self._kinds) > 2:
            raise PdfStrictReadError(UNKNOWN_KIND)
        self.regular = sizes[2] <= GENERATION_BYTES

    def __iter__(self) -> Iterator[Any]:
        for number, (kind, one, two) in enumerate(map(self._at, self._places()), self._start):
            if kind == 1:
                yield xref.XRefEntry(xref.XRefType.STANDARD, one, number, two)
            elif kind == 2:
                yield xref.XRefEntry(xref.XRefType.IN_OBJ_STREAM, _in_stream(one, two), number)
            else:
                yield xref.XRefEntry(xref.XRefType.FREE, None, number, two)

    def put_into(self, section: Any) -> int:
        """What pyHanko's `process_entries` does with each of them; returns the highest number."""
        for place, kind in enumerate(self._kinds):
            number = self._start + place
            if kind == 1 and number:
                _, offset, generation = self._at(place)
                section.standard_xrefs[number] = (generation, offset)
            elif kind == 0 and number:
                section.freed[number] = self._at(place)[2]
        section.xrefs_in_objstm = Packed(self)
        section.obj_streams_used = Late(lambda: {self._at(self.place(number))[1] for number in self.packed()})
        plain = [(number, generation) for number, (generation, _) in section.standard_xrefs.items()]
        plain += [(number, generation - 1) for number, generation in section.freed.items()]
        section.explicit_refs_in_revision = Late(lambda: {*plain, *((number, 0) for number in self.packed())})
        return self._start + len(self._kinds) - 1

    def packed(self) -> Iterator[int]:
        """The numbers of the objects in streams."""
        return (self._start + place for place, kind in enumerate(self._kinds) if kind == 2 and self._start + place)

    def place(self, number: int) -> int:
        """The row of an object in a stream. Raises `KeyError`: there is none of that number."""
        place = number - self._start
        if number == 0 or not 0 <= place < len(self._kinds) or self._kinds[place] != 2:
            raise KeyError(number)
        return place

    def location(self, number: int) -> Any:
        """Where an object in a stream is. Raises `KeyError`."""
        _, stream, index = self._at(self.place(number))
        return _in_stream(stream, index)

    def _places(self) -> range:
        return range(len(self._content) // self._row)

    def _at(self, place: int) -> tuple[int, int, int]:
        """The three numbers of a row, big-endian."""
        row = self._content[place * self._row : (place + 1) * self._row]
        kind, one, two = row[: self._second], row[self._second : self._third], row[self._third :]
        return int.from_bytes(kind, "big"), int.from_bytes(one, "big"), int.from_bytes(two, "big")


class Packed(Mapping[int, Any]):
    """Objects in streams by number, each read from its row."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __getitem__(self, number: int) -> Any:
        return self._rows.location(number)

    def __iter__(self) -> Iterator[int]:
        return self._rows.packed()

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Late(AbstractSet[Any]):
    """A set that is made when somebody looks into it."""

    def __init__(self, make: Callable[[], set[Any]]) -> None:
        self._make = make

    @cached_property
    def _held(self) -> set[Any]:
        return self._make()

    def __contains__(self, value: object) -> bool:
        return value in self._held

    def __iter__(self) -> Iterator[Any]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


@lru_cache(maxsize=8192)
def _in_stream(stream: int, index: int) -> Any:
    """Documents of one kind share most of these, which nothing changes and which are slow to make."""
    return xref.ObjStreamRef(stream, index)


_one_by_one = xref.XRefSectionData.process_entries


def put_entries(section: Any, entries: Any, strict: bool) -> Any:
    """PyHanko's `process_entries`, which still takes, or refuses, what does not come from a plain stream."""
    if isinstance(entries, Rows) and entries.regular:
        return entries.put_into(section)
    return _one_by_one(section, _each_once(entries), strict)


def _each_once(entries: Iterable[Any]) -> Iterator[Any]:
    """The entries of one section.

    Raises:
        PdfStrictReadError: one object has two.
    """
    seen: set[int] = set()
    for entry in entries:
        if entry.idnum in seen:
            raise PdfStrictReadError("a section of cross-references names an object twice")
        seen.add(entry.idnum)
        yield entry
