"""Rows from files: streamed in chunks they train as in memory; what cannot be trained on is refused in a line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import sheetnet as sn
from sheetnet.errors import DataError, SheetnetError, TrainingError
from sheetnet.models.model import create
from sheetnet.training import closed, summed
from sheetnet.training.source import bytes_of
from tests.conftest import run_here

KINDS = ("parquet", "csv", "feather")


def frame_of(n: int = 3000, p: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n, p)), columns=[f"a{i}" for i in range(p)])
    frame["y"] = (frame.sum(axis=1) + rng.normal(size=n) > 0).astype(int)
    return frame


def written(frame: pd.DataFrame, path: Path) -> Path:
    match path.suffix:
        case ".parquet":
            frame.to_parquet(path, row_group_size=700)
        case ".csv":
            frame.to_csv(path, index=False)
        case _:
            frame.to_feather(path)
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["linear", "two_relu", "relu_3"])
def test_streamed_rows_train_as_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / f"many.{kind}"), "y")
    net = create(name, rows.n_features)
    options = {"epochs": 40, "lr": 0.1, "weight_decay": 0.01, "device": "cpu"}
    held = sn.train(net, rows, path="autograd", **options)  # type: ignore[arg-type]
    monkeypatch.setattr(summed, "CHUNK", 321)
    streamed = sn.train(net, rows, memory=0, **options)  # type: ignore[arg-type]
    assert (held.path, streamed.path) == ("autograd", "factored, closed" if name == "linear" else "summed")
    np.testing.assert_allclose(streamed.losses, held.losses, rtol=1e-12)
    np.testing.assert_allclose(streamed.accuracies, held.accuracies, rtol=1e-13)
    np.testing.assert_allclose(streamed.params["W"], held.params["W"], rtol=1e-12, atol=1e-14)


def test_streamed_float32_is_close(tmp_path: Path) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / "many.parquet"), "y")
    net = sn.two_relu(rows)  # type: ignore[arg-type]
    held = sn.train(net, rows, epochs=40, device="cpu", path="autograd")
    streamed = sn.train(net, rows, epochs=40, device="cpu", memory=0, dtype="float32")
    assert 0 < np.linalg.norm(streamed.params["W"] - held.params["W"]) <= 1e-5 * np.linalg.norm(held.params["W"])


def test_a_streamed_run_is_resumed_to_the_same_bits(tmp_path: Path) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / "many.parquet"), "y")
    net, options = sn.two_relu(rows), {"device": "cpu", "memory": 0, "keep": 0}  # type: ignore[arg-type]
    whole = sn.train(net, rows, epochs=9, **options)  # type: ignore[arg-type]
    sn.train(net, rows, epochs=4, checkpoint=tmp_path / "run.npz", **options)  # type: ignore[arg-type]
    resumed = sn.train(net, rows, epochs=9, checkpoint=tmp_path / "run.npz", **options)  # type: ignore[arg-type]
    np.testing.assert_array_equal(resumed.losses, whole.losses)
    np.testing.assert_array_equal(resumed.params["W"], whole.params["W"])


def test_a_chunk_that_was_left_out_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / "many.parquet"), "y")
    net = sn.two_relu(rows)  # type: ignore[arg-type]
    held = sn.train(net, rows, epochs=2, device="cpu")
    share = summed.Summed._share

    def short(self: summed.Summed, step: bool) -> np.ndarray:
        chunks = self.chunks
        self.chunks = lambda size: iter(list(chunks(size))[:-1])
        try:
            return share(self, step)
        finally:
            self.chunks = chunks

    monkeypatch.setattr(summed, "CHUNK", 500)
    monkeypatch.setattr(summed.Summed, "_share", short)
    off = sn.train(net, rows, epochs=2, device="cpu", memory=0)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(off.losses, held.losses, rtol=1e-12)


def test_a_full_device_takes_smaller_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / "many.parquet"), "y")
    net = sn.two_relu(rows)  # type: ignore[arg-type]
    held = sn.train(net, rows, epochs=5, device="cpu")
    sizes, init = [], closed.Sums.__init__

    def full(self: closed.Sums, n: int, *rest: object) -> None:
        sizes.append(n)
        if n > room:
            raise torch.OutOfMemoryError("full")
        init(self, n, *rest)  # type: ignore[arg-type]

    room = 800
    monkeypatch.setattr(summed, "LEAST", 100)
    monkeypatch.setattr(closed.Sums, "__init__", full)
    halved = sn.train(net, rows, epochs=5, device="cpu", memory=0)
    np.testing.assert_allclose(halved.losses, held.losses, rtol=1e-12)
    assert max(sizes) == 3000
    room = 0
    with pytest.raises(TrainingError, match=r"cpu has no memory for \d+ rows at a time; free some, or say"):
        sn.train(net, rows, epochs=5, device="cpu", memory=0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch": 100}, "mini-batches are for rows in memory"),
        ({"dtype": "bfloat16"}, "bfloat16 is for rows in memory"),
        ({"path": "fused"}, "the path fused is for rows in memory and one process: give more --memory"),
    ],
)
def test_what_needs_memory_says_so(tmp_path: Path, options: dict[str, object], words: str) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / "many.parquet"), "y")
    with pytest.raises(SheetnetError, match=words):
        sn.train(sn.two_relu(rows), rows, epochs=1, device="cpu", memory=0, **options)  # type: ignore[arg-type]


def test_a_sweep_takes_rows_in_memory_and_refuses_streams(tmp_path: Path) -> None:
    rows = sn.open_rows(written(frame_of(300), tmp_path / "many.parquet"), "y")
    net = sn.two_relu(rows)  # type: ignore[arg-type]
    result = sn.sweep(net, rows, nets=3, lr=[0.1], scale=[0.5], epochs=9, device="cpu", dtype="float64")
    alone = sn.train(net, rows, net.init(2), epochs=9, device="cpu")
    assert result.table["loss"][2] == pytest.approx(alone.losses[-1], rel=1e-12)
    with pytest.raises(TrainingError, match="a sweep needs its rows in memory"):
        sn.sweep(net, rows, nets=3, lr=[0.1], scale=[0.5], epochs=9, device="cpu", memory=0)


@pytest.mark.parametrize(("text", "size"), [("500MB", 5 * 10**8), ("2 GiB", 2**31), ("0", 0), ("1.5kB", 1500)])
def test_sizes_of_memory(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1", "1 XB", "nan", "inf", "1e99"])
def test_other_sizes_of_memory_are_refused(text: str) -> None:
    with pytest.raises(TrainingError, match="memory must be a size such as 500MB or 2GB"):
        bytes_of(text)


# ---- the command


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_trains_on_files(tmp_path: Path, kind: str) -> None:
    path = written(frame_of(), tmp_path / f"many.{kind}")
    files = [tmp_path / name for name in ("history.csv", "weights.csv", "run.png")]
    done = run_here(
        "train", "relu-3", "--data", path, "--target", "y", "--features", "a0, a3", "--epochs", 12, "--device", "cpu",
        "--history", files[0], "--weights", files[1], "--plot", files[2], "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["features"] == ["a0", "a3", "Ones"]
    history, weights = pd.read_csv(files[0]), pd.read_csv(files[1], index_col="feature")
    np.testing.assert_array_equal(history["loss"], said["losses"])
    np.testing.assert_array_equal(weights, said["W"])
    assert list(weights.columns) == ["unit_1", "unit_2", "unit_3"]
    assert files[2].read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--target", "y"], "--target is for --data FILE"),
        (["--no-constant"], "--no-constant is for --data FILE"),
        (["--data", "many.parquet"], "--data needs --target COLUMN"),
        (["--data", "none.parquet", "--target", "y"], "none.parquet"),
        (["--data", "many.parquet", "--target", "z"], "found no column 'z' among"),
        (["--data", "many.parquet", "--target", "y", "--features", "a0,b"], "found no column 'b' among"),
        (["--data", "many.parquet", "--target", "y", "--csv", "x.csv"], "say either --csv"),
        (["--data", "many.parquet", "--target", "y", "--memory", "lots"], "memory must be a size"),
        (["--data", "cut.parquet", "--target", "y"], "cut.parquet"),
        (["--data", "blank.csv", "--target", "y"], "line 7, column a1"),
        (["--data", "empty.csv", "--target", "y"], "the table has no rows"),
        (["--data", "same.csv", "--target", "y"], "the target y is 1 in every row"),
        (["--plot", "run.txt"], "for --plot name a file that ends in .png or .svg or .pdf"),
        (["--history", "nowhere/h.csv"], "the folder nowhere does not exist"),
        (["--every", "3"], "--every is for --checkpoint FILE"),
        (["--batch", "10000"], "batch must be a whole number from 1 to 712"),
        (["--scale", "-1"], "the scale of the start weights must be a finite number"),
        (["--weight-decay", "nan"], "the weight decay must be a finite number"),
        (["--path", "teleport"], "there is no path 'teleport'"),
        (["--path", "factored"], "the factored path is for linear models"),
        (["--history", "h.csv", "--weights", "./h.csv"], "--history and --weights name the same file"),
        (["--weights", "w.parquet"], "for --weights name a file that ends in .csv"),
        (
            ["--data", "many.parquet", "--target", "y", "--checkpoint", "many.parquet"],
            "would overwrite the table, or lie among its files",
        ),
        (["--data", "many.parquet", "--target", "y", "--recipe", "notebook"], "--recipe is for the passengers' table"),
        (["--checkpoint", "nowhere/run.npz"], "the folder nowhere does not exist"),
        (["--plot", "a" * 300 + ".png"], "cannot be written: File name too long"),
        (["--checkpoint", "a" * 300], "cannot be written: File name too long"),
    ],
)
def test_the_command_refuses_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = frame_of(50)
    whole = written(frame, tmp_path / "many.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    frame.iloc[:0].to_csv("empty.csv", index=False)
    frame.assign(y=1).to_csv("same.csv", index=False)
    frame.loc[5, "a1"] = np.nan
    frame.to_csv("blank.csv", index=False)
    done = run_here("train", "two-relu", "--epochs", 2, "--device", "cpu", *args)
    assert done.returncode == 2, done.stdout
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_model_is_refused() -> None:
    for name in ("relu-0", "relu-5000", "relu-x", "mlp"):
        done = run_here("train", name)
        assert done.returncode == 2
        assert f"there is no model '{name}'; known are linear, two-relu" in done.stderr


def test_one_class_is_refused_before_training(tmp_path: Path) -> None:
    rows = sn.open_rows(written(frame_of(50).assign(y=0), tmp_path / "same.parquet"), "y")
    for name in ("linear", "two_relu"):
        for memory in (0, 10**9):
            with pytest.raises(DataError, match="the target y is 0 in every row"):
                sn.train(create(name, 6), rows, epochs=10**6, device="cpu", memory=memory)


def test_numbers_that_a_dtype_cannot_hold_are_refused(tmp_path: Path) -> None:
    frame = frame_of(50)
    frame["a0"] *= 1e6
    rows = sn.open_rows(written(frame, tmp_path / "large.parquet"), "y")
    with pytest.raises(DataError, match=r"the table holds numbers of size .*; float16 ends at 65504"):
        sn.train(create("two_relu", 6), rows, epochs=1, device="cpu", dtype="float16")


def test_a_run_goes_on_with_more_or_less_memory(tmp_path: Path) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / "many.parquet"), "y")
    net, file = sn.two_relu(rows), tmp_path / "run.npz"  # type: ignore[arg-type]
    whole = sn.train(net, rows, epochs=12, device="cpu")
    for epochs, memory in ((4, None), (8, 0), (12, None)):
        run = sn.train(net, rows, epochs=epochs, device="cpu", memory=memory, checkpoint=file)
    np.testing.assert_allclose(run.losses, whole.losses, rtol=1e-12)
    np.testing.assert_allclose(run.params["W"], whole.params["W"], rtol=1e-12, atol=1e-14)


def test_rows_in_memory_can_be_summed_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / "many.parquet"), "y")
    net = create("relu_3", 6)
    held = sn.train(net, rows, epochs=9, device="cpu")
    monkeypatch.setattr(summed, "CHUNK", 1000)
    parts = sn.train(net, rows, epochs=9, device="cpu", path="summed")
    assert parts.path == "summed"
    np.testing.assert_allclose(parts.losses, held.losses, rtol=1e-12)


def test_accuracies_of_a_factored_run_are_counted_on_whatever_path_it_goes_on(tmp_path: Path) -> None:
    rows = sn.open_rows(written(frame_of(), tmp_path / "many.parquet"), "y")
    net, file = sn.linear(rows), tmp_path / "run.npz"  # type: ignore[arg-type]
    whole = sn.train(net, rows, epochs=60, device="cpu", path="autograd")
    assert sn.train(net, rows, epochs=50, device="cpu", memory=0, checkpoint=file).path.startswith("factored")
    run = sn.train(net, rows, epochs=60, device="cpu", checkpoint=file)
    assert run.path == "autograd"
    np.testing.assert_allclose(run.accuracies[list(run.kept)], whole.accuracies[list(run.kept)], atol=1e-12)


def test_an_output_among_the_files_of_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    written(frame_of(50), tmp_path / "data" / "part.csv")
    before = (tmp_path / "data" / "part.csv").read_bytes()
    for name in ("part.csv", "new.csv"):
        done = run_here(
            "train", "linear", "--data", tmp_path / "data", "--target", "y", "--weights", tmp_path / "data" / name
        )
        assert done.returncode == 2
        assert "lie among its files" in done.stderr
    assert (tmp_path / "data" / "part.csv").read_bytes() == before
