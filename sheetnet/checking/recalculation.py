"""What an engine makes of a workbook, out of a copy in which every stored value is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sheetnet.book.contents import Contents
from sheetnet.checking.poison import poison
from sheetnet.common.leftovers import temporary
from sheetnet.engines.base import CellError, Rectangle, Rows, Value
from sheetnet.errors import EngineError
from sheetnet.motifs.workbook import Workbook
from sheetnet.page.area import Area

Values = dict[str, np.ndarray]  # by the ids of blocks


def recalculated(contents: Contents, workbook: Workbook, engine: str) -> Values:
    """The value of every formula block, and of answers, by id: errors are nan.

    In arrays of floats where all are numbers, else of objects.

    Raises: WorkbookError for a formula that no spreadsheet would take; EngineError.
    """
    with recalculating(contents, workbook, engine) as values:
        return values()


@contextmanager
def recalculating(contents: Contents, workbook: Workbook, engine: str) -> Iterator[Callable[[], Values]]:
    """A context with a function that returns what recalculated() does; an engine that can is at it meanwhile."""
    asked = [block for block in workbook.book.blocks if block.style != "values" or block.role == "answer"]
    with of_areas(contents, [block.area for block in asked], engine) as answer:

        def values() -> Values:
            return {
                block.id: _array(rows, block.role == "answer").reshape(block.node.shape)
                for block, rows in zip(asked, answer(), strict=True)
            }

        yield values


@contextmanager
def of_areas(contents: Contents, areas: Sequence[Area], engine: str) -> Iterator[Callable[[], list[Rows]]]:
    """A context with a function that returns the values of some areas, row by row, out of an engine.

    Raises: WorkbookError for a formula that no spreadsheet would take; EngineError.
    """
    from sheetnet.engines import get

    parts: list[Rectangle] = [(area.sheet, area.row, area.col, area.n_rows, area.n_cols) for area in areas]
    with temporary() as folder:
        copy = folder / "poisoned.xlsx"
        poison(contents, copy)
        with _speaking_of(contents.file, copy), get(engine).calculating(copy, parts) as answer:
            yield answer


@contextmanager
def _speaking_of(file: str, copy: Path) -> Iterator[None]:
    """A context in which an engine that cannot go on with the copy speaks of the file that it was made from."""
    try:
        yield
    except EngineError as reason:
        raise EngineError(str(reason).replace(str(copy), file)) from None


def _array(rows: Rows, objects: bool) -> np.ndarray:
    """The values one after the other: floats where all are numbers, unless objects are asked for."""
    told = [_told(cell) for cells in rows for cell in cells]
    return np.array(told, dtype=float if not objects and all(type(cell) is float for cell in told) else object)


def _told(value: Value) -> float | str | bool:
    return float("nan") if isinstance(value, CellError) else "" if value is None else value
