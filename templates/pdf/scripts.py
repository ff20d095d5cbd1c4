"""Texts beyond the house face: which fallback face draws what, and in which order the eye meets it.

Shaping is HarfBuzz's work and ordering python-bidi's (UAX #9); here a line is parted into stretches, each of which
knows the text that it stands for.
"""

import functools
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import bidi

from templates.pdf.wide import Glyph, Wide

EAST = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
KANA, HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\u1100-\u11ff\uac00-\ud7ff]")
RIGHT = re.compile(
    "[\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
RUN = re.compile(f"((?:{RIGHT.pattern}[\u200c\u200d\u0300-\u036f]*)+)")
JOINERS = "\u200c\u200d"
SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2"  # of class Cf, and yet they print
PICTURES = re.compile("[\u200d\U0001f000-\U0001faff]")
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
OPENING, CLOSING = "([{<«‹", ")]}>»›"
UNPRINTABLE = {"Cc", "Cs", "Co", "Cn"}


@dataclass(frozen=True, slots=True)
class Piece:
    """What one face draws: a text in the order of the eye for the house face, else shaped glyphs."""

    text: str
    wide: Wide | None = None
    glyphs: tuple[Glyph, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pieces from left to right, and the text that they stand for."""

    pieces: tuple[Piece, ...]
    told: str

    @property
    def mark(self) -> str:
        """The mark that opens the stretch in a content stream, naming the text.

        Signs that run from the right stand in the order of the eye, which is what readers of text expect, and say so
        (ISO 32000-1, 14.8.2.3.3). Of the others, those whose glyphs do not say the text one by one have an ActualText.
        `Told` is ours: by it the writer knows which glyphs a file needs.
        """
        if RIGHT.search(self.told):
            tag, key = "ReversedChars", "Told"
        else:
            plain = all(len(g.text) == 1 for piece in self.pieces for g in piece.glyphs)
            tag, key = "Span", "Told" if plain else "ActualText"
        return f"/{tag} <</{key} <feff{self.told.encode('utf-16-be').hex()}>>> BDC"


class Scripts:
    """The fallback faces of one weight: the first for all scripts but those of East Asia, the others for these."""

    def __init__(self, faces: Sequence[Wide], *, house: Collection[int]) -> None:
        """Takes the faces in the order: all scripts, Chinese, Japanese, Korean, others; and what the house draws."""
        self.main, self.east, self.house = faces[0], tuple(faces[1:]), house
        self.stretches = functools.lru_cache(2048)(self._stretches)
        self.draws = functools.lru_cache(4096)(self._draws)

    # -- what can be drawn -----------------------------------------------------------------------------------------

    def _draws(self, character: str) -> bool:
        if ord(character) in self.house:
            return True
        return unicodedata.category(character) not in UNPRINTABLE and any(
            face.draws(character) for face in (self.main, *self.east)
        )

    def clean(self, text: str) -> str:
        """The text without signs that print nothing; pictures that no face has are named: `[fusée]`."""
        if PICTURES.search(text) or not all(map(self.draws, text)):
            import emoji  # noqa: PLC0415  # reads its names at once, which most processes never need

            text = emoji.replace_emoji(text, self._picture)
        out = ""
        for c in SELECTORS.sub("", text):
            if c in JOINERS:
                out += c if out and unicodedata.category(out[-1])[0] in "LM" and ord(out[-1]) not in self.house else ""
            elif c in SIGNS or unicodedata.category(c) != "Cf":
                out += c
        return out.rstrip(JOINERS)

    def _picture(self, sign: str, _: object) -> str:
        """A picture: its drawing, without the colour of a skin, or its name."""
        bare = TONES.sub("", SELECTORS.sub("", sign)) or sign
        if len(bare) == 1 and self.draws(bare):
            return bare
        import emoji  # noqa: PLC0415  # see clean

        named = emoji.demojize(sign, language="fr", delimiters=("[", "]"))
        return sign if named == sign else named.replace("_", " ")

    # -- lines -----------------------------------------------------------------------------------------------------

    def width(self, text: str, advances: dict[str, int]) -> int:
        """Width of a clean line, 1/1000 em."""
        return sum(
            sum(g.advance for g in piece.glyphs) if piece.wide else sum(map(advances.__getitem__, piece.text))
            for stretch in self.stretches(text)
            for piece in stretch.pieces
        )

    def _stretches(self, line: str) -> tuple[Stretch, ...]:
        """A clean line from left to right. It runs from the right where it begins so, as most of its letters do.

        A figure or a word of ours before a name keeps its place on the left.
        """
        if not RIGHT.search(line):
            return tuple(self._forward(line))
        body = line.rstrip(" ")
        rights = len(RIGHT.findall(body))
        begins = RIGHT.match(body.lstrip(f" {OPENING}"))
        if begins and rights > sum(unicodedata.bidirectional(c) == "L" for c in body):
            return (self._backward(body), *self._forward(line[len(body) :]))
        out: list[Stretch] = []
        at = 0
        for start, end in _right_parts(body):
            out += self._forward(line[at:start])
            out.append(self._backward(line[start:end]))
            at = end
        return (*out, *self._forward(line[at:]))

    def _forward(self, text: str) -> list[Stretch]:
        """A text of one direction, left to right."""
        pieces = self._pieces(text, "ltr")
        return [Stretch((piece,), piece.text) for piece in pieces]

    def _backward(self, text: str) -> Stretch:
        """A text that runs from right to left, with whatever runs the other way inside it."""
        seen = _mirrored(str(bidi.get_display(text, base_dir="R")))
        pieces: list[Piece] = []
        for part in RUN.split(seen):
            if RIGHT.search(part):
                pieces += self._pieces(part[::-1], "rtl")[::-1]
            elif part:
                pieces += self._pieces(part, "ltr")
        return Stretch(tuple(pieces), text)

    def _pieces(self, text: str, direction: str) -> list[Piece]:
        """Parts a text by the faces that draw it; a letter and its marks stay together."""
        parts: list[tuple[Wide | None, str]] = []
        for sign in _signs(text):
            face = self._face(sign, text)
            if parts and parts[-1][0] is face:
                parts[-1] = (face, parts[-1][1] + sign)
            else:
                parts.append((face, sign))
        return [Piece(part, face, face.shape(part, direction) if face else ()) for face, part in parts]

    def _face(self, sign: str, text: str) -> Wide | None:
        if all(ord(c) in self.house for c in sign):
            return None
        order: tuple[Wide, ...] = (self.main, *self.east)
        if EAST.match(sign):
            first = 1 if KANA.search(text) else 2 if HANGUL.search(text) else 0
            order = (*self.east[first : first + 1], *self.east, self.main)
        printing = [c for c in sign if c not in JOINERS]
        whole = (face for face in order if all(map(face.draws, printing)))
        return next(whole, None) or next(face for face in order if any(map(face.draws, printing)))

    # -- files -----------------------------------------------------------------------------------------------------

    def fonts(self, told: Sequence[tuple[str, str]]) -> list[tuple[str, list[bytes]]]:
        """Resource names and objects of the fallback faces that draw these stretches, in the order of their names.

        Args:
            told: for each stretch, the resource named first and the text that it stands for.
        """
        faces = {face.resource: face for face in (self.main, *self.east)}
        used: dict[str, set[Glyph]] = {}
        for resource, text in told:
            if resource not in faces or not all(c in JOINERS or self.draws(c) for c in text):
                continue  # a name that looks like an operator, not one of ours
            if RIGHT.search(text):
                for piece in self._backward(text).pieces:
                    if piece.wide:
                        used.setdefault(piece.wide.resource, set()).update(piece.glyphs)
            else:
                used.setdefault(resource, set()).update(faces[resource].shape(text, "ltr"))
        return [(resource, faces[resource].bodies(used[resource])) for resource in sorted(used)]


def _right_parts(line: str) -> list[tuple[int, int]]:
    """Where a line that runs from the left turns: from a letter of the other direction to the last that follows it."""
    kinds = [unicodedata.bidirectional(c) for c in line]
    out: list[tuple[int, int]] = []
    i = 0
    while i < len(kinds):
        if kinds[i] not in {"R", "AL"}:
            i += 1
            continue
        end = i
        for j in range(i, len(kinds)):
            if kinds[j] == "L":
                break
            if kinds[j] in {"R", "AL", "AN", "EN", "NSM"}:
                end = j
        end = _closed(line, i, end + 1)
        out.append((i, end))
        i = end
    return out


def _closed(line: str, start: int, end: int) -> int:
    """The end, after the brackets that close those which the part opened (UAX #9, N0)."""
    while end < len(line):
        part = line[start:end]
        place = CLOSING.find(line[end])
        if place < 0 or part.count(OPENING[place]) <= part.count(CLOSING[place]):
            break
        end += 1
    return end


def _mirrored(seen: str) -> str:
    """A line in the order of the eye with its brackets turned where they run from the right (UAX #9, L4).

    A pair that runs from the right shows its closing bracket first.
    """
    out, stack = list(seen), list[int]()
    for i, c in enumerate(seen):
        if c in CLOSING and stack and seen[stack[-1]] == OPENING[CLOSING.index(c)]:
            stack.pop()  # opened before it is closed: it runs from the left
        elif c in OPENING and stack and seen[stack[-1]] == CLOSING[OPENING.index(c)]:
            j = stack.pop()
            out[i], out[j] = seen[j], c
        elif c in OPENING or c in CLOSING:
            stack.append(i)
    for i in stack:
        c = seen[i]
        out[i] = CLOSING[OPENING.index(c)] if c in OPENING else OPENING[CLOSING.index(c)]
    return "".join(out)


def _signs(text: str) -> list[str]:
    """Letters with the marks and joiners that follow them."""
    out: list[str] = []
    for c in text:
        if out and (c in JOINERS or unicodedata.category(c)[0] == "M"):
            out[-1] += c
        else:
            out.append(c)
    return out
