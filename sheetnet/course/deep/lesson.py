"""Lesson 10: hidden layers, backwards and forwards; what a start can spoil; which model would you take?"""

from __future__ import annotations

from sheetnet.course.deep import texts
from sheetnet.course.deep.compared import ALL, Compared
from sheetnet.course.deep.shapes import NAMES
from sheetnet.course.deep.starts import LABELS, TWO
from sheetnet.course.lesson import Pair, Watched, Word


class Deep(Compared):
    """What the lesson is for, and its words; the sheets come from Chain, Shapes, Starts and Compared."""

    name, predicts = "deep", True
    minutes, pictured = 60, "Descent"
    goals = (
        "follow a gradient back through two hidden layers",
        "choose a start with which a deep net learns",
        "say what a larger model costs, and what it brings",
    )
    to_fill = (
        "chain.pred", "chain.error", "chain.loss", "chain.d_pred", "chain.grad_W_3", "chain.d_b_3",
        "descent.row_loss", "descent.d_pred", "dead.b_then", "dead.rows", "dead.size",
        "fold.units", "fold.pieces", "fold.wide", "spread.he", "models.cost", "models.mean",
    )  # fmt: skip
    title = texts.TITLE
    purpose = texts.PURPOSE
    tries = texts.TRIES

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

    # ---- what is compared, the words

    def pairs(self) -> list[Pair]:
        return [
            Pair("chain.grad_W_1", "Gradient of W_1", ("1", "2", "3"), "short"),
            Pair("descent.losses", "Loss, descent", format="short", by_epoch=True),
            Pair("units.errors", "Loss of each net", format="small", names=NAMES),
            Pair("dead.losses", "Loss of both nets", TWO, "short", by_epoch=True),
            Pair("spread.sizes", "Mean size, for a spread of", self.spreads, "short", by_epoch=True),
            Pair("vanishing.sizes", "Size of the gradient", ("ReLU", "sigmoid"), "small"),
            Pair("starts.ends", "Final loss", LABELS, "short"),
            Pair("models.losses", "Loss on part 1", format="short", names=ALL),
        ]

    def watched(self) -> list[Watched]:
        seen = {"X": self.X, "y": self.y, **self.P, "rate, Descent": self.lr, **self.watched_points}
        seen |= {f"{name}, start": node for name, node in self.one.start.items()}
        seen |= {"bias": self.bias, "rate, Dead": self.dead_lr, "spread": self.spread}
        seen |= {f"spread, {key}": node for key, node in self.of_kind.items()}
        seen |= {"noise": self.strength, "rate, Starts": self.starts_lr}
        return [Watched(node, title) for title, node in seen.items()]

    def words(self) -> list[Word]:
        return [Word(*one) for one in texts.WORDS]


LESSON = Deep
