"""The bank's answers as the back office sees them: each file, what its entries changed, what waits for a human."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.rules.returns import outcome_of
from pipeline.web.queries.actors import actor_names
from pipeline.web.queries.paging import SIZE, Paging, paging
from storage.models import BankAnswer, BankAnswerItem, Debit, Instalment, Order
from storage.work import Work

_WAITS = (BankAnswerItem.state == "quarantined", BankAnswerItem.handled_at.is_(None))


@dataclass(frozen=True)
class EntryRow:
    """One entry: `applied`, `known`, `quarantined` or `handled`. The order where the debit is ours."""

    answer_id: str
    rank: int
    end_to_end_id: str
    code: str
    words: str
    amount: Decimal | None
    state: str
    reason: str
    order_id: str
    number: str
    customer: str
    due_on: date | None
    debit_amount: Decimal | None
    handled_by: str
    handled_at: datetime | None
    comment: str
    file: str
    received_at: datetime


@dataclass(frozen=True)
class AnswerRow:
    """One file with the counts of its entries; `waiting` still needs a human."""

    id: str
    kind: str
    message_id: str
    received_at: datetime
    received_by: str
    applied: int
    known: int
    quarantined: int
    waiting: int


@dataclass(frozen=True)
class AnswersPage:
    """The list of files, and every entry that waits."""

    waiting: tuple[EntryRow, ...]
    answers: tuple[AnswerRow, ...]
    paging: Paging


def waiting_count(work: Work) -> int:
    """How many entries wait for a human."""
    return work.session.scalar(select(func.count()).select_from(BankAnswerItem).where(*_WAITS)) or 0


def answers_page(services: Services, page: int) -> AnswersPage:
    """The files, the newest first."""
    with services.works(read_only=True) as work:
        shown = paging(page, work.session.scalar(select(func.count()).select_from(BankAnswer)) or 0)
        query = select(BankAnswer).order_by(BankAnswer.received_at.desc(), BankAnswer.id)
        rows = list(work.session.scalars(query.limit(SIZE).offset(shown.offset)))
        waiting = work.find(BankAnswerItem, *_WAITS, order_by=(BankAnswerItem.answer_id, BankAnswerItem.rank))
        return AnswersPage(_entries(work, waiting), _answers(work, rows), shown)


def answer_page(services: Services, answer_id: str) -> tuple[AnswerRow, tuple[EntryRow, ...]]:
    """One file and its entries, in its own order. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        row = work.session.get(BankAnswer, answer_id)
        if row is None:
            raise NotFound
        items = work.find(BankAnswerItem, answer_id=answer_id, order_by=BankAnswerItem.rank)
        return _answers(work, [row])[0], _entries(work, items)


def _answers(work: Work, rows: list[BankAnswer]) -> tuple[AnswerRow, ...]:
    counts: dict[str, list[str]] = {row.id: [] for row in rows}
    for item in work.find(BankAnswerItem, BankAnswerItem.answer_id.in_(counts)):
        waits = item.state == "quarantined" and item.handled_at is None
        counts[item.answer_id] += [item.state, "waiting"] if waits else [item.state]
    names = actor_names(work, {row.received_by for row in rows})
    return tuple(
        AnswerRow(
            id=row.id,
            kind=row.kind,
            message_id=row.message_id,
            received_at=row.received_at,
            received_by=names[row.received_by],
            applied=counts[row.id].count("applied"),
            known=counts[row.id].count("known"),
            quarantined=counts[row.id].count("quarantined"),
            waiting=counts[row.id].count("waiting"),
        )
        for row in rows
    )


def _entries(work: Work, items: list[BankAnswerItem]) -> tuple[EntryRow, ...]:
    files = {row.id: row for row in work.find(BankAnswer, BankAnswer.id.in_({item.answer_id for item in items}))}
    names = [item.end_to_end_id for item in items if item.end_to_end_id]
    debits = {row.end_to_end_id: row for row in work.find(Debit, Debit.end_to_end_id.in_(names))}
    found = work.find(Instalment, Instalment.id.in_([row.instalment_id for row in debits.values()]))
    orders = {row.id: row for row in work.find(Order, Order.id.in_({item.order_id for item in found}))}
    owners = {item.id: orders[item.order_id] for item in found}
    people = actor_names(work, {item.handled_by for item in items if item.handled_by})
    rows = []
    for item in items:
        debit, file = debits.get(item.end_to_end_id), files[item.answer_id]
        order = owners[debit.instalment_id] if debit else None
        rows.append(
            EntryRow(
                answer_id=item.answer_id,
                rank=item.rank,
                end_to_end_id=item.end_to_end_id,
                code=item.code,
                words=outcome_of(item.code).words,
                amount=item.amount,
                state="handled" if item.handled_at else item.state,
                reason=item.reason or "",
                order_id=order.id if order else "",
                number=order.number if order else "",
                customer=order.legal_name if order else "",
                due_on=debit.due_on if debit else None,
                debit_amount=debit.amount if debit else None,
                handled_by=people.get(item.handled_by or "", ""),
                handled_at=item.handled_at,
                comment=item.comment or "",
                file=file.message_id,
                received_at=file.received_at,
            )
        )
    return tuple(rows)
