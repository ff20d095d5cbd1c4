"""An order as its rep and the back office see it: state, trail, ceremony, documents, tasks."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.flow import SIGNED_STATES, State
from pipeline.orders import frozen_of
from pipeline.sheets import filled_sheets, lines_of, missing_sheets
from pipeline.steps.amend import is_amendable
from pipeline.steps.receipt_book import InvoiceStanding, invoice_standing
from pipeline.users import SessionView
from pipeline.web.queries.marks import ORDER_TONES, Tone, document_rank, due_of, is_late, track_tone
from storage.models import ArchiveEntry, Ceremony, Job, Mandate, OneTimeCode, Order, Proposal, Task, Track, User
from storage.work import Work

TRACKS = ("copy", "archive", "invoice", "mandate", "papers", "agency")
"""The order in which the trail shows them."""

LATE_SHOWN = 500
"""Tracks looked at for the back office's list."""


@dataclass(frozen=True)
class Step:
    """One mark of the trail: `name` and `word` are keys of the page's texts; `late_by` says why it is amber."""

    name: str
    tone: Tone
    at: datetime | None = None
    day: date | None = None
    detail: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class Document:
    """One archived document of the order."""

    id: str
    kind: str
    name: str
    media_type: str
    size: int
    stored_at: datetime


@dataclass(frozen=True)
class CodeRow:
    """The last code sent: who knows whether it arrived."""

    sent_at: datetime
    expires_at: datetime
    delivery: str
    channel: str
    live: bool


@dataclass(frozen=True)
class CeremonyRow:
    """The last ceremony as the rep follows it."""

    id: str
    mode: str
    state: str
    opened_at: datetime
    expires_at: datetime
    wrong_tries: int
    pages_read: int
    consents_given: bool
    code: CodeRow | None
    voice: str
    """Whether the code may come by voice call: `no`, `possible` (the rep may allow it) or `allowed`."""


@dataclass(frozen=True)
class OpenTask:
    """A task on this order."""

    id: str
    kind: str
    text: str
    created_at: datetime


@dataclass(frozen=True)
class Sheet:
    """A call-tracking line that a standard form cannot say; `address` of its sheet's page, below the order's."""

    label: str
    address: str
    missing: bool


@dataclass(frozen=True)
class OrderPage:
    """Everything that the page of an order shows."""

    id: str
    number: str
    proposal_id: str
    """Empty for an amendment of a mandate."""
    proposal_name: str
    amends: str
    """The mandate that this amends: nothing is ordered by it."""
    rep: str
    state: str
    tone: Tone
    customer: str
    epj: str
    signatory: str
    role: str
    email: str
    mobile_last2: str
    iban_last4: str
    umr: str
    invoice_delivery: str
    total_excl_vat: Decimal
    total_incl_vat: Decimal
    withdrawal_until: date | None
    early_start: bool
    hold_until: date | None
    expires_at: datetime | None
    reason: str
    trail: tuple[Step, ...]
    documents: tuple[Document, ...]
    ceremony: CeremonyRow | None
    tasks: tuple[OpenTask, ...]
    sheets: tuple[Sheet, ...]
    invoice: InvoiceStanding | None
    can_sign: bool
    can_release: bool
    can_withdraw: bool
    can_amend: bool
    """Whether the customer's account can be changed: this order's mandate is in force, or waits for another account."""
    under_way: bool
    """Whether something may still change by itself, so that the page asks again."""


def visible_order(work: Work, order_id: str, session: SessionView) -> Order:
    """The order, for its rep or the back office. Raises `NotFound` for everyone else."""
    order = work.session.get(Order, order_id)
    if order is None or (session.role == "rep" and order.rep_id != session.user_id):
        raise NotFound
    return order


def order_page(services: Services, order_id: str, session: SessionView) -> OrderPage:
    """The page of an order. Raises `NotFound`."""
    now, today = services.clock(), services.today()
    with services.works(read_only=True) as work:
        order = visible_order(work, order_id, session)
        proposal = work.get(Proposal, order.proposal_id) if order.proposal_id else None
        mandate = work.first(Mandate, umr=order.mandate_umr) if order.mandate_umr else None
        rep = work.session.get(User, order.rep_id)
        tracks = {track.name: track for track in work.find(Track, order_id=order_id)}
        sealing = work.first(Job, Job.state != "done", order_id=order_id, actor="seal")
        ceremony = work.first(Ceremony, order_id=order_id, order_by=Ceremony.opened_at.desc())
        newest = OneTimeCode.sequence.desc()
        code = work.first(OneTimeCode, ceremony_id=ceremony.id, order_by=newest) if ceremony else None
        entries = work.find(ArchiveEntry, order_id=order_id, order_by=(ArchiveEntry.stored_at, ArchiveEntry.name))
        tasks = work.find(Task, order_id=order_id, state="open", order_by=Task.created_at)
        sheets = _sheets(services, work, order)
        invoice = invoice_standing(work, order_id)
    waits = order.hold_until is not None and order.hold_until > today and not order.early_start
    held = waits and order.state != State.CANCELLED
    return OrderPage(
        id=order.id,
        number=order.number,
        proposal_id=order.proposal_id or "",
        proposal_name=proposal.name if proposal else "",
        amends=order.amends_umr or "",
        rep=rep.name if rep else order.rep_id,
        state=order.state,
        tone=ORDER_TONES[order.state],
        customer=order.legal_name,
        epj=order.epj,
        signatory=order.signatory_name,
        role=order.signatory_role or "",
        email=order.email,
        mobile_last2=order.mobile_last2,
        iban_last4=order.iban_last4 or "",
        umr=order.mandate_umr or "",
        invoice_delivery=order.invoice_delivery,
        total_excl_vat=order.total_excl_vat,
        total_incl_vat=order.total_incl_vat,
        withdrawal_until=order.withdrawal_until if order.withdrawal_applies else None,
        early_start=order.early_start,
        hold_until=order.hold_until if held else None,
        expires_at=order.expires_at,
        reason=order.reason or "",
        trail=_trail(order, tracks, sealing, now, held=held),
        documents=tuple(
            Document(entry.id, entry.kind, entry.name, entry.media_type, entry.size, entry.stored_at)
            for entry in sorted(entries, key=lambda entry: document_rank(entry.kind))
        ),
        ceremony=_ceremony(ceremony, code, now, calls=services.voice is not None) if ceremony else None,
        tasks=tuple(OpenTask(task.id, task.kind, task.text, task.created_at) for task in tasks),
        sheets=sheets,
        invoice=invoice,
        can_sign=order.state in {State.PREPARED, State.SIGNING},
        can_release=order.state in {State.SEALED, State.HELD, State.REJECTED} and not held and not order.amends_umr,
        can_amend=mandate is not None and is_amendable(mandate),
        can_withdraw=order.state in {State.PREPARED, State.SIGNING},
        under_way=order.state in {State.SIGNING, State.SIGNED, State.RELEASED}
        or any(track.state in {"waiting", "running"} for track in tracks.values()),
    )


def _sheets(services: Services, work: Work, order: Order) -> tuple[Sheet, ...]:
    frozen = frozen_of(services, order)
    missing, filled = missing_sheets(work, order, frozen), filled_sheets(services, work, order, frozen)
    return tuple(
        Sheet(line.label, f"sheets/{'/'.join(re.findall('[0-9]+', place))}", place in missing)
        for place, line in lines_of(frozen).items()
        if place in missing or place in filled
    )


def _trail(
    order: Order, tracks: dict[str, Track], sealing: Job | None, now: datetime, *, held: bool
) -> tuple[Step, ...]:
    steps = [Step("prepared", "done", order.prepared_at)]
    if order.state in SIGNED_STATES:
        steps.append(Step("signed", "done", order.signed_at))
        steps.append(_sealing(order, sealing, now))
        followed = [tracks[name] for name in TRACKS if name in tracks and name != "agency"]
        ended = order.state == State.CANCELLED  # what waited for a production comes no more
        steps += [_track(track, now) for track in followed if not (ended and track.state == "waiting")]
        if not ended and not order.amends_umr:
            steps.append(_release(order, tracks.get("agency"), now, held=held))
        elif order.released_at:
            steps.append(Step("released", "done", order.released_at))
    elif order.state in {State.PREPARED, State.SIGNING}:
        steps.append(Step("signing", "running" if order.state == State.SIGNING else "waiting", due_at=order.expires_at))
    else:
        steps.append(Step(order.state, "over", detail=order.reason or ""))
    if order.state == State.CANCELLED:
        steps.append(Step("cancelled", "over", detail=order.reason or ""))
    return tuple(steps)


def _sealing(order: Order, job: Job | None, now: datetime) -> Step:
    if order.sealed_at:
        return Step("sealed", "done", order.sealed_at)
    if job and job.state == "failed":
        return Step("sealed", "failed", detail=job.error or "")
    return Step("sealed", "late" if job and is_late(job.due_at, now) else "running", due_at=job.due_at if job else None)


def _track(track: Track, now: datetime) -> Step:
    return Step(track.name, track_tone(track, now), track.updated_at, detail=track.detail or "", due_at=due_of(track))


def _release(order: Order, track: Track | None, now: datetime, *, held: bool) -> Step:
    if order.state == State.ACCEPTED:
        return Step("accepted", "done", track.updated_at if track else order.released_at)
    if order.state == State.REJECTED:
        return Step("rejected", "late", track.updated_at if track else None, detail=order.reason or "")
    if order.state == State.RELEASED:
        tone: Tone = "failed" if track and track.state == "failed" else "done"
        waits = track is not None and track.state in {"waiting", "running"}
        late = waits and track is not None and is_late(due_of(track), now)
        return Step("released", "late" if late else "running" if waits else tone, order.released_at)
    if held:
        return Step("held", "waiting", day=order.hold_until)
    return Step("to_release", "waiting")


def _ceremony(row: Ceremony, code: OneTimeCode | None, now: datetime, *, calls: bool) -> CeremonyRow:
    state = "expired" if row.state == "open" and row.expires_at <= now else row.state
    return CeremonyRow(
        id=row.id,
        mode=row.mode,
        state=state,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        wrong_tries=row.wrong_tries,
        pages_read=len((row.consents or {}).get("pages", {})),
        consents_given=bool((row.consents or {}).get("given")),
        code=_code(code, now) if code else None,
        voice=("allowed" if row.voice_allowed else "possible") if calls and state == "open" else "no",
    )


def _code(row: OneTimeCode, now: datetime) -> CodeRow:
    return CodeRow(
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        delivery=row.delivery or "sending",
        channel=row.channel,
        live=row.state == "live" and now < row.expires_at,
    )


def late_tracks(work: Work, now: datetime) -> list[tuple[Track, Order]]:
    """Tracks whose time has passed, with their orders, the oldest first."""
    rows = work.find(
        Track, Track.due_at < now, Track.state.in_(["waiting", "running"]), order_by=Track.due_at, limit=LATE_SHOWN
    )
    return [(row, work.get(Order, row.order_id)) for row in rows if is_late(due_of(row), now)]
