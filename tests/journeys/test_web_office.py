"""The back office in a browser: mandates, collections, the bank's answers, receipts, the archive read back."""

import csv
import io
import re
from datetime import date

import pytest
from lxml import etree

from pipeline.errors import ArchiveDamaged
from pipeline.rules.receipts import counts_from
from pipeline.steps.mandate_life import revoke
from pipeline.steps.read_back import check_archive
from pipeline.steps.receive import count_receipts
from pipeline.web.queries import paging
from storage.models import ArchiveCheck, ArchiveEntry, BankAnswerItem, Collection, Instalment, Mandate, Receipt
from tests.factories import IBAN
from tests.house import REP, drain, order_of
from tests.journeys.bank import camt054, present
from tests.journeys.pages import Browser

FIRST, AMOUNT = "2026-LYO-000001-01", "605.68"
UNKNOWN = ("2019-XXX-000009-01", "AM04", "10.00")


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


def table(answer):
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def give(office, data, name="retour.xml"):
    """Give a file of the bank in."""
    return office.open("/office/answers").send("/office/answers", files={"file": (name, data, "application/xml")})


@pytest.fixture
def office(house):
    services, _ = house
    return Browser(services).log_in("siege")


@pytest.fixture
def collected(house):
    """The first debits are at the bank, long enough for the first one to count."""
    services, order_id = house
    present(services, date(2027, 3, 31))
    day = counts_from(date(2027, 1, 5), "CORE")
    services.clock.now = services.clock.now.replace(year=day.year, month=day.month, day=day.day)
    return services, order_id


def test_the_register_is_searched_filtered_and_exported(house, office):
    """By holder, order, EPJ or last four; by state; as CSV; no whole account in the page, the file or the address."""
    services, order_id = house
    umr, number = rows(services, Mandate)[0].umr, order_of(services, order_id).number
    for query in ("rose", number, "05123874", IBAN[-4:], umr, ""):
        assert umr in office.open(f"/office/mandates?q={query}").text
    assert "Aucun mandat" in office.open("/office/mandates?q=personne").text
    assert "Aucun mandat" in office.open("/office/mandates?q=rose&state=revoked").text
    assert umr in office.open("/office/mandates?q=rose&state=active").text
    assert f"•••• {IBAN[-4:]}" in office.text
    lines = table(office.client.get(office.tree.xpath("//a[contains(@href, '.csv')]/@href")[0]))
    assert [line[0] for line in lines] == ["RUM", umr]
    assert IBAN not in str(lines)
    assert len(table(office.client.get("/office/mandates/registre.csv?state=revoked"))) == 1

    office.open(f"/office/mandates?q={IBAN}")
    assert "n'a pas sa place dans une adresse" in office.text
    assert IBAN not in office.answer.text
    assert len(table(office.client.get(f"/office/mandates/registre.csv?q={IBAN}&state=revoked"))) == 1


def test_a_long_register_has_pages(house, office, monkeypatch):
    """Each page says where it is, and a page that is not there is the nearest one."""
    services, _ = house
    with services.works() as work:
        first = work.first(Mandate)
        for n in range(1, 5):
            work.add(
                Mandate(
                    umr=f"M-COPIE-{n}",
                    order_id=first.order_id,
                    epj=first.epj,
                    creditor_id=first.creditor_id,
                    scheme="CORE",
                    sequence_type="RCUR",
                    holder=f"COPIE {n}",
                    iban_enc=first.iban_enc,
                    iban_hash=first.iban_hash,
                    iban_last4=first.iban_last4,
                    signed_at=first.signed_at,
                )
            )
    monkeypatch.setattr(paging, "SIZE", 2)
    monkeypatch.setattr("pipeline.web.mandates.SIZE", 2)
    seen = []
    office.open("/office/mandates?q=000001")
    for number in ("1", "2", "3"):
        assert f"page {number} sur 3" in office.text
        seen += [each.text for each in office.tree.xpath("//td//a[contains(@href, '/office/mandates/')]")]
        if number != "3":
            office.link("Suivante")
    assert len(set(seen)) == len(seen) == 5
    assert "page 3 sur 3" in office.open("/office/mandates?q=000001&page=99").text
    assert "page 1 sur 3" in office.open("/office/mandates?q=000001&page=-4").text


def test_a_mandate_tells_its_story(collected, office):
    """Orders, every instalment and what became of its debit with the reason in French, and what happened by whom."""
    services, order_id = collected
    count_receipts(services)
    give(office, camt054(("2026-LYO-000001-02", "AM04", AMOUNT)))
    office.open("/office/mandates").link(rows(services, Mandate)[0].umr)
    text = office.text
    assert "encaissée" in text
    assert "revenu, provision insuffisante (AM04)" in text
    assert "remise à la banque" in text
    assert order_of(services, order_id).number in text
    assert "Mandat inscrit au registre" in text
    assert "Prélèvement revenu impayé" in text
    assert IBAN not in office.answer.text
    assert office.open("/office/mandates/nowhere").status == 404
    office.open(f"/orders/{order_id}").link(rows(services, Mandate)[0].umr)
    assert office.path == "/office/mandates"


def test_revoking_and_asking_for_another_account(house, office):
    """A reason is asked; each act is shown with it and done once; a mandate that ended offers none."""
    services, _ = house
    mandate = rows(services, Mandate)[0]
    page = f"/office/mandates/{mandate.id}"
    assert office.open(page).send(f"{page}/amend", reason=" ").status == 422
    assert "motif" in office.text.lower()
    office.send(f"{page}/amend", reason="Le client change de banque")
    assert "Nouveau compte demandé" in office.text
    assert office.tree.xpath(f"//a[@href='/mandates/{mandate.umr}/account']")
    assert office.tree.xpath(f"//form[@action='{page}/amend']") == []
    office.send(f"{page}/revoke", reason="Fin de contrat")
    assert "Révoqué le" in office.text
    assert "Fin de contrat" in office.text
    assert office.tree.xpath("//form[contains(@action, '/office/mandates/')]") == []
    answer = office.client.post(f"{page}/revoke", data={"reason": "Encore", "csrf": "forged"})
    assert answer.status_code == 403
    assert rows(services, Mandate)[0].reason == "Fin de contrat"


def test_an_act_on_a_mandate_that_is_over_is_refused_in_words(house, office):
    """Two people at once: the second reads why."""
    services, _ = house
    mandate = rows(services, Mandate)[0]
    page = f"/office/mandates/{mandate.id}"
    office.open(page)
    revoke(services, mandate.umr, "Déjà fait", REP)
    assert office.send(f"{page}/amend", reason="Nouvelle banque").status == 409
    assert "révoqué" in office.text


def test_a_file_for_the_bank_is_made_on_screen(house, office):
    """What is due is said with its sum; one click makes the file; it is there to fetch, and made once."""
    services, _ = house
    office.open("/office").link("Préparer un fichier")
    assert "Aucune échéance à remettre" in office.text
    office.send("/office/collections", until="2027-02-10")
    assert "1 211,36" in office.text
    answer = office.client.get(office.tree.xpath("//a[contains(@href, 'prelevements.xml')]/@href")[0])
    assert answer.headers["content-disposition"] == 'attachment; filename="prelevements.xml"'
    assert b"pain.008" in answer.content
    assert "jamais téléchargé" in office.text
    assert "jamais téléchargé" not in office.open("/office/collections").text
    office.send("/office/collections", until="2027-02-10")
    assert len(rows(services, Collection)) == 1
    assert office.send("/office/collections", until="demain").status == 200


def test_what_is_due_is_what_a_file_would_take(house, office):
    """The page counts by the rule of the file: nothing that is not announced, nothing under a revoked mandate."""
    services, _ = house
    with services.works() as work:
        work.first(Instalment, sequence=1).announced_on = None
    office.open("/office/collections")
    assert "Prochaine échéance : le 5 février 2027" in office.text
    revoke(services, rows(services, Mandate)[0].umr, "Fin", REP)
    assert "Prochaine échéance" not in office.open("/office/collections").text


def test_a_file_of_the_bank_given_in(collected, office):
    """What each entry changed; what nothing matched stands first, on the first page too; once, whatever comes twice."""
    services, order_id = collected
    data = camt054((FIRST, "AM04", AMOUNT), UNKNOWN)
    give(office, data)
    assert re.fullmatch("/office/answers/[0-9a-f]{32}", office.path)
    assert "1 prélèvement revenu · 0 déjà connu · 1 non rapproché" in office.text
    assert "provision insuffisante (AM04)" in office.text
    entries = [" ".join(each.text_content().split()) for each in office.tree.xpath("//li[starts-with(@id, 'ligne-')]")]
    assert "2019-XXX-000009-01" in entries[0]
    assert "prélèvement inconnu" in entries[0]
    assert order_of(services, order_id).number in entries[1]
    first = office.path

    give(office, data)
    assert office.path == first
    assert "déjà été pris" in office.text
    assert len(rows(services, BankAnswerItem)) == 2
    assert "1 ligne de la banque à examiner" in office.open("/office").text
    office.link("Voir les retours")
    assert "2019-XXX-000009-01" in office.text

    form = f"{first}/entries/2"
    assert office.send(form, comment=" ").status == 422
    office.open("/office/answers").send(form, comment="Prélèvement de l'ancien logiciel")
    assert "Prélèvement de l'ancien logiciel" in office.text
    assert "à examiner" not in office.open("/office").text
    (item,) = rows(services, BankAnswerItem, state="quarantined")
    assert item.handled_by == "office:siege"


def test_another_sum_is_shown_beside_ours(collected, office):
    """The bank's amount and the one that was presented."""
    give(office, camt054((FIRST, "AM04", "6056.80")))
    assert "6 056,80 € d'après la banque, 605,68 € remis" in office.text


def test_what_is_no_answer_says_so(house, office):
    """No file, a photo, a file too large, a form without its token: refused in words, nothing kept."""
    services, _ = house
    assert give(office, b"").status == 422
    assert "Choisissez d'abord un fichier" in office.text
    assert give(office, b"\xff\xd8", "photo.jpg").status == 422
    assert "XML" in office.text
    assert give(office, b" " * 11_000_000).status == 422
    assert "trop volumineux" in office.text
    assert give(office, b" " * 26 * 1024 * 1024).status == 413
    answer = office.client.post("/office/answers", files={"file": ("r.xml", camt054(), "application/xml")})
    assert answer.status_code == 403
    assert rows(services, BankAnswerItem) == []
    assert office.open("/office/answers/nowhere").status == 404


def test_receipts_are_listed_exported_and_told(collected, office):
    """The month's movements with their sums; one line per rate in the CSV; the message that the platform takes."""
    services, _ = collected
    count_receipts(services)
    drain(services)
    office.open("/office/receipts")
    assert "Encaissé : 605,68 €. Repris : 0,00 €. Reste : 605,68 €." in office.text
    assert "déclaré" in office.text
    give(office, camt054((FIRST, "MD06", AMOUNT), booked="2027-01-13"))
    drain(services)
    office.open("/office/receipts?first=2027-01-01&last=2027-01-31")
    assert "Reste : 0,00 €." in office.text
    assert "remboursement demandé par le client (MD06)" in office.text
    lines = table(office.client.get("/office/receipts/encaissements.csv?first=2027-01-01&last=2027-01-31"))
    assert {(line[5], line[7], line[8]) for line in lines[1:]} == {
        ("encaissement", "20,00", "605,68"),
        ("impayé", "20,00", "-605,68"),
    }
    addresses = office.tree.xpath("//a[contains(@href, '.xml')]/@href")
    amounts = {etree.fromstring(office.client.get(each).content).findtext(".//{*}ValueAmount") for each in addresses}
    assert amounts == {"605.68", "-605.68"}
    assert office.open("/office/receipts?first=hier&last=2027-01-31").status == 200
    assert office.open("/office/receipts/nowhere.xml").status == 404
    assert "Aucun encaissement" in office.open("/office/receipts?first=2020-01-01&last=2020-01-31").text


def test_the_rep_reads_where_the_invoice_stands(collected, office):
    """On the order's page: nothing yet, a part, taken back with its reason."""
    services, order_id = collected
    rep = Browser(services).log_in("c.delmas")
    assert "non encaissée" in rep.open(f"/orders/{order_id}").text
    count_receipts(services)
    assert "encaissée en partie" in rep.open(f"/orders/{order_id}").text
    assert "605,68 € sur 6 056,76 €" in rep.text
    give(office, camt054((FIRST, "MD06", AMOUNT)))
    assert "non encaissée" in rep.open(f"/orders/{order_id}").text
    assert "remboursement demandé par le client (MD06)" in rep.text
    assert len(rows(services, Receipt)) == 2


def test_the_archive_says_what_was_wrong(house, office):
    """No reading for two nights is said; a damaged document stands first, named, and on the first page."""
    services, order_id = house
    assert "Aucune relecture depuis deux nuits" in office.open("/office/archive").text
    check_archive(services, services.today().isoformat())
    assert "la dernière relecture n'a rien relevé" in office.open("/office/archive").text
    assert "ne se relit pas" not in office.open("/office").text

    services.clock.move(days=1)
    entry = rows(services, ArchiveEntry, order_id=order_id, kind="invoice")[0]
    path = services.archive.root / "signed" / entry.sha256[:2] / entry.sha256
    path.chmod(0o600)
    path.write_bytes(b"altered")
    with pytest.raises(ArchiveDamaged):
        check_archive(services, services.today().isoformat())
    office.log_in("siege")  # the day is over, and so is his session
    assert "1 document archivé ne se relit pas" in office.open("/office").text
    office.link("Voir la relecture")
    assert "Facture · altéré" in office.text
    assert entry.sha256 in office.text
    assert "1 défaut" in office.text

    with services.works() as work:
        night = work.first(ArchiveCheck, order_by=ArchiveCheck.checked_on.desc())
        night.unreferenced = [
            {"sha256": "ab" * 32, "stored_at": "2026-11-20T08:00:00+00:00", "size": 2000, "says": "Commande 1"}
        ]
    assert "1 fichier verrouillé que rien ne nomme" in office.open("/office/archive").text
    assert "ab" * 32 in office.text


def test_an_english_screen_speaks_english_of_the_bank(collected, office):
    """A bank's reason, what nothing matched, the end of a mandate and the rep's task: the same facts, in English."""
    services, order_id = collected
    count_receipts(services)
    office.open("/language/en?back=/office")
    give(office, camt054((FIRST, "AC04", AMOUNT), UNKNOWN))
    assert "account closed (AC04)" in office.text
    assert "insufficient funds (AM04)" in office.text
    assert "unknown debit" in office.text
    (mandate,) = rows(services, Mandate)
    assert office.open(f"/office/mandates/{mandate.id}").text.count("account closed (AC04)") == 4
    assert "account closed (AC04)" in office.open("/office/receipts?first=2027-01-01&last=2027-12-31").text
    rep = Browser(services).log_in().open("/language/en?back=/")
    for path in ("/", f"/orders/{order_id}"):
        assert "came back: account closed (AC04). The mandate is over." in rep.open(path).text
    for page in (office, rep):
        assert "compte clôturé" not in page.answer.text
        assert "revenu" not in page.answer.text
