"""The evidence of orders to which odd things happened: it can always be made, and says what was so."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.errors import CodeExpired, CodeWrong, SmsRefused
from pipeline.origin import Origin
from pipeline.steps import ceremony, propose
from pipeline.steps import evidence as step
from pipeline.steps import seal as seal_step
from pipeline.steps.prepare import prepare
from signing import evidence as ev
from signing.errors import TimestampRefused
from signing.verify import verify
from tests.factories import make_proposal, sample
from tests.house import (
    CUSTOMER,
    REP,
    choices,
    documents,
    drain,
    jobs_of,
    kinds,
    make_keys,
    make_services,
    open_and_read,
    order_from,
    order_of,
    sign,
)
from tests.signing.test_by_hand import by_hand
from tests.templates.reading import words

PHONE = Origin("customer", "198.51.100.7", "Téléphone 0612345678")


@pytest.fixture
def rose(services):
    return order_from(services, sample("au-nom-de-la-rose"))


def proof(services, order_id):
    """The evidence of a signed order, which passes with its sealed form, and the story told from it."""
    drain(services)
    found = documents(services, order_id)
    report = verify(
        found["sealed_form"], trust=services.keys.roots, evidence=found["evidence"], now=services.clock.later()
    )
    assert report.passed, report.findings
    return ev.read_evidence(found["evidence_json"]), report.evidence.story


def test_the_printed_events_are_in_the_words_of_people(services, rose):
    """Money, days and instants as they are read, and no name or value that only a program knows."""
    sign(services, rose)
    drain(services)
    said = words(documents(services, rose)["evidence"])
    events = said[said.index("8. La suite des faits") : said.index("10. Le fichier joint")]
    assert "montant : 6 056,76 €" in events.replace("\u00a0", " ").replace("\u202f", " ")
    assert "horodatage valable jusqu’au" in events
    assert re.findall(r"\b[a-z]+_[a-z_]+\b", events) == []
    assert re.findall(r": (?:\d{4}-\d\d-\d\d|\d+\.\d\d(?!\.))\b", events) == []


def ticks(view):
    return [box.key for box in view.consents]


def sign_as(services, view, origin=CUSTOMER):
    ceremony.send_code(services, view.ceremony_id, ticks(view), origin)
    ceremony.sign(services, view.ceremony_id, services.sms.code, ticks(view), origin)


def lock(services, view):
    """Type five wrong codes."""
    ceremony.send_code(services, view.ceremony_id, ticks(view), CUSTOMER)
    wrong = f"{(int(services.sms.code) + 1) % 10**6:06d}"
    for _ in range(5):
        with pytest.raises(CodeWrong):
            ceremony.sign(services, view.ceremony_id, wrong, ticks(view), CUSTOMER)
    services.clock.move(minutes=11)


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "0612345678@orange.example"},
        {"role": "Gérante, 06 12 34 56 78"},
        {"place": "Lyon (FR76 3000 6000 0112 3456 7890 189)"},
        {"account_holder": "ROSE 06.12.34.56.78"},
        {"last_name": "Garnier 0612345678"},
    ],
    ids=lambda typed: next(iter(typed)),
)
def test_a_number_typed_in_a_field_is_masked_in_the_evidence(services, typed):
    """Whatever was typed, the order gets its proof, in which no whole number stands."""
    order_id = order_from(services, sample("au-nom-de-la-rose"), **typed)
    sign(services, order_id)
    proof(services, order_id)
    said = documents(services, order_id)["evidence_json"].decode()
    whole = ("0612345678", "06 12 34 56 78", "06.12.34.56.78", "0112 3456 7890")
    assert not [text for text in whole if text in said]


def test_a_number_in_a_reason_is_masked_in_the_journal(services, rose):
    """The representative says whom he called: the event keeps the first and the last two figures."""
    lock(services, open_and_read(services, rose))
    opened = ceremony.open_ceremony(services, rose, "link", REP, reason="Joint au 06 12 34 56 78")
    sign_as(services, ceremony.find(services, opened.token, CUSTOMER))
    evidence, _ = proof(services, rose)
    reasons = [event.data["reason"] for event in evidence.events if "reason" in event.data]
    assert ["Joint au 06 •• •• •• 78"] == reasons


def test_no_signatory_can_prevent_the_proof(services, rose):
    """A browser that calls itself a telephone number is written down masked."""
    opened = ceremony.open_ceremony(services, rose, "link", REP)
    sign_as(services, ceremony.find(services, opened.token, PHONE), PHONE)
    evidence, _ = proof(services, rose)
    assert "Téléphone 06••••••78" == evidence.facts.ceremony.user_agent
    assert "done" == jobs_of(services, rose)["evidence"].state


def test_a_link_opened_over_and_over_fills_no_journal(services, rose):
    """The first opening is written down, then one per address and hour, up to a number; it opens all the same."""
    opened = ceremony.open_ceremony(services, rose, "link", REP)
    for _ in range(20):
        ceremony.find(services, opened.token, CUSTOMER)
    assert 1 == kinds(services, rose).count("link.opened")
    ceremony.find(services, opened.token, PHONE)
    services.clock.move(minutes=61)
    ceremony.find(services, opened.token, PHONE)
    assert 2 == kinds(services, rose).count("link.opened")
    for number in range(200):
        ceremony.find(services, opened.token, Origin("customer", f"198.51.100.{number}"))
    assert 50 == kinds(services, rose).count("link.opened")
    again = ceremony.open_ceremony(services, rose, "link", REP)
    sign_as(services, ceremony.find(services, again.token, CUSTOMER))
    assert 51 == kinds(services, rose).count("link.opened")
    proof(services, rose)


def test_an_outage_closes_the_journal_once(services, rose, monkeypatch):
    """However often the archive or the unit refuses, the journal is closed once; again when the facts change."""
    from storage.errors import ArchiveUnavailable

    sign(services, rose)
    put, refused = services.archive.put, []

    def full(data, **about):
        if about["media_type"] != "application/json":
            return put(data, **about)
        refused.append(about)
        raise ArchiveUnavailable("full")

    with monkeypatch.context() as patch:
        patch.setattr(services.archive, "put", full)
        for _ in range(4):
            drain(services)
            services.clock.move(hours=1)
        assert len(refused) >= 4
        assert 1 == kinds(services, rose).count("evidence.closed")
        patch.setattr("pipeline.steps.evidence.__version__", "99.0")
        drain(services)
        assert 2 == kinds(services, rose).count("evidence.closed")
    services.clock.move(hours=1)
    evidence, _ = proof(services, rose)
    assert "evidence.closed" == evidence.events[-1].kind


def test_the_story_tells_which_pages_were_displayed(services, rose):
    """Who signed without looking at a page is not said to have read the document."""
    opened = ceremony.open_ceremony(services, rose, "link", REP)
    sign_as(services, ceremony.find(services, opened.token, CUSTOMER))
    _, story = proof(services, rose)
    assert "aucune page du document n'y a été affichée" in "\n".join(story)
    services.clock.move(minutes=1)
    other = order_from(services, make_proposal(reference="P-SECOND"))
    sign(services, other)
    evidence, story = proof(services, other)
    pages = len(evidence.facts.documents[0].page_images)
    assert f"{pages} pages du document y ont été affichées" in "\n".join(story)


def test_a_message_that_was_refused_was_not_sent(services, rose):
    """The story tells the code that no provider took apart from the one that was sent."""
    view = open_and_read(services, rose)
    services.sms.refusing = True
    with pytest.raises(SmsRefused):
        ceremony.send_code(services, view.ceremony_id, ticks(view), CUSTOMER)
    services.sms.refusing = False
    services.clock.move(seconds=40)
    sign_as(services, view)
    _, story = proof(services, rose)
    first, second = (line for line in story if "le code n°" in line)
    assert "n'a pas pu être envoyé" in first
    assert "a été envoyé par SMS" in second


def test_what_earlier_ceremonies_saw_is_told(services, rose):
    """Five wrong tries in a locked ceremony are not forgotten by the one that came after."""
    lock(services, open_and_read(services, rose))
    opened = ceremony.open_ceremony(services, rose, "link", REP, reason="Code mal lu")
    sign_as(services, ceremony.find(services, opened.token, CUSTOMER))
    _, story = proof(services, rose)
    told = "\n".join(story)
    assert "une autre signature de la même commande avait été ouverte : 1 code envoyé, 5 essais erronés" in told
    assert "après 0 essai erroné dans cette signature" in told


def test_the_algorithms_are_those_used(tmp_path_factory, monkeypatch):
    """An installation whose seal and unit have P-256 keys says so, and nothing of RSA."""
    with monkeypatch.context() as patch:
        patch.setattr("signing.pki.rsa.generate_private_key", lambda *_: ec.generate_private_key(ec.SECP256R1()))
        made = tmp_path_factory.mktemp("made")
        make_keys(made)
    services = make_services(made, tmp_path_factory.mktemp("house"))
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    sign(services, order_id)
    evidence, _ = proof(services, order_id)
    assert ("ECDSA P-256 SHA-256", "SHA-256") == evidence.facts.algorithms


def test_the_usual_algorithms_are_told(services, rose):
    """Seal and time-stamps of RSA, the customer's own key on a curve."""
    sign(services, rose)
    evidence, _ = proof(services, rose)
    assert ("RSA-3072 SHA-256", "ECDSA P-256 SHA-256", "SHA-256") == evidence.facts.algorithms


def test_an_order_of_another_program_was_not_typed_by_a_representative(services):
    """Particulars that came by the API are not said to have been told to the representative."""
    proposal_id = propose.import_proposal(services, sample("au-nom-de-la-rose").to_json(), REP)
    order_id = prepare(services, proposal_id, choices(), Origin("api:crm"))
    sign(services, order_id)
    _, story = proof(services, order_id)
    assert "transmis au vendeur par le logiciel « crm »" in "\n".join(story)
    assert "déclaré par le client au commercial" not in "\n".join(story)


@pytest.mark.programs
def test_a_late_seal_is_verified_by_hand_too(services, rose, tmp_path):
    """Sealed five hours after the code, the certificate is younger than the consent: the time-stamp's time counts."""
    sign(services, rose)
    services.clock.move(hours=5)
    proof(services, rose)
    found = documents(services, rose)
    amount = order_of(services, rose).total_incl_vat
    by_hand(tmp_path, found["sealed_form"], found["evidence"], services.keys.roots[0], amount)


def test_a_unit_that_refuses_is_asked_again(services, rose, monkeypatch):
    """A refused time-stamp waits for no human: form and evidence get theirs when the unit serves again."""

    def refuse(_digest):
        raise TimestampRefused("HTTP 401")

    with monkeypatch.context() as patch:
        patch.setattr(services.keys.timestamper, "timestamp", refuse)
        sign(services, rose)
        drain(services)
        assert "failed" not in {job.state for job in jobs_of(services, rose).values()}
    services.clock.move(hours=2)
    proof(services, rose)


@pytest.mark.parametrize("behind", [0.2, 3, 50])
def test_machines_whose_clocks_differ_prove_all_the_same(services, rose, behind):
    """Whoever opens, accepts or seals on a machine whose clock is late does it after what came before, as it was."""
    late = replace(services, clock=lambda: services.clock() - timedelta(seconds=behind))
    opened = ceremony.open_ceremony(late, rose, "link", REP)
    view = ceremony.find(services, opened.token, CUSTOMER)
    ticked = [box.key for box in view.consents]
    sent = ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    assert sent.live
    assert ceremony.view(late, view.ceremony_id).code.live
    ceremony.sign(late, view.ceremony_id, services.sms.code, ticked, CUSTOMER)
    drain(late)
    services.clock.move(seconds=2 * behind)
    drain(late)
    assert {job.state for job in jobs_of(services, rose).values()} == {"done"}
    found = documents(services, rose)
    report = verify(
        found["sealed_form"], trust=services.keys.roots, evidence=found["evidence"], now=services.clock.later()
    )
    assert report.passed, report.findings


def test_a_clock_that_is_wrong_by_more_is_not_covered_up(services, rose):
    """Minutes apart: no code from the future is accepted."""
    view = open_and_read(services, rose)
    ticked = [box.key for box in view.consents]
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    late = replace(services, clock=lambda: services.clock() - timedelta(minutes=2))
    with pytest.raises(CodeExpired):
        ceremony.sign(late, view.ceremony_id, services.sms.code, ticked, CUSTOMER)


def test_a_proof_that_would_not_hold_is_never_kept(services, monkeypatch):
    """Facts that are not those of the signature: the job fails and says why, and a human looks at it."""
    order_id = order_from(services, make_proposal())
    sign(services, order_id)
    seal_step.seal(services, order_id)
    told = step.gather

    def lying(*given, **named):
        facts = told(*given, **named)
        return replace(facts, rep=replace(facts.rep, name="Quelqu'un d'autre"))

    monkeypatch.setattr(step, "gather", lying)
    with pytest.raises(RuntimeError, match="does not agree"):
        step.evidence(services, order_id)
    assert order_of(services, order_id).evidence_sha256 is None
    monkeypatch.undo()
    step.evidence(services, order_id)
    assert order_of(services, order_id).evidence_sha256 is not None
