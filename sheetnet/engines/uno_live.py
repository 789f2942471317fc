"""The user's own file, open in a LibreOffice: python uno_live.py SOFFICE hidden | visible. See uno_worker.py.

When stdin ends, a hidden LibreOffice goes with all its files. A visible one, at which a person looks, stays: it may be
one that ran before, and the window may hold what was not saved.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uno
from com.sun.star.awt import Rectangle

if TYPE_CHECKING:
    from sheetnet.engines.uno_worker import Office, main
else:
    from uno_worker import Office, main  # it lies beside this file, and nothing else of sheetnet can be imported here

FORMAT = "0.000000"
LINES = ({"Color": 0x1F4E79, "LineWidth": 40}, {"Color": 0xF2B134, "LineWidth": 160})  # 1/100 mm; the first is on top


class Hidden(Office):
    """A LibreOffice of one's own, without windows, on the user's own file."""

    mine = True  # whether LibreOffice ends with us
    lock: Any = None  # the lock file beside the user's, once LibreOffice has put it there

    def __init__(self, soffice: str) -> None:
        super().__init__(soffice)
        self.kept: dict[Any, Any] = {}  # ranges that were asked for again, and where they were

    def load(self, path: str) -> list[str]:
        """Open the file itself, unless another program has it open; return its sheets' names."""
        lock = Path(path).with_name(f".~lock.{Path(path).name}#")
        if lock.exists():
            who = ", ".join(filter(None, (part.strip() for part in lock.read_text(errors="replace").split(",")[:3])))
            raise RuntimeError(
                f"it is open in another LibreOffice ({who}): close it there"
                + (", or leave --headless (visible=False) away to use that window" if self.mine else "")
                + f". If nobody has it open, delete {lock}"
            )
        self.lock = lock
        self.open(Path(path).as_uri(), hidden=self.mine)
        return self.ready()

    def kind(self, error: Exception) -> str:
        """Which kind of fault it was; gone, where a person has closed the workbook."""
        try:
            return super().kind(error) if self.document is None or self.document.Sheets.Count else "gone"
        except Exception:
            return "gone"

    def ready(self) -> list[str]:
        """Calculate once what the file had stored; return the sheets' names."""
        if self.document.isReadonly():
            raise RuntimeError("it is open as read-only, so that weights cannot be written: open it for editing")
        self.document.calculateAll()
        return list(self.document.Sheets.ElementNames)

    def cells(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> Any:
        """Return a range of a sheet, unless a person has deleted or renamed it.

        Each word with LibreOffice takes about a millisecond: a range that is asked for again is kept, and asked where
        it is now.
        """
        key = (sheet, row, col, n_rows, n_cols)
        cells, place = self.kept.get(key, (None, ""))
        if place:
            with contextlib.suppress(Exception):  # its sheet is gone
                if cells.AbsoluteName == place:
                    return cells
            del self.kept[key]
        if not self.document.Sheets.hasByName(sheet):
            raise LookupError(f"the sheet {sheet!r} is gone: deleted or renamed")
        there = self.document.Sheets.getByName(sheet)
        cells = there.getCellRangeByPosition(col, row, col + n_cols - 1, row + n_rows - 1)
        self.kept[key] = (cells, cells.AbsoluteName) if key in self.kept else (None, "")
        return cells

    def set(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        """Put a number or text into a cell, or empty it."""
        self.write([[sheet, row, col, [[value]]]])

    def write(self, blocks: list[Any]) -> None:
        """Put values into blocks; where there are several, calculation and windows look when all of them stand."""
        placed = [(self.cells(sheet, row, col, len(rows), len(rows[0])), rows) for sheet, row, col, rows in blocks]
        with self.still() if len(blocks) > 1 else contextlib.nullcontext():
            for cells, rows in placed:
                values = tuple(tuple("" if value is None else value for value in one) for one in rows)
                try:
                    cells.setDataArray(values)
                except Exception:
                    if cells.Spreadsheet.isProtected():
                        raise RuntimeError(
                            f"the sheet {cells.Spreadsheet.Name!r} is protected: see Tools > Protect Sheet"
                        ) from None
                    raise

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """A context in which nothing is calculated or drawn."""
        self.document.lockControllers()
        self.document.addActionLock()
        try:
            yield
        finally:
            self.document.removeActionLock()
            self.document.unlockControllers()

    def refresh(self) -> None:
        """Calculate, where a person has switched off that it happens by itself."""
        if not self.document.isAutomaticCalculationEnabled():
            self.document.calculate()

    def save(self) -> None:
        """Write the file."""
        self.document.store()

    def add_sheet(self, name: str) -> None:
        """Add an empty sheet at the end, and show it where the workbook was opened by us."""
        sheets = self.document.Sheets
        sheets.insertNewByName(name, sheets.Count)
        if self.lock and not self.mine:
            self.document.CurrentController.setActiveSheet(sheets.getByName(name))

    def draw(self, sheet: str, block: tuple[int, int, int, int], at: list[int], title: str) -> None:
        """Put a line chart of a block with heads beside it."""
        place, cells = self.cells(sheet, at[0], at[1], 1, 1), self.cells(sheet, *block)
        self.dress(cells)
        frame, charts = Rectangle(place.Position.X, place.Position.Y, 17000, 9500), place.Spreadsheet.Charts
        charts.addNewByName(title, frame, (cells.RangeAddress,), True, False)
        chart = charts.getByName(title).EmbeddedObject
        chart.HasMainTitle, chart.Title.String, chart.HasLegend = True, title, True
        chart.Diagram = diagram = chart.createInstance("com.sun.star.chart.XYDiagram")
        diagram.Lines, diagram.SymbolType = True, -3  # none
        diagram.HasXAxisTitle, diagram.XAxisTitle.String = True, cells.getCellByPosition(0, 0).String
        diagram.Wall.FillStyle = chart.Legend.FillStyle = uno.Enum("com.sun.star.drawing.FillStyle", "NONE")
        chart.Legend.Alignment = uno.Enum("com.sun.star.chart.ChartLegendPosition", "BOTTOM")
        for line, look in enumerate(LINES[: block[3] - 1]):  # thin on thick: both are seen where they are the same
            for name, value in look.items():
                diagram.getDataRowProperties(line + 1).setPropertyValue(name, value)

    def dress(self, table: Any) -> None:
        """Bold heads at the right, as the numbers are; and those with six digits behind the first column."""
        size, formats = table.RangeAddress, self.document.NumberFormats
        right, bottom = size.EndColumn - size.StartColumn, size.EndRow - size.StartRow
        table.Columns.Width = 3600
        heads = table.getCellRangeByPosition(0, 0, right, 0)
        heads.CharWeight, heads.HoriJustify = 150.0, uno.Enum("com.sun.star.table.CellHoriJustify", "RIGHT")
        known = formats.queryKey(FORMAT, table.CharLocale, False)
        key = known if known >= 0 else formats.addNew(FORMAT, table.CharLocale)
        table.getCellRangeByPosition(1, 1, right, bottom).NumberFormat = key

    def close(self) -> None:
        """End LibreOffice and remove its files, and the lock file where it had no time to."""
        super().close()
        if self.lock:
            with contextlib.suppress(OSError):
                self.lock.unlink()


class Visible(Hidden):
    """The LibreOffice that a person looks at: the one that runs, else one that is started; it stays when we go."""

    mine = False

    def start(self) -> None:
        """Pass the name of our pipe on to the LibreOffice that runs with the user's profile, or start it."""
        self.launch(["--norestore", "--nologo", "--nodefault"], dict(os.environ))

    def ended(self) -> int | None:
        """The exit code of a soffice that failed; 0 says that it has passed its options on."""
        return super().ended() or None

    def load(self, path: str) -> list[str]:
        """Find the document among those that are open, else open it in a window; return its sheets' names."""
        components = self.desktop.Components.createEnumeration()
        while components.hasMoreElements():
            one = components.nextElement()
            if getattr(one, "URL", "") and Path(uno.fileUrlToSystemPath(one.URL)).resolve() == Path(path):
                self.document = one
                return self.ready()
        try:
            return super().load(path)
        except Exception:
            if not self.desktop.Components.createEnumeration().hasMoreElements():
                self.desktop.terminate()  # it was started for nothing
            raise

    def kill(self) -> None:
        """Nothing: it is the person's."""

    def close(self) -> None:
        """Remove what is ours."""
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    main({"hidden": Hidden, "visible": Visible}[sys.argv[2]])
