"""The customer's copy: the sealed form by mail, before the rep has stood up."""

from pipeline.bootstrap import Services
from pipeline.channels.mail import Attachment, Mail, MailError
from pipeline.clock import paris_day
from pipeline.events import record
from pipeline.frozen import Frozen
from pipeline.letters import renounce_url, sender
from pipeline.orders import frozen_of, lock_order, set_track
from pipeline.origin import SYSTEM
from pipeline.retry import Later
from storage.errors import ArchiveUnavailable
from storage.models import Order, Track
from templates.french import formats, mask_email, mask_iban
from templates.messages import mandate_copy, order_copy
from templates.messages.message import Message


def copy(services: Services, order_id: str) -> None:
    """Mail the sealed form to the customer, once; raises `Later` while mail server or archive does not answer."""
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
        track = work.get(Track, (order_id, "copy"))
    if track.state == "done" or order.sealed_sha256 is None or order.signed_at is None:
        return
    frozen = frozen_of(services, order)
    name = f"{frozen.file_name}-{order.number}.pdf"
    message = _amendment(order, frozen, name) if frozen.amends else _order(services, order, frozen, name)
    try:
        form = services.archive.get(order.sealed_sha256, area="signed")
        mail = Mail(order.email, message.subject, message.text, message.html, (Attachment(name, form),))
        message_id = services.mail.send(mail, key=f"copy:{order.number}")
    except ArchiveUnavailable as error:
        raise Later(error.code) from error
    except MailError as error:
        raise Later(str(error)) from error
    with services.works() as work:
        lock_order(work, order_id)
        if work.lock(Track, (order_id, "copy")).state == "done":
            return
        at = services.clock()
        set_track(work, order_id, "copy", "done", at, mask_email(order.email))
        data = {"to": mask_email(order.email), "message_id": message_id, "sha256": order.sealed_sha256}
        record(work, order_id, "copy.sent", SYSTEM, at, data)


def _order(services: Services, order: Order, frozen: Frozen, name: str) -> Message:
    assert order.signed_at  # noqa: S101  # the caller has looked
    assert order.sealed_sha256  # noqa: S101
    mandate, right = frozen.mandate, order.withdrawal_until
    return order_copy.compose(
        order_copy.OrderCopy(
            sender=sender(frozen.seller),
            number=order.number,
            company=order.company,
            signatory=order.signatory_name,
            signed_at=order.signed_at,
            total_excl_vat=order.total_excl_vat,
            total_incl_vat=order.total_incl_vat,
            instalments=tuple((item.due_on, item.amount) for item in frozen.proposal.payment.instalments),
            account_masked=mask_iban(mandate.iban) if mandate else "",
            mandate_umr=mandate.umr if mandate else "",
            invoice_electronic=order.invoice_delivery == "electronic",
            production_from=order.hold_until or paris_day(order.signed_at),
            agency=frozen.agency_name,
            rep=frozen.rep.name,
            rep_phone=_phone(frozen),
            attachments=(name,),
            document_sha256=order.sealed_sha256,
            withdrawal=order_copy.Withdrawal(right, renounce_url(services, order.id)) if right else None,
            language=frozen.language,
        )
    )


def _amendment(order: Order, frozen: Frozen, name: str) -> Message:
    assert order.signed_at  # noqa: S101  # the caller has looked
    assert order.sealed_sha256  # noqa: S101
    assert frozen.mandate  # noqa: S101  # an amendment is nothing but a mandate
    assert frozen.amends  # noqa: S101
    return mandate_copy.compose(
        mandate_copy.MandateCopy(
            sender=sender(frozen.seller),
            number=order.number,
            company=order.company,
            signatory=order.signatory_name,
            signed_at=order.signed_at,
            account_masked=mask_iban(frozen.mandate.iban),
            mandate_umr=frozen.mandate.umr,
            old_umr=frozen.amends.umr,
            debits=tuple((item.order, item.due_on, item.amount) for item in frozen.amends.debits),
            rep=frozen.rep.name,
            rep_phone=_phone(frozen),
            attachment=name,
            document_sha256=order.sealed_sha256,
            language=frozen.language,
        )
    )


def _phone(frozen: Frozen) -> str:
    return formats(frozen.language).phone(frozen.rep.phone) if frozen.rep.phone else ""
