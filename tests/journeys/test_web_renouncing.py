"""« Renoncer au contrat ici »: from the signed page or the mail, to the day after the period and long after it."""

import re
from datetime import UTC, datetime

import pytest

from pipeline.letters import renounce_url
from tests.factories import make_account, make_proposal, sample
from tests.house import drain, order_from, order_of
from tests.journeys.pages import Browser, agree, customer_with_link

PRIVATE = ("Garnier", "h…@", "helene", "Au nom de la rose", "AU NOM DE LA ROSE", "Je vous notifie")
"""What only the customer and the seller know of each other."""


@pytest.fixture
def signed(services):
    """The order of a small firm, signed; today is its day 0."""
    order_id = order_from(services, make_proposal(account=make_account(employees=3)), employees=3)
    agree(customer_with_link(services, order_id)).send("/c/signed", code=services.sms.code)
    drain(services)
    return order_id


def from_mail(services, order_id):
    return Browser(services, "203.0.113.5").open(renounce_url(services, order_id))


def nothing_private(browser):
    return [word for word in PRIVATE if word.lower() in browser.answer.text.lower()]


def test_from_first_page_to_acknowledgement(services):
    """A small firm reads its right before signing, and uses it afterwards: two taps, and an acknowledgement."""
    order_id = order_from(services, make_proposal(account=make_account(employees=3)), employees=3)
    customer = customer_with_link(services, order_id)
    assert "Vous pouvez changer d'avis" in customer.text
    agree(customer)
    customer.send("/c/signed", code=services.sms.code)
    drain(services)

    customer.open("/c/signed").link("renoncer au contrat ici")
    assert customer.path == "/retractation"
    button = customer.forms("/retractation")[0].xpath(".//button")[0]
    assert button.text_content().strip() == "confirmer la rétractation"
    customer.send("/retractation", name="Hélène Garnier")
    assert "Rétractation reçue" in customer.text
    drain(services)
    assert order_of(services, order_id).state == "cancelled"
    assert "Rétractation reçue" in customer.open("/retractation").text


def test_the_right_from_the_mail(services, signed):
    """The address in the copy's mail leads to the same page, without its token; a forged one leads nowhere."""
    phone = from_mail(services, signed)
    assert phone.path == "/retractation"
    assert "Renoncer au contrat" in phone.text
    url = renounce_url(services, signed)
    forged = re.sub(r".$", "0" if url[-1] != "0" else "1", url)
    assert Browser(services).open(forged).status == 404


def test_the_last_evening(services, signed):
    """The right lasts to the last hour of its last day, in Paris."""
    until = order_of(services, signed).withdrawal_until
    services.clock.now = datetime(until.year, until.month, until.day, 22, 58, tzinfo=UTC)
    assert from_mail(services, signed).forms("/retractation")
    services.clock.move(minutes=3)
    assert from_mail(services, signed).status == 410


def test_the_period_is_over(services, signed):
    """The page says which period ended and when, what is still valid and whom to ask; not who the customer is."""
    phone = from_mail(services, signed)
    services.clock.move(days=15)
    for browser in (phone.open("/retractation"), from_mail(services, signed)):
        assert browser.status == 410
        assert "Le délai de rétractation est terminé" in browser.text
        assert "quatorze jours" in browser.text
        assert "jusqu'au 7 décembre 2026 à minuit" in browser.text.replace("’", "'")
        assert "terminé depuis le 8 décembre 2026" in browser.text
        assert "avant la fin du délai" in browser.text
        assert services.organisation.seller.email in browser.text
        assert browser.tree.xpath("//form[@action='/retractation']") == []
        assert nothing_private(browser) == []


def test_the_page_of_years_ago(services, signed):
    """However old the link, it opens on dates alone; in English as well."""
    services.clock.move(days=3000)
    phone = from_mail(services, signed)
    phone.open("/language/en?back=/retractation")
    assert phone.status == 410
    assert "The withdrawal period is over" in phone.text
    assert "until midnight at the end of 7 December 2026" in phone.text
    assert nothing_private(phone) == []


def test_a_form_that_was_open_past_midnight(services, signed):
    """Sent after the last hour it changes nothing, and is answered by the same page."""
    phone = from_mail(services, signed)
    services.clock.move(days=15)
    before = phone.fields("/retractation")
    phone.answer = phone.client.post("/retractation", data=before)
    assert phone.status == 410
    assert "Le délai de rétractation est terminé" in phone.text
    assert order_of(services, signed).state != "cancelled"


def test_what_was_renounced_is_no_open_door(services, signed):
    """The page repeats the declaration while the signed order's own link lasts; later it says when it came."""
    phone = from_mail(services, signed)
    phone.send("/retractation", name="Hélène Garnier", statement="Je vous notifie ma rétractation.")
    drain(services)
    services.clock.move(days=59)
    assert "Je vous notifie ma rétractation." in from_mail(services, signed).text
    services.clock.move(days=3)
    late = from_mail(services, signed)
    assert late.status == 200
    assert "Rétractation reçue" in late.text
    assert "23/11/2026" in late.text
    assert nothing_private(late) == []


def test_no_right_no_door(services):
    """Where the law gives no right, neither the page of the signed order nor a token leads to one."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    customer = agree(customer_with_link(services, order_id)).send("/c/signed", code=services.sms.code)
    drain(services)
    assert customer.open("/c/renounce").path == "/c/signed"
    assert from_mail(services, order_id).status == 404
