"""The user's own file, open in an Excel that a person looks at; see excel_session and excel_cells.

What was found in xlwings 0.37 and Excel's documentation, and shapes this module:

- A file that is open elsewhere opens as read-only, without a word where alerts are off.
- An Excel that was started by a program goes with its last reference, unless `UserControl` is set.
- Typing interrupts automatic calculation: `calculate` finishes it, and is quick where nothing is left.
- A new sheet becomes the active one. Behind a very hidden one xlwings cannot add any: it would move that one.
- xlwings' `activate` moves windows, and fails in an Excel that is not in front.
- Solver's add-in is not loaded in an Excel that a program has started.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sheetnet.engines import excel_cells
from sheetnet.engines.base import Busy, Gone, Placed
from sheetnet.engines.calls import is_busy, patiently
from sheetnet.engines.excel_cells import Cells
from sheetnet.engines.excel_session import ExcelSession, apps_of_excel
from sheetnet.errors import EngineError

if TYPE_CHECKING:
    import xlwings as xw

PATIENCE = 1.0  # seconds; who trains while a person types waits longer, and can say so
SOLVER_SECONDS = 3600.0
NAMES_SECONDS = 5.0  # to see whether a sheet is there
ADD_IN = "Solver.xlam"
KEEP = 1  # of SolverFinish: the solution stays in the cells
AUTO_OPEN = 1  # of RunAutoMacros
SHOWN, DONE = -1, 0  # of Visible: 2 is very hidden; of CalculationState
TRIES = 5  # of a calculation that is stopped by keys
SIZE = 480, 270  # of a chart, in points
COLUMN, FORMAT = 16, "0.000000"  # width in characters


class AttachedExcel(ExcelSession):
    """A session on the file itself: in the Excel that has it open, else in a new one, with a window or without.

    One with a window stays open whatever becomes of us, as soon as the workbook is open in it; one without ends with
    us. Where the person has switched automatic calculation off, it stays off, and refresh() calculates.
    """

    has_solver = True

    def __init__(self, path: Path, visible: bool) -> None:
        self.visible = visible
        self._book: xw.Book | None = None
        self._new: xw.Sheet | None = None
        self._before: xw.Sheet | None = None
        self._was_open = False
        super().__init__(path)
        self.patience = PATIENCE

    def _begin(self) -> None:
        if (self.visible or excel_cells.MAC) and self._call("find", self._find):  # on Windows a second one cannot write
            self.ours = False
            if not self.visible:
                raise EngineError(f"{self.path}: it is open in Excel: leave --headless away, or close it there.")
        else:
            self._launch(self.visible)

    # ---- what runs in the thread of the calls

    def _find(self) -> bool:
        """Whether an Excel has the file open; then it is the one that is called.

        Raises: EngineError where one of that name is open whose folder cannot be told; what an Excel that is busy
        raises, when none of the others has it.
        """
        refusal: Exception | None = None
        for app in apps_of_excel():
            try:
                for book in app.books:
                    if book.name.casefold() == self.path.name.casefold() and _is(book, self.path):
                        self._take(app)
                        self._book = app.books[book.name]  # by name: on macOS it would be the n-th, whichever that is
                        self._was_open = True
                        return True
            except Exception as error:
                if isinstance(error, EngineError) or is_busy(error):
                    refusal = error  # else it hangs, or belongs to another user
        if refusal:
            raise refusal
        return False

    def _load(self) -> list[str]:
        assert self._app is not None
        self._book = book = self._book or self._opened(self._app)
        if book.api.read_only.get() if excel_cells.MAC else book.api.ReadOnly:
            raise EngineError(
                "it is open as read-only, so that weights cannot be written: it may be open in another program, close"
                " it there"
            )
        self._cells = Cells(book)
        if self._was_open:
            self._app.calculate()  # a rebuild would be one of all that the person has open
        else:
            self._rebuild()
        if self.visible:
            if not excel_cells.MAC:
                self._app.api.UserControl = True
            self.ours = False
        return self._names()

    def _opened(self, app: xw.App) -> xw.Book:
        """The file, opened in our Excel."""
        if self.visible and not excel_cells.MAC:  # there it was said as Excel started
            app.visible = True
        app.display_alerts = False
        try:
            return app.books.open(
                self.path, update_links=False, read_only=False, ignore_read_only_recommended=True, notify=False,
                add_to_mru=False,
            )  # fmt: skip
        finally:
            app.display_alerts = self.visible

    def _leave(self) -> None:
        self._book = self._new = self._before = None  # Excel stays while anybody holds a part of it
        super()._leave()

    def _names(self) -> list[str]:
        return [str(sheet.name) for sheet in self.cells.book.sheets]

    def _added(self, name: str) -> None:
        """A sheet behind the last one that is shown; each step is made once, though a refusal has us begin anew."""
        if self._new is None:
            sheets = self.cells.book.sheets
            shown = [sheet for sheet in sheets if sheet.visible in (True, SHOWN)]
            self._before = sheets.active
            self._new = sheets.add(after=shown[-1])
        if self._new.name != name:
            self._new.name = name
        if self._was_open and self._before:
            _show(self._before)  # where the person was
        self._new = self._before = None

    def _drawn(self, sheet: str, block: tuple[int, int, int, int], at: tuple[int, int], title: str) -> None:
        row, col, n_rows, n_cols = block
        heads = self.cells.block(sheet, row, col, 1, n_cols)
        heads.font.bold = True
        heads.column_width = COLUMN
        self.cells.block(sheet, row + 1, col + 1, n_rows - 1, n_cols - 1).number_format = FORMAT
        place = self.cells.block(sheet, *at)
        chart = place.sheet.charts.add(place.left, place.top, *SIZE)
        chart.set_source_data(self.cells.block(sheet, *block))  # a chart of points takes its kind only then
        chart.chart_type = "xy_scatter_lines_no_markers"
        chart.title = title

    def _saved(self) -> None:
        """Without xlwings, which switches the person's alerts off and on: refused in between, they stay off."""
        if excel_cells.MAC:
            self.cells.book.api.save(timeout=-1)
        else:
            self.cells.book.api.Save()

    def _calculated(self) -> None:
        assert self._app is not None
        for _ in range(TRIES):
            self._app.calculate()
            if excel_cells.MAC or self._app.api.CalculationState == DONE:  # else a key that was pressed has stopped it
                return

    def _shown(self, sheet: str) -> None:
        """The sheet is the active one, and on Windows Solver is loaded."""
        assert self._app is not None
        api, book = self._app.api, self.cells.book
        if not excel_cells.MAC:
            try:
                api.Workbooks(ADD_IN)
            except Exception as error:
                if is_busy(error):
                    raise
                api.Workbooks.Open(f"{api.LibraryPath}\\SOLVER\\{ADD_IN}").RunAutoMacros(AUTO_OPEN)
        _show(book)
        _show(book.sheets[sheet])

    def _solved(self) -> int:
        assert self._app is not None
        api, names = self._app.api, (f"{ADD_IN}!SolverSolve", f"{ADD_IN}!SolverFinish")
        if excel_cells.MAC:
            code = api.run_VB_macro(names[0], arg1=True, timeout=SOLVER_SECONDS)
            api.run_VB_macro(names[1], arg1=KEEP)
        else:
            code = api.Run(names[0], True)
            api.Run(names[1], KEEP)
        return int(code)

    # ---- the contract

    def _write(self, blocks: list[Placed]) -> None:
        for sheet, row, col, rows in blocks:
            task = f"write into the sheet {sheet!r} of"
            self._call(task, lambda at=(sheet, row, col, rows): self.cells.fill(*at), sheet)  # type: ignore[misc]

    def _refresh(self) -> None:
        self._call("calculate", self._calculated)

    def _save(self) -> None:
        self._call("save", self._saved)

    def _add_sheet(self, name: str) -> None:
        self._call("add a sheet to", lambda: self._added(name))

    def _draw(self, sheet: str, block: tuple[int, int, int, int], at: tuple[int, int], title: str) -> None:
        self._call("draw in", lambda: self._drawn(sheet, block, at, title), sheet)

    def _solve(self, sheet: str) -> int:
        self._call("run Solver in", lambda: self._shown(sheet), sheet)
        return self._call("run Solver in", self._solved, sheet, seconds=SOLVER_SECONDS, patient=False)

    def _fault(self, task: str, error: Exception, sheet: str, answered: bool) -> EngineError:
        """What a person may have done while we were at it, in words."""
        if answered and self._cells is not None and not isinstance(error, Busy):
            try:
                names = self._calls.do(lambda: patiently(self._names, 0.0), NAMES_SECONDS)
            except Busy as busy:  # then this may have been the reason
                return Busy(f"{self.path}: Excel cannot {task} this workbook: {busy}.")
            except TimeoutError:
                pass
            except Exception:
                return Gone(f"{self.path}: the workbook, or Excel, was closed.")
            else:
                if sheet and sheet not in names:
                    return Gone(f"{self.path}: the sheet {sheet!r} is gone: deleted or renamed.")
        return super()._fault(task, error, sheet, answered)


def _is(book: xw.Book, path: Path) -> bool:
    """Whether an open workbook is that file.

    Raises: EngineError for one in the cloud, where xlwings cannot tell the folder.
    """
    import xlwings as xw

    try:
        # on macOS xlwings would switch the person's alerts off and on
        name = str(book.api.full_name.get()) if excel_cells.MAC else book.fullname
        if "://" not in name:
            return Path(name).samefile(path)
    except OSError:  # of another machine, or never saved
        return False
    except xw.XlwingsError:
        pass
    raise EngineError("a workbook of this name is open from the cloud: close it first")


def _show(what: xw.Book | xw.Sheet) -> None:
    """Make a workbook or a sheet the active one."""
    if excel_cells.MAC:
        what.api.activate_object()
    else:
        what.api.Activate()
