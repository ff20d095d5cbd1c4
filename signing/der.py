"""The few ASN.1 DER forms that a signature is made of (ITU-T X.690), written without a parser or a model.

A signature's structure is the same every time and only some bytes change; a general library spends eight milliseconds
on what takes microseconds here. Reading stays with asn1crypto. The tests compare the result with pyHanko's, byte by
byte.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

SEQUENCE, SET, OCTET_STRING, INTEGER, OID, UTF8_STRING, BIT_STRING, GENERALIZED_TIME = 48, 49, 4, 2, 6, 12, 3, 24
NULL = b"\x05\x00"


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element: tag, definite length in its shortest form, and the parts one after the other."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + body


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of the encoded parts, in this order."""
    return tlv(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes], *, tag: int = SET) -> bytes:
    """SET OF the encoded parts, in the order that DER asks for (X.690, 11.6); `tag` where it is tagged implicitly."""
    return tlv(tag, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """Context tag `number`, constructed: [number] EXPLICIT, or IMPLICIT over the content of a constructed type."""
    return tlv(0xA0 | number, *parts)


def octet_string(value: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(OCTET_STRING, value)


def integer(value: int) -> bytes:
    """INTEGER, two's complement in the fewest octets."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


@cache
def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form; the numbers in use are few, so each is worked out once."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OID, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def algorithm(dotted: str, *, null: bool = True) -> bytes:
    """AlgorithmIdentifier without parameters, or with NULL where the algorithm's definition has it."""
    return sequence(oid(dotted), NULL if null else b"")


def generalized_time(instant: datetime) -> bytes:
    """GeneralizedTime in UTC to the millisecond, without trailing zeros (X.690, 11.7)."""
    utc = instant.astimezone(UTC)
    fraction = f".{utc.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return tlv(GENERALIZED_TIME, f"{utc:%Y%m%d%H%M%S}{fraction}Z".encode())


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | (arc & 0x7F))
    return bytes(reversed(octets))
