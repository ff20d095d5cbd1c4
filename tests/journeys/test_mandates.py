"""Mandates and collection: what may be debited, when, under which mandate; each instalment once, whatever happens."""

import multiprocessing
from datetime import date, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from lxml import etree

from pipeline.bootstrap import build_services
from pipeline.config import load_settings
from pipeline.errors import ReasonMissing, WrongState
from pipeline.rules.mandates import add_months, lapses_on
from pipeline.steps import collect as collecting
from pipeline.steps import debits, mandate_life
from pipeline.steps.amend import amend
from pipeline.steps.collect import collect, collect_all, collection_file
from pipeline.steps.mandate_life import expire_mandates, request_amendment, revoke
from pipeline.steps.prenotify import announce_due
from pipeline.steps.prepare import mandates_for, prepare
from pipeline.steps.propose import import_proposal
from pipeline.steps.register import register, register_csv
from storage.models import Collection, Debit, Instalment, Mandate, Order, Task
from tests.factories import IBAN, make_plan, make_proposal, sample
from tests.house import CUSTOMER, REP, choices, drain, kinds, order_from, order_of, sign
from tests.journeys.killing import killed_at_every_line

NEW_IBAN = "FR1420041010050500013M02606"
FAR = date(2030, 1, 1)


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


def names_in(xml):
    root = etree.fromstring(xml)
    space = {"p": etree.QName(root).namespace}
    return [node.text for node in root.iterfind(".//p:PmtId/p:EndToEndId", space)]


def groups_in(xml):
    root = etree.fromstring(xml)
    space = {"p": etree.QName(root).namespace}
    return [
        (node.findtext("p:ReqdColltnDt", None, space), node.findtext("p:PmtTpInf/p:LclInstrm/p:Cd", None, space))
        for node in root.iterfind(".//p:PmtInf", space)
    ]


def mails(services, start):
    return sorted(Path(services.settings.data_dir / "mail").glob(f"{start}*.eml"))


def second_proposal(**overrides):
    return make_proposal(reference="P-SECOND", **overrides)


def sign_again(services, **overrides):
    """A further order of the rose's account."""
    services.clock.move(hours=1)  # three codes in ten minutes would be too many
    order_id = order_from(services, second_proposal(), **overrides)
    sign(services, order_id)
    drain(services)
    return order_id


def the_mandate(services):
    return rows(services, Mandate)[0]


def test_a_mandate_serves_again_for_the_next_order(house):
    """The next order of the account asks for no IBAN: same mandate, one row in the register, both orders debited."""
    services, first = house
    umr = the_mandate(services).umr
    second = sign_again(services, iban="", account_holder="", mandate_umr=umr)
    assert [row.umr for row in rows(services, Mandate)] == [umr]
    assert {row.mandate_id for row in rows(services, Instalment, order_id=second)} == {the_mandate(services).id}
    result = collect(services, FAR, REP)
    assert result.count == 14
    assert {name[:15] for name in names_in(result.xml)} == {order_of(services, each).number for each in (first, second)}


@pytest.mark.parametrize("how", ["revoked", "lapsed", "amended", "another account"])
def test_a_mandate_that_is_over_never_serves_again(house, how):
    """Revoked, lapsed, about to be replaced or of another account: the order is refused before it has a number."""
    services, _ = house
    umr, account = the_mandate(services).umr, {}
    if how == "revoked":
        revoke(services, umr, "Le client change de banque", REP)
    elif how == "lapsed":
        with services.works() as work:
            work.first(Mandate).signed_at -= timedelta(days=3 * 366)
    elif how == "amended":
        request_amendment(services, umr, "Le client change de banque", REP)
    else:
        account = {"account": second_proposal().account.model_copy(update={"epj": "01234567"})}
    proposal_id = import_proposal(services, second_proposal(**account).to_json(), REP)
    with pytest.raises(WrongState):
        prepare(services, proposal_id, choices(iban="", account_holder="", mandate_umr=umr), REP)
    assert len(rows(services, Order)) == 1


def test_a_single_debit_mandate_is_never_used_twice(services):
    """« Paiement ponctuel » means one debit: the next order needs a mandate of its own."""
    proposal = make_proposal(payment=make_plan("1200.00", count=1))
    order_id = order_from(services, proposal)
    sign(services, order_id)
    drain(services)
    assert the_mandate(services).sequence_type == "OOFF"
    proposal_id = import_proposal(services, second_proposal().to_json(), REP)
    with pytest.raises(WrongState):
        prepare(services, proposal_id, choices(iban="", mandate_umr=the_mandate(services).umr), REP)


def test_revoking_stops_every_debit_and_takes_back_what_waits(house):
    """A reason is asked; nothing is collected any more; an order that waits under this mandate is the rep's again."""
    services, order_id = house
    umr = the_mandate(services).umr
    waiting = order_from(services, second_proposal(), iban="", account_holder="", mandate_umr=umr)
    with pytest.raises(ReasonMissing):
        revoke(services, umr, " ", CUSTOMER)
    revoke(services, umr, "Je ne veux plus de prélèvement", CUSTOMER)
    revoke(services, umr, "Je ne veux plus de prélèvement", CUSTOMER)
    assert the_mandate(services).state == "revoked"
    assert kinds(services, order_id).count("mandate.revoked") == 1
    assert order_of(services, waiting).state == "withdrawn"
    assert collect(services, FAR, REP) is None


def test_another_account_is_a_new_mandate_for_what_remains(house):
    """The next order has the new IBAN signed; what is left of the first order goes on under it, after a notice."""
    services, first = house
    assert collect(services, date(2027, 1, 31), REP).count == 1
    old = the_mandate(services)
    request_amendment(services, old.umr, "Nouvelle banque", REP)
    sign_again(services, iban=NEW_IBAN)
    old = next(row for row in rows(services, Mandate) if row.id == old.id)
    new = next(row for row in rows(services, Mandate) if row.id != old.id)
    assert (old.state, old.replaced_by_id, new.state) == ("amended", new.id, "active")
    assert kinds(services, first).count("mandate.amended") == 1

    moved = rows(services, Instalment, order_id=first, mandate_id=new.id)
    assert len(moved) == 9
    result = collect(services, FAR, REP)
    assert result.count == 4, "only what its holder was told of"
    services.clock.move(days=60)
    announce_due(services)
    drain(services)
    (path,) = mails(services, "debit")
    told = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()
    assert new.umr in told
    assert NEW_IBAN not in told
    assert NEW_IBAN[-4:] in told
    assert names_in(collect(services, FAR, REP).xml) == [moved[0].end_to_end_id]


def test_unused_for_thirty_six_months(house):
    """Counted from the last due date, even of a rejected debit; it lapses the day after, and batches look first."""
    services, order_id = house
    collect(services, date(2027, 2, 28), REP)
    services.clock.now = services.clock.now.replace(year=2030, month=2, day=5)
    assert expire_mandates(services) == 0
    services.clock.move(days=1)
    assert collect(services, FAR, REP) is None
    assert the_mandate(services).state == "expired"
    assert kinds(services, order_id).count("mandate.expired") == 1
    assert lapses_on(date(2026, 11, 23), None) == date(2029, 11, 23)
    assert add_months(date(2027, 12, 31), 2) == date(2028, 2, 29)


def test_a_run_that_dies_after_the_archive_is_finished_by_the_next(house, monkeypatch):
    """Killed between archive and commit: the next run gives the very same file, and no instalment is in two."""
    services, _ = house
    put = services.archive.put
    seen = []

    def killed(data, **more):
        seen.append(put(data, **more))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(services.archive, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            collect(services, date(2027, 3, 31), REP)
    services.clock.move(hours=1)
    (result,) = collect_all(services, date(2027, 3, 31), REP)
    (row,) = rows(services, Collection)
    assert row.sha256 == seen[0]
    assert collection_file(services, row.id) == result.xml
    assert len(rows(services, Debit)) == result.count == 3


def test_a_run_that_dies_before_its_commit_has_taken_nothing(house, monkeypatch):
    """Killed while it takes: nothing is marked, and the next run takes all of it."""
    services, _ = house
    with monkeypatch.context() as patch:
        patch.setattr(collecting, "record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            collect(services, date(2027, 3, 31), REP)
    assert rows(services, Collection) == rows(services, Debit) == []
    assert collect(services, date(2027, 3, 31), REP).count == 3


def test_killed_at_any_line_each_debit_is_in_one_file(house):
    """Dead once at every line of taking and of writing: in the end one archived file, and each debit in it once."""
    services, order_id = house
    made, deaths = killed_at_every_line(
        lambda: collect_all(services, date(2027, 3, 31), REP), collecting, debits, mandate_life
    )
    assert deaths > 80
    (row,) = rows(services, Collection)
    assert row.archived_at is not None
    assert [result.message_id for result in made] in ([row.message_id], [])
    written = names_in(collection_file(services, row.id))
    assert written == sorted(each.end_to_end_id for each in rows(services, Debit))
    assert len(set(written)) == len(written) == row.count == 3
    assert kinds(services, order_id).count("instalment.collected") == 3


def _collect_elsewhere(folder, now, barrier, answers):
    services = build_services(load_settings(data_dir=folder), clock=lambda: now)
    barrier.wait()
    answers.put([names_in(result.xml) for result in collect_all(services, FAR, REP)])


def test_two_processes_at_once_share_nothing(house):
    """Two batches started in the same second on one database: each instalment is in one file."""
    services, _ = house
    folder, now = services.settings.data_dir, services.clock.now
    services.works.engine.dispose()
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(2), context.Queue()
    running = [context.Process(target=_collect_elsewhere, args=(folder, now, barrier, answers)) for _ in range(2)]
    for process in running:
        process.start()
    found = [name for _ in running for names in answers.get(timeout=60) for name in names]
    for process in running:
        process.join(60)
    assert {process.exitcode for process in running} == {0}
    assert len(rows(services, Debit)) == 10
    # The second may finish the first one's file, and then gives the same one: it is the same message for the bank.
    assert len(rows(services, Collection)) == 1
    assert set(found) == {row.end_to_end_id for row in rows(services, Instalment)}


def test_nothing_in_the_period_of_withdrawal(services):
    """Small firm: nothing is collected in the period; a debit planned inside it is moved after it."""
    proposal = sample("epice-et-cie")
    order_id = order_from(
        services, proposal, mobile="+596696123456", employees=2, place="Fort-de-France", early_start=True
    )
    sign(services, order_id)
    drain(services)
    until = order_of(services, order_id).withdrawal_until
    with services.works() as work:  # as a form signed in an older version, with a debit on day 10
        first = work.first(Instalment, order_id=order_id, sequence=1)
        first.due_on = services.today() + timedelta(days=10)
    assert collect(services, FAR, REP) is None
    announce_due(services)
    assert rows(services, Instalment, order_id=order_id, sequence=1)[0].present_on is None, "he may still withdraw"
    services.clock.move(days=(until - services.today()).days + 1)
    assert collect(services, FAR, REP).count == 2
    announce_due(services)
    drain(services)
    first = rows(services, Instalment, order_id=order_id, sequence=1)[0]
    assert first.present_on >= services.today() + timedelta(days=14)
    assert len(mails(services, "debit")) == 1
    assert collect(services, FAR, REP).count == 1


def test_held_orders_are_not_collected(services):
    """Production waits for the end of the period, and so do the debits."""
    order_id = order_from(services, sample("epice-et-cie"), mobile="+596696123456", employees=2, place="Fort-de-France")
    sign(services, order_id)
    drain(services)
    assert order_of(services, order_id).state == "held"
    assert collect(services, FAR, REP) is None


def test_a_day_that_went_by_is_announced_anew(house):
    """Nobody collected in time: the debit is moved, its holder told once, and only then presented; the rest goes on."""
    services, _ = house
    services.clock.now = services.clock.now.replace(year=2027, month=1, day=6)
    assert len(names_in(collect(services, date(2027, 2, 28), REP).xml)) == 1
    for _ in range(3):
        announce_due(services)
        drain(services)
    (notice,) = mails(services, "debit")
    assert "2027-LYO" not in notice.name
    (first,) = rows(services, Instalment, sequence=1)
    assert first.present_on == date(2027, 1, 21)
    assert collect(services, date(2027, 1, 20), REP) is None
    assert collect(services, date(2027, 1, 31), REP).count == 1


def test_a_notice_that_could_not_leave_in_time_moves_the_debit(house, monkeypatch):
    """The mail server is down for days: the notice that leaves at last names a day that is far enough."""
    from pipeline.channels.mail import MailError

    services, order_id = house
    services.clock.now = services.clock.now.replace(year=2027, month=1, day=6)
    with monkeypatch.context() as patch:

        def down(*_args, **_more):
            raise MailError("down")

        patch.setattr(type(services.mail), "send", down)
        announce_due(services)
        drain(services)
    services.clock.move(days=4)
    drain(services)
    (first,) = rows(services, Instalment, sequence=1)
    assert first.announced_on == date(2027, 1, 10)
    assert first.present_on >= date(2027, 1, 24)
    assert kinds(services, order_id).count("debit.announced") == 1


def test_core_and_b2b_never_share_a_file(house):
    """Each scheme has its own file, each due date its own group of debits."""
    services, _ = house
    second = sign_again(services, iban=NEW_IBAN)
    with services.works() as work:
        work.first(Mandate, order_id=second).scheme = "B2B"
    core, b2b = collect_all(services, date(2027, 3, 31), REP)
    assert {scheme for _, scheme in groups_in(core.xml)} == {"CORE"}
    assert {scheme for _, scheme in groups_in(b2b.xml)} == {"B2B"}
    days = [day for day, _ in groups_in(core.xml)]
    assert len(days) == len(set(days)) == 3
    assert (core.total + b2b.total) == Decimal("605.68") * 3 + Decimal("300.00") * 2


def test_a_debit_that_no_bank_takes_stops_no_other(house):
    """One wrong account becomes a task of the rep, once; the file leaves with the others."""
    services, first = house
    second = sign_again(services, iban=NEW_IBAN)
    with services.works() as work:
        row = work.first(Mandate, order_id=second)
        row.iban_enc = services.vault.seal(
            "FR7600000000000000000000000", table="mandates", column="iban_enc", row_id=row.id
        )
    assert set(names_in(collect(services, FAR, REP).xml)) == {
        row.end_to_end_id for row in rows(services, Instalment, order_id=first)
    }
    assert collect(services, FAR, REP) is None
    assert kinds(services, second).count("instalment.refused") == 4
    assert not any("FR76" in str(task.text) for task in rows(services, Task))


def test_the_register_is_searched_and_exported_masked(house):
    """By holder, reference, order or account number; as CSV for a spreadsheet, without a whole IBAN or a formula."""
    services, order_id = house
    with services.works() as work:
        work.first(Mandate).holder = '=HYPERLINK("x")'
    umr, number = the_mandate(services).umr, order_of(services, order_id).number
    for query in (umr[-6:], number, "05123874", "hyperlink", ""):
        assert [row.umr for row in register(services, query)] == [umr]
    assert register(services, "nobody") == []
    (row,) = register(services, "")
    assert (row.open_count, row.lapses_on) == (10, date(2029, 11, 23))
    text = register_csv(register(services, "")).decode("utf-8-sig")
    assert IBAN not in text
    assert IBAN[-4:] in text
    assert "'=HYPERLINK" in text


def test_a_mandate_that_lapses_before_the_first_debit_does_not_serve(house):
    """It would be signed under, and never debited: refused with the order, and not offered on the page."""
    services, _ = house
    mandate = the_mandate(services)
    with services.works() as work:
        row = work.lock(Mandate, mandate.id)
        row.last_debit_on, row.signed_at = None, services.clock().replace(year=2024, month=1, day=20)
    proposal = second_proposal()
    first = min(item.due_on for item in proposal.payment.instalments)
    assert services.today() < lapses_on(date(2024, 1, 20), None) < first
    with services.works(read_only=True) as work:
        assert not mandates_for(work, mandate.epj, mandate.creditor_id, first)
        assert mandates_for(work, mandate.epj, mandate.creditor_id, services.today())
    proposal_id = import_proposal(services, proposal.to_json(), REP)
    with pytest.raises(WrongState):
        prepare(services, proposal_id, choices(iban="", mandate_umr=mandate.umr), REP)


def test_the_last_day_is_that_of_the_bank(house):
    """A debit due on the Saturday on which the mandate lapses settles on Monday: too late, and the rep hears of it."""
    services, order_id = house
    saturday = date(2027, 2, 6)
    with services.works() as work:
        row = work.lock(Mandate, the_mandate(services).id)
        row.last_debit_on, row.signed_at = date(2024, 2, 6), services.clock().replace(year=2024, month=1, day=1)
        for sequence, day in ((1, saturday), (2, date(2027, 3, 4))):
            item = work.first(Instalment, order_id=order_id, sequence=sequence)
            work.lock(Instalment, item.id).due_on = day
    assert lapses_on(date(2024, 1, 1), date(2024, 2, 6)) == saturday
    services.clock.now = services.clock.now.replace(year=2027, month=1, day=25)
    assert collect(services, saturday, REP) is None
    services.clock.now = services.clock.now.replace(month=2, day=8)
    assert expire_mandates(services) == 1
    (task,) = rows(services, Task, kind="mandate_ended")
    assert "10 échéances ne peuvent plus être prélevées" in task.text


def test_revoked_with_something_left_the_rep_has_a_task(house):
    """What is still owed does not end with the mandate: somebody has to ask for it otherwise."""
    services, order_id = house
    revoke(services, the_mandate(services).umr, "Je ne veux plus de prélèvement", CUSTOMER)
    (task,) = rows(services, Task, kind="mandate_ended")
    assert (task.order_id, task.rep_id) == (order_id, "c.delmas")


def test_nothing_is_debited_under_another_creditor_identifier(house):
    """The seller's ICS has changed: no file, no notice, one task; a new mandate, signed, takes over."""
    services, order_id = house
    old = the_mandate(services)
    seller = services.organisation.seller.model_copy(update={"sepa_creditor_id": "FR19ZZZ654321"})
    changed = services.organisation.model_copy(update={"seller": seller})
    object.__setattr__(services, "organisation", changed)
    for _ in range(2):
        assert collect(services, date(2027, 3, 31), REP) is None
    (task,) = rows(services, Task, kind="debit_refused")
    assert old.umr in task.text
    services.clock.move(hours=1)
    amendment_id = amend(services, old.umr, choices(iban=NEW_IBAN), REP)
    sign(services, amendment_id)
    drain(services)
    new = rows(services, Mandate, order_id=amendment_id)[0]
    assert new.creditor_id == "FR19ZZZ654321"
    assert {row.mandate_id for row in rows(services, Instalment, order_id=order_id)} == {new.id}
    services.clock.move(days=60)
    announce_due(services)
    drain(services)
    services.clock.move(days=14)
    result = collect(services, FAR, REP)
    assert b"FR19ZZZ654321" in result.xml
    assert b"FR05ZZZ594821" not in result.xml
