"""Labels and their values, in one or more columns: a table whose row heads are the labels."""

from collections.abc import Sequence

from templates import brand
from templates.layout.block import Block, Pen
from templates.layout.text import SMALL, SMALL_SOFT, Style, Text
from templates.pdf import Elem, attributes


class Pairs(Block):
    """A list of (label, value): read as a table of two columns, drawn without lines."""

    def __init__(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        width: float,
        label: float = 96.0,
        style: Style = SMALL,
        label_style: Style = SMALL_SOFT,
        gap: float = 2.0,
        before: float = 0.0,
        ruled: bool = False,
    ) -> None:
        """Measures the pairs.

        Args:
            pairs: label and value; a value may hold several lines.
            width: the measure of both, in points.
            label: width of the labels.
            style: of the values.
            label_style: of the labels.
            gap: between two pairs; with `ruled`, above and below each hairline.
            before: space above.
            ruled: draw hairlines between the pairs.
        """
        self.width, self.label, self.before, self.ruled = width, label, before, ruled
        self.gap = gap
        self.rows = [
            (Text(key, label_style, width=label - brand.STEP), Text(value, style, width=width - label))
            for key, value in pairs
        ]
        step = 2 * gap if ruled else gap
        self.heights = [max(k.height, v.height) + step for k, v in self.rows]
        self.height = sum(self.heights)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws them in one Table, labels as row heads."""
        canvas = pen.canvas
        canvas.begin(Elem("Table"))
        for (key, value), height in zip(self.rows, self.heights, strict=True):
            canvas.begin(Elem("TR"))
            inside = top - (self.gap if self.ruled else 0.0)
            # Small labels sit on the base line of larger values.
            drop = max(
                0.0, (value.style.leading - key.style.leading) * 0.5 + (value.style.size - key.style.size) * 0.33
            )
            canvas.put("TH", key.operators(pen, x, inside - drop), attributes(scope="Row"))
            canvas.put("TD", value.operators(pen, x + self.label, inside))
            canvas.end()
            top -= height
            if self.ruled:
                pen.rule(x, top, self.width)
        canvas.end()
