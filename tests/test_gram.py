"""The Gram path is the referee to the last digits, sign by sign, for as long as one likes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import sheetnet as sn
from sheetnet.errors import TrainingError
from sheetnet.models.model import create
from sheetnet.training import gram, gram_loops, nets
from sheetnet.training.gram import Gram
from sheetnet.training.loop import Autograd
from sheetnet.training.paths import choose
from sheetnet.training.task import Task

CPU = torch.device("cpu")


def task_of(X: np.ndarray, y: np.ndarray, k: int, lr: float, decay: float = 0.0) -> Task:
    return Task(create(f"relu_{k}", X.shape[1]), X, y[:, None], len(y), lr, decay, None, 0, CPU, "float64")


def hard_table(n: int, p: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random rows in quarters, rows of zeros, equal rows, and rows of which weights in quarters make exactly 0."""
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(n, p)) * 4) / 4
    X[:, -1] = 1
    y = (X @ rng.normal(size=p) + rng.normal(size=n) > 0.5).astype(float)
    X[5:9] = 0
    X[9:20] = X[20]
    X[30:50, 2:] = 0  # with weights (0.5, -0.5, ...) these are ties of the first unit, and some of the second
    X[30:50, 1] = X[30:50, 0]
    return X, y


def start(p: int, k: int, seed: int) -> np.ndarray:
    W = np.round(np.random.default_rng(seed).uniform(-1, 1, (p, k)) * 4) / 4
    W[:2, 0] = 0.5, -0.5
    return W


def by_hand(task: Task, W: np.ndarray, epochs: int) -> Iterator[tuple[np.ndarray, np.ndarray, float, float]]:
    """Signs (n, k), weights (p, k), loss and accuracy of each epoch, in numpy and nothing else."""
    for _ in range(epochs):
        lin = task.X @ W
        error = np.maximum(lin, 0).sum(1, keepdims=True) - task.y
        yield lin > 0, W, float((error**2).mean()), float(((error + task.y > 0.5) == task.y).mean())
        W = W - task.lr * (2 / len(task.y) * task.X.T @ (error * (lin > 0)) + task.weight_decay * W)


def signs(worker: Gram) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are far (n,), and the signs (n, k) by which they count."""
    n = len(worker.task.y)
    above = worker.above[:, :-1].transpose(0, 2, 1).reshape(-1, len(worker.W))
    return ~worker.near.reshape(-1)[:n], above[:n]


def interpret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loops as plain Python, into which faults can be planted."""
    for name in ("descend", "sort", "count", "sums"):
        monkeypatch.setattr(gram_loops, name, getattr(gram_loops, name).py_func)


def follow(worker: Gram, task: Task, W: np.ndarray, epochs: int) -> tuple[float, float, float, int, int]:
    """Epoch by epoch: the worst relative difference of losses, of accuracies and weights; wrong signs; far rows."""
    loss, accuracy = np.empty(1), np.empty(1)
    worst, off, wrong, trusted = 0.0, 0.0, 0, 0
    for epoch, (above, last, expected, share) in enumerate(by_hand(task, W, epochs + 1)):  # noqa: B007
        if epoch == epochs:
            break
        worker.advance(epoch, loss, accuracy)
        worst = max(worst, abs(loss[0] / expected - 1))
        off = max(off, abs(accuracy[0] - share))
        if worker.trusted:
            far, counted = signs(worker)
            wrong += int((counted != above)[far].sum())
            trusted += int(far.sum())
    return worst, off, float(np.linalg.norm(worker.get() - last) / np.linalg.norm(last)), wrong, trusted


@pytest.mark.parametrize(("n", "p", "k", "decay"), [(200, 4, 2, 0.0), (300, 3, 1, 0.01), (400, 5, 3, 0.0)])
def test_losses_weights_and_every_sign_are_the_referees_for_20000_epochs(n: int, p: int, k: int, decay: float) -> None:
    X, y = hard_table(n, p, seed=n)
    task, W, epochs = task_of(X, y, k, 0.05, decay), start(p, k, n), 20_000
    assert (X @ W == 0).sum() > 20  # ties, of rows that are not zeros too
    loss, accuracy, weights, wrong, trusted = follow(Gram(task, W), task, W, epochs)
    assert loss <= 1e-11
    assert accuracy <= 1e-12
    assert weights <= 1e-11
    assert wrong == 0
    assert trusted > 0.8 * n * epochs  # far rows, in nearly all epochs


def test_the_autograd_loop_says_the_same() -> None:
    X, y = hard_table(150, 4, seed=1)
    task, W = task_of(X, y, 2, 0.1), start(4, 2, 1)
    found = []
    for worker in (Gram(task, W), Autograd(task, W)):
        history = np.empty((2, 3000))
        worker.advance(0, *history)
        found.append((*history, worker.get(), np.array(worker.measure(3000))))
    for mine, referee in zip(*found, strict=True):
        np.testing.assert_allclose(mine, referee, rtol=1e-11)


@pytest.mark.parametrize("cuts", [[1], [7, 100, 1], [3000]])
def test_where_calls_are_cut_changes_no_bit(cuts: list[int]) -> None:
    X, y = hard_table(200, 4, seed=2)
    task, W = task_of(X, y, 2, 0.1), start(4, 2, 2)
    whole, parts = np.empty((2, 2, 6000))
    Gram(task, W).advance(0, *whole)
    worker, done = Gram(task, W), 0
    while done < 6000:
        until = min(6000, done + cuts[done % len(cuts)])
        worker.advance(done, *parts[:, done:until])
        done = until
    np.testing.assert_array_equal(whole, parts)


def test_it_goes_on_from_its_anchor_with_the_same_bits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gram, "STRIDE", 1000)
    table, options = sn.titanic(), {"lr": 0.1, "device": "cpu", "path": "gram", "keep": 0}
    net, file = sn.two_relu(table), tmp_path / "run.npz"
    whole = sn.train(net, table, epochs=4000, **options)
    sn.train(net, table, epochs=2345, checkpoint=file, **options)
    resumed = sn.train(net, table, epochs=4000, checkpoint=file, **options)
    np.testing.assert_array_equal(resumed.losses, whole.losses)
    np.testing.assert_array_equal(resumed.accuracies, whole.accuracies)
    np.testing.assert_array_equal(resumed.params["W"], whole.params["W"])
    with np.load(file) as parts:
        assert parts["anchor_epoch"] == 3000
    sn.train(net, table, epochs=2345, checkpoint=(other := tmp_path / "other.npz"), **options)
    with np.load(other) as parts:
        forgotten = {name: parts[name] for name in parts.files if "anchor" not in name}
    np.savez(other, **forgotten)
    late = sn.train(net, table, epochs=4000, checkpoint=other, **options)
    assert (late.losses != whole.losses).any()  # without its anchor it is as near, but not to the bit
    np.testing.assert_allclose(late.losses, whole.losses, rtol=1e-12)


def digits_of_a_small_loss() -> float:
    """How far losses are from the referee's, relatively, on their way to 0."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(100, 2))
    y = np.maximum(X @ [1.0, -2.0], 0)
    task, W = task_of(X, y, 1, 0.4), np.array([[0.9], [-1.5]])
    losses = np.array([loss for _, _, loss, _ in by_hand(task, W, 130)])
    history = np.empty((2, 130))
    Gram(task, W).advance(0, *history)
    assert losses[-1] < 1e-18
    good = losses > 1e-18  # of less even the referee, whose weights are rounded, has few digits
    return float(np.abs(history[0] / losses - 1)[good].max())


def test_a_loss_that_goes_to_nothing_keeps_its_digits() -> None:
    assert digits_of_a_small_loss() <= 1e-6


def without_its_large_row() -> float:
    """How far the loss is from the referee's, relatively, after weights moved so that a large row no longer counts."""
    X, y = hard_table(64, 2, seed=4)
    X[0] = 1e8 / 7, 1.0
    task = task_of(X, y, 1, 0.0)
    worker, history = Gram(task, np.array([[0.013], [0.7]])), np.empty((2, 40))
    worker.advance(0, *history)
    worker.W[:] = -0.017, 0.9
    worker.D[:] = worker.W - worker.A
    worker.advance(40, *history)
    _, _, loss, _ = next(by_hand(task, worker.get(), 1))
    return float(np.abs(history[0] / loss - 1).max())


def test_a_large_row_that_goes_leaves_no_rounding_behind() -> None:
    assert without_its_large_row() <= 1e-14


@pytest.mark.parametrize("scale", [1e-160, 1e-100, 1e100])
def test_rows_and_weights_of_any_size_keep_their_signs(scale: float) -> None:
    X, y = hard_table(200, 3, seed=5)
    task, W = task_of(X * scale, y, 2, 0.05 / scale / scale if scale > 1e-120 else 0.05), start(3, 2, 5) / scale
    loss, _, weights, wrong, _ = follow(Gram(task, W), task, W, 300)
    assert max(loss, weights) <= 1e-11
    assert wrong == 0


def test_units_that_die_stay_as_they_are() -> None:
    X, y = hard_table(200, 3, seed=6)
    X[:, 2] = 1
    task, W = task_of(X, y, 2, 0.05), np.array([[0.0, 0.0], [0.0, 0.0], [-1.0, -0.25]])
    worker, history = Gram(task, W), np.empty((2, 3000))
    worker.advance(0, *history)
    np.testing.assert_array_equal(worker.get(), W)
    np.testing.assert_allclose(history[0], (y**2).mean(), rtol=1e-15)


@pytest.mark.parametrize("rate", [3.0, 100.0, 1e6])
def test_a_run_that_diverges_does_so_at_the_epoch_of_the_referee(rate: float) -> None:
    X, y = hard_table(200, 4, seed=7)
    task, W = task_of(X, y, 3, rate), np.abs(start(4, 3, 7)) + 1
    with np.errstate(all="ignore"):
        losses = np.array([loss for _, _, loss, _ in by_hand(task, W, 2000)])
    history = np.empty((2, 2000))
    Gram(task, W).advance(0, *history)
    np.testing.assert_array_equal(np.isfinite(history[0]), np.isfinite(losses))
    good = np.isfinite(losses) & (losses > 0)
    np.testing.assert_allclose(history[0][good], losses[good], rtol=1e-9)


# ---- planted faults


def few_epochs(epochs: int = 120) -> tuple[float, int]:
    X, y = hard_table(64, 2, seed=8)
    task, W = task_of(X, y, 2, 0.05), start(2, 2, 8)
    worker = Gram(task, W)
    loss, _, _, wrong, trusted = follow(worker, task, W, epochs)
    assert trusted > 10 * 64
    return loss, wrong


def test_a_bound_that_is_halved_is_noticed() -> None:
    X, y = hard_table(300, 4, seed=9)
    task, W = task_of(X, y, 2, 0.05), start(4, 2, 9)
    worker = Gram(task, W)
    worker.norms /= 2
    loss, _, _, wrong, _ = follow(worker, task, W, 2000)
    assert wrong > 0
    assert loss > 1e-11


def test_a_row_that_is_added_where_it_should_go_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    interpret(monkeypatch)
    assert max(few_epochs()) <= 1e-11
    right = gram_loops.count
    monkeypatch.setattr(gram_loops, "count", lambda *a: right(*a[:7], abs(a[7]), *a[8:]))
    assert few_epochs()[0] > 1e-11


def test_matrices_that_are_not_made_anew_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    interpret(monkeypatch)
    assert without_its_large_row() <= 1e-14
    monkeypatch.setattr(gram_loops, "SPAN", 1e30)
    assert without_its_large_row() > 1e-11
    monkeypatch.setattr(gram_loops, "SPAN", 16.0)
    assert digits_of_a_small_loss() <= 1e-6
    monkeypatch.setattr(gram_loops, "SPAN", 1e30)
    assert digits_of_a_small_loss() > 1e-6


# ---- as a path


def test_auto_takes_it_where_it_pays() -> None:
    X, y = hard_table(700, 10, seed=0)
    task = task_of(X, y, 2, 0.1)
    assert choose(task, 10**6) == "gram"
    assert choose(task, 10**5) == "fused"  # a third of a second, of which a compiler takes more
    assert choose(replace(task, dtype="float32"), 10**6) == "fused"
    assert choose(replace(task, batch=50), 10**6) == "fused"
    assert choose(task_of(X, y, 15, 0.1), 10**6) == "fused"  # under five rows to a weight
    assert choose(replace(task, model=create("linear", 10)), 10**6) == "fused"  # that is, of its factored rows
    many = task_of(np.zeros((10**6, 10)), np.zeros(10**6), 2, 0.1)
    assert choose(many, 1000) == "fused"  # too few epochs for the signs to settle
    assert choose(many, 10_000) == "gram"
    assert nets.choose(task, nets=100, epochs=10_000).name == "gram"
    assert nets.choose(task, nets=100, epochs=1000).name == "fused"
    assert nets.choose(task).name == "fused"


def test_a_sweep_of_many_nets_is_that_of_the_compiled_loops() -> None:
    X, y = hard_table(200, 4, seed=10)
    task, rng = task_of(X, y, 2, 0.0), np.random.default_rng(0)
    W = rng.uniform(-1, 1, (12, 2, 4))
    W[0] = -np.abs(W[0]) * [0, 0, 0, 1]  # dead from the first
    rates = np.array([0.01, 0.03, 1e3] * 4)
    found = []
    for path in ("fused", "gram"):
        way = nets.choose(task, path)
        block = nets.Block(W.copy(), rates, np.full(12, 1e-3), np.full(12, np.inf), np.full(12, -1))
        for first, epochs in ((0, 1), (1, 800), (801, 1199)):
            way.advance(block, first, epochs)
        end = way.measure(block)
        found.append((block.W, block.best, block.diverged, end.loss, end.accuracy, end.dead))
    for fused, mine in zip(*found, strict=True):
        np.testing.assert_allclose(mine, fused, rtol=1e-9)
    assert (found[0][2] >= 0).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dtype": "float32"}, "the gram path is for a CPU, float64 and all rows at once, not cpu, float32"),
        ({"batch": 10}, "the gram path is for a CPU, float64 and all rows at once, not mini-batches of 10"),
        ({"model": create("linear", 4)}, "the gram path is for sums of ReLUs; for linear say --path factored"),
    ],
)
def test_what_it_is_not_for_is_said(options: dict[str, object], words: str) -> None:
    X, y = hard_table(60, 4, seed=0)
    with pytest.raises(TrainingError, match=words):
        Gram(replace(task_of(X, y, 2, 0.1), **options), start(4, 2, 0))  # type: ignore[arg-type]


def test_its_epochs_allocate_nothing() -> None:
    X, y = hard_table(712, 10, seed=0)
    task = task_of(X, y, 2, 0.05)
    worker, history = Gram(task, start(10, 2, 0)), np.empty((2, 5000))
    worker.advance(0, *history[:, :100])
    tracemalloc.start()
    try:
        worker.advance(100, *history[:, 100:])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000  # the shares of right rows of passes, once for all of their epochs
