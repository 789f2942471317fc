"""The user's own file, open in an Excel that a person looks at; see excel and excel_cells.

What was found in xlwings 0.37 and Excel's documentation, and shapes this module:

- A file that is open elsewhere opens as read-only, without a word where alerts are off.
- An Excel that was started by a program goes with its last reference, unless `UserControl` is set.
- Typing interrupts automatic calculation: `calculate` finishes it, and is quick where nothing is left.
- A new sheet becomes the active one. xlwings' `activate` moves windows, and fails in an Excel that is not in front.
- Solver's add-in is not loaded in an Excel that a program has started.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sheetnet.engines import excel_cells
from sheetnet.engines.base import Busy, Gone, Placed
from sheetnet.engines.calls import is_busy
from sheetnet.engines.excel import ExcelSession
from sheetnet.engines.excel_cells import Cells
from sheetnet.errors import EngineError

if TYPE_CHECKING:
    import xlwings as xw

PATIENCE = 1.0  # seconds; who trains while a person types waits longer, and can say so
SOLVER_SECONDS = 3600.0
NAMES_SECONDS = 5.0  # to see whether a sheet is there
ADD_IN = "Solver.xlam"
KEEP = 1  # of SolverFinish: the solution stays in the cells
SIZE = 480, 270  # of a chart, in points


class AttachedExcel(ExcelSession):
    """A session on the file itself: in the Excel that has it open, else in a new one, with a window or without.

    One with a window stays open whatever becomes of us, as soon as the workbook is open in it; one without ends with
    us. Where the person has switched automatic calculation off, it stays off, and refresh() calculates.
    """

    has_solver = True

    def __init__(self, path: Path, visible: bool) -> None:
        self.visible = visible
        self._book: xw.Book | None = None
        self._was_open = False
        super().__init__(path)
        self.patience = PATIENCE

    # ---- what runs in the thread of the calls

    def _start(self) -> None:
        if self.visible and self._find():
            self.ours = False
        else:
            self._launch(self.visible)

    def _find(self) -> bool:
        """Whether an Excel has the file open; then it is the one that is called.

        Raises: EngineError where it has one of that name open, and the folder cannot be told.
        """
        import xlwings as xw

        for app in xw.engines["excel"].apps:
            for book in app.books:
                if book.name.casefold() != self.path.name.casefold():
                    continue
                try:
                    same = Path(book.fullname).samefile(self.path)
                except xw.XlwingsError:
                    raise EngineError("a workbook of this name is open from the cloud: close it first") from None
                except OSError:  # of another machine, or never saved
                    same = False
                if same:
                    self._take(app)
                    self._book, self._was_open = book, True
                    return True
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

    def _names(self) -> list[str]:
        return [str(sheet.name) for sheet in self.cells.book.sheets]

    def _added(self, name: str) -> None:
        sheets = self.cells.book.sheets
        before = sheets.active
        sheets.add(name, after=sheets[len(sheets) - 1])
        if self._was_open:
            _show(before)  # where the person was

    def _drawn(self, sheet: str, block: tuple[int, int, int, int], at: tuple[int, int], title: str) -> None:
        place = self.cells.block(sheet, *at)
        chart = place.sheet.charts.add(place.left, place.top, *SIZE)
        chart.chart_type = "xy_scatter_lines_no_markers"
        chart.set_source_data(self.cells.block(sheet, *block))
        chart.title = title

    def _solved(self, sheet: str) -> int:
        assert self._app is not None
        book = self.cells.book
        _show(book)
        _show(book.sheets[sheet])
        solve = self._app.macro(f"{ADD_IN}!SolverSolve")
        try:
            code = solve(True)
        except Exception as error:
            if excel_cells.MAC or is_busy(error):
                raise
            api = self._app.api
            api.Workbooks.Open(f"{api.LibraryPath}\\SOLVER\\{ADD_IN}")
            self._app.macro(f"{ADD_IN}!Auto_Open")()
            _show(book)
            code = solve(True)
        self._app.macro(f"{ADD_IN}!SolverFinish")(KEEP)
        return int(code)

    # ---- the contract

    def _write(self, blocks: list[Placed]) -> None:
        for sheet, row, col, rows in blocks:
            self._call("write into", lambda at=(sheet, row, col, rows): self.cells.fill(*at), sheet)  # type: ignore[misc]

    def _refresh(self) -> None:
        assert self._app is not None
        self._call("calculate", self._app.calculate)

    def _save(self) -> None:
        self._call("save", self.cells.book.save)

    def _add_sheet(self, name: str) -> None:
        self._call("add a sheet to", lambda: self._added(name))

    def _draw(self, sheet: str, block: tuple[int, int, int, int], at: tuple[int, int], title: str) -> None:
        self._call("draw in", lambda: self._drawn(sheet, block, at, title), sheet)

    def _solve(self, sheet: str) -> int:
        return self._call("run Solver in", lambda: self._solved(sheet), sheet, seconds=SOLVER_SECONDS, patient=False)

    def _fault(self, task: str, error: Exception, sheet: str, answered: bool) -> EngineError:
        """What a person may have done while we were at it, in words."""
        if answered and self._cells is not None and not isinstance(error, Busy):
            try:
                names = self._calls.do(self._names, NAMES_SECONDS)
            except Exception as reason:
                if not is_busy(reason) and not isinstance(reason, TimeoutError):
                    return Gone(f"{self.path}: the workbook, or Excel, was closed.")
            else:
                if sheet and sheet not in names:
                    return Gone(f"{self.path}: the sheet {sheet!r} is gone: deleted or renamed.")
        return super()._fault(task, error, sheet, answered)


def _show(what: xw.Book | xw.Sheet) -> None:
    """Make a workbook or a sheet the active one."""
    if excel_cells.MAC:
        what.api.activate_object()
    else:
        what.api.Activate()
