"""Sealing: the customer's signature with a one-shot certificate, time-stamped, read back, archived, then recorded.

No transaction is open while the time-stamp server and the archive are asked. Should two workers seal at once, the first
to record wins and the other's file is referred to by nothing.
"""

from math import ceil

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.events import record
from pipeline.flow import State, check_move
from pipeline.orders import frozen_of, keep, lock_order, retain_until, signed_ceremony_id
from pipeline.origin import SYSTEM
from pipeline.retry import Later
from signing.errors import TimestampUnavailable
from signing.identity import issue_one_shot
from signing.seal import sign_as_customer
from storage.errors import ArchiveUnavailable
from storage.models import Order

CERTIFICATE_MINUTES = 10
"""Validity of a one-shot certificate after its making: long enough for a slow time-stamp, too short to be misused."""


def seal(services: Services, order_id: str) -> None:
    """Seal the form of one signed order; a second run changes nothing.

    Raises `Later` while the time-stamp server or the archive does not answer: nothing is half-done.
    """
    with services.works(read_only=True) as work:
        order = work.session.get(Order, order_id)
    if order is None:
        raise NotFound
    if order.sealed_sha256 or order.state != State.SIGNED:
        return
    assert order.form_sha256  # noqa: S101  # a signed order was shown
    assert order.signed_at  # noqa: S101
    frozen, now = frozen_of(services, order), services.clock()
    with services.works(read_only=True) as work:
        ceremony_id = signed_ceremony_id(work, order_id)
    one_shot = issue_one_shot(
        services.keys.issuer,
        name=order.signatory_name,
        role=order.signatory_role,
        company=order.company,
        ceremony_id=ceremony_id,
        email=order.email,
        now=order.signed_at,
        minutes=ceil((now - order.signed_at).total_seconds() / 60) + CERTIFICATE_MINUTES,
    )
    until = retain_until(services, services.today())
    try:
        shown = services.archive.get(order.form_sha256, area="drafts")
        sealed = sign_as_customer(
            shown,
            one_shot,
            when=order.signed_at,
            timestamper=services.keys.timestamper,
            reason=f"Commande {order.number} signée par code reçu par SMS",
            location=order.place or frozen.proposal.account.address.city,
        )
        # What was shown is evidence from now on: it leaves the drafts, which expire.
        services.archive.put(shown, area="signed", retain_until=until, media_type="application/pdf")
        sha256 = services.archive.put(sealed, area="signed", retain_until=until, media_type="application/pdf")
    except (TimestampUnavailable, ArchiveUnavailable) as error:
        raise Later(error.code) from error
    with services.works() as work:
        order = lock_order(work, order_id)
        if order.sealed_sha256:
            return
        check_move(order.state, State.SEALED)
        at = services.clock()
        order.sealed_sha256, order.sealed_at, order.state = sha256, at, State.SEALED
        form = keep(services, work, order, "form", "bon-de-commande-certifie.pdf", shown, "application/pdf", "signed")
        form.area, form.retain_until = "signed", until
        keep(services, work, order, "sealed_form", "bon-de-commande.pdf", sealed, "application/pdf", "signed")
        data = {
            "sealed_sha256": sha256,
            "form_sha256": order.form_sha256,
            "certificate_serial": f"{one_shot.certificate.serial_number:x}",
        }
        record(work, order_id, "order.sealed", SYSTEM, at, data)
        if order.hold_until and order.hold_until > services.today():
            order.state = State.HELD
            record(work, order_id, "order.held", SYSTEM, at, {"until": order.hold_until.isoformat()})
        for actor in ("evidence", "copy", "invoice", "mandate"):
            work.stage(actor, key=f"{actor}:{order_id}", args={"order_id": order_id}, order_id=order_id)
    services.nudge()
