"""What the evidence document prints: the facts of `preuve.json` that a person reads, under their names there.

The whole file is embedded beside, so what is not printed (certificates in PEM, keyed fingerprints) is not lost.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from templates.documents.sheet import Look
from templates.errors import TemplateError


class EvidenceUnreadableError(TemplateError):
    """The evidence file lacks something that the document prints."""

    code = "template.evidence_unreadable"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was ordered, and the instants that count."""

    number: str
    proposal_reference: str
    proposal_version: int
    canonical_sha256: str
    total_excl_vat: Decimal
    total_incl_vat: Decimal
    place: str
    prepared_at: datetime
    signed_at: datetime
    sealed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Seller:
    """Who sold."""

    name: str
    siren: str
    address: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Agency:
    """The seller's agency."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Rep:
    """The seller's representative, and his device."""

    id: str
    name: str
    device: str | None = None


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Who bought."""

    legal_name: str
    epj: str
    siren: str | None
    address: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Mobile:
    """The number that received the codes, masked."""

    masked: str


@dataclass(frozen=True, kw_only=True)
class IdentityElement:
    """One thing known of the signatory, and how it was obtained."""

    name: str
    value: str
    obtained: str


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """Who signed for the customer."""

    name: str
    role: str
    company: str
    email: str
    mobile: Mobile
    identity: tuple[IdentityElement, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file of this signing; `size` in bytes."""

    kind: str
    role: str
    name: str
    sha256: str
    size: int
    template: str
    template_version: str
    page_images: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A box and the answer to it."""

    kind: str
    text: str
    version: str
    sha256: str
    given: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CodeSent:
    """A one-time code that was sent."""

    sequence: int
    channel: str
    sent_at: datetime
    expires_at: datetime
    provider: str
    provider_id: str | None
    delivery: str
    segments: int | None
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Ceremony:
    """From the opening of the signing page to the accepted code."""

    id: str
    mode: str
    opened_at: datetime
    opened_by: str
    codes: tuple[CodeSent, ...]
    wrong_tries: int
    code_accepted_at: datetime
    bound_document_sha256: str
    bound_amount: Decimal
    ip: str | None
    user_agent: str | None


@dataclass(frozen=True, kw_only=True)
class Declarations:
    """What decides the right of withdrawal."""

    headcount: str
    outside_main_activity: bool
    withdrawal_applies: bool
    withdrawal_until: date | None
    early_start: bool


@dataclass(frozen=True, kw_only=True)
class Payment:
    """How the order is paid."""

    method: str
    mandate_umr: str | None = None
    creditor_id: str | None = None
    account_holder: str | None = None
    iban_masked: str | None = None


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate behind the signatures."""

    role: str
    subject: str
    issuer: str
    serial: str
    sha256: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, kw_only=True)
class TimeStamp:
    """A time-stamp inside the sealed order."""

    covers: str
    at: datetime
    authority: str
    policy: str
    serial: str
    digest_algorithm: str


@dataclass(frozen=True, kw_only=True)
class Software:
    """The program that ran the signing."""

    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, with its place in the chain of hashes."""

    sequence: int
    at: datetime
    kind: str
    actor: str
    ip: str | None
    user_agent: str | None
    data: dict[str, Any]
    hash: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that is said beside the events."""

    order: Order
    seller: Seller
    agency: Agency
    rep: Rep
    customer: Customer
    signatory: Signatory
    documents: tuple[Document, ...]
    terms_version: str
    consents: tuple[Consent, ...]
    ceremony: Ceremony
    declarations: Declarations
    payment: Payment
    level: str
    algorithms: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    time_stamps: tuple[TimeStamp, ...]
    software: Software
    training: bool = False


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The facts, the events, and the hash that covers them all."""

    schema: str
    facts: Facts
    events: tuple[Event, ...]
    chain_head: str
    time_stamp: str | None


@dataclass(frozen=True, kw_only=True)
class EvidenceData:
    """The document: what it says, in whose look, and the file that it carries."""

    look: Look
    evidence: Evidence
    json: bytes = field(repr=False)
    """The evidence file itself, embedded as it is."""


_EVIDENCE = TypeAdapter(Evidence)


def from_json(json: bytes, look: Look) -> EvidenceData:
    """The document of an evidence file (schema `seing.evidence/1`): what is printed is read from what is embedded.

    Raises:
        EvidenceUnreadableError: something that the document prints is missing or of another kind.
    """
    try:
        evidence = _EVIDENCE.validate_json(json)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise EvidenceUnreadableError(f"Le fichier de preuve ne peut être imprimé : {where or 'illisible'}.") from None
    return EvidenceData(look=look, evidence=evidence, json=json)
