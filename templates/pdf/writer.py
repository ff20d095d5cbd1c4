"""The bytes of a tagged file: pages, fonts, structure tree, XMP, output intent, attachments, cross-reference stream.

Structure elements share compressed object streams; everything that a signature touches later (catalog, pages,
fields) stays a plain object, and the file stays PDF 1.7.
"""

import functools
import hashlib
import struct
import zlib
from collections.abc import Sequence

from templates.pdf.attachments import Attachment, embedded, specification
from templates.pdf.canvas import TaggedCanvas
from templates.pdf.icc import srgb_profile
from templates.pdf.tags import Elem, string
from templates.pdf.xmp import PDF_UA, Schema, packet

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PACK = 48
"""Objects in one object stream: readers parse a stream's whole index for each object that they take from it, so one
stream for all would make reading quadratic (a verifier took seconds over 800 elements)."""
CATALOG, PAGES, INFO, METADATA, PROFILE, RESOURCES = range(1, 7)


def stream(data: bytes, entries: str = "") -> bytes:
    """A stream object of these bytes as they are."""
    return f"<<{entries}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


@functools.cache
def _profile() -> bytes:
    return stream(zlib.compress(srgb_profile(), 9), "/N 3/Filter/FlateDecode")


class File:
    """Objects by number, as they are handed out."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []

    def reserve(self, count: int = 1) -> int:
        """Keeps `count` numbers free; gives the first."""
        self.objects += [b""] * count
        return len(self.objects) - count + 1

    def add(self, body: bytes | str) -> int:
        """Adds an object; gives its number."""
        self.objects.append(body if isinstance(body, bytes) else body.encode("latin-1"))
        return len(self.objects)

    def set(self, number: int, body: bytes | str) -> None:
        """Fills a reserved number."""
        self.objects[number - 1] = body if isinstance(body, bytes) else body.encode("latin-1")

    def close(self, packed: Sequence[str], trailer: str) -> bytes:
        """The file; `packed` bodies follow the plain objects in number and go into object streams of `PACK` each."""
        out, at, rows = [HEADER], len(HEADER), [struct.pack(">BIH", 0, 0, 65535)]
        count = len(self.objects)
        containers = count + len(packed) + 1
        packs = [packed[start : start + PACK] for start in range(0, len(packed), PACK)]
        streams = [_object_stream(pack, count + 1 + rank * PACK) for rank, pack in enumerate(packs)]
        rows_packed = [
            struct.pack(">BIH", 2, containers + rank, place)
            for rank, pack in enumerate(packs)
            for place in range(len(pack))
        ]
        for number, body in [*enumerate(self.objects, 1), *enumerate(streams, containers)]:
            if number == containers:
                rows += rows_packed
            rows.append(struct.pack(">BIH", 1, at, 0))
            out.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
            at += len(out[-1])
        last = containers + len(streams)
        rows.append(struct.pack(">BIH", 1, at, 0))
        table = zlib.compress(b"".join(rows), 3)
        entries = f"/Type/XRef/W[1 4 2]/Size {last + 1}{trailer}/Filter/FlateDecode"
        out.append(b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (last, stream(table, entries), at))
        return b"".join(out)


def _object_stream(bodies: Sequence[str], first: int) -> bytes:
    """Objects numbered from `first`, packed (ISO 32000-1, 7.5.7)."""
    index, offset = [], 0
    for number, body in enumerate(bodies, first):
        index.append(f"{number} {offset}")
        offset += len(body) + 1
    head = " ".join(index) + "\n"
    data = zlib.compress((head + "\n".join(bodies)).encode("latin-1"), 3)
    return stream(data, f"/Type/ObjStm/N {len(bodies)}/First {len(head)}/Filter/FlateDecode")


def structure(canvas: TaggedCanvas, first: int, pages: Sequence[int]) -> list[str]:
    """The structure tree as object bodies numbered from `first`: its root, its parent tree, the elements in order."""
    root = (
        f"<</Type/StructTreeRoot/K {first + 2} 0 R/ParentTree {first + 1} 0 R/ParentTreeNextKey {len(canvas.parents)}>>"
    )
    out = [root, ""]

    places = [f"/Pg {number} 0 R" for number in pages]
    _emit(out, canvas.root, first, first, places)
    numbers = "\n".join(
        f"{key} [{' '.join([f'{e.number} 0 R' for e in owner])}]"
        if isinstance(owner, list)
        else f"{key} {owner.number} 0 R"
        for key, owner in enumerate(canvas.parents)
    )
    out[1] = f"<</Nums[{numbers}]>>"
    return out


def _emit(out: list[str], element: Elem, parent: int, first: int, places: Sequence[str]) -> None:
    """Adds an element and all that it holds; `places` name the pages."""
    element.number = number = first + len(out)
    kids = element.kids
    if len(kids) == 1 and isinstance(kids[0], tuple):  # most elements: one text on one page
        at, mark = kids[0]
        out.append(f"<</Type/StructElem/S/{element.tag}/P {parent} 0 R{places[at]}/K {mark}{element.extra}>>")
        return
    out.append("")
    named, page = [], -1
    for kid in kids:
        if isinstance(kid, tuple):
            at, mark = kid
            page = at if page < 0 else page
            named.append(f"{mark}" if at == page else f"<</Type/MCR{places[at]}/MCID {mark}>>")
        elif isinstance(kid, Elem):
            _emit(out, kid, number, first, places)
            named.append(f"{kid.number} 0 R")
        else:
            named.append(f"<</Type/OBJR{places[kid.page]}/Obj {kid.number} 0 R>>")
    k = f"/K {named[0]}" if len(named) == 1 else f"/K[{' '.join(named)}]" if named else ""
    pg = places[page] if page >= 0 else ""
    out[number - first] = f"<</Type/StructElem/S/{element.tag}/P {parent} 0 R{pg}{k}{element.extra}>>"


def write(canvas: TaggedCanvas, attachments: Sequence[Attachment], schemas: Sequence[Schema]) -> bytes:
    """The file of a finished canvas."""
    file, facts = File(), canvas.facts
    file.reserve(RESOURCES)
    pages = [file.reserve() for _ in canvas.pages]
    for annotation in canvas.annotations:
        annotation.number = file.reserve()
    fonts = ""
    for resource, subset in sorted(canvas.fonts.items()):
        font, descriptor, program, mapping = subset.bodies
        number = file.add(font % (len(file.objects) + 2, len(file.objects) + 4))
        file.add(descriptor.replace(b"%d", b"%d" % (number + 2)))
        file.add(program)
        file.add(mapping)
        fonts += f"/{resource} {number} 0 R"
    for face in canvas.faces:
        if face.scripts and canvas.told[face.key]:
            fonts += "".join(f"/{name} {_wide(file, b)} 0 R" for name, b in face.scripts.fonts(canvas.told[face.key]))
    file.set(RESOURCES, f"<</Font<<{fonts}>>/ProcSet[/PDF/Text]>>")
    for annotation in canvas.annotations:
        look = f"/AP<</N {file.add(annotation.appearance)} 0 R>>" if annotation.appearance else ""
        place = f"/P {pages[annotation.page]} 0 R/StructParent {annotation.key}"
        file.set(annotation.number, f"<</Type/Annot{annotation.body}{place}{look}>>")
    for i, (number, page) in enumerate(zip(pages, canvas.pages, strict=True)):
        content = file.add(stream(page.content, "/Filter/FlateDecode"))
        notes = " ".join(f"{a.number} 0 R" for a in canvas.annotations if a.page == i)
        file.set(
            number,
            f"<</Type/Page/Parent {PAGES} 0 R/MediaBox[0 0 {page.size[0]:g} {page.size[1]:g}]/Resources {RESOURCES} 0 R"
            f"/Contents {content} 0 R/StructParents {page.key}/Tabs/S{f'/Annots[{notes}]' if notes else ''}>>",
        )
    files = [(a.name, file.add(specification(a, file.add(embedded(a))))) for a in attachments]
    root = len(file.objects) + 1
    tree = structure(canvas, root, pages)
    file.set(PAGES, f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{n} 0 R' for n in pages)}]>>")
    date = f"D:{facts.when:%Y%m%d%H%M%S}+00'00'"
    info = f"<</Title{string(facts.title)}/Producer{string(facts.producer)}/CreationDate({date})/ModDate({date})"
    info += f"/Author{string(facts.author)}" if facts.author else ""
    info += f"/Subject{string(facts.subject)}" if facts.subject else ""
    file.set(INFO, info + ">>")
    xmp = packet(
        title=facts.title,
        author=facts.author,
        subject=facts.subject,
        producer=facts.producer,
        date=f"{facts.when:%Y-%m-%dT%H:%M:%S}+00:00",
        language=facts.language,
        schemas=[PDF_UA, *schemas],
    )
    file.set(METADATA, stream(xmp, "/Type/Metadata/Subtype/XML"))
    file.set(PROFILE, _profile())
    file.set(CATALOG, _catalog(canvas, root, files))
    digest = hashlib.sha256()
    for body in file.objects:
        digest.update(body)
    digest.update("\n".join(tree).encode("latin-1"))
    ident = digest.hexdigest()[:32]
    return file.close(tree, f"/Root {CATALOG} 0 R/Info {INFO} 0 R/ID[<{ident}><{ident}>]")


def _wide(file: File, bodies: Sequence[bytes]) -> int:
    """Adds a composite font; gives its number."""
    number = file.reserve(len(bodies))
    font, descendant, descriptor, *streams = bodies
    for n, body in enumerate((font % (number + 1, number + 4), descendant % (number + 2), descriptor % (number + 3))):
        file.set(number + n, body)
    for n, body in enumerate(streams, 3):
        file.set(number + n, body)
    return number


def _catalog(canvas: TaggedCanvas, root: int, files: Sequence[tuple[str, int]]) -> str:
    fields = " ".join(f"{a.number} 0 R" for a in canvas.annotations if a.field)
    names = " ".join(f"{string(name)} {number} 0 R" for name, number in sorted(files))
    listed = " ".join(f"{number} 0 R" for _, number in files)
    intent = "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)"
    return (
        f"<</Type/Catalog/Pages {PAGES} 0 R/Lang{string(canvas.facts.language)}/MarkInfo<</Marked true>>"
        f"/StructTreeRoot {root} 0 R/ViewerPreferences<</DisplayDocTitle true>>/Metadata {METADATA} 0 R"
        f"/OutputIntents[{intent}/DestOutputProfile {PROFILE} 0 R>>]"
        + (f"/AcroForm<</Fields[{fields}]>>" if fields else "")
        + (f"/Names<</EmbeddedFiles<</Names[{names}]>>>>/AF[{listed}]" if files else "")
        + ">>"
    )
