"""The seller: its company, its agencies, its reps. Read once at start-up from `organisation.json`."""

from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field
from stdnum.eu import at_02
from stdnum.fr import siren, siret, tva

from pipeline.ailments import of_system
from pipeline.errors import SeingError
from pipeline.proposal.models import Address
from pipeline.proposal.problems import Problem
from pipeline.proposal.reading import build, parse
from pipeline.proposal.types import Cents, Code, Identifier, Name, Strict, Text
from pipeline.rules.bank import BankAccount, bank_account
from pipeline.rules.contact import is_email


class OrganisationUnreadable(SeingError):  # named after what is wrong, as its whole tree
    """The seller's file is wrong: `problems` name every place; nothing starts on a wrong seller."""

    code = "organisation.unreadable"
    status = 500

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems."""
        super().__init__(count=len(problems))
        self.problems = problems

    def __str__(self) -> str:
        return " ; ".join(str(problem) for problem in self.problems)


class Seller(Strict):
    """The company that sells, invoices and collects."""

    legal_name: Name
    siren: Code
    siret: Code
    vat_number: Code
    share_capital: Cents = Decimal(0)
    rcs: Text = ""
    address: Address
    email: Text
    phone: Code = ""
    sepa_creditor_id: Code
    iban: Code = Field(repr=False)
    bic: Code = ""


class Agency(Strict):
    """A place from which reps work and to which signed orders go."""

    code: Identifier
    name: Name


class Rep(Strict):
    """A sales representative."""

    id: Identifier
    name: Name
    email: Text
    mobile: Code = Field(repr=False)


class Organisation(Strict):
    """The seller with its agencies and, per agency, its rep."""

    seller: Seller
    agencies: Annotated[tuple[Agency, ...], Field(min_length=1)]
    reps: dict[str, Rep]
    """By agency code."""

    def agency(self, code: str) -> Agency | None:
        """The agency of a code."""
        return next((agency for agency in self.agencies if agency.code == code), None)

    def rep(self, rep_id: str) -> Rep | None:
        """The rep of an id."""
        return next((rep for rep in self.reps.values() if rep.id == rep_id), None)

    @property
    def reps_mobiles(self) -> frozenset[str]:
        """Numbers to which no signing code may go."""
        return frozenset(rep.mobile for rep in self.reps.values())


def read_organisation(raw: bytes) -> Organisation:
    """The seller in a file, its identifiers checked: they end in every mandate, invoice and collection file.

    Raises:
        OrganisationUnreadable: with every problem and its place.
    """
    tree, problems = parse(raw)
    organisation, problems = build(Organisation, tree, problems)
    problems = problems if organisation is None else tuple(_identifier_problems(organisation))
    if organisation is None or problems:
        raise OrganisationUnreadable(problems)
    return organisation


def load_organisation(path: Path) -> Organisation:
    """The seller in a file on disk.

    Raises:
        OrganisationUnreadable: the file is missing, cannot be opened, or is wrong.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        wrong = Problem("", f"{path} ne peut pas être lu ({of_system(error)})", f"{path} cannot be read")
        raise OrganisationUnreadable((wrong,)) from error
    return read_organisation(raw)


def sample_organisation() -> Organisation:
    """The seller of the demonstration: invented, its identifiers well formed."""
    return read_organisation(files("pipeline.samples").joinpath("organisation.json").read_bytes())


def _identifier_problems(organisation: Organisation) -> list[Problem]:
    seller = organisation.seller
    wrong = {
        "seller.siren": not siren.is_valid(seller.siren),
        "seller.siret": not siret.is_valid(seller.siret) or seller.siret[:9] != seller.siren,
        "seller.vat_number": not tva.is_valid(seller.vat_number) or seller.vat_number[-9:] != seller.siren,
        "seller.sepa_creditor_id": not at_02.is_valid(seller.sepa_creditor_id),
        "seller.iban": not isinstance(bank_account(seller.iban), BankAccount),
        "seller.email": not is_email(seller.email),
    }
    codes = {agency.code for agency in organisation.agencies}
    wrong |= {f"reps.{code}": code not in codes for code in organisation.reps}
    return [
        Problem(path, "numéro ou code qui n'est pas valable", "number or code that is not valid")
        for path, is_wrong in wrong.items()
        if is_wrong
    ]
