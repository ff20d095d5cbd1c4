"""The rose sample with every name, text and price new each time, so that nothing measured or drawn serves again."""

import random
from dataclasses import fields, is_dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from templates.documents.facts import InstalmentData, LineData, OrderFormData, VatLine
from templates.documents.samples import ROSE

CENT = Decimal("0.01")
KEPT = {
    "country",
    "postal_code",
    "siren",
    "siret",
    "vat_number",
    "phone",
    "accent",
    "mobile_masked",
    "department",
    "unit",
}
"""What has a form of its own, and a seller's rules to follow."""


def _new(value, rng):
    """The value with the letters of each of its words in another order."""
    if isinstance(value, str):
        return " ".join("".join(rng.sample(word, len(word))) for word in value.split(" "))
    if isinstance(value, tuple):
        return tuple(_new(each, rng) for each in value)
    if is_dataclass(value):
        told = {f.name: getattr(value, f.name) for f in fields(value) if f.init and f.name not in KEPT}
        return replace(value, **{k: _new(v, rng) for k, v in told.items() if isinstance(v, str | tuple)})
    return value


def _net(line, price):
    return (line.quantity * price * (100 - line.discount_percent) / 100).quantize(CENT, ROUND_HALF_UP)


def _price(rng):
    return Decimal(rng.randrange(10_000, 200_000)).scaleb(-2)


def _plan(kind, dates, total):
    each = (total / len(dates)).quantize(CENT)
    return tuple(
        kind(day, each if n < len(dates) - 1 else total - each * (len(dates) - 1)) for n, day in enumerate(dates)
    )


def order_form(n: int, *, lines: int | None = None) -> OrderFormData:
    """The n-th form; with `lines`, that many in one sub-order."""
    rng = random.Random(n)
    subs, net = [], Decimal(0)
    given = ROSE.sub_orders
    if lines is not None:
        whole = tuple(line for sub in given for line in sub.lines)
        given = (replace(given[0], lines=tuple(whole[i % len(whole)] for i in range(lines))),)
    for sub in given:
        drawn = tuple(_order_line(line, rng) for line in sub.lines)
        subs.append(
            replace(sub, range_name=_new(sub.range_name, rng), lines=drawn, net=sum(line.net for line in drawn))
        )
        net += subs[-1].net
    vat = (net / 5).quantize(CENT, ROUND_HALF_UP)
    number = f"2026-LYO-{n % 1_000_000:06d}"
    return replace(
        ROSE,
        number=number,
        customer=_new(ROSE.customer, rng),
        rep_name=_new(ROSE.rep_name, rng),
        epj=f"{rng.randrange(10**8):08d}",
        signatory=_new(ROSE.signatory, rng),
        sub_orders=tuple(subs),
        total_excl_vat=net,
        vat=(VatLine(Decimal("20.00"), net, vat),),
        total_incl_vat=net + vat,
        instalments=_plan(InstalmentData, [i.due_on for i in ROSE.instalments], net + vat),
        mandate=replace(
            _new(replace(ROSE.mandate, iban=""), rng),
            iban=ROSE.mandate.iban,
            umr=f"LUM-{number}",
            scheme="CORE",
            sequence_type="RCUR",
            creditor_id=ROSE.mandate.creditor_id,
        ),
        special_conditions=_new(ROSE.special_conditions, rng),
        verify_url=ROSE.verify_url,  # the same on every order of an installation
        place=_new(ROSE.place, rng),
    )


def _order_line(line: LineData, rng) -> LineData:
    price = _price(rng)
    net = Decimal("0.00") if line.status == "cancelled" else _net(line, price)
    new = _new(replace(line, status="new"), rng)
    return replace(new, status=line.status, unit_price=price, net=net)


def invoice(n: int):
    """The n-th invoice."""
    # What only invoices need would count as memory of the order form.
    from templates.documents.invoice_sample import ROSE as INVOICE
    from templates.facturx import Instalment, settle

    rng = random.Random(n)
    drawn = []
    for line in INVOICE.lines:
        price = _price(rng)
        net = _net(line, price)
        told = {key: _new(getattr(line, key), rng) for key in ("label", "code", "activity")}
        drawn.append(replace(line, unit_price=price, net=net, **told))
    settled = settle(tuple(drawn))
    buyer = replace(INVOICE.buyer, name=_new(INVOICE.buyer.name, rng), address=_new(INVOICE.buyer.address, rng))
    dates = [i.due_on for i in INVOICE.instalments]
    return replace(
        INVOICE,
        number=f"F2026-{n % 1_000_000:06d}",
        buyer=buyer,
        lines=settled.lines,
        sums=settled.sums,
        order_number=f"2026-LYO-{n % 1_000_000:06d}",
        instalments=_plan(Instalment, dates, settled.sums.incl_vat),
    )
