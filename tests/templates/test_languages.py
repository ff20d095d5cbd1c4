"""Every document in both languages: no word of the one left in the other but what people typed and the law."""

import re
import tomllib
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from inspect import signature
from pkgutil import iter_modules

import pytest

from templates import messages, terms
from templates.catalog import FOLDER
from templates.documents import (
    batch_cover,
    batch_slip,
    call_tracking_sheet,
    complaint_acknowledgement,
    evidence,
    invoice,
    order_form,
    prenotification,
    quote,
    slip,
)
from templates.french import typeset
from templates.pages import texts_in
from tests.templates.reading import words

DOCUMENTS = (
    batch_cover,
    batch_slip,
    call_tracking_sheet,
    complaint_acknowledgement,
    evidence,
    invoice,
    order_form,
    prenotification,
    quote,
    slip,
)
FRENCH = """
le la les un une des du au aux et ou où sont pour par sur dans avec sans ce cette ces ses leur vous votre vos nous notre
il elle qui que dont ne pas être avoir déjà été entre chez dès jusqu vendeur échéance échéances montant prix remise
règlement facture prélèvement rue février août décembre janvier avril juin juillet septembre octobre novembre lignes
reconduit nouveau modifié supprimé semaine jour jours heure courriel adresse nom
"""
ENGLISH = """
the of and is are for by with without this that these its your you our we it which not be been between to from customer
seller amount price discount debit january february april june july august september october december lines renewed new
cancelled week day days hour address name
"""


def texts(value):
    """Every text that a value holds: what somebody typed."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts(getattr(value, each.name))


def said(text):
    return {word.lower() for word in re.findall(r"[^\W\d_]{2,}", text)}


def in_language(module, language):
    data = module.SAMPLE
    if "language" in signature(module.render).parameters:
        return module.render(data, language=language), data
    if hasattr(data, "look"):
        data = replace(data, look=replace(data.look, language=language))
    else:
        data = replace(data, language=language)
    return module.render(data), data


@pytest.mark.parametrize("module", DOCUMENTS, ids=lambda module: module.__name__.rpartition(".")[2])
@pytest.mark.parametrize(("language", "foreign"), [("en", FRENCH), ("fr", ENGLISH)], ids=["en", "fr"])
def test_a_document_speaks_one_language(module, language, foreign):
    """No word of the other language but those of the data, of the general terms and of legal notes."""
    pdf, data = in_language(module, language)
    typed = said(" ".join(texts(data)))
    law = said(" ".join(f"{a.title} {a.text}" for a in terms.articles(terms.CURRENT))) if language == "en" else set()
    law = law if module in {order_form, quote} else set()

    assert said(words(pdf)) & set(foreign.split()) - typed - law == set()


@pytest.mark.parametrize("name", sorted(path.name for path in (FOLDER / "fr").glob("*.toml")))
@pytest.mark.parametrize(("language", "foreign"), [("en", FRENCH), ("fr", ENGLISH)], ids=["en", "fr"])
def test_a_catalog_speaks_one_language(name, language, foreign):
    """Every key exists in both languages, asks for the same values, and is written in one of them."""
    entries = {code: tomllib.loads((FOLDER / code / name).read_text("utf-8")) for code in ("fr", "en")}

    assert entries["fr"].keys() == entries["en"].keys()
    for key, text in entries[language].items():
        assert said(re.sub(r"\{\w+\}|“renoncer au contrat ici”", " ", text)) & set(foreign.split()) == set(), key
        asked = [set(re.findall(r"\{(\w+)\}", entries[code][key])) for code in ("fr", "en")]
        assert asked[0] == asked[1], key


FRENCH_SIGNS = re.compile(r"[ \w][:;!?](?=\s|$)|« | »|(?<=\w)'(?=\w)|n° ")


@pytest.mark.parametrize("name", sorted(path.name for path in (FOLDER / "fr").glob("*.toml")))
def test_french_is_set_as_printers_do(name):
    """No-break spaces before double signs and inside guillemets, the curved apostrophe, a number with its sign."""
    for key, text in tomllib.loads((FOLDER / "fr" / name).read_text("utf-8")).items():
        assert not FRENCH_SIGNS.search(text), key


def test_pages_and_messages_are_set_as_printers_do():
    """Whatever a keyboard wrote into their catalogs."""
    for key, text in texts_in("fr").entries.items():
        assert not FRENCH_SIGNS.search(text), key
    assert typeset("n'a : « l'œil » n° 3, 20 % ?") == ("n’a\u00a0: «\u00a0l’œil\u00a0» n°\u00a03, 20\u00a0%\u00a0?")


@pytest.mark.parametrize("name", sorted(module.name for module in iter_modules(messages.__path__)))
@pytest.mark.parametrize(("language", "foreign"), [("en", FRENCH), ("fr", ENGLISH)], ids=["en", "fr"])
def test_a_message_speaks_one_language(name, language, foreign):
    """Mails, text messages and voice calls alike."""
    module = import_module(f"templates.messages.{name}")
    for table in ("_WORDS", "_SENTENCES", "_SPOKEN"):
        written = " ".join(texts(getattr(module, table, {}).get(language, "")))
        assert said(re.sub(r"\{\w+\}", " ", written)) & set(foreign.split()) == set()
