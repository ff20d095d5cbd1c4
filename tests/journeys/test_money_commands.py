"""The commands for mandates, debits, archive, erasure and keys: what a person at a terminal sees, and exit codes."""

import re

import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import BankAnswerUnreadable, NotFound
from pipeline.selftest import blank_page
from pipeline.steps.receive import count_receipts
from storage.models import Collection
from tests.factories import IBAN
from tests.house import order_of
from tests.journeys.bank import camt054

FIRST = "2026-LYO-000001-01"


@pytest.fixture
def seing(house, monkeypatch, tmp_path):
    """Runs a command on the rose's installation, in a folder of its own; answers exit code and what was printed."""
    services, order_id = house
    monkeypatch.setenv("SEING_DATA_DIR", str(services.settings.data_dir))
    monkeypatch.setenv("SEING_FIXED_NOW", services.clock.now.isoformat())
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")

    def run(*words):
        result = CliRunner().invoke(app, list(words))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    run.services, run.order, run.desk = services, order_of(services, order_id), tmp_path / "desk"
    return run


def test_collect_then_answers(seing):
    """One file per scheme, once; what the bank sends back is counted; what is unknown is said, with exit code 1."""
    code, said = seing("sepa", "collect", "--until", "2027-03-31")
    (path,) = seing.desk.glob("prelevements-core-*.xml")
    assert (code, "3 prélèvement(s)" in said) == (0, True)
    assert IBAN in path.read_text("utf-8")
    assert seing("sepa", "collect", "--until", "2027-03-31") == (0, "Aucune échéance à présenter.\n")

    with seing.services.works(read_only=True) as work:
        (made,) = work.find(Collection)
    assert made.handed_at
    before, _ = path.read_bytes(), path.unlink()
    assert seing("sepa", "file", made.message_id)[0] == 0
    assert path.read_bytes() == before

    (seing.desk / "retour.xml").write_bytes(camt054((FIRST, "AM04", "605.68")))
    assert "1 prélèvement(s) revenu(s)" in seing("sepa", "answers", "retour.xml")[1]
    assert "rien n'a changé" in seing("sepa", "answers", "retour.xml")[1]
    (seing.desk / "autre.xml").write_bytes(camt054(("X-1", "AM04", "1.00")))
    code, said = seing("sepa", "answers", "autre.xml")
    assert (code, "X-1 : prélèvement inconnu" in said) == (1, True)
    (seing.desk / "photo.jpg").write_bytes(b"\xff\xd8")
    with pytest.raises(BankAnswerUnreadable):
        seing("sepa", "answers", "photo.jpg")


@pytest.mark.parametrize("stopped", [False, True], ids=["disk full", "killed"])
def test_a_file_that_reached_nobody_is_told_until_somebody_has_it(seing, monkeypatch, stopped):
    """Taken, archived, and then the command ended before the file was written: its debits never count in silence."""
    with monkeypatch.context() as patch:

        def ends(_path, _data):
            raise KeyboardInterrupt if stopped else typer.Exit(2)

        patch.setattr("pipeline.cli.sepa.write_file", ends)
        seing("sepa", "collect", "--until", "2027-01-31")
    services = seing.services
    services.clock.now = services.clock.now.replace(year=2027, month=1, day=20)
    assert count_receipts(services) == 0
    code, said = seing("sepa", "collect", "--until", "2027-01-31")
    name = re.search(r"SDD-\w+", said)[0]
    assert (code, f"`seing sepa file {name}`" in said) == (1, True)
    assert list(seing.desk.iterdir()) == []

    assert seing("sepa", "file", name)[0] == 0
    assert name in next(seing.desk.iterdir()).read_text("utf-8")
    assert seing("sepa", "collect", "--until", "2027-01-31") == (0, "Aucune échéance à présenter.\n")
    assert count_receipts(services) == 1
    with pytest.raises(NotFound):
        seing("sepa", "file", "SDD-0")


def test_receipts_of_a_period(seing):
    """What counts as received in a month, listed and as CSV; nothing outside it."""
    seing("sepa", "collect", "--until", "2027-01-31")
    seing.services.clock.now = seing.services.clock.now.replace(year=2027, month=1, day=20)
    count_receipts(seing.services)
    code, said = seing("sepa", "receipts", "--from", "2027-01-01", "--to", "2027-01-31")
    assert (code, "605,68" in said, "encaissement  à déclarer" in said) == (0, True, True)
    lines = seing("sepa", "receipts", "--from", "2027-01-01", "--to", "2027-01-31", "--csv")[1].splitlines()
    assert lines[0].lstrip("\ufeff").startswith("Facture;Commande;")
    assert ";20,00;605,68;" in lines[1]
    assert seing("sepa", "receipts", "--from", "2026-01-01", "--to", "2026-12-31") == (0, "0 mouvement(s).\n")


def test_register_amend_and_revoke(seing):
    """The register shows no whole account; a mandate is found by its IBAN, amended and revoked with a reason."""
    umr = seing.order.mandate_umr
    code, said = seing("sepa", "register", IBAN)
    assert (code, umr in said, IBAN in said) == (0, True, False)
    assert seing("sepa", "register", "--csv")[1].lstrip("\ufeff").startswith("RUM;ICS;")
    assert seing("sepa", "amend", umr, "--reason", "Nouvelle banque")[0] == 0
    assert seing("sepa", "revoke", umr, "--reason", "Fin de contrat") == (0, f"{umr} : révoqué.\n")
    assert "révoqué" in seing("sepa", "register", umr)[1]
    assert seing("sepa", "announce")[0] == 0


def test_export_check_and_restore(seing):
    """A ZIP on the desk; everything reads back; putting it back where all is there already stores nothing."""
    number = seing.order.number
    assert seing("archive", "export", number, "-o", "dossier.zip")[0] == 0
    code, said = seing("archive", "restore", "dossier.zip")
    assert (code, f"{number} : 0 document(s) remis" in said) == (0, True)
    assert seing("archive", "check")[0] == 0
    path = seing.services.archive.root / "signed" / seing.order.sealed_sha256[:2] / seing.order.sealed_sha256
    path.chmod(0o600)
    path.write_bytes(b"altered")
    code, said = seing("archive", "check")
    assert (code, f"{number}  sealed_form" in said) == (1, True)
    code, said = seing("archive", "export", number, "-o", "again.zip")
    assert (code, "archive.corrupted" in said) == (2, True)


def test_a_scanned_paper_by_command(seing):
    """The file named with its order; the second time it is there already."""
    (seing.desk / "odi.pdf").write_bytes(blank_page(seing.services.clock.now))
    code, said = seing("archive", "scan", seing.order.number, "odi.pdf")
    assert (code, "1 page(s)" in said, "déjà" in said) == (0, True, False)
    assert "déjà dans le dossier" in seing("archive", "scan", seing.order.number, "odi.pdf")[1]


def test_erase_and_rotate(seing, monkeypatch):
    """What stays is printed with reason and date; the fields go under the key that now stands first."""
    code, said = seing("erase", "05123874")
    assert code == 0
    assert "Rien à effacer." in said
    assert "facture.pdf : facture (Code de commerce L123-22, LPF L102 B), jusqu'au 23/11/2036" in said
    old = seing.services.settings.made_secrets["vault_keys"]
    monkeypatch.setenv("SEING_VAULT_KEYS", f"k2:{'5a' * 32},{old}")
    assert "sous la clé « k2 »" in seing("vault", "rotate")[1]
    assert "0 champ(s) repris" in seing("vault", "rotate")[1]
    assert seing("sepa", "register", IBAN)[0] == 0
    monkeypatch.setenv("SEING_VAULT_KEYS", f"k3:{'a5' * 32}")
    code, said = seing("vault", "rotate")
    assert (code, "« k2 » manque" in said) == (2, True)
