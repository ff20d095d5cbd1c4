"""Messages of banks, read by the definitions of ISO 20022: what the definition does not know is refused.

The definitions are those of the pyiso20022 package (one Python module per version of a message, made from its schema),
filled by xsdata: every element and attribute must be known where it stands, what is required must be there, and values
must have their type, length and pattern. Two things the published XSD says besides are not seen this way: the order of
elements, and that of a choice only one may be given. No package that we would depend on carries the XSD itself.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, Final

from lxml import etree
from xsdata.exceptions import ConverterError, ParserError
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.parsers.handlers import LxmlEventHandler

from templates.errors import TemplateError

MOST_BYTES: Final = 10_000_000
"""A larger file is refused before it is read; half a second for each million, 20,000 returns in four."""

PREFIX: Final = "urn:iso:std:iso:20022:tech:xsd:"
VERSIONS: Final = {
    "pain.002": ("pain.002.001.03", "pain.002.001.10", "pain.002.001.12", "pain.002.001.14"),
    "camt.054": ("camt.054.001.02", "camt.054.001.04", "camt.054.001.08", "camt.054.001.12"),
}
"""Those that banks send: of 2009, of 2019 (EPC guidelines since 2023), and the newest; 04 in Switzerland."""

_STRICT: Final = ParserConfig(
    fail_on_unknown_properties=True, fail_on_unknown_attributes=True, fail_on_converter_warnings=True
)
_MISSING: Final = re.compile(r"(\w+)\.__init__\(\) missing .*?: (.*)")
_UNKNOWN: Final = re.compile(r"Unknown (?:property|attribute) .*?\}?(\w+):(?:\{.*?\})?(\w+)$")
_lock: Final = threading.Lock()  # the context learns each definition as it meets it


class AnswerError(TemplateError):
    """A file that is no answer of a bank; the message names places, never values."""

    code = "bank_answer.unreadable"


def read_message(data: bytes) -> tuple[str, Any]:
    """The kind of a message (`pain.002`) and its content, as the definition of its version names it.

    Raises:
        AnswerError: too large, not XML, not one of `VERSIONS`, or not as its definition says.
    """
    root = _parse(data)
    name = (etree.QName(root).namespace or "").removeprefix(PREFIX)
    kind = next((kind for kind, names in VERSIONS.items() if name in names), "")
    if not kind or etree.QName(root).localname != "Document":
        raise AnswerError("ni pain.002 ni camt.054 d'une version connue")
    document = _fill(root, name)
    broken = next(_broken(document), None)
    if broken:
        raise AnswerError(f"{broken} : valeur hors de ce que la norme permet")
    return kind, document


def _parse(data: bytes) -> etree._Element:
    if len(data) > MOST_BYTES:
        raise AnswerError("fichier trop volumineux")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root: etree._Element = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise AnswerError("ce fichier n'est pas du XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise AnswerError("une DTD n'a rien à faire dans un message bancaire")
    return root


@cache
def _context() -> XmlContext:
    return XmlContext()


def _fill(root: etree._Element, name: str) -> Any:
    """The definition's classes filled with the message; the errors of xsdata quote values, ours name places."""
    module = name.replace(".", "_")
    definition = import_module(f"pyiso20022.{name[:4]}.{module}").Document
    try:
        with _lock:
            parser = XmlParser(config=_STRICT, context=_context(), handler=LxmlEventHandler)
            return parser.parse(root.getroottree(), definition)
    except TypeError as error:
        found = _MISSING.search(str(error))
        what = f"{found[1]} : {found[2].replace(chr(39), '').replace(' and ', ', ')} manque" if found else "incomplet"
        raise AnswerError(what) from None
    except ParserError as error:
        unknown = _UNKNOWN.search(str(error))
        what = f"{unknown[2]} n'a pas sa place dans {unknown[1]}" if unknown else "une valeur est illisible"
        raise AnswerError(what) from None
    except ConverterError:
        raise AnswerError("une valeur est illisible") from None


def _broken(part: Any) -> Iterator[str]:
    """The names of fields whose values the definition does not allow."""
    for field in fields(part):
        value, rule = getattr(part, field.name), field.metadata
        values = value if isinstance(value, list) else [] if value is None else [value]
        if not rule.get("min_occurs", 0) <= len(values) <= rule.get("max_occurs", len(values)):
            yield str(rule.get("name", field.name))
        for each in values:
            if is_dataclass(each):
                yield from _broken(each)
            elif not _allowed(each, rule):
                yield f"{type(part).__name__}.{rule.get('name', field.name)}"


def _allowed(value: Any, rule: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        pattern = rule.get("pattern")
        long_enough = rule.get("min_length", 0) <= len(value) <= rule.get("max_length", len(value))
        return long_enough and (pattern is None or re.fullmatch(pattern, value) is not None)
    if isinstance(value, Decimal):
        if not value.is_finite():
            return False
        _, digits, exponent = value.as_tuple()
        places = max(0, -int(exponent))
        size = max(len(digits), places)
        least, most = rule.get("min_inclusive", value), rule.get("total_digits", size)
        return bool(value >= least and places <= rule.get("fraction_digits", places) and size <= most)
    return True
