"""Loops written for the processor's vectors: every shape of net and table as numpy has it, by all registers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sheetnet.training.shapes import Shape, shape_of
from sheetnet.training.side_by_side import Loops
from sheetnet.training.tiles import tiled
from sheetnet.training.vectors import Registers, registers

KINDS = {"avx512": Registers(64, 8, 3, (4, 5)), "avx2": Registers(32, 4, 2, (2, 5)), "sse": Registers(16, 4, 2, (2, 5))}
CLOSE = {"float64": 1e-12, "float32": 1e-5}
EPOCHS, LR, DECAY = 6, 0.05, 0.01
CASES = [  # units, features, rows: in registers at once or not, in a loop or not, one tile and chunk or more
    (1, 1, 1), (1, 11, 12), (2, 10, 712), (3, 4, 50), (4, 16, 33), (5, 3, 200), (9, 17, 130), (13, 2, 1100),
    (2, 40, 90), (2, 6, 3001), (1, 5, 2048),
]  # fmt: skip


def rows(n: int, p: int) -> tuple[np.ndarray, np.ndarray]:
    """A table with rows of zeros, equal rows, and a constant."""
    rng = np.random.default_rng(n + p)
    X = rng.normal(size=(n, p)) / p**0.5
    X[::7], X[1::5], X[:, -1] = 0, X[n // 2], 0.3
    return X, (rng.random((n, 1)) < 0.4).astype(float)


def by_numpy(X: np.ndarray, y: np.ndarray, W: np.ndarray, relu: bool) -> tuple[np.ndarray, ...]:
    """W (k, p) after all epochs, the squared errors on the way; at the end squared error, right rows and dead units."""
    squares = []
    for epoch in range(EPOCHS + 1):
        lin = X @ W.T
        pred = (np.maximum(lin, 0) if relu else lin).sum(1, keepdims=True)
        squares.append(((pred - y) ** 2).sum())
        if epoch < EPOCHS:
            d = (pred - y) * (lin > 0 if relu else 1.0) * np.ones_like(lin)
            W = W - LR * (2 / len(y) * d.T @ X + DECAY * W)
    return W, np.array(squares[:-1]), squares[-1], ((pred > 0.5) == y).sum(), (lin <= 0).all(0)


def by_loops(shape: Shape, kind: Registers, X: np.ndarray, y: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, ...]:
    """As by_numpy of some nets W (nets, k, p)."""
    loops = Loops(shape, kind)
    table = tiled(X, y, np.dtype(shape.dtype), shape.tile)
    room = loops.room(*table)
    room.W[:], room.rates[:], room.decays[:] = W.reshape(len(W), -1), LR * 2 / len(y), LR * DECAY
    [(_, losses)] = loops.descend(room, EPOCHS)
    loops.measure(room)
    dead = room.tops.max(2) <= 0
    right = room.right - (table[1].size - len(y))
    return room.W.reshape(W.shape), losses.T, room.squared, right, dead


def far(found: tuple[np.ndarray, ...], X: np.ndarray, y: np.ndarray, W: np.ndarray, relu: bool) -> float:
    """The largest relative difference of weights, losses and sums; infinite where a count is wrong."""
    worst = 0.0
    for net, start in enumerate(W):
        end, losses, squared, right, dead = by_numpy(X, y, start, relu)
        for mine, exact in zip((one[net] for one in found), (end, losses, squared), strict=False):
            worst = max(worst, float(np.linalg.norm(mine - exact) / np.linalg.norm(exact)))
        if found[3][net] != right or (relu and (found[4][net] != dead).any()):
            return np.inf
    return worst


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dtype", "cases"), [("float64", CASES), ("float32", CASES[1:8:2])])
def test_all_shapes_are_as_numpy_has_them(kind: str, relu: bool, dtype: str, cases: list[tuple[int, int, int]]) -> None:
    for k, p, n in cases:
        if relu or k == 1:
            X, y = rows(n, p)
            shape = shape_of(n, p, k, relu, dtype, KINDS[kind])
            W = np.random.default_rng(k).uniform(-1, 1, (shape.nets, k, p)).astype(dtype).astype(float)
            W[0, 0] = -abs(W[0, 0])  # more often dead
            assert far(by_loops(shape, KINDS[kind], X, y, W), X, y, W, relu) < CLOSE[dtype], (k, p, n)


def test_a_wrong_loop_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = rows(50, 4)
    shape = shape_of(50, 4, 3, True, "float64")
    W = np.random.default_rng(0).uniform(-1, 1, (shape.nets, 3, 4))
    backward = Loops._backward
    monkeypatch.setattr(Loops, "_masked", lambda self, lin, error: error)  # as if no unit were ever below 0
    assert far(by_loops(shape, registers(), X, y, W), X, y, W, True) > 1e-3
    monkeypatch.undo()
    monkeypatch.setattr(Loops, "_backward", lambda self, *of: [backward(self, *of) for _ in "ab"])
    assert far(by_loops(shape, registers(), X, y, W), X, y, W, True) > 1e-3


def test_a_net_is_the_same_to_the_last_bit_whatever_is_beside_it() -> None:
    X, y = rows(333, 7)
    shape = shape_of(333, 7, 2, True, "float32")
    W = np.random.default_rng(0).uniform(-1, 1, (shape.nets, 2, 7))
    whole = by_loops(shape, registers(), X, y, W)
    other = W.copy()
    other[1:] = 0
    other[-1] = np.inf
    alone = by_loops(shape, registers(), X, y, np.roll(other, 1, axis=0))
    for all_of, mine in zip(whole[:4], alone[:4], strict=True):
        np.testing.assert_array_equal(all_of[0], mine[1])


def test_a_run_that_diverges_is_seen_to_diverge() -> None:
    X, y = rows(100, 5)
    shape = replace(shape_of(100, 5, 2, True, "float32"), nets=4)
    W = np.random.default_rng(0).uniform(-1, 1, (4, 2, 5))
    W[1], W[2, 0, 0] = 1e30, np.nan
    losses = by_loops(shape, registers(), X, y, W)[1]
    assert np.isfinite(losses[[0, 3]]).all()
    assert not np.isfinite(losses[1:3]).any()


def test_few_rows_of_zeros_fill_a_table_and_a_tile_stays_in_the_cache() -> None:
    for kind in KINDS.values():
        for n in (1, 11, 48, 712, 5000):
            for k, p in ((1, 5), (2, 10), (9, 30)):
                shape = shape_of(n, p, k, True, "float32", kind)
                padded = -(-n // shape.tile) * shape.tile
                assert padded - n < max(2 * kind.rows * kind.bytes // 4, n // 6)
                least = kind.bytes * kind.rows // 4
                assert shape.tile <= least or shape.tile * (p + shape.nets * k) * 4 <= 24 << 10
