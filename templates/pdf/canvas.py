"""A canvas that numbers what is drawn on it for the structure tree: tagged PDF in one pass.

Everything painted lies in exactly one mark: `put` makes content that readers are told, `artifact` what they are spared
(rules, backgrounds, running heads). Text is drawn with the operators of `fonts.Face`, and with no other font than those
that the file embeds. Pages, elements and fields get the numbers of their objects as they come, so that an element's
object is written when it is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from templates.pdf.attachments import Attachment
from templates.pdf.fonts import OTHERS, WIDE, Face
from templates.pdf.streams import flate
from templates.pdf.tags import FIRST, TREE, Elem, Field, attributes, string
from templates.pdf.xmp import Schema

A4 = (595.28, 841.89)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the file says about itself. `when` is the document's own date (UTC), never the clock's."""

    title: str
    language: str
    when: datetime
    author: str = ""
    subject: str = ""
    producer: str = "Seing"


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page: object number, size in points, compressed content, its fields' numbers, key in ParentTree."""

    number: int
    size: tuple[float, float]
    content: bytes
    fields: list[int]
    key: int


class TaggedCanvas:
    """Draws pages and keeps their structure; `finish` gives the file."""

    def __init__(self, facts: Facts, faces: Sequence[Face], *, size: tuple[float, float] = A4) -> None:
        self.facts, self.faces, self.size = facts, faces, size
        self.numbers = count(FIRST)
        self.root = Elem("Document", number=next(self.numbers), parent=TREE)
        self.elements = [self.root]
        self.leaves: list[tuple[int, str]] = []
        """Number and object of each element that is one text on one page, which most are."""
        self.pages: list[Page] = []
        self.fields: list[Field] = []
        self.parents: list[int | list[int]] = []
        self.fonts = {face.subsets[0].resource: face.subsets[0] for face in faces}
        self.told: dict[str, list[tuple[str, str]]] = {face.key: [] for face in faces}
        self.page = next(self.numbers)
        """Number of the page in the making; at the end, of one that was not begun."""
        self._code: list[str] = []
        self._open = [self.root]
        self._owners: list[int] = []
        self._fields: list[int] = []

    # -- marks ----------------------------------------------------------------------------------------------------

    def put(self, tag: str | Elem, operators: str, extra: str = "") -> None:
        """Draws ready operators as the content of one element in the innermost open one."""
        owners = self._owners
        mark = len(owners)
        if isinstance(tag, Elem):
            self._join(tag)
            tag.show(self.page, mark)
            number, tag = tag.number, tag.tag
        else:
            number, parent = next(self.numbers), self._open[-1]
            parent.kids.append(f"{number} 0 R")
            place = f"/P {parent.number} 0 R/Pg {self.page} 0 R/K {mark}"
            self.leaves.append((number, f"<</Type/StructElem/S/{tag}{place}{extra}>>"))
        self._code.append(f"/{tag} <</MCID {mark}>> BDC\n{operators}\nEMC")
        owners.append(number)

    def begin(self, element: Elem) -> None:
        """Opens an element, for others in it."""
        self._join(element)
        self._open.append(element)

    def end(self) -> None:
        """Closes the innermost open element."""
        self._open.pop()

    def _join(self, element: Elem) -> None:
        """Makes it the next kid of the innermost open element, unless it already has its place."""
        if not element.number:
            parent = self._open[-1]
            element.number, element.parent = next(self.numbers), parent.number
            parent.kids.append(f"{element.number} 0 R")
            self.elements.append(element)

    def artifact(self, *operators: str, kind: str = "") -> None:
        """What readers are spared: `kind` Header, Footer or Watermark, or nothing for rules and backgrounds."""
        begin = f"/Artifact <</Type/Pagination/Subtype/{kind}>> BDC" if kind else "/Artifact BMC"
        self._code += [begin, *operators, "EMC"]

    def underlay(self, operators: Sequence[str]) -> None:
        """Draws an artifact beneath all that this page holds so far."""
        if operators:
            self._code.insert(0, "\n".join(["/Artifact BMC", *operators, "EMC"]))

    # -- pages ----------------------------------------------------------------------------------------------------

    def show_page(self) -> None:
        """Ends the page. Open elements go on over it."""
        content = "\n".join(self._code) + "\n"
        if OTHERS in content or WIDE in content:  # other characters than those that every file embeds
            for face in self.faces:
                self.fonts.update((s.resource, s) for s in face.used(content))
                self.told[face.key] += face.told(content)
        packed = flate(content.encode("latin-1"), 2)
        self.pages.append(Page(self.page, self.size, packed, self._fields, len(self.parents)))
        self.parents.append(self._owners)
        self._owners, self._fields, self._code = [], [], []
        self.page = next(self.numbers)

    # -- fields -----------------------------------------------------------------------------------------------------

    def signature_field(self, name: str, rect: Sequence[float], told: str, *, lock: bool = False) -> None:
        """Draws an empty signature field, tagged Form; its look is what the page shows in that place.

        Args:
            name: the field's name, by which the signing code finds it.
            rect: left, bottom, right, top in points.
            told: tooltip and alternative text.
            lock: once this field is signed, nothing but archival data may follow (all fields locked, no change).
        """
        x0, y0, x1, y1 = rect
        place = " ".join(f"{v:.2f}" for v in rect)
        body = f"/Subtype/Widget/FT/Sig/T{string(name)}/TU{string(told)}/Rect[{place}]/F 4"
        body += "/Lock<</Type/SigFieldLock/Action/All/P 1>>" if lock else ""
        body += f"/P {self.page} 0 R/StructParent {len(self.parents)}"
        form, number = Elem("Form", attributes(alt=told)), next(self.numbers)
        self._join(form)
        form.kids.append(f"<</Type/OBJR/Pg {self.page} 0 R/Obj {number} 0 R>>")
        self.parents.append(form.number)
        self.fields.append(Field(number, body, (x1 - x0, y1 - y0)))
        self._fields.append(number)

    # -- the file ---------------------------------------------------------------------------------------------------

    def finish(self, *, attachments: Sequence[Attachment] = (), schemas: Sequence[Schema] = ()) -> bytes:
        """The finished file: PDF/A-3b, PDF/UA-1, the same bytes for the same drawing.

        Args:
            attachments: files to embed.
            schemas: XMP schemas beside PDF/UA's own, such as Factur-X's.
        """
        from templates.pdf.writer import write  # noqa: PLC0415  # the writer knows the canvas

        if self._code or not self.pages:
            self.show_page()
        return write(self, attachments, schemas)
