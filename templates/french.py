"""Money, dates, telephone numbers and accounts as a person reads them: in French, and in English on demand.

The French forms follow the CLDR locale data (thousands parted by U+202F, a no-break space before the euro sign), but
for one character: the minus is U+2212, as wide as a figure and said aloud by screen readers.
Telephone numbers and IBANs keep plain spaces, because people paste them into diallers and bank forms.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

import phonenumbers

Language = Literal["fr", "en"]

PARIS: Final = ZoneInfo("Europe/Paris")
NARROW: Final = "\u202f"
NO_BREAK: Final = "\u00a0"
MINUS: Final = "\u2212"
DOT: Final = "\u2022"
"""What stands for a figure that is not shown."""

_CENT: Final = Decimal("0.01")
_FRENCH_MONTHS: Final = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_ENGLISH_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# The overseas departments and collectivities inside the French numbering plan: dialled from anywhere in it with a 0.
_FRENCH_PLAN: Final = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF"})


@dataclass(frozen=True)
class Formats:
    """One language's way of writing values; obtain it with `formats(language)`."""

    language: Language
    percent_gap: str
    currency_first: bool
    months: tuple[str, ...]
    short_date: Callable[[dt.date], str]
    first_of_month: str
    instant_words: tuple[str, str]
    national_phones: bool

    def amount(self, value: Decimal) -> str:
        """A sum to the cent without its unit, for columns whose head names the euro."""
        return self._figures(_cents(value))

    def price(self, value: Decimal) -> str:
        """A unit price without its unit: cents at least, and all the decimals that it was agreed with."""
        return self.amount(value) if value == _cents(value) else self.quantity(value)

    def money(self, value: Decimal) -> str:
        """A sum in euros, rounded half up to the cent."""
        cents = _cents(value)
        if self.currency_first:
            sign = MINUS if cents < 0 else ""
            return f"{sign}€{self._figures(abs(cents))}"
        return f"{self._figures(cents)}{NO_BREAK}€"

    def quantity(self, value: Decimal | int) -> str:
        """A count or a measure, without the zeros that say nothing."""
        return self._figures(_shortest(Decimal(value)))

    def percent(self, value: Decimal) -> str:
        """A rate given in hundredths: `Decimal("5.50")` is five and a half per cent."""
        return f"{self._figures(_shortest(value))}{self.percent_gap}%"

    def date(self, value: dt.date) -> str:
        """A day in figures (in English with the month's short name, which no reader mistakes)."""
        return self.short_date(_day(value))

    def long_date(self, value: dt.date) -> str:
        """A day with its month in words."""
        value = _day(value)
        day = self.first_of_month if value.day == 1 else str(value.day)
        return f"{day}{NO_BREAK}{self.months[value.month - 1]}{NO_BREAK}{value.year}"

    def instant(self, value: dt.datetime) -> str:
        """A moment to the second in Europe/Paris, with the distance to UTC that removes every doubt.

        Raises:
            ValueError: the moment carries no time zone.
        """
        local = _in_paris(value)
        at, zone = self.instant_words
        return f"{self.short_date(local)} {at} {local:%H:%M:%S} ({zone}, {_utc_distance(local)})"

    def time(self, value: dt.datetime) -> str:
        """The hour and minute in Europe/Paris.

        Raises:
            ValueError: the moment carries no time zone.
        """
        return f"{_in_paris(value):%H:%M}"

    def phone(self, value: str) -> str:
        """A number in E.164 as its owner says it: nationally inside the French plan, internationally elsewhere.

        What is no telephone number is given back as it came, so that a document shows what was typed.
        """
        return _phone(value, self.national_phones)

    def iban(self, value: str) -> str:
        """An account in groups of four."""
        compact = "".join(value.split()).upper()
        return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))

    def mask_mobile(self, value: str) -> str:
        """A number of which the first group and the last two figures are shown."""
        return mask_mobile(value)

    def mask_email(self, value: str) -> str:
        """An address of which the first letter and the domain are shown."""
        return mask_email(value)

    def mask_iban(self, value: str) -> str:
        """An account of which the country and the last four characters are shown."""
        return mask_iban(value)

    def _figures(self, value: Decimal) -> str:
        text = f"{value:,f}"
        if self.language == "fr":
            text = text.replace(",", NARROW).replace(".", ",")
        return text.replace("-", MINUS)


def _cents(value: Decimal) -> Decimal:
    cents = value.quantize(_CENT, ROUND_HALF_UP)
    return cents or abs(cents)  # a debt of nothing has no sign


def _shortest(value: Decimal) -> Decimal:
    normal = value.normalize()
    exponent = normal.as_tuple().exponent
    normal = normal.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else normal
    return normal or abs(normal)


def _in_paris(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise ValueError("a moment that is shown must carry its time zone")
    return value.astimezone(PARIS)


def _day(value: dt.date) -> dt.date:
    """The day of a moment is the one that Paris has then; a day stays as it is."""
    return _in_paris(value) if isinstance(value, dt.datetime) else value


def _utc_distance(local: dt.datetime) -> str:
    offset = local.utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes >= 0 else MINUS}{hours}" + (f":{rest:02d}" if rest else "")


@lru_cache(maxsize=512)
def _phone(value: str, nationally: bool) -> str:
    try:
        number = phonenumbers.parse(value, "FR")
    except phonenumbers.NumberParseException:
        return value
    if not phonenumbers.is_possible_number(number):
        return value
    at_home = nationally and phonenumbers.region_code_for_number(number) in _FRENCH_PLAN
    kind = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, kind)


def mask_mobile(value: str) -> str:
    """`+33612345678` becomes « 06 •• •• •• 78 »: enough for its owner, nothing for anyone else."""
    first, *rest = phone(value).split(" ")
    shown = "".join(rest)
    if len(shown) < 4:
        return DOT * 8
    hidden = " ".join(DOT * len(group) for group in rest[:-1])
    last = DOT * (len(rest[-1]) - 2) + rest[-1][-2:]
    return " ".join(part for part in (first, hidden, last) if part)


def mask_email(value: str) -> str:
    """`helene@rose.example` becomes « h…@rose.example »."""
    local, at, domain = value.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else "…"


def mask_iban(value: str) -> str:
    """`FR7630006000011234567890189` becomes « FR•• •••• 0189 », whatever the length of the account."""
    compact = "".join(value.split()).upper()
    if len(compact) < 12:  # shorter than any IBAN: showing six characters would show too much
        return DOT * 8
    return f"{compact[:2]}{DOT * 2} {DOT * 4} {compact[-4:]}"


def typeset(text: str) -> str:
    """A French sentence as printers set it: the curved apostrophe, no break before : ; ! ? % € » nor after « and n°."""
    return re.sub(r" (?=[:;!?%€»])|(?<=[«°]) ", NO_BREAK, re.sub(r"(?<=\w)'(?=[\w{<«])", "’", text))


def _french_date(value: dt.date) -> str:
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def _english_date(value: dt.date) -> str:
    return f"{value.day}{NO_BREAK}{_ENGLISH_MONTHS[value.month - 1][:3]}{NO_BREAK}{value.year}"


FRENCH: Final = Formats(
    language="fr",
    percent_gap=NARROW,
    currency_first=False,
    months=_FRENCH_MONTHS,
    short_date=_french_date,
    first_of_month="1er",
    instant_words=("à", "heure de Paris"),
    national_phones=True,
)
ENGLISH: Final = Formats(
    language="en",
    percent_gap="",
    currency_first=True,
    months=_ENGLISH_MONTHS,
    short_date=_english_date,
    first_of_month="1",
    instant_words=("at", "Paris time"),
    national_phones=False,
)


@cache
def formats(language: Language) -> Formats:
    """The way of writing values in one language."""
    return ENGLISH if language == "en" else FRENCH


amount = FRENCH.amount
money = FRENCH.money
quantity = FRENCH.quantity
percent = FRENCH.percent
date = FRENCH.date
long_date = FRENCH.long_date
instant = FRENCH.instant
time = FRENCH.time
phone = FRENCH.phone
iban = FRENCH.iban
