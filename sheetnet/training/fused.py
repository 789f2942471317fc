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
import torch
from numba import prange

from sheetnet.errors import TrainingError
from sheetnet.training.compiling import alone, shared
from sheetnet.training.devices import HALF
from sheetnet.training.task import Task, shuffled
from sheetnet.training.written import rectified

ALIGN = 64  # bytes: a whole vector register, so that no load straddles two cache lines
GROUPS = 64  # spans of one large table, summed apart and then in order: the same numbers on any number of threads


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros that begin at a multiple of 64 bytes."""
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + ALIGN, np.uint8)
    first = -raw.ctypes.data % ALIGN
    return raw[first : first + size].view(dtype).reshape(shape)


def tile_rows(n: int, p: int) -> int:
    """How many rows a tile has: all of a small table, else what fits beside the buffers into a first cache."""
    lanes = ALIGN // 4
    fits = max(lanes * 4, min(1024, 12_288 // p // lanes * lanes))
    tiles = -(-n // fits)
    return -(-n // (tiles * lanes)) * lanes


def tiled(X: np.ndarray, y: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """X (n, p) and y (n, 1) as tiles: (n_tiles, p, T) and (n_tiles, T)."""
    n, p = X.shape
    T = tile_rows(n, p)
    tiles = -(-n // T)
    Xt, yt = aligned((tiles, p, T), dtype), aligned((tiles, T), dtype)
    for t in range(tiles):
        part = slice(t * T, min(n, (t + 1) * T))
        m = part.stop - part.start
        Xt[t, :, :m], yt[t, :m] = X[part].T, y[part, 0]
    return Xt, yt


def scratch(k: int, p: int, T: int, dtype: np.dtype, many: int = 1) -> tuple[np.ndarray, ...]:
    """Buffers for as many workers: lin (many, k, T), error (many, T), G (many, k, p) in float64, w (many, k, p)."""
    rows = -(-k * p // ALIGN) * ALIGN  # workers do not write to each other's cache lines
    G, w = aligned((many, rows), np.dtype(float)), aligned((many, rows), dtype)
    return aligned((many, k, T), dtype), aligned((many, T), dtype), G, w


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
        squared, right = sums(X, y, W, 0, X.shape[0], relu, True, lin, error, G)
        losses[e], rights[e] = squared / rows, right
        update(W, G, rows, lr, decay)


@shared
def sums_in_groups(X, y, W, relu, step, bounds, found, lin, error, G):  # type: ignore[no-untyped-def]
    """As sums, of a large table: groups of tiles beside each other, each into its own row of found and G."""
    k, p = W.shape
    for g in prange(bounds.size - 1):
        mine = G[g, : k * p].reshape((k, p))
        mine[:] = 0.0
        squared, right = sums(X, y, W, bounds[g], bounds[g + 1], relu, step, lin[g], error[g], mine)
        found[g, 0], found[g, 1] = squared, right


@alone
def descend_batches(X, y, W, counts, per, lr, decay, relu, lin, error, G):  # type: ignore[no-untyped-def]
    """One epoch of mini-batches, each `per` tiles long with counts[b] rows."""
    for b in range(counts.size):
        sums(X, y, W, b * per, (b + 1) * per, relu, True, lin, error, G)
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


@shared
def descend_nets(X, y, W, rows, lr, decay, relu, epochs, first, best, diverged, lin, error, G, w):  # type: ignore[no-untyped-def]
    """Epochs of descent of many nets W (N, k, p), each on one thread from first to last epoch, in place.

    best (N,): the least finite loss so far; diverged (N,): the first epoch without a finite loss, or -1.
    """
    N, k, p = W.shape
    workers = lin.shape[0]
    for worker in prange(workers):
        mine, own = G[worker, : k * p].reshape((k, p)), w[worker, : k * p].reshape((k, p))
        for net in range(worker, N, workers):
            own[:] = W[net]
            for e in range(epochs):
                squared, _ = sums(X, y, own, 0, X.shape[0], relu, True, lin[worker], error[worker], mine)
                loss = squared / rows
                if np.isfinite(loss):
                    best[net] = min(best[net], loss)
                elif diverged[net] < 0:
                    diverged[net] = first + e
                update(own, mine, rows, lr[net], decay[net])
            W[net] = own


@shared
def measure_nets(X, y, W, rows, relu, final, rights, dead, lin, error, G):  # type: ignore[no-untyped-def]
    """Loss, number of right rows and number of dead units (never above 0) of many nets W (N, k, p)."""
    N, k, p = W.shape
    workers = lin.shape[0]
    for worker in prange(workers):
        mine = G[worker, : k * p].reshape((k, p))
        for net in range(worker, N, workers):
            alive = 0
            for j in range(k):
                for t in range(X.shape[0]):
                    sums(X, y, W[net, j : j + 1], t, t + 1, relu, False, lin[worker], error[worker], mine)
                    if lin[worker, 0].max() > 0 or not relu:
                        alive += 1
                        break
            squared, right = sums(X, y, W[net], 0, X.shape[0], relu, False, lin[worker], error[worker], mine)
            final[net], rights[net], dead[net] = squared / rows, right, k - alive


def threads() -> int:
    """How many threads the compiled loops use: as many as torch does."""
    return max(1, min(torch.get_num_threads(), int(numba.config.NUMBA_NUM_THREADS)))  # type: ignore[attr-defined]


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
        lin, error, G, _ = self.buffers
        self.one = lin[0], error[0], G[0, : self.W.size].reshape(self.W.shape)
        if self.groups > 1:
            self.bounds = np.linspace(0, self.tiles, self.groups + 1).astype(np.int64)
            self.found = np.empty((self.groups, 2))
            numba.set_num_threads(threads())
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
        G = self.one[2].T.copy()
        self.one[2][:] = 0.0
        return loss * self.task.rows, share * self.task.rows, G

    def _sums(self, step: bool) -> tuple[float, float]:
        if self.groups > 1:
            lin, error, G, _ = self.buffers
            sums_in_groups(self.X, self.y, self.W, self.relu, step, self.bounds, self.found, lin, error, G)
            squared, right = self.found.sum(0)
            G[0] = G.sum(0)
        else:
            squared, right = sums(self.X, self.y, self.W, 0, self.tiles, self.relu, step, *self.one)
        return squared / self.task.rows, (right - self.padding) / self.task.rows
