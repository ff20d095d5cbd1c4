import datetime as dt
import subprocess
import sys
import tomllib
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import facturx
import pikepdf
import pytest
from lxml import etree

from templates.catalog import FOLDER
from templates.documents import invoice, prenotification
from templates.documents.facts import InstalmentData
from templates.facturx import (
    NOT_APPLICABLE,
    CreditTransfer,
    Delivery,
    Instalment,
    InvoiceError,
    Preceding,
    check_schematron,
    check_xsd,
    credit_of,
    invoice_xml,
)
from templates.french import amount, date, money
from tests.templates.invoices import EPICE, epice_invoice, make_invoice, make_line
from tests.templates.reading import attachments, faults, pages, words

CREDIT = credit_of(
    invoice.SAMPLE, number="A2026-000003", issued_on=dt.date(2026, 12, 2), reason="Rétractation du client."
)


def shown(text):
    """As the words of a page are read: every space an ordinary one."""
    return " ".join(text.split())


def many_lines(count):
    lines = (
        make_line(f"Insertion n° {i} " + "désignation très longue " * (i % 6), str(i % 7 + 1), "33.333333", "8.5")
        for i in range(count)
    )
    return make_invoice(*(replace(line, group=f"S{number // 40:03d}") for number, line in enumerate(lines)))


def test_the_file_inside_is_the_invoice_itself():
    """The attachment is the very XML of the same value, and passes every rule after the way through the PDF."""
    data = epice_invoice()
    files = attachments(invoice.render(data))
    assert files == {"factur-x.xml": invoice_xml(data)}
    assert check_xsd(files["factur-x.xml"]) == check_schematron(files["factur-x.xml"]) == ()


def test_catalog_and_metadata_announce_the_file():
    """Associated file, relationship and XMP say Factur-X, EN 16931, in a PDF/A-3b."""
    with pikepdf.open(BytesIO(invoice.render(epice_invoice()))) as document:
        specification = document.Root.AF[0]
        assert specification.AFRelationship == "/Alternative"
        assert specification.EF.F.Subtype == "/text/xml"
        metadata = document.Root.Metadata.read_bytes().decode()
    for said in (
        "<fx:DocumentType>INVOICE<",
        "<fx:DocumentFileName>factur-x.xml<",
        "<fx:Version>1.0<",
        "<fx:ConformanceLevel>EN 16931<",
        "<pdfaid:part>3<",
        "<pdfaid:conformance>B<",
    ):
        assert said in metadata


def test_every_figure_of_the_file_is_printed():
    """Nets, bases, taxes, totals, instalments and dates of the XML stand on the pages."""
    data = epice_invoice()
    text = words(invoice.render(data))
    figures = [amount(line.net) for line in data.lines]
    figures += [money(total.base) for total in data.sums.by_rate] + [
        amount(total.amount) for total in data.sums.by_rate
    ]
    figures += [money(data.sums.incl_vat), amount(data.sums.excl_vat), "627,78", "564,68", "36,83", "26,27"]
    figures += [amount(part.amount) for part in data.instalments] + [date(part.due_on) for part in data.instalments]
    figures += ["33,333", "75,055", "12,5"]
    assert [figure for figure in figures if shown(figure) not in text] == []


def test_all_french_mentions_are_printed():
    """What article 242 nonies A, the Code de commerce and the reform of 2026 ask for is there."""
    data = replace(
        invoice.SAMPLE,
        vat_on_debits=True,
        buyer_order="CMD-88",
        delivery=Delivery("Boutique des Célestins", replace(EPICE.address, line1="4 rue Gaspard-André")),
    )
    text = words(invoice.render(data))
    mentions = (
        "Facture n° F2026-000017",
        "24 novembre 2026",
        "Lumière Annuaires SA",
        "7 avenue de la Cristallerie",
        "SIREN 904 125 762",
        "SIRET 904 125 762 00016",
        "TVA FR54904125762",
        "SA au capital de 1 500 000,00 €",
        "RCS Nanterre 904 125 762",
        "AU NOM DE LA ROSE LYON SARL",
        "12 rue de la République",
        "SIREN 813 249 075",
        "TVA FR36813249075",
        "2026-LYO-000042",
        "CMD-88",
        "prestation de services",
        "4 rue Gaspard-André",
        "Pas d'escompte pour paiement anticipé.",
        "majoré de 10 points de pourcentage",
        "frais de recouvrement due en cas de retard de paiement : 40 €",
        "Option pour le paiement de la taxe d'après les débits",
        "M-2026-LYO-000042",
        "FR05ZZZ594821",
        "6534",
        "TVA 20 % sur 5 047,30 € HT",
    )
    assert [mention for mention in mentions if mention not in text] == []


def test_credit_note_says_what_it_corrects():
    """An avoir names its invoice and its reason, asks for nothing and threatens with nothing."""
    text = words(invoice.render(CREDIT))
    assert "Avoir n° A2026-000003" in text
    assert "Annule ou corrige la facture F2026-000017 du 24/11/2026. Rétractation du client." in text
    assert "En votre faveur" in text
    assert "Pénalités" not in text
    assert "Échéancier" not in text


def test_credit_on_a_running_order_says_on_which(tmp_path):
    """A commercial credit names its order, in the largest words after the sum."""
    year = {"starts_on": dt.date(2027, 1, 1), "ends_on": dt.date(2027, 12, 31)}
    pdf = invoice.render(make_invoice(make_line(price="-860.00", **year), corrects=None))
    assert "Accordé sur 2026-PAR-000042 commande en cours" in words(pdf)
    assert "1 032,00 €" in words(pdf)
    assert faults(pdf, tmp_path) == []


def test_the_package_of_others_finds_the_file():
    """The factur-x package reads the attachment back, and knows its level."""
    name, xml = facturx.get_xml_from_pdf(invoice.render(invoice.SAMPLE), check_xsd=True, check_schematron=False)
    assert name == "factur-x.xml"
    assert facturx.get_level(etree.fromstring(xml)) == "en16931"


def test_untaxed_lines_give_their_reason():
    """A base without tax stands with the article that says so."""
    text = words(invoice.render(make_invoice(make_line(vat=NOT_APPLICABLE), make_line())))
    assert "TVA non applicable, article 294-1 du CGI" in text


def test_transfer_shows_where_to_pay():
    """The seller's account, in fours, with the reference to quote."""
    payment = CreditTransfer("FR7630004008230001009876534", "BNPAFRPPXXX", "Lumière Annuaires SA")
    text = words(invoice.render(make_invoice(payment=payment)))
    assert "FR76 3000 4008 2300 0100 9876 534" in text
    assert "Référence à rappeler F2027-000001" in text


def test_training_is_marked():
    """A specimen says so on its pages and in its file."""
    data = make_invoice(specimen=True)
    assert "SPÉCIMEN" in words(invoice.render(data))
    assert "SPÉCIMEN" in attachments(invoice.render(data))["factur-x.xml"].decode()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_pages_are_tagged(language, tmp_path):
    """Invoice, credit note, long invoice: no fault of structure."""
    for data in (invoice.SAMPLE, CREDIT, many_lines(60), make_invoice()):
        assert faults(invoice.render(data, language=language), tmp_path) == []


def test_long_invoices_keep_every_line():
    """Of three hundred lines none is lost, and the totals are not alone on their page."""
    data = many_lines(300)
    pdf = invoice.render(data)
    text = words(pdf)
    assert all(f"Insertion n° {number} " in text for number in range(300))
    each = [words(pdf, page=number) for number in range(1, pages(pdf) + 1)]
    assert "Insertion n° 299" in next(page for page in each if "Total TTC" in page)


def test_long_schedules_run_over_pages():
    """A plan of sixty payments is printed whole."""
    total = make_invoice().sums.incl_vat
    parts = tuple(Instalment(dt.date(2027 + i // 12, i % 12 + 1, 10), total / 60) for i in range(60))
    text = words(invoice.render(make_invoice(due_on=None, instalments=parts)))
    assert [part for part in parts if date(part.due_on) not in text] == []


def test_names_are_text():
    """Marks of other languages are printed as they were typed."""
    odd = "<b>Roses</b> & <font size=90> {{ x }} {y}"
    text = words(invoice.render(make_invoice(make_line(odd), buyer=replace(EPICE, name=odd))))
    assert text.count(odd) >= 2


def test_wrong_figures_are_never_drawn():
    """What the exact checks refuse gets no page."""
    data = make_invoice()
    with pytest.raises(InvoiceError):
        invoice.render(replace(data, sums=replace(data.sums, vat=Decimal("20.01"))))
    with pytest.raises(InvoiceError):
        invoice.render(replace(data, corrects=Preceding("F1", dt.date(2026, 1, 1))))


@pytest.mark.parametrize("document", ["invoice", "prenotification"])
def test_same_data_same_bytes_in_another_process(document):
    """A document drawn again, elsewhere, is the same file."""
    module = {"invoice": invoice, "prenotification": prenotification}[document]
    script = (
        f"import sys; sys.path.insert(0, '.'); from templates.documents import {document} as d;"
        "sys.stdout.buffer.write(d.render(d.SAMPLE))"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert other.stdout == module.render(module.SAMPLE)


def test_file_is_small():
    """Under 60 kB with its XML, as every document."""
    assert len(invoice.render(invoice.SAMPLE)) < 60_000


@pytest.mark.parametrize("name", ["invoice", "prenotification"])
def test_catalogs_have_the_same_keys(name):
    """Neither language lacks a text."""
    french, english = (
        tomllib.loads((Path(FOLDER) / language / f"{name}.toml").read_text("utf-8")) for language in ("fr", "en")
    )
    assert list(french) == list(english)


def test_notice_announces_every_debit(tmp_path):
    """Amount, date, RUM and ICS of each debit are told, the account only by its end, on one sheet."""
    data = prenotification.SAMPLE
    pdf = prenotification.render(data)
    text = words(pdf)
    told = ["6 056,76 €", "M-2026-LYO-000042", "FR05ZZZ594821", "6534", "8 semaines", "facture F2026-000017"]
    told += [date(debit.due_on) for debit in data.debits]
    assert [fact for fact in told if fact not in text] == []
    assert pages(pdf) == 1
    assert faults(pdf, tmp_path) == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_notice_of_one_debit_and_of_many(language, tmp_path):
    """One debit needs no schedule; forty are all there; B2B has its own rights."""
    one = replace(prenotification.SAMPLE, debits=prenotification.SAMPLE.debits[:1], scheme="B2B", language=language)
    assert faults(prenotification.render(one), tmp_path) == []
    forty = tuple(InstalmentData(dt.date(2027 + i // 12, i % 12 + 1, 5), Decimal(10)) for i in range(40))
    many = prenotification.render(replace(one, debits=forty, language="fr"))
    assert [debit for debit in forty if date(debit.due_on) not in words(many)] == []
    assert faults(many, tmp_path) == []
