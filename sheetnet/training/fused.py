"""The fast path on a CPU: loss, gradient and update of many epochs in one compiled loop (numba), nothing allocated.

The table lies in tiles, (n_tiles, p, T): T rows of each feature side by side, so that the loops over rows are the
processor's vector instructions and a tile stays in its first cache. Rows of zeros fill the last tile; they predict 0
for a target of 0 and add nothing.

Sums within a tile are in the dtype of the table, over tiles and in the update in float64. Only reorderings of sums are
allowed to the compiler, not assumptions about inf and nan: a run that diverges is seen to diverge.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import boolean, int64, prange  # constants would have sums compiled once more, for their sake

from sheetnet.errors import TrainingError
from sheetnet.training.compiling import alone, shared
from sheetnet.training.devices import HALF
from sheetnet.training.task import Task, shuffled
from sheetnet.training.threads import threads
from sheetnet.training.tiles import ALIGN, aligned, tiled
from sheetnet.training.written import rectified

GROUPS = 64  # spans of one large table, summed apart and then in order: the same numbers on any number of threads


def scratch(k: int, p: int, T: int, dtype: np.dtype, many: int = 1) -> tuple[np.ndarray, ...]:
    """Buffers for as many groups: lin (many, k, T), error (many, T), G (many, k, p or more) in float64."""
    line = ALIGN // 8  # threads do not write to each other's cache lines
    G = aligned((many, k, -(-p // line) * line), np.dtype(float))
    return aligned((many, k, T), dtype), aligned((many, T), dtype), G


@alone
def sums(X, y, W, first, last, relu, step, lin, error, G):  # type: ignore[no-untyped-def]
    """Squared error and number of right rows of the tiles first to last; adds X' d to G (k, p) where step is set.

    lin = X W, pred = sum of relu(lin) or lin, error = pred - y, d = error * (lin > 0).
    """
    k, p = W.shape
    T, zero, half, one = X.shape[2], X.dtype.type(0), X.dtype.type(0.5), X.dtype.type(1)
    fours = p - p % 4
    squared, right = 0.0, 0.0
    for t in range(first, last):
        for i in range(T):
            error[i] = zero
        for j in range(k):
            for i in range(T):
                lin[j, i] = zero
            for f in range(0, fours, 4):
                a, b, c, d = W[j, f], W[j, f + 1], W[j, f + 2], W[j, f + 3]
                for i in range(T):
                    lin[j, i] += (a * X[t, f, i] + b * X[t, f + 1, i]) + (c * X[t, f + 2, i] + d * X[t, f + 3, i])
            for f in range(fours, p):
                a = W[j, f]
                for i in range(T):
                    lin[j, i] += a * X[t, f, i]
            if relu:
                for i in range(T):  # written so that a nan stays one
                    error[i] += zero if lin[j, i] <= zero else lin[j, i]
            else:
                for i in range(T):
                    error[i] += lin[j, i]
        hits = zero
        for i in range(T):
            hits += one if (one if error[i] > half else zero) == y[t, i] else zero
        square = zero
        for i in range(T):
            error[i] -= y[t, i]
            square += error[i] * error[i]
        squared += square
        right += hits
        if not step:
            continue
        for j in range(k):
            if relu:
                for i in range(T):
                    lin[j, i] = zero if lin[j, i] <= zero else error[i]
            else:
                for i in range(T):
                    lin[j, i] = error[i]
            for f in range(0, fours, 4):
                g, h, r, s = zero, zero, zero, zero
                for i in range(T):
                    e = lin[j, i]
                    g += e * X[t, f, i]
                    h += e * X[t, f + 1, i]
                    r += e * X[t, f + 2, i]
                    s += e * X[t, f + 3, i]
                G[j, f] += g
                G[j, f + 1] += h
                G[j, f + 2] += r
                G[j, f + 3] += s
            for f in range(fours, p):
                g = zero
                for i in range(T):
                    g += lin[j, i] * X[t, f, i]
                G[j, f] += g
    return squared, right


@alone
def update(W, G, rows, lr, decay):  # type: ignore[no-untyped-def]
    """W - lr * (2 / rows * G + decay * W), in place; G is cleared."""
    k, p = W.shape
    for j in range(k):
        for f in range(p):
            W[j, f] -= lr * (2.0 / rows * G[j, f] + decay * W[j, f])
            G[j, f] = 0.0


@alone
def descend(X, y, W, rows, lr, decay, relu, losses, rights, lin, error, G):  # type: ignore[no-untyped-def]
    """Epochs of full-batch descent in place; losses[e] and rights[e] belong to the weights before step e."""
    for e in range(losses.size):
        squared, right = sums(X, y, W, int64(0), X.shape[0], relu, boolean(1), lin, error, G)
        losses[e], rights[e] = squared / rows, right
        update(W, G, rows, lr, decay)


@shared
def sums_in_groups(X, y, W, relu, step, bounds, found, lin, error, G):  # type: ignore[no-untyped-def]
    """As sums, of a large table: groups of tiles beside each other, each into its own row of found and G."""
    k, p = W.shape
    for g in prange(bounds.size - 1):
        for j in range(k):
            for f in range(p):
                G[g, j, f] = 0.0
        squared, right = sums(X, y, W, bounds[g], bounds[g + 1], relu, step, lin[g], error[g], G[g])
        found[g, 0], found[g, 1] = squared, right


@alone
def descend_batches(X, y, W, counts, per, lr, decay, relu, lin, error, G):  # type: ignore[no-untyped-def]
    """One epoch of mini-batches, each `per` tiles long with counts[b] rows."""
    for b in range(counts.size):
        sums(X, y, W, b * per, (b + 1) * per, relu, boolean(1), lin, error, G)
        update(W, G, counts[b], lr, decay)


@alone
def gather(X, y, order, Xb, yb, batch, per):  # type: ignore[no-untyped-def]
    """Rows of X (n, p) in that order, into tiles: each batch begins a new one and takes `per` of them."""
    T = Xb.shape[2]
    for f in range(X.shape[1]):
        for i in range(order.size):
            b, at = i // batch, i % batch
            Xb[b * per + at // T, f, at % T] = X[order[i], f]
    for i in range(order.size):
        b, at = i // batch, i % batch
        yb[b * per + at // T, at % T] = y[order[i], 0]


class Fused:
    """One net on the CPU: epochs in a compiled loop, on one thread for a small table and on all for a large one."""

    def __init__(self, task: Task, W: np.ndarray) -> None:
        if task.device.type != "cpu" or task.dtype in HALF:
            raise TrainingError(f"the fused path is for a CPU in float64 or float32, not {task.device}, {task.dtype}")
        self.task, self.dtype, self.relu = task, np.dtype(task.dtype), rectified(task.model, "fused")
        self.X, self.y = tiled(task.X, task.y, self.dtype)
        self.tiles, p, T = self.X.shape
        self.padding = self.tiles * T - len(task.y)
        self.W = np.array(W.T, dtype=self.dtype, order="C")  # a copy, of one unit too
        self.groups = min(GROUPS, self.tiles // 8) if task.batch is None else 1
        self.buffers = scratch(task.model.n_hidden, p, T, self.dtype, max(1, self.groups))
        lin, error, G = self.buffers
        self.one = lin[0], error[0], G[0]
        if self.groups > 1:
            self.bounds = np.linspace(0, self.tiles, self.groups + 1).astype(np.int64)
            self.found = np.empty((self.groups, 2))
            numba.set_num_threads(min(threads(), int(numba.config.NUMBA_NUM_THREADS)))  # type: ignore[attr-defined]
        if task.batch:
            self.rows = np.ascontiguousarray(task.X, dtype=self.dtype), np.ascontiguousarray(task.y, dtype=self.dtype)
            counts = np.diff([*range(0, len(task.y), task.batch), len(task.y)])
            self.counts, self.per = counts.astype(float), -(-task.batch // T)
            shape = (len(counts) * self.per, p, T)
            self.batches = aligned(shape, self.dtype), aligned((shape[0], T), self.dtype)

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """An epoch for each entry: losses and accuracies on all rows, then a step, or one for each mini-batch."""
        task = self.task
        if task.batch is None and self.groups <= 1:
            settings = float(task.rows), task.lr, task.weight_decay, self.relu
            descend(self.X, self.y, self.W, *settings, losses, accuracies, *self.one)
            accuracies[:] = (accuracies - self.padding) / task.rows
            return
        for i in range(len(losses)):
            losses[i], accuracies[i] = self._sums(step=task.batch is None)
            if task.batch:
                order = shuffled(task.seed, epoch + i, len(task.y))
                gather(*self.rows, order, *self.batches, task.batch, self.per)
                rates = task.lr, task.weight_decay
                descend_batches(*self.batches, self.W, self.counts, self.per, *rates, self.relu, *self.one)
            else:
                update(self.W, self.one[2], float(task.rows), task.lr, task.weight_decay)

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy on all rows."""
        return self._sums(step=False)

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""
        return self.W.T.astype(float)

    def totals(self, W: np.ndarray, step: bool) -> tuple[float, float, np.ndarray]:
        """Squared error, number of right rows and, for a step, X' d (p, k) of this table at W (p, k)."""
        self.W[:] = W.T
        loss, share = self._sums(step)
        G = self.one[2].T[: self.W.shape[1]].copy()
        self.one[2][:] = 0.0
        return loss * self.task.rows, share * self.task.rows, G

    def _sums(self, step: bool) -> tuple[float, float]:
        if self.groups > 1:
            lin, error, G = self.buffers
            sums_in_groups(self.X, self.y, self.W, self.relu, step, self.bounds, self.found, lin, error, G)
            squared, right = self.found.sum(0)
            G[0] = G.sum(0)
        else:
            squared, right = sums(self.X, self.y, self.W, 0, self.tiles, self.relu, step, *self.one)
        return squared / self.task.rows, (right - self.padding) / self.task.rows
