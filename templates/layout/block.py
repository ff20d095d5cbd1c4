"""What a page is filled with: blocks that know their height before they are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from templates import brand
from templates.pdf import Elem, TaggedCanvas


@dataclass(slots=True)
class Pen:
    """The canvas, with what is spared to readers collected until the page ends (one mark for all of it).

    `style` is the one of the text drawn last on this page: a viewer keeps its font and colour, so that the next text in
    it need not name them. Drawings between texts keep their colours to themselves (q and Q).
    """

    canvas: TaggedCanvas
    beneath: list[str] = field(default_factory=list)
    elements: dict[object, Elem] = field(default_factory=dict)
    style: object = None

    def turn_page(self) -> None:
        """What was collected is drawn; the next page begins without a style."""
        self.beneath.clear()
        self.style = None

    def element(self, key: object, tag: str, extra: str = "") -> Elem:
        """The element that the parts of a cut block share in this document; blocks themselves never change."""
        found = self.elements.get(key)
        if found is None:
            found = self.elements[key] = Elem(tag, extra)
        return found

    def rule(self, x: float, y: float, length: float, *, colour: str = brand.LINE, weight: float = 0.5) -> None:
        """A horizontal hairline."""
        self.beneath.append(f"{brand.colour(colour)} RG {weight:g} w {x:.2f} {y:.2f} m {x + length:.2f} {y:.2f} l S")

    def fill(self, x: float, y: float, width: float, height: float, *, colour: str = brand.WASH) -> None:
        """A background, `y` being its lower edge."""
        self.beneath.append(f"{brand.colour(colour)} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def shape(self, operators: str) -> None:
        """Any drawing that says nothing more than the text beside it."""
        self.beneath.append(operators)


class Block:
    """A piece of a page.

    Attributes:
        height: points, without `before`.
        before: space above, dropped at the top of a page.
        keep: stays on the page of what follows.
    """

    height: float = 0.0
    before: float = 0.0
    keep: bool = False

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws the block with its upper left corner at that place (PDF coordinates)."""
        raise NotImplementedError

    def least(self) -> float:
        """Height of the smallest first part that may stand at the foot of a page."""
        return self.height

    def split(self, room: float) -> "tuple[Block, Block] | None":  # noqa: ARG002  # those that can, do
        """Two blocks, the first at most `room` high; nothing when it cannot be cut there."""
        return None


class Space(Block):
    """Empty height; none at the top of a page."""

    def __init__(self, height: float) -> None:
        self.before = height

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Nothing."""


class Rule(Block):
    """A hairline over the measure."""

    def __init__(
        self, width: float, *, before: float = brand.STEP, after: float = brand.STEP, colour: str = brand.LINE
    ) -> None:
        self.width, self.before, self.height, self.colour = width, before, after, colour

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """The line."""
        pen.rule(x, top, self.width, colour=self.colour)


class Stack(Block):
    """Blocks kept together, one under the other."""

    def __init__(self, blocks: Sequence[Block], *, before: float | None = None, keep: bool = False) -> None:
        self.blocks, self.keep = blocks, keep
        self.before = (blocks[0].before if blocks else 0.0) if before is None else before
        self.height = sum(b.height for b in blocks) + sum(b.before for b in blocks[1:])

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws them all."""
        for i, block in enumerate(self.blocks):
            top -= block.before if i else 0.0
            block.draw(pen, x, top)
            top -= block.height


class Columns(Block):
    """Stacks side by side, each `(offset from the left, blocks)`; read one after the other."""

    def __init__(self, columns: Sequence[tuple[float, Sequence[Block]]], *, before: float = 0.0) -> None:
        self.columns = [(offset, Stack(blocks)) for offset, blocks in columns]
        self.before = before
        self.height = max((stack.height for _, stack in self.columns), default=0.0)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws one column after the other."""
        for offset, stack in self.columns:
            stack.draw(pen, x + offset, top)


class Panel(Block):
    """A block between two hairlines, the upper one in the accent colour: where a decision is made."""

    def __init__(
        self, inner: Block, *, width: float, accent: str, pad: float = 2 * brand.STEP, before: float = 0.0
    ) -> None:
        self.inner, self.width, self.accent, self.pad, self.before = inner, width, accent, pad, before
        self.height = inner.height + 2 * pad

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """The lines, then what lies between them."""
        pen.rule(x, top, self.width, colour=self.accent, weight=1.5)
        pen.rule(x, top - self.height, self.width)
        self.inner.draw(pen, x, top - self.pad)
