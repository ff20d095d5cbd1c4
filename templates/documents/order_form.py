"""The unified order form: one document, one signature, for all sub-orders.

Its first page answers what is bought, what it costs, when it is debited and what is due today. Two empty signature
fields, `seller` and `client`, are drawn with it: the file that the customer reads is the one that gets sealed.
"""

from templates import catalog, french
from templates.documents import mandate_page, parts, signature_page, terms_pages, withdrawal_pages
from templates.documents.facts import (
    Address,
    InstalmentData,
    LineData,
    MandateData,
    OrderFormData,
    Party,
    Signatory,
    SubOrderData,
    VatLine,
    WithdrawalData,
)
from templates.documents.parts import Hand
from templates.documents.samples import ROSE
from templates.layout import SMALL, SMALL_SOFT, WIDTH, Ticks

VERSION = "2026.11.3"
"""Changes with every change of looks or words: kept with each order, so that its form can be drawn again."""

SAMPLE = ROSE

__all__ = [
    "SAMPLE",
    "VERSION",
    "Address",
    "InstalmentData",
    "LineData",
    "MandateData",
    "OrderFormData",
    "Party",
    "Signatory",
    "SubOrderData",
    "VatLine",
    "WithdrawalData",
    "render",
]


def render(data: OrderFormData) -> bytes:
    """The order form as PDF/A-3b, PDF/UA-1; the same bytes for the same data.

    Raises:
        MissingGlyphError: a text holds characters that cannot be printed.
        UnknownTermsError: the version of the general terms is not known.
    """
    t, f = catalog.texts("order_form", data.language), french.formats(data.language)
    title = t("order_title", number=data.number)
    hand = parts.begin(
        t,
        data.language,
        title=title,
        day=data.ordered_on,
        look=data.brand,
        foot=parts.foot(t, f, data.seller),
        author=data.seller.legal_name,
        specimen=data.specimen,
    )
    _first_page(hand, data, title)
    _details(hand, data)
    if data.mandate:
        contract = t("mandate_contract_value", number=data.number)
        mandate_page.add(hand, data.mandate, data.seller, data.signatory, contract)
    terms_pages.add(hand, data.terms_version)
    signature_page.add(hand, data)
    if data.withdrawal:
        withdrawal_pages.add(hand, data.withdrawal, data.seller, data.number)
    return hand.flow.finish()


def _first_page(hand: Hand, data: OrderFormData, title: str) -> None:
    flow, t, f = hand.flow, hand.texts, hand.formats
    flow.heading(1, title, quiet=True)
    about = t(
        "order_line", edition=data.edition, date=f.long_date(data.ordered_on), agency=data.agency_name, epj=data.epj
    )
    flow.text(about, SMALL_SOFT)
    signatory = data.signatory
    who = (signatory.name, signatory.role, signatory.email, signatory.mobile_masked)
    flow.add(parts.parties(hand, data.seller, data.customer, (data.rep_name, data.agency_name, data.rep_phone), who))
    flow.add(parts.answers(hand, _answers(hand, data)))
    flow.heading(2, t("what"))
    flow.add(parts.overview(hand, data.sub_orders, data.total_excl_vat, data.vat, data.total_incl_vat))
    left = parts.due_dates(hand, data.instalments, data.total_incl_vat)
    right = [
        hand.label("arrangements", width=parts.HALF),
        parts.pairs(*_terms(hand, data), width=parts.HALF, label=84.0),
    ]
    flow.add(parts.side_by_side(left, right))


def _answers(hand: Hand, data: OrderFormData) -> list[tuple[str, str, str, bool]]:
    t, f = hand.texts, hand.formats
    first, note = parts.first_payment(hand, data.instalments, data.total_incl_vat)
    today = parts.due_today(data.instalments, data.ordered_on)
    return [
        parts.cost(hand, data.total_excl_vat, data.total_incl_vat),
        (t("when" if data.mandate else "when_invoice"), first, note, True),
        (t("today"), f.money(today), t("today_something" if today else "today_nothing"), False),
    ]


def _terms(hand: Hand, data: OrderFormData) -> list[tuple[str, str]]:
    t, f = hand.texts, hand.formats
    out = [(t("method"), t(f"method_{data.payment_method}"))]
    if data.mandate:
        out += [(t("account"), f.mask_iban(data.mandate.iban)), (t("mandate_ref"), data.mandate.umr)]
    out.append((t("invoice"), t(f"invoice_{data.invoice_delivery}", email=data.customer.email)))
    if data.withdrawal:
        out.append((t("withdrawal_label"), t("withdrawal_until", date=f.date(data.withdrawal.until))))
    else:
        out.append((t("withdrawal_label"), t("withdrawal_none")))
    return out


def _details(hand: Hand, data: OrderFormData) -> None:
    flow, t = hand.flow, hand.texts
    flow.page_break(fill=1 / 3)
    flow.heading(2, t("detail"))
    flow.add(parts.lines(hand, data.sub_orders, data.total_excl_vat, data.vat))
    gone = parts.cancelled(hand, data.sub_orders)
    if gone:
        flow.heading(3, t("cancelled"))
        flow.items(gone, SMALL)
    flow.heading(2, t("plan"))
    parts.add_schedule(hand, data.instalments, data.total_incl_vat)
    if data.mandate and data.instalments:
        flow.text(t("plan_notice"), SMALL_SOFT, before=4.0)
    flow.heading(2, t("invoicing"))
    known = (t(f"enclosure_{e}") if f"enclosure_{e}" in t else e for e in data.enclosures)
    flow.add(
        parts.pairs(
            (t("invoice"), t(f"invoice_{data.invoice_delivery}", email=data.customer.email)),
            (t("enclosures"), ", ".join(known) or t("enclosures_none")),
            (t("terms_label"), t("terms_version", version=data.terms_version)),
        )
    )
    if data.special_conditions:
        flow.heading(2, t("special"))
        flow.text(data.special_conditions)
    flow.heading(2, t("declarations"))
    flow.add(Ticks(_declared(hand, data), width=WIDTH, yes=t("yes"), no=t("no"), before=2.0))


def _declared(hand: Hand, data: OrderFormData) -> list[tuple[bool, str]]:
    t = hand.texts
    durable = (True, t("declared_durable", email=data.signatory.email))
    if data.withdrawal is None:
        return [(True, t("declared_none")), durable]
    n = data.withdrawal.employees
    key = {None: "declared_few", 0: "declared_no_one", 1: "declared_one"}.get(n, "declared_employees")
    return [
        (True, t(key, n=n)),
        (True, t("declared_outside")),
        (data.withdrawal.early_start, t("declared_early")),
        durable,
    ]
