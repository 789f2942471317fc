"""A copy of a workbook, open in an Excel of its own, driven through xlwings' public classes.

What was found in xlwings 0.37 and Excel's documentation, and shapes this module (and see excel_cells):

- `App.calculate` leaves alone what Excel believes to be up to date: a full rebuild is asked for.
- On Windows `App.quit`, and xlwings when Python ends, also end every other Excel without an open workbook, such as one
  that a person has just started. We end our own, and only that.
- On macOS an app that was started by name is started again when it has ended and is called; one by its number is not.
"""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sheetnet.common.leftovers import PREFIX, clear_folders, owner
from sheetnet.engines import excel_cells, processes
from sheetnet.engines.base import Busy, Session, Value
from sheetnet.engines.calls import Calls, patiently, reason_of
from sheetnet.engines.excel_cells import Cells
from sheetnet.errors import EngineError

if TYPE_CHECKING:
    import xlwings as xw

T = TypeVar("T")

START_SECONDS = 120.0
CALL_SECONDS = 120.0
BUSY_SECONDS = 10.0
CLOSE_SECONDS = 20.0
DYING_SECONDS = 0.5  # a call may fail a moment before the process has gone


class ExcelSession(Session):
    """A copy of a workbook in an Excel of its own. A call that takes too long, or Ctrl-C in one, closes the session.

    Excel is set to calculate only when asked. While it refuses calls (a dialog is open, a cell is being edited) they
    are made again for `patience` seconds; after that the call fails, and the session stays open.
    """

    ours = True  # whether Excel ends with us

    def __init__(self, path: Path) -> None:
        super().__init__(path, [])
        self.patience = BUSY_SECONDS
        self._folder: Path | None = None
        self._calls = Calls()
        self._app: xw.App | None = None
        self._cells: Cells | None = None
        self._process = (0, "")
        atexit.register(self.close)
        try:
            self._begin()
            self._sheets = self._call("load", self._load)
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        """Start an Excel of our own, or find one."""
        self._launch(visible=False)

    def _launch(self, visible: bool) -> None:
        self._call("start", lambda: self._start(visible), seconds=START_SECONDS, patient=False)

    # ---- what runs in the thread of the calls

    def _start(self, visible: bool) -> None:
        apps = apps_of_excel()
        app = apps.add(add_book=False, visible=visible)
        self._take(apps[app.pid] if excel_cells.MAC else app)
        if not self._is_open:  # given up meanwhile
            processes.end(*self._process, 0.0)

    def _take(self, app: xw.App) -> None:
        """From now on this is the Excel that is called."""
        self._app, self._process = app, (app.pid, processes.identity(app.pid))

    def _load(self) -> list[str]:
        """The names of the sheets of a copy: no lock file beside the user's file, and none of others is in the way."""
        assert self._app is not None
        clear_folders(_room() or tempfile.gettempdir())
        self._folder = self._folder or Path(tempfile.mkdtemp(prefix=PREFIX + owner(), dir=_room()))
        copy = self._folder / "workbook.xlsx"
        if not copy.exists():
            shutil.copyfile(self.path, copy)  # the content alone: no mark that it comes from the web
        self._app.display_alerts = False
        self._app.enable_events = False
        book = self._app.books.open(
            copy, update_links=False, read_only=True, ignore_read_only_recommended=True, add_to_mru=False
        )
        self._cells = Cells(book)
        self._app.calculation = "manual"
        return [str(sheet.name) for sheet in book.sheets]

    def _rebuild(self) -> None:
        assert self._app is not None
        if excel_cells.MAC:
            self._app.api.calculate_full_rebuild()
        else:
            self._app.api.CalculateFullRebuild()

    def _leave(self) -> None:
        """Let go of Excel, and where it is ours ask it to go; what is left of it then is for _close."""
        app, self._app, self._cells = self._app, None, None
        if app is None or not self.ours:
            return
        with suppress(Exception):  # it may have gone already
            if excel_cells.MAC:
                app.quit()
            else:
                app.display_alerts = False
                app.api.Quit()

    # ---- the contract

    @property
    def cells(self) -> Cells:
        """The cells of the open workbook; for the thread of the calls."""
        assert self._cells is not None
        return self._cells

    def _set(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        self._call("set a cell of", lambda: self.cells.put(sheet, row, col, value), sheet)

    def _recalculate(self) -> None:
        self._call("recalculate", self._rebuild)

    def _read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]:
        return self._call("read", lambda: self.cells.get(sheet, row, col, n_rows, n_cols), sheet)

    def _close(self) -> None:
        """None; Excel is asked to go, and ended when it does not; the copy is removed."""
        self._end(CLOSE_SECONDS)

    def _end(self, seconds: float) -> None:
        atexit.unregister(self.close)
        if seconds:
            with suppress(Exception):
                self._calls.do(self._leave, seconds)
        self._calls.close()
        if self.ours:
            processes.end(*self._process, seconds)
        for _ in range(50 if self._folder else 0):
            shutil.rmtree(str(self._folder), ignore_errors=True)
            if not Path(str(self._folder)).exists():
                break
            time.sleep(0.1)  # Windows lets go of a file a little later

    def _call(
        self, task: str, call: Callable[[], T], sheet: str = "", *, seconds: float | None = None, patient: bool = True
    ) -> T:
        """What the call, which may be about a sheet, returns.

        Raises: EngineError when it fails, is refused for too long, or takes longer than so many seconds (CALL_SECONDS);
        then, and after Ctrl-C, the session is closed.
        """
        seconds = CALL_SECONDS if seconds is None else seconds
        made = (lambda: patiently(call, self.patience)) if patient else call
        answered = False
        try:
            value = self._calls.do(made, seconds)
            answered = True
        except Exception as error:
            answered = isinstance(error, Busy) or not isinstance(error, TimeoutError)
            fault = self._fault(task, error, sheet, answered)
            traceback.clear_frames(error.__traceback__)  # what they hold would keep Excel alive
            raise fault from error
        finally:
            if not answered and self._is_open:  # also after Ctrl-C: the thread is lost in that call
                self._is_open = False
                self._end(0.0)
        return value

    def _fault(self, task: str, error: Exception, sheet: str, answered: bool) -> EngineError:
        """The fault of a call in our words; Busy where trying again may help."""
        gone = self._has_gone(answered)
        reason = "Excel has ended" if gone else reason_of(error)
        kind = Busy if isinstance(error, Busy) and not gone else EngineError
        return kind(f"{self.path}: Excel cannot {task} this workbook: {reason}.")

    def _has_gone(self, answered: bool = True) -> bool:
        return bool(self._process[1]) and processes.has_gone(*self._process, DYING_SECONDS if answered else 0.0)


def apps_of_excel() -> xw.Apps:
    """All running Excels, for xlwings; and it will not end those of others when Python ends."""
    import xlwings as xw

    if cleanup := getattr(sys.modules.get("xlwings._xlwindows"), "cleanup", None):
        atexit.unregister(cleanup)
    return xw.engines["excel"].apps


def _room() -> str | None:
    """The folder for copies: on macOS the one that Excel, in its sandbox, may read without asking the person."""
    container = Path.home() / "Library/Containers/com.microsoft.Excel/Data"
    return str(container) if excel_cells.MAC and container.is_dir() else None
