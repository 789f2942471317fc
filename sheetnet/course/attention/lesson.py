"""Lesson 14: attention, and a character transformer that is trained by formulas and writes names."""

from __future__ import annotations

from sheetnet.course.attention.model import SHAPES
from sheetnet.course.attention.own import STEPS
from sheetnet.course.attention.writing import Writing
from sheetnet.course.lesson import Pair, Watched, Word


class Attention(Writing):
    """What the lesson is for, and its words; the sheets come from Tiny, Trained and Writing."""

    name, predicts = "attention", False
    minutes, pictured = 60, "Descent"
    goals = ("a", "b", "c")
    title = "Attention: a transformer that writes names"
    purpose = "p"
    tries = ("a",)

    def sheets(self) -> None:
        self.tokens_page()
        self.attention_page()
        self.scale_page()
        self.mask_page()
        self.names_page()
        self.descent_page()
        self.step_page()
        self.heads_page()
        self.writes_page()

    def ask(self):
        from sheetnet.motifs.exercises import Exercise
        return [Exercise(f"q{i}", float(i+3), hint="h", why="w") for i in range(8)]

    # ---- what is compared, the words

    def pairs(self) -> list[Pair]:
        return [
            Pair("attention.A", "Weights of four tokens", ("1", "2", "3", "4"), "short"),
            Pair("attention.mixed", "What they take", ("1", "2"), "short"),
            Pair("scale.soft", "Softmax, divided", format="short"),
            Pair("descent.losses", "Loss of the transformer", format="short"),
            *(Pair(f"descent.{name}.{STEPS}", f"{name} after {STEPS} steps", format="short") for name in ("Wq", "Wk", "Wv", "Wo")),
            Pair("writes.next_after", "The next letter", tuple(".aeilmnorstu"), "short"),
        ]

    def watched(self) -> list[Watched]:
        seen = {
            "tokens": self.word, "embedding": self.E, "positions": self.Pos, **self.W, "mask": self.masked, "width": self.d,
            "names": self.codes, "rate": self.lr, **{f"{name} at the start": node for name, node in self.start.items()}, "beginning": self.prefix,
        }  # fmt: skip
        return [Watched(node, title) for title, node in seen.items()]

    def words(self) -> list[Word]:
        return []


LESSON = Attention
