"""The bytes that came after a signature: nothing in them may be seen by one reader and passed over by the next.

Readers follow the cross-references; some that stumble over them search the file for objects and trailers instead. So
whatever they could find there must be what the cross-references, read strictly, say.
"""

import re
from itertools import pairwise
from typing import Any

from pyhanko.pdf_utils.xref import XRefSectionType

from signing.verify.structure import EOF, SPACE

_OBJECT = re.compile(rb"(?<=[\x00\t\n\x0c\r ])obj")
_HEADER = re.compile(rb"[0-9]+(?:[\x00\t\n\x0c\r ]|%[^\r\n]*[\r\n])+[0-9]+(?:[\x00\t\n\x0c\r ]|%[^\r\n]*[\r\n])+\Z")
_HEADER_LENGTH = 256
"""Bytes before `obj` in which its numbers are looked for."""


def has_strays(pdf: bytes, reader: Any, signature: Any, end: int) -> bool:
    """Whether bytes after a signature belong to no revision that the cross-references know.

    Some viewers rebuild a file from objects that no cross-reference names (incremental saving attack), others only
    where the newest trailer is damaged. As many `startxref`, end-of-file marks and trailers must follow as there are
    later revisions, each of whose trailers names the catalog, and objects where the cross-references have them alone.
    """
    later = range(int(signature.signed_revision) + 1, int(reader.xrefs.total_revisions))
    rest = pdf[end:]
    if not later:
        return rest.strip(SPACE) != b""
    sections = [reader.xrefs.get_xref_container_info(revision) for revision in later]
    tables = sum(section.xref_section_type is XRefSectionType.STANDARD for section in sections)
    return (
        rest.count(b"startxref") != len(later)
        or rest.count(EOF) != len(later)
        or rest.count(b"trailer") != tables
        or not _same_catalog(reader, later)
        or not _objects(pdf, end) <= _known(reader, later)
    )


def _objects(pdf: bytes, start: int) -> set[int]:
    """Where something that looks like the beginning of an object stands, from `start` on."""
    found = set()
    for keyword in _OBJECT.finditer(pdf, start):
        head = max(start, keyword.start() - _HEADER_LENGTH)
        numbers = _HEADER.search(pdf[head : keyword.start()])
        if numbers is not None:
            found.add(head + numbers.start())
    return found


def _known(reader: Any, later: range) -> set[int]:
    """Where the cross-references of these revisions have objects; a stream of them need not name itself."""
    places = {reader.xrefs.get_xref_container_info(revision).start_location for revision in later}
    for revision in later:
        places |= {offset for _, offset in reader.xrefs.get_xref_data(revision).standard_xrefs.values()}
    return places


def _same_catalog(reader: Any, later: range) -> bool:
    """Whether every later trailer itself names the catalog of the one before; pyHanko would look further back."""
    newest_first = reader.trailer._trailer_revisions  # noqa: SLF001  # it has no public way to one trailer
    trailers = [newest_first[len(newest_first) - 1 - revision] for revision in (later.start - 1, *later)]
    catalogs = [dict.get(trailer, "/Root") for trailer in trailers]
    return None not in catalogs and all(one == other for one, other in pairwise(catalogs))
