"""The one-time code: right, wrong, late, replayed, too often; and what survives two tabs and double clicks."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from time import monotonic

import pytest

from pipeline.channels.sms import FailoverSms, Receipt
from pipeline.errors import (
    CeremonyClosed,
    CeremonyExhausted,
    CeremonyLocked,
    CodeExpired,
    CodeWrong,
    ConsentMissing,
    NotFound,
    OutOfDate,
    ReasonMissing,
    SendRefused,
    SmsRefused,
    VoiceNotAllowed,
)
from pipeline.origin import Origin
from pipeline.steps import ceremony
from pipeline.steps.prepare import withdraw
from signing.code import CODE_DIGITS
from storage.models import ArchiveEntry, Ceremony, Job, OneTimeCode, Order
from templates.messages.gsm7 import gsm7_segments
from tests.factories import sample
from tests.house import (
    CUSTOMER,
    REP,
    SmsBox,
    drain,
    jobs_of,
    kinds,
    make_services,
    open_and_read,
    order_from,
    order_of,
    sign,
)
from tests.journeys.pages import Browser, agree, customer_with_link


@pytest.fixture
def order_id(services):
    return order_from(services, sample("au-nom-de-la-rose"))


@pytest.fixture
def view(services, order_id):
    return open_and_read(services, order_id)


def ticked(view):
    return [box.key for box in view.consents]


def send(services, view):
    return ceremony.send_code(services, view.ceremony_id, ticked(view), CUSTOMER)


def type_in(services, view, code):
    ceremony.sign(services, view.ceremony_id, code, ticked(view), CUSTOMER)


def wrong(services):
    return f"{(int(services.sms.code) + 1) % 10**6:06d}"


def test_the_message_says_what_is_signed(services, view):
    """Seller, order, amount, minutes; and the origin-bound last line."""
    send(services, view)
    text = services.sms.sent[-1].text
    assert view.number in text
    assert "6056,76" in text.replace(" ", "").replace("\u202f", "").replace("\xa0", "")
    assert text.splitlines()[-1] == f"@127.0.0.1 #{services.sms.code}"


def test_an_accented_host_is_bound_as_browsers_write_it(installation, tmp_path):
    """The last line holds the host that the phone compares, and the message is one segment still."""
    services = make_services(installation, tmp_path / "var", public_url="https://ça-signe.épicerie.example")
    send(services, open_and_read(services, order_from(services, sample("au-nom-de-la-rose"))))
    text = services.sms.sent[-1].text
    assert text.splitlines()[-1] == f"@xn--a-signe-txa.xn--picerie-9xa.example #{services.sms.code}"
    assert gsm7_segments(text) == 1


def test_three_wrong_codes_then_the_right_one(services, view):
    """A customer may mistype; the right code signs all the same."""
    send(services, view)
    for _ in range(3):
        with pytest.raises(CodeWrong):
            type_in(services, view, wrong(services))
    type_in(services, view, services.sms.code)
    assert order_of(services, view.order_id).state == "signed"


def lock(services, view):
    """Five wrong codes, each answered as any other."""
    for _ in range(5):
        with pytest.raises(CodeWrong):
            type_in(services, view, wrong(services))


def reopened(services, order_id):
    return ceremony.open_ceremony(services, order_id, "link", REP, reason="Client rappelé").ceremony_id


def state_of(services, view):
    with services.works(read_only=True) as work:
        return work.get(Ceremony, view.ceremony_id).state


def test_five_wrong_codes_lock_and_a_new_code_resets_nothing(services, view):
    """Wrong tries count over all codes; locked means locked, for the right code too; the rep is told by mail."""
    send(services, view)
    for _ in range(3):
        with pytest.raises(CodeWrong):
            type_in(services, view, wrong(services))
    services.clock.move(seconds=31)
    send(services, view)
    for _ in range(2):
        assert state_of(services, view) == "open"
        with pytest.raises(CodeWrong):
            type_in(services, view, wrong(services))
    assert state_of(services, view) == "locked"
    with pytest.raises(CodeWrong):
        type_in(services, view, services.sms.code)
    drain(services)
    assert jobs_of(services, view.order_id)["tell_locked"].state == "done"


def test_only_a_reason_opens_a_locked_order_again(services, view):
    """The rep starts a new ceremony and says why; the chain keeps it, and the old link ends."""
    send(services, view)
    lock(services, view)
    with pytest.raises(CeremonyLocked):
        ceremony.send_link(services, view.ceremony_id, "t", "sms", REP)
    with pytest.raises(ReasonMissing):
        ceremony.open_ceremony(services, view.order_id, "link", REP)
    ceremony.open_ceremony(services, view.order_id, "link", REP, reason="Client rappelé, mauvais téléphone")
    assert kinds(services, view.order_id)[-1] == "ceremony.opened"
    assert state_of(services, view) == "closed"


def test_a_lock_looks_like_a_wrong_code(services, order_id):
    """Page, status and words are the same before and after the lock, for any code, and for the state asked after."""
    page = customer_with_link(services, order_id)
    agree(page)
    seen = []
    for _ in range(6):
        page.send("/c/signed", code=wrong(services))
        seen.append((page.status, page.answer.url.path, page.answer.text))
    page.send("/c/signed", code=services.sms.code)
    seen.append((page.status, page.answer.url.path, page.answer.text))
    assert len(set(seen)) == 1
    assert seen[0][0] == 409
    waiting = page.open("/c/code/state").text
    assert "Le message est arrivé" in waiting
    assert page.open("/c").path == "/c/code"


def test_a_refusal_takes_its_time(services, order_id, waits):
    """Each refusal of a code is held back until a fifth of a second is over, locked or not: its pace tells nothing."""
    page = customer_with_link(services, order_id)
    agree(page)
    for _ in range(6):
        began = monotonic()
        page.send("/c/signed", code=wrong(services))
        taken = monotonic() - began
        assert 0.2 - taken <= waits[-1] <= 0.2
    assert len(waits) == 6


def test_a_locked_page_asks_for_a_code_in_vain(services, view):
    """The page is answered as ever and held to the same limits; the telephone, and it alone, learns of the lock."""
    send(services, view)
    lock(services, view)
    services.clock.move(seconds=31)
    state = send(services, view)
    assert state.live
    text = services.sms.sent[-1].text
    assert "bloquée" in text
    assert not re.search(r"\d{6}$", text)
    assert kinds(services, view.order_id)[-1] == "lock.told"
    with pytest.raises(SendRefused):
        send(services, view)
    with pytest.raises(CodeWrong):
        type_in(services, view, "000000")
    services.clock.move(minutes=5)
    with pytest.raises(CodeExpired):
        type_in(services, view, "000000")
    with services.works(read_only=True) as work:
        assert {row.code_hash for row in work.find(OneTimeCode)} == {None}


def test_an_order_taken_back_after_a_lock_is_over(services, order_id):
    """The old link says so, no message leaves, and no step of the ceremony answers any more."""
    opened = ceremony.open_ceremony(services, order_id, "link", REP)
    view = ceremony.find(services, opened.token)
    send(services, view)
    lock(services, view)
    withdraw(services, order_id, "Erreur de parution", REP)
    assert Browser(services).open(f"/s/{opened.token}").status == 410
    _closed_to_every_step(services, view, opened.token)


def test_no_step_answers_for_an_order_that_cannot_be_signed(services, order_id):
    """Whatever its ceremony says: an order that is over is neither read, nor signed, nor refused."""
    opened = ceremony.open_ceremony(services, order_id, "link", REP)
    view = ceremony.find(services, opened.token)
    send(services, view)
    with services.works() as work:
        work.get(Order, order_id).state = "withdrawn"
    _closed_to_every_step(services, view, opened.token)


def _closed_to_every_step(services, view, token):
    sent = len(services.sms.sent)
    services.clock.move(minutes=1)
    for step in (
        lambda: send(services, view),
        lambda: type_in(services, view, "123456"),
        lambda: ceremony.send_by_other(services, view.ceremony_id, CUSTOMER),
        lambda: ceremony.record_page(services, view.ceremony_id, 1, "0" * 64, CUSTOMER),
        lambda: ceremony.decline(services, view.ceremony_id, "Non", CUSTOMER),
        lambda: ceremony.send_link(services, view.ceremony_id, token, "sms", REP),
    ):
        with pytest.raises(CeremonyClosed):
            step()
    assert len(services.sms.sent) == sent


def test_a_locked_order_can_still_be_refused(services, view):
    """What an open page allows, a locked one does: refusing is the customer's right."""
    send(services, view)
    lock(services, view)
    ceremony.decline(services, view.ceremony_id, "Trop compliqué", CUSTOMER)
    assert order_of(services, view.order_id).state == "declined"


def test_guessing_over_an_orders_whole_life(services, order_id):
    """Tries until nothing more can be tried, the rep starting again each time: ten, 1 in 100,000, on any schedule."""
    tries, mistyped, exhausted = 0, 4, False  # less than a lock at first
    while not exhausted:
        try:
            view = ceremony.view(services, reopened(services, order_id))
        except CeremonyExhausted:
            exhausted = True
            continue
        services.clock.move(hours=8)
        send(services, view)
        for _ in range(mistyped):
            tries += state_of(services, view) == "open"
            with pytest.raises(CodeWrong):
                type_in(services, view, wrong(services))
        mistyped = 7
    assert Fraction(tries, 10**CODE_DIGITS) == Fraction(1, 100_000)
    with services.works(read_only=True) as work:
        assert sum(row.wrong_tries for row in work.find(OneTimeCode)) == tries


def test_a_code_expires_after_five_minutes(services, view):
    """The right code, too late; a new one works."""
    send(services, view)
    code = services.sms.code
    services.clock.move(minutes=5, seconds=1)
    with pytest.raises(CodeExpired):
        type_in(services, view, code)
    send(services, view)
    type_in(services, view, services.sms.code)


def test_a_new_code_kills_the_one_before(services, view, monkeypatch):
    """One live code at a time; the two are told apart, whatever chance would give."""
    given = iter((123456, 654321))
    monkeypatch.setattr("signing.code.secrets.randbelow", lambda _limit: next(given))
    send(services, view)
    old = services.sms.code
    services.clock.move(seconds=31)
    send(services, view)
    assert (old, services.sms.code) == ("123456", "654321")
    with pytest.raises(CodeWrong):
        type_in(services, view, old)


def test_sends_are_limited(services, view):
    """Not within thirty seconds, three in ten minutes; the refusal says how long to wait."""
    send(services, view)
    with pytest.raises(SendRefused) as caught:
        send(services, view)
    assert 25 <= caught.value.wait_seconds <= 30
    for _ in range(2):
        services.clock.move(seconds=31)
        send(services, view)
    services.clock.move(seconds=31)
    with pytest.raises(SendRefused) as caught:
        send(services, view)
    assert caught.value.wait_seconds > 60


def test_no_code_without_the_boxes(services, view):
    """Every required box is ticked before a code leaves."""
    with pytest.raises(ConsentMissing):
        ceremony.send_code(services, view.ceremony_id, ["order"], CUSTOMER)
    assert not services.sms.sent


def test_a_provider_that_refuses(services, view):
    """A clear refusal, no live code left behind, and the next try works."""
    services.sms.refusing = True
    with pytest.raises(SmsRefused):
        send(services, view)
    services.sms.refusing = False
    services.clock.move(seconds=31)
    send(services, view)
    type_in(services, view, services.sms.code)


def test_double_click_signs_once(services, view):
    """Two tabs send the right code at once: one signature, one seal job."""
    send(services, view)
    code = services.sms.code
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: type_in(services, view, code), range(2)))
    assert kinds(services, view.order_id).count("order.signed") == 1
    with services.works(read_only=True) as work:
        assert len(work.find(Job, actor="seal")) == 1


def test_nothing_of_a_code_stays_after_its_use(services, view):
    """The keyed hash is deleted with the acceptance; the chain never held the code, the mobile or the account."""
    send(services, view)
    code = services.sms.code
    type_in(services, view, code)
    with services.works(read_only=True) as work:
        (row,) = work.find(OneTimeCode)
        assert row.code_hash is None
    database = services.settings.data_dir / "seing.db"
    held = database.read_bytes() + database.with_name("seing.db-wal").read_bytes()
    assert b"612345678" not in held
    assert b"30006000011234567890189" not in held


def test_a_code_is_bound_to_its_document(services, view):
    """Should the form change after the sending, the code signs nothing."""
    send(services, view)
    with services.works() as work:
        from pipeline.orders import lock_order

        lock_order(work, view.order_id).form_sha256 = "0" * 64
    with pytest.raises(CodeWrong):
        type_in(services, view, services.sms.code)


def test_a_second_link_closes_the_first(services, view, order_id):
    """One open ceremony per order."""
    ceremony.open_ceremony(services, order_id, "handover", REP)
    with pytest.raises(CeremonyClosed):
        send(services, view)


def test_unknown_links_are_not_found(services):
    """A guessed token finds nothing."""
    with pytest.raises(NotFound):
        ceremony.find(services, "guess")


def test_declining_needs_a_reason_and_ends_it(services, view):
    """The customer refuses in words; afterwards the code opens nothing."""
    with pytest.raises(ReasonMissing):
        ceremony.decline(services, view.ceremony_id, "  ", CUSTOMER)
    ceremony.decline(services, view.ceremony_id, "Trop cher", CUSTOMER)
    assert order_of(services, view.order_id).state == "declined"
    with pytest.raises(CeremonyClosed):
        send(services, view)


def test_reading_is_recorded_once_per_page(services, view):
    """Each page displayed is an event, with the hash of the image that was shown."""
    assert kinds(services, view.order_id).count("page.displayed") >= 4


def test_signing_again_answers_as_the_first_time(services, order_id):
    """A replayed request after the signature changes nothing."""
    view = sign(services, order_id)
    type_in(services, view, "000000")
    assert kinds(services, order_id).count("order.signed") == 1


def test_no_code_once_the_debits_would_come_too_early(services, view):
    """A form kept for weeks promises a first debit that pre-notification no longer allows: nothing is sent."""
    services.clock.move(days=29, hours=23)
    with pytest.raises(OutOfDate):
        send(services, view)
    assert not services.sms.sent


def test_periods_run_from_the_day_of_signing(services):
    """The form is prepared on Monday, signed on Thursday: the fourteen days begin on Thursday."""
    order_id = order_from(services, sample("epice-et-cie"), mobile="+596696123456", employees=2, place="Fort-de-France")
    before = order_of(services, order_id).withdrawal_until
    services.clock.move(days=3)
    sign(services, order_id)
    assert order_of(services, order_id).withdrawal_until == before + timedelta(days=3)


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
