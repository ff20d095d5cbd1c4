"""The agency's answer: accepted, or rejected with a reason that becomes a task of the rep."""

from pipeline.bootstrap import Services
from pipeline.errors import NotFound, ReasonMissing, WrongState
from pipeline.events import record
from pipeline.flow import State, check_move
from pipeline.orders import lock_order, set_track
from pipeline.origin import Origin
from storage.models import Batch, BatchItem, Order, Task
from storage.work import Work


def accept(services: Services, batch_id: str, order_id: str, origin: Origin) -> None:
    """The agency takes the order into production; a second click changes nothing."""
    with services.works() as work:
        order, item = _item(work, batch_id, order_id)
        if item.state == "accepted":
            return
        _decide(services, work, order, item, State.ACCEPTED, None, origin)
        set_track(work, order_id, "agency", "done", services.clock(), None)


def reject(services: Services, batch_id: str, order_id: str, reason: str, origin: Origin) -> None:
    """The agency refuses, with a reason; the rep gets a task and a mail. Raises `ReasonMissing`."""
    reason = reason.strip()[:2000]
    if not reason:
        raise ReasonMissing
    with services.works() as work:
        order, item = _item(work, batch_id, order_id)
        if item.state == "rejected":
            return
        _decide(services, work, order, item, State.REJECTED, reason, origin)
        set_track(work, order_id, "agency", "failed", services.clock(), reason[:200])
        task = work.add(
            Task(rep_id=order.rep_id, order_id=order_id, kind="rejection", text=reason, created_at=services.clock())
        )
        work.session.flush()
        work.stage("tell_rep", key=f"task:{task.id}", args={"task_id": task.id}, order_id=order_id)
    services.nudge()


def close_task(services: Services, task_id: str, comment: str, origin: Origin) -> None:
    """The rep has dealt with a task and says how. Raises `NotFound`, `ReasonMissing`."""
    if not comment.strip():
        raise ReasonMissing
    with services.works() as work:
        if work.session.get(Task, task_id) is None:
            raise NotFound
        task = work.lock(Task, task_id)
        if task.state == "done":
            return
        task.state, task.comment, task.closed_at = "done", comment.strip()[:2000], services.clock()
        lock_order(work, task.order_id)
        data = {"task": task_id, "comment": task.comment}
        record(work, task.order_id, "task.closed", origin, services.clock(), data)


def _item(work: Work, batch_id: str, order_id: str) -> tuple[Order, BatchItem]:
    order = lock_order(work, order_id)
    item = work.session.get(BatchItem, (batch_id, order_id))
    if item is None:
        raise NotFound
    return order, work.lock(BatchItem, (batch_id, order_id))


def _decide(
    services: Services, work: Work, order: Order, item: BatchItem, state: State, reason: str | None, origin: Origin
) -> None:
    if item.state != "delivered":
        raise WrongState(state="lot déjà traité")
    check_move(order.state, state)
    now = services.clock()
    order.state, order.reason = state, reason
    item.state, item.reason = state.value, reason
    item.decided_by, item.decided_at = origin.actor, now
    work.session.flush()
    if not work.first(BatchItem, batch_id=item.batch_id, state="delivered"):
        work.lock(Batch, item.batch_id).state = "closed"
    data = {"batch": item.batch_id} | ({"reason": reason} if reason else {})
    record(work, order.id, f"order.{state.value}", origin, now, data)
