"""The life of a mandate after its signature: amended, revoked, lapsed. It is never deleted and never lives again.

An amendment (another account) is a new mandate: once asked for, the old one is offered to no further order, so that the
next order of the account has its new IBAN signed in the normal ceremony. When that mandate enters the register, the old
one is `amended`, and what remains to be debited goes on under the new one, once its holder has been told.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from pipeline.bootstrap import Services
from pipeline.clock import paris_day
from pipeline.errors import NotFound, ReasonMissing, WrongState
from pipeline.events import record
from pipeline.flow import State
from pipeline.orders import lock_accounts, lock_order
from pipeline.origin import SYSTEM, Origin
from pipeline.recorded import MANDATE_STATES, written
from pipeline.rules.mandates import PRESENTATIONS, lapses_on, next_presentation
from pipeline.rules.returns import outcome_of
from pipeline.steps.prepare import take_back
from storage.models import Debit, Instalment, Mandate, Order, Task
from storage.work import Work

NAMES = {state: french for state, (french, _) in MANDATE_STATES.items()}
"""States as people read them."""

OPEN = ("planned", "returned")
"""States of an instalment that is still owed under its mandate."""


def last_day(mandate: Mandate) -> date:
    """The last day on which this mandate serves unless a debit is presented before."""
    return lapses_on(paris_day(mandate.signed_at), mandate.last_debit_on)


def revoke(services: Services, umr: str, reason: str, origin: Origin) -> None:
    """The customer, or the rep for him, takes the mandate back: no further debit. A second time changes nothing.

    An order that waits for its signature under it is taken back too: its form names a mandate that is no more.

    Raises:
        NotFound: no such mandate.
        ReasonMissing: no reason in words.
        WrongState: it has lapsed or was replaced.
    """
    reason = _reason(reason)
    with services.works() as work:
        mandate = _locked(work, umr)
        if mandate.state == "revoked":
            return
        if mandate.state != "active":
            raise WrongState(state=f"mandat {NAMES[mandate.state]}")
        end(services, work, mandate, "revoked", reason, origin)
        tell_left(services, work, mandate)
    services.nudge()


def request_amendment(services: Services, umr: str, reason: str, origin: Origin) -> None:
    """The customer announces another account: the next order asks for its IBAN and has a new mandate signed.

    The old mandate serves for what is planned until then. A second request changes nothing. Raises as `revoke`.
    """
    reason = _reason(reason)
    with services.works() as work:
        mandate = _locked(work, umr)
        if mandate.amend_requested_at:
            return
        if mandate.state != "active":
            raise WrongState(state=f"mandat {NAMES[mandate.state]}")
        ask_another_account(services, work, mandate, origin, reason)


def ask_another_account(
    services: Services, work: Work, mandate: Mandate, origin: Origin, reason: str = "Compte refusé par la banque"
) -> None:
    """`request_amendment`, in the caller's transaction, on a mandate and an account that he holds locked; once."""
    if mandate.amend_requested_at:
        return
    mandate.amend_requested_at = services.clock()
    _take_back_unsigned(services, work, mandate, "Changement de compte bancaire", origin)
    data = {"umr": mandate.umr, "reason": reason}
    record(work, mandate.order_id, "mandate.amendment_requested", origin, services.clock(), data)


def replace(services: Services, work: Work, new: Mandate, *, amended: str | None = None) -> int:
    """A new mandate enters the register: those that were to be amended end, what they have open goes on under it.

    `amended` is the id of the one that its amendment names, which may have been given to another creditor identifier.
    The caller holds the account's orders locked. A single-use mandate replaces nothing. How many instalments moved.
    """
    if new.sequence_type != "RCUR":
        return 0
    which = or_(Mandate.creditor_id == new.creditor_id, Mandate.id == amended)
    found = work.find(Mandate, Mandate.amend_requested_at.is_not(None), which, epj=new.epj)
    count = 0
    for known in sorted(found, key=lambda each: each.id):
        if known.id == new.id or known.replaced_by_id:
            continue
        old = work.lock(Mandate, known.id)
        if old.replaced_by_id:
            continue
        old.replaced_by_id = new.id
        if old.state == "active":
            old.state, old.ended_at, old.reason = "amended", services.clock(), written("mandate.new_account")
        for item in work.find(Instalment, Instalment.state.in_(OPEN), mandate_id=old.id):
            item.mandate_id, item.announced_on = new.id, None  # its notice named the old mandate and account
            if item.present_on is None and _refused_account(work, item):
                item.present_on = next_presentation(services.today(), services.settings.prenotification_days)
            count += 1
        data = {"umr": old.umr, "replaced_by": new.umr}
        record(work, old.order_id, "mandate.amended", SYSTEM, services.clock(), data)
    return count


def expire_mandates(services: Services) -> int:
    """End the mandates under which nothing was presented for 36 months. How many."""
    today, count = services.today(), 0
    with services.works(read_only=True) as work:
        old = [row.umr for row in work.find(Mandate, state="active") if last_day(row) < today]
    for umr in old:
        with services.works() as work:
            mandate = _locked(work, umr)
            if mandate.state == "active" and last_day(mandate) < today:
                end(services, work, mandate, "expired", written("mandate.lapsed"), SYSTEM)
                tell_left(services, work, mandate)
                count += 1
    return count


def end(services: Services, work: Work, mandate: Mandate, state: str, reason: str, origin: Origin) -> None:
    """End a locked mandate, all orders of its account held locked: `revoked` or `expired`, with its reason."""
    mandate.state, mandate.ended_at, mandate.reason = state, services.clock(), reason
    _take_back_unsigned(services, work, mandate, written("mandate.ended", state=state), origin)
    record(work, mandate.order_id, f"mandate.{state}", origin, services.clock(), {"umr": mandate.umr, "reason": reason})


def tell_left(services: Services, work: Work, mandate: Mandate, *, but: str = "") -> None:
    """A task for the rep of each order, but one, that an ended mandate leaves with something to pay."""
    left: dict[str, int] = {}
    for item in work.find(Instalment, Instalment.state.in_(OPEN), mandate_id=mandate.id):
        left[item.order_id] = left.get(item.order_id, 0) + 1
    for order_id, count in sorted(left.items()):
        order = work.get(Order, order_id)
        if order_id == but or order.state == State.CANCELLED:
            continue
        key = "mandate.left_one" if count == 1 else "mandate.left_many"
        text = written(key, umr=mandate.umr, state=mandate.state, count=count)
        work.add(
            Task(rep_id=order.rep_id, order_id=order_id, kind="mandate_ended", text=text, created_at=services.clock())
        )


def _locked(work: Work, umr: str) -> Mandate:
    found = work.first(Mandate, umr=umr)
    if found is None:
        raise NotFound
    lock_accounts(work, [found.epj])
    return work.lock(Mandate, found.id)


def _unsigned(work: Work, mandate: Mandate) -> Sequence[str]:
    """Orders whose form names this mandate and that nobody has signed yet."""
    waiting = or_(Order.state == State.PREPARED, Order.state == State.SIGNING)
    return work.session.scalars(select(Order.id).where(Order.mandate_umr == mandate.umr, waiting)).all()


def _take_back_unsigned(services: Services, work: Work, mandate: Mandate, reason: str, origin: Origin) -> None:
    for order_id in _unsigned(work, mandate):
        take_back(services, work, lock_order(work, order_id), reason, origin)


def _refused_account(work: Work, item: Instalment) -> bool:
    """Whether the last debit of this instalment came back for its account alone, and it may be presented again."""
    last = work.first(Debit, instalment_id=item.id, order_by=Debit.attempt.desc())
    return (
        item.state == "returned"
        and item.attempt <= PRESENTATIONS
        and last is not None
        and outcome_of(last.reason or "").new_account
    )


def _reason(text: str) -> str:
    reason = text.strip()[:2000]
    if not reason:
        raise ReasonMissing
    return reason
