"""Earlier states of a PDF: where each object was used, found once for all states.

To judge what came after a signature, pyHanko walks through all of the signed revision, five hundred objects of a tagged
form, copying each of them, to know every path on which an object that changed later was used. Here the references in
an object are listed once, for all revisions that share it, and the walk goes from list to list.

`tests/signing/test_revisions.py` compares the paths with pyHanko's, on every revision of good and forged files. What
this walk does not understand is left to pyHanko's.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import HistoricalResolver, RawPdfPath

Key = tuple[int, int]
"""Number and generation of an object."""

Path = tuple[str | int, ...]
"""Keys and indices that lead to a value, from the trailer or from the object that holds it."""

_STRUCTURE: Path = ("/Root", "/StructTreeRoot", "/K")


class Revision(HistoricalResolver):  # type: ignore[misc]  # pyHanko is followed as untyped
    """PyHanko's view of a revision, with a faster way to the usages of its objects.

    Args:
        reader: of the file.
        revision: 0 for the oldest.
        listed: references in objects that no later revision changed; shared by all revisions of the file.
    """

    def __init__(self, reader: Any, revision: int, listed: dict[Key, list[tuple[Path, Key]]]) -> None:
        super().__init__(reader, revision)
        self._listed = listed
        self._usages: dict[Key, list[Path]] | None = None
        later = range(revision + 1, reader.xrefs.total_revisions)
        self._later = {
            number for one in later for number, _ in reader.xrefs.get_xref_data(one).explicit_refs_in_revision
        }

    def _load_reverse_xref_cache(self) -> None:
        if self._usages is not None or self._indirect_object_access_cache is not None:
            return
        unusual = self.reader.encrypted or self.reader.xrefs.hybrid_xrefs_present
        try:
            self._usages = None if unusual else self._walk()
        except Exception:  # noqa: BLE001  # whatever is wrong with the file, pyHanko's own walk is to say it
            self._usages = None
        if self._usages is None:
            super()._load_reverse_xref_cache()

    def _get_usages_of_ref(self, ref: generic.Reference) -> set[RawPdfPath]:
        if self._usages is None:
            usages: set[RawPdfPath] = super()._get_usages_of_ref(ref)
            return usages
        return {RawPdfPath(*path) for path in self._usages.get((ref.idnum, ref.generation), ())}

    def _walk(self) -> dict[Key, list[Path]]:
        """The paths to each object, as pyHanko has them: pages and structure elements are entered on their own alone.

        Raises:
            PdfReadError: a page or a structure element is there twice.
            whatever pyHanko meets in a malformed object.
        """
        usages: dict[Key, list[Path]] = defaultdict(list)
        pages = self._pages()
        elements = self._elements()
        above: set[Key] = set()

        def follow(links: list[tuple[Path, Key]], path: Path, inside: bool) -> None:
            for relative, key in links:
                place = path + relative
                within = inside or place[:3] == _STRUCTURE
                if within and "/P" in relative and "/P" in place[len(path) if inside else 3 :]:
                    continue
                if key in above:
                    continue
                usages[key].append(place)
                further = self._links(key)
                if pages.get(key, place) == place and (within or key not in elements):
                    above.add(key)
                    follow(further, place, within)
                    above.discard(key)

        follow(_references(self.trailer_view), (), inside=False)
        return dict(usages)

    def _links(self, key: Key) -> list[tuple[Path, Key]]:
        """The references in an object, as it was in this revision."""
        shared = key[0] not in self._later
        if shared and key in self._listed:
            return self._listed[key]
        value = self._value(key)
        links = [] if isinstance(value, generic.IndirectObject) else _references(value)
        if shared:
            self._listed[key] = links
        return links

    def _value(self, key: Key) -> Any:
        """The object in this revision; if no later one has touched it, its own references lead into the newest."""
        number, generation = key
        if number in self._later:
            return self(generic.Reference(number, generation, self.reader))
        value = self.reader.cache_get_indirect_object(generation, number)
        return value or self.reader.get_object(generic.Reference(number, generation, self.reader))

    def _pages(self) -> dict[Key, Path]:
        """The one path to each node of the page tree."""
        found: dict[Key, Path] = {}
        root = self.root.raw_get("/Pages")
        if isinstance(root, generic.IndirectObject):
            found[root.idnum, root.generation] = ("/Root", "/Pages")
        for key, path in _kids(root.get_object(), ("/Root", "/Pages")):
            if key in found:
                raise PdfReadError("a page is there twice")
            found[key] = path
        return found

    def _elements(self) -> set[Key]:
        """The structure elements that are objects of their own."""
        found: set[Key] = set()
        if "/StructTreeRoot" in self.root:
            for key in self._children(self._resolved(self.root.raw_get("/StructTreeRoot"))):
                if key in found:
                    raise PdfReadError("a structure element is there twice")
                found.add(key)
        return found

    def _children(self, element: dict[str, Any]) -> Iterator[Key]:
        below = self._resolved(dict.get(element, "/K", generic.NullObject()))
        if isinstance(below, generic.NullObject):
            return
        for child in list(below) if isinstance(below, generic.ArrayObject) else (below,):
            value = self._resolved(child)
            if not isinstance(value, generic.DictionaryObject):
                continue
            kind = self._resolved(dict.get(value, "/Type", generic.NullObject()))
            if not isinstance(kind, generic.NullObject) and kind != "/StructElem":
                continue
            if isinstance(child, generic.IndirectObject):
                yield child.idnum, child.generation
            yield from self._children(value)

    def _resolved(self, value: Any) -> Any:
        for _ in range(9):
            if not isinstance(value, generic.IndirectObject):
                return value
            value = self._value((value.idnum, value.generation))
        raise PdfReadError("a reference leads nowhere")


def _kids(node: Any, path: Path) -> Iterator[tuple[Key, Path]]:
    for index, kid in enumerate(node["/Kids"]):
        place = (*path, "/Kids", index)
        if isinstance(kid, generic.IndirectObject):
            yield (kid.idnum, kid.generation), place
        value = kid.get_object()
        if value.get("/Type") == "/Pages":
            yield from _kids(value, place)


def _references(value: Any) -> list[tuple[Path, Key]]:
    """The references in a value, with the path to each; those to parents lead back."""
    found: list[tuple[Path, Key]] = []
    _gather(value, (), found)
    return found


def _gather(value: Any, path: Path, found: list[tuple[Path, Key]]) -> None:
    if isinstance(value, generic.IndirectObject):
        found.append((path, (value.idnum, value.generation)))
    elif isinstance(value, generic.DictionaryObject):
        for key, held in value.items():
            if key != "/Parent":
                _gather(held, (*path, key), found)
    elif isinstance(value, generic.ArrayObject):
        for index, held in enumerate(value):
            _gather(held, (*path, index), found)
