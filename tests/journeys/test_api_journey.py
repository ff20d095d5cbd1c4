"""The whole job by programs alone: ordering system, CRM, agency's tool and bank file, through HTTP."""

import hashlib
import json
import zipfile
from io import BytesIO

import pytest

from pipeline.pages import page_count, page_image
from pipeline.steps import ceremony
from pipeline.steps.receive import count_receipts
from storage.models import Mandate
from tests.factories import IBAN, SAMPLES
from tests.house import CUSTOMER, drain
from tests.journeys.bank import camt054
from tests.pipeline.api_client import CHOICES, Client, problem

FILE = (SAMPLES / "au-nom-de-la-rose.json").read_bytes()


def customer_signs(services, link):
    """What the customer does on the pages behind the link."""
    view = ceremony.find(services, link.rpartition("/")[2], CUSTOMER)
    for page in range(1, page_count(services, view.form_sha256) + 1):
        image = page_image(services, view.form_sha256, page, 400)
        ceremony.record_page(services, view.ceremony_id, page, image.sha256, CUSTOMER)
    ticked = [box.key for box in view.consents]
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    ceremony.sign(services, view.ceremony_id, services.sms.code, ticked, CUSTOMER)


@pytest.fixture
def rep(services):
    return Client(services, "c.delmas")


@pytest.fixture
def agency(services):
    return Client(services, "agence.lyo")


@pytest.fixture
def sealed(services, rep):
    """The number of an order that was filed, ordered, signed and sealed."""
    proposal = rep.once("file", "/api/v1/proposals", content=FILE).json()
    rep.once("validate", f"/api/v1/proposals/{proposal['id']}/validate")
    order = rep.once("order", f"/api/v1/proposals/{proposal['id']}/order", json=CHOICES).json()
    link = rep.once("sign", f"/api/v1/orders/{order['number']}/ceremonies", json={"mode": "link"}).json()["link"]
    customer_signs(services, link)
    drain(services)
    return order["number"]


@pytest.fixture
def released(services, rep, sealed):
    assert 200 == rep.once("release", f"/api/v1/orders/{sealed}/release").status_code
    drain(services)
    return sealed


def test_from_the_file_to_the_agency(services, rep, agency, sealed):
    """Each program does its part; what they fetch verifies; every document hashes to what the order says."""
    order = rep.get(f"/api/v1/orders/{sealed}").json()
    assert "sealed" == order["state"]
    assert {"copy", "archive", "invoice", "mandate"} <= {
        track["name"] for track in order["tracks"] if track["state"] == "done"
    }
    files = {item["kind"]: rep.get(item["url"]).content for item in order["documents"]}
    assert {"form", "sealed_form", "evidence", "evidence_json", "invoice", "mandate"} <= set(files)
    assert all(hashlib.sha256(files[item["kind"]]).hexdigest() == item["sha256"] for item in order["documents"])

    verdict = (
        Client(services)
        .post("/api/v1/verify", files={"file": files["sealed_form"], "evidence": files["evidence"]})
        .json()
    )
    assert verdict["passed"], verdict["sentence"]
    changed = files["sealed_form"].replace(b"/Type", b"/Typf", 1)
    assert not Client(services).post("/api/v1/verify", files={"file": changed}).json()["passed"]

    problem(agency.get(f"/api/v1/orders/{sealed}"), 404, "not_found")
    rep.once("release", f"/api/v1/orders/{sealed}/release")
    problem(agency.get("/api/v1/batches/LOT-2026-LYO-000001/file"), 404, "not_found")
    drain(services)
    (batch,) = agency.get("/api/v1/batches").json()["items"]
    with zipfile.ZipFile(BytesIO(agency.get(f"/api/v1/batches/{batch['id']}/file").content)) as content:
        manifest = json.loads(content.read("MANIFEST.json"))
        assert [sealed] == [item["number"] for item in manifest["orders"]]
    seen = agency.get(f"/api/v1/orders/{sealed}").json()
    assert [] == seen["events"]
    assert not {"evidence_json", "mandate"} & {item["kind"] for item in seen["documents"]}
    problem(agency.get(f"/api/v1/orders/{sealed}/documents/evidence_json"), 404, "not_found")
    taken = agency.once("take", f"/api/v1/batches/{batch['id']}/orders/{order['id']}/accept").json()
    assert ("closed", "accepted", "api:crm.agence.lyo") == (
        taken["state"],
        taken["orders"][0]["state"],
        taken["orders"][0]["decided_by"],
    )
    assert "accepted" == rep.get(f"/api/v1/orders/{sealed}").json()["state"]


def test_a_rejection_comes_back_as_a_task(services, rep, agency, released):
    """The rep's program reads the agency's reason, closes the task with a comment, and releases again."""
    (batch,) = agency.get("/api/v1/batches?state=open").json()["items"]
    address = f"/api/v1/batches/{batch['number']}/orders/{batch['orders'][0]['order_id']}"
    problem(agency.post(f"{address}/reject", json={"reason": " "}), 422, "reason.missing")
    problem(Client(services, "agence.par").post(f"{address}/accept"), 404, "not_found")

    agency.once("no", f"{address}/reject", json={"reason": "Visuel manquant"})

    (task,) = rep.get("/api/v1/tasks").json()["items"]
    assert ("Visuel manquant", released) == (task["text"], task["order_number"])
    problem(
        Client(services, "k.benali").post(f"/api/v1/tasks/{task['id']}/close", json={"comment": "x"}), 404, "not_found"
    )
    closed = rep.once("close", f"/api/v1/tasks/{task['id']}/close", json={"comment": "Visuel joint"}).json()
    assert ("done", "Visuel joint") == (closed["state"], closed["comment"])
    assert [] == rep.get("/api/v1/tasks").json()["items"]
    assert 1 == len(rep.get("/api/v1/tasks?state=all").json()["items"])
    assert "released" == rep.once("again", f"/api/v1/orders/{released}/release").json()["state"]
    assert 2 == len(agency.get("/api/v1/batches").json()["items"])


def test_the_back_office_collects_once(services, sealed):
    """The register shows no account; the file for the bank is made once however often it is asked for."""
    office = Client(services, "siege")
    (mandate,) = office.get("/api/v1/mandates?state=active").json()["items"]
    assert (IBAN[-4:], sealed) == (mandate["iban_last4"], mandate["order_number"])
    assert IBAN not in office.get("/api/v1/mandates").text

    first = office.once("february", "/api/v1/collections", json={"until": "2099-12-31"})
    again = office.once("february", "/api/v1/collections", json={"until": "2099-12-31"})

    assert (201, first.json()) == (again.status_code, again.json())
    assert "6056.76" == first.json()["total"]
    xml = office.get(first.json()["url"])
    assert "application/xml" == xml.headers["content-type"]
    assert first.json()["message_id"].encode() in xml.content
    assert 204 == office.post("/api/v1/collections", json={"until": "2099-12-31"}).status_code
    (listed,) = office.get("/api/v1/collections").json()["items"]
    assert first.json()["handed_at"] is None, "nobody had read it yet"
    assert listed == first.json() | {"handed_at": listed["handed_at"]}
    assert listed["handed_at"]


FIRST = "2026-LYO-000001-01"


def test_the_bank_answers_a_program(services, sealed):
    """A file is taken once, whatever comes twice; what matched nothing waits until somebody says what he did."""
    office = Client(services, "siege")
    office.once("collect", "/api/v1/collections", json={"until": "2027-03-31"})
    data = camt054((FIRST, "AM04", "605.68"), ("2019-XXX-000009-01", "AM04", "10.00"))
    taken = office.once("k1", "/api/v1/bank-answers", content=data)
    again = office.once("k1", "/api/v1/bank-answers", content=data)
    other = office.once("k2", "/api/v1/bank-answers", content=data)
    assert (201, 201, 201) == (taken.status_code, again.status_code, other.status_code)
    assert taken.json() == again.json()
    assert (False, True) == (taken.json()["repeated"], other.json()["repeated"])
    assert taken.json()["id"] == other.json()["id"]
    body = taken.json()
    assert (1, 0, 1, 1) == tuple(body[name] for name in ("applied", "known", "quarantined", "waiting"))
    assert ["applied", "quarantined"] == [entry["state"] for entry in body["entries"]]
    assert "provision insuffisante" == body["entries"][0]["words"]

    settle = f"/api/v1/bank-answers/{body['id']}/entries/2/settle"
    problem(office.post(settle, json={"comment": " "}), 422, "reason.missing")
    problem(office.post(settle.replace("/2/", "/1/"), json={"comment": "x"}), 409, "state.not_allowed")
    problem(office.post(settle.replace("/2/", "/9/"), json={"comment": "x"}), 404, "not_found")
    settled = office.once("s1", settle, json={"comment": "Ancien logiciel"})
    assert (0, "Ancien logiciel") == (settled.json()["waiting"], settled.json()["entries"][1]["comment"])
    assert settled.json() == office.get(taken.headers["location"]).json()
    (listed,) = office.get("/api/v1/bank-answers").json()["items"]
    assert 0 == listed["waiting"]
    problem(office.get("/api/v1/bank-answers/nowhere"), 404, "not_found")


def test_what_is_no_answer_of_a_bank_is_refused(services, rep):
    """Another file, a file too large, another role's key."""
    office = Client(services, "siege")
    problem(office.post("/api/v1/bank-answers", content=b"<Document/>"), 422, "bank_answer.unreadable")
    assert 413 == office.post("/api/v1/bank-answers", content=b" " * 10_000_001).status_code
    problem(rep.post("/api/v1/bank-answers", content=camt054()), 403, "forbidden")
    assert [] == office.get("/api/v1/bank-answers").json()["items"]


def test_a_mandate_is_revoked_by_a_program(services, sealed, rep):
    """With a reason, once; a rep's key may not; one that was replaced says so."""
    office = Client(services, "siege")
    (mandate,) = office.get("/api/v1/mandates").json()["items"]
    address = f"/api/v1/mandates/{mandate['umr']}"
    problem(rep.post(f"{address}/revoke", json={"reason": "x"}), 403, "forbidden")
    problem(office.post(f"{address}/revoke", json={"reason": " "}), 422, "reason.missing")
    revoked = office.once("r", f"{address}/revoke", json={"reason": "Fin de contrat"})
    assert ("revoked", "Fin de contrat") == (revoked.json()["state"], revoked.json()["reason"])
    assert revoked.json() == office.once("r", f"{address}/revoke", json={"reason": "Fin de contrat"}).json()
    assert revoked.json() == office.get(address).json()
    assert 200 == office.post(f"{address}/revoke", json={"reason": "Encore"}).status_code
    assert "Fin de contrat" == office.get(address).json()["reason"]
    problem(office.get("/api/v1/mandates/nowhere"), 404, "not_found")
    problem(office.post("/api/v1/mandates/nowhere/revoke", json={"reason": "x"}), 404, "not_found")
    with services.works() as work:
        work.first(Mandate).state = "amended"
    problem(office.post(f"{address}/revoke", json={"reason": "x"}), 409, "state.not_allowed")


def test_receipts_are_read_by_the_platforms_adapter(services, sealed):
    """What is counted, per rate of VAT, with the message that goes to the platform."""
    office = Client(services, "siege")
    made = office.once("collect", "/api/v1/collections", json={"until": "2027-01-31"}).json()
    services.clock.now = services.clock.now.replace(year=2027, month=1, day=20)
    assert count_receipts(services) == 0
    office.get(made["url"])
    count_receipts(services)
    (receipt,) = office.get("/api/v1/receipts?declaration=due").json()["items"]
    assert ("received", "605.68", "2027-01-05") == (receipt["kind"], receipt["amount"], receipt["day"])
    assert [{"rate": "20.00", "amount": "605.68"}] == receipt["by_rate"]
    invoice = office.get(f"/api/v1/orders/{sealed}").json()["invoice"]
    assert ("partly", "605.68", "6056.76") == (invoice["standing"], invoice["collected"], invoice["total_incl_vat"])
    xml = office.get(receipt["url"])
    assert "application/xml" == xml.headers["content-type"]
    assert b"605.68" in xml.content
    drain(services)
    assert [] == office.get("/api/v1/receipts?declaration=due").json()["items"]
    (done,) = office.get(f"/api/v1/receipts?invoice={receipt['invoice']}").json()["items"]
    assert done["declared_at"]
    assert [] == office.get("/api/v1/receipts?invoice=F-0").json()["items"]
    problem(office.get("/api/v1/receipts/nowhere.xml"), 404, "not_found")
