"""live: weights pushed into an open workbook, its own loss, and what a person may do to it meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import AS_ON_WINDOWS, EACH_ENGINE, OFFICE, ROOT, Made, engine_of, run_here
from engine_book import by_hand, leftovers, processes

import sheetnet as sn
from sheetnet import engines
from sheetnet.__main__ import main
from sheetnet.engines import Engine, Session, Value
from sheetnet.engines.base import Busy
from sheetnet.errors import EngineError, LiveError, SheetnetError, WorkbookError
from sheetnet.living import LiveSession, board, session
from sheetnet.living.learning import Push, learn, saved

PER_SECOND = 20  # pushes with their losses read back, on the workbook of all passengers


@pytest.fixture
def book(small: Made, tmp_path: Path) -> Path:
    """A copy of the small workbook of a test's own: LibreOffice opens the file itself."""
    return Path(shutil.copy(small.path, tmp_path / "mine.xlsx"))


@pytest.fixture(scope="module", params=[*EACH_ENGINE, AS_ON_WINDOWS])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine, and Excel's over LibreOffice."""
    with engine_of(request.param) as engine:
        yield engine


Window = tuple[Session, dict[tuple[str, int, int], Value]]


@pytest.fixture(scope="module")
def window(engine: Engine, small: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """The small workbook in one program of each engine, and what stood there; who breaks something takes `program`."""
    copy = shutil.copy(small.path, tmp_path_factory.mktemp("window") / "mine.xlsx")
    with engine.attach(copy, visible=False) as one:
        yield one, typed(one, small)


@pytest.fixture
def opened(window: Window, small: Made, book: Path) -> LiveSession:
    """A live session of a test's own in that program, in which every value is again what it was."""
    one, delivered = window
    now = typed(one, small)
    one.write([(*at, [[value]]) for at, value in delivered.items() if now[at] != value])  # type: ignore[list-item]
    one.refresh()
    return LiveSession(book, small.workbook, one)


def typed(one: Session, made: Made) -> dict[tuple[str, int, int], Value]:
    """What the cells hold that hold no formula."""
    found = {}
    for area in (block.area for block in made.workbook.book.blocks if block.style == "values"):
        cells = one.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols)
        found |= {(area.sheet, *at): v for at, v in zip(area.cells(), chain(*cells), strict=True)}
    return found


@pytest.fixture(params=[OFFICE, AS_ON_WINDOWS])
def program(request: pytest.FixtureRequest, temporary: Path) -> Iterator[Engine]:
    """Each engine that is a program of its own."""
    with engine_of(request.param) as engine:
        yield engine


def spot(live: LiveSession, id: str, i: int = 0, j: int = 0) -> tuple[str, int, int]:
    """Sheet, row and column of a cell of a block."""
    area = live.workbook.book.block(id).area
    return area.sheet, area.row + i, area.col + j


def type_in(live: LiveSession, id: str, value: float | str | None, i: int = 0, j: int = 0) -> None:
    """What a person does: a value typed into a cell."""
    live.engine_session.write([(*spot(live, id, i, j), [[value]])])


def typed_at(epoch: int, live: LiveSession, id: str, value: float | str | None, j: int = 0) -> Callable[[Push], None]:
    """A progress that types a value after the push of an epoch."""
    return lambda push: type_in(live, id, value, 0, j) if push.epoch == epoch else None


def is_learning(temporary: Path, pushes: int = 3) -> bool:
    """Whether so many pushes are shown on the sheet Live, at once or within 2.5 s."""
    cell = f"document.Sheets.getByName({board.SHEET!r}).getCellByPosition(1, {board.TOP + pushes - 1})"
    look = f"        if {cell}.Value:\n            os._exit(0)\n"
    often = f"for _ in range(50):\n    try:\n{look}    except Exception:\n        pass\n    time.sleep(0.05)\n"
    try:
        by_hand(temporary, f"import os, time\n{often}os._exit(1)")  # to connect takes longer than to look
    except (subprocess.CalledProcessError, ValueError):  # no such sheet, no such program yet
        return False
    return True


# ---- push, loss, pull


def test_pushed_weights_come_back_and_the_losses_are_torchs(opened: LiveSession, small: Made) -> None:
    rng = np.random.default_rng(1)
    for name, net in (("linear", sn.linear(small.table)), ("two_relu", sn.two_relu(small.table)), ("mmult", None)):
        net = net or sn.two_relu(small.table)
        W = rng.normal(size=(net.n_features, net.n_hidden))
        opened.push({name: {"W": W}})
        torch = sn.train(net, small.table, {"W": W}, epochs=0, device="cpu").losses[0]
        assert opened.loss(name) == pytest.approx(torch, rel=1e-12)
        assert np.array_equal(opened.weights(name), W)


def test_the_table_of_the_open_sheet_is_that_of_python(opened: LiveSession, small: Made) -> None:
    np.testing.assert_allclose(opened.table().X, small.table.X, rtol=1e-12)
    assert np.array_equal(opened.table().y, small.table.y)


def test_weights_of_a_run_go_to_the_model_with_as_many_units(opened: LiveSession, small: Made) -> None:
    run = sn.train(sn.two_relu(small.table), small.table, epochs=3, device="cpu")
    before = opened.pull().params["two_relu"]["W"]
    opened.push(run.params)
    stands = opened.pull()
    assert np.array_equal(stands.params["mmult"]["W"], run.params["W"])
    assert np.array_equal(stands.params["two_relu"]["W"], before)  # where the sheet's descent starts
    assert opened.loss() == pytest.approx(run.losses[-1], rel=1e-12)


def test_into_yellow_moves_the_whole_descent(engine: Engine, book: Path, small: Made) -> None:
    with sn.live(book, engine, into="yellow", visible=False) as live:
        run = sn.train(sn.two_relu(small.table), small.table, epochs=5, device="cpu")
        live.push({"W": run.kept[2]})
        sheet, row, col = spot(live, "two_relu.descent.loss")
        losses = [line[0] for line in live.engine_session.read(sheet, row, col, 4, 1)]
        np.testing.assert_allclose(np.array(losses, dtype=float), run.losses[2:6], rtol=1e-12)
        assert live.loss() == pytest.approx(run.losses[2], rel=1e-12)


def test_what_a_person_types_is_pulled(opened: LiveSession) -> None:
    type_in(opened, "start.two_relu.lr", 0.25)
    type_in(opened, "linear.now.weight", -1.5, 0, 3)
    stands = opened.pull()
    assert stands.rates["two_relu"] == 0.25
    assert stands.params["linear"]["W"][3, 0] == -1.5


@pytest.mark.parametrize(("value", "words"), [("abc", "holds 'abc'"), (None, "is blank")])
def test_text_and_blanks_in_a_weight_are_named_with_their_cell(
    opened: LiveSession, small: Made, value: str | None, words: str
) -> None:
    type_in(opened, "two_relu.now.weight", value, 1, 2)
    cell = small.cell("two_relu.now.weight", 1, 2)
    with pytest.raises(LiveError, match=rf"mine\.xlsx: {cell} .*{words}, a number is expected"):
        opened.pull()


def test_a_rate_below_zero_is_named(opened: LiveSession, small: Made) -> None:
    type_in(opened, "start.linear.lr", -1.0)
    with pytest.raises(LiveError, match=rf"{small.cell('start.linear.lr')} holds -1"):
        opened.pull()


def test_weights_that_cannot_be_are_refused_and_nothing_is_written(opened: LiveSession) -> None:
    before = opened.pull().params["mmult"]["W"]
    for wrong in (np.full((10, 2), np.nan), np.zeros((3, 2)), {"three_relu": np.zeros((10, 3))}):
        with pytest.raises(SheetnetError):
            opened.push(wrong)
    assert np.array_equal(opened.pull().params["mmult"]["W"], before)


def test_a_loss_whose_formula_is_gone_is_named(opened: LiveSession, small: Made) -> None:
    type_in(opened, "data.Age", "old")  # a passenger's age
    opened.push({"W": np.ones((10, 2))})
    with pytest.raises(LiveError, match=rf"{small.cell('mmult.now.loss')}, the loss of two_relu, holds '#"):
        opened.loss()


# ---- learning


def test_training_is_torchs_and_the_sheet_agrees_at_every_push(opened: LiveSession, small: Made) -> None:
    learned = learn(opened, epochs=5, every=2)
    run = sn.train(sn.two_relu(small.table), small.table, epochs=5, device="cpu")
    assert [push.epoch for push in learned.pushes] == [0, 2, 4, 5]
    np.testing.assert_allclose([push.torch for push in learned.pushes], run.losses[[0, 2, 4, 5]], rtol=1e-12)
    np.testing.assert_allclose(learned.W, run.params["W"], rtol=1e-10)
    assert learned.apart < 1e-12
    assert np.array_equal(opened.weights(), learned.W)


@pytest.mark.parametrize("optimiser", ["momentum", "adam"])
def test_the_workbooks_optimiser_goes_on_from_push_to_push(small: Made, tmp_path: Path, optimiser: str) -> None:
    book = tmp_path / "other.xlsx"
    sn.build(book, small.table, [sn.two_relu(small.table)], epochs=5, optimiser=optimiser)
    seen: list[np.ndarray] = []
    with sn.live(book, "ironcalc") as live:
        live.engine_session.recalculate()
        learned = learn(live, epochs=5, every=2, progress=lambda push: seen.append(live.weights()))
        live.engine_session.recalculate()
        units = [live.engine_session.read(*spot(live, f"two_relu.descent.W_{k}"), 6, 10) for k in (1, 2)]
    assert learned.optimiser == optimiser
    assert learned.apart < 1e-12
    descent = np.array(units, dtype=float).transpose(1, 2, 0)  # the sheet's own, by its formulas: (epoch, p, k)
    np.testing.assert_allclose(seen, descent[[0, 2, 4, 5]], rtol=1e-10, atol=1e-14)


def test_the_sheet_live_shows_both_losses_and_a_word(opened: LiveSession) -> None:
    learned = learn(opened, epochs=3)
    lines = opened.engine_session.read(board.SHEET, board.TOP, 0, 5, 3)
    assert [line[0] for line in lines] == [0.0, 1.0, 2.0, 3.0, None]
    assert lines[3][1:] == [learned.pushes[3].torch, learned.pushes[3].sheet]
    assert "agree" in str(opened.engine_session.read(board.SHEET, 1, 0, 1, 1)[0][0])


def test_a_full_table_keeps_every_other_line(opened: LiveSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "ROWS", 4)
    learn(opened, epochs=9)
    lines = opened.engine_session.read(board.SHEET, board.TOP, 0, 4, 1)
    epochs = [line[0] for line in lines if line[0] is not None]
    assert epochs == sorted(epochs)  # type: ignore[type-var]
    assert epochs[0] == 0
    assert len(set(np.diff(np.array(epochs, dtype=float)))) == 1


def test_a_planted_fault_in_the_sheet_is_seen(opened: LiveSession) -> None:
    learned = learn(opened, epochs=3, progress=typed_at(1, opened, "data.Survived", 1.0))
    assert [push.apart > 1e-10 for push in learned.pushes] == [False, False, True, True]
    assert "DIFFER" in str(opened.engine_session.read(board.SHEET, 1, 0, 1, 1)[0][0])


def test_pull_takes_an_edited_weight_and_the_rate_in(opened: LiveSession, small: Made) -> None:
    def edit(push: Push) -> None:
        if push.epoch == 2:
            type_in(opened, "mmult.now.W", 0.75, 3, 1)
            type_in(opened, "start.two_relu.lr", 0.05)

    learned = learn(opened, epochs=4, pull=True, progress=edit)
    net = sn.two_relu(small.table)
    W = sn.train(net, small.table, epochs=3, device="cpu").params["W"]
    W[3, 1] = 0.75  # edited after epoch 2, taken in as epoch 3's weights are pushed
    run = sn.train(net, small.table, {"W": W}, epochs=1, lr=0.05, device="cpu")
    np.testing.assert_allclose([p.torch for p in learned.pushes[3:]], run.losses, rtol=1e-12)
    assert learned.apart < 1e-12
    assert learned.lr == 0.05
    assert len(learned.pushes[3].edits) == 2


def test_without_pull_an_edit_is_overwritten_and_said(opened: LiveSession) -> None:
    learned = learn(opened, epochs=2, progress=typed_at(0, opened, "mmult.now.W", 9.0))
    assert "overwritten" in learned.pushes[1].edits[0]
    assert learned.apart < 1e-12


def test_text_typed_while_training_ends_it_and_the_last_weights_are_saved(
    opened: LiveSession, small: Made, book: Path
) -> None:
    kept: list[np.ndarray] = []

    def edit(push: Push) -> None:
        kept.append(opened.weights())
        if push.epoch == 2:
            type_in(opened, "mmult.now.W", "oops", 0, 1)

    with pytest.raises(LiveError, match=rf"{small.cell('mmult.now.W', 0, 1)} .*'oops'(.|\n)*of epoch 2, are in"):
        learn(opened, epochs=5, progress=edit)
    frame = np.loadtxt(f"{book}.weights.csv", delimiter=",", skiprows=1, usecols=(1, 2))
    assert np.array_equal(frame, kept[2])
    assert not list(book.parent.glob("*.part"))


def test_a_rate_too_large_ends_with_the_last_finite_weights(opened: LiveSession, book: Path) -> None:
    with pytest.raises(LiveError, match=r"no finite number from epoch(.|\n)*of epoch 0, are in"):
        learn(opened, "linear", epochs=2000, lr=1e6, every=20)
    start = opened.models["linear"].init(0)["W"]  # the loss was never below that of the start
    assert np.array_equal(np.loadtxt(f"{book}.weights.csv", delimiter=",", skiprows=1, usecols=1), start[:, 0])


@pytest.mark.parametrize(
    "settings", [{"epochs": -1}, {"every": 0}, {"per_second": 0}, {"lr": -1.0}, {"model": "three"}]
)
def test_settings_that_cannot_be_are_refused(opened: LiveSession, settings: dict[str, Any]) -> None:
    with pytest.raises(SheetnetError):
        learn(opened, **settings)


def test_pushes_can_be_held_to_so_many_a_second(opened: LiveSession) -> None:
    assert learn(opened, epochs=6, per_second=5).seconds >= 6 / 5 - 0.25


# ---- a program that is busy, or goes


class Refusing:
    """A session that refuses so many writes, as Excel does while a cell is being edited."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, write: Callable[..., None]) -> Callable[..., None]:
        def refuse(*arguments: Any) -> None:
            if self.left:
                self.left -= 1
                raise Busy("mine.xlsx: the program refuses")
            write(*arguments)

        return refuse


def test_a_program_that_is_busy_is_tried_again(opened: LiveSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened.engine_session, "write", Refusing(3)(opened.engine_session.write))
    monkeypatch.setattr(session, "BEAT", 0.01)
    assert learn(opened, epochs=2).apart < 1e-12


def test_a_program_that_stays_busy_ends_the_training_with_a_word(
    opened: LiveSession, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PATIENCE", 0.3)

    def refuse(push: Push) -> None:
        if push.epoch == 2:
            monkeypatch.setattr(opened.engine_session, "write", Refusing(10**6)(opened.engine_session.write))

    with pytest.raises(LiveError, match=r"a cell is being edited or a dialog is open(.|\n)*weights\.csv"):
        learn(opened, epochs=5, progress=refuse)
    assert Path(f"{book}.weights.csv").exists()


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("reason", [EngineError("mine.xlsx: it is gone"), OSError(28, "No space left on device")])
def test_weights_that_cannot_be_saved_in_the_workbook_are_in_a_file(
    opened: LiveSession, reason: Exception, beside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise reason

    learned = learn(opened, epochs=2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opened.engine_session, "_save", refuse)
    if not beside:  # the folder of the workbook was deleted too
        monkeypatch.setattr(opened, "path", tmp_path / "gone" / "mine.xlsx")
    with pytest.raises(LiveError, match=r"; the last good weights, of epoch 2, are in .*mine\.xlsx\.weights\.csv"):
        saved(opened, learned)
    frame = np.loadtxt(tmp_path / "mine.xlsx.weights.csv", delimiter=",", skiprows=1, usecols=(1, 2))
    assert np.array_equal(frame, learned.W)


# ---- files


def test_a_workbook_without_a_manifest_is_refused(engine: Engine, tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "other.xlsx") as workbook:
        workbook.add_worksheet()
    with pytest.raises(WorkbookError, match=r"other\.xlsx: this workbook was not made by sheetnet build"):
        sn.live(tmp_path / "other.xlsx", engine)


def test_a_lesson_without_models_is_refused(engine: Engine) -> None:
    with pytest.raises(LiveError, match="the lesson quadratic has no models"):
        sn.live(ROOT / "workbooks" / "01_quadratic.xlsx", engine)


def test_a_read_only_file_is_refused(program: Engine, book: Path) -> None:
    book.chmod(0o444)
    with pytest.raises(EngineError, match=r"mine\.xlsx: the file is read-only"):
        sn.live(book, program, visible=False)


def test_a_file_takes_one_session_and_sessions_on_two_files_do_not_meet(program: Engine, book: Path) -> None:
    other = Path(shutil.copy(book, book.with_name("other.xlsx")))
    refused = pytest.raises(EngineError, match=r"mine\.xlsx.*open (in another|as read-only)")
    with sn.live(book, program, visible=False) as one:
        with refused:
            sn.live(book, program, visible=False)
        with sn.live(other, program, visible=False) as two:
            one.push({"W": np.zeros((10, 2))})
            assert two.pull().params["mmult"]["W"].any()
    with sn.live(book, program, visible=False):  # the first has left no lock
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every LibreOffice has windows")
def test_a_libreoffice_without_windows_is_told_apart(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    soffice = tmp_path / "soffice"
    for name in ("soffice", "soffice.bin"):
        (tmp_path / name).touch()
    monkeypatch.setenv("SHEETNET_SOFFICE", str(soffice))
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr("sheetnet.engines.libreoffice._find_python", lambda soffice: sys.executable)
    with pytest.raises(EngineError, match=r"mine\.xlsx: .*without windows: install .*libreoffice-calc\), or say"):
        sn.live(book, "libreoffice")


def test_a_folder_that_takes_no_lock_file_is_named(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != book.parent)  # tests may run as root
    with pytest.raises(EngineError, match=r"mine\.xlsx: its folder is read-only"):
        engines.get("libreoffice")._writable(book)


@pytest.mark.office
def test_without_a_screen_there_is_a_word(office: Engine, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    if sys.platform == "linux":
        with pytest.raises(EngineError, match="--headless"):
            sn.live(book, office)


def test_what_was_saved_is_read_again_and_still_agrees(program: Engine, book: Path) -> None:
    with sn.live(book, program, visible=False) as live:
        W = learn(live, epochs=3).W
        live.save()
    np.testing.assert_allclose(sn.read_params(book).W("mmult"), W, rtol=1e-14)
    report = sn.check(book)
    assert report.ok, str(report)


def test_what_a_person_changes_in_the_window(program: Engine, book: Path, temporary: Path) -> None:
    """One after the other: automatic calculation is off, a sheet is protected, the sheet Live is deleted, and MMULT."""

    def delete(sheet: str) -> Callable[[Push], None]:
        return lambda push: by_hand(temporary, f"document.Sheets.removeByName({sheet!r})") if push.epoch == 1 else None

    with sn.live(book, program, visible=False) as live:
        by_hand(temporary, "document.enableAutomaticCalculation(False)")
        assert learn(live, epochs=2).apart < 1e-12
        by_hand(temporary, "document.enableAutomaticCalculation(True)\ndocument.Sheets.getByName('MMULT').protect('')")
        with pytest.raises(EngineError, match="'MMULT' is protected"):
            live.push({"W": np.ones((10, 2))})
        by_hand(temporary, "document.Sheets.getByName('MMULT').unprotect('')")
        assert learn(live, epochs=3, progress=delete(board.SHEET)).apart < 1e-12  # nothing hangs on it
        with pytest.raises(LiveError, match=r"the sheet 'MMULT' is gone(.|\n)*of epoch 1, are in"):
            learn(live, epochs=3, progress=delete("MMULT"))


@pytest.mark.parametrize("what", ["document.close(True)", "desktop.terminate()"])
def test_a_workbook_or_program_that_a_person_closes(program: Engine, book: Path, temporary: Path, what: str) -> None:
    with sn.live(book, program, visible=False) as live:

        def close(push: Push) -> None:
            if push.epoch == 1:
                by_hand(temporary, what)

        with pytest.raises(LiveError, match=r"was closed(.|\n)*of epoch 1, are in .*weights\.csv"):
            learn(live, epochs=3, progress=close)


def test_a_program_that_dies_in_the_middle(program: Engine, book: Path, temporary: Path) -> None:
    with sn.live(book, program, visible=False) as live:

        def kill(push: Push) -> None:
            if push.epoch == 2:
                for number in processes(temporary):
                    os.kill(number, signal.SIGKILL)

        with pytest.raises(LiveError, match=r"was closed(.|\n)*of epoch 2, are in .*weights\.csv"):
            learn(live, epochs=50, progress=kill)
    if program.name == "libreoffice":
        assert leftovers(temporary, seconds=0) == []
        assert not book.with_name(".~lock.mine.xlsx#").exists()


@pytest.mark.office
def test_many_updates_a_second_on_the_passengers_workbook(
    office: Engine, titanic_file: Made, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    book = shutil.copy(titanic_file.path, tmp_path / "titanic.xlsx")
    with sn.live(book, office, visible=False) as live:
        learn(live, epochs=2)
        best = max((learn(live, epochs=40) for _ in range(3)), key=lambda one: one.per_second)
    record_property("updates per second", round(best.per_second, 1))
    assert best.apart < 1e-12
    assert best.per_second >= PER_SECOND, f"{best.per_second:.1f} updates a second (a slow or busy machine?)"


# ---- the command


def test_the_command_shows_both_losses_and_says_that_they_agree(book: Path) -> None:
    result = CliRunner().invoke(main, ["live", str(book), "--engine", "ironcalc", "--epochs", "3"])
    assert result.exit_code == 0, result.output
    assert "torch's loss" in result.output
    assert "4 pushes of two-relu" in result.output


def test_the_command_speaks_json_and_takes_weights_in(book: Path, small: Made, tmp_path: Path) -> None:
    W = tmp_path / "W.csv"
    sn.read_params(book).frame("linear", 2).to_csv(W)
    command = ["live", str(book), "--engine", "ironcalc", "--model", "linear", "--epochs", "1", "--json"]
    result = CliRunner().invoke(main, [*command, "--weights", str(W)])
    said = json.loads(result.stdout)
    losses = sn.train(sn.linear(small.table), small.table, epochs=3, device="cpu").losses[2:]
    np.testing.assert_allclose([push["sheet"] for push in said["pushes"]], losses, rtol=1e-12)
    wrong = CliRunner().invoke(main, ["live", str(book), "--engine", "ironcalc", "--weights", str(W)])
    assert wrong.exit_code == 2
    assert "weights of linear" in wrong.output


def test_the_command_says_where_the_weights_go_and_how_to_go_on(book: Path) -> None:
    command = ["live", str(book), "--engine", "ironcalc", "--epochs", "1"]
    result = CliRunner().invoke(main, command)
    assert "as it was before: nothing is saved without --save" in result.stderr
    assert "overwritten" not in result.stderr
    for other in (["--model", "linear"], ["--into", "yellow"]):
        result = CliRunner().invoke(main, [*command, *other])
        assert "the start weights there are overwritten" in result.stderr
        assert f"'Descent {'Linear' if 'linear' in other else 'Two ReLU'}' moves" in result.stderr


@pytest.mark.office
def test_the_command_says_what_was_saved(office: Engine, book: Path) -> None:
    result = CliRunner().invoke(
        main, ["live", str(book), "--headless", "--engine", "libreoffice", "--epochs", "1", "--save"]
    )
    assert "is saved with the last weights on the sheet MMULT: live, params and predict" in result.stderr, result.output


def test_a_rate_that_is_too_large_is_said(book: Path) -> None:
    command = ["live", str(book), "--engine", "ironcalc", "--epochs", "3", "--lr"]
    assert "2 of 2 units are dead" in CliRunner().invoke(main, [*command, "1e6"]).stderr
    result = CliRunner().invoke(main, [*command, "9", "--model", "linear"])
    assert "the loss has risen" in result.stderr
    assert "is the learning rate 9 too large?" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--lr", "nan"], "nan"),
        (["--lr", "-1"], "x>=0"),
        (["--per-second", "0"], "x>0"),
        (["--model", "tworelu"], "there are linear, two-relu and mmult"),
        (["--weights", "absent.csv"], "absent.csv"),
        (["--weights", "one.npz"], "sheetnet params FILE --model two-relu -o W.csv"),
    ],
)
def test_what_is_wrong_is_said_before_a_program_is_started(
    book: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    def start(*_: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(session, "opened", start)
    result = CliRunner().invoke(main, ["live", str(book), *options])
    assert result.exit_code == 2, result.output
    assert words in result.output


def test_the_command_says_in_a_line_what_is_wrong(tmp_path: Path) -> None:
    for arguments in (["absent.xlsx"], [str(ROOT / "workbooks" / "02_relu.xlsx")]):
        result = CliRunner().invoke(main, ["live", *arguments, "--engine", "ironcalc"])
        assert result.exit_code == 2
        assert result.output.startswith("sheetnet: ")


def test_a_difference_ends_with_exit_code_1(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveSession, "loss", lambda self, model=None: 0.5)
    result = CliRunner().invoke(main, ["live", str(book), "--engine", "ironcalc", "--epochs", "1"])
    assert result.exit_code == 1


def test_saving_where_the_engine_cannot_is_said(book: Path) -> None:
    result = run_here("live", book, "--engine", "ironcalc", "--epochs", "1", "--save")
    assert result.returncode == 2
    assert "IronCalc saves no workbook" in result.stderr


def test_the_solver_is_not_run_without_a_window(book: Path) -> None:
    result = CliRunner().invoke(main, ["live", str(book), "--headless", "--solver"])
    assert result.exit_code == 2
    assert "leave --headless away" in result.output


def test_the_solver_without_excel_says_what_to_do(book: Path) -> None:
    result = CliRunner().invoke(main, ["live", str(book), "--engine", "ironcalc", "--epochs", "0", "--solver"])
    assert result.exit_code == 2
    assert "not open in Excel" in result.output
    assert "Tools > Solver on the sheet MMULT" in result.output


@contextmanager
def running(*command: str | Path) -> Iterator[subprocess.Popen[str]]:
    """`python -m sheetnet ...` on its way, in a session of its own; killed where it does not end."""
    arguments = [sys.executable, "-m", "sheetnet", *map(str, command)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(arguments, env=env, start_new_session=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def wait_for(what: Callable[[], object], process: subprocess.Popen[str] | None = None, seconds: float = 60) -> None:
    """Nothing, once it is so; fails when the process ends before."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.1)


@pytest.mark.office
@pytest.mark.parametrize("saving", ["--save", "--no-save"])
def test_ctrl_c_leaves_the_last_weights_saved_or_not_as_asked(
    office: Engine, book: Path, temporary: Path, saving: str
) -> None:
    before = book.read_bytes()
    with running("live", book, "--headless", "--epochs", "1000000", "--engine", "libreoffice", saving) as process:
        wait_for(lambda: is_learning(temporary), process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopped after" in err
    assert "losses at most" in out
    if saving == "--save":
        assert sn.read_params(book).W("mmult").tolist() != sn.read_params(book).W("two_relu").tolist()
    else:
        assert book.read_bytes() == before
    assert leftovers(temporary) == []


@pytest.mark.office
def test_kill_9_of_the_command_leaves_nothing(office: Engine, book: Path, temporary: Path) -> None:
    lock = book.with_name(".~lock.mine.xlsx#")
    with running("live", book, "--headless", "--epochs", "1000000", "--engine", "libreoffice") as process:
        wait_for(lambda: is_learning(temporary), process)
        assert lock.exists()
        assert processes(temporary)
        process.kill()
    assert leftovers(temporary) == []
    assert not lock.exists()
