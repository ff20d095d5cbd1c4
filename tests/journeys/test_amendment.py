"""Another account, signed in a small ceremony of its own: a new mandate takes over what is open, once, provably."""

import json
import zipfile
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from pipeline.errors import Blocked, CodeWrong, NotFound, WrongState
from pipeline.orders import archived, frozen_of
from pipeline.steps import ceremony
from pipeline.steps import prepare as prepare_step
from pipeline.steps.amend import amend, amendable
from pipeline.steps.bank import take_answer
from pipeline.steps.collect import collect
from pipeline.steps.erase import erase, forget_prospects
from pipeline.steps.export import export_order
from pipeline.steps.mandate import mandate as register_again
from pipeline.steps.mandate_life import revoke
from pipeline.steps.prenotify import announce_due
from pipeline.steps.prepare import ensure_form, mandates_for, withdraw
from pipeline.steps.release import release
from signing.verify import verify
from storage.models import ArchiveEntry, Event, Instalment, Invoice, Job, Mandate, Order, Track
from tests.factories import IBAN, make_proposal
from tests.house import CUSTOMER, REP, choices, drain, kinds, open_and_read, order_from, order_of, sign
from tests.journeys.bank import camt054
from tests.journeys.pages import Browser
from tests.pipeline.api_client import CHOICES, Client, problem
from tests.pipeline.test_api_idempotency import die_instead, killed_call
from tests.templates.reading import words

NEW_IBAN = "FR1420041010050500013M02606"
THIRD_IBAN = "FR7630004000000000123456707"


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


def old_mandate(services):
    return next(row for row in rows(services, Mandate) if order_of(services, row.order_id).amends_umr is None)


def prepared(services, **overrides):
    return amend(services, old_mandate(services).umr, choices(**{"iban": NEW_IBAN} | overrides), REP)


def signed(services, **overrides):
    services.clock.move(hours=1)  # three codes in ten minutes would be too many
    amendment_id = prepared(services, **overrides)
    sign(services, amendment_id)
    drain(services)
    return amendment_id


def test_the_new_mandate_takes_over_what_is_open(house):
    """Signed, it is registered; the old one is « remplacé »; nothing is debited under the old account any more."""
    services, first = house
    old = old_mandate(services)
    assert collect(services, date(2027, 1, 31), REP).count == 1
    amendment_id = signed(services)

    new = rows(services, Mandate, order_id=amendment_id)[0]
    old = next(row for row in rows(services, Mandate) if row.id == old.id)
    assert (old.state, old.replaced_by_id, new.state, new.sequence_type) == ("amended", new.id, "active", "RCUR")
    assert new.iban_last4 == NEW_IBAN[-4:]
    assert len(rows(services, Instalment, order_id=first, mandate_id=new.id)) == 9
    assert kinds(services, first).count("mandate.amended") == 1
    assert collect(services, date(2030, 1, 1), REP) is None, "its holder was not told of any debit yet"
    services.clock.move(days=60)
    announce_due(services)
    drain(services)
    result = collect(services, date(2030, 1, 1), REP)
    assert result.count == 1
    assert NEW_IBAN.encode() in result.xml
    assert IBAN.encode() not in result.xml


def test_what_follows_is_a_copy_a_proof_and_the_register(house):
    """No invoice, no papers, nothing for the agency; the copy says both mandates; each track is done."""
    services, _ = house
    invoices = len(rows(services, Invoice))
    amendment_id = signed(services)
    tracks = {row.name: row.state for row in rows(services, Track, order_id=amendment_id)}
    assert tracks == {"copy": "done", "archive": "done", "mandate": "done"}
    assert len(rows(services, Invoice)) == invoices
    assert not [job for job in rows(services, Job, order_id=amendment_id) if job.state == "failed"]
    with pytest.raises(WrongState):
        release(services, amendment_id, REP)

    number = order_of(services, amendment_id).number
    (path,) = Path(services.settings.data_dir / "mail").glob(f"copy*{number}*.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",)).get_content()
    umr = order_of(services, amendment_id).mandate_umr
    assert umr in body
    assert old_mandate(services).umr in body
    assert [part.get_filename() for part in mail.iter_attachments()] == [f"changement-de-compte-{number}.pdf"]
    assert NEW_IBAN not in path.read_text("utf-8", "replace")


def test_the_proof_verifies(house):
    """The sealed amendment and its evidence pass together, and tell of an account, not of an order."""
    services, _ = house
    amendment_id = signed(services)
    order = order_of(services, amendment_id)
    pdf, evidence = archived(services, order.sealed_sha256), archived(services, order.evidence_sha256)
    report = verify(pdf, trust=services.keys.roots, evidence=evidence, now=services.clock.later())
    assert report.passed, [item.fr for item in (*report.findings, *report.evidence.findings)]
    story = " ".join(report.evidence.story)
    assert "le changement de compte n°" in story
    assert "effectif" not in story
    told = json.loads(archived(services, order.evidence_json_sha256))
    assert {each["kind"] for each in told["facts"]["documents"]} == {"mandate_amendment"}
    assert [each["kind"] for each in told["facts"]["consents"]] == ["order", "mandate", "durable_medium"]
    assert old_mandate(services).umr in told["facts"]["consents"][0]["text"]
    assert "changement de compte" in words(evidence).lower()
    other = verify(pdf, trust=services.keys.roots, evidence=_first_evidence(services), now=services.clock.later())
    assert not other.passed


def _first_evidence(services):
    return archived(services, order_of(services, old_mandate(services).order_id).evidence_sha256)


def test_the_document_says_both_accounts_and_what_moves(house):
    """Old account masked, new one whole; RUM, ICS, the mandate's words, the open debits of the order."""
    services, first = house
    amendment_id = prepared(services)
    order = order_of(services, amendment_id)
    form = services.archive.get(order.form_sha256, area="drafts")
    text = " ".join(words(form).split())
    old = old_mandate(services)
    for said in (old.umr, order.mandate_umr, "FR14 2004 1010 0505 0001 3M02 606", order_of(services, first).number):
        assert said in text
    assert "Mandat de prélèvement SEPA" in text
    assert "dans les 8 semaines" in text
    assert IBAN[4:20] not in text.replace(" ", "")


def test_the_sms_names_the_account_and_the_code_is_bound_to_the_form(house):
    """No amount is spoken of; the code of the form with one account does not sign the form with another."""
    services, _ = house
    services.clock.move(hours=1)
    first_id = prepared(services)
    view = open_and_read(services, first_id)
    ticked = [box.key for box in view.consents]
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    assert NEW_IBAN[-4:] in services.sms.sent[-1].text
    assert "€" not in services.sms.sent[-1].text
    code = services.sms.code
    second_id = prepared(services, iban=THIRD_IBAN)
    assert order_of(services, first_id).state == "withdrawn"
    view = open_and_read(services, second_id)
    services.clock.move(minutes=1)
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    if services.sms.code != code:
        with pytest.raises(CodeWrong):
            ceremony.sign(services, view.ceremony_id, code, ticked, CUSTOMER)


def test_a_second_tap_is_the_same_amendment(house):
    """The same account asked for twice gives one number; once signed, the old mandate cannot be amended again."""
    services, _ = house
    assert prepared(services) == prepared(services)
    assert len([row for row in rows(services, Order) if row.amends_umr]) == 1
    umr = old_mandate(services).umr
    signed(services)
    with pytest.raises(WrongState):
        amend(services, umr, choices(iban=THIRD_IBAN), REP)
    with pytest.raises(NotFound):
        amend(services, "M-2099-LYO-000001", choices(iban=NEW_IBAN), REP)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"iban": IBAN}, "mandate.iban_unchanged"),
        ({"iban": "FR7630006000011234567890188"}, "mandate.iban_invalid"),
        ({"iban": ""}, "mandate.iban_missing"),
        ({"account_holder": ""}, "mandate.holder_missing"),
        ({"mobile": "0478370000"}, "signatory.mobile_not_mobile"),
        ({"email": "x"}, "account.email_invalid"),
        ({"last_name": "", "first_name": ""}, "signatory.name_missing"),
    ],
)
def test_what_stops_an_amendment_is_said_at_once(house, values, code):
    """Nothing is written; every fault has its code and field."""
    services, _ = house
    with pytest.raises(Blocked) as stopped:
        prepared(services, **values)
    assert code in {item.code for item in stopped.value.findings}
    assert not [row for row in rows(services, Order) if row.amends_umr]


def test_another_mobile_is_told_to_the_rep_and_kept(house):
    """A changed number is a warning as it is typed, and the journal says that it was changed."""
    services, _ = house
    browser = Browser(services).log_in()
    umr = old_mandate(services).umr
    browser.open(f"/mandates/{umr}/account")
    csrf = browser.fields(f"/mandates/{umr}/account")["csrf"][0]
    answer = browser.client.post(f"/mandates/{umr}/account/mobile", data={"csrf": csrf, "mobile": "06 99 88 77 66"})
    assert "pas celui avec lequel le mandat a été signé" in answer.text
    amendment_id = prepared(services, mobile="+33699887766")
    with services.works(read_only=True) as work:
        event = work.first(Event, order_id=amendment_id, kind="order.prepared")
    assert event.data["mobile_changed"] is True


def test_an_order_that_waits_under_the_old_mandate_is_taken_back(house):
    """Its form names an account that is debited no more: the rep has it signed with the new one."""
    services, _ = house
    umr = old_mandate(services).umr
    proposal = make_proposal(reference="P-SECOND")
    waiting = order_from(services, proposal, iban="", account_holder="", mandate_umr=umr)
    signed(services)
    assert order_of(services, waiting).state == "withdrawn"
    new = next(row for row in rows(services, Mandate) if row.umr != umr)
    with services.works(read_only=True) as work:
        serving = mandates_for(work, new.epj, new.creditor_id, services.today())
    assert [row.umr for row in serving] == [new.umr]


def test_a_closed_account_is_cured_by_an_amendment(house):
    """The bank says AC04: the mandate is over, and the amendment puts the refused debit before the bank again."""
    services, first = house
    assert collect(services, date(2027, 1, 31), REP).count == 1
    services.clock.move(days=60)
    item = rows(services, Instalment, order_id=first, state="collected")[0]
    take_answer(services, camt054((item.end_to_end_id, "AC04", item.amount)), REP)
    drain(services)
    old = old_mandate(services)
    assert old.state == "revoked"
    assert amendable(services, old.umr).open_debits >= 9
    amendment_id = signed(services)
    new = rows(services, Mandate, order_id=amendment_id)[0]
    again = next(row for row in rows(services, Instalment) if row.id == item.id)
    assert (again.mandate_id, again.state) == (new.id, "returned")
    assert again.present_on is not None


def test_one_revoked_by_its_holder_is_not_amended(house):
    """He wants no debit at all: another account is his to ask for with a new order."""
    services, _ = house
    umr = old_mandate(services).umr
    revoke(services, umr, "Je ne veux plus de prélèvement", CUSTOMER)
    with pytest.raises(WrongState):
        amend(services, umr, choices(iban=NEW_IBAN), REP)


def test_refused_or_taken_back_nothing_changes(house):
    """The old mandate serves on; another attempt has a number of its own."""
    services, first = house
    amendment_id = prepared(services)
    view = open_and_read(services, amendment_id)
    ceremony.decline(services, view.ceremony_id, "Je garde mon compte", CUSTOMER)
    again = prepared(services)
    assert order_of(services, again).number != order_of(services, amendment_id).number
    withdraw(services, again, "Erreur", REP)
    assert old_mandate(services).state == "active"
    assert collect(services, date(2027, 1, 31), REP).count == 1
    assert order_of(services, first).state != "withdrawn"


def test_registering_twice_changes_nothing(house):
    """The job runs again after a crash: one mandate, one event, the same instalments."""
    services, first = house
    amendment_id = signed(services)
    before = [(row.id, row.mandate_id, row.announced_on) for row in rows(services, Instalment)]
    register_again(services, amendment_id)
    assert [(row.id, row.mandate_id, row.announced_on) for row in rows(services, Instalment)] == before
    assert len(rows(services, Mandate, order_id=amendment_id)) == 1
    assert kinds(services, first).count("mandate.amended") == 1


def test_amended_twice_the_last_account_serves(house):
    """A chain of mandates: what is open is always under the last."""
    services, first = house
    signed(services)
    second = rows(services, Mandate, state="active")[0]
    services.clock.move(hours=1)
    third_id = amend(services, second.umr, choices(iban=THIRD_IBAN), REP)
    sign(services, third_id)
    drain(services)
    third = rows(services, Mandate, order_id=third_id)[0]
    assert {row.mandate_id for row in rows(services, Instalment, order_id=first)} == {third.id}
    assert [row.state for row in rows(services, Mandate, id=second.id)] == ["amended"]


def test_export_and_erasure_know_amendments(house, tmp_path):
    """The ZIP has the mandate and its proof under their names; an erasure forgets an unsigned one, not a signed."""
    services, _ = house
    amendment_id = signed(services)
    order = order_of(services, amendment_id)
    (tmp_path / "export.zip").write_bytes(export_order(services, order.number))
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        listed = archive.namelist()
    assert {"documents/changement-de-compte.pdf", "documents/preuve.pdf", "documents/mandat.json"} <= set(listed)
    new = rows(services, Mandate, order_id=amendment_id)[0]
    waiting = amend(services, new.umr, choices(iban=THIRD_IBAN), REP)
    report = erase(services, order.epj, REP)
    assert report.gone["orders"] == 1
    assert not rows(services, Order, id=waiting)
    assert order.number in {each.order for each in report.kept}
    assert rows(services, ArchiveEntry, order_id=amendment_id)


def test_from_the_order_to_the_signed_mandate_in_a_browser(house):
    """The rep's page offers it; faults are said; the customer reads, types the code, and sees what happens next."""
    services, first = house
    services.clock.move(hours=1)
    rep = Browser(services).log_in()
    rep.open(f"/orders/{first}").link("Changer de compte")
    umr = old_mandate(services).umr
    rep.send(f"/mandates/{umr}/account", iban=IBAN)
    assert rep.status == 409
    assert "déjà celui du mandat" in rep.text
    rep.send(f"/mandates/{umr}/account", iban=NEW_IBAN)
    assert "Changement de compte n°" in rep.text
    assert "Remise en production" not in rep.text
    (amendment,) = [row for row in rows(services, Order) if row.amends_umr]
    rep.send(f"/orders/{amendment.id}/link")

    opened = ceremony.open_ceremony(services, amendment.id, "link", REP)
    customer = Browser(services).open(f"/s/{opened.token}")
    assert "Votre nouveau compte" in customer.answer.text
    assert "Vos règlements seront prélevés sur ce compte" in customer.text
    assert NEW_IBAN[4:20] not in customer.text.replace(" ", "")
    ticked = [box.key for box in ceremony.view(services, opened.ceremony_id).consents]
    customer.send("/c/code", consent=ticked)
    assert "Signer le mandat" in customer.text
    assert "obligation de paiement" not in customer.text
    customer.send("/c/signed", code=services.sms.code)
    assert customer.path == "/c/signed"
    assert "Vos règlements sont prélevés sur le compte se terminant par 2606" in customer.text
    drain(services)
    customer.open("/c/signed/state")
    pdf = customer.client.get("/c/bon-de-commande.pdf?save=1")
    assert f"changement-de-compte-{amendment.number}.pdf" in pdf.headers["content-disposition"]
    rep.open(f"/orders/{amendment.id}")
    assert "Nouveau mandat enregistré" in rep.text
    assert "changement de compte" in rep.open("/").text


def test_another_reps_mandate_is_not_there(house):
    """What is not his own does not exist for a rep; the back office may prepare it for everybody, and send the link."""
    services, _ = house
    umr = old_mandate(services).umr
    assert Browser(services).log_in("k.benali").open(f"/mandates/{umr}/account").status == 404
    office = Browser(services).log_in("siege")
    office.open(f"/mandates/{umr}/account").send(f"/mandates/{umr}/account", iban=NEW_IBAN)
    assert "Changement de compte n°" in office.text
    (amendment,) = [row for row in rows(services, Order) if row.amends_umr]
    office.send(f"/orders/{amendment.id}/link")
    office.send(f"/orders/{amendment.id}/link/send", by="sms")
    assert "nouveau compte" in services.sms.sent[-1].text
    assert frozen_of(services, amendment).rep.id == "c.delmas"


def test_another_account_through_the_api(house):
    """The same act for programs, once per Idempotency-Key; no answer holds the account; another rep sees nothing."""
    services, _ = house
    umr = old_mandate(services).umr
    path, body = f"/api/v1/mandates/{umr}/amendments", CHOICES | {"iban": NEW_IBAN, "account_holder": "LA ROSE"}
    crm = Client(services, "c.delmas")
    first = crm.post(path, json=body, headers={"Idempotency-Key": "account-1"})
    again = crm.post(path, json=body, headers={"Idempotency-Key": "account-1"})
    assert (first.status_code, again.json()["number"]) == (201, first.json()["number"])
    assert first.json()["amends"] == umr
    assert first.json()["proposal_id"] is None
    assert NEW_IBAN not in first.text
    refused = crm.post(path, json=body | {"iban": IBAN})
    assert problem(refused, 409, "proposal.blocked")["findings"][0]["code"] == "mandate.iban_unchanged"
    assert Client(services, "k.benali").post(path, json=body).status_code == 404


def test_a_correction_is_not_lost(house):
    """The same account with another telephone or holder is another amendment: the first is taken back."""
    services, _ = house
    first = prepared(services)
    second = prepared(services, mobile="+33699887766", account_holder="GARNIER HELENE")
    assert first != second
    assert order_of(services, first).state == "withdrawn"
    assert order_of(services, second).mobile_last2 == "66"
    assert order_of(services, second).account_holder == "GARNIER HELENE"


def test_an_amendment_that_nobody_signed_is_forgotten(house):
    """Three years later its account and telephone are gone; what was signed stays."""
    services, first = house
    unsigned = prepared(services)
    withdraw(services, unsigned, "Erreur", REP)
    services.clock.move(days=3 * 365 - 10)
    forget_prospects(services)
    assert rows(services, Order, id=unsigned)
    services.clock.move(days=20)
    forget_prospects(services)
    assert [row.id for row in rows(services, Order)] == [first]


def test_an_answer_lost_before_the_mandate_was_replaced_is_given_again(house, monkeypatch):
    """The program's process died with the answer; meanwhile the customer signed: the key says what was done."""
    services, _ = house
    path = f"/api/v1/mandates/{old_mandate(services).umr}/amendments"
    body = CHOICES | {"iban": NEW_IBAN, "account_holder": "LA ROSE"}
    crm = Client(services, "c.delmas")
    with monkeypatch.context() as patch:
        die_instead(patch, prepare_step, "certify")
        killed_call(crm, "account-2", path, json=body)
    (amendment,) = [row for row in rows(services, Order) if row.amends_umr]
    services.clock.move(hours=1)
    ensure_form(services, amendment.id)
    sign(services, amendment.id)
    drain(services)
    answer = crm.once("account-2", path, json=body)
    assert (answer.status_code, answer.json()["number"]) == (201, amendment.number)
