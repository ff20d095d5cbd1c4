"""Collection: the pain.008 files of the instalments that are due. No instalment is ever taken twice.

Two moments. One transaction takes the instalments: a row for the file, a row for each debit (whose name the database
takes once), the file's hash. Then the file is archived. A process that dies in between leaves a collection without
`archived_at`; whoever collects next, or keeps house, draws the very same bytes from those rows and finishes it.
"""

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import and_, or_, select

from pipeline.bootstrap import Services
from pipeline.clock import paris_day
from pipeline.errors import NotFound
from pipeline.events import record
from pipeline.flow import State
from pipeline.orders import frozen_of, lock_order, retain_until
from pipeline.origin import Origin
from pipeline.rules.mandates import PRESENTATIONS, debit_name
from pipeline.steps.mandate_life import expire_mandates, last_day
from storage.models import Collection as Row
from storage.models import Debit, Instalment, Mandate, Order, Task, new_id
from storage.work import Work
from templates import sepa

log = logging.getLogger("seing.collect")

COLLECTED_STATES = (State.SEALED, State.RELEASED, State.ACCEPTED, State.REJECTED)
"""States of an order whose instalments may be presented; held and cancelled ones are not among them."""

SCHEMES = ("CORE", "B2B")
"""Each in a file of its own: banks take them at other hours, and one group of debits never mixes them."""

REFUSED = "debit_refused"
"""Task of a rep whose order has a debit that no bank would take."""


@dataclass(frozen=True)
class CollectionResult:
    """One file for the bank; `total` in euros."""

    message_id: str
    xml: bytes = field(repr=False)
    count: int
    total: Decimal
    scheme: str = "CORE"


def collect_all(services: Services, until: date, origin: Origin) -> tuple[CollectionResult, ...]:
    """Every file that is due: those of earlier runs that died, then one per scheme. Empty where nothing is due."""
    made = []
    while (result := collect(services, until, origin)) is not None:
        made.append(result)
    return tuple(made)


def collect(services: Services, until: date, origin: Origin) -> CollectionResult | None:
    """One file of everything that may be presented until and on `until`, of one scheme; None where nothing is due.

    A file that an earlier run could not finish comes first. What may be presented is decided by `may_present`.
    """
    unfinished = _unfinished(services)
    if unfinished:
        return _finish(services, unfinished[0])
    expire_mandates(services)
    for scheme in SCHEMES:
        taken = _take(services, until, scheme, origin)
        if taken:
            return _finish(services, taken)
    return None


def finish_collections(services: Services) -> int:
    """Archive the files of runs that died; how many."""
    left = _unfinished(services)
    for collection_id in left:
        _finish(services, collection_id)
    return len(left)


def collection_file(services: Services, collection_id: str) -> bytes:
    """The file of an earlier collection, the very bytes. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        row = work.session.get(Row, collection_id)
    if row is None:
        raise NotFound
    return services.archive.get(row.sha256, area="signed")


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
        and last_day(mandate) >= item.day
        and sepa.next_target_day(item.day) > today
    )


def in_withdrawal(order: Order, today: date) -> bool:
    """Whether the customer may still withdraw, the last day included."""
    return order.withdrawal_until is not None and today <= order.withdrawal_until


def _take(services: Services, until: date, scheme: str, origin: Origin) -> str | None:
    """Take what may be presented, in one transaction; the id of the collection."""
    with services.works() as work:
        ready = _ready(services, work, until, scheme)
        at = services.clock().replace(microsecond=0)
        row_id = new_id()
        debits = _presentable(services, work, row_id, ready, origin)
        if not debits:
            return None
        collection = sepa.Collection(creditor(services), tuple(_sepa(services, work, each) for each in debits), at)
        work.add(
            Row(
                id=row_id,
                message_id=collection.identifier,
                created_at=at,
                until=until,
                count=len(debits),
                total=collection.total,
                sha256=hashlib.sha256(sepa.collection_xml(collection)).hexdigest(),
                scheme=scheme,
            )
        )
        for debit in debits:
            work.add(debit)
            item = work.get(Instalment, debit.instalment_id)
            item.state, item.collection_id, item.attempt = "collected", row_id, debit.attempt + 1
            mandate = work.get(Mandate, debit.mandate_id)
            mandate.last_debit_on = max(mandate.last_debit_on or debit.due_on, debit.due_on)
            data = {"end_to_end_id": debit.end_to_end_id, "message_id": collection.identifier}
            record(work, item.order_id, "instalment.collected", origin, at, data)
    return row_id


def _ready(services: Services, work: Work, until: date, scheme: str) -> list[Instalment]:
    """What may be presented, all its rows locked: orders first, then mandates, then instalments, each by id."""
    day = or_(Instalment.present_on <= until, and_(Instalment.present_on.is_(None), Instalment.due_on <= until))
    query = (
        select(Instalment)
        .join(Order, Order.id == Instalment.order_id)
        .join(Mandate, Mandate.id == Instalment.mandate_id)
        .where(day, Instalment.state.in_(("planned", "returned")), Mandate.scheme == scheme, Mandate.state == "active")
        .where(Order.state.in_(COLLECTED_STATES))
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


def _presentable(
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
        drawn = tuple(_sepa(services, work, each) for each in debits)
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


def _unfinished(services: Services) -> list[str]:
    with services.works(read_only=True) as work:
        return [row.id for row in work.find(Row, Row.archived_at.is_(None), order_by=Row.created_at)]


def _finish(services: Services, collection_id: str) -> CollectionResult:
    """Draw the file from its rows and archive it; as often as it takes, the same file."""
    with services.works(read_only=True) as work:
        row = work.get(Row, collection_id)
        debits = tuple(_sepa(services, work, each) for each in work.find(Debit, collection_id=collection_id))
    xml = sepa.collection_xml(sepa.Collection(creditor(services), debits, row.created_at, row.message_id))
    sha256 = services.archive.put(
        xml, area="signed", retain_until=retain_until(services, services.today()), media_type="application/xml"
    )
    with services.works() as work:
        row = work.lock(Row, collection_id)
        if row.archived_at is None:
            # Another program version may draw it otherwise; nobody has seen the file before it is archived.
            row.sha256, row.archived_at = sha256, services.clock()
    return CollectionResult(row.message_id, xml, row.count, row.total, row.scheme)


def _sepa(services: Services, work: Work, debit: Debit) -> sepa.Debit:
    item, mandate = work.get(Instalment, debit.instalment_id), work.get(Mandate, debit.mandate_id)
    order = work.get(Order, item.order_id)
    address = frozen_of(services, order).proposal.account.address
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
