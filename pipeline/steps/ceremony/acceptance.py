"""The code comes back: accepted, it signs the order in one transaction; wrong, it is counted before the answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.bootstrap import Services
from pipeline.clock import not_before
from pipeline.errors import CodeExpired, CodeWrong
from pipeline.events import record
from pipeline.flow import State
from pipeline.frozen import Frozen
from pipeline.orders import frozen_of
from pipeline.origin import Origin
from pipeline.rules.withdrawal import WithdrawalRight
from pipeline.steps.ceremony.facts import facts_at_signing
from pipeline.steps.ceremony.limits import wrong_tries_of_order
from pipeline.steps.ceremony.rows import (
    LOCKED,
    check_alive,
    check_consents,
    check_debits,
    is_typable,
    last_code,
    locked_rows,
    retire_codes,
)
from pipeline.steps.ceremony.views import consents_of
from signing.code import code_matches, tries_left
from signing.evidence import SIGNED, signing_data
from storage.models import Ceremony, OneTimeCode, Order, Track
from storage.work import Work

TRACKS = ("copy", "archive", "invoice", "mandate", "papers", "agency")
AMENDMENT_TRACKS = ("copy", "archive", "mandate")
TRACK_DUE = timedelta(minutes=15)
"""Past this a track that is not done turns amber."""

NO_HASH = "0" * 64
"""Compared with where there is no hash, so that the answer takes as long."""


def sign(services: Services, ceremony_id: str, code: str, ticked: Sequence[str], origin: Origin) -> None:
    """Accept the code: the order is signed in one transaction, with its consents and the job that seals it.

    A ceremony that is signed already answers as if it had just been. Wrong tries count over all codes of the ceremony,
    and over all ceremonies of the order. A locked ceremony answers every code, the right one too, as a wrong one.

    Raises:
        CodeWrong, CodeExpired, CeremonyClosed, ConsentMissing, OutOfDate.
    """
    refusal: Exception | None = None
    with services.works() as work:
        ceremony, order = locked_rows(work, ceremony_id)
        if ceremony.state == "signed":
            return
        last = last_code(work, ceremony_id)
        now = not_before(services.clock(), ceremony.opened_at, last.sent_at if last else None)
        check_alive(ceremony, order, now)
        frozen = frozen_of(services, order)
        check_consents(consents_of(frozen), ticked)
        check_debits(services, frozen)
        if last is None or not is_typable(last, now):
            if last is not None and last.state == "live":
                last.state, last.code_hash = "expired", None
                data = {"ceremony": ceremony_id, "sequence": last.sequence}
                record(work, order.id, "code.expired", origin, now, data)
            refusal = CodeExpired()
        elif not _matches(services, last, order, code) or ceremony.state == LOCKED:
            refusal = CodeWrong()
            if ceremony.state != LOCKED:
                _count_wrong(work, ceremony, order, last, origin, now)
        else:
            right = frozen.withdrawal_right(services.today())
            _accept(work, ceremony, order, frozen, last, origin, now, right)
    if refusal:  # raised once the count is committed
        raise refusal
    services.nudge()


def _matches(services: Services, row: OneTimeCode, order: Order, code: str) -> bool:
    """Whether this is the code, for the form and the amount as they are now; it is compared in every case."""
    right = code_matches(
        row.code_hash or NO_HASH,
        services.pepper,
        ceremony_id=row.ceremony_id,
        sequence=row.sequence,
        document_sha256=row.document_sha256,
        amount=row.amount,
        code=code,
    )
    bound = row.document_sha256 == order.form_sha256 and row.amount == order.total_incl_vat
    return right and bound and row.state == "live" and row.code_hash is not None


def _count_wrong(work: Work, ceremony: Ceremony, order: Order, row: OneTimeCode, origin: Origin, now: datetime) -> None:
    """Count one wrong try, and lock the ceremony where it was the last."""
    ceremony.wrong_tries += 1
    row.wrong_tries += 1
    work.session.flush()
    data = {"ceremony": ceremony.id, "sequence": row.sequence, "wrong_tries": ceremony.wrong_tries}
    record(work, order.id, "code.wrong", origin, now, data)
    if tries_left(ceremony.wrong_tries, wrong_tries_of_order(work, order.id)):
        return
    ceremony.state = LOCKED
    retire_codes(work, ceremony.id, "superseded")
    record(work, order.id, "ceremony.locked", origin, now, {"ceremony": ceremony.id})
    work.stage("tell_locked", key=f"locked:{ceremony.id}", args={"ceremony_id": ceremony.id}, order_id=order.id)


def _accept(
    work: Work,
    ceremony: Ceremony,
    order: Order,
    frozen: Frozen,
    row: OneTimeCode,
    origin: Origin,
    now: datetime,
    right: WithdrawalRight | None,
) -> None:
    row.state, row.code_hash = "used", None
    ceremony.state = "signed"
    order.state, order.signed_at = State.SIGNED, now
    # The periods run from the day of conclusion, which may come after that of the form.
    order.withdrawal_until = right.until if right else None
    order.hold_until = right.hold_until if right and not order.early_start else None
    data = {
        "ceremony": ceremony.id,
        "sequence": row.sequence,
        "document_sha256": row.document_sha256,
        "amount": f"{row.amount:.2f}",
    }
    record(work, order.id, "code.accepted", origin, now, data)
    # The customer's signature names this event: nobody can then tell other facts of what led to it.
    bound = signing_data(facts_at_signing(work, order, frozen, ceremony))
    record(work, order.id, SIGNED, origin, now, {"canonical_sha256": order.canonical_sha256, **bound})
    due = now + TRACK_DUE
    for name in AMENDMENT_TRACKS if order.amends_umr else TRACKS:
        work.add(Track(order_id=order.id, name=name, due_at=due, updated_at=now))
    work.stage("seal", key=f"seal:{order.id}", args={"order_id": order.id}, order_id=order.id, due_at=due)
