"""The peer: the order form's untagged twin by platypus, as ReportLab's manual shows it (a Paragraph in each cell)."""

import io
from itertools import groupby

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from templates import brand

MARGIN = 40
WIDTH = A4[0] - 2 * MARGIN
GRID = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(brand.LINE)),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]
BARE = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]


class Code(Flowable):
    """A QR code of 80 points, a rectangle for each run of dark modules."""

    def __init__(self, text):
        super().__init__()
        self.rows = segno.make_qr(text, error="m", boost_error=False, mask=0).matrix
        self.width = self.height = 80

    def draw(self):
        module, high = 80 / len(self.rows), len(self.rows)
        for i, row in enumerate(self.rows):
            for dark, run in groupby(enumerate(row), key=lambda each: each[1]):
                at = [j for j, _ in run]
                if dark:
                    self.canv.rect(at[0] * module, (high - 1 - i) * module, len(at) * module, module, stroke=0, fill=1)


def _styles(accent):
    ink, soft = HexColor(brand.INK), HexColor(brand.SOFT)
    text = ParagraphStyle("text", fontName="R", fontSize=brand.TEXT, leading=12, textColor=ink)
    head = ParagraphStyle("h2", parent=text, fontName="B", fontSize=brand.HEAD, leading=18, textColor=HexColor(accent))
    return {
        "text": text,
        "soft": ParagraphStyle("soft", parent=text, textColor=soft),
        "strong": ParagraphStyle("strong", parent=text, fontName="B"),
        "large": ParagraphStyle("large", parent=text, fontName="B", fontSize=brand.LARGE, leading=28),
        "fine": ParagraphStyle("fine", parent=text, leading=10.8),
        "h1": ParagraphStyle("h1", parent=head, spaceAfter=4),
        "h2": ParagraphStyle("h2", parent=head, spaceBefore=12, spaceAfter=4),
        "h3": ParagraphStyle("h3", parent=text, fontName="B", spaceBefore=8),
        "right": ParagraphStyle("right", parent=text, alignment=2),
        "strong right": ParagraphStyle("strong right", parent=text, fontName="B", alignment=2),
    }


def prepare():
    """Registers the fonts, once."""
    for face, key in zip(brand.faces(), "RB", strict=True):
        pdfmetrics.registerFont(TTFont(key, str(face.path)))
    pdfmetrics.registerFontFamily("R", normal="R", bold="B", italic="R", boldItalic="B")


def _paragraph(text, style):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Paragraph(escaped.replace("\n", "<br/>"), style)


def _table(block, styles, width):
    _, widths, heads, rows, right = block
    data, grid = [[_paragraph(head, styles["soft"]) for head in heads]], list(GRID)
    for *given, strong in rows:
        cells = given
        if len(given) == 1 < len(widths):
            grid.append(("SPAN", (0, len(data)), (-1, len(data))))
            cells = given + [""] * (len(widths) - 1)
        names = ["strong" if strong else "text"] * len(cells)
        for i in right:
            names[i] = "strong right" if strong else "right"
        data.append([_paragraph(cell, styles[name]) for cell, name in zip(cells, names, strict=True)])
    scale = min(1.0, width / sum(widths))
    return Table(data, [w * scale for w in widths], repeatRows=1, style=TableStyle(grid), hAlign="LEFT")


def _story(blocks, styles, width):
    story = []
    for block in blocks:
        kind = block[0]
        if kind == "break":
            story.append(PageBreak())
        elif kind == "code":
            story.append(Code(block[1]))
        elif kind == "columns":
            cells = [[_story(column, styles, width / len(block[1]) - 6) for column in block[1]]]
            wide = width / len(block[1])
            story += [Spacer(1, 12), Table(cells, [wide] * len(block[1]), style=TableStyle(BARE))]
        elif kind == "table":
            story.append(_table(block, styles, width))
        elif kind == "pairs":
            data = [[_paragraph(k, styles["soft"]), _paragraph(v, styles["text"])] for k, v in block[1]]
            label = min(180, width * 0.35)
            story.append(Table(data, [label, width - label], style=TableStyle(GRID)))
        else:
            story.append(_paragraph(block[1], styles[kind]))
    return story


def render(content) -> bytes:
    """The twin of one outline."""
    styles = _styles(content["accent"])

    def furniture(canvas, document):
        canvas.setFillColor(HexColor(content["accent"]))
        canvas.circle(MARGIN + 10, A4[1] - 36, 10, stroke=0, fill=1)
        canvas.setFillColor(HexColor(brand.INK))
        canvas.setFont("B", brand.TEXT)
        canvas.drawString(MARGIN + 28, A4[1] - 39, content["brand"])
        canvas.setFont("R", brand.TEXT)
        canvas.drawRightString(A4[0] - MARGIN, A4[1] - 39, content["title"])
        canvas.drawString(MARGIN, 32, content["foot"])
        canvas.drawRightString(A4[0] - MARGIN, 32, f"Page {document.page}")

    out = io.BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=72,
        bottomMargin=64,
        title=content["title"],
    ).build(_story(content["blocks"], styles, WIDTH), onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()
