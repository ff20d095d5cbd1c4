"""Text in narrow columns, over as many pages as it needs: the general terms."""

from collections.abc import Sequence

from templates import brand
from templates.layout.block import Block, Pen

Column = list[tuple[Block, float]]


class Newspaper(Block):
    """Blocks that run down one column after the other; on their last page the columns are balanced."""

    def __init__(self, blocks: Sequence[Block], *, count: int, width: float, gap: float, before: float = 0.0) -> None:
        """Takes blocks laid out for `column_width(count, width, gap)`."""
        self.blocks, self.count, self.width, self.gap, self.before = tuple(blocks), count, width, gap, before
        self._splits: dict[float, tuple[Block, Block] | None] = {}
        self._columns = self._balanced()

    @staticmethod
    def column_width(count: int, width: float, gap: float) -> float:
        """The measure of one of `count` columns."""
        return (width - gap * (count - 1)) / count

    def _fill(self, room: float) -> tuple[list[Column], list[Block]]:
        queue, columns = list(reversed(self.blocks)), []
        for _ in range(self.count):
            column: Column = []
            at = 0.0
            while queue:
                block = queue.pop()
                before = block.before if column else 0.0
                need = before + block.height
                if block.keep and queue:
                    need += queue[-1].before + queue[-1].least()
                if at + need <= room + 0.01:
                    column.append((block, at + before))
                    at += before + block.height
                    continue
                parts = None if block.keep else block.split(room - at - before)
                if parts:
                    column.append((parts[0], at + before))
                    queue.append(parts[1])
                else:
                    queue.append(block)
                break
            columns.append(column)
        return columns, queue[::-1]

    def _balanced(self) -> list[Column]:
        high = sum(b.height + b.before for b in self.blocks) + brand.STEP
        low = high / self.count / 2
        for _ in range(12):
            middle = (low + high) / 2
            if self._fill(middle)[1]:
                low = middle
            else:
                high = middle
        self.height = high
        return self._fill(high)[0]

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draws the columns."""
        _draw(self._columns, (self.width + self.gap) / self.count, pen, x, top)

    def least(self) -> float:
        """Enough for a few lines in each column."""
        return min(self.height, 8 * brand.STEP)

    def split(self, room: float) -> tuple[Block, Block] | None:
        """Fills the columns of this page; the rest goes on. Kept, because the same terms end many documents."""
        if room not in self._splits:
            columns, rest = self._fill(room)
            step = (self.width + self.gap) / self.count
            after = Newspaper(rest, count=self.count, width=self.width, gap=self.gap) if rest and columns[0] else None
            self._splits[room] = (_Filled(columns, step, room, self.before), after) if after else None
        return self._splits[room]


class _Filled(Block):
    def __init__(self, columns: list[Column], step: float, height: float, before: float) -> None:
        self.columns, self.step, self.height, self.before = columns, step, height, before

    def draw(self, pen: Pen, x: float, top: float) -> None:
        _draw(self.columns, self.step, pen, x, top)


def _draw(columns: list[Column], step: float, pen: Pen, x: float, top: float) -> None:
    for i, column in enumerate(columns):
        for block, down in column:
            block.draw(pen, x + i * step, top - down)
