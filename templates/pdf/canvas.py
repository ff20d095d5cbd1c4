"""A canvas that numbers what is drawn on it for the structure tree: tagged PDF in one pass.

Everything painted lies in exactly one mark: `put` and `tag` make content that readers are told, `artifact` what they
are spared (rules, backgrounds, running heads). Text is drawn with the operators of `fonts.Face`, and with no other font
than those that the file embeds.
"""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from templates.pdf.attachments import Attachment
from templates.pdf.fonts import Face
from templates.pdf.tags import Annotation, Elem, attributes, string
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
    """A finished page: size in points, compressed content, element of each marked-content number, key in ParentTree."""

    size: tuple[float, float]
    content: bytes
    owners: list[Elem]
    key: int


class TaggedCanvas:
    """Draws pages and keeps their structure; `finish` gives the file."""

    def __init__(self, facts: Facts, faces: Sequence[Face], *, size: tuple[float, float] = A4) -> None:
        self.facts, self.faces, self.size = facts, faces, size
        self.root = Elem("Document")
        self.pages: list[Page] = []
        self.annotations: list[Annotation] = []
        self.parents: list[Elem | list[Elem]] = []
        self.fonts = {face.subsets[0].resource: face.subsets[0] for face in faces}
        self.told: dict[str, list[tuple[str, str]]] = {face.key: [] for face in faces}
        self._code: list[str] = []
        self._open: list[tuple[Elem, bool]] = [(self.root, False)]
        self._owners: list[Elem] = []
        self._mark_at: int | None = None
        self._hidden = 0

    # -- marks ----------------------------------------------------------------------------------------------------

    def put(self, tag: str | Elem, operators: str, extra: str = "") -> None:
        """Draws ready operators as the content of one element in the innermost open one."""
        if self._mark_at is not None:
            self._pause()
        element = tag if isinstance(tag, Elem) else Elem(tag, extra)
        if not element.joined:
            element.join(self._open[-1][0])
        owners = self._owners
        element.kids.append((len(self.pages), len(owners)))
        self._code.append(f"/{element.tag} <</MCID {len(owners)}>> BDC\n{operators}\nEMC")
        owners.append(element)
        if self._open[-1][1]:
            self._resume()

    def begin(self, element: Elem, *, mark: bool = False) -> None:
        """Opens an element; with `mark`, what is drawn until `end` is its content."""
        self._pause()
        element.join(self._open[-1][0])
        self._open.append((element, mark))
        self._resume()

    def end(self) -> None:
        """Closes the innermost open element."""
        self._pause()
        self._open.pop()
        self._resume()

    @contextmanager
    def tag(self, tag: str, *, mark: bool = True, extra: str = "") -> Iterator[Elem]:
        """Opens an element around what is drawn; nesting splits the outer mark by itself."""
        element = Elem(tag, extra)
        self.begin(element, mark=mark)
        yield element
        self.end()

    @contextmanager
    def artifact(self, kind: str = "") -> Iterator[None]:
        """What readers are spared: `kind` Header, Footer or Watermark, or nothing for rules and backgrounds."""
        self._pause()
        self._hidden += 1
        if self._hidden == 1:
            self._code.append(f"/Artifact <</Type/Pagination/Subtype/{kind}>> BDC" if kind else "/Artifact BMC")
        yield
        self._hidden -= 1
        if not self._hidden:
            if self._code[-1].startswith("/Artifact"):
                self._code.pop()
            else:
                self._code.append("EMC")
            self._resume()

    def _resume(self) -> None:
        element, mark = self._open[-1]
        if mark and not self._hidden:
            self._mark_at = len(self._code)
            element.kids.append((len(self.pages), len(self._owners)))
            self._code.append(f"/{element.tag} <</MCID {len(self._owners)}>> BDC")
            self._owners.append(element)

    def _pause(self) -> None:
        if self._mark_at is None:
            return
        if self._mark_at == len(self._code) - 1:  # nothing was drawn: take the mark back
            self._code.pop()
            self._owners.pop().kids.pop()
        else:
            self._code.append("EMC")
        self._mark_at = None

    def paint(self, *operators: str) -> None:
        """Draws ready operators in the artifact or mark that is open."""
        self._code.extend(operators)

    def underlay(self, operators: Sequence[str]) -> None:
        """Draws an artifact beneath all that this page holds so far."""
        if operators:
            self._code.insert(0, "\n".join(["/Artifact BMC", *operators, "EMC"]))
            if self._mark_at is not None:
                self._mark_at += 1

    # -- pages ----------------------------------------------------------------------------------------------------

    def show_page(self) -> None:
        """Ends the page. Open elements go on over it."""
        self._pause()
        content = "\n".join(self._code) + "\n"
        for face in self.faces:
            self.fonts.update((s.resource, s) for s in face.used(content))
            self.told[face.key] += face.told(content)
        packed = zlib.compress(content.encode("latin-1"), 4)
        self.pages.append(Page(self.size, packed, self._owners, len(self.parents)))
        self.parents.append(self._owners)
        self._owners, self._code = [], []
        self._resume()

    # -- annotations ------------------------------------------------------------------------------------------------

    def link(self, address: str, rect: Sequence[float], told: str) -> None:
        """Makes an area a link, in an open Link element; `told` is what a reader hears (PDF/UA-1, 7.18.5)."""
        body = f"/Subtype/Link/Rect[{_numbers(rect)}]/Border[0 0 0]/F 4/Contents{string(told)}"
        self._annotate(self._open[-1][0], f"{body}/A<</S/URI/URI{string(address)}>>")

    def signature_field(self, name: str, rect: Sequence[float], told: str, *, lock: bool = False) -> None:
        """Draws an empty signature field, tagged Form; its look is what the page shows in that place.

        Args:
            name: the field's name, by which the signing code finds it.
            rect: left, bottom, right, top in points.
            told: tooltip and alternative text.
            lock: once this field is signed, nothing but archival data may follow (all fields locked, no change).
        """
        x0, y0, x1, y1 = rect
        box = f"/BBox[0 0 {x1 - x0:.2f} {y1 - y0:.2f}]"
        look = f"<</Type/XObject/Subtype/Form{box}/Resources<<>>/Length 0>>\nstream\n\nendstream"
        body = f"/Subtype/Widget/FT/Sig/T{string(name)}/TU{string(told)}/Rect[{_numbers(rect)}]/F 4"
        body += "/Lock<</Type/SigFieldLock/Action/All/P 1>>" if lock else ""
        with self.tag("Form", mark=False, extra=attributes(alt=told)) as element:
            self._annotate(element, body, look)

    def _annotate(self, element: Elem, body: str, look: str = "") -> None:
        annotation = Annotation(len(self.pages), body, len(self.parents), look, field=bool(look))
        self.parents.append(element)
        self.annotations.append(annotation)
        element.kids.append(annotation)

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


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{v:.2f}" for v in values)
