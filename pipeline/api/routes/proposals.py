"""Proposals: filed, read, replaced, mended, validated, duplicated, drawn as a quote."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import or_, select
from starlette.responses import Response

from pipeline.api.access import Acting, Anyone, Seller, Serving
from pipeline.api.listing import DEFAULT_LIMIT, Cursor, Filter, Limit, read_page
from pipeline.api.openapi import binary, body_of, proposal_example, refusals
from pipeline.api.route import ApiRoute, Attempting, FileReadingRoute, FileRoute, Raw
from pipeline.api.schemas.common import Page
from pipeline.api.schemas.proposals import (
    CheckOut,
    FixedOut,
    FixIn,
    ProposalDocument,
    ProposalOut,
    ProposalSummary,
    check_out,
    document_out,
    proposal_out,
    summary,
)
from pipeline.api.visibility import check_author, proposals, see_proposal
from pipeline.bootstrap import Services
from pipeline.documents.forms import quote_data
from pipeline.proposal import read
from pipeline.steps import propose
from storage.models import Proposal
from templates.documents import quote

PREFIX = "/api/v1"

filing = APIRouter(prefix=PREFIX, route_class=FileRoute, tags=["proposals"])
checking = APIRouter(prefix=PREFIX, route_class=FileReadingRoute, tags=["proposals"])
router = APIRouter(prefix=f"{PREFIX}/proposals", route_class=ApiRoute, tags=["proposals"])

State = Annotated[Literal["draft", "presented", "validated", "ordered"] | None, Query()]
Kind = Annotated[Literal["order", "quote"] | None, Query()]

FILE = body_of("ProposalFile", proposal_example())


@filing.post(
    "/proposals",
    status_code=201,
    openapi_extra=FILE,
    responses=refusals(401, 403, 409, 413, 422),
    summary="File a proposal",
)
def create(
    raw: Raw, caller: Seller, services: Serving, origin: Acting, attempt: Attempting, response: Response
) -> ProposalOut:
    """Keep a file of the ordering system as a new proposal.

    It is read as strictly as by `seing check`; `notes` say what had to be understood. Findings stop nothing here.
    """
    reading = read(raw)
    check_author(reading.proposal, caller)
    made = attempt.made(Proposal)
    proposal_id = made[0] if made else propose.import_proposal(services, raw, origin)
    response.headers["location"] = f"{PREFIX}/proposals/{proposal_id}"
    return proposal_out(propose.open_proposal(services, proposal_id), reading.notes)


@checking.post("/check", openapi_extra=FILE, responses=refusals(401, 413, 422), summary="Check a file")
def check(raw: Raw, caller: Anyone, services: Serving) -> CheckOut:  # noqa: ARG001  # a key is asked for
    """Totals and findings of a file, which is not kept. The same as `seing check`."""
    reading = read(raw)
    with services.works(read_only=True) as work:
        return check_out(reading, propose.current_findings(services, work, reading.proposal))


@router.get("", responses=refusals(401, 403, 422), summary="List proposals")
def list_all(
    caller: Seller,
    services: Serving,
    state: State = None,
    kind: Kind = None,
    epj: Filter = None,
    agency: Filter = None,
    rep: Filter = None,
    q: Annotated[str | None, Query(max_length=80, description="Part of the reference or of the name.")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ProposalSummary]:
    """The caller's proposals, newest first."""
    equal = {
        Proposal.state: state,
        Proposal.kind: kind,
        Proposal.epj: epj,
        Proposal.agency: agency,
        Proposal.rep_id: rep,
    }
    query = select(Proposal).where(proposals(caller), *(column == value for column, value in equal.items() if value))
    if q:
        query = query.where(
            or_(Proposal.reference.icontains(q, autoescape=True), Proposal.name.icontains(q, autoescape=True))
        )
    with services.works(read_only=True) as work:
        return read_page(work, query, (Proposal.created_at, Proposal.id), cursor, limit, lambda row: summary(row[0]))


@router.get("/{proposal_id}", responses=refusals(401, 403, 404), summary="Read a proposal")
def get(proposal_id: str, caller: Seller, services: Serving) -> ProposalDocument:
    """The proposal with its document, its totals and all its findings as of today."""
    _seen(services, proposal_id, caller)
    return document_out(propose.open_proposal(services, proposal_id))


@filing.put(
    "/proposals/{proposal_id}",
    openapi_extra=FILE,
    responses=refusals(401, 403, 404, 409, 413, 422),
    summary="Replace a proposal",
)
def replace(proposal_id: str, raw: Raw, caller: Seller, services: Serving, origin: Acting) -> ProposalOut:
    """Take a newer file for the same proposal, which is a draft again; refused once it is ordered."""
    _seen(services, proposal_id, caller)
    reading = read(raw)
    check_author(reading.proposal, caller)
    propose.replace_proposal(services, proposal_id, raw, origin)
    return proposal_out(propose.open_proposal(services, proposal_id), reading.notes)


@router.post("/{proposal_id}/validate", responses=refusals(401, 403, 404, 409), summary="Validate a proposal")
def validate(proposal_id: str, caller: Seller, services: Serving, origin: Acting, attempt: Attempting) -> ProposalOut:
    """Ready to be ordered; refused with the findings that stop it."""
    _seen(services, proposal_id, caller)
    if not attempt.already:
        propose.validate(services, proposal_id, origin)
    return proposal_out(propose.open_proposal(services, proposal_id))


@router.post("/{proposal_id}/fixes", responses=refusals(401, 403, 404, 409, 422), summary="Mend a finding")
def fix(
    proposal_id: str, wanted: FixIn, caller: Seller, services: Serving, origin: Acting, attempt: Attempting
) -> FixedOut:
    """Do what the finding's `fix` offers. A split gives two proposals, both with their schedules planned anew."""
    _seen(services, proposal_id, caller)
    if attempt.already:
        ids = [proposal_id, *attempt.made(Proposal)]
    else:
        ids = propose.apply_fix(services, proposal_id, wanted.code, wanted.where, origin)
    return FixedOut(proposals=tuple(proposal_out(propose.open_proposal(services, each)) for each in ids))


@router.post(
    "/{proposal_id}/duplicate", status_code=201, responses=refusals(401, 403, 404), summary="Duplicate a proposal"
)
def duplicate(
    proposal_id: str, caller: Seller, services: Serving, origin: Acting, attempt: Attempting, response: Response
) -> ProposalOut:
    """A copy under a reference of its own."""
    _seen(services, proposal_id, caller)
    made = attempt.made(Proposal)
    copy_id = made[0] if made else propose.duplicate(services, proposal_id, origin)
    response.headers["location"] = f"{PREFIX}/proposals/{copy_id}"
    return proposal_out(propose.open_proposal(services, copy_id))


@router.get(
    "/{proposal_id}/quote.pdf",
    response_class=Response,
    responses=binary("application/pdf", "The quote.") | refusals(401, 403, 404),
    summary="Draw the quote",
)
def quote_pdf(proposal_id: str, caller: Seller, services: Serving) -> Response:
    """The proposal as a quote with its validity date: PDF/A-3, tagged."""
    _seen(services, proposal_id, caller)
    proposal = propose.open_proposal(services, proposal_id).proposal
    specimen = services.settings.environment == "training"
    pdf = quote.render(quote_data(proposal, services.organisation, services.today(), specimen=specimen))
    name = f"devis-{proposal.reference.replace('/', '-')}.pdf"
    return Response(pdf, media_type="application/pdf", headers={"content-disposition": f'inline; filename="{name}"'})


def _seen(services: Services, proposal_id: str, caller: Seller) -> None:
    with services.works(read_only=True) as work:
        see_proposal(work, proposal_id, caller)
