"""A rep's day on screen: bringing a proposal in, mending it, ordering it."""

import json

import pytest

from pipeline.customer import check_field
from pipeline.steps import propose
from storage.models import Order
from tests.factories import IBAN, SAMPLES, make_account, make_proposal, sample
from tests.house import REP, drain, order_from, order_of, sign
from tests.journeys.pages import Browser


@pytest.fixture
def rep(services):
    return Browser(services).log_in()


def upload(rep, raw, name="proposition.json"):
    return rep.open("/").send("/proposals", files={"file": (name, raw, "application/json")})


@pytest.fixture
def rose(rep):
    return upload(rep, (SAMPLES / "au-nom-de-la-rose.json").read_bytes())


def test_a_file_becomes_a_proposal(rose):
    """After the upload the page shows what it costs, what is bought and when it is debited."""
    assert rose.path.startswith("/proposals/")
    for words in ("6 056,76 €", "10 prélèvements", "le 5 janvier 2027", "Habillage display YOP", "TVA 20 %"):
        assert words in rose.text
    assert "Anomalies" not in rose.text


def test_an_unreadable_file_says_every_place(rep):
    """Each problem is named with its JSON path, in French, and nothing is kept."""
    tree = json.loads((SAMPLES / "au-nom-de-la-rose.json").read_bytes())
    tree["surprise"] = 1
    tree["payment"]["instalments"][3]["amount"] = "605.681"
    upload(rep, json.dumps(tree).encode())
    assert rep.status == 422
    assert "2 problèmes" in rep.text
    assert "payment.instalments[3].amount" in rep.text
    assert "surprise" in rep.text
    assert "Aucune proposition en préparation." in rep.text


@pytest.mark.parametrize("raw", [b"", b"\x00\xff", b"[" * 5000, b"{}"])
def test_any_file_gets_an_answer(rep, raw):
    """Whatever is sent, the page says what is wrong with it."""
    assert upload(rep, raw).status == 422
    assert "Le fichier ne peut pas être lu" in rep.text


def test_the_same_file_twice(rose):
    """A second upload of the same reference is refused by name."""
    upload(rose, (SAMPLES / "au-nom-de-la-rose.json").read_bytes())
    assert rose.status == 409
    assert "PROP-2026-004171 existe déjà" in rose.text


def test_what_people_typed_is_text(rep):
    """Markup and template marks in names are shown as they are."""
    name = '<b>"Été" & {{ 7 * 7 }}</b><script>alert(1)</script>'
    upload(rep, make_proposal(name=name, account=make_account(legal_name="<i>SARL</i>")).to_json())
    assert name in rep.text
    assert rep.tree.xpath("//main//b | //main//i | //main//script") == []


def test_findings_from_the_first_screen_and_their_fix(services):
    """What blocks is said by a word beside a shape; one click splits the proposal and both are then free of it."""
    proposal_id = propose.import_proposal(services, sample("bat-etanche").to_json(), REP)
    rep = Browser(services).log_in("k.benali")
    assert "blocage" in rep.text
    rep.open(f"/proposals/{proposal_id}")
    assert "Bloquant" in rep.text
    assert "doit faire l'objet d'un bon de commande distinct" in rep.text
    assert rep.forms(f"/proposals/{proposal_id}/fix")

    rep.send(f"/proposals/{proposal_id}/fix")
    assert "scindée" in rep.text
    assert "2 propositions" in rep.open("/").text


def test_what_blocks_is_said_before_anything_else(services):
    """On a telephone too: the findings stand before the sum and the acts, whatever the width."""
    rep = Browser(services).log_in()
    proposal = sample("bat-etanche").model_copy(update={"agency": "LYO", "rep": "c.delmas"})
    rep.open(f"/proposals/{propose.import_proposal(services, proposal.to_json(), REP)}")
    places = [rep.text.index(said) for said in ("Anomalies", "Bloquant", "Total TTC", "Valider", "Dupliquer")]
    assert places == sorted(places)


def test_a_blocked_proposal_cannot_be_validated(services):
    """Neither the page offers it nor does the address accept it."""
    proposal_id = propose.import_proposal(services, sample("garage-des-lilas").to_json(), REP)
    rep = Browser(services).log_in("k.benali").open(f"/proposals/{proposal_id}")
    assert "Levez d'abord" in rep.text
    token = rep.fields(f"/proposals/{proposal_id}/duplicate")["csrf"]
    rep.answer = rep.client.post(f"/proposals/{proposal_id}/validate", data={"csrf": token})
    assert rep.status == 409
    assert "bloquante" in rep.text


def test_a_second_click_on_a_fix(services):
    """A fix that was applied in another tab shows the proposal as it is now."""
    proposal_id = propose.import_proposal(services, sample("bat-etanche").to_json(), REP)
    rep = Browser(services).log_in("k.benali").open(f"/proposals/{proposal_id}")
    fields = rep.fields(f"/proposals/{proposal_id}/fix")
    for _ in range(2):
        rep.answer = rep.client.post(f"/proposals/{proposal_id}/fix", data=fields)
        assert rep.status == 200


def test_rename_duplicate_replace(rose):
    """A proposal gets a telling name, a copy of its own, and a newer file."""
    path = rose.path
    rose.send(f"{path}/rename", name="Mai 2027")
    assert "Mai 2027" in rose.text
    rose.send(f"{path}/duplicate")
    assert rose.path != path
    assert "Mai 2027 (copie)" in rose.text
    newer = json.loads((SAMPLES / "au-nom-de-la-rose.json").read_bytes()) | {"name": "Version du lundi"}
    rose.open(path).send(f"{path}/replace", files={"file": ("p.json", json.dumps(newer).encode(), "application/json")})
    assert "Version du lundi" in rose.text
    rose.send(f"{path}/replace", files={"file": ("p.json", b"{", "application/json")})
    assert rose.status == 422
    assert "Version du lundi" in rose.text


def test_the_quote(rose):
    """The quote is a PDF, one click away."""
    answer = rose.client.get(f"{rose.path}/quote.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iban", IBAN),
        ("iban", "FR7630006000011234567890188"),
        ("mobile", "01 42 00 00 00"),
        ("mobile", "06 12 34 56 01"),
        ("email", "helene@"),
        ("role", ""),
        ("employees", "neuf"),
    ],
)
def test_each_field_is_answered_as_by_the_api(services, rose, name, value):
    """The answer beside a field says what `check_field` says, word for word."""
    path = f"{rose.path}/order"
    rose.send(f"{rose.path}/validate").open(path)
    data = {"csrf": rose.fields(path)["csrf"], name: value}
    rose.answer = rose.client.post(f"{path}/{name}", data=data)
    organisation = services.organisation
    said = check_field(
        name, value, reps_mobiles=organisation.reps_mobiles, seller_iban=organisation.seller.iban
    )  # fmt: skip
    assert rose.tree.xpath("//*[@data-field]/@data-ok") == ["yes" if said.ok else "no"]
    for found in said.findings:
        assert " ".join(found.message.replace("\u00a0", " ").replace("\u202f", " ").split()) in rose.text


def test_the_right_of_withdrawal_as_typed(rose):
    """Five people or fewer: the right appears with its dates and its early start; more: it does not apply."""
    path = f"{rose.path}/order"
    rose.send(f"{rose.path}/validate").open(path)
    token = rose.fields(path)["csrf"]
    small = {"csrf": token, "employees": "4", "outside_main_activity": "1"}
    rose.answer = rose.client.post(f"{path}/right", data=small)
    assert "7 décembre 2026" in rose.text
    assert rose.tree.xpath("//input[@name='early_start']")
    rose.answer = rose.client.post(f"{path}/right", data=small | {"employees": "6"})
    assert "Pas de droit de rétractation" in rose.text
    assert rose.client.post(f"{path}/right", data=small | {"employees": "six"}).status_code == 200


def test_ordering(services, rose):
    """The form comes filled; the button says the act and the sum; the order gets its number."""
    path = f"{rose.path}/order"
    rose.send(f"{rose.path}/validate").open(path)
    assert "Commander pour 6 056,76 € TTC" in rose.text
    rose.send(path, iban="FR76 3000 6000 0112 3456 7890 189")
    assert rose.path.startswith("/orders/")
    assert "2026-LYO-000001" in rose.text
    order = order_of(services, rose.path.rpartition("/")[2])
    assert (order.iban_last4, order.place, order.signatory_name) == ("0189", "Lyon", "Hélène Garnier")
    assert IBAN not in rose.answer.text

    assert rose.open(path).path == f"/orders/{order.id}"


def test_ordering_with_wrong_values(rose):
    """Everything wrong is listed at once, each with a link to its field; what was typed stays."""
    path = f"{rose.path}/order"
    rose.send(f"{rose.path}/validate").open(path)
    rose.send(path, iban="FR00", mobile="01 42 00 00 00", email="", role="Patronne")
    assert rose.status == 409
    assert "3 champs à corriger" in rose.text
    assert {"#iban", "#mobile", "#email"} <= set(rose.tree.xpath("//*[@role='alert']//a/@href"))
    rose.send(path, first_name="", last_name="")
    said = [link.text_content() for link in rose.tree.xpath("//*[@role='alert']//a")]
    assert len(said) == len(set(said)) >= 1
    assert rose.fields(path)["role"] == ["Patronne"]
    rose.send(path, employees="x" * 10)
    assert rose.status == 422


def test_a_second_tap_on_order(services, rose):
    """Two taps make one order."""
    path = f"{rose.path}/order"
    rose.send(f"{rose.path}/validate").open(path)
    fields = rose.fields(path) | {"iban": IBAN}
    answers = [rose.client.post(path, data=fields) for _ in range(2)]
    assert answers[0].url == answers[1].url
    with services.works(read_only=True) as work:
        assert len(work.find(Order)) == 1


def test_withdrawing_gives_the_proposal_back(rose):
    """An order that is not signed can be taken back, with a reason; the proposal can be ordered again."""
    proposal = rose.path
    rose.send(f"{proposal}/validate").open(f"{proposal}/order").send(f"{proposal}/order", iban=IBAN)
    order = rose.path
    rose.send(f"{order}/withdraw", reason=" ")
    assert rose.status == 422
    rose.send(f"{order}/withdraw", reason="Le client veut un site de plus")
    assert "retirée" in rose.text
    assert "Voir la commande précédente" in rose.open(proposal).text
    rose.send(f"{proposal}/validate").open(f"{proposal}/order").send(f"{proposal}/order", iban=IBAN)
    assert "2026-LYO-000002" in rose.text


def test_an_active_mandate_is_offered_again(services, rep):
    """The second order of an account may use its mandate, without an IBAN."""
    first = order_from(services, sample("au-nom-de-la-rose"))
    sign(services, first)
    drain(services)
    second = sample("au-nom-de-la-rose").model_copy(update={"reference": "PROP-2"})
    upload(rep, second.to_json())
    path = f"{rep.path}/order"
    rep.send(f"{rep.path}/validate").open(path)
    assert "compte se terminant par 0189" in rep.text
    rep.send(path)
    assert rep.path.startswith("/orders/")
    assert order_of(services, rep.path.rpartition("/")[2]).mandate_umr == order_of(services, first).mandate_umr
