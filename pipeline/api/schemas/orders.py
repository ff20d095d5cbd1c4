"""Orders in answers and requests. No secret is in them: of a mobile the last two digits, of an IBAN the last four."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from pipeline.api.schemas.common import Amount, FindingOut, Instant, Out, Strict, findings_out
from pipeline.customer import FieldCheck, FieldName
from pipeline.proposal.types import LongText
from pipeline.steps.receipt_book import InvoiceStanding
from storage.models import ArchiveEntry, Ceremony, Event, OneTimeCode, Order, Track


class FieldIn(Strict):
    """One field as it is typed."""

    field: FieldName = Field(examples=["iban"])
    value: str = Field(max_length=500, examples=["FR76 3000 6000 0112 3456 7890 189"])


class FieldOut(Out):
    """What is said about one field."""

    field: FieldName
    ok: bool
    value: str = Field(description="The value as it will be kept (E.164, compact IBAN).")
    hint: str = Field(description="What was recognised: the bank's name.")
    findings: tuple[FindingOut, ...]


class OrderSummary(Out):
    """One order of a list."""

    id: str
    number: str = Field(examples=["2026-LYO-000042"])
    state: str = Field(examples=["sealed"])
    rep: str
    agency: str
    epj: str
    customer: str
    amends: str | None = Field(description="The mandate that this amends: nothing is ordered by it.")
    total_excl_vat: Amount
    total_incl_vat: Amount
    prepared_at: Instant
    signed_at: Instant | None
    sealed_at: Instant | None
    released_at: Instant | None
    expires_at: Instant | None


class SignatoryOut(Out):
    """Who signs."""

    name: str
    role: str
    email: str
    mobile_last2: str = Field(examples=["78"])


class PaymentOut(Out):
    """How the customer pays."""

    method: str
    mandate_umr: str | None
    account_holder: str | None
    iban_last4: str | None = Field(examples=["0189"])
    invoice_delivery: str


class WithdrawalOut(Out):
    """The right of withdrawal, where the law gives one."""

    until: date | None
    early_start: bool
    hold_until: date | None = Field(description="Production is held until this day.")


class TrackOut(Out):
    """One of the things that follow a signature."""

    name: str = Field(examples=["invoice"])
    state: str = Field(description="`waiting`, `running`, `done`, `failed` or `not_needed`.")
    late: bool = Field(description="Its time has passed and it is not there.")
    detail: str | None
    due_at: Instant | None
    updated_at: Instant


class DocumentOut(Out):
    """A document in the archive."""

    kind: str = Field(examples=["sealed_form"])
    name: str = Field(examples=["bon-de-commande.pdf"])
    media_type: str
    size: int
    sha256: str
    stored_at: Instant
    retain_until: date | None
    url: str = Field(examples=["/api/v1/orders/2026-LYO-000042/documents/sealed_form"])


class EventOut(Out):
    """One link of the order's chain."""

    sequence: int
    at: Instant
    kind: str = Field(examples=["order.sealed"])
    actor: str = Field(examples=["api:crm"])
    data: dict[str, Any]
    previous_hash: str
    hash: str


class CeremonyOut(Out):
    """The last attempt to sign."""

    id: str
    mode: str
    state: str
    opened_at: Instant
    expires_at: Instant
    wrong_tries: int
    delivery: str | None = Field(description="What the provider says of the last code.", examples=["delivered"])


class InvoiceOut(Out):
    """Where the order's invoice stands; its movements are at `/receipts?invoice=`."""

    number: str = Field(examples=["F-2026-000042"])
    total_incl_vat: Amount
    collected: Amount = Field(description="What came in, less what went back.")
    standing: str = Field(description="`unpaid`, `partly`, `collected`, or `credited` by a credit note.")


class OrderOut(OrderSummary):
    """Everything about an order."""

    proposal_id: str | None = Field(description="None for an amendment of a mandate.")
    reason: str | None
    canonical_sha256: str
    form_sha256: str | None
    sealed_sha256: str | None
    evidence_sha256: str | None
    signatory: SignatoryOut
    payment: PaymentOut
    invoice: InvoiceOut | None = Field(description="None before it is issued, and for an agency.")
    withdrawal: WithdrawalOut | None
    ceremony: CeremonyOut | None
    tracks: tuple[TrackOut, ...]
    documents: tuple[DocumentOut, ...]
    events: tuple[EventOut, ...] = Field(description="Empty for an agency.")


class CeremonyIn(Strict):
    """How the customer will sign."""

    mode: Literal["handover", "link"] = Field("link", description="On the rep's tablet, or on the customer's device.")
    reason: LongText = Field("", max_length=2000, description="Required where the last ceremony was locked.")


class LinkOut(Out):
    """A new ceremony. The link is its only secret: it is answered once, and kept as a hash."""

    id: str
    mode: str
    link: str = Field(examples=["https://seing.example/s/3q2-..."])
    expires_at: Instant


class ReasonIn(Strict):
    """Why, in words."""

    reason: LongText = Field(max_length=2000, examples=["Le client préfère attendre janvier."])


def field_out(check: FieldCheck) -> FieldOut:
    """The answer to one field."""
    findings = findings_out(check.findings)
    return FieldOut(field=check.name, ok=check.ok, value=check.value, hint=check.hint, findings=findings)


def summary(row: Order) -> OrderSummary:
    """One row of the list."""
    return OrderSummary(**_summary(row))


def order_out(
    row: Order,
    tracks: Sequence[Track],
    documents: Sequence[ArchiveEntry],
    events: Sequence[Event],
    ceremony: tuple[Ceremony, OneTimeCode | None] | None,
    invoice: InvoiceStanding | None,
    now: datetime,
) -> OrderOut:
    """Everything about an order."""
    withdrawal = WithdrawalOut(until=row.withdrawal_until, early_start=row.early_start, hold_until=row.hold_until)
    return OrderOut(
        **_summary(row),
        proposal_id=row.proposal_id,
        reason=row.reason,
        canonical_sha256=row.canonical_sha256,
        form_sha256=row.form_sha256,
        sealed_sha256=row.sealed_sha256,
        evidence_sha256=row.evidence_sha256,
        signatory=SignatoryOut(
            name=row.signatory_name, role=row.signatory_role, email=row.email, mobile_last2=row.mobile_last2
        ),
        payment=PaymentOut(
            method=row.payment_method,
            mandate_umr=row.mandate_umr,
            account_holder=row.account_holder,
            iban_last4=row.iban_last4,
            invoice_delivery=row.invoice_delivery,
        ),
        invoice=InvoiceOut(
            number=invoice.number,
            total_incl_vat=invoice.total,
            collected=invoice.collected,
            standing=invoice.standing,
        )
        if invoice
        else None,
        withdrawal=withdrawal if row.withdrawal_applies else None,
        ceremony=_ceremony(*ceremony, now) if ceremony else None,
        tracks=tuple(_track(item, now) for item in tracks),
        documents=tuple(_document(row.number, item) for item in documents),
        events=tuple(_event(item) for item in events),
    )


def _summary(row: Order) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "state": row.state,
        "rep": row.rep_id,
        "agency": row.agency,
        "epj": row.epj,
        "customer": row.legal_name,
        "amends": row.amends_umr,
        "total_excl_vat": row.total_excl_vat,
        "total_incl_vat": row.total_incl_vat,
        "prepared_at": row.prepared_at,
        "signed_at": row.signed_at,
        "sealed_at": row.sealed_at,
        "released_at": row.released_at,
        "expires_at": row.expires_at,
    }


def _track(row: Track, now: datetime) -> TrackOut:
    return TrackOut(
        name=row.name,
        state=row.state,
        late=row.state in {"waiting", "running"} and row.due_at is not None and row.due_at < now,
        detail=row.detail,
        due_at=row.due_at,
        updated_at=row.updated_at,
    )


def _document(number: str, row: ArchiveEntry) -> DocumentOut:
    return DocumentOut(
        kind=row.kind,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        stored_at=row.stored_at,
        retain_until=row.retain_until,
        url=f"/api/v1/orders/{number}/documents/{row.kind}",
    )


def _event(row: Event) -> EventOut:
    return EventOut(
        sequence=row.sequence,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        data=row.data,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )


def _ceremony(row: Ceremony, code: OneTimeCode | None, now: datetime) -> CeremonyOut:
    return CeremonyOut(
        id=row.id,
        mode=row.mode,
        state="expired" if row.state == "open" and row.expires_at <= now else row.state,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        wrong_tries=row.wrong_tries,
        delivery=code.delivery if code else None,
    )
