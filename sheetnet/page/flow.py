"""A page said as a tree: what stands beside what, and what under what. Rows, columns, widths and heights follow.

`across` lays parts from left to right with a narrow column between them, `beside` without one, `down` from top to
bottom with an empty row between, `level` columns of parts whose rows go together. Widths are known first, for they say
how tall a note is; then rows; then places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from sheetnet.page.book import Book, Page
from sheetnet.page.part import Canvas, Part
from sheetnet.page.parts import GAP
from sheetnet.page.screen import USUAL, WIDEST, check_overlaps

TOP = 3  # the first row below title and sentence
EDITED = {"input": 0, "answer": 0, "data": 1}  # what one edits first


@dataclass
class Across(Part):
    """Parts from left to right."""

    parts: Sequence[Part]
    gap: int

    @property
    def within(self) -> Sequence[Part]:
        return self.parts

    def columns(self) -> list[float]:
        out: list[float] = []
        for part, wide in zip(self.parts, self._gaps, strict=True):
            out += part.columns() + [GAP] * wide
        return out

    @property
    def airy(self) -> bool:
        return self.parts[-1].airy

    @property
    def _gaps(self) -> list[int]:
        """How many columns there are after each part."""
        return [0 if part.airy else self.gap for part in self.parts[:-1]] + [0]

    def rows(self, widths: Sequence[float]) -> int:
        return max(part.rows(some) for part, some, _ in self.cut(widths))

    def put(self, on: Canvas, row: int, col: int) -> None:
        for part, _, at in self.cut(()):
            part.put(on, row, col + at)

    def cut(self, widths: Sequence[float]) -> list[tuple[Part, Sequence[float], int]]:
        out, at = [], 0
        for part, gap in zip(self.parts, self._gaps, strict=True):
            wide = len(part.columns())
            out.append((part, widths[at : at + wide], at))
            at += wide + gap
        return out


@dataclass
class Down(Part):
    """Parts from top to bottom; columns that they share are as wide as the widest asks for."""

    parts: Sequence[Part]
    gap: int

    @property
    def within(self) -> Sequence[Part]:
        return self.parts

    @property
    def airy(self) -> bool:
        wide = [len(part.columns()) for part in self.parts]
        return all(part.airy for part, n in zip(self.parts, wide, strict=True) if n == max(wide))

    def columns(self) -> list[float]:
        each = [part.columns() for part in self.parts]
        out = []
        for j in range(max(len(columns) for columns in each)):
            wishes = [columns[j] for columns in each if j < len(columns)]
            out.append(max((wish for wish in wishes if wish != GAP), default=0.0) or (GAP if GAP in wishes else 0.0))
        return out

    def rows(self, widths: Sequence[float]) -> int:
        each = [part.rows(widths[: len(part.columns())]) for part in self.parts]
        return sum(each) + self.gap * (sum(rows > 0 for rows in each) - 1)

    def put(self, on: Canvas, row: int, col: int) -> None:
        for part in self.parts:
            part.put(on, row, col)
            rows = part.rows(on.across(col, len(part.columns())))
            row += rows + self.gap * (rows > 0)


@dataclass
class Level(Part):
    """Columns of parts; those of one place in their columns begin in one row. None: the one above reaches down here."""

    lanes: Sequence[Sequence[Part | None]]

    @property
    def within(self) -> Sequence[Part]:
        return [part for lane in self.lanes for part in lane if part]

    @property
    def _columns(self) -> Across:
        return across(*(down(*(part for part in lane if part)) for lane in self.lanes))

    def columns(self) -> list[float]:
        return self._columns.columns()

    def rows(self, widths: Sequence[float]) -> int:
        return max(row + part.rows(some) for part, row, _, some in self._places(widths))

    def put(self, on: Canvas, row: int, col: int) -> None:
        for part, below, right, _ in self._places(on.across(col, len(self.columns()))):
            part.put(on, row + below, col + right)

    def _places(self, widths: Sequence[float]) -> list[tuple[Part, int, int, Sequence[float]]]:
        """Each part, its row and column, and the widths of its columns."""
        cut, free, out = self._columns.cut(widths), [0] * len(self.lanes), []
        for band in zip_longest(*self.lanes):
            here = [(i, part) for i, part in enumerate(band) if part]
            row = max(free[i] for i, _ in here)
            for i, part in here:
                _, some, at = cut[i]
                some = some[: len(part.columns())]
                out.append((part, row, at, some))
                free[i] = row + part.rows(some) + 1
        return out


@dataclass
class Aside(Part):
    """A part that is not printed, nor anything to the right of it."""

    part: Part

    @property
    def within(self) -> Sequence[Part]:
        return (self.part,)

    def columns(self) -> list[float]:
        return self.part.columns()

    def rows(self, widths: Sequence[float]) -> int:
        return self.part.rows(widths)

    def put(self, on: Canvas, row: int, col: int) -> None:
        on.page.print_cols = min(on.page.print_cols or col, col)
        self.part.put(on, row, col)


def across(*parts: Part) -> Across:
    """Parts from left to right, with a narrow column between them."""
    return Across(parts, 1)


def beside(*parts: Part) -> Across:
    """Parts from left to right, one right at the other."""
    return Across(parts, 0)


def down(*parts: Part, gap: int = 1) -> Down:
    """Parts from top to bottom, with an empty row (or gap rows) between them."""
    return Down(parts, gap)


def level(*lanes: Sequence[Part | None]) -> Level:
    """Columns of parts side by side: all first parts begin in one row, all second parts in one row, and so on."""
    return Level(lanes)


def lay(page: Page, prefix: str, body: Part, top: int = TOP, shapes: bool = True) -> Page:
    """The page with a tree of parts on it; the cell that one would edit first is the active one.

    shapes: whether titles say how many rows and columns there are below them; without, they take less room.
    Charts are drawn by finish(), when all pages stand.
    """
    if not shapes:
        parts = list(_every(body))
        page.heading = 1 + any(part.labelled for part in parts)
        for part in parts:
            part.above = page.heading
    wishes = [min(wish, WIDEST) for wish in body.columns()]
    widths = [wish or USUAL for wish in wishes]
    page.widths |= {j: round(wish, 1) for j, wish in enumerate(wishes) if wish}
    body.put(Canvas(page, prefix, widths), top, 0)
    first = min(page.blocks, key=lambda block: EDITED.get(block.role, len(EDITED)), default=None)
    if first and page.active == (0, 0):
        page.active = first.area.row, first.area.col
    return page


def _every(part: Part) -> Iterator[Part]:
    """A part and all that it is made of."""
    yield part
    for one in part.within:
        yield from _every(one)


def finish(book: Book) -> None:
    """Nothing; charts are drawn, and it is made sure that nothing overlaps. Called once, when all pages stand.

    Raises: GraphError naming sheet, cell and the two that overlap.
    """
    for draw in book.later:
        draw()
    book.later.clear()
    for page in book.pages:
        check_overlaps(page)
