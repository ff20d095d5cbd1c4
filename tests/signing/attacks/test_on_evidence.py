"""No altered evidence passes, even when its author recomputes every hash that he can."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import rfc8785

from signing import evidence as ev
from signing.verify import Indication
from tests.signing import world
from tests.signing.evidence_samples import make_events


def altered(change, level="B-T"):
    """Verdict on the sample order with its evidence JSON changed in place, canonical form kept."""
    pdf, _, data = world.case(level)
    said = json.loads(data)
    change(said)
    return world.check(pdf, evidence=rfc8785.dumps(said))


def refounded(level="B-T", *, stamp=True, **changes):
    """Verdict when the forger changes facts, then chains and closes all anew under the old time-stamp or none."""
    pdf, facts, data = world.case(level)
    facts = replace(facts, **changes)
    events = make_events(facts)
    token = ev.time_stamp_bytes(ev.read_evidence(data)) if stamp else None
    return world.check(pdf, evidence=ev.build_evidence(facts, events, token))


def closed_again(level="B-T", *, events=None, change=None, **changes):
    """Verdict when the forger keeps the journal, changes facts, and closes it anew with a good new time-stamp.

    `change(facts)` gives other facts, `changes` replaces some, `events` stands for the journal before the closing.
    """
    pdf, facts, data = world.case(level)
    facts = replace(change(facts) if change else facts, **changes)
    before = list(events) if events is not None else list(ev.read_evidence(data).events[:-1])
    return world.check(pdf, evidence=world.evidence_of(facts, events=_closed(before, facts)))


def _closed(before, facts):
    """The events chained again from the first, closed over the facts."""
    last = ev.Event(sequence=len(before) + 1, at=world.SIGNED_AT + timedelta(seconds=3), kind=ev.CLOSED, actor="system")
    last = replace(last, data=ev.closing_data(facts))
    chained, head = [], ev.GENESIS
    for sequence, event in enumerate([*before, last], start=1):
        plain = {name: value for name, value in vars(event).items() if name not in {"previous_hash", "hash"}}
        chained.append(ev.chain(head, ev.Event(**(plain | {"sequence": sequence}))))
        head = chained[-1].hash
    return chained


def told(pdf, facts):
    """Verdict with facts that are false from the start, honestly chained and time-stamped."""
    return world.check(pdf, evidence=world.evidence_of(facts))


def _amount(said):
    said["events"][0]["data"]["amount"] = "1.00"


def _actor(said):
    said["events"][7]["actor"] = "c.delmas"


def _time(said):
    said["events"][4]["at"] = "2026-11-23T10:00:00.000000Z"


def _removed(said):
    del said["events"][6]


def _last_removed(said):
    del said["events"][-1]


def _all_removed(said):
    said["events"] = []


def _reordered(said):
    said["events"][2], said["events"][3] = said["events"][3], said["events"][2]


def _doubled(said):
    said["events"].insert(3, said["events"][2])


def _headcount(said):
    said["facts"]["declarations"]["headcount"] = "6+"


def _head(said):
    said["chain_head"] = "0" * 64


@pytest.mark.parametrize(
    "change",
    [_amount, _actor, _time, _removed, _last_removed, _all_removed, _reordered, _doubled, _headcount, _head],
)
def test_a_change_in_the_journal_is_refused(change):
    """An event changed, removed, moved or doubled, a fact changed, another head: the chain says so."""
    report = altered(change)
    assert not report.passed
    assert "evidence.chain" in world.codes(report), world.codes(report)


def _consent_words(said):
    said["facts"]["consents"][0]["text"] = "J'accepte tout."


def test_a_false_file_tells_no_story():
    """What its author would have a judge read is not shown under the seller's name."""
    assert closed_again().evidence.story
    report = closed_again(change=_part("signatory", role="Gérante, verdict : valable"))
    assert report.indication is Indication.FAILED
    assert not report.evidence.story


def _unknown(said):
    said["facts"]["note"] = "bon"


def _token_of_rubbish(said):
    said["time_stamp"] = "AAAA"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_consent_words, "evidence.unreadable"),
        (_unknown, "evidence.unreadable"),
        (_token_of_rubbish, "time_stamp.unreadable"),
    ],
)
def test_what_does_not_read_is_refused(change, code):
    """Other words than those hashed, unknown fields, a token that is none."""
    report = altered(change)
    assert not report.passed
    assert code in world.codes(report), world.codes(report)


def test_a_rewritten_chain_loses_its_time_stamp():
    """Who rewrites everything consistently has the old time-stamp, of another head, or none."""
    _, facts, _ = world.case()
    declarations = replace(facts.declarations, headcount="6+")
    assert "time_stamp.other" in world.codes(refounded(declarations=declarations))
    assert "evidence.no_time_stamp" in world.codes(refounded(declarations=declarations, stamp=False))


def test_a_time_stamp_of_a_stranger_is_not_believed():
    """A unit under an unknown root vouches for nothing."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    from signing.certificates import key_usage
    from signing.identity import Identity
    from signing.timestamp import LocalTimestamper
    from tests.signing.attacks import on_trust

    pdf, facts, _ = world.case()
    key = ec.generate_private_key(ec.SECP256R1())
    unit = on_trust.certificate("Horodatage", key, on_trust.root(), ca=False, usage=key_usage(digital_signature=True))
    assert x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    stamper = LocalTimestamper(
        Identity(unit, (on_trust.root().certificate,), key), policy_oid=world.POLICY, clock=lambda: world.SIGNED_AT
    )
    report = world.check(pdf, evidence=world.evidence_of(facts, stamper=stamper))
    assert "certificate.no_certificate_chain_found" in world.codes(report)


def test_a_time_stamp_older_than_the_last_event_is_refused():
    """The head cannot have been stamped before its events happened."""
    pdf, facts, _ = world.case()
    early = world.world().stamper(world.SIGNED_AT - timedelta(hours=1))
    assert "time_stamp.order" in world.codes(world.check(pdf, evidence=world.evidence_of(facts, stamper=early)))


def test_evidence_of_another_order_is_refused():
    """A perfect file about another signing says nothing of this one."""
    _, _, data = world.case("B-T")
    report = world.check(world.signed("B-LTA"), evidence=data)
    assert {"evidence.document", "evidence.signer"} <= world.codes(report)


def test_a_form_that_was_not_shown_is_refused():
    """The code was bound to another form than the one inside the file."""
    pdf, facts, _ = world.case()
    documents = (replace(facts.documents[0], sha256="ab" * 32), facts.documents[1])
    assert "evidence.document" in world.codes(told(pdf, replace(facts, documents=documents)))
    ceremony = replace(facts.ceremony, bound_document_sha256="ab" * 32)
    assert "evidence.document" in world.codes(told(pdf, replace(facts, ceremony=ceremony)))


def test_a_code_for_another_amount_is_refused():
    """The amount in the text message is the amount of the order."""
    pdf, facts, _ = world.case()
    ceremony = replace(facts.ceremony, bound_amount=Decimal("1.00"))
    assert "evidence.document" in world.codes(told(pdf, replace(facts, ceremony=ceremony)))


def test_another_signatory_is_refused():
    """The evidence names one person, the certificate another."""
    pdf, facts, _ = world.case()
    signatory = replace(facts.signatory, name="Jean Dupont")
    assert "evidence.signer" in world.codes(told(pdf, replace(facts, signatory=signatory)))


def test_certificates_that_are_not_listed_are_refused():
    """Seal and customer's certificate must be those of the evidence."""
    pdf, facts, _ = world.case()
    assert "evidence.signer" in world.codes(told(pdf, replace(facts, certificates=facts.certificates[1:])))


def test_a_level_that_was_reached_is_not_lost():
    """Validation data stripped back to the customer's revision: the file is sound, but poorer than it was."""
    pdf, _, data = world.case("B-LTA")
    from tests.signing.attacks.forge import revision_end

    stripped = pdf[: revision_end(pdf, "client")]
    assert world.check(stripped).passed
    assert {"evidence.level", "evidence.document"} <= world.codes(world.check(stripped, evidence=data))


@pytest.mark.parametrize(
    "change",
    [
        {"wrong_tries": 5},
        {"codes": ()},
        {"opened_at": world.SIGNED_AT + timedelta(minutes=1)},
        {"code_accepted_at": world.SIGNED_AT + timedelta(minutes=6)},
    ],
)
def test_a_ceremony_against_its_own_rules_is_refused(change):
    """Too many tries, no code, an acceptance before the opening or after the code's end."""
    pdf, facts, _ = world.case()
    report = told(pdf, replace(facts, ceremony=replace(facts.ceremony, **change)))
    assert {"evidence.consent", "evidence.time"} & world.codes(report)


def test_an_order_without_consent_is_refused():
    """No ticked box for the order: no contract."""
    pdf, facts, _ = world.case()
    refused = tuple(replace(consent, given=False) for consent in facts.consents)
    assert "evidence.consent" in world.codes(told(pdf, replace(facts, consents=refused)))
    assert "evidence.consent" in world.codes(told(pdf, replace(facts, consents=())))


def test_a_signature_before_the_consent_is_refused():
    """The signature's time-stamp cannot precede the accepted code."""
    pdf = world.signed("B-T")
    _, facts, _ = world.case()
    later = timedelta(hours=1)
    ceremony = replace(
        facts.ceremony,
        code_accepted_at=facts.ceremony.code_accepted_at + later,
        codes=tuple(
            replace(code, sent_at=code.sent_at + later, expires_at=code.expires_at + later)
            for code in facts.ceremony.codes
        ),
    )
    order = replace(facts.order, signed_at=facts.order.signed_at + later, sealed_at=facts.order.sealed_at + later)
    moved = replace(facts, ceremony=ceremony, order=order)
    stamper = world.world().stamper(world.SIGNED_AT + later + timedelta(seconds=5))
    report = world.check(pdf, evidence=world.evidence_of(moved, stamper=stamper))
    assert "evidence.time" in world.codes(report)


def test_a_journal_hash_in_the_signature_must_be_in_the_journal():
    """The reason of the customer's signature may name the head of the journal: it is then looked for."""
    pdf = world.customer_signed(world.certified(), reason="Bon pour accord, journal " + "ab" * 32)
    from tests.signing.attacks.forge import signature

    certificate = world.x509.load_der_x509_certificate(signature(pdf).signer_cert.dump())
    facts = world.facts_of(pdf, world.certified(), certificate)
    assert "evidence.chain" in world.codes(told(pdf, facts))


def _ceremony(**changes):
    return lambda facts: replace(facts, ceremony=replace(facts.ceremony, **changes))


def _code(**changes):
    return lambda facts: _ceremony(codes=(replace(facts.ceremony.codes[0], **changes),))(facts)


def _part(part, **changes):
    return lambda facts: replace(facts, **{part: replace(getattr(facts, part), **changes)})


def _mobile(facts):
    mobile = ev.Mobile(masked="06 •• •• •• 99", fingerprint="00" * 32)
    return replace(facts, signatory=replace(facts.signatory, mobile=mobile))


def _consent(**changes):
    return lambda facts: replace(facts, consents=(replace(facts.consents[0], **changes), *facts.consents[1:]))


def _other_words(facts):
    given = facts.consents[0]
    return replace(facts, consents=(ev.consent(given.kind, "Autre chose.", given.version, given=True, at=given.at),))


def _pages(facts):
    shown = replace(facts.documents[0], page_images=("ab" * 32,))
    return replace(facts, documents=(shown, facts.documents[1]))


def _certificate(facts):
    return replace(facts, certificates=(replace(facts.certificates[0], subject="CN=Autre"), *facts.certificates[1:]))


def _stamp(facts):
    stamp = ev.TimeStampUsed(
        covers="document", at=world.SIGNED_AT, authority="Autre", policy="1.2", serial="1", digest_algorithm="sha256"
    )
    return replace(facts, time_stamps=(*facts.time_stamps, stamp))


@pytest.mark.parametrize(
    "change",
    [
        _ceremony(ip="203.0.113.66"),
        _ceremony(user_agent="Autre"),
        _ceremony(mode="link"),
        _ceremony(opened_by="rep:autre"),
        _ceremony(wrong_tries=0),
        _code(provider="autre"),
        _code(provider_id="SMautre"),
        _code(delivery="failed"),
        _code(segments=2),
        _code(channel="voice"),
        _code(sent_at=world.SIGNED_AT - timedelta(seconds=40)),
        _mobile,
        _part("signatory", email="autre@rose.example"),
        _part("signatory", role="Employée"),
        _part("rep", name="Autre Commercial"),
        _part("customer", legal_name="Autre"),
        _part("seller", siren="404833048"),
        _part("order", total_excl_vat=Decimal("1.00")),
        _part("order", canonical_sha256="ab" * 32),
        _part("order", sealed_at=world.SIGNED_AT + timedelta(seconds=1)),
        _part("payment", iban_masked="•••• 9999"),
        _part("declarations", headcount="6+"),
        _part("declarations", withdrawal_applies=False),
        _consent(version="2020.1"),
        _consent(at=world.SIGNED_AT - timedelta(minutes=2)),
        _other_words,
        _pages,
        _certificate,
        _stamp,
        lambda facts: replace(facts, algorithms=("RSA-4096 SHA-512", *facts.algorithms)),
        lambda facts: replace(facts, algorithms=facts.algorithms[:1]),
    ],
)
def test_facts_rewritten_under_a_good_new_time_stamp_are_refused(change):
    """Another address, code, number, person, text: the closing alone is redone, and stamped by a trusted unit."""
    assert closed_again().evidence.checks
    assert not {check.code for check in closed_again().evidence.checks if not check.passed}
    report = closed_again(change=change)
    assert report.indication is Indication.FAILED
    assert {"evidence.chain", "evidence.signer", "evidence.time"} & world.codes(report), world.codes(report)


def _without_signing(events):
    return [event for event in events if event.kind != ev.SIGNED]


def _signed_twice(events):
    signed = next(event for event in events if event.kind == ev.SIGNED)
    return [*events, replace(signed, at=events[-1].at)]


def _never_sealed(events):
    return [event for event in events if event.kind != "order.sealed"]


@pytest.mark.parametrize("change", [_without_signing, _signed_twice, _never_sealed])
def test_a_journal_rewritten_under_a_good_new_time_stamp_is_refused(change):
    """The event that the signature names is there, once; the sealing is told."""
    _, _, data = world.case()
    events = change(list(ev.read_evidence(data).events[:-1]))
    report = closed_again(events=events)
    assert report.indication is Indication.FAILED
    assert "evidence.chain" in world.codes(report)


def test_a_signature_that_names_no_journal_is_refused():
    """The customer's signature must say of which journal it is the end."""
    pdf = world.customer_signed(world.certified(), reason="Bon pour accord")
    from tests.signing.attacks.forge import signature

    certificate = world.x509.load_der_x509_certificate(signature(pdf).signer_cert.dump())
    report = told(pdf, world.facts_of(pdf, world.certified(), certificate))
    assert {"evidence.chain", "evidence.unsealed"} == world.codes(report)


def test_evidence_without_its_seal_proves_less():
    """The bare JSON agrees in everything, but nothing in it says that it comes from the seller."""
    pdf, _, data = world.case()
    report = world.check(pdf, evidence=data)
    assert report.indication is Indication.INDETERMINATE
    assert {"evidence.unsealed"} == world.codes(report)
    assert "sans son cachet" in report.sentence


TRIES = b'Android 15)","wrong_tries":'
"""Before their number in the facts."""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"training":false', b'"training":false,"training":false'),
        (b'{"chain_head"', b'{"schema":"seing.evidence/1","chain_head"'),
        (TRIES + b"1", TRIES + b"1.0"),
        (TRIES + b"1", TRIES + b"1e0"),
        (TRIES + b"1", TRIES + b"NaN"),
        (TRIES + b"1", TRIES + b"9" * 5000),
        (TRIES + b"1", TRIES + b"true"),
        (b"Claire", b"\\u0043laire"),
        (b"Claire", b"\\ud800laire"),
        (b'"data":{"kinds"', b'"data":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"kinds"'),
        (b"{", b"\xef\xbb\xbf{"),
        (b"{", b" {"),
    ],
    ids=[
        "a key twice", "a key twice at the top", "fraction", "exponent", "no number", "huge", "truth for a number",
        "another spelling", "half a character", "deep", "byte order mark", "blank",
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(old, new):
    """RFC 8785 knows one way to write a value: in any other, one reader would see what the next does not."""
    pdf, _, data = world.case()
    assert old in data
    report = world.check(pdf, evidence=data.replace(old, new, 1))
    assert report.indication is Indication.FAILED
    assert "evidence.unreadable" in world.codes(report)
