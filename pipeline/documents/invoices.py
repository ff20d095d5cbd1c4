"""The invoice of an order, or the credit note that undoes it."""

from decimal import Decimal

from pipeline.frozen import Frozen
from pipeline.organisation import Seller
from pipeline.proposal import Account, Address, Line
from pipeline.totals import counts, line_net
from storage.models import Invoice
from templates import facturx

LEGAL_FORMS = ("SAS", "SASU", "SARL", "EURL", "SA", "SNC", "SCA", "SCS", "SE")
"""Forms that a legal name may end with (Code de commerce R123-238: the form is printed)."""

WITHDRAWN = "Rétractation du client (Code de la consommation, article L221-18)"


def invoice_data(frozen: Frozen, row: Invoice, corrected: Invoice | None) -> facturx.InvoiceData:
    """What the document of this row says. A credit note with `corrected` gives the whole invoice back."""
    settled = facturx.settle(tuple(_lines(frozen)))
    data = facturx.InvoiceData(
        number=row.number,
        kind=settled.kind,
        issued_on=row.issued_on,
        seller=seller(frozen.seller),
        buyer=buyer(frozen.proposal.account),
        lines=settled.lines,
        sums=settled.sums,
        order_number=frozen.number,
        customer_number=frozen.proposal.account.epj,
        instalments=tuple(facturx.Instalment(item.due_on, item.amount) for item in frozen.proposal.payment.instalments),
        due_on=row.issued_on,
        payment=_payment(frozen) if settled.kind == "invoice" else None,
        reason="Modification de commande" if settled.kind == "credit_note" else "",
        specimen=frozen.specimen,
    )
    if corrected is None:
        return data
    original = invoice_data(frozen, corrected, None)
    return facturx.credit_of(original, number=row.number, issued_on=row.issued_on, reason=WITHDRAWN)


def seller(source: Seller) -> facturx.Seller:
    """The company that invoices."""
    last = source.legal_name.split()[-1]
    return facturx.Seller(
        name=source.legal_name,
        siren=source.siren,
        address=_address(source.address),
        siret=source.siret,
        vat_number=source.vat_number,
        legal_form=last if last in LEGAL_FORMS else "",
        share_capital=source.share_capital or None,
        rcs=source.rcs,
        email=source.email,
        phone=source.phone,
    )


def buyer(account: Account) -> facturx.Party:
    """The customer."""
    return facturx.Party(
        name=account.legal_name,
        siren=account.siren,
        address=_address(account.address),
        siret=account.siret,
        vat_number=account.vat_number,
        trade_name=account.trade_name,
    )


def _address(source: Address) -> facturx.Address:
    return facturx.Address(
        line1=source.line1,
        line2=source.line2,
        postal_code=source.postal_code,
        city=source.city,
        country=source.country,
    )


def _lines(frozen: Frozen) -> list[facturx.InvoiceLine]:
    place = _address(frozen.proposal.account.address)
    made = []
    for sub_order in frozen.proposal.sub_orders:
        in_mo = sub_order.mo is not None
        made += [
            _line(line, f"{sub_order.number} · {sub_order.range}".removesuffix(" · "), place, in_mo=in_mo)
            for line in sub_order.lines
            if counts(line, in_mo=in_mo)
        ]
    return made


def _line(line: Line, group: str, place: facturx.Address, *, in_mo: bool) -> facturx.InvoiceLine:
    quantity, unit_price = line.quantity, line.unit_price
    if unit_price < 0:  # EN 16931 wants the sign on the quantity: a price is never negative (BR-27)
        quantity, unit_price = -quantity, -unit_price
    return facturx.InvoiceLine(
        label=line.label,
        quantity=Decimal(quantity),
        unit_price=unit_price,
        net=line_net(line, in_mo=in_mo),
        vat=facturx.vat_at(line.vat_rate, place),
        discount_percent=line.discount_percent,
        code=line.code,
        group=group,
        activity=line.activity,
        department=line.department,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
    )


def _payment(frozen: Frozen) -> facturx.DirectDebit | facturx.CreditTransfer:
    if frozen.mandate:
        return facturx.DirectDebit(
            mandate=frozen.mandate.umr,
            creditor_id=frozen.mandate.creditor_id,
            account_country=frozen.mandate.iban[:2],
            account_last4=frozen.mandate.iban[-4:],
        )
    return facturx.CreditTransfer(iban=frozen.seller.iban, bic=frozen.seller.bic, holder=frozen.seller.legal_name)
