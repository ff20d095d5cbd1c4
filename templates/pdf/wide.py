"""Fallback faces: whole TrueType files whose glyphs are shaped by HarfBuzz and shown by their own numbers.

A code is two bytes, the number of the glyph in its file, so that the same text is the same operators in every
document; what enters the file is cut from the face when the document is written (Type 0 font, CIDFontType2).
"""

import functools
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import uharfbuzz as hb
from fontTools.ttLib import TTFont

LANGUAGE = "fr"  # HarfBuzz would ask the machine's locale, and draw otherwise on another machine
TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "name", "post", "OS/2", "cmap", "DSIG", "FFTM", "meta", "gasp", "kern")
NOTHING = "\u200b"  # what a glyph says whose neighbour has said it all; PDF/UA-1 (7.21.7) wants some character
FLAGS = hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE


@dataclass(frozen=True, slots=True)
class Glyph:
    """A shaped glyph, measured in 1/1000 em: its number, how far the pen goes on, its shift, the text it stands for.

    Where several glyphs stand for one text, the first of them has it.
    """

    number: int
    advance: int
    right: int
    up: int
    width: int
    text: str


class Wide:
    """One fallback face. `resource` is its name in the resources of a page."""

    def __init__(self, resource: str, path: Path, *, stem: int) -> None:
        self.resource, self.path, self.stem = resource, path, stem
        self.shape = functools.lru_cache(2048)(self._shape)

    @functools.cached_property
    def font(self) -> hb.Font:
        """The face, mapped into memory when first needed."""
        font = hb.Font(hb.Face(hb.Blob.from_file_path(str(self.path))))
        font.scale = (1000, 1000)
        return font

    def draws(self, character: str) -> bool:
        """Whether the face has a glyph for this character."""
        return self.font.get_nominal_glyph(ord(character)) is not None

    def _shape(self, text: str, direction: str) -> tuple[Glyph, ...]:
        """The glyphs of a text of one direction, `ltr` or `rtl`, from left to right as the eye sees them."""
        buffer = hb.Buffer()
        buffer.add_codepoints([ord(c) for c in text])
        buffer.direction, buffer.language = direction, LANGUAGE
        buffer.guess_segment_properties()
        buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
        buffer.flags = hb.BufferFlags.DO_NOT_INSERT_DOTTED_CIRCLE | hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
        hb.shape(self.font, buffer)
        starts = sorted({info.cluster for info in buffer.glyph_infos})
        texts = {a: text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)}
        return tuple(
            Glyph(
                info.codepoint,
                place.x_advance,
                place.x_offset,
                place.y_offset,
                self.font.get_glyph_h_advance(info.codepoint),
                texts.pop(info.cluster, ""),
            )
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
        )

    def operators(self, glyphs: Iterable[Glyph], size: float) -> str:
        """Operators that show shaped glyphs, the face being current; they leave the text rise at nought."""
        out: list[str] = []
        line: list[str] = []
        rise = 0
        owed = 0  # how far the pen stands right of where it belongs
        for glyph in glyphs:
            if glyph.up != rise:
                out += [f"[{''.join(line)}] TJ"] if line else []
                out.append(f"{glyph.up * size / 1000:.3g} Ts")
                line, rise = [], glyph.up
            shift = owed - glyph.right
            line.append(f"{shift}" if shift else "")
            line.append(f"<{glyph.number:04x}>")
            owed = glyph.width - glyph.advance + glyph.right
        line.append(f"{owed}" if owed else "")
        out.append(f"[{''.join(line)}] TJ")
        return " ".join([*out, "0 Ts"] if rise else out)

    def bodies(self, glyphs: Iterable[Glyph]) -> list[bytes]:
        """The objects that embed these glyphs: font, descendant, descriptor, program, map to Unicode.

        `%d` stands where the number of an object belongs: descendant and map in the font, then what follows each.
        """
        used = {g.number: g for g in sorted(glyphs, key=lambda g: (g.number, len(g.text), g.text))}
        wanted = hb.SubsetInput()
        wanted.sets(hb.SubsetInputSets.GLYPH_INDEX).update(used)
        wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(
            int.from_bytes(tag.ljust(4).encode(), "big") for tag in TABLES
        )
        wanted.flags = FLAGS
        program = hb.subset(self.font.face, wanted).blob.data
        name, box, ascent, descent, capital = self._facts
        name = f"/SEINGW+{name}"
        widths = "".join(f"{number}[{used[number].width}]" for number in sorted(used))
        packed, mapped = zlib.compress(program, 9), zlib.compress(self._unicode(used).encode(), 9)
        return [
            f"<</Type/Font/Subtype/Type0/BaseFont{name}/Encoding/Identity-H/DescendantFonts[%d 0 R]"
            "/ToUnicode %d 0 R>>".encode(),
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont{name}/CIDToGIDMap/Identity/DW 1000/W[{widths}]"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R>>".encode(),
            f"<</Type/FontDescriptor/FontName{name}/Flags 4/FontBBox[{box}]/ItalicAngle 0/Ascent {ascent}"
            f"/Descent {descent}/CapHeight {capital}/StemV {self.stem}/FontFile2 %d 0 R>>".encode(),
            b"<</Length1 %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream"
            % (len(program), len(packed), packed),
            b"<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (len(mapped), mapped),
        ]

    @functools.cached_property
    def _facts(self) -> tuple[str, str, int, int, int]:
        with TTFont(self.path, lazy=True) as font:
            unit = 1000 / font["head"].unitsPerEm
            head, across, os2 = font["head"], font["hhea"], font["OS/2"]
            box = " ".join(str(round(v * unit)) for v in (head.xMin, head.yMin, head.xMax, head.yMax))
            heights = (round(v * unit) for v in (across.ascent, across.descent, os2.sCapHeight))
            return (font["name"].getDebugName(6), box, *heights)

    def _unicode(self, used: dict[int, Glyph]) -> str:
        """The map from codes to Unicode (9.10.3), at most 100 entries a block."""
        lines = [f"<{n:04x}> <{(used[n].text or NOTHING).encode('utf-16-be').hex()}>" for n in sorted(used)]
        blocks = (lines[i : i + 100] for i in range(0, len(lines), 100))
        chars = "\n".join("\n".join([f"{len(b)} beginbfchar", *b, "endbfchar"]) for b in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            f"/CIDSystemInfo <</Registry (Seing) /Ordering ({self.resource}) /Supplement 0>> def\n"
            f"/CMapName /{self.resource} def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{chars}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
        )
