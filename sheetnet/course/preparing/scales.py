"""Lesson 5, the sheets Large, Tables and Slopes: columns of several sizes, and whose slope is largest."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.blanks import Blanks
from sheetnet.course.preparing.classes import Classes
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, hstack, mean, square, vstack, where
from sheetnet.motifs.steps import number_rows
from sheetnet.page.book import Chart, Page

BINS, WIGGLE = 20, 0.001
TABLES = {"raw": "Raw", "max": "Divided by max", "log": "log10 of Fare"}
FEATURES = ("Age", "Fare", "Male", "Class 1", "Class 2", "Ones")
LARGE_NOTE = (
    "Dividing by the largest changes the numbers on the axis, not the shape, and not the best loss: the slope only grows"
    " as the column shrinks. A logarithm changes the shape: it pulls the few large fares together and the many small"
    " ones apart. Fare + 1, since log10(0) does not exist and some paid nothing.\n\nTry this: on Data,"
    " make the Fare of passenger 1 5000 (then 7.25 again). Which of the columns is squeezed flat by one passenger?"
)
SLOPES_NOTE = (
    "A weight's slope is a sum over passengers of error x column. A column of large numbers has a large slope, whether"
    " it matters or not. One learning rate serves all weights: small enough for Fare, it is far too small for Male.\n\n"
    "The loss of a linear model needs only X'X, X'y and y'y: 6 x 6 numbers in place of 891 x 6. Third column of slopes:"
    " 2 (X'X w - X'y) / 891, the same. So the epochs on the next sheet are cheap."
)


class Scales:
    """Columns of several sizes, three tables made of them, and the slopes of their losses."""

    def __init__(self, lesson: Lesson, blanks: Blanks, classes: Classes) -> None:
        self.blanks, self.classes, self.y = blanks, classes, blanks.y
        self._large(lesson)
        self._tables(lesson)
        self._slopes(lesson)

    # ---- Large

    def _large(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Large",
            "Large: one column outweighs the others",
            "Fare as it is, divided by its largest, and by logarithm. Compare the two charts, and the losses of a model"
            " with this one column.",
            freeze=(2, 1),
        )
        page.widths |= {0: 8.0, 5: 3.0, 6: 16.0}
        fare = self.blanks.raw["Fare"]
        age = where(apply("filled", self.blanks.age), self.blanks.age, self.blanks.median)
        shown = apply("same", fare)
        largest = apply("max", shown)
        columns = {
            "age": (age, "Age", "age_filled"),
            "fare": (shown, "Fare", "fare_raw"),
            "share": (shown / largest, "Fare / max", "fare_share"),
            "log": (apply("log10", shown + 1.0), "log10(Fare+1)", "fare_log"),
        }
        self.columns = {key: node for key, (node, _, _) in columns.items()}
        number_rows(page, self.blanks.n, 6)
        for col, (id, (node, title, name)) in enumerate(columns.items(), start=1):
            style = "array" if id == "age" else "cells"
            format = "plain" if id in ("age", "fare") else "weight"
            page.place(f"large.{id}", node, 6, col, "forward", style, name=name, title=title, format=format)  # type: ignore[arg-type]
            page.widths[col] = max(9.0, len(title) + 3.0)
            page.text(6 + col - 1, 6, title, "word")
        found: dict[str, list[Node]] = {key: [] for key in ("max", "mean", "median", "half", "slope", "loss")}
        for x in self.columns.values():
            top = largest if x is shown else apply("max", x)
            middle, half = mean(x), apply("median", x)
            slope = (mean(x * self.y) - middle * mean(self.y)) / (mean(square(x)) - square(middle))
            loss = mean(square(slope * (x - middle) + mean(self.y) - self.y))
            for key, node in zip(found, (top, middle, half, half / top, slope, loss), strict=True):
                found[key].append(node)
        titles = ("Largest", "Mean", "Median", "Half lie below", "Best slope", "Its loss")
        for col, (key, nodes) in enumerate(found.items(), start=7):
            format = {"half": "share", "loss": "loss", "slope": "small"}.get(key, "weight")
            role = "result" if key in ("half", "loss") else "forward"
            page.place(f"large.{key}", vstack(nodes), 6, col, role, title=titles[col - 7], format=format)  # type: ignore[arg-type]
            page.widths[col] = max(11.0, len(titles[col - 7]) + 2.0)
        self.large_loss = vstack(found["loss"])
        self.found = found
        words = "Half lie below: median / largest, on an axis from 0 to 1. Its loss: of a line in this column alone."
        page.text(10, 6, words, "hint")
        self._bins(lesson, page, found["max"])
        page.text(30, 6, LARGE_NOTE, "note", wide=7, tall=7)
        page.active = (6, 1)

    def _bins(self, lesson: Lesson, page: Page, largest: list[Node]) -> None:
        """Twenty bins between 0 and the largest, of Fare and of its logarithm."""
        parts = np.arange(1.0, BINS + 1)[:, None] / BINS
        low = parts - 1 / BINS
        low[0] = -1.0  # a Fare of 0 is in the first
        below, upper = lesson.value("from", low), lesson.value("part", parts)
        at = 42
        page.text(
            at - 4, 6, "The bins of the two charts (the first begins below 0, so that a Fare of 0 is in it)", "lead"
        )
        page.place("bins.low", below, at, 6, "fixed", title="From, of max", name="bin_from", format="plain")
        page.place("bins.high", upper, at, 7, "fixed", title="To, of max", name="bin_to", format="plain")
        for i, (key, title) in enumerate((("fare", "Fare"), ("log", "log10(Fare+1)"))):
            x, top = self.columns[key], largest[1 if key == "fare" else 3]
            col = 8 + 2 * i
            to = upper * top
            page.place(f"bins.{key}.to", to, at, col, "forward", title=("Fare to", "Log to")[i], format="weight")
            inside = apply("greater", x, below.T * top) - apply("greater", x, upper.T * top)
            page.place(
                f"bins.{key}.n", inside.T @ self.blanks.ones, at, col + 1, "result", title="Passengers", format="plain"
            )
            lines = (lesson.line("passengers", f"bins.{key}.to", f"bins.{key}.n", f"line {i + 1}"),)
            words = "most stand in the first two bars" if key == "fare" else "they spread over the axis"
            alt = f"Passengers by {title} in twenty equal steps up to the largest."
            chart = Chart(
                11, 6 + 5 * i, f"{title}: {words}", f"{title}, up to", "passengers", lines, alt, "0", None, None, 0,
                columns=True, x_format="0" if key == "fare" else "0.00", width=425, height=340,
            )  # fmt: skip
            page.charts.append(chart)

    # ---- Tables

    def _tables(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Tables",
            "Tables: three ways to prepare the same columns",
            "Only Age and Fare differ. Raw: as written down. Then each divided by its largest. Then Fare by its logarithm"
            " instead.",
            freeze=(6, 1),
        )
        number_rows(page, self.blanks.n, 6)
        c, oldest = self.columns, self.found["max"][0]
        fares = {"raw": c["fare"], "max": c["share"], "log": c["log"]}
        rest = (self.blanks.male, *self.classes.dummies[:2], self.blanks.ones)
        self.X: dict[str, Node] = {}
        for i, (key, words) in enumerate(TABLES.items()):
            age = apply("same", c["age"]) if key == "raw" else c["age"] / oldest
            parts = [age, *(apply("same", node) for node in (fares[key], *rest))]
            self.X[key] = hstack(parts)
            page.place(
                f"tables.{key}", self.X[key], 6, 1 + 7 * i, "forward", name=f"X_of_{key}",
                title=f"X_of_{key}: {words}", labels=FEATURES, format="plain",
            )  # fmt: skip
            page.widths |= dict.fromkeys(range(7 * i + 1, 7 * i + 7), 8.0) | {7 * i + 7: 3.0}
        page.active = (6, 1)

    # ---- Slopes

    def _slopes(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Slopes",
            "Slopes: the largest column shouts loudest",
            "The slope of the loss in each weight, by wiggling and exact, for the three tables. Compare Fare with Male in"
            " each of them.",
            freeze=(2, 1),
        )
        page.widths |= {0: 20.0, **dict.fromkeys(range(1, 8), 13.0), 8: 3.0, 16: 3.0}
        self.wiggle = lesson.cell(page, "slopes.wiggle", WIGGLE, 3, 1, "Wiggle", low=1e-6, high=1, name="move")
        self.start = lesson.value("start", np.zeros((6, 1)))
        eye = lesson.value("eye", np.eye(6))
        self.n, self.yy = apply("sum", self.blanks.ones), apply("sum", square(self.y))
        page.place("slopes.n", self.n, 3, 3, "result", title="Passengers", side=True, name="n_rows", format="plain")
        page.place("slopes.yy", self.yy, 3, 5, "result", title="y'y", side=True, name="yty", format="plain")
        self.gram: dict[str, Node] = {}
        self.moment: dict[str, Node] = {}
        for i, (key, words) in enumerate(TABLES.items()):
            top, X = 9 + 11 * i, self.X[key]
            page.text(top - 4, 0, words, "lead")
            for j, feature in enumerate(FEATURES):
                page.text(top + j, 0, feature, "label")
            if i == 0:
                page.place("slopes.start", self.start, top, 1, "input", title="Weights", name="start", format="weight")
                page.place("slopes.eye", eye, 42, 9, "fixed", title="Identity", name="identity", format="plain")
            up, down = (
                square(X @ moved - self.y).T @ self.blanks.ones / self.n
                for moved in (self.start + self.wiggle * eye, self.start - self.wiggle * eye)
            )
            wiggled = (up - down) / (2.0 * self.wiggle)
            exact = gradient(mean(square(X @ self.start - self.y)), [self.start])[0]
            gram, moment = (X.T @ X).named("gram"), (X.T @ self.y).named("moment")
            short = 2.0 * (gram @ self.start - moment) / self.n
            scale = up / self.wiggle
            col = lesson.columns(
                page, f"slopes.{key}", top, 2, {"up": (up, "Loss, up"), "down": (down, "Loss, down")}, format="small"
            )
            sides = {"wiggled": (wiggled, "Wiggled"), "exact": (exact, "Exact"), "short": (short, "From X'X")}
            col = lesson.columns(page, f"slopes.{key}", top, col, sides, "backward", format="small", scale=scale)
            apart = {"apart": (apply("abs", wiggled - exact), "Apart")}
            lesson.columns(page, f"slopes.{key}", top, col, apart, "result", format="diff", scale=scale)
            page.place(
                f"slopes.{key}.gram",
                gram,
                top,
                9,
                "forward",
                name=f"gram_{key}",
                title="X'X",
                labels=FEATURES,
                format="weight",
            )
            page.place(
                f"slopes.{key}.moment", moment, top, 15, "forward", name=f"moment_{key}", title="X'y", format="weight"
            )
            self.gram[key], self.moment[key] = gram, moment
        page.widths |= dict.fromkeys(range(9, 16), 12.0)
        page.text(39, 0, SLOPES_NOTE, "note", wide=6, tall=10)
        self.eye = eye
        page.active = (9, 1)
