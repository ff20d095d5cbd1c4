"""The whole journey in Chromium, at the sizes at which people use it; pictures are kept in test-artefacts/screens."""

import pytest

from pipeline.steps import propose
from tests.browser.conftest import follow
from tests.factories import IBAN, make_account, make_proposal, sample
from tests.house import REP


@pytest.mark.parametrize("size", ["small-phone", "tablet"])
def test_from_proposal_to_agency(open_screen, house, size):
    """A rep imports, orders and hands over; the customer reads, agrees and signs; the agency accepts."""
    screen = open_screen(size)
    page = screen.page
    propose.import_proposal(house.services, sample("au-nom-de-la-rose").to_json(), REP)
    screen.log_in()
    screen.shot("home")
    follow(page.get_by_role("link", name="Visibilité fête des mères"))
    screen.shot("proposal")
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("link", name="Commander").click()

    page.fill("#iban", "FR76 3000 6000 0112 3456 7890 188")
    page.locator("#iban").blur()
    page.locator("#answer-iban .failed").wait_for()
    assert page.locator("#iban").get_attribute("aria-invalid") == "true"
    screen.shot("ordering")
    page.fill("#iban", IBAN)
    page.locator("#iban").blur()
    page.locator("#answer-iban .done").wait_for()
    page.get_by_role("button", name="Commander pour").click()
    page.get_by_role("heading", name="Suivi").wait_for()
    screen.shot("order")

    page.get_by_role("button", name="Faire signer sur cette tablette").click()
    sign(screen, house)
    page.get_by_role("link", name="Ouvrir mon exemplaire").wait_for()
    page.get_by_text("envoyé à h…@").wait_for()
    screen.shot("signed")

    follow(page.get_by_role("link", name="Rendre la tablette"))
    screen.shot("handback")
    page.fill("#pin", "2468")
    page.get_by_role("button", name="Revenir à mes dossiers").click()
    page.get_by_text("Dossier archivé").wait_for()
    page.locator(".trail li.done", has_text="Dossier archivé").wait_for(timeout=20_000)
    page.get_by_role("button", name="Remettre en production").click()
    page.locator(".trail li", has_text="Remis en production").wait_for()
    screen.shot("released")

    agency = open_screen("desktop")
    agency.log_in("agence.lyo")
    agency.shot("agency")
    agency.page.get_by_role("link", name="Lot LOT-2026-LYO-000001").click()
    agency.page.get_by_text("Rejeter").first.click()
    agency.shot("batch")
    agency.page.get_by_role("button", name="Accepter").click()
    agency.page.get_by_text("acceptée").wait_for()


def sign(screen, house):
    """Read every page, tick every box, ask for the code, type it."""
    page = screen.page
    page.get_by_role("heading", name="Bon de commande n°").wait_for()
    screen.shot("reading")
    for sheet in page.locator("figure.sheet").all():
        sheet.scroll_into_view_if_needed()
        page.wait_for_function("image => image.naturalWidth > 0", arg=sheet.locator("img").element_handle())
    for box in page.locator(".consents input").all():
        box.check()
    page.get_by_role("button", name="Recevoir mon code par SMS").click()
    page.locator("#code").wait_for()
    screen.shot("code")
    page.fill("#code", house.services.sms.code)
    page.get_by_role("button", name="Signer pour").click()
    page.get_by_role("heading", name="Signé", exact=True).wait_for()


def test_a_link_on_the_customers_phone(open_screen, house):
    """The rep's screen follows what the customer does on his phone, and offers the release when it is time."""
    propose.import_proposal(house.services, sample("au-nom-de-la-rose").to_json(), REP)
    rep = open_screen("desktop")
    rep.log_in()
    rep.page.get_by_role("link", name="Visibilité fête des mères").click()
    rep.page.get_by_role("button", name="Valider").click()
    rep.page.get_by_role("link", name="Commander").click()
    rep.page.fill("#iban", IBAN)
    rep.page.get_by_role("button", name="Commander pour").click()
    rep.page.get_by_role("button", name="Envoyer le lien").click()
    rep.page.get_by_alt_text("Code QR").wait_for()
    rep.shot("link")
    rep.page.get_by_role("button", name="Envoyer par SMS").click()
    rep.page.get_by_text("Le lien est parti par SMS").wait_for()
    link = house.services.sms.sent[-1].text.split("/s/")[1].split()[0]

    phone = open_screen("phone")
    phone.page.goto(f"/s/{link}")
    assert link not in phone.page.url
    sign(phone, house)
    phone.shot("signed-by-link")
    rep.page.get_by_role("button", name="Remettre en production").wait_for(timeout=20_000)
    rep.shot("sealed")


def test_the_right_of_withdrawal_on_a_phone(open_screen, house):
    """A small firm signs, then withdraws with two taps, and reads the acknowledgement."""
    proposal = make_proposal(account=make_account(employees=3))
    proposal_id = propose.import_proposal(house.services, proposal.to_json(), REP)
    screen = open_screen("phone")
    page = screen.page
    screen.log_in()
    page.goto(f"/proposals/{proposal_id}")
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("link", name="Commander").click()
    page.get_by_text("Le client dispose d’un droit de rétractation").wait_for()
    page.fill("#employees", "9")
    page.get_by_text("Pas de droit de rétractation").wait_for()
    page.fill("#employees", "3")
    page.get_by_text("Le client dispose d’un droit de rétractation").wait_for()
    screen.shot("right")
    page.fill("#iban", IBAN)
    page.get_by_role("button", name="Commander pour").click()
    page.get_by_role("button", name="Faire signer").click()
    sign(screen, house)
    follow(page.get_by_role("link", name="renoncer au contrat ici"))
    screen.shot("renouncing")
    page.get_by_role("button", name="confirmer la rétractation").click()
    page.get_by_role("heading", name="Rétractation reçue").wait_for()
    screen.shot("renounced")


@pytest.mark.parametrize("size", ["small-phone", "tablet", "desktop"])
def test_other_pages_fit(open_screen, house, size):
    """Login, findings, verifier, office and errors fit every window and break no policy."""
    proposal_id = propose.import_proposal(house.services, sample("bat-etanche").to_json(), REP)
    screen = open_screen(size)
    for path in ("login", "verifier", "nowhere", "nolink"):
        screen.page.goto(f"/{path}")
        screen.shot(path)
    screen.log_in("k.benali")
    screen.page.goto(f"/proposals/{proposal_id}")
    screen.shot("findings")
    office = open_screen(size)
    office.log_in("siege")
    office.shot("office")
