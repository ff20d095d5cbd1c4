"""Text messages: one interface for every provider, their fail-over, and the console of development.

A refusal is `SmsRejected` (the number or the text is the matter), silence is `SmsUnreachable` (try another way). The
providers are in `pipeline.channels.twilio` and `pipeline.channels.sms_http`.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

TIMEOUT = 8.0
"""Seconds to wait for a provider: somebody stands at a counter."""


class SmsError(Exception):
    """The message did not leave. The text never holds the number or the message; `code` is the provider's own."""

    def __init__(self, text: str, code: str = "") -> None:
        """Keep what may be shown, and the provider's code for it."""
        super().__init__(text)
        self.code = code


class SmsRejected(SmsError):
    """The provider answered and refused."""


class SmsUnreachable(SmsError):
    """The provider did not answer, or not now."""


@dataclass(frozen=True)
class Sms:
    """One text message. `validity` is in seconds: after it a provider drops what it has not delivered.

    `not_by` names the provider to be tried last: the one that did not deliver the message before.
    """

    to: str = field(repr=False)
    text: str = field(repr=False)
    validity: int = 300
    not_by: str = ""


@dataclass(frozen=True)
class Receipt:
    """What the provider said when it took the message; `failed` names those that did not take it before.

    `cost` is an amount and a currency ("0.0798 EUR"), where the provider says it at once.
    """

    provider: str
    provider_id: str
    delivery: str = "queued"
    failed: tuple[str, ...] = ()
    cost: str | None = None


class SmsGateway(Protocol):
    """Sends one message; `key` is ours, so that a retry can be recognised where the provider allows it."""

    def send(self, sms: Sms, *, key: str) -> Receipt:
        """Hand the message over; raises `SmsRejected` or `SmsUnreachable`."""


class SmsProvider(SmsGateway, Protocol):
    """One provider: the name that the evidence shows, and whether it reports what became of a message."""

    @property
    def name(self) -> str:
        """As in `Receipt.provider`."""

    @property
    def reports(self) -> bool:
        """Whether the lack of a report means anything."""


class ConsoleSms:
    """Prints each message and keeps it as a file: for development, the demonstration and training."""

    name = "console"
    reports = False

    def __init__(self, folder: Path, show: Callable[[str], None] | None = None) -> None:
        """Keep messages in `folder`; `show` prints one (standard error by default)."""
        self.folder = folder
        self.show = show or (lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201  # its very purpose

    def send(self, sms: Sms, *, key: str) -> Receipt:
        """Keep the message as `<key>.json`, then show it."""
        keep(self.folder, key, {"to": sms.to, "text": sms.text, "validity": sms.validity})
        self.show(f"SMS -> {sms.to}\n  " + sms.text.replace("\n", "\n  "))
        return Receipt(self.name, key, "delivered")

    def last(self, key_prefix: str) -> str:
        """The text of the newest message whose key starts so; raises `LookupError` when there is none."""
        found = sorted(self.folder.glob(f"{key_prefix.replace(':', '-')}*.json"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise LookupError(key_prefix)
        return str(json.loads(found[-1].read_text("utf-8"))["text"])


def keep(folder: Path, key: str, said: dict[str, object]) -> None:
    """Write what a console gateway was given as `<key>.json`, for its owner's eyes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{key.replace(':', '-')}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(said, ensure_ascii=False), "utf-8")


class FailoverSms:
    """Tries each provider in turn: a customer at a counter does not care which one delivers."""

    def __init__(self, providers: Sequence[SmsProvider]) -> None:
        """`providers` in order of preference."""
        self.providers = tuple(providers)

    def send(self, sms: Sms, *, key: str) -> Receipt:
        """The first receipt; raises the last error when nobody took the message."""
        last: SmsError = SmsUnreachable("no SMS provider is configured")
        failed: list[str] = []
        for provider in sorted(self.providers, key=lambda each: each.name == sms.not_by):
            try:
                return replace(provider.send(sms, key=key), failed=tuple(failed))
            except SmsError as error:
                failed.append(provider.name)
                last = error
        raise last

    def can_take_over(self, name: str) -> bool:
        """Whether another provider may send what `name` does not report as delivered."""
        reports = any(provider.reports for provider in self.providers if provider.name == name)
        return reports and any(provider.name != name for provider in self.providers)


def gateways(gateway: SmsGateway) -> tuple[SmsGateway, ...]:
    """The providers behind a gateway: those of a fail-over, or itself."""
    return gateway.providers if isinstance(gateway, FailoverSms) else (gateway,)


def can_take_over(gateway: SmsGateway, name: str) -> bool:
    """`FailoverSms.can_take_over`, for any gateway: a single provider has nobody behind it."""
    return isinstance(gateway, FailoverSms) and gateway.can_take_over(name)
