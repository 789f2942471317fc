"""A LibreOffice of one's own, served over stdin and stdout: python uno_worker.py SOFFICE.

Runs on any Python 3.9+ that can import uno, and needs nothing else. Each request is one line of JSON,
[method of Office, argument, ...], "start" first; each reply is one line, {"ok": result} or {"error": text, "kind": the
class of the exception}. When stdin ends, LibreOffice and all its files go.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue

START_SECONDS = 55.0  # a little less than the other side waits, so that ours is the message
GRACE_SECONDS = 5.0
PIXEL = 2540 / 96  # hundredths of a millimetre
ROOM = 8000  # of a page, for a column or row that is seen in part
MAX_KINDS = 20  # to ask a cell for the kind of its error takes about 2 ms


class Office:
    """A LibreOffice without windows, in a process group, with a profile and a pipe of its own."""

    def __init__(self, soffice: str) -> None:
        self.soffice = soffice
        machine = zlib.crc32(platform.node().encode())  # as common/leftovers.py, which clears what a kill leaves
        self.folder = Path(tempfile.mkdtemp(prefix=f"sheetnet-{machine:08x}-{os.getpid()}-"))
        self.process: Any = None
        self.desktop: Any = None
        self.document: Any = None
        self.sheets: dict[str, Any] = {}

    def start(self) -> None:
        """Start LibreOffice and wait until it answers."""
        profile = (self.folder / "profile").as_uri()
        options = ["--headless", "--invisible", "--norestore", "--nologo", "--nodefault", "--nolockcheck"]
        here = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(self.folder))
        self.launch([*options, f"-env:UserInstallation={profile}"], {**os.environ, **here})

    def launch(self, options: list[str], environment: dict[str, str]) -> None:
        """Run soffice with these options and wait until it, or the one that it passes them on to, answers."""
        pipe = f"pipe,name={self.folder.name};urp;"
        self.process = subprocess.Popen(
            [self.soffice, *options, f"--accept={pipe}"],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            start_new_session=True,
            env=environment,
        )
        here = uno.getComponentContext()
        resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
        deadline = time.monotonic() + START_SECONDS
        while self.ended() is None and time.monotonic() < deadline:
            try:
                there = resolver.resolve(f"uno:{pipe}StarOffice.ComponentContext")
            except Exception:  # not up yet
                time.sleep(0.05)
            else:
                self.desktop = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
                return
        raise RuntimeError("it did not answer in time")

    def ended(self) -> int | None:
        """The exit code of a LibreOffice that has ended."""
        return self.process.poll() if self.process else None

    def kind(self, error: Exception) -> str:
        """Which kind of fault it was."""
        return type(error).__name__

    def load(self, path: str) -> list[str]:
        """Open a copy (no lock file appears beside the user's), without macros and links; return its sheets' names."""
        self.leave()
        copy = shutil.copy(path, self.folder / "workbook.xlsx")
        return self.open(Path(copy).as_uri(), hidden=True)

    def leave(self) -> None:
        """Close the document, where one is open."""
        if self.document is not None:
            self.document.close(True)
            self.document = None

    def open(self, url: str, hidden: bool) -> list[str]:
        """Open a document without macros and links, in place of the one before; return its sheets' names."""
        self.leave()
        wanted = {"Hidden": hidden, "MacroExecutionMode": 0, "UpdateDocMode": 0, "FilterName": "Calc MS Excel 2007 XML"}
        properties = tuple(PropertyValue(name, 0, value, 0) for name, value in wanted.items())
        self.document = self.desktop.loadComponentFromURL(url, "_blank", 0, properties)
        if self.document is None:
            raise RuntimeError("it is damaged or no .xlsx file")
        sheets = self.document.Sheets
        self.sheets = {name: sheets.getByName(name) for name in sheets.ElementNames}
        return list(self.sheets)

    def set(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        """Put a number or text into a cell, or empty it."""
        cell = self.sheets[sheet].getCellByPosition(col, row)
        if isinstance(value, float):
            cell.setValue(value)
        else:
            cell.setString(value or "")  # never setFormula: text stays text

    def recalculate(self) -> None:
        """Calculate every formula, whatever is stored; calculate() would trust stored values."""
        self.document.calculateAll()

    def cells(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> Any:
        """Return a range of a sheet."""
        return self.sheets[sheet].getCellRangeByPosition(col, row, col + n_cols - 1, row + n_rows - 1)

    def read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Any]]:
        """Return a block row by row; an error, None in UNO's array, becomes {'error': text}."""
        cells = self.cells(sheet, row, col, n_rows, n_cols)
        rows = [list(values) for values in cells.getDataArray()]
        errors = [(i, j) for i, values in enumerate(rows) for j, value in enumerate(values) if value is None]
        for k, (i, j) in enumerate(errors):
            rows[i][j] = {"error": cells.getCellByPosition(j, i).getString() if k < MAX_KINDS else "Err:?"}
        return rows

    def print_screens(self, pdf: str, across: int, down: int) -> list[str]:
        """Write a PDF with the first so many pixels of each sheet that is seen, a page each; return the sheets' names.

        A page is the area, and some more, as large as life, with the letters and numbers of columns and rows.
        """
        styles = self.document.StyleFamilies.getByName("PageStyles")
        shown = [name for name, sheet in self.sheets.items() if sheet.IsVisible]
        right, bottom = int(across * PIXEL), int(down * PIXEL)
        for name, sheet in self.sheets.items():
            sheet.PrintTitleColumns = sheet.PrintTitleRows = False
            sheet.removeAllManualPageBreaks()
            if not sheet.getCellByPosition(0, 0).getFormula():
                sheet.getCellByPosition(0, 0).setString(" ")  # a page with nothing on it would be left out
            sheet.setPrintAreas((first_screen(sheet, right, bottom),) if name in shown else ())
            style = styles.getByName(sheet.PageStyle)
            style.IsLandscape, style.HeaderIsOn, style.FooterIsOn = True, False, False
            style.PrintGrid, style.PrintHeaders, style.PageScale = False, True, 100
            style.LeftMargin = style.RightMargin = style.TopMargin = style.BottomMargin = 0
            style.ScaleToPages = style.ScaleToPagesX = style.ScaleToPagesY = 0
            style.Width, style.Height = right + ROOM, bottom + ROOM
        pages = self.document.getRendererCount(self.document, ())
        if pages != len(shown):
            raise RuntimeError(f"it makes {pages} pages of {len(shown)} sheets")
        self.document.storeToURL(Path(pdf).as_uri(), (PropertyValue("FilterName", 0, "calc_pdf_Export", 0),))
        return shown

    def kill(self) -> None:
        """End LibreOffice and all it started, at once."""
        if self.process is None:
            return
        if os.name == "nt":
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(self.process.pid)], capture_output=True)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it is gone
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End LibreOffice, kindly at first, and remove its files."""
        with contextlib.suppress(Exception):  # the connection breaks as it leaves
            if self.document is not None:
                self.document.close(True)
            self.desktop.terminate()
            self.process.wait(GRACE_SECONDS)
        self.kill()
        for socket in Path("/tmp").glob(f"OSL_PIPE_*_{self.folder.name}"):  # what one that was killed has left
            with contextlib.suppress(OSError):
                socket.unlink()
        for _ in range(50):
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                break
            time.sleep(0.1)


def first_screen(sheet: Any, right: int, bottom: int) -> Any:
    """Return the address of the cells of a sheet that are seen, be it in part, within so much of it."""
    area = sheet.RangeAddress
    area.EndColumn = last_within(lambda i: sheet.getCellByPosition(i, 0).Position.X, area.EndColumn, right)
    area.EndRow = last_within(lambda i: sheet.getCellByPosition(0, i).Position.Y, area.EndRow, bottom)
    if area.EndRow == sheet.RangeAddress.EndRow:  # all may be hidden, and then there would be no page
        sheet.Rows.getByIndex(0).IsVisible = True
    if area.EndColumn == sheet.RangeAddress.EndColumn:
        sheet.Columns.getByIndex(0).IsVisible = True
    return area


def last_within(position: Callable[[int], int], last: int, size: int) -> int:
    """Return the last row or column that begins before so many hundredths of a millimetre."""
    first = 0
    while first < last:
        middle = (first + last + 1) // 2
        first, last = (middle, last) if position(middle) < size else (first, middle - 1)
    return first


def listen(requests: queue.SimpleQueue[Any], office: Office) -> None:
    """Pass requests on; when stdin ends, so does LibreOffice, even in the middle of a call."""
    for line in sys.stdin:
        requests.put(json.loads(line))
    requests.put(None)
    time.sleep(GRACE_SECONDS)
    office.kill()


def answer(office: Office, task: str, *arguments: Any) -> dict[str, Any]:
    """Return what the task returns, or why it failed."""
    try:
        return {"ok": getattr(office, task)(*arguments)}
    except Exception as error:
        code, kind = office.ended(), office.kind(error)
        return {"error": str(error) or kind if code is None else f"soffice ended with code {code}", "kind": kind}


def main(kind: type[Office] = Office) -> None:
    """Serve until stdin ends, or SIGTERM."""
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: requests.put(None))
    office = kind(sys.argv[1])
    try:
        threading.Thread(target=listen, args=(requests, office), daemon=True).start()
        while (request := requests.get()) is not None:
            line = json.dumps(answer(office, *request))
            with contextlib.suppress(OSError):  # nobody reads any more: stdin ends soon
                print(line, flush=True)
    finally:
        office.close()
    os._exit(0)  # the listener may still hold stdin


if __name__ == "__main__":
    main()
