"""What an order form says as plain blocks, for the peers that draw its twin: each wraps, measures and paginates itself.

Blocks: `["h1" to "h3", text]`, `["text" | "soft" | "strong" | "large" | "fine", text]`, `["break"]`,
`["columns", [[block, ...], ...]]`, `["table", widths, heads, rows, right]` (a row is a list of texts, of one text over
all columns; its last place says whether it is bold), `["pairs", [[label, value], ...]]`, `["code", [row, ...]]`.
"""

from typing import Any

import segno

from templates import catalog, french, terms
from templates.documents import parts
from templates.documents.facts import OrderFormData
from templates.documents.order_form import _declared, _terms
from templates.documents.parts import Hand
from templates.layout import Flow, Furniture
from templates.pdf import Facts


def outline(data: OrderFormData, *, code: bool = True) -> dict[str, Any]:
    """The form's furniture and blocks; `code`: the modules of its QR code, for those who cannot encode it."""
    t, f = catalog.texts("order_form", data.language), french.formats(data.language)
    title = t("order_title", number=data.number)
    foot = parts.foot(t, f, data.seller)
    hand = Hand(Flow(Facts(title, "fr-FR", data.ordered_on), Furniture(data.brand, title, foot)), t, f)
    blocks = [*_first(hand, data, title), *_second(hand, data), *_mandate(hand, data), *_last(hand, data)]
    if code:
        matrix = segno.make_qr(data.verify_url, error="m", boost_error=False, mask=0).matrix
        blocks.append(["code", ["".join("1" if dark else "0" for dark in row) for row in matrix]])
    else:
        blocks.append(["code", data.verify_url])
    return {"title": title, "brand": data.brand.name, "accent": data.brand.accent, "foot": foot, "blocks": blocks}


def _first(hand, data, title):
    t, f = hand.texts, hand.formats
    line = t(
        "order_line", edition=data.edition, date=f.long_date(data.ordered_on), agency=data.agency_name, epj=data.epj
    )
    first, note = parts.first_payment(hand, data.instalments, data.total_incl_vat)
    today = parts.due_today(data.instalments, data.ordered_on)
    net, total = data.total_excl_vat, data.total_incl_vat
    people = [
        ["h2", t("contact")], ["strong", data.rep_name], ["text", data.agency_name], ["text", f.phone(data.rep_phone)],
        ["soft", t("signatory_label")], ["strong", data.signatory.name], ["text", data.signatory.role],
        ["text", data.signatory.email], ["text", data.signatory.mobile_masked],
    ]  # fmt: skip
    rows = [
        [f"{s.number} · {s.range_name}", s.order_ref, parts.contents(hand, s.lines), f.amount(s.net), False]
        for s in data.sub_orders
    ]
    rows.append([t("total_net"), "", "", f.amount(net), True])
    rows += [
        [t("vat_line", rate=f.percent(v.rate), base=f.money(v.base)), "", "", f.amount(v.amount), False]
        for v in data.vat
    ]
    rows.append([t("total"), "", "", f.amount(total), True])
    plan = [[*row.cells, False] for row in parts.grouped(hand, data.instalments)]
    heads = [t("range"), t("order_ref"), t("contents"), t("net_head")]
    return [
        ["h1", title], ["soft", line],
        ["columns", [_party(hand, "seller", data.seller), _party(hand, "customer", data.customer), people]],
        ["columns", [
            [["h2", t("cost")], ["large", f.money(total)],
             ["soft", t("cost_note", net=f.money(net), vat=f.money(total - net))]],
            [["h2", t("when")], ["large", first], ["soft", note]],
            [["h2", t("today")], ["strong", f.money(today)], ["soft", t("today_nothing")]],
        ]],
        ["h2", t("what")],
        ["table", [168, 72, 209, 66], heads, rows, [3]],
        ["columns", [
            [["h2", t("instalments")], ["table", [158, 84], [t("due"), t("amount_head")], plan, [1]]],
            [["h2", t("arrangements")], ["pairs", _terms(hand, data)]],
        ]],
        ["break"],
    ]  # fmt: skip


def _party(hand, key, party):
    t, f = hand.texts, hand.formats
    lines = [party.trade_name, *parts.address_lines(party.address), *parts.identifiers(hand, party), party.email]
    lines.append(f.phone(party.phone))
    return [["h2", t(key)], ["strong", party.legal_name], *(["text", line] for line in lines if line)]


def _second(hand, data):
    t, f = hand.texts, hand.formats
    rows = []
    for s in data.sub_orders:
        rows.append([t("group", number=s.number, range=s.range_name, ref=s.order_ref), True])
        for line in s.lines:
            label, status, period, *figures = parts._cells(hand, line, several_rates=False)
            rows.append(["\n".join(r.text for r in label), status.text, period.text, *(r.text for r in figures), False])
        if len(data.sub_orders) > 1:
            rows.append([t("subtotal", number=s.number), "", "", "", "", "", f.amount(s.net), True])
    rows.append([t("total_net"), "", "", "", "", "", f.amount(data.total_excl_vat), True])
    names = ("label", "status", "period", "quantity", "price", "discount", "net")
    rest, plan = data.total_incl_vat, []
    for n, i in enumerate(data.instalments, 1):
        rest -= i.amount
        plan.append([str(n), f.date(i.due_on), f.amount(i.amount), f.amount(rest), False])
    plan.append([t("plan_total"), "", f.amount(data.total_incl_vat), "", True])
    known = ", ".join(t(f"enclosure_{e}") for e in data.enclosures)
    return [
        ["h2", t("detail")],
        ["table", [179, 70, 66, 30, 56, 54, 60], [t(f"{n}_head") for n in names], rows, [3, 4, 5, 6]],
        ["h3", t("cancelled")],
        *(["text", f"• {line}"] for line in parts.cancelled(hand, data.sub_orders)),
        ["h2", t("plan")],
        ["table", [40, 120, 100, 100], [t("plan_number"), t("due"), t("amount_head"), t("plan_rest")], plan, [2, 3]],
        ["soft", t("plan_notice")],
        ["h2", t("invoicing")],
        ["pairs", [
            [t("invoice"), t("invoice_electronic", email=data.customer.email)],
            [t("enclosures"), known],
            [t("terms_label"), t("terms_version", version=data.terms_version)],
        ]],
        ["h2", t("special")], ["text", data.special_conditions],
        ["h2", t("declarations")], *(["text", told] for _, told in _declared(hand, data)),
        ["break"],
    ]  # fmt: skip


def _mandate(hand, data):
    t, f, mandate, seller, who = hand.texts, hand.formats, data.mandate, data.seller, data.signatory
    where = {"creditor": seller.legal_name, "address": parts.one_line(seller.address), "email": seller.email}
    return [
        ["h2", t("mandate_core")],
        ["text", t("mandate_text_core", creditor=seller.legal_name)],
        ["pairs", [
            [t("umr"), mandate.umr], [t("mandate_type"), t(f"type_{mandate.sequence_type}")],
            [t("mandate_contract"), t("mandate_contract_value", number=data.number)],
        ]],
        ["h3", t("creditor")],
        ["pairs", [
            [t("creditor_name"), seller.legal_name], [t("creditor_id"), mandate.creditor_id],
            [t("creditor_address"), parts.full_address(hand, seller.address)],
        ]],
        ["h3", t("debtor")],
        ["pairs", [
            [t("debtor_name"), mandate.debtor_name],
            [t("debtor_address"), parts.full_address(hand, mandate.debtor_address)],
            [t("iban"), f.iban(mandate.iban)], [t("bic"), mandate.bic],
        ]],
        ["h3", t("mandate_signature")],
        ["pairs", [
            [t("mandate_place"), mandate.place], [t("mandate_date"), t("mandate_date_value")],
            [t("mandate_signed"), t("mandate_signed_value", name=who.name, role=who.role)],
        ]],
        *(["soft", t(key, **where)] for key in ("mandate_rights", "mandate_privacy", "mandate_return")),
        ["break"],
    ]  # fmt: skip


def _last(hand, data):
    t, who = hand.texts, data.signatory
    articles = terms.articles(data.terms_version)
    blocks = [["h2", t("terms")], ["soft", t("terms_intro", version=data.terms_version, count=len(articles))]]
    for n, article in enumerate(articles, 1):
        blocks += [["h3", t("terms_article", n=n, title=article.title)], ["fine", article.text]]
    total = hand.formats.money(data.total_incl_vat)
    order = t("customer_order", number=data.number)
    intro = {"name": who.name, "role": who.role, "customer": data.customer.legal_name}
    return [
        *blocks,
        ["break"],
        ["h2", t("signatures")],
        ["text", t("signatures_intro", **intro, total=total, terms=data.terms_version)],
        ["text", t("signatures_mandate", umr=data.mandate.umr)],
        ["soft", t("signatures_proof")],
        ["h3", t("for_seller")],
        ["strong", t("seller_seal", name=data.seller.legal_name)],
        ["text", order],
        ["soft", t("seller_when")],
        ["h3", t("for_customer")],
        ["strong", f"{who.name}, {who.role}"],
        ["text", t("customer_for", name=data.customer.legal_name)],
        ["text", order],
        ["text", t("customer_place", place=data.place)],
        ["strong", t("customer_means", mobile=who.mobile_masked)],
        ["soft", t("customer_when")],
        ["soft", t("verify")],
    ]
