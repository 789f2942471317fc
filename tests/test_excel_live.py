"""Excel with a window: the workbook that a person has open, what they may do to it, and torch that trains into it."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings_office
from conftest import AS_ON_MACOS, AS_ON_WINDOWS, Made, engine_of
from engine_book import by_hand, leftovers, processes, write_book
from xlwings_office import Program, registered

import sheetnet as sn
from sheetnet import engines
from sheetnet.engines import excel_live, excel_session
from sheetnet.engines.base import Busy, Gone
from sheetnet.engines.excel_live import AttachedExcel
from sheetnet.errors import EngineError, LiveError
from sheetnet.living import board
from sheetnet.living import session as living
from sheetnet.living.learning import Push, learn
from sheetnet.living.solver import solve

FREE = "It's free"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_book(tmp_path / "book.xlsx")


@pytest.fixture(scope="module")
def kept() -> Iterator[list[xlwings_office.Office]]:
    """The LibreOffices of this module, which take one workbook after the other."""
    offices: list[xlwings_office.Office] = []
    yield offices
    for office in offices:
        office.close()


@pytest.fixture(params=[AS_ON_WINDOWS, AS_ON_MACOS])
def driven(request: pytest.FixtureRequest, kept: list[xlwings_office.Office]) -> Iterator[xlwings_office.Engine]:
    """xlwings, driving LibreOffice as if it were Excel on Windows and macOS; a new one for who asks for temporary."""
    alone = "temporary" in request.fixturenames
    if alone:
        request.getfixturevalue("temporary")
    with registered(mac=request.param.endswith("macOS"), kept=None if alone else kept) as office:
        yield office


@pytest.fixture
def app(driven: xlwings_office.Engine, book: Path) -> Program:
    """An Excel in which a person has opened the workbook."""
    return driven.person_opens(book)


@pytest.fixture
def session(app: Program, book: Path) -> Iterator[AttachedExcel]:
    with engines.get("excel").attach(book) as session:
        assert isinstance(session, AttachedExcel)
        yield session


def test_the_excel_that_has_the_file_open_is_used_and_stays(
    driven: xlwings_office.Engine, app: Program, book: Path
) -> None:
    before = book.read_bytes()
    with engines.get("excel").attach(book) as session:
        session.write([(FREE, 0, 0, [[7.0]])])
        assert driven.programs == [app]
    assert driven.programs == [app]
    assert app.office.read("Calc", 1, 3, 1, 1) == [[70.0]]
    assert book.read_bytes() == before  # not saved
    with engines.get("excel").attach(book) as session:
        assert session.read(FREE, 0, 0, 1, 1) == [[7.0]]
        session.save()
    assert book.read_bytes() != before


def test_a_file_that_is_not_open_is_opened_in_a_window_that_stays(
    driven: xlwings_office.Engine, book: Path
) -> None:  # fmt: skip
    with engines.get("excel").attach(book) as session:
        session.set(FREE, 0, 0, 7.0)
    [program] = driven.programs
    assert program.visible
    assert program.display_alerts
    assert program.user_control or driven.mac
    assert program.office.read(FREE, 0, 0, 1, 1) == [[7.0]]


def test_one_without_a_window_goes_with_us(driven: xlwings_office.Engine, book: Path, temporary: Path) -> None:
    with engines.get("excel").attach(book, visible=False) as session:
        session.set(FREE, 0, 0, 7.0)
        assert not driven.programs[0].visible
    assert driven.programs == []
    assert leftovers(temporary, seconds=0) == []


def test_a_workbook_of_the_same_name_in_another_folder_is_left_alone(
    driven: xlwings_office.Engine, app: Program, book: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Path(shutil.copy(book, tmp_path / "other" / "book.xlsx"))
    with engines.get("excel").attach(other) as session:
        session.set(FREE, 0, 0, 7.0)
        assert len(driven.programs) == 2
    assert app.office.read(FREE, 0, 0, 1, 1) == [[None]]


def test_one_in_the_cloud_whose_folder_cannot_be_told_is_named(app: Program, book: Path) -> None:
    app.book.in_the_cloud = True  # type: ignore[union-attr]
    with pytest.raises(EngineError, match=r"book\.xlsx: .*open from the cloud: close it first"):
        engines.get("excel").attach(book)


def test_a_file_that_is_open_elsewhere_is_refused_and_nothing_stays(
    driven: xlwings_office.Engine, book: Path
) -> None:  # fmt: skip
    lock = book.with_name(".~lock.book.xlsx#")
    lock.write_text("another person")
    with pytest.raises(EngineError, match=r"book\.xlsx: Excel cannot load .* open as read-only.*close"):
        engines.get("excel").attach(book)
    assert driven.programs == []
    lock.unlink()


def test_a_file_that_a_person_has_open_as_read_only_is_refused_and_stays_open(
    driven: xlwings_office.Engine, app: Program, book: Path
) -> None:
    app.book.read_only = True  # type: ignore[union-attr]
    with pytest.raises(EngineError, match="open as read-only"):
        engines.get("excel").attach(book)
    assert driven.programs == [app]


def test_a_person_who_edits_a_cell_is_waited_for_and_then_it_is_busy(session: AttachedExcel, app: Program) -> None:
    app.refusals = 3
    session.write([(FREE, 0, 0, [[3.0]])])
    app.refusals = 10**9
    session.patience = 0.2
    for call in (lambda: session.write([(FREE, 0, 0, [[4.0]])]), lambda: session.read(FREE, 0, 0, 1, 1), session.save):
        with pytest.raises(Busy, match="a cell is being edited"):
            call()
    app.refusals = 0
    assert session.read(FREE, 0, 0, 1, 1) == [[3.0]]


def test_an_excel_that_is_busy_as_we_come_is_waited_for(
    app: Program, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.refusals = 3
    with engines.get("excel").attach(book):
        pass
    monkeypatch.setattr(excel_session, "BUSY_SECONDS", 0.2)
    app.refusals = 10**9
    with pytest.raises(Busy, match=r"Excel cannot find .* a cell is being edited"):
        engines.get("excel").attach(book)
    app.refusals = 0


def test_one_that_hangs_or_is_busy_is_passed_by_where_another_has_the_file(
    driven: xlwings_office.Engine, book: Path, tmp_path: Path
) -> None:
    others = [driven.person_opens(write_book(tmp_path / f"other{k}.xlsx")) for k in range(2)]
    app = driven.person_opens(book)
    others[0].faults = others[1].refusals = 10**9
    with engines.get("excel").attach(book) as session:
        session.set(FREE, 0, 0, 7.0)
    assert app.office.read(FREE, 0, 0, 1, 1) == [[7.0]]
    others[0].faults = others[1].refusals = 0


def test_a_fault_while_it_is_busy_counts_as_busy(session: AttachedExcel, app: Program) -> None:
    session.patience = 0.1
    app.faults, app.refusals = 1, 10**9
    with pytest.raises(Busy):
        session.read(FREE, 0, 0, 1, 1)
    app.refusals, app.faults = 0, 1
    with pytest.raises(EngineError, match="Application-defined") as caught:
        session.read(FREE, 0, 0, 1, 1)
    assert not isinstance(caught.value, (Busy, Gone))


def test_a_sheet_is_added_once_though_its_name_is_refused(
    session: AttachedExcel, app: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = xlwings_office.Sheets.add

    def refused(*arguments: object, **named: object) -> object:
        try:
            return add(*arguments, **named)  # type: ignore[arg-type]
        finally:
            app.refusals = 3

    monkeypatch.setattr(xlwings_office.Sheets, "add", refused)
    session.add_sheet("Extra")
    assert app.added == 1
    assert app.office.names()[-1] == "Extra"


def test_a_calculation_that_a_key_has_stopped_is_finished(session: AttachedExcel, app: Program) -> None:
    app.unfinished = 2
    session.refresh()
    assert app.unfinished < 0 or app.engine.mac


def test_nothing_of_excel_is_held_after_the_end(app: Program, book: Path) -> None:
    session = engines.get("excel").attach(book)
    assert isinstance(session, AttachedExcel)
    session.close()
    assert (session._app, session._cells, session._book) == (None, None, None)


def test_without_a_window_a_file_that_is_open_in_excel_is_refused(
    driven: xlwings_office.Engine, app: Program, book: Path
) -> None:
    with pytest.raises(EngineError, match="leave --headless away" if driven.mac else "open as read-only"):
        engines.get("excel").attach(book, visible=False)
    assert driven.programs == [app]


def test_what_a_person_closes_or_deletes_is_gone(session: AttachedExcel, temporary: Path) -> None:
    session.add_sheet("Extra")
    by_hand(temporary, "document.Sheets.removeByName('Extra')")
    with pytest.raises(Gone, match="the sheet 'Extra' is gone: deleted or renamed"):
        session.write([("Extra", 0, 0, [[1.0]])])
    session.write([(FREE, 0, 0, [[1.0]])])
    for number in processes(temporary):
        os.kill(number, signal.SIGKILL)
    with pytest.raises(Gone, match="the workbook, or Excel, was closed"):
        session.read(FREE, 0, 0, 1, 1)


def test_a_call_that_hangs_is_given_up_and_the_persons_excel_stays(
    driven: xlwings_office.Engine,
    session: AttachedExcel,
    app: Program,
    monkeypatch: pytest.MonkeyPatch,
    temporary: Path,
) -> None:
    monkeypatch.setattr(excel_session, "CALL_SECONDS", 0.3)
    app.hangs = threading.Event()
    with pytest.raises(EngineError, match=r"no answer within 0\.3 s"):
        session.recalculate()
    assert driven.programs == [app]
    assert processes(temporary)
    app.hangs.set()


def test_a_cell_of_format_text_takes_a_number_of_a_block(session: AttachedExcel, app: Program) -> None:
    app.formats[FREE, 3, 3] = "@"
    session.write([(FREE, 3, 2, [[1.5, 2.5], ["12", "x"]])])
    assert session.read(FREE, 3, 2, 2, 2) == [[1.5, 2.5], ["12", "x"]]


# ---- live, in Excel


@pytest.fixture
def mine(small: Made, tmp_path: Path) -> Path:
    return Path(shutil.copy(small.path, tmp_path / "mine.xlsx"))


@pytest.fixture
def excel_of_a_person(driven: xlwings_office.Engine, mine: Path) -> Program:
    return driven.person_opens(mine)


def test_torch_trains_into_the_workbook_that_a_person_has_open(excel_of_a_person: Program, mine: Path) -> None:
    office = excel_of_a_person.office
    with sn.live(mine, "excel") as live:
        W = learn(live, epochs=4, pull=True).W
        area = live.workbook.book.block("mmult.now.W").area
        assert live.board.sheet == board.SHEET
    assert office.read(area.sheet, area.row, area.col, *W.shape) == W.tolist()
    assert office.read(board.SHEET, board.TOP + 4, 0, 1, 1) == [[4.0]]


def test_a_chart_that_cannot_be_drawn_is_told_and_torch_trains(
    excel_of_a_person: Program, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, *arguments: object) -> None:
        raise xlwings_office.ComError(0, "no charts today")

    monkeypatch.setattr(xlwings_office.Chart, "set_source_data", refuse)
    said: list[str] = []
    with sn.live(mine, "excel") as live:
        assert learn(live, epochs=2, notice=said.append).apart < 1e-12
    assert "no charts today" in said[0]


def test_a_cell_in_edit_mode_holds_the_training_up_and_it_is_said(
    excel_of_a_person: Program, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel_live, "PATIENCE", 0.1)
    monkeypatch.setattr("sheetnet.living.learning.HINT", 0.2)
    monkeypatch.setattr(living, "BEAT", 0.01)
    said: list[str] = []

    def edit(push: Push) -> None:
        excel_of_a_person.refusals = 25 if push.epoch == 2 else 0

    with sn.live(mine, "excel") as live:
        assert learn(live, epochs=4, progress=edit, notice=said.append).apart < 1e-12
    assert len(said) == 1
    assert "a cell is being edited" in said[0]


def test_a_cell_that_stays_in_edit_mode_ends_the_training_with_the_last_weights(
    excel_of_a_person: Program, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel_live, "PATIENCE", 0.1)
    monkeypatch.setattr(living, "PATIENCE", 0.3)

    def edit(push: Push) -> None:
        excel_of_a_person.refusals = 10**9 if push.epoch == 2 else 0

    words = r"mine\.xlsx: refused for 0\.3 s: a cell is being edited.*(.|\n)*of epoch 2, are in .*weights\.csv"
    with sn.live(mine, "excel") as live, pytest.raises(LiveError, match=words):
        learn(live, epochs=4, progress=edit)
    excel_of_a_person.refusals = 0


@pytest.mark.parametrize(("code", "words"), [(0, "found a solution"), (5, "code 5")])
def test_excels_solver_is_run_by_its_macros(
    driven: xlwings_office.Engine, excel_of_a_person: Program, mine: Path, code: int, words: str
) -> None:
    excel_of_a_person.add_in, excel_of_a_person.solver = driven.mac, code
    with sn.live(mine, "excel") as live:
        if code:
            with pytest.raises(LiveError, match=words):
                solve(live)
        else:
            assert words in solve(live)
    names = [macro for macro, *_ in excel_of_a_person.macros]
    assert names[-2:] == ["Solver.xlam!SolverSolve", "Solver.xlam!SolverFinish"]
    assert ("Auto_Open" in names) != driven.mac  # where it was not loaded


def test_a_solver_that_is_not_there_is_told_how_to_switch_on(
    excel_of_a_person: Program, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlwings_office.WindowsBooks, "RunAutoMacros", lambda self, which: None)
    with sn.live(mine, "excel") as live, pytest.raises(LiveError, match=r"Cannot run the macro(.|\n)*Solver Add-in"):
        solve(live)


# ---- Excel itself


@pytest.mark.excel
@pytest.mark.parametrize("visible", [False, True])
def test_excel_itself_follows_torch(small: Made, mine: Path, visible: bool) -> None:
    with engine_of("excel") as engine, sn.live(mine, engine, visible=visible) as live:
        learned = learn(live, epochs=20)
        assert learned.apart < 1e-12
        live.save()
    assert sn.check(mine).ok
    assert (sn.read_params(mine).W("mmult") == learned.W).all()
