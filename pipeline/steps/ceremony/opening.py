"""Opening a ceremony, what happens on its pages beside the code, and its end without a signature."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.bootstrap import Services
from pipeline.clock import not_before
from pipeline.errors import CeremonyClosed, CeremonyLocked, ReasonMissing, VoiceNotAllowed
from pipeline.events import record
from pipeline.flow import State, check_move
from pipeline.orders import lock_order
from pipeline.origin import Origin
from pipeline.steps.ceremony.limits import check_opening
from pipeline.steps.ceremony.rows import LIVE, LOCKED, OPEN, check_alive, locked_rows, retire_codes
from pipeline.steps.prepare import ensure_form
from pipeline.users import token_hash
from storage.models import Ceremony, Order

UNSIGNED = (State.PREPARED, State.SIGNING)

LINK_LIFE = timedelta(days=30)
"""A link lives as long as the order that nobody signed (DESIGN 3)."""


@dataclass(frozen=True)
class Opened:
    """A new ceremony; `token` is its only secret and is stored as a hash."""

    ceremony_id: str
    token: str = field(repr=False)


def open_ceremony(services: Services, order_id: str, mode: str, origin: Origin, reason: str = "") -> Opened:
    """Open a ceremony in `handover` or `link` mode; any other of the order ends.

    Raises:
        NotFound, WrongState: no such order, or it cannot be signed any more.
        ReasonMissing: the last ceremony was locked and no reason is given.
        CeremonyExhausted: the order was opened or mistyped too often; another one has to be drawn up.
    """
    ensure_form(services, order_id)
    token = secrets.token_urlsafe(32)
    with services.works() as work:
        order = lock_order(work, order_id)
        now = not_before(services.clock(), order.prepared_at)
        if order.state != State.SIGNING:
            check_move(order.state, State.SIGNING)
        check_opening(work, order_id)
        before = work.find(Ceremony, order_id=order_id, order_by=Ceremony.opened_at.desc())
        if before and before[0].state == LOCKED and not reason.strip():
            raise ReasonMissing
        for other in before:
            if other.state in LIVE:
                other.state = "closed"
                retire_codes(work, other.id, "superseded")
        ceremony = work.add(
            Ceremony(
                order_id=order_id,
                token_hash=token_hash(token),
                mode=mode,
                reason=reason.strip() or None,
                opened_by=origin.actor,
                opened_at=now,
                expires_at=min(now + LINK_LIFE, order.expires_at or now + LINK_LIFE),
            )
        )
        work.session.flush()
        order.state = State.SIGNING
        data = {"ceremony": ceremony.id, "mode": mode, "form_sha256": order.form_sha256}
        record(work, order_id, "ceremony.opened", origin, now, data | ({"reason": reason} if reason.strip() else {}))
        return Opened(ceremony.id, token)


def allow_voice(services: Services, order_id: str, origin: Origin) -> None:
    """The rep allows the code by voice call in the order's open ceremony, and in that one alone.

    Raises:
        NotFound, CeremonyClosed, CeremonyLocked: there is none to allow it in.
        VoiceNotAllowed: the installation cannot call.
    """
    if services.voice is None:
        raise VoiceNotAllowed
    now = services.clock()
    with services.works() as work:
        order = lock_order(work, order_id)
        last = work.first(Ceremony, order_id=order_id, order_by=Ceremony.opened_at.desc())
        if last is not None and last.state == LOCKED:
            raise CeremonyLocked
        if last is None or last.state != OPEN:
            raise CeremonyClosed
        check_alive(last, order, now)
        if not last.voice_allowed:
            last.voice_allowed = True
            record(work, order_id, "voice.allowed", origin, now, {"ceremony": last.id})


def record_page(services: Services, ceremony_id: str, page: int, image_sha256: str, origin: Origin) -> None:
    """Record that a page was displayed, and which image of it; once per page. Raises `CeremonyClosed`."""
    now = services.clock()
    with services.works() as work:
        ceremony, order = locked_rows(work, ceremony_id)
        check_alive(ceremony, order, now)
        seen = dict(ceremony.consents or {})
        pages = dict(seen.get("pages", {}))
        if str(page) in pages:
            return
        pages[str(page)] = image_sha256
        ceremony.consents = {**seen, "pages": pages}
        data = {"ceremony": ceremony_id, "page": page, "image_sha256": image_sha256}
        record(work, order.id, "page.displayed", origin, now, data)


def decline(services: Services, ceremony_id: str, reason: str, origin: Origin) -> None:
    """The customer refuses, in words that the rep reads. Raises `ReasonMissing`, `CeremonyClosed`."""
    if not reason.strip():
        raise ReasonMissing
    now = services.clock()
    with services.works() as work:
        ceremony, order = locked_rows(work, ceremony_id)
        check_alive(ceremony, order, now)
        ceremony.state, ceremony.reason = "declined", reason.strip()[:2000]
        order.state, order.reason = State.DECLINED, ceremony.reason
        retire_codes(work, ceremony_id, "superseded")
        record(work, order.id, "ceremony.declined", origin, now, {"ceremony": ceremony_id, "reason": ceremony.reason})


def expire(services: Services) -> int:
    """Close what nobody signed in time: ceremonies and orders past their date. Returns how many orders expired.

    One transaction per order, decided again on its locked row: a signature that began in time and is still being
    written goes first, and then nothing has expired.
    """
    now = services.clock()
    with services.works(read_only=True) as work:
        late = work.find(Ceremony, Ceremony.expires_at <= now, Ceremony.state.in_(LIVE))
        orders = work.find(Order, Order.state.in_(UNSIGNED), Order.expires_at <= now)
    ids = sorted({ceremony.order_id for ceremony in late} | {order.id for order in orders})
    return sum(_expire_one(services, order_id, now) for order_id in ids)


def _expire_one(services: Services, order_id: str, now: datetime) -> bool:
    """Whether the order expired; its ceremonies are written by nobody who does not hold its row."""
    with services.works() as work:
        if work.session.get(Order, order_id) is None:  # erased since
            return False
        order = lock_order(work, order_id)
        for ceremony in work.find(Ceremony, Ceremony.expires_at <= now, Ceremony.state.in_(LIVE), order_id=order_id):
            ceremony.state = "expired"
            retire_codes(work, ceremony.id, "expired")
        if order.state not in UNSIGNED or order.expires_at is None or order.expires_at > now:
            return False
        order.state = State.EXPIRED
        record(work, order.id, "order.expired", Origin("system"), now)
        return True
