"""The life of an order: every state and every allowed move, in one table. The first file to read.

    prepared -> signing -> signed -> sealed -> (held ->) released -> accepted
       |           |                    ^          |
       +-> withdrawn, declined, expired +-- rejected

An order is `held` while its customer may still withdraw and has not asked for an early start (STANDARDS 1.3).
"""

from enum import StrEnum

from pipeline.errors import WrongState


class State(StrEnum):
    """Where an order stands."""

    PREPARED = "prepared"
    SIGNING = "signing"
    SIGNED = "signed"
    SEALED = "sealed"
    HELD = "held"
    RELEASED = "released"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


MOVES: dict[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.SIGNING, State.WITHDRAWN, State.EXPIRED}),
    State.SIGNING: frozenset({State.SIGNED, State.WITHDRAWN, State.DECLINED, State.EXPIRED}),
    State.SIGNED: frozenset({State.SEALED}),
    State.SEALED: frozenset({State.HELD, State.RELEASED, State.CANCELLED}),
    State.HELD: frozenset({State.SEALED, State.RELEASED, State.CANCELLED}),
    State.RELEASED: frozenset({State.ACCEPTED, State.REJECTED, State.CANCELLED}),
    State.REJECTED: frozenset({State.RELEASED, State.CANCELLED}),
    State.ACCEPTED: frozenset({State.CANCELLED}),
    State.WITHDRAWN: frozenset(),
    State.DECLINED: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
}

NAMES: dict[State, str] = {
    State.PREPARED: "préparée",
    State.SIGNING: "en signature",
    State.SIGNED: "signée",
    State.SEALED: "scellée",
    State.HELD: "en attente de la fin du délai de rétractation",
    State.RELEASED: "remise en production",
    State.ACCEPTED: "acceptée par l'agence",
    State.REJECTED: "rejetée par l'agence",
    State.WITHDRAWN: "retirée",
    State.DECLINED: "refusée par le client",
    State.EXPIRED: "expirée",
    State.CANCELLED: "annulée",
}

SIGNED_STATES = frozenset(
    {State.SIGNED, State.SEALED, State.HELD, State.RELEASED, State.ACCEPTED, State.REJECTED, State.CANCELLED}
)
"""States in which the customer has signed: nothing of the order may be lost."""

ORDER_LIFE_DAYS = 30
"""Days after which an order that nobody signed expires."""


def check_move(current: str, target: State) -> None:
    """Raise `WrongState` unless the table allows the move."""
    if target not in MOVES[State(current)]:
        raise WrongState(state=NAMES[State(current)], target=NAMES[target])
