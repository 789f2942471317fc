"""A page of a workbook as a narrow window reads it: words, tables and charts below each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import NamedTuple

from sheetnet.page.book import Block, Page

BESIDE = 1  # columns between things that belong together, such as a cell and the word beside it


class Rect(NamedTuple):
    """Cells from first to last, both within."""

    top: int
    left: int
    bottom: int
    right: int

    def with_(self, other: Rect) -> Rect:
        """The least rectangle around both."""
        return Rect(*map(min, self[:2], other[:2]), *map(max, self[2:], other[2:]))

    def touches(self, other: Rect, rows: int, cols: int) -> bool:
        """Whether no more than so many rows and columns stand between the two."""
        down = max(self.top, other.top) - min(self.bottom, other.bottom) - 1
        across = max(self.left, other.left) - min(self.right, other.right) - 1
        return down <= rows and across <= cols


def parts(page: Page) -> list[tuple[str, int, int, int, int]]:
    """(kind, row, column, rows, columns) of each part in the order of reading; kind is words, table or chart.

    Words are one text each. A chart is its place alone: the page's own list says which.
    """
    tables = _merged((_around(block) for block in page.blocks), lambda a, b: a.touches(b, 0, BESIDE))
    words = [Rect(0, 0, 0, 0), Rect(1, 0, 1, 0)]
    bare = [*tables]  # without the words that come to them
    for text in page.texts:
        whole = Rect(text.row, text.col, text.row + text.tall - 1, text.col + text.wide - 1)
        head = Rect(text.row, text.col, text.row, text.col)
        near = next((at for at, table in enumerate(bare) if _belongs(whole, head, table) and not text.link), None)
        if near is None or text.tall > 1:
            words += [whole] if text.text else []
        else:
            tables[near] = tables[near].with_(head)
    tables = _merged(tables, _overlap)
    while taken := [rect for rect in words if any(_overlap(rect, table) for table in tables)]:
        words = [rect for rect in words if rect not in taken]
        tables = _merged([*tables, *taken], _overlap)
    groups = _merged(words, lambda a, b: a.touches(b, 0, -1))
    found = [("table", min([_above(group, table) for group in groups]), table) for table in tables]
    found += [("chart", (one.row, one.col), Rect(one.row, one.col, one.row, one.col)) for one in page.charts]
    for rect in words:
        group = next(group for group in groups if _overlap(group, rect))
        found.append(("words", (group.top, group.left), rect))
    found.sort(key=lambda one: (one[1], one[2]))
    return [(kind, r.top, r.left, r.bottom - r.top + 1, r.right - r.left + 1) for kind, _, r in found]


def _above(group: Rect, table: Rect) -> tuple[int, int]:
    """Where a table begins; with the words that stand right over it, where these begin."""
    over = group.bottom + 1 == table.top and group.touches(table, 0, -1)
    return (group.top, group.left) if over else (table.top, table.left)


def _overlap(one: Rect, other: Rect) -> bool:
    return one.touches(other, -1, -1)


def _belongs(text: Rect, head: Rect, table: Rect) -> bool:
    """Whether words stand beside the cells of a table, or right above them."""
    return table.touches(head, -1, BESIDE - 1) or (text.bottom + 1 == table.top and table.touches(text, 0, -1))


def _around(block: Block) -> Rect:
    """A block with its heading, above or to the left."""
    top, left, bottom, right = block.area.corners
    if block.title:
        top, left = (top, left - 1) if block.side else (top - block.heading, left)
    return Rect(max(top, 0), max(left, 0), bottom, right)


def _merged(rects: Iterable[Rect], belong: Callable[[Rect, Rect], bool]) -> list[Rect]:
    """The rectangles, with those as one that belong together, until none do."""
    out: list[Rect] = []
    for rect in sorted(rects, key=itemgetter(0, 1)):
        while (at := next((i for i, one in enumerate(out) if belong(one, rect)), None)) is not None:
            rect = rect.with_(out.pop(at))
        out.append(rect)
    return out
