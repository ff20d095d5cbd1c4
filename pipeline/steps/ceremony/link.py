"""Sending the link of a ceremony to the customer, on the rep's demand."""

from pipeline.bootstrap import Services
from pipeline.channels.mail import Mail
from pipeline.channels.sms import Sms, SmsError
from pipeline.clock import paris_day
from pipeline.errors import CeremonyLocked, SendRefused, SmsRefused
from pipeline.events import record
from pipeline.frozen import Frozen
from pipeline.letters import sender
from pipeline.orders import frozen_of, mobile_of
from pipeline.origin import Origin
from pipeline.steps.ceremony.rows import LOCKED, check_alive, locked_rows
from signing.code import DAY, NUMBER_LIMITS, SPACING, within
from storage.models import Ceremony, Event, Order
from templates.french import formats, mask_email, mask_iban, mask_mobile
from templates.messages import link_sms, signing_link

LINK_VALIDITY = 3600
"""Seconds after which an operator drops a link that he could not deliver."""


def send_link(services: Services, ceremony_id: str, token: str, by: str, origin: Origin) -> None:
    """Send the link by `sms` or `email`. It is recorded before it leaves, so that two taps count twice.

    Raises:
        NotFound, CeremonyClosed, CeremonyLocked: nothing to open with it.
        SendRefused: too soon or too often, by the figures for codes to one number.
        SmsRefused: no provider takes it.
    """
    now = services.clock()
    with services.works() as work:
        ceremony, order = locked_rows(work, ceremony_id)
        if ceremony.state == LOCKED:
            raise CeremonyLocked
        check_alive(ceremony, order, now)
        sent = work.find(Event, Event.at > now - DAY, order_id=order.id, kind="link.sent")
        before = [event.at for event in sent if event.data.get("by") == by]
        decision = within((SPACING, *NUMBER_LIMITS), before, now)
        if not decision.allowed:
            raise SendRefused(decision.wait_seconds, str(decision.reason))
        mobile = mobile_of(services, order)
        to = mask_mobile(mobile) if by == "sms" else mask_email(order.email)
        record(work, order.id, "link.sent", origin, now, {"ceremony": ceremony_id, "by": by, "to": to})
    frozen = frozen_of(services, order)
    url, key = f"{services.settings.public_url}/s/{token}", f"link:{ceremony_id}:{by}:{len(before) + 1}"
    if by == "email":
        services.mail.send(_mail(frozen, ceremony, order, mobile, url), key=key)
        return
    try:
        services.sms.send(Sms(mobile, _text(frozen, ceremony, order, url), validity=LINK_VALIDITY), key=key)
    except SmsError as error:
        with services.works() as work:
            locked_rows(work, ceremony_id)
            data = {"ceremony": ceremony_id, "by": by, "reason": type(error).__name__, "provider_code": error.code}
            record(work, order.id, "link.not_sent", origin, services.clock(), data)
        raise SmsRefused from error


def _text(frozen: Frozen, ceremony: Ceremony, order: Order, url: str) -> str:
    return link_sms.compose(
        link_sms.LinkSms(
            seller=frozen.seller.legal_name,
            number=order.number,
            total_incl_vat=order.total_incl_vat,
            valid_until=paris_day(ceremony.expires_at),
            url=url,
            language=frozen.language,
            new_account=frozen.amends is not None,
        )
    ).text


def _mail(frozen: Frozen, ceremony: Ceremony, order: Order, mobile: str, url: str) -> Mail:
    message = signing_link.compose(
        signing_link.SigningLink(
            sender=sender(frozen.seller),
            number=order.number,
            company=order.company,
            signatory=order.signatory_name,
            total_incl_vat=order.total_incl_vat,
            mobile_masked=mask_mobile(mobile),
            valid_until=paris_day(ceremony.expires_at),
            rep=frozen.rep.name,
            rep_phone=formats(frozen.language).phone(frozen.rep.phone) if frozen.rep.phone else "",
            url=url,
            language=frozen.language,
            account_masked=mask_iban(frozen.mandate.iban) if frozen.amends and frozen.mandate else "",
        )
    )
    return Mail(order.email, message.subject, message.text, message.html)
