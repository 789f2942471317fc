"""An engine for xlwings over LibreOffice, so that the calls which drive Excel run where there is no Excel.

It is written from xlwings' base classes and behaves like Excel where that matters: what is written counts as typed, a
cell of format '@' keeps text and turns numbers into text, `calculate` leaves alone what it believes to be up to date.
Of the native objects behind `.api` it has what Windows (COM) or macOS (Apple events) would answer.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from os import kill
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xlwings as xw
from xlwings import base_classes

from sheetnet.engines import CellError, excel, libreoffice
from sheetnet.errors import EngineError

REJECTED = -2147418111
NO_SERVER = -2147023174
NUMBERS = {"#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042}
FIRST_ERROR = -2146828288


class ComError(Exception):
    """An error as pywin32 raises it: its text is a number, what was said stands in the details."""

    def __init__(self, hresult: int, said: str | None, excel: int = 0) -> None:
        super().__init__(hresult)
        self.hresult = hresult
        self.strerror = "Exception occurred."
        self.excepinfo = None if said is None else (0, "Microsoft Excel", said, None, 0, excel)


class Office(libreoffice.LibreOfficeSession):
    """A LibreOffice that starts without a workbook, as Excel does."""

    def _call(self, task: str, *arguments: Any, seconds: float | None = None) -> Any:
        return [] if arguments == ("nothing",) else super()._call(task, *arguments, seconds=seconds)

    def __init__(self) -> None:
        soffice = libreoffice._find_soffice()
        assert soffice is not None
        python = libreoffice._find_python(soffice)
        assert python is not None
        super().__init__(Nothing(), python, soffice)

    def load(self, path: Path) -> None:
        self._sheets = self._call("load", str(path))

    def number(self) -> int:
        """The number of LibreOffice's own process: the child of the helper, or that child's own."""
        number = self._worker.pid
        for _ in range(2):
            listing = subprocess.run(["ps", "--ppid", str(number), "-o", "pid="], capture_output=True, text=True)
            number = int(listing.stdout.split()[0]) if listing.stdout.strip() else number
        return number


class Nothing(type(Path())):  # type: ignore[misc]
    """The path of no workbook."""

    def resolve(self, strict: bool = False) -> Path:
        return Path("nothing")


class Engine:
    """The engine as xlwings asks for it."""

    name = "excel"
    type = "desktop"

    def __init__(self, mac: bool) -> None:
        self.mac = mac
        self.apps = Apps(self)

    def prepare_xl_data_element(self, x: Any, options: Any) -> Any:
        return "" if x is None else x


class Apps(base_classes.Apps):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.apps: list[App] = []

    def add(self, spec: Any = None, add_book: Any = None, xl: Any = None, visible: Any = None) -> App:
        assert add_book is False
        assert visible is False
        self.apps.append(App(self))
        return self.apps[-1]

    def keys(self) -> list[int]:
        return [app.pid for app in self.apps]

    def __iter__(self) -> Iterator[App]:
        return iter(self.apps)

    def __len__(self) -> int:
        return len(self.apps)


class App(base_classes.App):
    """A program. A test may set how often it refuses a call (refusals), or make it hang."""

    apps: Any = None
    engine: Any = None
    pid: Any = None
    calculation = "automatic"
    display_alerts = True
    enable_events = True
    visible = False

    def __init__(self, apps: Apps) -> None:
        self.apps = apps
        self.engine = apps.engine
        self.office = Office()
        self.pid = self.office.number()
        self.thread = threading.current_thread()
        self.book: Book | None = None
        self.refusals = 0
        self.hangs: threading.Event | None = None

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def api(self) -> Any:
        def rebuild() -> None:
            with self.answering():
                self.office.recalculate()

        if self.engine.mac:
            return SimpleNamespace(calculate_full_rebuild=rebuild)
        return SimpleNamespace(CalculateFullRebuild=rebuild, Quit=self.leave)

    def calculate(self) -> None:
        """None; the values that are stored in a file count as up to date."""

    def quit(self) -> None:
        assert self.engine.mac, "on Windows this ends programs of others too"
        self.leave()

    def leave(self) -> None:
        with self.answering():
            self.office.close()
        self.apps.apps.remove(self)

    def crash(self) -> None:
        """None; the program dies."""
        kill(self.pid, signal.SIGKILL)

    @contextmanager
    def answering(self) -> Iterator[Office]:
        """A context in which faults come as COM raises them."""
        assert threading.current_thread() is self.thread, "an object of COM belongs to the thread that made it"
        if self.hangs is not None:
            self.hangs.wait()
        if self.refusals > 0:
            self.refusals -= 1
            raise ComError(REJECTED, "Call was rejected by callee.")
        try:
            yield self.office
        except EngineError as error:
            raise ComError(NO_SERVER if "soffice ended" in str(error) else 0, str(error)) from None


class Books(base_classes.Books):
    def __init__(self, app: App) -> None:
        self.app = app

    def __call__(self, name: str) -> Book:
        if self.app.book is None or self.app.book.name != name:
            raise KeyError(name)
        return self.app.book

    def __len__(self) -> int:
        return int(self.app.book is not None)

    def open(self, fullname: str, update_links: Any = None, read_only: Any = None, *others: Any) -> Book:
        assert update_links is False, "links would be followed, or a person asked"
        assert read_only is True
        with self.app.answering() as office:
            office.load(Path(fullname))
        self.app.book = Book(self.app, fullname)
        return self.app.book


class Book(base_classes.Book):
    app: Any = None
    name: Any = None
    fullname: Any = None

    def __init__(self, app: App, fullname: str) -> None:
        self.app = app
        self.fullname = fullname
        self.name = Path(fullname).name
        self.formats: dict[tuple[str, int, int], str] = {}

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)


class Sheets(base_classes.Sheets):
    def __init__(self, book: Book) -> None:
        self.book = book

    def __call__(self, name: str) -> Sheet:
        return Sheet(self.book, name)

    def __iter__(self) -> Iterator[Sheet]:
        return (Sheet(self.book, name) for name in self.book.app.office.sheets)

    def __len__(self) -> int:
        return len(self.book.app.office.sheets)


class Sheet(base_classes.Sheet):
    book: Any = None
    name: Any = None

    def __init__(self, book: Book, name: str) -> None:
        self.book = book
        self.name = name

    def range(self, arg1: tuple[int, int], arg2: tuple[int, int] | None = None) -> Range:
        (top, left), (bottom, right) = arg1, arg2 or arg1
        return Range(self, top - 1, left - 1, bottom - top + 1, right - left + 1)


class Range(base_classes.Range):
    options: Any = None
    sheet: Any = None

    def __init__(self, sheet: Sheet, row: int, col: int, n_rows: int, n_cols: int) -> None:
        self.sheet = sheet
        self.app = sheet.book.app
        self.block = sheet.name, row, col, n_rows, n_cols

    shape = property(lambda self: self.block[3:])

    def values(self) -> list[list[Any]]:
        with self.app.answering() as office:
            return office.read(*self.block)

    @property
    def api(self) -> Any:
        """What stands behind the range; its values arrive as on the system that the engine plays."""
        if not self.app.engine.mac:
            return WindowsRange(self)
        return SimpleNamespace(
            value2=asked(lambda: self.each(lambda v: "" if v is None else NOTHING if isinstance(v, CellError) else v)),
            string_value=asked(lambda: self.each(lambda v: error_of(v) or ("" if v is None else str(v)))),
            formula=asked(lambda: self.each(lambda v: "=1/0" if error_of(v) else "" if v is None else str(v))),
        )

    def each(self, change: Callable[[Any], Any]) -> Any:
        """The values changed; one cell bare, one row flat, as on macOS."""
        rows = [[change(value) for value in row] for row in self.values()]
        return rows if len(rows) > 1 else rows[0] if len(rows[0]) > 1 else rows[0][0]

    @property
    def number_format(self) -> str:
        return self.sheet.book.formats.get(self.block[:3], "General")

    @number_format.setter
    def number_format(self, value: str) -> None:
        self.sheet.book.formats[self.block[:3]] = value

    @property
    def raw_value(self) -> Any:
        raise AssertionError("Value gives money as Decimal and days as dates: read Value2")

    @raw_value.setter
    def raw_value(self, value: float | str) -> None:
        assert self.shape == (1, 1)
        with self.app.answering() as office:
            office.set(*self.block[:3], typed(value, as_text=self.number_format == "@"))

    def clear_contents(self) -> None:
        with self.app.answering() as office:
            office.set(*self.block[:3], None)


class WindowsRange:
    def __init__(self, cells: Range) -> None:
        self.cells = cells

    @property
    def Value2(self) -> Any:
        rows = tuple(
            tuple(FIRST_ERROR + NUMBERS[error_of(v)] if error_of(v) else v for v in row) for row in self.cells.values()
        )
        return rows[0][0] if self.cells.shape == (1, 1) else rows


NOTHING = object()  # what macOS has for the value of an error, here


def asked(get: Callable[[], Any]) -> Any:
    return SimpleNamespace(get=get)


def error_of(value: Any) -> str:
    """Excel's name of an error; '' for what is none."""
    if not isinstance(value, CellError):
        return ""
    return str(value) if value in NUMBERS else "#NUM!" if value == "Err:503" else "#VALUE!"


def typed(value: float | str, as_text: bool) -> float | str:
    """What Excel makes of a value that is written into a cell, as if a person had typed it."""
    if as_text:
        return str(value)
    if not isinstance(value, str):
        return value if abs(value) >= sys.float_info.min else 0.0
    if value.startswith("'"):
        return value[1:]
    if re.fullmatch(r"=[\d.+*/ -]+", value):
        return float(eval(value[1:], {}))
    with suppress(ValueError):
        return float(value)
    return float(value == "TRUE") if value in ("TRUE", "FALSE") else value


@contextmanager
def registered(mac: bool) -> Iterator[Engine]:
    """A context in which xlwings drives LibreOffice, believing it to be Excel."""
    engine = Engine(mac)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excel, "MAC", mac)
        patch.setattr(xw.engines, "engines", [xw.Engine(impl=engine)])
        patch.setitem(xw.engines.engines_by_name, "excel", xw.engines.engines[0])
        try:
            yield engine
        finally:
            for app in engine.apps.apps:
                app.office.close()
