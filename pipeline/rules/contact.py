"""E-mail addresses and mobile numbers, checked without any network."""

import re
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from templates.french import formats

# A number typed with its leading 0 may belong to any part of the French numbering plan; the first that fits wins.
_FRENCH_REGIONS: Final = ("FR", "GP", "MQ", "RE", "GF", "YT", "PM")
# North America numbers its mobiles like its landlines: refusing what cannot be told apart would shut customers out.
_MOBILE_TYPES: Final = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


# ARCEP's plan gives every 06 and 07 number to mobiles, those not yet handed out included; the library knows only the
# blocks handed out when it was made. The prefixes left aside belong to overseas mobiles, under codes of their own.
_FRENCH_MOBILE: Final = re.compile(r"(?!639|69[0-467])[67][0-9]{8}", re.ASCII)


def normal_phone(typed: str) -> str:
    """A number as E.164, whatever the way it was typed; what is no number comes back stripped."""
    number = _parsed(typed)
    if number is None:
        return typed.strip()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_mobile(number: str) -> bool:
    """Whether a number can receive the signing code by SMS."""
    parsed = _parsed(number)
    return parsed is not None and (_is_french_mobile(parsed) or phonenumbers.number_type(parsed) in _MOBILE_TYPES)


def _parsed(typed: str) -> phonenumbers.PhoneNumber | None:
    for region in _FRENCH_REGIONS:
        try:
            number = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            return None
        if phonenumbers.is_valid_number(number) or _is_french_mobile(number):
            return number
    return None


def _is_french_mobile(number: phonenumbers.PhoneNumber) -> bool:
    return number.country_code == 33 and bool(_FRENCH_MOBILE.fullmatch(str(number.national_number)))


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
