"""Excel itself, on Windows and macOS, driven through xlwings' public classes; see Excel and ExcelSession.

What was found in xlwings 0.37 and Excel's documentation, and shapes this module:

- `Value` gives a Decimal for currency and a date for dates: `Value2` gives the double itself.
- On Windows an error arrives as a whole number and every number as a float. On macOS an error is told from what the
  cell shows; `err_to_str` of xlwings does that too, but fails on a block of more than one row.
- A text that is written counts as typed: '=1+1' becomes a formula, '12' a number. A leading apostrophe prevents that
  and is no part of the text, but in a cell with the number format '@' (text) it may stay. There the text goes in
  without it. And in such a cell a number turns into text. So each cell is read back after it was written.
- `App.calculate` leaves alone what Excel believes to be up to date: a full rebuild is asked for.
- `App.quit` on Windows goes on to end every Excel without an open workbook, whoever started it; we end our own.
- A written number below 2.3e-308 (a subnormal) becomes 0: Excel has none.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sheetnet.area import cell_address, quoted
from sheetnet.engines import processes
from sheetnet.engines.base import Busy, CellError, Engine, Session, Value
from sheetnet.engines.calls import Calls, patiently, reason_of
from sheetnet.errors import EngineError

if TYPE_CHECKING:
    import xlwings as xw

T = TypeVar("T")

START_SECONDS = 120.0
CALL_SECONDS = 120.0
BUSY_SECONDS = 10.0
CLOSE_SECONDS = 20.0
DYING_SECONDS = 0.5  # a call may fail a moment before the process has gone

MAC = sys.platform == "darwin"
CELLS_AT_ONCE = 500_000  # one Apple event carries less than 2 million
LEAST = sys.float_info.min

ERRORS = {
    2000: "#NULL!", 2007: "#DIV/0!", 2015: "#VALUE!", 2023: "#REF!", 2029: "#NAME?", 2036: "#NUM!", 2042: "#N/A",
    2043: "#GETTING_DATA", 2045: "#SPILL!", 2046: "#CONNECT!", 2047: "#BLOCKED!", 2048: "#UNKNOWN!", 2049: "#FIELD!",
    2050: "#CALC!",
}  # fmt: skip
_FIRST_ERROR = -2146828288  # an error arrives as 0x800A0000 and its number, as a signed whole number of 32 bits


class Excel(Engine):
    """Microsoft Excel; each session runs one of its own, without a window, beside any that a person uses."""

    name = "excel"

    def missing(self) -> str | None:
        """None, or what to install, or which engine to take where Excel cannot run."""
        try:
            import xlwings as xw
        except ImportError as error:
            if sys.platform not in ("win32", "darwin"):
                return _no_excel_here()
            return f"Excel is driven by xlwings, which cannot be imported ({error}): pip install 'sheetnet[excel]'."
        if "excel" not in [engine.name for engine in xw.engines]:
            if sys.platform not in ("win32", "darwin"):
                return _no_excel_here()
            return "xlwings found no way to Excel (pywin32 or appscript is missing): pip install 'sheetnet[excel]'."
        if not _is_installed():
            return "Microsoft Excel is not installed here: install it, or use the engine libreoffice or ironcalc."
        return None

    def _open(self, path: Path) -> Session:
        return ExcelSession(path)


class ExcelSession(Session):
    """A copy of a workbook in an Excel of its own. A call that takes too long, or Ctrl-C in one, closes the session.

    Excel is set to calculate only when asked. While it refuses calls (a dialog is open, a cell is being edited) they
    are made again for BUSY_SECONDS; after that the call fails, and the session stays open.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, [])
        self._folder = Path(tempfile.mkdtemp(prefix="sheetnet-", dir=_room()))
        self._calls = Calls()
        self._app: xw.App | None = None
        self._book: Any = None
        self._process = (0, "")
        atexit.register(self.close)
        try:
            self._call("start", self._start, START_SECONDS, patient=False)
            self._sheets = self._call("load", self._load)
        except BaseException:
            self.close()
            raise

    # ---- what runs in the thread of the calls

    def _start(self) -> None:
        import xlwings as xw

        self._app = xw.engines["excel"].apps.add(add_book=False, visible=False)
        self._process = self._app.pid, processes.identity(self._app.pid)
        if not self._is_open:  # given up meanwhile
            processes.end(*self._process, 0.0)

    def _load(self) -> list[str]:
        """The names of the sheets of a copy: no lock file beside the user's file, and none of others is in the way."""
        assert self._app is not None
        copy = self._folder / "workbook.xlsx"
        if not copy.exists():
            shutil.copyfile(self.path, copy)  # the content alone: no mark that it comes from the web
        self._app.display_alerts = False
        self._app.enable_events = False
        self._book = self._app.books.open(
            copy, update_links=False, read_only=True, ignore_read_only_recommended=True, add_to_mru=False
        )
        self._app.calculation = "manual"
        return [str(sheet.name) for sheet in self._book.sheets]

    def _put(self, sheet: str, row: int, col: int, value: float | str) -> None:
        """Write a value, and see that the cell holds it and nothing that Excel made of it."""
        cell = self._range(sheet, row, col)
        if isinstance(value, str):
            cell.raw_value = "'" + value
            if self._values(cell) != [value]:
                cell.raw_value = value  # the format is '@', and the apostrophe has become part of the text
        else:
            cell.raw_value = value
            if isinstance(self._values(cell)[0], str):  # the format is '@', and the number has become text
                cell.number_format = "General"
                cell.raw_value = value
        [held] = self._values(cell)
        lost = isinstance(value, float) and abs(value) < LEAST and held == 0.0
        if (type(held), held) != (type(value), value) and not lost:
            raise ValueError(f"{quoted(sheet)}!{cell_address(row, col)} holds {held!r} after {value!r} was written")

    def _get(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]:
        rows: list[list[Value]] = []
        while len(rows) < n_rows:
            n = min(n_rows - len(rows), max(1, CELLS_AT_ONCE // n_cols))
            flat = self._values(self._range(sheet, row + len(rows), col, n, n_cols))
            rows += [flat[i : i + n_cols] for i in range(0, n * n_cols, n_cols)]
        return rows

    def _range(self, sheet: str, row: int, col: int, n_rows: int = 1, n_cols: int = 1) -> xw.Range:
        first, last = (row + 1, col + 1), (row + n_rows, col + n_cols)
        return self._book.sheets[sheet].range(first, last)

    def _values(self, cells: xw.Range) -> list[Value]:
        """All values of a range, row after row."""
        if not MAC:
            return [_value(value) for value in _flat(cells.api.Value2)]
        values, shown = _flat(cells.api.value2.get()), _flat(cells.api.string_value.get())
        if not set(ERRORS.values()).isdisjoint(shown):  # errors, or texts that read like one
            formulas = _flat(cells.api.formula.get())
            for i, (value, text, formula) in enumerate(zip(values, shown, formulas, strict=True)):
                if text in ERRORS.values() and (not isinstance(value, str) or str(formula).startswith("=")):
                    values[i] = CellError(text)
        return [_value_on_mac(value) for value in values]

    def _rebuild(self) -> None:
        assert self._app is not None
        if MAC:
            self._app.api.calculate_full_rebuild()
        else:
            self._app.api.CalculateFullRebuild()

    def _quit(self) -> None:
        """Ask Excel to go; what is left of it then is for _close."""
        app, self._app, self._book = self._app, None, None
        if app is None:
            return
        with suppress(Exception):  # it may have gone already
            if MAC:
                app.quit()
            else:
                app.display_alerts = False
                app.api.Quit()

    # ---- the contract

    def _set(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        if value is None or value == "":
            self._call("set a cell of", lambda: self._range(sheet, row, col).clear_contents())
        else:
            self._call("set a cell of", lambda: self._put(sheet, row, col, value))

    def _recalculate(self) -> None:
        self._call("recalculate", self._rebuild)

    def _read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]:
        return self._call("read", lambda: self._get(sheet, row, col, n_rows, n_cols))

    def _close(self) -> None:
        """None; Excel is asked to go, and ended when it does not; the copy is removed."""
        self._end(CLOSE_SECONDS)

    def _end(self, seconds: float) -> None:
        atexit.unregister(self.close)
        if seconds:
            with suppress(Exception):
                self._calls.do(self._quit, seconds)
        self._calls.close()
        processes.end(*self._process, seconds)
        for _ in range(50):
            shutil.rmtree(self._folder, ignore_errors=True)
            if not self._folder.exists():
                break
            time.sleep(0.1)  # Windows lets go of a file a little later

    def _call(self, task: str, call: Callable[[], T], seconds: float | None = None, patient: bool = True) -> T:
        """What the call returns.

        Raises: EngineError when it fails, is refused for too long, or takes longer than so many seconds (CALL_SECONDS);
        then, and after Ctrl-C, the session is closed.
        """
        seconds = CALL_SECONDS if seconds is None else seconds
        made = (lambda: patiently(call, BUSY_SECONDS)) if patient else call
        answered = False
        try:
            value = self._calls.do(made, seconds)
            answered = True
        except Exception as error:
            answered = isinstance(error, Busy) or not isinstance(error, TimeoutError)
            gone = bool(self._process[1]) and processes.has_gone(*self._process, DYING_SECONDS if answered else 0.0)
            reason = "Excel has ended" if gone else reason_of(error)
            kind = Busy if isinstance(error, Busy) and not gone else EngineError
            raise kind(f"{self.path}: Excel cannot {task} this workbook: {reason}.") from error
        finally:
            if not answered and self._is_open:  # also after Ctrl-C: the thread is lost in that call
                self._is_open = False
                self._end(0.0)
        return value


def _value(value: Any) -> Value:
    """The value of a cell as it arrives on Windows, where only errors are whole numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return CellError(ERRORS.get(value - _FIRST_ERROR, f"#ERROR {value}"))
    return None if value == "" else value


def _value_on_mac(value: Any) -> Value:
    """The value of a cell as it arrives on macOS: an empty one as '' or as appscript's word for nothing."""
    if isinstance(value, bool | str):
        return value if value != "" else None
    return float(value) if isinstance(value, int | float) else None


def _flat(values: Any) -> list[Any]:
    """The values of a range row after row: one cell arrives bare, one row perhaps flat, a block in rows."""
    if not isinstance(values, list | tuple):
        return [values]
    return [value for row in values for value in (row if isinstance(row, list | tuple) else [row])]


def _no_excel_here() -> str:
    return (
        f"Excel runs on Windows and macOS, not on this system ({sys.platform}): "
        "use the engine libreoffice, or ironcalc, which needs nothing installed."
    )


def _is_installed() -> bool:
    """Whether Excel is registered on Windows, or known to macOS; True elsewhere (someone gave xlwings an engine)."""
    if sys.platform == "win32":
        import winreg

        try:
            winreg.CloseKey(winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, r"Excel.Application\CLSID"))
        except OSError:
            return False
    elif sys.platform == "darwin":
        asked = ["osascript", "-e", 'id of application "Microsoft Excel"']
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0
    return True


def _room() -> str | None:
    """The folder for copies: on macOS the one that Excel, in its sandbox, may read without asking the person."""
    container = Path.home() / "Library/Containers/com.microsoft.Excel/Data"
    return str(container) if MAC and container.is_dir() else None
