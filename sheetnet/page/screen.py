"""What a page looks like in pixels: which cells a chart covers, what overlaps, what a first screen shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from sheetnet.errors import GraphError
from sheetnet.page.area import Area, cell_address
from sheetnet.page.book import Block, Page, Text
from sheetnet.page.chart import Chart

USUAL, TALL, FIRST_TALL = 10.0, 15.0, 26.0  # width of a column, height of a row and of the first one (points)
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
        bottom, right = self.tops[chart.row] + chart.height, self.lefts[chart.col] + chart.width
        n_rows = int(np.searchsorted(self.tops, bottom - 1)) - chart.row
        n_cols = int(np.searchsorted(self.lefts, right - 1)) - chart.col
        return Area(self.page.name, chart.row, chart.col, max(n_rows, 1), max(n_cols, 1))

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
            tuple(chart for chart in page.charts if inside(self.covered(chart))),
            tuple(text for text in page.texts if inside(Area(page.name, text.row, text.col, text.tall, text.wide))),
        )


def check_overlaps(page: Page) -> None:
    """Nothing, where all blocks, their headings, words and charts of a page stand apart.

    Raises: GraphError naming the two that overlap and the cell.
    """
    geometry = Geometry(page)
    taken = np.zeros((len(geometry.tops) + 40, len(geometry.lefts) + 40), dtype=np.int32)
    owners: list[str] = [""]
    for area, what in _things(page, geometry):
        part = taken[area.row : area.row + area.n_rows, area.col : area.col + area.n_cols]
        if part.any():
            i, j = (int(k) for k in np.argwhere(part)[0])
            cell = cell_address(area.row + i, area.col + j)
            raise GraphError(f"on the sheet {page.name}, {what} overlaps {owners[part[i, j]]} at {cell}")
        owners.append(what)
        part[:] = len(owners) - 1


def _things(page: Page, geometry: Geometry) -> Iterator[tuple[Area, str]]:
    """Every rectangle that something takes, and what it is, in words."""
    yield Area(page.name, 0, 0, 2, 1), "the title"
    for block in page.blocks:
        area = block.area
        yield area, f"the block {block.id}"
        if block.side and block.title:
            yield Area(page.name, area.row, area.col - 1, 1, 1), f"the title of the block {block.id}"
        elif block.title and not _in_table(page, block):
            yield Area(page.name, area.row - HEADING, area.col, HEADING, area.n_cols), f"the heading of {block.id}"
    for text in page.texts:
        if text.text:
            yield Area(page.name, text.row, text.col, text.tall, text.wide), f"the words {text.text[:40]!r}"
    for chart in page.charts:
        yield geometry.covered(chart), f"the chart {chart.title!r}"


def _in_table(page: Page, block: Block) -> bool:
    return page.table is not None and page.table[1].sheet == block.area.sheet and block.name.endswith("]")


def _extent(page: Page) -> tuple[int, int]:
    """How many rows and columns are needed for everything on a page, charts included."""
    ends = [(b.area.row + b.area.n_rows, b.area.col + b.area.n_cols) for b in page.blocks]
    ends += [(t.row + t.tall, t.col + t.wide) for t in page.texts]
    ends += [(c.row + c.height // 16 + 2, c.col + c.width // 16 + 2) for c in page.charts]
    return max(end[0] for end in ends) + 40, max(end[1] for end in ends) + 40
