"""The one-time code: right, wrong, late, replayed, too often; and what survives two tabs and double clicks."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from fractions import Fraction
from time import monotonic

import pytest

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
)
from pipeline.steps import ceremony
from pipeline.steps.prepare import withdraw
from signing.code import CODE_DIGITS
from storage.models import Ceremony, Job, OneTimeCode, Order
from templates.messages.gsm7 import gsm7_segments
from tests.factories import sample
from tests.house import (
    CUSTOMER,
    REP,
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
from tests.journeys.typing_codes import lock, reopened, send, type_in, wrong


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
