"""Descent and Threshold: two losses go down from one start; who is called ill, and how that is judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.classification import texts
from sheetnet.course.classification.own import EARLY, EPOCHS, RATE, START
from sheetnet.course.classification.two import AWAY, HALF, LOOKS, LOSSES, Two, at_least, same, sigmoid, twice
from sheetnet.graph.node import Node, apply, hstack, lift, mean, ones, row, square, vstack, where
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Shown, forward, result, shown, update

THRESHOLDS = np.linspace(0.02, 0.98, 49)[:, None]
WEIGHTS = ("w", "b")
JUDGED = {"precision": "Precision", "recall": "Recall", "accuracy": "Accuracy"}
LINES = ("line 1", "line 2", "line 8")


class Judged(Two):
    """What is learnt of the forty people, and what it is worth."""

    def descent_page(self) -> None:
        self.start = self.typed("start", [START], "Start", name="start", labels=WEIGHTS, format="plain")
        self.rates = {
            key: self.typed(f"lr_{key}", RATE, f"Rate on {name}", low=0, high=1000, name=f"lr_{key}", format="rate")
            for key, name in LOSSES.items()
        }
        message = f"An epoch is a whole number from 0 to {EPOCHS}"
        self.epoch = self.typed("epoch", EARLY, "Epoch to look at", low=0, high=EPOCHS, whole=True, message=message)
        epochs = self.typed("epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        n = self.x.shape[0]
        self.X = hstack([apply("same", self.x), ones(n, 1)])
        self.paths = {key: self._path(key) for key in LOSSES}
        self.far, self.right = dict[str, Node](), dict[str, Node]()
        tables = []
        for key, name in LOSSES.items():
            preds = [sigmoid(self.X @ w.T) for w in self.paths[key]]
            self.far[key] = vstack([mean(square(pred - self.y)) for pred in preds])
            self.right[key] = vstack([mean(same(at_least(pred, 0.5), self.y)) for pred in preds])
            tables.append(
                update({f"w_{key}": Shown(vstack(self.paths[key]), f"Weights on {name}", "short", labels=WEIGHTS)})
                | forward({f"far_{key}": (self.far[key], "Squared error", "short")})
                | result({f"right_{key}": (self.right[key], "Right", "share")})
            )
        last, then = lift(EPOCHS + 1.0), self.epoch + 1.0
        ends = {
            words: result({id: (hstack([row(run, at) for run in runs.values()]), "", format)})
            for words, id, runs, at, format in (
                ("Squared error then", "far_then", self.far, then, "short"),
                ("Predicted right then", "right_then", self.right, then, "share"),
                (f"Squared error after {EPOCHS} epochs", "far_end", self.far, last, "short"),
                (f"Predicted right after {EPOCHS} epochs", "right_end", self.right, last, "share"),
            )
        }
        ends = {"Epoch": result({"both": (twice(self.epoch), "", "plain")}), **ends}
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
        self.page("Descent: two losses, one start", texts.ABOUT_DESCENT, down(
            across(
                down(table(self.cells(self.start), names=("",)), facts("", self.cells(*self.rates.values(), self.epoch)),
                     Note(texts.WRONG, 3)),
                beside(*charts),
            ),
            across(grid("", ends, heads=[f"on {name}" for name in LOSSES.values()]), Note(told, 9)),
            across(table(self.cells(epochs), tables[0], None, tables[1]),
                   table(forward({"X": Shown(self.X, "X", "plain", name="X", labels=("value", "1"))}))),
        ), first=self.start)  # fmt: skip

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
        lines: list[Line] = [
            (JUDGED[key], "steps", f"curve_{key}", look) for key, look in zip(JUDGED, LINES, strict=True)
        ]
        drawn = {"healthy": where(same(self.y, 0.0), pred, AWAY), "ill": where(same(self.y, 1.0), pred, AWAY)}
        level = vstack([apply("same", self.threshold), apply("same", self.threshold)])
        marked = vstack([apply("same", self.now[key]) for key in ("precision", "recall")])
        size = {"y_min": 0, "y_max": 1, "width": 370, "height": 300, "wide": 6}
        self.page("Threshold: who is called ill?", texts.ABOUT_THRESHOLD, down(
            across(
                down(
                    facts("Change this", self.cells(self.threshold)),
                    table(result({"confusion": Shown(confusion, "Confusion matrix", "plain", labels=("called healthy", "called ill"))}),
                          names=("healthy", "ill"), corner="truth"),
                    facts("", shown("result", {key: (node, JUDGED[key]) for key, node in self.now.items()}, style="cells", format="share"),
                          result({"nobody": Shown(1.0 - self.n_ill / float(n), "Accuracy of: nobody is ill", "share")})),
                ),
                beside(
                    plot("Forty people and the threshold", "value of the blood test", "prediction", [
                        ("healthy", self.x, "healthy", "class 1"), ("ill", self.x, "ill", "class 2"), ("threshold", "ends", "level", "line 8"),
                    ], "The people on the S-curve, ill and healthy, and the threshold as a level line.", x_min=-4, x_max=4,
                         x_format="0", y_format="0.0", **size),
                    plot("Every threshold", "threshold", "share", [*lines, ("precision and recall now", "level", "marked", "mark")],
                         "Precision rises with the threshold, recall falls.", x_max=1, x_format="0.0", y_format="0%", **size),
                ),
            ),
            Note(texts.THRESHOLD.format(nobody=self.as_it_came(1.0 - mean(self.y))[0].item()), 14),
            across(
                table(forward({"pred": Shown(pred, "Prediction", "short"), "truth": Shown(apply("same", self.y), "Ill", "plain")}),
                      result({"called": (called, "Called ill"), "hit": (same(called, self.y), "Right")}, style="cells", format="plain"),
                      names=n, corner="Person"),
                table(forward({key: (node, f"Drawn, {key}") for key, node in drawn.items()}, style="cells", format="short"),
                      after={-1: texts.DRAWN_AWAY}),
                table(self.cells(ends), forward({"level": (level, "Line, y"), "marked": (marked, "Marked")}, format="short")),
                table(self.cells(steps),
                      result({f"many_{key}": (node, title) for (key, node), title in zip(many.items(), ("Ill, called ill", "All called ill"), strict=True)},
                             format="plain"),
                      result({f"curve_{key}": (node, JUDGED[key]) for key, node in self.curves.items()}, style="cells", format="share")),
            ),
        ), first=self.threshold)  # fmt: skip

    def _judged(self, found: Node, called: Node) -> dict[str, Node]:
        """Precision, recall and accuracy from how many are ill and called ill, and how many are called ill; (n, 1) each.

        Where nobody is called ill, nobody is called so wrongly: the precision is 1, as in scikit-learn's curve.
        """
        n = float(self.x.shape[0])
        right = n - called - self.n_ill + 2.0 * found
        precision = where(same(called, 0.0), 1.0, found / called)
        return {"precision": precision, "recall": found / self.n_ill, "accuracy": right / n}
