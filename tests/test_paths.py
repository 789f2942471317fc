"""Every fast path against the referee, the autograd loop on a hand-written module, on random tables."""

from __future__ import annotations

import tracemalloc
from functools import cache

import numpy as np
import pytest
import torch

import sheetnet as sn
from sheetnet.errors import TrainingError
from sheetnet.models.model import Model, create
from sheetnet.tables.table import Table
from sheetnet.training import fused
from sheetnet.training.paths import choose, start
from sheetnet.training.task import Task, can_factor, factored, triangle

CPU = torch.device("cpu")
SIZES = [(1, 1), (2, 3), (17, 4), (300, 10), (1500, 12), (712, 7)]
MODELS = ["linear", "two_relu", "relu_1", "relu_5"]
CLOSE = {"float64": 1e-12, "float32": 1e-5}


def random_table(n: int, p: int, seed: int = 0) -> Table:
    """A table with a constant, wide and narrow columns, and a target of 0 and 1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * rng.uniform(0.1, 2, p)
    X[:, -1] = 1
    y = (X.sum(1, keepdims=True) + rng.normal(size=(n, 1)) > 0.5).astype(float)
    y[0] = 1 - y[1] if n > 1 else 1
    return Table.of_sheet(X, y, tuple(f"x_{i}" for i in range(p)), "sheet")


def task_of(model: Model, table: Table, dtype: str, batch: int | None = None, decay: float = 0.0) -> Task:
    rate = 0.3 / float(np.linalg.norm(table.X, 2) ** 2 / len(table.y)) / model.n_hidden
    return Task(model, table.X, table.y, len(table.y), rate, decay, batch, 3, CPU, dtype)


def follow(path: str, task: Task, epochs: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Losses, accuracies and last weights of a path, advanced in two parts."""
    worker = start(path, task, task.model.init(1)["W"])
    losses, accuracies = np.empty(epochs + 1), np.empty(epochs + 1)
    cut = epochs // 3
    for part, first in ((slice(0, cut), 0), (slice(cut, epochs), cut)):
        worker.advance(first, losses[part], accuracies[part])
    losses[-1], accuracies[-1] = worker.measure(epochs)
    return losses, accuracies, worker.get()


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """|a - b| / |b|."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


@cache
def referee_of(name: str, n: int, p: int, batch: int | None, decay: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the referee makes of a random table, in float64: once for all paths and dtypes."""
    return follow("autograd", task_of(create(name, p), random_table(n, p), "float64", batch, decay))


def assert_as_referee(path: str, task: Task, dtype: str) -> None:
    """The path follows the referee; the task is one of task_of and random_table."""
    referee = referee_of(task.model.name, *task.X.shape, task.batch, task.weight_decay)
    losses, accuracies, W = follow(path, task)
    assert distance(losses, referee[0]) <= CLOSE[dtype]
    assert distance(W, referee[2]) <= CLOSE[dtype]
    if dtype == "float64":
        np.testing.assert_allclose(accuracies, referee[1], atol=1e-12)


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize(("n", "p"), SIZES)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("path", ["fused", "closed"])
def test_a_fast_path_is_the_referee(path: str, name: str, n: int, p: int, decay: float, dtype: str) -> None:
    assert_as_referee(path, task_of(create(name, p), random_table(n, p), dtype, decay=decay), dtype)


@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize(("n", "p"), SIZES)
@pytest.mark.parametrize("name", MODELS[1:])
def test_the_gram_path_is_the_referee(name: str, n: int, p: int, decay: float) -> None:
    assert_as_referee("gram", task_of(create(name, p), random_table(n, p), "float64", decay=decay), "float64")


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("batch", [1, 7, 64, 299])
@pytest.mark.parametrize("name", MODELS)
def test_mini_batches_are_those_of_the_referee(name: str, batch: int, dtype: str) -> None:
    n = 40 if batch == 1 else 300  # the referee's steps are slow, and row by row there are many
    assert_as_referee("fused", task_of(create(name, 5), random_table(n, 5), dtype, batch), dtype)


@pytest.mark.parametrize("name", MODELS)
def test_a_table_of_many_tiles_is_summed_in_groups_alike(name: str) -> None:
    table = random_table(40_000, 6)
    task = task_of(create(name, 6), table, "float64")
    worker = fused.Fused(task, task.model.init(1)["W"])
    assert worker.groups > 1
    assert_as_referee("fused", task, "float64")


@pytest.mark.parametrize("threads", [1, 2])
def test_groups_give_the_same_bits_on_any_number_of_threads(threads: int) -> None:
    before = torch.get_num_threads()
    task = task_of(create("two_relu", 6), random_table(40_000, 6), "float32")
    try:
        torch.set_num_threads(threads)
        losses, _, W = follow("fused", task)
    finally:
        torch.set_num_threads(before)
    again = follow("fused", task)
    np.testing.assert_array_equal(losses, again[0])
    np.testing.assert_array_equal(W, again[2])


@pytest.mark.parametrize(("n", "p"), [(13, 5), (300, 10), (5000, 12)])
def test_a_factored_linear_model_has_the_losses_of_all_rows(n: int, p: int) -> None:
    task = task_of(create("linear", p), random_table(n, p), "float64", decay=0.01)
    R = triangle(np.hstack([task.X, task.y]), chunk=50)
    few = factored(task, R)
    assert few.X.shape == (p + 1, p)
    referee = follow("autograd", task)
    losses, _, W = follow("fused", few)
    assert distance(losses, referee[0]) <= 1e-12
    assert distance(W, referee[2]) <= 1e-12


def test_a_factored_table_that_fits_exactly_keeps_its_small_loss() -> None:
    table = random_table(500, 4)
    y = table.X @ np.array([[1.0], [-2.0], [0.5], [3.0]])
    task = Task(create("linear", 4), table.X, y, 500, 0.3, 0.0, None, 0, CPU, "float64")
    short = factored(task, triangle(np.hstack([task.X, y])))
    referee, few = follow("autograd", task, 3000), follow("fused", short, 3000)
    assert referee[0][-1] < 1e-25
    assert few[0][-1] < 1e-25  # by X'X and X'y it would stay at 1e-16 of the mean of y^2


def test_only_full_batch_linear_models_in_exact_numbers_are_factored() -> None:
    table = random_table(300, 5)
    assert can_factor(task_of(create("linear", 5), table, "float32"), 300)
    assert not can_factor(task_of(create("two_relu", 5), table, "float32"), 300)
    assert not can_factor(task_of(create("linear", 5), table, "float32", batch=10), 300)
    assert not can_factor(task_of(create("linear", 5), table, "bfloat16"), 300)
    assert not can_factor(task_of(create("linear", 5), table, "float64"), 9)


@pytest.mark.parametrize("path", ["fused", "closed"])
@pytest.mark.parametrize("name", ["linear", "relu_3"])
def test_a_wrong_gradient_is_noticed(path: str, name: str) -> None:
    right = task_of(create(name, 5), random_table(300, 5), "float64")
    wrong = Task(**{**vars(right), "lr": right.lr * (1 + 1e-9)})
    referee, off = follow("autograd", right), follow(path, wrong)
    assert distance(off[2], referee[2]) > CLOSE["float64"]


@pytest.mark.parametrize("path", ["fused", "closed"])
@pytest.mark.parametrize("dtype", CLOSE)
def test_a_run_that_diverges_does_so_on_every_path_at_the_same_epoch(path: str, dtype: str) -> None:
    table = random_table(200, 4)
    base = task_of(create("relu_3", 4), table, dtype)
    task = Task(**{**vars(base), "lr": 40 * base.lr})
    losses, referee = follow(path, task, 900)[0], follow("autograd", task, 900)[0]
    bad, expected = np.flatnonzero(~np.isfinite(losses)), np.flatnonzero(~np.isfinite(referee))
    if expected.size:
        assert bad[0] == expected[0]
        assert not np.isfinite(losses[bad[0] :]).any()
    else:  # all units died before: then they are dead on every path
        assert losses[-1] == pytest.approx(referee[-1], rel=1e-5)


def test_a_linear_run_diverges_at_the_same_epoch() -> None:
    base = task_of(create("linear", 4), random_table(200, 4), "float32")
    task = Task(**{**vars(base), "lr": 20 * base.lr})
    referee = np.flatnonzero(~np.isfinite(follow("autograd", task, 400)[0]))[0]
    for path in ("fused", "closed"):
        assert np.flatnonzero(~np.isfinite(follow(path, task, 400)[0]))[0] == referee


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_follows_from_afar(dtype: str) -> None:
    task = task_of(create("two_relu", 6), random_table(400, 6), dtype)
    losses, referee = follow("closed", task)[0], follow("autograd", Task(**{**vars(task), "dtype": "float64"}))[0]
    assert 1e-6 < distance(losses, referee) < 0.02


def test_the_path_suits_device_dtype_and_size() -> None:
    table, net = random_table(700, 10), create("two_relu", 10)
    assert choose(task_of(net, table, "float64"), 100) == "autograd"
    assert choose(task_of(net, table, "float64"), 10**6) == "gram"
    assert choose(task_of(create("relu_300", 10), table, "float64"), 10**6) == "closed"
    assert choose(task_of(net, table, "bfloat16"), 1) == "closed"
    assert choose(task_of(net, table, "float32", batch=32), 10**5) == "fused"
    graphics = Task(**{**vars(task_of(net, table, "float64")), "device": torch.device("cuda")})
    assert choose(graphics, 100) == "closed"
    assert choose(Task(**{**vars(graphics), "batch": 8}), 100) == "autograd"


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("quick", {}, "there is no path 'quick'; known are auto, factored, summed, autograd, fused"),
        ("closed", {"batch": 10}, "the closed path takes all rows at once"),
        ("autograd", {"dtype": "float16"}, "float16 has a path of its own"),
        ("fused", {"dtype": "bfloat16"}, "the fused path is for a CPU in float64 or float32"),
        ("persistent", {}, "the persistent path is for CUDA, float32"),
    ],
)
def test_a_path_that_does_not_suit_says_so(path: str, options: dict[str, object], words: str) -> None:
    table = random_table(50, 4)
    with pytest.raises(TrainingError, match=words):
        sn.train(create("two_relu", 4), table, epochs=1, device="cpu", path=path, **options)  # type: ignore[arg-type]


def test_out_of_memory_says_what_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("full")

    monkeypatch.setattr(fused, "tiled", full)
    with pytest.raises(TrainingError, match=r"cpu has no memory for 50 x 4 rows and 2 units in float64; take fewer"):
        sn.train(create("two_relu", 4), random_table(50, 4), epochs=1, device="cpu", path="fused")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device on this machine")
@pytest.mark.parametrize(("path", "dtype"), [("closed", "float64"), ("closed", "float32"), ("persistent", "float32")])
@pytest.mark.parametrize("name", MODELS[:2])
def test_the_paths_on_cuda_are_the_referee(path: str, dtype: str, name: str) -> None:
    task = task_of(create(name, 10), random_table(712, 10), dtype)
    assert_as_referee(path, Task(**{**vars(task), "device": torch.device("cuda")}), dtype)


@pytest.mark.parametrize("batch", [None, 50])
def test_epochs_of_the_fused_path_allocate_nothing(batch: int | None) -> None:
    task = task_of(create("two_relu", 10), random_table(712, 10), "float32", batch)
    worker = start("fused", task, task.model.init()["W"])
    losses, accuracies = np.empty(500), np.empty(500)
    worker.advance(0, losses[:10], accuracies[:10])
    tracemalloc.start()
    try:
        worker.advance(10, losses, accuracies)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30_000  # the shares of right rows, once for all epochs; of mini-batches their order, epoch by epoch
