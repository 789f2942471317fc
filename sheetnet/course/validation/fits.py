"""What lesson 8 stands on: the rows, polynomials of them and their fits; and its first sheet, Degree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.validation import texts
from sheetnet.course.validation.own import ALL, DEGREES, KNOWN, TRAIN, legendre, points
from sheetnet.graph.node import Node, apply, hstack, lift, mean, row, square, vstack, where
from sheetnet.motifs.least_squares import penalised
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts
from sheetnet.page.language import said
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Shown, forward, result, shown, update

POWERS = ("1", "x", *(f"x^{k}" for k in range(2, 10)))
BASIS = tuple(f"p{k}" for k in range(10))
NAMED = tuple(f"degree {d}" for d in DEGREES)
SIZE = {"width": 380, "height": 260, "wide": 5}
WINDOW = {"x_min": -1, "x_max": 1, "y_min": -2, "y_max": 4, "y_format": "0", "x_format": "0.0", **SIZE}
BESIDE = {"width": 370, "wide": 4}  # of charts beside a table of five columns
CUT = 1  # where charts of losses end


class Fits(Lesson):
    """The rows, and the weights that fit them best."""

    def powers_of(self, x: Node) -> Node:
        """1, x, x^2 to x^9 side by side, (n, 1) -> (n, 10)."""
        higher = [apply("power", x, lift(float(k))) for k in range(3, 10)]
        return hstack([0.0 * x + 1.0, apply("same", x), square(x), *higher])

    def legendres_of(self, x: Node) -> Node:
        """Legendre's polynomials p0 to p9 side by side, (n, 1) -> (n, 10): each from the two before it."""
        each = [0.0 * x + 1.0, apply("same", x)]
        for k in range(1, 9):
            each.append(((2.0 * k + 1.0) * x * each[k] - float(k) * each[k - 1]) / (k + 1.0))
        return hstack(each)

    def fit(self, Q: Node, y: Node, used: Node) -> Node:
        """The weights of least squares as a row (1, 10): of the polynomials in use, 0 for the others."""
        return penalised(Q * used, y, self.identity * (1.0 - used)).T

    def loss(self, X: Node, w: Node, y: Node) -> Node:
        """The mean squared error, (1, 1), of weights as a row (1, 10)."""
        return mean(square(X @ w.T - y))

    def losses(self, X: Node, W: Sequence[Node], y: Node) -> Node:
        """The same of several weights, (len(W), 1)."""
        return vstack([self.loss(X, w, y) for w in W])

    def best_of(self, losses: Node) -> Node:
        """Which of some losses (n, 1) is the lowest, from 1."""
        return apply("match", apply("min", losses), losses)

    def points_and(self, *curves: Line) -> list[Line]:
        """The lines of a chart: the training and the validation rows, and curves."""
        rows: list[Line] = [
            ("training rows", "degree.x_train", "degree.y_train", "dots"),
            ("validation rows", "degree.x_valid", "degree.y_valid", "mark"),
        ]
        return [*curves, *rows]

    # ---- Degree

    def degree_page(self) -> None:
        x, y = points(self.seed)
        self.cut = {"train": slice(0, TRAIN), "valid": slice(TRAIN, KNOWN), "test": slice(KNOWN, ALL)}
        self.x = {part: self.typed(f"x_{part}", x[at], "x", "data") for part, at in self.cut.items()}
        self.y = {part: self.typed(f"y_{part}", y[at], "y", "data", name=f"y_{part}") for part, at in self.cut.items()}
        self.X = {part: self.powers_of(one) for part, one in self.x.items()}
        self.degree = self.typed("degree", 1, "Degree to look at", low=1, high=9, whole=True, name="degree")
        self.degrees = self.typed("degrees", np.array(DEGREES)[:, None], "Degree", "fixed")
        self.powers = self.typed("powers", [range(10)], "Powers of x", "fixed", name="powers", labels=POWERS)
        self.legendre = self.typed(
            "legendre", legendre(10), "Legendre's polynomials, in powers of x (down)", "fixed", name="legendre",
            labels=BASIS,
        )  # fmt: skip
        self.identity = self.typed("identity", np.eye(10), "1 on the diagonal", "fixed", name="identity", labels=POWERS)
        grid = self.typed("degree.grid", np.linspace(-1, 1, 50)[:, None].round(3), "x", "fixed")
        self.grid = self.powers_of(grid)
        self.used = [where(apply("greater", self.powers, lift(float(d))), 0.0, 1.0) for d in DEGREES]
        self.Q = {part: self.legendres_of(one) for part, one in self.x.items()}
        self.Q_grid = self.legendres_of(grid)
        C = self.C = [self.fit(self.Q["train"], self.y["train"], used) for used in self.used]
        self.loss_train, self.loss_valid = (self.losses(self.Q[part], C, self.y[part]) for part in ("train", "valid"))
        self.gap = self.loss_valid - self.loss_train
        best = self.best_degree = self.best_of(self.loss_valid)
        size = where(apply("greater", self.degrees, best), said("too large"), said("too small"))
        self.all_C = vstack(C)
        self.W = self.all_C @ self.legendre.T
        w = row(self.W, self.degree)
        then = {part: row(one, self.degree) for part, one in (("train", self.loss_train), ("valid", self.loss_valid))}
        losses = {"loss_train": (self.loss_train, "Training"), "loss_valid": (self.loss_valid, "Validation")}
        word = where(apply("equal", self.degrees, best), said("right"), size)
        seen = {"train_then": (then["train"], "Training loss"), "valid_then": (then["valid"], "Validation loss")}
        by_degree: list[Line] = [
            ("training", "degrees", "loss_train", "line 1"), ("validation", "degrees", "loss_valid", "line 2"),
            ("the chosen degree", "degree", "valid_then", "mark"),
        ]  # fmt: skip
        self.page("Degree: too small, right, too large", texts.ABOUT_DEGREE, across(down(
            across(
                down(
                    facts("", self.cells(self.degree), result(seen, format="short"), span=2),
                    table(
                        self.cells(self.degrees), forward(losses, format="short"),
                        result({"gap": (self.gap, "Gap", "short"), "word": (word, "It is", "text")}, style="cells"), tight=True,
                    ),
                ),
                down(
                    across(
                        plot("The curve that the training rows give", "x", "y",
                             self.points_and(("curve", "grid", "curve")),
                             "Training and validation rows, and the curve of the chosen degree.", **{**WINDOW, **BESIDE}),
                        plot(f"Both losses (cut off at {CUT})", "degree", "mean squared error", by_degree,
                             "The training loss falls with the degree; the validation loss is lowest at degree 3.",
                             x_min=1, x_max=9, x_step=1, y_min=0, y_max=CUT, y_format="0.0", **{**SIZE, **BESIDE}),
                    ),
                    Note(texts.DEGREE, 9),
                ),
            ),
            across(*(self._rows(part, w) for part in ("train", "valid"))),
            table(update({"W": (self.W, "The weights of each degree", "short")}, labels=POWERS), names=NAMED),
            across(
                table(self.cells(self.powers), result({"w": (w, "Weights of the chosen degree", "short")}, labels=POWERS)),
            ),
            ), Aside(across(
                table(shown("fixed", self.cells(grid)), forward({"curve": (self.grid @ w.T, "curve", "short")})),
                table(forward({"grid_X": (self.grid, "x and its powers", "short")}, labels=POWERS)),
                table(forward({"grid_Q": (self.Q_grid, "p0 to p9", "short")}, labels=BASIS)),
                down(
                    Note(texts.LEGENDRE, 10),
                    table(self.cells(self.legendre)),
                    table(result({"used": (vstack(self.used), "Which of them a degree uses", "plain")}, labels=BASIS), names=NAMED),
                    table(update({"C": (self.all_C, "Their weights", "short")}, labels=BASIS), names=NAMED),
                    table(self.cells(self.identity)),
                ),
                *(
                    table(forward({
                        f"X_{part}": Shown(self.X[part], f"x and its powers, {part}", "short", name=f"X_{part}", labels=POWERS),
                        f"Q_{part}": Shown(self.Q[part], f"p0 to p9, {part}", "short", name=f"P_{part}", labels=BASIS),
                    }))
                    for part in ("train", "valid")
                ),
            )),
        ), first=self.degree)  # fmt: skip

    def _rows(self, part: str, w: Node) -> Part:
        """The rows of a part, with what the chosen curve says of them."""
        pred = self.X[part] @ w.T
        squared = square(pred - self.y[part])
        lead = {"train": "The 12 training rows", "valid": "The 8 validation rows"}[part]
        steps = {f"pred_{part}": (pred, "Prediction"), f"square_{part}": (squared, "Error^2")}
        return table(self.cells(self.x[part], self.y[part]), forward(steps, format="short"), lead=lead)
