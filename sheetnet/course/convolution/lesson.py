"""Lesson 12: a filter slid over a picture, and filters that are learnt."""

from __future__ import annotations

from sheetnet.course.convolution.learn import LABELS, Learn
from sheetnet.course.lesson import Pair, Watched, Word


class Convolution(Learn):
    """What the lesson is for, and its words; the sheets come from Slide, Shapes and Learn."""

    name, predicts = "convolution", True
    minutes, pictured = 45, "Learn"
    goals = (
        "slide a filter over a picture by hand and by formula",
        "say how large an output is, and how few numbers make it",
        "see a filter being learnt from pictures",
    )
    to_fill = ("slide.each", "slide.by_sum", "slide.out", "product.product", "sizes.by_formula", "sizes.pooled")
    title = "Convolution: a filter looks at a picture"
    purpose = "A picture is a matrix. A small filter moves over it and answers at each place. You see edges come out, find that it is a matrix product after all, and watch a filter being learnt that nobody gave."
    tries = ("On Slide, point at other pixels. Then paint the picture: where is the output blue, where orange?",)

    def sheets(self) -> None:
        self.slide_page()
        self.filters_page()
        self.product_page()
        self.sizes_page()
        self.sharing_page()
        self.shift_page()
        self.find_page()
        self.bars_page()
        self.learn_page()

    # ---- what is compared, the words

    def pairs(self) -> list[Pair]:
        return [
            Pair("slide.out", "Output", format="short"),
            Pair("product.product", "Patches × filter", format="short"),
            Pair("sizes.same_size", "Padding 1", format="short"),
            Pair("sizes.strided", "Stride 2", format="short"),
            Pair("sizes.pooled", "Max pool", format="short"),
            Pair("find.losses", "Loss of Find", format="short"),
            Pair("find.taps", "Filter of Find", LABELS, "short"),
            Pair("learn.losses_given", "Loss of Learn", format="short"),
            Pair("learn.taps", "Filter of Learn", LABELS, "short"),
        ]

    def watched(self) -> list[Watched]:
        seen = {
            "picture": self.picture, "filter": self.taps, "hidden filter": self.hidden, "rate of Find": self.find_lr,
            "speckled picture": self.speckles, "filter at the start": self.start, "rate of Learn": self.lr,
            "pictures to learn from": self.tables["given"],
        }  # fmt: skip
        return [Watched(node, title) for title, node in seen.items()]

    def words(self) -> list[Word]:
        return [
            Word("filter", "A small matrix of numbers that moves over a picture. Also called kernel.", "slide.taps"),
        ]


LESSON = Convolution
