"""The words of the pages, by key: one TOML file per language, the same keys in each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from templates.french import Language, typeset


@dataclass(frozen=True)
class Texts:
    """One language. A key is a path with dots; a missing key raises, so that no page shows half a sentence."""

    language: Language
    entries: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """The text under `key`, with `values` in its braces.

        Raises:
            KeyError: no such text.
        """
        return self.entries[key].format(**values)

    def some(self, key: str, count: int, /, **values: object) -> str:
        """The singular (`key.one`) or plural (`key.many`) text: French counts 0 and 1 as singular, English only 1."""
        single = count in (0, 1) if self.language == "fr" else count == 1
        return self.entries[f"{key}.{'one' if single else 'many'}"].format(count=count, **values)

    def has(self, key: str) -> bool:
        """Whether there is a text under `key`."""
        return key in self.entries


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = str(value)
    return found


@cache
def texts_in(language: Language) -> Texts:
    """The words of one language, read once per process."""
    source = (files("templates.pages") / "catalog" / f"{language}.toml").read_text("utf-8")
    entries = _flat(tomllib.loads(source))
    if language == "fr":
        entries = {key: typeset(text) for key, text in entries.items()}
    return Texts(language, entries)
