"""The e-invoice: Factur-X 1.0 in the profile EN 16931, as the French reform of 2026 wants it.

    settled = settle(lines)                       # totals, and whether this is an invoice or a credit note
    data = InvoiceData(kind=settled.kind, lines=settled.lines, sums=settled.sums, number=..., ...)
    xml = invoice_xml(data)                       # refuses what does not add up to the cent
    problems = check_xsd(xml) + check_schematron(xml)

`templates.documents.invoice` prints the same value and carries this file inside.
"""

from templates.facturx.cii import invoice_xml
from templates.facturx.data import (
    EXPORT_TO_DOM,
    NOT_APPLICABLE,
    Address,
    CreditTransfer,
    Delivery,
    DirectDebit,
    Instalment,
    InvoiceData,
    InvoiceLine,
    Mentions,
    Party,
    Preceding,
    Seller,
    Sums,
    Vat,
    VatTotal,
    vat_at,
)
from templates.facturx.exact import InvoiceError, check_exactly
from templates.facturx.settle import Settled, credit_of, line_net, settle, totals_of
from templates.facturx.validate import check_schematron, check_xsd
from templates.schematron import Problem

__all__ = [
    "EXPORT_TO_DOM",
    "NOT_APPLICABLE",
    "Address",
    "CreditTransfer",
    "Delivery",
    "DirectDebit",
    "Instalment",
    "InvoiceData",
    "InvoiceError",
    "InvoiceLine",
    "Mentions",
    "Party",
    "Preceding",
    "Problem",
    "Seller",
    "Settled",
    "Sums",
    "Vat",
    "VatTotal",
    "check_exactly",
    "check_schematron",
    "check_xsd",
    "credit_of",
    "invoice_xml",
    "line_net",
    "settle",
    "totals_of",
    "vat_at",
]
