"""What the signing page shows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from pipeline.bootstrap import Services
from pipeline.channels.sms import can_take_over
from pipeline.clock import not_before, paris_day
from pipeline.errors import CeremonyClosed, CopySent, NotFound
from pipeline.events import record
from pipeline.flow import State
from pipeline.frozen import Frozen, FrozenWithdrawal
from pipeline.orders import frozen_of, lock_order
from pipeline.origin import Origin, network_of
from pipeline.steps.ceremony.rows import LIVE, LOCKED, OPEN, is_overdue, is_typable, last_code
from pipeline.users import token_hash
from signing.code import RESEND_AFTER
from storage.models import Ceremony, Event, OneTimeCode, Order
from storage.work import Work
from templates.consents import Consent, consents
from templates.french import formats, mask_email, mask_iban, mask_mobile

SIGNED_LINK_LIFE = timedelta(days=60)
"""How long after the signature a link still shows what was signed: by then the copy has long been in the mailbox."""


@dataclass(frozen=True)
class CodeState:
    """The last code sent: until when it may be typed, when another may be asked for, what the provider said.

    `overdue`: nothing was reported in time, and another provider can take over. `automatic`: it has.
    """

    sent_at: datetime
    expires_at: datetime
    resend_at: datetime
    delivery: str | None
    live: bool
    channel: str = "sms"
    overdue: bool = False
    automatic: bool = False


@dataclass(frozen=True)
class Amendment:
    """Another account for what is still to be debited: (order, day or None, amount). Accounts masked."""

    umr: str
    iban_masked: str
    holder: str
    old_umr: str
    old_iban_masked: str
    debits: tuple[tuple[str, date | None, Decimal], ...]


@dataclass(frozen=True)
class CeremonyView:
    """What the signing page shows. `state` is never "locked": to the page such a ceremony is open."""

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
    code: CodeState | None
    voice: bool
    """Whether the code may be asked for by voice call."""
    consents: tuple[Consent, ...]
    mandate_umr: str
    """Of the mandate that is given with this signature; "" where none is."""
    file_name: str
    """What the document is called when it is saved, without number and suffix."""
    amendment: Amendment | None
    """Where another account is signed, and nothing is bought."""
    language: str
    """Of the document and the boxes: what is signed stays in the words in which it was drawn."""


SAME_VISIT = timedelta(hours=1)
MOST_OPENINGS = 50
"""Of one link that are written down: whoever opens it again and again must not make the evidence too large."""


def find(services: Services, token: str, origin: Origin | None = None) -> CeremonyView:
    """The ceremony behind a link; with `origin`, the opening is recorded, once per address and hour.

    Raises:
        NotFound: no such link.
        CeremonyClosed: it ended without a signature.
        CopySent: it served its time after one.
    """
    with services.works(read_only=True) as work:
        ceremony = work.first(Ceremony, token_hash=token_hash(token))
    if ceremony is None:
        raise NotFound
    _check_link(services, ceremony)
    if origin:
        _note_opening(services, ceremony, origin)
    return view(services, ceremony.id)


def _note_opening(services: Services, ceremony: Ceremony, origin: Origin) -> None:
    now = services.clock()
    with services.works(read_only=True) as work:
        if _is_noted(work, ceremony, origin, now):
            return
    with services.works() as work:
        lock_order(work, ceremony.order_id)
        if not _is_noted(work, ceremony, origin, now):  # another tab was first
            record(work, ceremony.order_id, "link.opened", origin, now, {"ceremony": ceremony.id})


def _is_noted(work: Work, ceremony: Ceremony, origin: Origin, now: datetime) -> bool:
    """Whether the same address opened this link within the hour, or openings enough are written down."""
    events = work.find(Event, order_id=ceremony.order_id, kind="link.opened")
    noted = [event for event in events if event.data.get("ceremony") == ceremony.id]
    here = network_of(origin.ip)
    return len(noted) >= MOST_OPENINGS or any(
        network_of(event.ip) == here and event.at > now - SAME_VISIT for event in noted
    )


def view(services: Services, ceremony_id: str) -> CeremonyView:
    """What the page of a ceremony shows now. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        ceremony = work.session.get(Ceremony, ceremony_id)
        if ceremony is None:
            raise NotFound
        order = work.get(Order, ceremony.order_id)
        last = last_code(work, ceremony_id)
    frozen = frozen_of(services, order)
    plan = frozen.proposal.payment
    now = services.clock()
    return CeremonyView(
        ceremony_id=ceremony.id,
        order_id=order.id,
        number=order.number,
        state=_shown_state(ceremony, now),
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
        code=code_state(services, last, now) if last else None,
        voice=ceremony.voice_allowed and services.voice is not None,
        consents=consents_of(frozen),
        mandate_umr=frozen.mandate.umr if frozen.mandate and not frozen.mandate.existing else "",
        file_name=frozen.file_name,
        amendment=_amendment(frozen),
        language=frozen.language,
    )


def _amendment(frozen: Frozen) -> Amendment | None:
    amends, mandate = frozen.amends, frozen.mandate
    if amends is None or mandate is None:
        return None
    return Amendment(
        umr=mandate.umr,
        iban_masked=mask_iban(mandate.iban),
        holder=mandate.holder,
        old_umr=amends.umr,
        old_iban_masked=amends.iban_masked,
        debits=tuple((item.order, item.due_on, item.amount) for item in amends.debits),
    )


def code_state(services: Services, row: OneTimeCode, now: datetime) -> CodeState:
    """The newest code of a ceremony as its page shows it."""
    now = not_before(now, row.sent_at)
    return CodeState(
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        resend_at=row.sent_at + RESEND_AFTER,
        delivery=row.delivery,
        live=is_typable(row, now),
        channel=row.channel,
        overdue=is_overdue(row, now) and can_take_over(services.sms, row.provider or ""),
        automatic=row.automatic,
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
        old_umr=frozen.amends.umr if frozen.amends else None,
        language=frozen.language,
    )


def _check_link(services: Services, ceremony: Ceremony) -> None:
    """Raise `CeremonyClosed` or `CopySent` where the link shows nothing any more."""
    with services.works(read_only=True) as work:
        order = work.get(Order, ceremony.order_id)
        copy = work.first(Event, order_id=order.id, kind="copy.sent")
    unsignable = ceremony.state in LIVE and order.state != State.SIGNING
    if ceremony.state in {"closed", "expired"} or unsignable or _is_over(ceremony, services.clock()):
        raise CeremonyClosed
    if ceremony.state == "signed" and copy is not None and services.today() > readable_until(order):
        raise CopySent(date=paris_day(copy.at))


def readable_until(order: Order) -> date:
    """The last day of a signed order's link: it is also a way to withdraw, while that may be done."""
    assert order.signed_at  # noqa: S101  # its ceremony is signed
    return max(paris_day(order.signed_at + SIGNED_LINK_LIFE), order.withdrawal_until or date.min)


def _is_over(ceremony: Ceremony, now: datetime) -> bool:
    return ceremony.state in LIVE and ceremony.expires_at <= now


def _shown_state(ceremony: Ceremony, now: datetime) -> str:
    if _is_over(ceremony, now):
        return "expired"
    return OPEN if ceremony.state == LOCKED else ceremony.state
