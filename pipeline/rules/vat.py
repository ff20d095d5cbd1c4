"""Which VAT rates are in force where (STANDARDS 5.3: CGI 278 to 281, 294, 296, 297; rates known to BR-FR-16)."""

from decimal import Decimal
from typing import Final

from pipeline.proposal.models import Address

MAINLAND: Final = frozenset({Decimal(20), Decimal(10), Decimal("5.5"), Decimal("2.1")})
_ISLANDS: Final = frozenset({Decimal("8.5"), Decimal("2.1"), Decimal("1.75"), Decimal("1.05")})
_CORSICA: Final = frozenset({Decimal(20), Decimal(13), Decimal(10), Decimal("2.1"), Decimal("0.9")})
_NOT_APPLICABLE: Final = frozenset({Decimal(0)})

# By the first figures of a postcode, which are also the department's number.
_PLACES: Final = {
    "971": _ISLANDS,
    "972": _ISLANDS,
    "974": _ISLANDS,
    "20": _CORSICA,
    "2A": _CORSICA,
    "2B": _CORSICA,
    "973": _NOT_APPLICABLE,
    "976": _NOT_APPLICABLE,
    "975": _NOT_APPLICABLE,
    "977": _NOT_APPLICABLE,
    "978": _NOT_APPLICABLE,
    "986": _NOT_APPLICABLE,
    "987": _NOT_APPLICABLE,
    "988": _NOT_APPLICABLE,
}

IN_FORCE: Final = MAINLAND | _ISLANDS | _CORSICA | _NOT_APPLICABLE
"""Every rate that can be right somewhere."""


def rates_at(address: Address, department: str) -> frozenset[Decimal]:
    """The rates that can be right for a line: the mainland's, the customer's and those where it is published.

    The mainland's stay allowed overseas: some services follow the seller's place (the mapping is the accountant's).
    """
    rates = MAINLAND | _of_place(department)
    if address.country == "FR":
        return rates | _of_place(address.postal_code)
    return rates | _NOT_APPLICABLE  # services to a firm abroad: reverse charge (CGI 259, 1°)


def _of_place(code: str) -> frozenset[Decimal]:
    return _PLACES.get(code[:3]) or _PLACES.get(code[:2], frozenset())
