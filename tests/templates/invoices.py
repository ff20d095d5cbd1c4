"""Invoices to test with: what a test is not about is filled in."""

import datetime as dt
from decimal import Decimal

from templates.facturx import (
    Address,
    DirectDebit,
    Instalment,
    InvoiceData,
    InvoiceLine,
    Party,
    Preceding,
    Seller,
    Vat,
    line_net,
    settle,
)

SELLER = Seller(
    "Lumière Annuaires SA",
    "904125762",
    Address("7 avenue de la Cristallerie", "92310", "Sèvres"),
    siret="90412576200016",
    vat_number="FR54904125762",
    share_capital=Decimal("1500000.00"),
    rcs="RCS Nanterre 904 125 762",
    email="service.client@lumiere-annuaires.example",
    phone="+33146233000",
)
EPICE = Party(
    "L'ÉPICE & Cie SAS",
    "881406250",
    Address("18 rue Victor-Hugo", "97200", "Fort-de-France"),
    siret="88140625000012",
    vat_number="FR23881406250",
    trade_name="L'Épice & Cie",
)
DEBIT = DirectDebit("M-2026-PAR-000042", "FR05ZZZ594821", account_last4="0189")


def make_line(label="Insertion", quantity="1", price="100", rate="20", discount="0", vat=None, **facts):
    values = Decimal(quantity), Decimal(price), Decimal(discount)
    return InvoiceLine(label, values[0], values[1], line_net(*values), vat or Vat(Decimal(rate)), values[2], **facts)


def make_invoice(*lines, **facts):
    settled = settle(tuple(lines) or (make_line(),))
    given = {
        "number": "F2027-000001",
        "issued_on": dt.date(2027, 1, 4),
        "seller": SELLER,
        "buyer": EPICE,
        "order_number": "2026-PAR-000042",
        "customer_number": "09960104",
        "kind": settled.kind,
        "lines": settled.lines,
        "sums": settled.sums,
    }
    if settled.kind == "invoice":
        given |= {"due_on": dt.date(2027, 2, 1), "payment": DEBIT}
    else:
        given |= {"corrects": Preceding("F2026-000007", dt.date(2026, 11, 3))}
    return InvoiceData(**(given | facts))


def epice_invoice(**facts):
    """The sample `epice-et-cie.json`: 564.68 before tax, VAT 36.83 at 8.5 % and 26.27 at 20 %, 627.78 in all."""
    year = {"starts_on": dt.date(2027, 1, 1), "ends_on": dt.date(2027, 12, 31)}
    local = year | {"activity": "Restaurants", "department": "972", "group": "S001"}
    parts = tuple(Instalment(dt.date(2027, month, 28), Decimal("209.26")) for month in (1, 2, 3))
    return make_invoice(
        make_line("Pavé activité départemental", "1", "333.33", "8.50", code="PAV-ACT-DEP", **local),
        make_line("Insertion enrichie pagesjaunes.fr", "3", "33.333", "8.50", code="INS-PLUS", **local),
        make_line("Accompagnement en ligne, 2 heures", "2", "75.055", "20.00", "12.5", code="FORMATION", **year),
        **({"due_on": None, "instalments": parts} | facts),
    )
