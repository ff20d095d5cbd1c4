"""Every page that a person sees, in every state and both languages: nothing clipped, foreign, barred or too small."""

from threading import Thread

import pytest

from pipeline.errors import CodeWrong
from pipeline.letters import renounce_token
from pipeline.steps import ceremony, decide, propose, release
from pipeline.steps.amend import amend
from pipeline.steps.ceremony.opening import expire
from pipeline.steps.prepare import prepare, withdraw
from pipeline.steps.renounce import renounce
from storage.errors import ArchiveUnavailable
from storage.models import Batch, Order
from tests.browser.conftest import follow
from tests.browser.looking import Gallery
from tests.factories import IBAN, make_account, make_call_tracking, make_line, make_proposal, make_sub_order, sample
from tests.house import AGENCY, CUSTOMER, REP, choices, drain, open_and_read, sign

NEW_IBAN = "FR1420041010050500013M02606"
SHOPS = {
    "prepared": "Boulangerie Perrin",
    "signing": "Garage des Acacias",
    "locked": "Pharmacie de la Place",
    "signed": "Coiffure Mireille",
    "sealed": "Plomberie Vasseur",
    "held": "Au Fil des Saisons",
    "released": "Optique Lumière",
    "rejected": "Serrurerie Dubois & Fils",
    "accepted": "Hôtel de la Gare",
    "cancelled": "Librairie du Canal",
    "declined": "Menuiserie Lefèvre",
    "withdrawn": "Taxi Amandine",
    "expired": "Restaurant L’Étoile d’Or",
}


class Town:
    """Customers, and orders that are brought to where a page shows them."""

    def __init__(self, house):
        self.house, self.services, self.count = house, house.services, 0

    def order(self, shop, *lines, employees=9, proposal=None):
        self.count += 1
        if proposal is None:
            sub_orders = (make_sub_order(*lines),) if lines else ()
            account = make_account(
                epj=f"{5200000 + self.count:08d}",
                legal_name=f"{shop.upper()} SARL",
                trade_name=shop,
                employees=employees,
            )
            proposal = make_proposal(*sub_orders, reference=f"PROP-2026-{self.count:06d}", name=shop, account=account)
        proposal_id = propose.import_proposal(self.services, proposal.to_json(), REP)
        wanted = choices(mobile=f"+3364700{self.count:04d}", employees=employees)
        return prepare(self.services, proposal_id, wanted, REP)

    def sealed(self, shop, *lines, **facts):
        order_id = self.order(shop, *lines, **facts)
        sign(self.services, order_id)
        self.work()
        return order_id

    def work(self):
        """What a worker would do; in a thread, for a loop of Playwright's runs in this one."""
        worker = Thread(target=drain, args=(self.services,))
        worker.start()
        worker.join()

    def link(self, order_id):
        return ceremony.open_ceremony(self.services, order_id, "link", REP).token

    def code(self, order_id):
        """A customer who has read everything and has his code."""
        view = open_and_read(self.services, order_id)
        ticked = [box.key for box in view.consents]
        ceremony.send_code(self.services, view.ceremony_id, ticked, CUSTOMER)
        return view, ticked

    def type_wrong(self, view, ticked, times):
        wrong = f"{(int(self.services.sms.code) + 1) % 1_000_000:06d}"
        for _ in range(times):
            with pytest.raises(CodeWrong):
                ceremony.sign(self.services, view.ceremony_id, wrong, ticked, CUSTOMER)

    def batch_of(self, order_id):
        release.release(self.services, order_id, REP)
        self.work()
        with self.services.works(read_only=True) as work:
            return work.find(Batch, order_by=Batch.number)[-1].id


@pytest.fixture
def town(still_house):
    return Town(still_house)


@pytest.fixture(params=["fr", "en"])
def gallery(request, chromium, still_house):
    opened = Gallery(chromium, still_house, request.param)
    yield opened
    opened.done()


def test_the_reps_own_pages(gallery, town):
    """Login, first page, proposals with findings and fixes, the order form with every field wrong, tasks."""
    page, services = gallery.page, town.services
    gallery.look("login", "/login")
    page.fill("#user", "c.delmas")
    page.fill("#password", "wrong")
    follow(page.locator("button.act"))
    gallery.look("login-wrong")
    gallery.log_in("c.delmas")
    gallery.look("home-empty", "/")
    page.locator("details summary").first.click()
    page.set_input_files("#file", {"name": "x.json", "mimeType": "application/json", "buffer": b'{"reference": 3}'})
    gallery.press("proposals")
    gallery.look("home-unreadable")
    rose = propose.import_proposal(services, sample("au-nom-de-la-rose").to_json(), REP)
    gallery.look("proposal", f"/proposals/{rose}")
    wrong = sample("bat-etanche").model_copy(update={"agency": "LYO", "rep": "c.delmas"})
    wrong_id = propose.import_proposal(services, wrong.to_json(), REP)
    gallery.look("proposal-findings", f"/proposals/{wrong_id}")
    gallery.press("fix")
    gallery.look("proposal-fixed")
    gallery.look("quote-only", f"/proposals/{propose.import_proposal(services, quote().to_json(), REP)}")
    propose.validate(services, rose, REP)
    gallery.look("proposal-validated", f"/proposals/{rose}")
    gallery.look("ordering", f"/proposals/{rose}/order")
    for field in page.locator("main input[type=text], main input[type=tel], main input[type=email]").all():
        field.fill("")
    page.fill("#mobile", "01 42")
    page.fill("#email", "helene")
    page.fill("#iban", "FR76 3000 6000 0112 3456 7890 188")
    page.fill("#employees", "neuf")
    page.locator("main form").evaluate("form => { form.noValidate = true }")
    follow(page.locator("button.act"))
    gallery.look("ordering-wrong")
    rejected = town.sealed(SHOPS["rejected"])
    batch = town.batch_of(rejected)
    reason = "Le visuel du logo manque.\nLe numéro mesuré n’est pas celui du client."
    decide.reject(services, batch, rejected, reason, AGENCY)
    town.order(SHOPS["prepared"])
    gallery.look("home", "/")
    gallery.look("order-rejected", f"/orders/{rejected}")


def quote():
    return make_proposal(kind="quote", reference="PROP-2026-009001", name="Devis pour le printemps")


def test_an_order_in_every_state(gallery, town):
    """The rep's page of an order, from prepared to cancelled, and its call-tracking sheet."""
    page, services = gallery.page, town.services
    gallery.log_in("c.delmas")
    gallery.look("order-prepared", f"/orders/{town.order(SHOPS['prepared'])}")
    page.locator("button[formaction$='/link']").click()
    page.locator("img.qr").wait_for()
    gallery.look("order-link")
    follow(page.locator("button[value=sms]"))
    gallery.look("order-link-sent")
    signing = town.order(SHOPS["signing"])
    town.type_wrong(*town.code(signing), 2)
    gallery.look("order-signing", f"/orders/{signing}")
    locked = town.order(SHOPS["locked"])
    town.type_wrong(*town.code(locked), 5)
    gallery.look("order-locked", f"/orders/{locked}")
    signed = town.order(SHOPS["signed"])
    sign(services, signed)
    gallery.look("order-signed", f"/orders/{signed}")
    town.work()
    gallery.look("order-sealed", f"/orders/{signed}")
    gallery.look("order-held", f"/orders/{town.sealed(SHOPS['held'], employees=3)}")
    followed = town.sealed(SHOPS["sealed"], make_line(code="SUIVI", label="Suivi d'appels", call_tracking=tracking()))
    gallery.look("order-sheet-missing", f"/orders/{followed}")
    follow(page.locator("a[href*='/sheets/']"))
    gallery.look("sheet")
    page.locator("input[name=number]").first.fill("abc")
    follow(page.locator("button.act"))
    gallery.look("sheet-refused")
    released = town.sealed(SHOPS["released"])
    batch = town.batch_of(released)
    gallery.look("order-released", f"/orders/{released}")
    decide.accept(services, batch, released, AGENCY)
    gallery.look("order-accepted", f"/orders/{released}")
    renounced = town.sealed(SHOPS["cancelled"], employees=3)
    renounce(services, renounced, "Hélène Garnier", "Je me rétracte.", CUSTOMER)
    town.work()
    gallery.look("order-cancelled", f"/orders/{renounced}")
    declined = town.order(SHOPS["declined"])
    ceremony.decline(services, open_and_read(services, declined).ceremony_id, "Trop cher cette année.", CUSTOMER)
    gallery.look("order-declined", f"/orders/{declined}")
    withdrawn = town.order(SHOPS["withdrawn"])
    withdraw(services, withdrawn, "Le client veut attendre.", REP)
    gallery.look("order-withdrawn", f"/orders/{withdrawn}")
    expired = town.order(SHOPS["expired"])
    services.clock.move(days=31)
    expire(services)
    gallery.log_in("c.delmas")
    gallery.look("order-expired", f"/orders/{expired}")
    gallery.look("home-full", "/")


def tracking():
    return make_call_tracking(measured_numbers=("+33478370000", "+33478370001"))


def test_what_the_customer_sees(gallery, town):
    """From the link to the sealed copy, and every way in which it may end otherwise."""
    page, services = gallery.page, town.services
    order_id = town.order(SHOPS["held"], employees=3)
    page.goto(f"/s/{town.link(order_id)}")
    gallery.look("reading")
    page.locator(".zoom").first.click()
    page.locator("dialog.lens").wait_for()
    gallery.look("lens")
    page.keyboard.press("Escape")
    gallery.look("refusing", "/c/refuse")
    page.goto("/c")
    for box in page.locator(".consents input").all():
        box.check()
    page.locator(".consents ~ div button.act").click()
    page.locator("#code").wait_for()
    gallery.look("code")
    code = services.sms.code
    page.fill("#code", f"{(int(code) + 1) % 1_000_000:06d}")
    page.locator("button.act").click()
    page.locator("#code-answer .failed").wait_for()
    gallery.look("code-wrong")
    gallery.look("reading-again", "/c/document")
    services.clock.move(minutes=11)
    gallery.look("code-expired", "/c/code")
    page.locator("form[action='/c/code'] button:not([aria-disabled=true])").first.click()
    page.wait_for_function("() => document.querySelector('[data-wait]').dataset.wait > 20")
    page.fill("#code", services.sms.code)
    page.locator("button.act").click()
    page.wait_for_url("**/c/signed")
    gallery.look("signed")
    town.work()
    gallery.look("signed-sealed", "/c/signed")
    gallery.look("renouncing", "/c/renounce")
    follow(page.locator("main button.act"))
    gallery.look("renounced")
    late = town.sealed(SHOPS["cancelled"], employees=3)
    declined = town.order(SHOPS["declined"])
    page.goto(f"/s/{town.link(declined)}")
    page.goto("/c/refuse")
    page.fill("#reason", "Trop cher cette année.")
    follow(page.locator("main button.wide"))
    gallery.look("over-declined")
    replaced = town.order(SHOPS["signing"])
    page.goto(f"/s/{town.link(replaced)}")
    town.link(replaced)
    gallery.look("over-replaced", "/c", status=410)
    expired = town.order(SHOPS["expired"])
    page.goto(f"/s/{town.link(expired)}")
    services.clock.move(days=31)
    expire(services)
    gallery.look("over-expired", "/c", status=410)
    gallery.look("renouncing-too-late", f"/retractation/{renounce_token(services, late)}", status=410)
    gallery.look("link-unknown", "/s/ABCDEFGHIJKLMNOPQRSTUVWXYZ", status=404)
    gallery.context.clear_cookies(name="seing_ceremony")
    gallery.look("no-link", "/c", status=404)


def test_another_account(gallery, town):
    """« Changer de compte », from the rep's form with its faults to the customer's signed mandate and his refusal."""
    page, services = gallery.page, town.services
    order_id = town.sealed(SHOPS["sealed"])
    with services.works(read_only=True) as work:
        umr = work.get(Order, order_id).mandate_umr
    gallery.log_in("c.delmas")
    gallery.look("amending", f"/mandates/{umr}/account")
    page.fill("#iban", IBAN)
    page.fill("#email", "helene")
    page.locator("main form").evaluate("form => { form.noValidate = true }")
    follow(page.locator("button.act"))
    gallery.look("amending-refused")
    wanted = choices(iban=NEW_IBAN, mobile="+33647000001")
    amendment_id = amend(services, umr, wanted, REP)
    gallery.look("amendment-prepared", f"/orders/{amendment_id}")
    services.clock.move(hours=1)
    page.goto(f"/s/{town.link(amendment_id)}")
    gallery.look("amendment-reading")
    gallery.look("amendment-refusing", "/c/refuse")
    page.goto("/c")
    for box in page.locator(".consents input").all():
        box.check()
    page.locator(".consents ~ div button.act").click()
    page.locator("#code").wait_for()
    gallery.look("amendment-code")
    page.fill("#code", services.sms.code)
    page.locator("button.act").click()
    page.wait_for_url("**/c/signed")
    town.work()
    gallery.look("amendment-signed", "/c/signed")
    gallery.look("amendment-sealed", f"/orders/{amendment_id}")
    with services.works(read_only=True) as work:
        new = work.get(Order, amendment_id).mandate_umr
    another = amend(services, new, choices(iban=IBAN, mobile="+33647000001"), REP)
    page.goto(f"/s/{town.link(another)}")
    page.goto("/c/refuse")
    page.fill("#reason", "Finalement non.")
    follow(page.locator("main button.wide"))
    gallery.look("amendment-declined")
    gallery.look("home-amendments", "/")


def test_the_locked_customer(gallery, town):
    """After five wrong codes his page looks as before; a new code is refused in the end with a next step."""
    page = gallery.page
    page.goto(f"/s/{town.link(town.order(SHOPS['locked']))}")
    for box in page.locator(".consents input").all():
        box.check()
    page.locator(".consents ~ div button.act").click()
    page.locator("#code").wait_for()
    wrong = f"{(int(town.services.sms.code) + 1) % 1_000_000:06d}"
    for _ in range(6):
        page.fill("#code", wrong)
        with page.expect_response("**/c/signed"):
            page.locator("button.act").click()
        page.locator("#code-answer .failed").wait_for()
    gallery.look("code-locked")


def test_the_tablet_in_the_customers_hands(gallery, town):
    """Customer mode and the way out of it."""
    page = gallery.page
    gallery.log_in("c.delmas")
    page.goto(f"/orders/{town.order(SHOPS['signing'])}")
    follow(page.locator("button[formaction$='/handover']"))
    gallery.look("handed-reading")
    gallery.look("handback", "/c/handback")
    page.fill("#pin", "0000")
    follow(page.locator("button.act"))
    gallery.look("handback-wrong")


def test_agency_verifier_and_errors(gallery, town, monkeypatch):
    """Batches, verdicts of every kind, and what is said when a page cannot be shown."""
    page, services = gallery.page, town.services
    gallery.look("verifier", "/verifier")
    page.locator("main form").evaluate("form => { form.noValidate = true }")
    follow(page.locator("button.act"))
    gallery.look("verifier-missing")
    order_id = town.sealed(SHOPS["released"])
    files = documents_of(services, order_id)
    verdicts = {
        "passed": (files["sealed_form"], files["evidence"]),
        "failed": (files["sealed_form"].replace(b"\n", b"\r", 1), b""),
        "unsigned": (b"%PDF-1.7\n%%EOF\n", b""),
        "not-ours": (files["sealed_form"], b"{}"),
    }
    for name, (pdf, evidence) in verdicts.items():
        page.goto("/verifier")
        page.set_input_files("#pdf", {"name": "b.pdf", "mimeType": "application/pdf", "buffer": pdf})
        if evidence:
            page.set_input_files("#evidence-file", {"name": "p.pdf", "mimeType": "application/pdf", "buffer": evidence})
        page.locator("button.act").click()
        page.locator(".verdict").wait_for()
        gallery.look(f"verifier-{name}")
    gallery.log_in("agence.lyo")
    gallery.look("agency-empty", "/agency")
    batch = town.batch_of(order_id)
    gallery.look("agency", "/agency")
    gallery.look("batch", f"/agency/batches/{batch}")
    page.locator("details summary").first.click()
    page.locator("details textarea").first.fill("   ")
    page.locator("details form").evaluate("form => { form.noValidate = true }")
    follow(page.locator("details form button"))
    gallery.look("batch-refused")
    decide.reject(services, batch, order_id, "Le visuel du logo manque.", AGENCY)
    gallery.look("batch-rejected", f"/agency/batches/{batch}")
    gallery.look("error-404", "/nowhere", status=404)
    gallery.look("error-403", "/office", status=403)
    monkeypatch.setattr("pipeline.web.agency.batches", broken)
    gallery.look("error-500", "/agency", status=500)
    monkeypatch.setattr("pipeline.web.agency.batches", away)
    gallery.look("outage", "/agency", status=503)
    monkeypatch.setattr("pipeline.web.ceremony.parts_of", away)
    page.goto(f"/s/{town.link(town.order(SHOPS['prepared']))}")
    gallery.look("outage-customer", "/c", status=503)


def broken(*_, **__):
    raise RuntimeError("a fault of ours")


def away(*_, **__):
    raise ArchiveUnavailable("as if the archive had gone")


def documents_of(services, order_id):
    from storage.models import ArchiveEntry

    with services.works(read_only=True) as work:
        found = work.find(ArchiveEntry, order_id=order_id, area="signed")
    return {entry.kind: services.archive.get(entry.sha256, area="signed") for entry in found}
