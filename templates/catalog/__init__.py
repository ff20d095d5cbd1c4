"""Every word that a document prints, one TOML file per document and language: `catalog/fr/order_form.toml`.

A file is a flat table of `key = "text"`; values go where `{name}` stands, as they are. English must have the same keys.
"""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path

from templates.errors import TemplateError

FOLDER = Path(__file__).parent


class UnknownTextError(TemplateError):
    """A document, language or key that no catalog has."""

    code = "template.unknown_text"


class Texts:
    """The texts of one document in one language: call it with a key and the values that the text asks for."""

    def __init__(self, name: str, entries: Mapping[str, str]) -> None:
        self.name, self.entries = name, entries

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key.

        Raises:
            UnknownTextError: the catalog has no such key, or the text asks for a value that was not given.
        """
        try:
            text = self.entries[key]
        except KeyError:
            raise UnknownTextError(f"Le catalogue {self.name} n'a pas de texte « {key} ».") from None
        try:
            return text.format_map(values) if "{" in text else text
        except KeyError as missing:
            raise UnknownTextError(f"Le texte « {key} » de {self.name} attend la valeur {missing}.") from None

    def __contains__(self, key: str) -> bool:
        return key in self.entries


@functools.cache
def texts(document: str, language: str) -> Texts:
    """The texts of a document (`order_form`) in a language (`fr`, `en`; `fr-FR` will do).

    Raises:
        UnknownTextError: there is no such catalog.
    """
    name = f"{language[:2]}/{document}"
    try:
        entries = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    except FileNotFoundError:
        raise UnknownTextError(f"Il n'y a pas de catalogue {name}.") from None
    return Texts(name, entries)
