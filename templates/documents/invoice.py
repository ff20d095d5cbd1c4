"""The invoice and the credit note: what a person reads, with the same figures inside for programs (Factur-X).

Print and file are made from one frozen value; the mentions are those of article 242 nonies A of annexe II of the CGI,
L441-9 and R123-238 of the Code de commerce, and of the decrees 2022-1299 and 2024-266.
"""

from templates import brand, catalog, french
from templates.documents.invoice_payment import add_payment, payment_answer
from templates.documents.invoice_sample import ROSE
from templates.documents.parts import GAP, THIRD, Hand, KeyFigure, begin, period
from templates.facturx import Address, InvoiceData, InvoiceLine, Party, Seller, invoice_xml
from templates.facturx.wording import LANGUAGE, VAT_ON_DEBITS, correction
from templates.layout import (
    FINE,
    HEAD,
    LARGE,
    SMALL,
    SMALL_SOFT,
    SMALL_STRONG,
    WIDTH,
    Block,
    Column,
    Columns,
    Heading,
    Items,
    Pairs,
    Panel,
    Rich,
    Row,
    Stack,
    Style,
    Table,
    Text,
)
from templates.layout.text import width
from templates.pdf import Attachment, factur_x

VERSION = "2026.11.1"
"""Changes with every change of looks or words: kept with each invoice, so that it can be drawn again."""

SAMPLE = ROSE

_STEP = THIRD + GAP


def render(
    data: InvoiceData,
    *,
    look: brand.Brand | None = None,
    language: french.Language = "fr",
    xml: bytes | None = None,
) -> bytes:
    """The invoice as PDF/A-3b, PDF/UA-1 with `factur-x.xml` inside; the same bytes for the same data.

    Args:
        data: what is invoiced.
        look: name, logo and colour of the seller; by default its legal name in the house's colour.
        language: of the labels; the notes that the law asks for stay in French.
        xml: the file already written from the same data, where the caller has it.

    Raises:
        InvoiceError: a figure, date or identifier does not hold.
        MissingGlyphError: a text holds characters that cannot be printed.
    """
    xml = invoice_xml(data) if xml is None else xml
    t, f = catalog.texts("invoice", language), french.formats(language)
    title = t(f"title_{data.kind}", number=data.number)
    seller = data.seller
    hand = begin(
        t,
        language,
        title=title,
        day=data.issued_on,
        look=look or brand.Brand(seller.trade_name or seller.name),
        foot=_foot(t, f, seller),
        author=seller.name,
        specimen=data.specimen,
    )
    flow = hand.flow
    _head(hand, data, title)
    flow.add(Panel(_answers(hand, data), width=WIDTH, accent=flow.accent, before=3 * brand.STEP))
    flow.heading(2, t("detail"))
    flow.add(_lines(hand, data))
    add_payment(hand, data)
    _mentions(hand, data)
    attachment = Attachment("factur-x.xml", xml, "text/xml", "Alternative", t("attachment"), flow.facts.when)
    return flow.finish(attachments=(attachment,), schemas=(factur_x(level="EN 16931"),))


def _foot(t: catalog.Texts, f: french.Formats, seller: Seller) -> str:
    legal = t("foot_capital", amount=f.money(seller.share_capital)) if seller.share_capital is not None else ""
    legal += f" · {seller.rcs}" if seller.rcs else ""
    return t("foot", name=seller.name, address=", ".join(_address(seller.address)), legal=legal)


def _address(address: Address) -> list[str]:
    lines = [address.line1, address.line2, f"{address.postal_code} {address.city}".strip()]
    return [line for line in (*lines, "" if address.country == "FR" else address.country) if line]


def _head(hand: Hand, data: InvoiceData, title: str) -> None:
    flow, t, f = hand.flow, hand.texts, hand.formats
    flow.heading(1, title, quiet=True)
    issued = "issued_credit_note" if data.kind == "credit_note" else "issued"
    about = [t(issued, date=f.long_date(data.issued_on))]
    if data.order_number:
        about.append(t("about_order", number=data.order_number))
    if data.customer_number:
        about.append(t("about_customer", number=data.customer_number))
    flow.text(" · ".join(about), SMALL_SOFT)
    columns = [_party(hand, "seller", data.seller), _party(hand, "buyer", data.buyer), _references(hand, data)]
    flow.add(Columns([(i * _STEP, blocks) for i, blocks in enumerate(columns)], before=2.5 * brand.STEP))


def _party(hand: Hand, key: str, party: Party) -> list[Block]:
    t, f = hand.texts, hand.formats
    lines = [party.trade_name if not party.name.startswith(party.trade_name) else "", *_address(party.address)]
    siren = " ".join(party.siren[i : i + 3] for i in (0, 3, 6))
    lines.append(t("siren", value=siren))
    if party.siret:
        lines.append(t("siret", value=f"{siren} {party.siret[9:]}"))
    if party.vat_number:
        lines.append(t("vat_number", value=party.vat_number))
    if isinstance(party, Seller):
        if party.share_capital is not None:
            kind = "capital" if party.legal_form else "capital_bare"
            lines.append(t(kind, form=party.legal_form, amount=f.money(party.share_capital)))
        lines += [party.rcs, party.email, f.phone(party.phone) if party.phone else ""]
    return [
        hand.label(key),
        Text(party.name, SMALL_STRONG, width=THIRD, before=2.0),
        Text("\n".join(line for line in lines if line), SMALL, width=THIRD),
    ]


def _references(hand: Hand, data: InvoiceData) -> list[Block]:
    t, f = hand.texts, hand.formats
    rows = [("ref_order", data.order_number), ("ref_buyer_order", data.buyer_order)]
    if data.corrects:
        value = t("ref_corrects_value", number=data.corrects.number, date=f.date(data.corrects.issued_on))
        rows.append(("ref_corrects", value))
    if data.period:
        first, last = map(f.date, data.period)
        rows.append(("ref_period", t("ref_period_value", first=first, last=last)))
    rows.append(("ref_operation", t(f"operation_{data.operation}")))
    blocks: list[Block] = [
        hand.label("references"),
        Pairs([(t(key), value) for key, value in rows if value], width=THIRD, label=84.0, before=2.0),
    ]
    if data.delivery:
        place = "\n".join([data.delivery.name, *_address(data.delivery.address)])
        blocks.append(Text(t("ref_delivery"), SMALL_SOFT, width=THIRD, before=brand.STEP))
        blocks.append(Text(place, SMALL, width=THIRD))
    return blocks


def _answers(hand: Hand, data: InvoiceData) -> Columns:
    t, f = hand.texts, hand.formats
    net, tax, total = data.sums.excl_vat, data.sums.vat, data.sums.incl_vat
    credit = data.kind == "credit_note"
    note = t("key_note", net=f.money(net), vat=f.money(tax))
    figures = [("key_credit" if credit else "key_due", f.money(total), note, LARGE)]
    if credit and data.corrects:
        corrected = t("key_corrected_note", date=f.date(data.corrects.issued_on))
        figures.append(("key_corrected", data.corrects.number, corrected, HEAD))
    elif credit:
        figures.append(("key_granted", data.credited_contract, t("key_granted_note"), HEAD))
    elif answer := payment_answer(hand, data):
        figures.append((*answer, LARGE))
    figures.append(
        ("key_issued", f.date(data.issued_on), t("key_issued_note_credit_note" if credit else "key_issued_note"), HEAD)
    )
    return Columns(
        [
            (i * _STEP, [KeyFigure(hand.label(key), answer, note, width=THIRD, style=_fitting(answer, style))])
            for i, (key, answer, note, style) in enumerate(figures)
        ]
    )


def _fitting(answer: str, style: Style) -> Style:
    """The style wished for, or the next smaller one for a sum of hundreds of millions."""
    return style if width(answer, style) <= THIRD else HEAD


def _lines(hand: Hand, data: InvoiceData) -> Table:
    t, f = hand.texts, hand.formats
    rows, group = [], ""
    for line in data.lines:
        if line.group != group:
            group = line.group
            rows.append(Row([group or t("detail")], "group"))
        rows.append(Row(_cells(hand, line)))
    blank = [""] * 5
    rows.append(Row([t("total_net"), *blank, f.amount(data.sums.excl_vat)], "total"))
    for total in data.sums.by_rate:
        base = f.money(total.base)
        named = t("vat_line", rate=f.percent(total.vat.rate), base=base) if total.vat.rate else t("vat_none", base=base)
        why = [Rich(total.vat.exemption, SMALL_SOFT)] if total.vat.exemption else []
        rows.append(Row([[Rich(named), *why], *blank, Rich(f.amount(total.amount))], "sum"))
    rows.append(Row([t("total"), *blank, f.amount(data.sums.incl_vat)], "total"))
    columns = [
        Column(t("label_head")),
        Column(t("period_head"), 72),
        Column(t("quantity_head"), 38, "right"),
        Column(t("price_head"), 66, "right"),
        Column(t("discount_head"), 52, "right"),
        Column(t("vat_head"), 44, "right"),
        Column(t("net_head"), 70, "right"),
    ]
    return Table(columns, rows, width=WIDTH, accent=hand.flow.accent, before=4.0, summary=t("table_summary"))


def _cells(hand: Hand, line: InvoiceLine) -> list[str | Rich | list[Rich]]:
    t, f = hand.texts, hand.formats
    where = t("department", value=line.department) if line.department else ""
    under = " · ".join(part for part in (line.code, line.activity, where) if part)
    quantity, price = line.billed
    return [
        [Rich(line.label), *([Rich(under, SMALL_SOFT)] if under else [])],
        period(hand, line.starts_on, line.ends_on),
        f.quantity(quantity),
        f.price(price),
        f.quantity(line.discount_percent) if line.discount_percent else "",
        f.quantity(line.vat.rate),
        f.amount(line.net),
    ]


def _mentions(hand: Hand, data: InvoiceData) -> None:
    flow, t, f = hand.flow, hand.texts, hand.formats
    notes = [correction(data)] if data.kind == "credit_note" else []
    if data.kind == "invoice":
        notes += [data.mentions.discount, data.mentions.penalty, data.mentions.recovery]
    if data.vat_on_debits:
        notes.append(f"{VAT_ON_DEBITS}.")
    # What the law asks for stays in French, and says so to a reader who hears it.
    law = "" if flow.facts.language == LANGUAGE else LANGUAGE
    lists = [Items(notes, FINE, width=WIDTH, before=2.0, lang=law)]
    contact = " · ".join(part for part in (data.seller.email, f.phone(data.seller.phone)) if part)
    if contact:
        lists.append(Items([t("contact", contact=contact)], FINE, width=WIDTH))
    heading = Heading(3, t("mentions"), width=WIDTH, accent=flow.accent)
    flow.add(Stack([heading, *lists]))
