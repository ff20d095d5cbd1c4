"""The general terms: laid out once in a process, drawn again in every document."""

import functools

from templates import brand, terms
from templates.catalog import Texts
from templates.documents.parts import Hand
from templates.french import typeset
from templates.layout import FINE, FINE_STRONG, SMALL_SOFT, WIDTH, Newspaper, Text

GAP = 24.0


def add(hand: Hand, version: str) -> None:
    """Adds them, from the top of a page.

    Raises:
        UnknownTermsError: the version is not known.
    """
    flow, t = hand.flow, hand.texts
    flow.page_break()
    flow.heading(2, t("terms"))
    flow.text(t("terms_intro", version=version, count=len(terms.articles(version))), SMALL_SOFT)
    if flow.facts.language != terms.LANGUAGE:
        flow.text(t("terms_french"), SMALL_SOFT)
    flow.add(_columns(version, t, "" if flow.facts.language == terms.LANGUAGE else terms.LANGUAGE))


@functools.lru_cache(16)
def _columns(version: str, t: Texts, lang: str) -> Newspaper:
    width = Newspaper.column_width(2, WIDTH, GAP)
    blocks = []
    for n, article in enumerate(terms.articles(version), 1):
        title = t("terms_article", n=n, title=typeset(article.title))
        blocks.append(Text(title, FINE_STRONG, width=width, tag="H3", before=brand.STEP, keep=True, lang=lang))
        blocks.append(Text(typeset(article.text), FINE, width=width, lang=lang))
    return Newspaper(blocks, count=2, width=WIDTH, gap=GAP, before=brand.STEP)
