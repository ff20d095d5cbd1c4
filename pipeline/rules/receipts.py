"""When a debit counts as money that came in, what an invoice's standing is, and at which rates of VAT it was paid.

A debit has no good news: a bank answers only what came back. It counts from the first day on which the debtor's bank
can no longer return it and the file that would say so is here (SDD rulebooks, EPC016-06 and EPC222-07: five inter-bank
business days after settlement for CORE, three for B2B; docs/decisions/08). What comes back later takes it back again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from pipeline.totals import NOTHING, round_cents
from templates import sepa

RETURN_DAYS: Final = {"CORE": 5, "B2B": 3}
"""Inter-bank business days after its settlement within which a debit may be returned."""

Standing = Literal["unpaid", "partly", "collected"]


@dataclass(frozen=True)
class Share:
    """A sum in euros with its tax, at one rate of VAT (hundredths)."""

    rate: Decimal
    amount: Decimal


def settled_on(due_on: date) -> date:
    """The day on which the money moves: the day itself, or the first TARGET day after it."""
    return sepa.next_target_day(due_on)


def counts_from(due_on: date, scheme: str) -> date:
    """The first day on which a debit that did not come back counts as received: the last day of returns, and one more.

    The bank tells the returns of a day on the day after it.
    """
    return sepa.add_target_days(settled_on(due_on), RETURN_DAYS[scheme] + 1)


def standing(total: Decimal, received: Decimal) -> Standing:
    """Where an invoice stands, from its total with tax and what came in for it less what went back."""
    if received <= 0:
        return "unpaid"
    return "collected" if received >= total else "partly"


def shares_of(amount: Decimal, groups: Sequence[Share], before: Sequence[Share]) -> tuple[Share, ...]:
    """A sum spread over the rates of its invoice, to the cent: each paid in proportion, none ever beyond its own.

    Args:
        amount: what came in, in euros with its tax.
        groups: the invoice's totals with tax, one per rate; their sum is not nil.
        before: what was spread of it so far, less what went back.
    """
    total = sum((group.amount for group in groups), NOTHING)
    spent = {group.rate: sum((each.amount for each in before if each.rate == group.rate), NOTHING) for group in groups}
    paid = sum(spent.values(), NOTHING) + amount
    shares = [Share(group.rate, round_cents(group.amount * paid / total) - spent[group.rate]) for group in groups[:-1]]
    rest = amount - sum((share.amount for share in shares), NOTHING)
    return tuple(share for share in (*shares, Share(groups[-1].rate, rest)) if share.amount)
