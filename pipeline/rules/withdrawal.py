"""The right of withdrawal of small firms visited by a rep (STANDARDS 1.3).

Code de la consommation L221-3 gives it to a professional when the contract is concluded off-premises, its object is
outside the firm's main activity (advertising is: Cass. 1re civ., 12 Sept. 2018, 17-17.319) and the firm employs at most
five people.

How days are counted (L221-19, after Regulation 1182/71): the day of conclusion does not count; the term ends with the
last hour of the fourteenth day; if that is a Saturday, a Sunday or a public holiday, it runs to the end of the next
working day. The seven days without payment (L221-10) are counted likewise, but L221-19 extends only the term of
L221-18: none is added to them, and the advised date, after the whole term, covers every reading.

L221-10 forbids any « contrepartie » too. Under the same word in the older L121-26, Cass. 1re civ., 21 Nov. 2006,
05-20.706 took a signed direct-debit authorisation for one, used or not (reported by commentators, ruling not re-read):
the seller's lawyer decides whether the mandate may be signed at the visit.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import holidays

SMALL_FIRM: Final = 5
"""Most people that a firm with the right may employ (L221-3)."""
WITHDRAWAL_DAYS: Final = 14
"""Clear days from conclusion, for services (L221-18)."""
NO_PAYMENT_DAYS: Final = 7
"""Days from conclusion in which nothing may be received (L221-10)."""

# Public holidays that only some places have (Alsace-Moselle, overseas): a term may end on one of them.
_HOLIDAY_PLACES: Final = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "976": "976",
    "975": "PM",
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


@dataclass(frozen=True)
class WithdrawalRight:
    """What the customer may do, and what the seller may not do yet; days in Europe/Paris."""

    until: dt.date
    """Last day on which the customer may withdraw, to its last hour."""
    earliest_debit: dt.date
    """Before this day (day 8) any payment is an offence (L221-10, L242-7)."""
    advised_debit: dt.date
    """From this day (day 15, or later where the term is extended) a debit cannot have to be given back."""
    hold_until: dt.date
    """First day of production where the customer has not asked for an early start."""


def withdrawal_right(
    employees: int, outside_main_activity: bool, concluded_on: dt.date, *, postal_code: str = ""
) -> WithdrawalRight | None:
    """The right of withdrawal of a customer visited by a rep, or None for one who has none.

    Args:
        employees: how many people the firm employs, as declared.
        outside_main_activity: whether what is ordered is outside the firm's main activity.
        concluded_on: the day of signing, in Europe/Paris.
        postal_code: the customer's, for the holidays of Alsace-Moselle and overseas.
    """
    if employees > SMALL_FIRM or not outside_main_activity:
        return None
    until = concluded_on + dt.timedelta(days=WITHDRAWAL_DAYS)
    while not is_working_day(until, postal_code=postal_code):
        until += dt.timedelta(days=1)
    after = until + dt.timedelta(days=1)
    return WithdrawalRight(until, concluded_on + dt.timedelta(days=NO_PAYMENT_DAYS + 1), after, after)


def is_working_day(day: dt.date, *, postal_code: str = "") -> bool:
    """Whether a day is neither a Saturday, a Sunday nor a public holiday at that place."""
    return day.weekday() < 5 and day not in _holidays(day.year, _place(postal_code))


def _place(postal_code: str) -> str:
    return _HOLIDAY_PLACES.get(postal_code[:3]) or _HOLIDAY_PLACES.get(postal_code[:2], "")


@lru_cache(maxsize=64)
def _holidays(year: int, place: str) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("FR", subdiv=place or None, years=year))
