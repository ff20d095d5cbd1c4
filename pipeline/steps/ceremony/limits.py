"""How often codes are sent: counted from rows, per number, address and rep, whatever process asks.

The counts are made under `Work.hold`: two requests that share a number, an address or a rep wait for one another, so
that both cannot find the last place free. The order is locked before, everywhere, and no row after that others lock
before: nobody waits in a ring.
"""

from datetime import datetime

from sqlalchemy import select

from pipeline.errors import CeremonyExhausted, SendRefused
from pipeline.origin import Origin, network_of
from signing.code import (
    ADDRESS_LIMITS,
    DAY,
    NUMBER_LIMITS,
    REP_LIMITS,
    REP_WRONG_LIMITS,
    SPACING,
    longest,
    may_open,
    within,
)
from storage.models import Ceremony, ErasedCode, OneTimeCode, Order
from storage.work import Work

MAX_CEREMONIES = 20
"""Of one order over its whole life: a new link now and then, not a way to begin again for ever."""


def check_sending(work: Work, order: Order, origin: Origin, now: datetime, *, spaced: bool) -> None:
    """Raise `SendRefused` where a code may not be sent now; the order's row is locked. `spaced`: 30 s since the last.

    Rows that a crash left without a provider count as well: their message may have left.
    """
    network = network_of(origin.ip)
    work.hold(f"code:mobile:{order.mobile_hash}", f"code:rep:{order.rep_id}", f"code:ip:{network}")
    to_number = _sent(work, "mobile_hash", order.mobile_hash, now)
    decisions = [
        within((*((SPACING,) if spaced else ()), *NUMBER_LIMITS), to_number, now),
        within(REP_LIMITS, _sent(work, "rep_id", order.rep_id, now), now),
        within(REP_WRONG_LIMITS, _mistyped(work, order.rep_id, now), now),
        within(ADDRESS_LIMITS, _sent(work, "ip", network, now), now),
    ]
    decision = longest(decisions)
    if not decision.allowed:
        raise SendRefused(decision.wait_seconds, str(decision.reason))


def check_opening(work: Work, order_id: str) -> None:
    """Raise `CeremonyExhausted` where the order was opened or mistyped too often; its row is locked."""
    before = work.find(Ceremony, order_id=order_id)
    if len(before) >= MAX_CEREMONIES or not may_open(sum(ceremony.wrong_tries for ceremony in before)):
        raise CeremonyExhausted


def wrong_tries_of_order(work: Work, order_id: str) -> int:
    """Wrong tries over all ceremonies of an order, whose row is locked."""
    return sum(ceremony.wrong_tries for ceremony in work.find(Ceremony, order_id=order_id))


def _sent(work: Work, column: str, value: str, now: datetime) -> list[datetime]:
    return [sent_at for sent_at, _ in _counted(work, column, value, now)]


def _mistyped(work: Work, rep_id: str, now: datetime) -> list[datetime]:
    """One instant per wrong try, that at which its code was sent: at most five minutes before the try."""
    return [sent_at for sent_at, tries in _counted(work, "rep_id", rep_id, now) for _ in range(tries)]


def _counted(work: Work, column: str, value: str, now: datetime) -> list[tuple[datetime, int]]:
    """When each code of the last day was sent, and how often it was mistyped; those of erased orders count as well."""
    return [
        (sent_at, tries)
        for model in (OneTimeCode, ErasedCode)
        for sent_at, tries in work.session.execute(
            select(model.sent_at, model.wrong_tries).where(getattr(model, column) == value, model.sent_at > now - DAY)
        )
    ]
