"""Moving days by whole months: schedules keep their day of the month, and their « fin de mois »."""

import calendar
import datetime as dt
from collections.abc import Sequence
from typing import Final

from pipeline.proposal.models import Instalment, Line, PaymentPlan, Proposal, Reservation, SubOrder

LEAD_DAYS: Final = 15
"""Days from today to the first debit after which no rule objects: pre-notification (14) and withdrawal (15)."""

_MONTH_LIMIT: Final = 1200


def add_months(day: dt.date, months: int, *, month_end: bool = False) -> dt.date:
    """The same day some months later, or the month's last day where it is shorter or `month_end` is meant."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, last if month_end else min(day.day, last))


def is_month_end(day: dt.date) -> bool:
    """Whether the day is its month's last."""
    return day.day == calendar.monthrange(day.year, day.month)[1]


def months_until(first: dt.date, earliest: dt.date, *, month_end: bool = False) -> int:
    """The fewest whole months that bring `first` to `earliest` or later; 0 when it is there already."""
    months = max(0, (earliest.year - first.year) * 12 + earliest.month - first.month - 1) if first < earliest else 0
    while add_months(first, months, month_end=month_end and bool(months)) < earliest:
        months += 1
    return months


def moved_plan(plan: PaymentPlan, months: int) -> PaymentPlan:
    """The plan some months later; a schedule of month ends stays one."""
    if not months:
        return plan
    ends = all_month_ends([instalment.due_on for instalment in plan.instalments])
    return plan.model_copy(
        update={
            "instalments": tuple(
                Instalment(due_on=add_months(item.due_on, months, month_end=ends), amount=item.amount)
                for item in plan.instalments
            )
        }
    )


def all_month_ends(days: Sequence[dt.date]) -> bool:
    """Whether a schedule is one of month ends (« fin de mois »)."""
    return bool(days) and all(is_month_end(day) for day in days)


def shift_dates(proposal: Proposal, today: dt.date, *, lead_days: int = LEAD_DAYS) -> tuple[Proposal, int]:
    """A proposal whose dates have passed, moved by whole months until it could be signed today; and how many months.

    What counts as passed: a first instalment closer than `lead_days`, a booking that has expired, a publication that is
    over. Everything moves together, so that what was in step stays in step; 0 months leaves the proposal as it is.

    Raises:
        ValueError: moving by a century is not enough.
    """
    try:
        for months in range(_MONTH_LIMIT):
            moved = _moved(proposal, months)
            if _is_ahead(moved, today, lead_days):
                return Proposal.model_validate(moved.model_dump()), months
    except ValueError:  # past the last year that a proposal may name
        pass
    raise ValueError("the dates of this proposal cannot be moved to the present")


def _is_ahead(proposal: Proposal, today: dt.date, lead_days: int) -> bool:
    earliest = today + dt.timedelta(days=lead_days)
    lines = [line for sub_order in proposal.sub_orders for line in sub_order.lines if line.status != "cancelled"]
    return (
        all(instalment.due_on >= earliest for instalment in proposal.payment.instalments)
        and all(line.ends_on >= today for line in lines)
        and all(line.reservation.expires_on >= today for line in lines if line.reservation)
    )


def _moved(proposal: Proposal, months: int) -> Proposal:
    if not months:
        return proposal
    sub_orders = tuple(
        SubOrder.model_copy(sub_order, update={"lines": tuple(_moved_line(line, months) for line in sub_order.lines)})
        for sub_order in proposal.sub_orders
    )
    starts = [line.starts_on for sub_order in proposal.sub_orders for line in sub_order.lines]
    years = add_months(min(starts), months).year - min(starts).year if starts else 0
    return proposal.model_copy(
        update={
            "edition": proposal.edition + years,
            "sub_orders": sub_orders,
            "payment": moved_plan(proposal.payment, months),
        }
    )


def _moved_line(line: Line, months: int) -> Line:
    booking = line.reservation and Reservation(
        reference=line.reservation.reference, expires_on=add_months(line.reservation.expires_on, months)
    )
    return line.model_copy(
        update={
            "starts_on": add_months(line.starts_on, months),
            "ends_on": add_months(line.ends_on, months, month_end=is_month_end(line.ends_on)),
            "reservation": booking,
        }
    )
