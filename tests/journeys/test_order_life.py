"""The life of an order through the steps: what follows a signature, each once, whatever happens in between."""

import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from pipeline import selftest
from pipeline.actors.table import STEPS
from pipeline.errors import Blocked, Held, NotFound, ReasonMissing, ScanUnreadable, WrongState
from pipeline.jobs import retry, run
from pipeline.retry import Later
from pipeline.steps import ceremony, decide, propose
from pipeline.steps.collect import collect
from pipeline.steps.export import export_order
from pipeline.steps.prepare import prepare, withdraw
from pipeline.steps.release import release, release_due
from pipeline.steps.renounce import renounce
from pipeline.steps.scan import take_scan
from signing import evidence as ev
from signing.errors import TimestampUnavailable
from signing.verify import verify
from storage.errors import ArchiveUnavailable
from storage.models import Batch, BatchItem, Instalment, Invoice, Job, Mandate, Slip, Task, Track
from tests.factories import PaymentPlan, make_line, make_plan, make_proposal, make_sub_order, sample
from tests.house import AGENCY, CUSTOMER, REP, choices, documents, drain, jobs_of, kinds, order_from, order_of, sign


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


@pytest.fixture
def rose(services):
    return order_from(services, sample("au-nom-de-la-rose"))


@pytest.fixture
def sealed(adopt):
    return adopt()


def test_the_rose_from_proposal_to_batch(services, sealed):
    """A signature is followed by seal, proof, copy, archive, invoice and mandate; a click by the batch and the slip."""
    release(services, sealed, REP)
    drain(services)

    order = order_of(services, sealed)
    found = documents(services, sealed)
    assert order.number == "2026-LYO-000001"
    assert order.state == "released"
    assert {"form", "sealed_form", "evidence", "evidence_json", "invoice", "mandate", "slip", "batch"} == set(found)
    assert {job.state for job in jobs_of(services, sealed).values()} == {"done"}
    states = {track.name: track.state for track in rows(services, Track, order_id=sealed)}
    assert states == {
        "copy": "done",
        "archive": "done",
        "invoice": "done",
        "mandate": "done",
        "papers": "waiting",
        "agency": "running",
    }
    assert len(list((services.settings.data_dir / "mail").glob("copy*.eml"))) == 1


def test_the_sealed_form_and_its_evidence_verify(services, sealed):
    """The two files alone tell the whole story, and one changed byte of the form is refused."""
    found = documents(services, sealed)
    now = services.clock() + timedelta(minutes=1)
    report = verify(found["sealed_form"], trust=services.keys.roots, evidence=found["evidence"], now=now)
    assert report.passed, [finding.fr for finding in report.findings]
    assert report.evidence
    assert report.evidence.order_number == "2026-LYO-000001"
    assert report.evidence.story

    changed = bytearray(found["sealed_form"])
    changed[len(changed) // 3] ^= 1
    assert not verify(bytes(changed), trust=services.keys.roots, now=now).passed


def test_the_batch_is_complete_and_says_so(services, sealed):
    """Every file of the ZIP is in its manifest with its size and hash; no bank account is in it."""
    release(services, sealed, REP)
    drain(services)
    (path,) = (services.settings.data_dir / "drop" / "LYO").glob("*.zip")
    with zipfile.ZipFile(BytesIO(path.read_bytes())) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("MANIFEST.json"))
        order = archive.read("2026-LYO-000001/order.json").decode()
    assert {item["name"] for item in manifest["files"]} == names - {"MANIFEST.json"}
    assert {"2026-LYO-000001/bon-de-commande.pdf", "2026-LYO-000001/annexes/bordereau.pdf", "lot.pdf"} <= names
    assert "FR76" not in order
    assert "612345678" not in order


def test_papers_that_come_back_are_kept_with_their_order(services, sealed):
    """Each file once; with the last that was expected the order waits no more; the export has them all."""
    release(services, sealed, REP)
    drain(services)
    number, blank = order_of(services, sealed).number, selftest.blank_page(services.clock.now)
    (slip,) = rows(services, Slip)
    papers = [selftest.blank_page(services.clock.now + timedelta(days=each)) for each in range(len(slip.papers))]
    assert papers[0] == blank
    for rank, paper in enumerate(papers, 1):
        for fresh in (True, False):
            taken = take_scan(services, number, paper, REP)
            assert (taken.fresh, taken.received, taken.expected, taken.pages) == (fresh, rank, len(papers), 1)
        (track,) = rows(services, Track, order_id=sealed, name="papers")
        assert track.state == ("done" if rank == len(papers) else "waiting")
    assert kinds(services, sealed).count("paper.scanned") == len(papers)
    with zipfile.ZipFile(BytesIO(export_order(services, number))) as exported:
        assert exported.read("documents/papier-1.pdf") == blank
        assert "Papier numérisé" in exported.read("index.html").decode()
    for data in (b"", b"%PDF-1.7", b"JPEG"):
        with pytest.raises(ScanUnreadable):
            take_scan(services, number, data, REP)
    with pytest.raises(NotFound):
        take_scan(services, "2026-LYO-999999", blank, REP)


def test_no_paper_before_the_seal(services, rose):
    """An order that is not sealed has no set to which a paper could belong."""
    with pytest.raises(WrongState):
        take_scan(services, order_of(services, rose).number, selftest.blank_page(services.clock.now), REP)


def test_invoice_numbers_have_no_gap(services):
    """A refused step gives its number back; orders follow one another."""
    for rank in range(2):
        sign(services, order_from(services, make_proposal(reference=f"P-{rank}")))
        services.clock.move(minutes=1)
    drain(services)
    numbers = sorted(row.number for row in rows(services, Invoice))
    assert numbers == ["F-2026-000001", "F-2026-000002"]


def test_a_second_run_of_every_job_changes_nothing(services, sealed):
    """The broker may bring a message twice: nothing is made, sent or numbered again."""
    release(services, sealed, REP)
    drain(services)
    before = (documents(services, sealed), kinds(services, sealed), len(rows(services, Instalment)))
    mails = sorted(path.name for path in (services.settings.data_dir / "mail").iterdir())
    with services.works() as work:
        for job in work.session.scalars(select(Job)):
            job.state = "sent"
        ids = [job.id for job in work.find(Job)]
    for job_id in ids:
        run(services, job_id)
    drain(services)
    assert (documents(services, sealed), kinds(services, sealed), len(rows(services, Instalment))) == before
    assert sorted(path.name for path in (services.settings.data_dir / "mail").iterdir()) == mails


def test_a_silent_timestamp_server_delays_no_signature(services, rose, monkeypatch):
    """The order is sealed at once, at B-B; time-stamped and raised when the server answers, then followed."""
    with monkeypatch.context() as patch:

        def silent(_digest):
            raise TimestampUnavailable("no answer")

        patch.setattr(services.keys.timestamper, "timestamp", silent)
        sign(services, rose)
        drain(services)
        first = order_of(services, rose)
        assert first.state == "sealed"
        bare = services.archive.get(first.sealed_sha256, "signed")
        assert verify(bare, trust=services.keys.roots, now=services.clock()).level == "B-B"
        assert {"seal", "preserve"} == set(jobs_of(services, rose))
    services.clock.move(hours=2)
    drain(services)
    found = documents(services, rose)
    assert found["sealed_form"].startswith(bare)
    assert order_of(services, rose).sealed_sha256 != first.sealed_sha256
    report = verify(
        found["sealed_form"], trust=services.keys.roots, evidence=found["evidence"], now=services.clock.later()
    )
    assert report.passed, report.findings
    assert "B-LTA" == report.level
    assert kinds(services, rose).count("order.sealed") == 1
    assert {job.state for job in jobs_of(services, rose).values()} == {"done"}


def test_a_full_disk_delays_and_loses_nothing(services, rose, monkeypatch):
    """An archive that takes nothing leaves the order signed; when there is room again it goes on by itself."""
    sign(services, rose)
    with monkeypatch.context() as patch:

        def full(*_args, **_more):
            raise ArchiveUnavailable("no space left")

        patch.setattr(services.archive, "put", full)
        drain(services)
        assert order_of(services, rose).state == "signed"
    services.clock.move(minutes=10)
    drain(services)
    assert {job.state for job in jobs_of(services, rose).values()} == {"done"}


def test_a_job_that_fails_for_good_waits_for_a_human(services, sealed, monkeypatch):
    """After its last attempt a job is in the list with its reason; one click runs it again."""
    import pipeline.steps.batch as module

    with monkeypatch.context() as patch:

        def broken(*_args, **_more):
            raise RuntimeError("cannot draw")

        patch.setattr(module, "_zip", broken)
        release(services, sealed, REP)
        for _ in range(9):
            drain(services)
            services.clock.move(minutes=10)
        job = jobs_of(services, sealed)["batch"]
        assert job.state == "failed"
        assert "cannot draw" in job.error
    assert retry(services, job.id, REP)
    drain(services)
    assert jobs_of(services, sealed)["batch"].state == "done"


def test_a_second_worker_that_fails_undoes_no_track(services, sealed, monkeypatch):
    """Carried twice: one run has done the work, the other one then finds the mail server away. Done it stays."""

    def away(_services):
        raise Later("mail.silent")

    monkeypatch.setitem(STEPS, "copy", replace(STEPS["copy"], step=away))
    with services.works() as work:
        work.stage("copy", key="the second", order_id=sealed)
    drain(services)
    (track,) = rows(services, Track, order_id=sealed, name="copy")
    assert track.state == "done"


def test_a_blocked_proposal_gives_no_number(services):
    """Findings stop the order before anything is written."""
    proposal_id = propose.import_proposal(services, sample("bat-etanche").to_json(), REP)
    with pytest.raises(Blocked) as caught:
        prepare(services, proposal_id, choices(mobile="+33698765432"), REP)
    assert "sub_order.negative_mixed" in {item.code for item in caught.value.findings}
    following = order_from(services, sample("au-nom-de-la-rose"))
    assert order_of(services, following).number.endswith("000001")


def test_a_process_that_dies_before_the_form_is_drawn(services, monkeypatch):
    """The number and the frozen copy are there; the form is drawn when the ceremony opens."""
    import pipeline.steps.prepare as module

    with monkeypatch.context() as patch:
        patch.setattr(module, "certify", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            order_from(services, sample("au-nom-de-la-rose"))
    (order,) = rows(services, module.Order)
    assert order.form_sha256 is None
    ceremony.open_ceremony(services, order.id, "link", REP)
    assert order_of(services, order.id).form_sha256


def test_withdrawn_orders_give_their_proposal_back(services, rose):
    """The rep takes an order back with a reason; its proposal can be ordered again under a new number."""
    with pytest.raises(ReasonMissing):
        withdraw(services, rose, " ", REP)
    withdraw(services, rose, "Erreur de parution", REP)
    order = order_of(services, rose)
    again = prepare(services, order.proposal_id, choices(), REP)
    assert order_of(services, again).number == "2026-LYO-000002"


def test_rejection_becomes_a_task_and_the_order_goes_again(services, sealed):
    """The agency refuses with a reason; the rep answers and releases again in a new batch."""
    release(services, sealed, REP)
    drain(services)
    (item,) = rows(services, BatchItem, order_id=sealed)
    with pytest.raises(ReasonMissing):
        decide.reject(services, item.batch_id, sealed, "", AGENCY)
    decide.reject(services, item.batch_id, sealed, "Visuel illisible", AGENCY)
    decide.reject(services, item.batch_id, sealed, "Visuel illisible", AGENCY)
    drain(services)
    (task,) = rows(services, Task, order_id=sealed)
    assert task.text == "Visuel illisible"
    decide.close_task(services, task.id, "Visuel renvoyé", REP)
    release(services, sealed, REP)
    drain(services)
    assert len(rows(services, Batch)) == 2
    second = next(each for each in rows(services, BatchItem, order_id=sealed) if each.batch_id != item.batch_id)
    decide.accept(services, second.batch_id, sealed, AGENCY)
    assert order_of(services, sealed).state == "accepted"


def test_collection_takes_each_instalment_once(services, sealed):
    """However often it runs, an instalment is in one file; the rose's plan is worth its total."""
    first = collect(services, date(2027, 3, 31), REP)
    assert first is not None
    assert first.count == 3
    assert collect(services, date(2027, 3, 31), REP) is None
    second = collect(services, date(2030, 1, 1), REP)
    assert second is not None
    assert second.count == 7
    assert first.total + second.total == order_of(services, sealed).total_incl_vat
    mandate = rows(services, Mandate)[0]
    assert mandate.last_debit_on == date(2027, 10, 5)


def test_right_of_withdrawal_holds_production_until_it_is_over(services):
    """A firm of two people: production waits for the end of the fourteen days, unless it asks for an early start."""
    order_id = order_from(services, sample("epice-et-cie"), mobile="+596696123456", employees=2, place="Fort-de-France")
    sign(services, order_id)
    drain(services)
    order = order_of(services, order_id)
    assert order.state == "held"
    with pytest.raises(Held):
        release(services, order_id, REP)
    services.clock.move(days=16)
    assert release_due(services) == 1
    release(services, order_id, REP)
    drain(services)
    assert order_of(services, order_id).state == "released"


def test_renouncing_stops_the_debits_and_gives_the_invoice_back(services):
    """« renoncer au contrat ici »: acknowledged by mail, debits stopped, mandate revoked, credit note; once."""
    order_id = order_from(services, sample("epice-et-cie"), mobile="+596696123456", employees=2, place="Fort-de-France")
    sign(services, order_id)
    renounce(services, order_id, "Maëlys Saint-Aimé", "Je renonce.", CUSTOMER)
    renounce(services, order_id, "Maëlys Saint-Aimé", "Je renonce.", CUSTOMER)
    for _ in range(4):
        drain(services)
        services.clock.move(seconds=30)
    assert order_of(services, order_id).state == "cancelled"
    assert {item.state for item in rows(services, Instalment)} == {"cancelled"}
    assert rows(services, Mandate)[0].state == "revoked"
    credit = next(row for row in rows(services, Invoice) if row.kind == "credit_note")
    assert credit.number == "FA-2026-000001"
    assert collect(services, date(2030, 1, 1), REP) is None
    assert len(list(Path(services.settings.data_dir / "mail").glob("renounced*.eml"))) == 1


@pytest.mark.parametrize(
    "proposal",
    [
        make_proposal(payment=PaymentPlan(method="bank_transfer")),
        make_proposal(make_sub_order(make_line("-100.00", status="cancelled"), mo="MO1"), payment=make_plan("0")),
    ],
    ids=["paid by transfer", "credit"],
)
def test_an_order_that_nothing_is_debited_for_is_renounced_too(services, proposal):
    """Neither mandate nor instalment will ever be registered: nothing waits for them."""
    order_id = order_from(services, proposal, employees=2, iban="", account_holder="")
    sign(services, order_id)
    renounce(services, order_id, "Hélène Garnier", "Je renonce.", CUSTOMER)
    for _ in range(4):
        drain(services)
        services.clock.move(seconds=30)
    assert order_of(services, order_id).state == "cancelled"
    assert {job.state for job in jobs_of(services, order_id).values()} == {"done"}


def test_no_right_no_renouncing(services, sealed):
    """A firm of nine people has no right of withdrawal."""
    with pytest.raises(WrongState):
        renounce(services, sealed, "Hélène Garnier", "", CUSTOMER)


def test_expired_orders_and_links(services, rose):
    """After thirty days without a signature order and link are over."""
    opened = ceremony.open_ceremony(services, rose, "link", REP)
    services.clock.move(days=31)
    assert ceremony.expire(services) == 1
    from pipeline.errors import CeremonyClosed

    with pytest.raises(CeremonyClosed):
        ceremony.find(services, opened.token)
    assert order_of(services, rose).state == "expired"


def test_who_rewrites_what_led_to_the_signature_is_found_out(services, sealed):
    """The signed form names the journal's head: another story, closed and stamped anew with our own keys, fails."""
    found = documents(services, sealed)
    told = ev.read_evidence(found["evidence_json"])
    head = next(event for event in told.events if event.kind == "order.signed")
    report = verify(found["sealed_form"], trust=services.keys.roots, now=services.clock.later())
    customer = next(each for each in report.signatures if each.kind == "approval")
    assert head.hash in customer.reason

    events, last = [], ev.GENESIS
    for event in told.events[:-1]:
        data = event.data | ({"to": "07 •• •• •• 99"} if event.kind == "code.sent" else {})
        events.append(ev.chain(last, _event(event, data)))
        last = events[-1].hash
    events.append(ev.chain(last, _event(told.events[-1], ev.closing_data(told.facts))))
    stamp = services.keys.timestamper.timestamp(bytes.fromhex(events[-1].hash))
    forged = ev.build_evidence(told.facts, events, stamp)
    report = verify(found["sealed_form"], trust=services.keys.roots, evidence=forged, now=services.clock.later())
    assert not report.passed
    assert "evidence.chain" in {finding.code for finding in report.findings}


def test_who_tells_other_facts_of_a_signed_order_is_found_out(services, sealed):
    """Another address, provider, number, representative: only the closing is redone, and stamped by our own unit."""
    found = documents(services, sealed)
    told = ev.read_evidence(found["evidence_json"])
    facts, code = told.facts, told.facts.ceremony.codes[0]
    for changed in (
        replace(facts, ceremony=replace(facts.ceremony, ip="203.0.113.66")),
        replace(facts, ceremony=replace(facts.ceremony, codes=(replace(code, provider_id="SMautre"),))),
        replace(facts, signatory=replace(facts.signatory, mobile=ev.Mobile(masked="06 •• •• •• 99", fingerprint="0"))),
        replace(facts, rep=replace(facts.rep, name="Autre Commercial")),
    ):
        *before, last = told.events
        closed = ev.chain(before[-1].hash, _event(last, ev.closing_data(changed)))
        stamp = services.keys.timestamper.timestamp(bytes.fromhex(closed.hash))
        forged = ev.build_evidence(changed, [*before, closed], stamp)
        report = verify(found["sealed_form"], trust=services.keys.roots, evidence=forged, now=services.clock.later())
        assert report.indication == "TOTAL-FAILED"
        assert "evidence.chain" in {finding.code for finding in report.findings}


def _event(like, data):
    return ev.Event(sequence=like.sequence, at=like.at, kind=like.kind, actor=like.actor, data=data)
