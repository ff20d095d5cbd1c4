"""The mandate enters the register, and the instalments wait for their dates."""

import json

from pipeline.bootstrap import Services
from pipeline.clock import paris_day
from pipeline.events import record
from pipeline.frozen import Frozen
from pipeline.orders import ENDED, frozen_of, keep, lock_accounts, lock_order, retain_until, set_track
from pipeline.origin import SYSTEM
from pipeline.recorded import written
from pipeline.retry import Later
from pipeline.steps.mandate_life import ask_another_account, replace
from storage.errors import ArchiveUnavailable
from storage.models import Instalment, Mandate, Order, Task, Track, new_id
from storage.work import Work
from templates.french import mask_iban
from templates.sepa import make_end_to_end_id


def mandate(services: Services, order_id: str) -> None:
    """Register the mandate of a sealed order and its instalments, once; keep `mandat.json` in the archive."""
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
        if order.sealed_sha256 is None or is_registered(work, order_id):
            return
    frozen = frozen_of(services, order)
    given = frozen.mandate
    written = register_entry(order, frozen) if frozen.mandate else None
    if written:
        try:
            services.archive.put(
                written,
                area="signed",
                retain_until=retain_until(services, services.today()),
                media_type="application/json",
            )
        except ArchiveUnavailable as error:
            raise Later(error.code) from error
    with services.works() as work:
        lock_accounts(work, [order.epj])  # other mandates of the account may end with it
        order = lock_order(work, order_id)
        if is_registered(work, order_id):
            return
        at = services.clock()
        row = _register(services, work, order, frozen)
        announced = paris_day(order.signed_at) if order.signed_at else None  # the signed form holds the schedule
        for rank, item in enumerate(sorted(frozen.proposal.payment.instalments, key=lambda each: each.due_on), 1):
            work.add(
                Instalment(
                    order_id=order_id,
                    mandate_id=row.id if row else None,
                    sequence=rank,
                    due_on=item.due_on,
                    amount=item.amount,
                    end_to_end_id=make_end_to_end_id(order.number, rank),
                    state="cancelled" if order.state == "cancelled" else "planned",
                    announced_on=announced if row and given and row.umr == given.umr else None,
                )
            )
        if row and row.state != "active" and order.state != "cancelled":
            _tell_ended(services, work, order, row)
        if row and written:
            keep(services, work, order, "mandate", "mandat.json", written, "application/json", "signed")
            record(work, order_id, "mandate.registered", SYSTEM, at, {"umr": row.umr, "scheme": row.scheme})
            if row.order_id == order_id and row.state == "active":
                work.session.flush()
                amended = _end_amended(services, work, frozen.amends.umr) if frozen.amends else None
                replace(services, work, row, amended=amended)
        set_track(work, order_id, "mandate", "done" if row else "not_needed", at, row.umr if row else None)


def is_registered(work: Work, order_id: str) -> bool:
    """Whether this job is done. Its track says so: an order that is paid otherwise has no mandate and no instalment."""
    return work.get(Track, (order_id, "mandate")).state in ENDED


def _end_amended(services: Services, work: Work, umr: str) -> str | None:
    """Have the mandate that an amendment names, or whatever has replaced it since, give way to the new one; its id."""
    old = work.first(Mandate, umr=umr)
    while old is not None and old.replaced_by_id:
        old = work.get(Mandate, old.replaced_by_id)
    if old is not None:
        old = work.lock(Mandate, old.id)
        ask_another_account(services, work, old, SYSTEM, "Nouveau mandat signé")
    return old.id if old else None


def register_entry(order: Order, frozen: Frozen) -> bytes:
    """`mandat.json`: what the register holds of a mandate, its account masked; the form carries the signed text."""
    given = frozen.mandate
    assert given is not None  # noqa: S101  # asked only for an order with a mandate
    assert order.signed_at is not None  # noqa: S101
    entry = {
        "schema": "seing.mandate/1",
        "umr": given.umr,
        "creditor": {"name": frozen.seller.legal_name, "id": given.creditor_id},
        "debtor": {"name": given.holder, "epj": order.epj, "iban": mask_iban(given.iban), "bic": given.bic},
        "scheme": given.scheme,
        "sequence_type": given.sequence_type,
        "existing": given.existing,
        "signed_at": order.signed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "place": order.place,
        "order": {"number": order.number, "sealed_sha256": order.sealed_sha256},
        "replaces": frozen.amends.umr if frozen.amends else None,
        "instalments": [
            {
                "due_on": item.due_on.isoformat(),
                "amount": f"{item.amount:.2f}",
                "end_to_end_id": make_end_to_end_id(order.number, n),
            }
            for n, item in enumerate(sorted(frozen.proposal.payment.instalments, key=lambda each: each.due_on), 1)
        ],
    }
    return json.dumps(entry, ensure_ascii=False, indent=2, sort_keys=True).encode()


def _tell_ended(services: Services, work: Work, order: Order, row: Mandate) -> None:
    """The mandate ended in the moment of the signature: nothing can be debited until the customer signs another."""
    text = written("mandate.left_all", umr=row.umr, state=row.state)
    work.add(Task(rep_id=order.rep_id, order_id=order.id, kind="mandate_ended", text=text, created_at=services.clock()))


def _register(services: Services, work: Work, order: Order, frozen: Frozen) -> Mandate | None:
    given = frozen.mandate
    if given is None:
        return None
    known = work.first(Mandate, umr=given.umr)
    while known is not None and known.replaced_by_id:  # replaced between form and signature: its successor serves
        known = work.get(Mandate, known.replaced_by_id)
    if known is not None:
        return known
    assert order.signed_at is not None  # noqa: S101  # a sealed order is signed
    row_id = new_id()
    return work.add(
        Mandate(
            id=row_id,
            umr=given.umr,
            order_id=order.id,
            epj=order.epj,
            creditor_id=given.creditor_id,
            scheme=given.scheme,
            sequence_type=given.sequence_type,
            state="revoked" if order.state == "cancelled" else "active",
            holder=given.holder,
            iban_enc=services.vault.seal(given.iban, table="mandates", column="iban_enc", row_id=row_id),
            iban_hash=services.vault.fingerprint(given.iban, "iban"),
            iban_last4=given.iban[-4:],
            bic=given.bic,
            signed_at=order.signed_at,
        )
    )
