"""Matrices that come again and again: a band of rows for each time, in which each stands in its own shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sheetnet.page.language import speak
from sheetnet.page.part import Canvas, Part
from sheetnet.page.parts import GAP
from sheetnet.page.shown import Group


@dataclass
class Bands(Part):
    """A band for each group, with its number and an empty row below it; headings stand once, above the first.

    The groups show the same shapes, one below the other. What never changes may stand in the first alone.
    names: of the rows of the first matrix.
    """

    bands: Sequence[Group]
    corner: str = "Epoch"
    names: Sequence[str] = ()

    def __post_init__(self) -> None:
        speak(self, "corner", "names")

    def columns(self) -> list[float]:
        out = [max(8.0, len(self.corner) + 3.0)]
        if self.names:
            out.append(max(map(len, self.names)) + 3.0)
        for i, one in enumerate(self.bands[0].values()):
            out += ([GAP] if i else []) + [one.room] * one.node.shape[1]
        return out

    def rows(self, widths: Sequence[float]) -> int:
        return self.above + len(self.bands) * self._step - 1

    @property
    def labelled(self) -> bool:
        return any(one.labels for one in self.bands[0].values())

    @property
    def _step(self) -> int:
        """Rows from one band to the next."""
        return max(one.node.shape[0] for one in self.bands[0].values()) + 1

    def put(self, on: Canvas, row: int, col: int) -> None:
        on.page.text(row + self.above - 1, col, self.corner, "head")
        left = col + 1 + bool(self.names)
        lanes, at = {}, left
        for key, one in self.bands[0].items():
            lanes[_lane(key)] = at
            at += one.node.shape[1] + 1
        for number, band in enumerate(self.bands):
            top = row + self.above + number * self._step
            on.page.text(top, col, str(number), "count")
            for i, name in enumerate(self.names):
                on.page.text(top + i, col + 1, name, "label")
            for id, one in band.items():
                shown = one if number == 0 else replace(one, title="", labels=(), name="")
                on.place(id, shown, top, lanes[_lane(id)])


def _lane(id: str) -> str:
    """What the ids of one matrix have in common, before the number of the band: `W_1.0`, `W_1.1`."""
    return id.rpartition(".")[0]
