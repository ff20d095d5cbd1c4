import datetime as dt
from decimal import Decimal

import pytest

from templates import french
from templates.french import formats


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1234.56", "1\u202f234,56\u00a0€"),
        ("0", "0,00\u00a0€"),
        ("-0.001", "0,00\u00a0€"),
        ("-1234567.8", "\u22121\u202f234\u202f567,80\u00a0€"),
        ("0.005", "0,01\u00a0€"),
        ("-0.005", "\u22120,01\u00a0€"),
    ],
)
def test_money(value, shown):
    """Sums are grouped by narrow spaces, rounded half up, never minus nothing, and cannot break before the euro."""
    assert french.money(Decimal(value)) == shown


def test_money_in_english():
    """English readers find the sign first, then the euro, then commas between thousands."""
    english = formats("en")

    assert english.money(Decimal("-1234.5")) == "\u2212€1,234.50"
    assert english.amount(Decimal("1234.5")) == "1,234.50"


def test_amount_has_no_unit():
    """A column whose head names the euro does not repeat it."""
    assert french.amount(Decimal(1290)) == "1\u202f290,00"


@pytest.mark.parametrize(
    ("value", "shown"), [("20.00", "20\u202f%"), ("5.5", "5,5\u202f%"), ("0", "0\u202f%"), ("100", "100\u202f%")]
)
def test_percent(value, shown):
    """A rate shows the figures that mean something."""
    assert french.percent(Decimal(value)) == shown


def test_quantity():
    """A quantity shows neither idle zeros nor an exponent."""
    assert [french.quantity(Decimal(value)) for value in ("1.0", "2.50", "12000", "1E+3")] == [
        "1",
        "2,5",
        "12\u202f000",
        "1\u202f000",
    ]
    assert french.quantity(3) == "3"
    assert formats("en").percent(Decimal("5.50")) == "5.5%"


def test_dates():
    """Days read as in France, the first of the month included; in English no reader can swap day and month."""
    day = dt.date(2026, 11, 1)

    assert french.date(day) == "01/11/2026"
    assert french.long_date(day) == "1er\u00a0novembre\u00a02026"
    assert french.long_date(dt.date(2026, 11, 23)) == "23\u00a0novembre\u00a02026"
    assert formats("en").date(day) == "1\u00a0Nov\u00a02026"
    assert formats("en").long_date(day) == "1\u00a0November\u00a02026"


def test_instants_are_shown_in_paris():
    """A moment is shown in Paris time, winter and summer, with its distance to UTC."""
    winter = dt.datetime(2026, 11, 23, 13, 5, 9, tzinfo=dt.UTC)
    summer = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)

    assert french.instant(winter) == "23/11/2026 à 14:05:09 (heure de Paris, UTC+1)"
    assert french.instant(summer) == "02/07/2026 à 00:30:00 (heure de Paris, UTC+2)"
    assert formats("en").instant(winter) == "23\u00a0Nov\u00a02026 at 14:05:09 (Paris time, UTC+1)"
    assert french.time(winter) == "14:05"
    assert french.date(summer) == "02/07/2026"
    assert french.long_date(summer) == "2\u00a0juillet\u00a02026"
    with pytest.raises(ValueError, match="time zone"):
        french.instant(dt.datetime(2026, 11, 23, 13, 5, 9))  # noqa: DTZ001  # the naive moment is the point


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+33612345678", "06 12 34 56 78"),
        ("+33478370000", "04 78 37 00 00"),
        ("+262692123456", "0692 12 34 56"),
        ("+590690123456", "0690 12 34 56"),
        ("+687751234", "+687 75.12.34"),
        ("+32470123456", "+32 470 12 34 56"),
        ("0612345678", "06 12 34 56 78"),
        ("12", "12"),
        ("demander Paul", "demander Paul"),
    ],
)
def test_phone(number, shown):
    """Numbers of the French plan are shown with their 0, others internationally, what is no number as it was typed."""
    assert french.phone(number) == shown


def test_phone_in_english():
    """A reader abroad sees the number he can dial."""
    assert formats("en").phone("+33612345678") == "+33 6 12 34 56 78"


def test_iban():
    """An IBAN is read in fours."""
    assert french.iban("fr7630006000011234567890189") == "FR76 3000 6000 0112 3456 7890 189"


def test_masks():
    """What is masked is recognised by its owner and of no use to anyone else."""
    assert french.mask_mobile("+33612345678") == "06 •• •• •• 78"
    assert french.mask_mobile("+262692123456") == "0692 •• •• 56"
    assert french.mask_mobile("+32470123456") == "+32 ••• •• •• 56"
    assert french.mask_mobile("12") == "•" * 8
    assert french.mask_email("helene.garnier@rose.example") == "h…@rose.example"
    assert french.mask_email("helene") == "…"
    assert french.mask_iban("FR76 3000 6000 0112 3456 7890 189") == "FR•• •••• 0189"
    assert french.mask_iban("FR76") == "•" * 8
    assert formats("en").mask_email("a@b.example") == "a…@b.example"
