"""Sending a one-time code: by text message, by another provider where the first is silent, by voice where allowed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from pipeline.bootstrap import Services
from pipeline.channels.sms import Receipt, Sms, SmsError, can_take_over
from pipeline.channels.voice import Call
from pipeline.clock import not_before
from pipeline.errors import SmsRefused, VoiceNotAllowed
from pipeline.events import record
from pipeline.frozen import Frozen
from pipeline.orders import frozen_of, lock_order, mobile_of
from pipeline.origin import Origin, network_of
from pipeline.steps.ceremony.limits import check_sending
from pipeline.steps.ceremony.rows import (
    LOCKED,
    check_alive,
    check_consents,
    check_debits,
    is_overdue,
    last_code,
    locked_rows,
    retire_codes,
)
from pipeline.steps.ceremony.views import CodeState, code_state, consents_of
from signing.code import CODE_LIFE, hash_code, new_code
from storage.models import Ceremony, OneTimeCode, Order
from storage.work import Work
from templates.french import mask_mobile
from templates.messages import code_sms, code_voice, locked_sms
from templates.messages.gsm7 import gsm7_segments

Channel = Literal["sms", "voice"]

MINUTES = int(CODE_LIFE.total_seconds() // 60)


@dataclass(frozen=True)
class _Draft:
    """A row that is written and a message that is not sent yet. `code` is None in a locked ceremony."""

    ceremony_id: str
    order_id: str
    number: str
    row_id: str
    sequence: int
    channel: Channel
    not_by: str
    automatic: bool
    frozen: Frozen
    mobile: str = field(repr=False)
    code: str | None = field(repr=False)


def send_code(
    services: Services, ceremony_id: str, ticked: Sequence[str], origin: Origin, channel: Channel = "sms"
) -> CodeState:
    """Send a one-time code to the signatory's mobile; only its keyed hash is kept.

    The row is written before the message leaves: a process that dies in between has sent at most one code too many,
    never one that nobody counts. Where the code before did not arrive, another provider is tried first. In a locked
    ceremony the telephone is told of the lock instead, and the page is answered alike.

    Raises:
        CeremonyClosed, ConsentMissing, OutOfDate: not now.
        VoiceNotAllowed: by voice call, where the rep has not allowed it or nobody can call.
        SendRefused: too soon or too often; says how many seconds to wait.
        SmsRefused: no provider took the message; the code is dead.
    """
    with services.works() as work:
        ceremony, order = locked_rows(work, ceremony_id)
        now = not_before(services.clock(), ceremony.opened_at)
        check_alive(ceremony, order, now)
        frozen = frozen_of(services, order)
        check_consents(consents_of(frozen), ticked)
        if channel == "voice" and (services.voice is None or not ceremony.voice_allowed):
            raise VoiceNotAllowed
        last = last_code(work, ceremony_id)
        draft = _write(services, work, ceremony, order, frozen, last, origin, now, channel=channel)
        _keep_consents(work, ceremony, order, frozen, origin, now)
    return _deliver(services, draft, origin, now)


def send_by_other(services: Services, ceremony_id: str, origin: Origin) -> CodeState | None:
    """Send a new code by another provider where nothing is reported of the last one in time; None where that is not so.

    The waiting page asks for it. A staged job could not: it would have to carry the code, which is never stored. One
    code is replaced so at most once; the limits per number, address and rep hold, the spacing alone does not.

    Raises:
        CeremonyClosed, OutOfDate, SendRefused, SmsRefused: as `send_code`.
    """
    with services.works() as work:
        ceremony, order = locked_rows(work, ceremony_id)
        now = not_before(services.clock(), ceremony.opened_at)
        check_alive(ceremony, order, now)
        last = last_code(work, ceremony_id)
        if last is None or not is_overdue(last, now) or not can_take_over(services.sms, last.provider or ""):
            return None
        frozen = frozen_of(services, order)
        draft = _write(services, work, ceremony, order, frozen, last, origin, now, channel="sms", automatic=True)
    return _deliver(services, draft, origin, now)


def _write(
    services: Services,
    work: Work,
    ceremony: Ceremony,
    order: Order,
    frozen: Frozen,
    last: OneTimeCode | None,
    origin: Origin,
    now: datetime,
    *,
    channel: Channel,
    automatic: bool = False,
) -> _Draft:
    """Count, end the code before, and write the row of the next one."""
    check_debits(services, frozen)
    check_sending(work, order, origin, now, spaced=not automatic)
    sequence = last.sequence + 1 if last else 1
    retire_codes(work, ceremony.id, "superseded")
    work.session.flush()
    assert order.form_sha256  # noqa: S101  # a ceremony is only opened on a certified form
    locked = ceremony.state == LOCKED
    code = new_code()
    hashed = hash_code(
        services.pepper,
        ceremony_id=ceremony.id,
        sequence=sequence,
        document_sha256=order.form_sha256,
        amount=order.total_incl_vat,
        code=code,
    )
    row = work.add(
        OneTimeCode(
            ceremony_id=ceremony.id,
            sequence=sequence,
            code_hash=None if locked else hashed,
            document_sha256=order.form_sha256,
            amount=order.total_incl_vat,
            mobile_hash=order.mobile_hash,
            sent_at=now,
            expires_at=now + CODE_LIFE,
            state="superseded" if locked else "live",
            delivery="sending",
            channel=channel,
            automatic=automatic,
            ip=network_of(origin.ip),
            rep_id=order.rep_id,
        )
    )
    work.session.flush()
    return _Draft(
        ceremony_id=ceremony.id,
        order_id=order.id,
        number=order.number,
        row_id=row.id,
        sequence=sequence,
        channel=channel,
        not_by=(last.provider or "") if last and last.delivery != "delivered" else "",
        automatic=automatic,
        frozen=frozen,
        mobile=mobile_of(services, order),
        code=None if locked else code,
    )


def _keep_consents(work: Work, ceremony: Ceremony, order: Order, frozen: Frozen, origin: Origin, now: datetime) -> None:
    """Write down, the first time, which boxes were ticked and what they said."""
    if (ceremony.consents or {}).get("given") is not None:
        return
    wanted, at = consents_of(frozen), now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    given = {item.key: {"text": item.text, "version": item.version, "at": at} for item in wanted}
    ceremony.consents = {**(ceremony.consents or {}), "given": given}
    said = [{"key": item.key, "version": item.version} for item in wanted]
    record(work, order.id, "consent.given", origin, now, {"ceremony": ceremony.id, "consents": said})


def _deliver(services: Services, draft: _Draft, origin: Origin, now: datetime) -> CodeState:
    """Hand the message over and write down what became of it; `now` is when the code was made."""
    about = {"ceremony": draft.ceremony_id, "sequence": draft.sequence, "channel": draft.channel}
    try:
        receipt, segments = _hand_over(services, draft)
    except SmsError as error:
        with services.works() as work:
            lock_order(work, draft.order_id)
            row = work.lock(OneTimeCode, draft.row_id)
            if row.state == "live":
                row.state = "superseded"
            row.code_hash, row.delivery = None, "refused"
            data = {**about, "reason": type(error).__name__, "provider_code": error.code}
            record(work, draft.order_id, "code.not_sent", origin, services.clock(), data)
        raise SmsRefused from error
    with services.works() as work:
        lock_order(work, draft.order_id)
        row = work.lock(OneTimeCode, draft.row_id)
        row.provider, row.provider_id, row.delivery = receipt.provider, receipt.provider_id, receipt.delivery
        row.segments, row.cost = segments, receipt.cost
        data = {
            **about,
            "to": mask_mobile(draft.mobile),
            "provider": receipt.provider,
            "provider_id": receipt.provider_id,
            "delivery": receipt.delivery,
            "segments": segments,
            "document_sha256": row.document_sha256,
            "amount": f"{row.amount:.2f}",
        }
        if receipt.failed:
            data["failed"] = list(receipt.failed)
        if draft.automatic:
            data["instead_of"] = draft.not_by
        record(work, draft.order_id, "code.sent" if draft.code else "lock.told", origin, now, data)
        return code_state(services, row, services.clock())


def _hand_over(services: Services, draft: _Draft) -> tuple[Receipt, int | None]:
    """Send or say it; gives the receipt and in how many segments a text left."""
    frozen = draft.frozen
    seller, language, total = frozen.seller.legal_name, frozen.language, frozen.total_incl_vat
    account = frozen.mandate.iban[-4:] if frozen.amends and frozen.mandate else ""
    told = locked_sms.LockedSms(seller, draft.number, language)
    if draft.channel == "voice":
        assert services.voice  # noqa: S101  # asked before the row was written
        sentences = (
            code_voice.compose(code_voice.CodeVoice(seller, total, draft.code, MINUTES, language, account))
            if draft.code
            else locked_sms.spoken(told)
        )
        call = Call(draft.mobile, sentences, language)
        return services.voice.call(call, key=f"call:{draft.number}:{draft.row_id}"), None
    text = (
        code_sms.compose(
            code_sms.CodeSms(
                seller=seller,
                number=draft.number,
                total_incl_vat=total,
                code=draft.code,
                minutes=MINUTES,
                host=urlsplit(services.settings.public_url).hostname or "localhost",
                language=language,
                account_last4=account,
            )
        ).text
        if draft.code
        else locked_sms.compose(told).text
    )
    sms = Sms(draft.mobile, text, validity=int(CODE_LIFE.total_seconds()), not_by=draft.not_by)
    return services.sms.send(sms, key=f"code:{draft.number}:{draft.row_id}"), gsm7_segments(text)
