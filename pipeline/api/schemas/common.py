"""Values that every answer shares: amounts as text with two decimals, instants in UTC, findings."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from pipeline.proposal import Note
from pipeline.rules.finding import Finding


def _two_decimals(value: Decimal) -> str:
    return f"{value:.2f}"


Amount = Annotated[
    Decimal,
    PlainSerializer(_two_decimals, return_type=str),
    Field(description="Text with two decimals, a dot between.", examples=["6056.76"]),
]
"""An amount in euros, or a rate in hundredths."""

Instant = Annotated[datetime, Field(description="UTC.", examples=["2026-11-23T09:30:00Z"])]
"""A moment."""


class Strict(BaseModel):
    """A body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Out(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


Item = TypeVar("Item")


class Page(Out, Generic[Item]):
    """One page of a list."""

    items: tuple[Item, ...]
    next: str | None = Field(None, description="Give it as `cursor` to read on; null on the last page.")


class FixOut(Out):
    """What one click, or `POST .../fixes`, does about a finding."""

    action: str = Field(examples=["spread_difference"])
    label: str = Field(examples=["Reporter l'écart sur la dernière échéance"])
    label_en: str
    value: str
    follow_up: str | None


class FindingOut(Out):
    """One anomaly; `code` is stable, `where` a JSON path (or the field's name)."""

    code: str = Field(examples=["payment.instalments_differ"])
    severity: str = Field(description="`blocking`, `blocking_at_release` or `warning`.", examples=["blocking"])
    where: str = Field(examples=["payment.instalments"])
    message: str
    message_en: str
    fix: FixOut | None


class NoteOut(Out):
    """Something that was understood although it was not written plainly."""

    path: str = Field(examples=["payment.instalments[2].due_on"])
    message: str
    message_en: str


class ProblemItem(Out):
    """One place of a request or a file that cannot be read."""

    path: str = Field(examples=["sub_orders[0].lines[1].unit_price"])
    message: str


class ProblemOut(Out):
    """A refusal (RFC 9457). `code` is for programs and never reworded; `detail` follows Accept-Language."""

    type: str = Field(examples=["https://seing.example/api/v1/problems/proposal.blocked"])
    title: str = Field(examples=["Findings stop this act; findings say which and why."])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["La proposition comporte 1 anomalie(s) bloquante(s)."])
    code: str = Field(examples=["proposal.blocked"])
    request_id: str = Field(examples=["4f1d2c0b9a7e4c55a1f0c3d2e1b0a998"])
    param: str | None = Field(None, description="The first place to look at.")
    params: dict[str, Any] | None = Field(None, description="The facts in `detail`.")
    findings: tuple[FindingOut, ...] | None = None
    problems: tuple[ProblemItem, ...] | None = None


def findings_out(findings: tuple[Finding, ...]) -> tuple[FindingOut, ...]:
    """Findings as `seing check --json` gives them."""
    return tuple(FindingOut.model_validate(item.to_dict()) for item in findings)


def notes_out(notes: tuple[Note, ...]) -> tuple[NoteOut, ...]:
    """Notes in both languages."""
    return tuple(NoteOut(path=item.path, message=item.message_fr, message_en=item.message_en) for item in notes)
