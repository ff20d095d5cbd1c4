"""One click: what it mends, that nothing else changes, and that the finding is gone."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.proposal import Instalment, PaymentPlan, Proposal, add_months, read_proposal, shift_dates
from pipeline.rules.check import findings
from pipeline.rules.finding import Finding
from pipeline.rules.fixes import apply_fix, replanned
from pipeline.rules.messages import finding as make_finding
from pipeline.rules.messages import fix as make_fix
from pipeline.totals import totals
from tests.factories import (
    TODAY,
    make_account,
    make_line,
    make_plan,
    make_proposal,
    make_sub_order,
    sample,
)


def found(proposal: Proposal, code: str = "") -> list[Finding]:
    return [item for item in findings(proposal, today=TODAY, reps_mobiles=()) if item.code.startswith(code)]


def mended(proposal: Proposal, code: str) -> Proposal:
    fixed = apply_fix(proposal, found(proposal, code)[0])
    assert isinstance(fixed, Proposal)
    assert fixed == read_proposal(fixed.to_json())
    return fixed


def test_the_garage_after_two_clicks() -> None:
    """Both sub-orders go, one after the other; nothing is left to order, and that is said."""
    proposal = mended(sample("garage-des-lilas"), "sub_order.nothing_active")
    assert ["S101"] == [item.number for item in proposal.sub_orders]
    proposal = mended(proposal, "sub_order.fully_cancelled")
    assert ["proposal.empty"] == [item.code for item in found(proposal, "proposal")]


def test_bat_etanche_is_split() -> None:
    """Two proposals, each with a plan that fits: the sale re-planned on the same days, the credit without any."""
    proposal = mended(sample("bat-etanche"), "account.vat_number_invalid")
    assert "FR84753164284" == proposal.account.vat_number
    parts = apply_fix(proposal, found(proposal, "sub_order.negative_mixed")[0])
    assert isinstance(parts, tuple)
    sale, credit = parts
    assert (["S001", "S201"], ["S101"]) == tuple([item.number for item in part.sub_orders] for part in parts)
    assert ("PROP-2026-004203", "PROP-2026-004203-AV") == (sale.reference, credit.reference)
    assert Decimal("4092.00") == sale.payment.total == totals(sale).incl_vat
    assert [item.due_on for item in proposal.payment.instalments] == [item.due_on for item in sale.payment.instalments]
    assert () == credit.payment.instalments
    assert ["line.reservation_missing"] == [item.code for item in found(sale)]
    assert [] == found(credit)
    assert ((), proposal.enclosures) == (credit.enclosures, sale.enclosures)


def test_the_difference_goes_to_the_last_instalment() -> None:
    """Only the last amount changes."""
    proposal = make_proposal(payment=make_plan("1150.00"))
    fixed = mended(proposal, "payment.instalments_differ")
    assert proposal.payment.instalments[:-1] == fixed.payment.instalments[:-1]
    assert Decimal("1200.00") == fixed.payment.total
    assert [] == found(fixed)


def test_a_difference_too_large_for_the_last_is_shared() -> None:
    """A last instalment that would fall to nothing means the whole plan anew."""
    fixed = mended(make_proposal(payment=make_plan("2000.00")), "payment.instalments_differ")
    assert [Decimal("300.00")] * 4 == [item.amount for item in fixed.payment.instalments]
    assert [] == found(fixed)


def test_a_plan_on_a_credit_is_removed() -> None:
    """Nothing is left to collect."""
    fixed = mended(make_proposal(make_sub_order(make_line("-5")), payment=make_plan("6")), "payment.plan_on_credit")
    assert () == fixed.payment.instalments


def test_a_debit_of_nothing_is_shared_out() -> None:
    """The same days, equal parts."""
    plan = make_plan()
    instalments = (*plan.instalments, Instalment(due_on=dt.date(2027, 8, 5), amount=Decimal(0)))
    proposal = make_proposal(payment=plan.model_copy(update={"instalments": instalments}))
    fixed = mended(proposal, "payment.instalment_not_positive")
    assert [Decimal("240.00")] * 5 == [item.amount for item in fixed.payment.instalments]


@pytest.mark.parametrize(("employees", "code"), [(9, "payment.due_too_early"), (2, "withdrawal.debit_too_early")])
def test_the_schedule_moves_by_whole_months(employees: int, code: str) -> None:
    """« Le 25 du mois » stays the 25th, and no finding is left."""
    days = [dt.date(2026, 11, 25), dt.date(2026, 12, 25)]
    plan = PaymentPlan(
        method="sepa_direct_debit",
        instalments=tuple(Instalment(due_on=day, amount=Decimal("600.00")) for day in days),
    )
    fixed = mended(make_proposal(account=make_account(employees=employees), payment=plan), code)
    assert ["2026-12-25", "2027-01-25"] == [item.due_on.isoformat() for item in fixed.payment.instalments]
    assert [] == found(fixed)


def test_month_ends_stay_month_ends() -> None:
    """A schedule of « fin de mois » that moves is still one, February or not."""
    proposal = sample("epice-et-cie")
    move = make_finding(
        "payment.due_too_early/past", "payment.instalments[0].due_on", fix=make_fix("move_schedule", "2027-02-10"),
        due_on=TODAY,
    )  # fmt: skip
    fixed = apply_fix(proposal, move)
    assert isinstance(fixed, Proposal)
    assert ["2027-02-28", "2027-03-31", "2027-04-30"] == [item.due_on.isoformat() for item in fixed.payment.instalments]


def test_a_duplicate_is_removed() -> None:
    """The second goes, the first stays."""
    proposal = make_proposal(make_sub_order(make_line(), make_line("7.00")))
    fixed = mended(proposal, "line.duplicate")
    assert [Decimal("1000.00")] == [line.unit_price for line in fixed.sub_orders[0].lines]


def test_a_finding_without_a_fix_and_one_that_is_stale() -> None:
    """Neither does anything but say so."""
    proposal = make_proposal(account=make_account(email=""))
    with pytest.raises(ValueError, match="has no fix"):
        apply_fix(proposal, found(proposal)[0])
    stale = found(sample("garage-des-lilas"), "sub_order.fully_cancelled")[0]
    with pytest.raises(LookupError):
        apply_fix(make_proposal(), stale)
    with pytest.raises(LookupError):
        apply_fix(make_proposal(), found(sample("bat-etanche"), "sub_order.negative_mixed")[0])


@given(st.decimals(0, 100_000, places=2), st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_a_new_plan_always_fits(total: Decimal, count: int) -> None:
    """Whatever the total, instalments sum to it and none is nil."""
    days = [add_months(dt.date(2027, 1, 31), place) for place in range(count)]
    plan = PaymentPlan(
        method="sepa_direct_debit", instalments=tuple(Instalment(due_on=day, amount=Decimal(1)) for day in days)
    )
    again = replanned(plan, total)
    assert total == again.total
    assert all(item.amount > 0 for item in again.instalments)


@pytest.mark.parametrize("name", ["au-nom-de-la-rose", "epice-et-cie", "modern-optic"])
@pytest.mark.parametrize("today", ["2026-11-23", "2026-12-28", "2027-02-28", "2027-08-31", "2031-01-30", "2032-02-29"])
def test_samples_move_to_any_day(name: str, today: str) -> None:
    """A sample whose dates have passed is moved by the fewest whole months, and has no finding there."""
    day = dt.date.fromisoformat(today)
    moved, months = shift_dates(sample(name), day)
    assert () == findings(moved, today=day, reps_mobiles=())
    assert (months == 0) == (moved == sample(name))
    assert totals(sample(name)) == totals(moved)
    assert moved == read_proposal(moved.to_json())


def test_what_moves_moves_together() -> None:
    """Days of the month, month ends, bookings and the edition's year keep step."""
    moved, months = shift_dates(sample("au-nom-de-la-rose"), dt.date(2028, 1, 3))
    assert 13 == months
    assert dt.date(2028, 2, 5) == moved.payment.instalments[0].due_on
    line = moved.sub_orders[0].lines[0]
    assert (dt.date(2028, 2, 1), dt.date(2029, 1, 31)) == (line.starts_on, line.ends_on)
    booking = moved.sub_orders[2].lines[0].reservation
    assert booking is not None
    assert dt.date(2028, 1, 31) == booking.expires_on
    assert 2028 == moved.edition


def test_dates_that_cannot_be_moved() -> None:
    """A day beyond the calendar's reach is refused, not looped upon."""
    with pytest.raises(ValueError, match="cannot be moved"):
        shift_dates(make_proposal(), dt.date(2500, 1, 1))
