"""Guessing a password: counted per account and per address, and nobody else's work waits for it."""

from datetime import timedelta

import pytest

from pipeline import passwords
from pipeline.init import DEMO_PASSWORD, DEMO_PIN
from pipeline.steps.keep_house import nightly
from storage.models import LoginTry, Proposal, User
from tests.factories import make_proposal
from tests.house import order_from
from tests.journeys.pages import Browser

USER = "c.delmas"


def attempt(services, user=USER, password="wrong", address="198.51.100.7"):
    return Browser(services, address).log_in(user, password)


def tries(services):
    with services.works(read_only=True) as work:
        return work.find(LoginTry)


def test_ten_wrong_passwords_lock_the_account(services):
    """From whatever addresses they come; then the right one is refused in the same words, for a quarter of an hour."""
    for number in range(10):
        refused = attempt(services, address=f"203.0.113.{number}")
        assert refused.status == 401
    locked = attempt(services, password=DEMO_PASSWORD)
    assert (locked.status, locked.text) == (401, refused.text)
    services.clock.move(minutes=15, seconds=1)
    assert "Bonjour Claire" in attempt(services, password=DEMO_PASSWORD).text


def test_an_address_has_its_tries(services):
    """Twenty failures in ten minutes over all names, known or not; a line of IPv6 is one address."""
    for number in range(20):
        assert attempt(services, f"nobody.{number}", address=f"2001:db8:1:2::{number:x}").status == 401
    refused = attempt(services, password=DEMO_PASSWORD, address="2001:db8:1:2:ffff::1")
    assert refused.status == 429
    assert "Trop de connexions refusées depuis votre adresse. Réessayez dans 10 minutes." in refused.text
    assert attempt(services, password=DEMO_PASSWORD, address="2001:db8:1:3::1").path == "/"
    services.clock.move(minutes=10, seconds=1)
    assert attempt(services, password=DEMO_PASSWORD, address="2001:db8:1:2:ffff::1").path == "/"


def test_who_comes_in_is_not_counted(services):
    """An agency behind one address logs in all day long."""
    for _ in range(25):
        assert attempt(services, password=DEMO_PASSWORD).path == "/"
    assert tries(services) == []


def test_addresses_are_forgotten_after_a_day(services):
    """The nightly housekeeping leaves none that counts no more."""
    attempt(services)
    services.clock.move(hours=25)
    nightly(services)
    assert tries(services) == []


class Slow:
    """Compares as ever; while it does, somebody else writes to the database."""

    def __init__(self, hasher, services):
        self.hasher, self.services, self.compared = hasher, services, 0

    def verify(self, stored, given):
        self.compared += 1
        with self.services.works() as work:
            work.get(Proposal, work.first(Proposal).id).updated_at += timedelta(seconds=1)
        return self.hasher.verify(stored, given)


@pytest.mark.parametrize("user", [USER, "nobody"])
def test_nobody_waits_for_a_password(services, monkeypatch, user):
    """A hash is compared for known and unknown users alike, and holds no writer up meanwhile."""
    order_from(services, make_proposal())
    browser = Browser(services).open("/login")
    hasher = Slow(passwords._hasher, services)
    monkeypatch.setattr("pipeline.passwords._hasher", hasher)
    browser.send("/login", user=user, password="wrong")
    assert browser.status == 401
    assert hasher.compared == 1


def test_wrong_pins_count_as_wrong_passwords(services):
    """Ten wrong PINs on the handed tablet lock the account; the right one no longer gives the tablet back."""
    order_id = order_from(services, make_proposal())
    tablet = Browser(services).log_in()
    tablet.open(f"/orders/{order_id}").send(f"/orders/{order_id}/handover")
    for _ in range(10):
        assert tablet.open("/c/handback").send("/c/handback", pin="0000").status == 403
    assert tablet.open("/c/handback").send("/c/handback", pin=DEMO_PIN).status == 403
    with services.works(read_only=True) as work:
        assert work.get(User, USER).locked_until is not None
