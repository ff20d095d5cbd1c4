"""Status 212 « Encaissée »: what the message says, and that nothing leaves which breaks a rule of the platforms."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from templates.lifecycle import LifecycleError, Received, Share, Trader, received_xml

RECEIVED = Received(
    identifier="F-2026-000001-212-01",
    at=dt.datetime(2027, 1, 13, 2, 0, 30, tzinfo=dt.UTC),
    seller=Trader("RÉGIE DU SUD SAS", "732829320", "732829320"),
    buyer=Trader("AU NOM DE LA ROSE", "404833048", "404833048_VENTES"),
    invoice="F-2026-000001",
    issued_on=dt.date(2026, 11, 23),
    day=dt.date(2027, 1, 5),
    shares=(Share(Decimal("20.00"), Decimal("500.00")), Share(Decimal("5.5"), Decimal("105.68"))),
)


def found(data, name):
    return [node.text for node in etree.fromstring(data).iterfind(f".//{{*}}{name}")]


def test_each_rate_has_its_amount():
    """The seller tells the buyer's platform amount, rate and day, one block per rate; the same bytes each time."""
    data = received_xml(RECEIVED)
    assert data == received_xml(RECEIVED)
    assert found(data, "ValueAmount") == ["500.00", "105.68"]
    assert found(data, "ValuePercent") == ["20.00", "5.50"]
    assert found(data, "URIID") == ["404833048_VENTES"]
    assert found(data, "RoleCode") == ["SE", "SE", "BY"]
    assert found(data, "Content") == []


def test_money_that_went_back_is_negative_and_says_why():
    """P1.15 and P1.17 of the standard: a negative amount, a comment."""
    shares = tuple(Share(share.rate, -share.amount) for share in RECEIVED.shares)
    data = received_xml(replace(RECEIVED, shares=shares, reason="Prélèvement revenu : compte clôturé (AC04)"))
    assert found(data, "ValueAmount") == ["-500.00", "-105.68"]
    assert found(data, "Content") == ["Prélèvement revenu : compte clôturé (AC04)"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"shares": ()}, "BR-FR-CDV-14"),
        ({"shares": (Share(Decimal(20), Decimal("NaN")),)}, "XSD"),
    ],
)
def test_a_message_that_breaks_a_rule_never_leaves(change, rule):
    """No amount, or one that is no number: refused, and the error quotes no value."""
    with pytest.raises(LifecycleError) as caught:
        received_xml(replace(RECEIVED, **change))
    assert rule in str(caught.value)
    assert "ROSE" not in str(caught.value)
