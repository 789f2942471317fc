"""Lesson 5, the sheets Classes and Rank: a name is not a number; dummy columns, and one of them too many."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.blanks import Blanks
from sheetnet.graph.node import Node, apply, hstack, lift, row, square, vstack, where
from sheetnet.motifs.steps import number_rows
from sheetnet.page.area import Area
from sheetnet.page.book import Chart, Page, Rule, Series

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
NOTE = (
    "A dummy column asks one question: is it this class? 1 yes, 0 no. The model may then give each class a weight of"
    " its own. One number for all classes forces the three predictions onto a straight line.\n\nTry this: give the"
    " classes the numbers 1, 3, 2, or 2, 1, 3. Only the first loss moves. In truth the order 1, 2, 3 happens to fit"
    " here; for ports or names there is no order at all. And 3, 3, 3? Nothing tells the classes apart: the determinant"
    " is 0, there is no inverse, and the weights below are an error value."
)
RANK_NOTE = (
    "Each step takes out of all columns what they share with one column. Its pivot is what was new in it: the sum of"
    " its squares that is still left. Under each table: how many times that column each other contains. A pivot of 0: the column says nothing that the columns before it had not said."
    "\n\nTry this: take 1 1 1 1 0 (Ones = Class 1 + Class 2 + Class 3: nothing new), then 1 1 1 0 0, then 1 1 0 1 0."
    " Two columns are enough for three classes, if there are ones. And 0 0 0 1 1? And all five?"
)


class Classes:
    """Five ways to write a class, and what is new in each column."""

    def __init__(self, lesson: Lesson, blanks: Blanks) -> None:
        self.blanks, self.pclass = blanks, blanks.raw["Pclass"]
        self.dummies = [apply("equal", self.pclass, lift(k + 1.0)) for k in range(3)]
        self._classes(lesson)
        self._rank(lesson)

    # ---- Classes

    def _classes(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Classes",
            "Classes: a name is not a number",
            "Five ways to show a class to a linear model. Change the yellow numbers: which losses move? A determinant of"
            " 0 means: no single answer.",
            freeze=(2, 1),
        )
        page.widths |= {0: 26.0, **dict.fromkeys(range(1, 16), 11.0), 5: 3.0, 10: 3.0}
        counts = vstack([apply("sum", dummy) for dummy in self.dummies])
        survivors = vstack([apply("sum", dummy * self.blanks.y) for dummy in self.dummies])
        share = survivors / counts
        self.codes = lesson.value("codes", [[1.0], [2.0], [3.0]])
        columns = (
            ("codes", self.codes, "input", "Number given", "plain"),
            ("counts", counts, "forward", "Passengers", "plain"),
            ("survivors", survivors, "forward", "Survived", "plain"),
            ("share", share, "forward", "Share", "weight"),
        )
        for i, words in enumerate(CLASSES):
            page.text(6 + i, 0, words, "word")
        for col, (id, node, role, title, format) in enumerate(columns, start=1):
            page.place(f"classes.{id}", node, 6, col, role, name=f"class_{id}", title=title, format=format)  # type: ignore[arg-type]
        eye, ones = np.eye(3), np.ones((3, 1))
        fixed = {
            "three": eye,
            "two_ones": np.hstack([eye[:, :2], ones]),
            "two": eye[:, :2],
            "four": np.hstack([eye, ones]),
        }
        rows: dict[str, Node] = {"number": hstack([apply("same", self.codes), 0.0 * self.codes + 1.0])}
        rows |= {key: lesson.value(key, value) for key, value in fixed.items()}
        labels = {
            "number": ("Number", "Ones"), "three": COLUMNS[:3], "two_ones": (*COLUMNS[:2], "Ones"),
            "two": COLUMNS[:2], "four": COLUMNS[:4],
        }  # fmt: skip
        dets, losses, shown = [], [], []
        for i, (key, X) in enumerate(rows.items()):
            det, loss = self._coding(page, 35 + 9 * i, key, X, labels[key], counts, share, survivors)
            dets.append(det)
            losses += loss
            shown += [where(apply("greater", det, lift(FLAT)), one, "no inverse") for one in loss]
        page.text(10, 0, "Five ways, one answer?", "lead")
        for i, words in enumerate(SETS.values()):
            page.text(14 + i, 0, words, "word")
        self.number_loss = losses[0]
        size = apply("sum", square(page.book.block("coding.number.gram").node))
        page.place("classes.det", vstack(dets), 14, 1, "result", title="Determinant", format="plain", scale=size)
        page.place("here.classes.loss", vstack(shown), 14, 2, "result", title="Loss", format="loss")
        page.widths |= {1: 15.0, 2: 14.0}
        page.text(14 + 4, 2, "no inverse", "label")
        page.text(14 + 4, 3, "many weights are equally good", "hint")
        page.text(19, 0, "Loss: the mean squared error over all passengers.", "hint")
        self._chart(page)
        page.text(22, 6, NOTE, "note", wide=8, tall=8)
        page.text(30, 0, "Each way in full", "lead")
        page.text(31, 0, "X for one passenger of each class; X'X counts them.", "hint")
        page.active = (6, 1)

    def _coding(
        self,
        page: Page,
        top: int,
        key: str,
        X: Node,
        labels: tuple[str, ...],
        counts: Node,
        share: Node,
        survivors: Node,
    ) -> tuple[Node, list[Node]]:
        """One band: what the model sees of each class, X'X over all passengers, weights, predictions."""
        role = "forward" if key == "number" else "fixed"
        page.text(top - 3, 0, SETS[key], "lead")
        for i, words in enumerate(CLASSES):
            page.text(top + i, 0, words, "word")
        page.place(f"coding.{key}.X", X, top, 1, role, title="X", labels=labels, format="plain")  # type: ignore[arg-type]
        gram = X.T @ (counts * X)
        page.place(f"coding.{key}.gram", gram, top, 6, "forward", title="X'X", labels=labels, format="plain")
        det = apply("determinant", gram)
        if key == "four":
            page.text(top - 3, 11, "X'X has no inverse: its determinant is 0", "hint")
            return det, []
        if key == "number":  # of equal numbers, also where rounding would leave an inverse, none
            gram = where(apply("greater", det, lift(FLAT)), gram, 0.0 * gram)
        w = (apply("inverse", gram) @ (X.T @ survivors)).named("solution")
        page.place(f"coding.{key}.weights", w, top, 11, "forward", title="Weights", format="weight")
        for i, label in enumerate(labels):
            page.text(top + i, 12, label, "hint")
        pred = X @ w
        page.place(f"coding.{key}.pred", pred, top, 13, "forward", title="Prediction", format="weight")
        # of each class: how far the prediction is from the share, and the spread within the class
        off = square(pred - share) + share * (1.0 - share)
        loss = apply("sum", counts * off) / apply("sum", counts)
        page.place(f"coding.{key}.loss", loss, top, 14, "result", title="Loss", format="loss")
        return det, [loss]

    def _chart(self, page: Page) -> None:
        names = Area("Classes", 6, 0, 3, 1)
        bars = (
            ("survived", "classes.share"),
            ("one number", "coding.number.pred"),
            ("three dummies (or two, and ones)", "coding.three.pred"),
            ("two dummies alone", "coding.two.pred"),
        )
        series = tuple(
            Series(label, names, page.book.block(id).area, f"line {i + 1}") for i, (label, id) in enumerate(bars)
        )
        alt = "Bars by class: the share that survived, and what three of the five ways predict."
        title = "The share that survived, and what the ways predict"
        chart = Chart(3, 6, title, "class", "share that survived", series, alt, "0%", None, None, 0, columns=True)
        page.charts.append(chart)

    # ---- Rank

    def _rank(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Rank",
            "Rank: what is new in each column?",
            "Type 1 to take a column, 0 to leave it. What each column shares with the ones before it is taken out, step by"
            " step; what is left is new.",
            freeze=(5, 1),
        )
        page.widths |= {0: 10.0, **dict.fromkeys(range(1, 7), 9.0), 7: 3.0, 8: 19.0, 15: 3.0, 16: 13.0}
        self.take = lesson.value("take", [[1.0, 1.0, 1.0, 1.0, 0.0]])
        for j, name in enumerate(COLUMNS):
            page.text(3, 1 + j, name, "head")
        page.text(4, 0, "Take it?", "label")
        block = page.place("rank.take", self.take, 4, 1, "input", name="take", format="plain")
        page.rules.append(Rule(block.area, True, 0, 1, "1 takes the column, 0 leaves it"))
        shown = [apply("same", node) for node in (*self.dummies, self.blanks.ones)]
        Z = hstack([*shown, self._number(), apply("same", self.blanks.y)])
        number_rows(page, self.blanks.n, 9)
        labels = (*COLUMNS, "Survived")
        page.place(
            "rank.Z", Z, 9, 1, "forward", name="Z", title="Z: all columns, and Survived", labels=labels, format="plain"
        )
        taken = hstack([apply("same", self.take), lift(1.0)])
        page.place("rank.taken", taken, 21, 9, "forward", name="taken", title="taken", side=True, format="plain")
        left = Z.T @ Z * taken.T * taken
        pivots, first = [], left  # near zero means: beside the numbers that the steps begin with
        for k in range(6):
            top = 26 + 12 * k
            words = f"Left after {', '.join(COLUMNS[:k])}" if k else "Z'Z of the columns taken"
            page.place(
                f"rank.left_{k}", left, top, 9, "forward", title=words, labels=labels, format="feature", scale=first
            )
            column = row(left, k + 1).T
            page.place(
                f"rank.column_{k + 1}", column, top, 16, "forward", title=labels[k], format="feature", scale=first
            )
            for i, label in enumerate(labels):
                page.text(top + i, 8, label, "label")
            pivots.append(row(column, k + 1))
            if k < 5:
                share = column.T / where(apply("greater", pivots[k], lift(TINY)), pivots[k], 1.0)
                page.text(top + 6, 8, f"times {labels[k]}", "label")
                page.place(f"rank.share_{k + 1}", share, top + 6, 9, "backward", format="feature", scale=first)
                left = left - column * share
        self._findings(page, pivots[:5], pivots[5], first)
        page.text(3, 14, RANK_NOTE, "note", wide=5, tall=13)
        page.active = (4, 1)

    def _number(self) -> Node:
        """The class as the number that was given to it, (n, 1)."""
        parts = [dummy * row(self.codes, k + 1) for k, dummy in enumerate(self.dummies)]
        return parts[0] + parts[1] + parts[2]

    def _findings(self, page: Page, pivots: list[Node], rest: Node, first: Node) -> None:
        top, column = 6, vstack(pivots)
        for i, name in enumerate(COLUMNS):
            page.text(top + i, 8, name, "word")
        page.place("rank.pivots", column, top, 9, "result", name="pivots", title="Pivot", format="feature", scale=first)
        new = where(self.take.T, where(apply("greater", column, lift(TINY)), "yes", "no"), "not taken")
        page.place("rank.new", new, top, 10, "result", title="New?", format="text")
        factors = where(self.take.T, column * apply("greater", column, lift(TINY)), 1.0)
        page.place("rank.factors", factors, top, 11, "forward", name="factors", title="Factor", format="plain")
        product, so_far = row(factors, 1), []
        for k in range(5):
            product = product * row(factors, k + 1) if k else product
            so_far.append(product)
        page.place("rank.product", vstack(so_far), top, 12, "forward", title="Product", format="plain")
        page.widths |= {9: 12.0, 10: 11.0, 11: 11.0, 12: 12.0}
        self.n_taken, self.rank = apply("sum", self.take), apply("sum", apply("greater", column, lift(TINY)))
        self.det = apply("same", so_far[-1])
        self.loss = rest / apply("sum", self.blanks.ones)
        findings = (
            ("n_taken", self.n_taken, "Columns taken", "plain"),
            ("rank", self.rank, "Rank: pivots not 0", "plain"),
            ("det", self.det, "Determinant", "plain"),
            ("loss", self.loss, "Smallest loss", "loss"),
        )
        for i, (id, node, title, format) in enumerate(findings):
            page.place(f"rank.{id}", node, 13 + i, 9, "result", title=title, side=True, format=format)
        dependent = "some column says nothing new: X'X has no inverse"
        verdict = where(apply("equal", self.rank, self.n_taken), "each column says something new", dependent)
        verdict = where(self.n_taken, verdict, "no column taken")
        page.place("rank.verdict", verdict, 17, 9, "agreement", title="Verdict", side=True, format="text")
