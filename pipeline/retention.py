"""How long the archive keeps what: the longest duty that applies, by kind.

Contracts, invoices and their proofs: ten years (Code de commerce L123-22; settings). What bears a mandate: fourteen
months after its last debit besides, the time in which a debit may be disputed as unauthorised (STANDARDS 4.1, 7). A
draft: ninety days after the order that it belongs to has expired, unless that order was signed.
"""

from datetime import date, timedelta
from typing import Final

from pipeline.clock import paris_day
from pipeline.rules.mandates import add_months
from storage.models import Order

DRAFT_DAYS: Final = 90
"""Days for which a form that nobody signed stays after its order has expired."""

DISPUTE_MONTHS: Final = 14
"""Months after a debit in which its mandate must be produced (13 months to dispute it, CMF L133-24, and one more)."""

MANDATE_KINDS: Final = frozenset(
    {
        *("form", "sealed_form", "sealed_form_b_b", "sealed_form_lta"),
        *("evidence", "evidence_lta", "evidence_json", "attestation", "mandate", "manifest"),
    }
)
"""Documents that prove the mandate signed with an order."""

REASONS: Final[dict[str, str]] = {
    "form": "contrat signé : pièce comptable et preuve (Code de commerce L123-22, Code civil 2224)",
    "sealed_form": "contrat signé : pièce comptable et preuve (Code de commerce L123-22, Code civil 2224)",
    "sealed_form_b_b": "contrat signé, avant horodatage (Code de commerce L123-22, Code civil 2224)",
    "sealed_form_lta": "contrat signé, horodatage renouvelé (Code de commerce L123-22, Code civil 2224)",
    "evidence_lta": "preuve de la signature, horodatage renouvelé (Code civil 1366, 1367, 2224)",
    "evidence": "preuve de la signature (Code civil 1366, 1367, 2224)",
    "evidence_json": "preuve de la signature (Code civil 1366, 1367, 2224)",
    "attestation": "preuve de la signature (Code civil 1366, 1367, 2224)",
    "mandate": "mandat de prélèvement : contestation possible 13 mois après le dernier débit (CMF L133-24)",
    "invoice": "facture (Code de commerce L123-22, LPF L102 B)",
    "credit_note": "avoir (Code de commerce L123-22, LPF L102 B)",
    "slip": "bordereau de numérisation : pièce du contrat (Code de commerce L123-22)",
    "scan": "papier numérisé : pièce du contrat (Code de commerce L123-22, Code civil 1379)",
    "batch": "lot remis à l'agence : exécution du contrat (Code de commerce L123-22)",
    "manifest": "inventaire du dossier archivé",
}
"""Why a kind is kept against an erasure request (RGPD art. 17(3)(b) and (e)), as the answer says it."""

DEFAULT_REASON: Final = "pièce du dossier signé (Code de commerce L123-22)"


def draft_until(order: Order, today: date) -> date:
    """The last day of an unsigned form."""
    return (paris_day(order.expires_at) if order.expires_at else today) + timedelta(days=DRAFT_DAYS)


def mandate_until(last_debit_on: date) -> date:
    """The last day on which the proof of a mandate may be asked for after this debit."""
    return add_months(last_debit_on, DISPUTE_MONTHS)
