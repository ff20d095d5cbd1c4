"""Rules on the customer and the signatory."""

import pytest

from pipeline.rules.check import findings
from pipeline.rules.contact import is_email, is_mobile, normal_phone
from tests.factories import TODAY, make_account, make_address, make_proposal, make_signatory


def codes(reps_mobiles: tuple[str, ...] = (), shared: int = 0, **overrides: object) -> list[str]:
    proposal = make_proposal(account=make_account(**overrides))
    found = findings(proposal, today=TODAY, reps_mobiles=reps_mobiles, other_accounts_with_mobile=shared)
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"email": ""}, "email_missing"),
        ({"email": "  "}, "email_missing"),
        ({"email": "contact@"}, "email_invalid"),
        ({"email": "contact rose@example.com"}, "email_invalid"),
        ({"siren": ""}, "siren_invalid"),
        ({"siren": "813249076", "vat_number": ""}, "siren_invalid"),
        ({"siren": "813 249 075"}, "siren_invalid"),
        ({"siret": "81324907500018"}, "siret_invalid"),
        ({"siret": "75316428400014"}, "siret_invalid"),
        ({"vat_number": "FR37813249075"}, "vat_number_invalid"),
        ({"vat_number": "FR80528091432"}, "vat_number_invalid"),
        ({"vat_number": "813249075"}, "vat_number_invalid"),
        ({"epj": "5123874"}, "epj_invalid"),
        ({"epj": "0512387A"}, "epj_invalid"),
        ({"address": make_address(line1="")}, "address_incomplete"),
        ({"address": make_address(postal_code="6900")}, "address_incomplete"),
        ({"address": make_address(city=" ")}, "address_incomplete"),
        ({"address": make_address(country="France")}, "address_incomplete"),
    ],
)
def test_identity(overrides: dict[str, object], code: str) -> None:
    """Each wrong fact about the customer is one blocking finding."""
    assert f"account.{code}" in codes(**overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"vat_number": ""},
        {"siret": ""},
        {"employees": None},
        {"address": make_address(line2="Bât. C")},
        {
            "address": make_address(postal_code="1000", city="Bruxelles", country="BE"),
            "siren": "",
            "siret": "",
            "vat_number": "BE0428759497",
        },
    ],
)
def test_what_a_customer_may_lack(overrides: dict[str, object]) -> None:
    """No VAT number below the threshold, no SIRET known, no SIREN abroad: all fine."""
    assert [] == codes(**overrides)


def test_a_wrong_vat_number_abroad() -> None:
    """A Belgian number with a wrong key is refused."""
    account = {
        "address": make_address(postal_code="1000", city="Bruxelles", country="BE"),
        "siren": "",
        "siret": "",
        "vat_number": "BE0428759498",
    }
    assert ["account.vat_number_invalid"] == codes(**account)


def test_the_address_finding_names_what_is_missing() -> None:
    """« voie, code postal », in the reader's language."""
    proposal = make_proposal(account=make_account(address=make_address(line1="", postal_code="")))
    finding = findings(proposal, today=TODAY, reps_mobiles=())[0]
    assert "L'adresse du client est incomplète : voie, code postal." == finding.message
    assert "The customer's address is incomplete: street, postcode." == finding.message_en


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"mobile": ""}, ["signatory.mobile_missing"]),
        ({"mobile": "+33143620000"}, ["signatory.mobile_not_mobile"]),
        ({"mobile": "0143620000"}, ["signatory.mobile_not_mobile"]),
        ({"mobile": "12"}, ["signatory.mobile_not_mobile"]),
        ({"mobile": "un deux"}, ["signatory.mobile_not_mobile"]),
        ({"mobile": "+33899123456"}, ["signatory.mobile_not_mobile"]),
        ({"mobile": "06 12 34 56 01"}, ["signatory.mobile_is_reps"]),
        ({"mobile": "+33612345601"}, ["signatory.mobile_is_reps"]),
        ({"mobile": "+33712345678"}, []),
        ({"mobile": "+596696123456"}, []),
        ({"mobile": "+32470123456"}, []),
        ({"email": "x@"}, ["signatory.email_invalid"]),
        ({"email": ""}, []),
        ({"last_name": ""}, ["signatory.name_missing"]),
    ],
)
def test_signatory(overrides: dict[str, object], expected: list[str]) -> None:
    """The code must reach the customer's own mobile."""
    assert expected == codes(("+33612345601",), signatory=make_signatory(**overrides))


def test_a_shared_mobile_is_a_warning() -> None:
    """An accountant may sign for several firms: said, not refused."""
    proposal = make_proposal()
    finding = findings(proposal, today=TODAY, reps_mobiles=(), other_accounts_with_mobile=2)[0]
    assert ("signatory.mobile_shared", "warning") == (finding.code, finding.severity)
    assert "2 autre(s) compte(s)" in finding.message


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("0033 6.12.34.56.78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0712345678", "+33712345678"),
        ("0696123456", "+596696123456"),
        ("0692123456", "+262692123456"),
        ("01 43 62 00 00", "+33143620000"),
        (" abc ", "abc"),
    ],
)
def test_numbers_as_typed(typed: str, number: str) -> None:
    """However it is typed, a number is kept in one form, overseas numbers under their own code."""
    assert number == normal_phone(typed)


def test_mobiles_and_addresses_at_the_edges() -> None:
    """An overseas mobile under the mainland's code reaches nobody; a North American number cannot be told apart."""
    assert not is_mobile("+33696123456")
    assert is_mobile("+12125550123")
    assert is_email("a@b.example")
    assert not is_email("é@b.example")
