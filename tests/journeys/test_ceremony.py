"""The one-time code: right, wrong, late, replayed, too often; and what survives two tabs and double clicks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from pipeline.errors import (
    CeremonyClosed,
    CeremonyLocked,
    CodeExpired,
    CodeWrong,
    ConsentMissing,
    NotFound,
    OutOfDate,
    ReasonMissing,
    SendRefused,
    SmsRefused,
)
from pipeline.steps import ceremony
from storage.models import Job, OneTimeCode
from tests.factories import sample
from tests.house import CUSTOMER, REP, drain, jobs_of, kinds, open_and_read, order_from, order_of, sign


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


def test_three_wrong_codes_then_the_right_one(services, view):
    """A customer may mistype; the right code signs all the same."""
    send(services, view)
    for _ in range(3):
        with pytest.raises(CodeWrong):
            type_in(services, view, wrong(services))
    type_in(services, view, services.sms.code)
    assert order_of(services, view.order_id).state == "signed"


def test_five_wrong_codes_lock_and_a_new_code_resets_nothing(services, view):
    """Wrong tries count over all codes; locked means locked, for the right code too."""
    send(services, view)
    for _ in range(3):
        with pytest.raises(CodeWrong):
            type_in(services, view, wrong(services))
    services.clock.move(seconds=31)
    send(services, view)
    with pytest.raises(CodeWrong):
        type_in(services, view, wrong(services))
    with pytest.raises(CeremonyLocked):
        type_in(services, view, wrong(services))
    with pytest.raises(CeremonyLocked):
        type_in(services, view, services.sms.code)
    drain(services)
    assert jobs_of(services, view.order_id)["tell_locked"].state == "done"


def test_only_a_reason_opens_a_locked_order_again(services, view):
    """The rep starts a new ceremony and says why; the chain keeps it."""
    send(services, view)
    for _ in range(5):
        with pytest.raises((CodeWrong, CeremonyLocked)):
            type_in(services, view, wrong(services))
    with pytest.raises(ReasonMissing):
        ceremony.open_ceremony(services, view.order_id, "link", REP)
    ceremony.open_ceremony(services, view.order_id, "link", REP, reason="Client rappelé, mauvais téléphone")
    assert kinds(services, view.order_id)[-1] == "ceremony.opened"


def test_a_code_expires_after_five_minutes(services, view):
    """The right code, too late; a new one works."""
    send(services, view)
    code = services.sms.code
    services.clock.move(minutes=5, seconds=1)
    with pytest.raises(CodeExpired):
        type_in(services, view, code)
    send(services, view)
    type_in(services, view, services.sms.code)


def test_a_new_code_kills_the_one_before(services, view):
    """One live code at a time."""
    send(services, view)
    old = services.sms.code
    services.clock.move(seconds=31)
    send(services, view)
    if old == services.sms.code:  # one chance in a million
        pytest.skip("the same code twice")
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
