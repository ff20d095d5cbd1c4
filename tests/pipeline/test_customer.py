"""What the customer enters at « commander », and the seller's own file."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.customer import CustomerChoices, check_choices, check_field, needs_mandate, read_choices
from pipeline.organisation import OrganisationUnreadable, load_organisation, read_organisation, sample_organisation
from pipeline.proposal import Instalment, PaymentPlan, Proposal
from tests.factories import (
    IBAN,
    SAMPLES,
    TODAY,
    make_account,
    make_choices,
    make_line,
    make_organisation,
    make_plan,
    make_proposal,
    make_sub_order,
)


def codes(proposal: Proposal | None = None, shared: int = 0, **overrides: Any) -> list[tuple[str, str]]:
    found = check_choices(
        make_choices(**overrides),
        proposal or make_proposal(),
        make_organisation(),
        today=TODAY,
        other_accounts_with_mobile=shared,
    )
    return [(finding.code, finding.where) for finding in found]


def test_good_choices_pass() -> None:
    """The ordinary case has no finding, and values are kept in one form."""
    assert [] == codes()
    choices = make_choices(iban="fr76 3000 6000 0112 3456 7890 189")
    assert (IBAN, "+33612345678") == (choices.iban, choices.mobile)
    account = choices.bank_account()
    assert account is not None
    assert ("AGRIFRPP", "FR", "0189") == (account.bic[:8], account.country, account.last4)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"email": ""}, ("account.email_missing", "email")),
        ({"email": "a@b"}, ("account.email_invalid", "email")),
        ({"mobile": ""}, ("signatory.mobile_missing", "mobile")),
        ({"mobile": "01 43 62 00 00"}, ("signatory.mobile_not_mobile", "mobile")),
        ({"mobile": "+33612345602"}, ("signatory.mobile_is_reps", "mobile")),
        ({"shared": 1}, ("signatory.mobile_shared", "mobile")),
        ({"first_name": " "}, ("signatory.name_missing", "first_name")),
        ({"last_name": ""}, ("signatory.name_missing", "last_name")),
        ({"role": ""}, ("signatory.role_missing", "role")),
        ({"place": ""}, ("order.place_missing", "place")),
        ({"iban": ""}, ("mandate.iban_missing", "iban")),
        ({"iban": "FR7630006000011234567890188"}, ("mandate.iban_invalid", "iban")),
        ({"iban": "FR7530006000011234567890180"}, ("mandate.iban_invalid", "iban")),
        ({"iban": "GB33BUKB20201555555555"}, None),
        ({"iban": "SA0380000000608010167519"}, ("mandate.iban_not_sepa", "iban")),
        ({"iban": "FR7630004008230001009876534"}, ("mandate.iban_is_sellers", "iban")),
        ({"account_holder": ""}, ("mandate.holder_missing", "account_holder")),
        ({"account_holder": "x" * 71}, ("mandate.holder_too_long", "account_holder")),
    ],
)
def test_each_field(overrides: dict[str, Any], expected: tuple[str, str] | None) -> None:
    """Each wrong field is one finding that names the field."""
    assert ([expected] if expected else []) == codes(**overrides)


def test_an_existing_mandate_needs_no_iban() -> None:
    """Neither does a transfer, nor a credit."""
    assert [] == codes(mandate_umr="LA-05123874-01", iban="", account_holder="")
    transfer = make_proposal(payment=make_plan(method="bank_transfer"))
    credit = make_proposal(make_sub_order(make_line("-5")))
    for proposal in (transfer, credit):
        assert not needs_mandate(proposal)
        assert [] == codes(proposal, iban="", account_holder="")
    assert needs_mandate(make_proposal())


def test_headcount() -> None:
    """Somebody must say how many they are; a figure that takes the right away is confirmed."""
    unknown = make_proposal(account=make_account(employees=None))
    assert [("withdrawal.employees_missing", "employees")] == codes(unknown, employees=None)
    assert [] == codes(unknown, employees="3")
    small = make_proposal(account=make_account(employees=3))
    assert [] == codes(small, employees="")
    assert [("withdrawal.employees_differ", "employees")] == codes(small, employees=6)


def test_the_declaration_decides_the_right_of_withdrawal() -> None:
    """The declared headcount and activity, at the customer's place."""
    proposal = make_proposal(account=make_account(employees=2))
    right = make_choices(employees=None).withdrawal_right(proposal, TODAY)
    assert right is not None
    assert dt.date(2026, 12, 7) == right.until
    assert make_choices(employees=6).withdrawal_right(proposal, TODAY) is None
    assert make_choices(employees=2, outside_main_activity=False).withdrawal_right(proposal, TODAY) is None
    unknown = make_proposal(account=make_account(employees=None))
    assert make_choices(employees=None).withdrawal_right(unknown, TODAY) is None


def test_the_schedule_is_looked_at_again() -> None:
    """A declaration of two people makes a debit on day 14 a matter of warning."""
    plan = PaymentPlan(
        method="sepa_direct_debit",
        instalments=(Instalment(due_on=TODAY + dt.timedelta(days=14), amount=Decimal("1200.00")),),
    )
    proposal = make_proposal(account=make_account(employees=None), payment=plan)
    assert [] == codes(proposal, employees=9)
    assert [("withdrawal.debit_too_early", "payment.instalments[0].due_on")] == codes(proposal, employees=2)


def test_fields_as_typed() -> None:
    """Each answer is the one the whole form will give, with the bank's name as a hint."""
    organisation = make_organisation()
    iban = check_field("iban", "FR76 3000 6000 0112 3456 7890 189", seller_iban=organisation.seller.iban)
    assert (True, IBAN, "CREDIT AGRICOLE SA") == (iban.ok, iban.value, iban.hint)
    assert not check_field("iban", organisation.seller.iban, seller_iban=organisation.seller.iban).ok
    assert "iban" == check_field("iban", "FR76").findings[0].where
    mobile = check_field("mobile", "06 12 34 56 02", reps_mobiles=organisation.reps_mobiles)
    assert ["signatory.mobile_is_reps"] == [finding.code for finding in mobile.findings]
    assert check_field("mobile", "0612345678").ok
    assert not check_field("email", "x").ok
    assert check_field("email", " a@b.example ").ok
    assert not check_field("employees", "beaucoup").ok
    assert check_field("employees", "0").ok
    assert not check_field("place", "").ok
    with pytest.raises(LookupError):
        check_field("colour", "red")  # type: ignore[arg-type]


def test_personal_data_stays_out_of_repr_and_errors() -> None:
    """Neither a repr nor a refusal of pydantic shows IBAN, mobile or e-mail."""
    choices = make_choices()
    shown = repr(choices) + repr(choices.bank_account()) + repr(check_field("iban", IBAN))
    assert all(secret not in shown for secret in (IBAN, "612345678", "@"))
    with pytest.raises(ValueError, match="extra") as caught:
        CustomerChoices(iban=IBAN, secret=IBAN)  # type: ignore[call-arg]
    assert IBAN not in str(caught.value)


def test_values_that_cannot_be_read_name_their_field() -> None:
    """A form's values become choices, or one finding for each that cannot."""
    good, none = read_choices({"employees": "", "early_start": "true", "email": " a@b.example "})
    assert good is not None
    assert (True, "a@b.example", ()) == (good.early_start, good.email, none)
    choices, found = read_choices({"employees": "trois", "first_name": "x" * 500, "role": "a\x00b"})
    assert choices is None
    assert [
        ("customer.unreadable", "first_name"),
        ("customer.unreadable", "role"),
        ("withdrawal.employees_missing", "employees"),
    ] == [(item.code, item.where) for item in found]


def test_organisation() -> None:
    """The seller, the agencies and the reps are found by what names them."""
    organisation = make_organisation()
    agency, rep = organisation.agency("LYO"), organisation.rep("c.delmas")
    assert agency is not None
    assert rep is not None
    assert ("Agence de Lyon", "Claire Delmas") == (agency.name, rep.name)
    assert organisation.agency("NCE") is None
    assert organisation.rep("x") is None
    assert 3 == len(organisation.reps_mobiles)
    assert organisation.seller.iban not in repr(organisation)
    assert organisation == sample_organisation()


def test_a_wrong_organisation_says_where(tmp_path: Path) -> None:
    """Every wrong identifier is named: they end in mandates and invoices."""
    document = json.loads((SAMPLES / "organisation.json").read_bytes())
    document["seller"] |= {"siren": "904125763", "sepa_creditor_id": "FR06ZZZ594821", "iban": "FR76"}
    document["reps"]["NCE"] = document["reps"]["LYO"]
    with pytest.raises(OrganisationUnreadable) as caught:
        read_organisation(json.dumps(document).encode())
    paths = [problem.path for problem in caught.value.problems]
    assert {"seller.siren", "seller.sepa_creditor_id", "seller.iban", "reps.NCE"} <= set(paths)
    assert "seller.siren" in str(caught.value)

    del document["seller"]["email"]
    path = tmp_path / "organisation.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(OrganisationUnreadable, match=r"seller\.email"):
        load_organisation(path)
    with pytest.raises(OrganisationUnreadable, match="ne peut pas être lu"):
        load_organisation(tmp_path / "missing.json")
