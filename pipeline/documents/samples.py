"""Every document with its sample data, for `seing render` and for the tests that look at all of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from templates.documents import (
    batch_cover,
    batch_slip,
    call_tracking_sheet,
    complaint_acknowledgement,
    evidence,
    invoice,
    mandate_amendment,
    order_form,
    prenotification,
    quote,
    slip,
)
from templates.documents.facts import OrderFormData, WithdrawalData
from templates.facturx import InvoiceData, credit_of

WITHDRAWAL = WithdrawalData(
    until=date(2026, 12, 7),
    earliest_debit=date(2026, 12, 1),
    employees=3,
    early_start=False,
    online_url="https://signature.lumiere-annuaires.example/r/2026-LYO-000042",
)


def with_withdrawal() -> OrderFormData:
    """The order of a firm of three: notice and model form, the latter alone on its sheet (L221-5, L221-9)."""
    return replace(order_form.SAMPLE, withdrawal=WITHDRAWAL)


def credit_note() -> InvoiceData:
    """The credit note that gives the sample invoice back after a withdrawal."""
    return credit_of(
        invoice.SAMPLE, number="A2026-000003", issued_on=date(2026, 12, 2), reason="Rétractation du client."
    )


SAMPLES: dict[str, Callable[[], bytes]] = {
    "bon-de-commande": lambda: order_form.render(order_form.SAMPLE),
    "bon-de-commande-retractation": lambda: order_form.render(with_withdrawal()),
    "changement-de-compte": lambda: mandate_amendment.render(mandate_amendment.SAMPLE),
    "devis": lambda: quote.render(quote.SAMPLE),
    "facture": lambda: invoice.render(invoice.SAMPLE),
    "avoir": lambda: invoice.render(credit_note()),
    "preuve": lambda: evidence.render(evidence.SAMPLE),
    "pre-notification": lambda: prenotification.render(prenotification.SAMPLE),
    "bordereau": lambda: slip.render(slip.SAMPLE),
    "bordereau-de-lot": lambda: batch_slip.render(batch_slip.SAMPLE),
    "page-de-lot": lambda: batch_cover.render(batch_cover.SAMPLE),
    "fiche-suivi-d-appels": lambda: call_tracking_sheet.render(call_tracking_sheet.SAMPLE),
    "accuse-de-reclamation": lambda: complaint_acknowledgement.render(complaint_acknowledgement.SAMPLE),
}
"""Name of the file, how to make it."""
