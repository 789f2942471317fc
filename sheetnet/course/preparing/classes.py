"""Lesson 5, the sheet Classes: a name is not a number; dummy columns, and one of them too many."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.blanks import Blanks
from sheetnet.graph.node import Node, apply, hstack, lift, square, vstack, where
from sheetnet.page.flow import across, beside, down, level
from sheetnet.page.grid import grid
from sheetnet.page.language import said
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import Group, Shown, forward, result

CLASSES = ("First class", "Second class", "Third class")
COLUMNS = ("Class 1", "Class 2", "Class 3", "Ones", "Number")
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
DUMMIES = {
    "First class": {"one": "1", "two": "0"},
    "Second class": {"one": "0", "two": "1"},
    "Third class: neither": {"one": "0", "two": "0"},
}
ABOUT_CLASSES = "Five ways to show a class to a linear model. Change the yellow numbers: which losses move?"
NOTE = (
    "A dummy column asks one question: is it this class? 1 means yes, 0 means no. So each class gets a weight of its own.\n\n"
    "With one number for the class, the three predictions must lie on a straight line."
)
TRY = (
    "Try this: give the classes the numbers 1, 3, 2, or 2, 1, 3. Only the first loss moves. Here the order 1, 2, 3 happens to fit. For ports or names there is no order at all.\n\n"
    "And 3, 3, 3? Nothing tells the classes apart. The determinant is 0, there is no inverse, and the weights below are an error value."
)
OF_LOSS = "Loss: the mean squared error over all passengers."
OF_DETERMINANT = "Determinant: a number made of X'X. Is it 0? Then no single answer is best."
IN_FULL = "X: one passenger of each class. X' is X turned on its side; X'X counts the passengers."


class Classes:
    """Five ways to write a class, and what is new in each column."""

    def __init__(self, lesson: Lesson, blanks: Blanks) -> None:
        self.blanks, pclass = blanks, blanks.raw["Pclass"]
        self.dummies = [apply("equal", pclass, lift(k + 1.0)) for k in range(3)]
        self._classes(lesson)

    def _classes(self, lesson: Lesson) -> None:
        codes = self.codes = lesson.typed("codes", [[1.0], [2.0], [3.0]], "Number given", name="class_codes")
        self.counts = vstack([apply("sum", dummy) for dummy in self.dummies])
        self.survivors = vstack([apply("sum", dummy * self.blanks.y) for dummy in self.dummies])
        self.share = self.survivors / self.counts
        seen = {
            "counts": Shown(self.counts, "Passengers", "plain", name="class_counts"),
            "survivors": Shown(self.survivors, "Survived", "plain", name="class_survivors"),
            "share": Shown(self.share, "Share", "share", name="class_share"),
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
        found = {"det": (vstack(dets), "Determinant", "count"), "here.classes.loss": (vstack(shown), "Loss")}
        bars = {"survived": "classes.share", **{words: f"coding.{key}.pred" for words, key in DRAWN.items()}}
        names = Some("codes", cols=(-1, -1))
        lesson.page("Classes: a name is not a number", ABOUT_CLASSES, down(
            across(
                down(
                    table(lesson.cells(codes), forward(seen), names=CLASSES, named="word"),
                    down(
                        table(
                            result(found), names=list(SETS.values()), named="word", short="no inverse",
                            lead="Five ways, one answer?", after={len(shown): "many weights are equally good"},
                        ),
                        Words(OF_LOSS, "hint"), Words(OF_DETERMINANT, "hint"),
                        gap=0,
                    ),
                ),
                down(
                    across(
                        grid("Two columns, and ones, are enough for three classes", DUMMIES, heads=COLUMNS[:2], band="lead"),
                        Note(NOTE, 4),
                    ),
                    plot("The share that survived, and what the ways predict", "class", "share that survived",
                         [(words, names, id, f"line {i + 1}") for i, (words, id) in enumerate(bars.items())],
                         "Bars by class: the share that survived, and what three of the five ways predict.",
                         y_format="0%", x_min=None, y_min=0, columns=True, width=680, height=220),
                    Note(TRY),
                ),
            ),
            down(Words("For the curious: each way in full"), Words(IN_FULL, "hint"), gap=0),
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
        fit = result({f"coding.{key}.loss": (loss, "Loss")})
        return (*seen, beside(weights, table(forward({f"coding.{key}.pred": (pred, "Prediction")}), fit))), det, loss
