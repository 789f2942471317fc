"""What is special about the engine excel: patience, faults, what is left behind. On Linux it drives LibreOffice."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import xlwings_office
from conftest import ROOT, Made, run_here, usable
from engine_book import WRONG, leftovers, processes, write_book
from xlwings_office import REJECTED, ComError, Program, registered

import sheetnet as sn
from sheetnet import engines
from sheetnet.engines import calls, excel, excel_cells, excel_session
from sheetnet.engines import processes as processes_module
from sheetnet.engines.base import Busy
from sheetnet.engines.calls import patiently, reason_of
from sheetnet.engines.excel_cells import Cells
from sheetnet.engines.excel_session import ExcelSession
from sheetnet.errors import EngineError

FREE = "It's free"
on_both = pytest.mark.parametrize("driven", ["Windows", "macOS"], indirect=True)
here_runs_excel = sys.platform in ("win32", "darwin")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_book(tmp_path_factory.mktemp("book") / "book.xlsx")


@pytest.fixture
def driven(request: pytest.FixtureRequest, temporary: Path) -> Iterator[xlwings_office.Engine]:
    """xlwings, driving LibreOffice as if it were Excel on Windows, or where a test asks for it on macOS."""
    usable("libreoffice")
    with registered(mac=getattr(request, "param", "") == "macOS") as engine:
        yield engine


@pytest.fixture
def session(driven: xlwings_office.Engine, book: Path) -> Iterator[ExcelSession]:
    with engines.get("excel").open(book) as session:
        assert isinstance(session, ExcelSession)
        yield session


@pytest.fixture
def app(driven: xlwings_office.Engine, session: ExcelSession) -> Program:
    """The program behind the session."""
    return driven.programs[-1]


# ---- where Excel is not


def test_a_system_without_excel_is_told_which_engine_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(excel.sys, "platform", "linux")
    with registered(mac=False):
        assert engines.get("excel").missing() is None
    monkeypatch.setitem(sys.modules, "xlwings", None)  # cannot be imported
    assert "not on this system (linux): use the engine libreoffice" in (engines.get("excel").missing() or "")


def test_windows_without_xlwings_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, book: Path) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "xlwings", None)
    with pytest.raises(EngineError, match=r"pip install 'sheetnet\[excel\]'"):
        engines.get("excel").open(book)


def test_macos_without_excel_is_told_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_program(command: list[str], **options: object) -> SimpleNamespace:
        return SimpleNamespace(returncode=int("Microsoft Excel" in command[-1]))

    with registered(mac=True):
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(excel.subprocess, "run", no_such_program)
        assert "Microsoft Excel is not installed here" in (engines.get("excel").missing() or "")


@pytest.mark.skipif(here_runs_excel, reason="Excel may be here")
def test_check_with_excel_where_it_cannot_run_says_so(small: Made) -> None:
    done = run_here("check", small.path, "--engine", "excel")
    assert done.returncode == 2
    assert "small.xlsx: not checked, Excel runs on Windows and macOS" in done.stderr


@pytest.mark.excel
def test_check_agrees_in_excel_itself(small: Made) -> None:
    usable("excel")
    assert sn.check(small.path, "excel").ok


@pytest.mark.office
@on_both
def test_check_agrees_through_xlwings(driven: xlwings_office.Engine, small: Made) -> None:
    report = sn.check(small.path, "excel")
    assert report.ok, str(report)


# ---- a program that is busy, hangs or dies


@pytest.mark.office
def test_a_refused_call_is_made_again_for_a_while_and_then_reported(session: ExcelSession, app: Program) -> None:
    for number, call in enumerate((lambda: session.set(FREE, 0, 0, 3), session.recalculate), 1):
        app.refusals = 3 * number
        call()
        assert app.refusals == 0
    app.refusals = 3
    assert session.read("Calc", 1, 3, 1, 1) == [[30.0]]
    session.patience = 0.3
    app.refusals = 10**9
    with pytest.raises(EngineError, match=r"book\.xlsx: Excel cannot set .* refused calls for 0\.3 s.*Enter or Esc"):
        session.set(FREE, 0, 0, 7)
    app.refusals = 0
    session.set(FREE, 0, 0, 8)
    assert session.read(FREE, 0, 0, 1, 1) == [[8.0]]


@pytest.mark.office
def test_a_call_that_hangs_is_given_up_and_nothing_stays(
    session: ExcelSession, app: Program, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    monkeypatch.setattr(excel_session, "CALL_SECONDS", 0.3)
    app.hangs = threading.Event()
    with pytest.raises(EngineError, match=r"cannot recalculate .* no answer within 0\.3 s"):
        session.recalculate()
    with pytest.raises(EngineError, match="closed"):
        session.recalculate()
    assert processes(temporary) == []
    app.hangs.set()


@pytest.mark.office
def test_ctrl_c_in_a_call_ends_the_program(
    session: ExcelSession, app: Program, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    def interrupted(self: object, call: object, seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(calls.Calls, "do", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.recalculate()
    with pytest.raises(EngineError, match="closed"):
        session.recalculate()
    assert processes(temporary) == []


@pytest.mark.office
@on_both
def test_a_program_that_dies_is_an_engine_error(session: ExcelSession, app: Program, temporary: Path) -> None:
    app.crash()
    with pytest.raises(EngineError, match=r"book\.xlsx: Excel cannot recalculate this workbook: Excel has ended\."):
        session.recalculate()
    session.close()
    assert processes(temporary) == []


@pytest.mark.office
@on_both
def test_nothing_is_left_after_close(driven: xlwings_office.Engine, book: Path, temporary: Path) -> None:
    with engines.get("excel").open(book), engines.get("excel").open(book):
        assert len(processes(temporary)) >= 2
    assert leftovers(temporary, seconds=0) == []
    assert driven.programs == []


@pytest.mark.office
@on_both
def test_a_program_that_will_not_go_is_ended(
    session: ExcelSession, app: Program, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    monkeypatch.setattr(excel_session, "CLOSE_SECONDS", 0.3)
    app.hangs = threading.Event()
    assert processes(temporary)
    session.close()
    assert processes(temporary) == []
    app.hangs.set()


@pytest.mark.office
def test_a_file_that_cannot_be_loaded_leaves_nothing(driven: xlwings_office.Engine, temporary: Path) -> None:
    bad = temporary.with_name("bad.xlsx")
    bad.write_bytes(b"PK\x05\x06" + bytes(18))  # an empty zip
    with pytest.raises(EngineError, match=r"bad\.xlsx: Excel cannot load this workbook: .*damaged or no \.xlsx"):
        engines.get("excel").open(bad)
    assert leftovers(temporary, seconds=0) == []


def test_only_the_process_that_was_meant_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(*_: object) -> None:
        raise AssertionError("another process was ended")

    monkeypatch.setattr(processes_module.os, "kill", kill)
    processes_module.end(1, "Mon Jan  1 00:00:00 1990 excel", seconds=0)
    processes_module.end(1, "", seconds=0)


@pytest.mark.office
def test_a_script_that_forgets_to_close_leaves_nothing(book: Path, temporary: Path) -> None:
    usable("libreoffice")
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from xlwings_office import registered; from sheetnet import engines; context = registered(mac=False)\n"
        "context.__enter__(); session = engines.get('excel').open(sys.argv[1]); print(session.sheets[0])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(book)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Data\n", "")
    assert leftovers(temporary) == []


# ---- what a cell holds


@pytest.mark.office
def test_a_cell_of_format_text_takes_numbers_and_text(session: ExcelSession, app: Program) -> None:
    for col, value in enumerate([5.0, "12", "'quoted", "=1+1"]):
        app.formats[FREE, 3, col] = "@"
        session.set(FREE, 3, col, value)
        assert session.read(FREE, 3, col, 1, 1) == [[value]]


@pytest.mark.office
def test_a_value_that_excel_changes_is_reported_with_its_cell(
    session: ExcelSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlwings_office, "typed", lambda value, as_text: 7.0)
    for value in (6.5, "text"):
        with pytest.raises(EngineError, match=r"'It''s free'!B3 holds 7\.0 after .* was written"):
            session.set(FREE, 2, 1, value)


@pytest.mark.office
def test_a_block_larger_than_one_message_arrives_whole(session: ExcelSession, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = session.read("Data", 0, 0, 6, 4)
    monkeypatch.setattr(excel_cells, "CELLS_AT_ONCE", 5)
    assert session.read("Data", 0, 0, 6, 4) == whole


def test_every_error_of_windows_has_its_name() -> None:
    assert excel_cells._value(-2146826281) == "#DIV/0!"
    assert excel_cells._value(-2146826246) == "#N/A"
    assert excel_cells._value(-2146826245) == "#GETTING_DATA"
    assert isinstance(excel_cells._value(-1), excel_cells.CellError)
    assert excel_cells._value(True) is True


# ---- the tests of the contract notice what xlwings' shortest ways would do


@pytest.mark.office
def test_text_written_without_care_would_be_noticed(session: ExcelSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(self: Cells, sheet: str, row: int, col: int, value: float | str) -> None:
        self.block(sheet, row, col).raw_value = value

    monkeypatch.setattr(Cells, "put", put)
    for col, (text, becomes) in enumerate({"=1+1": 2.0, "12": 12.0, "'quoted": "quoted", "TRUE": 1.0}.items()):
        session.set(FREE, 9, col, text)
        assert session.read(FREE, 9, col, 1, 1) == [[becomes]]


@pytest.mark.office
def test_a_calculation_that_trusts_stored_values_would_be_noticed(
    session: ExcelSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExcelSession, "_rebuild", lambda self: self._app.calculate())
    session.recalculate()
    assert session.read("Calc", 0, 0, 1, 1) == [[WRONG]]


# ---- patience


def test_a_call_that_ends_as_we_stop_waiting_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(calls.Future[int]):
        def result(self, timeout: float | None = None) -> int:
            value = super().result()
            if timeout is not None:
                raise TimeoutError
            return value

    monkeypatch.setattr(calls, "Future", Late)
    assert calls.Calls().do(lambda: 7, 5.0) == 7


def test_xlwings_tries_once_while_we_wait_and_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = SimpleNamespace(N_COM_ATTEMPTS=0)  # it would try for ever
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", windows)
    seen = []

    def call() -> int:
        seen.append(windows.N_COM_ATTEMPTS)
        return patiently(lambda: windows.N_COM_ATTEMPTS, 1) if len(seen) < 2 else 1

    assert patiently(call, 1) == 1
    assert seen == [1]
    assert windows.N_COM_ATTEMPTS == 0


EXCEPTION = -2147352567  # what COM says of any exception; Excel's own number stands among the details


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (ComError(REJECTED, "Call was rejected by callee."), True),
        (ComError(EXCEPTION, "", excel=-2146777998), True),  # a cell is being edited
        (ComError(EXCEPTION, None), True),
        (ComError(EXCEPTION, "The cell is on a protected sheet.", excel=-2146827284), False),
        (AttributeError("Excel.Application.Calculation"), False),  # on Windows it is one
        (OSError("disk full"), False),
    ],
)
def test_only_a_refusal_is_tried_again(error: Exception, refused: bool) -> None:
    tries = []

    def call() -> None:
        tries.append(error)
        raise error

    with pytest.raises(Busy if refused else type(error)):
        patiently(call, 0.1)
    assert (len(tries) > 1) == refused


def test_an_attribute_that_pywin32_misses_for_now_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", SimpleNamespace(N_COM_ATTEMPTS=0))
    answers = [AttributeError("Excel.Application.Calculation"), None]

    def call() -> str:
        if answer := answers.pop(0):
            raise answer
        return "done"

    assert patiently(call, 5) == "done"


def test_an_error_of_com_is_told_in_its_own_words() -> None:
    assert reason_of(ComError(0, "The cell is on a protected sheet.")) == "The cell is on a protected sheet."
    assert reason_of(OSError()) == "OSError"
