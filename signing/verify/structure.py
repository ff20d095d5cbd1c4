"""What can be said of a PDF before any cryptography: that it is one, whole, and signed where it says so."""

import re
from collections.abc import Iterator
from typing import Any

from asn1crypto import parser
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing import der
from signing.reading import Reader

MAX_BYTES = 100 * 2**20
"""An order of 300 lines weighs about a megabyte; parsing far more than that would only tie up the machine."""

SPACE = b"\x00\t\n\x0c\r "
EOF = b"%%EOF"


def byte_problem(pdf: bytes) -> str | None:
    """Code of the finding that stops here, before anything is parsed; None for what looks like one whole PDF."""
    if not pdf:
        return "file.empty"
    if len(pdf) > MAX_BYTES:
        return "file.too_large"
    if not pdf.startswith(b"%PDF-"):  # ISO 19005-3, 6.1.2: at offset 0; readers that look further disagree
        return "file.not_pdf"
    if not pdf[-64:].rstrip(SPACE).endswith(EOF):
        return "file.truncated"
    return None


def open_pdf(pdf: bytes) -> Any:
    """A strict pyHanko reader: no repairs, no hybrid cross-references, streams unpacked up to its limits only.

    Raises:
        whatever the parser meets.
    """
    return Reader(pdf)


def signature_fields(reader: Any) -> tuple[list[Any], list[str]]:
    """The filled signature fields as pyHanko objects in signing order, and the names of the empty ones.

    Fields with an unknown SubFilter, which pyHanko's own list leaves out, are here: nothing signed is passed over.
    """
    filled, empty = [], []
    for name, value, field in enumerate_sig_fields(reader):
        if value is None:
            empty.append(name)
        else:
            filled.append(EmbeddedPdfSignature(reader, field, name))
    return sorted(filled, key=lambda signature: int(signature.signed_revision)), empty


def byte_range_end(pdf: bytes, signature: Any) -> int | None:
    """The length of the file as this signature saw it, or None if its ByteRange is not exactly as it must be.

    It starts at the first byte, leaves out the hexadecimal string of this signature's own Contents and nothing else,
    and stops at an end-of-file mark (EN 319 142-1, 6.3, requirement k). This is what keeps a signature from being
    wrapped around, moved, or emptied.
    """
    numbers = [int(number) for number in signature.byte_range]
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        return None
    _, gap, resume, rest = numbers
    end = resume + rest
    hexadecimal = pdf[gap + 1 : resume - 1]
    if not gap < resume < end <= len(pdf) or pdf[gap : gap + 1] != b"<" or pdf[resume - 1 : resume] != b">":
        return None
    if not re.fullmatch(rb"(?:[0-9A-Fa-f]{2})+", hexadecimal) or bytes.fromhex(hexadecimal.decode()) != bytes(
        signature.pkcs7_content
    ):
        return None
    return end if pdf[:end][-64:].rstrip(SPACE).endswith(EOF) else None


def is_padded_der(content: bytes) -> bool:
    """Whether a Contents is one sequence in DER and zeros (EN 319 142-1, 5.1; ISO 32000-2, 12.8.1).

    No signature covers what stands there, so nothing else may.
    """
    try:
        whole = der.sequence(parser.parse(content)[4])
    except ValueError:
        return False
    return content.startswith(whole) and not any(content[len(whole) :])


def certification_reference(reader: Any) -> Any:
    """The reference to the certification signature that the catalog's Perms name, None without one."""
    permissions = reader.root.get("/Perms")
    return None if permissions is None or "/DocMDP" not in permissions else permissions.raw_get("/DocMDP").reference


def is_portfolio(reader: Any) -> bool:
    """Whether a reader shows the files attached in place of the pages (ISO 32000-2, 12.3.5)."""
    return "/Collection" in reader.root


def signature_references(signatures: list[Any]) -> Iterator[Any]:
    """The indirect reference of each signature dictionary; None where it is a direct object, which is malformed."""
    for signature in signatures:
        yield getattr(signature.sig_field.raw_get("/V"), "reference", None)
