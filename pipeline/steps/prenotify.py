"""Pre-notification: the customer knows of every debit before it, fourteen days unless agreed otherwise.

The schedule in the signed form is the notice of what it holds. A mail goes out where that is not so: the debit is
presented again, its day has gone by without a presentation and it is moved, or another mandate serves for it. Once for
each day of each instalment: `announced_on` says that it was done, and the job's key that it is under way.
"""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select

from pipeline.bootstrap import Services
from pipeline.channels.mail import Mail, MailError
from pipeline.events import record
from pipeline.letters import sender
from pipeline.orders import frozen_of, lock_order
from pipeline.origin import SYSTEM
from pipeline.retry import Later
from pipeline.rules.mandates import next_presentation
from pipeline.steps.debits import COLLECTED_STATES, creditor_id, in_withdrawal
from storage.models import Debit, Instalment, Mandate, Order
from storage.work import Work
from templates import sepa
from templates.french import mask_email, mask_iban
from templates.messages import debit_notice

AHEAD: Final = timedelta(days=7)
"""Days before the last possible one on which a notice leaves: time for a mail server that is down."""


WEEKEND: Final = timedelta(days=7)
"""More days than banks are ever closed in a row: a debit due after them can still be presented."""


def announce_due(services: Services) -> int:
    """Move the debits whose day has gone by, and stage the notices that are due; how many notices."""
    today, staged = services.today(), 0
    latest = today + timedelta(days=services.settings.prenotification_days) + AHEAD
    with services.works(read_only=True) as work:
        query = (
            select(Instalment.id, Instalment.order_id)
            .join(Order, Order.id == Instalment.order_id)
            .join(Mandate, Mandate.id == Instalment.mandate_id)
            .where(Order.state.in_(COLLECTED_STATES), Mandate.state == "active")
            .where(Mandate.creditor_id == creditor_id(services))
            .where(Instalment.state.in_(("planned", "returned")))
            .where(
                or_(
                    Instalment.announced_on.is_(None),
                    _day() <= func.coalesce(Order.withdrawal_until, today),
                    _day() <= today + WEEKEND,
                )
            )
            .order_by(Instalment.order_id, Instalment.sequence)
        )
        found = [(row[0], row[1]) for row in work.session.execute(query)]
    for item_id, order_id in found:
        with services.works() as work:
            order = lock_order(work, order_id)
            item = work.lock(Instalment, item_id)
            if in_withdrawal(order, today) or not _waits(item):
                continue
            if sepa.next_target_day(item.day) <= today or _too_soon(order, item):
                _move(services, work, item)
            if item.announced_on is None and item.day <= latest:
                args = {"instalment_id": item.id}
                key = f"announce:{item.id}:{item.attempt}:{item.day}"
                staged += work.stage("announce", key=key, args=args, order_id=order_id)
    services.nudge()
    return staged


def announce(services: Services, instalment_id: str) -> None:
    """Mail the notice of one debit, once for its day; a day that has come too near meanwhile is moved first."""
    today = services.today()
    with services.works() as work:
        order_id = work.get(Instalment, instalment_id).order_id
        order = lock_order(work, order_id)
        item = work.lock(Instalment, instalment_id)
        if item.announced_on is not None or not _waits(item) or item.mandate_id is None:
            return
        mandate = work.get(Mandate, item.mandate_id)
        if mandate.state != "active" or order.state not in COLLECTED_STATES:
            return
        if mandate.creditor_id != creditor_id(services):
            return
        if item.day < today + timedelta(days=services.settings.prenotification_days):
            _move(services, work, item)
        later = work.find(
            Instalment,
            Instalment.sequence > item.sequence,
            order_id=order_id,
            state="planned",
            order_by=Instalment.due_on,
        )
        came_back = work.first(Debit, Debit.state != "sent", instalment_id=item.id) is not None
    frozen = frozen_of(services, order)
    iban = services.vault.open_text(mandate.iban_enc, table="mandates", column="iban_enc", row_id=mandate.id)
    message = debit_notice.compose(
        debit_notice.DebitNotice(
            sender=sender(frozen.seller),
            name=order.signatory_name,
            number=order.number,
            due_on=item.day,
            amount=item.amount,
            account_masked=mask_iban(iban),
            end_to_end_id=item.end_to_end_id,
            mandate_umr=mandate.umr,
            creditor_id=mandate.creditor_id,
            later=tuple((each.day, each.amount) for each in later),
            instead_of=item.due_on if item.present_on else None,
            came_back=came_back,
            language=frozen.language,
        )
    )
    try:
        services.mail.send(
            Mail(order.email, message.subject, message.text, message.html), key=f"debit:{item.end_to_end_id}:{item.day}"
        )
    except MailError as error:
        raise Later(str(error)) from error
    _announced(services, order, item, today)


def _announced(services: Services, order: Order, told: Instalment, today: date) -> None:
    with services.works() as work:
        lock_order(work, order.id)
        item = work.lock(Instalment, told.id)
        if item.announced_on is not None or item.day != told.day or item.mandate_id != told.mandate_id:
            return  # changed while the mail was on its way: its own notice follows
        item.announced_on = today
        data = {"end_to_end_id": item.end_to_end_id, "due_on": item.day.isoformat(), "to": mask_email(order.email)}
        record(work, order.id, "debit.announced", SYSTEM, services.clock(), data)


def _day() -> ColumnElement[date]:
    """`Instalment.day`, for the database."""
    return func.coalesce(Instalment.present_on, Instalment.due_on)


def _waits(item: Instalment) -> bool:
    return item.state == "planned" or (item.state == "returned" and item.present_on is not None)


def _too_soon(order: Order, item: Instalment) -> bool:
    """A debit planned inside the period of withdrawal is made after it (STANDARDS 1.3)."""
    return order.withdrawal_until is not None and item.day <= order.withdrawal_until


def _move(services: Services, work: Work, item: Instalment) -> None:
    before = item.day
    item.present_on, item.announced_on = (
        next_presentation(services.today(), services.settings.prenotification_days),
        None,
    )
    work.session.flush()
    data = {"end_to_end_id": item.end_to_end_id, "from": before.isoformat(), "to": item.present_on.isoformat()}
    record(work, item.order_id, "instalment.moved", SYSTEM, services.clock(), data)
