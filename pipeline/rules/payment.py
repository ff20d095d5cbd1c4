"""The payment plan: what will be debited is what was signed for, late enough, and only if something is due."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from pipeline.proposal.models import PaymentPlan, Proposal
from pipeline.rules.finding import Finding, Fix
from pipeline.rules.messages import finding, fix
from pipeline.rules.withdrawal import WithdrawalRight
from pipeline.totals import totals

_FIRST = "payment.instalments"


def instalments_differ(plan: PaymentPlan, total: Decimal, *, is_quote: bool = False) -> Iterator[Finding]:
    """The customer is debited exactly what he signed for (STANDARDS 4.4: sum of instalments = signed total).

    A direct debit without any schedule would never be collected, and differs too; a transfer without one is due on
    invoice, and a quote may leave the schedule for later.
    """
    if total <= 0:
        return
    if not plan.instalments and (is_quote or plan.method != "sepa_direct_debit"):
        return
    if plan.total == total:
        return
    mend: Fix | None = None
    if plan.instalments:
        # Where the last instalment is too small to take the difference, all of them share the total anew.
        takes_it = plan.instalments[-1].amount + total - plan.total > 0
        mend = fix("spread_difference" if takes_it else "replan")
    yield finding(
        "payment.instalments_differ",
        _FIRST,
        fix=mend,
        sum=plan.total,
        total=total,
        difference=total - plan.total,
    )


def plan_on_credit(plan: PaymentPlan, total: Decimal) -> Iterator[Finding]:
    """Nothing is collected when nothing is due: a credit note is paid back, not debited."""
    if total <= 0 and plan.instalments:
        yield finding("payment.plan_on_credit", _FIRST, fix=fix("remove_plan"))


def instalment_not_positive(plan: PaymentPlan, total: Decimal) -> Iterator[Finding]:
    """A debit of nothing, or less, is refused by every bank (pain.008: an amount is 0.01 or more)."""
    for place, instalment in enumerate(plan.instalments if total > 0 else ()):
        if instalment.amount <= 0:
            yield finding(
                "payment.instalment_not_positive",
                f"payment.instalments[{place}].amount",
                fix=fix("replan"),
                due_on=instalment.due_on,
                amount=instalment.amount,
            )


def due_too_early(
    plan: PaymentPlan, total: Decimal, today: dt.date, prenotification_days: int = 14
) -> Iterator[Finding]:
    """The customer is told before he is debited: 14 calendar days unless less was agreed (SDD rulebook 4.3).

    A transfer needs no notice; a day that has passed is wrong all the same.
    """
    first = _first_due(plan, total)
    if first is None:
        return
    place, due_on = first
    where = f"payment.instalments[{place}].due_on"
    if plan.method != "sepa_direct_debit":
        if due_on < today:
            yield finding(
                "payment.due_too_early", where, variant="past", fix=fix("move_schedule", today), due_on=due_on
            )
        return
    earliest = today + dt.timedelta(days=prenotification_days)
    if due_on < earliest:
        yield finding(
            "payment.due_too_early",
            where,
            fix=fix("move_schedule", earliest),
            due_on=due_on,
            days=prenotification_days,
            earliest=earliest,
        )


def debit_before_withdrawal(plan: PaymentPlan, total: Decimal, right: WithdrawalRight | None) -> Iterator[Finding]:
    """Nothing is received in the first 7 days (L221-10, an offence: L242-7), and better not before the right ends."""
    first = _first_due(plan, total)
    if right is None or first is None:
        return
    place, due_on = first
    where = f"payment.instalments[{place}].due_on"
    move = fix("move_schedule", right.advised_debit)
    if due_on < right.earliest_debit:
        yield finding("withdrawal.debit_too_early", where, fix=move, date=right.earliest_debit)
    elif due_on < right.advised_debit:
        yield finding(
            "withdrawal.debit_too_early",
            where,
            severity="warning",
            variant="advised",
            fix=move,
            until=right.until,
            date=right.advised_debit,
        )


def _first_due(plan: PaymentPlan, total: Decimal) -> tuple[int, dt.date] | None:
    """Place and day of the earliest instalment; None where nothing will be paid."""
    if total <= 0 or not plan.instalments:
        return None
    return min(enumerate(item.due_on for item in plan.instalments), key=lambda pair: pair[1])


def check_dates(
    proposal: Proposal, right: WithdrawalRight | None, *, today: dt.date, prenotification_days: int
) -> tuple[Finding, ...]:
    """What of the schedule a day alone decides: asked again on the day of signing, which may come after the form's."""
    total = totals(proposal).incl_vat
    return (
        *due_too_early(proposal.payment, total, today, prenotification_days),
        *debit_before_withdrawal(proposal.payment, total, right),
    )
