"""Money on PostgreSQL, RabbitMQ and S3: commands and workers killed by SIGKILL in the middle, two of each at once."""

import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from lxml import etree

from pipeline.events import trail
from pipeline.steps.amend import amend
from pipeline.steps.collect import collection_file, not_handed_over
from signing.evidence.chain import verify_chain
from signing.verify import verify
from storage.models import ArchiveEntry, BankAnswer, Collection, Debit, Event, Instalment, Job, Mandate, Order, Task
from tests.house import REP, choices, sign
from tests.journeys.bank import camt054
from tests.services.running import breakpoint_at, until

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]

FAR = "2031-12-31"
OTHER_IBAN = "FR1420041010050500013M02606"

COLLECTING = {
    "a debit taken, not committed": ("debits", "NEW.state = 'sent'"),
    "the file drawn, not committed": ("collections", "NEW.archived_at IS NULL"),
    "the file archived, not recorded": ("collections", "NEW.archived_at IS NOT NULL AND NEW.handed_at IS NULL"),
    "the file written, not marked": ("collections", "NEW.handed_at IS NOT NULL"),
}
ANSWERING = {
    "a debit back, not committed": ("debits", "NEW.state = 'returned'"),
    "the rep's task written, not committed": ("tasks", "NEW.kind = 'debit_returned'"),
    "an entry noted, not committed": ("bank_answer_items", "NEW.state = 'applied'"),
}
AMENDING = {
    "the new mandate written, not committed": ("mandates", "NEW.state = 'active'"),
    "the old mandate replaced, not committed": ("mandates", "NEW.state = 'amended'"),
    "the register done, the job open": ("jobs", "NEW.actor = 'mandate' AND NEW.state = 'done'"),
}
RENEWING = {
    "the renewed file stored, not recorded": ("archive_entries", "NEW.kind LIKE '%_lta'"),
    "its level said, not committed": ("events", "NEW.kind = 'signature.level'"),
    "renewed, the job open": ("jobs", "NEW.actor = 'preserve' AND NEW.state = 'done'"),
}


def rows(house, model, *where, **equals):
    with house.services.works(read_only=True) as work:
        return work.find(model, *where, **equals)


def killed_at(house, place, start):
    """Whatever `start` starts dies where somebody has reached that place."""
    with breakpoint_at(house.settings.database_url, *place) as reached:
        process = start()
        reached()
        house.kill(process)


def ended(house, *processes):
    """What each command ended with; none may end by an error of the database or of ours."""
    codes = [process.wait() for process in processes]
    assert set(codes) <= {0, 1}, house.log.read_text()[-6000:]
    return codes


def names_in(xml):
    root = etree.fromstring(xml)
    space = {"p": etree.QName(root).namespace}
    return [node.text for node in root.iterfind(".//p:PmtId/p:EndToEndId", space)]


def check_chains(house):
    with house.services.works(read_only=True) as work:
        for order in work.find(Order):
            assert verify_chain(trail(work, order.id)) is None


def check_debits(house, desk):
    """Each instalment was presented once for each time, in one file that is archived, and on the desk the same."""
    debits = rows(house, Debit)
    assert debits
    assert Counter((row.instalment_id, row.attempt) for row in debits).most_common(1)[0][1] == 1
    names = []
    for row in rows(house, Collection):
        assert row.archived_at, "nobody has finished it"
        xml = collection_file(house.services, row.id)
        names += names_in(xml)
        assert {path.read_bytes() for path in desk.glob(f"*{row.message_id}.xml")} == {xml}
    assert sorted(names) == sorted(row.end_to_end_id for row in debits)
    collected = rows(house, Event, kind="instalment.collected")
    assert len(collected) == len(debits)
    assert sum(row.total for row in rows(house, Collection)) == sum(row.amount for row in debits)


def collect(house, desk):
    return house.command("sepa", "collect", "--until", FAR, "-o", desk)


def test_collectors_killed_at_every_commit(house, tmp_path):
    """SIGKILL before and after each commit, at the end two at once: each debit in one file, somebody has each."""
    desk = tmp_path / "desk"
    desk.mkdir()
    with house.web():
        house.worker()
        for place in COLLECTING.values():
            house.sign()
            house.settle()
            killed_at(house, place, lambda: collect(house, desk))
        house.sign()
        house.settle()
    ended(house, *(collect(house, desk) for _ in range(2)))
    for row in not_handed_over(house.services):
        assert ended(house, house.command("sepa", "file", row.message_id, "-o", desk)) == [0]
    assert ended(house, collect(house, desk)) == [0]
    assert {row.state for row in rows(house, Instalment)} == {"collected"}
    check_debits(house, desk)
    check_chains(house)


def test_answers_and_amendments_killed_at_every_commit(house, tmp_path):
    """The bank's file is applied once, the rep told once of each debit; the new mandate takes over once."""
    desk = tmp_path / "desk"
    desk.mkdir()
    with house.web():
        worker = house.worker()
        signed = [house.sign() for _ in range(3)]
        house.settle()
        assert ended(house, collect(house, desk)) == [0]
        back = [rows(house, Debit, Debit.end_to_end_id.like("%-01"))[each] for each in range(3)]
        file = tmp_path / "retours.xml"
        reasons = zip(back, ("AM04", "MD01", "AC04"), strict=True)
        file.write_bytes(camt054(*((row.end_to_end_id, code, str(row.amount)) for row, code in reasons)))
        for place in ANSWERING.values():
            killed_at(house, place, lambda: house.command("sepa", "answers", file))
            assert rows(house, BankAnswer) == []
        ended(house, *(house.command("sepa", "answers", file) for _ in range(2)))
        house.settle()
        assert len(rows(house, BankAnswer)) == 1
        assert Counter(row.state for row in rows(house, Debit))["returned"] == 3
        assert len(rows(house, Task, kind="debit_returned")) == 3
        mails = list((house.settings.data_dir / "mail").glob("returned-*.eml"))
        assert len(mails) == 3

        active = rows(house, Mandate, Mandate.state == "active")
        umr = active[0].umr
        amendment = amend(house.services, umr, choices(iban=OTHER_IBAN, mobile="+33647999999"), REP)
        house.kill(worker)
        for rank, place in enumerate(AMENDING.values()):
            with breakpoint_at(house.settings.database_url, *place) as reached:
                worker = house.worker(lost_after=1)
                if rank == 0:
                    sign(house.services, amendment)
                reached()
                house.kill(worker)
        for _ in range(2):
            house.worker(lost_after=1)
        house.settle()
    (new,) = rows(house, Mandate, order_id=amendment)
    (old,) = rows(house, Mandate, umr=umr)
    assert (new.state, old.state, old.replaced_by_id) == ("active", "amended", new.id)
    assert rows(house, Instalment, Instalment.state.in_(("planned", "returned")), mandate_id=old.id) == []
    told = Counter(event.kind for event in rows(house, Event) if event.kind.startswith("mandate."))
    assert told["mandate.registered"] == len(signed) + 1
    assert told["mandate.amended"] == 1
    check_debits(house, desk)
    check_chains(house)


def test_renewals_killed_at_every_commit(house):
    """Asked for twice at once, its worker dead at each commit: one renewal of each document, and it verifies."""
    with house.web():
        worker = house.worker()
        order_id = house.sign()
        house.settle()
        house.kill(worker)
        ended(house, *(house.command("renew", "--before", "2099-01-01") for _ in range(2)))
        assert len(house.jobs(actor="preserve")) == 2
        for place in RENEWING.values():
            killed_at(house, place, lambda: house.worker(lost_after=1))
        for _ in range(2):
            house.worker(lost_after=1)
        house.settle()
    entries = Counter(row.kind for row in rows(house, ArchiveEntry, order_id=order_id, area="signed"))
    assert (entries["sealed_form_lta"], entries["evidence_lta"]) == (1, 1)
    levels = Counter(row.data["document"] for row in rows(house, Event, kind="signature.level"))
    assert levels == {"sealed_form": 2, "evidence": 2}
    found = {row.kind: house.services.archive.get(row.sha256, "signed") for row in rows(house, ArchiveEntry)}
    report = verify(
        found["sealed_form_lta"],
        trust=house.services.keys.roots,
        evidence=found["evidence_lta"],
        now=house.services.clock() + timedelta(minutes=1),
    )
    assert report.passed, report.sentence
    check_chains(house)


def test_everything_killed_at_random(house, tmp_path):
    """Two workers, two collectors, the bank's file by two at once, all dying again and again while customers sign."""
    chance = random.Random(5)
    desk = tmp_path / "desk"
    desk.mkdir()

    def for_a_while(*processes):
        time.sleep(chance.random() * 2)
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    with house.web():
        workers = [house.worker(lost_after=2), house.worker(lost_after=2)]
        for turn in range(6):
            house.sign()
            for_a_while(collect(house, desk), collect(house, desk))
            for_a_while(workers[turn % 2])
            workers[turn % 2] = house.worker(lost_after=2)
        house.settle()
        ended(house, *(collect(house, desk) for _ in range(2)))
        returned = rows(house, Debit, Debit.end_to_end_id.like("%-01"))
        file = tmp_path / "retours.xml"
        file.write_bytes(camt054(*((row.end_to_end_id, "AM04", str(row.amount)) for row in returned)))
        for turn in range(4):
            for_a_while(*(house.command("sepa", "answers", file) for _ in range(2)), workers[turn % 2])
            workers[turn % 2] = house.worker(lost_after=2)
        ended(house, house.command("sepa", "answers", file))
        house.settle()
    for row in not_handed_over(house.services):
        assert ended(house, house.command("sepa", "file", row.message_id, "-o", desk)) == [0]
    until("every file finished", lambda: all(row.archived_at for row in rows(house, Collection)))
    assert len(rows(house, BankAnswer)) == 1
    assert len(rows(house, Task, kind="debit_returned")) == len(returned) == 6
    assert len(list((house.settings.data_dir / "mail").glob("returned-*.eml"))) == 6
    assert Counter(row.attempt for row in rows(house, Instalment, Instalment.state == "returned")) == {2: 6}
    assert {job.state for job in rows(house, Job)} == {"done"}
    check_debits(house, desk)
    check_chains(house)
