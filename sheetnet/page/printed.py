"""How a page is printed: no smaller than can be read, and cut only where nothing stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sheetnet.page.book import Page
from sheetnet.page.screen import Geometry, things_of

PAPER = 860, 610  # pixels of cells on A4 across at 100 %, some to spare: LibreOffice's columns are a tenth wider
SMALLEST = 0.5  # of the usual size
MOST = 1000  # breaks that Excel takes: 1,026
FEW = 12  # rows of a block that stay together


@dataclass(frozen=True)
class Printed:
    """Rows and columns that are printed, in percent of their size, and the first ones of each further page."""

    n_rows: int
    n_cols: int
    scale: int
    rows: tuple[int, ...]
    cols: tuple[int, ...]


def printed(page: Page) -> Printed:
    """Where a page is cut and how large it is: charts, notes, headings and small blocks stay whole."""
    geometry = Geometry(page)
    areas = [area for area, _ in things_of(page, geometry)]
    n_cols = page.print_cols or max(area.col + area.n_cols for area in areas)
    areas = [area for area in areas if area.col < n_cols]
    n_rows = max(area.row + area.n_rows for area in areas)
    filled = {col for area in areas[1:] for col in range(area.col, area.col + area.n_cols)}  # the title runs on
    free = [col for col in range(1, n_cols) if col - 1 not in filled]
    repeated = geometry.lefts[page.freeze[1]]
    cols = _cut(geometry.lefts[: n_cols + 1], free, PAPER[0] / SMALLEST, repeated)
    widest = max(b - a + repeated * (a > 0) for a, b in pairwise(geometry.lefts[col] for col in (0, *cols, n_cols)))
    scale = min(1.0, PAPER[0] / widest)
    alone = PAPER[1] / geometry.tops[n_rows]  # the size at which one page takes all rows
    scale = min(scale, alone) if alone >= SMALLEST else scale
    whole = [a for a in areas if a.n_rows > 1 and (a.n_rows <= FEW or a in map(geometry.covered, page.charts))]
    crossed = {row for area in whole for row in range(area.row + 1, area.row + area.n_rows)}
    last = max((area.row + area.n_rows for area in whole), default=0)
    free = [row for row in range(1, n_rows) if row not in crossed]
    rows = _cut(geometry.tops[: n_rows + 1], free, PAPER[1] / scale, geometry.tops[page.freeze[0]])
    kept = [row for row, before in zip(rows, (0, *rows), strict=False) if before < last]  # beyond, any row will do
    return Printed(n_rows, n_cols, int(100 * scale), tuple(kept[:MOST]), tuple(cols[:MOST]))


def _cut(edges: Sequence[float], free: Sequence[int], size: float, repeated: float) -> list[int]:
    """Where to cut so that each part is at most so large, or larger where there is no free place before."""
    cuts, start, end = [], 0, len(edges) - 1
    while edges[end] - edges[start] > (room := size - repeated * (start > 0)):
        within = bisect_right(edges, edges[start] + room) - 1
        later = [place for place in free if place > start]
        if not later:
            break
        place = max((place for place in later if place <= within), default=later[0])
        start = place if edges[place] - edges[start] > room / 2 else within  # nearly empty pages are worse than a cut
        cuts.append(start)
    return cuts
