"""How the code reaches the customer: a provider that refuses or is silent, another after it, what it costs, a call."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pipeline.channels.sms import FailoverSms, Receipt
from pipeline.errors import (
    CeremonyLocked,
    CodeWrong,
    SendRefused,
    SmsRefused,
    VoiceNotAllowed,
)
from pipeline.origin import Origin
from pipeline.steps import ceremony
from storage.models import ArchiveEntry, OneTimeCode
from tests.house import (
    CUSTOMER,
    REP,
    SmsBox,
    drain,
    kinds,
)
from tests.journeys.pages import Browser, agree, customer_with_link
from tests.journeys.typing_codes import lock, reopened, send, ticked, type_in


def test_a_provider_that_refuses(services, view):
    """A clear refusal, no live code left behind, and the next try works."""
    services.sms.refusing = True
    with pytest.raises(SmsRefused):
        send(services, view)
    services.sms.refusing = False
    services.clock.move(seconds=31)
    send(services, view)
    type_in(services, view, services.sms.code)


class Provider:
    """A box with a name, whose reports come when the test makes them."""

    reports = True

    def __init__(self, name):
        self.name, self.box = name, SmsBox()

    def send(self, sms, *, key):
        self.box.send(sms, key=key)
        return Receipt(self.name, key, "queued")

    def cost(self, provider_id):
        return "0.0798 EUR"


@pytest.fixture
def two(services):
    """Two providers, the first of which is tried first."""
    first, second = Provider("first"), Provider("second")
    return replace(services, sms=FailoverSms([first, second])), first.box, second.box


def report(services, status, place=-1):
    with services.works(read_only=True) as work:
        row = work.find(OneTimeCode, order_by=OneTimeCode.sequence)[place]
    ceremony.delivery_report(services, row.provider, row.provider_id, status, Origin("provider:x"))


def test_another_provider_when_nothing_is_reported(two, view):
    """After 20 s of silence the waiting page gets a new code by the other provider, once; the first code is dead."""
    services, first, second = two
    send(services, view)
    services.clock.move(seconds=19)
    assert not ceremony.view(services, view.ceremony_id).code.overdue
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER) is None
    services.clock.move(seconds=1)
    assert ceremony.view(services, view.ceremony_id).code.overdue
    with ThreadPoolExecutor(2) as pool:  # two tabs
        asked = list(pool.map(lambda _: ceremony.send_by_other(services, view.ceremony_id, CUSTOMER), range(2)))
    assert sum(state is not None for state in asked) == 1
    assert (len(first.sent), len(second.sent)) == (1, 1)
    services.clock.move(seconds=60)
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER) is None
    if first.code != second.code:
        with pytest.raises(CodeWrong):
            type_in(services, view, first.code)
    type_in(services, view, second.code)


@pytest.mark.parametrize("status", ["sent", "delivered"])
def test_a_report_in_time_keeps_the_provider(two, view, status):
    """What has left, or arrived, is not sent again by itself."""
    services, _, second = two
    send(services, view)
    report(services, status)
    services.clock.move(seconds=25)
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER) is None
    assert not second.sent


def test_a_failure_reported_is_not_waited_for(two, view):
    """« Undelivered » is an answer: the other provider sends at once, asked for by the page itself."""
    services, _, second = two
    send(services, view)
    report(services, "undelivered")
    assert ceremony.send_by_other(services, view.ceremony_id, CUSTOMER).automatic
    assert second.sent


def test_the_waiting_page_does_it_by_itself(two, order_id):
    """Polling shows the delay and posts; the answer says that only the last code counts."""
    services, _, second = two
    page = customer_with_link(services, order_id)
    agree(page)
    token = page.fields("/c/signed")["csrf"][0]
    services.clock.move(seconds=21)
    waiting = page.client.get("/c/code/state").text
    assert 'hx-post="/c/code/other" hx-trigger="load"' in waiting
    answer = page.client.post("/c/code/other", data={"csrf": token})
    assert "parti par un autre opérateur" in answer.text
    assert "hx-post" not in answer.text
    page.open("/c/code").send("/c/signed", code=second.code)
    assert page.path == "/c/signed"


def test_automatic_sending_keeps_the_limits(two, view):
    """Three messages in ten minutes are three, whoever asks for them."""
    services, _, _ = two
    for _ in range(3):
        send(services, view)
        services.clock.move(seconds=31)
    with pytest.raises(SendRefused):
        ceremony.send_by_other(services, view.ceremony_id, CUSTOMER)


def test_what_the_provider_charges_is_kept(two, view):
    """Once the message has arrived he is asked for its price; segments are ours to count."""
    services, _, _ = two
    send(services, view)
    report(services, "delivered")
    services.clock.move(minutes=3)
    drain(services)
    with services.works(read_only=True) as work:
        (row,) = work.find(OneTimeCode)
    assert (row.cost, row.segments, row.provider) == ("0.0798 EUR", 1, "first")


def test_a_call_needs_the_reps_leave(services, view):
    """Without it none is made; a new ceremony needs it anew."""
    with pytest.raises(VoiceNotAllowed):
        ceremony.send_code(services, view.ceremony_id, ticked(view), CUSTOMER, "voice")
    ceremony.allow_voice(services, view.order_id, REP)
    ceremony.allow_voice(services, view.order_id, REP)
    assert kinds(services, view.order_id).count("voice.allowed") == 1
    assert ceremony.view(services, view.ceremony_id).voice
    again = reopened(services, view.order_id)
    assert not ceremony.view(services, again).voice
    with pytest.raises(VoiceNotAllowed):
        ceremony.allow_voice(replace(services, voice=None), view.order_id, REP)


class VoiceBox:
    """Keeps what is said."""

    def __init__(self):
        self.calls = []

    def call(self, call, *, key):
        self.calls.append(call)
        return Receipt("twilio", key, "queued")

    @property
    def code(self):
        return "".join(said for said in self.calls[-1].sentences if said.isdigit())[:6]


def test_signed_by_a_code_that_was_called_through(services, order_id):
    """The rep allows it on his page, the customer asks for it on hers; the evidence says that it was a call."""
    services = replace(services, voice=VoiceBox())
    page = customer_with_link(services, order_id)
    rep = Browser(services).log_in().open(f"/orders/{order_id}").send(f"/orders/{order_id}/voice")
    assert "appel vocal autorisé" in rep.text
    agree(page)
    services.clock.move(seconds=31)
    page.open("/c/code").send("/c/code", place=1)
    assert "Appel au 06" in page.text
    report(services, "in-progress")
    report(services, "completed")
    assert "L'appel a donné le code" in page.open("/c/code").text
    page.send("/c/signed", code=services.voice.code)
    assert page.path == "/c/signed"
    drain(services)
    with services.works(read_only=True) as work:
        entry = work.first(ArchiveEntry, order_id=order_id, kind="evidence_json")
    facts = json.loads(services.archive.get(entry.sha256, area="signed"))["facts"]
    assert [(code["channel"], code["outcome"]) for code in facts["ceremony"]["codes"]] == [
        ("sms", "superseded"),
        ("voice", "used"),
    ]
    assert "appel vocal" in facts["signatory"]["identity"][-1]["obtained"]


def test_a_locked_ceremony_says_so_by_call_as_well(services, view):
    """The telephone learns of the lock; no digit is said."""
    services = replace(services, voice=VoiceBox())
    ceremony.allow_voice(services, view.order_id, REP)
    send(services, view)
    lock(services, view)
    with pytest.raises(CeremonyLocked):
        ceremony.allow_voice(services, view.order_id, REP)
    services.clock.move(seconds=31)
    ceremony.send_code(services, view.ceremony_id, ticked(view), CUSTOMER, "voice")
    said = services.voice.calls[-1].sentences
    assert "bloquée" in " ".join(said)
    assert not any(sentence.isdigit() for sentence in said)
