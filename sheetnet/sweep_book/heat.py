"""Heat maps by learning rate and start scale, as formulas over the nets of a sweep.

A name has at least two cells, if need be a blank one: IronCalc takes a name of one cell for a value, and no range.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.page.area import Area, cell_address
from sheetnet.page.look import HEAT

if TYPE_CHECKING:
    import pandas as pd

    from sheetnet.sweep_book.pen import Pen

DISTINCT, BINS = 20, 10
# by the numbers themselves: half of them are on the good side; or between fixed ends
BY_RANK: dict[str, Any] = {"mid_type": "percentile", "mid_value": 50, "max_type": "percentile", "max_value": 90}
BY_SHARE: dict[str, Any] = dict.fromkeys(("min_type", "mid_type", "max_type"), "num")
BY_SHARE |= {"min_value": 0, "mid_value": 0.5, "max_value": 1}


@dataclass(frozen=True)
class Axis:
    """One side of a heat map: the values themselves, or the edges of bins, each of which has its lower edge."""

    marks: list[float]
    binned: bool

    @property
    def n(self) -> int:
        """How many columns or rows."""
        return len(self.marks) - self.binned

    def index(self, values: pd.Series) -> np.ndarray:
        """The column or row of each value."""
        return np.asarray(np.searchsorted(self.marks, values.to_numpy(), side="right") - 1)

    def condition(self, name: str, here: str, after: str) -> str:
        """What a net of the column or row marked here must be, in a formula."""
        return f"({name}>={here})*({name}<{after})" if self.binned else f"({name}={here})"


def axis_of(values: pd.Series) -> Axis:
    """The axis for some values: as they are if few, else bins with edges of as few digits as will do."""
    distinct = np.unique(values.to_numpy())
    if len(distinct) <= DISTINCT:
        return Axis(distinct.tolist(), False)
    low, high = float(distinct[0]), float(distinct[-1])
    inner = (np.geomspace if low > 0 else np.linspace)(low, high, BINS + 1)[1:-1].tolist()
    beyond = float(np.nextafter(high, np.inf))
    edges = [low, *inner, beyond]
    for digits in (2, 3, 4, 6, 9, 12, 15):
        first = Context(digits, ROUND_FLOOR).create_decimal(Decimal(low))
        last = Context(digits, ROUND_CEILING).create_decimal(Decimal(beyond))
        rounded = [float(first), *(float(f"{edge:.{digits}g}") for edge in inner), float(last)]
        if all(a < b for a, b in pairwise(rounded)):
            return Axis(rounded, True)
    return Axis(edges, True)


@dataclass(frozen=True)
class Grid:
    """Where heat maps stand: rates from the row `marks` on to the right, scales from the next row on down."""

    rates: Axis
    scales: Axis
    marks: int

    @property
    def below(self) -> int:
        """The first row under the maps."""
        return self.marks + 1 + len(self.scales.marks)

    def matrix(self, nets: pd.DataFrame, values: pd.Series, how: str) -> np.ndarray:
        """The values of the nets of each cell, summed up by a method of pandas; nan where there are none."""
        out = np.full((self.scales.n, self.rates.n), np.nan)
        groups = values.groupby([self.scales.index(nets["scale"]), self.rates.index(nets["lr"])])
        for at, value in getattr(groups, how)().items():
            out[at] = value
        return out

    def axes(self, pen: Pen, left: int) -> None:
        """Write the marks: numbers with names for the map at column 0, and what refers to them for another."""
        binned = " from" * self.rates.binned, " from" * self.scales.binned
        pen.page.text(self.marks - 1, left + 1, "learning rate" + binned[0], "about")
        places = [(self.marks, 1 + j, mark) for j, mark in enumerate(self.rates.marks)]
        places += [(self.marks + 1 + i, 0, mark) for i, mark in enumerate(self.scales.marks)]
        for row, col, mark in places:
            style = "heat_mark" if col else "label"
            if left:
                pen.live(row, left + col, f"={cell_address(row, col)}", mark, "rate", style)
            else:
                pen.put(row, col, mark, "rate", style)
        if not left:
            pen.page.text(self.marks, 0, "start scale" + binned[1], "label")
            pen.name("map_rates", self.marks, 1, 1, max(2, len(self.rates.marks)))
            pen.name("map_scales", self.marks + 1, 0, max(2, len(self.scales.marks)))

    def draw(
        self, pen: Pen, left: int, name: str, form: str, values: np.ndarray, format: str, colours: dict[str, Any]
    ) -> None:
        """Write a map: in form, {here} becomes the condition for the nets of a cell, as an array."""
        self.axes(pen, left)
        first = self.marks + 1
        for i, j in np.ndindex(values.shape):
            across = [cell_address(self.marks, left + 1 + j + step, (True, False)) for step in (0, 1)]
            down = [cell_address(first + i + step, left, (False, True)) for step in (0, 1)]
            here = f"{self.rates.condition('rates', *across)}*{self.scales.condition('scales', *down)}"
            text, value = form.replace("{here}", here), float(values[i, j])
            pen.live(first + i, left + 1 + j, text, value, format, "heat", array="IF(" in text)
        pen.name(name, first, left + 1, self.scales.n + (values.size == 1), self.rates.n)
        low, middle, high = HEAT
        colours = colours | {"type": "3_color_scale", "min_color": low, "mid_color": middle, "max_color": high}
        pen.sheet.conditional_format(*Area("", first, left + 1, *values.shape).corners, colours)
