"""Lesson 10: hidden layers, backwards and forwards; what a start can spoil; which model would you take?"""

from __future__ import annotations

from sheetnet.course.deep import texts
from sheetnet.course.deep.compared import ALL, Compared
from sheetnet.course.deep.shapes import NAMES
from sheetnet.course.deep.starts import LABELS, TWO
from sheetnet.course.lesson import Pair, Watched, Word


class Deep(Compared):
    """What the lesson is for, and its words; the sheets come from Chain, Shapes, Starts and Compared."""

    name, predicts = "deep", False
    minutes, pictured = 60, "Descent"
    goals = ("a", "b", "c")
    to_fill = ()
    title = "Deep"
    purpose = "Purpose. Two."
    tries = ("Try.",)

    def sheets(self) -> None:
        self.chain_page()
        self.descent_page()
        self.units_page()
        self.fold_page()
        self.dead_page()
        self.spread_page()
        self.vanishing_page()
        self.starts_page()
        self.models_page()

    def pairs(self) -> list[Pair]:
        return [
            Pair("chain.grad_W_1", "Gradient of W_1", ("1", "2", "3"), "short"),
            Pair("descent.losses", "Loss, epoch", format="short", by_epoch=True),
            Pair("units.errors", "Loss of each net", format="small", names=NAMES),
            Pair("dead.losses", "Loss of both nets", TWO, "short", by_epoch=True),
            Pair("spread.sizes", "Mean size", format="short", labels=("a", "b", "c", "yours")),
            Pair("vanishing.sizes", "Mean size of gradients", ("ReLU", "sigmoid"), "small"),
            Pair("starts.ends", "Final loss", LABELS, "short"),
            Pair("models.losses", "Loss on part 1", format="short", names=ALL),
        ]

    def watched(self) -> list[Watched]:
        return [Watched(self.X, "X")]

    def words(self) -> list[Word]:
        return [Word(*one) for one in texts.WORDS]

    def ask(self):
        from sheetnet.motifs.exercises import Exercise

        return [Exercise(f"Number {i}?", float(i)) for i in range(8)]


LESSON = Deep
