"""The bank's answers: debits rejected (pain.002) or returned (camt.054), each taken once, whatever comes twice.

An instalment whose debit comes back is `returned`, and what was counted of it for the invoice goes. By the reason
(`pipeline.rules.returns`) it is presented again under another name, at most twice and after a notice, or stopped; a
reason that denies the mandate ends it. The rep has a task and a mail each time. What cannot be matched is kept in
quarantine with its reason, for a human.
"""

import hashlib
from dataclasses import dataclass, replace

from lxml import etree
from sqlalchemy.exc import IntegrityError

from pipeline.bootstrap import Services
from pipeline.channels.mail import Mail, MailError
from pipeline.errors import BankAnswerUnreadable
from pipeline.events import record
from pipeline.letters import order_url, sender
from pipeline.orders import frozen_of, lock_accounts
from pipeline.origin import Origin
from pipeline.recorded import written
from pipeline.retry import Later
from pipeline.rules.mandates import PRESENTATIONS, next_presentation
from pipeline.rules.returns import outcome_of
from pipeline.steps.debits import COLLECTED_STATES
from pipeline.steps.mandate_life import ask_another_account, end, tell_left
from pipeline.steps.receive import take_back
from storage.models import BankAnswer, BankAnswerItem, Collection, Debit, Instalment, Mandate, Order, Task
from storage.work import Work
from templates import sepa
from templates.messages import debit_returned
from templates.sepa import AnswerEntry

TASK = "debit_returned"
"""Task of the rep whose customer's debit came back."""


@dataclass(frozen=True)
class AnswerResult:
    """What one file changed. `repeated`: this very file was taken before, and nothing was done."""

    answer_id: str
    kind: str
    message_id: str
    applied: int
    known: int
    quarantined: tuple[tuple[str, str], ...]
    """EndToEndId, "" where none was given, and the reason."""
    repeated: bool = False


def take_answer(services: Services, data: bytes, origin: Origin) -> AnswerResult:
    """Take a file of the bank, in one transaction; the same file again changes nothing.

    Raises:
        BankAnswerUnreadable: neither a pain.002 nor a camt.054 that we know; `reason` says why.
    """
    try:
        answer = sepa.read_answer(data)
    except sepa.AnswerError as error:
        raise BankAnswerUnreadable(reason=str(error)) from error
    sha256 = hashlib.sha256(data).hexdigest()
    entries = [single for entry in answer.entries for single in _single(services, entry)]
    try:
        result = _take(services, answer, entries, sha256, origin)
    except IntegrityError:  # another process has taken the same file in this very moment
        with services.works(read_only=True) as work:
            known = work.first(BankAnswer, sha256=sha256)
            if known is None:
                raise
            return _summary(work, known, repeated=True)
    services.nudge()
    return result


def _take(
    services: Services, answer: sepa.Answer, entries: list[AnswerEntry], sha256: str, origin: Origin
) -> AnswerResult:
    with services.works() as work:
        known = work.first(BankAnswer, sha256=sha256)
        if known:
            return _summary(work, known, repeated=True)
        row = work.add(
            BankAnswer(
                sha256=sha256,
                kind=answer.kind,
                message_id=answer.message_id,
                received_at=services.clock(),
                received_by=origin.actor,
            )
        )
        work.session.flush()
        _lock_orders(work, entries)
        for rank, entry in enumerate(entries, 1):
            state, reason = _apply(services, work, answer.kind, entry, origin)
            work.add(
                BankAnswerItem(
                    answer_id=row.id,
                    rank=rank,
                    end_to_end_id=entry.end_to_end_id,
                    code=entry.code,
                    state=state,
                    reason=reason,
                    amount=entry.amounts[0] if entry.amounts else None,
                )
            )
        work.session.flush()
        return _summary(work, row)


def tell_returned(services: Services, debit_id: str) -> None:
    """Mail the rep that a debit came back."""
    with services.works(read_only=True) as work:
        debit = work.get(Debit, debit_id)
        item = work.get(Instalment, debit.instalment_id)
        order, mandate = work.get(Order, item.order_id), work.get(Mandate, debit.mandate_id)
    rep = services.organisation.rep(order.rep_id)
    if rep is None:  # has left since: the task waits on the pages of the back office
        return
    frozen, outcome = frozen_of(services, order), outcome_of(debit.reason or "")
    message = debit_returned.compose(
        debit_returned.DebitReturned(
            sender=sender(frozen.seller),
            rep=rep.name,
            number=order.number,
            company=order.company,
            amount=debit.amount,
            due_on=debit.due_on,
            end_to_end_id=debit.end_to_end_id,
            code=debit.reason or "",
            reason=outcome.words,
            again_on=item.present_on if item.state == "returned" else None,
            mandate_ended=mandate.state != "active",
            url=order_url(services, order),
        )
    )
    try:
        services.mail.send(Mail(rep.email, message.subject, message.text, message.html), key=f"returned:{debit.id}")
    except MailError as error:
        raise Later(str(error)) from error


def _apply(services: Services, work: Work, kind: str, entry: AnswerEntry, origin: Origin) -> tuple[str, str | None]:
    """Apply one entry; its state and, where it needs a human, why."""
    debit = work.first(Debit, end_to_end_id=entry.end_to_end_id) if entry.end_to_end_id else None
    if debit is None:
        return "quarantined", written("bank.unknown_debit" if entry.end_to_end_id else "bank.no_reference")
    debit = work.lock(Debit, debit.id)
    if debit.state != "sent":
        return "known", None
    if entry.amounts and debit.amount not in entry.amounts:
        return "quarantined", written("bank.other_amount")
    item = work.lock(Instalment, debit.instalment_id)
    order = work.get(Order, item.order_id)
    mandate = work.lock(Mandate, debit.mandate_id)
    outcome, now = outcome_of(entry.code), services.clock()
    debit.state = "rejected" if kind == "pain.002" else "returned"
    debit.reason, debit.answered_at = entry.code or None, now
    take_back(services, work, order, debit, entry.day or services.today(), origin)
    item.present_on = item.announced_on = None
    if order.state in COLLECTED_STATES:
        item.state = "returned"
        if outcome.again and mandate.state == "active" and item.attempt <= PRESENTATIONS:
            item.present_on = next_presentation(services.today(), services.settings.prenotification_days)
    else:  # renounced since: nothing is owed any more
        item.state = "cancelled"
    data = {
        "end_to_end_id": debit.end_to_end_id,
        "code": entry.code,
        "again_on": item.present_on.isoformat() if item.present_on else None,
    }
    record(work, order.id, f"instalment.{debit.state}", origin, now, data)
    if outcome.ends_mandate and mandate.state == "active":
        end(services, work, mandate, "revoked", written("bank.reason", reason=entry.code), origin)
        tell_left(services, work, mandate, but=order.id)
    if outcome.new_account:
        ask_another_account(services, work, mandate, origin)
    text = _words(debit, item, ended=mandate.state != "active")
    work.add(Task(rep_id=order.rep_id, order_id=order.id, kind=TASK, text=text, created_at=now))
    work.stage("tell_returned", key=f"returned:{debit.id}", args={"debit_id": debit.id}, order_id=order.id)
    return "applied", None


def _words(debit: Debit, item: Instalment, *, ended: bool) -> str:
    key = "debit.again" if item.present_on else "debit.mandate_over" if ended else "debit.stopped"
    facts = {"amount": debit.amount, "date": debit.due_on, "reason": debit.reason or ""}
    return written(key, **facts, **({"day": item.present_on} if item.present_on else {}))


def _single(services: Services, entry: AnswerEntry) -> list[AnswerEntry]:
    """An entry by debit: where the bank rejects a file or a group, each of its debits; itself where it is not ours.

    The very file that the bank had is read for it, before any transaction: an archive may be slow.
    """
    if entry.end_to_end_id or not entry.message_id:
        return [entry]
    with services.works(read_only=True) as work:
        collection = work.first(Collection, message_id=entry.message_id)
    names = _group(services, collection, entry.payment_id) if collection else []
    return [replace(entry, end_to_end_id=name) for name in names] or [entry]


def _group(services: Services, collection: Collection, payment_id: str) -> list[str]:
    root = etree.fromstring(services.archive.get(collection.sha256, area="signed"))
    space = {"p": etree.QName(root).namespace or ""}
    groups = root.findall("p:CstmrDrctDbtInitn/p:PmtInf", space)
    chosen = [each for each in groups if not payment_id or each.findtext("p:PmtInfId", "", space) == payment_id]
    return [
        transaction.findtext("p:PmtId/p:EndToEndId", "", space)
        for each in chosen
        for transaction in each.findall("p:DrctDbtTxInf", space)
    ]


def _lock_orders(work: Work, entries: list[AnswerEntry]) -> None:
    """Lock every order that the file touches, before anything changes: a mandate that ends touches all its account."""
    names = [entry.end_to_end_id for entry in entries]
    found = [debit for debit in (work.first(Debit, end_to_end_id=name) for name in names if name) if debit]
    lock_accounts(work, {work.get(Mandate, each.mandate_id).epj for each in found})


def _summary(work: Work, row: BankAnswer, *, repeated: bool = False) -> AnswerResult:
    items = work.find(BankAnswerItem, answer_id=row.id, order_by=BankAnswerItem.rank)
    return AnswerResult(
        answer_id=row.id,
        kind=row.kind,
        message_id=row.message_id,
        applied=sum(item.state == "applied" for item in items),
        known=sum(item.state == "known" for item in items),
        quarantined=tuple((item.end_to_end_id, item.reason or "") for item in items if item.state == "quarantined"),
        repeated=repeated,
    )
