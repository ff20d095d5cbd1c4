"""The amendment of a SEPA mandate: another account, signed by its holder in a ceremony of its own.

A new mandate with a reference of its own, which every bank takes without amendment information (AmdmntInfDtls); the
first page says what it replaces and what will be debited under it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from templates import brand, catalog, french
from templates.documents import mandate_page, parts, signature_page
from templates.documents.facts import InstalmentData, Language, MandateData, Party, Signatory
from templates.documents.parts import Hand
from templates.documents.samples import CUSTOMER, INSTALMENTS, ROSE, SELLER
from templates.documents.signature_page import Signing
from templates.layout import BODY, SMALL, SMALL_SOFT, Block, Column, Row, Table, Text

VERSION = "2026.11.1"
"""Changes with every change of looks or words."""


@dataclass(frozen=True, slots=True)
class OpenDebit:
    """A debit that the new mandate takes over; `due_on` None: its day is announced later."""

    order: str
    due_on: date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AmendmentData:
    """What one amendment says: the new mandate, and the old one with its account masked."""

    number: str
    prepared_on: date
    language: Language
    specimen: bool
    brand: brand.Brand
    seller: Party
    customer: Party
    agency_name: str
    rep_name: str
    rep_phone: str | None
    epj: str
    signatory: Signatory
    mandate: MandateData
    old_umr: str
    old_account: str
    old_signed_on: date
    debits: tuple[OpenDebit, ...]
    verify_url: str
    place: str


SAMPLE = AmendmentData(
    number="2026-LYO-M000003",
    prepared_on=date(2027, 3, 12),
    language="fr",
    specimen=False,
    brand=ROSE.brand,
    seller=SELLER,
    customer=CUSTOMER,
    agency_name="Agence de Lyon",
    rep_name="Claire Delmas",
    rep_phone="+33612345601",
    epj="05123874",
    signatory=ROSE.signatory,
    mandate=MandateData(
        umr="M-2026-LYO-M000003",
        creditor_id="FR05ZZZ594821",
        scheme="CORE",
        sequence_type="RCUR",
        debtor_name="AU NOM DE LA ROSE LYON SARL",
        debtor_address=CUSTOMER.address,
        iban="FR1420041010050500013M02606",
        bic="PSSTFRPPPAR",
        place="Lyon",
    ),
    old_umr="LUM-2026-LYO-000042",
    old_account="FR•• •••• 6534",
    old_signed_on=date(2026, 11, 23),
    debits=tuple(OpenDebit("2026-LYO-000042", each.due_on, each.amount) for each in INSTALMENTS[3:]),
    verify_url=ROSE.verify_url,
    place="Lyon",
)


def render(data: AmendmentData) -> bytes:
    """The amendment as PDF/A-3b, PDF/UA-1; the same bytes for the same data.

    Raises:
        MissingGlyphError: a text holds characters that cannot be printed.
    """
    t, f = catalog.texts("order_form", data.language), french.formats(data.language)
    title = t("amendment_title", number=data.number)
    hand = parts.begin(
        t,
        data.language,
        title=title,
        day=data.prepared_on,
        look=data.brand,
        foot=parts.foot(t, f, data.seller),
        author=data.seller.legal_name,
        specimen=data.specimen,
    )
    _first_page(hand, data, title)
    contract = t("amendment_contract", epj=data.epj, customer=data.customer.legal_name)
    mandate_page.add(hand, data.mandate, data.seller, data.signatory, contract)
    _signatures(hand, data)
    return hand.flow.finish()


def _first_page(hand: Hand, data: AmendmentData, title: str) -> None:
    flow, t, f, who = hand.flow, hand.texts, hand.formats, data.signatory
    flow.heading(1, title, quiet=True)
    about = t("amendment_line", date=f.long_date(data.prepared_on), agency=data.agency_name, epj=data.epj)
    flow.text(about, SMALL_SOFT)
    signatory = (who.name, who.role, who.email, who.mobile_masked)
    rep = (data.rep_name, data.agency_name, data.rep_phone)
    flow.add(parts.parties(hand, data.seller, data.customer, rep, signatory))
    flow.add(parts.answers(hand, _answers(hand, data)))
    flow.heading(2, t("amendment_what"))
    flow.text(t("amendment_text", old=data.old_umr, new=data.mandate.umr), BODY, before=4.0)
    left = [hand.label("amendment_debits", width=parts.HALF), _debits(hand, data.debits)]
    right = [
        hand.label("amendment_mandates", width=parts.HALF),
        parts.pairs(
            (t("amendment_old"), f"{data.old_umr}\n{t('amendment_since', date=f.date(data.old_signed_on))}"),
            (t("amendment_old_account"), data.old_account),
            (t("amendment_new"), data.mandate.umr),
            (t("amendment_new_account"), f.iban(data.mandate.iban)),
            (t("amendment_holder"), data.mandate.debtor_name),
            width=parts.HALF,
            label=84.0,
        ),
    ]
    flow.add(parts.side_by_side(left, right))
    flow.text(t("amendment_notice" if data.debits else "amendment_no_debit"), SMALL_SOFT, before=2 * brand.STEP)


def _answers(hand: Hand, data: AmendmentData) -> list[parts.Answer]:
    t, f = hand.texts, hand.formats
    dated = [each for each in data.debits if each.due_on]
    first = min(dated, key=lambda each: each.due_on or date.max, default=None)
    when = f.date(first.due_on) if first and first.due_on else t("amendment_later")
    account = data.mandate.iban[-4:]
    note = t("amendment_first", amount=f.money(first.amount)) if first else t("amendment_announced")
    return [
        (t("amendment_ask"), f"…{account}", t("amendment_ask_note", name=data.mandate.debtor_name), True),
        (t("when"), when, note, True),
        (t("today"), f.money(Decimal("0.00")), t("today_nothing"), False),
    ]


def _debits(hand: Hand, debits: tuple[OpenDebit, ...]) -> Block:
    """The debits of each order, equal amounts in one row; then what has no day yet, and the sum."""
    t, f = hand.texts, hand.formats
    if not debits:
        return Text(t("amendment_none"), SMALL, width=parts.HALF)
    rows = []
    for order in sorted({each.order for each in debits}):
        mine = [each for each in debits if each.order == order]
        rows.append(Row([order], "group"))
        dated = sorted((each.due_on, each.amount) for each in mine if each.due_on)
        rows += parts.grouped(hand, [InstalmentData(day, amount) for day, amount in dated])
        rows += [Row([t("amendment_later"), f.amount(each.amount)]) for each in mine if each.due_on is None]
    rows.append(Row([t("plan_total"), f.amount(sum((each.amount for each in debits), Decimal("0.00")))], "total"))
    columns = [Column(t("due")), Column(t("amount_head"), 84, "right")]
    return Table(columns, rows, width=parts.HALF, accent=hand.flow.accent, before=2.0)


def _signatures(hand: Hand, data: AmendmentData) -> None:
    flow, t, who = hand.flow, hand.texts, data.signatory
    flow.page_break()
    flow.heading(2, t("signatures"))
    flow.text(
        t(
            "amendment_signing",
            name=who.name,
            role=who.role,
            customer=data.customer.legal_name,
            new=data.mandate.umr,
            old=data.old_umr,
        ),
        BODY,
        before=4.0,
    )
    signature_page.add_fields(
        hand,
        Signing(
            act=t("amendment_title", number=data.number),
            seller=data.seller.legal_name,
            customer=data.customer.legal_name,
            signatory=who,
            place=data.place,
            verify_url=data.verify_url,
        ),
    )
