"""Names in certificates, prepared for comparison and compared once.

RFC 5280, 7.1, compares names after the preparation of RFC 4518, which asn1crypto does character by character, for each
object that holds a name; judging one order compares the same ten names some hundreds of times. The functions take the
places of asn1crypto's own and remember what those said of the same bytes; what they refuse, they refuse again.
"""

from functools import lru_cache
from typing import Any

from asn1crypto import x509

_stock_prepare = x509.NameTypeAndValue._ldap_string_prep  # noqa: SLF001
_stock_hashable = x509.RDNSequence.hashable.fget
_stock_equal = x509.RDNSequence.__eq__


@lru_cache(maxsize=1024)
def _prepared(text: str) -> Any:
    return _stock_prepare(None, text)


@lru_cache(maxsize=1024)
def _hashable(name: bytes) -> Any:
    return _stock_hashable(x509.RDNSequence.load(name))


@lru_cache(maxsize=4096)
def _equal(one: bytes, other: bytes) -> Any:
    return _stock_equal(x509.RDNSequence.load(one), x509.RDNSequence.load(other))


def prepare(self: Any, text: str) -> Any:  # noqa: ARG001
    """asn1crypto's `NameTypeAndValue._ldap_string_prep`.

    Raises:
        ValueError: a character that no name may have.
    """
    return _prepared(text)


def hashable(self: Any) -> Any:
    """asn1crypto's `RDNSequence.hashable`."""
    return _hashable(_encoded(self))


def equal(self: Any, other: Any) -> Any:
    """asn1crypto's `RDNSequence.__eq__`."""
    return isinstance(other, x509.RDNSequence) and _equal(_encoded(self), _encoded(other))


def _encoded(name: Any) -> bytes:
    """Its bytes, without a tag of the structure that it stands in."""
    plain: bytes = (name.untag() if name.implicit or name.explicit else name).dump()
    return plain
