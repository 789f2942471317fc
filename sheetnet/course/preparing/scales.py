"""Lesson 5, the sheets Large, Tables and Slopes: columns of several sizes, and whose slope is largest."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.blanks import Blanks
from sheetnet.course.preparing.classes import Classes
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, hstack, mean, square, vstack, where
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts
from sheetnet.page.parts import Note, Table, Words, table
from sheetnet.page.plot import Plot, Some, plot
from sheetnet.page.shown import Group, Shown, backward, forward, result

BINS, WIGGLE = 20, 0.001
COLUMNS = {
    "age": ("Age", "plain", "age_filled"),
    "fare": ("Fare", "plain", "fare_raw"),
    "share": ("Fare / max", "weight", "fare_share"),
    "log": ("log10(Fare+1)", "weight", "fare_log"),
}
FOUND: dict[str, Any] = {
    "max": ("Largest", "short"), "mean": ("Mean", "short"), "median": ("Median", "short"), "half": ("Half lie below", "share", "result"),
    "slope": ("Best slope",), "loss": ("Its loss", "weight", "result"),
}  # fmt: skip
TABLES = {"raw": "Raw", "max": "Divided by max", "log": "log10 of Fare"}
FARES = {"raw": "fare", "max": "share", "log": "log"}
FEATURES = ("Age", "Fare", "Male", "Class 1", "Class 2", "Ones")
ABOUT_LARGE = "Fare as it is, divided by its largest, and its logarithm. Compare the two charts, then the losses of a model with this one column."
HALF = (
    "Half lie below: median / largest, as a share of the whole axis. Its loss: of the best line in this column alone."
)
LARGE_NOTE = (
    "Dividing by the largest changes the numbers on the axis. It does not change the shape, nor the best loss: the slope grows as the column shrinks.\n\n"
    "A logarithm counts tens: log10(10) is 1, log10(100) is 2. It pulls the few large fares together and the many small ones apart. Why Fare + 1? Some paid nothing, and log10(0) does not exist.\n\n"
    "Try this: on Data, make the Fare of passenger 1 5000 (then 7.25 again). Which column is squeezed flat by one passenger?"
)
OF_BINS = "The bins of the two charts (the first begins below 0, so that a Fare of 0 is in it)"
ABOUT_TABLES = "Only Age and Fare differ. Raw: as written down. Second: each divided by its largest. Third: the logarithm in place of Fare."
ABOUT_SLOPES = "The slope of the loss in each weight, for the raw table and for one divided by its largest. Compare Fare with Male."
SLOPES_NOTE = (
    "A weight's slope comes from a sum over passengers of error × column. A column of large numbers has a large slope, whether it matters or not.\n\n"
    "One learning rate serves all weights. A rate that is small enough for Fare is far too small for Male.\n\n"
    "Divided by the largest, all slopes are of one size."
)
CURIOUS = "For the curious: the loss of a linear model needs only X'X, X'y and y'y. These are 6 × 6 numbers in place of {n} × 6. The slopes are 2 (X'X w - X'y) / {n}, the same as the exact ones. So the epochs on the next sheet are cheap."


class Scales:
    """Columns of several sizes, three tables made of them, and the slopes of their losses."""

    def __init__(self, lesson: Lesson, blanks: Blanks, classes: Classes) -> None:
        self.blanks, self.y, self.n = blanks, blanks.y, apply("sum", blanks.ones)
        age, fare = where(apply("filled", blanks.age), blanks.age, blanks.median), apply("same", blanks.raw["Fare"])
        self.largest = apply("max", fare)
        self.columns = {"age": age, "fare": fare, "share": fare / self.largest, "log": apply("log10", fare + 1.0)}
        self._large(lesson)
        rest = blanks.male, *classes.dummies[:2], blanks.ones
        ages = {key: apply("same", age) if key == "raw" else age / self.found["max"][0] for key in TABLES}
        others = {key: [apply("same", node) for node in (self.columns[FARES[key]], *rest)] for key in TABLES}
        self.X = {key: hstack([ages[key], *others[key]]) for key in TABLES}
        shown: list[Group | None] = []
        for key, words in TABLES.items():
            one = Shown(self.X[key], f"X_of_{key}: {words}", "plain", name=f"X_of_{key}", labels=FEATURES)
            shown += [{key: one}, None]
        body = table(*shown[:-1], names=blanks.n, corner="No", frozen=True, tight=True)
        lesson.page("Tables: three ways to prepare the same columns", ABOUT_TABLES, body)
        self._slopes(lesson)

    # ---- Large

    def _large(self, lesson: Lesson) -> None:
        shown = {
            key: Shown(self.columns[key], title, format, style=None if key == "age" else "cells", name=name)
            for key, (title, format, name) in COLUMNS.items()
        }
        found = zip(*(self._line(x) for x in self.columns.values()), strict=True)
        self.found = dict(zip(FOUND, found, strict=True))
        figures = {key: Shown(vstack(nodes), *FOUND[key]) for key, nodes in self.found.items()}
        titles = [title for title, _, _ in COLUMNS.values()]
        lesson.page("Large: one column outweighs the others", ABOUT_LARGE, across(
            down(
                beside(
                    _fares("fare", "line 1", "most stand in the first two bars", x_format="0", wide=5),
                    _fares("log", "line 2", "they spread over the axis", x_format="0.0", wide=5),
                ),
                down(table(figures, names=titles, named="word"), Words(HALF, "hint"), gap=0),
                self._bins(lesson),
            ),
            Note(LARGE_NOTE, 4),
            table(shown, names=self.blanks.n, corner="No"),
        ))  # fmt: skip

    def _line(self, x: Node) -> tuple[Node, ...]:
        """Of a column: largest, mean, median, median / largest, and the best line in it alone: slope, loss."""
        top = self.largest if x is self.columns["fare"] else apply("max", x)
        middle, half = mean(x), apply("median", x)
        slope = (mean(x * self.y) - middle * mean(self.y)) / (mean(square(x)) - square(middle))
        loss = mean(square(slope * (x - middle) + mean(self.y) - self.y))
        return top, middle, half, half / top, slope, loss

    def _bins(self, lesson: Lesson) -> Table:
        """Twenty bins between 0 and the largest, of Fare and of its logarithm."""
        parts = np.arange(1.0, BINS + 1)[:, None] / BINS
        below = lesson.typed("bins.low", np.vstack([[-1.0], parts[:-1]]), "From, of max", "fixed", name="bin_from")
        upper = lesson.typed("bins.high", parts, "To, of max", "fixed", name="bin_to")
        groups = lesson.cells(below, upper)
        for key, title, top in (("fare", "Fare to", self.found["max"][1]), ("log", "Log to", self.found["max"][3])):
            x = self.columns[key]
            inside = apply("greater", x, below.T * top) - apply("greater", x, upper.T * top)
            groups |= forward({f"bins.{key}.to": (upper * top, title)})
            groups |= result({f"bins.{key}.n": (inside.T @ self.blanks.ones, "Passengers", "plain")})
        return table(groups, lead=OF_BINS)

    # ---- Slopes

    def _slopes(self, lesson: Lesson) -> None:
        self.wiggle = lesson.typed("wiggle", WIGGLE, "Wiggle", low=1e-6, high=1, name="move")
        self.start = lesson.typed("start", np.zeros((6, 1)), "Weights", name="start", format="weight")
        self.eye = lesson.typed("eye", np.eye(6), "Identity", "fixed", name="identity")
        self.yy = apply("sum", square(self.y))
        self.gram = {key: (X.T @ X).named("gram") for key, X in self.X.items()}
        self.moment = {key: (X.T @ self.y).named("moment") for key, X in self.X.items()}
        n = Shown(self.n, "Passengers", name="n_rows")
        sums = [result({"n": n}, format="plain"), result({"yy": Shown(self.yy, "y'y", name="yty")}, format="plain")]
        seen, curious = zip(
            *(self._of(key, lesson.cells(self.start) if key == "raw" else {}) for key in TABLES), strict=True
        )
        lesson.page("Slopes: which weight has the steepest one?", ABOUT_SLOPES, across(
            down(
                beside(
                    _slopes("raw", "two columns tower above the others", "0"),
                    _slopes("max", "all are of one size", "0.0"),
                ),
                beside(facts("", lesson.cells(self.wiggle)), facts("", sums[0])),
                *seen,
            ),
            down(Note(SLOPES_NOTE, 5), Note(CURIOUS.format(n=self.blanks.n), 5), facts("", sums[1]), *curious, table(lesson.cells(self.eye))),
        ))  # fmt: skip

    def _of(self, key: str, start: Group) -> tuple[Table, Table]:
        """Of one table: losses with a weight moved and its slopes in two ways; X'X, X'y and the slopes from them."""
        X, gram, moment = self.X[key], self.gram[key], self.moment[key]
        moves = self.start + self.wiggle * self.eye, self.start - self.wiggle * self.eye
        up, low = (square(X @ moved - self.y).T @ self.blanks.ones / self.n for moved in moves)
        wiggled = (up - low) / (2.0 * self.wiggle)
        exact = gradient(mean(square(X @ self.start - self.y)), [self.start])[0]
        short = 2.0 * (gram @ self.start - moment) / self.n
        slopes = backward({"wiggled": (wiggled, "Wiggled"), "exact": (exact, "Exact")}, format="short")
        losses = forward({"up": (up, "Loss, up"), "down": (low, "Loss, down")})
        apart = result({"apart": (apply("abs", wiggled - exact), "Apart", "apart")})
        sums = {
            "gram": Shown(gram, "X'X", "short", labels=FEATURES, name=f"gram_{key}"),
            "moment": Shown(moment, "X'y", "short", name=f"moment_{key}"),
        }
        sums |= backward({"short": (short, "From X'X")}, format="short")
        both = [{f"slopes.{key}.{id}": one for id, one in group.items()} for group in (losses | slopes | apart, sums)]
        words = TABLES[key]
        return table(start, both[0], names=FEATURES, lead=words), table(both[1], names=FEATURES, lead=words)


def _slopes(key: str, words: str, y_format: str) -> Plot:
    """The slope of the loss in each weight, as bars."""
    names = Some("slopes.start", cols=(-1, -1))
    lines = [("slope", names, f"slopes.{key}.exact", "line 1")]
    alt = "Bars that go down from 0: the slope of the loss in each of the six weights."
    return plot(f"{TABLES[key]}: {words}", "weight of", "slope", lines, alt, y_format=y_format, x_min=None,
                columns=True, width=400, height=280, wide=5)  # fmt: skip


def _fares(key: str, look: str, words: str, **more: Any) -> Plot:
    title, lines = COLUMNS[key][0], [("passengers", f"bins.{key}.to", f"bins.{key}.n", look)]
    alt = f"Passengers by {title} in twenty equal steps up to the largest."
    return plot(f"{title}: {words}", f"{title}, up to", "passengers", lines, alt, y_format="0", x_min=None, y_min=0,
                columns=True, width=405, height=220, **more)  # fmt: skip
