"""The values that a file stores beside its formulas: what programs show that do not calculate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sheetnet.book.contents import Contents, Value, where
from sheetnet.engines.base import CellError
from sheetnet.page.book import Block

CLOSE = 1e-9  # of a number: beyond what two programs that calculate differ by
_SHOWN_BY = "Protected View, phones and previews show {}; open the workbook in a program that calculates, and save it"


@dataclass
class Stored:
    """How many formula cells have no stored value or another than their formula gives, and the first of each."""

    cells: int = 0
    lacking: int = 0
    wrong: int = 0
    first: str = ""

    def look(self, contents: Contents, block: Block, given: Sequence[np.ndarray], floor: np.ndarray) -> None:
        """Count the cells of a block; given: what its formulas give, as an engine has it and as the graph has it."""
        stored, area = contents.sheets[block.area.sheet].stored, block.area
        zeros = np.broadcast_to(floor, block.node.shape).flat
        for at, zero, *values in zip(area.cells(), zeros, *(one.flat for one in given), strict=True):
            self.cells += 1
            was = stored.get(at)
            if any(_same(was, value, zero) for value in values):
                continue
            if was is None:
                self.lacking += 1
                continue
            self.wrong += 1
            self.first = self.first or f"{where(area.sheet, *at)} has {_told(was)} for {_told(values[0])}"

    def notes(self) -> list[str]:
        """What there is to say, in words."""
        out = []
        if self.wrong:
            are = "value stored beside a formula is not what it gives"
            if self.wrong > 1:
                are = "values stored beside formulas are not what they give"
            out.append(f"{self.wrong} {are}: {self.first}. {_SHOWN_BY.format('what is stored')}")
        if self.lacking:
            out.append(
                f"beside {self.lacking} of {self.cells} formula cells no value is stored. {_SHOWN_BY.format('nothing')}"
            )
        return out


def _told(value: object) -> str:
    """A value in a few words."""
    if value in ("", None):
        return "nothing"
    return "an error" if value != value else f"{value!s:.40}"


def _same(was: Value, value: object, zero: float) -> bool:
    if isinstance(value, str):
        return ("" if was is None else was) == value
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return isinstance(was, CellError)
    return isinstance(was, float | bool) and abs(was - number) <= CLOSE * abs(number) + zero
