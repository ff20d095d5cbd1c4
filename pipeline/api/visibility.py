"""Who sees what, in one place: a rep his own, an agency what was delivered to it, the back office everything.

What a caller may not see does not exist for him (`NotFound`), so that no answer tells that it is there.
"""

from sqlalchemy import ColumnElement, or_, select, true

from pipeline.api.keys import Caller
from pipeline.errors import Forbidden, NotFound
from pipeline.proposal import Proposal as Document
from storage.models import ArchiveEntry, Batch, BatchItem, Order, Proposal, Task
from storage.work import Work


def proposals(caller: Caller) -> ColumnElement[bool]:
    """The proposals that a rep or the back office sees."""
    return true() if caller.role == "office" else Proposal.rep_id == caller.user_id


def orders(caller: Caller) -> ColumnElement[bool]:
    """The orders that the caller sees."""
    if caller.role == "office":
        return true()
    if caller.role == "rep":
        return Order.rep_id == caller.user_id
    delivered = select(BatchItem.order_id).join(Batch, Batch.id == BatchItem.batch_id)
    return Order.id.in_(delivered.where(Batch.agency == caller.agency))


def batches(caller: Caller) -> ColumnElement[bool]:
    """The batches that an agency or the back office sees."""
    return true() if caller.role == "office" else Batch.agency == caller.agency


def tasks(caller: Caller) -> ColumnElement[bool]:
    """The tasks that a rep or the back office sees."""
    return true() if caller.role == "office" else Task.rep_id == caller.user_id


def see_proposal(work: Work, proposal_id: str, caller: Caller) -> Proposal:
    """The proposal. Raises `NotFound`."""
    row = work.first(Proposal, proposals(caller), id=proposal_id)
    if row is None:
        raise NotFound
    return row


def see_order(work: Work, number_or_id: str, caller: Caller) -> Order:
    """The order under its number or its id. Raises `NotFound`."""
    row = work.first(Order, orders(caller), or_(Order.id == number_or_id, Order.number == number_or_id))
    if row is None:
        raise NotFound
    return row


def see_batch(work: Work, batch_id: str, caller: Caller) -> Batch:
    """The batch under its number or its id. Raises `NotFound`."""
    row = work.first(Batch, batches(caller), or_(Batch.id == batch_id, Batch.number == batch_id))
    if row is None:
        raise NotFound
    return row


def sees_document(entry: ArchiveEntry, caller: Caller) -> bool:
    """Whether a document of an order that the caller sees is for him: an agency reads signed papers and batches."""
    signed = entry.area == "signed" and entry.media_type in {"application/pdf", "application/zip"}
    return caller.role != "agency" or signed


def check_author(document: Document, caller: Caller) -> None:
    """A rep files his own proposals; the back office, and the ordering system with its key, everyone's."""
    if caller.role == "rep" and document.rep != caller.user_id:
        raise Forbidden
