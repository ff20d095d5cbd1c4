"""The ceremony: from the opening of the signing page to the accepted code, refused or locked.

Every decision is taken on locked rows, so that two tabs, a double click or a replayed request change nothing. The code
itself is never kept: only its keyed hash, bound to ceremony, document and amount.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from sqlalchemy import select

from pipeline.bootstrap import Services
from pipeline.channels.mail import Mail
from pipeline.channels.sms import Sms, SmsError
from pipeline.clock import paris_day
from pipeline.errors import (
    CeremonyClosed,
    CeremonyLocked,
    CodeExpired,
    CodeWrong,
    ConsentMissing,
    NotFound,
    OutOfDate,
    ReasonMissing,
    SendRefused,
    SmsRefused,
)
from pipeline.events import record
from pipeline.flow import State, check_move
from pipeline.frozen import Frozen, FrozenWithdrawal
from pipeline.letters import sender
from pipeline.orders import frozen_of, lock_order, mobile_of
from pipeline.origin import Origin
from pipeline.rules.payment import check_dates
from pipeline.rules.withdrawal import WithdrawalRight
from pipeline.steps.prepare import ensure_form
from pipeline.users import token_hash
from signing.code import CODE_LIFE, RESEND_AFTER, code_matches, hash_code, may_send, may_try, new_code
from storage.models import Ceremony, OneTimeCode, Order, Track
from storage.work import Work
from templates.consents import Consent, consents
from templates.french import formats, mask_email, mask_iban, mask_mobile
from templates.messages import code_sms, link_sms, signing_link
from templates.messages.gsm7 import gsm7_segments

LINK_LIFE = timedelta(days=30)
"""A link lives as long as the order that nobody signed (DESIGN 3)."""

TRACKS = ("copy", "archive", "invoice", "mandate", "papers", "agency")
TRACK_DUE = timedelta(minutes=15)
"""Past this a track that is not done turns amber."""


@dataclass(frozen=True)
class Opened:
    """A new ceremony; `token` is its only secret and is stored as a hash."""

    ceremony_id: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class CodeState:
    """The last code sent: until when it may be typed, when another may be asked for, what the provider said."""

    sent_at: datetime
    expires_at: datetime
    resend_at: datetime
    delivery: str | None
    live: bool


@dataclass(frozen=True)
class CeremonyView:
    """What the signing page shows."""

    ceremony_id: str
    order_id: str
    number: str
    state: str
    order_state: str
    mode: str
    seller: str
    company: str
    signatory_name: str
    mobile_masked: str
    email_masked: str
    total_excl_vat: Decimal
    total_incl_vat: Decimal
    first_debit: date | None
    instalments: tuple[tuple[date, Decimal], ...]
    payment_method: str
    withdrawal: FrozenWithdrawal | None
    what: tuple[str, ...]
    form_sha256: str
    sealed_sha256: str | None
    signed_at: datetime | None
    wrong_tries: int
    code: CodeState | None
    consents: tuple[Consent, ...]


def open_ceremony(services: Services, order_id: str, mode: str, origin: Origin, reason: str = "") -> Opened:
    """Open a ceremony in `handover` or `link` mode; any other open one of the order is closed.

    Raises:
        NotFound, WrongState: no such order, or it cannot be signed any more.
        ReasonMissing: the last ceremony was locked and no reason is given.
    """
    ensure_form(services, order_id)
    token, now = secrets.token_urlsafe(32), services.clock()
    with services.works() as work:
        order = lock_order(work, order_id)
        if order.state != State.SIGNING:
            check_move(order.state, State.SIGNING)
        before = work.find(Ceremony, order_id=order_id, order_by=Ceremony.opened_at.desc())
        if before and before[0].state == "locked" and not reason.strip():
            raise ReasonMissing
        for other in before:
            if other.state == "open":
                other.state = "closed"
                _retire_codes(work, other.id, "superseded")
        ceremony = work.add(
            Ceremony(
                order_id=order_id,
                token_hash=token_hash(token),
                mode=mode,
                reason=reason.strip() or None,
                opened_by=origin.actor,
                opened_at=now,
                expires_at=min(now + LINK_LIFE, order.expires_at or now + LINK_LIFE),
            )
        )
        work.session.flush()
        order.state = State.SIGNING
        data = {"ceremony": ceremony.id, "mode": mode, "form_sha256": order.form_sha256}
        record(work, order_id, "ceremony.opened", origin, now, data | ({"reason": reason} if reason.strip() else {}))
        return Opened(ceremony.id, token)


def send_link(services: Services, ceremony_id: str, token: str, by: str, origin: Origin) -> None:
    """Send the link by `sms` or `email`; raises `SmsRefused` when no provider takes it."""
    with services.works(read_only=True) as work:
        ceremony, order = _open(work, ceremony_id, services.clock())
        frozen = frozen_of(services, order)
        mobile = mobile_of(services, order)
    url = f"{services.settings.public_url}/s/{token}"
    key = f"link:{ceremony_id}:{by}:{services.clock():%H%M%S}"
    if by == "sms":
        text = link_sms.compose(
            link_sms.LinkSms(
                seller=frozen.seller.legal_name,
                number=order.number,
                total_incl_vat=order.total_incl_vat,
                valid_until=paris_day(ceremony.expires_at),
                url=url,
                language=frozen.language,
            )
        ).text
        try:
            services.sms.send(Sms(mobile, text, validity=3600), key=key)
        except SmsError as error:
            raise SmsRefused from error
    else:
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
            )
        )
        services.mail.send(Mail(order.email, message.subject, message.text, message.html), key=key)
    with services.works() as work:
        lock_order(work, order.id)
        to = mask_mobile(mobile) if by == "sms" else mask_email(order.email)
        record(work, order.id, "link.sent", origin, services.clock(), {"ceremony": ceremony_id, "by": by, "to": to})


def find(services: Services, token: str, origin: Origin | None = None) -> CeremonyView:
    """The ceremony behind a link; with `origin`, the opening is recorded. Raises `NotFound` or `CeremonyClosed`."""
    with services.works(read_only=True) as work:
        ceremony = work.first(Ceremony, token_hash=token_hash(token))
    if ceremony is None:
        raise NotFound
    if ceremony.state in ("closed", "expired") or (
        ceremony.state == "open" and ceremony.expires_at <= services.clock()
    ):
        raise CeremonyClosed
    if origin:
        with services.works() as work:
            lock_order(work, ceremony.order_id)
            record(work, ceremony.order_id, "link.opened", origin, services.clock(), {"ceremony": ceremony.id})
    return view(services, ceremony.id)


def view(services: Services, ceremony_id: str) -> CeremonyView:
    """What the page of a ceremony shows now. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        ceremony = work.session.get(Ceremony, ceremony_id)
        if ceremony is None:
            raise NotFound
        order = work.get(Order, ceremony.order_id)
        last = work.first(OneTimeCode, ceremony_id=ceremony_id, order_by=OneTimeCode.sequence.desc())
    frozen = frozen_of(services, order)
    plan = frozen.proposal.payment
    now = services.clock()
    return CeremonyView(
        ceremony_id=ceremony.id,
        order_id=order.id,
        number=order.number,
        state="expired" if ceremony.state == "open" and ceremony.expires_at <= now else ceremony.state,
        order_state=order.state,
        mode=ceremony.mode,
        seller=frozen.seller.legal_name,
        company=order.company,
        signatory_name=order.signatory_name,
        mobile_masked=mask_mobile(frozen.customer.mobile),
        email_masked=mask_email(order.email),
        total_excl_vat=order.total_excl_vat,
        total_incl_vat=order.total_incl_vat,
        first_debit=frozen.first_debit,
        instalments=tuple((item.due_on, item.amount) for item in plan.instalments),
        payment_method=plan.method,
        withdrawal=frozen.withdrawal,
        what=tuple(
            line.label
            for sub_order in frozen.proposal.sub_orders
            for line in sub_order.lines
            if line.status != "cancelled"
        ),
        form_sha256=order.form_sha256 or "",
        sealed_sha256=order.sealed_sha256,
        signed_at=order.signed_at,
        wrong_tries=ceremony.wrong_tries,
        code=CodeState(last.sent_at, last.expires_at, last.sent_at + RESEND_AFTER, last.delivery, _is_live(last, now))
        if last
        else None,
        consents=consents_of(frozen),
    )


def consents_of(frozen: Frozen) -> tuple[Consent, ...]:
    """The boxes of this order, word for word."""
    fmt = formats(frozen.language)
    mandate = frozen.mandate
    return consents(
        number=frozen.number,
        total=fmt.money(frozen.total_incl_vat),
        terms=frozen.terms_version,
        seller=frozen.seller.legal_name,
        umr=mandate.umr if mandate else None,
        iban_masked=mask_iban(mandate.iban) if mandate else None,
        early_start=bool(frozen.withdrawal and frozen.withdrawal.early_start),
        language=frozen.language,
    )


def record_page(services: Services, ceremony_id: str, page: int, image_sha256: str, origin: Origin) -> None:
    """Record that a page was displayed, and which image of it; once per page."""
    with services.works() as work:
        ceremony, order = _open(work, ceremony_id, services.clock(), lock=True)
        seen = dict(ceremony.consents or {})
        pages = dict(seen.get("pages", {}))
        if str(page) in pages:
            return
        pages[str(page)] = image_sha256
        ceremony.consents = {**seen, "pages": pages}
        data = {"ceremony": ceremony_id, "page": page, "image_sha256": image_sha256}
        record(work, order.id, "page.displayed", origin, services.clock(), data)


def send_code(services: Services, ceremony_id: str, ticked: Sequence[str], origin: Origin) -> CodeState:
    """Send a one-time code to the signatory's mobile; only its keyed hash is kept.

    The row is written before the message leaves: a process that dies in between has sent at most one code too many,
    never one that nobody counts.

    Raises:
        CeremonyClosed, CeremonyLocked, ConsentMissing: not now.
        SendRefused: too soon or too often; says how many seconds to wait.
        SmsRefused: no provider took the message; the code is dead.
    """
    now, code = services.clock(), new_code()
    with services.works() as work:
        ceremony, order = _open(work, ceremony_id, now, lock=True)
        frozen = frozen_of(services, order)
        wanted = consents_of(frozen)
        _check_consents(wanted, ticked)
        _check_dates(services, frozen)
        sent = list(
            work.session.scalars(
                select(OneTimeCode.sent_at).where(
                    OneTimeCode.mobile_hash == order.mobile_hash, OneTimeCode.sent_at > now - timedelta(days=1)
                )
            )
        )
        decision = may_send(sent, now)
        if not decision.allowed:
            raise SendRefused(decision.wait_seconds, str(decision.reason))
        _retire_codes(work, ceremony_id, "superseded")
        work.session.flush()
        last = work.first(OneTimeCode, ceremony_id=ceremony_id, order_by=OneTimeCode.sequence.desc())
        sequence = last.sequence + 1 if last else 1
        assert order.form_sha256  # noqa: S101  # a ceremony is only opened on a certified form
        row = work.add(
            OneTimeCode(
                ceremony_id=ceremony_id,
                sequence=sequence,
                code_hash=hash_code(
                    services.pepper,
                    ceremony_id=ceremony_id,
                    sequence=sequence,
                    document_sha256=order.form_sha256,
                    amount=order.total_incl_vat,
                    code=code,
                ),
                document_sha256=order.form_sha256,
                amount=order.total_incl_vat,
                mobile_hash=order.mobile_hash,
                sent_at=now,
                expires_at=now + CODE_LIFE,
                delivery="sending",
            )
        )
        work.session.flush()
        given = {item.key: {"text": item.text, "version": item.version, "at": _utc(now)} for item in wanted}
        if (ceremony.consents or {}).get("given") is None:
            ceremony.consents = {**(ceremony.consents or {}), "given": given}
            record(
                work,
                order.id,
                "consent.given",
                origin,
                now,
                {"ceremony": ceremony_id, "consents": [{"key": c.key, "version": c.version} for c in wanted]},
            )
        row_id, mobile = row.id, mobile_of(services, order)
    text = code_sms.compose(
        code_sms.CodeSms(
            seller=frozen.seller.legal_name,
            number=order.number,
            total_incl_vat=order.total_incl_vat,
            code=code,
            minutes=int(CODE_LIFE.total_seconds() // 60),
            host=urlsplit(services.settings.public_url).hostname or "localhost",
            language=frozen.language,
        )
    ).text
    try:
        receipt = services.sms.send(
            Sms(mobile, text, validity=int(CODE_LIFE.total_seconds())), key=f"code:{order.number}:{row_id}"
        )
    except SmsError as error:
        with services.works() as work:
            lock_order(work, order.id)
            dead = work.lock(OneTimeCode, row_id)
            dead.state, dead.code_hash, dead.delivery = "superseded", None, "refused"
            data = {"ceremony": ceremony_id, "sequence": sequence, "reason": type(error).__name__}
            record(work, order.id, "code.not_sent", origin, services.clock(), data)
        raise SmsRefused from error
    with services.works() as work:
        lock_order(work, order.id)
        row = work.lock(OneTimeCode, row_id)
        row.provider, row.provider_id, row.delivery = receipt.provider, receipt.provider_id, receipt.delivery
        row.segments = gsm7_segments(text)
        data = {
            "ceremony": ceremony_id,
            "sequence": sequence,
            "to": mask_mobile(mobile),
            "provider": receipt.provider,
            "provider_id": receipt.provider_id,
            "document_sha256": row.document_sha256,
            "amount": f"{row.amount:.2f}",
        }
        record(work, order.id, "code.sent", origin, now, data)
        return CodeState(row.sent_at, row.expires_at, row.sent_at + RESEND_AFTER, row.delivery, live=True)


def sign(services: Services, ceremony_id: str, code: str, ticked: Sequence[str], origin: Origin) -> None:
    """Accept the code: the order is signed in one transaction, with its consents and the job that seals it.

    A ceremony that is signed already answers as if it had just been. Wrong tries count over all codes of the ceremony.

    Raises:
        CodeWrong, CodeExpired, CeremonyLocked, CeremonyClosed, ConsentMissing.
    """
    now = services.clock()
    refusal: Exception | None = None
    with services.works() as work:
        ceremony = work.session.get(Ceremony, ceremony_id)
        if ceremony is None:
            raise NotFound
        order = lock_order(work, ceremony.order_id)
        ceremony = work.lock(Ceremony, ceremony_id)
        if ceremony.state == "signed":
            return
        _check_open(ceremony, now)
        check_move(order.state, State.SIGNED)
        frozen = frozen_of(services, order)
        _check_consents(consents_of(frozen), ticked)
        _check_dates(services, frozen)
        live = work.first(OneTimeCode, ceremony_id=ceremony_id, state="live")
        if live is None or not _is_live(live, now):
            if live is not None:
                live.state, live.code_hash = "expired", None
                record(
                    work, order.id, "code.expired", origin, now, {"ceremony": ceremony_id, "sequence": live.sequence}
                )
            refusal = CodeExpired()
        elif live.code_hash is None or live.document_sha256 != order.form_sha256 or not _matches(services, live, code):
            refusal = _count_wrong(work, ceremony, order, live, origin, now)
        else:
            right = frozen.customer.withdrawal_right(frozen.proposal, services.today())
            _accept(work, ceremony, order, live, origin, now, right)
    if refusal:  # raised once the count is committed
        raise refusal
    services.nudge()


def decline(services: Services, ceremony_id: str, reason: str, origin: Origin) -> None:
    """The customer refuses, in words that the rep reads. Raises `ReasonMissing`, `CeremonyClosed`."""
    if not reason.strip():
        raise ReasonMissing
    now = services.clock()
    with services.works() as work:
        ceremony, order = _open(work, ceremony_id, now, lock=True)
        check_move(order.state, State.DECLINED)
        ceremony.state, ceremony.reason = "declined", reason.strip()[:2000]
        order.state, order.reason = State.DECLINED, ceremony.reason
        _retire_codes(work, ceremony_id, "superseded")
        record(work, order.id, "ceremony.declined", origin, now, {"ceremony": ceremony_id, "reason": ceremony.reason})


def delivery_report(services: Services, provider: str, provider_id: str, status: str, origin: Origin) -> None:
    """A provider's report on a code; reports come late, twice and out of order, so the status only moves forward."""
    rank = {"sending": 0, "accepted": 1, "queued": 1, "sent": 2, "undelivered": 3, "failed": 3, "delivered": 4}
    with services.works() as work:
        row = work.first(OneTimeCode, provider=provider, provider_id=provider_id)
        if row is None:
            return
        order_id = work.get(Ceremony, row.ceremony_id).order_id
        order = lock_order(work, order_id)
        row = work.lock(OneTimeCode, row.id)  # as it is now: two reports may arrive in the same moment
        if rank.get(status, 0) <= rank.get(row.delivery or "sending", 0):
            return
        row.delivery = status
        if order.evidence_json_sha256 is None:
            data = {"sequence": row.sequence, "status": status, "provider_id": provider_id}
            record(work, order_id, "code.delivery", origin, services.clock(), data)


def expire(services: Services) -> int:
    """Close what nobody signed in time: ceremonies and orders past their date. Returns how many orders expired."""
    now, count = services.clock(), 0
    origin = Origin("system")
    with services.works() as work:
        for ceremony in work.find(Ceremony, Ceremony.expires_at <= now, state="open"):
            ceremony.state = "expired"
            _retire_codes(work, ceremony.id, "expired")
        for found in work.find(Order, Order.state.in_([State.PREPARED, State.SIGNING]), Order.expires_at <= now):
            order = lock_order(work, found.id)
            order.state = State.EXPIRED
            record(work, order.id, "order.expired", origin, now)
            count += 1
    return count


def _open(work: Work, ceremony_id: str, now: datetime, *, lock: bool = False) -> tuple[Ceremony, Order]:
    """An open ceremony and its order, locked on demand: the order first, everywhere, so that none waits in a ring."""
    ceremony = work.session.get(Ceremony, ceremony_id)
    if ceremony is None:
        raise NotFound
    if lock:
        order = lock_order(work, ceremony.order_id)
        ceremony = work.lock(Ceremony, ceremony_id)
    else:
        order = work.get(Order, ceremony.order_id)
    _check_open(ceremony, now)
    return ceremony, order


def _check_open(ceremony: Ceremony, now: datetime) -> None:
    if ceremony.state == "locked":
        raise CeremonyLocked
    if ceremony.state != "open" or ceremony.expires_at <= now:
        raise CeremonyClosed


def _check_consents(wanted: Sequence[Consent], ticked: Sequence[str]) -> None:
    if any(item.required and item.key not in ticked for item in wanted):
        raise ConsentMissing


def _is_live(row: OneTimeCode, now: datetime) -> bool:
    return row.state == "live" and row.sent_at <= now < row.expires_at


def _matches(services: Services, live: OneTimeCode, code: str) -> bool:
    return code_matches(
        live.code_hash or "",
        services.pepper,
        ceremony_id=live.ceremony_id,
        sequence=live.sequence,
        document_sha256=live.document_sha256,
        amount=live.amount,
        code=code,
    )


def _count_wrong(
    work: Work, ceremony: Ceremony, order: Order, live: OneTimeCode, origin: Origin, now: datetime
) -> Exception:
    ceremony.wrong_tries += 1
    data = {"ceremony": ceremony.id, "sequence": live.sequence, "wrong_tries": ceremony.wrong_tries}
    record(work, order.id, "code.wrong", origin, now, data)
    if may_try(ceremony.wrong_tries):
        return CodeWrong()
    ceremony.state = "locked"
    _retire_codes(work, ceremony.id, "superseded")
    record(work, order.id, "ceremony.locked", origin, now, {"ceremony": ceremony.id})
    work.stage("tell_locked", key=f"locked:{ceremony.id}", args={"ceremony_id": ceremony.id}, order_id=order.id)
    return CeremonyLocked()


def _check_dates(services: Services, frozen: Frozen) -> None:
    """A form prepared days ago may promise debits that, signed today, would come before the law allows."""
    found = check_dates(
        frozen.proposal,
        frozen.customer.withdrawal_right(frozen.proposal, services.today()),
        today=services.today(),
        prenotification_days=services.settings.prenotification_days,
    )
    if any(item.severity == "blocking" for item in found):
        raise OutOfDate


def _accept(
    work: Work,
    ceremony: Ceremony,
    order: Order,
    live: OneTimeCode,
    origin: Origin,
    now: datetime,
    right: WithdrawalRight | None,
) -> None:
    live.state, live.code_hash = "used", None
    ceremony.state = "signed"
    order.state, order.signed_at = State.SIGNED, now
    # The periods run from the day of conclusion, which may come after that of the form.
    order.withdrawal_until = right.until if right else None
    order.hold_until = right.hold_until if right and not order.early_start else None
    data = {
        "ceremony": ceremony.id,
        "sequence": live.sequence,
        "document_sha256": live.document_sha256,
        "amount": f"{live.amount:.2f}",
    }
    record(work, order.id, "code.accepted", origin, now, data)
    record(work, order.id, "order.signed", origin, now, {"canonical_sha256": order.canonical_sha256})
    due = now + TRACK_DUE
    for name in TRACKS:
        work.add(Track(order_id=order.id, name=name, due_at=due, updated_at=now))
    work.stage("seal", key=f"seal:{order.id}", args={"order_id": order.id}, order_id=order.id, due_at=due)


def _retire_codes(work: Work, ceremony_id: str, state: str) -> None:
    for row in work.find(OneTimeCode, ceremony_id=ceremony_id, state="live"):
        row.state, row.code_hash = state, None


def _utc(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
