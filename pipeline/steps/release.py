"""« Remise en production »: on one click the signed order goes to its agency, with a slip for the papers."""

from pipeline.bootstrap import Services
from pipeline.documents.production import PAGES_EXPECTED
from pipeline.errors import Held, SheetRequired, WrongState
from pipeline.events import record
from pipeline.flow import NAMES, State, check_move
from pipeline.orders import frozen_of, lock_order, set_track
from pipeline.origin import Origin
from pipeline.proposal import Proposal
from pipeline.sheets import missing_sheets
from storage.models import Batch, BatchItem, Order, Slip
from storage.work import Work
from templates.french import formats


def release(services: Services, order_id: str, origin: Origin) -> None:
    """Send the order to its agency; again after a rejection. A second click while it is there changes nothing.

    Raises:
        WrongState: not sealed yet, or past the point.
        Held: the customer may still withdraw and has not asked for an early start.
        SheetRequired: a call-tracking sheet is missing.
    """
    today, now = services.today(), services.clock()
    with services.works() as work:
        order = lock_order(work, order_id)
        if order.state == State.RELEASED:
            return
        if order.amends_umr:
            raise WrongState(state="changement de compte, sans production")
        if order.evidence_sha256 is None:
            raise WrongState(state=f"{NAMES[State(order.state)]}, dossier de preuve en cours")
        if order.hold_until and order.hold_until > today:
            raise Held(date=formats("fr").date(order.hold_until))
        check_move(order.state, State.RELEASED)
        frozen = frozen_of(services, order)
        missing = missing_sheets(work, order, frozen)
        if missing:
            raise SheetRequired(count=len(missing))
        order.state, order.released_at = State.RELEASED, now
        year_agency = f"{today.year}-{order.agency}"
        number = f"LOT-{year_agency}-{work.next_number(f'batch:{year_agency}'):06d}"
        batch = work.add(Batch(number=number, agency=order.agency, created_at=now))
        work.session.flush()
        work.add(BatchItem(batch_id=batch.id, order_id=order_id))
        slip_id = _new_slip(work, services, order, frozen.proposal)
        set_track(work, order_id, "agency", "running", now, number)
        record(work, order_id, "order.released", origin, now, {"batch": number})
        work.stage(
            "batch",
            key=f"batch:{batch.id}",
            args={"batch_id": batch.id, "slip_id": slip_id},
            order_id=order_id,
        )
    services.nudge()


def release_due(services: Services) -> int:
    """Move the orders whose hold is over back to « sealed », ready for the click, one by one. Returns how many."""
    count = 0
    with services.works(read_only=True) as work:
        held = [row.id for row in work.find(Order, Order.hold_until <= services.today(), state=State.HELD)]
    for order_id in held:
        with services.works() as work:
            order = lock_order(work, order_id)
            if order.state == State.HELD:  # no other process was here first
                order.state = State.SEALED
                record(work, order.id, "order.hold_ended", Origin("system"), services.clock())
                count += 1
    return count


def _new_slip(work: Work, services: Services, order: Order, proposal: Proposal) -> str | None:
    """The slip of an order that expects papers: one for ever, whatever the number of releases."""
    if not proposal.enclosures:
        set_track(work, order.id, "papers", "not_needed", services.clock())
        return None
    known = work.first(Slip, order_id=order.id)
    if known:
        return known.id
    year = services.today().year
    number = f"BN-{year}-{work.next_number(f'slip:{year}'):06d}"
    papers = [{"type": kind, "pages": PAGES_EXPECTED} for kind in proposal.enclosures]
    slip = work.add(Slip(order_id=order.id, number=number, papers=papers, created_at=services.clock()))
    work.session.flush()
    return slip.id
