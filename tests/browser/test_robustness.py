"""What a counter does to a ceremony: taps twice, reloads, loses the network, has no script, or no pointer."""

import pytest

from pipeline.steps import ceremony, propose
from pipeline.steps.prepare import prepare
from tests.factories import sample
from tests.house import REP, choices, kinds


@pytest.fixture
def order(house):
    proposal_id = propose.import_proposal(house.services, sample("au-nom-de-la-rose").to_json(), REP)
    return prepare(house.services, proposal_id, choices(), REP)


def at_the_code(screen, house, order):
    """A customer's page, where the code is typed."""
    opened = ceremony.open_ceremony(house.services, order, "link", REP)
    screen.page.goto(f"/s/{opened.token}")
    for box in screen.page.locator(".consents input").all():
        box.check()
    screen.page.get_by_role("button", name="Recevoir mon code par SMS").click()
    screen.page.locator("#code").wait_for()
    return screen.page


def test_two_taps_on_sign(open_screen, house, order):
    """A double tap signs once."""
    page = at_the_code(open_screen("phone"), house, order)
    page.fill("#code", house.services.sms.code)
    page.get_by_role("button", name="Signer pour").dblclick()
    page.get_by_role("heading", name="Signé", exact=True).wait_for()
    assert kinds(house.services, order).count("order.signed") == 1
    assert kinds(house.services, order).count("code.wrong") == 0


def test_two_taps_on_the_code_button(open_screen, house, order):
    """A double tap sends one message."""
    screen = open_screen("phone")
    opened = ceremony.open_ceremony(house.services, order, "link", REP)
    screen.page.goto(f"/s/{opened.token}")
    for box in screen.page.locator(".consents input").all():
        box.check()
    screen.page.get_by_role("button", name="Recevoir mon code par SMS").dblclick()
    screen.page.locator("#code").wait_for()
    assert len(house.services.sms.sent) == 1


def test_reload_and_back_at_every_step(open_screen, house, order):
    """A reload shows the same step again; the back button never leads out of what is true."""
    screen = open_screen("phone")
    page = at_the_code(screen, house, order)
    page.reload()
    page.locator("#code").wait_for()
    page.go_back()
    page.locator("#code").wait_for()
    page.fill("#code", house.services.sms.code)
    page.get_by_role("button", name="Signer pour").click()
    page.get_by_role("heading", name="Signé", exact=True).wait_for()
    page.reload()
    page.get_by_role("heading", name="Signé", exact=True).wait_for()
    page.go_back()
    page.get_by_role("heading", name="Signé", exact=True).wait_for()


def test_the_network_gone_for_a_moment(open_screen, house, order):
    """Signing while the network is away says so in plain words and goes through by itself when it is back."""
    screen = open_screen("phone")
    page = at_the_code(screen, house, order)
    page.fill("#code", house.services.sms.code)
    screen.context.set_offline(True)
    page.get_by_role("button", name="Signer pour").click()
    page.get_by_text("La connexion est interrompue").wait_for()
    screen.shot("offline")
    screen.context.set_offline(False)
    page.get_by_role("heading", name="Signé", exact=True).wait_for(timeout=20_000)
    assert not page.get_by_text("La connexion est interrompue").is_visible()


def test_the_database_gone_for_a_moment(open_screen, house, order):
    """Signing while our side answers 503 stays on the page, says so, and goes through by itself once it is back."""
    page = at_the_code(open_screen("phone"), house, order)
    page.fill("#code", house.services.sms.code)
    refused = []

    def away(route):
        if route.request.method != "POST" or refused:
            return route.continue_()
        refused.append(route)
        return route.fulfill(status=503, headers={"retry-after": "10"})

    page.route("**/c/signed", away)
    page.get_by_role("button", name="Signer pour").click()
    page.get_by_text("La connexion est interrompue").wait_for()
    assert page.locator("#code").input_value() == house.services.sms.code
    page.get_by_role("heading", name="Signé", exact=True).wait_for(timeout=20_000)
    assert refused
    assert not page.get_by_text("La connexion est interrompue").is_visible()


def test_a_wrong_code_is_read_out(open_screen, house, order):
    """The refusal is an alert, the field is marked and has the focus again."""
    page = at_the_code(open_screen("phone"), house, order)
    right = house.services.sms.code
    page.fill("#code", f"{(int(right) + 1) % 1_000_000:06d}")
    page.get_by_role("button", name="Signer pour").click()
    page.get_by_role("alert").get_by_text("Ce code n’est pas le bon").wait_for()
    assert page.evaluate("document.activeElement.id") == "code"
    assert page.locator("#code").get_attribute("aria-invalid") == "true"


def test_a_new_code_opens_after_its_countdown(open_screen, house, order):
    """« Recevoir un nouveau code » counts down, and does nothing before its time."""
    page = at_the_code(open_screen("phone"), house, order)
    button = page.get_by_role("button", name="Recevoir un nouveau code")
    button.and_(page.locator("[aria-disabled=true]")).wait_for()
    button.click(force=True)
    assert len(house.services.sms.sent) == 1
    house.services.clock.move(seconds=31)
    page.reload()
    button.and_(page.locator("[aria-disabled=false]")).wait_for()
    button.click()
    page.locator("#code").wait_for()
    page.wait_for_function("() => document.querySelector('[data-wait]').dataset.wait > 20")
    assert len(house.services.sms.sent) == 2


def test_signing_without_script(chromium, house, order):
    """With scripts turned off the customer reads, agrees, types and signs all the same."""
    opened = ceremony.open_ceremony(house.services, order, "link", REP)
    context = chromium.new_context(java_script_enabled=False, base_url=house.url, locale="fr-FR")
    page = context.new_page()
    page.goto(f"/s/{opened.token}")
    for box in page.locator(".consents input").all():
        box.check()
    page.get_by_role("button", name="Recevoir mon code par SMS").click()
    page.fill("#code", house.services.sms.code)
    page.get_by_role("button", name="Signer pour").click()
    page.get_by_role("heading", name="Signé", exact=True).wait_for()
    context.close()


def test_signing_by_keyboard(open_screen, house, order):
    """Tab and space are enough: the skip link comes first, every control shows its focus, and Enter signs."""
    screen = open_screen("desktop")
    page = screen.page
    opened = ceremony.open_ceremony(house.services, order, "link", REP)
    page.goto(f"/s/{opened.token}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    for _ in range(60):
        page.keyboard.press("Tab")
        kind = page.evaluate("document.activeElement.type || ''")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        if kind == "checkbox":
            page.keyboard.press("Space")
        if kind == "submit":
            page.keyboard.press("Enter")
            break
    page.locator("#code").wait_for()
    page.wait_for_function("document.activeElement && document.activeElement.tagName !== 'BODY'")
    page.locator("#code").focus()
    page.keyboard.type(house.services.sms.code)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Signé", exact=True).wait_for()


def test_a_page_enlarged(open_screen, house, order):
    """A touch on a page opens it larger, in a dialog that Escape closes."""
    screen = open_screen("phone")
    opened = ceremony.open_ceremony(house.services, order, "link", REP)
    screen.page.goto(f"/s/{opened.token}")
    screen.page.locator(".zoom").first.click()
    lens = screen.page.get_by_role("dialog")
    lens.wait_for()
    picture = lens.locator("img")
    screen.page.wait_for_function("image => image.naturalWidth > 1000", arg=picture.element_handle())
    assert picture.bounding_box()["width"] > 390
    screen.page.keyboard.press("Escape")
    assert not lens.is_visible()


def test_every_page_that_was_displayed_is_recorded(open_screen, house, order):
    """Scrolling through the document records each page once."""
    screen = open_screen("phone")
    opened = ceremony.open_ceremony(house.services, order, "link", REP)
    screen.page.goto(f"/s/{opened.token}")
    sheets = screen.page.locator("figure.sheet")
    assert kinds(house.services, order).count("page.displayed") < sheets.count()
    for sheet in sheets.all():
        sheet.scroll_into_view_if_needed()
        screen.page.wait_for_timeout(300)
    for _ in range(100):
        if kinds(house.services, order).count("page.displayed") >= sheets.count():
            break
        screen.page.wait_for_timeout(100)
    for sheet in sheets.all():
        sheet.scroll_into_view_if_needed()
        screen.page.wait_for_timeout(300)
    assert kinds(house.services, order).count("page.displayed") == sheets.count()
