"""E-mail addresses and mobile numbers, checked without any network."""

from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from templates.french import formats

# A number typed with its leading 0 may belong to any part of the French numbering plan; the first that fits wins.
_FRENCH_REGIONS: Final = ("FR", "GP", "MQ", "RE", "GF", "YT", "PM")
# North America numbers its mobiles like its landlines: refusing what cannot be told apart would shut customers out.
_MOBILE_TYPES: Final = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def normal_phone(typed: str) -> str:
    """A number as E.164, whatever the way it was typed; what is no number comes back stripped."""
    for region in _FRENCH_REGIONS:
        try:
            number = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            return typed.strip()
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return typed.strip()


def is_mobile(number: str) -> bool:
    """Whether a number can receive the signing code by SMS."""
    try:
        parsed = phonenumbers.parse(normal_phone(number), "FR")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) in _MOBILE_TYPES


def shown_phone(number: str) -> str:
    """A number as its owner says it."""
    return formats("fr").phone(normal_phone(number))


def is_email(address: str) -> bool:
    """Whether an address is well formed and can be written to by any mail server (ASCII local part)."""
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    return True
