"""General terms of sale, one text file per version: never edited once an order was signed with it, only followed.

A file holds one article per line: its title, a full stop, its text. They exist in French, the language of the contract.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

from templates.errors import TemplateError

CURRENT = "2026-11"
LANGUAGE = "fr-FR"


class UnknownTermsError(TemplateError):
    """A version of the general terms that is not kept here."""

    code = "template.unknown_terms"


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the terms."""

    title: str
    text: str


@functools.cache
def articles(version: str) -> tuple[Article, ...]:
    """The articles of a version such as `2026-11`, in order.

    Raises:
        UnknownTermsError: there is no such version.
    """
    path = Path(__file__).parent / "fr" / f"{version}.txt"
    if not version.replace("-", "").isalnum() or not path.is_file():
        raise UnknownTermsError(f"Il n'y a pas de conditions générales en version {version!r}.")
    lines = (line.partition(". ") for line in path.read_text("utf-8").splitlines() if line.strip())
    return tuple(Article(title, text) for title, _, text in lines)
