"""The kinds of value a proposal is made of: exact decimals, calendar days, plain text. Nothing is guessed."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticCustomError

_DECIMAL: Final = re.compile(r"-?(?P<whole>[0-9]+)(?:\.(?P<fraction>[0-9]+))?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_WHOLE_DIGITS: Final = 9
_BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Characters that reorder or hide others: a contract must read as it is stored."""


class Strict(BaseModel):
    """Base of everything read from outside: no unknown field, no silent conversion, no change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


def decimal_text(value: Decimal, at_least: int) -> str:
    """A decimal in plain figures with at least so many decimals: the same value always gives the same text."""
    exact = value.normalize()
    exponent = exact.as_tuple().exponent
    decimals = max(at_least, -exponent if isinstance(exponent, int) else 0)
    return f"{exact or Decimal(0):.{decimals}f}"


def _read_decimal(places: int) -> Callable[[object], Decimal]:
    def read(value: object) -> Decimal:
        if isinstance(value, Decimal):
            value = f"{value:f}"
        found = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise PydanticCustomError("decimal_text", "decimal text expected")
        if len(found["fraction"] or "") > places:
            raise PydanticCustomError("decimal_places", "too many decimals", {"places": places})
        if len(found["whole"].lstrip("0")) > _WHOLE_DIGITS:
            raise PydanticCustomError("decimal_digits", "too large", {"digits": _WHOLE_DIGITS})
        return Decimal(found[0])

    return read


def _read_date(value: object) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        day = value
    elif isinstance(value, str) and _DATE.fullmatch(value):
        try:
            day = dt.date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("date_impossible", "no such day", {"value": value}) from error
    else:
        raise PydanticCustomError("date_text", "date expected")
    if not 2000 <= day.year <= 2099:
        raise PydanticCustomError("date_range", "year out of range", {"value": day.isoformat()})
    return day


def hides_something(character: str) -> bool:
    """Whether it is no letter but an order to whoever shows the text: to stop, to break the line, to turn round."""
    # U+2028 and U+2029 (Zl, Zp) break lines in some readers and not in others.
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"} or character in _BIDI_CONTROLS


def _plain(value: str, allowed: str) -> str:
    for position, character in enumerate(value, start=1):
        if unicodedata.category(character) == "Cs":
            raise PydanticCustomError("half_character", "lone surrogate", {"position": position})
        if hides_something(character) and character not in allowed:
            facts = {"character": f"U+{ord(character):04X}", "position": position}
            raise PydanticCustomError("control_character", "control character", facts)
    # One form for accents (NFC): the ordering system writes both, and fonts and hashes know one.
    return unicodedata.normalize("NFC", value)


def _one_line(value: object) -> object:
    return _plain(value, allowed="") if isinstance(value, str) else value


def _lines(value: object) -> object:
    return _plain(value.replace("\r\n", "\n"), allowed="\n\t") if isinstance(value, str) else value


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._/-]+", value):
        raise PydanticCustomError("identifier", "identifier expected", {"allowed": "A-Z a-z 0-9 . _ / -"})
    return value


def _decimal_json(at_least: int) -> PlainSerializer:
    def write(value: Decimal) -> str:
        return decimal_text(value, at_least)

    return PlainSerializer(write, return_type=str, when_used="json")


Day = Annotated[dt.date, BeforeValidator(_read_date)]
"""A day, written `2027-01-31`."""
Price = Annotated[Decimal, BeforeValidator(_read_decimal(6)), _decimal_json(2)]
"""Euros before tax, up to 6 decimals (BR-FR-DEC-02)."""
Cents = Annotated[Decimal, BeforeValidator(_read_decimal(2)), _decimal_json(2)]
"""Euros to the cent."""
Percent = Annotated[Decimal, BeforeValidator(_read_decimal(4)), _decimal_json(2)]
"""Hundredths, up to 4 decimals."""
Rate = Annotated[Decimal, BeforeValidator(_read_decimal(2)), _decimal_json(2)]
"""A VAT rate in hundredths, at most 2 decimals (BR-FR-DEC-04)."""
Text = Annotated[str, Field(max_length=200), BeforeValidator(_one_line)]
"""One line of words, possibly empty."""
Name = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_one_line)]
"""One line of words that must be there."""
LongText = Annotated[str, Field(max_length=5000), BeforeValidator(_lines)]
"""Words on several lines."""
Code = Annotated[str, Field(max_length=40), BeforeValidator(_one_line)]
"""A short code, a number with its leading zeros, possibly empty."""
Identifier = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_identifier)]
"""A reference that travels in file names and addresses."""
