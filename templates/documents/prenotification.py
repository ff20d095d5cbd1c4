"""The pre-notification of a debit: amount, date, mandate and creditor, 14 days ahead (SDD rulebook 4.3; STANDARDS 4.3).

A single debit or a whole schedule, as a letter; the account is shown by its last four characters.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from templates import brand, catalog, french
from templates.documents import parts
from templates.documents.facts import Address, InstalmentData, Language, Party
from templates.documents.parts import GAP, THIRD, Hand, KeyFigure
from templates.layout import (
    HEAD,
    LARGE,
    SMALL,
    SMALL_SOFT,
    SMALL_STRONG,
    WIDTH,
    Block,
    Column,
    Columns,
    Panel,
    Row,
    Table,
    Text,
)

VERSION: Final = "2026.11.1"
"""Changes with every change of looks or words."""

_STEP: Final = THIRD + GAP
_BESIDE: Final = 16
"""Schedules up to that length stand beside the references, so that the notice is one sheet."""


@dataclass(frozen=True, slots=True)
class PrenotificationData:
    """What one notice announces. `reference` says for what: « facture F2026-000017 »."""

    reference: str
    issued_on: dt.date
    brand: brand.Brand
    seller: Party
    creditor_id: str
    holder: str
    holder_address: Address
    umr: str
    signed_on: dt.date
    debits: tuple[InstalmentData, ...]
    account_country: str = "FR"
    account_last4: str = field(default="", repr=False)
    scheme: Literal["CORE", "B2B"] = "CORE"
    language: Language = "fr"
    specimen: bool = False

    @property
    def total(self) -> Decimal:
        """Sum of the debits."""
        return sum((debit.amount for debit in self.debits), Decimal(0))

    @property
    def account(self) -> str:
        """The account, masked."""
        return f"{self.account_country}{french.DOT * 2} {french.DOT * 4} {self.account_last4 or french.DOT * 4}"


SAMPLE: Final = PrenotificationData(
    reference="facture F2026-000017",
    issued_on=dt.date(2026, 12, 18),
    brand=brand.Brand("Lumière Annuaires"),
    seller=Party(
        legal_name="Lumière Annuaires SA",
        address=Address(("7 avenue de la Cristallerie",), "92310", "Sèvres"),
        siren="904125762",
        siret="90412576200016",
        vat_number="FR54904125762",
        email="service.client@lumiere-annuaires.example",
        phone="+33146233000",
        share_capital=Decimal("1500000.00"),
        rcs="RCS Nanterre 904 125 762",
    ),
    creditor_id="FR05ZZZ594821",
    holder="AU NOM DE LA ROSE LYON SARL",
    holder_address=Address(("12 rue de la République",), "69002", "Lyon"),
    umr="M-2026-LYO-000042",
    signed_on=dt.date(2026, 11, 23),
    debits=tuple(
        InstalmentData(dt.date(2027, month, 5), Decimal("605.68" if month < 10 else "605.64")) for month in range(1, 11)
    ),
    account_last4="6534",
)


def render(data: PrenotificationData) -> bytes:
    """The notice as PDF/A-3b, PDF/UA-1; the same bytes for the same data.

    Raises:
        MissingGlyphError: a text holds characters that cannot be printed.
    """
    t, f = catalog.texts("prenotification", data.language), french.formats(data.language)
    hand = parts.begin(
        t,
        data.language,
        title=t("head", reference=data.reference),
        running=t("title"),
        day=data.issued_on,
        look=data.brand,
        foot=parts.foot(t, f, data.seller),
        author=data.seller.legal_name,
        specimen=data.specimen,
    )
    flow = hand.flow
    flow.heading(1, t("title"), quiet=True)
    flow.text(t("issued", date=f.long_date(data.issued_on), reference=data.reference), SMALL_SOFT)
    creditor = _party(hand, "from", data.seller.legal_name, data.seller.address)
    holder = _party(hand, "to", data.holder, data.holder_address)
    # The addressee stands on the right, in the window of an envelope (NF Z11-001).
    flow.add(Columns([(0.0, creditor), (_STEP * 1.75, holder)], before=3 * brand.STEP))
    flow.add(Panel(_answers(hand, data), width=WIDTH, accent=flow.accent, before=4 * brand.STEP))
    _letter(hand, data)
    return flow.finish()


def _party(hand: Hand, key: str, name: str, address: Address) -> list[Block]:
    return [
        hand.label(key),
        Text(name, SMALL_STRONG, width=THIRD, before=2.0),
        Text("\n".join(parts.address_lines(address)), SMALL, width=THIRD),
    ]


def _answers(hand: Hand, data: PrenotificationData) -> Columns:
    t, f = hand.texts, hand.formats
    first, last, count = data.debits[0], data.debits[-1], len(data.debits)
    many = "one" if count == 1 else "many"
    key = {1: "note_one", 2: "note_two"}.get(count, "note_many")
    note = t(key, amount=f.money(first.amount), count=count - 1, last=f.date(last.due_on))
    figures = [
        (f"key_amount_{many}", f.money(data.total), data.reference, LARGE),
        (f"key_date_{many}", f.date(first.due_on), note, LARGE),
        ("key_account", data.account, t("note_account", umr=data.umr), HEAD),
    ]
    return Columns(
        [
            (i * _STEP, [KeyFigure(hand.label(key), answer, under, width=THIRD, style=style)])
            for i, (key, answer, under, style) in enumerate(figures)
        ]
    )


def _letter(hand: Hand, data: PrenotificationData) -> None:
    flow, t, f = hand.flow, hand.texts, hand.formats
    several = len(data.debits) > 1
    flow.text(t("greeting"), before=3 * brand.STEP)
    body = t(
        "body_many" if several else "body_one",
        umr=data.umr,
        signed=f.date(data.signed_on),
        amount=f.money(data.total),
        date=f.long_date(data.debits[0].due_on),
        count=len(data.debits),
        account=data.account,
        reference=data.reference,
    )
    flow.text(body, before=brand.STEP)
    flow.text(t("target"), before=brand.STEP)
    if 1 < len(data.debits) <= _BESIDE:
        left: list[Block] = [hand.label("schedule"), _schedule(hand, data, parts.HALF)]
        right: list[Block] = [hand.label("facts"), parts.pairs(*_facts(hand, data), width=parts.HALF, label=100.0)]
        flow.add(parts.side_by_side(left, right))
    else:
        if several:
            flow.heading(2, t("schedule"))
            flow.add(_schedule(hand, data, 360.0))
        flow.heading(2, t("facts"))
        flow.add(parts.pairs(*_facts(hand, data)))
    flow.heading(3, t("rights"))
    flow.text(t(f"rights_{data.scheme}"), SMALL)
    contact = " · ".join(part for part in (data.seller.email, f.phone(data.seller.phone)) if part)
    flow.text(t("contact", contact=contact), SMALL, before=brand.STEP)


def _facts(hand: Hand, data: PrenotificationData) -> list[tuple[str, str]]:
    t = hand.texts
    return [
        (t("creditor_id"), data.creditor_id),
        (t("umr"), data.umr),
        (t("scheme"), t(f"scheme_{data.scheme}")),
        (t("account"), data.account),
    ]


def _schedule(hand: Hand, data: PrenotificationData, width: float) -> Table:
    t, f = hand.texts, hand.formats
    rows = [
        Row([str(number), f.date(debit.due_on), f.amount(debit.amount)])
        for number, debit in enumerate(data.debits, start=1)
    ]
    rows.append(Row([t("total"), "", f.amount(data.total)], "total"))
    columns = [Column(t("number_head"), 40), Column(t("due_head")), Column(t("amount_head"), 90, "right")]
    return Table(columns, rows, width=width, accent=hand.flow.accent, before=2.0)
