"""Lines: dates, discounts, VAT, bookings, call tracking."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from pipeline.proposal.models import CallTracking, Line, Proposal
from pipeline.rules.contact import is_mobile
from pipeline.rules.finding import Finding
from pipeline.rules.messages import finding, fix, listed
from pipeline.rules.vat import IN_FORCE, rates_at
from pipeline.totals import counts
from templates.french import Formats

DISPLAY_PREFIX: Final = "DISP-"
"""Display products (YOP, Easy Business): spaces in limited number, booked before they are sold."""
CALL_TRACKING_PREFIX: Final = "SUIVI-APPELS"
"""Products that measure calls."""


def line_findings(proposal: Proposal, today: dt.date) -> Iterator[Finding]:
    """Everything about single lines; a line that does not count is history and is left alone."""
    for place, sub_order in enumerate(proposal.sub_orders):
        for position, line in enumerate(sub_order.lines):
            where = f"sub_orders[{place}].lines[{position}]"
            if counts(line, in_mo=sub_order.mo is not None):
                yield from dates_reversed(line, where)
                yield from discount_out_of_range(line, where)
                yield from vat_rate_unknown(line, proposal, where)
            if line.status != "cancelled":
                yield from reservation(line, today, where)
                yield from sheet_required(line, proposal, where)
    yield from duplicates(proposal)


def dates_reversed(line: Line, where: str) -> Iterator[Finding]:
    """What ends before it starts cannot be published."""
    if line.ends_on < line.starts_on:
        yield finding(
            "line.dates_reversed", f"{where}.ends_on", label=line.label, starts_on=line.starts_on, ends_on=line.ends_on
        )


def discount_out_of_range(line: Line, where: str) -> Iterator[Finding]:
    """A discount above 100 % would pay the customer, one below 0 would raise the price unseen (BR-27, BR-28)."""
    discount = line.discount_percent
    if not 0 <= discount <= 100:

        def shown(form: Formats) -> str:
            return form.percent(discount)

        yield finding("line.discount_out_of_range", f"{where}.discount_percent", label=line.label, discount=shown)


def vat_rate_unknown(line: Line, proposal: Proposal, where: str) -> Iterator[Finding]:
    """Invoices with a rate that is not in force are rejected (BR-FR-16), and one from elsewhere is wrong tax."""
    rate = line.vat_rate

    def shown(form: Formats) -> str:
        return form.percent(rate)

    if rate not in IN_FORCE:
        yield finding("line.vat_rate_unknown", f"{where}.vat_rate", label=line.label, rate=shown)
    elif rate not in rates_at(proposal.account.address, line.department):
        yield finding("line.vat_rate_unknown", f"{where}.vat_rate", variant="territory", label=line.label, rate=shown)


def reservation(line: Line, today: dt.date, where: str) -> Iterator[Finding]:
    """A display space is sold once: without a booking that is still valid the agency would have to refuse the order."""
    if not line.code.startswith(DISPLAY_PREFIX):
        return
    booking = line.reservation
    if booking is None or not booking.reference.strip():
        yield finding("line.reservation_missing", f"{where}.reservation", label=line.label)
    elif booking.expires_on < today:
        yield finding(
            "line.reservation_expired",
            f"{where}.reservation",
            label=line.label,
            reference=booking.reference,
            expires_on=booking.expires_on,
        )


def sheet_required(line: Line, proposal: Proposal, where: str) -> Iterator[Finding]:
    """Call tracking that a standard form cannot say needs the structured sheet; without it production stops.

    A sheet on paper counts where the customer insisted on it: it is then among the enclosures, and scanned.
    """
    if "call_tracking_sheet" not in proposal.enclosures and needs_sheet(line):
        yield finding(
            "line.sheet_required",
            f"{where}.call_tracking",
            severity="blocking_at_release",
            label=line.label,
            reason=listed(sheet_reasons(line)),
        )


def needs_sheet(line: Line) -> bool:
    """Whether a line still waits for its structured sheet, paper aside."""
    filled = line.call_tracking is not None and line.call_tracking.sheet is not None
    return line.status != "cancelled" and not filled and bool(sheet_reasons(line))


def sheet_reasons(line: Line) -> list[str]:
    """Why a call-tracking line cannot be said on a standard form; names of `messages.REASONS`, none if it can."""
    if line.call_tracking is None and not line.code.startswith(CALL_TRACKING_PREFIX):
        return []
    tracking = line.call_tracking or CallTracking()
    numbers = tracking.measured_numbers
    asked = {
        "no_number": not numbers,
        "several_numbers": len(numbers) > 1,
        "mobile_number": any(is_mobile(number) for number in numbers),
        "several_departments": len(tracking.departments) > 1,
        "other_contact": bool(tracking.contact_number),
        "overflow": bool(tracking.overflow_number),
    }
    return [name for name, is_so in asked.items() if is_so]


def duplicates(proposal: Proposal) -> Iterator[Finding]:
    """The same product, activity, place and dates twice: more often a slip than a wish, hence a warning.

    An MO names again what it changes: its lines are compared with those of the same MO alone.
    """
    seen: dict[tuple[object, ...], str] = {}
    for place, sub_order in enumerate(proposal.sub_orders):
        for position, line in enumerate(sub_order.lines):
            if line.status == "cancelled":
                continue
            where = f"sub_orders[{place}].lines[{position}]"
            key = (sub_order.mo, line.code, line.label, line.activity, line.department, line.starts_on, line.ends_on)
            first = seen.setdefault(key, where)
            if first != where:
                yield finding(
                    "line.duplicate", where, severity="warning", fix=fix("remove_line"), label=line.label, first=first
                )
