"""Lesson 13: a recurrent net, unrolled in time; vanishing and exploding gradients, a gate, a forecast."""

from __future__ import annotations

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.sequences.forecast import Forecast


class Sequences(Forecast):
    """What the lesson is for, and its words; the sheets come from Steps, Lengths, Gates and Forecast."""

    name, predicts = "sequences", True
    minutes, pictured = 50, "Remember"
    title = "Sequences: a memory that runs along"
    purpose = "a"
    tries = ("On Memory",)

    def sheets(self) -> None:
        self.memory_page()
        self.unrolled_page()
        self.backwards_page()
        self.vanish_page()
        self.clip_page()
        self.gate_page()
        self.remember_page()
        self.series_page()

    def pairs(self) -> list[Pair]:
        return [Pair("unrolled.pred", "h")]

    def watched(self) -> list[Watched]:
        return [Watched(self.w, "w")]

    def words(self) -> list[Word]:
        return [Word("a", "b", "unrolled.pred")]


LESSON = Sequences
