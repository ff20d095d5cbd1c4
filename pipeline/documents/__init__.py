"""From a frozen order to what each document prints: everything is decided here, nothing while drawing."""

from pipeline.documents.forms import order_form_data
from pipeline.documents.invoices import invoice_data
from pipeline.documents.production import batch_cover_data, call_tracking_sheets, look, slip_data

__all__ = ["batch_cover_data", "call_tracking_sheets", "invoice_data", "look", "order_form_data", "slip_data"]
