"""Proposals in answers and requests."""

from typing import Any

from pydantic import Field

from pipeline.api.schemas.common import Amount, FindingOut, Instant, NoteOut, Out, Strict, findings_out, notes_out
from pipeline.proposal import Note, Reading
from pipeline.rules.finding import Finding, blocking
from pipeline.steps.propose import ProposalView
from pipeline.totals import Totals, totals
from storage.models import Proposal


class VatOut(Out):
    """One VAT rate."""

    rate: Amount
    base: Amount
    amount: Amount


class SubOrderSumOut(Out):
    """What one sub-order comes to before tax."""

    number: str = Field(examples=["S001"])
    net: Amount


class TotalsOut(Out):
    """All sums, in euros."""

    excl_vat: Amount
    vat_amount: Amount
    incl_vat: Amount
    vat: tuple[VatOut, ...]
    sub_orders: tuple[SubOrderSumOut, ...]


class ProposalSummary(Out):
    """One proposal of a list."""

    id: str
    reference: str = Field(examples=["PROP-2026-004171"])
    name: str
    kind: str = Field(examples=["order"])
    state: str = Field(description="`draft`, `presented`, `validated` or `ordered`.", examples=["draft"])
    version: int
    epj: str = Field(examples=["05123874"])
    agency: str = Field(examples=["LYO"])
    rep: str = Field(examples=["c.delmas"])
    total_incl_vat: Amount
    created_at: Instant
    updated_at: Instant


class CheckOut(Out):
    """What is to be said about a file."""

    reference: str
    name: str
    kind: str
    blocked: bool = Field(description="Whether a finding stops the validation.")
    totals: TotalsOut
    findings: tuple[FindingOut, ...]
    notes: tuple[NoteOut, ...]


class ProposalOut(CheckOut):
    """A proposal with its totals and all its findings as of today."""

    id: str
    state: str
    version: int
    epj: str
    agency: str
    rep: str
    order_id: str | None = Field(description="Its last order.")


class ProposalDocument(ProposalOut):
    """A proposal with its whole document, in the format of the ordering system."""

    document: dict[str, Any]


class FixIn(Strict):
    """Which finding to mend."""

    code: str = Field(max_length=80, examples=["payment.instalments_differ"])
    where: str = Field(max_length=200, examples=["payment.instalments"])


class FixedOut(Out):
    """The proposals that stand for this one now: two after a split, the first under the same id."""

    proposals: tuple[ProposalOut, ...]


def summary(row: Proposal) -> ProposalSummary:
    """One row of the list."""
    return ProposalSummary(
        id=row.id,
        reference=row.reference,
        name=row.name,
        kind=row.kind,
        state=row.state,
        version=row.version,
        epj=row.epj,
        agency=row.agency,
        rep=row.rep_id,
        total_incl_vat=row.total_incl_vat,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def totals_out(sums: Totals) -> TotalsOut:
    """All sums."""
    return TotalsOut(
        excl_vat=sums.excl_vat,
        vat_amount=sums.vat_amount,
        incl_vat=sums.incl_vat,
        vat=tuple(VatOut(rate=item.rate, base=item.base, amount=item.amount) for item in sums.vat),
        sub_orders=tuple(SubOrderSumOut(number=item.number, net=item.net) for item in sums.sub_orders),
    )


def check_out(reading: Reading, findings: tuple[Finding, ...]) -> CheckOut:
    """The findings of a file that is not kept."""
    proposal = reading.proposal
    return CheckOut(
        reference=proposal.reference,
        name=proposal.name,
        kind=proposal.kind,
        blocked=bool(blocking(findings)),
        totals=totals_out(totals(proposal)),
        findings=findings_out(findings),
        notes=notes_out(reading.notes),
    )


def proposal_out(view: ProposalView, notes: tuple[Note, ...] = ()) -> ProposalOut:
    """A proposal; `notes` say what had to be understood when its file was read just now."""
    return ProposalOut(**_facts(view, notes))


def document_out(view: ProposalView) -> ProposalDocument:
    """A proposal with its document."""
    return ProposalDocument(**_facts(view, ()), document=view.proposal.model_dump(mode="json"))


def _facts(view: ProposalView, notes: tuple[Note, ...]) -> dict[str, Any]:
    proposal = view.proposal
    return {
        **dict(check_out(Reading(proposal, notes), view.findings)),
        "id": view.id,
        "state": view.state,
        "version": view.version,
        "epj": proposal.account.epj,
        "agency": proposal.agency,
        "rep": proposal.rep,
        "order_id": view.order_id,
    }
