"""Rows that satisfy every constraint; a test names only what it is about."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from storage.models import Job, Order, Proposal
from storage.work import Work

NOW = datetime(2026, 11, 23, 9, 30, 15, 123456, UTC)

_numbers = count(1)


def make_proposal(**facts: Any) -> Proposal:
    return Proposal(
        **{
            "reference": f"PROP-{next(_numbers)}",
            "name": "Visibilité fête des mères",
            "kind": "order",
            "agency": "LYO",
            "rep_id": "c.delmas",
            "epj": "05123874",
            "document_enc": b"sealed",
            "document_sha256": "0" * 64,
            "total_incl_vat": Decimal("6056.76"),
            "created_at": NOW,
            "updated_at": NOW,
            **facts,
        }
    )


def make_order(work: Work, **facts: Any) -> Order:
    """An order with its proposal, both added."""
    proposal = work.add(make_proposal(state="ordered"))
    return work.add(
        Order(
            **{
                "number": f"2026-LYO-{next(_numbers):06d}",
                "proposal_id": proposal.id,
                "rep_id": "c.delmas",
                "agency": "LYO",
                "epj": "05123874",
                "legal_name": "AU NOM DE LA ROSE LYON SARL",
                "canonical_enc": b"sealed",
                "canonical_sha256": "0" * 64,
                "total_excl_vat": Decimal("5047.30"),
                "total_incl_vat": Decimal("6056.76"),
                "email": "helene.garnier@aunomdelarose-lyon.example",
                "mobile_enc": b"sealed",
                "mobile_hash": "1" * 64,
                "mobile_last2": "78",
                "signatory_name": "Hélène Garnier",
                "signatory_role": "Gérante",
                "company": "AU NOM DE LA ROSE LYON SARL",
                "invoice_delivery": "electronic",
                "payment_method": "sepa",
                "prepared_at": NOW,
                **facts,
            }
        )
    )


def make_job(**facts: Any) -> Job:
    return Job(**{"key": f"job:{next(_numbers)}", "actor": "seal_order", "args": ["x"], "staged_at": NOW, **facts})
