"""What lesson 6 stands on: the model with its three weights and its start (Points), and its descent at given rates."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.course.learning_rate.notes import MODEL
from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, constant, hstack, lift, mean, square, vstack, where
from sheetnet.page.book import Chart, Page

EPOCHS, TINY, LETTERS = 60, 1e-9, ("a", "b", "c")
WIGGLE = 0.001


class Runs(Lesson):
    """The model, and runs of it: what all sheets of the lesson stand on."""

    x: Node
    parts: list[Node]  # the columns of X
    X: Node
    y: Node
    W: Node
    wiggle: Node
    up: Node  # the losses with one weight wiggled up, (3, 1), and down
    down: Node
    mse: Node  # the loss at the start
    grad: Node  # its gradient, (3, 1)
    lowest: Node  # the lowest loss there is
    epochs: Node

    def loss(self, w: Node) -> Node:
        """The mean squared error, (1, 1), of the weights w as a row (1, 3)."""
        return mean(square(self.X @ w.T - self.y))

    def slope(self, w: Node) -> Node:
        """The gradient there as a row, (1, 3)."""
        return 2.0 * ((self.X @ w.T - self.y).T @ self.X) / 20.0

    def run(self, rates: Sequence[Node]) -> list[Node]:
        """The weights from the start on: a row (1, 3), and one more for each rate."""
        rows = [self.W.T]
        for rate in rates:
            rows.append(rows[-1] - rate * self.slope(rows[-1]))
        return rows

    def above(self, loss: Node) -> Node:
        """How far losses are above the lowest; at least a billionth, since a logarithmic axis has no zero."""
        return where(apply("greater", loss - self.lowest, lift(TINY)), loss - self.lowest, TINY)

    def letters(self, page: Page, top: int) -> None:
        for i, letter in enumerate(LETTERS):
            page.text(top + i, 0, letter, "label")

    def results(
        self, page: Page, prefix: str, top: int, col: int, table: Sequence[tuple[str, Node, str, str]], scale: Node | None = None
    ) -> None:  # fmt: skip
        """Numbers below each other, (id, node, title to the left, format) each."""
        for i, (id, node, title, format) in enumerate(table):
            page.place(
                f"{prefix}.{id}", node, top + i, col, "result", title=title, side=True, format=format, scale=scale
            )

    # ---- Points

    def _points(self) -> None:
        page = self.book.page(
            "Points",
            "Points: the model, its start, and the slopes there",
            "Prediction = X W, with three weights a, b, c. All runs of this workbook start here. The slopes are found twice:"
            " by wiggling, and by a formula.",
            freeze=(2, 0),
        )
        page.widths |= {0: 11.0, 9: 2.0}
        self.parts = [square(self.x), apply("same", self.x), 0.0 * self.x + 1.0]
        self.X = hstack(self.parts)
        pred = self.X @ self.W
        error = pred - self.y
        squared = square(error)
        self.mse, self.grad = mean(squared), 2.0 * (self.X.T @ error) / 20.0
        self.letters(page, 6)
        page.place("points.W", self.W, 6, 1, "input", title="Start W", name="W")
        self.wiggle = wiggle = self.cell(
            page, "points.wiggle", WIGGLE, 10, 1, "Wiggle", low=1e-9, high=10, name="wiggle"
        )
        units = [constant(tuple((float(i == j),) for i in range(3))) for j in range(3)]
        self.up = vstack([mean(square(self.X @ (self.W + wiggle * unit) - self.y)) for unit in units])
        self.down = vstack([mean(square(self.X @ (self.W - wiggle * unit) - self.y)) for unit in units])
        wiggled = (self.up - self.down) / (2.0 * wiggle)
        best = apply("inverse", self.X.T @ self.X) @ (self.X.T @ self.y)
        self.lowest = mean(square(self.X @ best - self.y))
        sides = {"up": (self.up, "Loss, + wiggle"), "down": (self.down, "Loss, - wiggle")}
        self.columns(page, "points", 6, 2, sides, format="small")
        slopes = {"wiggled": (wiggled, "Slope, wiggled"), "exact": (self.grad, "Slope, exact")}
        self.columns(page, "points", 6, 4, slopes, "backward", format="small", scale=self.up / wiggle)
        apart = {"apart": (apply("abs", wiggled - self.grad), "How far apart")}
        self.columns(page, "points", 6, 6, apart, "result", format="diff", scale=self.up / wiggle)
        page.place("points.best", best, 6, 7, "result", title="Best W")
        page.place(
            "points.mse", self.mse, 10, 4, "result", "cells", title="Loss at the start", side=True, format="loss"
        )
        page.place(
            "points.lowest",
            self.lowest,
            10,
            7,
            "result",
            title="Lowest loss",
            side=True,
            name="lowest_loss",
            format="loss",
        )
        page.place("points.x", self.x, 15, 0, "data", title="x")
        page.place("points.y", self.y, 15, 1, "data", title="y", name="y")
        page.place("points.X", self.X, 15, 2, "forward", title="X", name="X", labels=("x squared", "x", "1"))
        self.columns(
            page, "points", 15, 5, {"pred": (pred, "X W"), "error": (error, "Error"), "square": (squared, "Squared")}
        )
        self.columns(page, "points", 15, 8, {"best_pred": (self.X @ best, "X W, best")})
        lines = (
            self.line("the points", "points.x", "points.y", "dots"),
            self.line("start", "points.x", "points.pred"),
            self.line("lowest loss", "points.x", "points.best_pred", "line 2"),
        )
        alt = "Twenty points, the curve at the start, and the curve of the lowest loss."
        page.charts.append(Chart(3, 10, "From where to where", "x", "y", lines, alt, "0", 2, -2, -5, 20, width=520))
        page.text(22, 10, MODEL, "note", wide=6, tall=10)
        page.active = (6, 1)
