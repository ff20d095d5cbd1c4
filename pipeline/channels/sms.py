"""Text messages: one interface, three gateways (console, Twilio, generic HTTP) and their fail-over.

A refusal is `SmsRejected` (the number or the text is the matter), silence is `SmsUnreachable` (try another way).
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

TIMEOUT = 8.0
"""Seconds to wait for a provider: somebody stands at a counter."""


class SmsError(Exception):
    """The message did not leave. The text never holds the number or the message."""


class SmsRejected(SmsError):
    """The provider answered and refused."""


class SmsUnreachable(SmsError):
    """The provider did not answer."""


@dataclass(frozen=True)
class Sms:
    """One text message. `validity` is in seconds: after it a provider drops what it has not delivered."""

    to: str = field(repr=False)
    text: str = field(repr=False)
    validity: int = 300


@dataclass(frozen=True)
class Receipt:
    """What the provider said when it took the message."""

    provider: str
    provider_id: str
    delivery: str = "queued"


class SmsGateway(Protocol):
    """Sends one message; `key` is ours, so that a retry can be recognised where the provider allows it."""

    def send(self, sms: Sms, *, key: str) -> Receipt:
        """Hand the message over; raises `SmsRejected` or `SmsUnreachable`."""


class ConsoleSms:
    """Prints each message and keeps it as a file: for development, the demonstration and training."""

    def __init__(self, folder: Path, show: Callable[[str], None] | None = None) -> None:
        """Keep messages in `folder`; `show` prints one (standard error by default)."""
        self.folder = folder
        self.show = show or (lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201  # its very purpose

    def send(self, sms: Sms, *, key: str) -> Receipt:
        """Keep the message as `<key>.json`, then show it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{key.replace(':', '-')}.json"
        path.write_text(json.dumps(asdict(sms), ensure_ascii=False), "utf-8")
        path.chmod(0o600)
        self.show(f"SMS -> {sms.to}\n  " + sms.text.replace("\n", "\n  "))
        return Receipt("console", key, "delivered")

    def last(self, key_prefix: str) -> str:
        """The text of the last message whose key starts so; raises `LookupError` when there is none."""
        found = sorted(self.folder.glob(f"{key_prefix.replace(':', '-')}*.json"))
        if not found:
            raise LookupError(key_prefix)
        return str(json.loads(found[-1].read_text("utf-8"))["text"])


class TwilioSms:
    """Twilio Messaging. Delivery reports come to `status_callback` (`POST /webhooks/twilio/sms`)."""

    def __init__(self, account_sid: str, auth_token: str, sender: str, status_callback: str | None = None) -> None:
        """Connect to nothing yet. `status_callback` must be https to be given to Twilio."""
        self.client = Client(account_sid, auth_token, http_client=TwilioHttpClient(timeout=TIMEOUT))
        self.sender = sender
        self.callback = status_callback if status_callback and status_callback.startswith("https://") else None

    def send(self, sms: Sms, *, key: str) -> Receipt:  # noqa: ARG002  # Messages has no idempotency parameter
        """Hand the message to Twilio and keep its SID."""
        extra = {"status_callback": self.callback} if self.callback else {}
        try:
            made = self.client.messages.create(
                to=sms.to, from_=self.sender, body=sms.text, validity_period=sms.validity, **extra
            )
        except TwilioRestException as error:
            kind = SmsRejected if 400 <= error.status < 500 and error.status != 429 else SmsUnreachable
            raise kind(f"Twilio error {error.code}, status {error.status}") from None
        except (TwilioException, OSError) as error:  # requests' exceptions are OSErrors
            raise SmsUnreachable(f"Twilio did not answer ({type(error).__name__})") from None
        return Receipt("twilio", str(made.sid), str(made.status))


class HttpSms:
    """A generic provider: one JSON POST `{to, text, sender, key, validity}`, answered `{"id": ..., "status": ...}`."""

    def __init__(self, url: str, sender: str, token: str = "") -> None:
        """Post to `url`, with `token` as bearer where given."""
        self.url, self.sender = url, sender
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def send(self, sms: Sms, *, key: str) -> Receipt:
        """Post the message; a 4xx is a refusal, all else is silence."""
        body = {"to": sms.to, "text": sms.text, "sender": self.sender, "key": key, "validity": sms.validity}
        try:
            answer = httpx.post(self.url, json=body, headers={**self.headers, "Idempotency-Key": key}, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            raise SmsUnreachable(f"SMS provider did not answer ({type(error).__name__})") from None
        if 400 <= answer.status_code < 500:
            raise SmsRejected(f"SMS provider refused, status {answer.status_code}")
        if answer.status_code >= 500:
            raise SmsUnreachable(f"SMS provider failed, status {answer.status_code}")
        try:
            said = answer.json()
        except ValueError:
            said = {}
        return Receipt("http", str(said.get("id", key)), str(said.get("status", "queued")))


class FailoverSms:
    """Tries each gateway in turn: a customer at a counter does not care which one delivers."""

    def __init__(self, gateways: Sequence[SmsGateway]) -> None:
        """`gateways` in order of preference."""
        self.gateways = tuple(gateways)

    def send(self, sms: Sms, *, key: str) -> Receipt:
        """The first receipt; raises the last error when nobody took the message."""
        last: SmsError = SmsUnreachable("no SMS provider is configured")
        for gateway in self.gateways:
            try:
                return gateway.send(sms, key=key)
            except SmsError as error:
                last = error
        raise last
