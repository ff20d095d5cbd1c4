"""Rules on the payment plan and on the right of withdrawal."""

import datetime as dt
from decimal import Decimal

import pytest

from pipeline.proposal import Instalment, PaymentPlan, Proposal
from pipeline.rules.check import findings
from pipeline.rules.finding import Finding
from pipeline.rules.withdrawal import is_working_day, withdrawal_right
from tests.factories import TODAY, make_account, make_line, make_plan, make_proposal, make_sub_order


def found(proposal: Proposal, **context: object) -> list[Finding]:
    return list(findings(proposal, today=TODAY, reps_mobiles=(), **context))  # type: ignore[arg-type]


def codes(proposal: Proposal, **context: object) -> list[str]:
    return [finding.code for finding in found(proposal, **context)]


def plan(*pairs: tuple[int, str], method: str = "sepa_direct_debit") -> PaymentPlan:
    """Instalments given as days from today and amounts."""
    instalments = tuple(
        Instalment(due_on=TODAY + dt.timedelta(days=days), amount=Decimal(amount)) for days, amount in pairs
    )
    return PaymentPlan(method=method, instalments=instalments)  # type: ignore[arg-type]


def test_a_plan_of_another_sum() -> None:
    """One cent is enough, and the sentence gives sum, total and difference."""
    finding = found(make_proposal(payment=make_plan("1199.99")))[0]
    assert ("payment.instalments_differ", "blocking") == (finding.code, finding.severity)
    assert finding.message == (
        "Le plan de règlement (1\u202f199,99\u00a0€) ne correspond pas au total TTC (1\u202f200,00\u00a0€) : "
        "écart de 0,01\u00a0€."
    )


def test_no_plan_at_all() -> None:
    """A direct debit without a schedule would never be collected; a transfer is due on invoice, a quote can wait."""
    assert ["payment.instalments_differ"] == codes(make_proposal(payment=make_plan("0")))
    assert [] == codes(make_proposal(payment=make_plan("0", method="bank_transfer")))
    assert [] == codes(make_proposal(payment=make_plan("0"), kind="quote"))


@pytest.mark.parametrize("price", ["-500.00", "0.00"])
def test_a_plan_on_a_credit(price: str) -> None:
    """Nothing due, nothing collected: that alone is said, not the difference besides."""
    proposal = make_proposal(make_sub_order(make_line(price)), payment=make_plan("100"))
    assert ["payment.plan_on_credit"] == codes(proposal)
    assert [] == codes(make_proposal(make_sub_order(make_line(price))))


def test_a_debit_of_nothing() -> None:
    """No bank takes an amount of nil or less, even where the sum is right."""
    proposal = make_proposal(payment=plan((60, "0.00"), (90, "1200.00")))
    assert [("payment.instalment_not_positive", "payment.instalments[0].amount")] == [
        (item.code, item.where) for item in found(proposal)
    ]


@pytest.mark.parametrize(("days", "expected"), [(13, ["payment.due_too_early"]), (14, []), (15, [])])
def test_prenotification(days: int, expected: list[str]) -> None:
    """Fourteen calendar days before the debit, unless less was agreed."""
    proposal = make_proposal(payment=plan((60, "600.00"), (days, "600.00")))
    assert expected == codes(proposal)
    assert [] == codes(proposal, prenotification_days=5)


def test_the_earliest_instalment_is_the_first_whatever_the_order() -> None:
    """The finding names the instalment that is too early, not the one written first."""
    finding = found(make_proposal(payment=plan((60, "600.00"), (3, "600.00"))))[0]
    assert "payment.instalments[1].due_on" == finding.where
    assert "07/12/2026" in finding.message


@pytest.mark.parametrize(("days", "expected"), [(-1, ["payment.due_too_early"]), (0, []), (3, [])])
def test_a_transfer_needs_no_notice(days: int, expected: list[str]) -> None:
    """Only a day that has passed is wrong for a transfer."""
    assert expected == codes(make_proposal(payment=plan((days, "1200.00"), method="bank_transfer")))


@pytest.mark.parametrize(
    ("days", "severity"), [(7, "blocking"), (8, "warning"), (14, "warning"), (15, None), (30, None)]
)
def test_debits_and_the_right_of_withdrawal(days: int, severity: str | None) -> None:
    """Before day 8 it is an offence, before day 15 unwise."""
    proposal = make_proposal(account=make_account(employees=5), payment=plan((days, "1200.00")))
    expected = [severity] if severity else []
    assert expected == [item.severity for item in found(proposal, prenotification_days=1)]


def test_who_has_the_right() -> None:
    """The account's headcount decides unless the caller knows better; an unknown one claims nothing."""
    early = plan((9, "1200.00"))
    small, large, unknown = (make_account(employees=count) for count in (5, 6, None))
    context = {"prenotification_days": 1}
    assert ["withdrawal.debit_too_early"] == codes(make_proposal(account=small, payment=early), **context)
    assert [] == codes(make_proposal(account=large, payment=early), **context)
    assert [] == codes(make_proposal(account=unknown, payment=early), **context)
    assert [] == codes(make_proposal(account=small, payment=early), withdrawal=False, **context)
    assert ["withdrawal.debit_too_early"] == codes(
        make_proposal(account=large, payment=early), withdrawal=True, **context
    )


def test_a_transfer_is_a_payment_too() -> None:
    """« Aucun paiement » is not only a debit (L221-10)."""
    proposal = make_proposal(account=make_account(employees=2), payment=plan((3, "1200.00"), method="bank_transfer"))
    finding = found(proposal)[0]
    assert finding.message == "Le client dispose d'un droit de rétractation : aucun paiement avant le 01/12/2026."


def test_days_are_counted_from_the_morrow() -> None:
    """Signed on Monday 23 November 2026: until Monday 7 December, no payment before 1 December, hold until the 8th."""
    right = withdrawal_right(2, True, dt.date(2026, 11, 23))
    assert right is not None
    assert dt.date(2026, 12, 7) == right.until
    assert dt.date(2026, 12, 1) == right.earliest_debit
    assert dt.date(2026, 12, 8) == right.advised_debit == right.hold_until


@pytest.mark.parametrize(
    ("concluded", "postal_code", "until"),
    [
        ("2026-11-27", "75013", "2026-12-11"),  # a Friday ends on a Friday
        ("2026-11-28", "75013", "2026-12-14"),  # a Saturday moves to the Monday
        ("2026-11-29", "75013", "2026-12-14"),  # a Sunday too
        ("2026-12-11", "75013", "2026-12-28"),  # Christmas Day on a Friday: the Monday after
        ("2027-03-15", "75013", "2027-03-30"),  # Easter Monday
        ("2027-03-12", "75013", "2027-03-26"),  # Good Friday is a working day here,
        ("2027-03-12", "67000", "2027-03-30"),  # and a holiday in Alsace, before a holiday on Monday
        ("2027-05-08", "97200", "2027-05-24"),  # 22 May (Martinique) is a Saturday in 2027 anyway
        ("2028-05-08", "97200", "2028-05-23"),  # on 22 May 2028, a Monday, Martinique remembers the abolition
        ("2028-05-08", "75013", "2028-05-22"),
    ],
)
def test_a_term_that_ends_on_no_working_day_is_extended(concluded: str, postal_code: str, until: str) -> None:
    """L221-19, 3°: Saturday, Sunday and public holidays push the end to the next working day."""
    right = withdrawal_right(0, True, dt.date.fromisoformat(concluded), postal_code=postal_code)
    assert right is not None
    assert dt.date.fromisoformat(until) == right.until
    assert right.hold_until == right.until + dt.timedelta(days=1)


def test_who_has_no_right() -> None:
    """Six people, or an object inside the main activity: no right."""
    assert withdrawal_right(6, True, TODAY) is None
    assert withdrawal_right(2, False, TODAY) is None
    assert withdrawal_right(5, True, TODAY) is not None


def test_whit_monday_is_a_holiday() -> None:
    """The calendar is the public one, whatever the firm does that day."""
    assert not is_working_day(dt.date(2027, 5, 17))
    assert is_working_day(dt.date(2027, 5, 18))
