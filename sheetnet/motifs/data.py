"""Data: rows as they were written down, in an Excel Table whose columns are blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.page.area import Area
from sheetnet.page.part import Canvas, Part
from sheetnet.page.shown import Group


@dataclass
class Records(Part):
    """A block under each header, all of one height, {header: shown}; header and first column stay as one scrolls.

    name: what Excel calls the Table. A header is also the block's id.
    """

    name: str
    group: Group

    def columns(self) -> list[float]:
        return [max(8.0, len(header) + 5.0) for header in self.group]  # room for the button that filters

    def rows(self, widths: Sequence[float]) -> int:
        return 1 + next(iter(self.group.values())).node.shape[0]

    def put(self, on: Canvas, row: int, col: int) -> None:
        on.page.tabulate(self.name, Area(on.page.name, row, col, self.rows(()), len(self.group)), tuple(self.group))
        on.page.freeze = row + 1, col + 1
        for j, (header, one) in enumerate(self.group.items()):
            on.place(header, one, row + 1, col + j)
