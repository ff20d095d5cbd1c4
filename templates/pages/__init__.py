"""The pages that people see: Jinja templates and their texts. French first, English second, no words in the code."""

from templates.french import Language
from templates.pages.rendering import Pages
from templates.pages.texts import Texts, texts_in

__all__ = ["Language", "Pages", "Texts", "texts_in"]
