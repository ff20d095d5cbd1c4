"""A long list, cut into pages that have addresses."""

from dataclasses import dataclass

SIZE = 50
"""Rows of one page."""


@dataclass(frozen=True)
class Paging:
    """Where a reader is: `page` counts from 1, `count` is of all rows."""

    page: int
    count: int

    @property
    def offset(self) -> int:
        """Rows before the first one shown."""
        return (self.page - 1) * SIZE

    @property
    def pages(self) -> int:
        """How many pages there are; one at least."""
        return max(1, -(-self.count // SIZE))

    @property
    def before(self) -> int | None:
        """The page before this one."""
        return self.page - 1 if self.page > 1 else None

    @property
    def after(self) -> int | None:
        """The page after this one."""
        return self.page + 1 if self.page < self.pages else None


def paging(page: int, count: int) -> Paging:
    """The page asked for, or the nearest one that exists."""
    return Paging(min(max(1, page), Paging(1, count).pages), count)
