"""Data: rows as they were written down, in an Excel Table whose columns are blocks; how many entries are unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from sheetnet.graph.node import Node, apply, lift
from sheetnet.page.area import Area
from sheetnet.page.language import said
from sheetnet.page.part import Canvas, Part
from sheetnet.page.shown import Group, result
from sheetnet.tables.recipe import Recipe

MOST = 30  # entries of a column that one formula counts


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


def unknown_entries(recipe: Recipe) -> Group:
    """For each column of a few known entries, how many of its cells hold another: a slip that makes no error.

    A feature asks of each known entry whether a cell holds it; one that is misspelt is none of them, in silence.
    """
    out: Group = {}
    for at, (name, node) in enumerate(recipe.raw.items(), start=1):
        known = {str(entry).casefold(): entry for entry in recipe.schema[name].allowed}
        if 0 < len(known) <= MOST:
            filled = apply("filled", node)
            held: list[Node] = [apply("sum", filled * apply("equal", node, lift(entry))) for entry in known.values()]
            count = apply("sum", filled) - reduce(lambda a, b: a + b, held)
            out |= result({f"data.unknown_{at}": (count, said("misspelt in {column}", column=name), "plain")})
    return out
