"""The right of withdrawal (code de la consommation, L221-3, L221-5, L221-10, L221-18 to L221-28): notice and form.

The notice follows the model of the annex to R221-3 (with the online function of decree 2026-3), the form that of the
annex to R221-1. The form stands alone on the last sheet: it can be torn off without touching the contract
(Cass. 1re civ., 20 December 2023, 21-16.491).
"""

from templates import brand
from templates.documents import parts
from templates.documents.facts import Party, WithdrawalData
from templates.documents.parts import Hand
from templates.layout import BODY, HEAD, SMALL_SOFT, WIDTH, Block, Columns, Panel, Pen, Text


class Blank(Block):
    """A label and a line to write on."""

    def __init__(self, label: str, *, lines: int = 1, before: float = 2 * brand.STEP) -> None:
        self.text = Text(label, BODY, width=WIDTH if lines > 1 else WIDTH * 0.45)
        self.lines, self.before = lines, before
        self.height = self.text.height + (3 * brand.STEP * lines if lines > 1 else 0.0)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """The label, then the lines."""
        self.text.draw(pen, x, top)
        if self.lines == 1:
            pen.rule(x + WIDTH * 0.45, top - self.text.height + 2.0, WIDTH * 0.55)
        else:
            for i in range(self.lines):
                pen.rule(x, top - self.text.height - 3 * brand.STEP * (i + 1), WIDTH)


def add(hand: Hand, withdrawal: WithdrawalData, seller: Party, number: str) -> None:
    """Adds the notice on a page, then the form on a sheet of its own, the last of the file."""
    _notice(hand, withdrawal, seller)
    _form(hand, seller, number)


def _notice(hand: Hand, withdrawal: WithdrawalData, seller: Party) -> None:
    flow, t, f = hand.flow, hand.texts, hand.formats
    until, debit = f.long_date(withdrawal.until), f.long_date(withdrawal.earliest_debit)
    flow.page_break()
    flow.heading(2, t("notice"))
    column = (WIDTH - parts.GAP) / 2
    sides: list[tuple[float, list[Block]]] = [
        (
            0.0,
            [
                Text(t("notice_until_label"), SMALL_SOFT, width=column),
                Text(t("notice_dates", until=until), HEAD, width=column),
            ],
        ),
        (
            column + parts.GAP,
            [
                Text(t("notice_debit_label"), SMALL_SOFT, width=column),
                Text(t("notice_debit", date=debit), HEAD, width=column),
            ],
        ),
    ]
    flow.add(Panel(Columns(sides), width=WIDTH, accent=flow.accent, before=brand.STEP))
    where = {
        "until": until,
        "seller": seller.legal_name,
        "address": parts.one_line(seller.address),
        "phone": f.phone(seller.phone).replace(" ", "\u00a0"),
        "email": seller.email,
    }
    flow.text(t("notice_1", **where), BODY, before=2 * brand.STEP)
    flow.text(t("notice_2", **where), BODY, before=brand.STEP)
    if withdrawal.online_url:
        flow.text(t("notice_online", url=withdrawal.online_url), BODY, before=brand.STEP)
    flow.text(t("notice_3"), BODY, before=brand.STEP)
    flow.heading(3, t("notice_effects"))
    flow.text(t("notice_4"), BODY)
    flow.text(t("notice_5"), BODY, before=brand.STEP)
    flow.text(t("notice_payment"), BODY, before=brand.STEP)
    flow.text(t("notice_early" if withdrawal.early_start else "notice_held"), BODY, before=brand.STEP)


def _form(hand: Hand, seller: Party, number: str) -> None:
    flow, t = hand.flow, hand.texts
    flow.sheet()
    flow.heading(2, t("form"))
    flow.text(t("form_hint"), SMALL_SOFT)
    where = {"seller": seller.legal_name, "address": parts.one_line(seller.address), "email": seller.email}
    flow.text(t("form_to", **where), BODY, before=3 * brand.STEP)
    flow.text(t("form_text"), BODY, before=2 * brand.STEP)
    flow.text(t("form_object", number=number), BODY, before=brand.STEP)
    flow.add(
        Blank(t("form_ordered"), before=3 * brand.STEP),
        Blank(t("form_name")),
        Blank(t("form_address"), lines=2),
        Blank(t("form_signature"), lines=3),
        Blank(t("form_date"), before=3 * brand.STEP),
    )
    flow.text(t("form_strike"), SMALL_SOFT, before=3 * brand.STEP)
