"""A time-stamping unit of another house whose certificate names a responder only (OCSP): orders under its outages."""

import io
import json
import zipfile
from dataclasses import replace

import pytest
from cryptography import x509

from pipeline.preservation import newest
from pipeline.steps.export import export_order
from signing.timestamp import LocalTimestamper
from signing.verify import verify
from storage.models import Event
from tests.factories import make_proposal
from tests.house import drain, jobs_of, order_from, order_of, sign
from tests.signing.responder import responder


@pytest.fixture
def told(services):
    """The responder; the installation stamps with its unit, trusts its root for that, and has its list by hand."""
    with responder(services.clock) as told:
        own, keys = told.authority, services.keys
        stamper = LocalTimestamper(own.unit, clock=services.clock)
        trusted = {"stamp_roots": (own.root.certificate,), "identities": keys.identities[:2]}
        keys._set = replace(keys.current(), timestamper=stamper, **trusted)
        lists, files = services.revocation, services.revocation._files
        lists._files = lambda: [*files(), own.root_crl()]
        yield told


def levels(services, order_id):
    with services.works(read_only=True) as work:
        events = work.find(Event, order_id=order_id, kind="signature.level", order_by=Event.sequence)
    return [event.data["level"] for event in events if event.data["document"] == "sealed_form"]


def form_of(services, order_id):
    with services.works(read_only=True) as work:
        return services.archive.get(newest(work, order_id, "sealed_form").sha256, "signed")


def test_b_lta_at_once_while_the_responder_answers(services, told):
    """One question for the unit, whatever many orders: its answer is in each file."""
    for reference in ("P-1", "P-2"):
        order_id = order_from(services, make_proposal(reference=reference))
        sign(services, order_id)
        drain(services)
        assert levels(services, order_id) == ["B-LTA"]
        report = verify(
            form_of(services, order_id),
            trust=services.keys.roots,
            stamp_trust=services.keys.stamp_roots,
            now=services.clock.later(),
        )
        assert (report.passed, report.level) == (True, "B-LTA"), report.findings
        services.clock.move(minutes=1)
    assert told.asked == 1


def test_a_silent_responder_delays_the_level_alone(services, told):
    """B-T, and all that follows a seal with it; the job raises the form once the responder is back."""
    told.status = 503
    order_id = order_from(services, make_proposal())
    sign(services, order_id)
    drain(services)
    assert levels(services, order_id) == ["B-T"]
    assert order_of(services, order_id).evidence_sha256
    assert jobs_of(services, order_id)["preserve"].error == "signing.revocation_unavailable"
    told.status = 200
    services.clock.move(minutes=10)
    drain(services)
    assert levels(services, order_id) == ["B-T", "B-LTA"]
    report = verify(
        form_of(services, order_id),
        trust=services.keys.roots,
        stamp_trust=services.keys.stamp_roots,
        now=services.clock.later(),
    )
    assert (report.passed, report.level) == (True, "B-LTA"), report.findings


def test_an_export_holds_both_kinds_of_roots_apart(services, told, tmp_path):
    """With the two files an outsider's own `seing verify` passes; the unit's root alone vouches for no signature."""
    order_id = order_from(services, make_proposal())
    sign(services, order_id)
    drain(services)
    services.clock.move(minutes=1)
    with zipfile.ZipFile(io.BytesIO(export_order(services, order_id))) as folder:
        folder.extractall(tmp_path)
    page = (tmp_path / "index.html").read_text("utf-8")
    call = "seing verify documents/bon-de-commande.pdf --evidence documents/preuve.pdf --trust racines.pem"
    assert f"{call} --trust-stamps racines-horodatage.pem" in page
    assert json.loads((tmp_path / "verification.json").read_text("utf-8"))["indication"] == "TOTAL-PASSED"
    form = (tmp_path / "documents/bon-de-commande.pdf").read_bytes()
    evidence = (tmp_path / "documents/preuve.pdf").read_bytes()
    seal, unit = (
        x509.load_pem_x509_certificates((tmp_path / name).read_bytes())
        for name in ("racines.pem", "racines-horodatage.pem")
    )
    now = services.clock.later()
    assert verify(form, trust=seal, stamp_trust=unit, evidence=evidence, now=now).passed
    assert not verify(form, trust=seal, evidence=evidence, now=now).passed
    assert not verify(form, trust=unit, stamp_trust=seal, evidence=evidence, now=now).passed
