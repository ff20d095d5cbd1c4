"""Turning a template and plain values into HTML: everything that people typed is escaped, always."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from templates.french import PARIS, Language, formats, typeset
from templates.pages.texts import texts_in


def _environment(
    language: Language, asset: Callable[[str], str], recorded: Callable[[str, Language], str]
) -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = formats(language)
    words = texts_in(language)
    for name in (
        "money", "amount", "price", "quantity", "percent", "date", "long_date", "instant", "time", "phone", "iban",
        "mask_email",
    ):  # fmt: skip
        environment.filters[name] = getattr(shown, name)
    environment.filters["typeset"] = typeset if language == "fr" else str
    environment.filters["unbroken"] = _unbroken
    environment.filters["day"] = lambda moment: shown.long_date(moment.astimezone(PARIS))
    environment.filters["short_day"] = lambda moment: shown.date(moment.astimezone(PARIS))
    environment.filters["short_moment"] = lambda moment: f"{shown.date(moment.astimezone(PARIS))} {shown.time(moment)}"
    environment.filters["recorded"] = lambda text: recorded(text, language)
    environment.globals.update(t=words, n=words.some, language=language, asset=asset)
    return environment


def _unbroken(number: str) -> str:
    """An order's or a mandate's number, which stays on one line: no break after its hyphens (UAX 14, WORD JOINER)."""
    return number.replace("-", "-\N{WORD JOINER}")


@dataclass(frozen=True)
class Pages:
    """Renders pages; `asset` gives the address of a static file, `recorded` what was kept in French in a language."""

    asset: Callable[[str], str]
    recorded: Callable[[str, Language], str]
    _environments: dict[Language, Environment] = field(default_factory=dict)

    def render(self, name: str, language: Language, values: Mapping[str, Any]) -> str:
        """The page `name` with `values`, in a language.

        Raises:
            jinja2.UndefinedError: the template asks for a value that was not given.
        """
        if language not in self._environments:
            self._environments[language] = _environment(language, self.asset, self.recorded)
        return self._environments[language].get_template(name).render(values)
