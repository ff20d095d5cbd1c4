"""Stream objects, and the one way in which what they hold is packed."""

import zlib


def flate(data: bytes, level: int) -> bytes:
    """The data packed for FlateDecode, at a level from 1 (fast) to 9 (small)."""
    return zlib.compress(data, level)


def stream(data: bytes, entries: str = "") -> bytes:
    """A stream object of these bytes as they are."""
    return f"<<{entries}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"
