import datetime as dt
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from templates.facturx import (
    EXPORT_TO_DOM,
    NOT_APPLICABLE,
    Address,
    CreditTransfer,
    Delivery,
    DirectDebit,
    Instalment,
    InvoiceError,
    Mentions,
    Preceding,
    Vat,
    check_exactly,
    check_schematron,
    check_xsd,
    credit_of,
    invoice_xml,
    settle,
    vat_at,
)
from tests.templates.invoices import EPICE, SELLER, epice_invoice, make_invoice, make_line

GUYANE = replace(EPICE, address=Address("3 rue Lallouette", "97300", "Cayenne"))
LYON = replace(EPICE, address=Address("12 rue de la République", "69002", "Lyon"))


def is_clean(xml):
    assert check_xsd(xml) == ()
    assert check_schematron(xml) == ()
    return True


def values(xml, name):
    return [element.text for element in etree.fromstring(xml).iter(f"{{*}}{name}")]


def problems(data):
    with pytest.raises(InvoiceError) as caught:
        invoice_xml(data)
    return " | ".join(caught.value.problems)


def test_epice_sample_to_the_cent():
    """The sample's figures stand in the file as the issue gives them, and every rule set is silent."""
    xml = invoice_xml(epice_invoice())
    assert is_clean(xml)
    assert values(xml, "CalculatedAmount") == ["26.27", "36.83"]
    assert values(xml, "TaxBasisTotalAmount") == ["564.68"]
    assert values(xml, "GrandTotalAmount") == values(xml, "DuePayableAmount") == ["627.78"]
    assert values(xml, "LineTotalAmount") == ["333.33", "100.00", "131.35", "564.68"]
    assert values(xml, "RateApplicablePercent")[-2:] == ["20", "8.5"]


@pytest.mark.parametrize("rate", ["20.00", "10", "5.50", "2.10", "8.5"])
def test_each_french_rate_passes(rate):
    """Every rate of the country passes the schema and both rule sets, whatever its zeros."""
    assert is_clean(invoice_xml(make_invoice(make_line(rate=rate, quantity="3", price="19.99", discount="7"))))


@pytest.mark.parametrize(
    ("vat", "buyer", "operation"),
    [
        (Vat(Decimal(0), "Z"), LYON, "services"),
        (NOT_APPLICABLE, GUYANE, "services"),
        (EXPORT_TO_DOM, EPICE, "goods"),
        (Vat(Decimal(0), "E", "Exonération, article 261 du CGI", "VATEX-FR-CGI261-4"), LYON, "both"),
    ],
)
def test_lines_without_tax_pass_beside_taxed_ones(vat, buyer, operation):
    """Zero rate, Guyane and Mayotte, exports to overseas departments, exemptions: each in its category."""
    data = make_invoice(make_line(vat=vat), make_line(rate="20"), buyer=buyer, operation=operation)
    assert is_clean(invoice_xml(data))


@pytest.mark.parametrize(
    ("rate", "buyer", "goods", "category"),
    [
        ("20", GUYANE, False, "S"),
        ("0", GUYANE, False, "E"),
        ("0", GUYANE, True, "G"),
        ("0", EPICE, True, "G"),
        ("0", LYON, False, "Z"),
    ],
)
def test_category_follows_rate_and_territory(rate, buyer, goods, category):
    """The category of a line without tax depends on where the customer is."""
    assert vat_at(Decimal(rate), buyer.address, goods=goods).category == category


def test_lines_that_take_back_keep_a_positive_price():
    """Inside an invoice what is taken back has a negative quantity, its discount the same sign (BR-27)."""
    data = make_invoice(
        make_line(price="100"),
        make_line(quantity="-1", price="30", discount="10"),
        make_line(price="-30.555555", discount="12.5"),
        make_line(quantity="2", price="-10", rate="10"),
    )
    xml = invoice_xml(data)
    assert is_clean(xml)
    assert values(xml, "BilledQuantity") == ["1", "-1", "-1", "-2"]
    assert all(Decimal(price) >= 0 for price in values(xml, "ChargeAmount"))
    assert values(xml, "LineTotalAmount")[:4] == ["100.00", "-27.00", "-26.74", "-20.00"]


def test_negative_order_becomes_a_credit_note():
    """An order below nothing gives a 381 with positive amounts that names what it corrects."""
    data = make_invoice(make_line(price="100"), make_line(price="-300", discount="10"))
    xml = invoice_xml(data)
    assert is_clean(xml)
    assert values(xml, "TypeCode")[0] == "381"
    assert values(xml, "GrandTotalAmount") == ["204.00"]
    assert values(xml, "IssuerAssignedID")[-1] == "F2026-000007"


def test_credit_on_a_running_order_needs_no_invoice():
    """A commercial credit (MO) corrects no single invoice: a 262 on its order and period, valid for both rule sets."""
    year = {"starts_on": dt.date(2027, 1, 1), "ends_on": dt.date(2027, 12, 31)}
    credit = make_invoice(make_line("Avoir commercial", price="-860.00", **year), corrects=None, reason="Logo erroné.")
    xml = invoice_xml(credit)
    assert is_clean(xml)
    assert values(xml, "TypeCode")[0] == "262"
    assert values(xml, "GrandTotalAmount") == ["1032.00"]
    assert "Avoir accordé sur la commande 2026-PAR-000042. Logo erroné." in values(xml, "Content")
    assert values(invoice_xml(replace(credit, contract="MO-002")), "IssuerAssignedID")[-1] == "MO-002"
    assert "BR-FR-CO-03" in problems(replace(credit, order_number=""))


def test_whole_invoice_is_cancelled_by_a_credit_note():
    """The credit note of an invoice gives back its very amounts and cites its number and date."""
    invoice = epice_invoice()
    credit = credit_of(invoice, number="A2027-000001", issued_on=dt.date(2027, 1, 11), reason="Rétractation du client.")
    xml = invoice_xml(credit)
    assert is_clean(xml)
    assert values(xml, "GrandTotalAmount") == ["627.78"]
    assert "Annule ou corrige la facture F2027-000001 du 04/01/2027. Rétractation du client." in values(xml, "Content")


def test_direct_debit_names_mandate_and_creditor_but_not_the_account():
    """Code 59, RUM and ICS stand in the file; of the account four characters, which no program takes for an IBAN."""
    xml = invoice_xml(epice_invoice())
    assert values(xml, "DirectDebitMandateID") == ["M-2026-PAR-000042"]
    assert values(xml, "CreditorReferenceID") == ["FR05ZZZ594821"]
    assert values(xml, "IBANID") == ["FR" + "X" * 21 + "0189"]
    assert "59" in values(xml, "TypeCode")


def test_schedule_stands_in_the_terms_and_its_last_day_is_the_due_date():
    """EN 16931 has one due date: the last; each part is told in words."""
    xml = invoice_xml(epice_invoice())
    assert values(xml, "DueDateDateTime") != []
    due = etree.fromstring(xml).find(".//{*}DueDateDateTime/{*}DateTimeString")
    assert due.text == "20270328"
    terms = etree.fromstring(xml).find(".//{*}SpecifiedTradePaymentTerms/{*}Description").text
    assert "Prélèvement SEPA en 3 échéances" in terms
    assert "209,26 € le 28/02/2027" in terms


def test_transfer_delivery_debits_option_and_training_pass():
    """The other shapes of an invoice are valid too."""
    data = make_invoice(
        make_line(),
        payment=CreditTransfer("FR7630004008230001009876534", "BNPAFRPPXXX", "Lumière Annuaires SA"),
        delivery=Delivery("Boutique", Address("2 quai Jules-Courmont", "69002", "Lyon", line2="Bâtiment B")),
        vat_on_debits=True,
        specimen=True,
        buyer_order="CMD 88/B",
        operation="both",
    )
    assert is_clean(invoice_xml(data))


@pytest.mark.parametrize(
    "line",
    [
        make_line(price="0"),
        make_line(quantity="0"),
        make_line(discount="100"),
        make_line(quantity="1000000", price="99999999.999999", discount="33.3333"),
        make_line("Ελλάδα <b>&amp; « œuf » " + "x" * 170),
    ],
)
def test_extreme_lines_pass(line):
    """Free, nil, huge or oddly named: still valid, still exact."""
    assert is_clean(invoice_xml(make_invoice(line)))


cents = st.decimals(min_value=0, max_value=5000, places=6)
order_lines = st.lists(
    st.builds(
        make_line,
        quantity=st.integers(-3, 40).map(str),
        price=st.one_of(cents, cents.map(lambda price: -price)).map(str),
        rate=st.sampled_from(["20", "10", "5.5", "2.1", "8.5"]),
        discount=st.decimals(min_value=0, max_value=100, places=2).map(str),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(order_lines)
def test_any_order_gives_a_valid_document(lines):
    """Whatever is ordered, the document passes every rule, and its sums hold to the cent when read back."""
    xml = invoice_xml(make_invoice(*lines))
    assert is_clean(xml)
    nets = [Decimal(net) for net in values(xml, "LineTotalAmount")]
    assert sum(nets[:-1]) == nets[-1] == Decimal(values(xml, "TaxBasisTotalAmount")[0])
    assert sum(map(Decimal, values(xml, "CalculatedAmount"))) == Decimal(values(xml, "TaxTotalAmount")[0])
    total = Decimal(values(xml, "GrandTotalAmount")[0])
    assert total == nets[-1] + Decimal(values(xml, "TaxTotalAmount")[0]) >= 0


@settings(max_examples=200, deadline=None, derandomize=True)
@given(order_lines)
def test_each_line_adds_up_as_the_standard_says(lines):
    """BT-131 = BT-129 x BT-146 less BT-136, whatever the decimals of the price; the exact checks agree."""
    data = make_invoice(*lines)
    check_exactly(data)
    for element in etree.fromstring(invoice_xml(data)).iter("{*}IncludedSupplyChainTradeLineItem"):
        price = Decimal(element.find(".//{*}NetPriceProductTradePrice/{*}ChargeAmount").text)
        quantity = Decimal(element.find(".//{*}BilledQuantity").text)
        allowance = element.find(".//{*}ActualAmount")
        net = Decimal(element.find(".//{*}LineTotalAmount").text)
        due = net + (Decimal(allowance.text) if allowance is not None else 0)
        assert abs(price * quantity - due) <= Decimal("0.005")


def test_same_data_same_bytes_in_another_process():
    """The file does not depend on the process, its hash seed or its memory."""
    script = (
        "import sys; sys.path.insert(0, '.');"
        "from tests.templates.invoices import epice_invoice; from templates.facturx import invoice_xml;"
        "sys.stdout.buffer.write(invoice_xml(epice_invoice()))"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert other.stdout == invoice_xml(epice_invoice())


def test_rules_really_run():
    """A file that only the rules can refuse is refused by each of the two sets: a silent validator is no proof."""
    xml = invoice_xml(epice_invoice())
    wrong_total = xml.replace(b"<ram:GrandTotalAmount>627.78<", b"<ram:GrandTotalAmount>628.78<")
    no_penalty = xml.replace(b"<ram:SubjectCode>PMD<", b"<ram:SubjectCode>AAI<")
    assert check_xsd(wrong_total) == check_xsd(no_penalty) == ()
    assert "BR-CO-15" in {problem.rule for problem in check_schematron(wrong_total)}
    assert {"BR-FR-05_BT-22_PMD"} == {problem.rule for problem in check_schematron(no_penalty)}


def test_schema_names_what_it_finds():
    """A wrong element and a text that is no XML each give a problem in words."""
    xml = invoice_xml(epice_invoice())
    assert check_xsd(xml.replace(b"ram:GrandTotalAmount", b"ram:GrandTotal"))[0].rule == "XSD"
    assert check_xsd(b"facture")[0].rule == "XML"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"number": "F 2027"}, "BT-1 "),
        ({"number": "x" * 36}, "BT-1 "),
        ({"issued_on": dt.date(1999, 1, 1)}, "BR-FR-03"),
        ({"corrects": Preceding("F1", dt.date(2026, 1, 1))}, "BT-25"),
        ({"lines": ()}, "BR-16"),
        ({"due_on": None}, "BR-CO-25"),
        ({"due_on": dt.date(2027, 1, 3)}, "BR-FR-CO-07"),
        ({"instalments": (Instalment(dt.date(2027, 2, 1), Decimal("119.99")),)}, "somme des échéances"),
        ({"payment": DirectDebit("M//1", "FR05ZZZ594821")}, "BT-89"),
        ({"payment": DirectDebit("M-1", "FR06ZZZ594821")}, "BT-90"),
        ({"payment": DirectDebit("M-1", "FR05ZZZ594821", account_last4="9876534")}, "BT-91"),
        ({"mentions": Mentions(penalty=" ")}, "PMD"),
        ({"buyer": replace(EPICE, siren="881406251")}, "BT-47"),
        ({"buyer": replace(EPICE, siret="90412576200016")}, "BT-46"),
        ({"buyer": replace(EPICE, vat_number="FR00881406250")}, "BT-48"),
        ({"buyer": replace(EPICE, electronic_address="autre")}, "BR-FR-21"),
        ({"buyer": replace(EPICE, name="L'\x07Épice")}, "caractère de commande"),
        ({"buyer": replace(EPICE, address=Address("", "97200", "Fort-de-France"))}, "adresse (client)"),
        ({"seller": replace(SELLER, vat_number="")}, "BT-31"),
    ],
)
def test_what_must_not_be_issued_is_refused_with_its_reason(change, told):
    """Each broken rule is named, so that the one who issues knows what to mend."""
    assert told in problems(replace(make_invoice(), **change))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (replace(make_line(), net=Decimal("100.01")), "BT-131"),
        (replace(make_line(), net=Decimal("100.001")), "BT-131"),
        (make_line(quantity="1.00001"), "BT-129"),
        (make_line(price="1.0000001"), "BT-146"),
        (make_line(discount="101"), "BT-138"),
        (make_line(label=" "), "BT-153"),
        (make_line(rate="19"), "BT-152"),
        (make_line(rate="13"), "n'existe pas là"),
        (make_line(vat=Vat(Decimal(0), "S")), "BT-151"),
        (make_line(vat=Vat(Decimal(20), "E", "motif")), "BT-151"),
        (make_line(vat=Vat(Decimal(0), "E")), "BT-120"),
        (make_line(starts_on=dt.date(2027, 2, 1), ends_on=dt.date(2027, 1, 1)), "BR-30"),
    ],
)
def test_wrong_lines_are_refused_with_their_number(line, told):
    """A line that cannot be invoiced is named by its number and its business term."""
    told_all = problems(make_invoice(make_line(), line))
    assert told in told_all
    assert "ligne 2" in told_all


def test_a_cent_of_vat_that_schematrons_let_pass_is_refused():
    """The published rules tolerate an euro of VAT per rate; ours, nothing."""
    data = epice_invoice()
    first, second = data.sums.by_rate
    shifted = (replace(first, amount=Decimal("26.28")), replace(second, amount=Decimal("36.82")))
    assert "BR-CO-17" in problems(replace(data, sums=replace(data.sums, by_rate=shifted)))


def test_totals_that_do_not_follow_are_refused():
    """Each total is checked against what it sums, and a negative one is no invoice."""
    data = make_invoice()
    assert "BR-CO-13" in problems(replace(data, sums=replace(data.sums, excl_vat=Decimal("99.99"))))
    assert "BR-CO-14" in problems(replace(data, sums=replace(data.sums, vat=Decimal("20.01"))))
    assert "BR-CO-15" in problems(replace(data, sums=replace(data.sums, incl_vat=Decimal("120.01"))))
    assert "BR-CO-18" in problems(replace(data, sums=replace(data.sums, by_rate=())))
    negative = make_invoice(make_line(price="-100"))
    back = settle(negative.lines)
    assert back.kind == "invoice"
    as_invoice = replace(data, lines=(make_line(price="-100"),), sums=replace(data.sums, incl_vat=Decimal("-120.00")))
    assert "avoir" in problems(as_invoice)


def test_credit_note_without_its_invoice_is_refused():
    """A credit note cites an invoice that is not younger than itself."""
    credit = make_invoice(make_line(price="-100"))
    assert "BR-FR-CO-03, 05" in problems(replace(credit, corrects=None))
    assert "BT-26" in problems(replace(credit, corrects=Preceding("F1", dt.date(2027, 6, 1))))


def test_account_never_shows_in_a_repr():
    """What a log may print of an invoice holds no account."""
    transfer = CreditTransfer("FR7630004008230001009876534")
    assert "9876534" not in repr(make_invoice(payment=transfer))
    assert "0189" not in repr(epice_invoice())
