"""What every engine can do: open a workbook, set cells, recalculate, read blocks.

The public methods check what they are given, once for all engines; an engine fills in the methods that start
with an underscore. All rows and columns count from zero.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self
from zipfile import is_zipfile

from sheetnet.area import MAX_COLS, MAX_ROWS
from sheetnet.errors import EngineError


class CellError(str):
    """An error value such as '#NUM!'.

    Engines disagree on the text for one and the same fault: compare errors by being a CellError, not by text.
    """

    __slots__ = ()


Value = float | str | bool | None | CellError


class Session(ABC):
    """One open workbook in one engine; a context manager that closes it. The file itself is never written."""

    def __init__(self, path: Path, sheets: list[str]) -> None:
        self.path = path
        self._sheets = sheets
        self._is_open = True

    @property
    def sheets(self) -> list[str]:
        """The names of all sheets, hidden ones included, in the workbook's order."""
        return list(self._sheets)

    def set(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        """None; the cell holds the value, and what depends on it is stale until recalculate().

        Text stays text ('=1+1' is no formula), None and '' empty the cell. A cell of an array formula cannot be
        set alone: engines differ in what becomes of it.

        Raises: EngineError for an unknown sheet, a cell outside the sheet, a number that is not finite.
        """
        self._check(sheet, row, col)
        if value is not None and not isinstance(value, str):
            value = float(value)
            if not math.isfinite(value):
                raise EngineError(f"{self.path}: sheet {sheet!r}, row {row}, column {col}: a cell cannot hold {value}.")
        self._set(sheet, row, col, value)

    def recalculate(self) -> None:
        """None; every formula is calculated anew, whatever value was stored beside it."""
        self._check_open()
        self._recalculate()

    def read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]:
        """The values of a block, (n_rows, n_cols), from its top left cell.

        A number is a float with all its bits, text is str, an error is a CellError, an empty cell and empty text
        are None. A logical value is a bool where the engine can tell (IronCalc) and 1.0 or 0.0 elsewhere.

        Raises: EngineError for an unknown sheet or a block outside the sheet.
        """
        self._check(sheet, row, col, n_rows, n_cols)
        return self._read(sheet, row, col, n_rows, n_cols) if n_rows and n_cols else [[] for _ in range(n_rows)]

    def close(self) -> None:
        """None; the workbook is closed. Closing again does nothing."""
        if self._is_open:
            self._is_open = False
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if not self._is_open:
            raise EngineError(f"{self.path}: this session is closed; open the file again.")

    def _check(self, sheet: str, row: int, col: int, n_rows: int = 1, n_cols: int = 1) -> None:
        self._check_open()
        if sheet not in self._sheets:
            raise EngineError(f"{self.path}: there is no sheet {sheet!r}; it has {', '.join(map(repr, self._sheets))}.")
        if min(row, col, n_rows, n_cols) < 0 or row + n_rows > MAX_ROWS or col + n_cols > MAX_COLS:
            raise EngineError(
                f"{self.path}: no block of {n_rows} x {n_cols} cells at row {row}, column {col} of sheet {sheet!r}; "
                f"rows go from 0 to {MAX_ROWS - 1}, columns from 0 to {MAX_COLS - 1}."
            )

    @abstractmethod
    def _set(self, sheet: str, row: int, col: int, value: float | str | None) -> None: ...

    @abstractmethod
    def _recalculate(self) -> None: ...

    @abstractmethod
    def _read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]: ...

    @abstractmethod
    def _close(self) -> None: ...


class Engine(ABC):
    """A program that calculates workbooks."""

    name: str

    @abstractmethod
    def missing(self) -> str | None:
        """None when the engine can be used, else one sentence: what is missing and what to do."""

    def open(self, path: str | Path) -> Session:
        """A session on the workbook, with the values that are stored in it until recalculate().

        Raises: EngineError when the engine is missing or cannot load the file, with the file's name and the reason.
        """
        path = Path(path)
        if (lack := self.missing()) is not None:
            raise EngineError(lack)
        if not path.is_file():
            raise EngineError(f"{path}: there is no such file.")
        if not is_zipfile(path):  # LibreOffice would take an empty file for an empty workbook
            raise EngineError(f"{path}: this is no .xlsx file.")
        return self._open(path)

    @abstractmethod
    def _open(self, path: Path) -> Session: ...
