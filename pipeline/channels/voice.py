"""The code by voice call, where a rep allows it: one interface, and the console of development."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.channels.sms import Receipt, keep


@dataclass(frozen=True)
class Call:
    """What is said, sentence by sentence with a pause after each, to one number in one language (`fr`, `en`)."""

    to: str = field(repr=False)
    sentences: Sequence[str] = field(repr=False)
    language: str = "fr"


class VoiceGateway(Protocol):
    """Makes one call."""

    def call(self, call: Call, *, key: str) -> Receipt:
        """Start the call; raises `SmsRejected` or `SmsUnreachable`, as for a text message."""


class ConsoleVoice:
    """Prints what would be said and keeps it as a file."""

    def __init__(self, folder: Path, show: Callable[[str], None] | None = None) -> None:
        """Keep calls in `folder`; `show` prints one (standard error by default)."""
        self.folder = folder
        self.show = show or (lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201  # its very purpose

    def call(self, call: Call, *, key: str) -> Receipt:
        """Keep the words as `<key>.json`, then show them."""
        keep(self.folder, key, {"to": call.to, "sentences": list(call.sentences), "language": call.language})
        self.show(f"Call -> {call.to}\n  " + " / ".join(call.sentences))
        return Receipt("console", key, "delivered")
