"""Lesson 5, the sheets Classes and Rank: a name is not a number; dummy columns, and one of them too many."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.blanks import Blanks
from sheetnet.graph.node import Node, apply, hstack, lift, row, square, vstack, where
from sheetnet.page.flow import across, beside, down, level
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import Group, Shown, agreement, backward, forward, result

CLASSES = ("First class", "Second class", "Third class")
COLUMNS = ("Class 1", "Class 2", "Class 3", "Ones", "Number")
TINY = 1e-6  # of a pivot: beneath it, nothing is new
FLAT = 0.001  # of a determinant: beneath it is rounding, and no inverse
SETS = {
    "number": "One number, and ones",
    "three": "Three dummies",
    "two_ones": "Two dummies, and ones",
    "two": "Two dummies alone",
    "four": "Three dummies, and ones",
}
PICKED = {"three": [0, 1, 2], "two_ones": [0, 1, 3], "two": [0, 1], "four": [0, 1, 2, 3]}  # of COLUMNS
DRAWN = {"one number": "number", "three dummies (or two, and ones)": "three", "two dummies alone": "two"}
ABOUT_CLASSES = "Five ways to show a class to a linear model. Change the yellow numbers: which losses move? A determinant of 0 means: no single answer."
NOTE = (
    "A dummy column asks one question: is it this class? 1 yes, 0 no. The model may then give each class a weight of its own. One number for all classes forces the three predictions onto a straight line.\n\n"
    "Try this: give the classes the numbers 1, 3, 2, or 2, 1, 3. Only the first loss moves. In truth the order 1, 2, 3 happens to fit here; for ports or names there is no order at all. And 3, 3, 3? Nothing tells the classes apart: the determinant is 0, there is no inverse, and the weights below are an error value."
)
IN_FULL = "X for one passenger of each class; X'X counts them."
ABOUT_RANK = "Type 1 to take a column, 0 to leave it. What each column shares with the ones before it is taken out, step by step; what is left is new."
RANK_NOTE = (
    "Each step takes out of all columns what they share with one column. Its pivot is what was new in it: the sum of its squares that is still left. Under each table: how many times that column each other contains. A pivot of 0: the column says nothing that the columns before it had not said.\n\n"
    "Try this: take 1 1 1 1 0 (Ones = Class 1 + Class 2 + Class 3: nothing new), then 1 1 1 0 0, then 1 1 0 1 0. Two columns are enough for three classes, if there are ones. And 0 0 0 1 1? And all five?"
)


class Classes:
    """Five ways to write a class, and what is new in each column."""

    def __init__(self, lesson: Lesson, blanks: Blanks) -> None:
        self.blanks, pclass = blanks, blanks.raw["Pclass"]
        self.dummies = [apply("equal", pclass, lift(k + 1.0)) for k in range(3)]
        self._classes(lesson)
        self._rank(lesson)

    # ---- Classes

    def _classes(self, lesson: Lesson) -> None:
        codes = self.codes = lesson.typed("codes", [[1.0], [2.0], [3.0]], "Number given", name="class_codes")
        self.counts = vstack([apply("sum", dummy) for dummy in self.dummies])
        self.survivors = vstack([apply("sum", dummy * self.blanks.y) for dummy in self.dummies])
        self.share = self.survivors / self.counts
        seen = {
            "counts": Shown(self.counts, "Passengers", "plain", name="class_counts"),
            "survivors": Shown(self.survivors, "Survived", "plain", name="class_survivors"),
            "share": Shown(self.share, "Share", name="class_share"),
        }
        number = hstack([apply("same", codes), 0.0 * codes + 1.0])
        rows = {"number": forward({"coding.number.X": Shown(number, "X", "plain", labels=("Number", "Ones"))})}
        for key, columns in PICKED.items():
            labels = tuple(COLUMNS[k] for k in columns)
            values = np.hstack([np.eye(3), np.ones((3, 1))])[:, columns]
            rows[key] = lesson.cells(lesson.typed(f"coding.{key}.X", values, "X", "fixed", labels=labels))
        bands, dets, losses = zip(*(self._coding(key, group) for key, group in rows.items()), strict=True)
        self.number_loss = losses[0]
        shown = [
            where(apply("greater", det, lift(FLAT)), loss, said("no inverse"))
            for det, loss in zip(dets, losses, strict=True) if loss is not None
        ]  # fmt: skip
        found = {"det": (vstack(dets), "Determinant", "plain"), "here.classes.loss": (vstack(shown), "Loss")}
        bars = {"survived": "classes.share", **{words: f"coding.{key}.pred" for words, key in DRAWN.items()}}
        names = Some("codes", cols=(-1, -1))
        lesson.page("Classes: a name is not a number", ABOUT_CLASSES, down(
            across(
                down(
                    table(lesson.cells(codes), forward(seen), names=CLASSES, named="word"),
                    down(
                        table(
                            result(found, format="loss"), names=list(SETS.values()), named="word", short="no inverse",
                            lead="Five ways, one answer?", after={len(shown): "many weights are equally good"},
                        ),
                        Words("Loss: the mean squared error over all passengers.", "hint"),
                        gap=0,
                    ),
                ),
                down(
                    plot("The share that survived, and what the ways predict", "class", "share that survived",
                         [(words, names, id, f"line {i + 1}") for i, (words, id) in enumerate(bars.items())],
                         "Bars by class: the share that survived, and what three of the five ways predict.",
                         y_format="0%", x_min=None, y_min=0, columns=True),
                    Note(NOTE),
                ),
            ),
            down(Words("Each way in full"), Words(IN_FULL, "hint"), gap=0),
            level(*zip(*bands, strict=True)),
        ))  # fmt: skip

    def _coding(self, key: str, rows: Group) -> tuple[tuple[Part, ...], Node, Node | None]:
        """What the model sees of each class, X'X over all passengers, weights, predictions; determinant and loss."""
        one = rows[f"coding.{key}.X"]
        X, gram = one.node, one.node.T @ (self.counts * one.node)
        squares = forward({f"coding.{key}.gram": Shown(gram, "X'X", "plain", labels=one.labels)})
        seen = table(rows, names=CLASSES, named="word", corner=SETS[key]), table(squares)
        det = apply("determinant", gram)
        if key == "four":
            return (*seen, Words("X'X has no inverse: its determinant is 0", "hint")), det, None
        if key == "number":  # of equal numbers, also where rounding would leave an inverse, none
            gram = where(apply("greater", det, lift(FLAT)), gram, 0.0 * gram)
        w = apply("inverse", gram) @ (X.T @ self.survivors)
        pred = X @ w
        # of each class: how far the prediction is from the share, and the spread within the class
        off = square(pred - self.share) + self.share * (1.0 - self.share)
        loss = apply("sum", self.counts * off) / apply("sum", self.counts)
        weights = table(forward({f"coding.{key}.weights": (w, "Weights")}), after=dict(enumerate(one.labels)))
        fit = result({f"coding.{key}.loss": (loss, "Loss", "loss")})
        return (*seen, beside(weights, table(forward({f"coding.{key}.pred": (pred, "Prediction")}), fit))), det, loss

    # ---- Rank

    def _rank(self, lesson: Lesson) -> None:
        rule: dict[str, Any] = {"low": 0, "high": 1, "whole": True, "message": "1 takes the column, 0 leaves it"}
        take = self.take = lesson.typed("take", [[1.0, 1.0, 1.0, 1.0, 0.0]], name="take", **rule)
        labels = *COLUMNS, "Survived"
        first, second, third = (dummy * row(self.codes, k + 1) for k, dummy in enumerate(self.dummies))
        shown = [apply("same", node) for node in (*self.dummies, self.blanks.ones)]
        Z = hstack([*shown, first + second + third, apply("same", self.blanks.y)])
        taken = hstack([apply("same", take), lift(1.0)])
        left, pivots = Z.T @ Z * taken.T * taken, []
        steps: list[Part] = []
        for k, label in enumerate(labels):
            column = row(left, k + 1).T
            pivots.append(row(column, k + 1))
            words = f"Left after {', '.join(COLUMNS[:k])}" if k else "X'X of the columns taken"
            steps.append(table(
                forward({f"left_{k}": Shown(left, words, labels=labels)}, format="feature"), None,
                forward({f"column_{k + 1}": (column, label)}, format="feature"), names=labels,
            ))  # fmt: skip
            if label in COLUMNS:
                share = column.T / where(apply("greater", pivots[k], lift(TINY)), pivots[k], 1.0)
                times = table(backward({f"share_{k + 1}": (share,)}, format="feature"), names=[f"times {label}"])
                steps[k] = down(steps[k], times, gap=0)
                left = left - column * share
        columns = {"Z": Shown(Z, "all columns, and Survived", "plain", name="all_columns", labels=labels)}
        lesson.page("Rank: what is new in each column?", ABOUT_RANK, across(
            down(
                grid("", {"Take it?": lesson.cells(take)}, heads=COLUMNS, frozen=True),
                table(columns, names=self.blanks.n, corner="No", tight=True),
            ),
            down(
                across(self._findings(vstack(pivots[:5]), pivots[5]), Note(RANK_NOTE, 5)),
                facts("", {"taken": Shown(taken, "taken", "plain", name="taken")}),
                *steps,
            ),
        ))  # fmt: skip

    def _findings(self, pivots: Node, rest: Node) -> Part:
        """Pivots, and what follows from them; rest: what the columns leave of Survived."""
        new = apply("greater", pivots, lift(TINY))
        factors = where(self.take.T, pivots * new, 1.0)
        so_far = [row(factors, 1)]
        for k in range(1, 5):
            so_far.append(so_far[-1] * row(factors, k + 1))
        self.n_taken, self.rank, self.det = apply("sum", self.take), apply("sum", new), apply("same", so_far[-1])
        dependent = said("some column says nothing new: X'X has no inverse")
        verdict = where(apply("equal", self.rank, self.n_taken), said("each column says something new"), dependent)
        verdict = where(self.n_taken, verdict, said("no column taken"))
        is_new = where(self.take.T, where(new, said("yes"), said("no")), said("not taken"))
        steps = {"factors": Shown(factors, "Factor", name="factors"), "product": Shown(vstack(so_far), "Product")}
        loss = rest / apply("sum", self.blanks.ones)
        found = {
            "n_taken": (self.n_taken, "Columns taken"), "rank": (self.rank, "Rank: pivots not 0"),
            "det": (self.det, "Determinant"), "loss": (loss, "Smallest loss", "loss"),
        }  # fmt: skip
        return down(
            table(
                result({"pivots": Shown(pivots, "Pivot", name="pivots")}, format="feature"),
                result({"new": (is_new, "New?")}, format="text"), forward(steps, format="plain"),
                names=COLUMNS, named="word",
            ),
            facts("", result(found, format="plain"), agreement({"verdict": (verdict, "Verdict")})),
        )  # fmt: skip
