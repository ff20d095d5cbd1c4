"""The sentences of the XML file and of the print alike, in French: the notes are law, not interface."""

from templates import french
from templates.facturx.data import DirectDebit, InvoiceData, Seller

_PLAIN = str.maketrans({french.NARROW: " ", french.NO_BREAK: " ", french.MINUS: "-"})


def plain(text: str) -> str:
    """With ordinary spaces: programs that read the file may know no others."""
    return text.translate(_PLAIN)


def legal_identity(seller: Seller) -> str:
    """Note REG: legal form and capital."""
    who = seller.legal_form or seller.name
    return who if seller.share_capital is None else f"{who} au capital de {french.money(seller.share_capital)}"


def payment_terms(data: InvoiceData) -> str:
    """BT-20: how and when the amount is paid; the schedule stands here, EN 16931 having one due date only."""
    if data.kind == "credit_note":
        return "Avoir à déduire des sommes dues ou, à défaut, remboursé par virement."
    if data.sums.incl_vat == 0:
        return "Rien à payer."
    by_debit = isinstance(data.payment, DirectDebit)
    means = "Prélèvement SEPA" if by_debit else "Virement"
    parts = data.instalments
    if len(parts) > 1:
        each = " ; ".join(f"{french.money(part.amount)} le {french.date(part.due_on)}" for part in parts)
        return f"{means} en {len(parts)} échéances : {each}."
    due = data.payment_date
    return f"{means} le {french.date(due)}." if due else f"{means} à réception."


def correction(data: InvoiceData) -> str:
    """What a credit note corrects, and why; nothing for an invoice."""
    if data.kind == "invoice":
        return ""
    if data.corrects is None:
        sentence = f"Avoir accordé sur la commande {data.credited_contract}."
    else:
        sentence = f"Annule ou corrige la facture {data.corrects.number} du {french.date(data.corrects.issued_on)}."
    return f"{sentence} {data.reason}".strip()


LANGUAGE = "fr-FR"
VAT_ON_DEBITS = "Option pour le paiement de la taxe d'après les débits"
SPECIMEN = "SPÉCIMEN : document de formation, sans valeur."
