"""Delivery reports of a provider that a template describes: what they say, where, and why they are believed."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

OURS = ("accepted", "queued", "sent", "undelivered", "failed", "delivered")
"""The words for how far a message came; others mean nothing."""

FORMATS, ENCODINGS = ("json", "form", "query"), ("hex", "base64")

MOST = 1000
"""Reports taken from one request."""


@dataclass(frozen=True)
class ReportTemplate:
    """How a provider reports.

    Attributes:
        format: "json" or "form" (the body), or "query" (the address, without a body).
        each: dotted path to a list of reports, for those that send several at once (JSON); empty for a single one.
        id, status: dotted paths within one report; names of fields in a form or a query.
        statuses: its words for ours; a word that is not among them is taken as it is.
        header: where the HMAC-SHA256 over the body (over the query as sent, where there is no body) stands.
        prefix: before the HMAC in that header, such as "sha256=".
        encoding: of the HMAC, "hex" or "base64".
    """

    format: Literal["json", "form", "query"] = "json"
    each: str = ""
    id: str = "id"
    status: str = "status"
    statuses: Mapping[str, str] = field(default_factory=dict)
    header: str = "X-Signature"
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"

    def __post_init__(self) -> None:
        texts = (self.each, self.id, self.status, self.header, self.prefix)
        if not all(isinstance(text, str) for text in texts) or not (self.id and self.status and self.header):
            raise ValueError("id, status and header of a report are texts")
        if self.format not in FORMATS or self.encoding not in ENCODINGS:
            raise ValueError(f"a report's format is one of {FORMATS}, its encoding one of {ENCODINGS}")
        if not isinstance(self.statuses, Mapping) or not set(self.statuses.values()) <= set(OURS):
            raise ValueError(f"a report's statuses lead to {', '.join(OURS)}")
        if self.each and self.format != "json":
            raise ValueError("only JSON reports come several at once")


def is_authentic(template: ReportTemplate, secret: str, given: str, signed: bytes) -> bool:
    """Whether the header's value `given` is the HMAC-SHA256 of what arrived; never without a secret."""
    if not secret or not given.startswith(template.prefix):
        return False
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    value = given.removeprefix(template.prefix).strip()
    if template.encoding == "hex":
        return hmac.compare_digest(value.lower().encode(), digest.hex().encode())
    return hmac.compare_digest(value.encode(), base64.b64encode(digest))


def read_reports(template: ReportTemplate, said: bytes) -> list[tuple[str, str]]:
    """Id and status, in our words, of each report; what cannot be read is left out."""
    if template.format == "json":
        try:
            content = json.loads(said)
        except (ValueError, RecursionError):
            return []
        found = at(content, template.each) if template.each else [content]
        reports = found if isinstance(found, list) else []
    else:
        reports = [dict(parse_qsl(said.decode(errors="replace")))]
    read = []
    for report in reports[:MOST]:
        if template.format == "json":
            identifier, status = at(report, template.id), at(report, template.status)
        else:
            identifier, status = report.get(template.id), report.get(template.status)
        if _is_word(identifier) and _is_word(status):
            read.append((str(identifier), template.statuses.get(str(status), str(status))))
    return read


def at(said: Any, path: str) -> Any:
    """What stands at a dotted path ("messages.0.id") of a JSON value, or None."""
    for step in path.split("."):
        if isinstance(said, dict):
            said = said.get(step)
        elif isinstance(said, list) and step.isdecimal() and int(step) < len(said):
            said = said[int(step)]
        else:
            return None
    return said


def _is_word(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""
