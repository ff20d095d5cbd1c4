"""What the bank sends back: stopped, presented again or the mandate ended; told to the rep; each file taken once."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from pipeline.errors import BankAnswerUnreadable
from pipeline.steps import bank, mandate_life
from pipeline.steps.bank import take_answer
from pipeline.steps.collect import collect
from pipeline.steps.mandate_life import revoke
from pipeline.steps.prenotify import announce_due
from storage.models import BankAnswer, BankAnswerItem, Debit, Instalment, Mandate, Order, Task
from templates.sepa import read_answer
from templates.sepa.messages import PREFIX, VERSIONS
from tests.factories import make_plan, make_proposal
from tests.house import REP, drain, kinds, order_from, sign
from tests.journeys.bank import camt054, pain002
from tests.journeys.killing import killed_at_every_line

NEW_IBAN = "FR1420041010050500013M02606"
LATER = make_plan("1200.00").model_copy(
    update={
        "instalments": tuple(
            item.model_copy(update={"due_on": item.due_on.replace(year=2028)})
            for item in make_plan("1200.00").instalments
        )
    }
)
FIRST, AMOUNT = "2026-LYO-000001-01", "605.68"


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


def instalment(services, sequence=1):
    return rows(services, Instalment, sequence=sequence)[0]


@pytest.fixture
def collected(house):
    """The first three debits are at the bank; it is the day after the first."""
    services, order_id = house
    result = collect(services, date(2027, 3, 31), REP)
    services.clock.now = services.clock.now.replace(year=2027, month=1, day=6)
    return services, order_id, result


def test_no_money_is_presented_again_after_a_notice(collected):
    """AM04: another name, another day far enough away, the customer told once; the rep has his task and mail."""
    services, order_id, _ = collected
    answer = take_answer(services, camt054((FIRST, "AM04", AMOUNT)), REP)
    assert (answer.applied, answer.known, answer.quarantined) == (1, 0, ())
    item = instalment(services)
    assert (item.state, item.present_on, item.announced_on) == ("returned", date(2027, 1, 21), None)
    assert collect(services, date(2027, 1, 31), REP) is None, "not before the customer knows"

    announce_due(services)
    announce_due(services)
    drain(services)
    folder = Path(services.settings.data_dir / "mail")
    assert len(list(folder.glob("debit*.eml"))) == len(list(folder.glob("returned*.eml"))) == 1
    assert collect(services, date(2027, 1, 20), REP) is None
    again = collect(services, date(2027, 1, 31), REP)
    assert f"{FIRST}-R1".encode() in again.xml
    assert b"2027-01-21" in again.xml
    assert kinds(services, order_id).count("instalment.returned") == 1
    (task,) = rows(services, Task)
    assert "provision insuffisante (AM04)" in task.text
    assert "21/01/2027" in task.text


def test_twice_again_and_no_more(collected):
    """After the third unpaid presentation the instalment waits for a human."""
    services, *_ = collected
    for attempt, name in enumerate((FIRST, f"{FIRST}-R1", f"{FIRST}-R2")):
        take_answer(services, camt054((name, "AM04", AMOUNT), message=f"RET-{attempt}"), REP)
        announce_due(services)
        drain(services)
        result = collect(services, services.today() + timedelta(days=20), REP)
        assert (result is None) == (attempt == 2)
        services.clock.move(days=25)
    assert instalment(services).state == "returned"
    assert instalment(services).present_on is None
    assert len(rows(services, Debit, instalment_id=instalment(services).id)) == 3
    announce_due(services)
    assert instalment(services).present_on is None, "nothing moves it by itself"


@pytest.mark.parametrize(
    ("code", "again", "mandate"),
    [
        ("AC01", False, "active"),
        ("AC04", False, "revoked"),
        ("MD01", False, "revoked"),
        ("MD06", False, "active"),
        ("MD07", False, "revoked"),
        ("MS02", False, "active"),
        ("MS03", True, "active"),
        ("SL01", False, "active"),
        ("ZZ99", False, "active"),
    ],
)
def test_each_reason_has_its_outcome(collected, code, again, mandate):
    """Stopped, presented again, or the mandate is over; a reason that nobody knows stops the debit."""
    services, order_id, _ = collected
    take_answer(services, camt054((FIRST, code, AMOUNT)), REP)
    drain(services)
    assert (instalment(services).present_on is not None) == again
    assert rows(services, Mandate)[0].state == mandate
    assert collect(services, date(2028, 1, 1), REP) is None or mandate == "active"
    assert len(rows(services, Task)) == 1
    assert kinds(services, order_id).count("mandate.revoked") == (mandate == "revoked")


def test_a_closed_account_goes_on_under_the_next_mandate(collected):
    """The next order has another account signed; what is owed is announced and presented there."""
    services, *_ = collected
    take_answer(services, camt054((FIRST, "AC04", AMOUNT)), REP)
    second = order_from(services, make_proposal(reference="P-SECOND", payment=LATER), iban=NEW_IBAN)
    sign(services, second)
    drain(services)
    (new,) = rows(services, Mandate, state="active")
    assert {row.mandate_id for row in rows(services, Instalment, state="planned")} == {new.id}
    item = instalment(services)
    assert (item.mandate_id, item.present_on, item.announced_on) == (new.id, date(2027, 1, 21), None)
    announce_due(services)
    drain(services)
    result = collect(services, date(2027, 1, 31), REP)
    assert f"{FIRST}-R1".encode() in result.xml
    assert NEW_IBAN.encode() in result.xml


def test_the_same_file_twice_changes_nothing(collected):
    """Taken once by its hash; and the same return in another file is known."""
    services, order_id, _ = collected
    data = camt054((FIRST, "AM04", AMOUNT))
    take_answer(services, data, REP)
    before = (kinds(services, order_id), len(rows(services, Task)), len(rows(services, BankAnswerItem)))
    again = take_answer(services, data, REP)
    assert again.repeated
    assert again.applied == 1
    other = take_answer(services, camt054((FIRST, "AM04", AMOUNT), message="RET-2"), REP)
    assert (other.applied, other.known) == (0, 1)
    assert (kinds(services, order_id), len(rows(services, Task))) == before[:2]
    assert len(rows(services, BankAnswer)) == 2


def test_killed_at_any_line_each_return_counts_once(collected):
    """Dead once at every line of taking an answer: in the end one task, one event, one entry."""
    services, order_id, _ = collected
    data = camt054((FIRST, "AM04", AMOUNT), ("2026-LYO-000001-02", "AC04", AMOUNT))
    answer, deaths = killed_at_every_line(lambda: take_answer(services, data, REP), bank, mandate_life)
    assert deaths > 60
    assert answer.applied == 2
    assert len(rows(services, Task)) == len(rows(services, BankAnswerItem)) == 2
    assert kinds(services, order_id).count("instalment.returned") == 2
    assert kinds(services, order_id).count("mandate.revoked") == 1


def test_rejected_before_settlement(collected):
    """A pain.002 names the debits that the bank did not present; the file's other debits stand."""
    services, _, result = collected
    answer = take_answer(services, pain002((FIRST, "AC04", AMOUNT), original=result.message_id), REP)
    assert answer.applied == 1
    states = {debit.end_to_end_id[-2:]: debit.state for debit in rows(services, Debit)}
    assert states == {"01": "rejected", "02": "sent", "03": "sent"}


def test_a_whole_file_or_group_rejected(collected):
    """Without single debits in the answer, every debit of the file or of the group is meant."""
    services, _, result = collected
    root = etree.fromstring(result.xml)
    group = root.findtext(".//{*}PmtInf/{*}PmtInfId")
    one = take_answer(services, pain002(original=result.message_id, groups=[(group, "FF01")]), REP)
    assert one.applied == 1
    rest = take_answer(services, pain002(original=result.message_id, status="RJCT", message="REJ-2"), REP)
    assert (rest.applied, rest.known) == (2, 1)
    foreign = take_answer(services, pain002(original="SDD-NOT-OURS", status="RJCT", message="REJ-3"), REP)
    assert foreign.quarantined == (("", "sans référence de prélèvement connue"),)


def test_what_cannot_be_matched_waits_in_quarantine(collected):
    """An unknown debit or another sum changes nothing, and says why."""
    services, *_ = collected
    answer = take_answer(services, camt054(("2019-XXX-000009-01", "AM04", "10.00"), (FIRST, "AM04", "6056.80")), REP)
    assert answer.applied == 0
    assert [reason for _, reason in answer.quarantined] == [
        "prélèvement inconnu",
        "montant différent de celui du prélèvement",
    ]
    assert instalment(services).state == "collected"
    assert {row.state for row in rows(services, BankAnswerItem)} == {"quarantined"}


def test_a_return_after_the_order_is_cancelled_owes_nothing(collected):
    """Refunded or renounced since: the debit is closed and never presented again."""
    services, order_id, _ = collected
    with services.works() as work:
        work.lock(Order, order_id).state = "cancelled"
    take_answer(services, camt054((FIRST, "AM04", AMOUNT)), REP)
    assert instalment(services).state == "cancelled"


def test_a_revoked_mandate_is_not_tried_again(collected):
    """No money, and the customer has revoked meanwhile: nothing is presented."""
    services, *_ = collected
    revoke(services, rows(services, Mandate)[0].umr, "Fin de contrat", REP)
    take_answer(services, camt054((FIRST, "AM04", AMOUNT)), REP)
    assert instalment(services).present_on is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<Document/>",
        camt054(space="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"),
        camt054(extra='<x xmlns="urn:other"/>'),
        camt054((FIRST, "AM04", "six cents")),
        camt054(message=""),
        pain002().replace(b"<OrgnlMsgId>SDD-X</OrgnlMsgId>", b""),
        b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + camt054().split(b"?>", 1)[1],
    ],
)
def test_what_is_no_answer_is_refused_whole(collected, data):
    """Another message, another namespace, a DTD, a sum in words: refused with a reason, nothing stored."""
    services, *_ = collected
    with pytest.raises(BankAnswerUnreadable) as caught:
        take_answer(services, data, REP)
    assert caught.value.params["reason"]
    assert rows(services, BankAnswer) == []


@pytest.mark.parametrize("name", VERSIONS["camt.054"])
def test_each_version_of_a_return_is_read(collected, name):
    """Of 2009, of 2019 and the newest: the same debit, reason, sum and day."""
    services, *_ = collected
    answer = read_answer(camt054((FIRST, "AM04", AMOUNT), space=PREFIX + name))
    (entry,) = answer.entries
    assert (answer.message_id, entry.end_to_end_id, entry.code) == ("RET-1", FIRST, "AM04")
    assert set(entry.amounts) == {Decimal(AMOUNT)}
    assert entry.day == date(2027, 1, 12)
    assert take_answer(services, camt054((FIRST, "AM04", AMOUNT), space=PREFIX + name), REP).applied == 1


@pytest.mark.parametrize("name", VERSIONS["pain.002"])
def test_each_version_of_a_reject_is_read(collected, name):
    """A single debit, a group, a whole file."""
    services, _, result = collected
    group = etree.fromstring(result.xml).findtext(".//{*}PmtInf/{*}PmtInfId")
    space = {"original": result.message_id, "space": PREFIX + name}
    assert take_answer(services, pain002((FIRST, "AM04", AMOUNT), **space), REP).applied == 1
    assert take_answer(services, pain002(groups=[(group, "FF01")], message="REJ-2", **space), REP).known == 1
    rest = take_answer(services, pain002(status="RJCT", message="REJ-3", **space), REP)
    assert (rest.applied, rest.known) == (2, 1)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"<Sts>BOOK</Sts>", b"", "sts"),
        (b"<Sts>BOOK</Sts>", b"<Sts>MAYBE</Sts>", "illisible"),
        (b"<BookgDt>", b"<x:y xmlns:x='urn:other'/><BookgDt>", "y n'a pas sa place dans ReportEntry2"),
        (b"<Ntry>", b"<Ntry Id='1'>", "Id n'a pas sa place dans ReportEntry2"),
        (b"<MsgId>RET-1</MsgId>", b"<MsgId>" + b"R" * 36 + b"</MsgId>", "GroupHeader42.MsgId"),
        (b">605.68<", b">605.681234<", "CurrencyAndAmount"),
        (b'Ccy="EUR">605.68', b'Ccy="eur">605.68', "Ccy"),
        (b'Ccy="EUR">605.68', b'Ccy="USD">605.68', "euros"),
        (b"2027-01-12</Dt>", b"12/01/2027</Dt>", "illisible"),
        (b"<Rsn><Cd>AM04</Cd></Rsn>", b"<Cd>AM04</Cd>", "Cd n'a pas sa place"),
    ],
)
def test_what_the_definition_does_not_know_is_refused(collected, old, new, place):
    """Missing, unknown, misplaced, too long, no date, no euros: refused whole, the place named and no value."""
    data = camt054((FIRST, "AM04", AMOUNT)).replace(old, new)
    with pytest.raises(BankAnswerUnreadable) as caught:
        take_answer(collected[0], data, REP)
    assert place in caught.value.params["reason"]
    assert "605" not in caught.value.params["reason"]
    assert rows(collected[0], BankAnswer) == []


def test_what_the_bank_adds_at_the_invited_place_is_passed_over():
    """`SplmtryData` of the newer messages takes anything."""
    added = "<SplmtryData><Envlp><x xmlns='urn:bank'>1</x></Envlp></SplmtryData>"
    data = camt054((FIRST, "AM04", AMOUNT), space=f"{PREFIX}camt.054.001.08", extra=added)
    assert len(read_answer(data).entries) == 1
