"""How long a SEPA mandate lives, and when a debit may be presented under it; days in Europe/Paris."""

import datetime as dt
from typing import Final

from templates.sepa import next_target_day

MONTHS_UNUSED: Final = 36
"""Months without a presented debit after which a mandate lapses (SDD rulebook 4.1; Banque de France)."""

PRESENTATIONS: Final = 3
"""How often an instalment is presented at most: once, and twice again after it came back."""


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last of a shorter month."""
    count = day.month - 1 + months
    year, month = day.year + count // 12, count % 12 + 1
    last = (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month, min(day.day, last))


def lapses_on(signed_on: dt.date, last_debit_on: dt.date | None) -> dt.date:
    """The last day on which a mandate serves: 36 months after its last due date, even a rejected one (STANDARDS 4.3).

    One that never served lapses 36 months after its signature.
    """
    return add_months(max(signed_on, last_debit_on or signed_on), MONTHS_UNUSED)


def next_presentation(today: dt.date, prenotification_days: int) -> dt.date:
    """The first day of settlement that a notice sent tomorrow still announces early enough."""
    return next_target_day(today + dt.timedelta(days=prenotification_days + 1))


def debit_name(end_to_end_id: str, attempt: int) -> str:
    """EndToEndId of the n-th presentation: `2026-LYO-000042-03`, then `-R1`, `-R2`."""
    return end_to_end_id if attempt == 1 else f"{end_to_end_id}-R{attempt - 1}"
