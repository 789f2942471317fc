"""Lesson 11: embeddings: numbers for things, learnt from ratings; nearest by cosine, and two principal components."""

from __future__ import annotations

from sheetnet.course.embeddings import texts
from sheetnet.course.embeddings.near import Near
from sheetnet.course.embeddings.own import FOODS
from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.graph.node import where


class Embeddings(Near):
    """What the lesson is for, and its words; the sheets come from Lookup, Train and Near."""

    name, predicts = "embeddings", True
    minutes, pictured = 45, "Components"
    goals = texts.GOALS
    to_fill = (
        "match.dot", "match.made", "match.dots",
        "ratings.n_missing", "ratings.mean", "ratings.all_zero", "ratings.there", "ratings.zero",
        "recommend.best", "recommend.off",
        "nearest.cosine", "nearest.far", "nearest.length",
        "meaning.each", "meaning.apart",
    )  # fmt: skip
    title = texts.TITLE
    purpose = texts.PURPOSE
    tries = texts.TRIES

    def sheets(self) -> None:
        for page in ("lookup", "match", "ratings", "train", "recommend", "you", "nearest", "components", "meaning"):
            getattr(self, f"{page}_page")()

    # ---- what is compared, the words

    def pairs(self) -> list[Pair]:
        return [
            Pair(id, title, FOODS if labels == "foods" else tuple(labels), "short") for id, (title, labels) in texts.COMPARED.items()
        ]  # fmt: skip

    def watched(self) -> list[Watched]:
        seen = {
            "tastes": self.tastes, "person": self.person, "ratings": where(self.known, self.R, -1.0), "kept back": self.kept_back,
            **{f"start of {key}": node for key, node in self.start.items()}, "rate": self.lr, "decay": self.decay,
            "your ratings": where(self.rated, self.own, -1.0), "food of Nearest": self.alike, "stretch": self.stretch,
            "first direction": self.begin, "angle": self.angle, "mirror": self.mirror,
        }  # fmt: skip
        return [Watched(node, title) for title, node in seen.items()]

    def words(self) -> list[Word]:
        return [Word(*one) for one in texts.WORDS]


LESSON = Embeddings
