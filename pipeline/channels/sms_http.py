"""A provider of text messages that is spoken to by one JSON POST, whose shape a template gives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from pipeline.channels.sms import TIMEOUT, Receipt, Sms, SmsRejected, SmsUnreachable
from pipeline.channels.sms_reports import ReportTemplate, at


@dataclass(frozen=True)
class Template:
    """How a provider wants to be asked, and where its answer says what.

    `headers` and `body` hold `{to}`, `{text}`, `{sender}`, `{key}`, `{validity}` and `{token}` where those values go; a
    string that is `{validity}` alone becomes a number. `report` says how the provider reports afterwards; without it,
    its silence means nothing. The others are dotted paths into the answer ("messages.0.id").
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(
        default_factory=lambda: {
            "to": "{to}",
            "text": "{text}",
            "sender": "{sender}",
            "key": "{key}",
            "validity": "{validity}",
        }
    )
    id: str = "id"
    status: str = "status"
    cost: str = "cost"
    currency: str = "currency"
    report: ReportTemplate | None = None


def read_template(path: Path) -> Template:
    """The template in a JSON file. Raises `ValueError` where it cannot be read or does not say number and text."""
    try:
        said = json.loads(path.read_text("utf-8"))
        if said.get("report") is not None:
            said["report"] = ReportTemplate(**said["report"])
        template = Template(**said)
    except (OSError, ValueError, TypeError, AttributeError):
        known, reported = (", ".join(each.name for each in fields(kind)) for kind in (Template, ReportTemplate))
        raise ValueError(f"n'est pas un objet JSON fait de {known} ; report, fait de {reported}") from None
    shape = json.dumps(template.body)
    if "{to}" not in shape or "{text}" not in shape:
        raise ValueError("n'a pas de place pour {to} et {text} dans body")
    return template


class HttpSms:
    """Posts each message to one address; named after its host in the evidence.

    `secret` authenticates its reports (`POST /webhooks/sms/<name>`), which come where its template says how.
    """

    def __init__(
        self, url: str, sender: str, token: str = "", template: Template | None = None, *, secret: str = ""
    ) -> None:
        """Post to `url`; without a template of its own `token` goes out as bearer."""
        self.url, self.sender = url, sender
        self.name = urlsplit(url).hostname or "http"
        bearer = {"Authorization": "Bearer {token}"} if token else {}
        self.template = template or Template(headers=bearer)
        self.secret = secret
        self._token = token

    @property
    def reports(self) -> bool:
        """Whether its reports can be read and believed."""
        return self.template.report is not None and bool(self.secret)

    def send(self, sms: Sms, *, key: str) -> Receipt:
        """Post the message; a 4xx is a refusal, all else is silence."""
        values: dict[str, str | int] = {
            "to": sms.to,
            "text": sms.text,
            "sender": self.sender,
            "key": key,
            "validity": sms.validity,
            "token": self._token,
        }
        headers = {"Idempotency-Key": key, **_filled(dict(self.template.headers), values)}
        answer, problem = None, ""
        try:
            answer = httpx.post(self.url, json=_filled(self.template.body, values), headers=headers, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            problem = type(error).__name__  # its text, and its request, hold more than may be told
        if answer is None:
            raise SmsUnreachable(f"SMS provider did not answer ({problem})", problem)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.status_code >= 500:
            raise SmsUnreachable(f"SMS provider failed, status {answer.status_code}", str(answer.status_code))
        if not answer.is_success:
            raise SmsRejected(f"SMS provider refused, status {answer.status_code}", str(answer.status_code))
        return self._receipt(answer, key)

    def _receipt(self, answer: httpx.Response, key: str) -> Receipt:
        try:
            said = answer.json()
        except ValueError:
            said = {}
        template = self.template
        status = str(at(said, template.status) or "queued")
        return Receipt(
            self.name,
            str(at(said, template.id) or key),
            template.report.statuses.get(status, status) if template.report else status,
            cost=money(at(said, template.cost), at(said, template.currency)),
        )


def money(amount: Any, currency: Any) -> str | None:
    """What a provider says that a message costs, "0.0798 EUR"; None unless it says both. Charges carry no sign."""
    try:
        value = abs(Decimal(str(amount)))
    except InvalidOperation:
        return None
    known = isinstance(currency, str) and currency.isalpha() and len(currency) == 3  # ISO 4217
    return f"{value:f} {currency.upper()}" if known and value.is_finite() else None


def _filled(shape: Any, values: Mapping[str, str | int]) -> Any:
    """The template with its places filled; values are put in as they are, never read as a template again."""
    if isinstance(shape, Mapping):
        return {name: _filled(inner, values) for name, inner in shape.items()}
    if isinstance(shape, list):
        return [_filled(inner, values) for inner in shape]
    if not isinstance(shape, str):
        return shape
    if shape == "{validity}":
        return values["validity"]
    parts = shape.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        filled.append(f"{values[name]}{rest}" if closed and name in values else "{" + part)
    return "".join(filled)
