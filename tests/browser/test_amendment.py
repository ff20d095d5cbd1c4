"""Another account, from the order's page to the signed mandate, on a phone and on the counter's tablet."""

import pytest

from tests.factories import make_proposal
from tests.house import order_from
from tests.house import sign as sign_order

NEW_IBAN = "FR14 2004 1010 0505 0001 3M02 606"


@pytest.mark.parametrize("size", ["small-phone", "tablet"])
def test_changing_the_account(open_screen, house, size):
    """The field answers as it is typed; the customer sees old and new account, no price, and signs a mandate."""
    services = house.services
    order_id = order_from(services, make_proposal())
    sign_order(services, order_id)
    screen = open_screen(size)
    page = screen.page
    screen.log_in()
    page.goto(f"/orders/{order_id}")
    page.locator(".trail li.done", has_text="Dossier archivé").wait_for(timeout=20_000)  # by the house's own worker
    page.locator(".trail li.done", has_text="Mandat de prélèvement").wait_for(timeout=20_000)
    services.clock.move(hours=1)
    page.reload()
    page.get_by_role("link", name="Changer de compte").click()
    page.fill("#mobile", "06 99 88 77 66")
    page.locator("#mobile").blur()
    page.get_by_text("pas celui avec lequel le mandat a été signé").wait_for()
    page.fill("#mobile", "06 12 34 56 78")
    page.fill("#iban", NEW_IBAN)
    page.locator("#iban").blur()
    page.locator("#answer-iban .done").wait_for()
    screen.shot("amending")
    page.get_by_role("button", name="Préparer le mandat à signer").click()
    page.get_by_text("Changement de compte préparé").wait_for()
    screen.shot("amendment")

    page.get_by_role("button", name="Faire signer sur cette tablette").click()
    page.get_by_role("heading", name="Changement de compte n°").wait_for()
    page.get_by_text("cette signature n’engage aucune dépense").wait_for()
    screen.shot("amendment-reading")
    for box in page.locator(".consents input").all():
        box.check()
    page.get_by_role("button", name="Recevoir mon code par SMS").click()
    page.locator("#code").wait_for()
    screen.shot("amendment-code")
    page.fill("#code", services.sms.code)
    page.get_by_role("button", name="Signer le mandat").click()
    page.get_by_role("heading", name="Signé", exact=True).wait_for()
    page.get_by_text("compte se terminant par 2606").wait_for()
    page.get_by_role("link", name="Ouvrir mon exemplaire").wait_for()
    screen.shot("amendment-signed")
