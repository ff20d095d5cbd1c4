"""« Commander »: the order gets its number, a frozen copy is kept, the form is drawn and certified.

Two moments: the number and the frozen copy in one transaction, then the form, which is drawn from the copy and can be
drawn again if the process dies in between.
"""

from datetime import date, timedelta

from pipeline import documents
from pipeline.bootstrap import Services
from pipeline.clock import paris_day
from pipeline.customer import CustomerChoices, check_choices, needs_mandate
from pipeline.errors import Blocked, NotFound, ReasonMissing, WrongState
from pipeline.events import record
from pipeline.flow import ORDER_LIFE_DAYS, State, check_move
from pipeline.frozen import Frozen, FrozenMandate, FrozenRep, FrozenWithdrawal
from pipeline.letters import renounce_url
from pipeline.orders import frozen_of, keep, lock_order, named
from pipeline.origin import Origin
from pipeline.proposal import Proposal
from pipeline.retention import draft_until
from pipeline.rules.mandates import lapses_on
from pipeline.steps.propose import current_findings, proposal_of
from pipeline.totals import totals
from signing.seal import certify
from storage.models import Ceremony, Mandate, OneTimeCode, Order, new_id
from storage.models import Proposal as ProposalRow
from storage.work import Work
from templates.documents import order_form
from templates.sepa import make_umr, next_target_day
from templates.terms import CURRENT as TERMS_VERSION

PROPOSAL_STATES = ("draft", "presented", "validated")
"""States from which a proposal may be ordered: ordering validates it."""


def prepare(services: Services, proposal_id: str, choices: CustomerChoices, origin: Origin) -> str:
    """Turn a proposal and the customer's choices into a numbered order whose form is certified; returns its id.

    Raises:
        NotFound: no such proposal.
        WrongState: it is a quote, or ordered already.
        Blocked: findings of the proposal or of the choices stop it; nothing is written.
    """
    today, now = services.today(), services.clock()
    with services.works() as work:
        if work.session.get(ProposalRow, proposal_id) is None:
            raise NotFound
        row = work.lock(ProposalRow, proposal_id)
        proposal = proposal_of(services, row)
        if row.kind != "order" or row.state not in PROPOSAL_STATES:
            raise WrongState(state="devis" if row.kind == "quote" else "commandée")
        _refuse_blocked(services, work, proposal, choices)
        year_agency = f"{today.year}-{proposal.agency}"
        number = f"{year_agency}-{work.next_number(f'order:{year_agency}'):06d}"
        order_id = new_id()
        frozen = _freeze(services, work, row, proposal, choices, number, order_id)
        order = new_order(services, frozen, order_id, proposal_id=row.id)
        work.add(order)
        row.state, row.updated_at = "ordered", now
        work.session.flush()
        data = {"number": number, "proposal": proposal.reference, "canonical_sha256": frozen.sha256}
        record(work, order.id, "order.prepared", origin, now, data)
    ensure_form(services, order_id)
    return order_id


def ensure_form(services: Services, order_id: str) -> None:
    """Draw and certify the form of an order that has none yet. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        order = work.session.get(Order, order_id)
    if order is None:
        raise NotFound
    if order.form_sha256 or order.state != State.PREPARED:
        return
    frozen = frozen_of(services, order)
    form = certify(
        documents.form(frozen),
        services.keys.seal,
        when=frozen.prepared_at,
        reason=f"{named(order)} certifié par {frozen.seller.legal_name}",
        location=frozen.seller.address.city,
    )
    sha256 = services.archive.put(
        form, area="drafts", retain_until=draft_until(order, services.today()), media_type="application/pdf"
    )
    with services.works() as work:
        order = lock_order(work, order_id)
        if order.form_sha256:
            return
        order.form_sha256 = sha256
        entry = keep(
            services, work, order, "form", f"{frozen.file_name}-certifie.pdf", form, "application/pdf", "drafts"
        )
        entry.retain_until = draft_until(order, services.today())
        data = {"form_sha256": sha256, "template": frozen.form_version, "terms": frozen.terms_version}
        record(work, order_id, "form.certified", Origin("system"), services.clock(), data)


def withdraw(services: Services, order_id: str, reason: str, origin: Origin) -> None:
    """The rep takes the order back before it is signed; the proposal can be ordered again."""
    if not reason.strip():
        raise ReasonMissing
    with services.works() as work:
        take_back(services, work, lock_order(work, order_id), reason.strip()[:2000], origin)


def take_back(services: Services, work: Work, order: Order, reason: str, origin: Origin) -> None:
    """`withdraw`, inside the caller's transaction, on an order that he holds locked. Raises `WrongState`."""
    check_move(order.state, State.WITHDRAWN)
    order.state, order.reason = State.WITHDRAWN, reason
    for ceremony in work.find(Ceremony, Ceremony.state.in_(("open", "locked")), order_id=order.id):
        ceremony.state = "closed"
        for code in work.find(OneTimeCode, ceremony_id=ceremony.id, state="live"):
            code.state, code.code_hash = "superseded", None
    release_proposal(work, order, services)
    record(work, order.id, "order.withdrawn", origin, services.clock(), {"reason": reason})


def release_proposal(work: Work, order: Order, services: Services) -> None:
    """An order that came to nothing gives its proposal back to the rep; an amendment has none."""
    if order.proposal_id is None:
        return
    row = work.lock(ProposalRow, order.proposal_id)
    row.state, row.updated_at = "presented", services.clock()


def mandates_for(work: Work, epj: str, creditor_id: str, first_debit: date) -> list[Mandate]:
    """The mandates that may serve again for this account and creditor from that day on, the newest first."""
    found = work.find(Mandate, epj=epj, creditor_id=creditor_id, state="active", order_by=Mandate.signed_at.desc())
    return [row for row in found if may_serve(row, first_debit)]


def may_serve(mandate: Mandate, first_debit: date) -> bool:
    """Whether a further order may be debited under this mandate: recurrent, active, not to be amended.

    And not lapsed on the day on which the bank settles the order's first debit: an earlier debit may never come.
    """
    return (
        mandate.state == "active"
        and mandate.sequence_type == "RCUR"
        and mandate.amend_requested_at is None
        and lapses_on(paris_day(mandate.signed_at), mandate.last_debit_on) >= next_target_day(first_debit)
    )


def first_debit_of(proposal: Proposal, today: date) -> date:
    """The day of an order's first debit; today where it has none."""
    return min((item.due_on for item in proposal.payment.instalments), default=today)


def _refuse_blocked(services: Services, work: Work, proposal: Proposal, choices: CustomerChoices) -> None:
    findings = [
        *current_findings(services, work, proposal, contact=False),
        *check_choices(
            choices,
            proposal,
            services.organisation,
            today=services.today(),
            other_accounts_with_mobile=accounts_with_mobile(services, work, choices.mobile, proposal.account.epj),
            prenotification_days=services.settings.prenotification_days,
        ),
    ]
    blocking = {(item.code, item.where): item for item in findings if item.severity == "blocking"}
    if blocking:
        raise Blocked(tuple(blocking.values()))


def accounts_with_mobile(services: Services, work: Work, mobile: str, epj: str) -> int:
    """How many other accounts have an order signed, or to be signed, with this mobile."""
    if not mobile:
        return 0
    found = work.find(Order, Order.epj != epj, mobile_hash=services.vault.fingerprint(mobile, "mobile"))
    return len({order.epj for order in found})


def _freeze(
    services: Services,
    work: Work,
    row: ProposalRow,
    proposal: Proposal,
    choices: CustomerChoices,
    number: str,
    order_id: str,
) -> Frozen:
    settings, seller = services.settings, services.organisation.seller
    sums = totals(proposal)
    today = services.today()
    right = choices.withdrawal_right(proposal, today)
    agency = services.organisation.agency(proposal.agency)
    rep = services.organisation.rep(proposal.rep)
    return Frozen(
        number=number,
        prepared_at=services.clock().replace(microsecond=0),
        ordered_on=today,
        specimen=settings.environment == "training",
        proposal=proposal,
        proposal_version=row.version,
        customer=choices,
        seller=seller,
        agency_name=agency.name if agency else proposal.agency,
        rep=FrozenRep(id=proposal.rep, name=rep.name if rep else proposal.rep, phone=rep.mobile if rep else ""),
        mandate=_mandate(services, work, proposal, choices, number) if needs_mandate(proposal) else None,
        withdrawal=FrozenWithdrawal(
            until=right.until,
            earliest_debit=right.earliest_debit,
            hold_until=right.hold_until,
            early_start=choices.early_start,
        )
        if right
        else None,
        total_excl_vat=sums.excl_vat,
        total_incl_vat=sums.incl_vat,
        terms_version=TERMS_VERSION,
        form_version=order_form.VERSION,
        verify_url=f"{settings.public_url}/verifier",
        renounce_url=renounce_url(services, order_id) if right else "",
    )


def _mandate(
    services: Services, work: Work, proposal: Proposal, choices: CustomerChoices, number: str
) -> FrozenMandate:
    creditor_id = services.organisation.seller.sepa_creditor_id
    sequence_type = "OOFF" if len(proposal.payment.instalments) == 1 else "RCUR"
    if choices.mandate_umr:
        known = work.first(Mandate, umr=choices.mandate_umr)
        mine = known is not None and known.epj == proposal.account.epj and known.creditor_id == creditor_id
        if known is None or not mine or not may_serve(known, first_debit_of(proposal, services.today())):
            raise WrongState(state="mandat inconnu, révoqué ou caduc")
        iban = services.vault.open_text(known.iban_enc, table="mandates", column="iban_enc", row_id=known.id)
        return FrozenMandate(
            umr=known.umr,
            creditor_id=creditor_id,
            scheme="B2B" if known.scheme == "B2B" else "CORE",
            sequence_type="RCUR",
            iban=iban,
            bic=known.bic or "",
            holder=known.holder,
            existing=True,
            signed_on=paris_day(known.signed_at),
        )
    account = choices.bank_account()
    assert account is not None  # noqa: S101  # check_choices has refused a wrong IBAN
    return FrozenMandate(
        umr=make_umr(number),
        creditor_id=creditor_id,
        scheme=services.settings.mandate_scheme,
        sequence_type="OOFF" if sequence_type == "OOFF" else "RCUR",
        iban=account.iban,
        bic=account.bic,
        holder=choices.account_holder,
        existing=False,
    )


def new_order(services: Services, frozen: Frozen, order_id: str, *, proposal_id: str | None = None) -> Order:
    """The row of an order, or of an amendment, from its frozen copy; what is personal is encrypted."""
    vault, choices, mandate = services.vault, frozen.customer, frozen.mandate
    withdrawal = frozen.withdrawal
    return Order(
        id=order_id,
        number=frozen.number,
        proposal_id=proposal_id,
        amends_umr=frozen.amends.umr if frozen.amends else None,
        rep_id=frozen.proposal.rep,
        agency=frozen.proposal.agency,
        epj=frozen.proposal.account.epj,
        legal_name=frozen.proposal.account.legal_name,
        canonical_enc=vault.seal(frozen.to_json(), table="orders", column="canonical_enc", row_id=order_id),
        canonical_sha256=frozen.sha256,
        total_excl_vat=frozen.total_excl_vat,
        total_incl_vat=frozen.total_incl_vat,
        email=choices.email,
        mobile_enc=vault.seal(choices.mobile, table="orders", column="mobile_enc", row_id=order_id),
        mobile_hash=vault.fingerprint(choices.mobile, "mobile"),
        mobile_last2=choices.mobile[-2:],
        signatory_name=choices.full_name,
        signatory_role=choices.role,
        company=frozen.proposal.account.legal_name,
        invoice_delivery=choices.invoice_delivery,
        payment_method=frozen.proposal.payment.method,
        iban_enc=vault.seal(mandate.iban, table="orders", column="iban_enc", row_id=order_id) if mandate else None,
        iban_hash=vault.fingerprint(mandate.iban, "iban") if mandate else None,
        iban_last4=mandate.iban[-4:] if mandate else None,
        bic=mandate.bic if mandate else None,
        account_holder=mandate.holder if mandate else None,
        mandate_umr=mandate.umr if mandate else None,
        withdrawal_applies=withdrawal is not None,
        withdrawal_until=withdrawal.until if withdrawal else None,
        early_start=choices.early_start,
        hold_until=withdrawal.hold_until if withdrawal and not withdrawal.early_start else None,
        place=choices.place,
        prepared_at=frozen.prepared_at,
        expires_at=frozen.prepared_at + timedelta(days=ORDER_LIFE_DAYS),
    )
