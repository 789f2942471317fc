"""Lesson 5, the sheet Rank, for the curious: what each column says that the columns before it do not."""

from __future__ import annotations

from typing import Any

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.blanks import Blanks
from sheetnet.course.preparing.classes import COLUMNS, Classes
from sheetnet.graph.node import Node, apply, hstack, lift, row, vstack, where
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, table
from sheetnet.page.shown import Shown, agreement, backward, forward, result

TINY = 1e-6  # of a pivot: beneath it, nothing is new
TITLE = "Rank: what is new in each column? (for the curious)"
ABOUT = "Type 1 to take a column, 0 to leave it. What it shares with the columns before it is taken out. What is left is new."
EXAMPLE = "Small first: three passengers, one of each class"
ONE_OF_EACH = {
    name: {str(k): "1" if k in (i, 3) else "0" for k in range(4)}
    for i, name in enumerate(("first class", "second class", "third class"))
} | {"is it new?": {"0": "yes", "1": "yes", "2": "yes", "3": "no: the sum of the others"}}
NOTE = (
    "Pivot: how much of a column is new, as a sum of squares. 0: the columns before it say it all.\n\n"
    "Rank: how many columns are new.\nDeterminant: all pivots multiplied."
)
TRY = (
    "Try this: take 1 1 1 1 0. Ones = Class 1 + Class 2 + Class 3, so it is nothing new. Then take 1 1 1 0 0, then 1 1 0 1 0. Two columns are enough for three classes, if there are ones. And 0 0 0 1 1? And all five?\n\n"
    "Each step below takes out of all columns what they share with one column. Under each table: how many times the others contain that column."
)


class Rank:
    """What is new in each of five columns, those that are taken."""

    def __init__(self, lesson: Lesson, blanks: Blanks, classes: Classes) -> None:
        self.blanks = blanks
        self._rank(lesson, classes)

    def _rank(self, lesson: Lesson, classes: Classes) -> None:
        rule: dict[str, Any] = {"low": 0, "high": 1, "whole": True, "message": "1 takes the column, 0 leaves it"}
        take = self.take = lesson.typed("take", [[1.0, 1.0, 1.0, 1.0, 0.0]], name="take", **rule)
        labels = *COLUMNS, "Survived"
        first, second, third = (dummy * row(classes.codes, k + 1) for k, dummy in enumerate(classes.dummies))
        shown = [apply("same", node) for node in (*classes.dummies, self.blanks.ones)]
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
        lesson.page(TITLE, ABOUT, across(
            down(
                grid("", {"Take it?": lesson.cells(take)}, heads=COLUMNS, frozen=True),
                table(columns, names=self.blanks.n, corner="No", tight=True),
            ),
            down(
                across(grid(EXAMPLE, ONE_OF_EACH, heads=COLUMNS[:4], band="lead"), Note(NOTE, 2)),
                self._findings(vstack(pivots[:5]), pivots[5]),
                Note(TRY),
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
        verdict = where(
            apply("equal", self.rank, self.n_taken), said("all columns are new"), said("not all columns are new")
        )
        verdict = where(self.n_taken, verdict, said("no column taken"))
        is_new = where(self.take.T, where(new, said("yes"), said("no")), said("not taken"))
        steps = {"factors": Shown(factors, "Factor", name="factors"), "product": Shown(vstack(so_far), "Product")}
        loss = rest / apply("sum", self.blanks.ones)
        found = {
            "n_taken": (self.n_taken, "Columns taken"), "rank": (self.rank, "Rank"),
            "det": (self.det, "Determinant", "count"), "loss": (loss, "Smallest loss", "weight"),
        }  # fmt: skip
        return across(
            table(
                result({"pivots": Shown(pivots, "Pivot", name="pivots")}, format="feature"),
                result({"new": (is_new, "New?")}, format="text"), forward(steps, format="count"),
                names=COLUMNS, named="word",
            ),
            facts("", result(found, format="plain"), agreement({"verdict": (verdict, "Verdict")})),
        )  # fmt: skip
