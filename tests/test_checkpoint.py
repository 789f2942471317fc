"""Checkpoints and Ctrl-C: a run that was stopped and taken up again ends as one that never was, bit for bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import sheetnet as sn
from sheetnet.errors import TrainingError
from sheetnet.models.model import create
from sheetnet.tables.table import Table
from sheetnet.training import Run, checkpoint
from tests.conftest import ROOT, run_here


@pytest.fixture(scope="module")
def table() -> Table:
    return sn.titanic()


def assert_same(a: Run, b: Run) -> None:
    np.testing.assert_array_equal(a.losses, b.losses)
    np.testing.assert_array_equal(a.accuracies, b.accuracies)
    np.testing.assert_array_equal(a.params["W"], b.params["W"])
    assert list(a.kept) == list(b.kept)
    for epoch, W in a.kept.items():
        np.testing.assert_array_equal(W, b.kept[epoch])


WAYS = [
    ("autograd", "float64", None),
    ("autograd", "float32", 50),
    ("fused", "float32", None),
    ("fused", "float64", 64),
    ("closed", "float32", None),
    ("closed", "bfloat16", None),
    ("gram", "float64", None),
]


@pytest.mark.parametrize(("path", "dtype", "batch"), WAYS)
def test_a_resumed_run_ends_with_the_same_bits(
    table: Table, tmp_path: Path, path: str, dtype: str, batch: int | None
) -> None:
    options = {"lr": 0.05, "device": "cpu", "path": path, "dtype": dtype, "batch": batch, "keep": [0, 7, 20, 33, 40]}
    net, file = sn.two_relu(table), tmp_path / "run.npz"
    whole = sn.train(net, table, epochs=40, **options)  # type: ignore[arg-type]
    sn.train(net, table, epochs=23, checkpoint=file, every=5, **{**options, "keep": [0, 7, 20]})  # type: ignore[arg-type]
    resumed = sn.train(net, table, epochs=40, checkpoint=file, every=5, **options)  # type: ignore[arg-type]
    assert_same(whole, resumed)
    again = sn.train(net, table, epochs=40, checkpoint=file, **options)  # type: ignore[arg-type]
    assert_same(whole, again)  # nothing is left to do
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_a_factored_run_is_resumed_too(table: Table, tmp_path: Path) -> None:
    options = {"lr": 0.05, "device": "cpu", "dtype": "float32", "keep": [0, 30_000]}
    net, file = sn.linear(table), tmp_path / "run.npz"
    whole = sn.train(net, table, epochs=30_000, **options)  # type: ignore[arg-type]
    assert whole.path == "factored, fused"
    seen: list[int] = []

    def stop(epoch: int, _: float) -> None:
        seen.append(epoch)
        if epoch >= 10_000 and len(seen) > 1:
            os.kill(os.getpid(), signal.SIGINT)

    part = sn.train(net, table, epochs=30_000, checkpoint=file, every=10_000, progress=stop, **options)  # type: ignore[arg-type]
    assert part.stopped
    assert 10_000 <= part.epochs < 30_000
    np.testing.assert_array_equal(part.losses, whole.losses[: part.epochs + 1])
    assert_same(whole, sn.train(net, table, epochs=30_000, checkpoint=file, **options))  # type: ignore[arg-type]


def test_ctrl_c_ends_a_run_with_what_was_reached(table: Table) -> None:
    net = sn.two_relu(table)
    whole = sn.train(net, table, epochs=50, device="cpu", keep=0)

    def stop(epoch: int, loss: float) -> None:
        assert loss == whole.losses[epoch - 1]
        if epoch >= 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    run = sn.train(net, table, epochs=10**8, device="cpu", path="autograd", progress=stop)
    assert signal.getsignal(signal.SIGINT) is before
    assert run.stopped
    assert 3 <= run.epochs < 10**6
    assert len(run.losses) == run.epochs + 1
    np.testing.assert_array_equal(run.losses[:4], whole.losses[:4])


def test_the_command_says_where_it_stopped_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    command = [sys.executable, "-m", "sheetnet", "train", "two-relu", "--epochs", "3000000", "--dtype", "float32",
               "--device", "cpu", "--checkpoint", str(file), "--every", "1000"]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    limit = time.monotonic() + 60
    while not file.exists() and time.monotonic() < limit:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert f"goes on from {file}" in err
    assert "loss" in out
    with np.load(file) as found:
        done = len(found["losses"])
    again = run_here(*command[3:5], "--epochs", done + 10, *command[7:], "--json")
    assert again.returncode == 0, again.stderr
    assert f'"epochs": {done + 10}' in again.stdout


# ---- checkpoints that cannot be used


def made(table: Table, file: Path, **options: object) -> None:
    settings = {"epochs": 5, "device": "cpu", "lr": 0.1, **options}
    sn.train(sn.two_relu(table), table, checkpoint=file, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lr": 0.2}, r"another learning rate \(0.1, not 0.2\)"),
        ({"dtype": "float32"}, r"another dtype \('float64', not 'float32'\)"),
        ({"batch": 10}, "mini-batches of another size"),
        ({"weight_decay": 0.1}, "another weight decay"),
        ({"path": "closed"}, "another path"),
        ({"epochs": 3}, "this checkpoint is after 5 epochs; ask for at least as many"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused(
    table: Table, tmp_path: Path, options: dict[str, object], words: str
) -> None:
    file = tmp_path / "run.npz"
    made(table, file)
    before = file.read_bytes()
    with pytest.raises(TrainingError, match=words) as caught:
        made(table, file, **options)
    assert str(file) in str(caught.value)
    assert file.read_bytes() == before


def test_a_checkpoint_of_another_model_start_or_table_is_refused(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    made(table, file)
    for net, start, words in (
        (sn.linear(table), None, "another model"),
        (create("relu_2", 10), None, "another model"),
        (sn.two_relu(table), sn.two_relu(table).init(1), "other start weights"),
    ):
        with pytest.raises(TrainingError, match=f"this checkpoint is of {words}.*; delete it or name another"):
            sn.train(net, table, start, epochs=9, device="cpu", checkpoint=file)
    other = Table.of_sheet(table.X * 2, table.y, table.features, table.recipe)
    with pytest.raises(TrainingError, match="another table"):
        sn.train(sn.two_relu(table), other, epochs=9, device="cpu", checkpoint=file)


def test_a_truncated_or_foreign_file_is_no_checkpoint(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    made(table, file)
    whole = file.read_bytes()
    for content in (b"", b"hello", whole[: len(whole) // 2], whole[:-1], whole[50:]):
        file.write_bytes(content)
        with pytest.raises(TrainingError, match="this is no checkpoint, or only a part of one"):
            made(table, file)
        assert file.read_bytes() == content


def test_pickles_bombs_and_wrong_shapes_are_refused(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    made(table, file)
    with np.load(file) as found:
        parts = {name: found[name] for name in found.files}
    for change in (
        {"W": np.array([object()], dtype=object)},
        {"W": np.zeros((3, 2))},
        {"losses": np.zeros((5, 2))},
        {"losses": np.zeros(4)},
        {"W": parts["W"].astype(np.int64)},
        {"settings": np.array("[]")},
        {"settings": np.array("[" * 100_000)},
        {"W": np.zeros((10, 3)), "kept": np.zeros((0, 10, 3)), "kept_epochs": np.zeros(0, int)},
        {"kept": np.zeros((len(parts["kept"]), 4, 2))},
        {"kept_epochs": parts["kept_epochs"] + 100},
    ):
        np.savez(file, **{**parts, **change})  # type: ignore[arg-type]
        with pytest.raises(TrainingError, match=r"this is no checkpoint|another version"):
            made(table, file)
    np.savez_compressed(file, **parts)
    with pytest.raises(TrainingError, match="this is no checkpoint"):
        made(table, file)
    with zipfile.ZipFile(file, "w") as empty:
        empty.writestr("W.npy", b"")
    with pytest.raises(TrainingError, match="this is no checkpoint"):
        made(table, file)


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else False, reason="root may write anywhere")
def test_a_folder_that_refuses_writes_is_named(table: Table, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(TrainingError, match="the checkpoint cannot be written"):
        made(table, folder / "run.npz")


def test_a_checkpoint_in_no_folder_is_refused_before_training(table: Table, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="the checkpoint cannot be written"):
        made(table, tmp_path / "nowhere" / "run.npz")


def test_an_interrupted_save_leaves_the_old_checkpoint(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.npz"
    made(table, file)
    before = file.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.np, "savez", full)
    run = sn.train(sn.two_relu(table), table, epochs=20, device="cpu", lr=0.1, checkpoint=file)
    assert run.epochs == 20  # the work is not lost
    assert run.unsaved.endswith("the checkpoint cannot be written: No space left on device")
    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_a_resume_that_forgot_an_epoch_is_noticed(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    whole = sn.train(sn.two_relu(table), table, epochs=9, device="cpu")
    made(table, file)
    with np.load(file) as found:
        parts = {name: found[name] for name in found.files}
    parts["losses"], parts["accuracies"] = parts["losses"][:-1], parts["accuracies"][:-1]
    np.savez(file, **parts)  # type: ignore[arg-type]
    late = sn.train(sn.two_relu(table), table, epochs=9, device="cpu", checkpoint=file)
    with pytest.raises(AssertionError):
        assert_same(whole, late)


@pytest.mark.parametrize(("path", "expected"), [("auto", "fused"), ("closed", "closed")])
def test_a_longer_run_may_take_a_faster_path(table: Table, tmp_path: Path, path: str, expected: str) -> None:
    file = tmp_path / "run.npz"
    made(table, file, path=path)
    long = sn.train(sn.two_relu(table), table, epochs=30_000, device="cpu", checkpoint=file, path=path)
    assert long.path == expected
    short = sn.train(sn.two_relu(table), table, epochs=5, device="cpu")
    np.testing.assert_allclose(long.losses[:5], short.losses[:5], rtol=1e-12)


def test_checkpoints_take_a_tenth_of_the_time_at_most(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []

    def slow(_: Path, state: checkpoint.Checkpoint) -> None:
        saved.append(state.epoch)
        time.sleep(0.02)

    monkeypatch.setattr(checkpoint, "save", slow)
    sn.train(sn.two_relu(table), table, epochs=2000, device="cpu", checkpoint=tmp_path / "run.npz", every=1)
    assert 2 <= len(saved) < 100
    assert saved[-1] == 2000
