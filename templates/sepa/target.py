"""The days on which banks settle in euros (TARGET, calendar of the European Central Bank)."""

import datetime as dt
import functools

import holidays


@functools.cache
def _target_holidays() -> holidays.HolidayBase:
    return holidays.financial_holidays("ECB")


def is_target_day(day: dt.date) -> bool:
    """Whether banks settle in euros on that day."""
    return day.weekday() < 5 and day not in _target_holidays()


def next_target_day(day: dt.date) -> dt.date:
    """The day itself, or the first TARGET day after it."""
    while not is_target_day(day):
        day += dt.timedelta(days=1)
    return day


def add_target_days(day: dt.date, count: int) -> dt.date:
    """The `count`-th TARGET day after this one."""
    for _ in range(count):
        day = next_target_day(day + dt.timedelta(days=1))
    return day
