"""Rules on sub-orders and lines: each anomaly present, and absent where it should be."""

import datetime as dt
from decimal import Decimal

import pytest

from pipeline.proposal import CallTrackingSheet, Proposal, SubOrder
from pipeline.rules.check import findings
from pipeline.rules.finding import Finding
from tests.factories import (
    TODAY,
    make_account,
    make_address,
    make_call_tracking,
    make_line,
    make_organisation,
    make_proposal,
    make_reservation,
    make_sub_order,
)


def found(proposal: Proposal) -> list[Finding]:
    return list(findings(proposal, today=TODAY, reps_mobiles=()))


def codes(proposal: Proposal) -> list[str]:
    return [finding.code for finding in found(proposal)]


def with_line(**overrides: object) -> Proposal:
    return make_proposal(make_sub_order(make_line(**overrides)))


def test_an_empty_proposal_orders_nothing() -> None:
    """Without any sub-order there is nothing to sign."""
    assert ["proposal.empty"] == codes(make_proposal(sub_orders=()))


@pytest.mark.parametrize(
    "sub_order",
    [
        make_sub_order(lines=(), mo="001"),
        make_sub_order(make_line(status="renewed"), mo="001"),
        make_sub_order(make_line("0", status="renewed"), mo="001"),
        make_sub_order(lines=()),
    ],
)
def test_an_mo_without_a_change_goes_to_the_customer_service(sub_order: SubOrder) -> None:
    """Nothing new, modified or cancelled: one finding, whose fix removes it and offers to hand it over."""
    findings_ = found(make_proposal(make_sub_order(number="S200"), sub_order))
    assert [("sub_order.nothing_active", "sub_orders[1]")] == [(item.code, item.where) for item in findings_]
    assert findings_[0].fix is not None
    assert ("remove_sub_order", "customer_service_request") == (findings_[0].fix.action, findings_[0].fix.follow_up)


@pytest.mark.parametrize("status", ["new", "modified", "cancelled"])
def test_an_mo_with_a_change_is_an_order(status: str) -> None:
    """New, modified and cancelled products are what an MO is for, an all-cancelled one included."""
    assert [] == codes(make_proposal(make_sub_order(make_line("100", status=status), mo="001")))


def test_renewed_lines_are_an_order_outside_an_mo() -> None:
    """Renewal is the ordinary case."""
    assert [] == codes(with_line(status="renewed"))


@pytest.mark.parametrize(
    "lines",
    [
        (make_line("0", status="modified"),),
        (make_line("100"), make_line("-100", status="cancelled", activity="Autre")),
    ],
)
def test_an_mo_of_nil_amount_changes_coordinates_only(lines: tuple[object, ...]) -> None:
    """An amount of nil has the same way out; outside an MO it is a gift, and none of our business."""
    sub_order = make_sub_order(lines=lines, mo="001")
    assert ["sub_order.nil_modification"] == codes(make_proposal(make_sub_order(number="S200"), sub_order))
    assert [] == codes(make_proposal(make_sub_order(number="S200"), make_sub_order(make_line("0", activity="Autre"))))


def test_a_sub_order_cancelled_in_full_is_churn() -> None:
    """Every line cancelled: remove it, declare the churn. One line kept: an order."""
    gone = make_sub_order(make_line(status="cancelled"), make_line(status="cancelled"), number="S101")
    finding = found(make_proposal(make_sub_order(), gone))[0]
    assert ("sub_order.fully_cancelled", "sub_orders[1]") == (finding.code, finding.where)
    assert finding.fix is not None
    assert "total_churn" == finding.fix.follow_up
    assert [] == codes(make_proposal(make_sub_order(make_line(status="cancelled"), make_line())))


def test_negative_and_positive_sub_orders_need_two_forms() -> None:
    """Each negative one is named; alone, a negative sub-order is a credit and may be ordered."""
    credit = make_sub_order(make_line("-860.00", status="modified"), number="S101", mo="002")
    assert ["sub_order.negative_mixed"] == codes(make_proposal(make_sub_order(), credit))
    assert [] == codes(make_proposal(credit))


def test_dates_reversed() -> None:
    """Ending before the start is wrong; a single day is not; a cancelled line is history."""
    start = dt.date(2027, 5, 15)
    assert ["line.dates_reversed"] == codes(with_line(starts_on=start, ends_on=dt.date(2027, 5, 14)))
    assert [] == codes(with_line(starts_on=start, ends_on=start))
    wrong = make_line(starts_on=start, ends_on=dt.date(2027, 5, 14), status="cancelled")
    assert [] == codes(make_proposal(make_sub_order(make_line(), wrong)))


@pytest.mark.parametrize(("discount", "expected"), [("0", []), ("100", []), ("100.01", ["x"]), ("-0.01", ["x"])])
def test_discounts(discount: str, expected: list[str]) -> None:
    """From 0 to 100 %, both included."""
    sub_order = make_sub_order(make_line(discount_percent=Decimal(discount)), make_line(activity="Autre"))
    assert ["line.discount_out_of_range"] * len(expected) == [
        code for code in codes(make_proposal(sub_order)) if code.startswith("line.")
    ]


@pytest.mark.parametrize(
    ("rate", "postal_code", "department", "known"),
    [
        ("20.00", "69002", "69", True),
        ("5.50", "69002", "69", True),
        ("19.60", "69002", "69", False),
        ("0.00", "69002", "69", False),
        ("8.50", "69002", "69", False),
        ("8.50", "97200", "972", True),
        ("8.50", "69002", "974", True),
        ("8.50", "97300", "973", False),
        ("0.00", "97300", "973", True),
        ("20.00", "97200", "972", True),
        ("13.00", "20000", "2A", True),
        ("13.00", "69002", "69", False),
    ],
)
def test_vat_rates(rate: str, postal_code: str, department: str, known: bool) -> None:
    """A rate must be in force, and in force there."""
    proposal = make_proposal(
        make_sub_order(make_line(vat_rate=Decimal(rate), department=department)),
        account=make_account(address=make_address(postal_code=postal_code)),
    )
    assert ([] if known else ["line.vat_rate_unknown"]) == codes(proposal)


def test_vat_of_a_customer_abroad() -> None:
    """Services to a firm abroad bear none (reverse charge)."""
    account = make_account(
        address=make_address(postal_code="1000", city="Bruxelles", country="BE"),
        siren="",
        siret="",
        vat_number="BE0428759497",
    )
    assert [] == codes(make_proposal(make_sub_order(make_line(vat_rate=Decimal(0))), account=account))


def test_duplicates_are_a_warning() -> None:
    """The same product, activity, department and dates twice, wherever; the second is named, and the first in words."""
    findings_ = found(make_proposal(make_sub_order(), make_sub_order(number="S101")))
    assert [("line.duplicate", "warning", "sub_orders[1].lines[0]")] == [
        (item.code, item.severity, item.where) for item in findings_
    ]
    assert "sub_orders[0].lines[0]" in findings_[0].message
    other = make_line(department="01")
    assert [] == codes(make_proposal(make_sub_order(make_line(), other, make_line(status="cancelled"))))


def test_display_needs_a_booking() -> None:
    """No booking, or one without a reference, blocks; a valid one and a cancelled line do not."""
    assert ["line.reservation_missing"] == codes(with_line(code="DISP-EB"))
    assert ["line.reservation_missing"] == codes(
        with_line(code="DISP-YOP", reservation=make_reservation(reference=" "))
    )
    assert [] == codes(with_line(code="DISP-YOP", reservation=make_reservation()))
    gone = make_line(code="DISP-EB", status="cancelled")
    assert [] == codes(make_proposal(make_sub_order(make_line(), gone)))


def test_a_booking_holds_to_the_end_of_its_day() -> None:
    """Expiring today is valid; expired yesterday is not."""
    assert [] == codes(with_line(code="DISP-EB", reservation=make_reservation(expires_on=TODAY)))
    yesterday = TODAY - dt.timedelta(days=1)
    assert ["line.reservation_expired"] == codes(
        with_line(code="DISP-EB", reservation=make_reservation(expires_on=yesterday))
    )


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"measured_numbers": ()}, "aucun numéro mesuré"),
        ({"measured_numbers": ("+33478370000", "+33478370001")}, "plusieurs numéros mesurés"),
        ({"measured_numbers": ("+33612345678",)}, "numéro de mobile"),
        ({"departments": ("69", "01")}, "plusieurs départements"),
        ({"contact_number": "+33478370002"}, "autre numéro de contact"),
        ({"overflow_number": "+33478370003"}, "numéro de débordement"),
    ],
)
def test_call_tracking_that_needs_a_sheet(overrides: dict[str, object], reason: str) -> None:
    """What a standard form cannot say blocks the release, not the signature, until the sheet is there."""
    tracking = make_call_tracking(**overrides)
    finding = found(with_line(code="SUIVI-APPELS", call_tracking=tracking))[0]
    assert ("line.sheet_required", "blocking_at_release") == (finding.code, finding.severity)
    assert reason in finding.message
    filled = make_call_tracking(**overrides, sheet=CallTrackingSheet(comment="Voir avec l'accueil"))
    assert [] == codes(with_line(code="SUIVI-APPELS", call_tracking=filled))


def test_call_tracking_without_details_or_with_a_paper_sheet() -> None:
    """A call-tracking product that says nothing needs the sheet; on paper it is among the enclosures."""
    line = make_line(code="SUIVI-APPELS")
    assert ["line.sheet_required"] == codes(make_proposal(make_sub_order(line)))
    assert [] == codes(make_proposal(make_sub_order(line), enclosures=("call_tracking_sheet",)))
    assert [] == codes(with_line(code="SUIVI-APPELS", call_tracking=make_call_tracking()))


def test_agency_and_rep_must_exist() -> None:
    """Where the organisation is known, an order goes nowhere else."""
    proposal = make_proposal(agency="NCE", rep="x.inconnu")
    organisation = make_organisation()
    assert ["proposal.agency_unknown", "proposal.rep_unknown"] == [
        item.code for item in findings(proposal, today=TODAY, reps_mobiles=(), organisation=organisation)
    ]
