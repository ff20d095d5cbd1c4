import re
import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
import zxingcpp
from pypdfium2 import PdfDocument

from templates import terms
from templates.documents import order_form, quote
from templates.documents.order_form import SAMPLE, VatLine, WithdrawalData, render
from templates.french import typeset
from templates.terms import UnknownTermsError
from tests.templates.reading import faults, page_texts

CATALOG = Path(__file__).parents[2] / "templates" / "catalog"
WITHDRAWAL = WithdrawalData(
    date(2026, 12, 7), date(2026, 12, 1), 3, early_start=False, online_url="https://a.example/renoncer"
)


def pages(tmp_path, data):
    assert faults(data, tmp_path) == []
    return page_texts(data)


def many(n):
    lines = SAMPLE.sub_orders[0].lines
    return tuple(replace(lines[i % 4], label=f"Produit{i:03d}") for i in range(n))


def test_first_page_answers_the_four_questions(tmp_path):
    """What do I buy, what does it cost, when am I debited, what do I owe today: all on page 1."""
    first = pages(tmp_path, render(SAMPLE))[0]
    for said in (
        "Bon de commande n° 2026-LYO-000042",
        "n° EPJ 05123874",
        "Édition 2027",
        "Agence de Lyon",
        "Claire Delmas",
        "Ce que j’achète",
        "Ce que ça coûte",
        "6 056,76 €",
        "Quand je suis débité",
        "05/01/2027",
        "Ce que je dois aujourd’hui",
        "0,00 €",
        "TVA 20 % sur 5 047,30 € HT",
        "1 009,46",
        "Hélène Garnier",
        "Gérante",
        "SIRET 813 249 075 00017",
        "RCS Nanterre 904 125 762",
        "S001 · Annuaires et Internet",
        "FR•• •••• 6534",
        "9 fois, du 05/01/2027 au 05/09/2027",
    ):
        assert said in first, said


def test_lines_say_their_status_in_words(tmp_path):
    """Every line with its status, activity, department, dates, quantity, price, discount and net."""
    second = pages(tmp_path, render(SAMPLE))[1]
    for said in (
        "Reconduit",
        "Nouveau",
        "Modifié",
        "Supprimé",
        "PAV-ACT-DEP · Fleuristes · dép. 69",
        "du 15/05/2027",
        "au 05/06/2027",
        "1 480,00",
        "1 332,00",
        "Ce qui change",
        "Sous-total S101",
        "Total HT",
        "Ce qui est supprimé",
        "Livraison de fleurs",
    ):
        assert said in second, said


def test_mandate_has_a_page_of_its_own_with_every_mention(tmp_path):
    """Title, official paragraph, RUM, ICS, names and addresses, IBAN, BIC, type, place, date, signature, data line."""
    (page,) = [p for p in pages(tmp_path, render(SAMPLE)) if "Mandat de prélèvement SEPA " in p]
    for said in (
        "En signant ce formulaire de mandat, vous autorisez (A) Lumière Annuaires SA à envoyer des instructions",
        "dans les 8 semaines suivant la date de débit",
        "LUM-2026-LYO-000042",
        "FR05ZZZ594821",
        "7 avenue de la Cristallerie 92310 Sèvres",
        "AU NOM DE LA ROSE LYON SARL",
        "12 rue de la République",
        "FR76 3000 4008 2300 0100 9876 534",
        "BNPAFRPPXXX",
        "Paiement récurrent",
        "Fait à Lyon",
        "horodatée",
        "droits d’accès, de rectification et d’effacement",
    ):
        assert said in page, said
    assert "Conditions générales de vente" not in page


def test_b2b_mandate_has_its_own_title_and_words(tmp_path):
    """Interentreprises: compulsory title, no refund, lodged with the bank."""
    mandate = replace(SAMPLE.mandate, scheme="B2B", sequence_type="OOFF")
    text = " ".join(pages(tmp_path, render(replace(SAMPLE, mandate=mandate))))
    for said in (
        "Mandat de prélèvement SEPA interentreprises",
        "Vous n’êtes pas en droit de demander",
        "Paiement ponctuel",
    ):
        assert said in text
    assert "8 semaines" not in text


def test_without_withdrawal_there_is_no_notice(tmp_path):
    """A firm of nine employees is not told of a right that it lacks, but declares it."""
    text = " ".join(pages(tmp_path, render(SAMPLE)))
    assert "Formulaire de rétractation" not in text
    assert "n’ouvre pas droit à rétractation" in text


@pytest.mark.parametrize("lines", [1, 12, 30])
def test_withdrawal_form_is_alone_on_the_last_sheet(tmp_path, lines):
    """Last page, front of a sheet, nothing of the contract on it or on its back (Cass. 1re civ., 20 Dec. 2023)."""
    sub = replace(SAMPLE.sub_orders[0], lines=many(lines))
    seen = pages(tmp_path, render(replace(SAMPLE, sub_orders=(sub,), withdrawal=WITHDRAWAL)))
    assert len(seen) % 2 == 1
    assert "Formulaire de rétractation" in seen[-1]
    assert "(*) Rayez la mention inutile." in seen[-1]
    assert "Signatures" not in seen[-1]
    notice = next(p for p in seen if "Effets de la rétractation" in p)
    for said in ("7 décembre 2026", "Pas avant le 1er décembre 2026", "renoncer au contrat ici", "L. 221-10"):
        assert said in notice, said


def test_signature_page_shows_who_by_which_means_and_where_to_verify(tmp_path):
    """Both fields, and the customer's look with a code that a telephone reads."""
    data = render(SAMPLE)
    (number,) = [i for i, p in enumerate(pages(tmp_path, data)) if "Pour le client" in p]
    page = pages(tmp_path, data)[number]
    for said in (
        "Signé par un code à usage unique reçu au 06 •• •• •• 78",
        "Hélène Garnier, Gérante",
        "6 056,76 € TTC",
        "conditions générales version 2026-11",
        "Convention de preuve",
        "obligation de paiement",
    ):
        assert said in page, said
    image = PdfDocument(data)[number].render(scale=2).to_pil()
    assert [c.text for c in zxingcpp.read_barcodes(image)] == [SAMPLE.verify_url]
    with pikepdf.open(tmp_path / "document.pdf") as pdf:
        assert [str(f.T) for f in pdf.Root.AcroForm.Fields] == ["seller", "client"]


@pytest.mark.parametrize("word", ["avancée", "qualifiée", "manuscrite"])
def test_no_signature_level_is_claimed(tmp_path, word):
    """A code by SMS is a simple signature: no page says more (STANDARDS 1.1)."""
    assert word not in " ".join(pages(tmp_path, render(replace(SAMPLE, withdrawal=WITHDRAWAL))))


@pytest.mark.parametrize("n", [1, 2, 300])
def test_any_number_of_lines(tmp_path, n):
    """From one line to three hundred: all printed, the total in company, the file sound."""
    sub = replace(SAMPLE.sub_orders[0], lines=many(n))
    seen = pages(tmp_path, render(replace(SAMPLE, sub_orders=(sub,))))
    assert set(re.findall(r"Produit\d{3}", " ".join(seen))) == {f"Produit{i:03d}" for i in range(n)}
    (total,) = [p for p in seen[1:] if "Total HT" in p]
    assert "Produit" in total


def test_what_people_typed_is_text(tmp_path):
    """Markup, placeholders and entities print as they are and change nothing."""
    typed = '<b>Fleurs</b> & <font size=90> {{ 7*7 }} {name} %s &amp; "'
    data = replace(
        SAMPLE,
        customer=replace(SAMPLE.customer, legal_name=typed),
        signatory=replace(SAMPLE.signatory, name=typed),
        special_conditions=typed,
    )
    assert " ".join(pages(tmp_path, render(data))).count(typed) >= 4


def test_extremes_fit(tmp_path):
    """A name of 90 characters, a comment of 2,000, amounts of seven figures, five VAT rates, a negative total."""
    vat = tuple(
        VatLine(Decimal(r), Decimal("1234567.89"), Decimal("246913.58")) for r in ("20", "10", "5.5", "2.1", "8.5")
    )
    data = replace(
        SAMPLE,
        customer=replace(SAMPLE.customer, legal_name="ÉTABLISSEMENTS " * 6),
        special_conditions="commentaire " * 166,
        vat=vat,
        total_incl_vat=Decimal("-9876543.21"),
        instalments=(),
    )
    seen = pages(tmp_path, render(data))
    assert "−9 876 543,21 €" in seen[0]
    assert "Avoir" in seen[0]
    assert " ".join(seen).count("commentaire") == 166


def test_nothing_leaves_the_page():
    """No glyph is drawn outside the margins, whatever the texts."""
    data = replace(SAMPLE, customer=replace(SAMPLE.customer, legal_name="X" * 200, email="y" * 100 + "@a.example"))
    document = PdfDocument(render(data))
    for page in document:
        text = page.get_textpage()
        for i in range(text.count_chars()):
            if text.get_text_range(i, 1).strip():
                left, bottom, right, top = text.get_charbox(i)
                assert left > 38
                assert right < 558
                assert bottom > 20
                assert top < 842 - 20


def test_same_data_same_bytes():
    """A form can be drawn again in ten years, to the byte."""
    assert render(SAMPLE) == render(replace(SAMPLE))


def test_size_of_the_file():
    """A form travels by mail and lies in the archive for ten years: under 60 kB."""
    assert len(render(SAMPLE)) < 60_000


def test_specimen_crosses_every_page(tmp_path):
    """Training documents cannot be taken for real ones."""
    pages(tmp_path, render(replace(SAMPLE, specimen=True)))
    with pikepdf.open(tmp_path / "document.pdf") as pdf:
        assert all(b"Tm (SP" in page.Contents.read_bytes() for page in pdf.pages)


def test_existing_mandate_is_not_signed_again(tmp_path):
    """A mandate in force is recalled, without signature lines."""
    mandate = replace(SAMPLE.mandate, existing=True, signed_on=date(2026, 3, 2))
    text = " ".join(pages(tmp_path, render(replace(SAMPLE, mandate=mandate))))
    assert "déjà en vigueur depuis le 2 mars 2026" in text
    assert "vaut signature du mandat" not in text


def test_english_form_keeps_french_terms(tmp_path):
    """English words from the catalogue; the terms stay in the language of the contract, and say so."""
    text = " ".join(pages(tmp_path, render(replace(SAMPLE, language="en", withdrawal=WITHDRAWAL))))
    for said in ("Order form No. 2026-LYO-000042", "What it costs", "€6,056.76", "Right of withdrawal", "in French"):
        assert said in text, said


def test_terms_are_complete_and_versioned(tmp_path):
    """Every article of the version named; an unknown version is refused."""
    text = " ".join(pages(tmp_path, render(SAMPLE)))
    for article in terms.articles(SAMPLE.terms_version):
        last = typeset(article.text.split(". ")[-1])
        assert last.replace("\u202f", " ").replace("\u00a0", " ")[-40:] in text
    with pytest.raises(UnknownTermsError):
        render(replace(SAMPLE, terms_version="../../x"))


def test_quote_says_quote_throughout(tmp_path):
    """A day until which it holds, no mandate, nothing to sign, never called an order form but for what follows it."""
    text = " ".join(pages(tmp_path, quote.render(quote.SAMPLE)))
    for said in ("Devis n° PROP-2026-004171", "valable jusqu’au 23/12/2026", "Valable jusqu’au", "6 056,76 €"):
        assert said in text, said
    assert "Mandat de prélèvement" not in text
    assert "Signatures" not in text
    with pikepdf.open(tmp_path / "document.pdf") as pdf:
        assert "/AcroForm" not in pdf.Root


def test_both_languages_have_the_same_texts():
    """Same keys, same values to fill in."""
    french, english = (tomllib.loads((CATALOG / lang / "order_form.toml").read_text("utf-8")) for lang in ("fr", "en"))
    assert set(french) == set(english)
    for key, text in french.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


def test_the_iban_stays_out_of_representations():
    """A log line with the whole data object shows no account."""
    assert SAMPLE.mandate.iban not in repr(order_form.SAMPLE)


def test_a_price_of_three_decimals_is_printed_in_full(tmp_path):
    """33.333 euros a month is what was agreed: it is not rounded beside a net that it would no longer explain."""
    line = replace(SAMPLE.sub_orders[0].lines[0], unit_price=Decimal("33.333"))
    data = replace(SAMPLE, sub_orders=(replace(SAMPLE.sub_orders[0], lines=(line,)),))

    assert any("33,333" in page for page in pages(tmp_path, render(data)))


def test_french_terms_in_an_english_form_are_told_as_french():
    """A screen reader changes voice for the terms, which stay in the contract's language."""
    with pikepdf.open(BytesIO(render(replace(SAMPLE, language="en")))) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
        told = [str(e.Lang) for e in pdf.objects if isinstance(e, pikepdf.Dictionary) and "/S" in e and "/Lang" in e]

    assert set(told) == {"fr-FR"}
    assert len(told) == 2 * len(terms.articles(SAMPLE.terms_version))
