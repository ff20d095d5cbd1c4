from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from templates.documents import mandate_amendment as amendment
from tests.templates.reading import faults, pages, words

MANY = tuple(
    amendment.OpenDebit(f"2026-LYO-{order:06d}", date(2027, 1, 5) + timedelta(days=31 * each), Decimal(100 + each))
    for order in range(8)
    for each in range(12)
)
CASES = {
    "sample": amendment.SAMPLE,
    "none open": replace(amendment.SAMPLE, debits=()),
    "no day yet": replace(amendment.SAMPLE, debits=(amendment.OpenDebit("2026-LYO-000042", None, Decimal("605.68")),)),
    "many orders": replace(amendment.SAMPLE, debits=MANY),
}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("case", CASES)
def test_amendments_are_sound(case, language, tmp_path):
    """The tags hold, the file is sound, the same data give the same bytes, whatever is open."""
    data = replace(CASES[case], language=language)
    pdf = amendment.render(data)

    assert faults(pdf, tmp_path) == []
    assert amendment.render(data) == pdf


def test_everything_that_a_mandate_must_say_is_there():
    """RUM, ICS, both parties, IBAN, the scheme's own words, and what the new mandate replaces."""
    data = amendment.SAMPLE
    text = words(amendment.render(data))

    assert pages(amendment.render(data)) == 3
    for said in (
        data.mandate.umr,
        data.old_umr,
        data.mandate.creditor_id,
        "FR14 2004 1010 0505 0001 3M02 606",
        data.old_account,
        "Paiement récurrent",
        "présentée dans les 8 semaines",
        "05/04/2027",
        "4 239,72",
        "n’engage aucune nouvelle dépense",
    ):
        assert " ".join(said.split()) in " ".join(text.split()), said


def test_a_b2b_mandate_is_amended_by_one():
    """The title is compulsory, and so is the notice that the bank must hold it."""
    data = replace(amendment.SAMPLE, mandate=replace(amendment.SAMPLE.mandate, scheme="B2B"))
    text = " ".join(words(amendment.render(data)).split())

    assert "Mandat de prélèvement SEPA interentreprises" in text
    assert "remettez ce mandat à votre banque" in text
