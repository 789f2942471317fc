"""Lesson 13: a recurrent net, unrolled in time; vanishing and exploding gradients, a gate, a forecast."""

from __future__ import annotations

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.sequences.forecast import MODELS, Forecast
from sheetnet.course.sequences.gates import KINDS, WEIGHTS
from sheetnet.course.sequences.lengths import RUNS
from sheetnet.course.sequences.own import EPOCHS, ROUNDS


class Sequences(Forecast):
    """What the lesson is for, and its words; the sheets come from Steps, Lengths, Gates and Forecast."""

    name, predicts = "sequences", True
    minutes, pictured = 50, "Series"
    goals = (
        "unroll a recurrent net, and find its gradient",
        "say why slopes vanish or explode over time",
        "say what a gate does, and judge a forecast",
    )
    to_fill = (
        "unrolled.h_2",
        "unrolled.h_3",
        "unrolled.loss",
        "backwards.flat",
        "backwards.share_w",
        "backwards.share_u",
        "clip.factor",
        "gate.z",
        "gate.c",
    )
    title = "Sequences: a memory that goes along"
    purpose = "Letters, notes, hours: their order matters. A recurrent net reads them one by one and keeps a memory. You follow slopes back through time, see them vanish and explode, and build a gate that remembers."
    tries = (
        "On Memory, set w to 0.5, 1 and 1.1. How long is the pulse remembered? What does tanh change?",
        "On Backwards, follow d_h from step 6 up to step 1. How does it change at each step?",
        "On Vanish, look 20 steps back. What is left with 0.9, what with 1.1? Then set the third w to 1.5.",
        "On Clip, clip at 5, then at 100. Where does w end, and why there?",
        "On Gate, set b of the gated unit to -3, -1 and 0. What becomes of the first sign?",
        "On Series, look at epochs 0, 5, 10 and 50. From when on is the net ahead of the linear model?",
    )

    def sheets(self) -> None:
        self.memory_page()
        self.unrolled_page()
        self.backwards_page()
        self.vanish_page()
        self.clip_page()
        self.gate_page()
        self.remember_page()
        self.series_page()

    # ---- what is compared, the words

    def pairs(self) -> list[Pair]:
        return [
            Pair("memory.tanh", "Memory with tanh", format="short"),
            Pair("backwards.d_h", "d_h", format="short"),
            Pair("backwards.grad", "Gradient", ("w", "u"), "short"),
            Pair("vanish.left", "Slope with tanh", format="short"),
            *(Pair(f"clip.w_{key}", f"w, {RUNS[key]}", format="grows") for key in ("clip", "small")),
            *(Pair(f"gate.h_{key}", f"Memory, {title}", format="short") for key, title in KINDS.items()),
            *(Pair(f"remember.loss_{key}", f"Loss, {title}", format="short") for key, title in KINDS.items()),
            Pair(f"remember.gated.P.{EPOCHS}", "Last weights, gated", WEIGHTS["gated"], "short"),
            Pair("series.losses", "Loss of the net", format="short"),
            Pair(f"series.W.{ROUNDS}", "Last W of the net", ("1", "2", "3"), "short"),
            *(Pair(f"series.alone_{key}", f"Alone, {title}", format="short") for key, title in MODELS.items()),
        ]

    def watched(self) -> list[Watched]:
        seen = {
            "w of Memory": self.keep, "u of Memory": self.write, "pulse": self.pulse, "w": self.w, "u": self.u, "y": self.y,
            **{f"x {t}": x for t, x in enumerate(self.xs, start=1)}, **{f"w {j}": w for j, w in enumerate(self.ws, start=1)}, "memory before": self.begin,
            "w on Clip": self.at[0], "u on Clip": self.at[1], "y on Clip": self.target, "rate on Clip": self.lr, "smaller rate": self.small,
            "clip on Clip": self.most, "signs on Gate": self.seq,
            **{f"{id}, {KINDS[key]}": node for key, some in self.of_unit.items() for id, node in zip(WEIGHTS[key], some, strict=True)},
            "signs": self.X, **{f"start, {KINDS[key]}": node for key, node in self.starts.items()},
            **{f"rate, {KINDS[key]}": node for key, node in self.lrs.items()}, "clip of the signs": self.clip_all,
            "levels": self.tank, **{f"start, {key}": node for key, node in self.first_weights.items()},
            "rate of the net": self.rate, "clip of the net": self.limit,
        }  # fmt: skip
        return [Watched(node, title) for title, node in seen.items()]

    def words(self) -> list[Word]:
        return [
            Word("series", "A row of numbers whose order matters; also called a sequence.", "series.y"),
            Word("step", "One place of a series: one input comes in, and the memory changes.", "unrolled.h_1"),
            Word("memory", "The numbers h that go on from step to step; also called the hidden state.", "memory.plain"),
            Word("recurrent", "With a memory that is made from itself at each step, always by the same weights.", "unrolled.h_2"),
            Word("tanh", "Bends every number to between -1 and 1; near 0 it is almost straight. Its slope is 1 - tanh^2.", "memory.tanh"),
            Word("unroll", "To write each step out, so that a recurrent net looks like many layers.", "unrolled.h_6"),
            Word("backpropagation through time", "Slopes go back from step to step; each step adds its share to the gradient.", "backwards.d_h"),
            Word("share", "What one step adds to the gradient of a weight that all steps use.", "backwards.share_w"),
            Word("vanishing gradient", "Factors below 1, many times: of a slope from long ago nothing is left.", "vanish.powers"),
            Word("exploding gradient", "Factors above 1, many times: the slope grows, and one step leaps far away.", "clip.norm_plain"),
            Word("norm", "The length of a gradient: the square root of the sum of its squares.", "clip.norm"),
            Word("clipping", "A gradient that is too long is made shorter, in the same direction.", "clip.factor"),
            Word("gate", "A number from 0 to 1 that says how much of the new is written over the old.", "gate.z"),
            Word("candidate", "What a gated unit could write into its memory.", "gate.c"),
            Word("GRU, LSTM", "Gated units that are much used: with two gates, and with three and a second memory.", "gate.h_gated"),
            Word("forecast", "What a model says of values that are not there yet.", "series.ahead_net"),
            Word("alone", "A model goes on from its own predictions, mistakes and all.", "series.alone_net"),
        ]  # fmt: skip


LESSON = Sequences
