"""The proposal: its format, how it is read, and how its dates move."""

from pipeline.proposal.models import (
    Account,
    Address,
    CallTracking,
    CallTrackingSheet,
    Enclosure,
    Instalment,
    InvoiceDelivery,
    Kind,
    Line,
    LineStatus,
    PaymentMethod,
    PaymentPlan,
    Proposal,
    Reservation,
    Signatory,
    SubOrder,
    TrackedNumber,
)
from pipeline.proposal.problems import Note, Problem, ProposalUnreadable
from pipeline.proposal.reading import SIZE_LIMIT, Reading, read, read_proposal
from pipeline.proposal.schedule import add_months, shift_dates

__all__ = [
    "SIZE_LIMIT",
    "Account",
    "Address",
    "CallTracking",
    "CallTrackingSheet",
    "Enclosure",
    "Instalment",
    "InvoiceDelivery",
    "Kind",
    "Line",
    "LineStatus",
    "Note",
    "PaymentMethod",
    "PaymentPlan",
    "Problem",
    "Proposal",
    "ProposalUnreadable",
    "Reading",
    "Reservation",
    "Signatory",
    "SubOrder",
    "TrackedNumber",
    "add_months",
    "read",
    "read_proposal",
    "shift_dates",
]
