"""QR symbols of short texts (ISO/IEC 18004): byte mode, error correction M, versions 1 to 6, always the same mask.

Every reader takes any of the eight masks; weighing them, and finding the pattern of a version anew for each symbol,
costs more than drawing an order form. Here what a version fixes is worked out once, and a text only flips modules.
"""

import functools
from collections.abc import Iterator
from typing import Final

# Table 9, level M: data codewords, blocks, error correction codewords of each block.
_VERSIONS: Final = {1: (16, 1, 10), 2: (28, 1, 16), 3: (44, 1, 26), 4: (64, 2, 18), 5: (86, 2, 24), 6: (108, 4, 16)}
LONGEST: Final = _VERSIONS[6][0] - 2
"""Bytes that the largest of these symbols carries; mode, length and end take two."""
_FORMAT: Final = "101010000010010"
"""Table C.1: level M with mask 0, protected and masked."""
_BYTE: Final = 0b0100
_PADS: Final = (0b11101100, 0b00010001)


def symbol(data: bytes) -> tuple[str, ...]:
    """The rows of a symbol, `1` for dark.

    Raises:
        ValueError: the data are longer than `LONGEST`.
    """
    version = next((number for number, (size, _, _) in _VERSIONS.items() if len(data) <= size - 2), 0)
    if not version:
        raise ValueError(f"these symbols carry {LONGEST} bytes")
    size, blocks, checks = _VERSIONS[version]
    bits = (_BYTE << 8 | len(data)) << 8 * len(data) | int.from_bytes(data)
    words = (bits << 4).to_bytes(len(data) + 2)  # four zeros end the message, and its codewords come out even
    words += bytes(_PADS[i % 2] for i in range(size - len(words)))
    share = size // blocks
    parts = [words[i * share : (i + 1) * share] for i in range(blocks)]
    corrections = [_remainder(part, checks) for part in parts]
    # 7.6: one codeword of each block in turn, first of the data, then of the corrections.
    woven = bytes(word for group in (parts, corrections) for turn in zip(*group, strict=True) for word in turn)
    base, order = _pattern(version)
    modules = bytearray(base)
    for place, bit in zip(order, f"{int.from_bytes(woven):0{8 * len(woven)}b}", strict=False):
        if bit == "1":
            modules[place] ^= 1
    side = 17 + 4 * version
    flat = modules.translate(_DIGITS).decode()
    return tuple(flat[i : i + side] for i in range(0, side * side, side))


_DIGITS: Final = bytes((48, 49, *range(2, 256)))


def _remainder(words: bytes, checks: int) -> bytes:
    """The Reed-Solomon corrections of a block (7.5.2)."""
    multiples, low = _multiples(checks), (1 << 8 * (checks - 1)) - 1
    rest = 0
    for word in words:
        rest = ((rest & low) << 8) ^ multiples[rest >> 8 * (checks - 1) ^ word]
    return rest.to_bytes(checks)


@functools.cache
def _multiples(checks: int) -> tuple[int, ...]:
    """The generator polynomial of a degree, without its leading term, times each byte."""
    generator = [1]
    root = 1
    for _ in range(checks):
        times = [_product(value, root) for value in generator]
        generator = [a ^ b for a, b in zip([*generator, 0], [0, *times], strict=True)]
        root = _product(root, 2)
    return tuple(int.from_bytes(bytes(_product(byte, value) for value in generator[1:])) for byte in range(256))


def _product(a: int, b: int) -> int:
    """In the field of 256 with x^8 + x^4 + x^3 + x^2 + 1."""
    out = 0
    while b:
        out ^= a if b & 1 else 0
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return out


@functools.cache
def _pattern(version: int) -> tuple[bytes, tuple[int, ...]]:
    """What a version fixes: its modules with the mask laid over an empty message, and where each bit goes."""
    side = 17 + 4 * version
    fixed = _fixed(version, side)
    order = [(x, y) for x, y in _way(side) if (x, y) not in fixed]
    modules = bytearray(side * side)
    for (x, y), dark in fixed.items():
        modules[y * side + x] = dark
    for x, y in order:
        modules[y * side + x] = (x + y) % 2 == 0
    return bytes(modules), tuple(y * side + x for x, y in order)


def _fixed(version: int, side: int) -> dict[tuple[int, int], bool]:
    """Finders with their separators, alignment, timing and format: dark or light by (column, row)."""
    out: dict[tuple[int, int], bool] = {}
    for n in range(side):
        out[6, n] = out[n, 6] = n % 2 == 0
    if version > 1:
        middle = side - 7
        for x in range(-2, 3):
            for y in range(-2, 3):
                out[middle + x, middle + y] = max(abs(x), abs(y)) != 1
    for left, top in ((3, 3), (side - 4, 3), (3, side - 4)):
        for x in range(-4, 5):
            for y in range(-4, 5):
                if 0 <= left + x < side and 0 <= top + y < side:
                    out[left + x, top + y] = max(abs(x), abs(y)) in {0, 1, 3}
    for n, bit in enumerate(_FORMAT):  # figure 25: once around the first finder, once along the two others
        dark = bit == "1"
        out[(n if n < 6 else n + 1, 8) if n < 8 else (8, 15 - n if n < 9 else 14 - n)] = dark
        out[(8, side - 1 - n) if n < 7 else (side - 15 + n, 8)] = dark
    out[8, side - 8] = True
    return out


def _way(side: int) -> Iterator[tuple[int, int]]:
    """Columns two by two from the right, up and down in turn, over the column of the timing pattern (7.7.3)."""
    up = True
    for right in (*range(side - 1, 6, -2), 5, 3, 1):
        for y in range(side - 1, -1, -1) if up else range(side):
            yield right, y
            yield right - 1, y
        up = not up
