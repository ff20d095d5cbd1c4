"""Sub-orders: each must order something, and a credit never hides inside an order."""

from collections.abc import Iterator
from decimal import Decimal

from pipeline.proposal.models import Proposal, SubOrder
from pipeline.rules.finding import Finding
from pipeline.rules.messages import finding, fix
from pipeline.totals import Totals


def sub_order_findings(proposal: Proposal, sums: Totals) -> Iterator[Finding]:
    """Everything about whole sub-orders."""
    if not proposal.sub_orders:
        yield finding("proposal.empty", "sub_orders")
    for place, sub_order in enumerate(proposal.sub_orders):
        where = f"sub_orders[{place}]"
        yield from nothing_active(sub_order, where)
        yield from nil_modification(sub_order, sums.sub_orders[place].net, where)
        yield from fully_cancelled(sub_order, where)
    yield from negative_mixed(proposal, sums)


def nothing_active(sub_order: SubOrder, where: str) -> Iterator[Finding]:
    """An MO without a new, modified or cancelled product changes nothing that is sold: the ordering system rejects it.

    Such a change (coordinates, wording) belongs to the customer service (MASC). A sub-order without any line at all is
    the same dead end, MO or not.
    """
    if _nothing_active(sub_order):
        yield finding(
            "sub_order.nothing_active",
            where,
            fix=fix("remove_sub_order", follow_up="customer_service_request"),
            order_ref=sub_order.order_ref,
            number=sub_order.number,
        )


def nil_modification(sub_order: SubOrder, net: Decimal, where: str) -> Iterator[Finding]:
    """An MO of amount nil (coordinates only) has the same way out; where nothing is active, that is said instead."""
    if sub_order.mo is not None and net == 0 and not _nothing_active(sub_order):
        yield finding(
            "sub_order.nil_modification",
            where,
            fix=fix("remove_sub_order", follow_up="customer_service_request"),
            order_ref=sub_order.order_ref,
            number=sub_order.number,
        )


def fully_cancelled(sub_order: SubOrder, where: str) -> Iterator[Finding]:
    """A sub-order of which every line is cancelled orders nothing: it is churn, declared on the account (DESIGN 2).

    An MO is another case: cancelling lines of a running order is what it is for, with their own sign.
    """
    if sub_order.mo is None and sub_order.lines and all(line.status == "cancelled" for line in sub_order.lines):
        yield finding(
            "sub_order.fully_cancelled",
            where,
            fix=fix("remove_sub_order", follow_up="total_churn"),
            number=sub_order.number,
        )


def negative_mixed(proposal: Proposal, sums: Totals) -> Iterator[Finding]:
    """A negative sub-order becomes a credit note, which corrects an earlier invoice (type 381): a form of its own."""
    if not any(total.net > 0 for total in sums.sub_orders):
        return
    for place, total in enumerate(sums.sub_orders):
        if total.net < 0:
            yield finding(
                "sub_order.negative_mixed",
                f"sub_orders[{place}]",
                fix=fix("split_negative"),
                number=proposal.sub_orders[place].number,
                amount=total.net,
            )


def _nothing_active(sub_order: SubOrder) -> bool:
    if not sub_order.lines:
        return True
    return sub_order.mo is not None and all(line.status == "renewed" for line in sub_order.lines)
