"""How and when an invoice is paid: the answer at its head, the terms and the schedule under its lines."""

from templates import brand
from templates.documents.parts import HALF, Hand, pairs, side_by_side
from templates.facturx import CreditTransfer, DirectDebit, InvoiceData
from templates.french import DOT
from templates.layout import SMALL_SOFT, Block, Column, Row, Table

_BESIDE = 12
"""Schedules up to that length stand beside the terms; longer ones run over pages on their own."""


def payment_answer(hand: Hand, data: InvoiceData) -> tuple[str, str, str] | None:
    """Key of the question, answer and note: when the first payment is, and what follows."""
    t, f = hand.texts, hand.formats
    due, parts = data.payment_date, data.instalments
    if due is None or data.sums.incl_vat == 0:
        return None
    debit = isinstance(data.payment, DirectDebit)
    if len(parts) < 2:
        return ("key_debit_one" if debit else "key_transfer"), f.date(due), t("key_one_note")
    first, count = parts[0], len(parts) - 1
    key = "key_first_note_two" if count == 1 else "key_first_note"
    note = t(key, amount=f.money(first.amount), count=count, last=f.date(due))
    return ("key_debit" if debit else "key_transfer"), f.date(first.due_on), note


def add_payment(hand: Hand, data: InvoiceData) -> None:
    """The terms, and the schedule where there are several payments."""
    flow, t = hand.flow, hand.texts
    several = len(data.instalments) > 1
    if several and len(data.instalments) <= _BESIDE:
        left: list[Block] = [hand.label("payment"), pairs(*_terms(hand, data), width=HALF, label=100.0)]
        right: list[Block] = [hand.label("schedule"), _schedule(hand, data, HALF)]
        flow.add(side_by_side(left, right))
    else:
        flow.heading(2, t("payment"))
        terms = _terms(hand, data)
        if len(terms) == 1:
            flow.text(terms[0][1])
        else:
            flow.add(pairs(*terms))
        if several:
            flow.heading(2, t("schedule"))
            flow.add(_schedule(hand, data, 360.0))
    if data.instalments and isinstance(data.payment, DirectDebit):
        flow.text(t("notice"), SMALL_SOFT, before=brand.STEP)


def _terms(hand: Hand, data: InvoiceData) -> list[tuple[str, str]]:
    t, f, payment = hand.texts, hand.formats, data.payment
    if data.kind == "credit_note":
        return [(t("means"), t("means_credit"))]
    if data.sums.incl_vat == 0:
        return [(t("means"), t("means_none"))]
    due = data.payment_date
    rows = [(t("due"), f.date(due) if due else t("due_on_receipt"))] if len(data.instalments) < 2 else []
    if isinstance(payment, DirectDebit):
        account = f"{payment.account_country}{DOT * 2} {DOT * 4} {payment.account_last4}"
        return [
            (t("means"), t("means_debit")),
            *rows,
            *([(t("account"), account)] if payment.account_last4 else []),
            (t("mandate"), payment.mandate),
            (t("creditor"), payment.creditor_id),
        ]
    rows = [(t("means"), t("means_transfer")), *rows]
    if isinstance(payment, CreditTransfer):
        rows.append((t("iban"), f.iban(payment.iban)))
        rows += [(t(key), value) for key, value in (("bic", payment.bic), ("holder", payment.holder)) if value]
    return [*rows, (t("transfer_reference"), data.number)]


def _schedule(hand: Hand, data: InvoiceData, width: float) -> Table:
    t, f = hand.texts, hand.formats
    rows = [
        Row([str(number), f.date(part.due_on), f.amount(part.amount)])
        for number, part in enumerate(data.instalments, start=1)
    ]
    rows.append(Row([t("schedule_total"), "", f.amount(data.sums.incl_vat)], "total"))
    columns = [Column(t("schedule_number"), 40), Column(t("due")), Column(t("schedule_amount"), 110, "right")]
    return Table(columns, rows, width=width, accent=hand.flow.accent, before=2.0)
