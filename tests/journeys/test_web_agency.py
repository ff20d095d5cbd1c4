"""After the signature: release, the agency's decision, the back office, the public verifier."""

import pytest

from storage.models import Job, Track
from tests.house import drain, order_of
from tests.journeys.pages import Browser


@pytest.fixture
def sealed(adopt):
    return adopt()


@pytest.fixture
def rep(services, sealed):  # the order first: it brings its own database
    return Browser(services).log_in()


@pytest.fixture
def released(services, sealed, rep):
    rep.open(f"/orders/{sealed}").send(f"/orders/{sealed}/release")
    drain(services)
    return sealed


@pytest.fixture
def batch(services, released):
    return Browser(services).log_in("agence.lyo").link("Lot LOT-2026-LYO-000001")


def test_the_trail_of_a_sealed_order(rep, sealed):
    """Every step stands with a word and a shape; every document can be opened."""
    rep.open(f"/orders/{sealed}")
    for words in ("Scellé et horodaté", "Dossier archivé", "Facture", "Mandat de prélèvement"):
        assert words in rep.text
    steps = rep.tree.xpath("//ol[@class='trail']/li")
    assert all(step.xpath(".//svg") and step.xpath(".//*[@class='word']")[0].text_content().strip() for step in steps)
    for address in rep.tree.xpath("//a[contains(@href, '/documents/')]/@href"):
        assert rep.client.get(address).status_code == 200


def test_late_is_amber_and_said(services, rep, sealed):
    """A track past its time turns amber, with the time at which it was expected."""
    with services.works() as work:
        track = work.get(Track, (sealed, "copy"))
        track.state = "running"
    services.clock.move(hours=1)
    rep.open(f"/orders/{sealed}")
    late = rep.tree.xpath("//ol[@class='trail']/li[@class='late']")[0].text_content()
    assert "en retard" in late
    assert "attendu le" in late
    assert "1 étape en retard" in rep.open("/").text


def test_release_reaches_the_agency(batch, services, released):
    """One click, and the agency finds the batch with its checksum, its documents and the papers to expect."""
    assert "AU NOM DE LA ROSE LYON SARL" in batch.text
    assert "Papiers attendus : Odi A" in batch.text
    assert len(batch.tree.xpath("//*[@class='mono']")[0].text_content().strip()) == 64
    for address in batch.tree.xpath("//a[contains(@href, '/agency/documents/')]/@href"):
        assert batch.client.get(address).content.startswith(b"%PDF-")
        assert Browser(services).log_in("agence.par").open(address).status == 404


def test_accepting(batch, services, released):
    """One click accepts; a second changes nothing."""
    action = f"{batch.path}/accept"
    fields = batch.fields(action)
    for _ in range(2):
        batch.answer = batch.client.post(action, data=fields)
        assert "acceptée" in batch.text
    assert order_of(services, released).state == "accepted"


def test_rejecting_needs_a_reason_and_becomes_a_task(batch, rep, services, released):
    """The reason is mandatory; it stands first on the rep's page, who says what he did and releases again."""
    batch.send(f"{batch.path}/reject", reason="  ")
    assert batch.status == 422
    batch.send(f"{batch.path[: -len('/reject')]}/reject", reason="Le visuel manque")
    assert "Le visuel manque" in batch.text

    assert "Le visuel manque" in rep.open("/").text
    assert "Rejet de l'agence" in rep.text
    rep.link("AU NOM DE LA ROSE LYON SARL")
    task = rep.tree.xpath("//form[starts-with(@action, '/tasks/')]/@action")[0]
    rep.send(task, comment="Visuel joint")
    assert rep.tree.xpath("//form[starts-with(@action, '/tasks/')]") == []
    rep.send(f"/orders/{released}/release")
    assert order_of(services, released).state == "released"


def test_another_agencys_batch_is_nobodys(batch, services):
    """A batch of another agency does not exist here."""
    assert Browser(services).log_in("agence.par").open(batch.path).status == 404


def test_the_office_watches_what_failed(services, sealed):
    """Failed jobs with a retry."""
    with services.works() as work:
        job = work.first(Job, actor="copy")
        job.state, job.error = "failed", "mail.refused"
    office = Browser(services).log_in("siege")
    assert "Exemplaire du client" in office.text
    assert "mail.refused" in office.text
    office.send(f"/office/tasks/{job.id}")
    assert "aucun travail en échec" in office.text


def test_the_signed_form_comes_first(services, sealed):
    """Documents stand in the order in which people ask for them, not in that of their names or hours."""
    rep = Browser(services).log_in().open(f"/orders/{sealed}")
    kinds = [each.text_content() for each in rep.tree.xpath("//section[@aria-labelledby='documents']//a")]
    assert kinds[:3] == ["Bon de commande signé", "Dossier de preuve", "Facture"]
    assert kinds[-1] == "Dossier de preuve (données)"


def test_the_office_reads_every_order(services, sealed):
    """The back office opens any order, without the rep's buttons."""
    office = Browser(services).log_in("siege").open(f"/orders/{sealed}")
    assert "Claire Delmas" in office.text
    assert office.tree.xpath(f"//form[@action='/orders/{sealed}/release']") == []


def verify(services, pdf, evidence=None):
    files = {"pdf": ("bon.pdf", pdf, "application/pdf")}
    if evidence:
        files["evidence"] = ("preuve.pdf", evidence, "application/pdf")
    return Browser(services).open("/verifier").send("/verifier", files=files)


def test_anybody_verifies(services, sealed):
    """A sealed form with its evidence is valid, told signature by signature; one changed byte makes it invalid."""
    order = order_of(services, sealed)
    form = services.archive.get(order.sealed_sha256, area="signed")
    proof = services.archive.get(order.evidence_sha256, area="signed")
    page = verify(services, form, proof)
    assert "Document valable" in page.text
    assert "Cachet du vendeur" in page.text
    assert "Signature du client" in page.text
    assert "clé de développement" in page.text
    verdict = " ".join(page.tree.xpath("//section[@aria-labelledby='verdict']")[0].text_content().split())
    facts = [
        "Document valable",
        "Scellé par",
        "Signé par « Hélène Garnier »",
        "horodatage vérifié",
        "Rien n’a été modifié",
    ]
    places = [
        verdict.index(fact) for fact in [*facts, "dossier de preuve est intact", "sans valeur juridique", "TOTAL"]
    ]
    assert places == sorted(places), "what a lawyer asks, in the order in which he asks it"

    at = form.index(b"stream") + 40
    assert "Document non valable" in verify(services, form[:at] + bytes([form[at] ^ 1]) + form[at + 1 :]).text


@pytest.mark.parametrize("data", [b"not a PDF", b"%PDF-1.7\n", b"\x00" * 1000])
def test_the_verifier_answers_to_anything(services, data):
    """A file that is not ours gets a verdict in words, not an error."""
    page = verify(services, data)
    assert page.status == 200
    assert "Document valable" not in page.text
    assert "TOTAL-" in page.text or "INDETERMINATE" in page.text


def test_the_verifier_without_a_file(services):
    """Nothing chosen: said beside the form."""
    page = Browser(services).open("/verifier").send("/verifier", files={"pdf": ("", b"", "application/pdf")})
    assert page.status == 422
    assert "Choisissez d'abord un fichier PDF" in page.text
