"""Orders through the API: what is refused, what is shown to whom, and what no answer ever holds."""

import hashlib

import pytest

from tests.factories import IBAN, make_proposal
from tests.pipeline.api_client import CHOICES, Client, problem

MOBILE = "+33612345678"


@pytest.fixture
def rep(services):
    return Client(services, "c.delmas")


@pytest.fixture
def proposal_id(rep):
    return rep.post("/api/v1/proposals", content=make_proposal().to_json()).json()["id"]


@pytest.fixture
def order(rep, proposal_id):
    return rep.post(f"/api/v1/proposals/{proposal_id}/order", json=CHOICES).json()


def test_an_order_is_numbered_frozen_and_certified(rep, proposal_id):
    """201 with its address; the proposal says which order stands for it."""
    answer = rep.post(f"/api/v1/proposals/{proposal_id}/order", json=CHOICES)

    body = answer.json()
    assert (201, "/api/v1/orders/2026-LYO-000001") == (answer.status_code, answer.headers["location"])
    assert ("prepared", "1200.00", "0189", "78") == (
        body["state"],
        body["total_incl_vat"],
        body["payment"]["iban_last4"],
        body["signatory"]["mobile_last2"],
    )
    assert ["form"] == [item["kind"] for item in body["documents"]]
    assert ["order.prepared", "form.certified"] == [item["kind"] for item in body["events"]]
    assert "api:crm.c.delmas" == body["events"][0]["actor"]
    shown = rep.get(f"/api/v1/proposals/{proposal_id}").json()
    assert ("ordered", body["id"]) == (shown["state"], shown["order_id"])


def test_no_answer_holds_a_bank_account_or_a_mobile(rep, order):
    """Of an IBAN the last four, of a mobile the last two: in the order, its list, and its trail."""
    for path in (f"/api/v1/orders/{order['id']}", "/api/v1/orders"):
        text = rep.get(path).text
        assert IBAN not in text
        assert MOBILE not in text


def test_the_customers_choices_get_the_findings_of_the_screen(rep, proposal_id):
    """Every wrong field is named at once, and nothing is ordered."""
    wrong = CHOICES | {"email": "helene", "mobile": "04 78 37 00 00", "iban": "FR76", "role": ""}

    body = problem(rep.post(f"/api/v1/proposals/{proposal_id}/order", json=wrong), 409, "proposal.blocked")

    assert {
        ("account.email_invalid", "email"),
        ("signatory.mobile_not_mobile", "mobile"),
        ("mandate.iban_invalid", "iban"),
        ("signatory.role_missing", "role"),
    } == {(item["code"], item["where"]) for item in body["findings"]}
    assert [] == rep.get("/api/v1/orders").json()["items"]


def test_choices_that_cannot_be_read_are_named_by_field(rep, proposal_id):
    """A headcount in letters and an unknown field are findings too, without what was typed."""
    wrong = CHOICES | {"employees": "neuf", "iban_bis": IBAN}

    answer = rep.post(f"/api/v1/proposals/{proposal_id}/order", json=wrong)

    body = problem(answer, 422, "customer.unreadable")
    assert {"employees", "iban_bis"} == {item["where"] for item in body["findings"]}
    assert IBAN not in answer.text


def test_a_proposal_is_ordered_once(rep, proposal_id, order):
    """Without an Idempotency-Key a second order is a refusal that says so."""
    problem(rep.post(f"/api/v1/proposals/{proposal_id}/order", json=CHOICES), 409, "state.not_allowed")
    problem(rep.put(f"/api/v1/proposals/{proposal_id}", content=make_proposal().to_json()), 409, "state.not_allowed")


def test_the_link_is_answered_once(services, rep, order):
    """A new ceremony closes the one before; the order shows the ceremony without its link."""
    address = f"/api/v1/orders/{order['number']}/ceremonies"

    first = rep.post(address, json={"mode": "link"})
    second = rep.post(address, json={"mode": "handover"}).json()

    assert 201 == first.status_code
    assert first.json()["link"] != second["link"]
    assert second["link"].startswith(f"{services.settings.public_url}/s/")
    text = rep.get(f"/api/v1/orders/{order['id']}").text
    assert second["link"].rpartition("/")[2] not in text
    shown = rep.get(f"/api/v1/orders/{order['id']}").json()
    assert ("signing", second["id"], "open") == (shown["state"], shown["ceremony"]["id"], shown["ceremony"]["state"])
    problem(rep.post(address, json={"mode": "fax"}), 422, "request.invalid")


def test_an_order_is_taken_back_with_a_reason(rep, order):
    """Its proposal can be ordered again, under another number."""
    address = f"/api/v1/orders/{order['number']}"
    problem(rep.post(f"{address}/withdraw", json={"reason": "  "}), 422, "reason.missing")

    body = rep.post(f"{address}/withdraw", json={"reason": "Erreur de tarif"}).json()

    assert ("withdrawn", "Erreur de tarif") == (body["state"], body["reason"])
    problem(rep.post(f"{address}/withdraw", json={"reason": "Encore"}), 409, "state.not_allowed")
    problem(rep.post(f"{address}/ceremonies", json={}), 409, "state.not_allowed")
    again = rep.post(f"/api/v1/proposals/{order['proposal_id']}/order", json=CHOICES).json()
    assert "2026-LYO-000002" == again["number"]


def test_what_is_not_sealed_is_not_released(rep, order):
    """Release before the signature is a refusal."""
    problem(rep.post(f"/api/v1/orders/{order['number']}/release"), 409, "state.not_allowed")


def test_orders_are_seen_by_their_rep_and_the_back_office(services, order):
    """To another rep, and to an agency that it was not delivered to, it does not exist."""
    for user in ("k.benali", "agence.lyo", "agence.par"):
        stranger = Client(services, user)
        assert [] == stranger.get("/api/v1/orders").json()["items"]
        problem(stranger.get(f"/api/v1/orders/{order['number']}"), 404, "not_found")
        problem(stranger.get(f"/api/v1/orders/{order['id']}/documents/form"), 404, "not_found")
    for act in ("release", "withdraw", "ceremonies"):
        answer = Client(services, "k.benali").post(f"/api/v1/orders/{order['id']}/{act}", json={"reason": "x"})
        problem(answer, 404, "not_found")
        problem(
            Client(services, "agence.lyo").post(f"/api/v1/orders/{order['id']}/{act}", json={"reason": "x"}),
            403,
            "forbidden",
        )
    shown = Client(services, "siege").get("/api/v1/orders?state=prepared&agency=LYO").json()
    assert [order["number"]] == [item["number"] for item in shown["items"]]


def test_a_document_is_given_as_it_was_archived(services, rep, order):
    """The form's bytes hash to what the order says; a kind that is not there is 404."""
    answer = rep.get(f"/api/v1/orders/{order['number']}/documents/form")

    assert order["form_sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert f'"{order["form_sha256"]}"' == answer.headers["etag"]
    problem(rep.get(f"/api/v1/orders/{order['number']}/documents/evidence"), 404, "not_found")


def test_roles_that_have_no_business_there_are_refused(services):
    """Money is the back office's; decisions on batches are the agency's; tasks are the seller's."""
    rep, agency, office = (Client(services, user) for user in ("c.delmas", "agence.lyo", "siege"))

    for client in (rep, agency):
        for path in ("mandates", "collections", "collections/x.xml"):
            problem(client.get(f"/api/v1/{path}"), 403, "forbidden")
        problem(client.post("/api/v1/collections", json={"until": "2027-02-10"}), 403, "forbidden")
    problem(rep.get("/api/v1/batches"), 403, "forbidden")
    problem(agency.get("/api/v1/tasks"), 403, "forbidden")
    problem(office.post("/api/v1/batches/x/orders/y/accept"), 403, "forbidden")
    problem(agency.post("/api/v1/batches/x/orders/y/accept"), 404, "not_found")
    problem(office.get("/api/v1/collections/x.xml"), 404, "not_found")


def test_nothing_to_collect_is_no_content(services):
    """An empty collection is not made."""
    answer = Client(services, "siege").once("k1", "/api/v1/collections", json={"until": "2026-12-01"})

    assert (204, b"") == (answer.status_code, answer.content)
    problem(Client(services, "siege").post("/api/v1/collections", json={"until": "31/12/2026"}), 422, "request.invalid")
