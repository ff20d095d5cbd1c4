"""Which debits may be presented, and how each reads in a file for the bank."""

import logging
from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, or_, select

from pipeline.bootstrap import Services
from pipeline.clock import paris_day
from pipeline.events import record
from pipeline.flow import State
from pipeline.orders import frozen_of, lock_order
from pipeline.origin import Origin
from pipeline.proposal import Address
from pipeline.recorded import written
from pipeline.rules.mandates import PRESENTATIONS, debit_name
from pipeline.steps.mandate_life import last_day
from storage.models import Debit, Instalment, Mandate, Order, Task
from storage.work import Work
from templates import sepa

log = logging.getLogger("seing.collect")

COLLECTED_STATES = (State.SEALED, State.RELEASED, State.ACCEPTED, State.REJECTED)
"""States of an order whose instalments may be presented; held and cancelled ones are not among them."""

REFUSED = "debit_refused"
"""Task of a rep whose order has a debit that no bank would take."""


def creditor(services: Services) -> sepa.Creditor:
    """The seller as the bank knows him."""
    seller = services.organisation.seller
    return sepa.Creditor(
        name=seller.legal_name,
        creditor_id=seller.sepa_creditor_id,
        address=_address(seller.address.line1, seller.address.postal_code, seller.address.city, seller.address.country),
        iban=seller.iban,
        bic=seller.bic,
    )


def creditor_id(services: Services) -> str:
    """The creditor (ICS) to whom a mandate was given, or under which nothing is debited."""
    return services.organisation.seller.sepa_creditor_id


def tell_foreign(services: Services, until: date, origin: Origin) -> int:
    """Tell the reps, once, of what is due until a day under mandates given to another creditor identifier than ours.

    A bank takes such a debit only as an amendment that names the creditor before (AmdmntInfDtls, OrgnlCdtrSchmeId),
    which our files cannot say: the customer signs a new mandate (`steps.amend`). How many orders.
    """
    day = or_(Instalment.present_on <= until, and_(Instalment.present_on.is_(None), Instalment.due_on <= until))
    query = (
        select(Order.id, Mandate.umr)
        .join(Instalment, Instalment.order_id == Order.id)
        .join(Mandate, Mandate.id == Instalment.mandate_id)
        .where(day, Instalment.state.in_(("planned", "returned")), Mandate.state == "active")
        .where(Order.state.in_(COLLECTED_STATES), Mandate.creditor_id != creditor_id(services))
        .distinct()
    )
    with services.works(read_only=True) as work:
        found = sorted((order_id, umr) for order_id, umr in work.session.execute(query))
    told = 0
    for order_id, umr in found:
        text = written("debit.creditor_changed", umr=umr)
        with services.works() as work:
            order = lock_order(work, order_id)
            if work.first(Task, order_id=order_id, kind=REFUSED, text=text):
                continue
            work.add(Task(rep_id=order.rep_id, order_id=order_id, kind=REFUSED, text=text, created_at=services.clock()))
            data = {"umr": umr, "reasons": written("debit.creditor")}
            record(work, order_id, "instalment.refused", origin, services.clock(), data)
            told += 1
    return told


def may_present(order: Order, mandate: Mandate, item: Instalment, today: date) -> bool:
    """Whether the bank may be asked for this instalment on its day.

    The order stands and its customer cannot withdraw any more (nothing in the first seven days is the law, L221-10;
    nothing before the fourteenth is over is our rule); the mandate serves on that day; the customer was told of that
    day and of this mandate (`announced_on`, which the notice sets early enough); and the bank can still take it.
    """
    waits = item.state == "planned" or (item.state == "returned" and item.present_on is not None)
    return (
        waits
        and item.attempt <= PRESENTATIONS
        and item.amount > 0
        and item.announced_on is not None
        and order.state in COLLECTED_STATES
        and not in_withdrawal(order, today)
        and (order.withdrawal_until is None or item.day > order.withdrawal_until)
        and mandate.state == "active"
        and last_day(mandate) >= sepa.next_target_day(item.day)
        and sepa.next_target_day(item.day) > today
    )


def in_withdrawal(order: Order, today: date) -> bool:
    """Whether the customer may still withdraw, the last day included."""
    return order.withdrawal_until is not None and today <= order.withdrawal_until


def ready(services: Services, work: Work, until: date, scheme: str) -> list[Instalment]:
    """What may be presented, all its rows locked: orders first, then mandates, then instalments, each by id."""
    day = or_(Instalment.present_on <= until, and_(Instalment.present_on.is_(None), Instalment.due_on <= until))
    query = (
        select(Instalment)
        .join(Order, Order.id == Instalment.order_id)
        .join(Mandate, Mandate.id == Instalment.mandate_id)
        .where(day, Instalment.state.in_(("planned", "returned")), Mandate.scheme == scheme, Mandate.state == "active")
        .where(Order.state.in_(COLLECTED_STATES), Mandate.creditor_id == creditor_id(services))
    )
    found = list(work.session.scalars(query))
    orders = {key: lock_order(work, key) for key in sorted({item.order_id for item in found})}
    mandates = {key: work.lock(Mandate, key) for key in sorted({item.mandate_id or "" for item in found})}
    rows = [work.lock(Instalment, key) for key in sorted(item.id for item in found)]
    today = services.today()
    return [
        row
        for row in sorted(rows, key=lambda each: each.end_to_end_id)
        if row.day <= until
        and row.mandate_id in mandates
        and may_present(orders[row.order_id], mandates[row.mandate_id], row, today)
    ]


def presentable(
    services: Services, work: Work, collection_id: str, ready: list[Instalment], origin: Origin
) -> list[Debit]:
    """The debits of the file. One that no bank would take is left out and becomes a task: it must not stop the rest."""
    debits = [
        Debit(
            instalment_id=row.id,
            collection_id=collection_id,
            mandate_id=row.mandate_id or "",
            end_to_end_id=debit_name(row.end_to_end_id, row.attempt),
            attempt=row.attempt,
            due_on=row.day,
            amount=row.amount,
        )
        for row in ready
    ]
    while debits:
        drawn = as_sepa(services, work, debits)
        try:
            sepa.collection_xml(sepa.Collection(creditor(services), drawn, services.clock()))
        except sepa.CollectionError as error:
            wrong = [
                each for each in debits if any(text.startswith(f"{each.end_to_end_id} ") for text in error.problems)
            ]
            if not wrong:
                raise
            for each in wrong:
                reasons = [text for text in error.problems if text.startswith(f"{each.end_to_end_id} ")]
                _refuse(services, work, each, "; ".join(reasons), origin)
            debits = [each for each in debits if each not in wrong]
        else:
            break
    return debits


def _refuse(services: Services, work: Work, debit: Debit, reasons: str, origin: Origin) -> None:
    """Tell the rep once; the texts name rules and debits, never a holder or an account."""
    item = work.get(Instalment, debit.instalment_id)
    log.warning("debit left out", extra={"end_to_end_id": debit.end_to_end_id})
    order = work.get(Order, item.order_id)
    text = f"Prélèvement impossible : {reasons}"[:2000]
    if work.first(Task, order_id=order.id, kind=REFUSED, text=text, state="open"):
        return
    work.add(Task(rep_id=order.rep_id, order_id=order.id, kind=REFUSED, text=text, created_at=services.clock()))
    data = {"end_to_end_id": debit.end_to_end_id, "reasons": reasons[:500]}
    record(work, order.id, "instalment.refused", origin, services.clock(), data)


def as_sepa(services: Services, work: Work, debits: Sequence[Debit]) -> tuple[sepa.Debit, ...]:
    """The debits as the bank reads them; each order is decrypted once."""
    addresses: dict[str, Address] = {}
    drawn = []
    for debit in debits:
        item, mandate = work.get(Instalment, debit.instalment_id), work.get(Mandate, debit.mandate_id)
        order = work.get(Order, item.order_id)
        if order.id not in addresses:
            addresses[order.id] = frozen_of(services, order).proposal.account.address
        drawn.append(_sepa(services, debit, item, mandate, order, addresses[order.id]))
    return tuple(drawn)


def _sepa(
    services: Services, debit: Debit, item: Instalment, mandate: Mandate, order: Order, address: Address
) -> sepa.Debit:
    iban = services.vault.open_text(mandate.iban_enc, table="mandates", column="iban_enc", row_id=mandate.id)
    return sepa.Debit(
        end_to_end_id=debit.end_to_end_id,
        amount=debit.amount,
        due_on=debit.due_on,
        umr=mandate.umr,
        signed_on=paris_day(mandate.signed_at),
        holder=mandate.holder,
        iban=iban,
        remittance=f"Commande {order.number}, échéance {item.sequence}",
        bic=mandate.bic or "",
        sequence="OOFF" if mandate.sequence_type == "OOFF" else "RCUR",
        scheme="B2B" if mandate.scheme == "B2B" else "CORE",
        address=_address(address.line1, address.postal_code, address.city, address.country),
    )


def _address(line1: str, postal_code: str, city: str, country: str) -> sepa.PostalAddress:
    number, street = sepa.split_street(line1)
    return sepa.PostalAddress(street=street, number=number, postal_code=postal_code, city=city, country=country)
