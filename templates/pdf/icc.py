"""The sRGB colour space as an ICC profile (ICC.1:2010, version 4.2), built here: 500 bytes, always the same.

The figures are those of IEC 61966-2-1, adapted to D50 as ICC asks. PDF/A-3 wants such a profile as output intent
(ISO 19005-3, 6.2.3); it accepts profiles of version 4 (6.2.4.2).
"""

import functools
import struct

D50 = (0.9642, 1.0, 0.8249)
PRIMARIES = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
# From D65, the white of sRGB, to D50 (Bradford), rows first.
ADAPTATION = (1.047882, 0.022919, -0.050217, 0.029587, 0.990479, -0.017059, -0.009232, 0.015076, 0.751678)
# Y = ((X + 0.055) / 1.055) ** 2.4 from 0.04045 on, X / 12.92 below.
CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def _text(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(data), 28) + data


@functools.cache
def srgb_profile() -> bytes:
    """The profile: a display profile of three primaries and one curve shared by the three channels."""
    tags = {
        b"desc": _text("sRGB"),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(*D50),
        b"chad": b"sf32\0\0\0\0" + _fixed(*ADAPTATION),
        **{name: b"XYZ \0\0\0\0" + _fixed(*xyz) for name, xyz in PRIMARIES.items()},
        b"rTRC": b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(*CURVE),
    }
    at, index, body = 128 + 4 + 12 * (len(tags) + 2), [], b""
    for name, data in tags.items():
        index.append((name, at + len(body), len(data)))
        body += data + bytes(-len(data) % 4)
    _, curve, size = index[-1]
    index += [(b"gTRC", curve, size), (b"bTRC", curve, size)]
    table = struct.pack(">I", len(index)) + b"".join(struct.pack(">4sII", *entry) for entry in index)
    size = 128 + len(table) + len(body)
    head = struct.pack(
        ">I4sI4s4s4s6H4s", size, bytes(4), 0x04200000, b"mntr", b"RGB ", b"XYZ ", 2026, 1, 1, 0, 0, 0, b"acsp"
    )
    head += bytes(28) + _fixed(*D50)
    return head + bytes(128 - len(head)) + table + body
