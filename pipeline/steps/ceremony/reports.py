"""What providers say afterwards of a message or a call: whether it arrived, and what it cost."""

from datetime import timedelta
from typing import Protocol, runtime_checkable

from pipeline.bootstrap import Services
from pipeline.channels.sms import SmsRejected, SmsUnreachable, gateways
from pipeline.events import record
from pipeline.orders import lock_order
from pipeline.origin import Origin
from pipeline.retry import Later
from storage.models import Ceremony, OneTimeCode

RANK = {"sending": 0, "accepted": 1, "queued": 1, "sent": 2, "undelivered": 3, "failed": 3, "delivered": 4}
"""A status replaces those of lower rank alone: reports come late, twice and out of order."""

CALLS = {
    "initiated": "sent",
    "ringing": "sent",
    "in-progress": "sent",
    "completed": "delivered",
    "busy": "undelivered",
    "no-answer": "undelivered",
    "canceled": "undelivered",
}
"""What becomes of a call, in the words for messages; "delivered" is a call that was answered and heard to its end."""

BILLED_AFTER = timedelta(minutes=2)
ASKED_FOR = timedelta(days=1)
"""A provider knows the price some time after the message has arrived, or never."""


@runtime_checkable
class Billing(Protocol):
    """A provider that can be asked what a message has cost."""

    name: str

    def cost(self, provider_id: str) -> str | None:
        """As in `Receipt.cost`; raises `SmsRejected`, `SmsUnreachable`."""


def delivery_report(services: Services, provider: str, provider_id: str, status: str, origin: Origin) -> None:
    """A provider's report on a code, by message or call; unknown messages and statuses change nothing."""
    status = CALLS.get(status, status)
    now = services.clock()
    with services.works() as work:
        row = work.first(OneTimeCode, provider=provider, provider_id=provider_id)
        if row is None:
            return
        order_id = work.get(Ceremony, row.ceremony_id).order_id
        order = lock_order(work, order_id)
        row = work.lock(OneTimeCode, row.id)  # as it is now: two reports may arrive in the same moment
        if RANK.get(status, 0) <= RANK.get(row.delivery or "sending", 0):
            return
        row.delivery = status
        if order.evidence_json_sha256 is None:
            data = {"sequence": row.sequence, "status": status, "provider_id": provider_id}
            record(work, order_id, "code.delivery", origin, now, data)
        if row.channel == "sms" and row.cost is None and _billing(services, provider):
            key, after = f"message_cost:{row.id}", now + BILLED_AFTER
            work.stage("message_cost", key=key, args={"code_id": row.id}, order_id=order_id, send_after=after)


def message_cost(services: Services, code_id: str) -> None:
    """Ask the provider what a message has cost, and keep it. Raises `Later` where he does not say it yet."""
    with services.works(read_only=True) as work:
        row = work.get(OneTimeCode, code_id)
    billing = _billing(services, row.provider or "")
    if billing is None or row.cost or not row.provider_id:
        return
    try:
        cost = billing.cost(row.provider_id)
    except SmsRejected:  # he knows nothing of it, or keeps it to himself
        return
    except SmsUnreachable as error:
        raise Later(str(error)) from error
    if cost is None and services.clock() < row.sent_at + ASKED_FOR:
        raise Later("the price is not known yet", timedelta(minutes=10))
    with services.works() as work:
        work.lock(OneTimeCode, code_id).cost = cost


def _billing(services: Services, provider: str) -> Billing | None:
    return next((each for each in gateways(services.sms) if isinstance(each, Billing) and each.name == provider), None)
