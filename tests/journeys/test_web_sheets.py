"""The call-tracking sheet on screen: what the rep fills between signature and release."""

from tests.house import drain, order_from, order_of, sign
from tests.journeys.pages import Browser
from tests.journeys.test_sheets import two_numbers


def test_the_rep_fills_the_sheet_and_releases(services):
    """The order's page says that a sheet is missing; once filled, the order can go."""
    order_id = order_from(services, two_numbers())
    sign(services, order_id)
    drain(services)
    rep = Browser(services)
    rep.log_in()

    rep.open(f"/orders/{order_id}")
    assert "à remplir" in rep.text
    rep.link("Fiche suivi d'appels")
    address = f"/orders/{order_id}/sheets/0/3"
    assert rep.path == address
    assert rep.fields(address)["number"][:2] == ["+33478370000", "+33478370001"]
    rep.send(address, contact_name="Hélène Garnier")
    assert "remplie" in rep.text
    rep.send(f"/orders/{order_id}/release")
    assert order_of(services, order_id).state == "released"


def test_an_empty_sheet_is_refused_on_the_page(services):
    """What is missing is said where it is missing, and what was typed stays."""
    order_id = order_from(services, two_numbers())
    sign(services, order_id)
    drain(services)
    rep = Browser(services)
    rep.log_in()

    address = f"/orders/{order_id}/sheets/0/3"
    rep.open(address).send(address, number=[""] * 4, comment="Le samedi aussi")
    assert rep.status == 422
    assert "au moins un numéro" in rep.text
    assert "Le samedi aussi" in rep.text
    assert rep.open(f"/orders/{order_id}/sheets/9/9").status == 404
