"""The path below the floor, for sums of ReLUs on a CPU in float64: exact epochs that do not go through the rows.

As long as no row crosses a corner (x . w_u = 0), the squared error is a quadratic of the weights. With A the weights
when all was last made from the rows, D = W - A, S_i the units above 0 for row i, and error_i the sum of x_i . A_u over
S_i, less y_i:

    squared = sum error_i^2 + 2 g . D + D' H D      g_u  = sum of error_i x_i over the rows that u is above 0 for
    half its gradient = g + H D                     H_uv = sum of x_i x_i' over the rows that u and v are above 0 for

so that an epoch costs (k p)^2 and not n k p. The errors are those at A and not at 0, so that a small loss and a small
gradient keep their digits.
"""

from __future__ import annotations

import numpy as np

from sheetnet.errors import TrainingError
from sheetnet.training import gram_loops as loops
from sheetnet.training.fused import Fused, aligned
from sheetnet.training.task import Task
from sheetnet.training.written import rectified

STRIDE = 16_384  # epochs from anchor to anchor: there all that is remembered is made anew from the weights
FIRST, LAST = 32, 4096  # epochs of passes over all rows before the next trial: doubled when it came too early
LONG = 1024  # epochs after which a trial was worth its while
TILE = 32  # near rows side by side


class Gram:
    """One net of ReLUs on the CPU in float64: as many epochs as can be from Gram matrices, the others by passes."""

    def __init__(self, task: Task, W: np.ndarray) -> None:
        if task.device.type != "cpu" or task.dtype != "float64" or task.batch:
            found = f"mini-batches of {task.batch}" if task.batch else f"{task.device}, {task.dtype}"
            raise TrainingError(f"the gram path is for a CPU, float64 and all rows at once, not {found}")
        if not rectified(task.model, "gram"):
            raise TrainingError(f"the gram path is for sums of ReLUs; for {task.model.name} say --path factored")
        self.task, self.passes = task, Fused(task, W)
        self.W = np.ascontiguousarray(W.T, dtype=float)
        self.X, self.y = np.ascontiguousarray(task.X, dtype=float), np.ascontiguousarray(task.y[:, 0], dtype=float)
        self.norms = lengths(self.X)
        (k, p), n = self.W.shape, len(self.y)
        self.A, self.D, self.R, self.g, self.G = (np.zeros((k, p)) for _ in "ADRgG")
        self.flat = self.D.reshape(-1), self.g.reshape(-1), self.G.reshape(-1)  # the same memory
        self.H, self.above, self.near = np.zeros((k * p, k * p)), np.zeros((n, k + 1), bool), np.ones(n, bool)
        self.now = np.zeros(k + 1, bool)
        self.mass, self.peak, self.far = np.zeros(k), np.zeros(k), np.zeros(2)
        self.state, self.ball = np.zeros(5, np.int64), np.zeros(1)
        tiles = -(-n // (2 * TILE))
        self.Xn, self.yn = aligned((tiles, p, TILE), np.dtype(float)), aligned((tiles, TILE), np.dtype(float))
        self.lin, self.error = aligned((k, TILE), np.dtype(float)), aligned((TILE,), np.dtype(float))
        self.anchor: tuple[int, np.ndarray] | None = None
        self.trusted, self.wait, self.left = False, FIRST, 0

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """An epoch for each entry: its loss and accuracy, then a step. Where calls are cut changes no bit."""
        done = 0
        while done < len(losses):
            now = epoch + done
            if self.anchor is None or (now % STRIDE == 0 and self.anchor[0] != now):
                self.anchor = now, self.get()
                self.trusted, self.wait, self.left = False, FIRST, 0
                self.ball[0] = 1e-3 * np.abs(self.W).max()
            part = slice(done, min(len(losses), done + STRIDE - now % STRIDE))
            done += self._some(now, losses[part], accuracies[part])

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy on all rows."""
        self.passes.W[:] = self.W
        return self.passes.measure(epoch)

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""
        return self.W.T.copy()

    def _some(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> int:
        """How many of these epochs were made, by passes or from the matrices."""
        if self.left:
            many = min(self.left, len(losses))
            self.passes.W[:] = self.W
            self.passes.advance(epoch, losses[:many], accuracies[:many])
            self.W[:] = self.passes.W
            self.left -= many
            return many
        if not self.trusted:
            self._renew()
        settings = 2.0 / self.task.rows, self.task.lr, self.task.weight_decay
        many, why = loops.descend(
            self.X, self.y, self.norms, self.W, self.A, self.R, self.g, self.G, self.H,
            *self.flat, self.near, self.above, self.now, self.mass, self.peak, self.far, self.state, self.ball, self.Xn, self.yn, self.lin, self.error,
            *settings, losses, accuracies,
        )  # fmt: skip
        accuracies[:many] /= self.task.rows
        if why != loops.DONE:
            self.trusted, age = False, self.state[2]
            if why == loops.LEAVE or age < FIRST:
                self.wait = FIRST if age >= LONG else min(2 * self.wait, LAST)
                self.left = self.wait
        return int(many)

    def _renew(self) -> None:
        """Nothing counts any more, and A = W: the next sort makes all anew from the rows."""
        self.A[:], self.trusted = self.W, True
        for a in (self.D, self.g, self.H, self.mass, self.peak, self.far, self.state):
            a[:] = 0
        self.near[:], self.state[0] = True, -1


def lengths(X: np.ndarray) -> np.ndarray:
    """|x| of each row (n,), never too small; what would underflow as a square keeps its digits."""
    largest = np.abs(X).max(1)
    safe = np.where(largest > 0, largest, 1.0)
    return np.asarray(safe * np.sqrt(np.square(X / safe[:, None]).sum(1)) * (1 + 1e-12)) * (largest > 0)
