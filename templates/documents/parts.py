"""What an order form and a quote have in common, drawn once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import groupby

from templates import brand
from templates.catalog import Texts
from templates.documents import sheet
from templates.documents.facts import Address, InstalmentData, LineData, Party, SubOrderData, VatLine
from templates.french import Formats, Language, formats
from templates.layout import (
    HEAD,
    LARGE,
    SIGNS,
    SMALL,
    SMALL_SOFT,
    SMALL_STRONG,
    STRONG,
    WIDTH,
    Block,
    Column,
    Columns,
    Flow,
    Pairs,
    Panel,
    Pen,
    Rich,
    Row,
    Stack,
    Style,
    Table,
    Text,
    coloured,
)

GAP = 16.0
THIRD = (WIDTH - 2 * GAP) / 3
HALF = (WIDTH - 2 * GAP) / 2


@dataclass(frozen=True, slots=True)
class Hand:
    """The page flow with the words and the formats of the document's language."""

    flow: Flow
    texts: Texts
    formats: Formats
    quote: bool = False

    def label(self, key: str, *, width: float = THIRD) -> Text:
        """A small heading over a column."""
        return Text(self.texts(key), coloured(STRONG, self.flow.accent), width=width, tag="H2")


def begin(
    texts: Texts,
    language: Language,
    *,
    title: str,
    day: date,
    look: brand.Brand,
    foot: str,
    author: str,
    specimen: bool,
    running: str = "",
    quote: bool = False,
) -> Hand:
    """An empty document of one day, in the name of a seller; `running` heads its pages, by default the title."""
    word = texts("specimen") if specimen else ""
    of = sheet.Look(brand=look, foot=foot, language=language, author=author, specimen=word)
    flow = sheet.flow(of, title=title, running=running or title, when=datetime.combine(day, time(), UTC))
    return Hand(flow, texts, formats(language), quote)


def address_lines(address: Address) -> list[str]:
    """The address as on an envelope; the country only when it is not France."""
    lines = [*address.lines, f"{address.postal_code} {address.city}"]
    return lines if address.country == "FR" else [*lines, address.country]


def full_address(hand: Hand, address: Address) -> str:
    """The address with its country, France by name and others by code."""
    lines = address_lines(address)
    return "\n".join([*lines, hand.texts("france")] if address.country == "FR" else lines)


def one_line(address: Address) -> str:
    """The address in a sentence."""
    return ", ".join(address_lines(address))


def identifiers(hand: Hand, party: Party) -> list[str]:
    """What identifies a party in law, each on its line."""
    t, f = hand.texts, hand.formats
    spaced = f"{party.siret[:3]} {party.siret[3:6]} {party.siret[6:9]} {party.siret[9:]}"
    out = [t("siret", value=spaced), t("vat_number", value=party.vat_number)]
    if party.rcs:
        out.insert(0, party.rcs)
    if party.naf:
        out.append(t("naf", value=party.naf))
    if party.share_capital is not None:
        out.append(t("capital", value=f.money(party.share_capital)))
    return out


def foot(hand_texts: Texts, f: Formats, seller: Party) -> str:
    """The seller's line at the foot of each page."""
    legal = hand_texts("foot_capital", amount=f.money(seller.share_capital)) if seller.share_capital is not None else ""
    legal += f" · {seller.rcs}" if seller.rcs else ""
    return hand_texts("foot", name=seller.legal_name, address=one_line(seller.address), legal=legal)


def party(hand: Hand, key: str, of: Party) -> list[Block]:
    """One party under its label."""
    trade = [of.trade_name] if of.trade_name and of.trade_name != of.legal_name else []
    lines = [*trade, *address_lines(of.address), *identifiers(hand, of), of.email, hand.formats.phone(of.phone)]
    return [
        hand.label(key),
        Text(of.legal_name, SMALL_STRONG, width=THIRD, before=2.0),
        Text("\n".join(line for line in lines if line), SMALL, width=THIRD),
    ]


def parties(
    hand: Hand, seller: Party, customer: Party, rep: tuple[str, str, str | None], who: Sequence[str]
) -> Columns:
    """Seller, customer, and those who speak for them: rep, agency, telephone; the customer's name and particulars."""
    t, f = hand.texts, hand.formats
    rep_name, agency, phone = rep
    people: list[Block] = [
        hand.label("contact"),
        Text(rep_name, SMALL_STRONG, width=THIRD, before=2.0),
        Text("\n".join([agency, f.phone(phone)] if phone else [agency]), SMALL, width=THIRD),
        Text(t("signatory_label" if len(who) > 1 else "contact_label"), SMALL_SOFT, width=THIRD, before=brand.STEP),
        Text(who[0], SMALL_STRONG, width=THIRD),
    ]
    if any(who[1:]):
        people.append(Text("\n".join(line for line in who[1:] if line), SMALL, width=THIRD))
    columns = (party(hand, "seller", seller), party(hand, "customer", customer), people)
    return Columns([(i * (THIRD + GAP), blocks) for i, blocks in enumerate(columns)], before=2.5 * brand.STEP)


class KeyFigure(Block):
    """A question, the answer as the largest thing around, a few words about it; answers share a base line."""

    def __init__(self, question: Text, answer: str, note: str, *, width: float, style: Style = LARGE) -> None:
        self.question = question
        self.answer = Text(answer, style, width=width)
        self.note = Text(note, SMALL_SOFT, width=width)
        self.height = question.height + 36.0 + self.note.height

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Question, answer, note."""
        self.question.draw(pen, x, top)
        base = top - self.question.height - 27.0
        style = self.answer.style
        self.answer.draw(pen, x, base + style.base)
        self.note.draw(pen, x, top - self.question.height - 36.0)


Answer = tuple[str, str, str, bool]
"""Question, answer, note, and whether the answer is one of the largest things on the page."""


def cost(hand: Hand, net: Decimal, total: Decimal) -> Answer:
    """What it costs."""
    t, f = hand.texts, hand.formats
    return t("cost"), f.money(total), t("cost_note", net=f.money(net), vat=f.money(total - net)), True


def answers(hand: Hand, given: Sequence[Answer]) -> Panel:
    """Three answers side by side."""
    figures = []
    for i, (question, answer, note, big) in enumerate(given):
        asked = Text(question, coloured(STRONG, hand.flow.accent), width=THIRD, tag="H2")
        figures.append((i * (THIRD + GAP), [KeyFigure(asked, answer, note, width=THIRD, style=LARGE if big else HEAD)]))
    return Panel(Columns(figures), width=WIDTH, accent=hand.flow.accent, before=3 * brand.STEP)


# -- what is bought ------------------------------------------------------------------------------------------------

STATUSES = ("renewed", "new", "modified", "cancelled")


def contents(hand: Hand, lines: Sequence[LineData]) -> str:
    """« 1 reconduite, 2 nouvelles »."""
    out = []
    for status in STATUSES:
        n = sum(1 for line in lines if line.status == status)
        if n:
            out.append(hand.texts(f"count_{status}_{'one' if n == 1 else 'many'}", n=n))
    return ", ".join(out)


def overview(
    hand: Hand, sub_orders: Sequence[SubOrderData], net: Decimal, vat: Sequence[VatLine], total: Decimal
) -> Table:
    """One row for each sub-order, then the totals with VAT by rate."""
    t, f = hand.texts, hand.formats
    rows = [
        Row([f"{s.number} · {s.range_name}", s.order_ref, contents(hand, s.lines), f.amount(s.net)]) for s in sub_orders
    ]
    rows.append(Row([t("total_net"), "", "", f.amount(net)], "total"))
    rows += [
        Row(
            [Rich(t("vat_line", rate=f.percent(v.rate), base=f.money(v.base))), "", "", Rich(f.amount(v.amount))], "sum"
        )
        for v in vat
    ]
    rows.append(Row([t("total"), "", "", f.amount(total)], "total"))
    columns = [
        Column(t("range"), 168),
        Column(t("quote_ref" if hand.quote else "order_ref"), 72),
        Column(t("contents")),
        Column(t("net_head"), 66, "right"),
    ]
    return Table(columns, rows, width=WIDTH, accent=hand.flow.accent, before=4.0)


def period(hand: Hand, first: date | None, last: date | None) -> str:
    """When a line runs, on two lines for a narrow column; nothing where it is not known."""
    if first is None:
        return ""
    t, f = hand.texts, hand.formats
    return t("period", first=f.date(first), last=f.date(last)) if last else t("period_from", first=f.date(first))


def _where(hand: Hand, line: LineData) -> str:
    parts = [line.activity, hand.texts("department", value=line.department) if line.department else None]
    return " · ".join(p for p in parts if p)


def _cells(hand: Hand, line: LineData, *, several_rates: bool) -> list[str | Rich | list[Rich]]:
    t, f = hand.texts, hand.formats
    gone = line.status == "cancelled"
    style = SMALL_SOFT if gone else SMALL
    under = " · ".join(p for p in (line.code, _where(hand, line)) if p)
    if several_rates:
        under += " · " + t("line_vat", rate=f.percent(line.vat_rate))
    return [
        [Rich(line.label, style), Rich(under, SMALL_SOFT), *(Rich(d, SMALL_SOFT) for d in line.details)],
        Rich(t(f"status_{line.status}"), style, SIGNS[line.status]),
        Rich(period(hand, line.starts_on, line.ends_on), style),
        Rich(f.quantity(line.quantity), style),
        Rich(f.price(line.unit_price), style),
        Rich(f.quantity(line.discount_percent) if line.discount_percent else "", style),
        Rich(f.amount(line.net), style),
    ]


def lines(
    hand: Hand,
    sub_orders: Sequence[SubOrderData],
    net: Decimal,
    vat: Sequence[VatLine],
) -> Table:
    """Every line of every sub-order, with subtotals."""
    t, f = hand.texts, hand.formats
    rows = []
    for s in sub_orders:
        key = ("quote_group" if hand.quote else "group") + ("_mo" if s.mo else "")
        rows.append(Row([t(key, number=s.number, range=s.range_name, ref=s.order_ref, mo=s.mo)], "group"))
        rows += [Row(_cells(hand, line, several_rates=len(vat) > 1)) for line in s.lines]
        if len(sub_orders) > 1:
            rows.append(Row([t("subtotal", number=s.number), "", "", "", "", "", f.amount(s.net)], "total"))
    rows.append(Row([t("total_net"), "", "", "", "", "", f.amount(net)], "total"))
    columns = [
        Column(t("label_head")),
        Column(t("status_head"), 70),
        Column(t("period_head"), 66),
        Column(t("quantity_head"), 30, "right"),
        Column(t("price_head"), 56, "right"),
        Column(t("discount_head"), 54, "right"),
        Column(t("net_head"), 60, "right"),
    ]
    return Table(
        columns,
        rows,
        width=WIDTH,
        accent=hand.flow.accent,
        before=4.0,
        summary=t("quote_table_summary" if hand.quote else "table_summary"),
    )


def cancelled(hand: Hand, sub_orders: Sequence[SubOrderData]) -> list[str]:
    """A sentence for each line that ends."""
    out = []
    for s in sub_orders:
        for line in s.lines:
            if line.status == "cancelled":
                where = _where(hand, line)
                key = "cancelled_line" if where else "cancelled_line_bare"
                out.append(hand.texts(key, label=line.label, where=where, number=s.number))
    return out


# -- when it is paid -----------------------------------------------------------------------------------------------


def grouped(hand: Hand, instalments: Sequence[InstalmentData]) -> list[Row]:
    """Instalments of equal amounts in a row, one row each."""
    t, f = hand.texts, hand.formats
    rows = []
    for amount, same in groupby(instalments, key=lambda i: i.amount):
        due = [i.due_on for i in same]
        key = "group_one" if len(due) == 1 else "group_two" if len(due) == 2 else "group_many"
        rows.append(Row([t(key, n=len(due), first=f.date(due[0]), last=f.date(due[-1])), f.amount(amount)]))
    return rows


def due_dates(hand: Hand, instalments: Sequence[InstalmentData], total: Decimal) -> list[Block]:
    """The plan at a glance, half the measure wide."""
    t = hand.texts
    label = hand.label("instalments", width=HALF)
    if not instalments:
        return [label, Text(t("plan_credit" if total <= 0 else "plan_none"), SMALL, width=HALF)]
    columns = [Column(t("due")), Column(t("amount_head"), 84, "right")]
    return [label, Table(columns, grouped(hand, instalments), width=HALF, accent=hand.flow.accent, before=2.0)]


def add_schedule(hand: Hand, instalments: Sequence[InstalmentData], total: Decimal) -> None:
    """Adds the whole plan, or the sentence that says why there is none."""
    if instalments:
        hand.flow.add(schedule(hand, instalments))
    else:
        hand.flow.text(hand.texts("plan_credit" if total <= 0 else "plan_none"))


def schedule(hand: Hand, instalments: Sequence[InstalmentData]) -> Block:
    """The whole plan with what is still due after each payment; kept on one page unless it is long."""
    t, f = hand.texts, hand.formats
    total = sum((i.amount for i in instalments), Decimal(0))
    rest, rows = total, []
    for n, i in enumerate(instalments, 1):
        rest -= i.amount
        rows.append(Row([str(n), f.date(i.due_on), f.amount(i.amount), f.amount(rest)]))
    rows.append(Row([t("plan_total"), "", f.amount(total), ""], "total"))
    columns = [
        Column(t("plan_number"), 40),
        Column(t("due")),
        Column(t("amount_head"), 100, "right"),
        Column(t("plan_rest"), 100, "right"),
    ]
    table = Table(columns, rows, width=360.0, accent=hand.flow.accent, before=4.0)
    return Stack([table]) if len(instalments) <= 24 else table


def due_today(instalments: Sequence[InstalmentData], today: date) -> Decimal:
    """What falls due on the day of the document, or before."""
    return sum((i.amount for i in instalments if i.due_on <= today), Decimal(0))


def first_payment(hand: Hand, instalments: Sequence[InstalmentData], total: Decimal) -> tuple[str, str]:
    """The date of the first payment, and what it and the others are."""
    t, f = hand.texts, hand.formats
    if not instalments:
        key = "when_credit" if total <= 0 else "when_none"
        return t(key), t(f"{key}_note")
    first, last, count = instalments[0], instalments[-1], len(instalments)
    key = "when_note_one" if count == 1 else "when_note_two" if count == 2 else "when_note_many"
    return f.date(first.due_on), t(key, amount=f.money(first.amount), count=count - 1, last=f.date(last.due_on))


def pairs(*rows: tuple[str, str], width: float = WIDTH, label: float = 140.0) -> Pairs:
    """Labels and values between hairlines."""
    return Pairs(rows, width=width, label=label, ruled=True, gap=3.0, before=4.0)


def side_by_side(left: Sequence[Block], right: Sequence[Block]) -> Columns:
    """Two columns of half the measure."""
    return Columns([(0.0, [Stack(left)]), (HALF + 2 * GAP, [Stack(right)])], before=3 * brand.STEP)
