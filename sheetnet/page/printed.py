"""How a page is printed: what can be handed out, no smaller than can be read, on one sheet of paper where it fits.

All charts, notes and cells to answer in are there, and of long tables as many rows as the paper has room for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sheetnet.page.area import Area
from sheetnet.page.book import Page
from sheetnet.page.screen import Geometry, things_of

MARGINS = {"left": 0.5, "right": 0.5, "top": 0.5, "bottom": 0.6}  # inches
PAPER = 920, 650  # pixels of cells on A4 across at 100 %, some to spare: LibreOffice's columns are a tenth wider
SMALLEST = 0.5  # of the usual size
MOST = 1000  # breaks that Excel takes: 1,026
FEW = 12  # rows of a block that stay together, with its heading


@dataclass(frozen=True)
class Printed:
    """Rows and columns that are printed, in percent of their size, and the first ones of each further page.

    more: whether the sheet goes on where the paper ends.
    """

    n_rows: int
    n_cols: int
    scale: int
    rows: tuple[int, ...]
    cols: tuple[int, ...]
    more: bool

    @property
    def n_pages(self) -> int:
        """How many pages that is."""
        return (len(self.rows) + 1) * (len(self.cols) + 1)


def printed(page: Page) -> Printed:
    """What of a page is printed, where it is cut, how large it is: charts, notes, headings and small blocks whole."""
    geometry = Geometry(page)
    areas = [area for area, _ in things_of(page, geometry)]
    all_cols = page.print_cols or max(area.col + area.n_cols for area in areas)
    areas = [area for area in areas if area.col < all_cols]
    all_rows = max(area.row + area.n_rows for area in areas)
    needed = [areas[0], *(area for area in _needed(page, geometry) if area.col < all_cols)]
    crossed = {col for area in areas[1:] for col in range(area.col + 1, area.col + area.n_cols)}  # the title runs on
    free = [col for col in range(1, all_cols) if col not in crossed]
    lefts, tops = geometry.lefts[: all_cols + 1], geometry.tops[: all_rows + 1]
    cols = _cut(lefts, free, PAPER[0] / SMALLEST, lefts[page.freeze[1]], max(a.col + a.n_cols for a in needed))
    repeated = lefts[page.freeze[1]]
    scale = min(1.0, PAPER[0] / max(b - a + repeated * (a > 0) for a, b in pairwise(lefts[col] for col in (0, *cols))))
    crossed = {row for area in _whole(page, geometry) for row in range(area.row + 1, area.row + area.n_rows)}
    free = [row for row in range(1, all_rows) if row not in crossed]
    last = max(area.row + area.n_rows for area in needed if area.col < cols[-1])
    last = next(row for row in (*free, all_rows) if row >= last)
    for height in (tops[-1], tops[last]):  # all, or else what is needed, on one page, where it can be read then
        if PAPER[1] / height >= SMALLEST:
            scale = min(scale, PAPER[1] / height)
            break
    rows = _cut(tops, free, PAPER[1] / scale + 0.5, tops[page.freeze[0]], last)
    more = rows[-1] < all_rows or cols[-1] < all_cols
    return Printed(rows[-1], cols[-1], int(100 * scale), tuple(rows[:-1][:MOST]), tuple(cols[:-1][:MOST]), more)


def _needed(page: Page, geometry: Geometry) -> list[Area]:
    """What is to be on paper: charts, notes of several rows, and cells to answer in."""
    notes = [Area(page.name, text.row, text.col, text.tall, text.wide) for text in page.texts if text.tall > 1]
    return [*map(geometry.covered, page.charts), *notes, *(b.area for b in page.blocks if b.role == "answer")]


def _whole(page: Page, geometry: Geometry) -> list[Area]:
    """What no cut goes through: charts, notes, and blocks with their headings, of long ones the first few rows."""
    notes = [Area(page.name, text.row, text.col, text.tall, 1) for text in page.texts]
    heads = []
    for block in page.blocks:
        above = block.heading if block.title and not block.side else 0
        tall = block.area.n_rows if block.area.n_rows <= FEW else FEW // 2
        heads.append(Area(page.name, block.area.row - above, block.area.col, above + tall, 1))
    return [*map(geometry.covered, page.charts), *notes, *heads]


def _cut(edges: Sequence[float], free: Sequence[int], size: float, repeated: float, needed: int) -> list[int]:
    """Where pages end, until all that is needed is on one.

    Each is at most so large, or larger where there is no free place before.
    """
    ends, start, end = [], 0, len(edges) - 1
    while start < needed and edges[end] - edges[start] > (room := size - repeated * (start > 0)):
        within = bisect_right(edges, edges[start] + room) - 1
        later = [place for place in free if place > start]
        if not later:
            break
        place = max((place for place in later if place <= within), default=later[0])
        start = place if edges[place] - edges[start] > room / 2 else within  # nearly empty pages are worse than a cut
        ends.append(start)
    return ends if start >= needed else [*ends, end]
