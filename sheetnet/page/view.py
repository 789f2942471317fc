"""Where nodes stand, as formulas see it (see formula.Places): from one sheet, and without some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from sheetnet.graph.node import Node
from sheetnet.page.area import Area


class Placed(Protocol):
    """What knows where nodes stand."""

    def place_of(self, node: Node) -> tuple[Area, str] | None:
        """Where a node stands and what it is called there, or None."""


@dataclass(frozen=True)
class View:
    """Places as seen from one sheet (see formula.Places)."""

    book: Placed
    sheet: str

    def whole(self, node: Node) -> str | None:
        """The name or range of a placed node."""
        found = self.book.place_of(node)
        if found is None:
            return None
        area, name = found
        if name:
            return name
        return area.address() if area.sheet == self.sheet else area.full()

    def below(self, nodes: Sequence[Node], col: int) -> tuple[str, int] | None:
        """The range of one column through nodes at even distances below each other, and the distance in rows."""
        areas = [found[0] for node in nodes if (found := self.book.place_of(node))]
        apart = {b.row - a.row for a, b in pairwise(areas)}
        if len(areas) < len(nodes) or len(apart) != 1 or len({(a.sheet, a.col) for a in areas}) != 1:
            return None
        first, last = areas[0], areas[-1]
        column = Area(first.sheet, first.row, first.col + col, last.row + last.n_rows - first.row, 1)
        return (column.address((True, True)) if first.sheet == self.sheet else column.full()), apart.pop()

    def part(self, node: Node, rows: tuple[int, int], cols: tuple[int, int], fixed: tuple[bool, bool]) -> str | None:
        """The range of some rows and columns of a placed node."""
        found = self.book.place_of(node)
        if found is None:
            return None
        area, name = found
        if name.endswith("]") and area.sheet == self.sheet and not any(fixed):
            table, column = name[:-1].split("[")
            return f"{table}[[#This Row],[{column}]]"
        part = area.part(rows, cols)
        return part.address(fixed) if part.sheet == self.sheet else part.full()


@dataclass(frozen=True)
class Apart:
    """Places without those of some nodes, which are written in full."""

    places: View
    nodes: Sequence[Node]

    def whole(self, node: Node) -> str | None:
        return None if node in self.nodes else self.places.whole(node)
