"""The order form and the quote: a proposal as people read it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from pipeline.frozen import Frozen
from pipeline.letters import brand
from pipeline.organisation import Organisation, Seller
from pipeline.proposal import Account, Line, Proposal
from pipeline.proposal import Address as PostalAddress
from pipeline.totals import totals
from templates.documents import facts
from templates.french import Language, formats, mask_mobile
from templates.terms import CURRENT

QUOTE_LIFE = timedelta(days=30)
"""How long a quote binds the seller."""

_DETAILS: Final[dict[Language, tuple[str, str]]] = {
    "fr": ("Appels mesurés\u00a0: {numbers}{medium}", "Réservation {reference}, valable jusqu’au {until}"),
    "en": ("Calls measured: {numbers}{medium}", "Booking {reference}, valid until {until}"),
}


def order_form_data(frozen: Frozen) -> facts.OrderFormData:
    """Everything that the unified order form prints, from the frozen copy alone."""
    proposal, sums = frozen.proposal, totals(frozen.proposal)
    return facts.OrderFormData(
        number=frozen.number,
        ordered_on=frozen.ordered_on,
        edition=proposal.edition,
        language=frozen.language,
        specimen=frozen.specimen,
        brand=brand(frozen.seller),
        seller=seller_party(frozen.seller),
        customer=customer_party(proposal.account),
        agency_name=frozen.agency_name,
        rep_name=frozen.rep.name,
        rep_phone=frozen.rep.phone or None,
        epj=proposal.account.epj,
        signatory=signatory_of(frozen),
        sub_orders=_sub_orders(proposal, frozen.language),
        total_excl_vat=sums.excl_vat,
        vat=tuple(facts.VatLine(item.rate, item.base, item.amount) for item in sums.vat),
        total_incl_vat=sums.incl_vat,
        payment_method=proposal.payment.method,
        instalments=_instalments(proposal),
        mandate=mandate_data(frozen),
        invoice_delivery=frozen.customer.invoice_delivery,
        enclosures=proposal.enclosures,
        special_conditions=proposal.special_conditions,
        withdrawal=_withdrawal(frozen),
        terms_version=frozen.terms_version,
        verify_url=frozen.verify_url,
        place=frozen.customer.place,
    )


def quote_data(proposal: Proposal, organisation: Organisation, today: date, *, specimen: bool) -> facts.QuoteData:
    """Everything that the quote of a proposal prints."""
    sums = totals(proposal)
    agency, rep = organisation.agency(proposal.agency), organisation.rep(proposal.rep)
    return facts.QuoteData(
        number=proposal.reference,
        name=proposal.name,
        issued_on=today,
        valid_until=today + QUOTE_LIFE,
        edition=proposal.edition,
        language="fr",
        specimen=specimen,
        brand=brand(organisation.seller),
        seller=seller_party(organisation.seller),
        customer=customer_party(proposal.account),
        agency_name=agency.name if agency else proposal.agency,
        rep_name=rep.name if rep else proposal.rep,
        rep_phone=rep.mobile if rep else None,
        epj=proposal.account.epj,
        contact_name=proposal.account.signatory.full_name,
        sub_orders=_sub_orders(proposal, "fr"),
        total_excl_vat=sums.excl_vat,
        vat=tuple(facts.VatLine(item.rate, item.base, item.amount) for item in sums.vat),
        total_incl_vat=sums.incl_vat,
        payment_method=proposal.payment.method,
        instalments=_instalments(proposal),
        special_conditions=proposal.special_conditions,
        terms_version=CURRENT,
    )


def signatory_of(frozen: Frozen) -> facts.Signatory:
    """Who signs, the mobile masked."""
    return facts.Signatory(
        name=frozen.signatory_name,
        role=frozen.customer.role,
        email=frozen.customer.email,
        mobile_masked=mask_mobile(frozen.customer.mobile),
    )


def seller_party(source: Seller) -> facts.Party:
    """The seller as documents print him."""
    return facts.Party(
        legal_name=source.legal_name,
        address=_address(source.address),
        siren=source.siren,
        siret=source.siret,
        vat_number=source.vat_number,
        email=source.email,
        phone=source.phone,
        share_capital=source.share_capital or None,
        rcs=source.rcs or None,
    )


def customer_party(source: Account) -> facts.Party:
    """The customer as documents print him."""
    return facts.Party(
        legal_name=source.legal_name,
        address=_address(source.address),
        siren=source.siren,
        siret=source.siret,
        vat_number=source.vat_number,
        email=source.email,
        phone=source.phone,
        trade_name=source.trade_name or None,
        naf=source.naf or None,
    )


def _address(source: PostalAddress) -> facts.Address:
    return facts.Address(
        lines=tuple(line for line in (source.line1, source.line2) if line),
        postal_code=source.postal_code,
        city=source.city,
        country=source.country,
    )


def _sub_orders(proposal: Proposal, language: Language) -> tuple[facts.SubOrderData, ...]:
    sums = totals(proposal)
    return tuple(
        facts.SubOrderData(
            number=sub_order.number,
            order_ref=sub_order.order_ref,
            range_name=sub_order.range,
            lines=tuple(_line(line, net, language) for line, net in zip(sub_order.lines, total.lines, strict=True)),
            net=total.net,
            mo=sub_order.mo,
        )
        for sub_order, total in zip(proposal.sub_orders, sums.sub_orders, strict=True)
    )


def _line(line: Line, net: Decimal, language: Language) -> facts.LineData:
    return facts.LineData(
        code=line.code,
        label=line.label,
        status=line.status,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        vat_rate=line.vat_rate,
        net=net,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        activity=line.activity or None,
        department=line.department or None,
        details=tuple(_details(line, language)),
    )


def _details(line: Line, language: Language) -> list[str]:
    """Sentences under a line: measured numbers, the booking."""
    fmt, said = formats(language), []
    if line.call_tracking and line.call_tracking.measured_numbers:
        numbers = ", ".join(fmt.phone(number) for number in line.call_tracking.measured_numbers)
        medium = f" ({line.call_tracking.medium})" if line.call_tracking.medium else ""
        said.append(_DETAILS[language][0].format(numbers=numbers, medium=medium))
    if line.reservation and line.reservation.reference:
        until = fmt.date(line.reservation.expires_on)
        said.append(_DETAILS[language][1].format(reference=line.reservation.reference, until=until))
    return said


def _instalments(proposal: Proposal) -> tuple[facts.InstalmentData, ...]:
    plan = sorted(proposal.payment.instalments, key=lambda item: item.due_on)
    return tuple(facts.InstalmentData(item.due_on, item.amount) for item in plan)


def mandate_data(frozen: Frozen) -> facts.MandateData | None:
    """The mandate that is signed, or serves again; None where nothing is debited."""
    given = frozen.mandate
    if given is None:
        return None
    return facts.MandateData(
        umr=given.umr,
        creditor_id=given.creditor_id,
        scheme=given.scheme,
        sequence_type=given.sequence_type,
        debtor_name=given.holder,
        debtor_address=_address(frozen.proposal.account.address),
        iban=given.iban,
        bic=given.bic,
        place=frozen.customer.place,
        existing=given.existing,
        signed_on=given.signed_on,
    )


def _withdrawal(frozen: Frozen) -> facts.WithdrawalData | None:
    right = frozen.withdrawal
    if right is None:
        return None
    return facts.WithdrawalData(
        until=right.until,
        earliest_debit=right.earliest_debit,
        employees=frozen.customer.headcount(frozen.proposal),
        early_start=right.early_start,
        online_url=frozen.renounce_url or None,
    )
