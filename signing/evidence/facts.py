"""What is known about one signing, beside its events: enough to tell the story from this and the order's PDF alone.

Names are those of the JSON file (docs/verify.md). Telephone numbers and accounts are masked, with a keyed
fingerprint by which the seller, who alone holds the key, can recognise them.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import AwareDatetime, ConfigDict, PlainSerializer, StringConstraints

from signing.evidence.chain import instant

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def cents(amount: Decimal) -> str:
    """The one spelling of an amount in euros: `-12.00`, two decimals always.

    Raises:
        ValueError: the amount has a fraction of a cent or is not finite.
    """
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        raise ValueError("an amount is finite and has no fraction of a cent")
    return f"{amount + 0:.2f}"


Instant = Annotated[AwareDatetime, PlainSerializer(instant, when_used="json")]
Amount = Annotated[Decimal, PlainSerializer(cents, when_used="json")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, kw_only=True)
class SignedOrder:
    """What was ordered. `canonical_sha256` names the frozen copy (RFC 8785) of the proposal and of what was entered."""

    __pydantic_config__ = STRICT
    number: str
    proposal_reference: str
    proposal_version: int
    canonical_sha256: Sha256
    total_excl_vat: Amount
    total_incl_vat: Amount
    currency: Literal["EUR"] = "EUR"
    place: str
    prepared_at: Instant
    signed_at: Instant
    """The instant at which the code was accepted."""


@dataclass(frozen=True, kw_only=True)
class Order(SignedOrder):
    """The same once the customer's signature stands under it."""

    __pydantic_config__ = STRICT
    sealed_at: Instant


@dataclass(frozen=True, kw_only=True)
class Seller:
    """The firm that sells and certifies the form. `address` in lines."""

    __pydantic_config__ = STRICT
    name: str
    siren: str
    address: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Agency:
    """The seller's agency."""

    __pydantic_config__ = STRICT
    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Rep:
    """The seller's representative, and the device that was used to prepare the order."""

    __pydantic_config__ = STRICT
    id: str
    name: str
    device: str | None = None


@dataclass(frozen=True, kw_only=True)
class Customer:
    """The firm that buys; `epj` is its account number. `address` in lines."""

    __pydantic_config__ = STRICT
    legal_name: str
    epj: str
    siren: str | None
    address: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Mobile:
    """The number that received the codes: its last two digits, and a keyed fingerprint of the whole."""

    __pydantic_config__ = STRICT
    masked: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class IdentityElement:
    """One thing known of the signatory and how it was obtained, e.g. « déclaré au commercial, relu par le client »."""

    __pydantic_config__ = STRICT
    name: str
    value: str
    obtained: str


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """The person who signed for the customer."""

    __pydantic_config__ = STRICT
    name: str
    role: str
    company: str
    email: str
    mobile: Mobile
    identity: tuple[IdentityElement, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file of this signing.

    `role`: `shown` (the certified form that the customer read), `sealed` (the same file signed) or `annex`.
    `page_images` are the SHA-256 of the images displayed, in page order; empty where none were.
    """

    __pydantic_config__ = STRICT
    kind: str
    role: Literal["shown", "sealed", "annex"]
    name: str
    sha256: Sha256
    size: int
    media_type: str
    template: str
    template_version: str
    page_images: tuple[Sha256, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A box and the answer to it: the words as displayed, their version, and SHA-256 of the words in UTF-8."""

    __pydantic_config__ = STRICT
    kind: str
    text: str
    version: str
    sha256: Sha256
    given: bool
    at: Instant


@dataclass(frozen=True, kw_only=True)
class CodeSent:
    """A one-time code that was sent, without the code. `delivery` is the provider's last word."""

    __pydantic_config__ = STRICT
    sequence: int
    channel: Literal["sms", "voice"]
    sent_at: Instant
    expires_at: Instant
    provider: str
    provider_id: str | None
    delivery: str
    segments: int | None
    outcome: Literal["used", "expired", "superseded"]


@dataclass(frozen=True, kw_only=True)
class Ceremony:
    """From the opening of the signing page to the accepted code, and what that code was bound to."""

    __pydantic_config__ = STRICT
    id: str
    mode: Literal["handover", "link"]
    opened_at: Instant
    opened_by: str
    codes: tuple[CodeSent, ...]
    wrong_tries: int
    code_accepted_at: Instant
    bound_document_sha256: Sha256
    bound_amount: Amount
    ip: str | None
    user_agent: str | None


@dataclass(frozen=True, kw_only=True)
class Declarations:
    """What the customer declared; it decides the right of withdrawal (Code de la consommation, L221-3)."""

    __pydantic_config__ = STRICT
    headcount: str
    """As declared: the number, or the bracket such as `0-5` or `6+`."""
    outside_main_activity: bool
    withdrawal_applies: bool
    withdrawal_until: date | None
    early_start: bool


@dataclass(frozen=True, kw_only=True)
class Payment:
    """How the order is paid; of the account only its last four characters and a keyed fingerprint."""

    __pydantic_config__ = STRICT
    method: str
    mandate_umr: str | None = None
    creditor_id: str | None = None
    account_holder: str | None = None
    iban_masked: str | None = None
    iban_fingerprint: str | None = None


@dataclass(frozen=True, kw_only=True)
class CertificateUsed:
    """A certificate behind the signatures; `sha256` of its DER form.

    `role`: `seal`, `customer` (one-shot), `issuing`, `root` or `time_stamping`.
    """

    __pydantic_config__ = STRICT
    role: Literal["seal", "customer", "issuing", "root", "time_stamping"]
    subject: str
    issuer: str
    serial: str
    sha256: Sha256
    not_before: Instant
    not_after: Instant
    pem: str


@dataclass(frozen=True, kw_only=True)
class TimeStampUsed:
    """A time-stamp token inside the sealed order: what it covers, when, by whom (RFC 3161)."""

    __pydantic_config__ = STRICT
    covers: Literal["customer_signature", "document", "seller_seal"]
    at: Instant
    authority: str
    policy: str
    serial: str
    digest_algorithm: str


@dataclass(frozen=True, kw_only=True)
class Software:
    """The program that ran the signing."""

    __pydantic_config__ = STRICT
    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class SigningFacts:
    """What is known when the code is accepted: `signing_sha256` binds the customer's signature to it.

    Every field is required: what was not used is said as empty or None.
    """

    __pydantic_config__ = STRICT
    order: SignedOrder
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
    training: bool = False
    """Whether this was an exercise (*base école*): such a file proves nothing."""


@dataclass(frozen=True, kw_only=True)
class EvidenceFacts(SigningFacts):
    """All that is said beside the events: what was known at signing, and what the sealing added."""

    __pydantic_config__ = STRICT
    order: Order
    level: Literal["B-B", "B-T", "B-LT", "B-LTA"]
    """PAdES level of the sealed order when the file was closed (ETSI EN 319 142-1, 6.3)."""
    algorithms: tuple[str, ...]
    """Signature and digest algorithms by name, as found in the signed file, e.g. `ECDSA P-256 SHA-256`."""
    certificates: tuple[CertificateUsed, ...]
    time_stamps: tuple[TimeStampUsed, ...]
    software: Software


def consent(kind: str, text: str, version: str, *, given: bool, at: datetime) -> Consent:
    """A consent with the SHA-256 of its words."""
    return Consent(
        kind=kind, text=text, version=version, sha256=hashlib.sha256(text.encode()).hexdigest(), given=given, at=at
    )


def certificate_used(
    role: Literal["seal", "customer", "issuing", "root", "time_stamping"], certificate: x509.Certificate
) -> CertificateUsed:
    """What the evidence file keeps of a certificate; names as RFC 4514 text, the serial in hexadecimal."""
    return CertificateUsed(
        role=role,
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        sha256=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        pem=certificate.public_bytes(Encoding.PEM).decode(),
    )
