"""Descent and Threshold: two losses go down from one start; who is called ill, and how that is judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetnet.course.classification import texts
from sheetnet.course.classification.own import EARLY, EPOCHS, RATE, START
from sheetnet.course.classification.two import (
    AWAY,
    HALF,
    LOOKS,
    LOSSES,
    SHORT,
    Two,
    at_least,
    halves,
    same,
    sigmoid,
    twice,
)
from sheetnet.graph.node import Node, apply, hstack, lift, mean, ones, row, square, vstack, where
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Group, Shown, forward, result, shown, update

THRESHOLDS = np.linspace(0.02, 0.98, 49)[:, None]
WEIGHTS = ("w", "b")
JUDGED = {"precision": "Precision", "recall": "Recall", "accuracy": "Accuracy"}
LINES = ("line 1", "line 2", "line 8")
MOST = 30.0  # of a rate: beyond, steps leap so far that rounding decides where they land
TRUTH = ("called healthy", "called ill")


class Judged(Two):
    """What is learnt of the forty people, and what it is worth."""

    def descent_page(self) -> None:
        self.start = self.typed("start", [START], "Start", name="start", labels=WEIGHTS, format="plain")
        self.rates = {
            key: self.typed(f"lr_{key}", RATE, f"Rate on {name}", low=0, high=MOST, name=f"lr_{key}", format="rate")
            for key, name in LOSSES.items()
        }
        self.epoch = self.typed("epoch", EARLY, "Epoch to look at", low=0, high=EPOCHS, whole=True)
        epochs = self.typed("epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        self.X = hstack([apply("same", self.x), ones(self.x.shape[0], 1)])
        self.paths = {key: self._path(key) for key in LOSSES}
        self.far, self.right = dict[str, Node](), dict[str, Node]()
        fars, rights, weights = Group(), Group(), Group()
        for key, path in self.paths.items():
            preds = [sigmoid(self.X @ w.T) for w in path]
            self.far[key] = vstack([mean(square(pred - self.y)) for pred in preds])
            self.right[key] = vstack([mean(same(at_least(pred, 0.5), self.y)) for pred in preds])
            fars |= forward({f"far_{key}": (self.far[key], SHORT[key], "short")})
            rights |= result({f"right_{key}": (self.right[key], SHORT[key], "share")})
            weights |= update({f"w_{key}": Shown(vstack(path), f"Weights, {SHORT[key]}", "short", labels=WEIGHTS)})
        last, then = lift(EPOCHS + 1.0), self.epoch + 1.0
        ends = {
            words: result({id: (hstack([row(run, at) for run in runs.values()]), "", format)})
            for words, id, runs, at, format in (
                ("Squared error then", "far_then", self.far, then, "short"),
                ("Predicted right then", "right_then", self.right, then, "share"),
                (f"Squared error, epoch {EPOCHS}", "far_end", self.far, last, "short"),
                (f"Predicted right, epoch {EPOCHS}", "right_end", self.right, last, "share"),
            )
        }
        charts = [
            plot(title, "epoch", axis, [
                *((f"on {name}", "epochs", f"{what}_{key}", LOOKS[key]) for key, name in LOSSES.items()),
                ("the epoch to look at", "both", f"{what}_then", "mark"),
            ], alt, x_max=EPOCHS, y_min=0, y_max=1, y_format=format, **HALF)
            for what, title, axis, alt, format in (
                ("far", "How far off the predictions are", "mean squared error", "Two falling curves: the run on cross-entropy falls at once, that on squared error after a long plain.", "0.0"),
                ("right", "How many are predicted right", "share of the people", "Two rising curves: the run on cross-entropy rises at once, that on squared error after a long plain.", "0%"),
            )
        ]  # fmt: skip
        shares = self.as_it_came(*(row(self.right[key], EARLY + 1) for key in ("entropy", "squared")))
        told = texts.DESCENT.format(early=EARLY, entropy=shares[0].item(), squared=shares[1].item())
        heads = tuple(LOSSES.values())
        self.page("Descent: two losses, one start", texts.ABOUT_DESCENT, down(
            across(
                down(
                    table(self.cells(self.start), names=("",)),
                    facts("", self.cells(*self.rates.values(), self.epoch)),
                    grid("", ends, heads=heads, over=(("the run on", 2),)),
                    Note(texts.WRONG, 3),
                ),
                down(halves(*charts), Note(told, 10)),
            ),
            across(
                table(self.cells(epochs), fars, lead={"far_squared": "Squared error of the run on"}),
                table(rights, weights, lead={"right_squared": "Predicted right"}),
                table(forward({"X": Shown(self.X, "X", "plain", name="X", labels=("value", "1"))})),
                table(result({"both": Shown(twice(self.epoch), "Epoch now", "plain", labels=tuple(SHORT.values()))})),
            ),
        ), first=self.epoch)  # fmt: skip

    def _path(self, key: str) -> list[Node]:
        """The weights of a run as rows (1, 2), from the start on."""
        n = float(self.x.shape[0])

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            pred = sigmoid(self.X @ now[0].T)
            error = pred - self.y
            d_score = 2.0 * error * (pred * (1.0 - pred)) if key == "squared" else error
            return [], [now[0] - self.rates[key] * (d_score.T @ self.X) / n]

        rows, last = unroll([apply("same", self.start)], EPOCHS, step)
        return [*rows[0], *last]

    # ---- Threshold

    def threshold_page(self) -> None:
        self.threshold = self.typed("threshold", 0.5, "Threshold", low=0, high=1, name="threshold", format="rate")
        steps = self.typed("steps", THRESHOLDS, "Threshold", "fixed")
        ends = self.typed("ends", [[-4.0], [4.0]], "Line, x", "fixed")
        n = self.x.shape[0]
        pred = sigmoid(self.X @ self.paths["entropy"][-1].T)
        called, self.n_ill = at_least(pred, self.threshold), apply("sum", self.y)
        found, n_called = apply("sum", called * self.y), apply("sum", called)
        self.now = self._judged(found, n_called)
        healthy = hstack([float(n) - n_called - self.n_ill + found, n_called - found])
        confusion = vstack([healthy, hstack([self.n_ill - found, found])])
        each = at_least(pred.T, steps)  # a row for each threshold, a column for each person
        many = {"found": each @ self.y, "called": each @ ones(n, 1)}
        self.curves = self._judged(many["found"], many["called"])
        drawn = {"healthy": where(same(self.y, 0.0), pred, AWAY), "ill": where(same(self.y, 1.0), pred, AWAY)}
        level = vstack([apply("same", self.threshold), apply("same", self.threshold)])
        marked = vstack([apply("same", self.now[key]) for key in ("precision", "recall")])
        nobody = 1.0 - self.n_ill / float(n)
        lines: list[Line] = [
            (JUDGED[key], "steps", f"curve_{key}", look) for key, look in zip(JUDGED, LINES, strict=True)
        ]
        points: list[Line] = [
            ("healthy", self.x, "healthy", "class 1"), ("ill", self.x, "ill", "class 2"), ("threshold", "ends", "level", "line 8"),
        ]  # fmt: skip
        cells: dict[str, Any] = {"style": "cells", "format": "share"}
        size: dict[str, Any] = {"y_min": 0, "y_max": 1, **HALF}
        told = texts.THRESHOLD.format(nobody=self.as_it_came(nobody)[0].item())
        self.page("Threshold: who is called ill?", texts.ABOUT_THRESHOLD, down(
            across(
                down(
                    facts("Change this", self.cells(self.threshold)),
                    table(result({"confusion": Shown(confusion, "Confusion matrix", "plain", labels=TRUTH)}),
                          names=("healthy", "ill"), corner="truth"),
                    facts("", shown("result", {key: (node, JUDGED[key]) for key, node in self.now.items()}, **cells),
                          result({"nobody": Shown(nobody, "Nobody ill: accuracy", "share")})),
                    Note(texts.JUDGED, 3),
                ),
                down(
                    halves(
                        plot("Forty people and the threshold", "value of the blood test", "prediction", points,
                             "The people on the S-curve, ill and healthy, and the threshold as a level line.", x_min=-4,
                             x_max=4, x_format="0", y_format="0.0", **size),
                        plot("Every threshold", "threshold", "share", [*lines, ("now", "level", "marked", "mark")],
                             "Recall falls with the threshold; precision mostly rises.", x_max=1, x_format="0.0", y_format="0%", **size),
                    ),
                    Note(told, 10),
                ),
            ),
            across(
                table({"truth": Shown(apply("same", self.y), "Ill", "plain")}, forward({"pred": (pred, "Prediction", "short")}),
                      names=n, corner="Person"),
                table(result({"called": (called, "Called ill"), "hit": (same(called, self.y), "Right")}, style="cells", format="plain"),
                      self.cells(steps),
                      result({f"many_{key}": (node, title) for (key, node), title in zip(many.items(), ("found", "all"), strict=True)}, format="plain"),
                      result({f"curve_{key}": (node, JUDGED[key]) for key, node in self.curves.items()}, **cells),
                      lead={"many_found": "Called ill"}),
                table(self.cells(ends), forward({"level": (level, "Line, y"), "marked": (marked, "Marked")}, format="short")),
                table(forward({key: (node, key) for key, node in drawn.items()}, style="cells", format="short"), lead=texts.DRAWN_AWAY),
            ),
        ), first=self.threshold)  # fmt: skip

    def _judged(self, found: Node, called: Node) -> dict[str, Node]:
        """Precision, recall and accuracy, (n, 1) each, from how many ill people are called ill, and how many people.

        Where nobody is called ill, nobody is called so wrongly: the precision is 1, as in scikit-learn's curve.
        """
        n = float(self.x.shape[0])
        right = n - called - self.n_ill + 2.0 * found
        precision = where(same(called, 0.0), 1.0, found / called)
        return {"precision": precision, "recall": found / self.n_ill, "accuracy": right / n}
