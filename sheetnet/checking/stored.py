"""The values that a file stores beside its formulas, and in its charts: what programs show that do not calculate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sheetnet.book.contents import Contents, Value, where
from sheetnet.checking.drawings import Drawing
from sheetnet.engines.base import CellError
from sheetnet.page.area import area_of
from sheetnet.page.book import Block

CLOSE = 1e-9  # of a number: beyond what two programs that calculate differ by
MOST = 100_000  # cells of a line of a chart: none of ours has as many
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
        kept = [stored.get(at) for at in area.cells()]
        zeros = np.broadcast_to(floor, block.node.shape).ravel()
        flat = [one.ravel() for one in given]
        self.cells += len(kept)
        for i in np.flatnonzero(~_close(kept, flat, zeros)):
            was = kept[i]
            if any(_same(was, one[i], zeros[i]) for one in flat):
                continue
            if was is None:
                self.lacking += 1
                continue
            self.wrong += 1
            at = area.row + int(i) // area.n_cols, area.col + int(i) % area.n_cols
            self.first = self.first or f"{where(area.sheet, *at)} has {_told(was)} for {_told(flat[0][i])}"

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


def drawn_otherwise(contents: Contents, charts: Iterable[Drawing]) -> list[str]:
    """What there is to say of points that charts keep and that are not what their cells hold, in words."""
    wrong = [words for chart in charts for words in _apart(contents, chart)]
    if not wrong:
        return []
    are = "1 point kept in a chart is not what its cell holds"
    if len(wrong) > 1:
        are = f"{len(wrong)} points kept in charts are not what their cells hold"
    return [f"{are}: {wrong[0]}. {_SHOWN_BY.format('what is kept')}"]


def _apart(contents: Contents, chart: Drawing) -> Iterator[str]:
    """Each point of a chart that is not what its cell holds, and where; of cells that hold a number."""
    for place, points in chart.points:
        name, _, address = place.rpartition("!")
        name = name.removeprefix("'").removesuffix("'").replace("''", "'")
        sheet = contents.sheets.get(name)
        try:
            area = area_of(name, address)
        except ValueError:  # of several ranges, or a name: what is drawn is compared as presentation
            continue
        if sheet is None or area.n_rows * area.n_cols > MOST:
            continue
        for i, at in enumerate(area.cells()):
            value = sheet.stored.get(at, sheet.values.get(at))
            if isinstance(value, float) and not _is(points.get(i, ""), value):
                yield f"{chart.title!r} has {points.get(i) or 'nothing':.40} for {where(name, *at)}, {_told(value)}"


def _is(kept: str, value: float) -> bool:
    try:
        return abs(float(kept) - value) <= CLOSE * abs(value)
    except ValueError:
        return False


def _told(value: object) -> str:
    """A value in a few words."""
    if value in ("", None):
        return "nothing"
    return "an error" if value != value else f"{value!s:.40}"


def _close(kept: list[Value], given: Sequence[np.ndarray], zeros: np.ndarray) -> np.ndarray:
    """Which of the stored values are soon seen to be right: where all are numbers, as nearly always."""
    found = np.zeros(len(kept), dtype=bool)
    if all(type(was) is float for was in kept):
        for numbers in (one for one in given if one.dtype == float):
            finite = np.where(np.isfinite(numbers), numbers, np.nan)
            found |= np.abs(np.array(kept) - finite) <= CLOSE * np.abs(finite) + zeros
    return found


def _same(was: Value, value: object, zero: float) -> bool:
    if isinstance(value, str):
        return ("" if was is None else was) == value
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return isinstance(was, CellError)
    return isinstance(was, float | bool) and abs(was - number) <= CLOSE * abs(number) + zero
