"""Mails to the rep: an order came back, or a customer is locked out. Telling twice is harmless, not telling is not."""

from typing import Literal

from pipeline.bootstrap import Services
from pipeline.channels.mail import Mail, MailError
from pipeline.letters import order_url, sender
from pipeline.orders import frozen_of, mobile_of
from pipeline.retry import Later
from storage.models import Ceremony, Event, Order, Task
from templates.french import mask_mobile
from templates.messages import code_locked, rep_task
from templates.messages.message import Message

CAUSES: dict[str, Literal["rejected", "declined", "renounced"]] = {
    "rejection": "rejected",
    "declined": "declined",
    "renounced": "renounced",
}


def tell_rep(services: Services, task_id: str) -> None:
    """Mail a task to its rep."""
    with services.works(read_only=True) as work:
        task = work.get(Task, task_id)
        order = work.get(Order, task.order_id)
    frozen = frozen_of(services, order)
    message = rep_task.compose(
        rep_task.RepTask(
            sender=sender(frozen.seller),
            cause=CAUSES[task.kind],
            rep=frozen.rep.name,
            number=order.number,
            company=order.company,
            by=frozen.agency_name if task.kind == "rejection" else order.signatory_name,
            at=task.created_at,
            reason=task.text,
            url=order_url(services, order),
        )
    )
    _to_rep(services, order, message, f"task:{task_id}")


def tell_locked(services: Services, ceremony_id: str) -> None:
    """Mail the rep that five wrong codes have locked a ceremony."""
    with services.works(read_only=True) as work:
        ceremony = work.get(Ceremony, ceremony_id)
        order = work.get(Order, ceremony.order_id)
        event = work.first(Event, order_id=order.id, kind="ceremony.locked", order_by=Event.sequence.desc())
    frozen = frozen_of(services, order)
    message = code_locked.compose(
        code_locked.CodeLocked(
            sender=sender(frozen.seller),
            rep=frozen.rep.name,
            number=order.number,
            company=order.company,
            mobile_masked=mask_mobile(mobile_of(services, order)),
            tries=ceremony.wrong_tries,
            at=event.at if event else ceremony.opened_at,
            url=order_url(services, order),
        )
    )
    _to_rep(services, order, message, f"locked:{ceremony_id}")


def _to_rep(services: Services, order: Order, message: Message, key: str) -> None:
    rep = services.organisation.rep(order.rep_id)
    if rep is None:  # has left since: the task waits on the pages of the back office
        return
    try:
        services.mail.send(Mail(rep.email, message.subject, message.text, message.html), key=key)
    except MailError as error:
        raise Later(str(error)) from error
