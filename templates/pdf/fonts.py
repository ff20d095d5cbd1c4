"""TrueType faces cut into fixed 8-bit subsets, each cut and compressed at most once in a process.

The first subset holds ASCII, Latin-1 and the signs that French needs; the others share out, in code point order, all
else that the face can draw (Greek, Cyrillic, Vietnamese...), and enter a file only where a text needs them. As the
codes of a text never depend on what was drawn before, the same text is the same bytes in every document, and drawn
pieces can be kept. What no subset holds is left to fallback faces (see `scripts`), and what these lack is refused by
name: never an empty box.
"""

import functools
import io
import re
import unicodedata
import zlib
from collections.abc import Sequence
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

from templates.errors import TemplateError
from templates.pdf.scripts import JOINERS, Scripts
from templates.pdf.wide import Wide

FIRST = [*range(0x20, 0x7F), *range(0xA0, 0xAD), *range(0xAE, 0x100), *map(ord, "ŒœŸ€–—‘’‚“”„…•‰‹›\u202f→✓−≤≥≠·")]
SPACES = {0xA0: 0x20, 0x202F: 0x20}  # found by search, and copied, as the space that people type
NARROW = 170  # advance of U+202F, 1/1000 em: a gap that eyes see and readers of text take for a space
SAME_LOOK = {0x2010: "-", 0x2011: "-", 0x2007: "\u00a0", 0x2009: "\u202f", 0x200A: "\u202f", 0x9: " "}
OTHERS = "~"  # begins the resource name of every subset but the first
WIDE = "="  # begins the resource name of every fallback face
INVISIBLE = "Cf"  # joiners, direction marks, soft hyphen: they print nothing


class MissingGlyphError(TemplateError):
    """A text holds characters that no embedded font can draw, or control characters."""

    code = "template.missing_glyph"

    def __init__(self, characters: str) -> None:
        names = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'caractère de commande')}" for c in characters)
        super().__init__(f"Ces caractères ne peuvent pas être imprimés : {names}.")
        self.characters = characters


class Subset:
    """Up to 224 characters of a face, with codes from 32 on; the objects of the font in a file."""

    def __init__(self, face: "Face", number: int, points: list[int]) -> None:
        self.face, self.number, self.points = face, number, points
        self.resource = f"{OTHERS if number else ''}{face.key}{number}"
        codes = {p: chr(32 + i) for i, p in enumerate(points)}
        self.codes = {p: f"\\{c}" if c in "()\\" else c for p, c in codes.items()}

    @functools.cached_property
    def program(self) -> bytes:
        """The TrueType program: the glyphs of these characters, one symbol encoding (ISO 19005-3, 6.2.11.6)."""
        options = subset.Options(
            hinting=False, notdef_outline=True, layout_features=[], glyph_names=False, recalc_timestamp=False
        )
        options.drop_tables += ["name", "post", "OS/2", "GSUB", "GPOS", "GDEF", "BASE", "kern", "gasp", "DSIG", "FFTM"]
        font = TTFont(self.face.path, recalcTimestamp=False)
        for tag in set(options.drop_tables) & set(font.keys()):
            del font[tag]  # before the cut: else their thousands of rules are read to be thrown away
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=self.points)
        names = font.getBestCmap()
        cutter.subset(font)
        table = CmapSubtable.newSubtable(4)
        table.platformID, table.platEncID, table.language = 3, 0, 0
        table.cmap = {0xF000 + 32 + i: names[p] for i, p in enumerate(self.points)}
        cmap = newTable("cmap")
        cmap.tableVersion, cmap.tables = 0, [table]
        font["cmap"] = cmap
        if 0x202F in self.points:
            font["hmtx"][names[0x202F]] = (NARROW * font["head"].unitsPerEm // 1000, 0)
        out = io.BytesIO()
        font.save(out, reorderTables=True)
        return out.getvalue()

    @functools.cached_property
    def bodies(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Font, descriptor, program and character map; `%d` stands where an object number belongs."""
        face, program = self.face, self.program
        name = f"/{chr(65 + self.number)}SEING+{face.postscript}"
        widths = " ".join(str(face.advances[chr(p)]) for p in self.points)
        font = (
            f"<</Type/Font/Subtype/TrueType/BaseFont{name}/FirstChar 32/LastChar {31 + len(self.points)}"
            f"/Widths[{widths}]/FontDescriptor %d 0 R/ToUnicode %d 0 R>>"
        )
        descriptor = (
            f"<</Type/FontDescriptor/FontName{name}/Flags 4/FontBBox[{' '.join(map(str, face.bbox))}]/ItalicAngle 0"
            f"/Ascent {face.ascent}/Descent {face.descent}/CapHeight {face.cap_height}/StemV {face.stem}"
            "/FontFile2 %d 0 R>>"
        )
        packed, mapped = zlib.compress(program, 9), zlib.compress(self._unicode().encode(), 9)
        return (
            font.encode(),
            descriptor.encode(),
            b"<</Length1 %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream"
            % (len(program), len(packed), packed),
            b"<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (len(mapped), mapped),
        )

    def _unicode(self) -> str:
        """The map from codes to Unicode (9.10.3), at most 100 entries a block."""
        lines = [f"<{32 + i:02x}> <{SPACES.get(p, p):04x}>" for i, p in enumerate(self.points)]
        blocks = (lines[i : i + 100] for i in range(0, len(lines), 100))
        chars = "\n".join("\n".join([f"{len(b)} beginbfchar", *b, "endbfchar"]) for b in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            f"/CIDSystemInfo <</Registry (Seing) /Ordering ({self.resource}) /Supplement 0>> def\n"
            f"/CMapName /{self.resource} def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<00> <ff>\nendcodespacerange\n{chars}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
        )


class Face:
    """One weight of a family: metrics, and texts turned into the operators that show them."""

    def __init__(self, key: str, path: Path, *, stem: int, fallback: Sequence[Path] = ()) -> None:
        """Reads the face.

        Args:
            key: name of the font in page resources, before the subset's number (`R` gives `/R0`).
            path: a TrueType file.
            stem: usual thickness of vertical stems, 1/1000 em (an estimate will do).
            fallback: TrueType files for what the face lacks, in the order that `Scripts` asks for.
        """
        self.key, self.path, self.stem = key, path, stem
        with TTFont(path, lazy=True) as font:
            unit = 1000 / font["head"].unitsPerEm
            cmap, metrics, head, os2 = font.getBestCmap(), font["hmtx"], font["head"], font["OS/2"]
            self.advances: dict[str, int] = {chr(p): round(metrics[g][0] * unit) for p, g in cmap.items()}
            self.advances["\u202f"] = NARROW
            self.bbox = tuple(round(v * unit) for v in (head.xMin, head.yMin, head.xMax, head.yMax))
            self.ascent, self.descent = round(font["hhea"].ascent * unit), round(font["hhea"].descent * unit)
            self.cap_height = round(os2.sCapHeight * unit)
            self.postscript = font["name"].getDebugName(6)
        first = [p for p in FIRST if p in cmap]
        rest = sorted(set(cmap) - set(first) - set(SAME_LOOK))
        rest = [p for p in rest if p >= 0x20 and unicodedata.category(chr(p)) not in {"Cc", "Cf", "Co", "Cn"}]
        parts = [first, *(rest[i : i + 223] for i in range(0, len(rest), 223))]
        self.subsets = [Subset(self, n, points) for n, points in enumerate(parts)]
        self.where = {p: s for s in reversed(self.subsets) for p in s.points}
        self.first = _Strict(self.subsets[0].codes)
        self.plain = {"\n", *map(chr, first)}  # nothing to compose, to replace or to look for elsewhere
        wide = [Wide(f"{WIDE}{key}{n}", file, stem=stem) for n, file in enumerate(fallback)]
        self.scripts = Scripts(wide, house=self.where) if wide else None
        self._told = re.compile(rf"<</(?:ActualText|Told) <feff((?:[0-9a-f]{{4}})+)>>> BDC /({WIDE}{key}[0-9]+) ")

    def clean(self, text: str) -> str:
        """The text as it will be drawn: composed (NFC), invisible signs left out; line feeds stay.

        Raises:
            MissingGlyphError: a character cannot be drawn.
        """
        if self.plain.issuperset(text):
            return text
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).translate(SAME_LOOK)
        if text.replace("\n", "").translate(_Known(self.where)):
            text = (
                self.scripts.clean(text)
                if self.scripts
                else "".join(
                    c for c in text if c == "\n" or ord(c) in self.where or unicodedata.category(c) != INVISIBLE
                )
            )
            missing = sorted({c for c in text if c != "\n" and not self._draws(c)})
            if missing:
                raise MissingGlyphError("".join(missing))
        return text

    def _draws(self, character: str) -> bool:
        if ord(character) in self.where:
            return True
        return self.scripts is not None and (character in JOINERS or self.scripts.draws(character))

    def width(self, text: str) -> float:
        """Width of a clean text at a size of 1, without line feeds."""
        try:
            total: int = sum(map(self.advances.__getitem__, text))
        except KeyError:
            if self.scripts is None:
                raise
            total = self.scripts.width(text, self.advances)
        return total / 1000

    def show(self, text: str, size: float) -> str:
        """Operators that show a clean text, the first subset being current before and after."""
        try:
            return f"({text.translate(self.first)}) Tj"
        except _ElsewhereError:
            if self.scripts and not all(ord(c) in self.where for c in text):
                return self._foreign(self.scripts, text, size)
            return self._mixed(text, size)

    def _mixed(self, text: str, size: float) -> str:
        out, current, run = [], self.subsets[0], ""
        for c in text:
            home = current if ord(c) in current.codes else self.where[ord(c)]
            if home is not current:
                if run:
                    out.append(f"({run}) Tj")
                out.append(f"/{home.resource} {size:g} Tf")
                current, run = home, ""
            run += home.codes[ord(c)]
        out.append(f"({run}) Tj")
        if current is not self.subsets[0]:
            out.append(f"/{self.subsets[0].resource} {size:g} Tf")
        return " ".join(out)

    def _foreign(self, scripts: Scripts, text: str, size: float) -> str:
        """Shows a line that fallback faces help to draw; what they draw says which text it stands for."""
        out, home = [], f"/{self.subsets[0].resource} {size:g} Tf"
        for stretch in scripts.stretches(text):
            wides = [piece.wide for piece in stretch.pieces if piece.wide]
            if wides:
                # The fallback face is named at once: by this, `told` knows whose stretch it is.
                out.append(f"{stretch.mark} /{wides[0].resource} {size:g} Tf")
            for piece in stretch.pieces:
                if piece.wide:
                    out.append(f"/{piece.wide.resource} {size:g} Tf {piece.wide.operators(piece.glyphs, size)}")
                else:
                    out.append(f"{home} {self.show(piece.text, size)}")
            if wides:
                out.append(f"{home} EMC")
        return " ".join(out)

    def told(self, content: str) -> list[tuple[str, str]]:
        """The texts that a content stream shows with the help of fallback faces, each with the first of these."""
        found = self._told.findall(content)
        return [(resource, bytes.fromhex(text).decode("utf-16-be", "replace")) for text, resource in found]

    def used(self, content: str) -> list[Subset]:
        """The subsets that a content stream names beside the first, which every file has."""
        return [s for s in self.subsets[1:] if f"/{s.resource} " in content]


class _ElsewhereError(Exception):
    """A character of another subset (str.translate would take a LookupError as leave to keep the character)."""


class _Strict(dict[int, str]):
    """A translation table that knows its characters and no other."""

    def __missing__(self, point: int) -> str:
        raise _ElsewhereError(point)


class _Known:
    """A translation table that leaves only what is not known."""

    def __init__(self, known: dict[int, Subset]) -> None:
        self.known = known

    def __getitem__(self, point: int) -> str:
        return "" if point in self.known else chr(point)
