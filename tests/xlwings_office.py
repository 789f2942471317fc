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
from copy import copy
from dataclasses import dataclass, field
from os import kill
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xlwings as xw
from xlwings import base_classes

from sheetnet.engines import CellError, excel_cells, libreoffice
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


class Office(libreoffice.AttachedSession):
    """A LibreOffice that starts without a workbook, as Excel does, and opens files themselves."""

    def __init__(self) -> None:
        soffice = libreoffice._find_soffice()
        assert soffice is not None
        python = libreoffice._find_python(soffice)
        assert python is not None
        super().__init__(Nothing(), python, soffice, "hidden")

    def _call(self, task: str, *arguments: Any, seconds: float | None = None) -> Any:
        return [] if arguments == ("nothing",) else super()._call(task, *arguments, seconds=seconds)

    def load(self, path: Path, read_only: bool) -> None:
        """Open a file: to be written, or with the values that are stored in it."""
        self._sheets = self._call("open", path.as_uri(), True) if read_only else self._call("load", str(path))

    def names(self) -> list[str]:
        """The sheets as they now stand, whatever a person has done."""
        self._sheets = self._call("ready")
        return self._sheets

    def emptied(self) -> bool:
        """Whether it is there for another workbook, now that the one that was open is closed."""
        with suppress(EngineError):
            self._sheets = []
            return self._call("leave") is None
        return False

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

    def __init__(self, mac: bool, kept: list[Office] | None) -> None:
        self.mac = mac
        self.kept = kept  # LibreOffices without a workbook, from earlier engines and for later ones
        self.programs: list[Program] = []

    @property
    def apps(self) -> Apps:
        return Apps(self)

    def prepare_xl_data_element(self, x: Any, options: Any) -> Any:
        return "" if x is None else x

    def person_opens(self, path: Path) -> Program:
        """A person opens a file in an Excel of their own."""
        program = Program(self, visible=True)
        App(program).books.open(str(path), False, False)
        return program


@dataclass
class Program:
    """A running program. A test may set how often it refuses a call (refusals), or make it hang."""

    engine: Engine
    visible: bool
    calculation: str = "automatic"
    display_alerts: bool = True
    enable_events: bool = True
    user_control: bool = False
    refusals: int = 0
    faults: int = 0  # calls that fail without a reason
    hangs: threading.Event | None = None
    unfinished: int = 0  # how often a calculation is stopped by a key
    added: int = 0  # sheets
    add_in: bool = False
    solver: int = 0  # the code with which Solver ends
    macros: list[Any] = field(default_factory=list)
    book: Book | None = None
    formats: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.office = self.engine.kept.pop() if self.engine.kept else Office()
        self.pid = self.office.number()
        self.engine.programs.append(self)

    def crash(self) -> None:
        """None; the program dies."""
        kill(self.pid, signal.SIGKILL)

    def leave(self) -> None:
        """None; it goes."""
        self.office.close()
        self.engine.programs.remove(self)


class Apps(base_classes.Apps):
    engine: Any = None

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, spec: Any = None, add_book: Any = None, xl: Any = None, visible: Any = None) -> App:
        assert add_book is False
        return App(Program(self.engine, visible and self.engine.mac))  # on Windows it starts without a window

    def keys(self) -> list[int]:
        return [program.pid for program in self.engine.programs]

    def __iter__(self) -> Iterator[App]:
        return (App(program) for program in self.engine.programs)

    def __getitem__(self, pid: int) -> App:
        return next(App(program) for program in self.engine.programs if program.pid == pid)

    def __len__(self) -> int:
        return len(self.engine.programs)


def of_program(name: str) -> Any:
    """A property that the program keeps."""

    def put(self: App, value: Any) -> None:
        setattr(self.program, name, value)

    return property(lambda self: getattr(self.program, name), put)


class App(base_classes.App):
    """What one thread sees of a program."""

    engine: Any = None
    pid = of_program("pid")
    calculation = of_program("calculation")
    display_alerts = of_program("display_alerts")
    enable_events = of_program("enable_events")
    visible = of_program("visible")

    def __init__(self, program: Program) -> None:
        self.program, self.engine = program, program.engine
        self.thread = threading.current_thread()

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def api(self) -> Any:
        if self.engine.mac:
            return SimpleNamespace(calculate_full_rebuild=self.rebuild, run_VB_macro=self.run)
        return WindowsApp(self)

    def rebuild(self) -> None:
        with self.answering() as office:
            office.recalculate()

    def calculate(self) -> None:
        """None; the values that are stored in a file count as up to date."""
        with self.answering():
            return

    def run(self, macro: str, arg1: Any, timeout: float | None = None) -> Any:
        with self.answering():
            if not self.program.add_in:
                raise ComError(0, f"Cannot run the macro '{macro}'.")
            self.program.macros.append((macro, arg1))
            return float(self.program.solver)

    def quit(self) -> None:
        assert self.engine.mac, "on Windows this ends programs of others too"
        self.leave()

    def leave(self) -> None:
        with self.answering():
            self.program.leave()

    @contextmanager
    def answering(self) -> Iterator[Office]:
        """A context in which faults come as COM raises them."""
        program = self.program
        assert threading.current_thread() is self.thread, "an object of COM belongs to the thread that made it"
        if program.hangs is not None:
            program.hangs.wait()
        if program.faults > 0:
            program.faults -= 1
            raise ComError(-2146827284, "Application-defined or object-defined error")
        if program.refusals > 0:
            program.refusals -= 1
            raise ComError(REJECTED, "Call was rejected by callee.")
        try:
            yield program.office
        except EngineError as error:
            raise ComError(NO_SERVER if "soffice ended" in str(error) else 0, str(error)) from None


class WindowsApp:
    """What stands behind an app on Windows."""

    LibraryPath = "C:\\Excel\\Library"

    def __init__(self, app: App) -> None:
        self.app = app
        self.CalculateFullRebuild, self.Quit, self.Run = app.rebuild, app.leave, app.run
        self.Workbooks = WindowsBooks(app)

    @property
    def CalculationState(self) -> int:
        self.app.program.unfinished -= 1
        return int(self.app.program.unfinished >= 0)

    @property
    def UserControl(self) -> bool:
        return self.app.program.user_control

    @UserControl.setter
    def UserControl(self, value: bool) -> None:
        self.app.program.user_control = value


class WindowsBooks:
    """Add-ins are not among the workbooks that are counted, but have a name."""

    def __init__(self, app: App) -> None:
        self.app = app

    def __call__(self, name: str) -> WindowsBooks:
        assert name == "Solver.xlam"
        if not self.app.program.add_in:
            raise ComError(0, "Subscript out of range")
        return self

    def Open(self, path: str) -> WindowsBooks:
        assert path.endswith("\\SOLVER\\Solver.xlam")
        return self

    def RunAutoMacros(self, which: int) -> None:
        assert which == 1
        self.app.program.macros.append(("Auto_Open",))
        self.app.program.add_in = True


class Books(base_classes.Books):
    app: Any = None

    def __init__(self, app: App) -> None:
        self.app = app

    def __call__(self, name: str) -> Book:
        if self.app.program.book is None or self.app.program.book.name != name:
            raise KeyError(name)
        book = copy(self.app.program.book)
        book.app = self.app
        return book

    def __len__(self) -> int:
        return int(self.app.program.book is not None)

    def __iter__(self) -> Iterator[Book]:
        with self.app.answering():
            books = [self(self.app.program.book.name)] if len(self) else []
        for book in books:
            book.by_number = self.app.engine.mac  # the n-th, whichever that is in a while
            yield book

    def open(self, fullname: str, update_links: Any = None, read_only: Any = None, *others: Any) -> Book:
        assert update_links is False, "links would be followed, or a person asked"
        book = Book(self.app, str(fullname), read_only)
        try:
            with self.app.answering() as office:
                office.load(Path(fullname), read_only)
        except ComError as error:
            if "open in another" not in str(error.excepinfo):
                raise
            book.read_only = True  # as Excel does, without a word
        self.app.program.book = book
        return book


class Book(base_classes.Book):
    app: Any = None
    name: Any = None
    in_the_cloud = by_number = False

    def __init__(self, app: App, fullname: str, read_only: bool) -> None:
        self.app, self.path, self.read_only = app, fullname, read_only
        self.name = Path(fullname).name

    @property
    def fullname(self) -> str:
        assert not self.app.engine.mac, "this switches the person's alerts off and on"
        if self.in_the_cloud:
            raise xw.XlwingsError("Couldn't find the local OneDrive folder")
        return self.path

    @property
    def api(self) -> Any:
        with self.app.answering():
            if not self.app.engine.mac:
                return SimpleNamespace(ReadOnly=self.read_only, Activate=self.app.calculate, Save=self.save)
            name = "https://somewhere/book.xlsx" if self.in_the_cloud else self.path
            return SimpleNamespace(
                read_only=asked(lambda: self.read_only), activate_object=self.app.calculate,
                save=lambda timeout: self.save(), full_name=asked(lambda: name),
            )  # fmt: skip

    @property
    def sheets(self) -> Sheets:
        assert not self.by_number
        return Sheets(self)

    def save(self) -> None:
        with self.app.answering() as office:
            office.save()


class Sheets(base_classes.Sheets):
    active: Any = None

    def __init__(self, book: Book) -> None:
        self.book = book
        self.active = Sheet(book, "")

    def __call__(self, name: str | int) -> Sheet:
        return Sheet(self.book, self.names()[name - 1] if isinstance(name, int) else name)

    def names(self) -> list[str]:
        with self.book.app.answering() as office:
            return list(office.sheets) if self.book.read_only else office.names()

    def __iter__(self) -> Iterator[Sheet]:
        return (Sheet(self.book, name) for name in self.names())

    def __len__(self) -> int:
        return len(self.names())

    def add(self, before: Any = None, after: Any = None, name: Any = None) -> Sheet:
        assert after is not None
        assert name is None
        if after.name == self.names()[-1] and after.visible == 2:
            raise ComError(0, "Move method of Worksheet class failed")
        self.book.app.program.added += 1
        return Sheet(self.book, "Sheet1")  # it is made when it has a name: LibreOffice's worker renames none


class Sheet(base_classes.Sheet):
    book: Any = None

    def __init__(self, book: Book, name: str) -> None:
        self.book, self._name = book, name

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        with self.book.app.answering() as office:
            office.add_sheet(value)
        self._name = value

    @property
    def visible(self) -> Any:
        shown = not self.name.startswith("_")
        return shown if self.book.app.engine.mac else -1 if shown else 2

    @property
    def charts(self) -> Any:
        return Charts(self)

    @property
    def api(self) -> Any:
        return self.book.api

    def range(self, arg1: tuple[int, int], arg2: tuple[int, int] | None = None) -> Range:
        (top, left), (bottom, right) = arg1, arg2 or arg1
        return Range(self, top - 1, left - 1, bottom - top + 1, right - left + 1)


class Charts(base_classes.Collection):
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def add(self, left: float, top: float, width: float, height: float, **options: Any) -> Chart:
        return Chart(self.sheet)


class Chart(base_classes.Chart):
    """A chart appears when it has a title."""

    chart_type: Any = None

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def set_source_data(self, rng: Range, plot_by: Any = None) -> None:
        self.block = rng.block

    @property
    def title(self) -> Any:
        raise NotImplementedError

    @title.setter
    def title(self, value: str) -> None:
        assert self.chart_type == "xy_scatter_lines_no_markers"
        sheet, *block = self.block
        with self.sheet.book.app.answering() as office:
            office.draw(sheet, tuple(block), (2, 5), value)


class Range(base_classes.Range):
    options: Any = None
    sheet: Any = None

    def __init__(self, sheet: Sheet, row: int, col: int, n_rows: int, n_cols: int) -> None:
        self.sheet = sheet
        self.app = sheet.book.app
        self.block = sheet.name, row, col, n_rows, n_cols

    shape = property(lambda self: self.block[3:])
    left = property(lambda self: 50.0 * self.block[2])
    top = property(lambda self: 15.0 * self.block[1])
    font = property(lambda self: SimpleNamespace(bold=False))
    column_width: Any = 8.0

    def values(self) -> list[list[Any]]:
        with self.app.answering() as office:
            return office.read(*self.block)

    @property
    def api(self) -> Any:
        """What stands behind the range; its values arrive as on the system that the engine plays."""
        if not self.app.engine.mac:
            return WindowsRange(self)
        return SimpleNamespace(
            clear_contents=self.empty,
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
        return self.app.program.formats.get(self.block[:3], "General")

    @number_format.setter
    def number_format(self, value: str) -> None:
        self.app.program.formats[self.block[:3]] = value

    @property
    def raw_value(self) -> Any:
        raise AssertionError("Value gives money as Decimal and days as dates: read Value2")

    @raw_value.setter
    def raw_value(self, given: Any) -> None:
        sheet, row, col, n_rows, n_cols = self.block
        assert isinstance(given, list) == ((n_rows, n_cols) != (1, 1)), "one cell bare, a block in rows"
        rows = given if isinstance(given, list) else [[given]]
        formats = self.app.program.formats
        cells = [
            [typed(value, as_text=formats.get((sheet, row + i, col + j)) == "@") for j, value in enumerate(values)]
            for i, values in enumerate(rows)
        ]
        with self.app.answering() as office:
            office.write([(sheet, row, col, cells)])

    def empty(self) -> None:
        sheet, row, col, n_rows, n_cols = self.block
        with self.app.answering() as office:
            office.write([(sheet, row, col, [[None] * n_cols] * n_rows)])


class WindowsRange:
    def __init__(self, cells: Range) -> None:
        self.cells = cells
        self.ClearContents = cells.empty

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
    if as_text or value == "":
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
def registered(mac: bool, kept: list[Office] | None = None) -> Iterator[Engine]:
    """A context in which xlwings drives LibreOffice, believing it to be Excel.

    Where there is a list, the LibreOffice behind a program that is still open at the end comes into it, for the next.
    """
    engine = Engine(mac, kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excel_cells, "MAC", mac)
        patch.setattr(xw.engines, "engines", [xw.Engine(impl=engine)])
        patch.setitem(xw.engines.engines_by_name, "excel", xw.engines.engines[0])
        try:
            yield engine
        finally:
            for program in engine.programs:
                if kept is not None and program.office.emptied():
                    kept.append(program.office)
                else:
                    program.office.close()
