"""Files of the archive that nothing refers to: left by a kill between storing and recording, named at night."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.preservation import RAISED
from pipeline.steps import evidence, preserve, seal, unreferenced
from pipeline.steps.keep_house import keep_house
from pipeline.steps.read_back import reports
from storage.models import ArchiveEntry, Job
from tests.factories import make_proposal, sample
from tests.house import REP, drain, kinds, order_from, order_of, sign
from tests.journeys.killing import Killed, killed_at_every_line


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """The archive's own clock is the machine's: what was stored a moment ago counts."""
    monkeypatch.setattr(unreferenced, "SETTLED", timedelta(seconds=-5))


def held(services):
    return {each.sha256 for each in services.archive.held("signed", settled=timedelta(seconds=-5))}


def named(services):
    with services.works(read_only=True) as work:
        return {entry.sha256 for entry in work.find(ArchiveEntry, area="signed")}


def lost(services):
    return {each["sha256"]: each for each in unreferenced.unreferenced(services)}


def next_night(services):
    services.clock.move(days=1)
    keep_house(services)
    drain(services)
    return reports(services)[0]


def test_nothing_is_lost_when_nobody_dies(house):
    """Every file of a whole job is referred to: invoice, mandate, slip and batch included."""
    from pipeline.steps.collect import collect
    from pipeline.steps.release import release

    services, order_id = house
    release(services, order_id, REP)
    collect(services, services.today() + timedelta(days=400), REP)
    drain(services)
    assert next_night(services).unreferenced == []
    assert len(held(services)) > 8


def test_a_kill_at_every_line_of_the_seal_leaves_nothing_unknown(services):
    """However often it dies, one sealed form counts; every other file is in the nightly report, with its order."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    sign(services, order_id)
    _, kills = killed_at_every_line(lambda: seal.seal(services, order_id), seal)
    assert kills > 20
    left = held(services) - named(services)
    assert len(left) > 1
    drain(services)
    assert kinds(services, order_id).count("order.sealed") == 1
    night = next_night(services)
    assert {each["sha256"] for each in night.unreferenced} == left == set(lost(services))
    number = order_of(services, order_id).number
    (says,) = {each["says"] for each in night.unreferenced}
    assert says.startswith(f"Bon de commande {number} : signature par code")
    assert night.bad == []


@pytest.mark.slow
def test_a_kill_while_the_evidence_is_closed(services):
    """The same for the evidence: its JSON and its PDF, as often as they were made."""
    order_id = order_from(services, make_proposal())
    sign(services, order_id)
    seal.seal(services, order_id)
    killed_at_every_line(lambda: evidence.evidence(services, order_id), evidence)
    left = held(services) - named(services)
    assert left
    assert set(lost(services)) == left
    assert {each["says"][:17] for each in lost(services).values()} == {"Dossier de preuve", "JSON"}
    drain(services)
    assert set(lost(services)) == left


@pytest.mark.slow
def test_a_kill_while_a_time_stamp_is_renewed(house):
    """The renewed form that was stored and not recorded is named; the one that was recorded is not."""
    services, order_id = house
    sha256 = order_of(services, order_id).sealed_sha256
    services.clock.move(days=1)
    killed_at_every_line(lambda: preserve.preserve(services, order_id, "sealed_form", sha256), preserve)
    left = held(services) - named(services)
    assert left
    assert set(lost(services)) == left
    with services.works(read_only=True) as work:
        assert len(work.find(ArchiveEntry, kind="sealed_form" + RAISED)) == 1


def test_what_may_be_about_to_be_recorded_is_not_named(services, monkeypatch):
    """A young file is none of the night's business; nor is one whose row comes while the night reads."""
    monkeypatch.setattr(unreferenced, "SETTLED", timedelta(hours=1))
    services.archive.put(b"stray", area="signed", retain_until=services.today(), media_type="text/plain")
    assert lost(services) == {}


def test_a_known_file_is_not_read_again(services, monkeypatch):
    """The report of the night before says what it is; it stays in each report until it is gone."""
    key = services.archive.put(b"{}", area="signed", retain_until=services.today(), media_type="application/json")
    first = next_night(services).unreferenced
    assert [(each["sha256"], each["says"], each["size"]) for each in first] == [(key, "JSON", 2)]
    monkeypatch.setattr(services.archive, "get", None)
    assert next_night(services).unreferenced == first
    with services.works(read_only=True) as work:
        assert {job.state for job in work.find(Job)} == {"done"}


def test_the_command_names_them(services, monkeypatch):
    """`archive check` lists them, and does not call them a defect."""
    order_id = order_from(services, make_proposal())
    sign(services, order_id)

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(seal, "lock_order", die)
        with pytest.raises(Killed):
            seal.seal(services, order_id)
    drain(services)
    monkeypatch.setenv("SEING_DATA_DIR", str(services.settings.data_dir))
    result = CliRunner().invoke(app, ["archive", "check"])
    assert result.exit_code == 0, result.output
    assert "1 fichier(s) sans référence" in result.output
    assert order_of(services, order_id).number in result.output
