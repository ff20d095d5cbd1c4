"""The archive of an order: read back each night, listed, given away whole, put back; never shortened, never silent."""

import hashlib
import io
import json
import re
import zipfile
from datetime import date, timedelta

import pytest
from lxml import html

from pipeline.errors import ArchiveDamaged, ExportUnreadable, NotFound
from pipeline.orders import keep, lock_order, shown_form
from pipeline.pages import page_image
from pipeline.steps import read_back as step
from pipeline.steps.collect import collect
from pipeline.steps.export import export_order, restore
from pipeline.steps.keep_house import expire_drafts, keep_house, nightly, prolong_mandates
from pipeline.steps.manifest import stage_manifests
from pipeline.steps.read_back import everything, read_back, reports
from pipeline.steps.seal import seal
from signing.errors import TimestampUnavailable
from signing.verify import verify
from storage.archive import FolderArchive
from storage.errors import ArchiveMissing, ArchiveUnavailable
from storage.models import ArchiveEntry, Job, Mandate
from tests.factories import make_proposal, sample
from tests.house import REP, drain, jobs_of, kinds, order_from, order_of, sign


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


def files_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def damage(services, sha256, how):
    path = services.archive.root / "signed" / sha256[:2] / sha256
    path.chmod(0o600)
    if how == "gone":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)


def next_night(services):
    services.clock.now = (services.clock.now + timedelta(days=1)).replace(hour=3)
    keep_house(services)
    drain(services)


def test_the_export_is_whole_and_opens_anywhere(house):
    """One ZIP: a page in French, every document under its hash, the verification, the roots; nothing from outside."""
    services, order_id = house
    number = order_of(services, order_id).number
    data = export_order(services, number)
    files = files_of(data)
    manifest = json.loads(files["manifeste.json"])
    assert manifest["order"]["number"] == number
    assert {"index.html", "manifeste.json", "verification.json", "racines.pem"} < set(files)
    for each in manifest["documents"]:
        assert hashlib.sha256(files[each["file"]]).hexdigest() == each["sha256"]
    assert {entry.sha256 for entry in rows(services, ArchiveEntry, area="signed")} == {
        each["sha256"] for each in manifest["documents"]
    }
    report = verify(files["documents/bon-de-commande.pdf"], trust=services.keys.roots, now=services.clock())
    assert report.passed
    assert json.loads(files["verification.json"])["passed"] is True

    page = html.fromstring(files["index.html"])
    assert page.get("lang") == "fr"
    assert page.xpath("//script | //link | //img") == []
    assert set(page.xpath("//a/@href")) == {each["file"] for each in manifest["documents"]}
    text = page.text_content()
    assert number in text
    assert "AU NOM DE LA ROSE" in text
    assert "Signatures valables" in text.partition("Vendeur")[0], "the verdict first"
    assert page.xpath("//tbody/tr[1]//a/text()") == ["Document signé"]
    assert {each.text.split()[-1] for each in page.xpath("//tbody//code")} == {
        each["sha256"] for each in manifest["documents"]
    }
    assert "TOTAL-PASSED" in text
    assert export_order(services, order_id)[:4] == data[:4]


def test_an_altered_document_is_never_given_away(house):
    """The export reads and hashes everything; what is not as it was stored stops it."""
    services, order_id = house
    damage(services, order_of(services, order_id).evidence_sha256, "changed")
    with pytest.raises(Exception, match="does not hash"):
        export_order(services, order_id)


def test_nothing_to_export_before_the_seal(services):
    """An order that nobody signed has no signed set."""
    with pytest.raises(NotFound):
        export_order(services, order_from(services, sample("au-nom-de-la-rose")))
    with pytest.raises(NotFound):
        export_order(services, "2026-XXX-000009")


def test_restored_into_an_empty_archive(house, tmp_path, monkeypatch):
    """Everything comes back under its hash with its retention; a second time changes nothing."""
    services, order_id = house
    data = export_order(services, order_id)
    documents = rows(services, ArchiveEntry, area="signed")
    object.__setattr__(services, "archive", FolderArchive(tmp_path / "empty"))
    result = restore(services, data)
    assert (result.number, result.stored, result.present) == ("2026-LYO-000001", len(documents), 0)
    for entry in documents:
        assert len(services.archive.get(entry.sha256, "signed")) == entry.size
        assert services.archive.retention(entry.sha256, "signed") == entry.retain_until
    assert restore(services, data).present == len(documents)
    assert export_order(services, order_id)


@pytest.mark.parametrize(
    "how", ["no zip", "no manifest", "changed", "missing", "longer", "manifest garbled", "for ever"]
)
def test_a_damaged_export_restores_nothing(house, tmp_path, how):
    """All or nothing: one document that is not what it should be, and nothing is stored."""
    services, order_id = house
    files = files_of(export_order(services, order_id))
    document = "documents/preuve.pdf"
    if how == "no manifest":
        del files["manifeste.json"]
    elif how == "manifest garbled":
        files["manifeste.json"] = b'{"order": 1}'
    elif how == "missing":
        del files[document]
    elif how == "changed":
        files[document] = files[document][:-1] + b"x"
    elif how == "longer":
        files[document] += b"0" * 1000
    elif how == "for ever":
        files["manifeste.json"] = re.sub(rb'"retain_until": "\d{4}', b'"retain_until": "9999', files["manifeste.json"])
        assert b'"9999' in files["manifeste.json"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    object.__setattr__(services, "archive", FolderArchive(tmp_path / "empty"))
    with pytest.raises(ExportUnreadable):
        restore(services, b"PK" if how == "no zip" else out.getvalue())
    assert not list((tmp_path / "empty").rglob("*.json"))


def test_each_night_reads_back_and_reports_once(house):
    """All of the last day, once a night however many processes keep house; the next night reads a sample."""
    services, _ = house
    count = len(rows(services, ArchiveEntry, area="signed"))
    next_night(services)
    keep_house(services)
    drain(services)
    (first,) = reports(services)
    assert (first.recent, first.bad) == (count, [])
    next_night(services)
    second, _ = reports(services)
    assert (second.recent, second.sampled, second.bad) == (1, count, []), "the manifest is new, the rest is old"
    assert {job.state for job in rows(services, Job)} == {"done"}


@pytest.mark.parametrize(("how", "problem"), [("gone", "archive.missing"), ("changed", "archive.corrupted")])
def test_damage_is_an_event_a_report_and_a_job_for_a_human(house, how, problem):
    """Found the next night, said in three places; once mended and retried, the list is empty again."""
    from pipeline.jobs import retry

    services, order_id = house
    sha256 = order_of(services, order_id).sealed_sha256
    whole = services.archive.get(sha256, "signed")
    damage(services, sha256, how)
    next_night(services)
    (night,) = reports(services)
    assert [(each["kind"], each["problem"]) for each in night.bad] == [("sealed_form", problem)]
    assert kinds(services, order_id).count("archive.damaged") == 1
    (job,) = rows(services, Job, actor="check_archive")
    assert (job.state, job.error) == ("failed", "archive.damaged")
    assert len(read_back(services, everything(services))) == 1

    path = services.archive.root / "signed" / sha256[:2] / sha256
    path.unlink(missing_ok=True)
    path.write_bytes(whole)  # an operator puts back what a copy elsewhere holds
    assert retry(services, job.id, REP)
    drain(services)
    assert reports(services)[0].bad == []
    assert kinds(services, order_id).count("archive.damaged") == 1


def test_an_archive_that_does_not_answer_is_asked_again(house, monkeypatch):
    """Silence says nothing about the documents: no report, no alarm, another try."""
    services, order_id = house
    with monkeypatch.context() as patch:

        def silent(*_args, **_more):
            raise ArchiveUnavailable("down")

        patch.setattr(services.archive, "get", silent)
        next_night(services)
        assert reports(services) == []
    services.clock.move(minutes=10)
    drain(services)
    assert reports(services)[0].bad == []
    assert "archive.damaged" not in kinds(services, order_id)


def test_the_manifest_follows_the_set(house):
    """Archived once for each state of the set; it lists every document with its hash and its date."""
    services, order_id = house
    for _ in range(2):
        stage_manifests(services)
        drain(services)
    (entry,) = rows(services, ArchiveEntry, kind="manifest")
    listed = json.loads(services.archive.get(entry.sha256, "signed"))["documents"]
    assert {each["sha256"] for each in listed} == {
        row.sha256 for row in rows(services, ArchiveEntry, area="signed") if row.kind != "manifest"
    }
    services.clock.move(hours=1)
    from pipeline.steps.release import release

    release(services, order_id, REP)
    drain(services)
    stage_manifests(services)
    drain(services)
    assert len(rows(services, ArchiveEntry, kind="manifest")) == 2
    assert jobs_of(services, order_id)["manifest"].state == "done"


def test_a_document_that_comes_while_the_manifest_is_stored_is_in_the_next(house, monkeypatch):
    """The archive is slow, the set grows meanwhile: what is kept in the end names everything."""
    services, order_id = house
    put = services.archive.put

    def slow(data, **more):
        monkeypatch.undo()
        stored = put(data, **more)
        services.clock.move(seconds=1)
        with services.works() as work:
            order = lock_order(work, order_id)
            keep(services, work, order, "slip", "bordereau.pdf", b"late", "application/pdf", "signed")
        services.clock.move(seconds=1)
        return stored

    monkeypatch.setattr(services.archive, "put", slow)
    stage_manifests(services)
    for _ in range(3):
        drain(services)
        services.clock.move(seconds=10)
    (kept,) = rows(services, ArchiveEntry, kind="manifest")
    documents = json.loads(services.archive.get(kept.sha256, "signed"))["documents"]
    assert {each["sha256"] for each in documents} == {
        row.sha256 for row in rows(services, ArchiveEntry, area="signed") if row.kind != "manifest"
    }


def test_what_is_stored_while_a_night_is_read_is_read_the_next(house, monkeypatch):
    """A reading takes hours, and a human may run it again in the afternoon: what came meanwhile is of the last day."""
    services, _ = house
    next_night(services)
    read, came = step.read_back, []

    def long(own, documents):
        answer = read(own, documents)
        services.clock.move(minutes=10)
        came.append(order_from(services, make_proposal(reference="P-NIGHT")))
        sign(services, came[0])
        seal(services, came[0])
        services.clock.move(hours=9)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(step, "read_back", long)
        next_night(services)
    nightly_read = []
    monkeypatch.setattr(
        step, "read_back", lambda own, documents: nightly_read.extend(documents) or read(own, documents)
    )
    monkeypatch.setattr(step, "SAMPLE", 0)
    next_night(services)
    assert {"form", "sealed_form"} <= {each.kind for each in nightly_read if each.order_id == came[0]}


def test_a_damaged_document_stops_no_other_work_of_the_night(house):
    """All other documents are kept for longer, drafts expire, manifests are made; then a human is told."""
    services, order_id = house
    with services.works() as work:
        work.first(Mandate).last_debit_on = date(2036, 6, 30)
    damage(services, order_of(services, order_id).sealed_sha256, "gone")
    services.clock.move(days=121)
    with pytest.raises(ArchiveDamaged):
        nightly(services)
    until = {row.kind: row.retain_until for row in rows(services, ArchiveEntry, order_id=order_id, area="signed")}
    assert until["evidence"] == until["mandate"] == date(2037, 8, 30)
    assert until["sealed_form"] == date(2036, 11, 23)
    assert kinds(services, order_id).count("archive.prolonged") == 1
    assert rows(services, Job, actor="manifest")
    assert rows(services, ArchiveEntry, area="drafts") == []
    with pytest.raises(ArchiveDamaged):
        nightly(services)
    assert kinds(services, order_id).count("archive.prolonged") == 1


def test_drafts_expire_and_signed_forms_never(house):
    """Ninety days after its order expired an unsigned form is gone; the form that was signed is evidence and stays."""
    services, signed = house
    unsigned = order_from(services, make_proposal(reference="P-UNSIGNED"))
    form, other = order_of(services, signed).form_sha256, order_of(services, unsigned).form_sha256
    services.clock.move(days=120)
    assert expire_drafts(services) == 0
    services.clock.move(days=1)
    assert expire_drafts(services) == 2, "the draft of the signed form too: it has its own place now"
    with pytest.raises(ArchiveMissing):
        shown_form(services, other)
    assert verify(shown_form(services, form), trust=services.keys.roots, now=services.clock()).signatures
    assert page_image(services, form, 1, 300).width == 300
    assert rows(services, ArchiveEntry, order_id=unsigned) == []
    (entry,) = rows(services, ArchiveEntry, order_id=signed, kind="form")
    assert (entry.area, entry.retain_until.year) == ("signed", 2036)


def test_a_form_that_waits_for_its_seal_is_spared(services, monkeypatch):
    """Signed while the time-stamp server was silent for months: its draft is kept until it is sealed."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    unit = services.keys.timestamper
    with monkeypatch.context() as patch:

        def silent(_digest):
            raise TimestampUnavailable("no answer")

        patch.setattr(unit, "timestamp", silent)
        sign(services, order_id)
        for _ in range(10):
            services.clock.move(days=20)
            assert expire_drafts(services) == 0
    assert shown_form(services, order_of(services, order_id).form_sha256)


def test_the_mandate_is_kept_fourteen_months_after_its_last_debit(house):
    """A mandate that serves on for years keeps the form and the proof that it was signed with for longer."""
    services, order_id = house
    collect(services, date(2030, 1, 1), REP)
    nightly(services)
    assert prolong_mandates(services) == 0, "ten years are longer"
    with services.works() as work:
        work.first(Mandate).last_debit_on = date(2036, 6, 30)
    assert prolong_mandates(services) > 0
    assert prolong_mandates(services) == 0
    until = {row.kind: row.retain_until for row in rows(services, ArchiveEntry, order_id=order_id, area="signed")}
    assert until["sealed_form"] == until["evidence"] == until["mandate"] == date(2037, 8, 30)
    assert until["invoice"] == date(2036, 11, 23)
    assert services.archive.retention(order_of(services, order_id).sealed_sha256, "signed") == date(2037, 8, 30)
    assert kinds(services, order_id).count("archive.prolonged") == 1
