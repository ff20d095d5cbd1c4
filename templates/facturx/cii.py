"""The invoice as UN/CEFACT Cross Industry Invoice (D22B), profile EN 16931.

Written with lxml rather than with the generator of the factur-x package: that one rounds amounts again, through
binary floats in places, and knows nothing of how our lines were signed; here every figure is the Decimal of the data,
written once, in the order that the schema wants. one millisecond for eight lines.

A line's discount is an allowance of the line (BG-27): gross less allowance gives the net to the cent whatever the
decimals of the price. A net price (BT-146) would have to be cut at 6 decimals, and quantity x price would miss cents.
"""

import datetime as dt
from decimal import Decimal
from typing import Final

from lxml import etree

from templates.facturx.data import (
    Address,
    CreditTransfer,
    Delivery,
    DirectDebit,
    InvoiceData,
    InvoiceLine,
    Party,
    Seller,
    Vat,
)
from templates.facturx.exact import check_exactly
from templates.facturx.settle import gross_of, vat_on
from templates.facturx.wording import SPECIMEN, correction, legal_identity, payment_terms, plain

PROFILE: Final = "urn:cen.eu:en16931:2017"
_RSM: Final = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT: Final = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_QDT: Final = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
_DAY: Final = "102"  # UNTDID 2379: CCYYMMDD
_DIRECTORY: Final = "0225"  # ISO 6523: the French directory of electronic addresses
_SIREN, _SIRET = "0002", "0009"

_Element = etree._Element  # noqa: SLF001  # the public name of an element's type, as lxml-stubs has it


def invoice_xml(data: InvoiceData) -> bytes:
    """The file `factur-x.xml`: the same data give the same bytes.

    Raises:
        InvoiceError: something does not add up, or breaks a rule that schematrons tolerate.
    """
    check_exactly(data)
    root = etree.Element(f"{{{_RSM}}}CrossIndustryInvoice", nsmap={"rsm": _RSM, "ram": _RAM, "udt": _UDT, "qdt": _QDT})
    _context(etree.SubElement(root, f"{{{_RSM}}}ExchangedDocumentContext"), data)
    _document(etree.SubElement(root, f"{{{_RSM}}}ExchangedDocument"), data)
    trade = etree.SubElement(root, f"{{{_RSM}}}SupplyChainTradeTransaction")
    for number, line in enumerate(data.lines, start=1):
        _line(_add(trade, "IncludedSupplyChainTradeLineItem"), number, line)
    _agreement(_add(trade, "ApplicableHeaderTradeAgreement"), data)
    _delivery(_add(trade, "ApplicableHeaderTradeDelivery"), data)
    _settlement(_add(trade, "ApplicableHeaderTradeSettlement"), data)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def _add(parent: _Element, name: str, text: str | None = None, **attributes: str) -> _Element:
    element = etree.SubElement(parent, f"{{{_RAM}}}{name}", attributes)
    element.text = text
    return element


def _add_if(parent: _Element, name: str, text: str, **attributes: str) -> None:
    if text:
        _add(parent, name, text, **attributes)


def _date(parent: _Element, name: str, value: dt.date | None, namespace: str = _UDT) -> None:
    if value is not None:
        string = etree.SubElement(_add(parent, name), f"{{{namespace}}}DateTimeString", {"format": _DAY})
        string.text = f"{value:%Y%m%d}"


def _cents(value: Decimal) -> str:
    return f"{value:.2f}"


def _figures(value: Decimal) -> str:
    # BR-FR-16 compares rates as strings: 20, not 20.00.
    return f"{value.normalize():f}"


def _context(parent: _Element, data: InvoiceData) -> None:
    _add(_add(parent, "BusinessProcessSpecifiedDocumentContextParameter"), "ID", data.business_process)
    _add(_add(parent, "GuidelineSpecifiedDocumentContextParameter"), "ID", PROFILE)


def _document(parent: _Element, data: InvoiceData) -> None:
    _add(parent, "ID", data.number)
    _add(parent, "TypeCode", data.type_code)
    _date(parent, "IssueDateTime", data.issued_on)
    notes = (
        ("BAR", "B2B"),
        ("PMT", data.mentions.recovery),
        ("PMD", data.mentions.penalty),
        ("AAB", data.mentions.discount),
        ("REG", legal_identity(data.seller)),
        ("ABL", data.seller.rcs),
        ("AAI", correction(data)),
        ("AAI", f"Numéro de client : {data.customer_number}" if data.customer_number else ""),
        ("AAI", SPECIMEN if data.specimen else ""),
    )
    for code, text in notes:
        if text:
            note = _add(parent, "IncludedNote")
            _add(note, "Content", plain(text))
            _add(note, "SubjectCode", code)


def _line(parent: _Element, number: int, line: InvoiceLine) -> None:
    _add(_add(parent, "AssociatedDocumentLineDocument"), "LineID", str(number))
    product = _add(parent, "SpecifiedTradeProduct")
    _add_if(product, "SellerAssignedID", line.code)
    _add(product, "Name", line.label)
    characteristics = (("Sous-commande", line.group), ("Activité", line.activity), ("Département", line.department))
    for name, value in characteristics:
        if value:
            characteristic = _add(product, "ApplicableProductCharacteristic")
            _add(characteristic, "Description", name)
            _add(characteristic, "Value", value)

    quantity, unit_price = line.billed
    price = _add(_add(parent, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _add(price, "ChargeAmount", _figures(unit_price))
    _add(_add(parent, "SpecifiedLineTradeDelivery"), "BilledQuantity", _figures(quantity), unitCode=line.unit)

    settlement = _add(parent, "SpecifiedLineTradeSettlement")
    _vat(_add(settlement, "ApplicableTradeTax"), line.vat)
    _period(settlement, line.starts_on, line.ends_on)
    _discount(settlement, line)
    summation = _add(settlement, "SpecifiedTradeSettlementLineMonetarySummation")
    _add(summation, "LineTotalAmount", _cents(line.net))


def _discount(parent: _Element, line: InvoiceLine) -> None:
    gross = gross_of(line)
    allowance = gross - line.net
    if not allowance:
        return
    element = _add(parent, "SpecifiedTradeAllowanceCharge")
    indicator = etree.SubElement(_add(element, "ChargeIndicator"), f"{{{_UDT}}}Indicator")
    indicator.text = "false"
    # Gross and net are each rounded once, so that the percentage of the gross may be a cent away from the allowance:
    # base and percentage are told where they give it exactly.
    if vat_on(gross, line.discount_percent) == allowance:
        _add(element, "CalculationPercent", _figures(line.discount_percent))
        _add(element, "BasisAmount", _cents(gross))
    _add(element, "ActualAmount", _cents(allowance))
    _add(element, "ReasonCode", "95")  # UNTDID 5189: discount
    _add(element, "Reason", f"Remise {_figures(line.discount_percent).replace('.', ',')} %")


def _vat(parent: _Element, vat: Vat) -> None:
    _add(parent, "TypeCode", "VAT")
    _add(parent, "CategoryCode", vat.category)
    _add(parent, "RateApplicablePercent", _figures(vat.rate))


def _period(parent: _Element, start: dt.date | None, end: dt.date | None) -> None:
    if start or end:
        period = _add(parent, "BillingSpecifiedPeriod")
        _date(period, "StartDateTime", start)
        _date(period, "EndDateTime", end)


def _agreement(parent: _Element, data: InvoiceData) -> None:
    _party(_add(parent, "SellerTradeParty"), data.seller)
    _party(_add(parent, "BuyerTradeParty"), data.buyer)
    if data.order_number:
        _add(_add(parent, "SellerOrderReferencedDocument"), "IssuerAssignedID", data.order_number)
    if data.buyer_order:
        _add(_add(parent, "BuyerOrderReferencedDocument"), "IssuerAssignedID", data.buyer_order)
    if data.credited_contract:
        _add(_add(parent, "ContractReferencedDocument"), "IssuerAssignedID", data.credited_contract)


def _party(parent: _Element, party: Party) -> None:
    _add_if(parent, "GlobalID", party.siret, schemeID=_SIRET)
    _add(parent, "Name", party.name)
    legal = _add(parent, "SpecifiedLegalOrganization")
    _add(legal, "ID", party.siren, schemeID=_SIREN)
    _add_if(legal, "TradingBusinessName", party.trade_name)
    if isinstance(party, Seller) and (party.phone or party.email):
        contact = _add(parent, "DefinedTradeContact")
        _add(contact, "DepartmentName", "Service client")
        if party.phone:
            _add(_add(contact, "TelephoneUniversalCommunication"), "CompleteNumber", party.phone)
        if party.email:
            _add(_add(contact, "EmailURIUniversalCommunication"), "URIID", party.email)
    _address(parent, party.address)
    _add(_add(parent, "URIUniversalCommunication"), "URIID", party.endpoint, schemeID=_DIRECTORY)
    if party.vat_number:
        _add(_add(parent, "SpecifiedTaxRegistration"), "ID", party.vat_number, schemeID="VA")


def _address(parent: _Element, address: Address) -> None:
    element = _add(parent, "PostalTradeAddress")
    _add_if(element, "PostcodeCode", address.postal_code)
    _add_if(element, "LineOne", address.line1)
    _add_if(element, "LineTwo", address.line2)
    _add_if(element, "CityName", address.city)
    _add(element, "CountryID", address.country)


def _delivery(parent: _Element, data: InvoiceData) -> None:
    # Told even when it is the customer's own address: the element is compulsory and may not stay empty (R008).
    to = data.delivery or Delivery(data.buyer.name, data.buyer.address)
    place = _add(parent, "ShipToTradeParty")
    _add(place, "Name", to.name)
    _address(place, to.address)


def _settlement(parent: _Element, data: InvoiceData) -> None:
    debit = data.payment if isinstance(data.payment, DirectDebit) else None
    if debit is not None:
        _add(parent, "CreditorReferenceID", debit.creditor_id)
    _add(parent, "PaymentReference", data.number)
    _add(parent, "InvoiceCurrencyCode", "EUR")
    _means(parent, data.payment)
    for total in data.sums.by_rate:
        tax = _add(parent, "ApplicableTradeTax")
        _add(tax, "CalculatedAmount", _cents(total.amount))
        _add(tax, "TypeCode", "VAT")
        _add_if(tax, "ExemptionReason", total.vat.exemption)
        _add(tax, "BasisAmount", _cents(total.base))
        _add(tax, "CategoryCode", total.vat.category)
        _add_if(tax, "ExemptionReasonCode", total.vat.exemption_code)
        if data.vat_on_debits:
            _add(tax, "DueDateTypeCode", "5")  # UNTDID 2475 (BT-8): due with the invoice
        _add(tax, "RateApplicablePercent", _figures(total.vat.rate))
    _period(parent, *(data.period or (None, None)))
    terms = _add(parent, "SpecifiedTradePaymentTerms")
    _add(terms, "Description", plain(payment_terms(data)))
    _date(terms, "DueDateDateTime", data.payment_date)
    if debit is not None:
        _add(terms, "DirectDebitMandateID", debit.mandate)
    sums = _add(parent, "SpecifiedTradeSettlementHeaderMonetarySummation")
    _add(sums, "LineTotalAmount", _cents(data.sums.excl_vat))
    _add(sums, "TaxBasisTotalAmount", _cents(data.sums.excl_vat))
    _add(sums, "TaxTotalAmount", _cents(data.sums.vat), currencyID="EUR")
    _add(sums, "GrandTotalAmount", _cents(data.sums.incl_vat))
    _add(sums, "DuePayableAmount", _cents(data.sums.incl_vat))
    if data.corrects is not None:
        preceding = _add(parent, "InvoiceReferencedDocument")
        _add(preceding, "IssuerAssignedID", data.corrects.number)
        _date(preceding, "FormattedIssueDateTime", data.corrects.issued_on, namespace=_QDT)


def _means(parent: _Element, payment: DirectDebit | CreditTransfer | None) -> None:
    if payment is None:
        return
    means = _add(parent, "SpecifiedTradeSettlementPaymentMeans")
    if isinstance(payment, DirectDebit):
        _add(means, "TypeCode", "59")  # UNTDID 4461: SEPA direct debit
        _add(means, "Information", "Prélèvement SEPA")
        if payment.masked_iban:
            _add(_add(means, "PayerPartyDebtorFinancialAccount"), "IBANID", payment.masked_iban)
    else:
        _add(means, "TypeCode", "58")  # SEPA credit transfer
        _add(means, "Information", "Virement SEPA")
        account = _add(means, "PayeePartyCreditorFinancialAccount")
        _add(account, "IBANID", payment.iban)
        _add_if(account, "AccountName", payment.holder)
        if payment.bic:
            _add(_add(means, "PayeeSpecifiedCreditorFinancialInstitution"), "BICID", payment.bic)
