"""PDF files read with pyHanko, fast enough for tagged and signed ones.

A tagged form keeps some hundreds of structure elements in one object stream. PyHanko reads that stream's table again
for every object in it, which makes judging a signed form take a second; here the table is read once. And it reads the
twenty thousand hexadecimal digits of a signature one by one, each time the signature is looked at: here all at once.
For dictionaries see `parsing`, for cross-reference streams `crossrefs`, for the signers' names `names`.

The functions take the places of pyHanko's own, which they call for whatever is out of the ordinary.
"""

import binascii
import io
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils import generic, xref
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing import names
from signing.crossrefs import put_entries, read_cross_references
from signing.parsing import read_dictionary
from signing.revisions import Revision

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


x509.NameTypeAndValue._ldap_string_prep = names.prepare  # noqa: SLF001
x509.RDNSequence.hashable = property(names.hashable)
x509.RDNSequence.__eq__ = names.equal
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
