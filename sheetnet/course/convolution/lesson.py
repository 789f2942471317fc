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
    to_fill = (
        "slide.by_sum",
        "slide.by_product",
        "product.product",
        "sizes.by_formula",
        "sharing.pixels",
        "sharing.outputs",
        "sharing.of_dense",
        "sharing.of_conv",
        "shift.before",
        "shift.after",
    )
    title = "Convolution: a filter looks at a picture"
    purpose = "A picture is a matrix. A small filter moves over it and answers at each place. You see edges come out, find that it is a matrix product after all, and watch a filter being learnt that nobody gave."
    tries = (
        "On Slide, point at other pixels. Then paint: where does the output turn blue, where orange?",
        "On Filters, which filter sees the top of the digit best, and which its sides?",
        "On Sizes, find a padding that keeps a picture of 8 x 8 as large as it is, for a filter of 5 x 5.",
        "On Shift, move the picture. What moves with it, and what stays as it is?",
        "On Find, look at epochs 0, 3, 10 and 40. Then hide another filter.",
        "On Learn, look at epochs 0, 10, 20 and 60. Then paint a picture that fools the net.",
    )

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
        }  # fmt: skip
        pictures = Watched(self.tables["given"], "pictures to learn from", self.number)
        return [*(Watched(node, title) for title, node in seen.items()), pictures]

    def words(self) -> list[Word]:
        return [
            Word("pixel", "One cell of a picture. Here 0 is white and 1 is ink.", "slide.picture"),
            Word("filter", "A small matrix of numbers that moves over a picture. Also called kernel.", "slide.taps"),
            Word("window", "The part of the picture that lies under the filter.", "slide.window"),
            Word("convolution", "To multiply each window by the filter, entry by entry, and add up.", "slide.out"),
            Word("output", "The picture of all these sums. Also called feature map.", "slide.out"),
            Word("edge", "A place where ink begins or ends.", "filters.out_vertical"),
            Word("blur", "The mean of each window: a softer picture.", "filters.out_blur"),
            Word("patch", "A window, written as a row.", "product.patches"),
            Word("padding", "Rows and columns of 0 around a picture.", "sizes.padded"),
            Word("stride", "How far the filter moves from one place to the next.", "sizes.strided"),
            Word("max pooling", "To keep the largest number of each small window.", "sizes.pooled"),
            Word("dense layer", "A layer with a weight of its own for each input and each output.", "sharing.dense"),
            Word("parameter sharing", "The same few numbers are used at all places.", "sharing.of_conv"),
            Word("hidden filter", "The filter that is looked for. Only its output is shown.", "find.hidden"),
            Word("kept back", "Pictures that are never learnt from: on them one sees what was learnt.", "learn.right_kept"),
            Word("upright, lies", "The two kinds of bars: from top to bottom, or from left to right.", "bars.given_2"),
        ]  # fmt: skip


LESSON = Convolution
