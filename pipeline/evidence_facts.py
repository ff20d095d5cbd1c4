"""Gathering what the evidence file says beside the events: from the frozen order, the ceremony and the sealed file."""

from datetime import datetime
from typing import Literal

from pipeline.bootstrap import Services
from pipeline.frozen import Frozen
from pipeline.orders import signed_ceremony_id
from pipeline.proposal import Address
from pipeline.steps.ceremony import consents_of
from signing import evidence as ev
from signing.embedded import embedded_certificates
from signing.evidence import EvidenceFacts, certificate_used, consent
from signing.fields import CLIENT, SELLER
from signing.verify import Report
from storage.models import ArchiveEntry, Ceremony, Event, OneTimeCode, Order
from storage.work import Work
from templates.french import mask_iban, mask_mobile

ALGORITHMS = ("RSA-3072 with SHA-256", "ECDSA P-256 with SHA-256", "SHA-256")
"""Seal and time-stamps; the customer's one-shot key; digests."""

TYPED = "déclaré par le client au commercial, affiché au client avant la signature"
CODE_BACK = {
    "sms": "code à usage unique reçu par SMS et saisi par le signataire",
    "voice": "code à usage unique reçu par appel vocal et saisi par le signataire",
}


def gather(
    services: Services, work: Work, order: Order, frozen: Frozen, sealed: bytes, report: Report, *, version: str
) -> EvidenceFacts:
    """Everything known of one signing, the order's row held locked. Masked where it is personal.

    `sealed` is the signed form and `report` the verdict on it: the archive is asked before, never under the lock.
    """
    ceremony = work.get(Ceremony, signed_ceremony_id(work, order.id))
    entries = {entry.kind: entry for entry in work.find(ArchiveEntry, order_id=order.id)}
    used = work.first(OneTimeCode, ceremony_id=ceremony.id, state="used")
    assert used is not None  # noqa: S101  # the order was signed by it
    assert order.signed_at  # noqa: S101  # a sealed order has all three
    assert order.sealed_at  # noqa: S101
    assert order.form_sha256  # noqa: S101
    account, customer, mandate = frozen.proposal.account, frozen.customer, frozen.mandate
    mobile = mask_mobile(customer.mobile)
    return EvidenceFacts(
        order=ev.Order(
            number=order.number,
            proposal_reference=frozen.proposal.reference,
            proposal_version=frozen.proposal_version,
            canonical_sha256=order.canonical_sha256,
            total_excl_vat=order.total_excl_vat,
            total_incl_vat=order.total_incl_vat,
            place=order.place or "",
            prepared_at=order.prepared_at,
            signed_at=order.signed_at,
            sealed_at=order.sealed_at,
        ),
        seller=ev.Seller(
            name=frozen.seller.legal_name, siren=frozen.seller.siren, address=_lines(frozen.seller.address)
        ),
        agency=ev.Agency(code=order.agency, name=frozen.agency_name),
        rep=ev.Rep(id=frozen.rep.id, name=frozen.rep.name, device=_device(work, order.id)),
        customer=ev.Customer(
            legal_name=account.legal_name, epj=account.epj, siren=account.siren or None, address=_lines(account.address)
        ),
        signatory=ev.Signatory(
            name=order.signatory_name,
            role=order.signatory_role,
            company=order.company,
            email=order.email,
            mobile=ev.Mobile(masked=mobile, fingerprint=order.mobile_hash),
            identity=(
                ev.IdentityElement(name="nom", value=order.signatory_name, obtained=TYPED),
                ev.IdentityElement(name="qualité", value=order.signatory_role, obtained=TYPED),
                ev.IdentityElement(name="adresse électronique", value=order.email, obtained=TYPED),
                ev.IdentityElement(name="mobile", value=mobile, obtained=CODE_BACK[_channel(used)]),
            ),
        ),
        documents=(
            _document(entries["form"], "shown", frozen, tuple(_images(ceremony))),
            _document(entries["sealed_form"], "sealed", frozen, ()),
        ),
        terms_version=frozen.terms_version,
        consents=tuple(_consents(ceremony, frozen, order)),
        ceremony=_ceremony(work, ceremony, order),
        declarations=ev.Declarations(
            headcount=_headcount(frozen),
            outside_main_activity=customer.outside_main_activity and not frozen.amends,
            withdrawal_applies=order.withdrawal_applies,
            withdrawal_until=order.withdrawal_until,
            early_start=order.early_start,
        ),
        payment=ev.Payment(
            method=order.payment_method,
            mandate_umr=mandate.umr if mandate else None,
            creditor_id=mandate.creditor_id if mandate else None,
            account_holder=mandate.holder if mandate else None,
            iban_masked=mask_iban(mandate.iban) if mandate else None,
            iban_fingerprint=order.iban_hash,
        ),
        level=_level(report),
        algorithms=ALGORITHMS,
        certificates=tuple(_certificates(services, sealed)),
        time_stamps=tuple(_stamps(report)),
        software=ev.Software(name="Seing", version=version),
        training=frozen.specimen,
    )


def _lines(address: Address) -> tuple[str, ...]:
    town = f"{address.postal_code} {address.city}".strip()
    return tuple(line for line in (address.line1, address.line2, town) if line)


def _device(work: Work, order_id: str) -> str | None:
    event = work.first(Event, order_id=order_id, kind="order.prepared")
    return event.user_agent if event else None


def _document(
    entry: ArchiveEntry, role: Literal["shown", "sealed"], frozen: Frozen, images: tuple[str, ...]
) -> ev.Document:
    return ev.Document(
        kind=frozen.template,
        role=role,
        name=entry.name,
        sha256=entry.sha256,
        size=entry.size,
        media_type=entry.media_type,
        template=frozen.template,
        template_version=frozen.form_version,
        page_images=images,
    )


def _images(ceremony: Ceremony) -> list[str]:
    pages = (ceremony.consents or {}).get("pages", {})
    return [pages[number] for number in sorted(pages, key=int)]


def _consents(ceremony: Ceremony, frozen: Frozen, order: Order) -> list[ev.Consent]:
    given = (ceremony.consents or {}).get("given", {})
    assert order.signed_at  # noqa: S101
    made = []
    for box in consents_of(frozen):
        kept = given.get(box.key)
        at = datetime.fromisoformat(kept["at"]) if kept else order.signed_at
        text, version = (kept["text"], kept["version"]) if kept else (box.text, box.version)
        made.append(consent(box.key, text, version, given=kept is not None, at=at))
    return made


def _ceremony(work: Work, ceremony: Ceremony, order: Order) -> ev.Ceremony:
    accepted = work.first(Event, order_id=order.id, kind="code.accepted")
    assert accepted is not None  # noqa: S101  # written in the transaction that signed
    assert order.form_sha256  # noqa: S101
    outcomes: dict[str, Literal["used", "expired", "superseded"]] = {"used": "used", "expired": "expired"}
    codes = work.find(OneTimeCode, ceremony_id=ceremony.id, order_by=OneTimeCode.sequence)
    return ev.Ceremony(
        id=ceremony.id,
        mode="link" if ceremony.mode == "link" else "handover",
        opened_at=ceremony.opened_at,
        opened_by=ceremony.opened_by,
        codes=tuple(
            ev.CodeSent(
                sequence=code.sequence,
                channel=_channel(code),
                sent_at=code.sent_at,
                expires_at=code.expires_at,
                provider=code.provider or "",
                provider_id=code.provider_id,
                delivery=code.delivery or "",
                segments=code.segments,
                outcome=outcomes.get(code.state, "superseded"),
            )
            for code in codes
        ),
        wrong_tries=ceremony.wrong_tries,
        code_accepted_at=accepted.at,
        bound_document_sha256=order.form_sha256,
        bound_amount=order.total_incl_vat,
        ip=accepted.ip,
        user_agent=accepted.user_agent,
    )


def _channel(code: OneTimeCode) -> Literal["sms", "voice"]:
    return "voice" if code.channel == "voice" else "sms"


def _headcount(frozen: Frozen) -> str:
    count = None if frozen.amends else frozen.customer.headcount(frozen.proposal)
    return "non déclaré" if count is None else str(count)


def _level(report: Report) -> Literal["B-B", "B-T", "B-LT", "B-LTA"]:
    levels: dict[str, Literal["B-B", "B-T", "B-LT", "B-LTA"]] = {"B-T": "B-T", "B-LT": "B-LT", "B-LTA": "B-LTA"}
    return levels.get(report.level or "", "B-B")


def _certificates(services: Services, sealed: bytes) -> list[ev.CertificateUsed]:
    found = embedded_certificates(sealed)
    keys = services.keys
    issuers = {item.serial_number: item for item in (keys.issuer.certificate, *keys.seal.chain, *keys.issuer.chain)}
    roots = {item.serial_number for item in keys.roots}
    return [
        certificate_used("seal", found.signers[SELLER]),
        certificate_used("customer", found.signers[CLIENT]),
        *(certificate_used("issuing", item) for serial, item in issuers.items() if serial not in roots),
        *(certificate_used("root", item) for item in keys.roots),
        *(certificate_used("time_stamping", item) for item in found.time_stamping),
    ]


def _stamps(report: Report) -> list[ev.TimeStampUsed]:
    covers: dict[str, Literal["customer_signature", "seller_seal"]] = {
        "approval": "customer_signature",
        "certification": "seller_seal",
    }
    return [
        ev.TimeStampUsed(
            covers=covers.get(item.kind, "document"),
            at=item.time_stamp.at,
            authority=item.time_stamp.authority,
            policy=item.time_stamp.policy,
            serial=item.time_stamp.serial,
            digest_algorithm=item.time_stamp.digest,
        )
        for item in report.signatures
        if item.time_stamp
    ]
