"""What lesson 6 stands on: the model with its three weights and its start (Points), and its descent at given rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.points import best_weights, noisy_points
from sheetnet.graph.node import Node, apply, constant, hstack, lift, mean, square, vstack, where
from sheetnet.motifs.least_squares import solution
from sheetnet.motifs.unroll import unroll
from sheetnet.motifs.wiggle import wiggled
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import plot
from sheetnet.page.shown import Said, Shown, forward, result

EPOCHS, START, TINY, WIGGLE, LETTERS = 60, 1.1, 1e-9, 0.001, ("a", "b", "c")
LONG = 0.215  # a rate close to the limit
MILLIONTH, DECADES = (
    1e-6,
    "[<0.00001]0.000000;[<0.0001]0.00000;General",
)  # where axes in powers of ten begin, and their numbers
APART = "The limit is the largest rate at which descent on this loss does not diverge. The finder's answer is a tenth of the rate at which its loss was lowest. It is smaller, for two reasons: a finder sees an explosion late, and a good rate keeps away from the limit."
WINDOW = {"y_format": "0", "x_max": 2, "x_min": -2, "y_min": -5, "y_max": 20}
MODEL = (
    "As in lesson 1: the prediction is a × x squared + b × x + c. The loss is the mean of the squared errors. Here X has a column for each weight, so X W is all twenty predictions at once.\n\n"
    "Even the best weights leave a loss, for the points are noisy. How far a run is above this lowest loss says how far it has come.\n\n"
    "For the curious: the exact slopes are 2 X' (X W - y) / 20, where X' is X turned on its side."
)


def tells(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether what the lesson says of the start is true of these points: the loss is about three times as steep in a as
    in c, c moves up at first though the best c lies below, and the longest good step of a goes past the best a."""
    best, X = best_weights(x, y), np.hstack([x**2, x, np.ones_like(x)])
    H, start = X.T @ X / 10, np.full(3, START)
    slope = H @ (start - best)
    after = H @ (start - LONG * slope - best)  # the slope after the first step
    loss = np.square(X @ start - y[:, 0]).mean()
    steep = slope[2] < 0 and 2.7 < slope[0] / slope[2] < 3.3
    return bool(steep and 0.1 < best[2] < START - 0.2 and best[0] < 4.0 and after[0] > 0 and 9 < loss < 15)


class Runs(Lesson):
    """The model, and runs of it."""

    def loss(self, w: Node) -> Node:
        """The mean squared error, (1, 1), of the weights w as a row (1, 3)."""
        return mean(square(self.X @ w.T - self.y))

    def slope(self, w: Node) -> Node:
        """The gradient there as a row, (1, 3)."""
        return 2.0 * ((self.X @ w.T - self.y).T @ self.X) / 20.0

    def run(self, rates: Sequence[Node]) -> list[Node]:
        """The weights from the start on: a row (1, 3), and one more for each rate."""
        rows, last = unroll([self.W.T], len(rates), lambda now, k: ([], [now[0] - rates[k] * self.slope(now[0])]))
        return [*rows[0], *last]

    def above(self, loss: Node) -> Node:
        """How far losses are above the lowest; at least a billionth, since a logarithmic axis has no zero."""
        return where(apply("greater", loss - self.lowest, lift(TINY)), loss - self.lowest, TINY)

    def _points(self) -> None:
        x, y = noisy_points(self.seed, tells)
        self.x = self.typed("x", x, "x", "data", format="weight")
        self.y = self.typed("y", y, "y", "data", format="weight", name="y")
        self.W = self.typed("W", [[START]] * 3, "Start W", name="W_start", format="weight")
        self.wiggle = self.typed("wiggle", WIGGLE, "Wiggle", low=1e-9, high=10, name="wiggle")
        self.epochs = self.typed("rates.epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        self.parts = [square(self.x), apply("same", self.x), 0.0 * self.x + 1.0]
        self.X = hstack(self.parts)
        pred, best = self.X @ self.W, solution(self.X, self.y)
        self.best = best
        error = pred - self.y
        squared = square(error)
        self.mse, self.grad = mean(squared), 2.0 * (self.X.T @ error) / 20.0
        self.lowest = mean(square(self.X @ best - self.y))
        moves = [self.wiggle * constant(tuple((float(i == j),) for i in range(3))) for j in range(3)]
        self.up = vstack([self.loss((self.W + move).T) for move in moves])
        self.down = vstack([self.loss((self.W - move).T) for move in moves])
        slopes = wiggled(self.up, self.down, self.grad, self.wiggle)
        steps: Said = {
            "X": Shown(self.X, "X", name="X", labels=("x squared", "x", "1")), "pred": (pred, "X W"),
            "error": (error, "Error"), "square": (squared, "Squared"), "best_pred": (self.X @ best, "X W, best"),
        }  # fmt: skip
        lines = ("the points", "x", "y", "dots"), ("start", "x", "pred"), ("lowest loss", "x", "best_pred", "line 2")
        self.page(
            "Points: where all runs start, and where they go",
            "The twenty points of lesson 1. All runs of this workbook start with the yellow weights, and go down to the best ones.", down(
            across(
                plot("From the start to the lowest loss", "x", "y", lines,
                     "Twenty points, the curve at the start, and the curve of the lowest loss.", width=520, height=240,
                     wide=5, **WINDOW),
                down(
                    Note(MODEL, 6),
                    beside(
                        facts("", result({"mse": (self.mse, "Loss at the start")}, style="cells"), span=2),
                        facts("", result({"lowest": (self.lowest, "Lowest loss")}, name="lowest_loss"), span=2),
                    ),
                ),
            ),
            table(self.cells(self.W), slopes, result({"best": (best, "Best W")}), names=LETTERS),
            facts("", self.cells(self.wiggle)),
            table(self.cells(self.x, self.y), forward(steps)),
        ))  # fmt: skip
