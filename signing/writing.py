"""Names and strings of an update, written at once where pyHanko writes them byte by byte.

An update of a signed form writes a hundred names and a dozen strings, which take pyHanko longer than everything else
in it. The functions take the places of pyHanko's own, which say what each name is written as, once, and still write
what is encrypted.
"""

import io
from functools import lru_cache
from typing import Any

from pyhanko.pdf_utils import generic

_ESCAPED = [bytes([code]) if bytes([code]).isalnum() or code == 0x20 else b"\\%03o" % code for code in range(256)]
"""As pyHanko writes the bytes of a string."""

_name_by_bytes = generic.NameObject.write_to_stream
_text_by_bytes = generic.TextStringObject.write_to_stream


@lru_cache(maxsize=4096)
def _written(name: str) -> bytes:
    stream = io.BytesIO()
    _name_by_bytes(generic.NameObject(name), stream)
    return stream.getvalue()


def write_name(self: Any, stream: Any, handler: Any = None, container_ref: Any = None) -> None:  # noqa: ARG001
    """PyHanko's `NameObject.write_to_stream`; a name is never encrypted."""
    # As plain text: the name itself would keep the whole file that it was read from.
    stream.write(_written(str(self)))


def write_text(self: Any, stream: Any, handler: Any = None, container_ref: Any = None) -> None:
    """PyHanko's `TextStringObject.write_to_stream`, which still writes what is encrypted, or encoded as asked."""
    if handler is not None or self.force_output_encoding is not None:
        _text_by_bytes(self, stream, handler, container_ref)
        return
    try:
        encoded = generic.encode_pdfdocencoding(self)
    except UnicodeEncodeError:
        encoded = generic.TextStringEncoding.UTF16BE.encode(self)
    stream.write(b"(%b)" % b"".join([_ESCAPED[code] for code in encoded]))
