"""Files embedded in a PDF/A-3 (ISO 19005-3, 6.8): a file specification with its relationship, listed in /AF."""

import hashlib
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from templates.pdf.tags import string

Relationship = Literal["Source", "Data", "Alternative", "Supplement", "Unspecified"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to embed: its name, media type (`text/xml`), what it is to the document, and when it was made (UTC)."""

    name: str
    data: bytes = field(repr=False)
    media_type: str
    relationship: Relationship
    description: str
    modified: datetime


def embedded(attachment: Attachment) -> bytes:
    """The stream object that holds the file."""
    packed = zlib.compress(attachment.data, 9)
    subtype = attachment.media_type.replace("/", "#2F").replace("+", "#2B")
    date = f"{attachment.modified:D:%Y%m%d%H%M%S+00'00'}"
    checksum = hashlib.md5(attachment.data, usedforsecurity=False).hexdigest()  # MD5 is what 7.11.4 asks for
    head = (
        f"<</Type/EmbeddedFile/Subtype/{subtype}/Params<</Size {len(attachment.data)}/ModDate({date})"
        f"/CheckSum<{checksum}>>>/Filter/FlateDecode/Length {len(packed)}>>\nstream\n"
    )
    return head.encode() + packed + b"\nendstream"


def specification(attachment: Attachment, stream: int) -> bytes:
    """The file specification that points to the stream object of that number."""
    name = string(attachment.name)
    return (
        f"<</Type/Filespec/F{name}/UF{name}/Desc{string(attachment.description)}"
        f"/AFRelationship/{attachment.relationship}/EF<</F {stream} 0 R/UF {stream} 0 R>>>>"
    ).encode()
