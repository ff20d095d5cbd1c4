"""What the steps of a ceremony share: its rows under lock, and the checks that precede every code."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.bootstrap import Services
from pipeline.errors import CeremonyClosed, ConsentMissing, NotFound, OutOfDate
from pipeline.flow import State
from pipeline.frozen import Frozen
from pipeline.orders import lock_order
from pipeline.rules.payment import check_dates
from storage.models import Ceremony, OneTimeCode, Order
from storage.work import Work
from templates.consents import Consent

OPEN, LOCKED = "open", "locked"
LIVE = (OPEN, LOCKED)
"""The states of a ceremony whose page still answers."""


def locked_rows(work: Work, ceremony_id: str) -> tuple[Ceremony, Order]:
    """A ceremony and its order under lock: the order first, everywhere, so that none waits in a ring.

    Raises:
        NotFound: no such ceremony.
    """
    ceremony = work.session.get(Ceremony, ceremony_id)
    if ceremony is None:
        raise NotFound
    order = lock_order(work, ceremony.order_id)
    return work.lock(Ceremony, ceremony_id), order


def check_alive(ceremony: Ceremony, order: Order, now: datetime) -> None:
    """Raise `CeremonyClosed` unless the order can still be signed here; a locked ceremony answers like an open one."""
    if ceremony.state not in LIVE or ceremony.expires_at <= now or order.state != State.SIGNING:
        raise CeremonyClosed


def check_consents(wanted: Sequence[Consent], ticked: Sequence[str]) -> None:
    """Raise `ConsentMissing` where a required box is not ticked."""
    if any(item.required and item.key not in ticked for item in wanted):
        raise ConsentMissing


def check_debits(services: Services, frozen: Frozen) -> None:
    """Raise `OutOfDate`: a form prepared days ago may promise debits that, signed today, would come too early."""
    found = check_dates(
        frozen.proposal,
        frozen.withdrawal_right(services.today()),
        today=services.today(),
        prenotification_days=services.settings.prenotification_days,
    )
    if any(item.severity == "blocking" for item in found):
        raise OutOfDate


def last_code(work: Work, ceremony_id: str) -> OneTimeCode | None:
    """The newest code of a ceremony."""
    return work.first(OneTimeCode, ceremony_id=ceremony_id, order_by=OneTimeCode.sequence.desc())


def is_typable(row: OneTimeCode, now: datetime) -> bool:
    """Whether the page waits for this code, the newest: by time alone, so that a locked ceremony shows the same."""
    return row.state in {"live", "superseded"} and row.delivery != "refused" and row.sent_at <= now < row.expires_at


def retire_codes(work: Work, ceremony_id: str, state: str) -> None:
    """End the live code of a ceremony and forget its hash."""
    for row in work.find(OneTimeCode, ceremony_id=ceremony_id, state="live"):
        row.state, row.code_hash = state, None


REPORT_WITHIN = timedelta(seconds=20)
"""A message of which nothing is reported for so long counts as lost."""

ARRIVED = frozenset({"sent", "delivered"})
LOST = frozenset({"undelivered", "failed"})


def is_overdue(row: OneTimeCode, now: datetime) -> bool:
    """Whether this text message, the newest and typable, has not left in time. One that replaced another waits."""
    if row.channel != "sms" or row.automatic or not row.provider or not is_typable(row, now):
        return False
    delivery = row.delivery or ""
    return delivery in LOST or (delivery not in ARRIVED and now >= row.sent_at + REPORT_WITHIN)
