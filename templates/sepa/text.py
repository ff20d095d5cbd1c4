"""Texts and addresses as payment messages take them."""

import re
import unicodedata
from typing import Final

from text_unidecode import unidecode  # type: ignore[import-untyped]  # it carries no types

# What transliteration turns into characters outside the set, or into nonsense (sepaxml writes << for a guillemet).
_INSTEAD: Final = str.maketrans(
    {"&": "+", "_": "-", "@": "(at)", "€": "EUR", "«": "", "»": "", '"': "", "“": "", "”": "", "’": "'", "‘": "'"}
    | {"°": "o", "º": "o", "ª": "a", "–": "-", "—": "-", "…": "...", "!": ".", ";": ",", "*": ".", "#": "."}
)


def split_street(line: str) -> tuple[str, str]:
    """« 12 bis, rue de la République » in its number and its street; no number where there is none."""
    found = re.fullmatch(r"(\d{1,5}(?:\s?(?:bis|ter|quater|[A-H])\b)?)\s*,?\s+(\D.*)", line.strip(), re.IGNORECASE)
    return (found[1], found[2]) if found else ("", line.strip())


def epc_text(text: str, most: int) -> str:
    """A text in the Latin set of the EPC (EPC217-08), which every bank of the zone takes, cut to `most` characters.

    Letters of other scripts are transliterated.
    """
    latin: str = unidecode(unicodedata.normalize("NFC", text).translate(_INSTEAD))
    known = re.sub(r"[^A-Za-z0-9/\-?:().,'+ ]", " ", latin)
    return re.sub(r"/{2,}", "/", " ".join(known.split())).strip("/ ")[:most].rstrip("/ ")
