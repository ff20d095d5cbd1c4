"""Collection: the pain.008 files of the instalments that are due. No instalment is ever taken twice.

Two moments. One transaction takes the instalments: a row for the file, a row for each debit (whose name the database
takes once), the file's hash. Then the file is archived. A process that dies in between leaves a collection without
`archived_at`; whoever collects next, or keeps house, draws the very same bytes from those rows and finishes it.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.events import record
from pipeline.orders import retain_until
from pipeline.origin import Origin
from pipeline.steps.debits import as_sepa, creditor, presentable, ready, tell_foreign
from pipeline.steps.mandate_life import expire_mandates
from storage.models import Collection as Row
from storage.models import Debit, Instalment, Mandate, new_id
from templates import sepa

SCHEMES = ("CORE", "B2B")
"""Each in a file of its own: banks take them at other hours, and one group of debits never mixes them."""


@dataclass(frozen=True)
class CollectionResult:
    """One file for the bank; `total` in euros."""

    id: str
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

    A file that an earlier run could not finish comes first. What may be presented is decided by `debits.may_present`.
    """
    unfinished = _unfinished(services)
    if unfinished:
        return _finish(services, unfinished[0])
    expire_mandates(services)
    tell_foreign(services, until, origin)
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
    """The file of an earlier collection, the very bytes. Whoever has it says so by `hand_over`.

    Raises `NotFound`, also where its run has died and nobody has finished it yet.
    """
    with services.works(read_only=True) as work:
        row = work.session.get(Row, collection_id)
    if row is None or row.archived_at is None:
        raise NotFound
    return services.archive.get(row.sha256, area="signed")


def hand_over(services: Services, collection_id: str) -> None:
    """Write down, the first time, that somebody has had the file: from now on a bank may know of its debits."""
    with services.works() as work:
        row = work.lock(Row, collection_id)
        row.handed_at = row.handed_at or services.clock()


def not_handed_over(services: Services) -> list[Row]:
    """Files that nobody has had yet, the oldest first: their run died before it gave them out, or nobody asked."""
    with services.works(read_only=True) as work:
        return work.find(Row, Row.archived_at.is_not(None), handed_at=None, order_by=Row.created_at)


def _take(services: Services, until: date, scheme: str, origin: Origin) -> str | None:
    """Take what may be presented, in one transaction; the id of the collection."""
    with services.works() as work:
        found = ready(services, work, until, scheme)
        at = services.clock().replace(microsecond=0)
        row_id = new_id()
        debits = presentable(services, work, row_id, found, origin)
        if not debits:
            return None
        collection = sepa.Collection(creditor(services), as_sepa(services, work, debits), at)
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


def _unfinished(services: Services) -> list[str]:
    with services.works(read_only=True) as work:
        return [row.id for row in work.find(Row, Row.archived_at.is_(None), order_by=Row.created_at)]


def _finish(services: Services, collection_id: str) -> CollectionResult:
    """Draw the file from its rows and archive it; as often as it takes, the same file."""
    with services.works(read_only=True) as work:
        row = work.get(Row, collection_id)
        debits = as_sepa(services, work, work.find(Debit, collection_id=collection_id))
    xml = sepa.collection_xml(sepa.Collection(creditor(services), debits, row.created_at, row.message_id))
    sha256 = services.archive.put(
        xml, area="signed", retain_until=retain_until(services, services.today()), media_type="application/xml"
    )
    with services.works() as work:
        row = work.lock(Row, collection_id)
        if row.archived_at is None:
            # Another program version may draw it otherwise; nobody has seen the file before it is archived.
            row.sha256, row.archived_at = sha256, services.clock()
    return CollectionResult(row.id, row.message_id, xml, row.count, row.total, row.scheme)
