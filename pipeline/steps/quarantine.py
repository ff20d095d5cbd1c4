"""Entries of the bank that matched no debit of ours: they wait for a human, who says what he did about each."""

from pipeline.bootstrap import Services
from pipeline.errors import NotFound, ReasonMissing, WrongState
from pipeline.origin import Origin
from storage.models import BankAnswerItem


def settle(services: Services, answer_id: str, rank: int, comment: str, origin: Origin) -> None:
    """Note what was done about one entry; it waits no longer. A second time changes nothing.

    Raises:
        NotFound: no such entry.
        ReasonMissing: nothing is said in words.
        WrongState: the entry was applied or known, so that nothing waits.
    """
    comment = comment.strip()[:2000]
    if not comment:
        raise ReasonMissing
    with services.works() as work:
        if work.session.get(BankAnswerItem, (answer_id, rank)) is None:
            raise NotFound
        item = work.lock(BankAnswerItem, (answer_id, rank))
        if item.state != "quarantined":
            raise WrongState(state="ligne rapprochée")
        if item.handled_at is None:
            item.handled_at, item.handled_by, item.comment = services.clock(), origin.actor, comment
