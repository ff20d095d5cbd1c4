"""What a customer's page says beside the ceremony itself: the parts of the order, the copy, the right of withdrawal."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pipeline.bootstrap import Services
from pipeline.orders import frozen_of
from pipeline.steps.renounce import KIND, can_renounce
from storage.models import Event, Order, Track


@dataclass(frozen=True)
class PartLine:
    """One product."""

    label: str
    quantity: int
    gone: bool


@dataclass(frozen=True)
class Part:
    """One sub-order in the words of a reader; `net` in euros before tax."""

    name: str
    net: Decimal
    lines: tuple[PartLine, ...]


@dataclass(frozen=True)
class Renounced:
    """A withdrawal as it was received."""

    at: datetime
    name: str
    statement: str


def parts_of(services: Services, order_id: str) -> tuple[Part, ...]:
    """What is bought, from the frozen copy: the same data as the form, for whoever cannot read its pictures."""
    with services.works(read_only=True) as work:
        frozen = frozen_of(services, work.get(Order, order_id))
    return tuple(
        Part(
            sub_order.range or sub_order.number,
            total.net,
            tuple(PartLine(line.label, line.quantity, line.status == "cancelled") for line in sub_order.lines),
        )
        for sub_order, total in zip(frozen.proposal.sub_orders, frozen.totals.sub_orders, strict=True)
    )


def copy_sent(services: Services, order_id: str) -> bool:
    """Whether the copy has left for the customer's mailbox."""
    with services.works(read_only=True) as work:
        track = work.session.get(Track, (order_id, "copy"))
    return track is not None and track.state == "done"


def may_renounce(services: Services, order_id: str) -> bool:
    """Whether « renoncer au contrat ici » is offered now, or shows what was done with it."""
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
    return can_renounce(services, order)


def renounced(services: Services, order_id: str) -> Renounced | None:
    """The withdrawal of this order, if there was one."""
    with services.works(read_only=True) as work:
        event = work.first(Event, order_id=order_id, kind=KIND)
    return Renounced(event.at, str(event.data["name"]), str(event.data["statement"])) if event else None
