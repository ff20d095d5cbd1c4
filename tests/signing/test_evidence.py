"""The evidence file: chained, canonical, closed over its facts, free of secrets."""

import hashlib
import json
import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from signing import evidence as ev
from signing.errors import EvidenceLeak, EvidenceMalformed
from tests.signing.evidence_samples import START, make_events, make_facts


def built(facts=None, token=b"token"):
    facts = facts or make_facts()
    return ev.build_evidence(facts, make_events(facts), token)


def recanonical(change):
    """The sample file with a change made to its JSON, in canonical form again."""
    said = json.loads(built())
    change(said)
    return rfc8785.dumps(said)


def test_a_whole_chain_verifies():
    """Events as they were chained break nowhere; an empty chain neither."""
    assert ev.verify_chain(make_events(make_facts())) is None
    assert ev.verify_chain([]) is None


@pytest.mark.parametrize(
    "change",
    [
        {"at": START},
        {"kind": "code.accepted."},
        {"actor": "c.delmas"},
        {"ip": "192.0.2.8"},
        {"user_agent": "other"},
        {"data": {"page": 3}},
        {"data": {"page": "1"}},
        {"data": {"page": 1.0}},
        {"sequence": 4},
        {"previous_hash": "0" * 64},
        {"hash": "0" * 64},
    ],
)
def test_a_changed_event_breaks_the_chain_there(change):
    """Whatever is changed in the third event, the chain breaks at three."""
    events = make_events(make_facts())
    events[2] = replace(events[2], **change)
    assert 3 == ev.verify_chain(events)


def test_a_rewritten_event_breaks_the_next_link():
    """Giving the changed event a right hash of its own moves the break to the event after it."""
    events = make_events(make_facts())
    forged = ev.Event(sequence=3, at=events[2].at, kind="page.shown", actor="customer", data={"page": 9})
    events[2] = ev.chain(events[1].hash, forged)
    assert 4 == ev.verify_chain(events)


def test_removed_moved_and_doubled_events_break_the_chain():
    """Taking away, exchanging or repeating an event breaks the chain at that place."""
    events = make_events(make_facts())
    assert 1 == ev.verify_chain(events[1:])
    assert 4 == ev.verify_chain(events[:3] + events[4:])
    assert 2 == ev.verify_chain([events[0], events[2], events[1], *events[3:]])
    assert 2 == ev.verify_chain([events[0], *events])


def test_the_same_instant_links_alike_in_every_zone():
    """An event read back from a database in another zone has the same hash."""
    event = make_events(make_facts())[0]
    elsewhere = replace(event, at=event.at.astimezone(timezone(timedelta(hours=2))))
    assert ev.link(ev.GENESIS, event) == ev.link(ev.GENESIS, elsewhere)


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8")),
        st.one_of(
            st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.text(st.characters(codec="utf-8"))
        ),
    )
)
def test_an_event_links_alike_after_json(data):
    """Data that went through a JSON column and back, keys in another order, give the same hash."""
    event = ev.Event(sequence=1, at=START, kind="k", actor="a", data=data)
    back = json.loads(json.dumps(dict(reversed(data.items()))))
    assert ev.link(ev.GENESIS, event) == ev.link(ev.GENESIS, replace(event, data=back))


@pytest.mark.parametrize(
    "data", [{"x": 1.5}, {"x": Decimal(1)}, {"x": {1, 2}}, {"x": b"b"}, {1: "x"}, {"x": 2**60}, {"x": "\ud800"}]
)
def test_what_json_says_in_several_ways_is_refused(data):
    """Floats, decimals, sets, bytes, huge numbers and broken text never enter the chain."""
    with pytest.raises(EvidenceMalformed):
        ev.chain(ev.GENESIS, ev.Event(sequence=1, at=START, kind="k", actor="a", data=data))


def test_an_instant_without_zone_is_refused():
    """An instant that could be any of 24 is no evidence."""
    with pytest.raises(EvidenceMalformed, match="time zone"):
        ev.link(ev.GENESIS, ev.Event(sequence=1, at=datetime(2026, 1, 1), kind="k", actor="a"))  # noqa: DTZ001


def test_the_file_is_canonical_and_stable():
    """Same facts, same bytes; the bytes are their own RFC 8785 form; amounts and instants have one spelling."""
    data = built()
    assert data == built()
    said = json.loads(data)
    assert rfc8785.dumps(said) == data
    assert "6056.76" == said["facts"]["order"]["total_incl_vat"]
    assert "2026-11-23T10:02:30.000000Z" == said["facts"]["order"]["signed_at"]


def test_the_file_reads_back_as_it_was():
    """Reading gives the facts, the events, the head and the token that went in."""
    facts = make_facts()
    events = make_events(facts)
    evidence = ev.read_evidence(ev.build_evidence(facts, events, b"token"))
    assert facts == evidence.facts
    assert events == list(evidence.events)
    assert events[-1].hash == evidence.chain_head
    assert b"token" == ev.time_stamp_bytes(evidence)


def test_a_missing_time_stamp_is_said():
    """Without a time-stamp server the file says null, and reads back so."""
    assert ev.time_stamp_bytes(ev.read_evidence(built(token=None))) is None


def test_an_outsider_can_recompute_the_head():
    """The head is the plain SHA-256 of the last event's JSON without its own hash, and says the facts' SHA-256."""
    said = json.loads(built())
    last = said["events"][-1]
    kept = last.pop("hash")
    assert hashlib.sha256(rfc8785.dumps(last)).hexdigest() == kept == said["chain_head"]
    assert hashlib.sha256(rfc8785.dumps(said["facts"])).hexdigest() == last["data"]["facts_sha256"]


def test_an_unclosed_chain_makes_no_file():
    """Without the closing event, or with one over other facts, nothing is written."""
    facts = make_facts()
    events = make_events(facts)
    with pytest.raises(EvidenceMalformed, match="close"):
        ev.build_evidence(facts, events[:-1], None)
    with pytest.raises(EvidenceMalformed, match="close"):
        ev.build_evidence(replace(facts, terms_version="2020"), events, None)
    with pytest.raises(EvidenceMalformed, match="broken"):
        ev.build_evidence(facts, [], None)
    with pytest.raises(EvidenceMalformed, match="broken at 2"):
        ev.build_evidence(facts, [events[0], *events[2:]], None)


@pytest.mark.parametrize(
    "text",
    [
        "rappeler au 06 12 34 56 78",
        "+33612345678",
        "+33 (0)7 12 34 56 78",
        "06.12.34.56.78",
        "IBAN FR76 3000 6000 0112 3456 7890 189",
        "FR7630006000011234567890189",
        "FR76 3000 6000 0112 3456 7890 189 AU CREDIT LYONNAIS",
        "DE89370400440532013000",
    ],
)
def test_a_full_number_or_account_stops_the_file(text):
    """A mobile number or an IBAN written in full anywhere is refused, and the message does not repeat it."""
    facts = make_facts()
    facts = replace(facts, rep=replace(facts.rep, device=text))
    with pytest.raises(EvidenceLeak) as raised:
        built(facts)
    assert "$.facts.rep.device" == raised.value.path
    assert text not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rappeler au 06 12 34 56 78, merci", "rappeler au 06 •• •• •• 78, merci"),
        ("0612345678@orange.example", "06••••••78@orange.example"),
        ("+33612345678 ou +33 (0)7 12 34 56 78", "+336••••••78 ou +33 (0)7 •• •• •• 78"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189.", "IBAN FR•• •••• •••• •••• •••• •••0 189."),
        ("FR7630006000011234567890189", "FR•••••••••••••••••••••0189"),
        ("AB12 FR7630006000011234567890189 AU CREDIT", "AB12 FR•••••••••••••••••••••0189 AU CREDIT"),
        ("fr76 3000 6000 0112 3456 7890 189 merci", "fr•• •••• •••• •••• •••• •••0 189 merci"),
        ("Fr7630006000011234567890189", "Fr•••••••••••••••••••••0189"),
        ("FR76\u00a03000\u202f6000\u20090112 3456 7890 189", "FR••\u00a0••••\u202f••••\u2009•••• •••• •••0 189"),
        ("fr76.3000.6000.0112.3456.7890.189", "fr••.••••.••••.••••.••••.•••0.189"),
        ("FR76-3000-6000-0112-3456-7890-189", "FR••-••••-••••-••••-••••-•••0-189"),
        ("FR76 – 3000 – 6000 – 0112 – 3456 – 7890 – 189", "FR•• – •••• – •••• – •••• – •••• – •••0 – 189"),
        ("FR 76 30006 00001 12345678901 89", "FR •• ••••• ••••• •••••••••01 89"),
        ("IBAN:fr76\t3000\n6000 0112 3456 7890 189", "IBAN:fr••\t••••\n•••• •••• •••• •••0 189"),
        ("ibanfr7630006000011234567890189", "ibanfr•••••••••••••••••••••0189"),
        (
            "FR76\u200b3000\u200b6000\u200b0112\u200b3456\u200b7890\u200b189",
            "FR••\u200b••••\u200b••••\u200b••••\u200b••••\u200b•••0\u200b189",
        ),
        ("de89 3704 0044 0532 0130 00", "de•• •••• •••• •••• ••30 00"),
        ("nl91abna0417164300", "nl••••••••••••4300"),
        ("01 23 45 67 89, SIRET 73282932000074", "01 23 45 67 89, SIRET 73282932000074"),
        ("fr76 3000 6000 0112 3456 7890 188", "fr76 3000 6000 0112 3456 7890 188"),
        ("le 05.12.2026, de 10 à 12 heures", "le 05.12.2026, de 10 à 12 heures"),
    ],
)
def test_what_was_typed_is_masked(text, said):
    """First and last figures stay, and lengths; what is masked is written without complaint, and masked once."""
    assert said == ev.masked(text)
    assert {"reason": [said], "umr": text} == ev.masked({"reason": [text], "umr": text})
    assert said == ev.masked(said)
    facts = make_facts()
    assert built(replace(facts, rep=replace(facts.rep, device=said)))


def test_no_identifier_is_taken_for_an_account():
    """Whatever is drawn at random and written in hexadecimal, whole or in groups, is left as it is."""
    draw = random.Random(5)
    for _ in range(20_000):
        number = draw.getrandbits(128)
        hexadecimal = f"{number:032x}"
        for text in (hexadecimal, hexadecimal.upper(), str(UUID(int=number)), hexadecimal[:27], hexadecimal[:22]):
            assert {"ceremony": text} == ev.masked({"ceremony": text})


def test_no_prose_is_taken_for_an_account():
    """An account is a checksum, a length and a shape of its country; words and figures beside one another are none."""
    draw = random.Random(7)
    some = "le de fr be at commande du 12 76 2026 89 lot 00042 31 3000 annuaire visite ligne es lu nl it gb ch"
    words = some.split()
    for _ in range(5_000):
        text = " ".join(draw.choices(words, k=14))
        assert text == ev.masked(text)


@pytest.mark.parametrize("text", ["01 23 45 67 89", "SIRET 73282932000074", "2026-LYO-000042", "FR69ZZZ651190"])
def test_other_figures_are_no_leak(text):
    """A landline, a SIRET, an order number or a creditor identifier is not taken for one."""
    facts = make_facts()
    assert built(replace(facts, rep=replace(facts.rep, device=text)))


def test_an_amount_with_a_fraction_of_a_cent_stops_the_file():
    """Amounts are exact: nothing is rounded on the way into the proof."""
    facts = make_facts()
    facts = replace(facts, order=replace(facts.order, total_incl_vat=Decimal("1.005")))
    with pytest.raises(EvidenceMalformed):
        make_events(facts)


def _unknown(said):
    said["facts"]["order"]["extra"] = 1


def _missing(said):
    del said["facts"]["order"]["number"]


def _number(said):
    said["facts"]["order"]["total_incl_vat"] = 6056


def _spelling(said):
    said["facts"]["order"]["total_incl_vat"] = "6056.760"


def _instant(said):
    said["facts"]["order"]["signed_at"] = "2026-11-23T11:02:30.000000+01:00"


def _year(said):
    said["facts"]["order"]["signed_at"] = "9999-12-31T23:59:59.000000Z"


def _level(said):
    said["facts"]["level"] = "B-X"


def _schema(said):
    said["schema"] = "seing.evidence/2"


def _text(said):
    said["facts"]["consents"][0]["text"] += " Et le reste."


def _hash(said):
    said["chain_head"] = "AB" * 32


@pytest.mark.parametrize(
    "change", [_unknown, _missing, _number, _spelling, _instant, _year, _level, _schema, _text, _hash]
)
def test_reading_is_strict(change):
    """Unknown or missing fields, other types or spellings, another schema, words unlike their hash: refused."""
    with pytest.raises(EvidenceMalformed):
        ev.read_evidence(recanonical(change))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"{}",
        b"[]",
        b"%PDF-1.7",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":NaN}',
        b'{"a":1e999}',
        b" " * (17 * 2**20),
    ],
    ids=range(10),
)
def test_what_is_no_evidence_file_is_refused(data):
    """Anything else gives one error of ours, never a traceback of another kind."""
    with pytest.raises(EvidenceMalformed):
        ev.read_evidence(data)


def test_a_second_spelling_is_refused():
    """Blanks, another order of keys or a doubled key are not the bytes that were sealed."""
    data = built()
    for other in (
        data + b"\n",
        data.replace(b'"schema":', b'"schema": ', 1),
        data.replace(b"{", b'{"chain_head":"",', 1),
    ):
        with pytest.raises(EvidenceMalformed):
            ev.read_evidence(other)


def test_a_broken_token_is_refused():
    """A time-stamp that is not base64 is named as such."""

    def change(said):
        said["time_stamp"] = "???"

    with pytest.raises(EvidenceMalformed, match="base64"):
        ev.time_stamp_bytes(ev.read_evidence(recanonical(change)))
