"""The SEPA direct debit mandate on a page of its own, with the mentions of the EPC and the Banque de France."""

from templates import brand
from templates.documents import parts
from templates.documents.facts import MandateData, Party, Signatory
from templates.documents.parts import Hand
from templates.layout import BODY, SMALL_SOFT


def add(hand: Hand, mandate: MandateData, seller: Party, signatory: Signatory, contract: str) -> None:
    """Adds the page. The signature of the document is that of the mandate, and the page says so."""
    flow, t, f = hand.flow, hand.texts, hand.formats
    scheme = mandate.scheme.lower()
    flow.page_break()
    flow.heading(2, t(f"mandate_{scheme}"))
    if mandate.existing:
        since = t("mandate_since", date=f.long_date(mandate.signed_on)) if mandate.signed_on else ""
        flow.text(t("mandate_existing", since=since), SMALL_SOFT, before=4.0)
    flow.text(t(f"mandate_text_{scheme}", creditor=seller.legal_name), BODY, before=brand.STEP)
    if mandate.scheme == "B2B":
        flow.text(t("mandate_b2b_notice"), BODY, before=brand.STEP)
    flow.space(brand.STEP)
    flow.add(
        parts.pairs(
            (t("umr"), mandate.umr),
            (t("mandate_type"), t(f"type_{mandate.sequence_type}")),
            (t("mandate_contract"), contract),
            label=180.0,
        )
    )
    flow.heading(3, t("creditor"))
    flow.add(
        parts.pairs(
            (t("creditor_name"), seller.legal_name),
            (t("creditor_id"), mandate.creditor_id),
            (t("creditor_address"), parts.full_address(hand, seller.address)),
            label=180.0,
        )
    )
    flow.heading(3, t("debtor"))
    flow.add(
        parts.pairs(
            (t("debtor_name"), mandate.debtor_name),
            (t("debtor_address"), parts.full_address(hand, mandate.debtor_address)),
            (t("iban"), f.iban(mandate.iban)),
            (t("bic"), mandate.bic),
            label=180.0,
        )
    )
    if not mandate.existing:
        flow.heading(3, t("mandate_signature"))
        flow.add(
            parts.pairs(
                (t("mandate_place"), mandate.place),
                (t("mandate_date"), t("mandate_date_value")),
                (t("mandate_signed"), t("mandate_signed_value", name=signatory.name, role=signatory.role)),
                label=180.0,
            )
        )
    where = {"creditor": seller.legal_name, "address": parts.one_line(seller.address), "email": seller.email}
    for key in ("mandate_rights", "mandate_privacy", "mandate_return"):
        flow.text(t(key, **where), SMALL_SOFT, before=2 * brand.STEP if key == "mandate_rights" else 4.0)
