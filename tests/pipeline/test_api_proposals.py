"""Proposals through the API: filed, checked, listed, mended; each key sees what its user sees."""

import json
from decimal import Decimal

import pytest

from storage.models import Proposal
from tests.factories import SAMPLES, make_plan, make_proposal, sample
from tests.pipeline.api_client import CHOICES, Client, problem

FILE = (SAMPLES / "au-nom-de-la-rose.json").read_bytes()


@pytest.fixture
def rep(services):
    return Client(services, "c.delmas")


def file_of(**overrides):
    return make_proposal(**overrides).to_json()


def filed(client, **overrides):
    answer = client.post("/api/v1/proposals", content=file_of(**overrides))
    assert 201 == answer.status_code, answer.text
    return answer.json()


def test_a_file_of_the_ordering_system_becomes_a_proposal(rep):
    """Filing answers 201 with id, totals as text and findings; what is read back is what was sent."""
    answer = rep.post("/api/v1/proposals", content=FILE)

    assert 201 == answer.status_code
    body = answer.json()
    assert f"/api/v1/proposals/{body['id']}" == answer.headers["location"]
    assert "6056.76" == body["totals"]["incl_vat"]
    assert [] == body["findings"]
    assert not body["blocked"]
    shown = rep.get(answer.headers["location"]).json()
    assert sample("au-nom-de-la-rose").model_dump(mode="json") == shown["document"]
    assert body | {"notes": []} == {name: value for name, value in shown.items() if name != "document"}


def test_what_had_to_be_understood_is_said(rep):
    """Day 31 of a shorter month is read as its last day, and the answer notes it."""
    tree = json.loads(file_of())
    tree["payment"]["instalments"][0]["due_on"] = "2027-02-31"

    body = rep.post("/api/v1/proposals", json=tree).json()

    assert ["payment.instalments[0].due_on"] == [note["path"] for note in body["notes"]]
    assert "28/02/2027" in body["notes"][0]["message"]


def test_an_unreadable_file_names_every_place_at_once(services):
    """Three faults are three problems with their JSON paths, in the language asked for; nothing is kept."""
    rep = Client(services, "c.delmas", **{"accept-language": "en"})
    tree = json.loads(FILE)
    tree["surprise"] = 1
    tree["payment"]["instalments"][0]["amount"] = "1.001"
    tree["sub_orders"][0]["lines"][0]["starts_on"] = "2027-02-30"

    body = problem(rep.post("/api/v1/proposals", json=tree), 422, "proposal.unreadable")

    assert {"surprise", "payment.instalments[0].amount", "sub_orders[0].lines[0].starts_on"} == {
        item["path"] for item in body["problems"]
    }
    assert "more than 2 decimals" in [item["message"] for item in body["problems"]]
    assert [] == rep.get("/api/v1/proposals").json()["items"]


def test_the_same_reference_twice_is_a_conflict(rep):
    """A reference names one proposal."""
    filed(rep)

    body = problem(rep.post("/api/v1/proposals", content=file_of()), 409, "proposal.duplicate_reference")

    assert {"reference": "PROP-2026-004171"} == body["params"]


def test_checking_keeps_nothing(services, rep):
    """`check` gives the findings of a file and leaves no trace of it."""
    body = rep.post("/api/v1/check", content=(SAMPLES / "bat-etanche.json").read_bytes()).json()

    assert body["blocked"]
    mixed = next(item for item in body["findings"] if item["code"] == "sub_order.negative_mixed")
    assert "split_negative" == mixed["fix"]["action"]
    with services.works(read_only=True) as work:
        assert [] == work.find(Proposal)


def test_a_rep_sees_and_files_his_own_only(services, rep):
    """Another rep's proposal is not there for him, whatever he tries; the back office sees both."""
    theirs = filed(Client(services, "siege"), reference="THEIRS", rep="k.benali", agency="PAR")["id"]
    mine = filed(rep)["id"]

    problem(rep.post("/api/v1/proposals", content=file_of(reference="X", rep="k.benali")), 403, "forbidden")
    problem(rep.put(f"/api/v1/proposals/{mine}", content=file_of(rep="k.benali")), 403, "forbidden")
    problem(rep.get(f"/api/v1/proposals/{theirs}"), 404, "not_found")
    problem(rep.get(f"/api/v1/proposals/{theirs}/quote.pdf"), 404, "not_found")
    problem(rep.put(f"/api/v1/proposals/{theirs}", content=file_of()), 404, "not_found")
    for act, body in (
        ("validate", None),
        ("duplicate", None),
        ("fixes", {"code": "a", "where": "b"}),
        ("order", CHOICES),
    ):
        problem(rep.post(f"/api/v1/proposals/{theirs}/{act}", json=body), 404, "not_found")
    assert [mine] == [item["id"] for item in rep.get("/api/v1/proposals").json()["items"]]
    assert {mine, theirs} == {item["id"] for item in Client(services, "siege").get("/api/v1/proposals").json()["items"]}


def test_an_agency_has_no_proposals(services):
    """Proposals are the seller's; an agency's key is refused, but may check a file."""
    agency = Client(services, "agence.lyo")

    problem(agency.get("/api/v1/proposals"), 403, "forbidden")
    problem(agency.post("/api/v1/proposals", content=FILE), 403, "forbidden")
    assert 200 == agency.post("/api/v1/check", content=FILE).status_code


def test_a_list_is_read_page_by_page(rep):
    """Newest first; a proposal that arrives in between neither repeats nor hides another."""
    ids = [filed(rep, reference=f"P-{number}", name=f"Nom {number}")["id"] for number in range(5)]

    first = rep.get("/api/v1/proposals?limit=2").json()
    filed(rep, reference="P-LATE")
    second = rep.get(f"/api/v1/proposals?limit=2&cursor={first['next']}").json()
    third = rep.get(f"/api/v1/proposals?limit=2&cursor={second['next']}").json()

    pages = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert list(reversed(ids)) == pages
    assert third["next"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=om%202", ["P-2"]),
        ("q=%25", []),
        ("kind=quote", ["Q-1"]),
        ("state=validated", ["P-1"]),
        ("epj=05123874&state=draft", ["Q-1", "P-2"]),
        ("rep=k.benali", []),
    ],
)
def test_a_list_is_filtered(rep, query, found):
    """By state, kind, account, rep, or a part of name or reference."""
    first = filed(rep, reference="P-1", name="Nom 1")
    filed(rep, reference="P-2", name="Nom 2")
    filed(rep, reference="Q-1", name="Devis", kind="quote")
    rep.post(f"/api/v1/proposals/{first['id']}/validate")

    assert found == [item["reference"] for item in rep.get(f"/api/v1/proposals?{query}").json()["items"]]


def test_a_newer_file_replaces_the_proposal(rep):
    """The same id, the next version, a draft again."""
    before = filed(rep)
    rep.post(f"/api/v1/proposals/{before['id']}/validate")

    after = rep.put(f"/api/v1/proposals/{before['id']}", content=file_of(name="Autre nom")).json()

    assert (before["id"], "Autre nom", "draft", 2) == (after["id"], after["name"], after["state"], after["version"])


def test_a_blocked_proposal_is_validated_once_it_is_mended(rep):
    """Validation names what stops it; the finding's own fix makes it pass."""
    made = filed(rep, payment=make_plan(Decimal("1199.00")))
    found = problem(rep.post(f"/api/v1/proposals/{made['id']}/validate"), 409, "proposal.blocked")["findings"]
    assert ["payment.instalments_differ"] == [item["code"] for item in found]

    mended = rep.post(
        f"/api/v1/proposals/{made['id']}/fixes", json={"code": found[0]["code"], "where": found[0]["where"]}
    ).json()

    assert [[]] == [item["findings"] for item in mended["proposals"]]
    assert "validated" == rep.post(f"/api/v1/proposals/{made['id']}/validate").json()["state"]
    again = rep.post(f"/api/v1/proposals/{made['id']}/fixes", json={"code": found[0]["code"], "where": "payment"})
    problem(again, 404, "not_found")


def test_a_split_gives_two_proposals(services):
    """Negative and positive sub-orders part; both answers come at once, the first under the old id."""
    office = Client(services, "siege")
    made = office.post("/api/v1/proposals", content=(SAMPLES / "bat-etanche.json").read_bytes()).json()
    mixed = next(item for item in made["findings"] if item["code"] == "sub_order.negative_mixed")
    wanted = {name: mixed[name] for name in ("code", "where")}

    parts = office.post(f"/api/v1/proposals/{made['id']}/fixes", json=wanted).json()["proposals"]

    assert 2 == len(parts)
    assert made["id"] == parts[0]["id"]
    assert {True, False} == {part["totals"]["incl_vat"].startswith("-") for part in parts}


def test_a_duplicate_has_a_reference_of_its_own(rep):
    """The copy is a draft beside the original."""
    made = filed(rep)

    answer = rep.post(f"/api/v1/proposals/{made['id']}/duplicate")

    assert 201 == answer.status_code
    assert "PROP-2026-004171-2" == answer.json()["reference"]
    assert answer.json()["id"] in answer.headers["location"]


def test_a_proposal_is_drawn_as_a_quote(rep):
    """The quote is a PDF named after its reference."""
    made = filed(rep, kind="quote")

    answer = rep.get(f"/api/v1/proposals/{made['id']}/quote.pdf")

    assert answer.content.startswith(b"%PDF")
    assert "application/pdf" == answer.headers["content-type"]
    assert 'inline; filename="devis-PROP-2026-004171.pdf"' == answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("field", "value", "ok", "kept"),
    [
        ("mobile", "06 12 34 56 78", True, "+33612345678"),
        ("mobile", "04 78 37 00 00", False, "+33478370000"),
        ("iban", "FR76 3000 6000 0112 3456 7890 189", True, "FR7630006000011234567890189"),
        ("iban", "FR76 3000 6000 0112 3456 7890 180", False, "FR7630006000011234567890180"),
        ("email", "helene", False, "helene"),
    ],
)
def test_a_field_is_judged_as_on_the_screen(rep, field, value, ok, kept):
    """One field as typed: kept form, findings under the field's name."""
    body = rep.post("/api/v1/customer-fields/check", json={"field": field, "value": value}).json()

    assert (ok, kept) == (body["ok"], body["value"])
    assert ok == (not body["findings"])
    assert {field} >= {item["where"] for item in body["findings"]}
