"""How often one address may ask for what costs something: counted from rows, whatever process asks."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from pipeline.errors import SeingError
from pipeline.origin import network_of
from signing.code import ADDRESS_LIMITS, DAY, within
from storage.models import LoginTry, Verification
from storage.work import Work

Row = TypeVar("Row", LoginTry, Verification)


def take_place(
    work: Work, model: type[Row], what: str, ip: str | None, now: datetime, refused: Callable[[int], SeingError]
) -> Row:
    """Count one more of this kind (`what` names it) for the address's network, by the figures for codes.

    Raises:
        what `refused` makes of the seconds to wait, where there is no place left.
    """
    network = network_of(ip)
    work.hold(f"{what}:ip:{network}")
    query = select(model.at).where(model.network == network, model.at > now - DAY)
    decision = within(ADDRESS_LIMITS, list(work.session.scalars(query)), now)
    if not decision.allowed:
        raise refused(decision.wait_seconds)
    return work.add(model(network=network, at=now))
