"""Collection: the pain.008 file of the instalments that are due. No instalment is ever taken twice."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.events import record
from pipeline.orders import frozen_of, lock_order, retain_until
from pipeline.origin import Origin
from storage.models import Collection as Row
from storage.models import Instalment, Mandate, Order
from storage.work import Work
from templates import sepa

STOPPED = ("cancelled",)
"""States of an order whose instalments are not presented."""


@dataclass(frozen=True)
class CollectionResult:
    """One file for the bank; `total` in euros."""

    message_id: str
    xml: bytes = field(repr=False)
    count: int
    total: Decimal


def collect(services: Services, until: date, origin: Origin) -> CollectionResult | None:
    """Take every planned instalment due up to and on `until` into one file; None where there is none.

    The file is archived before the instalments are marked, under its hash: should the process die in between, the next
    run makes the same file under the same name. Marking and recording are one transaction.
    """
    with services.works() as work:
        rows = _due(work, until)
        if not rows:
            return None
        orders = {row.order_id: lock_order(work, row.order_id) for row in sorted(rows, key=lambda each: each.order_id)}
        collection = sepa.Collection(
            creditor=creditor(services),
            debits=tuple(_debit(services, work, row, orders[row.order_id]) for row in rows),
            created_at=services.clock().replace(microsecond=0),
        )
        xml = sepa.collection_xml(collection)
        sha256 = services.archive.put(
            xml, area="signed", retain_until=retain_until(services, services.today()), media_type="application/xml"
        )
        entry = work.add(
            Row(
                message_id=collection.identifier,
                created_at=collection.created_at,
                until=until,
                count=len(rows),
                total=collection.total,
                sha256=sha256,
            )
        )
        work.session.flush()
        for row in rows:
            row.state, row.collection_id = "collected", entry.id
            mandate = work.get(Mandate, row.mandate_id or "")
            mandate.last_debit_on = max(mandate.last_debit_on or row.due_on, row.due_on)
            data = {"end_to_end_id": row.end_to_end_id, "message_id": collection.identifier}
            record(work, row.order_id, "instalment.collected", origin, services.clock(), data)
        return CollectionResult(collection.identifier, xml, len(rows), collection.total)


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


def _due(work: Work, until: date) -> list[Instalment]:
    """Planned debits under an active mandate, of orders that stand, locked for this transaction."""
    found = work.find(Instalment, Instalment.due_on <= until, Instalment.mandate_id.is_not(None), state="planned")
    rows = [work.lock(Instalment, item.id) for item in found]
    return [
        row
        for row in sorted(rows, key=lambda each: each.end_to_end_id)
        if row.state == "planned"
        and work.get(Order, row.order_id).state not in STOPPED
        and work.get(Mandate, row.mandate_id or "").state == "active"
    ]


def _debit(services: Services, work: Work, row: Instalment, order: Order) -> sepa.Debit:
    mandate = work.get(Mandate, row.mandate_id or "")
    address = frozen_of(services, order).proposal.account.address
    iban = services.vault.open_text(mandate.iban_enc, table="mandates", column="iban_enc", row_id=mandate.id)
    return sepa.Debit(
        end_to_end_id=row.end_to_end_id,
        amount=row.amount,
        due_on=row.due_on,
        umr=mandate.umr,
        signed_on=mandate.signed_at.date(),
        holder=mandate.holder,
        iban=iban,
        remittance=f"Commande {order.number}, échéance {row.sequence}",
        bic=mandate.bic or "",
        sequence="OOFF" if mandate.sequence_type == "OOFF" else "RCUR",
        scheme="B2B" if mandate.scheme == "B2B" else "CORE",
        address=_address(address.line1, address.postal_code, address.city, address.country),
    )


def _address(line1: str, postal_code: str, city: str, country: str) -> sepa.PostalAddress:
    number, street = sepa.split_street(line1)
    return sepa.PostalAddress(street=street, number=number, postal_code=postal_code, city=city, country=country)
