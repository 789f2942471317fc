"""Sweeps: every net as the referee would train it alone, in blocks and on every way; settings, shares, bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import sheetnet as sn
from sheetnet.errors import SheetnetError, TrainingError
from sheetnet.models.model import create
from sheetnet.tables.table import Table
from sheetnet.training import nets
from sheetnet.training.designs import draw, starts
from sheetnet.training.sweep import POOR, Sweep
from tests.conftest import ROOT, run_here, run_sheetnet

CLOSE = {"float64": 1e-12, "float32": 1e-5}


@pytest.fixture(scope="module")
def table() -> Table:
    return sn.titanic()


def assert_each_net_is_the_referees(result: Sweep, table: Table, epochs: int, dtype: str) -> None:
    """Each row of the table, trained alone by autograd in float64."""
    for _, row in result.table.iterrows():
        net = result.model
        alone = sn.train(
            net, table, net.init(int(row["seed"]), row["scale"]), epochs=epochs, lr=row["lr"],
            weight_decay=row["weight_decay"], device="cpu", path="autograd",
        )  # fmt: skip
        assert row["loss"] == pytest.approx(alone.losses[-1], rel=CLOSE[dtype])
        assert row["best_loss"] == pytest.approx(np.nanmin(alone.losses), rel=CLOSE[dtype])
        assert row["accuracy"] == pytest.approx(alone.accuracies[-1], abs=1e-12 if dtype == "float64" else 2e-3)
        assert pd.isna(row["diverged_at"])
        lin = table.X @ alone.params["W"]
        dead = int((lin <= 0).all(0).sum()) if net.rectified else 0
        assert row["dead_units"] == dead


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("path", ["auto", "closed"])
@pytest.mark.parametrize("name", ["linear", "two_relu", "relu_3"])
def test_every_net_of_a_sweep_is_the_referees(table: Table, name: str, path: str, dtype: str) -> None:
    result = sn.sweep(
        create(name, 10), table, nets=16, lr=[0.02, 0.1], scale=[0.3, 1.5], weight_decay=[0.0, 0.01], epochs=40,
        device="cpu", dtype=dtype, path=path,
    )  # fmt: skip
    assert len(result.table) == 16
    assert_each_net_is_the_referees(result, table, 40, dtype)


def test_a_wrong_net_is_noticed(table: Table) -> None:
    result = sn.sweep(
        sn.two_relu(table), table, nets=4, lr=[0.1], scale=[0.5], epochs=20, device="cpu", dtype="float64"
    )
    result.table.loc[2, "loss"] *= 1 + 1e-10
    with pytest.raises(AssertionError):
        assert_each_net_is_the_referees(result, table, 20, "float64")


def test_blocks_of_nets_give_what_one_block_gives(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def swept() -> pd.DataFrame:
        return sn.sweep(sn.two_relu(table), table, nets=50, design="random", epochs=30, device="cpu").table

    whole, init = swept(), nets.Fused.__init__

    def small(self: nets.Fused, task: nets.Task) -> None:
        init(self, task)
        self.size = 7

    monkeypatch.setattr(nets.Fused, "__init__", small)
    pd.testing.assert_frame_equal(whole, swept())


def test_out_of_memory_halves_the_block_and_goes_on(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def swept() -> Sweep:
        return sn.sweep(
            sn.two_relu(table), table, nets=40, design="random", epochs=10, device="cpu", path="closed", dtype="float64"
        )

    whole, advance, sizes = swept(), nets.Closed.advance, []

    def full(self: nets.Closed, block: nets.Block, first: int, epochs: int) -> None:
        sizes.append(len(block.W))
        if len(block.W) > 9:
            raise torch.OutOfMemoryError("full")
        advance(self, block, first, epochs)

    monkeypatch.setattr(nets.Closed, "advance", full)
    pd.testing.assert_frame_equal(whole.table, swept().table, rtol=1e-13)
    assert max(sizes) > 9
    monkeypatch.setattr(nets.Closed, "advance", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("full")))
    with pytest.raises(TrainingError, match="cpu has no memory for one net"):
        swept()


def test_the_best_net_can_be_trained_again_and_built(table: Table, tmp_path: Path) -> None:
    net = sn.two_relu(table)
    result = sn.sweep(net, table, nets=30, lr=[0.05, 0.1, 0.2], scale=[0.5], epochs=50, device="cpu", dtype="float64")
    row = result.best_row
    assert row["loss"] == result.table["loss"].min()
    np.testing.assert_array_equal(result.start["W"], net.init(int(row["seed"]), row["scale"])["W"])
    alone = sn.train(net, table, result.start, epochs=50, lr=row["lr"], device="cpu")
    np.testing.assert_allclose(result.best["W"], alone.params["W"], rtol=1e-10, atol=1e-13)
    built = sn.build(tmp_path / "best.xlsx", table, net, epochs=5, lr=row["lr"], start={"two_relu": result.start})
    assert built.losses["two_relu"][0] == pytest.approx(alone.losses[0], rel=1e-12)
    assert sn.check(tmp_path / "best.xlsx").ok
    with pytest.raises(SheetnetError, match="start weights go by the names of the models"):
        sn.build(tmp_path / "best.xlsx", table, net, start={"linear": result.start})


def test_diverging_and_dying_nets_are_counted(table: Table) -> None:
    linear = sn.sweep(sn.linear(table), table, nets=4, lr=[0.1, 50.0], scale=[0.5], epochs=400, device="cpu")
    diverged = linear.table["diverged_at"].notna().to_numpy()
    np.testing.assert_array_equal(diverged, [False, True, False, True])
    alone = sn.train(sn.linear(table), table, epochs=400, lr=50.0, device="cpu", dtype="float32", path="autograd")
    assert linear.table["diverged_at"][1] == alone.diverged_at
    assert linear.shares["diverged"] == 0.5
    assert np.isnan(linear.table["loss"][1])
    assert np.isfinite(linear.table["best_loss"][1])
    relus = sn.sweep(sn.two_relu(table), table, nets=50, lr=[3.0], scale=[0.5], epochs=50, device="cpu")
    assert relus.shares["all units dead"] > 0.5
    assert sum(v for k, v in relus.shares.items() if k != "some units dead") == pytest.approx(1)


def test_every_net_diverging_is_no_error(table: Table, tmp_path: Path) -> None:
    result = sn.sweep(sn.linear(table), table, nets=2, lr=[80.0], scale=[0.5], epochs=400, device="cpu")
    assert result.shares["diverged"] == 1
    result.plot(tmp_path / "all.png")
    assert (tmp_path / "all.png").stat().st_size > 1000


def test_shares_are_told_from_hand_made_results() -> None:
    frame = pd.DataFrame(
        {"loss": [0.1, 0.1 * POOR, 0.2, 0.4, np.nan, 1e9], "dead_units": [0, 1, 0, 2, 0, 0],
         "diverged_at": pd.array([None, None, None, None, 7, None], dtype="Int64"), "exploded": [False] * 5 + [True]}
    )  # fmt: skip
    made = Sweep(create("two_relu", 3), frame, {}, {}, ("a", "b", "c"), 1, "cpu", "float32", "fused", 1.0)
    assert made.shares == {
        "diverged": 1 / 6, "exploded": 1 / 6, "all units dead": 1 / 6, "some units dead": 1 / 6,
        "in a poor minimum": 1 / 6, "within 5% of the best": 1 / 3,
    }  # fmt: skip


def test_starts_are_those_of_the_model() -> None:
    net = create("relu_3", 4)
    scales = np.array([0.5, 0.01, 2.0, 0.1, 0.0707, 1.327, 0.5])
    seeds = np.array([0, 5, 5, 1, 123_456, 0, 7])
    for W, seed, scale in zip(starts(net, seeds, scales), seeds, scales, strict=True):
        np.testing.assert_array_equal(W, net.init(int(seed), float(scale))["W"].T)
    small = starts(net, np.array([5]), np.array([0.01]))
    assert np.abs(small).max() <= 0.01
    assert len(np.unique(small)) == 12  # a small scale keeps its digits


def test_a_random_design_lies_between_its_ends_and_is_the_same_twice() -> None:
    a, b = (draw("random", 1000, [0.001, 1.0], [0.5], [0.1, 0.01], seed=3) for _ in range(2))
    np.testing.assert_array_equal(a.lr, b.lr)
    assert 0.001 <= a.lr.min() < 0.002
    assert 0.5 < a.lr.max() <= 1
    assert 0.4 < (a.lr < 0.0316).mean() < 0.6
    assert set(a.scale) == {0.5}
    assert len(set(a.seed)) == 1000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"nets": 7, "lr": [0.1, 0.2], "scale": [0.5]},
            "2 combinations: ask for a multiple of them, such as 6 or 8 nets",
        ),
        ({"nets": 1}, "100 combinations: ask for a multiple of them, such as 100 nets"),
        ({"nets": 0}, "nets must be a whole number from 1"),
        ({"lr": []}, "at least one rate"),
        ({"lr": [-1.0]}, "the learning rate must be a finite number of 0 or more"),
        ({"scale": [0.0]}, "and scales above 0"),
        ({"scale": [0.5] * 9 + [1e13], "lr": [0.1]}, "the scale of start weights must be 0, or from 1e-12 to 1e12"),
        ({"scale": [float("nan")]}, "the scale must be a finite number"),
        ({"design": "spiral"}, "the design must be grid or random, found 'spiral'"),
        ({"design": "random", "weight_decay": [0.0, 1.0]}, "the least value must be above 0"),
        ({"path": "quick"}, "there is no path 'quick' for a sweep"),
        ({"path": "lanes"}, "the lanes path is for CUDA in float32"),
        ({"device": "cuda:99"}, "the device 'cuda:99' is not there"),
        ({"epochs": -1}, "epochs must be a whole number"),
    ],
)
def test_settings_that_cannot_be_are_refused(table: Table, options: dict[str, object], words: str) -> None:
    settings = {"nets": 100, "epochs": 1, "device": "cpu", **options}
    with pytest.raises(SheetnetError, match=words):
        sn.sweep(sn.two_relu(table), table, **settings)  # type: ignore[arg-type]


def test_one_class_only_and_a_wrong_model_are_refused(table: Table) -> None:
    same = Table.of_sheet(table.X, np.ones_like(table.y), table.features, table.recipe)
    for call in (sn.sweep, sn.train):
        with pytest.raises(
            SheetnetError, match="the target Survived is 1 in every row: there is nothing to tell apart"
        ):
            call(sn.two_relu(table), same, epochs=1, device="cpu")  # type: ignore[operator]
        with pytest.raises(SheetnetError, match="two_relu is for 12 features, the table has 10"):
            call(create("two_relu", 12), table, epochs=1, device="cpu")  # type: ignore[operator]
        spoilt = Table.of_sheet(np.where(table.X > 4, np.nan, table.X), table.y, table.features, table.recipe)
        with pytest.raises(SheetnetError, match=r"row \d+ of the table holds an entry that is no finite number"):
            call(sn.two_relu(table), spoilt, epochs=1, device="cpu")  # type: ignore[operator]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_memory_is_that_of_a_block_and_the_results() -> None:
    code = (  # ru_maxrss would begin with the peak of the process that started this one
        "import re, sheetnet as sn; t = sn.titanic(); n = sn.two_relu(t)\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
        "sweep = lambda nets: sn.sweep(n, t, nets=nets, design='random', epochs=1, device='cpu')\n"
        "sweep(2000); a = peak(); sweep(100_000); print(peak() - a)"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True, timeout=120
    )
    assert 0 < int(done.stdout) * 1024 < 100_000 * 400


def test_ctrl_c_keeps_the_nets_that_are_done(table: Table) -> None:
    def stop(done: int, whole: int) -> None:
        if whole >= 1024:
            os.kill(os.getpid(), signal.SIGINT)

    net = sn.two_relu(table)
    result = sn.sweep(net, table, nets=5000, design="random", epochs=50, device="cpu", progress=stop)
    assert result.stopped
    assert 1024 <= len(result.table) < 5000


def test_the_command_answers_and_writes(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("s.png", "s.csv", "s.xlsx")]
    done = run_sheetnet(
        "sweep", "two-relu", "--nets", 40, "--epochs", 30, "--lr", "0.01:1:4", "--scale", "0.1,0.5",
        "--device", "cpu", "--plot", files[0], "--results", files[1], "-o", files[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for words in ("all units dead", "median final loss", "sheetnet train two-relu --epochs 30 --seed"):
        assert words in done.stdout
    assert all(file.stat().st_size > 1000 for file in files)
    assert len(pd.read_csv(files[1])) == 40
    command = next(line for line in done.stdout.splitlines() if "sheetnet train" in line).split()[1:]
    again = run_here(*command, "--device", "cpu", "--json")
    best = float(next(line for line in done.stdout.splitlines() if line.startswith("best")).split()[2].rstrip(","))
    assert json.loads(again.stdout)["losses"][-1] == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--lr", "a:b"], "neither numbers such as 0.01,0.1,1 nor from:to:how many"),
        (["--lr", "1:0.1:3"], "neither numbers"),
        (["--plot", "s.xlsx"], "name a file that ends in .png"),
        (["-o", "nowhere/s.xlsx"], "the folder nowhere does not exist"),
        (["--device", "cuda"], "the device 'cuda' is not there"),
    ],
)
def test_the_command_refuses_in_a_line(args: list[str], words: str) -> None:
    if "cuda" in args and torch.cuda.is_available():
        pytest.skip("there is CUDA here")
    done = run_here("sweep", "two-relu", "--nets", 100, "--epochs", 1, *args)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
