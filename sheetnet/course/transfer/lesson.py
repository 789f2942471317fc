"""Lesson 15: weights that were trained elsewhere, a few rows, frozen layers; numbers of few bits."""

from __future__ import annotations

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.transfer import texts
from sheetnet.course.transfer.digits import NAMES, Digits
from sheetnet.course.transfer.nets import PAIR, WAVES


class Transfer(Digits):
    """What the lesson is for, and its words; the sheets come from Nets, Ways and Digits."""

    name, predicts = "transfer", True
    minutes, pictured = 45, "Three"
    goals = (
        "use weights that were trained elsewhere",
        "say what freezing does, and when transfer harms",
        "say what half precision keeps of a number",
    )
    to_fill = (
        "old.wave_loss", "old.loss", "features.curve", "features.few", "frozen.pred", "frozen.error", "frozen.grad",
        "frozen.after", "three.curve_frozen", "rounded.far", "rounded.loss", "sum.exact",
    )  # fmt: skip
    title, purpose = texts.TITLE, texts.PURPOSE
    tries = texts.TRIES

    def sheets(self) -> None:
        self.rows()
        self.learn()
        self.old_page()
        self.features_page()
        self.three_page()
        self.way_pages()
        self.digits_page()
        self.rounded_page()
        self.sum_page()

    def pairs(self) -> list[Pair]:
        both = ("few rows", "kept back")
        return [
            Pair("old.pred", "Old waves", WAVES, "short"),
            Pair("features.learnt", "Features", PAIR, "short"),
            *(Pair(f"three.{key}_{way}_curve", f"Loss of {way}, {what}", format="grows", by_epoch=True)
              for way in self.ways for key, what in zip(("few", "kept"), both, strict=True)),
            Pair("frozen.grad", "Gradient of the head", format="short"),
            Pair("whole.old_loss", "Old loss of whole", format="grows", by_epoch=True),
            Pair("digits.near", "The number, rounded", NAMES, "tiny"),
            Pair("rounded.pred_rounded", "Rounded net", format="short"),
            Pair("sum.sum_float16", "Sum in float16", format="fine"),
        ]  # fmt: skip

    def watched(self) -> list[Watched]:
        seen = {
            **{f"old {name}": node for name, node in self.old.items()}, **{f"start {name}": node for name, node in self.start.items()},
            "x": self.x, "y": self.Y, "x kept back": self.x_kept, "y kept back": self.Y_kept, "old x": self.x_old,
            "old y": self.Y_old, "task": self.task, "epoch": self.at, "rate": self.lr, "smaller rate": self.smaller,
            **{f"head of {way}, {name}": self.book.block(f"{way}.{name}.0").node for way in ("frozen", "whole") for name in ("W_3", "b_3")},
            "number": self.number, "bits": self.bits, "sum so far": self.first, "added": self.added,
        }  # fmt: skip
        long = {self.Y_kept: self.x_kept, self.Y_old: self.x_old}  # with what weighs their rows
        return [Watched(node, title, long.get(node), centred=node in long) for title, node in seen.items()]

    def words(self) -> list[Word]:
        return [Word(*one) for one in texts.WORDS]


LESSON = Transfer
