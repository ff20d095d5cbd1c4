"""The customer's pages, as a browser meets them: every way in which a signing can go."""

import re
from datetime import timedelta

import pytest

from pipeline.jobs import run
from pipeline.steps import ceremony
from storage.jobs import due_jobs, mark_sent
from storage.models import Ceremony, Event, Order
from tests.factories import make_proposal, sample
from tests.house import CUSTOMER, REP, drain, kinds, order_from, order_of
from tests.journeys.pages import Browser, agree, customer_with_link
from tests.templates.reading import words


@pytest.fixture
def rose(services):
    return order_from(services, sample("au-nom-de-la-rose"))


@pytest.fixture
def customer(services, rose):
    return customer_with_link(services, rose)


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_reading_says_the_few_facts_first(customer):
    """Total, first debit, what is bought, the document's pages, then one unticked box per act."""
    said = customer.text
    facts = ["6 056,76 €", "5 janvier 2027", "Voir les 10 prélèvements", "Annuaires et Internet", "Le document"]
    places = [said.index(fact) for fact in [*facts, "Votre accord"]]
    assert places == sorted(places)
    boxes = customer.tree.xpath("//input[@type='checkbox']")
    assert len(boxes) == 3
    assert not any(box.get("checked") for box in boxes)
    assert all(box.get("required") is not None for box in boxes)


def test_the_boxes_say_the_consents_word_for_word(services, customer, rose):
    """The words beside a box are those that the evidence keeps."""
    with services.works(read_only=True) as work:
        view = ceremony.view(services, work.first(Ceremony, order_id=rose).id)
    labels = {
        label.xpath(".//input/@value")[0]: " ".join(label.text_content().split())
        for label in customer.tree.xpath("//label[.//input[@type='checkbox']]")
    }
    assert labels == {box.key: " ".join(box.text.split()) for box in view.consents}


def test_the_pages_are_those_of_the_file(services, customer, rose):
    """Each page is a picture of the certified form; what was displayed is recorded once, with its hash."""
    pages = customer.tree.xpath("//figure//img/@src")
    picture = customer.client.get(pages[0])
    assert picture.content.startswith(b"\x89PNG")
    assert customer.client.get("/c/pages/99.png").status_code == 404

    token = customer.fields("/c/code")["csrf"][0]
    for _ in range(2):
        assert customer.client.post("/c/pages/1", data={"csrf": token}).status_code == 204
    with services.works(read_only=True) as work:
        shown = work.find(Event, order_id=rose, kind="page.displayed")
    assert [event.data["page"] for event in shown] == [1]


def test_signing_from_link_to_sealed_copy(services, customer, rose):
    """Boxes, code, signed: then the sealed copy to open and the mail that it was sent by."""
    agree(customer)
    assert customer.path == "/c/code"
    assert "06 •• •• •• 78" in customer.text
    assert "Signer pour 6 056,76 € TTC" in customer.text
    assert "la commande 2026-\N{WORD JOINER}LYO-\N{WORD JOINER}000001 avec" in customer.text  # on one line

    customer.send("/c/signed", code=services.sms.code)
    assert customer.path == "/c/signed"
    assert "Votre exemplaire est en cours de scellement" in customer.text
    drain(services)

    fragment = customer.client.get("/c/signed/state").text
    assert "hx-get" not in fragment
    assert "Envoyé à h…@rose.example" in fragment
    form = customer.client.get("/c/bon-de-commande.pdf")
    assert form.headers["content-type"] == "application/pdf"
    assert form.content == services.archive.get(order_of(services, rose).sealed_sha256, area="signed")


def test_the_page_asks_often_while_it_seals_and_then_seldom(services, customer):
    """Four times a second at first; every other second where the seal is late, and for the mail once it is there."""
    agree(customer)
    customer.send("/c/signed", code=services.sms.code)
    assert asks(customer.client.get("/c/signed").text) == ["every 250ms"]
    services.clock.move(seconds=11)
    late = customer.client.get("/c/signed/state").text
    assert asks(late) == ["every 2s"]
    assert "Votre exemplaire est en cours de scellement" in late
    run_first(services)
    sealed = customer.client.get("/c/signed/state").text
    assert asks(sealed) == ["every 2s"]
    assert "/c/bon-de-commande.pdf" in sealed


def asks(html):
    return re.findall(r'hx-get="/c/signed/state[^"]*" hx-trigger="([^"]+)"', html)


def run_first(services):
    """The oldest job: the seal."""
    with services.works() as work:
        (job,) = due_jobs(work, services.clock(), 1)
        mark_sent(job, services.clock())
    run(services, job.id)


def test_the_code_field_fills_itself(customer):
    """Phones recognise the field: one-time-code, figures, six of them."""
    agree(customer)
    field = customer.tree.get_element_by_id("code")
    assert (field.get("autocomplete"), field.get("inputmode")) == ("one-time-code", "numeric")
    assert field.get("maxlength") == "6"


def test_a_box_left_open_sends_nothing(services, customer):
    """Without its agreement no code leaves, and the ticks that were made are kept."""
    customer.send("/c/code", consent=["order"])
    assert customer.status == 409
    assert "Cochez les cases demandées" in customer.text
    assert services.sms.sent == []
    assert customer.fields("/c/code")["consent"] == ["order"]


def test_three_wrong_codes_then_the_right_one(services, customer, rose):
    """A wrong code is said beside the field, with its status; the right one still signs."""
    agree(customer)
    for _ in range(3):
        customer.send("/c/signed", code=wrong(services.sms.code))
        assert customer.status == 409
        assert "Ce code n'est pas le bon" in customer.text
        assert customer.tree.get_element_by_id("code").get("aria-invalid") == "true"
    customer.send("/c/signed", code=services.sms.code)
    assert customer.path == "/c/signed"
    assert kinds(services, rose).count("code.wrong") == 3


def test_five_wrong_codes_lock(services, customer, rose):
    """The fifth wrong code locks: the rep sees it, the page does not; he starts again with a reason, recorded."""
    agree(customer)
    for _ in range(5):
        customer.send("/c/signed", code=wrong(services.sms.code))
    customer.send("/c/signed", code=services.sms.code)
    assert customer.path == "/c/signed"
    assert customer.status == 409
    assert "demandez à votre commercial de relancer la signature" in customer.text
    assert customer.open("/c").path == "/c/code"

    rep = Browser(services).log_in().open(f"/orders/{rose}")
    assert "Cinq codes erronés" in rep.text
    rep.send(f"/orders/{rose}/link", reason="")
    assert rep.status == 422
    rep.open(f"/orders/{rose}").send(f"/orders/{rose}/link", reason="Mobile vérifié avec la cliente")
    assert "Le lien est prêt" in rep.text
    with services.works(read_only=True) as work:
        opened = work.find(Event, order_id=rose, kind="ceremony.opened", order_by=Event.sequence)
    assert opened[-1].data["reason"] == "Mobile vérifié avec la cliente"


def test_an_expired_code_and_a_new_one(services, customer):
    """After five minutes the code is no longer valid; a new one is one tap away and signs."""
    agree(customer)
    old = services.sms.code
    services.clock.move(minutes=6)
    customer.send("/c/signed", code=old)
    assert customer.status == 410
    assert "Ce code n'est plus valable" in customer.text

    customer.send("/c/code")
    customer.send("/c/signed", code=services.sms.code)
    assert customer.path == "/c/signed"


def test_a_second_tap_on_the_code_button(services, customer):
    """Asking twice at once sends one message and leaves the customer where he types the code."""
    fields = customer.fields("/c/code")
    boxes = customer.tree.xpath("//input[@type='checkbox']/@value")
    for _ in range(2):
        customer.answer = customer.client.post("/c/code", data=fields | {"consent": boxes})
    assert len(services.sms.sent) == 1
    assert "Code reçu par SMS" in customer.text
    customer.send("/c/signed", code=services.sms.code)
    assert customer.path == "/c/signed"


def test_a_second_tap_on_sign(services, customer, rose):
    """Signing twice with the same code signs once and shows the same page."""
    agree(customer)
    fields = customer.fields("/c/signed") | {"code": services.sms.code}
    answers = [customer.client.post("/c/signed", data=fields) for _ in range(2)]
    assert [answer.url.path for answer in answers] == ["/c/signed", "/c/signed"]
    assert kinds(services, rose).count("order.signed") == 1


def test_two_tabs_and_the_back_button(services, customer):
    """Every address shows where the ceremony is now, whatever tab asks and whatever was shown before."""
    assert customer.open("/c/code").path == "/c"
    agree(customer)
    assert customer.open("/c").path == "/c/code"
    assert "Saisir mon code" in customer.open("/c/document").text
    assert customer.open("/c/signed").path == "/c/code"
    customer.send("/c/signed", code=services.sms.code)
    for path in ("/c", "/c/code", "/c/document", "/c/refuse", "/c/over", "/c/signed"):
        assert customer.open(path).path == "/c/signed"


def test_refusing_with_a_reason(services, customer, rose):
    """A refusal asks for its reason; the rep reads it, and nothing can be signed any more."""
    customer.link("Je ne souhaite pas signer").send("/c/refuse", reason=" ")
    assert customer.status == 422
    customer.send("/c/refuse", reason="Trop cher pour cette année")
    assert "Commande refusée" in customer.text
    assert customer.open("/c").path == "/c/over"

    rep = Browser(services).log_in().open(f"/orders/{rose}")
    assert "Trop cher pour cette année" in rep.text
    assert rep.tree.xpath(f"//button[@formaction='/orders/{rose}/handover']") == []


def test_a_provider_that_refuses(services, customer):
    """No message left: said in plain words, the ticks stay, and the next try works."""
    services.sms.refusing = True
    agree(customer)
    assert customer.status == 502
    assert "Le SMS n'a pas pu être envoyé" in customer.text
    assert len(customer.fields("/c/code")["consent"]) == 3

    services.sms.refusing = False
    services.clock.move(seconds=31)
    customer.send("/c/code").send("/c/signed", code=services.sms.code)
    assert customer.path == "/c/signed"


def test_a_link_that_was_replaced(services, customer, rose):
    """A newer link ends the older one, which says so; an unknown one is a page that helps."""
    ceremony.open_ceremony(services, rose, "link", REP)
    assert customer.open("/c").status == 410
    assert "Ce lien n'est plus valable" in customer.text
    stranger = Browser(services).open("/s/unknown")
    assert stranger.status == 404


def test_who_follows_the_link_is_not_called_the_customer(services, customer, rose):
    """A scanner of his mail follows it as well: the journal and the evidence name whoever held it."""
    with services.works(read_only=True) as work:
        opened = work.find(Event, order_id=rose, kind="link.opened")
    assert {event.actor for event in opened} == {"link"}
    agree(customer).send("/c/signed", code=services.sms.code)
    drain(services)
    with services.works(read_only=True) as work:
        signed = work.first(Event, order_id=rose, kind="code.accepted")
    assert signed.actor == "customer"
    evidence = services.archive.get(order_of(services, rose).evidence_sha256, area="signed")
    assert "porteur du lien" in " ".join(words(evidence).split())


def test_the_link_of_a_signed_order_ends(services):
    """After sixty days page and document are gone, and the page says, in both languages, when the copy was sent."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    token, browser = signed_by_link(services, order_id)
    drain(services)
    sent = services.today()
    services.clock.move(days=60)
    assert browser.open(f"/s/{token}").path == "/c/signed"
    services.clock.move(days=1)
    for path in (f"/s/{token}", "/c", "/c/signed", "/c/bon-de-commande.pdf", "/c/renounce"):
        assert browser.open(path).status == 410
    assert f"Votre exemplaire vous a été envoyé par courriel le {sent:%d/%m/%Y}." in browser.open("/c/signed").text
    browser.open("/language/en?back=/c/signed")
    assert "Your copy was sent to you by e-mail on" in browser.text


def test_the_link_lasts_as_long_as_the_right_of_withdrawal(services):
    """Who may still withdraw finds the way to it behind his link, however long the period is."""
    order_id = order_from(services, make_proposal(), employees=3)
    token, browser = signed_by_link(services, order_id)
    drain(services)
    with services.works() as work:
        work.get(Order, order_id).withdrawal_until = services.today() + timedelta(days=90)
    services.clock.move(days=90)
    browser.open("/c/signed").link("renoncer au contrat ici")
    services.clock.move(days=1)
    assert browser.open(f"/s/{token}").status == 410


def test_the_link_waits_for_the_copy(services):
    """Where the copy could not leave, the page remains the customer's only one."""
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    token, browser = signed_by_link(services, order_id)
    services.clock.move(days=61)
    assert browser.open(f"/s/{token}").path == "/c/signed"


def signed_by_link(services, order_id):
    token = ceremony.open_ceremony(services, order_id, "link", REP).token
    browser = Browser(services).open(f"/s/{token}")
    agree(browser).send("/c/signed", code=services.sms.code)
    assert browser.path == "/c/signed"
    return token, browser


def test_handing_the_tablet_over(services, rose):
    """In customer mode the rep's session shows this order alone; only his PIN ends it."""
    tablet = Browser(services).log_in().open(f"/orders/{rose}").send(f"/orders/{rose}/handover")
    assert tablet.path == "/c"
    for path in ("/", f"/orders/{rose}", "/login", "/proposals/x"):
        assert tablet.open(path).path == "/c"

    tablet.link("Rendre la tablette").send("/c/handback", pin="0000")
    assert tablet.status == 403
    assert tablet.open("/").path == "/c"
    tablet.open("/c/handback").send("/c/handback", pin="2468")
    assert tablet.path == f"/orders/{rose}"
    assert tablet.open("/c").status == 404


def test_customer_mode_after_the_link_is_gone(services, rose):
    """When another ceremony replaced the one on the tablet, the rep still gets it back with his PIN."""
    tablet = Browser(services).log_in().open(f"/orders/{rose}").send(f"/orders/{rose}/handover")
    ceremony.open_ceremony(services, rose, "link", REP)
    assert tablet.open("/").status == 410
    tablet.open("/c/handback").send("/c/handback", pin="2468")
    assert tablet.path == f"/orders/{rose}"


def test_the_rep_follows_live(services, customer, rose):
    """The rep's page shows pages read, the code's way and wrong tries as they happen, without the number."""
    rep = Browser(services).log_in()
    agree(customer)
    customer.send("/c/signed", code=wrong(services.sms.code))
    live = rep.open(f"/orders/{rose}/live")
    assert "reçu par le téléphone" in live.text
    assert "1 essai sur 5" in live.text
    assert "+336" not in live.answer.text
    customer.send("/c/signed", code=services.sms.code)
    answer = rep.client.call("GET", f"/orders/{rose}/live", headers={"x-seing-state": "signing"})
    assert answer.headers["hx-refresh"] == "true"


def test_the_link_as_a_code_and_by_message(services, rose):
    """The link is a QR code that survives a reload, and leaves by text message or mail on demand."""
    rep = Browser(services).log_in().open(f"/orders/{rose}").send(f"/orders/{rose}/link")
    picture = rep.tree.xpath("//img[@class='qr']/@src")[0]
    assert picture.startswith("data:image/svg+xml")
    assert rep.open(f"/orders/{rose}").tree.xpath("//img[@class='qr']/@src") == [picture]

    assert rep.text.index("Le lien est prêt") < rep.text.index("Autoriser l'appel vocal"), "what comes next comes first"

    rep.send(f"/orders/{rose}/link/send", by="sms")
    assert "Le lien est parti par SMS" in rep.text
    address = re.search(r"/s/\S+", services.sms.sent[-1].text)[0]
    assert Browser(services).open(address).path == "/c"
    rep.send(f"/orders/{rose}/link/send", by="email")
    assert "Le lien est parti par courrier électronique" in rep.text


def test_the_customers_address_is_in_the_chain(services, customer, rose):
    """Every act of the ceremony is recorded with the address of whoever did it."""
    agree(customer)
    with services.works(read_only=True) as work:
        given = work.first(Event, order_id=rose, kind="consent.given")
    assert given.actor == "customer" == CUSTOMER.actor
    assert given.ip == "198.51.100.9"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_customer_whose_link_is_no_longer_good(services, rose, language):
    """Replaced, expired or made up: he is told whom to ask, and is not led to where others log in."""
    customer = customer_with_link(services, rose)
    customer.open(f"/language/{language}?back=/c")
    ceremony.open_ceremony(services, rose, "link", REP)
    whom = {"fr": "commercial", "en": "representative"}[language]
    for address, status in (("/c", 410), ("/s/ABCDEFGHIJKLMNOPQRSTUVWXYZ", 404)):
        customer.open(address)
        assert customer.status == status
        assert whom in customer.text
        assert customer.tree.xpath("//a[@href='/']") == []


def test_a_rep_whose_customer_has_a_newer_link(services, rose):
    """The tablet in the customer's hands shows that the link was replaced, and the way back for the rep."""
    rep = Browser(services).log_in()
    rep.open(f"/orders/{rose}").send(f"/orders/{rose}/handover")
    ceremony.open_ceremony(services, rose, "link", REP)
    rep.open("/c")
    assert rep.status == 410
    assert "PIN" in rep.link("Rendre la tablette").text
