"""Sealing: the customer's signature with a one-shot certificate, time-stamped, read back, archived, then recorded.

Signed at once at the level that can be reached: B-LTA as a rule; B-T while revocation lists cannot be had; B-B while
the time-stamping unit is silent. A job raises the level. What follows a seal waits for its time-stamp, because
evidence, copy and mandate name the file by its hash.

No transaction is open while the time-stamp server and the archive are asked. Should two workers seal at once, the first
to record wins and the other's file is referred to by nothing: `pipeline.steps.unreferenced` names it at night.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from pipeline.bootstrap import Services
from pipeline.clock import not_before
from pipeline.errors import NotFound
from pipeline.events import record
from pipeline.flow import State, check_move
from pipeline.orders import frozen_of, keep, lock_order, named, retain_until, signed_ceremony_id
from pipeline.origin import SYSTEM
from pipeline.preservation import Reached, best_level, note_level
from pipeline.retry import Later
from signing.errors import KeyUnavailable, TimestampError
from signing.evidence import masked
from signing.identity import issue_one_shot
from signing.seal import sign_as_customer
from signing.timestamp import Timestamper
from storage.errors import ArchiveMissing, ArchiveUnavailable
from storage.models import Event, Order
from storage.work import Work

log = logging.getLogger("seing.seal")

CERTIFICATE_MINUTES = 10
"""Validity of a one-shot certificate after its making: long enough for a slow time-stamp, too short to be misused."""

UNSTAMPED_MINUTES = 20 * 60
"""The same where no time-stamp can be had: hours for the unit to come back, in less than the day that verifiers take
for short-term. The key has signed and is gone: a longer validity lets nobody sign."""

BACKDATED = timedelta(hours=3)
"""A certificate begins with the consent, or so long before the sealing that came late: it stays short-term."""


@dataclass(frozen=True)
class Signed:
    """The form signed by the customer: the file with its level, the certified form under it, the certificate used."""

    reached: Reached
    shown: bytes
    certificate_serial: str


def seal(services: Services, order_id: str) -> None:
    """Seal the form of one signed order; a second run changes nothing.

    Raises `Later` while the key service or the archive does not answer: nothing is half-done.
    """
    with services.works(read_only=True) as work:
        order = work.session.get(Order, order_id)
    if order is None:
        raise NotFound
    if order.sealed_sha256 or order.state != State.SIGNED:
        return
    until = retain_until(services, services.today())
    try:
        made = sign(services, order)
        # What was shown is evidence from now on: it leaves the drafts, which expire.
        services.archive.put(made.shown, area="signed", retain_until=until, media_type="application/pdf")
        sha256 = services.archive.put(made.reached.pdf, area="signed", retain_until=until, media_type="application/pdf")
    except (KeyUnavailable, ArchiveUnavailable) as error:
        raise Later(error.code) from error
    sealed, shown = made.reached.pdf, made.shown
    with services.works() as work:
        order = lock_order(work, order_id)
        if order.sealed_sha256:
            return
        check_move(order.state, State.SEALED)
        at = not_before(services.clock(), order.signed_at)
        order.sealed_sha256, order.sealed_at, order.state = sha256, at, State.SEALED
        name = frozen_of(services, order).file_name
        form = keep(services, work, order, "form", f"{name}-certifie.pdf", shown, "application/pdf", "signed")
        form.area, form.retain_until = "signed", until
        keep(services, work, order, "sealed_form", f"{name}.pdf", sealed, "application/pdf", "signed")
        data = {
            "sealed_sha256": sha256,
            "form_sha256": order.form_sha256,
            "certificate_serial": made.certificate_serial,
        }
        record(work, order_id, "order.sealed", SYSTEM, at, data)
        note_level(services, work, order_id, "sealed_form", made.reached)
        if order.hold_until and order.hold_until > services.today():
            order.state = State.HELD
            record(work, order_id, "order.held", SYSTEM, at, {"until": order.hold_until.isoformat()})
        if made.reached.level != "B-B":
            stage_followers(work, order)
    services.nudge()


def stage_followers(work: Work, order: Order) -> None:
    """Have everything done that follows a seal, once."""
    actors = ("evidence", "copy", "mandate") if order.amends_umr else ("evidence", "copy", "invoice", "mandate")
    for actor in actors:
        work.stage(actor, key=f"{actor}:{order.id}", args={"order_id": order.id}, order_id=order.id)


def sign(services: Services, order: Order) -> Signed:
    """The certified form of a signed order with the customer's signature, at the best level that can be had now.

    Raises:
        KeyUnavailable, ArchiveUnavailable: they do not answer.
    """
    assert order.form_sha256  # noqa: S101  # a signed order was shown
    try:
        shown = services.archive.get(order.form_sha256, area="drafts")
    except ArchiveMissing:  # sealed before
        shown = services.archive.get(order.form_sha256, area="signed")
    try:
        pdf, serial = _signed(services, order, shown, services.keys.timestamper, CERTIFICATE_MINUTES)
        reached = best_level(services, pdf)
    except TimestampError as error:
        log.warning("sealed without time-stamp", extra={"order": order.id, "reason": error.code})
        pdf, serial = _signed(services, order, shown, None, UNSTAMPED_MINUTES)
        reached = Reached(pdf, "B-B")
    return Signed(reached, shown, serial)


def _signed(
    services: Services, order: Order, shown: bytes, timestamper: Timestamper | None, minutes: int
) -> tuple[bytes, str]:
    """The file and the serial number of the certificate, whose key is gone."""
    assert order.signed_at  # noqa: S101  # a signed order was
    now = services.clock()
    start = max(order.signed_at, now - BACKDATED)
    with services.works(read_only=True) as work:
        ceremony_id = signed_ceremony_id(work, order.id)
        signing = work.first(Event, order_id=order.id, kind="order.signed")
    assert signing  # noqa: S101  # written in the transaction that signed
    one_shot = issue_one_shot(
        services.keys.issuer,
        name=masked(order.signatory_name),  # as the evidence says it
        role=masked(order.signatory_role),
        company=masked(order.company),
        ceremony_id=ceremony_id,
        email=order.email,
        now=start,
        minutes=ceil((now - start).total_seconds() / 60) + minutes,
    )
    pdf = sign_as_customer(
        shown,
        one_shot,
        when=order.signed_at,
        timestamper=timestamper,
        # The journal's head goes under the signature and its time-stamp: who rewrites what led to it is found out.
        reason=f"{named(order)} : signature par code à usage unique, journal {signing.hash}",
        location=order.place or frozen_of(services, order).proposal.account.address.city,
        thorough=False,  # the evidence step, and the one that raises the level, verify all of the file
    )
    return pdf, f"{one_shot.certificate.serial_number:x}"
