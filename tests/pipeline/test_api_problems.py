"""Refusals of the API: one form, both languages, no personal data, never a traceback."""

import json
import logging

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from pipeline.api.keys import create_key, revoke_keys
from pipeline.errors import NotFound
from pipeline.steps import propose
from storage.errors import ArchiveUnavailable
from storage.models import ApiKey
from tests.factories import make_proposal
from tests.house import make_services
from tests.pipeline.api_client import CHOICES, HOST, Client, problem


@pytest.fixture(scope="module")
def services(installation, tmp_path_factory):
    """One installation for all: refusals leave nothing behind."""
    return make_services(installation, tmp_path_factory.mktemp("problems") / "var")


@pytest.fixture
def rep(services):
    return Client(services, "c.delmas")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer seing_unknown", "Basic c2Vpbmc6", "Bearer é"]
)
def test_without_a_valid_key_nothing_is_answered(services, authorization):
    """A missing, unknown or malformed key is 401, with the scheme that is expected."""
    headers = {"authorization": authorization.encode()} if authorization else {}

    answer = Client(services).get("/api/v1/orders", headers=headers)

    problem(answer, 401, "api.key_refused")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_is_refused_from_that_moment(services):
    """A key that was revoked opens nothing, although it did before."""
    rep = Client(services, "k.benali")
    assert 200 == rep.get("/api/v1/proposals").status_code

    assert 1 == revoke_keys(services, "crm.k.benali")

    problem(rep.get("/api/v1/proposals"), 401, "api.key_refused")


def test_only_the_hash_of_a_key_is_kept(services):
    """The database cannot give a key back."""
    key = create_key(services, "crm", "c.delmas")

    with services.works(read_only=True) as work:
        row = work.first(ApiKey, name="crm")
    assert 64 == len(row.key_hash)
    assert key not in {row.key_hash, row.id, row.name}


@pytest.mark.parametrize("name", ["", "a b", "crm\n", "é", "x" * 41])
def test_a_keys_name_fits_into_events(services, name):
    """A name that an event could not carry plainly is refused."""
    with pytest.raises(ValueError, match="name"):
        create_key(services, name, "c.delmas")


def test_a_key_needs_its_user(services):
    """A key acts as somebody who exists."""
    with pytest.raises(NotFound):
        create_key(services, "crm", "nobody")


@pytest.mark.parametrize(
    ("asked", "language"),
    [("", "fr"), ("en", "en"), ("en-GB,fr;q=0.5", "en"), ("de,fr;q=0.9,en;q=0.8", "fr"), ("x;q=y,*", "fr")],
)
def test_the_sentence_follows_accept_language(rep, asked, language):
    """French by default, English for whoever prefers it."""
    answer = rep.get("/api/v1/orders/2026-LYO-999999", headers={"accept-language": asked})

    assert language == answer.headers["content-language"]
    assert ("n'existe pas" in problem(answer, 404, "not_found")["detail"]) == (language == "fr")


def test_an_unknown_address_and_a_wrong_method_are_told_apart(rep):
    """404 for what is not there, 405 with the methods for what is."""
    problem(rep.get("/api/v1/nothing/here"), 404, "not_found")
    answer = rep.call("PATCH", "/api/v1/proposals")
    problem(answer, 405, "request.method_not_allowed")
    assert "GET, POST" == answer.headers["allow"]


def test_what_was_sent_is_not_echoed(rep):
    """A wrong body is named by its places; its values, which may be personal, stay out."""
    secret = "FR7630006000011234567890189"

    answer = rep.post("/api/v1/customer-fields/check", json={"field": secret, "value": 7, "extra": secret})

    body = problem(answer, 422, "request.invalid")
    assert {"field", "value", "extra"} == {item["path"] for item in body["problems"]}
    assert secret not in answer.text
    assert body["param"] in {"field", "value", "extra"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_a_body_that_is_no_object_is_refused_in_words(rep, content):
    """Broken JSON is 422 with a sentence, never a stack."""
    answer = rep.post("/api/v1/customer-fields/check", content=content, headers={"content-type": "application/json"})

    assert problem(answer, 422 if content != b"\xff" else 400, answer.json()["code"])


@pytest.mark.parametrize("path", ["limit=0", "limit=x", "cursor=nonsense", "cursor=W10", "state=unknown"])
def test_a_wrong_query_is_named(rep, path):
    """Each parameter that cannot be taken is named."""
    body = problem(rep.get(f"/api/v1/proposals?{path}"), 422, "request.invalid")

    assert path.partition("=")[0] == body["param"]


def test_a_crash_says_nothing_but_its_request(rep, monkeypatch, caplog):
    """A fault of ours is 500 with the request's id, which the log has too."""

    def broken(*_args):
        raise RuntimeError("contact@rose.example")

    monkeypatch.setattr(propose, "open_proposal", broken)
    with caplog.at_level(logging.ERROR):
        answer = rep.post(
            "/api/v1/proposals",
            content=make_proposal(reference="P-1").to_json(),
            headers={"x-request-id": "from-the-crm.1"},
        )

    body = problem(answer, 500, "server.error")
    assert "from-the-crm.1" == body["request_id"] == caplog.records[-1].request_id
    assert "rose.example" not in answer.text


@pytest.mark.parametrize("error", [ArchiveUnavailable(), OperationalError("select", {}, Exception("locked"))])
def test_what_passes_is_503(rep, monkeypatch, error):
    """A database or an archive that does not answer is to be asked again."""

    def broken(*_args):
        raise error

    monkeypatch.setattr(propose, "current_findings", broken)

    answer = rep.post("/api/v1/check", content=make_proposal().to_json())

    problem(answer, 503, "service.unavailable")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>"])
def test_every_answer_has_an_id_of_its_own(rep, given):
    """A request id that a log could not carry is replaced."""
    answer = rep.get("/api/v1/proposals", headers={"x-request-id": given})

    assert 32 == len(answer.headers["x-request-id"])
    assert "no-store" == answer.headers["cache-control"]
    assert "nosniff" == answer.headers["x-content-type-options"]


def test_a_large_proposal_is_refused_before_it_is_read(rep):
    """Beyond 2 MB nothing more is taken, whether the length was announced or not."""
    body = problem(rep.post("/api/v1/proposals", content=b" " * 10_000_000), 413, "request.too_large")
    assert 2_000_000 == body["params"]["limit"]

    taken = []

    async def endless():
        while True:
            taken.append(1)
            yield b" " * 100_000

    problem(rep.post("/api/v1/proposals", content=endless()), 413, "request.too_large")
    assert len(taken) <= 22


def test_other_bodies_are_small(rep):
    """What is no file has 64 kB."""
    answer = rep.post("/api/v1/customer-fields/check", json={"field": "email", "value": "x" * 70_000})

    problem(answer, 413, "request.too_large")


def test_every_refusal_has_its_page(services, rep):
    """The `type` of a refusal is an address that says what it means."""
    answer = rep.get("/api/v1/orders/none")

    page = Client(services).get(httpx.URL(answer.json()["type"]).path)

    assert {"code": "not_found", "status": 404, "title": answer.json()["title"]} == page.json()
    problem(Client(services).get("/api/v1/problems/none"), 404, "not_found")


def test_the_description_is_complete(services):
    """Every operation is described, refuses in the declared form, and refers to schemas that exist."""
    tree = Client(services).get("/api/openapi.json").json()

    references = set()

    def walk(node):
        if isinstance(node, dict):
            references.update([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(tree)
    names = {reference.removeprefix("#/components/schemas/") for reference in references}
    assert names <= set(tree["components"]["schemas"])
    operations = [item for methods in tree["paths"].values() for item in methods.values()]
    assert len(operations) == len({item["operationId"] for item in operations})
    for item in operations:
        assert item["description"]
        assert item["summary"]
        refused = [answer for status, answer in item["responses"].items() if status >= "400"]
        assert all("application/problem+json" in answer["content"] for answer in refused)
    assert all(path.startswith(("/api/v1/", "/webhooks/")) for path in tree["paths"])
    assert "HTTPValidationError" not in json.dumps(tree)
    amount = tree["components"]["schemas"]["ProposalFile.Instalment"]["properties"]["amount"]
    assert "string" == amount["type"]


def test_the_examples_of_the_description_work(services, rep):
    """What the description shows as a proposal and as choices is taken as it stands."""
    paths = rep.get("/api/openapi.json").json()["paths"]
    shown = paths["/api/v1/proposals"]["post"]["requestBody"]["content"]["application/json"]["example"]
    choices = paths["/api/v1/proposals/{proposal_id}/order"]["post"]["requestBody"]["content"]["application/json"]

    filed = rep.post("/api/v1/proposals", json=shown)
    ordered = rep.post(f"/api/v1/proposals/{filed.json()['id']}/order", json=choices["example"])

    assert (201, 201) == (filed.status_code, ordered.status_code), ordered.text
    assert set(CHOICES) <= set(choices["example"])
    assert HOST in ordered.request.url.scheme + "://" + ordered.request.url.netloc.decode()
