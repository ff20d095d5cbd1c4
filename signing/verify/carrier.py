"""The evidence PDF as a carrier: the one file `preuve.json` that is attached to it."""

from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from signing.verify.structure import byte_problem, open_pdf

NAME = "preuve.json"


def evidence_json(pdf: bytes) -> bytes | None:
    """The bytes of the attachment `preuve.json`; None if there is none, more than one, or no readable PDF.

    Two of the same name could show one reader another proof than the next: neither is then taken.
    """
    if byte_problem(pdf) is not None:
        return None
    try:
        found = {data for name, data in _attachments(open_pdf(pdf)) if name == NAME}
    except Exception:  # noqa: BLE001  # a hostile file may fail anywhere in the parser
        return None
    return found.pop() if len(found) == 1 else None


def _attachments(reader: PdfFileReader) -> list[tuple[str, bytes]]:
    """Name and content of every file in the name tree and in the catalog's AF array, duplicates included."""
    specifications: list[Any] = list(reader.root.get("/AF", ()))
    names = reader.root.get("/Names")
    if names is not None and "/EmbeddedFiles" in names:
        _walk(names["/EmbeddedFiles"], specifications, depth=0)
    found = []
    for specification in specifications:
        entry = specification.get_object() if hasattr(specification, "get_object") else specification
        for key in ("/UF", "/F"):
            if key in entry:
                files = entry["/EF"]
                found += [(str(entry[key]), bytes(files[kind].data)) for kind in ("/UF", "/F") if kind in files]
    return found


def _walk(node: Any, specifications: list[Any], *, depth: int) -> None:
    """File specifications of a name tree (ISO 32000-1, 7.9.6)."""
    if depth > 16:
        raise ValueError("a name tree this deep is a loop")
    pairs = list(node.get("/Names", ()))
    specifications += pairs[1::2]
    for kid in node.get("/Kids", ()):
        _walk(kid.get_object() if hasattr(kid, "get_object") else kid, specifications, depth=depth + 1)
