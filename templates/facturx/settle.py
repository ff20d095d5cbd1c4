"""From signed lines to totals, and to the kind of document they make.

An invoice never has a negative total: an order that takes back more than it gives becomes a credit note whose
lines all change sign. A line that takes something back inside an invoice keeps a positive price and gets a negative
quantity (BR-27, BR-28, BR-FR-DEC-03).
"""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from templates.facturx.data import InvoiceData, InvoiceLine, Kind, Preceding, Sums, Vat, VatTotal

CENT: Final = Decimal("0.01")
NOTHING: Final = Decimal("0.00")
# Nine figures of quantity, fifteen of price and seven of discount are more than the 28 of the default context.
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Settled:
    """What lines make: the kind of document, the lines with its signs, the totals."""

    kind: Kind
    lines: tuple[InvoiceLine, ...]
    sums: Sums


def to_cents(amount: Decimal) -> Decimal:
    """Half up to the cent, away from zero; nothing has no sign."""
    return _EXACT.quantize(amount, CENT) or NOTHING


def gross_of(line: InvoiceLine) -> Decimal:
    """Quantity x unit price before discount, to the cent."""
    return to_cents(_EXACT.multiply(line.quantity, line.unit_price))


def line_net(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal = NOTHING) -> Decimal:
    """Quantity x unit price less discount, rounded once."""
    kept = _EXACT.subtract(Decimal(100), discount_percent)
    gross = _EXACT.multiply(quantity, unit_price)
    return to_cents(_EXACT.divide(_EXACT.multiply(gross, kept), Decimal(100)))


def vat_on(base: Decimal, rate: Decimal) -> Decimal:
    """BT-117: the tax on a base, to the cent."""
    return to_cents(_EXACT.divide(_EXACT.multiply(base, rate), Decimal(100)))


def totals_of(lines: tuple[InvoiceLine, ...]) -> Sums:
    """VAT per rate and category on the sum of the nets, never per line (BR-CO-17); highest rate first."""
    bases: dict[Vat, Decimal] = {}
    for line in lines:
        bases[line.vat] = bases.get(line.vat, NOTHING) + line.net
    ordered = sorted(bases, key=lambda vat: (-vat.rate, vat.category, vat.exemption))
    by_rate = tuple(VatTotal(vat, bases[vat], vat_on(bases[vat], vat.rate)) for vat in ordered)
    excl_vat = sum((line.net for line in lines), NOTHING)
    vat = sum((total.amount for total in by_rate), NOTHING)
    return Sums(excl_vat, vat, excl_vat + vat, by_rate)


def turned(lines: tuple[InvoiceLine, ...]) -> tuple[InvoiceLine, ...]:
    """The same lines with the opposite sign: what was taken back becomes what is credited."""
    return tuple(replace(line, quantity=-line.quantity, net=-line.net or NOTHING) for line in lines)


def settle(lines: tuple[InvoiceLine, ...]) -> Settled:
    """Totals and kind: an order below nothing makes a credit note."""
    sums = totals_of(lines)
    if sums.incl_vat >= 0:
        return Settled("invoice", lines, sums)
    opposite = turned(lines)
    return Settled("credit_note", opposite, totals_of(opposite))


def credit_of(invoice: InvoiceData, *, number: str, issued_on: dt.date, reason: str) -> InvoiceData:
    """The credit note that cancels a whole invoice: nothing is deleted, everything is given back (STANDARDS 5.3)."""
    return replace(
        invoice,
        number=number,
        kind="credit_note",
        issued_on=issued_on,
        reason=reason,
        corrects=Preceding(invoice.number, invoice.issued_on),
        due_on=None,
        instalments=(),
        payment=None,
    )
