"""An erasure request (RGPD art. 17): what may go goes at once; what must stay is named with its reason and its date.

What goes: proposals that nobody signed, their orders with ceremonies, codes, events and drafts (for a day more, keyed
hashes tell the limits of sending that a message had left); and of signed orders
the codes that were never accepted, whose facts are in the evidence. What stays (art. 17(3)(b) and (e)): signed sets,
until the end of their retention, and what serves them. The request itself is kept by a keyed hash of the account.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Table, and_, delete, or_, select

from pipeline.bootstrap import Services
from pipeline.flow import SIGNED_STATES, State
from pipeline.orders import lock_accounts, lock_order
from pipeline.origin import Origin
from pipeline.recorded import written
from pipeline.retention import DEFAULT_REASON, REASONS
from pipeline.rules.mandates import add_months
from pipeline.steps.mandate_life import OPEN
from pipeline.steps.prepare import take_back
from storage.errors import ArchiveMissing
from storage.models import ArchiveEntry, Base, Ceremony, ErasedCode, Erasure, Instalment, OneTimeCode, Order, Proposal
from storage.work import Work

PROSPECT_MONTHS: Final = 36
"""Months after the last contact for which a prospect who never signed is kept (CNIL; STANDARDS 7)."""

CODES_COUNT: Final = timedelta(days=1)
"""Codes younger than this still count against the limits of sending."""


@dataclass(frozen=True)
class Kept:
    """One thing that stays: of which order, why, and until which day (ISO), None while something is still owed."""

    order: str
    what: str
    reason: str
    until: str | None


@dataclass(frozen=True)
class ErasureReport:
    """What went, counted by kind, and what stays."""

    gone: dict[str, int]
    kept: tuple[Kept, ...]


def erase(services: Services, epj: str, origin: Origin) -> ErasureReport:
    """Answer an erasure request of one account; a second one finds nothing more to erase and says the same of the rest.

    Orders that still wait for a signature are taken back first.
    """
    epj = epj.strip()
    with services.works() as work:
        orders = lock_accounts(work, [epj])
        for order in orders:
            if order.state in (State.PREPARED, State.SIGNING):
                take_back(services, work, order, written("order.erased"), origin)
        unsigned = [order for order in orders if order.state not in SIGNED_STATES]
        gone, drafts = _forget(services, work, unsigned)
        proposals = work.find(Proposal, epj=epj)
        gone["proposals"] = _forget_proposals(work, proposals)
        signed = [order for order in orders if order.state in SIGNED_STATES]
        gone["codes"] = gone.get("codes", 0) + _forget_codes(services, work, signed)
        kept = tuple(_kept(work, signed))
        gone = {kind: count for kind, count in gone.items() if count}
        work.add(
            Erasure(
                account_hash=services.vault.fingerprint(epj, "epj"),
                at=services.clock(),
                actor=origin.actor,
                gone=dict(gone),
                kept=[asdict(each) for each in kept],
            )
        )
    # Files last: should the process die here, they expire by their own date.
    for sha256 in drafts:
        with suppress(ArchiveMissing):
            services.archive.delete(sha256, "drafts", today=date.max)
    return ErasureReport(gone, kept)


def forget_prospects(services: Services) -> int:
    """Forget the proposals that nobody signed or touched for three years, with their orders; how many proposals.

    Amendments of that age that nobody signed go with them.
    """
    limit = datetime.combine(add_months(services.today(), -PROSPECT_MONTHS), time(), UTC)
    with services.works() as work:
        old = work.find(Proposal, Proposal.updated_at < limit)
        ids = [row.id for row in old]
        amendments = and_(Order.amends_umr.is_not(None), Order.prepared_at < limit)
        rows = work.find(Order, or_(Order.proposal_id.in_(ids), amendments), order_by=Order.id)
        orders = [lock_order(work, row.id) for row in rows]
        ended = [order for order in orders if order.state not in {*SIGNED_STATES, State.PREPARED, State.SIGNING}]
        _, drafts = _forget(services, work, ended)
        count = _forget_proposals(work, old)
    for sha256 in drafts:
        with suppress(ArchiveMissing):
            services.archive.delete(sha256, "drafts", today=date.max)
    return count


def _forget(services: Services, work: Work, orders: Sequence[Order]) -> tuple[dict[str, int], list[str]]:
    """Delete orders that were never signed, and every row that refers to them; counts, and drafts to delete."""
    ids = [order.id for order in orders]
    drafts = [entry.sha256 for entry in work.find(ArchiveEntry, ArchiveEntry.order_id.in_(ids), area="drafts")]
    ceremonies = list(work.session.scalars(select(Ceremony.id).where(Ceremony.order_id.in_(ids))))
    _keep_counts(services, work, ceremonies)
    work.session.flush()
    gone: dict[str, int] = {"orders": len(ids), "drafts": len(drafts)}
    for table in reversed(Base.metadata.sorted_tables):
        gone[table.name] = gone.get(table.name, 0) + _referring(work, table, "ceremonies", ceremonies)
        gone[table.name] += _referring(work, table, "orders", ids)
    if ids:
        work.session.execute(delete(Order).where(Order.id.in_(ids)))
    return {
        "orders": gone["orders"],
        "drafts": gone["drafts"],
        "ceremonies": gone["ceremonies"],
        "codes": gone["one_time_codes"],
        "events": gone["events"],
    }, drafts


def _keep_counts(services: Services, work: Work, ceremonies: Sequence[str]) -> None:
    """What counts of their fresh codes: an erasure is no way to send more of them."""
    fresh = OneTimeCode.sent_at > services.clock() - CODES_COUNT
    for code in work.find(OneTimeCode, OneTimeCode.ceremony_id.in_(ceremonies), fresh):
        work.add(
            ErasedCode(
                mobile_hash=code.mobile_hash,
                sent_at=code.sent_at,
                ip=code.ip,
                rep_id=code.rep_id,
                wrong_tries=code.wrong_tries,
            )
        )


def forget_counts(services: Services) -> None:
    """Delete what counts no more of codes whose orders were erased."""
    with services.works() as work:
        work.session.execute(delete(ErasedCode).where(ErasedCode.sent_at < services.clock() - CODES_COUNT))


def _referring(work: Work, table: Table, target: str, ids: Sequence[str]) -> int:
    """Delete the rows of a table that refer to these; how many."""
    count = 0
    for column in table.columns:
        if ids and any(key.target_fullname == f"{target}.id" for key in column.foreign_keys):
            result: Any = work.session.execute(delete(table).where(column.in_(ids)))
            count += result.rowcount
    return count


def _forget_proposals(work: Work, proposals: Iterable[Proposal]) -> int:
    count = 0
    for row in proposals:
        if work.first(Order, proposal_id=row.id) is None:
            work.session.delete(row)
            count += 1
    work.session.flush()
    return count


def _forget_codes(services: Services, work: Work, orders: Sequence[Order]) -> int:
    """Codes that were never accepted, of orders that stay, once their facts are in the evidence.

    The customer's signature binds these facts: without them no evidence could be made any more.
    """
    proved = [order.id for order in orders if order.evidence_sha256]
    ids = select(Ceremony.id).where(Ceremony.order_id.in_(proved))
    old = OneTimeCode.sent_at < services.clock() - CODES_COUNT
    dead = OneTimeCode.state.in_(("superseded", "expired"))
    result: Any = work.session.execute(delete(OneTimeCode).where(OneTimeCode.ceremony_id.in_(ids), dead, old))
    return int(result.rowcount)


def _kept(work: Work, orders: Sequence[Order]) -> Iterable[Kept]:
    for order in sorted(orders, key=lambda each: each.number):
        entries = work.find(ArchiveEntry, order_id=order.id, area="signed", order_by=ArchiveEntry.kind)
        for entry in entries:
            until = entry.retain_until.isoformat() if entry.retain_until else None
            yield Kept(order.number, entry.name, REASONS.get(entry.kind, DEFAULT_REASON), until)
        last = max((entry.retain_until for entry in entries if entry.retain_until), default=None)
        owed = work.find(Instalment, Instalment.state.in_(OPEN), order_id=order.id)
        yield Kept(
            order.number,
            "données de la commande, du mandat et de ses échéances",
            "exécution du contrat" if owed else "accès aux pièces conservées (RGPD art. 17(3)(b) et (e))",
            last.isoformat() if last and not owed else None,
        )
