"""Published rule sets (Schematron as XSLT), run in this process.

The packages that carry them send a file to a Saxon server, and say yes when that server is away. Here Saxon itself
runs, so that a clean answer means clean.
"""

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lxml import etree

_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a file breaks: its code (`BR-CO-15`), the words of the rule, the place in the file."""

    rule: str
    message: str
    where: str = ""


def strict_parser() -> etree.XMLParser:
    """A parser that fetches nothing and puts in no entity."""
    return etree.XMLParser(resolve_entities=False, no_network=True)


def check(xml: bytes, *stylesheets: Path) -> tuple[Problem, ...]:
    """What these rule sets find in a file, warnings included; 30 ms once they are compiled.

    Raises:
        RuntimeError: a rule set gave no report at all, so that nothing is known.
    """
    found: list[Problem] = []
    for report in _saxon().run(xml, stylesheets):
        document = etree.fromstring(report.encode(), strict_parser())
        if document.find(f"{_SVRL}fired-rule") is None:
            raise RuntimeError("a schematron ran without looking at the file")
        for failure in document.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
            message = " ".join(str(failure.xpath("string()")).split())
            found.append(Problem(failure.get("id") or "", message, failure.get("location") or ""))
    return tuple(found)


class _Saxon:
    """The compiled rule sets. A Saxon processor belongs to one thread, so that one thread makes and uses it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="schematron")
        self._processor: Any = None
        self._compiled: dict[Path, Any] = {}

    def run(self, xml: bytes, stylesheets: tuple[Path, ...]) -> tuple[str, ...]:
        """The validation reports (SVRL) on a file, one per rule set."""
        return self._thread.submit(self._run, xml.decode(), stylesheets).result()

    def _run(self, xml: str, stylesheets: tuple[Path, ...]) -> tuple[str, ...]:
        if self._processor is None:
            # Starting Saxon takes half a second, which only those who check rules should wait for.
            from saxonche import PySaxonProcessor  # noqa: PLC0415

            self._processor = PySaxonProcessor(license=False)
        for path in stylesheets:
            if path not in self._compiled:
                compiler = self._processor.new_xslt30_processor()
                self._compiled[path] = compiler.compile_stylesheet(stylesheet_file=str(path))
        node = self._processor.parse_xml(xml_text=xml)
        return tuple(self._compiled[path].transform_to_string(xdm_node=node) for path in stylesheets)


@functools.cache
def _saxon() -> _Saxon:
    return _Saxon()


# A forked process has neither the thread nor Saxon's memory: it starts its own.
os.register_at_fork(after_in_child=_saxon.cache_clear)
