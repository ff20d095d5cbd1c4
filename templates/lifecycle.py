"""The life of an e-invoice as the platforms exchange it: status 212 « Encaissée », a CDAR message (XP Z12-012).

The seller says of each sum that came in how much, on which day and at which rates of VAT; a sum that went back is the
same status with a negative amount and a comment that says why (XP Z12-012, annex A, P1.15 and P1.17; BR-FR-CDV-14).

The pyfrctc package writes the message and carries its schema and rule set. It does not know the rate of VAT (MDT-224)
that BR-FR-CDV-14 asks for: that one element is added here, before both are run on the whole.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from lxml import etree

from templates.errors import TemplateError
from templates.schematron import check

GUIDELINE: Final = "urn.cpro.gouv.fr:1p0:CDV:invoice"
"""MDT-3: a status of an invoice, between the parties."""

SIREN, DIRECTORY = "0002", "0225"
"""Schemes of identifiers (ISO 6523): the SIREN; an address of the French directory."""


class LifecycleError(TemplateError):
    """The message breaks its schema or a rule; the text names rules, never a party."""

    code = "lifecycle.refused"


@dataclass(frozen=True, slots=True)
class Trader:
    """A party: its name, its SIREN (9 figures), and where the platforms route to."""

    name: str
    siren: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a sum at one rate of VAT (hundredths), in euros with the tax."""

    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Received:
    """A sum that came in for an invoice, or went back (negative shares, with its `reason`).

    `at` is the moment of the statement, written as on the clock of its zone; `day` that of the money; `identifier` that
    of the message, unique.
    """

    identifier: str
    at: dt.datetime
    seller: Trader
    buyer: Trader
    invoice: str
    issued_on: dt.date
    day: dt.date
    shares: tuple[Share, ...]
    reason: str = ""


def received_xml(received: Received) -> bytes:
    """The message, checked against its schema and the rules BR-FR-CDV: the same value gives the same bytes.

    Raises:
        LifecycleError: it breaks one of them.
    """
    # pyfrctc brings an HTTP client with it: only those who write a message should wait for that.
    import pyfrctc  # noqa: PLC0415

    written: bytes = pyfrctc.generate_cdar(_tree(received), check_xsd=False)
    root = etree.fromstring(written)
    places = root.iterfind(".//{*}SpecifiedDocumentCharacteristic")
    for place, share in zip(places, received.shares, strict=True):
        percent = etree.SubElement(place, f"{{{etree.QName(place).namespace}}}ValuePercent")
        percent.text = f"{share.rate:.2f}"
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    try:
        pyfrctc.check_cdar_xsd(data)
    except Exception as error:  # the package raises nothing narrower, and its words quote values
        raise LifecycleError("XSD") from error
    rules = Path(pyfrctc.__file__).parent / "cdar-schematron" / "BR-FR-CDV-Schematron-CDAR.xslt"
    broken = check(data, rules)
    if broken:
        raise LifecycleError("; ".join(problem.rule for problem in broken))
    return data


def _tree(received: Received) -> dict[str, Any]:
    """The message by the numbers of the standard's data (MDT, MDG)."""
    seller, buyer = received.seller, received.buyer
    status: dict[str, Any] = {
        "MDG-43": [
            {
                "MDT-207": "MEN",
                "MDT-215": {"float": share.amount, "currency": "EUR"},
                "MDT-219": received.day,
            }
            for share in received.shares
        ]
    }
    if received.reason:
        status["MDT-126"] = received.reason
    return {
        "MDT-2": "REGULATED",
        "MDT-3": GUIDELINE,
        "MDT-4": received.identifier,
        "MDT-8": received.at,
        "MDT-21": "SE",
        "MDT-38": {SIREN: seller.siren},
        "MDT-39": seller.name,
        "MDT-40": "SE",
        "MDT-57": {SIREN: buyer.siren},
        "MDT-58": buyer.name,
        "MDT-59": "BY",
        "MDT-73": buyer.endpoint,
        "MDT-73-1": DIRECTORY,
        "MDT-74": False,
        "MDT-77": 23,
        "MDT-78": received.at,
        "MDT-87": received.invoice,
        "MDT-91": "380",
        "MDT-100": received.issued_on,
        "MDT-105": "212",
        "MDT-106": "Encaissée",
        "MDT-129": {SIREN: seller.siren},
        "MDG-37": [status],
    }
