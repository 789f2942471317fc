"""The contract of the engines: every one reads, sets, recalculates and fails in the same way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import ironcalc
import pytest
import xlsxwriter
from conftest import EVERY_ENGINE, ROOT, engine_of
from engine_book import WRONG, leftovers, processes, write_book

from sheetnet import engines
from sheetnet.engines import CellError, Engine, Session, ironcalc_worker, libreoffice
from sheetnet.engines import ironcalc as ironcalc_engine
from sheetnet.engines.ironcalc import IronCalcSession
from sheetnet.engines.ironcalc_worker import serve
from sheetnet.errors import EngineError


@pytest.fixture(scope="module", params=EVERY_ENGINE)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """All engines, and Excel's also where Excel is not."""
    with engine_of(request.param) as engine:
        yield engine


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_book(tmp_path_factory.mktemp("book") / "book.xlsx")


@pytest.fixture(scope="module")
def session(engine: Engine, book: Path) -> Iterator[Session]:
    with engine.open(book) as session:
        session.recalculate()
        yield session


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EngineError, match=r"'excell'.*ironcalc, libreoffice, excel"):
        engines.get("excell")


def test_importing_the_package_imports_no_engine() -> None:
    code = "import sys, sheetnet.engines; sys.exit(not {'ironcalc', 'xlwings'}.isdisjoint(sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_an_engine_knows_its_name(engine: Engine) -> None:
    assert engine.name in engines.NAMES
    assert type(engines.get(engine.name)) is type(engine)


def test_sheets_are_listed_in_order_with_hidden_ones(session: Session) -> None:
    assert session.sheets == ["Data", "Calc", "It's free"]


def test_constants_come_back_exactly(session: Session) -> None:
    assert session.read("Data", 0, 0, 1, 4) == [[0.1, 1 / 3, -2.5e200, 1e-300]]
    texts = session.read("Data", 1, 0, 1, 4)
    assert texts == [["passenger", "=1+1", "#NUM!", "12"]]
    assert not any(isinstance(text, CellError) for text in texts[0])
    assert session.read("Data", 2, 0, 1, 2) == [[None, None]]


def test_blocks_have_the_shape_asked_for(session: Session) -> None:
    assert session.read("Data", 4, 0, 2, 3) == [[1.0, 2.0, None], [3.0, 4.0, None]]
    assert session.read("Data", 4, 0, 2, 0) == [[], []]
    assert session.read("Data", 4, 0, 0, 2) == []


def test_recalculation_replaces_wrong_stored_values(session: Session) -> None:
    assert session.read("Calc", 0, 0, 1, 4) == [[0.2, "text", None, True]]


def test_array_formulas_are_calculated_in_every_cell(session: Session) -> None:
    assert session.read("Calc", 3, 0, 2, 2) == [[5.0, 11.0], [11.0, 25.0]]


def test_errors_are_cell_errors(session: Session) -> None:
    errors = session.read("Calc", 1, 0, 1, 3)[0]
    assert all(isinstance(error, CellError) for error in errors)
    assert errors[1] == "#DIV/0!"


def test_a_set_cell_moves_what_depends_on_it(session: Session) -> None:
    session.set("It's free", 0, 0, 4.25)
    session.recalculate()
    assert session.read("Calc", 1, 3, 1, 1) == [[42.5]]


@pytest.mark.parametrize(
    "value", [0.1 + 0.2, 5e-324, -1.7976931348623157e308, "=1+1", "'quoted", "12", "TRUE", "#NUM!"]
)
def test_a_set_value_comes_back_as_it_is(engine: Engine, session: Session, value: float | str) -> None:
    session.set("It's free", 5, 5, value)
    session.recalculate()
    [[got]] = session.read("It's free", 5, 5, 1, 1)
    if engine.name == "excel" and value == 5e-324:  # it has no numbers below 2.3e-308
        value = 0.0
    assert (type(got), got) == (type(value), value)


def test_a_cell_may_hold_text_and_then_a_number(session: Session) -> None:
    for value in ("12", 12.0, "=1+1", -0.5, None, 3.0):
        session.set("It's free", 7, 7, value)
        assert session.read("It's free", 7, 7, 1, 1) == [[value]]


@pytest.mark.parametrize("value", [None, ""])
def test_none_and_empty_text_empty_a_cell(session: Session, value: str | None) -> None:
    session.set("It's free", 6, 6, 1)
    session.set("It's free", 6, 6, value)
    assert session.read("It's free", 6, 6, 1, 1) == [[None]]


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_number_that_is_not_finite_is_refused(session: Session, value: float) -> None:
    with pytest.raises(EngineError, match=r"book\.xlsx.*cannot hold"):
        session.set("It's free", 0, 1, value)


def test_an_unknown_sheet_is_named_with_those_that_exist(session: Session) -> None:
    with pytest.raises(EngineError, match=r"'data'.*'Data', 'Calc'"):
        session.read("data", 0, 0, 1, 1)
    with pytest.raises(EngineError, match="'Nowhere'"):
        session.set("Nowhere", 0, 0, 1)


@pytest.mark.parametrize("block", [(-1, 0, 1, 1), (0, 0, 1, -1), (1_048_575, 0, 2, 1), (0, 16_384, 1, 1)])
def test_a_block_outside_the_sheet_is_refused(session: Session, block: tuple[int, int, int, int]) -> None:
    with pytest.raises(EngineError, match=r"sheet 'Data'"):
        session.read("Data", *block)


def test_a_file_that_does_not_exist_is_named(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"absent\.xlsx: there is no such file"):
        engine.open(tmp_path / "absent.xlsx")


@pytest.mark.parametrize("content", ["empty", "text", "zip"])
def test_a_file_that_is_no_workbook_is_named(engine: Engine, tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.xlsx"
    path.write_text("" if content == "empty" else "Age,Fare\n22,7.25\n")
    if content == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "a")
    with pytest.raises(EngineError, match=r"bad\.xlsx"):
        engine.open(path)


def test_sessions_are_independent_and_leave_the_file_alone(engine: Engine, book: Path) -> None:
    before = book.read_bytes()
    with engine.open(book) as one, engine.open(book) as two:
        one.set("Data", 0, 0, 5)
        one.recalculate()
        two.recalculate()
        assert one.read("Calc", 0, 0, 1, 1) == [[10.0]]
        assert two.read("Calc", 0, 0, 1, 1) == [[0.2]]
        assert list(book.parent.iterdir()) == [book]  # no lock file either
    assert book.read_bytes() == before


def test_a_file_that_is_open_elsewhere_is_opened_and_left_alone(engine: Engine, tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    locks = [tmp_path / ".~lock.book.xlsx#", tmp_path / "~$book.xlsx"]  # as LibreOffice and Excel leave them
    for lock in locks:
        lock.write_text("another person")
    path.chmod(0o444)
    before = path.read_bytes()
    with path.open("rb"), engine.open(path) as session:
        session.set("Data", 0, 0, 4)
        session.recalculate()
        assert session.read("Calc", 0, 0, 1, 1) == [[8.0]]
    assert path.read_bytes() == before
    assert [lock.read_text() for lock in locks] == ["another person"] * 2


def test_links_to_other_files_are_never_followed(engine: Engine, tmp_path: Path) -> None:
    other, path = tmp_path / "other.xlsx", tmp_path / "linking.xlsx"
    with xlsxwriter.Workbook(other) as workbook:
        workbook.add_worksheet("S").write_number(0, 0, 777)
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet().write_formula(0, 0, f"='{tmp_path.as_uri()}/[other.xlsx]S'!A1", None, WRONG)
    with engine.open(path) as session:
        session.recalculate()
        assert isinstance(session.read("Sheet1", 0, 0, 1, 1)[0][0], CellError)


def test_closing_twice_is_fine_and_using_a_closed_session_is_not(engine: Engine, book: Path) -> None:
    session = engine.open(book)
    session.close()
    session.close()
    with pytest.raises(EngineError, match="closed"):
        session.read("Data", 0, 0, 1, 1)
    with pytest.raises(EngineError, match="closed"):
        session.recalculate()


# IronCalc runs beside us too: whatever happens to it is a message.


def test_a_panic_of_ironcalc_is_a_reply_and_the_next_request_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ironcalc, "load_from_xlsx", lambda *_: ironcalc.test_panic())
    monkeypatch.setattr(ironcalc_worker, "limit", lambda *_: None)  # of this process, else
    replies = StringIO()
    serve(['["load", "a.xlsx", 1, 1]', '["forget"]'], replies)
    panic, forgot = map(json.loads, replies.getvalue().splitlines())
    assert "panic" in panic["error"]
    assert forgot == {"ok": None}


@pytest.fixture
def calculator(book: Path) -> Iterator[IronCalcSession]:
    with engines.get("ironcalc").open(book) as session:
        assert isinstance(session, IronCalcSession)
        yield session


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A formula that ends IronCalc, by an array that no memory holds."""
    path = tmp_path_factory.mktemp("deep") / "deep.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("S").write_array_formula("A1", "=ROW(1:1048576)*COLUMN(A:XFD)", None, WRONG)
    return path


def test_the_end_of_ironcalc_is_an_engine_error_and_the_next_file_is_calculated(deep: Path, book: Path) -> None:
    engine = engines.get("ironcalc")
    with engine.open(deep) as session, pytest.raises(EngineError, match=r"deep\.xlsx: IronCalc cannot recalculate"):
        session.recalculate()
    with engine.open(book) as session:
        session.recalculate()
        assert session.read("Calc", 0, 0, 1, 1) == [[0.2]]


def test_what_takes_too_long_is_given_up(calculator: IronCalcSession, monkeypatch: pytest.MonkeyPatch) -> None:
    number = calculator._process.process.pid
    os.kill(number, signal.SIGSTOP)
    while Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "T":  # it stands still
        time.sleep(0.01)
    monkeypatch.setattr(calculator, "_seconds", 0.1)
    with pytest.raises(EngineError, match=r"book\.xlsx: IronCalc cannot recalculate this workbook: it was not done"):
        calculator.recalculate()
    assert calculator._process.process.poll() is not None
    with pytest.raises(EngineError, match="closed"):
        calculator.recalculate()


def test_the_process_is_kept_for_the_next_workbook(book: Path) -> None:
    numbers = []
    for _ in range(2):
        with engines.get("ironcalc").open(book) as session:
            assert isinstance(session, IronCalcSession)
            numbers.append(session._process.process.pid)
    assert numbers[0] == numbers[1]


def test_two_open_workbooks_have_a_process_each(calculator: IronCalcSession, book: Path) -> None:
    with engines.get("ironcalc").open(book) as other:
        assert isinstance(other, IronCalcSession)
        assert other._process is not calculator._process
        other.set("It's free", 0, 0, 4.25)
    assert calculator.read("It's free", 0, 0, 1, 1) != [[4.25]]


def test_what_is_begun_and_not_asked_for_leaves_no_process_behind(book: Path) -> None:
    before = set(ironcalc_engine._all)
    with engines.get("ironcalc").calculating(book, [("Calc", 0, 0, 1, 1)]):
        pass
    assert set(ironcalc_engine._all) <= before


def test_missing_says_what_to_do(monkeypatch: pytest.MonkeyPatch, book: Path) -> None:
    monkeypatch.setenv("SHEETNET_SOFFICE", "/nowhere/soffice")
    assert "SHEETNET_SOFFICE is '/nowhere/soffice'" in (engines.get("libreoffice").missing() or "")
    with pytest.raises(EngineError, match="install LibreOffice"):
        engines.get("libreoffice").open(book)


# LibreOffice runs beside us: whatever happens, nothing of it may stay.


@pytest.mark.office
def test_nothing_is_left_after_close(office: Engine, book: Path, temporary: Path) -> None:
    with office.open(book):
        assert processes(temporary)
        assert list(temporary.iterdir())
    assert leftovers(temporary, seconds=0) == []


@pytest.mark.office
def test_one_libreoffice_takes_one_workbook_after_the_other(
    office: Engine, book: Path, temporary: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as archive:
        archive.writestr("a.txt", "a")
    numbers, values = [], []
    with office.keeping():
        for n in (1.5, 2.5):
            with office.open(book) as session:
                assert isinstance(session, libreoffice.LibreOfficeSession)
                session.set("It's free", 0, 0, n)
                numbers.append(session._worker.pid)
                values.append(session.read("It's free", 0, 0, 1, 1))
        with pytest.raises(EngineError, match=r"bad\.xlsx"):
            office.open(tmp_path / "bad.xlsx")
        with office.open(book) as session:  # in a new one
            assert session.read("It's free", 0, 0, 1, 1) != values[-1]
    assert numbers[0] == numbers[1]
    assert values == [[[1.5]], [[2.5]]]
    assert leftovers(temporary, seconds=0) == []


@pytest.mark.office
def test_nothing_is_left_after_a_file_that_cannot_be_loaded(office: Engine, temporary: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(EngineError, match=r"bad\.xlsx"):
        office.open(tmp_path / "bad.xlsx")
    assert leftovers(temporary, seconds=0) == []


@pytest.mark.office
@pytest.mark.parametrize("moment", ["starting", "open"])
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_the_parent_dies(
    office: Engine, book: Path, temporary: Path, moment: str, kind: signal.Signals
) -> None:
    code = (
        "import sys, time; from sheetnet import engines; print('starting', flush=True)\n"
        "with engines.get('libreoffice').open(sys.argv[1]): print('open', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(book)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        while parent.stdout.readline().strip() != moment:
            assert parent.poll() is None
        deadline = time.monotonic() + 15
        while not processes(temporary):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        parent.send_signal(kind)
    assert leftovers(temporary) == []


@pytest.mark.office
def test_a_call_that_takes_too_long_closes_the_session(
    office: Engine, book: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = office.open(book)
    monkeypatch.setattr(libreoffice, "CALL_SECONDS", 0.0)
    with pytest.raises(EngineError, match=r"book\.xlsx: LibreOffice cannot recalculate .* no answer within 0 s"):
        session.recalculate()
    with pytest.raises(EngineError, match="closed"):
        session.recalculate()
    assert leftovers(temporary, seconds=0) == []


@pytest.mark.office
def test_a_slow_start_is_given_up(office: Engine, book: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libreoffice, "START_SECONDS", 0.2)
    with pytest.raises(EngineError, match=r"cannot start .* no answer within 0\.2 s"):
        office.open(book)
    assert leftovers(temporary, seconds=0) == []


@pytest.mark.office
def test_a_crash_of_libreoffice_is_an_engine_error(office: Engine, book: Path, temporary: Path) -> None:
    with office.open(book) as session:
        for number in processes(temporary):
            os.kill(number, signal.SIGKILL)
        with pytest.raises(EngineError, match=r"book\.xlsx: LibreOffice cannot recalculate"):
            session.recalculate()
    assert leftovers(temporary, seconds=0) == []


@pytest.mark.office
def test_a_soffice_that_fails_has_its_last_words_in_the_error(
    office: Engine, book: Path, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "soffice"
    broken.write_text("#!/bin/sh\necho 'no display' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("SHEETNET_SOFFICE", str(broken))
    with pytest.raises(EngineError, match=r"cannot start .* code 3(.|\n)*no display"):
        office.open(book)
    assert leftovers(temporary, seconds=0) == []


@pytest.mark.office
def test_many_errors_are_read_fast_with_the_kind_of_the_first(office: Engine, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "errors.xlsx") as workbook:
        sheet = workbook.add_worksheet("S")
        for row in range(2000):
            sheet.write_formula(row, 0, "=1/0", None, WRONG)
    with office.open(tmp_path / "errors.xlsx") as session:
        session.recalculate()
        start = time.monotonic()
        errors = [row[0] for row in session.read("S", 0, 0, 2000, 1)]
        assert time.monotonic() - start < 3
    assert all(isinstance(error, CellError) for error in errors)
    assert errors[0] == "#DIV/0!"
