"""A small library for tagged, archivable PDF: PDF/A-3b and PDF/UA-1 in one pass.

`canvas.TaggedCanvas` draws and marks, `fonts.Face` measures and embeds, `writer` makes the file, `xmp` and
`attachments` serve hybrid files such as Factur-X. Nothing here knows what a document says.
"""

from templates.pdf.attachments import Attachment
from templates.pdf.canvas import A4, Facts, TaggedCanvas
from templates.pdf.fonts import Face, MissingGlyphError
from templates.pdf.tags import Elem, attributes
from templates.pdf.xmp import Property, Schema, factur_x

__all__ = [
    "A4",
    "Attachment",
    "Elem",
    "Face",
    "Facts",
    "MissingGlyphError",
    "Property",
    "Schema",
    "TaggedCanvas",
    "attributes",
    "factur_x",
]
