"""Proposals for tests: valid unless the test says otherwise. `TODAY` is the day on which nothing in them is late."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.customer import CustomerChoices
from pipeline.organisation import Organisation, read_organisation
from pipeline.proposal import (
    Account,
    Address,
    CallTracking,
    Instalment,
    Line,
    PaymentPlan,
    Proposal,
    Reservation,
    Signatory,
    SubOrder,
    read_proposal,
)
from pipeline.totals import spread, totals

TODAY = dt.date(2026, 11, 23)
SAMPLES = Path(__file__).parent / "samples"
IBAN = "FR7630006000011234567890189"


def sample(name: str) -> Proposal:
    return read_proposal((SAMPLES / f"{name}.json").read_bytes())


def make_organisation() -> Organisation:
    return read_organisation((SAMPLES / "organisation.json").read_bytes())


def make_address(**overrides: Any) -> Address:
    values = {"line1": "12 rue de la République", "postal_code": "69002", "city": "Lyon", "country": "FR"}
    return Address(**values | overrides)


def make_signatory(**overrides: Any) -> Signatory:
    values = {
        "first_name": "Hélène",
        "last_name": "Garnier",
        "role": "Gérante",
        "email": "helene.garnier@rose.example",
        "mobile": "+33612345678",
    }
    return Signatory(**values | overrides)


def make_account(**overrides: Any) -> Account:
    values: dict[str, Any] = {
        "epj": "05123874",
        "legal_name": "AU NOM DE LA ROSE LYON SARL",
        "trade_name": "Au Nom de la Rose",
        "siren": "813249075",
        "siret": "81324907500017",
        "vat_number": "FR36813249075",
        "naf": "4776Z",
        "employees": 9,
        "address": make_address(),
        "email": "contact@rose.example",
        "phone": "+33478370000",
        "signatory": make_signatory(),
    }
    return Account(**values | overrides)


def make_line(unit_price: str = "1000.00", **overrides: Any) -> Line:
    values: dict[str, Any] = {
        "code": "PAV-ACT-DEP",
        "label": "Pavé activité départemental",
        "status": "new",
        "quantity": 1,
        "unit_price": Decimal(unit_price),
        "discount_percent": Decimal(0),
        "vat_rate": Decimal("20.00"),
        "starts_on": dt.date(2027, 1, 1),
        "ends_on": dt.date(2027, 12, 31),
        "activity": "Fleuristes",
        "department": "69",
    }
    return Line(**values | overrides)


def make_call_tracking(**overrides: Any) -> CallTracking:
    values: dict[str, Any] = {"measured_numbers": ("+33478370000",), "medium": "internet", "departments": ("69",)}
    return CallTracking(**values | overrides)


def make_reservation(**overrides: Any) -> Reservation:
    values: dict[str, Any] = {"reference": "YOP-88213", "expires_on": dt.date(2026, 12, 31)}
    return Reservation(**values | overrides)


def make_sub_order(*lines: Line, **overrides: Any) -> SubOrder:
    values: dict[str, Any] = {
        "number": "S001",
        "order_ref": "2600417101",
        "range": "Annuaires et Internet",
        "mo": None,
        "lines": lines or (make_line(),),
    }
    return SubOrder(**values | overrides)


def make_plan(total: Decimal | str = "1200.00", *, count: int = 4, **overrides: Any) -> PaymentPlan:
    """A schedule on the 5th of each month from February 2027 that comes to `total`; none where nothing is due."""
    total = Decimal(total)
    amounts = spread(total, count) if total > 0 else ()
    instalments = tuple(
        Instalment(due_on=dt.date(2027, 2 + place, 5), amount=amount) for place, amount in enumerate(amounts)
    )
    return PaymentPlan(**{"method": "sepa_direct_debit", "instalments": instalments} | overrides)


def make_proposal(*sub_orders: SubOrder, **overrides: Any) -> Proposal:
    """A proposal of 1 200 € TTC, or of what the sub-orders come to; its plan fits unless `payment` is given."""
    values: dict[str, Any] = {
        "reference": "PROP-2026-004171",
        "name": "Visibilité fête des mères",
        "kind": "order",
        "edition": 2027,
        "agency": "LYO",
        "rep": "c.delmas",
        "account": make_account(),
        "sub_orders": sub_orders or (make_sub_order(),),
        "invoice_delivery": "electronic",
        "enclosures": (),
        "special_conditions": "",
        "payment": make_plan("0"),
    }
    proposal = Proposal(**values | overrides)
    if "payment" in overrides:
        return proposal
    return proposal.model_copy(update={"payment": make_plan(totals(proposal).incl_vat)})


def make_choices(**overrides: Any) -> CustomerChoices:
    values: dict[str, Any] = {
        "email": "contact@rose.example",
        "mobile": "06 12 34 56 78",
        "first_name": "Hélène",
        "last_name": "Garnier",
        "role": "Gérante",
        "invoice_delivery": "electronic",
        "iban": IBAN,
        "account_holder": "AU NOM DE LA ROSE LYON SARL",
        "employees": 9,
        "outside_main_activity": True,
        "early_start": False,
        "place": "Lyon",
    }
    return CustomerChoices(**values | overrides)
