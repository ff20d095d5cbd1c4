"""The customer's identity: what the form, the mandate and the invoice cannot do without."""

import re
from collections.abc import Iterator
from typing import Final

from stdnum.eu import vat as eu_vat
from stdnum.fr import siren, siret, tva

from pipeline.proposal.models import Account, Address
from pipeline.rules.contact import is_email
from pipeline.rules.finding import Finding
from pipeline.rules.messages import finding, fix, listed

_EPJ: Final = re.compile(r"[0-9]{8}", re.ASCII)
_SIREN: Final = re.compile(r"[0-9]{9}", re.ASCII)
_SIRET: Final = re.compile(r"[0-9]{14}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_FRENCH_POSTCODE: Final = re.compile(r"[0-9]{5}", re.ASCII)


def account_findings(account: Account) -> Iterator[Finding]:
    """Everything about the customer but the signatory."""
    yield from epj_invalid(account)
    yield from email(account)
    yield from siren_invalid(account)
    yield from siret_invalid(account)
    yield from vat_number_invalid(account)
    yield from address_incomplete(account.address)


def epj_invalid(account: Account) -> Iterator[Finding]:
    """The EPJ number is on every bar code: 8 digits, leading zeros kept (DESIGN 2)."""
    if not _EPJ.fullmatch(account.epj):
        yield finding("account.epj_invalid", "account.epj")


def email(account: Account) -> Iterator[Finding]:
    """The copy of the contract goes to this address: a durable medium is owed to the customer (L221-9)."""
    if not account.email.strip():
        yield finding("account.email_missing", "account.email")
    elif not is_email(account.email):
        yield finding("account.email_invalid", "account.email")


def siren_invalid(account: Account) -> Iterator[Finding]:
    """The buyer's SIREN is mandatory in a domestic e-invoice (BR-FR-11) and addresses it (BR-FR-21)."""
    if account.address.country != "FR" and not account.siren:
        return
    if not account.siren:
        yield finding("account.siren_invalid", "account.siren", variant="missing")
    elif not has_siren(account):
        yield finding("account.siren_invalid", "account.siren")


def siret_invalid(account: Account) -> Iterator[Finding]:
    """A SIRET is 14 digits with a key, and begins with the SIREN (BR-FR-09); a customer may be known without one."""
    if not account.siret:
        return
    if not (_SIRET.fullmatch(account.siret) and siret.is_valid(account.siret)):
        yield finding("account.siret_invalid", "account.siret")
    elif has_siren(account) and not account.siret.startswith(account.siren):
        yield finding("account.siret_invalid", "account.siret", variant="other", siren=account.siren)


def vat_number_invalid(account: Account) -> Iterator[Finding]:
    """The VAT number is printed on the invoice (CGI ann. II 242 nonies A); a firm below the threshold has none.

    In France it is `FR`, a key of two characters and the SIREN (CGI 286 ter; key (12 + 3 x SIREN mod 97) mod 97), so
    the right one can be said whenever the SIREN is right.
    """
    number = account.vat_number
    if not number:
        return
    if account.address.country != "FR":
        known = number[:2].lower() in eu_vat.MEMBER_STATES
        if known and not eu_vat.is_valid(number):
            yield finding("account.vat_number_invalid", "account.vat_number")
    elif has_siren(account):
        right = expected_vat_number(account.siren)
        # Newer keys may hold letters: any valid key in front of this SIREN will do.
        if not (number.startswith("FR") and number.endswith(account.siren) and tva.is_valid(number)):
            yield finding(
                "account.vat_number_invalid",
                "account.vat_number",
                variant="expected",
                fix=fix("set_vat_number", right),
                right=right,
            )
    elif not tva.is_valid(number):
        yield finding("account.vat_number_invalid", "account.vat_number")


def address_incomplete(address: Address) -> Iterator[Finding]:
    """Addresses travel in their parts: unstructured ones are refused in SEPA since 15 November 2026 (EPC153-22)."""
    missing = [name for name in ("line1", "postal_code", "city") if not getattr(address, name).strip()]
    if address.country == "FR" and "postal_code" not in missing and not _FRENCH_POSTCODE.fullmatch(address.postal_code):
        missing.append("postal_code")
    if not _COUNTRY.fullmatch(address.country):
        missing.append("country")
    if missing:
        yield finding("account.address_incomplete", "account.address", missing=listed(missing))


def has_siren(account: Account) -> bool:
    """Whether the SIREN is there and right: 9 digits with a Luhn key."""
    return bool(_SIREN.fullmatch(account.siren)) and bool(siren.is_valid(account.siren))


def expected_vat_number(number: str) -> str:
    """The French VAT number of a valid SIREN, with its numeric key."""
    return f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}"
