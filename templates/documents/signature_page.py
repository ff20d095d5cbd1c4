"""Where seller and customer sign: two empty fields over a look that is drawn with the document."""

from dataclasses import dataclass

from templates import brand
from templates.documents.facts import OrderFormData, Signatory
from templates.documents.parts import Hand
from templates.layout import (
    BODY,
    SMALL,
    SMALL_SOFT,
    SMALL_STRONG,
    WIDTH,
    Block,
    Columns,
    Heading,
    SignatureField,
    Stack,
    Text,
    qr,
)

PAD = 16.0
INSIDE = WIDTH - 2 * PAD
QR_SIDE = 80.0
TEXT_WIDTH = INSIDE - 120.0


@dataclass(frozen=True, slots=True)
class Signing:
    """What the two fields show. `act` names the document: « Bon de commande n° 2026-LYO-000042 »."""

    act: str
    seller: str
    customer: str
    signatory: Signatory
    place: str
    verify_url: str


def add(hand: Hand, data: OrderFormData) -> None:
    """Adds the page of an order form: what signing means, then the two fields."""
    flow, t = hand.flow, hand.texts
    flow.page_break()
    flow.heading(2, t("signatures"))
    total = hand.formats.money(data.total_incl_vat)
    who = {"name": data.signatory.name, "role": data.signatory.role, "customer": data.customer.legal_name}
    flow.text(t("signatures_intro", **who, total=total, terms=data.terms_version), BODY, before=4.0)
    if data.mandate and not data.mandate.existing:
        flow.text(t("signatures_mandate", umr=data.mandate.umr), BODY, before=4.0)
    add_fields(
        hand,
        Signing(
            act=t("customer_order", number=data.number),
            seller=data.seller.legal_name,
            customer=data.customer.legal_name,
            signatory=data.signatory,
            place=data.place,
            verify_url=data.verify_url,
        ),
    )


def add_fields(hand: Hand, signing: Signing) -> None:
    """Adds the agreement on proof, the seller's field, and the customer's with the code to the verification."""
    t = hand.texts
    hand.flow.text(t("signatures_proof"), SMALL_SOFT, before=brand.STEP)
    _field(hand, "seller", _seller(hand, signing), t("seller_field", name=signing.seller))
    _field(hand, "client", _customer(hand, signing), t("customer_field", name=signing.signatory.name))


def _field(hand: Hand, name: str, look: Block, told: str) -> None:
    title = hand.texts("for_seller" if name == "seller" else "for_customer")
    heading = Heading(3, title, width=WIDTH, accent=hand.flow.accent)
    field = SignatureField(name, told, look, width=WIDTH, pad=PAD, lock=name == "client")
    field.before = 4.0
    hand.flow.add(Stack([heading, field]))


def _seller(hand: Hand, signing: Signing) -> Block:
    t = hand.texts
    return Stack(
        [
            Text(t("seller_seal", name=signing.seller), SMALL_STRONG, width=INSIDE),
            Text(signing.act, SMALL, width=INSIDE),
            Text(t("seller_when"), SMALL_SOFT, width=INSIDE, before=4.0),
        ]
    )


def _customer(hand: Hand, signing: Signing) -> Block:
    t, who = hand.texts, signing.signatory
    words = [
        Text(f"{who.name}, {who.role}", SMALL_STRONG, width=TEXT_WIDTH),
        Text(t("customer_for", name=signing.customer), SMALL, width=TEXT_WIDTH),
        Text(signing.act, SMALL, width=TEXT_WIDTH),
        Text(t("customer_place", place=signing.place), SMALL, width=TEXT_WIDTH),
        Text(t("customer_means", mobile=who.mobile_masked), SMALL_STRONG, width=TEXT_WIDTH, before=4.0),
        Text(t("customer_when"), SMALL_SOFT, width=TEXT_WIDTH, before=4.0),
    ]
    code = qr(signing.verify_url, side=QR_SIDE, alt=t("verify_alt", url=signing.verify_url))
    under = Text(t("verify"), SMALL_SOFT, width=110.0, before=4.0)
    return Columns([(0.0, words), (INSIDE - 96.0, [code, under])])
