"""What a proposal costs. Exact decimals; rounded half up to the cent, per line and per VAT rate (DESIGN 5)."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Final

from pipeline.proposal.models import Line, Proposal, SubOrder

CENT: Final = Decimal("0.01")
NOTHING: Final = Decimal("0.00")

# A line may take 9 + 6 figures of price, 7 of quantity and 7 of discount: more than the 28 of the default context.
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class VatTotal:
    """One VAT rate of a proposal: `rate` in hundredths, `base` and `amount` in euros."""

    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class SubOrderTotal:
    """What one sub-order comes to before tax, and each of its lines, in the order of the proposal."""

    number: str
    net: Decimal
    lines: tuple[Decimal, ...]


@dataclass(frozen=True)
class Totals:
    """All sums of a proposal, in euros to the cent."""

    sub_orders: tuple[SubOrderTotal, ...]
    vat: tuple[VatTotal, ...]
    """By descending rate; a rate whose lines come to nil is kept when a line that counts carries it."""
    excl_vat: Decimal
    incl_vat: Decimal

    @property
    def vat_amount(self) -> Decimal:
        """Sum of the VAT of all rates."""
        return self.incl_vat - self.excl_vat


def round_cents(amount: Decimal) -> Decimal:
    """Half up to the cent, away from zero, as French accounting and EN 16931 round; nil has no sign."""
    rounded = _EXACT.quantize(amount, CENT)
    return rounded or NOTHING


def counts(line: Line, *, in_mo: bool) -> bool:
    """Whether a line enters the sums: a cancelled one does so only in an MO, where it takes something back."""
    return in_mo or line.status != "cancelled"


def line_net(line: Line, *, in_mo: bool = False) -> Decimal:
    """Quantity x unit price less discount, to the cent; nil for a line that does not count.

    Args:
        line: the product.
        in_mo: whether its sub-order modifies a running order.
    """
    return line_price(line) if counts(line, in_mo=in_mo) else NOTHING


def line_price(line: Line) -> Decimal:
    """Quantity x unit price less discount, to the cent, whether the line counts or not: what a form prints."""
    gross = _EXACT.multiply(Decimal(line.quantity), line.unit_price)
    kept = _EXACT.subtract(Decimal(100), line.discount_percent)
    return round_cents(_EXACT.divide(_EXACT.multiply(gross, kept), Decimal(100)))


def sub_order_total(sub_order: SubOrder) -> SubOrderTotal:
    """The lines of a sub-order and their sum."""
    nets = tuple(line_net(line, in_mo=sub_order.mo is not None) for line in sub_order.lines)
    return SubOrderTotal(sub_order.number, sum(nets, NOTHING), nets)


def totals(proposal: Proposal) -> Totals:
    """All sums of a proposal: VAT is worked out per rate on the sum of the nets, never per line (BR-S-08)."""
    sub_orders = tuple(sub_order_total(sub_order) for sub_order in proposal.sub_orders)
    bases: dict[Decimal, Decimal] = {}
    for sub_order, total in zip(proposal.sub_orders, sub_orders, strict=True):
        for line, net in zip(sub_order.lines, total.lines, strict=True):
            if counts(line, in_mo=sub_order.mo is not None):
                bases[line.vat_rate] = bases.get(line.vat_rate, NOTHING) + net
    vat = tuple(VatTotal(rate, bases[rate], vat_on(bases[rate], rate)) for rate in sorted(bases, reverse=True))
    excl_vat = sum((total.net for total in sub_orders), NOTHING)
    return Totals(sub_orders, vat, excl_vat, sum((item.amount for item in vat), excl_vat))


def vat_on(base: Decimal, rate: Decimal) -> Decimal:
    """The VAT of a base in euros at a rate in hundredths, to the cent."""
    return round_cents(_EXACT.divide(_EXACT.multiply(base, rate), Decimal(100)))


def spread(total: Decimal, parts: int) -> tuple[Decimal, ...]:
    """A sum cut into equal cents, the remainder on the last: 100 in 3 gives 33.33, 33.33, 33.34.

    Raises:
        ValueError: there is no part to put it in.
    """
    if parts < 1:
        raise ValueError("a sum is spread over one part at least")
    exact = _EXACT.divide(total, Decimal(parts))
    each = _EXACT.quantize(exact, CENT)
    if abs(each) * (parts - 1) >= abs(total):  # rounding up would leave the last part nothing, or less
        each = exact.quantize(CENT, ROUND_DOWN, _EXACT)
    return (*([each] * (parts - 1)), total - each * (parts - 1))
