"""The right of withdrawal exercised: acknowledged at once on a durable medium, then the order is undone.

Code de la consommation L221-21, D221-5: the function is available during the whole period, and the acknowledgement
says content, date and time.
"""

from pipeline.bootstrap import Services
from pipeline.channels.mail import Mail, MailError
from pipeline.errors import NotFound, ReasonMissing, WrongState
from pipeline.events import record
from pipeline.flow import NAMES, SIGNED_STATES, State, check_move
from pipeline.letters import sender
from pipeline.orders import frozen_of, lock_accounts, lock_order
from pipeline.origin import SYSTEM, Origin
from pipeline.recorded import written
from pipeline.retry import Later
from pipeline.steps.invoice import issue
from pipeline.steps.mandate import is_registered
from pipeline.steps.mandate_life import OPEN, end
from storage.models import Event, Instalment, Invoice, Mandate, Order, Task
from storage.work import Work
from templates.messages import withdrawal_acknowledgement

KIND = "contract.renounced"


def can_renounce(services: Services, order: Order) -> bool:
    """Whether the right applies, its last day is not over and it was not used yet."""
    return (
        order.state in SIGNED_STATES - {State.CANCELLED}
        and order.withdrawal_until is not None
        and services.today() <= order.withdrawal_until
    )


def renounce(services: Services, order_id: str, name: str, statement: str, origin: Origin) -> None:
    """Record the withdrawal, word for word; what it undoes follows as jobs. A second click changes nothing.

    Raises:
        ReasonMissing: no name.
        WrongState: the right does not apply or its period is over.
    """
    name, statement = name.strip()[:200], statement.strip()[:2000]
    if not name:
        raise ReasonMissing
    now = services.clock()
    with services.works() as work:
        order = lock_order(work, order_id)
        if work.first(Event, order_id=order_id, kind=KIND):
            return
        if not can_renounce(services, order):
            raise WrongState(state=NAMES[State(order.state)])
        record(work, order_id, KIND, origin, now, {"name": name, "statement": statement})
        work.stage("acknowledge", key=f"acknowledge:{order_id}", args={"order_id": order_id}, order_id=order_id)
        work.stage("cancel", key=f"cancel:{order_id}", args={"order_id": order_id}, order_id=order_id)
    services.nudge()


def acknowledge(services: Services, order_id: str) -> None:
    """Mail the acknowledgement with content, date and time."""
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
        event = _event(work, order_id)
        paid = sum((item.amount for item in work.find(Instalment, order_id=order_id, state="collected")), start=0)
    frozen = frozen_of(services, order)
    assert order.signed_at is not None  # noqa: S101  # only what is signed is renounced
    message = withdrawal_acknowledgement.compose(
        withdrawal_acknowledgement.WithdrawalAcknowledgement(
            sender=sender(frozen.seller),
            number=order.number,
            company=order.company,
            signed_at=order.signed_at,
            total_incl_vat=order.total_incl_vat,
            name=event.data["name"],
            statement=event.data["statement"],
            received_at=event.at,
            paid=frozen.total_incl_vat * 0 + paid,
            early_start=order.early_start,
            language=frozen.language,
        )
    )
    try:
        services.mail.send(
            Mail(order.email, message.subject, message.text, message.html), key=f"renounced:{order.number}"
        )
    except MailError as error:
        raise Later(str(error)) from error


def cancel(services: Services, order_id: str) -> None:
    """Undo a renounced order: debits stopped, mandate revoked, credit note issued, rep told; once each.

    Waits (`Later`) until the order is sealed and its mandate and invoice are registered, so that nothing that was begun
    comes after.
    """
    with services.works() as work:
        lock_accounts(work, [work.get(Order, order_id).epj])  # a mandate given since may end with it
        order = lock_order(work, order_id)
        event = _event(work, order_id)
        if order.state == State.SIGNED or not is_registered(work, order_id):
            raise Later("order.not_registered_yet")
        issued = work.first(Invoice, order_id=order_id, kind="invoice")
        if order.total_incl_vat > 0 and (issued is None or issued.pdf_sha256 is None):
            raise Later("invoice.not_issued_yet")
        if order.state != State.CANCELLED:
            check_move(order.state, State.CANCELLED)
            order.state, order.reason = State.CANCELLED, written("order.renounced")
            for item in work.find(Instalment, Instalment.state.in_(OPEN), order_id=order_id):
                item.state = "cancelled"
            for mandate in _useless(work, order_id):
                end(services, work, mandate, "revoked", written("order.renounced"), SYSTEM)
            task = work.add(
                Task(
                    rep_id=order.rep_id,
                    order_id=order_id,
                    kind="renounced",
                    text=event.data["statement"] or written("order.renounced_silently"),
                    created_at=services.clock(),
                )
            )
            work.session.flush()
            work.stage("tell_rep", key=f"task:{task.id}", args={"task_id": task.id}, order_id=order_id)
            record(work, order_id, "order.cancelled", SYSTEM, services.clock(), {"cause": "withdrawal"})
        corrects_id = issued.id if issued else None
    if corrects_id:
        issue(services, order_id, "credit_note", corrects_id)
    services.nudge()


def _useless(work: Work, order_id: str) -> list[Mandate]:
    """The active mandates that nothing needs any more: the order's own, or what an amendment put in its place.

    One under which another order is debited stays: its customer has signed that as well.
    """
    found = []
    for mandate in work.find(Mandate, order_id=order_id):
        last = mandate
        while last.replaced_by_id and work.get(Order, work.get(Mandate, last.replaced_by_id).order_id).amends_umr:
            last = work.get(Mandate, last.replaced_by_id)
        others = work.find(Instalment, Instalment.order_id != order_id, Instalment.state.in_(OPEN), mandate_id=last.id)
        if last.state == "active" and not others:
            found.append(last)
    return found


def _event(work: Work, order_id: str) -> Event:
    event = work.first(Event, order_id=order_id, kind=KIND)
    if event is None:
        raise NotFound
    return event
