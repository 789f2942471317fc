"""What a page looks like in pixels: which cells a chart covers, what overlaps, what a first screen shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from sheetnet.errors import GraphError
from sheetnet.page.area import MAX_COLS, MAX_ROWS, Area, cell_address
from sheetnet.page.book import Block, Page, Text
from sheetnet.page.chart import Chart

USUAL, TALL, FIRST_TALL = 10.0, 15.0, 26.0  # width of a column, height of a row and of the first one (points)
WIDEST = 60.0  # of a column, whatever its words: Excel takes 255, and a screen shows 185
SCREEN = 1310, 460  # pixels of cells that a window of 1366 x 768 shows at 100 %
HEADING = 3  # rows over a block that has a title: title, shape, labels
LINE = 20  # pixels of a usual row


def pixels(width: float) -> int:
    """The pixels of a column's width, in Calibri 11: 7 for each digit and 5 around.

    >>> pixels(10.0)
    75
    """
    return int(width * 7 + 5)


@dataclass(frozen=True)
class Screen:
    """What is seen whole without scrolling: how many rows and columns, and what stands within them."""

    n_rows: int
    n_cols: int
    blocks: tuple[Block, ...]
    charts: tuple[Chart, ...]
    texts: tuple[Text, ...]


class Geometry:
    """Where the rows and columns of a page begin, in pixels."""

    def __init__(self, page: Page) -> None:
        self.page = page
        rows, cols = _extent(page)
        heights = [page.heights.get(r, FIRST_TALL if r == 0 else TALL) * 4 / 3 for r in range(rows)]
        self.tops = [0.0, *accumulate(heights)]
        self.lefts = [0, *accumulate(pixels(page.widths.get(c, USUAL)) for c in range(cols))]

    def covered(self, chart: Chart) -> Area:
        """The cells under a chart, from its first to the last that it touches."""
        right, bottom = self._ends(chart)
        n_rows = int(np.searchsorted(self.tops, bottom - 1)) - chart.row
        n_cols = int(np.searchsorted(self.lefts, right - 1)) - chart.col
        return Area(self.page.name, chart.row, chart.col, max(n_rows, 1), max(n_cols, 1))

    def _ends(self, chart: Chart) -> tuple[float, float]:
        """Its right and its lower end."""
        return self.lefts[chart.col] + chart.width, self.tops[chart.row] + chart.height

    def first_screen(self, size: tuple[int, int] = SCREEN) -> Screen:
        """What a window shows whole before anybody scrolls."""
        n_cols = int(np.searchsorted(self.lefts, size[0], "right")) - 1
        n_rows = int(np.searchsorted(self.tops, size[1], "right")) - 1

        def inside(area: Area) -> bool:
            return area.row + area.n_rows <= n_rows and area.col + area.n_cols <= n_cols

        page = self.page
        return Screen(
            n_rows,
            n_cols,
            tuple(block for block in page.blocks if inside(block.area)),
            tuple(chart for chart in page.charts if all(a <= b for a, b in zip(self._ends(chart), size, strict=True))),
            tuple(text for text in page.texts if inside(Area(page.name, text.row, text.col, text.tall, text.wide))),
        )


def check_overlaps(page: Page, others: Iterable[tuple[Area, str]] = ()) -> None:
    """Nothing, where all blocks, their headings, words, charts and Tables of a page stand apart, on the sheet.

    others: what stands on the sheet besides, and what it is.
    Raises: GraphError naming the two that overlap and the cell; or what leaves the sheet, cannot be in a Table, or is
    yellow without a rule.
    """
    things = [*things_of(page, Geometry(page)), *others]
    for area, what in things:
        if min(area.row, area.col) < 0 or area.row + area.n_rows > MAX_ROWS or area.col + area.n_cols > MAX_COLS:
            raise GraphError(f"on the sheet {page.name}, {what} leaves the sheet")
    _apart(page.name, things)
    rules = {rule.area: f"the rule {rule.message!r}" for rule in page.rules}
    if len(rules) < len(page.rules):
        raise GraphError(f"on the sheet {page.name}, two rules are of the same cells")
    own = [(block.area, f"the block {block.id}") for block in page.blocks]  # whose rule is that of its area
    _apart(page.name, [*own, *((area, what) for area, what in rules.items() if area not in dict(own))])
    for block in page.blocks:
        if block.role in ("input", "answer") and block.style == "values" and block.area not in rules:
            raise GraphError(f"on the sheet {page.name}, no rule says what may be typed into {block.id}")
    _check_table(page)


def _apart(sheet: str, things: Sequence[tuple[Area, str]]) -> None:
    """Nothing where no two areas share a cell."""
    if not things:
        return
    bottom, right = (max(ends) for ends in zip(*(area.corners[2:] for area, _ in things), strict=True))
    taken = np.zeros((bottom + 1, right + 1), dtype=np.int32)
    owners: list[str] = [""]
    for area, what in things:
        part = taken[area.row : area.row + area.n_rows, area.col : area.col + area.n_cols]
        if part.any():
            i, j = (int(k) for k in np.argwhere(part)[0])
            cell = cell_address(area.row + i, area.col + j)
            raise GraphError(f"on the sheet {sheet}, {what} overlaps {owners[part[i, j]]} at {cell}")
        owners.append(what)
        part[:] = len(owners) - 1


def _check_table(page: Page) -> None:
    """Nothing where no column of the page's Table is one array formula, which Excel does not take there."""
    if page.table is None:
        return
    name, area, _ = page.table
    for block in page.blocks:
        if block.style == "array" and block.area.n_rows > 1 and _inside(block.area, area):
            raise GraphError(f"on the sheet {page.name}, the block {block.id} is an array formula in the table {name}")


def _inside(part: Area, whole: Area) -> bool:
    (top, left, bottom, right), (first, start, last, end) = part.corners, whole.corners
    return first <= top and bottom <= last and start <= left and right <= end


def things_of(page: Page, geometry: Geometry) -> Iterator[tuple[Area, str]]:
    """Every rectangle that something takes, and what it is, in words."""
    yield Area(page.name, 0, 0, 2, 1), "the title"
    columns: set[Area] = set()
    if page.table is not None:
        name, area, _ = page.table
        yield area.part((0, 0), (0, area.n_cols - 1)), f"the headings of the table {name}"
        columns = {area.part((1, area.n_rows - 1), (j, j)) for j in range(area.n_cols)}
        for column in columns - {block.area for block in page.blocks}:
            yield column, f"the table {name}"
    for block in page.blocks:
        area = block.area
        yield area, f"the block {block.id}"
        if block.side and block.title:
            yield Area(page.name, area.row, area.col - 1, 1, 1), f"the title of the block {block.id}"
        elif block.title and area not in columns:
            yield (
                Area(page.name, area.row - block.heading, area.col, block.heading, area.n_cols),
                f"the heading of {block.id}",
            )
    for text in page.texts:
        if text.text:
            yield Area(page.name, text.row, text.col, text.tall, text.wide), f"the words {text.text[:40]!r}"
    for chart in page.charts:
        yield geometry.covered(chart), f"the chart {chart.title!r}"


def _extent(page: Page) -> tuple[int, int]:
    """How many rows and columns are needed for everything on a page, charts included."""
    ends = [(2, 1), *((b.area.row + b.area.n_rows, b.area.col + b.area.n_cols) for b in page.blocks)]
    ends += [(t.row + t.tall, t.col + t.wide) for t in page.texts]
    ends += [(c.row + c.height // 16 + 2, c.col + c.width // 16 + 2) for c in page.charts]
    return max(end[0] for end in ends) + 40, max(end[1] for end in ends) + 40
