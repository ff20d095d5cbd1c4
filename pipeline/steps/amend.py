"""« Changer de compte »: a mandate is amended by a small ceremony of its own.

The new account makes a new mandate that its holder signs as he signs an order: a certified form that he reads, a code
bound to it, a seal, an evidence file. Nothing is sold by it. When it enters the register (`steps.mandate`), the old
mandate is `amended` and what is still open goes on under the new one; until then the old one serves.
"""

from dataclasses import dataclass
from datetime import date

from pipeline.bootstrap import Services
from pipeline.clock import paris_day
from pipeline.customer import CustomerChoices, check_amendment
from pipeline.errors import Blocked, NotFound, WrongState
from pipeline.events import record
from pipeline.flow import State
from pipeline.frozen import Frozen, FrozenAmendment, FrozenDebit, FrozenMandate, FrozenRep
from pipeline.orders import frozen_of, lock_accounts, mobile_of
from pipeline.origin import Origin
from pipeline.proposal import PaymentPlan
from pipeline.recorded import written
from pipeline.rules import Finding
from pipeline.rules.messages import finding
from pipeline.steps.mandate_life import NAMES, OPEN
from pipeline.steps.prepare import accounts_with_mobile, ensure_form, new_order, take_back
from storage.models import Instalment, Mandate, Order, new_id
from storage.work import Work
from templates.documents import mandate_amendment
from templates.french import mask_iban
from templates.sepa import make_umr
from templates.terms import CURRENT as TERMS_VERSION

WAITING = (State.PREPARED, State.SIGNING)
"""States in which an amendment can still be taken back for another."""


@dataclass(frozen=True)
class Amendable:
    """A mandate that may be amended, and what its last signing knows of the customer."""

    umr: str
    order_id: str
    customer: str
    epj: str
    iban_last4: str
    open_debits: int
    known: CustomerChoices
    """Signatory, e-mail, mobile and place as last signed; no account."""


def amendable(services: Services, umr: str) -> Amendable:
    """What the page of an amendment begins with. Raises `NotFound`, `WrongState`."""
    with services.works(read_only=True) as work:
        mandate = work.first(Mandate, umr=umr)
        if mandate is None:
            raise NotFound
        _check_amendable(mandate)
        order = work.get(Order, mandate.order_id)
        count = len(work.find(Instalment, Instalment.state.in_(OPEN), mandate_id=mandate.id))
    known = frozen_of(services, order).customer
    return Amendable(
        umr=umr,
        order_id=order.id,
        customer=order.legal_name,
        epj=order.epj,
        iban_last4=mandate.iban_last4,
        open_debits=count,
        known=known.model_copy(update={"iban": "", "account_holder": mandate.holder, "mandate_umr": ""}),
    )


def check(services: Services, umr: str, choices: CustomerChoices) -> tuple[Finding, ...]:
    """Everything that stops, or should give pause to, this amendment. Raises `NotFound`."""
    with services.works(read_only=True) as work:
        mandate = work.first(Mandate, umr=umr)
        if mandate is None:
            raise NotFound
        return _findings(services, work, mandate, work.get(Order, mandate.order_id), choices)


def amend(services: Services, umr: str, choices: CustomerChoices, origin: Origin) -> str:
    """Turn another account into a numbered amendment whose form is certified, ready to be signed; returns its id.

    The same asked for again is the same amendment; any correction takes the first back.

    Raises:
        NotFound: no such mandate.
        WrongState: it was replaced, is over, or its amendment is signed already.
        Blocked: findings stop it; nothing is written.
    """
    with services.works() as work:
        found = work.first(Mandate, umr=umr)
        if found is None:
            raise NotFound
        lock_accounts(work, [found.epj])
        mandate = work.lock(Mandate, found.id)
        _check_amendable(mandate)
        source = work.get(Order, mandate.order_id)
        findings = _findings(services, work, mandate, source, choices)
        blocking = tuple(item for item in findings if item.severity == "blocking")
        if blocking:
            raise Blocked(blocking)
        waiting = work.first(Order, Order.state.in_(WAITING), amends_umr=umr)
        if waiting and frozen_of(services, waiting).customer == choices:
            order_id = waiting.id
        else:
            if waiting:
                take_back(services, work, waiting, written("order.corrected"), origin)
            elif work.first(Order, Order.state.in_((State.SIGNED, State.SEALED)), amends_umr=umr):
                raise WrongState(state="mandat en cours de remplacement")
            work.session.flush()
            order_id = _prepare(services, work, mandate, source, choices, origin)
    ensure_form(services, order_id)
    return order_id


def is_amendable(mandate: Mandate) -> bool:
    """An active mandate, or one that ended because its account did (`amend_requested_at`), without a successor."""
    return not mandate.replaced_by_id and (mandate.state == "active" or mandate.amend_requested_at is not None)


def _check_amendable(mandate: Mandate) -> None:
    if not is_amendable(mandate):
        raise WrongState(state=f"mandat {NAMES[mandate.state]}")


def _findings(
    services: Services, work: Work, mandate: Mandate, source: Order, choices: CustomerChoices
) -> tuple[Finding, ...]:
    others = accounts_with_mobile(services, work, choices.mobile, mandate.epj)
    found = [*check_amendment(choices, services.organisation, other_accounts_with_mobile=others)]
    if choices.iban and services.vault.fingerprint(choices.iban, "iban") == mandate.iban_hash:
        found.append(finding("mandate.iban_unchanged", "iban"))
    # A thief of telephones, or a rep, would change number and account together: the rep is asked to look.
    if choices.mobile and choices.mobile != mobile_of(services, source):
        found.append(finding("signatory.mobile_changed", "mobile", severity="warning"))
    return tuple(found)


def _prepare(
    services: Services, work: Work, mandate: Mandate, source: Order, choices: CustomerChoices, origin: Origin
) -> str:
    today = services.today()
    year_agency = f"{today.year}-{source.agency}"
    number = f"{year_agency}-M{work.next_number(f'amendment:{year_agency}'):06d}"
    order_id = new_id()
    frozen = _freeze(services, work, mandate, source, choices, number)
    order = work.add(new_order(services, frozen, order_id))
    work.session.flush()
    data = {
        "number": number,
        "amends": mandate.umr,
        "canonical_sha256": frozen.sha256,
        "mobile_changed": choices.mobile != mobile_of(services, source),
    }
    record(work, order.id, "order.prepared", origin, services.clock(), data)
    return order_id


def _freeze(
    services: Services, work: Work, mandate: Mandate, source: Order, choices: CustomerChoices, number: str
) -> Frozen:
    before, settings, seller = frozen_of(services, source), services.settings, services.organisation.seller
    agency, rep = services.organisation.agency(source.agency), services.organisation.rep(source.rep_id)
    account = choices.bank_account()
    assert account is not None  # noqa: S101  # its findings have refused a wrong IBAN
    nothing = {"sub_orders": (), "enclosures": (), "special_conditions": ""}
    plan = PaymentPlan(method="sepa_direct_debit")
    old_iban = services.vault.open_text(mandate.iban_enc, table="mandates", column="iban_enc", row_id=mandate.id)
    return Frozen(
        number=number,
        prepared_at=services.clock().replace(microsecond=0),
        ordered_on=services.today(),
        language=before.language,
        specimen=settings.environment == "training",
        proposal=before.proposal.model_copy(update={**nothing, "payment": plan}),
        proposal_version=before.proposal_version,
        customer=choices,
        seller=seller,
        agency_name=agency.name if agency else before.agency_name,
        rep=FrozenRep(id=source.rep_id, name=rep.name, phone=rep.mobile) if rep else before.rep,
        mandate=FrozenMandate(
            umr=make_umr(number),
            creditor_id=seller.sepa_creditor_id,
            scheme="B2B" if mandate.scheme == "B2B" else "CORE",
            sequence_type="RCUR",
            iban=account.iban,
            bic=account.bic,
            holder=choices.account_holder,
            existing=False,
        ),
        withdrawal=None,
        total_excl_vat=before.total_excl_vat * 0,
        total_incl_vat=before.total_incl_vat * 0,
        terms_version=TERMS_VERSION,
        form_version=mandate_amendment.VERSION,
        verify_url=f"{settings.public_url}/verifier",
        amends=FrozenAmendment(
            umr=mandate.umr,
            signed_on=paris_day(mandate.signed_at),
            iban_masked=mask_iban(old_iban),
            debits=_open_debits(work, mandate),
        ),
    )


def _open_debits(work: Work, mandate: Mandate) -> tuple[FrozenDebit, ...]:
    """What is still to be debited under the mandate, by day; what came back and has no other day comes last."""
    items = work.find(Instalment, Instalment.state.in_(OPEN), mandate_id=mandate.id)
    numbers = {key: work.get(Order, key).number for key in {item.order_id for item in items}}
    debits = [
        FrozenDebit(
            order=numbers[item.order_id],
            due_on=item.day if item.state == "planned" or item.present_on else None,
            amount=item.amount,
        )
        for item in items
    ]
    return tuple(sorted(debits, key=lambda each: (each.due_on or date.max, each.order)))
