"""The quote: the order form's first pages with a day until which it holds, and nothing to sign."""

from templates import catalog, french
from templates.documents import parts, terms_pages
from templates.documents.facts import QuoteData
from templates.documents.samples import ROSE_QUOTE
from templates.layout import SMALL_SOFT, STRONG

VERSION = "2026.11.1"
"""Changes with every change of looks or words."""

SAMPLE = ROSE_QUOTE

__all__ = ["SAMPLE", "VERSION", "QuoteData", "render"]


def render(data: QuoteData) -> bytes:
    """The quote as PDF/A-3b, PDF/UA-1; the same bytes for the same data.

    Raises:
        MissingGlyphError: a text holds characters that cannot be printed.
        UnknownTermsError: the version of the general terms is not known.
    """
    t, f = catalog.texts("order_form", data.language), french.formats(data.language)
    title = t("quote_title", number=data.number)
    hand = parts.begin(
        t,
        data.language,
        title=title,
        day=data.issued_on,
        look=data.brand,
        foot=parts.foot(t, f, data.seller),
        author=data.seller.legal_name,
        specimen=data.specimen,
        quote=True,
    )
    flow = hand.flow
    flow.heading(1, title, quiet=True)
    if data.name:
        flow.text(t("quote_subject", name=data.name), STRONG)
    until = f.date(data.valid_until)
    flow.text(
        t(
            "quote_line",
            edition=data.edition,
            date=f.long_date(data.issued_on),
            until=until,
            agency=data.agency_name,
            epj=data.epj,
        ),
        SMALL_SOFT,
    )
    rep = (data.rep_name, data.agency_name, data.rep_phone)
    flow.add(parts.parties(hand, data.seller, data.customer, rep, (data.contact_name,)))
    first, note = parts.first_payment(hand, data.instalments, data.total_incl_vat)
    flow.add(
        parts.answers(
            hand,
            [
                parts.cost(hand, data.total_excl_vat, data.total_incl_vat),
                (t("quote_first"), first, note, True),
                (t("quote_valid"), until, t("quote_valid_note"), False),
            ],
        )
    )
    flow.heading(2, t("quote_what"))
    flow.add(parts.overview(hand, data.sub_orders, data.total_excl_vat, data.vat, data.total_incl_vat))
    flow.text(t("quote_notice", until=until), SMALL_SOFT, before=16.0)
    flow.page_break(fill=1 / 3)
    flow.heading(2, t("quote_detail"))
    flow.add(parts.lines(hand, data.sub_orders, data.total_excl_vat, data.vat))
    gone = parts.cancelled(hand, data.sub_orders)
    if gone:
        flow.heading(3, t("cancelled"))
        flow.items(gone, SMALL_SOFT)
    flow.heading(2, t("quote_plan"))
    parts.add_schedule(hand, data.instalments, data.total_incl_vat)
    if data.instalments:
        flow.text(t("quote_plan_notice"), SMALL_SOFT, before=4.0)
    if data.special_conditions:
        flow.heading(2, t("special"))
        flow.text(data.special_conditions)
    terms_pages.add(hand, data.terms_version)
    return flow.finish()
