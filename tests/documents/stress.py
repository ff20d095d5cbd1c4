"""Documents filled to their limits: what a test is not about is that of the sample."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from pipeline.documents.samples import with_withdrawal
from templates.documents import evidence, invoice, order_form, quote, slip
from templates.documents.facts import Address, InstalmentData, VatLine
from tests.templates.invoices import make_invoice, make_line

LONG_NAME = "Société coopérative artisanale des maîtres-verriers du Beaujolais et de la Dombes réunis SA"
ONE_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsvertretung"
COMMENT = ("Visuel fourni par l'annonceur avant le 15/03/2027 ; texte à relire avec lui avant parution. " * 23)[:2000]
HOSTILE = "<b>Fleurs</b> & <font size=90> {{ 7*7 }} {name} %s &amp; \\(x) /P <</MCID 0>> BDC ET"
MANY_SCRIPTS = "Ελλάδα Москва محمد שלום 北京 東京すし हिन्दी 🌹😀"
RATES = ("20", "10", "8.5", "5.5", "2.1")


def _lines(lines, count, label):
    return tuple(replace(lines[i % len(lines)], label=f"{label} Produit{i:03d}".strip()) for i in range(count))


def _sold(sample, *, count, name, label, big, negative):
    """Sub-orders, totals and plan of an order form or a quote."""
    factor = Decimal(1000 if big else 1) * (-1 if negative else 1)
    subs = []
    for n, sub in enumerate(sample.sub_orders):
        lines = sub.lines if n else _lines(sub.lines, count, label)
        lines = tuple(replace(line, unit_price=line.unit_price * factor, net=line.net * factor) for line in lines)
        subs.append(replace(sub, lines=lines, net=sub.net * factor, range_name=name or sub.range_name))
    base = sample.total_excl_vat * factor
    vat = tuple(VatLine(Decimal(rate), base, (base * Decimal(rate) / 100).quantize(Decimal("0.01"))) for rate in RATES)
    plan = tuple(InstalmentData(i.due_on, i.amount * factor) for i in sample.instalments)
    return {
        "sub_orders": tuple(subs),
        "total_excl_vat": base,
        "vat": vat,
        "total_incl_vat": base + sum(v.amount for v in vat),
        "instalments": () if negative else plan,
    }


def order(*, count=4, name="", label="", comment="", big=False, negative=False):
    """An order form with so many lines, a customer of that name, amounts a thousand times as large, or below nought."""
    sample = with_withdrawal()
    party = sample.customer
    if name:
        address = Address((name[:60], name), "69002", name[:50])
        party = replace(party, legal_name=name, trade_name=name, address=address)
    signatory = replace(sample.signatory, name=name, role=name[:60]) if name else sample.signatory
    mandate = replace(sample.mandate, debtor_name=name, debtor_address=party.address) if name else sample.mandate
    sold = _sold(sample, count=count, name=name[:60], label=label, big=big, negative=negative)
    rest = {"special_conditions": comment, "rep_name": name or sample.rep_name, "mandate": mandate}
    return order_form.render(replace(sample, customer=party, signatory=signatory, **sold, **rest))


def offer(*, count=4, name="", label="", comment="", big=False, negative=False):
    """The same as a quote."""
    sample = quote.SAMPLE
    party = replace(sample.customer, legal_name=name, trade_name=name) if name else sample.customer
    sold = _sold(sample, count=count, name=name[:60], label=label, big=big, negative=negative)
    who = {"contact_name": name or sample.contact_name, "name": name or sample.name}
    return quote.render(replace(sample, customer=party, special_conditions=comment, **who, **sold))


def bill(*, count=4, name="", label="", comment="", big=False, negative=False):
    """An invoice at five rates, or a credit note."""
    price = "1234567.89" if big else "33.33"
    quantity = "-1" if negative else "1"
    lines = (
        make_line(
            f"{label} Produit{i:03d} {comment if i == 1 else ''}".strip(),
            quantity,
            price,
            RATES[i % len(RATES)],
            code="PAV-ACT-DEP",
            group=f"S{i // 40:03d}",
            activity=name or "Fleuristes",
            department="69",
            starts_on=dt.date(2027, 1, 1),
            ends_on=dt.date(2027, 12, 31),
        )
        for i in range(count)
    )
    data = make_invoice(*lines)
    if name:
        data = replace(data, buyer=replace(data.buyer, name=name, trade_name=name), reason=name if negative else "")
    return invoice.render(data)


def proof(*, count=4, name="", label="", comment="", **_):
    """An evidence file with so many events."""
    sample = evidence.SAMPLE
    inside = sample.evidence
    facts, event = inside.facts, inside.events[0]
    events = tuple(
        replace(event, sequence=i + 1, at=event.at + dt.timedelta(seconds=i), data={"label": f"{label} Produit{i:03d}"})
        for i in range(count)
    )
    if comment:
        events = (replace(events[0], data={"reason": comment}), *events[1:])
    if name:
        who = replace(facts.signatory, name=name, role=name[:60], company=name)
        facts = replace(facts, signatory=who, customer=replace(facts.customer, legal_name=name))
    return evidence.render(replace(sample, evidence=replace(inside, events=events, facts=facts)))


def envelope(*, count=4, name="", label="", comment="", **_):
    """A slip that lists so many papers in one envelope."""
    sample = slip.SAMPLE
    paper = sample.envelopes[0][0]
    papers = [replace(paper, label=f"{label} Produit{i:03d}".strip()) for i in range(count)]
    papers[0] = replace(papers[0], label=f"{papers[0].label} {comment}".strip())
    named = {"company": name, "rep": name, "agency_name": name} if name else {}
    return slip.render(replace(sample, envelopes=(tuple(papers),), **named))


DOCUMENTS = {"order form": order, "quote": offer, "invoice": bill, "evidence": proof, "slip": envelope}
