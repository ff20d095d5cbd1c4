"""The rep's first page: what to do, what is prepared, what has been ordered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import case, select

from pipeline.bootstrap import Services
from pipeline.flow import State
from pipeline.rules import blocking
from pipeline.steps.propose import open_proposal
from pipeline.web.queries.marks import ORDER_TONES, PROPOSAL_TONES, Tone, track_tone
from storage.models import Order, Proposal, Task, Track

TASK_PATIENCE = timedelta(days=2)
"""A task that has waited longer is amber."""

_OVER = (State.WITHDRAWN, State.DECLINED, State.EXPIRED, State.CANCELLED)
_SHOWN = 50


@dataclass(frozen=True)
class ProposalRow:
    """One proposal that has not been ordered yet."""

    id: str
    reference: str
    name: str
    kind: str
    customer: str
    epj: str
    state: str
    tone: Tone
    total: Decimal
    blocking: int
    warnings: int
    updated_at: datetime


@dataclass(frozen=True)
class TaskRow:
    """Something that the rep has to look at."""

    id: str
    kind: str
    text: str
    order_id: str
    number: str
    customer: str
    created_at: datetime
    late: bool


@dataclass(frozen=True)
class OrderRow:
    """One order with how far it has come: `done` of `steps` tracks."""

    id: str
    number: str
    customer: str
    total: Decimal
    state: str
    tone: Tone
    done: int
    steps: int
    late: int
    failed: int
    changed_at: datetime
    amends: bool
    """Whether it is the amendment of a mandate, by which nothing is ordered."""


@dataclass(frozen=True)
class Home:
    """The rep's first page."""

    proposals: tuple[ProposalRow, ...]
    tasks: tuple[TaskRow, ...]
    orders: tuple[OrderRow, ...]


def home(services: Services, rep_id: str) -> Home:
    """Everything that this rep has under way, the most recent first; rejections of the agency before other tasks."""
    now = services.clock()
    with services.works(read_only=True) as work:
        proposals = work.find(
            Proposal, Proposal.state != "ordered", rep_id=rep_id, order_by=Proposal.updated_at.desc(), limit=_SHOWN
        )
        tasks = list(
            work.session.execute(
                select(Task, Order)
                .join(Order, Order.id == Task.order_id)
                .where(Task.rep_id == rep_id, Task.state == "open")
                .order_by(case((Task.kind.like("%reject%"), 0), else_=1), Task.created_at)
            )
        )
        orders = work.find(Order, rep_id=rep_id, order_by=Order.prepared_at.desc(), limit=_SHOWN)
        tracks = work.find(Track, Track.order_id.in_([order.id for order in orders]))
    by_order: dict[str, list[Track]] = {}
    for track in tracks:
        by_order.setdefault(track.order_id, []).append(track)
    return Home(
        tuple(_proposal(services, row) for row in proposals),
        tuple(_task(task, order, now) for task, order in tasks),
        tuple(order_row(order, by_order.get(order.id, ()), now) for order in orders),
    )


def _proposal(services: Services, row: Proposal) -> ProposalRow:
    view = open_proposal(services, row.id)
    stopping = len(blocking(view.findings))
    return ProposalRow(
        id=row.id,
        reference=row.reference,
        name=row.name,
        kind=row.kind,
        customer=view.proposal.account.legal_name,
        epj=row.epj,
        state=row.state,
        tone=PROPOSAL_TONES[row.state],
        total=row.total_incl_vat,
        blocking=stopping,
        warnings=len(view.findings) - stopping,
        updated_at=row.updated_at,
    )


def _task(task: Task, order: Order, now: datetime) -> TaskRow:
    return TaskRow(
        id=task.id,
        kind=task.kind,
        text=task.text,
        order_id=order.id,
        number=order.number,
        customer=order.legal_name,
        created_at=task.created_at,
        late=now - task.created_at > TASK_PATIENCE,
    )


def order_row(order: Order, tracks: Iterable[Track], now: datetime) -> OrderRow:
    """One order of a list."""
    rejected = order.state == State.REJECTED  # the state says it: it is no failure beside it
    tones = [track_tone(track, now) for track in tracks if not (rejected and track.name == "agency")]
    counted = [tone for tone in tones if tone != "over"]
    return OrderRow(
        id=order.id,
        number=order.number,
        customer=order.legal_name,
        total=order.total_incl_vat,
        state=order.state,
        tone=ORDER_TONES[order.state],
        done=counted.count("done"),
        steps=0 if order.state in _OVER else len(counted),
        late=counted.count("late"),
        failed=counted.count("failed"),
        changed_at=order.released_at or order.sealed_at or order.signed_at or order.prepared_at,
        amends=order.amends_umr is not None,
    )
