"""What providers and strangers send: believed by its signature, or judged without a key."""

import pytest
from twilio.request_validator import RequestValidator

from pipeline.steps import ceremony
from storage.models import OneTimeCode
from tests.factories import make_proposal
from tests.house import CUSTOMER, kinds, make_services, open_and_read, order_from
from tests.pipeline.api_client import Client, problem

TOKEN = "a-secret-of-twilio"
PUBLIC = "https://signer.seing.example"
HOOK = "/webhooks/twilio/sms"


@pytest.fixture
def services(installation, tmp_path):
    return make_services(installation, tmp_path / "var", public_url=PUBLIC, twilio_auth_token=TOKEN)


def report(services, values, *, signature=None, path=HOOK):
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, values) if signature is None else signature
    return Client(services).post(path, data=values, headers={"x-twilio-signature": signature})


@pytest.fixture
def order_id(services):
    """An order whose last code was sent by Twilio as SM1."""
    order_id = order_from(services, make_proposal())
    view = open_and_read(services, order_id)
    ceremony.send_code(services, view.ceremony_id, [box.key for box in view.consents], CUSTOMER)
    with services.works() as work:
        row = work.first(OneTimeCode)
        row.provider, row.provider_id, row.delivery = "twilio", "SM1", "queued"
    return order_id


def delivery(services):
    with services.works(read_only=True) as work:
        return work.first(OneTimeCode).delivery


def test_a_report_moves_the_status_forward_only(services, order_id):
    """Late, double and unordered reports leave the furthest status, each step once in the trail."""
    for status in ("sent", "delivered", "sent", "queued", "delivered", "no-such-status"):
        assert 204 == report(services, {"MessageSid": "SM1", "MessageStatus": status}).status_code

    assert "delivered" == delivery(services)
    assert 2 == kinds(services, order_id).count("code.delivery")


def test_what_became_of_a_call(services, order_id):
    """Calls have a door of their own, with the same signature; their words become those of messages."""
    with services.works() as work:
        work.first(OneTimeCode).channel = "voice"
    door = "/webhooks/twilio/voice"
    problem(report(services, {"CallSid": "SM1", "CallStatus": "completed"}, path=door, signature="x"), 403, "forbidden")
    for status, shown in (("ringing", "sent"), ("completed", "delivered"), ("busy", "delivered")):
        assert 204 == report(services, {"CallSid": "SM1", "CallStatus": status}, path=door).status_code
        assert shown == delivery(services)


def test_a_message_that_we_do_not_know_is_answered_alike(services, order_id):
    """Whoever can sign learns nothing from the answer."""
    assert 204 == report(services, {"MessageSid": "SM2", "MessageStatus": "delivered"}).status_code
    assert 204 == report(services, {"AccountSid": "AC1"}).status_code
    assert "queued" == delivery(services)


@pytest.mark.parametrize("signature", ["", "wrong", RequestValidator("other").compute_signature(PUBLIC + HOOK, {})])
def test_a_wrong_signature_is_refused(services, order_id, signature):
    """Nothing is believed without the signature over address and fields."""
    answer = report(services, {"MessageSid": "SM1", "MessageStatus": "delivered"}, signature=signature)

    problem(answer, 403, "forbidden")
    assert "queued" == delivery(services)


def test_a_changed_field_or_address_is_refused(services):
    """The signature covers every field and the whole public address, its query included."""
    values = {"MessageSid": "SM1", "MessageStatus": "sent"}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + HOOK, values)

    problem(report(services, values | {"MessageStatus": "delivered"}, signature=signature), 403, "forbidden")
    problem(report(services, values, signature=signature, path=f"{HOOK}?a=1"), 403, "forbidden")
    assert 204 == report(services, values, path=f"{HOOK}?a=1").status_code


def test_without_twilios_secret_no_report_is_believed(installation, tmp_path):
    """An installation that does not use Twilio takes no report, whatever its signature."""
    elsewhere = make_services(installation, tmp_path / "elsewhere")

    problem(report(elsewhere, {"MessageSid": "SM1", "MessageStatus": "sent"}), 403, "forbidden")


def test_verification_needs_no_key(services):
    """Anybody may ask what a file proves; a file that is none of ours gets its sentence."""
    answer = Client(services).post("/api/v1/verify", files={"file": b"%PDF-1.7 not ours"})

    assert 200 == answer.status_code
    assert not answer.json()["passed"]
    assert answer.json()["sentence"]


def test_verification_is_bounded(services):
    """20 MB for both files; a request without a file is named."""
    stranger = Client(services)

    problem(stranger.post("/api/v1/verify", files={"file": b" " * 20_000_001}), 413, "request.too_large")
    assert "file" == problem(stranger.post("/api/v1/verify"), 422, "request.invalid")["param"]
    broken = {"content-type": "multipart/form-data; boundary=x"}
    problem(stranger.post("/api/v1/verify", content=b"--y", headers=broken), 400, "request.unreadable")
