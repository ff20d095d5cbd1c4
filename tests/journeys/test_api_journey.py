"""The whole job by programs alone: ordering system, CRM, agency's tool and bank file, through HTTP."""

import hashlib
import json
import zipfile
from io import BytesIO

import pytest

from pipeline.pages import page_count, page_image
from pipeline.steps import ceremony
from tests.factories import IBAN, SAMPLES
from tests.house import CUSTOMER, drain
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
    assert [first.json()] == office.get("/api/v1/collections").json()["items"]
