"""The path below the floor, for sums of ReLUs on a CPU in float64: exact epochs that go through a few rows only.

As long as no row crosses a corner (x . w_u = 0), the squared error is a quadratic of the weights. A row is far while
none of its signs, of x . w_u and of pred - 0.5, can change, and near otherwise. With A the weights when all was last
made from the rows, D = W - A, S_i the units above 0 for row i, and error_i the sum of x_i . A_u over S_i less y_i, the
far rows come to

    squared = sum of error_i^2 + 2 g . D + D' H D    g_u  = sum of error_i x_i over the rows that u is above 0 for
    half its gradient = g + H D                      H_uv = sum of x_i x_i' over the rows that u and v are above 0 for

and the near ones are calculated as on every path: an epoch costs (k p)^2 and a few rows instead of n k p. The errors
are those at A and not at 0, so that a small loss and a small gradient keep their digits.

Who is near: x . w_u changes by |x| |w_u - r_u| at most when weights move from r to w. Rows are sorted at R = W, those
with |x . r_u| < |x| radius or |pred - 0.5| < k |x| radius are near, and that holds while no unit is farther than radius
from R; then they are sorted anew. What rounding can do, (terms) * (unit in the last place) * |x| |w|, is taken off each
distance, so that a far row has its sign in every order of summation. The radius is doubled or halved until near rows
and sorting cost the same. A row that becomes near, or far with other signs, is taken from or added to g, H and the sum
of squares: nothing is approximated.

Rounding cannot grow: all is made anew from the rows after as many of these changes as there are rows, where the squares
of a unit's rows fell to a 16th of their most, where the loss fell to a 16th of that at A, and every STRIDE epochs. So
the bound of each sum, (terms) * (unit in the last place) * (most it came to), is at most 2 * 16 times that of a fresh
one; in fact weights end within 1e-14 of the referee's.

While rows cross by the dozen, as in the first epochs of most runs, passes over all rows (fused.py) are faster, and
taken. Weight decay changes nothing in this, and momentum would not.
"""

from __future__ import annotations

import numpy as np

from sheetnet.errors import TrainingError
from sheetnet.training import gram_loops as loops
from sheetnet.training.fused import Fused
from sheetnet.training.task import Task
from sheetnet.training.tiles import aligned
from sheetnet.training.written import rectified

STRIDE = 16_384  # epochs from anchor to anchor: there all that is remembered is made anew from the weights
FIRST, LAST = 32, 4096  # epochs of passes over all rows before the next trial: doubled when it came too early
LONG = 1024  # epochs after which a trial was worth its while
TILES = 32, 128  # near rows side by side, of a small table and of one with over LARGE rows
LARGE = 4096


class Gram:
    """One net of ReLUs on the CPU in float64: as many epochs as can be from Gram matrices, the others by passes."""

    def __init__(self, task: Task, W: np.ndarray, beside: Gram | None = None) -> None:
        """beside: a net on the same rows that the same thread trains, to share what is no net's own."""
        if not rectified(task.model, "gram"):
            raise TrainingError(f"the gram path is for sums of ReLUs; for {task.model.name} say --path factored")
        if task.device.type != "cpu" or task.dtype != "float64" or task.batch:
            found = f"mini-batches of {task.batch}" if task.batch else f"{task.device}, {task.dtype}"
            raise TrainingError(f"the gram path is for a CPU, float64 and all rows at once, not {found}")
        self.task = task
        self.passes: Fused = beside.passes if beside else Fused(task, W)
        self.X, self.y, n = self.passes.X, self.passes.y, len(task.y)
        self.W = np.array(W.T, dtype=float, order="C")
        (tiles, p, T), k, real = self.X.shape, len(self.W), np.dtype(float)
        self.norms: np.ndarray = beside.norms if beside else lengths(self.X)
        self.A, self.D, self.R, self.g, self.G = (np.zeros((k, p)) for _ in "ADRgG")
        self.flat = self.D.reshape(-1), self.g.reshape(-1), self.G.reshape(-1)  # the same memory
        self.H, self.mass, self.peak, self.far = np.zeros((k * p, k * p)), np.zeros(k), np.zeros(k), np.zeros(2)
        self.near, self.above = np.ones((tiles, T), bool), np.zeros((tiles, k + 1, T), bool)
        self.state, self.ball = np.zeros(5, np.int64), np.zeros(1)
        few = TILES[n > LARGE]
        most = -(-n // (2 * few))  # with more rows near, passes over all are faster
        self.tiles = aligned((most, p, few), real), aligned((most, few), real)
        self.scratch: tuple[np.ndarray, ...] = beside.scratch if beside else (
            np.zeros((k + 1, T), bool), *(aligned((T,), real) for _ in range(3)), np.zeros(T, bool), np.zeros(p),
            aligned((k, few), real), aligned((few,), real),
        )  # fmt: skip
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

    def replay(self, epoch: int, W: np.ndarray, until: int) -> None:
        """Go from an anchor to a later epoch, as it was gone before."""
        self.W[:], self.anchor = W.T, None
        self.advance(epoch, *np.empty((2, until - epoch)))

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy on all rows."""
        self.passes.W[:] = self.W
        return self.passes.measure(epoch)

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""
        return self.W.T.copy()

    def _some(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> int:
        """How many of these epochs were made, by passes or from the matrices."""
        task = self.task
        if self.left:
            many = min(self.left, len(losses))
            self.passes.W[:], self.passes.task = self.W, task
            self.passes.advance(epoch, losses[:many], accuracies[:many])
            self.W[:] = self.passes.W
            self.left -= many
            return many
        if not self.trusted:
            self._renew()
        many, why = loops.descend(
            self.X, self.y, len(task.y), self.norms, self.W, self.A, self.R, self.g, self.G, self.H, *self.flat,
            self.near, self.above, self.mass, self.peak, self.far, self.state, self.ball, *self.tiles, *self.scratch,
            2.0 / task.rows, task.lr, task.weight_decay, losses, accuracies,
        )  # fmt: skip
        accuracies[:many] /= task.rows
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
    """|x| of each row of tiles X (tiles, p, T), never too small; what would underflow as a square keeps its digits."""
    largest = np.abs(X).max(1)
    safe = np.where(largest > 0, largest, 1.0)
    found = safe * np.sqrt(np.square(X / safe[:, None]).sum(1)) * (1 + 1e-12)
    return np.ascontiguousarray(np.where(largest > 0, found, 0.0))
