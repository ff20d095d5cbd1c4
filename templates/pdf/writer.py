"""The bytes of a tagged file: pages, fonts, structure tree, XMP, output intent, attachments, cross-reference stream.

Structure elements share compressed object streams; everything that a signature touches later (catalog, pages,
fields) stays a plain object, and the file stays PDF 1.7.
"""

import functools
import hashlib
import struct
from collections.abc import Iterator, Sequence

from templates.pdf.attachments import Attachment, embedded, specification
from templates.pdf.canvas import TaggedCanvas
from templates.pdf.icc import srgb_profile
from templates.pdf.streams import flate, stream
from templates.pdf.tags import CATALOG, INFO, METADATA, PAGES, PARENTS, PROFILE, TREE, string
from templates.pdf.xmp import PDF_UA, Schema, packet

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PACK = 48
"""Objects in one object stream: readers parse a stream's whole index for each object that they take from it, so one
stream for all would make reading quadratic (a verifier took seconds over 800 elements)."""

_row = struct.Struct(">BIH").pack


@functools.cache
def _profile() -> bytes:
    return stream(flate(srgb_profile(), 9), "/N 3/Filter/FlateDecode")


class File:
    """Objects by number; `numbers` gives the next that is free."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self.numbers = numbers
        self.objects: dict[int, bytes] = {}

    def add(self, body: bytes | str, number: int = 0) -> int:
        """Adds an object, in the next number or in one that it got before; gives the number."""
        number = number or next(self.numbers)
        self.objects[number] = body if isinstance(body, bytes) else body.encode("latin-1")
        return number

    def close(self, packed: Sequence[tuple[int, str]], trailer: str) -> bytes:
        """The file; `packed` objects go into object streams of `PACK` each. Its /ID is the hash of what it holds."""
        rows = {0: _row(0, 0, 65535)}
        for start in range(0, len(packed), PACK):
            pack = packed[start : start + PACK]
            container = self.add(_object_stream(pack))
            for place, (number, _) in enumerate(pack):
                rows[number] = _row(2, container, place)
        out, at, last = [HEADER], len(HEADER), next(self.numbers)
        for number, body in self.objects.items():
            rows[number] = _row(1, at, 0)
            out.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
            at += len(out[-1])
        rows[last] = _row(1, at, 0)
        ident = hashlib.sha256(b"".join(out)).hexdigest()[:32]
        table = flate(b"".join([rows[number] for number in range(last + 1)]), 3)
        entries = f"/Type/XRef/W[1 4 2]/Size {last + 1}{trailer}/ID[<{ident}><{ident}>]/Filter/FlateDecode"
        out.append(b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (last, stream(table, entries), at))
        return b"".join(out)


def _object_stream(pack: Sequence[tuple[int, str]]) -> bytes:
    """Objects, packed (ISO 32000-1, 7.5.7)."""
    index, offset = [], 0
    for number, body in pack:
        index.append(f"{number} {offset}")
        offset += len(body) + 1
    head = " ".join(index) + "\n"
    data = flate((head + "\n".join([body for _, body in pack])).encode("latin-1"), 3)
    return stream(data, f"/Type/ObjStm/N {len(pack)}/First {len(head)}/Filter/FlateDecode")


def _structure(canvas: TaggedCanvas) -> list[tuple[int, str]]:
    """The structure tree: its root, its parent tree, the elements."""
    nums = "\n".join(
        f"{key} [{' '.join([f'{number} 0 R' for number in owner])}]"
        if isinstance(owner, list)
        else f"{key} {owner} 0 R"
        for key, owner in enumerate(canvas.parents)
    )
    entries = f"/K {canvas.root.number} 0 R/ParentTree {PARENTS} 0 R/ParentTreeNextKey {len(canvas.parents)}"
    return [
        (TREE, f"<</Type/StructTreeRoot{entries}>>"),
        (PARENTS, f"<</Nums[{nums}]>>"),
        *((element.number, element.body()) for element in canvas.elements),
        *canvas.leaves,
    ]


def write(canvas: TaggedCanvas, attachments: Sequence[Attachment], schemas: Sequence[Schema]) -> bytes:
    """The file of a finished canvas."""
    file, facts = File(canvas.numbers), canvas.facts
    fonts = ""
    for resource, subset in sorted(canvas.fonts.items()):
        font, descriptor, program, mapping = subset.bodies
        program_number, mapping_number = file.add(program), file.add(mapping)
        descriptor_number = file.add(descriptor.replace(b"%d", b"%d" % program_number))
        fonts += f"/{resource} {file.add(font % (descriptor_number, mapping_number))} 0 R"
    for face in canvas.faces:
        if face.scripts and canvas.told[face.key]:
            fonts += "".join(f"/{name} {_wide(file, b)} 0 R" for name, b in face.scripts.fonts(canvas.told[face.key]))
    resources = file.add(f"<</Font<<{fonts}>>/ProcSet[/PDF/Text]>>", canvas.page)
    for field in canvas.fields:
        box = f"/BBox[0 0 {field.size[0]:.2f} {field.size[1]:.2f}]"
        look = file.add(stream(b"", f"/Type/XObject/Subtype/Form{box}/Resources<<>>"))
        file.add(f"<</Type/Annot{field.body}/AP<</N {look} 0 R>>>>", field.number)
    for page in canvas.pages:
        content = file.add(stream(page.content, "/Filter/FlateDecode"))
        notes = " ".join(f"{number} 0 R" for number in page.fields)
        file.add(
            f"<</Type/Page/Parent {PAGES} 0 R/MediaBox[0 0 {page.size[0]:g} {page.size[1]:g}]/Resources {resources} 0 R"
            f"/Contents {content} 0 R/StructParents {page.key}/Tabs/S{f'/Annots[{notes}]' if notes else ''}>>",
            page.number,
        )
    files = [(a.name, file.add(specification(a, file.add(embedded(a))))) for a in attachments]
    kids = " ".join(f"{page.number} 0 R" for page in canvas.pages)
    file.add(f"<</Type/Pages/Count {len(canvas.pages)}/Kids[{kids}]>>", PAGES)
    date = f"D:{facts.when:%Y%m%d%H%M%S}+00'00'"
    info = f"<</Title{string(facts.title)}/Producer{string(facts.producer)}/CreationDate({date})/ModDate({date})"
    info += f"/Author{string(facts.author)}" if facts.author else ""
    info += f"/Subject{string(facts.subject)}" if facts.subject else ""
    file.add(info + ">>", INFO)
    xmp = packet(
        title=facts.title,
        author=facts.author,
        subject=facts.subject,
        producer=facts.producer,
        date=f"{facts.when:%Y-%m-%dT%H:%M:%S}+00:00",
        language=facts.language,
        schemas=[PDF_UA, *schemas],
    )
    file.add(stream(xmp, "/Type/Metadata/Subtype/XML"), METADATA)
    file.add(_profile(), PROFILE)
    file.add(_catalog(canvas, files), CATALOG)
    return file.close(_structure(canvas), f"/Root {CATALOG} 0 R/Info {INFO} 0 R")


def _wide(file: File, bodies: Sequence[bytes]) -> int:
    """Adds a composite font; gives its number."""
    font, descendant, descriptor, program, mapping = bodies
    described = file.add(descriptor % file.add(program))
    return file.add(font % (file.add(descendant % described), file.add(mapping)))


def _catalog(canvas: TaggedCanvas, files: Sequence[tuple[str, int]]) -> str:
    fields = " ".join(f"{field.number} 0 R" for field in canvas.fields)
    names = " ".join(f"{string(name)} {number} 0 R" for name, number in sorted(files))
    listed = " ".join(f"{number} 0 R" for _, number in files)
    intent = "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)"
    return (
        f"<</Type/Catalog/Pages {PAGES} 0 R/Lang{string(canvas.facts.language)}/MarkInfo<</Marked true>>"
        f"/StructTreeRoot {TREE} 0 R/ViewerPreferences<</DisplayDocTitle true>>/Metadata {METADATA} 0 R"
        f"/OutputIntents[{intent}/DestOutputProfile {PROFILE} 0 R>>]"
        + (f"/AcroForm<</Fields[{fields}]>>" if fields else "")
        + (f"/Names<</EmbeddedFiles<</Names[{names}]>>>>/AF[{listed}]" if files else "")
        + ">>"
    )
