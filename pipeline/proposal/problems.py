"""What is wrong with a file that cannot be read, in words, by place."""

from dataclasses import dataclass
from typing import Any, Final

from pipeline.errors import Unreadable

SHOWN_PROBLEMS: Final = 100
"""A file that is wrong everywhere is described by its first hundred faults: nobody reads the others."""

_SHOWN_CHARACTERS: Final = 40


@dataclass(frozen=True)
class Problem:
    """One reason why a file is refused; `path` is a JSON path, empty for the file as a whole."""

    path: str
    message_fr: str
    message_en: str

    @property
    def message(self) -> str:
        """The French sentence."""
        return self.message_fr

    def __str__(self) -> str:
        return f"{self.path} : {self.message_fr}" if self.path else self.message_fr


@dataclass(frozen=True)
class Note:
    """Something that was understood on reading although it was not written plainly; it stops nothing."""

    path: str
    message_fr: str
    message_en: str

    @property
    def message(self) -> str:
        """The French sentence."""
        return self.message_fr

    def __str__(self) -> str:
        return f"{self.path} : {self.message_fr}"


class ProposalUnreadable(Unreadable):
    """The file is no proposal: `problems` names every place at once, so that one exchange mends them all."""


WORDS: Final[dict[str, tuple[str, str]]] = {
    "too_big": (
        "le fichier dépasse {limit} Mo : il n'a pas été lu",
        "the file is larger than {limit} MB and was not read",
    ),
    "empty": ("le fichier est vide", "the file is empty"),
    "not_utf8": (
        "le fichier n'est pas en UTF-8 (octet {position})",
        "the file is not UTF-8 (byte {position})",
    ),
    "not_json": (
        "le fichier n'est pas du JSON : ligne {line}, colonne {column}",
        "the file is not JSON: line {line}, column {column}",
    ),
    "too_deep": ("le fichier est imbriqué trop profondément", "the file is nested too deeply"),
    "duplicate_key": ("le champ est écrit plusieurs fois", "the field is written more than once"),
    "json_float": (
        'nombre à virgule : écrivez-le entre guillemets, par exemple « "12.50" »',
        'decimal number: write it between quotes, such as "12.50"',
    ),
    "json_constant": ("{value} n'est pas une valeur de JSON", "{value} is not a JSON value"),
    "json_integer": ("nombre trop grand", "number too large"),
    "missing": ("champ obligatoire absent", "required field missing"),
    "extra_forbidden": ("champ inconnu", "unknown field"),
    "object": ("un objet est attendu", "an object is expected"),
    "list": ("une liste est attendue", "a list is expected"),
    "string_type": ("un texte est attendu", "a text is expected"),
    "int_type": ("un nombre entier est attendu", "an integer is expected"),
    "literal_error": ("valeur inconnue ; attendu : {expected}", "unknown value; expected: {expected}"),
    "string_too_short": ("le texte est vide", "the text is empty"),
    "string_too_long": ("plus de {max_length} caractères", "more than {max_length} characters"),
    "too_long": ("plus de {max_length} éléments", "more than {max_length} items"),
    "greater_than_equal": ("la valeur doit être au moins {ge}", "the value must be at least {ge}"),
    "less_than_equal": ("la valeur ne doit pas dépasser {le}", "the value must not exceed {le}"),
    "decimal_text": (
        'un nombre décimal entre guillemets est attendu, par exemple « "12.50" »',
        'a decimal number between quotes is expected, such as "12.50"',
    ),
    "decimal_places": ("plus de {places} décimales", "more than {places} decimals"),
    "decimal_digits": ("plus de {digits} chiffres avant la virgule", "more than {digits} figures before the point"),
    "date_text": (
        "une date est attendue sous la forme « AAAA-MM-JJ »",
        "a date is expected, written YYYY-MM-DD",
    ),
    "date_impossible": ("{value} n'est pas une date du calendrier", "{value} is not a date of the calendar"),
    "date_range": (
        "{value} : l'année doit être comprise entre 2000 et 2099",
        "{value}: the year must lie between 2000 and 2099",
    ),
    "control_character": (
        "caractère de contrôle ou invisible {character} en position {position}",
        "control or invisible character {character} at position {position}",
    ),
    "half_character": (
        "moitié de caractère Unicode en position {position}",
        "half of a Unicode character at position {position}",
    ),
    "identifier": ("seuls les caractères {allowed} sont admis", "only the characters {allowed} are allowed"),
    "repeated": ("élément répété : {value}", "repeated item: {value}"),
    "other": ("valeur refusée", "value refused"),
}
"""Sentences by kind of fault, French and English. Values are shown only where they cannot be personal data."""

_SAME: Final = {
    "model_type": "object",
    "model_attributes_type": "object",
    "dict_type": "object",
    "tuple_type": "list",
    "list_type": "list",
    "int_from_float": "int_type",
    "int_parsing": "int_type",
    "string_unicode": "half_character",
}


def problem(kind: str, path: str, **facts: Any) -> Problem:
    """The fault of one kind at one place; a kind without words of its own is « valeur refusée »."""
    kind = _SAME.get(kind, kind)
    french, english = WORDS.get(kind, WORDS["other"])
    shown = {name: shorten(value) for name, value in facts.items()}
    if "expected" in shown:  # pydantic writes a Literal as 'a', 'b' or 'c'
        shown["expected"] = shown["expected"].replace("'", "").replace(" or ", ", ")
    try:
        return Problem(path, french.format(**shown), english.format(**shown))
    except KeyError:
        return Problem(path, *WORDS["other"])


def shorten(value: object) -> str:
    """A value of the file as a message may show it: printable and short."""
    text = "".join(character if character.isprintable() else "?" for character in str(value))
    return text if len(text) <= _SHOWN_CHARACTERS * 4 else f"{text[:_SHOWN_CHARACTERS]}…"
