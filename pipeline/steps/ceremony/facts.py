"""What is known of a signing at the instant at which the code is accepted: what the customer's signature binds.

Gathered once to be hashed into the event `order.signed`, and again for the evidence file, which must say the same.
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pipeline.frozen import Frozen
from pipeline.proposal import Address
from pipeline.steps.ceremony.views import consents_of
from signing import evidence as ev
from storage.models import ArchiveEntry, Ceremony, Event, OneTimeCode, Order
from storage.work import Work
from templates.french import mask_iban, mask_mobile

TYPED = "déclaré par le client au commercial, affiché au client avant la signature"
TRANSMITTED = "transmis au vendeur par le logiciel « {} », affiché au client avant la signature"
CODE_BACK = {
    "sms": "code à usage unique reçu par SMS et saisi par le signataire",
    "voice": "code à usage unique reçu par appel vocal et saisi par le signataire",
}


def facts_at_signing(work: Work, order: Order, frozen: Frozen, ceremony: Ceremony) -> ev.SigningFacts:
    """What is known of an order that was just signed, or was signed before. Masked where it is personal.

    Numbers and accounts that somebody typed into another field are masked as well; the words agreed to are ours.

    The event `code.accepted` is written, the order's row is held locked.
    """
    used = work.first(OneTimeCode, ceremony_id=ceremony.id, state="used")
    prepared = work.first(Event, order_id=order.id, kind="order.prepared")
    form = work.first(ArchiveEntry, order_id=order.id, kind="form")
    assert used  # noqa: S101  # the order is signed by it
    assert form  # noqa: S101  # it was shown
    assert order.signed_at  # noqa: S101  # a signed order has it
    account, customer, mandate = frozen.proposal.account, frozen.customer, frozen.mandate
    mobile = mask_mobile(customer.mobile)
    entered = _entered(prepared)
    facts = ev.SigningFacts(
        order=ev.SignedOrder(
            number=order.number,
            proposal_reference=frozen.proposal.reference,
            proposal_version=frozen.proposal_version,
            canonical_sha256=order.canonical_sha256,
            total_excl_vat=order.total_excl_vat,
            total_incl_vat=order.total_incl_vat,
            place=order.place or "",
            prepared_at=order.prepared_at,
            signed_at=order.signed_at,
        ),
        seller=ev.Seller(
            name=frozen.seller.legal_name, siren=frozen.seller.siren, address=_lines(frozen.seller.address)
        ),
        agency=ev.Agency(code=order.agency, name=frozen.agency_name),
        rep=ev.Rep(id=frozen.rep.id, name=frozen.rep.name, device=prepared.user_agent if prepared else None),
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
                ev.IdentityElement(name="nom", value=order.signatory_name, obtained=entered),
                ev.IdentityElement(name="qualité", value=order.signatory_role, obtained=entered),
                ev.IdentityElement(name="adresse électronique", value=order.email, obtained=entered),
                ev.IdentityElement(name="mobile", value=mobile, obtained=CODE_BACK[_channel(used)]),
            ),
        ),
        documents=(document(form, "shown", frozen, tuple(_images(ceremony))),),
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
        training=frozen.specimen,
    )
    known: ev.SigningFacts = ev.masked(facts)
    return replace(known, consents=facts.consents)


def document(
    entry: ArchiveEntry, role: Literal["shown", "sealed"], frozen: Frozen, images: tuple[str, ...] = ()
) -> ev.Document:
    """A file of the order as the evidence names it."""
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


def _entered(prepared: Event | None) -> str:
    """How the signatory's particulars became known: typed by the rep, or sent by another program."""
    role, _, name = (prepared.actor if prepared else "").partition(":")
    return TRANSMITTED.format(name) if role == "api" else TYPED


def _lines(address: Address) -> tuple[str, ...]:
    town = f"{address.postal_code} {address.city}".strip()
    return tuple(line for line in (address.line1, address.line2, town) if line)


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
        made.append(ev.consent(box.key, text, version, given=kept is not None, at=at))
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
