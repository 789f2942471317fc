"""The sheet Live, added to the open workbook: what torch and the sheet say at each push, and a curve of both.

It holds values only, and stands outside all blocks of ours: `check` and `params` pass it by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sheetnet.engines.base import Gone, Placed, Session, Value
from sheetnet.errors import EngineError

T = TypeVar("T")

TITLE = "Live: torch trains, this workbook calculates its own loss"
HEADS: list[float | str | None] = ["epoch", "torch's loss", "the sheet's loss", "apart (relative)"]
ACCURACY = "the sheet's accuracy"  # where a workbook says it
SHEET = "Live"
TOP, ROWS = 4, 400  # of the table; when it is full every other line goes
Line = tuple[int, float, float, float | None]


class Patiently(Protocol):
    """What makes a call, again where the program is busy with a person."""

    def __call__(self, task: Callable[[], T], /) -> T:
        """What the task returns."""


class Board:
    """Epoch, torch's loss, the sheet's loss: a line for each push; `lack` says why there is none.

    accurate: whether there is a column of accuracies.
    """

    def __init__(self, session: Session, patiently: Patiently, accurate: bool = False) -> None:
        self.heads = [*HEADS, ACCURACY] if accurate else HEADS
        self.session, self.patiently, self.lines, self._step, self._count = session, patiently, list[Line](), 1, 0
        self.sheet = self.lack = ""
        for name in (SHEET, *(f"{SHEET} {k}" for k in range(2, 100))):
            ours = name in session.sheets and self._title(name) == TITLE
            if not ours and name in session.sheets:
                continue  # of a person
            try:
                if not ours:
                    patiently(lambda name=name: session.add_sheet(name))  # type: ignore[misc]
            except EngineError as reason:
                self.lack = f"no sheet: {reason}"
                return
            self.sheet = name
            break
        heads: list[Placed] = [(self.sheet, 0, 0, [[TITLE]]), (self.sheet, TOP - 1, 0, [self.heads])]
        self._write([*heads, (self.sheet, TOP, 0, [self._row(None)] * ROWS)])
        if not ours and self.sheet:
            block = TOP - 1, 0, ROWS + 1, 3
            try:
                patiently(lambda: session.draw(self.sheet, block, (2, len(self.heads) + 1), "Loss, push by push"))
            except EngineError as reason:
                self.lack = f"no chart: {reason}"

    def say(self, text: str) -> None:
        """None; the words stand below the title."""
        self._write([(self.sheet, 1, 0, [[text]])])

    def add(self, epoch: int, torch: float, sheet: float, accuracy: float | None = None) -> None:
        """None; a line more. A table that is full keeps every other one, and from then on takes every other one."""
        self._count += 1
        if (self._count - 1) % self._step:
            return
        self.lines.append((epoch, torch, sheet, accuracy))
        if len(self.lines) <= ROWS:
            self._write([(self.sheet, TOP + len(self.lines) - 1, 0, [self._row(self.lines[-1])])])
            return
        self.lines, self._step = [*self.lines[::2]], 2 * self._step
        rows = [*map(self._row, self.lines), *([self._row(None)] * (ROWS - len(self.lines)))]
        self._write([(self.sheet, TOP, 0, rows)])

    def _title(self, name: str) -> Value:
        return self.patiently(lambda: self.session.read(name, 0, 0, 1, 1))[0][0]

    def _write(self, blocks: list[Placed]) -> None:
        try:
            if self.sheet:
                self.patiently(lambda: self.session.write(blocks))
        except Gone:  # a person has deleted the sheet; if it was the program, the next push says so
            self.sheet = ""

    def _row(self, line: Line | None) -> list[float | str | None]:
        """The cells of a line."""
        if line is None:
            return [None] * len(self.heads)
        epoch, torch, sheet, accuracy = line
        cells: list[float | str | None] = [float(epoch), torch, sheet, abs(sheet - torch) / (abs(torch) or 1.0)]
        return [*cells, accuracy][: len(self.heads)]
