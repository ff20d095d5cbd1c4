"""Signatures that hold for thirty years: levels, outages, renewals, and new keys on the way."""

import io
import json
import shutil
import zipfile
from datetime import timedelta

import httpx
import pytest
from cryptography import x509
from typer.testing import CliRunner

from pipeline import preservation
from pipeline.cli import app
from pipeline.errors import NotFound
from pipeline.preservation import MARGIN, newest, renew_due
from pipeline.steps.export import export_order
from pipeline.steps.preserve import preserve
from signing import lifetime, pki, revocation
from signing.errors import RevocationUnavailable, TimestampUnavailable
from signing.verify import verify
from storage.models import ArchiveEntry, Event
from tests.factories import sample
from tests.house import drain, jobs_of, make_services, order_from, order_of, sign
from tests.pipeline.api_client import Client

pytestmark = pytest.mark.slow


@pytest.fixture
def rose(services):
    return order_from(services, sample("au-nom-de-la-rose"))


def levels(services, order_id, document="sealed_form"):
    with services.works(read_only=True) as work:
        events = work.find(Event, order_id=order_id, kind="signature.level", order_by=Event.sequence)
    return [event.data["level"] for event in events if event.data["document"] == document]


def newest_of(services, order_id, document="sealed_form"):
    with services.works(read_only=True) as work:
        entry = newest(work, order_id, document)
    return services.archive.get(entry.sha256, "signed")


def verdict(services, pdf, **more):
    return verify(pdf, trust=services.keys.roots, now=services.clock.later(), **more)


def refuse(patch, services, what):
    def silent(*_args):
        raise what("no answer")

    if what is TimestampUnavailable:
        patch.setattr(services.keys.timestamper, "timestamp", silent)
    else:
        patch.setattr(services.revocation, "proofs", silent)


def test_form_and_evidence_are_b_lta_at_once(services, rose):
    """One file each, at the highest level, said on the trail; nothing is left to raise."""
    sign(services, rose)
    drain(services)
    for document in ("sealed_form", "evidence"):
        assert levels(services, rose, document) == ["B-LTA"]
        report = verdict(services, newest_of(services, rose, document))
        assert report.passed, report.findings
        assert report.level == "B-LTA"
    assert "preserve" not in jobs_of(services, rose)
    order = order_of(services, rose)
    both = verdict(services, newest_of(services, rose), evidence=services.archive.get(order.evidence_sha256, "signed"))
    assert both.passed, both.findings


def test_a_silent_revocation_source_delays_nothing_but_the_level(services, rose, monkeypatch):
    """B-T at once and all that follows with it; the raised file begins with every byte of the first."""
    with monkeypatch.context() as patch:
        refuse(patch, services, RevocationUnavailable)
        sign(services, rose)
        drain(services)
        order = order_of(services, rose)
        named = services.archive.get(order.sealed_sha256, "signed")
        assert verdict(services, named).level == "B-T"
        assert order.evidence_sha256
        assert jobs_of(services, rose)["copy"].state == "done"
        assert jobs_of(services, rose)["preserve"].error == "signing.revocation_unavailable"
    services.clock.move(minutes=10)
    drain(services)
    raised = newest_of(services, rose)
    assert raised.startswith(named)
    assert levels(services, rose) == ["B-T", "B-LTA"]
    assert order_of(services, rose).sealed_sha256 == order.sealed_sha256
    evidence = services.archive.get(order.evidence_sha256, "signed")
    for pdf in (named, raised):
        assert verdict(services, pdf, evidence=evidence).passed
    assert verdict(services, raised).level == "B-LTA"


def test_lists_silent_too_leave_a_time_stamp(services, rose, monkeypatch):
    """The unit is back before the lists: the form is dated at once, and raised to B-LTA in a second step."""
    with monkeypatch.context() as patch:
        refuse(patch, services, TimestampUnavailable)
        sign(services, rose)
        drain(services)
    with monkeypatch.context() as patch:
        refuse(patch, services, RevocationUnavailable)
        services.clock.move(minutes=10)
        drain(services)
        assert levels(services, rose) == ["B-B", "B-T"]
        assert order_of(services, rose).evidence_sha256
    services.clock.move(minutes=10)
    drain(services)
    assert levels(services, rose) == ["B-B", "B-T", "B-LTA"]
    assert verdict(services, newest_of(services, rose)).passed


def test_an_outage_longer_than_the_certificate(services, rose, monkeypatch):
    """A form whose certificate ended before anything dated it is signed again, with a fresh key and a time-stamp."""
    with monkeypatch.context() as patch:
        refuse(patch, services, TimestampUnavailable)
        sign(services, rose)
        drain(services)
        services.clock.move(hours=30)
        drain(services)
        assert levels(services, rose) == ["B-B"]
    services.clock.move(minutes=10)
    drain(services)
    report = verdict(services, newest_of(services, rose))
    assert report.passed, report.findings
    assert report.level == "B-LTA"
    assert {job.state for job in jobs_of(services, rose).values()} == {"done"}


def test_raising_twice_changes_nothing(services, rose, monkeypatch):
    """A job that is carried twice finds its effect there; one for an unknown order is an error."""
    with monkeypatch.context() as patch:
        refuse(patch, services, RevocationUnavailable)
        sign(services, rose)
        drain(services)
    job = jobs_of(services, rose)["preserve"]
    services.clock.move(minutes=10)
    drain(services)
    before = (levels(services, rose), newest_of(services, rose))
    preserve(services, **job.args)
    assert before == (levels(services, rose), newest_of(services, rose))
    with pytest.raises(NotFound):
        preserve(services, "0" * 32, "sealed_form", "0" * 64)


def test_a_level_that_was_not_reached_is_no_silence(services, rose, monkeypatch):
    """A raised file that does not verify is never recorded: the job fails and says why."""
    sign(services, rose)
    drain(services)
    renew_due(services, services.clock() + timedelta(days=9999))
    monkeypatch.setattr(
        preservation, "raised", lambda _, pdf: preservation.Reached(pdf[:-9], "B-LTA", services.clock())
    )
    import pipeline.steps.preserve as module

    monkeypatch.setattr(module, "raised", preservation.raised)
    drain(services)
    assert "was not reached" in jobs_of(services, rose)["preserve"].error
    assert levels(services, rose) == ["B-LTA"]


# -- over the years


def next_keys(services, folder, *parts, when):
    """What an operator does under a running process: new keys in the place of the old, the new root beside the old."""
    passphrase = services.settings.secret("key_passphrase").encode()
    if not folder.exists():
        pki.create_development_pki(folder, passphrase=passphrase, now=when, organisation=f"Suivante {when:%Y}")
        kept = services.settings.keys_dir / pki.ROOT
        kept.write_bytes(kept.read_bytes() + (folder / pki.ROOT).read_bytes())
    for part in parts:
        shutil.copy(folder / part, services.settings.keys_dir / part)
    services.keys.refresh()


@pytest.fixture
def lasting(installation, tmp_path):
    return make_services(installation, tmp_path / "var", retention_years=30)


@pytest.mark.timeout(300)  # four RSA keys are made on the way
def test_three_ten_and_twenty_five_years(lasting, tmp_path):
    """Renewed each time before its time-stamp runs out, with units of later years: TOTAL-PASSED at the end."""
    services = lasting
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    sign(services, order_id)
    drain(services)
    first = newest_of(services, order_id)
    start = services.clock.now

    services.clock.now = start + timedelta(days=3 * 365)
    assert renew_due(services) == 0
    assert verdict(services, first).passed

    for years in (9, 18):
        services.clock.now = start + timedelta(days=years * 365)
        folder = tmp_path / f"keys{years}"
        # The unit first: what the earlier one stamped is renewed while the earlier authority can still be asked.
        next_keys(services, folder, pki.TIMESTAMP, when=services.clock.now)
        assert renew_due(services) == 2
        assert renew_due(services) == 0
        drain(services)
        next_keys(services, folder, pki.SEAL, pki.ISSUER, pki.ROOT_CRL, when=services.clock.now)
        services.clock.move(days=500)  # past the end of the unit before
        assert renew_due(services) == 0
        assert not verdict(services, first).passed  # as it was, nothing judges its time-stamp any more
        for document in ("sealed_form", "evidence"):
            report = verdict(services, newest_of(services, order_id, document))
            assert report.passed, (years, document, report.findings)
            assert report.level == "B-LTA"

    services.clock.now = start + timedelta(days=25 * 365)
    last = newest_of(services, order_id)
    assert last.startswith(first)
    order = order_of(services, order_id)
    whole = verdict(services, last, evidence=newest_of(services, order_id, "evidence"))
    assert whole.passed, whole.findings
    assert whole.level == "B-LTA"
    assert whole.evidence.order_number == order.number
    with zipfile.ZipFile(io.BytesIO(export_order(services, order.number))) as exported:
        assert json.loads(exported.read("verification.json"))["indication"] == "TOTAL-PASSED"
        assert "horodatage renouvelé" in exported.read("index.html").decode()
    with services.works(read_only=True) as work:
        kept = {entry.retain_until for entry in work.find(ArchiveEntry, order_id=order_id) if "_lta" in entry.kind}
    assert {order.sealed_at.year + 30} == {day.year for day in kept}


def test_an_algorithm_that_ends_brings_the_renewal_forward(services, rose, monkeypatch):
    """The digest's end is nearer than the certificate's: it counts. So does a date given by hand."""
    sign(services, rose)
    monkeypatch.setattr(lifetime, "ALGORITHM_ENDS", {"sha256": services.clock() + timedelta(days=800)})
    drain(services)
    assert renew_due(services) == 0
    services.clock.move(days=500)
    assert renew_due(services) == 0, "a stamp of today would end as soon"
    monkeypatch.undo()  # a program that writes another digest
    assert renew_due(services) == 2
    drain(services)
    assert renew_due(services) == 0
    assert renew_due(services, services.clock() + timedelta(days=4000)) == 2


def test_nothing_is_renewed_for_nothing(services, rose, tmp_path, monkeypatch, caplog):
    """While the unit's own certificate ends as soon as the stamps, they wait for another unit; then once, not daily."""
    sign(services, rose)
    drain(services)
    services.clock.move(days=9 * 365)
    for _ in range(3):
        assert renew_due(services) == 0
        services.clock.move(days=1)
    assert "waits for another" in caplog.text
    assert levels(services, rose) == ["B-LTA"]

    next_keys(services, tmp_path / "next", pki.TIMESTAMP, when=services.clock.now)
    with monkeypatch.context() as patch:
        refuse(patch, services, TimestampUnavailable)
        assert renew_due(services) == 0, "silent: another day"
    for expected in (2, 0, 0):
        assert renew_due(services) == expected
        drain(services)
        services.clock.move(days=1)
    assert levels(services, rose) == ["B-LTA", "B-LTA"]


def test_nothing_is_renewed_past_its_retention(services, rose):
    """What may be deleted is let go."""
    sign(services, rose)
    drain(services)
    services.clock.move(days=11 * 365)
    assert renew_due(services) == 0


def test_renew_from_the_command_line(services, rose, monkeypatch):
    """`seing renew --before` says how many; a worker does them."""
    sign(services, rose)
    drain(services)
    monkeypatch.setenv("SEING_DATA_DIR", str(services.settings.data_dir))
    monkeypatch.setenv("SEING_FIXED_NOW", services.clock().isoformat())
    result = CliRunner().invoke(app, ["renew", "--before", "2039-01-01"])
    assert "2 document(s)" in result.output, result.output
    drain(services)
    assert levels(services, rose) == ["B-LTA", "B-LTA"]
    assert MARGIN > timedelta(days=365)


# -- revocation lists


def test_the_list_is_published_and_its_number_grows(services):
    """Anybody gets the authority's list; within the hour the same, later the next number, in the database."""
    client = Client(services)
    answer = client.get("/pki/issuer.crl")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pkix-crl"
    assert client.get("/pki/issuer.crl").content == answer.content
    first = x509.load_der_x509_crl(answer.content)
    assert first.is_signature_valid(services.keys.issuer.certificate.public_key())
    services.clock.move(hours=2)
    second = x509.load_der_x509_crl(client.get("/pki/issuer.crl").content)
    numbers = [crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for crl in (first, second)]
    assert numbers == [1, 2]
    root = client.get("/pki/root.crl").content
    assert root == (services.settings.keys_dir / pki.ROOT_CRL).read_bytes()
    (services.settings.keys_dir / pki.ROOT_CRL).unlink()
    assert client.get("/pki/root.crl").status_code == 404
    point = services.keys.seal.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
    assert point.full_name[0].value.endswith("/pki/issuer.crl")


def test_lists_of_others_are_fetched_once_and_a_silent_server_is_not_asked_again(services):
    """Over HTTP where the certificate says; kept for an hour; after a failure nobody waits for a minute."""
    issuer, seal = services.keys.issuer, services.keys.seal
    asked = []
    answers = {"status": 503}

    def server(request):
        asked.append(str(request.url))
        return httpx.Response(answers["status"], content=answers.get("crl", b""))

    lists = revocation.RevocationLists(
        issuers=lambda: (),
        known=lambda: (issuer.certificate, *issuer.chain),
        files=lambda: [(services.settings.keys_dir / pki.ROOT_CRL).read_bytes()],
        own=lambda _: b"",
        clock=services.clock,
        fetch=revocation.http_fetch(1.0, httpx.MockTransport(server)),
    )
    for _ in range(2):
        with pytest.raises(RevocationUnavailable, match="AUTORITÉ"):
            lists.proofs([seal.certificate])
    assert len(asked) == 1
    services.clock.move(minutes=2)
    now = services.clock()
    answers |= {"status": 200, "crl": pki.make_crl(issuer, number=7, now=now, next_update=now + timedelta(days=1))}
    for _ in range(2):
        assert len(lists.proofs([seal.certificate]).crls) == 2
    assert len(asked) == 2
    services.clock.move(days=2)
    with pytest.raises(RevocationUnavailable):  # what the server still gives is out of date
        lists.proofs([seal.certificate])
