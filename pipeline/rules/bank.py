"""Bank accounts: the IBAN's check digits, the national key under it, the SEPA area, and which bank it is."""

from dataclasses import dataclass, field
from typing import Literal

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

IbanFault = Literal["missing", "invalid", "not_sepa"]


@dataclass(frozen=True)
class BankAccount:
    """An account that can be debited, as far as figures can tell: not that it exists, nor whose it is."""

    iban: str = field(repr=False)
    """Compact, upper case."""
    country: str
    bic: str
    """Empty where the bank's directory has none: it is optional since IBAN-only (Regulation 260/2012)."""
    bank_name: str

    @property
    def last4(self) -> str:
        """The four characters that may be shown."""
        return self.iban[-4:]


def normal_iban(typed: str) -> str:
    """An IBAN without spaces, hyphens or a leading « IBAN », in capitals."""
    compact = "".join(character for character in typed.upper() if character.isalnum())
    return compact.removeprefix("IBAN")


def bank_account(typed: str) -> BankAccount | IbanFault:
    """The account, or why it cannot be debited.

    Modulo 97 (ISO 13616) and the national key (in France the RIB key) are both checked: an IBAN computed from a
    mistyped account number passes the first alone.
    """
    compact = normal_iban(typed)
    if not compact:
        return "missing"
    try:
        iban = IBAN(compact, validate_bban=True)
    except SchwiftyException:
        return "invalid"
    if not iban.in_sepa_zone:
        return "not_sepa"
    return BankAccount(str(iban.compact), str(iban.country_code), str(iban.bic or ""), str(iban.bank_name or ""))
