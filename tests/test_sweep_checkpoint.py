"""Checkpoints of sweeps: one that was stopped or killed and taken up again ends as one that never was, bit for bit."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sheetnet as sn
from sheetnet.errors import TrainingError
from sheetnet.models.model import create
from sheetnet.tables.table import Table
from sheetnet.training import gram, sweep_blocks, sweep_state
from sheetnet.training.gram_nets import Grams
from sheetnet.training.ranks import Ranks
from sheetnet.training.sweep import Sweep
from tests.conftest import run_here

SETTINGS: dict[str, Any] = {
    "nets": 24, "lr": [0.05, 0.2], "scale": [0.3, 1.0], "epochs": 40, "device": "cpu", "dtype": "float32",
}  # fmt: skip
WAYS = [
    ("two_relu", "fused", "float32"), ("two_relu", "fused", "float64"), ("linear", "fused", "float32"),
    ("two_relu", "closed", "float32"), ("relu_3", "autograd", "float64"), ("two_relu", "closed", "bfloat16"),
]  # fmt: skip


@pytest.fixture(scope="module")
def table() -> Table:
    return sn.titanic()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of few nets, of which every step is written."""
    monkeypatch.setattr(sweep_blocks.Sweeping, "size", 10)
    monkeypatch.setattr(sweep_blocks, "BEAT", 0.0)
    monkeypatch.setattr(sweep_state, "EVERY", 0.0)
    monkeypatch.setattr(sweep_state, "SAVING", np.inf)


def swept(table: Table, name: str = "two_relu", **options: Any) -> Sweep:
    return sn.sweep(create(name, 10), table, **{**SETTINGS, **options})


def assert_same(a: Sweep, b: Sweep) -> None:
    pd.testing.assert_frame_equal(a.table, b.table, check_exact=True)
    np.testing.assert_array_equal(a.best["W"], b.best["W"])
    np.testing.assert_array_equal(a.start["W"], b.start["W"])


def at(steps: int, do: Callable[[], object]) -> Callable[[int, int], None]:
    """Progress that does something after so many steps."""
    left = iter(range(steps, -(10**6), -1))
    return lambda done, finished: do() if next(left) == 0 else None


@pytest.mark.parametrize(("name", "path", "dtype"), WAYS)
def test_a_sweep_that_was_stopped_or_killed_ends_with_the_same_bits(
    table: Table, tmp_path: Path, name: str, path: str, dtype: str
) -> None:
    options, file, left = {"path": path, "dtype": dtype}, tmp_path / "run.npz", tmp_path / "killed.npz"
    whole = swept(table, name, **options)
    part = swept(
        table, name, **options, checkpoint=file, progress=at(55, lambda: os.kill(os.getpid(), signal.SIGINT))
    )  # fmt: skip
    assert part.stopped
    assert 10 <= len(part.table) < 24  # and some epochs of the next block are done
    with np.load(file) as found:
        assert 0 < found["at"][2] < 40
    progress = at(7, lambda: shutil.copy(file, left))  # what a kill would have left of the last block
    assert_same(whole, swept(table, name, **options, checkpoint=file, progress=progress))
    for one in (left, file):  # of the second nothing is left to do
        assert_same(whole, swept(table, name, **options, checkpoint=one))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["killed.npz", "run.npz"]


def test_nets_on_gram_matrices_are_taken_up_where_these_are_made_anew(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gram, "STRIDE", 12)
    monkeypatch.setattr(gram, "FIRST", 2)
    monkeypatch.setattr(Grams, "stride", 12)
    options, file = {"path": "gram", "dtype": "float64"}, tmp_path / "run.npz"
    whole = swept(table, **options)
    swept(table, **options, checkpoint=file, progress=at(17, lambda: os.kill(os.getpid(), signal.SIGINT)))
    with np.load(file) as found:
        assert found["at"].tolist() == [0, 10, 12]
    assert_same(whole, swept(table, **options, checkpoint=file))


def test_what_was_done_is_not_done_again(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run.npz"
    whole = swept(table, checkpoint=file)
    monkeypatch.setattr(sweep_blocks.Sweeping, "_begin", lambda *_: pytest.fail("a block was begun"))
    again = swept(table, checkpoint=file)
    assert_same(whole, again)
    assert again.seconds >= whole.seconds > 0


def test_a_wrong_block_is_noticed(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    whole = swept(table)
    swept(table, checkpoint=file, progress=at(55, lambda: os.kill(os.getpid(), signal.SIGINT)))
    with np.load(file) as found:
        arrays = dict(found)
    arrays["W"] = np.nextafter(arrays["W"], np.float32(9))
    with file.open("wb") as out:
        np.savez(out, **arrays)
    with pytest.raises(AssertionError):
        assert_same(whole, swept(table, checkpoint=file))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"nets": 28}, r"another number of nets \(24, not 28\)"),
        ({"epochs": 41}, r"another number of epochs \(40, not 41\)"),
        ({"lr": [0.05, 0.1]}, r"other learning rates \(\[0.05, 0.2\], not \[0.05, 0.1\]\)"),
        ({"scale": [0.3]}, "other scales of start weights"),
        ({"weight_decay": [0.1]}, "other weight decays"),
        ({"seed": 3}, r"other seeds \(0, not 3\)"),
        ({"design": "random"}, "another design"),
        ({"dtype": "float64"}, "another dtype"),
        ({"path": "closed"}, "another path"),
        ({"name": "relu_3"}, "another model"),
    ],
)
def test_a_checkpoint_of_another_sweep_is_refused(
    table: Table, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    file = tmp_path / "run.npz"
    swept(table, epochs=40, checkpoint=file)
    before = file.read_bytes()
    with pytest.raises(TrainingError, match=f"this checkpoint is of {words}.*delete it or name another"):
        swept(table, **options, checkpoint=file)
    assert file.read_bytes() == before
    other = Table.of_sheet(table.X * 2, table.y, table.features, table.recipe)
    with pytest.raises(TrainingError, match="another table"):
        swept(other, checkpoint=file)


def test_what_is_no_checkpoint_of_a_sweep_is_refused(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    swept(table, checkpoint=file, progress=at(55, lambda: os.kill(os.getpid(), signal.SIGINT)))
    good = file.read_bytes()
    with np.load(file) as found:
        arrays = dict(found)

    def damaged(**others: Any) -> None:
        with file.open("wb") as out:
            np.savez(out, **{name: value for name, value in (arrays | others).items() if value is not None})
        with pytest.raises(TrainingError, match="this is no checkpoint, or only a part of one"):
            swept(table, checkpoint=file)

    damaged(done=arrays["done"][:-1])
    damaged(done=np.zeros(24, bool))
    damaged(loss=None)
    damaged(W=arrays["W"].astype(float))
    damaged(W=arrays["W"][:, :1])
    damaged(best_at=np.array(23))
    damaged(best_at=np.array(-7))
    for place in ([0, 10, 5], [20, 30, 5], [20, 20, 5], [20, 24, 41], [20, 24, -1]):
        damaged(at=np.array(place))
    damaged(at=np.array("20"))
    for content in (good[: len(good) // 2], b"", b"PK nothing"):
        file.write_bytes(content)
        with pytest.raises(TrainingError, match="this is no checkpoint, or only a part of one"):
            swept(table, checkpoint=file)
    file.unlink()
    sn.train(sn.two_relu(table), table, epochs=3, device="cpu", checkpoint=file)
    with pytest.raises(TrainingError, match="was made by another version of sheetnet"):
        swept(table, checkpoint=file)
    with pytest.raises(TrainingError, match="the checkpoint cannot be written"):
        swept(table, checkpoint=tmp_path / "nowhere" / "run.npz")


def test_a_disk_that_is_full_ends_no_sweep(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = swept(table)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    result = swept(table, checkpoint=tmp_path / "run.npz")
    assert_same(whole, result)
    assert "the checkpoint cannot be written: No space left on device" in result.unsaved


def test_blocks_of_several_processes_make_one_table(table: Table) -> None:
    """Each rank does its blocks; what they hear of each other is said for them here."""
    whole = swept(table)
    parts = []

    class One(Ranks):
        world = 3

        def __init__(self, rank: int) -> None:
            self.rank = rank

    for rank in range(3):
        sweeping = _sweeping(table)
        results, gather = sweeping.state.results, sweep_state.Results.gather
        try:
            sweep_state.Results.gather = lambda *_: None  # type: ignore[method-assign]
            sweeping.run(One(rank))
        finally:
            sweep_state.Results.gather = gather  # type: ignore[method-assign]
        parts.append(results)
    assert [int(part.done.sum()) for part in parts] == [10, 10, 4]
    said = [
        (p.done, {name: getattr(p, name)[p.done] for name in sweep_state.COLUMNS}, p.best_W, p.best_at) for p in parts
    ]
    for part in parts:
        heard = One(0)
        heard.each = lambda mine: said  # type: ignore[method-assign, assignment]
        part.gather(heard)
        assert part.done.all()
        np.testing.assert_array_equal(part.loss, whole.table["loss"])
        np.testing.assert_array_equal(part.best_W, whole.best["W"])


def _sweeping(table: Table) -> sweep_blocks.Sweeping:
    from sheetnet.training.designs import draw
    from sheetnet.training.devices import resolve_device
    from sheetnet.training.nets import choose
    from sheetnet.training.task import Task

    task = Task(
        create("two_relu", 10), table.X, table.y, 712, 0, 0, None, 0, resolve_device("cpu", "float32"), "float32"
    )
    settings = draw("grid", 24, SETTINGS["lr"], SETTINGS["scale"], [0.0], 0)
    return sweep_blocks.Sweeping(choose(task), task, settings, 40, sweep_state.Saver(None, {}))


def test_nets_of_tables_have_no_checkpoint(table: Table, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="checkpoints are for a sweep of sn"):
        sn.sweep(sn.mlp(table, 3), table, checkpoint=tmp_path / "run.npz")


def test_the_command_goes_on_where_it_was(tmp_path: Path) -> None:
    command = ["sweep", "two-relu", "--nets", 24, "--epochs", 9, "--lr", "0.1", "--scale", "0.5", "--device", "cpu"]
    file, rows = tmp_path / "run.npz", [tmp_path / name for name in ("a.csv", "b.csv")]
    for path in rows:
        done = run_here(*command, "--checkpoint", file, "--results", path)
        assert done.returncode == 0, done.stderr
    assert rows[0].read_bytes() == rows[1].read_bytes()
    other = run_here(*command[:-1], "cpu", "--seed", 1, "--checkpoint", file)
    assert other.returncode == 2
    assert "this checkpoint is of other seeds (0, not 1)" in other.stderr
