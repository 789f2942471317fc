"""The workbook of a sweep: its formulas in both engines, its numbers against the sweep, hostile sweeps, its looks."""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Made, beside, changed, converted, edit_xml, place, run_here, value_at
from openpyxl import load_workbook

import sheetnet as sn
from sheetnet.book import reader
from sheetnet.book.reader import where
from sheetnet.checking.poison import POISON, poison
from sheetnet.engines import CellError, Engine, Session
from sheetnet.errors import GraphError, WorkbookError
from sheetnet.models.model import Model
from sheetnet.sweep_book import book as sweep_book
from sheetnet.sweep_book import write_sweep
from sheetnet.sweep_book.heat import axis_of
from sheetnet.sweep_book.overview import N_BARS, Overview, command
from sheetnet.training.sweep import Sweep

pytestmark = pytest.mark.usefixtures("one_office")

FUNCTIONS = {"COLUMN", "COUNT", "COUNTIF", "IF", "IFERROR", "INDEX", "MATCH", "MAX", "MEDIAN", "MIN", "ROUND", "ROW"}
FUNCTIONS |= {"SUMPRODUCT"}
HEADINGS = ("net", "learning rate", "start scale", "weight decay", "seed", "final loss", "best loss", "accuracy")
HEADINGS += ("diverged at", "dead units")
NAN = math.nan


# ---- sweeps, trained and made by hand, and their workbooks


def by_hand(
    loss: list[float], model: str = "two_relu", features: tuple[str, ...] = ("a", "b"), **columns: object
) -> Sweep:
    """A sweep of so many nets with these final losses; nan is one that diverged at epoch 7."""
    n, net, losses = len(loss), Model(model, len(features)), np.array(loss, dtype=float)
    table = pd.DataFrame(
        {
            "lr": np.tile([0.1, 0.3], n)[:n],
            "scale": np.where(np.arange(n) % 3, 0.5, 1.0),
            "weight_decay": 0.0,
            "seed": np.arange(n),
            "loss": losses,
            "best_loss": losses,
            "accuracy": 0.75,
            "diverged_at": pd.array([7 if np.isnan(x) else pd.NA for x in losses], dtype="Int64"),
            "exploded": False,
            "dead_units": 0,
        }
    ).assign(**columns)
    W = np.linspace(-1, 1, net.n_features * net.n_hidden).reshape(net.n_features, net.n_hidden)
    end = W / 3 if np.isfinite(losses).any() else np.full_like(W, NAN)
    return Sweep(net, table, {"W": end}, {"W": W}, features, 50, "cpu", "float64", "by hand", 1.0)


def trained(model: str, **options: object) -> Sweep:
    table = sn.titanic()
    net = sn.two_relu(table) if model == "two_relu" else sn.linear(table)
    return sn.sweep(net, table, **({"nets": 200, "epochs": 50, "device": "cpu"} | options))  # type: ignore[arg-type]


def many(**columns: object) -> Sweep:
    losses = np.random.default_rng(1).uniform(0.1, 0.6, 150)
    losses[:30] = NAN
    return by_hand(losses.tolist(), **columns)  # type: ignore[arg-type]


CASES: dict[str, Callable[[], Sweep]] = {
    "all diverged": lambda: by_hand([NAN] * 5),
    "all dead": lambda: by_hand([0.4] * 6, dead_units=2),
    "one net": lambda: by_hand([0.25]),
    "one net, diverged": lambda: by_hand([NAN], model="linear"),
    "of each kind": lambda: by_hand(  # the sixth to ninth: no finite loss on the way, and some at the end
        [0.14, 0.141, 0.2, 0.4, 0.4, NAN, 0.4, math.inf, 1e200, 0.15],
        dead_units=[0, 1, 1, 2, 2, 2, 2, 2, 0, 2],
        diverged_at=pd.array([pd.NA] * 5 + [3, 4, 9, 9, pd.NA], dtype="Int64"),
    ),
    "a perfect net": lambda: by_hand([0.0, 0.0, NAN, 0.5, 1e-9], dead_units=[0, 0, 2, 2, 1]),
    "equal but for rounding": lambda: by_hand([0.3, 0.3 - 1e-16, 0.3 + 1e-16, 0.3 - 2e-16, 0.3], model="linear"),
    "one unit": lambda: by_hand([0.3, 0.4, NAN], model="relu_1", dead_units=[0, 1, 1]),
    "bins": lambda: many(lr=np.geomspace(0.003, 3, 150), scale=np.linspace(0, 2, 150), dead_units=np.arange(150) % 3),
    "narrow bins": lambda: many(lr=0.1 + np.arange(150) * 1e-7, weight_decay=1e-5),
    "two relu": lambda: trained("two_relu"),
    "linear": lambda: trained("linear", lr=(0.01, 0.1, 1.0, 10.0), scale=(0.1, 1.0), epochs=400),
    "random": lambda: trained("two_relu", design="random", lr=(0.001, 5.0), scale=(0.01, 3.0), dtype="float64"),
}


@cache
def sweep_of(case: str) -> Sweep:
    return CASES[case]()


@pytest.fixture(scope="session")
def book_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The workbook of a case."""
    folder = tmp_path_factory.mktemp("sweeps")

    def book(case: str) -> Path:
        path = folder / f"{case}.xlsx"
        if not path.exists():
            write_sweep(sweep_of(case), path)
        return path

    return book


def stored(path: Path) -> dict[str, object]:
    """What is stored in every cell that is not empty, by cell."""
    sheets = load_workbook(path, data_only=True).worksheets
    return {
        where(sheet.title, cell.row - 1, cell.column - 1): cell.value
        for sheet in sheets
        for line in sheet.iter_rows()
        for cell in line
        if cell.value is not None
    }


def formulas(path: Path) -> dict[str, reader.FormulaCell]:
    sheets = reader.read(path).sheets
    return {where(name, *at): formula for name, sheet in sheets.items() for at, formula in sheet.formulas.items()}


def labelled(values: dict[str, object], label: str, cols: int = 1) -> object:
    """What stands so many columns to the right of a label on Sweep."""
    cells = [cell for cell, value in values.items() if value == label and cell.startswith("Sweep!")]
    return values[beside(min(cells, key=lambda cell: place(cell)[2]), 0, cols)]


def names(path: Path) -> dict[str, str]:
    """The defined names and what they mean, without $."""
    return {name: meaning.replace("$", "") for name, meaning in reader.read(path).names.items()}


def values_of(session: Session, path: Path, name: str) -> np.ndarray:
    """The cells of a name in an open workbook; nan for what is no number."""
    found = names(path)[name]
    first, _, last = found.partition(":")
    sheet, row, col = place(first)
    _, bottom, right = place(f"{sheet}!{last or first.rpartition('!')[2]}")
    cells = session.read(sheet, row, col, bottom - row + 1, right - col + 1)
    return np.array([[c if isinstance(c, float) else NAN for c in line] for line in cells])


def wrong_cells(engine: Engine, path: Path, recalculate: bool = True) -> list[str]:
    """The formula cells whose stored value is not what an engine computes in a copy with poisoned values."""
    spoilt = path.with_suffix(".poison.xlsx")
    expected, out = stored(path), []
    assert poison(reader.read(path), spoilt) == len(formulas(path)) > 0
    with engine.open(spoilt) as session:
        if recalculate:
            session.recalculate()
        for cell in formulas(path):
            got, wanted = value_at(session, cell), expected[cell]
            if isinstance(got, str) or isinstance(wanted, str):
                right = not isinstance(got, CellError) and got == wanted
            else:
                assert got != POISON or not recalculate
                right = got is not None and abs(got - wanted) <= 1e-10 * abs(wanted)  # type: ignore[operator]
            out += [] if right else [f"{cell}: {got!r}, stored {wanted!r}"]
    return out


# ---- stored values, in both engines


@pytest.mark.parametrize("case", CASES)
def test_every_formula_stores_what_the_engine_computes(engine: Engine, book_of: Callable, case: str) -> None:
    assert wrong_cells(engine, book_of(case)) == []


def test_a_wrong_stored_value_would_be_noticed(engine: Engine, book_of: Callable, tmp_path: Path) -> None:
    path = book_of("two relu")
    old = "<f>COUNTIF(dead,2)</f><v>46</v>"
    assert labelled(stored(path), "all units dead") == 46
    planted = edit_xml(path, tmp_path / "planted.xlsx", "xl/worksheets/sheet1.xml", old, old.replace("46", "47"))
    assert len(found := wrong_cells(engine, planted)) == 1
    assert re.fullmatch(r"Sweep!B\d+: 46.0, stored 47", found[0])


def test_values_that_nobody_computed_would_be_noticed(engine: Engine, book_of: Callable) -> None:
    path = book_of("one unit")
    assert len(wrong_cells(engine, path, recalculate=False)) > len(formulas(path)) / 2  # LibreOffice computes arrays


@pytest.mark.parametrize("case", CASES)
def test_no_cell_is_an_error_or_holds_what_is_no_number(book_of: Callable, case: str) -> None:
    with zipfile.ZipFile(book_of(case)) as archive:
        for part in archive.namelist():
            text = archive.read(part).decode()
            assert not re.search(r't="e"|<v>[-+]?(nan|inf)|#[A-Z/0]+[!?]', text, re.IGNORECASE), part


# ---- the numbers are those of the sweep


@pytest.mark.parametrize("case", ["two relu", "linear", "random", "of each kind", "all diverged", "one unit", "bins"])
def test_the_shares_are_those_of_the_sweep(book_of: Callable, case: str) -> None:
    values, sweep = stored(book_of(case)), sweep_of(case)
    shares = sweep.shares
    rectified, units = sweep.model.rectified, sweep.model.n_hidden
    assert labelled(values, "all") == len(sweep.table)
    assert labelled(values, "diverged", 2) == pytest.approx(shares["diverged"], abs=1e-12)
    assert labelled(values, "within 5% of the best", 2) == pytest.approx(shares["within 5% of the best"], abs=1e-12)
    poor = labelled(values, "in a poor minimum" if rectified else "not there yet", 2)
    assert poor == pytest.approx(shares["in a poor minimum"], abs=1e-12)
    if rectified:
        dead = labelled(values, "all units dead" if units > 1 else "dead", 2)
        assert dead == pytest.approx(shares["all units dead"], abs=1e-12)
    if units > 1:
        assert labelled(values, "also: some units dead", 2) == pytest.approx(shares["some units dead"], abs=1e-12)


@pytest.mark.parametrize("case", ["two relu", "linear", "of each kind"])
def test_the_map_is_the_median_by_rate_and_scale(engine: Engine, book_of: Callable, case: str) -> None:
    path, sweep = book_of(case), sweep_of(case)
    by = replace(sweep, table=sweep.table.replace(math.inf, NAN)).by_rate_and_scale()
    with engine.open(path) as session:
        session.recalculate()
        np.testing.assert_array_equal(values_of(session, path, "map_rates")[0], by.columns)
        np.testing.assert_array_equal(values_of(session, path, "map_scales")[:, 0], by.index)
        np.testing.assert_allclose(values_of(session, path, "medians"), by, rtol=1e-12)


def test_the_second_map_is_the_share_of_dead_nets(engine: Engine, book_of: Callable) -> None:
    path, sweep = book_of("two relu"), sweep_of("two relu")
    dead = sweep.table.assign(dead=sweep.all_dead).groupby(["scale", "lr"])["dead"].mean().unstack()
    with engine.open(path) as session:
        session.recalculate()
        np.testing.assert_allclose(values_of(session, path, "dead_shares"), dead, rtol=1e-12)


@pytest.mark.parametrize("case", ["two relu", "linear", "random", "of each kind"])
def test_the_best_net_is_that_of_the_sweep(book_of: Callable, case: str) -> None:
    values, best = stored(book_of(case)), sweep_of(case).best_row
    assert labelled(values, "final loss", 2) == best["loss"]
    for label, key in (("learning rate", "lr"), ("start scale", "scale"), ("weight decay", "weight_decay")):
        cell = next(c for c, v in values.items() if v == label and c.startswith("Sweep!E"))
        assert values[beside(cell, 0, 2)] == best[key]
    assert labelled(values, "seed", 2) == best["seed"]
    assert command(sweep_of(case)) in values.values()


def test_the_lowest_median_is_found_in_the_map(book_of: Callable) -> None:
    values, by = stored(book_of("two relu")), sweep_of("two relu").by_rate_and_scale()
    scale, rate = by.stack().idxmin()
    assert labelled(values, "final loss", 4) == by.min().min()
    cells = {label: next(c for c, v in values.items() if v == label and c[:7] == "Sweep!E") for label in
             ("learning rate", "start scale")}  # fmt: skip
    assert values[beside(cells["learning rate"], 0, 4)] == rate
    assert values[beside(cells["start scale"], 0, 4)] == scale
    assert labelled(values, "row, column", 4) == by.index.get_loc(scale) + 1


def test_every_finite_net_is_in_one_bar(book_of: Callable) -> None:
    for case in ("two relu", "linear", "random", "of each kind", "bins"):
        values, sweep = stored(book_of(case)), sweep_of(case)
        counts = np.zeros((N_BARS, 2))
        head = next(cell for cell, value in values.items() if value == "final loss from")
        for i in range(N_BARS):
            for j in range(1 + sweep.model.rectified):
                counts[i, j] = values[beside(head, i + 1, j + 1)]
        finite = np.isfinite(sweep.table["loss"])
        assert counts.sum() == finite.sum()
        assert counts[:, 1].sum() == (sweep.all_dead & finite).sum()


# ---- people edit


@pytest.mark.parametrize("within", [0.0, 0.01, 0.25, 3.0])
def test_the_threshold_moves_the_shares(engine: Engine, book_of: Callable, within: float) -> None:
    path, sweep = book_of("two relu"), sweep_of("two relu")
    values, loss = stored(path), sweep.table["loss"].to_numpy()
    good = (loss <= (1 + within) * loss.min()) & ~sweep.all_dead
    cell = next(cell for cell, value in values.items() if value == "within 5% of the best")
    poor = next(cell for cell, value in values.items() if value == "in a poor minimum" and cell < "Sweep!A30")
    with engine.open(path) as session, changed(session, {names(path)["within"]: within}):
        assert value_at(session, cell) == f"within {100 * within:g}% of the best"
        assert value_at(session, beside(cell, 0, 1)) == good.sum()
        assert value_at(session, beside(cell, 0, 2)) == pytest.approx(good.mean(), abs=1e-12)
        assert value_at(session, beside(poor, 0, 1)) == (~good & ~sweep.all_dead).sum()


def test_the_histogram_reaches_as_far_as_one_says(engine: Engine, book_of: Callable) -> None:
    path, sweep = book_of("linear"), sweep_of("linear")
    values, loss = stored(path), sweep.table["loss"].dropna().to_numpy()
    last = beside(next(cell for cell, value in values.items() if value == "final loss from"), N_BARS, 0)
    with engine.open(path) as session, changed(session, {names(path)["reach"]: 1.5}):
        edge = loss.min() + (N_BARS - 1) * (min(loss.max(), 1.5 * np.median(loss)) - loss.min()) / N_BARS
        assert value_at(session, last) == pytest.approx(edge, rel=1e-12)
        assert value_at(session, beside(last, 0, 1)) == (loss >= edge).sum()


def test_only_two_cells_are_yellow_and_the_first_is_chosen(book_of: Callable) -> None:
    path = book_of("two relu")
    sheet = load_workbook(path)["Sweep"]
    yellow = {f"Sweep!{c.coordinate}" for line in sheet.iter_rows() for c in line if c.fill.fgColor.rgb == "FFFFF9D6"}
    assert yellow == {names(path)["within"], names(path)["reach"]}
    assert f"Sweep!{sheet.sheet_view.selection[-1].activeCell}" == names(path)["within"]
    assert len(sheet.data_validations.dataValidation) == 2


# ---- every program can calculate it


@pytest.mark.parametrize("case", CASES)
def test_formulas_are_old_short_and_never_volatile(book_of: Callable, case: str) -> None:
    path = book_of(case)
    known = set(names(path))
    for cell, formula in formulas(path).items():
        bare = re.sub(r'"[^"]*"', '""', formula.text)
        assert set(re.findall(r"([A-Z]+)\(", bare)) <= FUNCTIONS, cell
        assert set(re.findall(r"(?<![\w$.])[a-z_]{3,}", bare)) <= known, cell
        assert len(formula.text) < 200, cell
        assert "[" not in formula.text  # table references are written differently by every program
        arrays = re.search(r"IF\([^,]*rates[<>=]|medians|INDEX\((?:dead_shares|map_)", bare)  # or they read one
        assert (formula.fills is not None) == bool(arrays), cell


def test_nothing_has_to_be_enabled(book_of: Callable) -> None:
    with zipfile.ZipFile(book_of("two relu")) as archive:
        assert not [name for name in archive.namelist() if re.search("vba|macro|external|activeX|connection", name)]
        settings = re.search(r"<calcPr[^>]*>", archive.read("xl/workbook.xml").decode())
    assert settings is not None
    assert not re.search("iterat|manual", settings[0])


def test_the_same_sweep_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    for path in paths:
        write_sweep(CASES["two relu"](), path)
        time.sleep(1.1)  # the next second
    assert paths[0].read_bytes() == paths[1].read_bytes()


# ---- the other sheets


@pytest.mark.parametrize("case", ["two relu", "of each kind", "linear"])
def test_every_net_is_a_row_the_best_first(book_of: Callable, case: str) -> None:
    sweep, sheet = sweep_of(case), load_workbook(book_of(case))["Nets"]
    head, *rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert head == HEADINGS[: len(HEADINGS) - (not sweep.model.rectified)]
    by_number = {row[0]: row[1:] for row in rows}
    assert sorted(by_number) == list(range(1, len(sweep.table) + 1))
    for number, net in enumerate(sweep.table.itertuples(index=False), 1):
        finite, diverged = math.isfinite(net.loss), net.diverged_at is not pd.NA
        wanted = [net.lr, net.scale, net.weight_decay, net.seed, net.loss if finite else None]
        wanted += [net.best_loss if math.isfinite(net.best_loss) else None, net.accuracy if finite else None]
        wanted += [net.diverged_at if diverged else None, None if diverged else net.dead_units]
        assert by_number[number] == tuple(wanted[: len(head) - 1])
    losses = [row[5] for row in rows if row[5] is not None]
    assert losses == sorted(losses)
    assert all(row[5] is None for row in rows[len(losses) :])


def test_the_nets_can_be_sorted_and_their_heading_stays(book_of: Callable) -> None:
    sheet = load_workbook(book_of("two relu"))["Nets"]
    assert sheet.freeze_panes == "B5"
    assert sheet.tables["nets"].ref == sheet.tables["nets"].autoFilter.ref == "A4:J204"


@pytest.mark.parametrize("case", ["linear", "one net, diverged"])
def test_a_linear_model_has_nothing_that_dies(book_of: Callable, case: str) -> None:
    path = book_of(case)
    assert not {"dead", "dead_shares"} & set(names(path))
    assert not [v for v in stored(path).values() if isinstance(v, str) and re.search(r"\bdead\b|poor minimum", v)]


def test_of_very_many_nets_there_is_a_sample_and_it_says_so(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sweep_book, "MAX_ROWS", 60)
    path, sweep = tmp_path / "sample.xlsx", sweep_of("two relu")
    write_sweep(sweep, path)
    values = stored(path)
    assert "This workbook has the best net and 59 others, drawn at random." in values.values()
    assert labelled(values, "all") == 60
    assert labelled(values, "final loss", 2) == sweep.table["loss"].min()
    numbers = [values[f"Nets!A{row}"] for row in range(5, 65)]
    assert len(set(numbers)) == 60
    assert max(numbers) > 150  # from everywhere  # type: ignore[type-var]
    assert "Nets!A65" not in values
    assert wrong_cells(engine, path) == []


def test_a_sweep_that_was_stopped_says_so(tmp_path: Path) -> None:
    for stopped in (False, True):
        write_sweep(replace(sweep_of("one net"), stopped=stopped), tmp_path / "stopped.xlsx")
        assert ("The sweep was stopped before its end." in stored(tmp_path / "stopped.xlsx").values()) is stopped


def test_the_weights_work_in_a_model_sheet(live: Session, small: Made, tmp_path: Path) -> None:
    sweep = sn.sweep(sn.two_relu(small.table), small.table, nets=100, epochs=60, dtype="float64", device="cpu")
    write_sweep(sweep, tmp_path / "sweep.xlsx")
    values = stored(tmp_path / "sweep.xlsx")
    start, end = (next(c for c, v in values.items() if v == f"Weights at the {which}") for which in ("start", "end"))
    assert any("B7" in str(value) and "Paste special" in str(value) for value in values.values())
    block = {}
    for j in range(2):
        for i, feature in enumerate(small.table.features):
            assert values[beside(end, 2, 1 + i)] == feature
            assert values[beside(start, 3 + j, 1 + i)] == sweep.start["W"][i, j]
            block[beside("'Two ReLU'!B7", j, i)] = float(values[beside(end, 3 + j, 1 + i)])  # type: ignore[arg-type]
    with changed(live, block):
        loss = value_at(live, small.cell("two_relu.now.loss"))
        assert loss == pytest.approx(sweep.best_row["loss"], rel=1e-10)


def test_the_command_trains_the_best_net_again(tmp_path: Path) -> None:
    sweep = sweep_of("random")
    program, *arguments = shlex.split(command(sweep))
    assert program == "sheetnet"
    done = run_here(*arguments, "--device", "cpu", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["losses"][-1] == pytest.approx(sweep.best_row["loss"], rel=1e-9)


# ---- hostile sweeps and places


def test_no_name_of_a_feature_becomes_a_formula(engine: Engine, tmp_path: Path) -> None:
    names = ("=1+1", "+1", "@SUM(A1)", "{=1}", "http://x.example", "internal:Nets!A1", "<b>&", " ", "x" * 300)
    path = tmp_path / "hostile.xlsx"
    write_sweep(by_hand([0.3, 0.2], features=names), path)
    assert not [cell for cell in formulas(path) if cell.startswith("Best")]
    with engine.open(path) as session:
        session.recalculate()
        assert [str(value or " ") for value in session.read("Best", 9, 1, 1, len(names))[0]] == list(names)
    with zipfile.ZipFile(path) as archive:
        links = archive.read("xl/worksheets/sheet3.xml").decode().split("<hyperlink ")[1:]
        assert [link.partition("/>")[0] for link in links] == ['ref="A3" location="Sweep!A1" display="Back to Sweep"']


def test_a_sweep_without_a_net_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="stopped before a net was done"):
        write_sweep(by_hand([]), tmp_path / "none.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_what_would_overlap_is_told_before_a_sweep_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, path = Overview._words, tmp_path / "sweep.xlsx"
    monkeypatch.setattr(Overview, "_words", lambda self, _: honest(self, 10))
    with pytest.raises(GraphError, match="the sheet Sweep, the words 'Words' overlaps the words 'all' at A11"):
        write_sweep(by_hand([0.1, 0.2]), path)
    monkeypatch.undo()
    monkeypatch.setattr(sweep_book, "HEADER", 1)  # the table's headings stand over the sheet's sentence
    with pytest.raises(GraphError, match="on the sheet Nets, the headings of the table nets overlaps the title at A2"):
        write_sweep(by_hand([0.1, 0.2]), path)
    assert not path.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "no" / "a.xlsx", "does not exist"), (tmp_path, "this is a folder")):
        with pytest.raises(WorkbookError, match=words):
            write_sweep(by_hand([0.3]), path)


@pytest.mark.parametrize(
    "moment", ["os.replace", "os.fsync", "sheetnet.sweep_book.book._best", "sheetnet.sweep_book.book.lay_out"]
)
def test_when_writing_fails_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    path = tmp_path / "old.xlsx"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(moment, fail)
    with pytest.raises(WorkbookError, match=r"old\.xlsx: cannot be written: No space left"):
        write_sweep(by_hand([0.3]), path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("old.xlsx", "old")]


@pytest.mark.parametrize(
    "values",
    [
        [1.0],
        [0.1, 0.2],
        list(range(20)),
        list(range(21)),
        np.geomspace(1e-9, 1e9, 99),
        1 + np.arange(40) * 1e-15,
        np.linspace(0, 1, 30),
        np.geomspace(0.1, 0.2, 1000),
    ],
)
def test_each_value_is_in_one_bin(values: list[float]) -> None:
    series = pd.Series(np.array(values, dtype=float))
    axis = axis_of(series)
    assert axis.binned == (len(values) > 20)
    assert axis.marks == sorted(axis.marks)
    place = axis.index(series)
    assert ((place >= 0) & (place < axis.n)).all()
    marks = np.array([*axis.marks, math.inf])
    assert (series >= marks[place]).all()
    assert ((series < marks[place + 1]) | (not axis.binned)).all()


def test_ten_thousand_nets_are_small_and_quick(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    sweep = by_hand(rng.uniform(0.1, 0.5, 10_000).tolist(), lr=rng.uniform(0.01, 1, 10_000), scale=rng.random(10_000))
    began = time.process_time()
    write_sweep(sweep, tmp_path / "many.xlsx")
    assert time.process_time() - began < 3
    assert (tmp_path / "many.xlsx").stat().st_size < 2e6


# ---- looks


def test_the_chart_draws_the_bars_and_the_dead_apart(book_of: Callable) -> None:
    for case, n_series in (("two relu", 2), ("linear", 1)):
        with zipfile.ZipFile(book_of(case)) as archive:
            chart = archive.read("xl/charts/chart1.xml").decode()
            drawing = archive.read("xl/drawings/drawing1.xml").decode()
        assert chart.count("<c:ser>") == n_series
        assert '<c:grouping val="stacked"/>' in chart
        assert re.search(r'descr="Columns: [^"]+"', drawing)
        assert chart.count("<c:legend>") == n_series - 1


PRINTED = ["two relu", "linear", "random", "of each kind", "narrow bins"]


@pytest.fixture(scope="module")
def printed(office: Engine, book_of: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with these sweeps as LibreOffice prints them, all in one go."""
    first, *others = [book_of(case) for case in PRINTED]
    return converted(first, tmp_path_factory.mktemp("printed"), "pdf", *others).parent


@pytest.mark.parametrize("case", PRINTED)
def test_every_number_fits_its_column(printed: Path, book_of: Callable, case: str) -> None:
    pdf = printed / f"{book_of(case).stem}.pdf"
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    assert "##" not in text
    assert command(sweep_of(case)) in text
