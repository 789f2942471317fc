"""Batches and Gradients: a few rows at a time, and the slopes that each of them sees."""

from __future__ import annotations

from dataclasses import replace

from sheetnet.course.lesson import Lesson
from sheetnet.course.optimisers import stories
from sheetnet.course.optimisers.own import SIZE, START, rows_for
from sheetnet.course.optimisers.unrolled import LABELS, Batch, Run
from sheetnet.course.points import best_weights
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, constant, hstack, mean, ones, row, square, sum_columns, variable, vstack
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.wiggle import wiggled
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, Pile, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import backward, forward, result, update

ROWS, N_BATCHES, WIGGLE = 20, 5, 0.001
UNITS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
ABOUT_BATCHES = "Choose a batch: its four points light up. The blue curve is the start after one step on these four points alone. The next batch pulls elsewhere."
ABOUT_GRADIENTS = "The gradient at the start weights, as each batch sees it. No batch is quite right, but their mean is the gradient of all rows."


class Batches(Lesson):
    """The rows in batches of four; W is a row of three weights."""

    runs: dict[str, Run]

    def loss(self, W: Node, batch: Batch) -> Node:
        """Mean squared error of X W' over the rows of a batch, (1, 1)."""
        X, y, *counting = batch
        squares = square(W @ X.T - y.T)
        if counting:
            return apply("sum", counting[0] * squares) / float(SIZE)
        return squares if squares.shape == (1, 1) else mean(squares)

    def slopes(self, W: Node, batch: Batch) -> Node:
        """The gradient of times x loss, (1, 3)."""
        w = variable("W", (1, 3))
        return substitute(gradient(self.times * self.loss(w, batch), [w]), {w: W})[0]

    # ---- Batches

    def rows_in_batches(self) -> None:
        """The inputs, and the rows one by one and in batches, in the order that was typed."""
        self.W_start = self.typed("W_start", [[START] * 3], "at the start", name="W_start", format="weight")
        self.times = self.typed("times", 1.0, "Loss multiplied by", low=0, high=1e6, name="times")
        title = "Batch to look at"
        self.which = self.typed("which", 1, title, low=1, high=N_BATCHES, whole=True, name="batch")
        self.one_lr = self.typed("lr", 0.05, "Learning rate of this step", low=0, name="lr_one")
        x, y, order = rows_for(type(self), self.seed)
        self.best_known = best_weights(x, y)
        self.x = self.typed("x", x, "x", "data", format="weight")
        self.y = self.typed("y", y, "y", "data", name="y", format="weight")
        self.X = hstack([square(self.x), apply("same", self.x), ones(ROWS, 1)])
        words = "order: a whole number from 1 to 20 is expected, the number of a row"
        self.order = self.typed("order", order, "order", low=1, high=ROWS, whole=True, message=words, name="order")
        places = [row(self.order, i + 1) for i in range(ROWS)]
        self.singles: list[Batch] = [(row(self.X, at), row(self.y, at)) for at in places]
        cut = [self.singles[i : i + SIZE] for i in range(0, ROWS, SIZE)]
        self.batches: list[Batch] = [(vstack([X for X, _ in some]), vstack([y for _, y in some])) for some in cut]
        self.parts = vstack([self.slopes(self.W_start, batch) for batch in self.batches])
        self.whole = self.slopes(self.W_start, (self.X, self.y))
        self.grads = vstack([self.parts, self.whole])

    def batches_page(self) -> None:
        self.rows_in_batches()
        named = {
            f"{id}_{k + 1}": node for k, batch in enumerate(self.batches) for id, node in zip("Xy", batch, strict=True)
        }
        piles = [
            {
                id: replace(one, name=id)
                for id, one in forward({id: (named[id],) for id in named if id[0] == letter}).items()
            }
            for letter in "Xy"
        ]
        chosen = [row(self.order, SIZE * (self.which - 1.0) + (i + 1.0)) for i in range(SIZE)]
        picked = {
            "picked.x": (vstack([row(self.x, at) for at in chosen]), "x of the batch"),
            "picked.y": (vstack([row(self.y, at) for at in chosen]), "y of the batch"),
        }
        after = {
            "batch": ("this batch", self.W_start - self.one_lr * row(self.grads, self.which)),
            "all": ("all rows", self.W_start - self.one_lr * self.whole),
        }
        curves = {"curve.start": (self.X @ self.W_start.T, "start")}
        curves |= {
            f"curve.{key}": (self.X @ W.T, f"step on {key.replace('batch', 'the batch')}")
            for key, (_, W) in after.items()
        }
        lines = (
            ("all points", "x", "y", "dots"),
            ("the batch", "picked.x", "picked.y", "mark"),
            ("the curve at the start", "x", "curve.start", "line 8"),
            ("after a step on this batch", "x", "curve.batch"),
            ("after a step on all rows", "x", "curve.all", "line 2"),
        )
        steps = update({f"after.{key}": (W, f"after {who}") for key, (who, W) in after.items()})
        alt = "Twenty points, four of them marked, the curve at the start, and after a step on the four and on all points."
        numbers = [str(i // SIZE + 1) for i in range(ROWS)]
        shuffled = [
            Pile("X, shuffled", piles[0], f"{N_BATCHES} times {SIZE} x 3", LABELS),
            Pile("y", piles[1], f"{N_BATCHES} x {SIZE} x 1"),
        ]
        self.page("Batches: a few rows at a time", ABOUT_BATCHES, down(
            across(
                down(
                    facts("One step on one batch", self.cells(self.which, self.one_lr)),
                    facts("The weights", self.cells(self.W_start), steps, heads=LABELS),
                    facts("", self.cells(self.times)),
                ),
                plot("What one step does to the curve", "x", "y", lines, alt, y_format="0", x_max=2, x_min=-2, width=460,
                     height=380, wide=6),
                Note(stories.BATCHES, 3),
            ),
            across(
                table(self.cells(self.x, self.y), forward({"X": (self.X, "X")}, labels=LABELS, name="X"), names=ROWS),
                beside(table(self.cells(self.order), names=numbers, named="count", corner="batch"), *shuffled),
                table(forward(picked)), table(forward(curves)),
            ),
        ), first=self.which)  # fmt: skip

    # ---- Gradients

    def gradients_page(self) -> None:
        wiggle = self.typed("wiggle", WIGGLE, "Wiggle", low=1e-9, high=10, name="wiggle")
        everyone = [*self.batches, (self.X, self.y)]
        moved = [[self.W_start + sign * wiggle * constant((unit,)) for unit in UNITS] for sign in (1.0, -1.0)]
        up, down_ = (
            vstack([hstack([self.times * self.loss(W, batch) for W in Ws]) for batch in everyone]) for Ws in moved
        )
        slopes = wiggled(up, down_, self.grads, wiggle, "Gradient", labels=LABELS)
        slopes["exact"] = replace(slopes["exact"], name="gradients")
        self.far = apply("sqrt", sum_columns(square(self.parts - self.whole)))
        self.mean = constant(((1.0 / N_BATCHES,) * N_BATCHES,)) @ self.parts
        error = self.X @ self.W_start.T - self.y
        singles = 2.0 * self.times * error * self.X
        far = apply("sqrt", sum_columns(square(singles - self.whole)))
        each = forward({"single.error": (error, "Error")})
        each |= backward({"single.grad": (singles, "Gradient of one row")}, labels=LABELS)
        each |= result({"single.far": (far, "distance")})
        row_far, batch_far = (apply("sqrt", mean(square(distance))) for distance in (far, self.far))
        self.share = batch_far / row_far
        typical = {
            "of one row": result({"typical.row": (row_far,)}, format="short"),
            "of a batch of four": result({"typical.batch": (batch_far,)}, format="short"),
            "batch / row": result({"typical.share": (self.share,)}, style="cells", format="share"),
        }
        dots = [
            ("one row", "single.grad", (0, ROWS - 1), "dots"), ("a batch of four", "exact", (0, N_BATCHES - 1), "mark"),
            ("all 20 rows", "exact", (N_BATCHES, N_BATCHES), "target"),
        ]  # fmt: skip
        lines = [(who, Some(id, part, (0, 0)), Some(id, part, (1, 1)), look) for who, id, part, look in dots]
        names = [*(f"batch {i + 1}" for i in range(N_BATCHES)), "all 20 rows"]
        self.page("Gradients: every batch sees another slope", ABOUT_GRADIENTS, down(
            across(
                plot("Gradients at the start weights", "slope in the weight of x^2", "slope in the weight of x", lines,
                     "Twenty small dots, five larger ones nearer the middle, and one in the middle: the gradients.",
                     y_format="0", x_min=None, x_format="0", width=600, height=380, wide=7),
                down(
                    grid("Typical distance from the gradient of all rows", typical, band="lead", span=2),
                    Note(stories.GRADIENTS.format(*self.best_known), 7),
                ),
            ),
            facts("", self.cells(wiggle)),
            table(slopes, result({"far": (self.far, "distance")}), names=names),
            grid("", {"mean of the five batches": result({"mean": (self.mean,)})}, span=2),
            table(each, names=[f"row {i + 1}" for i in range(ROWS)]),
        ))  # fmt: skip
