"""From a frozen order to what each document prints: everything is decided here, nothing while drawing."""

from pipeline.documents.amendments import amendment_data
from pipeline.documents.forms import order_form_data
from pipeline.documents.invoices import invoice_data
from pipeline.documents.production import batch_cover_data, call_tracking_sheets, look, slip_data
from pipeline.frozen import Frozen
from templates.documents import mandate_amendment, order_form

__all__ = [
    "amendment_data",
    "batch_cover_data",
    "call_tracking_sheets",
    "form",
    "invoice_data",
    "look",
    "order_form_data",
    "slip_data",
]


def form(frozen: Frozen) -> bytes:
    """The document that the customer signs, unsealed."""
    if frozen.amends:
        return mandate_amendment.render(amendment_data(frozen, frozen.amends))
    return order_form.render(order_form_data(frozen))
