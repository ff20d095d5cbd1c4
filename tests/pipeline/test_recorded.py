"""What our steps write in French, and an English screen says in English."""

import re
from datetime import date
from decimal import Decimal

import pytest

from pipeline.recorded import MANDATE_STATES, SENTENCES, said, written
from pipeline.rules.returns import OUTCOMES
from tests.templates.test_languages import ENGLISH, FRENCH
from tests.templates.test_languages import said as words_of

VALUES = {
    "amount": Decimal("-1234.50"),
    "date": date(2027, 1, 5),
    "day": date(2027, 2, 21),
    "umr": "M-2026-LYO-000001",
    "count": 12,
    "state": "revoked",
    "reason": "AC13",
}


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_is_said_in_english(key):
    """Whatever a step writes is read back whole: in French as it is, in English without a French word."""
    asked = set(re.findall(r"\{(\w+)\}", SENTENCES[key][0]))
    assert asked == set(re.findall(r"\{(\w+)\}", SENTENCES[key][1]))
    text = written(key, **{name: VALUES[name] for name in asked})
    assert said(text, "fr") == text
    english = said(text, "en").replace("\u00a0", " ")
    assert english != text
    assert words_of(text) & set(ENGLISH.split()) == set()
    assert words_of(english.replace("CORE", "")) & set(FRENCH.split()) == set()
    for name, shown in {"amount": "€1,234.50", "date": "5 Jan 2027", "day": "21 Feb 2027", "count": "12"}.items():
        assert (shown in english) == (name in asked)


def test_a_debit_that_came_back():
    """Money, dates and the bank's reason with its code change with the language."""
    text = written("debit.again", amount=Decimal("605.68"), date=date(2027, 1, 5), reason="AM04", day=date(2027, 1, 21))
    assert "605,68" in text
    assert "provision insuffisante (AM04)" in text
    assert said(text, "en").replace("\u00a0", " ") == (
        "The debit of €605.68 of 5 Jan 2027 came back: insufficient funds (AM04). "
        "It will be presented again on 21 Jan 2027."
    )


@pytest.mark.parametrize("code", [*OUTCOMES, "ZZ99"])
def test_every_reason_of_a_bank(code):
    """With its code, alone, and after other words in a row; one that we do not know keeps its code."""
    french = written("bank.reason", reason=code)
    english = said(french, "en")
    assert english.endswith(f" ({code})")
    assert english != french
    assert said(french.removesuffix(f" ({code})"), "en") == english.removesuffix(f" ({code})")
    assert said(f"2026-LYO-000001-01 · {french}", "en") == f"2026-LYO-000001-01 · {english}"


@pytest.mark.parametrize("state", MANDATE_STATES)
def test_every_state_of_a_mandate(state):
    """The end of a mandate is told in its own words."""
    assert said(written("mandate.ended", state=state), "en") == f"Mandate {MANDATE_STATES[state][1]}"


@pytest.mark.parametrize(
    "typed",
    [
        "Le client a changé de banque.",
        "compte clôturé depuis mars",
        "Prélèvement de 12 du 05/01/2027 revenu : compte clôturé. Le mandat ne sert plus.",
        "",
    ],
)
def test_what_people_typed_stays(typed):
    """Words that are not ours are nobody's to translate."""
    assert said(typed, "en") == typed
