"""What one click mends: a proposal and a finding in, the mended proposal out (two where it had to be split)."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeVar

from pipeline.proposal.models import Instalment, PaymentPlan, Proposal, SubOrder
from pipeline.proposal.schedule import all_month_ends, months_until, moved_plan
from pipeline.proposal.types import Strict
from pipeline.rules.finding import Action, Finding, Fix
from pipeline.totals import CENT, spread, sub_order_total, totals

Item = TypeVar("Item")
Model = TypeVar("Model", bound=Strict)

_PLACE: Final = re.compile(r"sub_orders\[(?P<sub_order>\d+)\](?:\.lines\[(?P<line>\d+)\])?.*")
_CREDIT_SUFFIX: Final = "-AV"
_CREDIT_NAME: Final = " (avoir)"


def apply_fix(proposal: Proposal, finding: Finding) -> Proposal | tuple[Proposal, ...]:
    """The proposal with one finding mended; nothing else is touched.

    A split gives two proposals: the first keeps the reference, the second (the credit) has « -AV » behind it; both
    plans fit. What a fix declares besides (`Fix.follow_up`) is the caller's.

    Raises:
        ValueError: the finding has no fix.
        LookupError: the place it names is no longer there.
    """
    if finding.fix is None:
        raise ValueError(f"{finding.code} has no fix")
    if finding.fix.action == "split_negative":
        return tuple(_checked(part) for part in _split(proposal))
    return _checked(_FIXES[finding.fix.action](proposal, finding.where, finding.fix))


def replanned(plan: PaymentPlan, total: Decimal) -> PaymentPlan:
    """The plan for another total: the same days, equal cents, the remainder last; none where nothing is due.

    A total of fewer cents than there are days keeps only so many of them.
    """
    days = [instalment.due_on for instalment in plan.instalments]
    days = days[: max(0, int(total / CENT))]
    amounts = spread(total, len(days)) if days else ()
    instalments = (Instalment(due_on=day, amount=amount) for day, amount in zip(days, amounts, strict=True))
    return _with(plan, instalments=tuple(instalments))


def _remove_sub_order(proposal: Proposal, where: str, _: Fix) -> Proposal:
    place, _line = _place(proposal, where)
    return _with(proposal, sub_orders=_without(proposal.sub_orders, place))


def _remove_line(proposal: Proposal, where: str, _: Fix) -> Proposal:
    place, line = _place(proposal, where)
    sub_order = proposal.sub_orders[place]
    if line is None:
        raise LookupError(where)
    kept = _with(sub_order, lines=_without(sub_order.lines, line))
    sub_orders = (*proposal.sub_orders[:place], kept, *proposal.sub_orders[place + 1 :])
    return _with(proposal, sub_orders=sub_orders)


def _split(proposal: Proposal) -> tuple[Proposal, Proposal]:
    negative = tuple(item for item in proposal.sub_orders if sub_order_total(item).net < 0)
    others = tuple(item for item in proposal.sub_orders if sub_order_total(item).net >= 0)
    if not negative or not others:
        raise LookupError("sub_orders")
    first = _part(proposal, others)
    second = _with(
        _part(proposal, negative),
        reference=proposal.reference[: 40 - len(_CREDIT_SUFFIX)] + _CREDIT_SUFFIX,
        name=proposal.name[: 200 - len(_CREDIT_NAME)] + _CREDIT_NAME,
        enclosures=(),  # papers are expected once, with what is sold
    )
    return first, second


def _part(proposal: Proposal, sub_orders: tuple[SubOrder, ...]) -> Proposal:
    part = _with(proposal, sub_orders=sub_orders)
    return _with(part, payment=replanned(proposal.payment, totals(part).incl_vat))


def _spread_difference(proposal: Proposal, _: str, __: Fix) -> Proposal:
    plan = proposal.payment
    if not plan.instalments:
        raise LookupError("payment.instalments")
    *before, last = plan.instalments
    amount = last.amount + totals(proposal).incl_vat - plan.total
    instalments = (*before, Instalment(due_on=last.due_on, amount=amount))
    return _with(proposal, payment=_with(plan, instalments=instalments))


def _replan(proposal: Proposal, _: str, __: Fix) -> Proposal:
    return _with(proposal, payment=replanned(proposal.payment, totals(proposal).incl_vat))


def _remove_plan(proposal: Proposal, _: str, __: Fix) -> Proposal:
    return _with(proposal, payment=_with(proposal.payment, instalments=()))


def _move_schedule(proposal: Proposal, _: str, fix: Fix) -> Proposal:
    """Move all debits by the fewest whole months that bring the first to the day given: « le 5 du mois » stays."""
    days = [instalment.due_on for instalment in proposal.payment.instalments]
    if not days:
        raise LookupError("payment.instalments")
    months = months_until(min(days), dt.date.fromisoformat(fix.value), month_end=all_month_ends(days))
    return _with(proposal, payment=moved_plan(proposal.payment, months))


def _set_vat_number(proposal: Proposal, _: str, fix: Fix) -> Proposal:
    return _with(proposal, account=_with(proposal.account, vat_number=fix.value))


_FIXES: Final[dict[Action, Callable[[Proposal, str, Fix], Proposal]]] = {
    "remove_sub_order": _remove_sub_order,
    "remove_line": _remove_line,
    "spread_difference": _spread_difference,
    "replan": _replan,
    "remove_plan": _remove_plan,
    "move_schedule": _move_schedule,
    "set_vat_number": _set_vat_number,
}


def _place(proposal: Proposal, where: str) -> tuple[int, int | None]:
    found = _PLACE.fullmatch(where)
    if found is None or int(found["sub_order"]) >= len(proposal.sub_orders):
        raise LookupError(where)
    place, line = int(found["sub_order"]), int(found["line"]) if found["line"] else None
    if line is not None and line >= len(proposal.sub_orders[place].lines):
        raise LookupError(where)
    return place, line


def _without(items: tuple[Item, ...], place: int) -> tuple[Item, ...]:
    return items[:place] + items[place + 1 :]


def _with(model: Model, **changes: Any) -> Model:
    return model.model_copy(update=changes)


def _checked(proposal: Proposal) -> Proposal:
    """The proposal read again: a copy with changes is not checked by pydantic, and what is stored must be readable."""
    return Proposal.model_validate(proposal.model_dump())
