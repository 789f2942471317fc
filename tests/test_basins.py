"""basins: which start ends in which minimum, counted right, kept by Ctrl-C, the same each time."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from conftest import run_here

import sheetnet as sn
from sheetnet.errors import SheetnetError
from sheetnet.tables.table import Table
from sheetnet.training import basins as module


@pytest.fixture(scope="module")
def table() -> Table:
    return sn.titanic()


@pytest.fixture(scope="module")
def found(table: Table) -> sn.Basins:
    return sn.basins(sn.two_relu(table), table, starts=30, epochs=60, size=0.5, seed=3)


def test_each_start_ends_where_a_run_from_it_ends(table: Table, found: sn.Basins) -> None:
    assert len(found.table) == 25  # the largest square
    rng = np.random.default_rng(3)
    U, V = rng.uniform(-1, 1, (2, 2, 10))
    for row in found.table.iloc[[0, 7, 24]].itertuples():
        W = (row.first * U + row.second * V).T
        run = sn.train(sn.two_relu(table), table, {"W": W}, epochs=60, lr=0.1, device="cpu")
        assert row.loss == pytest.approx(run.losses[-1], rel=1e-12)
        assert row.dead_units == run.dead_units
    grid = found.grid
    assert grid[0, 4] == found.table["loss"][4]  # first to the right, second upwards
    assert (found.table["first"][4], found.table["second"][4]) == (0.5, -0.5)


def test_the_same_settings_give_the_same(table: Table, found: sn.Basins) -> None:
    again = sn.basins(sn.two_relu(table), table, starts=30, epochs=60, size=0.5, seed=3)
    assert again.table.equals(found.table)
    assert again.minima.equals(found.minima)


def test_minima_are_counted_by_loss_and_up_to_swapping_units() -> None:
    rng = np.random.default_rng(0)
    net, other = rng.normal(size=(2, 2, module.PROBES))
    says = np.stack([net, net[::-1], net * (1 + 1e-6), other, net])
    minima = module._minima(np.array([0.13161, 0.13162, 0.13163, 0.13158, np.nan]), says)
    assert minima.to_numpy().tolist() == [[0.1316, 4, 0.8, 3, 2]]


def test_ctrl_c_keeps_the_starts_that_are_done(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHORT", 1e-9)  # blocks of one net

    def stop(done: int, _: int) -> None:
        if done == 6:
            os.kill(os.getpid(), signal.SIGINT)

    part = sn.basins(sn.two_relu(table), table, starts=25, epochs=60, size=0.5, seed=3, progress=stop)
    assert part.stopped
    assert len(part.table) == 6
    assert np.isfinite(part.grid).sum() == 6
    assert part.minima["starts"].sum() == 6


def test_starts_that_diverge_have_no_loss(table: Table) -> None:
    far = sn.basins(sn.relus(table, 1), table, starts=9, epochs=400, lr=1e6, size=5)
    lost = far.table["loss"].isna()
    assert lost.any() or (far.table["dead_units"] == 1).any()
    assert far.minima["starts"].sum() == (~lost).sum()


def test_the_workbook_says_what_was_found(found: sn.Basins, tmp_path: Path) -> None:
    found.workbook(tmp_path / "b.xlsx")
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    rows = list(book["Basins"].iter_rows(min_row=5, max_row=4 + len(found.minima), max_col=5, values_only=True))
    np.testing.assert_array_equal(np.array(rows, dtype=float), found.minima.to_numpy(dtype=float))
    cells = list(book["Map"].iter_rows(min_row=5, max_row=9, min_col=2, max_col=6, values_only=True))
    np.testing.assert_array_equal(np.array(cells, dtype=float)[::-1], found.grid)
    found.workbook(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_what_has_no_basins_is_refused(table: Table) -> None:
    with pytest.raises(SheetnetError, match="basins are of a net of ReLUs"):
        sn.basins(sn.linear(table), table)
    with pytest.raises(SheetnetError, match="starts"):
        sn.basins(sn.two_relu(table), table, starts=0)


def test_the_command_writes_what_it_is_asked_for(tmp_path: Path) -> None:
    files = ["--plot", tmp_path / "b.png", "-o", tmp_path / "b.xlsx", "--results", tmp_path / "b.csv"]
    done = run_here("basins", "two-relu", "--starts", 9, "--epochs", 5, "--device", "cpu", *files)
    assert done.returncode == 0, done.stderr
    assert "9 starts" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"b.png", "b.xlsx", "b.csv"}
    assert len((tmp_path / "b.csv").read_text().splitlines()) == 10
