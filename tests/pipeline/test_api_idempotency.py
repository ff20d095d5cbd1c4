"""Idempotency-Key: what comes twice is done once, also when the first answer was lost with its process."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.api import idempotency
from pipeline.api.errors import InProgress
from pipeline.origin import Origin
from pipeline.steps import prepare, propose
from storage.models import ApiKey, BankAnswer, Ceremony, IdempotencyKey, Order, Proposal
from tests.factories import make_proposal
from tests.journeys.bank import camt054
from tests.pipeline.api_client import CHOICES, Client, problem


class Killed(BaseException):
    """The process ends here: no handler runs."""


@pytest.fixture
def rep(services):
    return Client(services, "c.delmas")


def count(services, model):
    with services.works(read_only=True) as work:
        return len(work.find(model))


def file_of(**overrides):
    return make_proposal(**overrides).to_json()


def die_instead(monkeypatch, place, name):
    """The process is killed where `name` would run."""

    def killed(*_args, **_named):
        raise Killed

    monkeypatch.setattr(place, name, killed)


def killed_call(rep, *call, **content):
    with pytest.raises(Killed):
        rep.once(*call, **content)


def test_the_same_request_twice_is_done_once(services, rep):
    """The second answer is the first one again, and says so."""
    first = rep.once("k1", "/api/v1/proposals", content=file_of())
    second = rep.once("k1", "/api/v1/proposals", content=file_of())

    assert (201, first.json(), first.headers["location"]) == (
        second.status_code,
        second.json(),
        second.headers["location"],
    )
    assert "true" == second.headers["idempotency-replayed"]
    assert "idempotency-replayed" not in first.headers
    assert 1 == count(services, Proposal)


def test_another_request_under_the_same_key_is_a_conflict(rep):
    """A key belongs to one body at one address."""
    made = rep.once("k1", "/api/v1/proposals", content=file_of()).json()

    other = rep.once("k1", "/api/v1/proposals", content=file_of(reference="OTHER"))
    elsewhere = rep.once("k1", f"/api/v1/proposals/{made['id']}/duplicate")

    assert "Idempotency-Key" == problem(other, 409, "idempotency.conflict")["param"]
    problem(elsewhere, 409, "idempotency.conflict")


def test_keys_of_two_callers_are_strangers(services, rep):
    """Two programs may use the same words."""
    office = Client(services, "siege")

    assert 201 == rep.once("k1", "/api/v1/proposals", content=file_of()).status_code
    assert 201 == office.once("k1", "/api/v1/proposals", content=file_of(reference="OTHER")).status_code


@pytest.mark.parametrize("key", ["", "a b", "x" * 201])
def test_a_key_that_cannot_be_kept_is_refused(rep, key):
    """1 to 200 visible ASCII characters."""
    problem(rep.once(key, "/api/v1/proposals", content=file_of()), 422, "idempotency.key_invalid")


def test_a_refused_request_leaves_its_key_free(services, rep):
    """Nothing was done, so the corrected request may use the same key."""
    problem(rep.once("k1", "/api/v1/proposals", content=b"{}"), 422, "proposal.unreadable")

    assert 201 == rep.once("k1", "/api/v1/proposals", content=file_of()).status_code
    problem(Client(services).once("k1", "/api/v1/proposals", content=file_of()), 401, "api.key_refused")


def test_after_a_day_the_answer_is_forgotten(services, rep):
    """24 hours later the key is new, and old answers are gone from the database."""
    rep.once("k1", "/api/v1/proposals", content=file_of())
    rep.once("k2", "/api/v1/proposals", content=file_of(reference="P-2"))
    services.clock.move(hours=24, seconds=1)

    problem(rep.once("k1", "/api/v1/proposals", content=file_of()), 409, "proposal.duplicate_reference")

    assert 0 == count(services, IdempotencyKey)


def test_killed_before_anything_was_done(services, rep, monkeypatch):
    """The next try waits until the first cannot run any more, then does it."""
    with monkeypatch.context() as patch:
        die_instead(patch, propose, "import_proposal")
        killed_call(rep, "k1", "/api/v1/proposals", content=file_of())

    waiting = rep.once("k1", "/api/v1/proposals", content=file_of())
    problem(waiting, 409, "idempotency.in_progress")
    assert 0 < int(waiting.headers["retry-after"]) <= 90
    services.clock.move(seconds=91)
    assert 201 == rep.once("k1", "/api/v1/proposals", content=file_of()).status_code
    assert 1 == count(services, Proposal)


@pytest.mark.parametrize("place", [(propose, "open_proposal"), (idempotency.Attempt, "finish")])
def test_killed_after_the_proposal_was_kept(services, rep, monkeypatch, place):
    """The next try finds it and answers 201 with it, not « it exists already »."""
    with monkeypatch.context() as patch:
        die_instead(patch, *place)
        killed_call(rep, "k1", "/api/v1/proposals", content=file_of())
    services.clock.move(seconds=91)

    answer = rep.once("k1", "/api/v1/proposals", content=file_of())

    assert (201, "PROP-2026-004171") == (answer.status_code, answer.json()["reference"])
    assert 1 == count(services, Proposal)


def test_killed_after_the_number_was_given(services, rep, monkeypatch):
    """An order whose form was not drawn yet gets its form, keeps its number, and is answered as ordered."""
    made = rep.post("/api/v1/proposals", content=file_of()).json()
    address = f"/api/v1/proposals/{made['id']}/order"
    with monkeypatch.context() as patch:
        die_instead(patch, prepare, "certify")
        killed_call(rep, "k1", address, json=CHOICES)
    services.clock.move(seconds=91)

    answer = rep.once("k1", address, json=CHOICES)

    assert (201, "2026-LYO-000001") == (answer.status_code, answer.json()["number"])
    assert answer.json()["form_sha256"]
    assert 1 == count(services, Order)


@pytest.mark.parametrize("act", ["duplicate", "validate"])
def test_killed_after_a_move(services, rep, monkeypatch, act):
    """A move that was made is not made again."""
    made = rep.post("/api/v1/proposals", content=file_of()).json()
    with monkeypatch.context() as patch:
        die_instead(patch, idempotency.Attempt, "finish")
        killed_call(rep, "k1", f"/api/v1/proposals/{made['id']}/{act}")
    services.clock.move(seconds=91)
    before = count(services, Proposal)

    assert rep.once("k1", f"/api/v1/proposals/{made['id']}/{act}").is_success
    assert before == count(services, Proposal)


def test_killed_after_a_file_of_the_bank_was_taken(services, monkeypatch):
    """The next try answers with what that file changed, not that it had been taken before."""
    office, data = Client(services, "siege"), camt054(("2019-XXX-000009-01", "AM04", "10.00"))
    with monkeypatch.context() as patch:
        die_instead(patch, idempotency.Attempt, "finish")
        killed_call(office, "k1", "/api/v1/bank-answers", content=data)
    services.clock.move(seconds=91)

    answer = office.once("k1", "/api/v1/bank-answers", content=data)

    assert (201, False, 1) == (answer.status_code, answer.json()["repeated"], answer.json()["waiting"])
    assert 1 == count(services, BankAnswer)


def test_a_fault_of_ours_after_the_act_is_taken_up_at_once(services, rep, monkeypatch):
    """A 500 after the proposal was kept: the very next try answers with it."""
    with monkeypatch.context() as patch:
        patch.setattr(propose, "open_proposal", lambda *_: 1 / 0)
        problem(rep.once("k1", "/api/v1/proposals", content=file_of()), 500, "server.error")

    assert 201 == rep.once("k1", "/api/v1/proposals", content=file_of()).status_code
    assert 1 == count(services, Proposal)


def test_a_run_that_was_overtaken_commits_nothing(services, rep):
    """The first of two runs of one request, if it wakes up late, is rolled back."""
    first = idempotency.begin(services, _key_id(services), "k1", "0" * 64)
    services.clock.move(seconds=91)
    second = idempotency.begin(services, _key_id(services), "k1", "0" * 64)

    with pytest.raises(InProgress):
        propose.import_proposal(first.watched(), file_of(), Origin("api:test"))

    assert 0 == count(services, Proposal)
    propose.import_proposal(second.watched(), file_of(), Origin("api:test"))
    assert 1 == count(services, Proposal)


def test_two_at_once_are_done_once(services, rep):
    """Of the same request sent twice in one moment one is done; the other is told to wait, or gets its answer."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: rep.once("k1", "/api/v1/proposals", content=file_of()), range(2)))

    codes = sorted(answer.status_code for answer in answers)
    assert codes in ([201, 201], [201, 409])
    assert {"idempotency.in_progress", None} >= {answer.json().get("code") for answer in answers}
    assert 1 == count(services, Proposal)


def test_a_stored_answer_is_sealed(services, rep):
    """An answer with a signing link is not readable in the database, and is the same when asked for again."""
    made = rep.post("/api/v1/proposals", content=file_of()).json()
    order = rep.post(f"/api/v1/proposals/{made['id']}/order", json=CHOICES).json()
    address = f"/api/v1/orders/{order['number']}/ceremonies"

    first = rep.once("k1", address, json={})
    second = rep.once("k1", address, json={})

    token = first.json()["link"].rpartition("/")[2]
    with services.works(read_only=True) as work:
        (row,) = work.find(IdempotencyKey)
        (kept,) = work.find(Ceremony)
    assert token.encode() not in row.body
    assert token != kept.token_hash
    assert first.json() == second.json()


def _key_id(services):
    with services.works(read_only=True) as work:
        return work.first(ApiKey).id
