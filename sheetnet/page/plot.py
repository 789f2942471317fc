"""A chart as a part of a page: its lines are named by the ids of blocks, which may stand on any page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from sheetnet.errors import GraphError
from sheetnet.graph.node import Node
from sheetnet.page.area import Area
from sheetnet.page.chart import Chart, Series
from sheetnet.page.language import said, speak
from sheetnet.page.look import LINES
from sheetnet.page.part import Canvas, Part
from sheetnet.page.screen import LINE, USUAL, pixels


@dataclass(frozen=True)
class Some:
    """Some rows and columns of a block, first and last counted from 0; None takes all.

    Row -1 is the line of words right above it, column -1 the names to its left.
    """

    id: str
    rows: tuple[int, int] | None = None
    cols: tuple[int, int] | None = None


Where = str | Some | Area | Node
Line = tuple[str, Where, Where] | tuple[str, Where, Where, str]  # label, x, y, look


@dataclass
class Plot(Part):
    """A chart; lines are (label, x, y[, look]) with ids of blocks or their nodes; a label `=id` reads a cell.

    more: see book.Chart. wide: how many columns it is given; 0: as many as it covers where all are of the usual width.
    """

    title: str
    axes: tuple[str, str]
    lines: Sequence[Line]
    alt: str
    more: dict[str, Any] = field(default_factory=dict)
    wide: int = 0

    def __post_init__(self) -> None:
        speak(self, "title", "axes", "alt")
        self.lines = [(said(label), *rest) for label, *rest in self.lines]  # type: ignore[misc]

    def columns(self) -> list[float]:
        return [0.0] * (self.wide or ceil(self.more.get("width", 640) / pixels(USUAL)))

    def rows(self, widths: Sequence[float]) -> int:
        return ceil(int(self.more.get("height", 360)) / LINE)

    def put(self, on: Canvas, row: int, col: int) -> None:
        def area(where: Where) -> Area:
            if isinstance(where, Area):
                return where
            if isinstance(where, Node):
                return on.page.book.block_of(where).area
            some = where if isinstance(where, Some) else Some(where)
            whole = on.page.book.block(on.id(some.id)).area
            return whole.part(some.rows or (0, whole.n_rows - 1), some.cols or (0, whole.n_cols - 1))

        def draw() -> None:
            series = []
            for label, x, y, *look in self.lines:
                label = "=" + area(label[1:]).full() if label.startswith("=") else label
                if not LINES.keys() >= set(look):
                    raise GraphError(f"the chart {self.title!r}: no look {look[0]!r}; there are {', '.join(LINES)}")
                series.append(Series(label, area(x), area(y), *look))
            on.page.charts.append(Chart(row, col, self.title, *self.axes, tuple(series), self.alt, **self.more))

        on.page.book.later.append(draw)


def plot(title: str, x: str, y: str, lines: Sequence[Line], alt: str, **more: Any) -> Plot:
    """A chart of lines, points or (columns=True) bars; more may say `wide`."""
    wide = more.pop("wide", 0)
    return Plot(title, (x, y), lines, alt, more, wide)


def path(label: str, id: str, look: str = "live") -> Line:
    """A line of a chart through the points of a block (n, 2), each across and up."""
    return label, Some(id, cols=(0, 0)), Some(id, cols=(1, 1)), look
