"""The proposal: read, shown with its findings from the first screen, mended by one click, duplicated, validated."""

import logging
from dataclasses import dataclass

import rfc8785

from pipeline.bootstrap import Services
from pipeline.errors import Blocked, DuplicateReference, NotFound, WrongState
from pipeline.origin import Origin
from pipeline.proposal import Note, Proposal, read, read_proposal
from pipeline.rules.check import findings
from pipeline.rules.finding import Finding
from pipeline.rules.fixes import apply_fix as mended
from pipeline.totals import Totals, totals
from storage.models import Order, new_id
from storage.models import Proposal as Row
from storage.work import Work

log = logging.getLogger("seing.proposals")

OPEN_STATES = ("draft", "presented", "validated")
"""States in which a proposal may still change."""

CONTACT_CODES = ("account.email_", "signatory.")
"""Findings about what the customer enters himself at « commander », where his answer replaces the proposal's."""


@dataclass(frozen=True)
class ProposalView:
    """A proposal as screens and the API show it."""

    id: str
    state: str
    version: int
    proposal: Proposal
    totals: Totals
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    order_id: str | None


def import_proposal(services: Services, raw: bytes, origin: Origin) -> str:
    """Keep a file of the ordering system as a new proposal; returns its id.

    Raises:
        Unreadable: every problem of the file with its JSON path.
        DuplicateReference: a proposal of that reference is there already.
    """
    reading = read(raw)
    with services.works() as work:
        return _add(services, work, reading.proposal, origin)


def replace_proposal(services: Services, proposal_id: str, raw: bytes, origin: Origin) -> None:
    """Take a newer file for the same proposal. Raises `Unreadable`, `NotFound`, `WrongState`, `DuplicateReference`."""
    proposal = read(raw).proposal
    with services.works() as work:
        row = _open_row(work, proposal_id)
        if row.reference != proposal.reference:
            _refuse_duplicate(work, proposal)
        _write(services, row, proposal, origin)


def open_proposal(services: Services, proposal_id: str) -> ProposalView:
    """The proposal with its totals and all its findings as of today. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        row = work.session.get(Row, proposal_id)
        if row is None:
            raise NotFound
        proposal = proposal_of(services, row)
        found = current_findings(services, work, proposal)
        order = work.first(Order, proposal_id=proposal_id, order_by=Order.prepared_at.desc())
    return ProposalView(
        id=row.id,
        state=row.state,
        version=row.version,
        proposal=proposal,
        totals=totals(proposal),
        findings=found,
        notes=(),
        order_id=order.id if order else None,
    )


def current_findings(
    services: Services, work: Work, proposal: Proposal, *, contact: bool = True
) -> tuple[Finding, ...]:
    """Every finding as of today; without `contact`, those that the customer's own answers decide are left out."""
    mobile = proposal.account.signatory.mobile
    others = 0
    if mobile:
        fingerprint = services.vault.fingerprint(mobile, "mobile")
        orders = work.find(Order, Order.epj != proposal.account.epj, mobile_hash=fingerprint)
        others = len({order.epj for order in orders})
    found = findings(
        proposal,
        today=services.today(),
        reps_mobiles=services.organisation.reps_mobiles,
        other_accounts_with_mobile=others,
        withdrawal=None if contact else False,
        prenotification_days=services.settings.prenotification_days,
        organisation=services.organisation,
    )
    return tuple(item for item in found if contact or not item.code.startswith(CONTACT_CODES))


def present(services: Services, proposal_id: str, origin: Origin) -> None:
    """Shown to the customer: findings stop nothing here."""
    with services.works() as work:
        row = _open_row(work, proposal_id)
        if row.state == "draft":
            row.state, row.updated_at = "presented", services.clock()
    log.info("proposal presented", extra={"proposal": proposal_id, "actor": origin.actor})


def validate(services: Services, proposal_id: str, origin: Origin) -> None:
    """Ready to be ordered. Raises `Blocked` with the findings that stop it."""
    with services.works() as work:
        row = _open_row(work, proposal_id)
        found = current_findings(services, work, proposal_of(services, row))
        blocking = tuple(item for item in found if item.severity == "blocking")
        if blocking:
            raise Blocked(blocking)
        row.state, row.updated_at = "validated", services.clock()
    log.info("proposal validated", extra={"proposal": proposal_id, "actor": origin.actor})


def apply_fix(services: Services, proposal_id: str, code: str, where: str, origin: Origin) -> list[str]:
    """Mend one finding; returns the ids of the proposals that now stand for this one (two after a split).

    Raises `NotFound` where the finding is no longer there or has no fix.
    """
    with services.works() as work:
        row = _open_row(work, proposal_id)
        proposal = proposal_of(services, row)
        found = current_findings(services, work, proposal)
        wanted = next((item for item in found if (item.code, item.where) == (code, where) and item.fix), None)
        if wanted is None:
            raise NotFound
        result = mended(proposal, wanted)
        first, *others = result if isinstance(result, tuple) else (result,)
        _write(services, row, first, origin)
        return [row.id, *(_add(services, work, other, origin) for other in others)]


def duplicate(services: Services, proposal_id: str, origin: Origin) -> str:
    """A copy under a reference of its own; returns its id."""
    with services.works() as work:
        row = work.session.get(Row, proposal_id)
        if row is None:
            raise NotFound
        proposal = proposal_of(services, row)
        rank = 2
        base = proposal.reference[:35]
        while work.first(Row, reference=f"{base}-{rank}"):
            rank += 1
        copied = proposal.model_copy(update={"reference": f"{base}-{rank}", "name": f"{proposal.name[:190]} (copie)"})
        return _add(services, work, copied, origin)


def rename(services: Services, proposal_id: str, name: str, origin: Origin) -> None:
    """Give the proposal a telling name. Raises `Unreadable` where the name cannot be kept."""
    with services.works() as work:
        row = _open_row(work, proposal_id)
        renamed = proposal_of(services, row).model_dump(mode="json") | {"name": name.strip()}
        _write(services, row, _read_again(renamed), origin)


def proposal_of(services: Services, row: Row) -> Proposal:
    """The proposal behind a row."""
    data = services.vault.open(row.document_enc, table="proposals", column="document_enc", row_id=row.id)
    return Proposal.model_validate_json(data)


def _read_again(tree: object) -> Proposal:
    return read_proposal(rfc8785.dumps(tree))  # type: ignore[arg-type]  # a model's own dump


def _open_row(work: Work, proposal_id: str) -> Row:
    if work.session.get(Row, proposal_id) is None:
        raise NotFound
    row = work.lock(Row, proposal_id)
    if row.state not in OPEN_STATES:
        raise WrongState(state="commandée")
    return row


def _refuse_duplicate(work: Work, proposal: Proposal) -> None:
    if work.first(Row, reference=proposal.reference):
        raise DuplicateReference(reference=proposal.reference)


def _add(services: Services, work: Work, proposal: Proposal, origin: Origin) -> str:
    _refuse_duplicate(work, proposal)
    row_id, now = new_id(), services.clock()
    row = Row(
        id=row_id,
        reference=proposal.reference,
        name=proposal.name,
        kind=proposal.kind,
        agency=proposal.agency,
        rep_id=proposal.rep,
        epj=proposal.account.epj,
        document_enc=b"",
        document_sha256="",
        total_incl_vat=totals(proposal).incl_vat,
        version=0,
        created_at=now,
        updated_at=now,
    )
    _write(services, row, proposal, origin)
    work.add(row)
    work.session.flush()
    return row_id


def _write(services: Services, row: Row, proposal: Proposal, origin: Origin) -> None:
    row.reference, row.name, row.kind = proposal.reference, proposal.name, proposal.kind
    row.agency, row.rep_id, row.epj = proposal.agency, proposal.rep, proposal.account.epj
    row.document_enc = services.vault.seal(proposal.to_json(), table="proposals", column="document_enc", row_id=row.id)
    row.document_sha256 = proposal.sha256
    row.total_incl_vat = totals(proposal).incl_vat
    row.version += 1
    row.state = "draft"
    row.updated_at = services.clock()
    log.info("proposal written", extra={"proposal": row.id, "version": row.version, "actor": origin.actor})
