"""Delivery reports of the generic provider: believed by an HMAC, read by its template, followed by the other."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from pipeline.bootstrap import build_sms
from pipeline.channels.sms import FailoverSms
from pipeline.steps import ceremony
from storage.models import Ceremony, OneTimeCode
from tests.factories import make_proposal
from tests.house import CUSTOMER, kinds, make_services, open_and_read, order_from
from tests.pipeline.api_client import Client, problem

TEMPLATE = Path(__file__).parent / "sms_report.json"
SECRET, OWN = "s3cret-of-sending", "s3cret-of-reporting"
FIRST, SECOND = "sms.example", "other.example"


class Network:
    """Both providers behind `httpx.post`: each message gets the next id of its host."""

    def __init__(self):
        self.posted = []

    def __call__(self, url, *, json, headers, timeout):
        host = httpx.URL(url).host
        self.posted.append((host, json["messages"][0]["text"]))
        said = {"messages": [{"messageId": f"{host}-{len(self.posted)}", "status": {"name": "PENDING"}}]}
        return httpx.Response(200, json=said, request=httpx.Request("POST", url))

    @property
    def hosts(self):
        return [host for host, _ in self.posted]


@pytest.fixture
def network(monkeypatch):
    network = Network()
    monkeypatch.setattr(httpx, "post", network)
    return network


def reporting(installation, folder, **settings):
    """An installation whose messages leave by two generic providers."""
    chosen = {
        "sms_url": f"https://{FIRST}/send https://{SECOND}/send",
        "sms_template": TEMPLATE,
        "sms_token": SECRET,
    }
    made = make_services(installation, folder, **(chosen | settings))
    return replace(made, sms=build_sms(made.settings))


@pytest.fixture
def services(installation, tmp_path, network):
    return reporting(installation, tmp_path / "var")


@pytest.fixture
def view(services):
    """A signing page whose first code was taken by the first provider."""
    view = open_and_read(services, order_from(services, make_proposal()))
    ceremony.send_code(services, view.ceremony_id, [box.key for box in view.consents], CUSTOMER)
    return view


def one(message, status):
    return {"messageId": message, "status": {"name": status}}


def report(services, *results, provider=FIRST, secret=SECRET, signature=None, body=None):
    body = json.dumps({"results": results}).encode() if body is None else body
    signed = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature": signed if signature is None else signature}
    return Client(services).post(f"/webhooks/sms/{provider}", content=body, headers=headers)


def codes(services):
    with services.works(read_only=True) as work:
        return work.find(OneTimeCode, order_by=OneTimeCode.sequence)


def test_reports_move_the_status_forward_only(services, view):
    """Their words become ours; late, double and unordered ones, and several at once, leave the furthest."""
    assert codes(services)[0].delivery == "queued"
    mine = f"{FIRST}-1"
    assert report(services, one("of-another", "EXPIRED"), one(mine, "ENROUTE")).status_code == 204
    assert codes(services)[0].delivery == "sent"
    for status in ("DELIVERED", "ENROUTE", "PENDING", "EXPIRED", "DELIVERED", "UNHEARD"):
        assert report(services, one(mine, status)).status_code == 204
    assert codes(services)[0].delivery == "delivered"
    with services.works(read_only=True) as work:
        order_id = work.get(Ceremony, view.ceremony_id).order_id
    assert kinds(services, order_id).count("code.delivery") == 2


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "wrong", "sha256=é".encode()])
def test_an_unsigned_report_is_refused(services, view, signature):
    """No header, a wrong one, the right one of other bytes: nothing is believed."""
    mine = one(f"{FIRST}-1", "DELIVERED")
    problem(report(services, mine, signature=signature), 403, "forbidden")
    problem(report(services, mine, secret="other"), 403, "forbidden")
    body = json.dumps({"results": [mine]}).encode()
    right = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    problem(report(services, body=body + b" ", signature=right), 403, "forbidden")
    assert codes(services)[0].delivery == "queued"


def test_what_we_do_not_know_is_answered_alike(services, view):
    """Unknown messages and signed noise get the answer of a known message; an unknown provider, that of a stranger."""
    assert report(services, one("unknown", "DELIVERED")).status_code == 204
    for noise in (b"", b"[]", b"{", b'{"results": {}}'):
        assert report(services, body=noise).status_code == 204
    problem(report(services, one(f"{FIRST}-1", "DELIVERED"), provider="elsewhere.example"), 403, "forbidden")
    assert report(services, one(f"{FIRST}-1", "DELIVERED"), provider=SECOND).status_code == 204
    assert codes(services)[0].delivery == "queued"


def test_without_a_template_that_reports_none_is_believed(installation, tmp_path, network):
    """A provider that says nothing of reports has no door."""
    path = tmp_path / "sms.json"
    path.write_text(
        json.dumps({name: said for name, said in json.loads(TEMPLATE.read_text()).items() if name != "report"})
    )
    mute = reporting(installation, tmp_path / "mute", sms_template=path)
    problem(report(mute, one(f"{FIRST}-1", "DELIVERED")), 403, "forbidden")
    assert isinstance(mute.sms, FailoverSms)
    assert not mute.sms.can_take_over(FIRST)


def test_a_secret_of_its_own(installation, tmp_path, network):
    """Where `SEING_SMS_REPORT_SECRET` is given it alone counts."""
    services = reporting(installation, tmp_path / "own", sms_report_secret=OWN)
    problem(report(services, one("m", "DELIVERED")), 403, "forbidden")
    assert report(services, one("m", "DELIVERED"), secret=OWN).status_code == 204


@pytest.mark.parametrize("shape", ["query", "form"])
def test_reports_in_an_address_or_a_form(installation, tmp_path, network, shape):
    """The HMAC then covers the query as sent, or the form; base64 where the template says so."""
    path = tmp_path / "sms.json"
    said = json.loads(TEMPLATE.read_text())
    said["report"] = {"format": shape, "id": "mid", "status": "st", "header": "X-Mac", "encoding": "base64"}
    path.write_text(json.dumps(said))
    services = reporting(installation, tmp_path / shape, sms_template=path)
    view = open_and_read(services, order_from(services, make_proposal()))
    ceremony.send_code(services, view.ceremony_id, [box.key for box in view.consents], CUSTOMER)
    sent = f"mid={FIRST}-1&st=delivered"
    mac = base64.b64encode(hmac.new(SECRET.encode(), sent.encode(), hashlib.sha256).digest()).decode()
    client, door = Client(services), f"/webhooks/sms/{FIRST}"
    call = (
        (lambda told, **head: client.get(f"{door}?{told}", headers=head))
        if shape == "query"
        else (lambda told, **head: client.post(door, content=told.encode(), headers=head))
    )
    problem(call(sent + "&st=failed", **{"x-mac": mac}), 403, "forbidden")
    assert call(sent, **{"x-mac": mac}).status_code == 204
    assert codes(services)[0].delivery == "delivered"


def test_the_other_generic_provider_after_twenty_seconds(services, view, network):
    """No report for 20 s: the page gets a new code by the second; once it is reported as sent, nothing more leaves."""
    assert network.hosts == [FIRST]
    services.clock.move(seconds=19)
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER) is None
    services.clock.move(seconds=1)
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER).automatic
    assert network.hosts == [FIRST, SECOND]
    assert report(services, one(f"{FIRST}-1", "DELIVERED")).status_code == 204  # too late: that code is dead
    assert report(services, one(f"{SECOND}-2", "ENROUTE"), provider=SECOND).status_code == 204
    services.clock.move(seconds=60)
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER) is None
    code = re.search(r"#(\d{6})$", network.posted[-1][1])[1]
    ceremony.sign(services, view.ceremony_id, code, [box.key for box in view.consents], CUSTOMER)


def test_a_report_in_time_keeps_the_generic_provider(services, view, network):
    """Reported as sent within 20 s: nothing is sent again by itself; expired: at once."""
    assert report(services, one(f"{FIRST}-1", "ENROUTE")).status_code == 204
    services.clock.move(seconds=25)
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER) is None
    assert report(services, one(f"{FIRST}-1", "EXPIRED")).status_code == 204
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER).automatic
