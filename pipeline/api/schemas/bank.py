"""What the bank sent back, and what came in, in answers and requests."""

from collections.abc import Sequence
from datetime import date

from pydantic import Field

from pipeline.api.schemas.common import Amount, Instant, Out, Strict
from pipeline.proposal.types import LongText
from pipeline.rules.returns import outcome_of
from pipeline.steps.receipt_book import ReceiptRow
from storage.models import BankAnswer, BankAnswerItem


class AnswerSummary(Out):
    """One file of the bank and how its entries ended."""

    id: str
    kind: str = Field(description="`pain.002` (rejected before settlement) or `camt.054` (returned after it).")
    message_id: str
    sha256: str
    received_at: Instant
    received_by: str
    applied: int = Field(description="Debits that came back with this file.")
    known: int = Field(description="Debits whose return was known already.")
    quarantined: int = Field(description="Entries that matched no debit.")
    waiting: int = Field(description="Those of them that nobody has dealt with.")


class AnswerEntryOut(Out):
    """One entry of the file."""

    rank: int
    end_to_end_id: str
    code: str = Field(description="The bank's reason; empty where it gave none.", examples=["AM04"])
    words: str = Field(examples=["provision insuffisante"])
    amount: Amount | None
    state: str = Field(description="`applied`, `known` or `quarantined`.")
    reason: str | None
    handled_at: Instant | None
    handled_by: str | None
    comment: str | None


class AnswerOut(AnswerSummary):
    """One file with its entries, in its own order."""

    repeated: bool = Field(description="This very file had been taken before: nothing has changed.")
    entries: tuple[AnswerEntryOut, ...]


class SettleIn(Strict):
    """What was done about an entry that matched nothing."""

    comment: LongText = Field(max_length=2000, examples=["Prélèvement de l'ancien logiciel."])


class RevokeIn(Strict):
    """Why a mandate is taken back."""

    reason: LongText = Field(max_length=2000, examples=["Le client met fin au contrat."])


class ShareOut(Out):
    """A part of a sum, with its tax, at one rate of VAT (hundredths)."""

    rate: Amount
    amount: Amount


class ReceiptOut(Out):
    """A sum that came in for an invoice (`received`), or went back (`taken_back`, a negative amount)."""

    id: str
    kind: str
    invoice: str = Field(examples=["F-2026-000042"])
    order_id: str
    order_number: str
    end_to_end_id: str
    day: date = Field(description="Of settlement, or of the return's booking.")
    amount: Amount
    by_rate: tuple[ShareOut, ...]
    reason: str = Field(description="Why money went back, in French.")
    declaration: str = Field(
        description="Status 212 for the platform: `due`, `done`, or `none` where the customer is no company."
    )
    declared_at: Instant | None
    url: str | None = Field(description="The message (CDAR).", examples=["/api/v1/receipts/0b9f....xml"])


def answer_summary(row: BankAnswer, items: Sequence[BankAnswerItem]) -> AnswerSummary:
    """A file with the counts of its entries."""
    states = [item.state for item in items]
    waiting = sum(item.state == "quarantined" and item.handled_at is None for item in items)
    return AnswerSummary(
        id=row.id,
        kind=row.kind,
        message_id=row.message_id,
        sha256=row.sha256,
        received_at=row.received_at,
        received_by=row.received_by,
        applied=states.count("applied"),
        known=states.count("known"),
        quarantined=states.count("quarantined"),
        waiting=waiting,
    )


def answer_out(row: BankAnswer, items: Sequence[BankAnswerItem], *, repeated: bool = False) -> AnswerOut:
    """A file with its entries."""
    entries = tuple(
        AnswerEntryOut(
            rank=item.rank,
            end_to_end_id=item.end_to_end_id,
            code=item.code,
            words=outcome_of(item.code).words,
            amount=item.amount,
            state=item.state,
            reason=item.reason,
            handled_at=item.handled_at,
            handled_by=item.handled_by,
            comment=item.comment,
        )
        for item in items
    )
    return AnswerOut(**answer_summary(row, items).model_dump(), repeated=repeated, entries=entries)


def receipt_out(row: ReceiptRow) -> ReceiptOut:
    """A movement with the address of its message."""
    return ReceiptOut(
        id=row.id,
        kind=row.kind,
        invoice=row.invoice,
        order_id=row.order_id,
        order_number=row.number,
        end_to_end_id=row.end_to_end_id,
        day=row.day,
        amount=row.amount,
        by_rate=tuple(ShareOut(rate=share.rate, amount=share.amount) for share in row.shares),
        reason=row.reason,
        declaration=row.declaration,
        declared_at=row.declared_at,
        url=f"/api/v1/receipts/{row.id}.xml" if row.message else None,
    )
