"""The catalog of the evidence document, and how it names what programs recorded."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from templates.catalog import Texts
from templates.documents.evidence.data import Event, Evidence
from templates.documents.sheet import printable
from templates.french import NARROW, NO_BREAK, PARIS, Language, formats

MAX_DATA: Final = 600
"""Characters of one value that are printed; the whole stands in the attached file."""

HASH: Final = re.compile(r"\b([0-9a-f]{16})[0-9a-f]{48}\b")
AMOUNT: Final = re.compile(r"-?\d+\.\d\d")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
COMMON_NAME: Final = re.compile(r"(?:^|,)CN=((?:\\.|[^,\\])+)")


class Words:
    """Texts, formats and facts of one document."""

    def __init__(self, t: Texts, language: Language, evidence: Evidence) -> None:
        self.colon = f"{NO_BREAK}: " if language == "fr" else ": "
        self.t, self.shown, self.evidence, self.facts = t, formats(language), evidence, evidence.facts

    def act(self, key: str, **values: object) -> str:
        """A text about what was signed: an order, or the amendment of a mandate, which has words of its own."""
        return self.t(f"{key}{self._kind}", **values)

    def event(self, kind: str) -> str:
        """What happened, in a few words."""
        own = f"event.{kind}{self._kind}"
        return self.t(own) if own in self.t else self.named("event", kind)

    @property
    def _kind(self) -> str:
        amendment = any(document.kind == "mandate_amendment" for document in self.facts.documents)
        return "_amendment" if amendment else ""

    def named(self, family: str, value: str) -> str:
        """The word for a recorded value (`delivery`, `delivered`), or the value itself where there is none."""
        key = f"{family}.{value}"
        return self.t(key) if key in self.t else printable(value)

    def actor(self, actor: str) -> str:
        """`rep:c.delmas` as « commercial c.delmas »."""
        role, _, name = actor.partition(":")
        return self.t(f"actor.{role}", name=printable(name)).strip() if f"actor.{role}" in self.t else printable(actor)

    def yes(self, value: bool) -> str:
        """Yes or no."""
        return self.t("yes" if value else "no")

    def moment(self, at: datetime) -> tuple[str, str]:
        """The day and the time with milliseconds and the distance to UTC, for narrow columns."""
        day, _, rest = self.shown.instant(at).partition(" ")
        zone = rest.rpartition(", ")[2].rstrip(")")
        clock = f"{at.astimezone(PARIS):%H:%M:%S}.{at.microsecond // 1000:03d}"
        return day, f"{clock} {zone}"

    def data(self, event: Event) -> str:
        """What an event holds beside its kind, in one line; hashes are cut, being printed whole elsewhere."""
        parts = []
        for key, value in sorted(event.data.items()):
            said = HASH.sub(r"\1…", self._value(key, value))
            parts.append(f"{self.named('data', key)}{self.colon}{said[:MAX_DATA]}{'…' if len(said) > MAX_DATA else ''}")
        return " · ".join(parts)

    def _value(self, key: str, value: Any) -> str:
        """One value as people read it: money, days and instants in the document's language, a long name cut."""
        if key == "delivery":
            return self.named("delivery", value)
        text = self._flat(value)
        if key == "amount" and AMOUNT.fullmatch(text):
            return self.shown.money(Decimal(text))
        if DAY.fullmatch(text):
            return self.shown.date(date.fromisoformat(text))
        if INSTANT.fullmatch(text):
            return self.shown.instant(datetime.fromisoformat(text))
        return f"{text[:8]}…" if key == "ceremony" and len(text) > 12 else text

    def _flat(self, value: Any) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{self.named('data', key)} {self._flat(inner)}" for key, inner in sorted(value.items()))
        if isinstance(value, list):
            return ", ".join(self._flat(inner) for inner in value)
        return "-" if value is None else self.named("value", str(value))

    def siren(self, number: str) -> str:
        """Nine figures in threes."""
        return NARROW.join((number[:3], number[3:6], number[6:])) if len(number) == 9 else number

    def common_name(self, subject: str) -> str:
        """The name inside a distinguished name (RFC 4514), or all of it where there is none."""
        found = COMMON_NAME.search(subject)
        return re.sub(r"\\(.)", r"\1", found[1]) if found else subject
