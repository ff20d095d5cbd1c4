"""One clock: instants in UTC, shown in Paris."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
"""The zone in which people read dates and in which a legal day begins."""

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def clock_from(start: datetime) -> Clock:
    """A clock that starts at `start` and goes on at the machine's pace: for demonstrations on a fixed day."""
    began = time.monotonic()
    base = start.astimezone(UTC)
    return lambda: base + timedelta(seconds=time.monotonic() - began)


APART = timedelta(minutes=1)
"""How far the clocks of our machines may be apart without anything being refused for it."""


def not_before(now: datetime, *earlier: datetime | None) -> datetime:
    """The present instant, or the latest of what happened before where another machine's clock runs ahead of ours.

    A proof tells what happened in the order in which it happened. A clock that is wrong by more is left as it is, and
    what comes of it is seen.
    """
    latest = max((each for each in earlier if each is not None), default=now)
    return latest if now < latest <= now + APART else now


def paris_day(instant: datetime) -> date:
    """The legal day of an instant."""
    return instant.astimezone(PARIS).date()
