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
        "gate.open",
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
        compared = {
            "memory": {"tanh": "Memory with tanh"},
            "unrolled": {"backwards.d_h": "d_h", "backwards.grad": "Gradient"},
            "vanish": {"left": "Slope with tanh"},
            "clip": {f"w_{key}": f"w, {RUNS[key]}" for key in ("clip", "small")},
            "gate": {f"h_{key}": f"Memory, {title}" for key, title in KINDS.items()},
            "remember": {f"loss_{key}": f"Loss, {title}" for key, title in KINDS.items()} | {f"gated.P.{EPOCHS}": "Last weights, gated"},
            "series": {"losses": "Loss of the net", f"W.{ROUNDS}": "Last W"} | {f"alone_{key}": f"Alone, {title}" for key, title in MODELS.items()},
        }  # fmt: skip
        columns = {"backwards.grad": ("w", "u"), f"gated.P.{EPOCHS}": WEIGHTS["gated"], f"W.{ROUNDS}": ("1", "2", "3")}
        return [
            Pair(id if id.startswith("backwards") else f"{group}.{id}", title, columns.get(id, ()), "short", group)
            for group, some in compared.items()
            for id, title in some.items()
        ]

    def watched(self) -> list[Watched]:
        seen = {
            "memory": {"w": self.keep, "u": self.write, "pulse": self.pulse},
            "unrolled": {"w": self.w, "u": self.u, "y": self.y, **{f"x {t}": x for t, x in enumerate(self.xs, start=1)}},
            "vanish": {"third w": self.ws[2], "memory before": self.begin},
            "clip": {"w": self.at[0], "u": self.at[1], "y": self.target, "rate": self.lr, "clip": self.most, "small rate": self.small},
            "gate": {
                "x": self.seq,
                **{f"{id}, {key}": node for key, some in self.of_unit.items() for id, node in zip(WEIGHTS[key], some, strict=True)},
            },
            "remember": {
                **{f"start, {key}": node for key, node in self.starts.items()},
                **{f"rate, {key}": node for key, node in self.lrs.items()}, "clip": self.clip_all,
            },
            "series": {
                "level": self.tank, **{f"start, {key}": node for key, node in self.first_weights.items()},
                "rate": self.rate, "clip": self.limit,
            },
        }  # fmt: skip
        watched = [
            Watched(node, f"{group}: {title}", group=group)
            for group, some in seen.items()
            for title, node in some.items()
        ]
        return [*watched, Watched(self.X, "remember: signs", self.counted_steps, "remember", centred=True)]

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
