"""What the assertions of the Matterhorn table look at: a file, its marks, elements, fonts and the codes in use."""

import functools
import io
import re
import warnings
from collections import defaultdict

import pikepdf
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

from tests.templates.check_tags import check

SHOWS, PAINTS = {"Tj", "TJ", "'", '"'}, {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*"}
UNICODE = re.compile(rb"<([0-9a-f]+)> <([0-9a-f]+)>")


class Font:
    """A font of the file with its program and the codes that texts use."""

    def __init__(self, font, codes):
        self.font, self.codes = font, codes
        self.wide = font.Subtype == Name.Type0
        self.inner = font.DescendantFonts[0] if self.wide else font
        self.descriptor = self.inner.FontDescriptor

    @functools.cached_property
    def program(self):
        return TTFont(io.BytesIO(self.descriptor.FontFile2.read_bytes()))

    @functools.cached_property
    def unicode(self):
        """Code to text, as ToUnicode says."""
        found = UNICODE.findall(self.font.ToUnicode.read_bytes())
        return {
            int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
            for code, text in found
            if len(code) == (4 if self.wide else 2) and code not in {b"00", b"0000"}
        }

    def glyph(self, code):
        """Number of the glyph that a code shows, nought for none."""
        if self.wide:
            return code if code < self.program["maxp"].numGlyphs else 0
        cmap = self.program["cmap"].tables[0].cmap
        return self.program.getGlyphID(cmap[0xF000 + code]) if 0xF000 + code in cmap else 0

    def width(self, code):
        """Width of a code, 1/1000 em, as the dictionary says."""
        if not self.wide:
            return float(self.font.Widths[code - int(self.font.FirstChar)])
        items = list(self.inner.W)
        return next((float(w[0]) for n, w in zip(items[::2], items[1::2], strict=True) if int(n) == code), 1000.0)

    def drawn_width(self, code):
        """Width of the same glyph as the program says."""
        program = self.program
        return program["hmtx"][program.getGlyphName(self.glyph(code))][0] * 1000 / program["head"].unitsPerEm


class Mark:
    """One run of marked content: its tag (or Artifact with its subtype), and whether it shows text or draws."""

    def __init__(self, tag, properties):
        self.tag, self.properties, self.text, self.paint = tag, properties, False, False


class Probe:
    """A document opened for questions."""

    def __init__(self, pdf, path, *, programs):
        path.write_bytes(pdf)
        self.path, self.raw, self.programs = path, pdf, programs
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            self.faults = check(path)[0]
        self.file = pikepdf.open(path)
        self.root, self.pages = self.file.Root, list(self.file.pages)
        self.marks = defaultdict(list)
        codes = defaultdict(set)
        for number, page in enumerate(self.pages):
            self._read(number, page, codes)
        self.fonts = [Font(font, codes[key]) for key, font in self._fonts().items()]
        self.elements = list(self._walk(self.root.StructTreeRoot.K, None))
        self.tags = {tag for tag, _, _ in self.elements}
        self.annotations = [note for page in self.pages for note in page.get("/Annots", [])]

    def close(self):
        self.file.close()

    def _fonts(self):
        return {font.objgen: font for page in self.pages for font in page.Resources.get("/Font", {}).values()}

    def _read(self, number, page, codes):
        stack, font = [], None
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            if name in {"BDC", "BMC"}:
                properties = operands[1] if len(operands) > 1 else Dictionary()
                stack.append(Mark(str(operands[0])[1:], properties))
                self.marks[number].append(stack[-1])
            elif name == "EMC":
                stack.pop()
            elif name == "Tf":
                font = page.Resources.Font[operands[0]]
            elif name in SHOWS:
                for mark in stack:
                    mark.text = True
                codes[font.objgen] |= set(_codes(operands[-1], wide=font.Subtype == Name.Type0))
            elif name in PAINTS:
                for mark in stack:
                    mark.paint = True

    def _walk(self, element, parent):
        if isinstance(element, Array):
            for kid in element:
                yield from self._walk(kid, parent)
        elif isinstance(element, Dictionary) and "/S" in element:
            tag = str(element.S)[1:]
            yield tag, element, parent
            yield from self._walk(element.get("/K", Array()), tag)


def _codes(operand, *, wide):
    shown = [item for item in operand if isinstance(item, pikepdf.String)] if isinstance(operand, Array) else [operand]
    for data in map(bytes, shown):
        yield from (int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)) if wide else data
