"""Reading proposals: the samples exactly, and every fault named by its place."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.proposal import SIZE_LIMIT, Proposal, ProposalUnreadable, read, read_proposal
from tests.factories import SAMPLES, make_line, make_proposal, make_sub_order, sample

NAMES = ["au-nom-de-la-rose", "bat-etanche", "epice-et-cie", "garage-des-lilas", "modern-optic"]


def raw(name: str = "au-nom-de-la-rose") -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.json").read_bytes())


def problems(data: bytes | dict[str, Any]) -> dict[str, str]:
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(ProposalUnreadable) as caught:
        read_proposal(data)
    return {problem.path: problem.message_fr for problem in caught.value.problems}


def paths_refused(data: bytes) -> list[str]:
    try:
        read_proposal(data)
    except ProposalUnreadable as refused:
        return [problem.path for problem in refused.problems]
    return []


@pytest.mark.parametrize("name", NAMES)
def test_samples_round_trip(name: str) -> None:
    """A proposal written and read again is the same, to the byte and to the hash."""
    proposal = sample(name)
    again = read_proposal(proposal.to_json())
    assert proposal == again
    assert proposal.to_json() == again.to_json()
    assert proposal.sha256 == again.sha256


def test_equal_values_give_equal_bytes() -> None:
    """« 10 » and « 10.00 » are the same discount, so the frozen copies have the same hash."""
    document = raw()
    document["sub_orders"][0]["lines"][0]["discount_percent"] = "10.00"
    document["sub_orders"][0]["lines"][0]["unit_price"] = "1480"
    assert read_proposal(json.dumps(document).encode()).sha256 == sample("au-nom-de-la-rose").sha256


def test_samples_keep_their_facts() -> None:
    """Kinds, decimals, days and optional parts are what the files say."""
    rose = sample("au-nom-de-la-rose")
    assert ("order", "quote") == (rose.kind, sample("modern-optic").kind)
    assert Decimal("49.90") == rose.sub_orders[1].lines[1].unit_price
    assert rose.sub_orders[0].lines[3].call_tracking is not None
    assert Decimal("33.333") == sample("epice-et-cie").sub_orders[0].lines[1].unit_price


def test_day_31_in_a_schedule_is_the_end_of_the_month() -> None:
    """The ordering system writes « fin de mois » as day 31: it is read as meant, and said."""
    reading = read((SAMPLES / "epice-et-cie.json").read_bytes())
    assert ["2027-01-31", "2027-02-28", "2027-03-31"] == [
        instalment.due_on.isoformat() for instalment in reading.proposal.payment.instalments
    ]
    assert ["payment.instalments[1].due_on : 2027-02-31 lu comme fin de mois, 28/02/2027"] == [
        str(note) for note in reading.notes
    ]
    assert "end of the month" in reading.notes[0].message_en


def test_leap_years_and_thirty_day_months_end_where_they_end() -> None:
    """Day 31 is the 29th in February 2028 and the 30th in April; day 31 of January needs no note."""
    document = raw("epice-et-cie")
    for instalment, day in zip(
        document["payment"]["instalments"], ["2028-01-31", "2028-02-31", "2028-04-31"], strict=True
    ):
        instalment["due_on"] = day
    reading = read(json.dumps(document).encode())
    assert ["2028-01-31", "2028-02-29", "2028-04-30"] == [
        instalment.due_on.isoformat() for instalment in reading.proposal.payment.instalments
    ]
    assert 2 == len(reading.notes)


@pytest.mark.parametrize("day", ["2027-02-30", "2027-02-29", "2027-04-32", "2027-13-31", "2027-00-31"])
def test_any_other_impossible_due_date_is_refused(day: str) -> None:
    """Only day 31 stands for the end of the month: nobody knows what another wrong day meant."""
    document = raw("epice-et-cie")
    document["payment"]["instalments"][1]["due_on"] = day
    assert {"payment.instalments[1].due_on": f"{day} n'est pas une date du calendrier"} == problems(document)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("sub_orders[0].lines[0].starts_on", "starts_on"),
        ("sub_orders[0].lines[0].ends_on", "ends_on"),
    ],
)
def test_day_31_elsewhere_is_refused(path: str, name: str) -> None:
    """The reading of day 31 is for payment schedules alone."""
    document = raw()
    document["sub_orders"][0]["lines"][0][name] = "2027-02-31"
    assert {path: "2027-02-31 n'est pas une date du calendrier"} == problems(document)


def test_every_fault_is_named_at_once() -> None:
    """Unknown field, wrong type, three decimals, float, missing field: one reading finds all."""
    document = raw()
    document["colour"] = "red"
    del document["agency"]
    document["edition"] = "2027"
    document["sub_orders"][0]["lines"][2]["unit_price"] = 12.5
    document["sub_orders"][0]["lines"][2]["quantity"] = True
    document["sub_orders"][1]["lines"] = {}
    document["payment"]["instalments"][0]["amount"] = "605.681"
    document["payment"]["instalments"][1]["amount"] = 605
    document["account"]["address"] = []
    document["account"]["signatory"]["mobile"] = 33612345678
    document["kind"] = "simulation"
    found = problems(document)
    assert {
        "colour": "champ inconnu",
        "agency": "champ obligatoire absent",
        "edition": "un nombre entier est attendu",
        "sub_orders[0].lines[2].quantity": "un nombre entier est attendu",
        "sub_orders[1].lines": "une liste est attendue",
        "payment.instalments[0].amount": "plus de 2 décimales",
        "account.address": "un objet est attendu",
        "account.signatory.mobile": "un texte est attendu",
        "kind": "valeur inconnue ; attendu : order, quote",
    }.items() <= found.items()
    assert "entre guillemets" in found["sub_orders[0].lines[2].unit_price"]
    assert "entre guillemets" in found["payment.instalments[1].amount"]


def test_unit_prices_have_up_to_six_decimals() -> None:
    """Six decimals of a unit price pass (BR-FR-DEC-02), seven do not."""
    document = raw()
    document["sub_orders"][0]["lines"][0]["unit_price"] = "0.123456"
    assert Decimal("0.123456") == read_proposal(json.dumps(document).encode()).sub_orders[0].lines[0].unit_price
    document["sub_orders"][0]["lines"][0]["unit_price"] = "0.1234567"
    assert {"sub_orders[0].lines[0].unit_price": "plus de 6 décimales"} == problems(document)


@pytest.mark.parametrize("text", ["1e3", "NaN", "Infinity", "1,50", " 1.50", "+1.50", "1.", ".5", "", "١٢", "0x10"])
def test_other_ways_to_write_a_number_are_refused(text: str) -> None:
    """Figures, a point, figures: nothing else is an amount."""
    document = raw()
    document["payment"]["instalments"][0]["amount"] = text
    assert ["payment.instalments[0].amount"] == list(problems(document))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "le fichier est vide"),
        (b' {"reference": \n  "PROP"', "ligne 2, colonne 9"),
        (b"%PDF-1.7", "ligne 1, colonne 1"),
        ('{"name": "é"}'.encode("latin-1"), "UTF-8 (octet 11)"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8 (octet 1)"),
        (b"[" * 100_000, "imbriqué"),
        (b'{"a":' * 50 + b"1" + b"}" * 50, "imbriqué"),
        (b"[]", "un objet est attendu"),
        (b"null", "un objet est attendu"),
        (b'"x"', "un objet est attendu"),
    ],
)
def test_what_is_no_proposal_is_said_plainly(data: bytes, message: str) -> None:
    """A file that is not JSON, not UTF-8 or not an object is refused with the place."""
    assert message in problems(data)[""]


def test_a_large_file_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """10 MB are refused with the limit, before anything is parsed."""
    monkeypatch.setattr(json, "loads", lambda *_, **__: pytest.fail("parsed"))
    assert {"": "le fichier dépasse 2 Mo : il n'a pas été lu"} == problems(b" " * 10_000_000)
    assert 2_000_000 == SIZE_LIMIT


def test_keys_written_twice_and_values_that_are_not_json() -> None:
    """A key written twice hides a value from somebody; NaN and enormous numbers are no JSON that all read alike."""
    text = (SAMPLES / "au-nom-de-la-rose.json").read_text(encoding="utf-8")
    text = text.replace('"edition": 2027', f'"edition": {"9" * 5000}', 1)
    text = text.replace('"employees": 9', '"employees": NaN', 1)
    text = text.replace('"range": "Display"', '"range": "Display", "range": "Autre"', 1)
    assert {
        "sub_orders[2].range": "le champ est écrit plusieurs fois",
        "account.employees": "NaN n'est pas une valeur de JSON",
        "edition": "nombre trop grand",
    } == problems(text.encode())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Rose\u0000", "U+0000"),
        ("Rose\u0007", "U+0007"),
        ("Rose\nRouge", "U+000A"),
        ("\u202eesoR", "U+202E"),
        ("Rose\u2028", "U+2028"),
        ("Rose\ud800", "moitié de caractère"),
    ],
)
def test_invisible_characters_are_refused(text: str, message: str) -> None:
    """A contract reads as it is stored: nothing hidden, nothing reordered."""
    document = raw()
    document["account"]["legal_name"] = text
    assert message in problems(document)["account.legal_name"]


def test_long_texts_pass_and_absurd_ones_do_not() -> None:
    """A name of 90 characters and a comment of 2000 on several lines are ordinary; a megabyte is not."""
    document = raw()
    document["name"] = "Œ" * 90
    document["account"]["legal_name"] = "<b>" * 30
    document["special_conditions"] = "Ligne un\r\n" * 200
    proposal = read_proposal(json.dumps(document).encode())
    assert "<b>" * 30 == proposal.account.legal_name
    assert "Ligne un\n" * 200 == proposal.special_conditions
    document["name"], document["special_conditions"] = "n" * 201, "c" * 5001
    assert {"name": "plus de 200 caractères", "special_conditions": "plus de 5000 caractères"} == problems(document)


def test_accents_have_one_form() -> None:
    """An É in two characters and one in one are the same name."""
    document = raw()
    document["account"]["trade_name"] = "E\u0301pice"
    assert "Épice" == read_proposal(json.dumps(document).encode()).account.trade_name


def test_a_byte_order_mark_is_skipped() -> None:
    """Some editors put one in front of UTF-8."""
    assert sample("bat-etanche") == read_proposal(b"\xef\xbb\xbf" + (SAMPLES / "bat-etanche.json").read_bytes())


def test_strange_keys_cannot_break_a_message() -> None:
    """An unknown field is shown escaped and short."""
    found = problems(raw() | {"a\n" + "b" * 500: 1})
    assert [f'["a\\n{"b" * 38}…"]'] == [path.replace("\\u2026", "…") for path in found]


def test_a_file_wrong_everywhere_gives_a_hundred_problems() -> None:
    """Ten thousand faults are described by the first hundred."""
    document = raw()
    document["payment"]["instalments"] = [{"due_on": "x", "amount": "y"}] * 120
    assert 100 == len(problems(document))


def test_a_list_without_end_is_refused_as_a_whole() -> None:
    """A hundred thousand instalments are one problem."""
    document = raw()
    document["payment"]["instalments"] = [0] * 100_000
    assert {"payment.instalments": "plus de 5000 éléments"} == problems(document)


def test_values_and_personal_data_stay_out_of_the_exception() -> None:
    """The exception's own text holds no value of the file; nor does a proposal's repr hold numbers and addresses."""
    document = raw()
    document["account"]["signatory"]["mobile"] = ["+33612345678"]
    with pytest.raises(ProposalUnreadable) as caught:
        read_proposal(json.dumps(document).encode())
    assert "+33612345678" not in f"{caught.value!r} {caught.value} {caught.value.problems}"
    assert "+33612345678" not in repr(sample("au-nom-de-la-rose"))
    assert "@" not in repr(sample("au-nom-de-la-rose"))


def test_an_mo_has_a_number() -> None:
    """An empty MO number would be neither an MO nor none."""
    document = raw()
    document["sub_orders"][0]["mo"] = ""
    assert {"sub_orders[0].mo": "le texte est vide"} == problems(document)


def test_enclosures_come_once_each() -> None:
    """The same paper is expected once."""
    document = raw()
    document["enclosures"] = ["odi_a", "odi_a"]
    assert {"enclosures": "élément répété : odi_a"} == problems(document)


def test_models_are_frozen_and_refuse_floats() -> None:
    """Nothing changes a proposal in place, and money is never a float, not even in our own code."""
    with pytest.raises(ValueError, match="frozen"):
        make_proposal().name = "Autre"  # type: ignore[misc]
    with pytest.raises(ValueError, match="decimal"):
        make_line(discount_percent=0.1)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=200, deadline=None)
def test_no_bytes_cause_anything_but_a_refusal(data: bytes) -> None:
    """Whatever comes, the answer is a proposal or a list of problems."""
    with pytest.raises(ProposalUnreadable):
        read_proposal(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(Proposal.model_fields)), json_values)
@settings(max_examples=200, deadline=None)
def test_no_value_in_any_field_causes_anything_but_a_refusal(field: str, value: Any) -> None:
    """Any JSON in any field is read or refused, never an error of ours."""
    found = paths_refused(json.dumps(raw() | {field: value}).encode())
    assert all(path.startswith(field) or path == "" for path in found)


def test_three_hundred_lines_are_an_ordinary_order() -> None:
    """A large proposal stays far below the size limit."""
    large = make_proposal(make_sub_order(*[make_line(activity=f"Activité {place}") for place in range(300)]))
    assert len(large.to_json()) < SIZE_LIMIT / 10
    assert large == read_proposal(large.to_json())
