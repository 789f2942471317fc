"""What every engine can do: open a workbook, set cells, recalculate, read blocks; and write into one that is open.

The public methods check what they are given, once for all engines; an engine fills in the methods that start
with an underscore. All rows and columns count from zero.
"""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from zipfile import is_zipfile

from sheetnet.errors import EngineError
from sheetnet.page.area import MAX_COLS, MAX_ROWS


class CellError(str):
    """An error value such as '#NUM!'.

    Engines disagree on the text for one and the same fault: compare errors by being a CellError, not by text.
    """

    __slots__ = ()


NO_LET = "LibreOffice does not know LET, LAMBDA and HSTACK (it shows #NAME?)"

Value = float | str | bool | None | CellError
Rows = list[list[Value]]
Rectangle = tuple[str, int, int, int, int]  # sheet, row, column, number of rows, number of columns
Placed = tuple[str, int, int, list[list[float | str | None]]]  # sheet, row, column, rows of values


class Busy(EngineError):
    """A program that refuses for the moment: a cell is being edited, a dialog is open. Try again."""


class Gone(EngineError):
    """The program, the workbook or a sheet is no longer there: a person has closed or deleted it."""


class Session(ABC):
    """One open workbook in one engine; a context manager that closes it.

    The file itself is never written, but by save() of a session that Engine.attach gave.
    """

    has_solver = False  # whether solve() works: _solve is filled in

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
        self._set(sheet, row, col, self._judged(sheet, row, col, value))

    def write(self, blocks: Iterable[Placed]) -> None:
        """None; set() for whole blocks, each (sheet, row, col, rows of values), in as few calls as the engine can.

        Raises: as set, before anything is written.
        """
        judged = []
        for sheet, row, col, rows in blocks:
            self._check(sheet, row, col, len(rows), len(rows[0]) if rows else 0)
            cells = [[self._judged(sheet, row + i, col + j, v) for j, v in enumerate(r)] for i, r in enumerate(rows)]
            if cells and cells[0]:
                judged.append((sheet, row, col, cells))
        self._write(judged)

    def recalculate(self) -> None:
        """None; every formula is calculated anew, whatever value was stored beside it."""
        self._check_open()
        self._recalculate()

    def refresh(self) -> None:
        """None; what depends on cells that were set since is calculated, and no more where the engine can tell."""
        self._check_open()
        self._refresh()

    def save(self) -> None:
        """None; the file holds what stands in the open workbook, as far as Engine.attach gave this session.

        Raises: EngineError where the engine cannot, with what to do.
        """
        self._check_open()
        self._save()

    def add_sheet(self, name: str) -> None:
        """None; there is an empty sheet of that name at the end.

        Raises: EngineError where the engine cannot, or the name is taken.
        """
        self._check_open()
        if name in self._sheets:
            raise EngineError(f"{self.path}: there is a sheet {name!r} already.")
        self._add_sheet(name)
        self._sheets.append(name)

    def draw(self, sheet: str, block: tuple[int, int, int, int], at: tuple[int, int], title: str) -> None:
        """None; a line chart stands at the cell `at`: of a block (row, col, n_rows, n_cols), heads in its first row.

        The first column is what goes along. An engine without pictures does nothing.
        """
        self._check(sheet, *block)
        self._draw(sheet, block, at, title)

    def solve(self, sheet: str) -> int:
        """Run Excel's Solver as it is preset on a sheet; the number that it ends with, 0 for a solution.

        Raises: EngineError where the engine has no Solver, or it does not run.
        """
        self._check(sheet, 0, 0)
        return self._solve(sheet)

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

    def _judged(self, sheet: str, row: int, col: int, value: float | str | None) -> float | str | None:
        if value is None or isinstance(value, str):
            return value
        value = float(value)
        if not math.isfinite(value):
            raise EngineError(f"{self.path}: sheet {sheet!r}, row {row}, column {col}: a cell cannot hold {value}.")
        return value

    @abstractmethod
    def _set(self, sheet: str, row: int, col: int, value: float | str | None) -> None: ...

    def _write(self, blocks: list[Placed]) -> None:
        for sheet, row, col, rows in blocks:
            for i, cells in enumerate(rows):
                for j, value in enumerate(cells):
                    self._set(sheet, row + i, col + j, value)

    def _refresh(self) -> None:
        self._recalculate()

    def _save(self) -> None:
        raise EngineError(f"{self.path}: this engine cannot save a workbook; use LibreOffice or Excel.")

    def _add_sheet(self, name: str) -> None:
        raise EngineError(f"{self.path}: this engine cannot add a sheet.")

    def _draw(self, sheet: str, block: tuple[int, int, int, int], at: tuple[int, int], title: str) -> None:
        return None

    def _solve(self, sheet: str) -> int:
        raise EngineError(f"{self.path}: this engine has no Solver.")

    @abstractmethod
    def _recalculate(self) -> None: ...

    @abstractmethod
    def _read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]: ...

    @abstractmethod
    def _close(self) -> None: ...


class Engine(ABC):
    """A program that calculates workbooks."""

    name: str
    knows_let = True  # and LAMBDA, HSTACK and their like, with which the modern dialect is written

    def refuse_modern(self, path: Path, dialect: str) -> None:
        """None, unless this program does not know the functions with which a workbook is written.

        Raises: EngineError with what to do.
        """
        if dialect == "modern" and not self.knows_let:
            raise EngineError(
                f"{path}: {NO_LET}, and its formulas are written with them. Take IronCalc or Excel 365, or build the"
                " workbook with --dialect classic"
            )

    @abstractmethod
    def missing(self) -> str | None:
        """None when the engine can be used, else one sentence: what is missing and what to do."""

    def open(self, path: str | Path) -> Session:
        """A session on the workbook, with the values that are stored in it until recalculate().

        Raises: EngineError when the engine is missing or cannot load the file, with the file's name and the reason.
        """
        return self._open(self._usable(path))

    def prepare(self) -> None:
        """None; what open() would wait for is under way, in an engine that can be started ahead."""
        return None

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """A context in which a program that did well is kept for the next workbook, where to start one takes long."""
        yield

    @contextmanager
    def calculating(self, path: str | Path, parts: Sequence[Rectangle]) -> Iterator[Callable[[], list[Rows]]]:
        """A context with a function that returns the values of parts of a workbook, as Session.read, recalculated.

        An engine that can is at it meanwhile. Raises: EngineError as open(), now or when that function is called.
        """

        def answer() -> list[Rows]:
            with self.open(path) as session:
                session.recalculate()
                return [session.read(*part) for part in parts]

        yield answer

    def attach(self, path: str | Path, *, visible: bool = True) -> Session:
        """A session on the user's own file, for a person to watch: the program that has it open, or opens it now.

        Automatic calculation keeps what is shown up to date; refresh() makes sure of it. Closing such a session leaves
        a visible workbook open. An engine without windows opens the file as open() does.
        Raises: EngineError as open(); for a file that is read-only, or open elsewhere.
        """
        return self._attach(self._usable(path), visible)

    def _writable(self, path: Path) -> None:
        if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
            raise EngineError(
                f"{path}: the file is read-only: a program would open it so, and take no weights. Make it writable, or"
                " take a copy of it."
            )
        if not os.access(path.parent, os.W_OK):
            raise EngineError(
                f"{path}: its folder is read-only, and programs put a lock file there: take a copy of it."
            )

    def _usable(self, path: str | Path) -> Path:
        path = Path(path)
        if (lack := self.missing()) is not None:
            raise EngineError(lack)
        if not path.is_file():
            raise EngineError(f"{path}: there is no such file.")
        if not is_zipfile(path):  # LibreOffice would take an empty file for an empty workbook
            raise EngineError(f"{path}: this is no .xlsx file.")
        return path

    @abstractmethod
    def _open(self, path: Path) -> Session: ...

    def _attach(self, path: Path, visible: bool) -> Session:
        return self._open(path)
