"""Sums: exact, rounded half up once per line and once per rate."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.proposal import Line, Proposal
from pipeline.totals import line_net, line_price, round_cents, spread, totals, vat_on
from tests.factories import make_line, make_proposal, make_sub_order, sample

cents = st.decimals(-10_000_000, 10_000_000, places=2)


@pytest.mark.parametrize(
    ("name", "excl_vat", "incl_vat", "vat"),
    [
        ("au-nom-de-la-rose", "5047.30", "6056.76", {"20.00": ("5047.30", "1009.46")}),
        ("bat-etanche", "2550.00", "3060.00", {"20.00": ("2550.00", "510.00")}),
        (
            "epice-et-cie",
            "564.68",
            "627.78",
            {"20.00": ("131.35", "26.27"), "8.50": ("433.33", "36.83")},
        ),
        ("garage-des-lilas", "0.00", "0.00", {}),
        ("modern-optic", "985.00", "1182.00", {"20.00": ("985.00", "197.00")}),
    ],
)
def test_samples(name: str, excl_vat: str, incl_vat: str, vat: dict[str, tuple[str, str]]) -> None:
    """The five samples come to the cent, rate by rate."""
    sums = totals(sample(name))
    assert (Decimal(excl_vat), Decimal(incl_vat)) == (sums.excl_vat, sums.incl_vat)
    assert vat == {f"{item.rate:.2f}": (str(item.base), str(item.amount)) for item in sums.vat}
    assert sums.incl_vat - sums.excl_vat == sums.vat_amount


def test_half_a_cent_goes_up() -> None:
    """75.055 x 2 less 12.5 % is 131.34625; 0.005 rounds away from zero on both sides."""
    assert Decimal("131.35") == line_net(make_line("75.055", quantity=2, discount_percent=Decimal("12.5")))
    assert Decimal("0.01") == round_cents(Decimal("0.005"))
    assert Decimal("-0.01") == round_cents(Decimal("-0.005"))
    assert "0.00" == str(round_cents(Decimal("-0.004")))


def test_cancelled_lines_count_nil() -> None:
    """A cancelled line is shown with its price and adds nothing, not even its VAT rate."""
    line = make_line("390.00", status="cancelled", vat_rate=Decimal("5.50"))
    sums = totals(make_proposal(make_sub_order(make_line(), line)))
    assert (Decimal("0.00"), Decimal("390.00")) == (line_net(line), line_price(line))
    assert Decimal("1200.00") == sums.incl_vat
    assert [Decimal("20.00")] == [item.rate for item in sums.vat]


def test_cancelled_lines_of_an_mo_carry_their_sign() -> None:
    """In an MO a cancelled line takes back what was ordered."""
    line = make_line("-390.00", status="cancelled")
    sums = totals(make_proposal(make_sub_order(line, mo="001")))
    assert Decimal("-468.00") == sums.incl_vat
    assert Decimal("-390.00") == line_net(line, in_mo=True)


def test_vat_is_worked_out_on_the_sum_not_per_line() -> None:
    """Three lines of 0.33 at 20 % bear 0.20 of VAT, not 0.21 (BR-S-08)."""
    lines = [make_line("0.33", activity=str(place)) for place in range(3)]
    assert Decimal("0.20") == totals(make_proposal(make_sub_order(*lines))).vat_amount


def test_the_largest_line_is_exact() -> None:
    """Nothing is lost to the 28 figures of the default context."""
    line = make_line("999999999.999999", quantity=1_000_000, discount_percent=Decimal("0.0001"))
    exact = Decimal(999999999999999) * Decimal(999999) / Decimal(1_000_000)
    assert round_cents(exact) == line_net(line)


@given(cents, st.integers(1, 120))
def test_a_spread_sum_is_whole(total: Decimal, parts: int) -> None:
    """Parts sum to the total; all but the last are equal; none has the other sign."""
    amounts = spread(total, parts)
    assert total == sum(amounts)
    assert parts == len(amounts)
    assert 1 >= len(set(amounts[:-1]))
    assert all(amount * total >= 0 for amount in amounts)


def test_the_remainder_is_last() -> None:
    """As the ordering system does it: nine times 605.68 and 605.64."""
    assert (*[Decimal("605.68")] * 9, Decimal("605.64")) == spread(Decimal("6056.76"), 10)
    assert (Decimal("33.33"), Decimal("33.33"), Decimal("33.34")) == spread(Decimal(100), 3)
    with pytest.raises(ValueError, match="one part"):
        spread(Decimal(100), 0)


lines = st.builds(
    lambda price, quantity, discount, rate, status: make_line(
        quantity=quantity, unit_price=price, discount_percent=discount, vat_rate=rate, status=status
    ),
    st.decimals(-100_000, 100_000, places=6),
    st.integers(0, 1000),
    st.decimals(0, 100, places=2),
    st.sampled_from([Decimal("20.00"), Decimal("8.50"), Decimal("5.50"), Decimal("2.10")]),
    st.sampled_from(["new", "renewed", "modified", "cancelled"]),
)


@st.composite
def proposals(draw: st.DrawFn) -> Proposal:
    drawn: list[list[Line]] = draw(st.lists(st.lists(lines, max_size=5), max_size=4))
    sub_orders = (
        make_sub_order(number=f"S{place:03d}", lines=tuple(each), mo=draw(st.sampled_from([None, "001"])))
        for place, each in enumerate(drawn)
    )
    return make_proposal(sub_orders=tuple(sub_orders), payment=make_proposal().payment)


@given(proposals())
def test_sums_agree_whatever_the_lines(proposal: Proposal) -> None:
    """Lines sum to sub-orders, sub-orders to HT, bases to HT, HT and VAT to TTC; all in whole cents."""
    sums = totals(proposal)
    for sub_order in sums.sub_orders:
        assert sub_order.net == sum(sub_order.lines)
    assert sums.excl_vat == sum(item.net for item in sums.sub_orders) == sum(item.base for item in sums.vat)
    assert sums.incl_vat == sums.excl_vat + sum(item.amount for item in sums.vat)
    for item in sums.vat:
        assert item.amount == vat_on(item.base, item.rate)
        assert abs(item.amount - item.base * item.rate / 100) <= Decimal("0.005")
    assert all(-2 == amount.as_tuple().exponent for amount in (sums.excl_vat, sums.incl_vat))


def test_totals_do_not_depend_on_the_day() -> None:
    """Moving a proposal changes no sum."""
    line = make_line(starts_on=dt.date(2030, 1, 1), ends_on=dt.date(2030, 12, 31))
    assert totals(make_proposal()) == totals(make_proposal(make_sub_order(line)))
