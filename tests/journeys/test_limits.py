"""How often codes leave: per number, address and rep, counted in the database, however many ask at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import CeremonyExhausted, SendRefused, describe
from pipeline.origin import Origin, network_of
from pipeline.steps import ceremony
from pipeline.steps.ceremony.limits import MAX_CEREMONIES
from storage.models import Ceremony, OneTimeCode
from tests.factories import make_proposal
from tests.house import CUSTOMER, REP, order_from, order_of


@pytest.fixture
def order_id(services):
    return order_from(services, make_proposal())


@pytest.fixture
def view(services, order_id):
    return opened(services, order_id)


def opened(services, order_id):
    return ceremony.view(services, ceremony.open_ceremony(services, order_id, "link", REP).ceremony_id)


def send(services, view, origin=CUSTOMER):
    return ceremony.send_code(services, view.ceremony_id, [box.key for box in view.consents], origin)


def refused(services, view, origin=CUSTOMER):
    with pytest.raises(SendRefused) as caught:
        send(services, view, origin)
    return caught.value


def earlier(services, view, count, ago, **values):
    """So many codes of another ceremony, sent so long ago."""
    now = services.clock()
    with services.works() as work:
        other = work.add(
            Ceremony(
                order_id=view.order_id,
                token_hash="other",
                mode="link",
                state="closed",
                opened_by="rep:c.delmas",
                opened_at=now - ago,
                expires_at=now,
            )
        )
        for place in range(count):
            row = {
                "mobile_hash": "other",
                "ip": None,
                "rep_id": None,
                "sent_at": now - ago,
                "expires_at": now - ago + timedelta(minutes=5),
            }
            work.add(
                OneTimeCode(
                    ceremony_id=other.id,
                    sequence=1 + place,
                    code_hash=None,
                    document_sha256="0" * 64,
                    amount=order_of(services, view.order_id).total_incl_vat,
                    state="superseded",
                    **row | values,
                )
            )


def test_a_number_is_counted_over_all_orders(services, view):
    """Two orders with the same mobile share its three codes in ten minutes."""
    other = opened(services, order_from(services, make_proposal(reference="P-2")))
    for each in (view, other, view):
        send(services, each)
        services.clock.move(seconds=31)
    assert refused(services, other).reason == "too_many_recently"


def test_two_orders_at_once_find_one_place(services, view):
    """Of two requests in the same moment, for two orders with one mobile, one message leaves."""
    other = opened(services, order_from(services, make_proposal(reference="P-2")))

    def ask(each):
        try:
            return send(services, each)
        except SendRefused:
            return None

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, (view, other)))
    assert sum(answer is not None for answer in answers) == 1
    assert len(services.sms.sent) == 1


def test_five_a_day_for_a_number(services, view):
    """The sixth waits for the first to be a day old, and says so in hours."""
    number = order_of(services, view.order_id).mobile_hash
    earlier(services, view, 5, timedelta(hours=5), mobile_hash=number)
    refusal = refused(services, view)
    assert refusal.reason == "too_many_today"
    assert describe(refusal) == "Un nouveau code pourra être envoyé dans 19 heures."
    services.clock.move(seconds=refusal.wait_seconds)
    send(services, view)


@pytest.mark.parametrize(("count", "ago"), [(20, timedelta(minutes=9)), (200, timedelta(hours=23))])
def test_an_address_has_its_limits(services, view, count, ago):
    """20 in ten minutes, 200 a day from one address; another address is not concerned."""
    earlier(services, view, count, ago, ip="198.51.100.7")
    assert refused(services, view).reason == "too_many_from_address"
    send(services, view, replace(CUSTOMER, ip="198.51.100.8"))


@pytest.mark.parametrize("ip", [None, "unknown", "_hidden"])
def test_no_address_is_no_way_around(services, view, ip):
    """Whatever a broken proxy says instead of an address is counted as one."""
    earlier(services, view, 20, timedelta(minutes=9), ip="unknown")
    assert refused(services, view, replace(CUSTOMER, ip=ip)).reason == "too_many_from_address"


@pytest.mark.parametrize(("count", "ago"), [(15, timedelta(minutes=9)), (80, timedelta(hours=23))])
def test_a_rep_has_his_limits(services, view, count, ago):
    """15 in ten minutes, 80 a day over all his orders."""
    earlier(services, view, count, ago, rep_id="c.delmas")
    assert refused(services, view).reason == "too_many_by_rep"


def test_wrong_codes_of_a_rep_are_limited(services, view):
    """Twenty in a day over all his orders: no more codes for them until the day is over."""
    earlier(services, view, 4, timedelta(hours=2), rep_id="c.delmas", wrong_tries=5)
    assert refused(services, view).reason == "too_many_wrong_by_rep"
    services.clock.move(hours=22, minutes=1)
    send(services, view)


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "unknown"),
        ("198.51.100.7:5678", "unknown"),
        (None, "unknown"),
    ],
)
def test_what_counts_as_one_address(ip, network):
    """A line has a /64 of IPv6; all that is no address is one together."""
    assert network_of(ip) == network


def test_a_row_says_on_whose_account_it_is(services, view):
    """Address, rep and channel are written with the code, before it leaves."""
    send(services, view, Origin("customer", "2001:db8::1", "phone"))
    with services.works(read_only=True) as work:
        (row,) = work.find(OneTimeCode)
    assert (row.ip, row.rep_id, row.channel, row.automatic) == ("2001:db8::/64", "c.delmas", "sms", False)


def test_an_order_is_opened_so_often_and_no_more(services, order_id):
    """Twenty ceremonies over its whole life; then another order has to be drawn up."""
    for _ in range(MAX_CEREMONIES):
        ceremony.open_ceremony(services, order_id, "link", REP)
    with pytest.raises(CeremonyExhausted) as caught:
        ceremony.open_ceremony(services, order_id, "link", REP, reason="encore")
    assert "établissez-en une nouvelle" in describe(caught.value)
    with services.works(read_only=True) as work:
        assert len(work.find(Ceremony, order_id=order_id)) == MAX_CEREMONIES


def test_links_are_limited_as_codes_are(services, view):
    """A rep's impatience floods no telephone; mail counts apart."""

    def link(by):
        ceremony.send_link(services, view.ceremony_id, "token", by, REP)

    link("sms")
    with pytest.raises(SendRefused):
        link("sms")
    link("email")
    for _ in range(2):
        services.clock.move(seconds=31)
        link("sms")
    services.clock.move(seconds=31)
    with pytest.raises(SendRefused):
        link("sms")
    assert len(services.sms.sent) == 3


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 seconde"), (90, "90 secondes"), (91, "2 minutes"), (5400, "90 minutes"), (5401, "2 heures")],
)
def test_waits_are_said_in_words(seconds, said):
    """Rounded up, in the unit that one would use."""
    assert describe(SendRefused(seconds, "x")) == f"Un nouveau code pourra être envoyé dans {said}."
