"""PDF dictionaries read token by token, where pyHanko reads them byte by byte.

Judging a signed form reads each of its five hundred objects, sealing one reads a dozen, and both spend most of their
time on single bytes. Here one regular expression takes a token at a time, in the plain forms that programs write:
names without escapes, strings without others than octal ones, numbers, references, arrays, dictionaries.

`read_dictionary` takes the place of pyHanko's own, which it calls, from the same byte on, for whatever is out of the
ordinary: comments, escapes, a key that comes twice, content streams, damage. So it refuses all that pyHanko refuses;
`tests/signing/test_parsing.py` compares the two on every object of good and forged files.
"""

import io
import re
from binascii import Error, unhexlify
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import ContentOpReading

_END = rb"(?=[\x00\t\n\x0c\r ()<>\[\]{}/%])"
_TOKEN = re.compile(
    rb"[\x00\t\n\x0c\r ]*(?:"
    rb"/(?P<name>[!\"$&'*-.0-;=?-Z\\^-z|~]*)" + _END + rb"|(?P<reference>[1-9][0-9]{0,8} [0-9]{1,5}) R" + _END + rb""
    rb"|(?P<whole>[+-]?[0-9]+)" + _END + rb"|(?P<decimal>[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+))" + _END + rb""
    rb"|(?P<dictionary><<)|(?P<dictionary_end>>>)|(?P<array>\[)|(?P<array_end>\])"
    rb"|\((?P<string>[^()\\]*(?:\\[0-3][0-7]{2}[^()\\]*)*)\)|<(?P<hexadecimal>[0-9A-Fa-f]*)>"
    rb"|(?P<boolean>true|false)" + _END + rb"|(?P<null>null)" + _END + rb")"
)
_OCTAL = re.compile(rb"\\([0-7]{3})")
_FOLLOWING = re.compile(rb"[\x00\t\n\x0c\r ]*(.?)", re.DOTALL)

DEPTH = 50
"""Of arrays and dictionaries in one another; more is left to pyHanko, which has its own limit."""

_byte_by_byte = generic.DictionaryObject.read_from_stream


class _Unusual(Exception):
    """Not for us."""


def read_dictionary(
    stream: Any,
    container_ref: Any,
    as_metadata_stream: bool = False,
    in_content_stream: Any = ContentOpReading.NO,
) -> Any:
    """PyHanko's `DictionaryObject.read_from_stream`, which still reads, or refuses, whatever is not plain in memory."""
    start = stream.tell()
    if type(stream) is io.BytesIO and not in_content_stream and not as_metadata_stream:
        content = stream.getvalue()
        if content.startswith(b"<<", start):
            try:
                entries, end = _entries(content, start + 2, container_ref, DEPTH)
            except (_Unusual, Error):  # the latter: an odd digit
                pass
            else:
                return _finished(stream, entries, end, container_ref)
    return _byte_by_byte(stream, container_ref, as_metadata_stream, in_content_stream)


def _finished(stream: Any, entries: dict[Any, Any], end: int, container_ref: Any) -> Any:
    """The dictionary, or the stream that it begins; pyHanko reads the latter's data."""
    stream.seek(end)
    data = generic._maybe_read_stream_payload(stream, entries, container_ref.get_pdf_handler())  # noqa: SLF001
    return generic.DictionaryObject(entries) if data is None else generic.StreamObject(entries, encoded_data=data)


def _entries(content: bytes, at: int, container_ref: Any, depth: int) -> tuple[dict[Any, Any], int]:
    """What a dictionary holds, and where the bytes after it begin; `at`: after its opening."""
    entries: dict[Any, Any] = {}
    while True:
        found = _TOKEN.match(content, at)
        if found is None:
            raise _Unusual
        if found.lastgroup == "dictionary_end":
            return entries, found.end()
        if found.lastgroup != "name":
            raise _Unusual
        key = _key(found["name"])
        if key in entries:
            raise _Unusual
        entries[key], at = _value(content, found.end(), container_ref, depth)


def _value(content: bytes, at: int, container_ref: Any, depth: int) -> tuple[Any, int]:
    found = _TOKEN.match(content, at)
    if found is None or depth == 0:
        raise _Unusual
    end = found.end()
    kind = found.lastgroup
    if kind == "dictionary":
        entries, end = _entries(content, end, container_ref, depth - 1)
        following = _FOLLOWING.match(content, end)
        if following is None or following[1] in b"s%":  # the start of a stream, a comment, the end of all
            raise _Unusual
        value = generic.DictionaryObject(entries)
    elif kind == "array":
        value, end = _array(content, end, container_ref, depth - 1)
    else:
        value = _MAKERS[kind or ""](found[kind or 0], container_ref)
    value.container_ref = container_ref
    return value, end


def _array(content: bytes, at: int, container_ref: Any, depth: int) -> tuple[Any, int]:
    values = generic.ArrayObject()
    while True:
        found = _TOKEN.match(content, at)
        if found is not None and found.lastgroup == "array_end":
            return values, found.end()
        value, at = _value(content, at, container_ref, depth)
        values.append(value)


@lru_cache(maxsize=4096)
def _key(name: bytes) -> Any:
    """Keys are never changed, and few."""
    return generic.NameObject("/" + name.decode("ascii"))


def _reference(numbers: bytes, container_ref: Any) -> Any:
    number, generation = numbers.split(b" ")
    return generic.IndirectObject(int(number), int(generation), container_ref.get_pdf_handler())


def _character(octal: re.Match[bytes]) -> bytes:
    return bytes([int(octal[1], 8)])


def _misplaced(_: bytes, __: Any) -> NoReturn:
    raise _Unusual


_MAKERS: dict[str, Callable[[bytes, Any], Any]] = {
    "name": lambda token, _: generic.NameObject("/" + token.decode("ascii")),
    "reference": _reference,
    "whole": lambda token, _: generic.NumberObject(token),
    "decimal": lambda token, _: generic.FloatObject(token.decode("ascii")),
    "string": lambda token, _: generic.pdf_string(_OCTAL.sub(_character, token)),
    "hexadecimal": lambda token, _: generic.pdf_string(unhexlify(token)),
    "boolean": lambda token, _: generic.BooleanObject(token == b"true"),
    "null": lambda _, __: generic.NullObject(),
    "dictionary_end": _misplaced,
    "array_end": _misplaced,
}
