"""Stream objects, and the one way in which what they hold is packed."""

import zlib

WINDOW, MEMORY = 13, 7
"""Eight kilobytes of what went before, and tables to match: a page's content is no larger. The usual 32 cost more to
set up, a quarter of a megabyte for each stream, than most streams take to pack."""


def flate(data: bytes, level: int) -> bytes:
    """The data packed for FlateDecode, at a level from 1 (fast) to 9 (small)."""
    packer = zlib.compressobj(level, zlib.DEFLATED, WINDOW, MEMORY)
    return packer.compress(data) + packer.flush()


def stream(data: bytes, entries: str = "") -> bytes:
    """A stream object of these bytes as they are."""
    return f"<<{entries}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"
