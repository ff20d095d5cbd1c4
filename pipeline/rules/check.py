"""All rules over one proposal: every reason at once, in the order in which the rep reads his proposal."""

import datetime as dt
from collections.abc import Collection, Iterator

from pipeline.organisation import Organisation
from pipeline.proposal.models import Proposal
from pipeline.rules import payment
from pipeline.rules.account import account_findings
from pipeline.rules.finding import Finding
from pipeline.rules.lines import line_findings
from pipeline.rules.messages import finding
from pipeline.rules.signatory import signatory_findings
from pipeline.rules.sub_orders import sub_order_findings
from pipeline.rules.withdrawal import WithdrawalRight, withdrawal_right
from pipeline.totals import totals


def findings(
    proposal: Proposal,
    *,
    today: dt.date,
    reps_mobiles: Collection[str],
    other_accounts_with_mobile: int = 0,
    withdrawal: bool | None = None,
    prenotification_days: int = 14,
    organisation: Organisation | None = None,
) -> tuple[Finding, ...]:
    """Every anomaly of a proposal, as early as its data exist.

    Args:
        proposal: what was read or drawn up.
        today: the day in Europe/Paris on which it could be signed at the earliest.
        reps_mobiles: numbers to which no code may go.
        other_accounts_with_mobile: how many other accounts use the signatory's number.
        withdrawal: whether the customer has a right of withdrawal; None derives it from `account.employees`, taking the
            object to be outside the main activity, and claims nothing where the headcount is unknown.
        prenotification_days: how long before a debit the customer must be told.
        organisation: where given, agency and rep must exist in it.
    """
    sums = totals(proposal)
    total = sums.incl_vat
    plan = proposal.payment

    def every() -> Iterator[Finding]:
        yield from _unknown_to(organisation, proposal)
        yield from sub_order_findings(proposal, sums)
        yield from line_findings(proposal, today)
        yield from account_findings(proposal.account)
        yield from signatory_findings(proposal.account.signatory, reps_mobiles, other_accounts_with_mobile)
        yield from payment.instalments_differ(plan, total, is_quote=proposal.kind == "quote")
        yield from payment.plan_on_credit(plan, total)
        yield from payment.instalment_not_positive(plan, total)
        yield from payment.due_too_early(plan, total, today, prenotification_days)
        yield from payment.debit_before_withdrawal(plan, total, _right(proposal, today, withdrawal))

    return tuple(every())


def _right(proposal: Proposal, today: dt.date, withdrawal: bool | None) -> WithdrawalRight | None:
    employees = proposal.account.employees if withdrawal is None else 0
    if employees is None or withdrawal is False:
        return None
    return withdrawal_right(employees, True, today, postal_code=proposal.account.address.postal_code)


def _unknown_to(organisation: Organisation | None, proposal: Proposal) -> Iterator[Finding]:
    """An order goes to an agency and belongs to a rep: both must exist before anybody signs."""
    if organisation is None:
        return
    if organisation.agency(proposal.agency) is None:
        yield finding("proposal.agency_unknown", "agency", agency=proposal.agency)
    if organisation.rep(proposal.rep) is None:
        yield finding("proposal.rep_unknown", "rep", rep=proposal.rep)
