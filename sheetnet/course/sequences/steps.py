"""Memory, Unrolled and Backwards: one number as memory, the same weights at each step, and the way back through time."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetnet.course.drawing import own
from sheetnet.course.lesson import Lesson
from sheetnet.course.sequences import texts
from sheetnet.graph.node import Node, apply, hstack, lift, row, square, vstack
from sheetnet.motifs.wiggle import by_wiggling
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Ruler, table
from sheetnet.page.plot import plot
from sheetnet.page.shown import backward, forward, result

LONG, SHORT = 30, 6  # steps of Memory and Vanish, and of Unrolled
TENTH = 0.1
HALF: dict[str, Any] = {"width": 376, "height": 220, "wide": 5}  # of two charts side by side
KEPT, WRITTEN, TRUTH = 0.8, 0.6, 0.6  # w, u and y of Unrolled
SIGNED = ((-1, -0.5, 0.5, 1),) * SHORT
PULSE = np.eye(LONG, 1)


def tanh(a: Node) -> Node:
    """tanh, entry by entry."""
    return apply("tanh", a)


def numbers(lesson: Lesson, id: str, first: int, last: int, title: str = "Step") -> Node:
    """A column first, first + 1, ..., last that nobody edits."""
    return lesson.typed(id, np.arange(first, last + 1.0)[:, None], title, "fixed")


def over(n: int, chart: Part) -> Part:
    """A chart over n columns, whatever stands below it."""
    return down(Ruler((10.5,) * n), chart, gap=0)


def halves(*charts: Part) -> Part:
    """Charts side by side."""
    return beside(*(over(5, chart) for chart in charts))


def tells(*x: float) -> bool:
    """Whether six inputs make a memory that moves, and slopes at the end that are right by hand with three decimals."""
    h = [0.0]
    for one in x:
        h.append(float(np.tanh(KEPT * h[-1] + WRITTEN * one)))
    d_a = 2 * (h[-1] - TRUTH) * (1 - h[-1] ** 2)
    by_hand = abs(KEPT * round(d_a, 3) - KEPT * d_a) < 5e-4 and round(KEPT * round(d_a, 3), 3) == round(KEPT * d_a, 3)
    return len(set(x)) > 2 and by_hand and abs(d_a) > 0.1 and min(map(abs, h[1:])) > 0.03


class Steps(Lesson):
    """A recurrent unit, forward and backward."""

    def memory_page(self) -> None:
        self.keep = self.typed("w", 0.9, "w: how much is kept", low=-2, high=2, name="w_keep")
        self.write = self.typed("u", 1.0, "u: how much is written", low=-2, high=2, name="u_write")
        self.pulse = self.typed("x", PULSE, "Input x", "data", format="plain")
        steps = numbers(self, "steps", 1, LONG)
        runs = {"plain": lambda a: a, "tanh": tanh}
        self.remembered = {}
        for key, bend in runs.items():
            h = [bend(self.write * row(self.pulse, 1))]
            for t in range(2, LONG + 1):
                h.append(bend(self.keep * h[-1] + self.write * row(self.pulse, t)))
            self.remembered[key] = vstack(h)
        columns = {key: (h, title) for (key, h), title in zip(self.remembered.items(), texts.TWO, strict=True)}
        longer = [apply("sum", apply("greater", apply("abs", h), lift(TENTH))) for h in self.remembered.values()]
        self.later = [row(h, 11) for h in self.remembered.values()]
        ends = {
            "memory after step 1": {"first": (hstack([row(h, 1) for h in self.remembered.values()]), "", "grows")},
            "after step 11": {"later": (hstack(self.later), "", "grows")},
            "steps with more than 0.1": {"over": (hstack(longer), "", "plain")},
        }
        self.page("Memory: one number that remembers", texts.ABOUT_MEMORY, down(
            across(
                down(
                    facts("Change these", self.cells(self.keep, self.write)),
                    grid("", {words: result(said) for words, said in ends.items()}, heads=texts.TWO),
                    Note(texts.MEMORY_RULE, 3),
                ),
                over(6, plot("A pulse, and how long it is remembered (cut off at 3)", "step", "memory h", [
                    ("input x", "steps", "x", "dots"), ("h", "steps", "plain"), ("h with tanh", "steps", "tanh", "line 2"),
                ], "Dots for the input, 1 at the first step and 0 after it; two falling curves, the memory without and with tanh.",
                     x_max=LONG, y_min=-1, y_max=3, y_format="0", width=460, height=360, wide=6)),
                Note(texts.MEMORY, 4),
            ),
            table(self.cells(steps), self.cells(self.pulse), forward(columns, format="grows")),
        ), first=self.keep)  # fmt: skip

    # ---- Unrolled

    def unrolled_page(self) -> None:
        drawn = own(self.seed, "unrolled", (1, 0.5, -0.5, 1, -1, 0.5), SIGNED, tells)
        self.w = self.typed("w", KEPT, "w, the same at each step", low=-3, high=3, name="w_same")
        self.u = self.typed("u", WRITTEN, "u, the same at each step", low=-3, high=3, name="u_same")
        self.xs = [
            self.typed(f"x_{t}", x, f"x {t}", low=-5, high=5, format="plain") for t, x in enumerate(drawn, start=1)
        ]
        self.y = self.typed("y", TRUTH, "Truth y", low=-5, high=5, name="y_true")
        self.h = self._memories(self.w, self.u)
        self.loss = square(self.h[-1] - self.y)
        cells: dict[str, Any] = {"style": "cells", "format": "short"}
        memories = {f"h {t}": forward({f"h_{t}": (h,)}, **cells) for t, h in enumerate(self.h, start=1)}
        ends = {
            "pred": (apply("same", self.h[-1]), f"Prediction: h {SHORT}"),
            "loss": (self.loss, "Loss: (prediction - y)^2"),
        }
        self.page("Unrolled: the same two weights at each step", texts.ABOUT_UNROLLED, across(
            down(
                facts("Change these", self.cells(self.w, self.u, self.y)),
                across(
                    facts("Input", self.cells(*self.xs)),
                    grid("Memory", memories, after=dict.fromkeys(range(SHORT), "="), band="band_forward"),
                ),
                facts("", forward(ends, **cells)),
                Note(texts.LAYERS, 8),
            ),
            down(
                over(6, plot("Six steps", "step", "input x, memory h", [
                    ("input x", "backwards.step", "backwards.x", "dots"), ("memory h", "backwards.step", "backwards.h"),
                ], "Dots for the inputs of six steps, and a line for the memory after each.", x_max=SHORT, x_step=1,
                     y_min=-1.5, y_max=1.5, y_format="0.0", width=460, height=200, wide=6)),
                Note(texts.UNROLLED, 6),
            ),
        ), first=self.w)  # fmt: skip

    def _memories(self, w: Node, u: Node) -> list[Node]:
        """h after each of the six steps, for these weights."""
        h = [tanh(u * self.xs[0])]
        for x in self.xs[1:]:
            h.append(tanh(w * h[-1] + u * x))
        return h

    # ---- Backwards

    def backwards_page(self) -> None:
        steps = numbers(self, "step", 1, SHORT)
        wiggle = self.typed("wiggle", 0.0001, "Wiggle", low=1e-6, high=1)
        flat = [1.0 - square(h) for h in self.h]
        d_h = [2.0 * (self.h[-1] - self.y)]
        d_a = [d_h[0] * flat[-1]]
        for t in range(SHORT - 2, -1, -1):
            d_h.insert(0, self.w * d_a[0])
            d_a.insert(0, d_h[0] * flat[t])
        x, h = (vstack([apply("same", one) for one in some]) for some in (self.xs, self.h))
        before = vstack([0.0 * self.h[0], *(apply("same", one) for one in self.h[:-1])])
        self.d_h, self.d_a = vstack(d_h), vstack(d_a)
        self.shares = {"w": self.d_a * before, "u": self.d_a * x}
        exact = [apply("sum", share) for share in self.shares.values()]
        moved = [
            [square(self._memories(self.w + up, self.u + right)[-1] - self.y) for up, right in ((by, 0.0), (0.0, by))]
            for by in (wiggle, -wiggle)
        ]  # fmt: skip
        wiggled = [by_wiggling(up, down_, wiggle) for up, down_ in zip(*moved, strict=True)]
        self.grads = exact
        apart = [apply("abs", a - b) for a, b in zip(wiggled, exact, strict=True)]
        rows = {
            "Gradient: the sum of the shares": backward({"grad": (hstack(exact),)}, format="short"),
            "the same, by wiggling": backward({"wiggled": (hstack(wiggled),)}, format="short"),
            "how far apart": result({"apart": (hstack(apart),)}, format="apart"),
        }
        copies = forward({"x": (x, "Input x"), "before": (before, "h before"), "h": (h, "h after")}, format="short")
        back = backward(
            {"d_h": (self.d_h, "d_h"), "flat": (vstack(flat), "1 - h^2"), "d_a": (self.d_a, "d_a")}, format="short"
        )
        shares = backward(
            {f"share_{key}": (node, f"Share of {key}") for key, node in self.shares.items()},
            style="cells",
            format="short",
        )
        told = texts.BACKWARDS.format(*(one.item() for one in self.as_it_came(self.w, d_a[-1], d_h[-2])))
        self.page("Backwards: backpropagation through time", texts.ABOUT_BACKWARDS, down(
            across(
                down(
                    table(self.cells(steps), copies, back, shares),
                    across(grid("", rows, heads=("w", "u"), span=3), facts("", self.cells(wiggle))),
                    Note(told, 9),
                ),
                down(
                    over(5, plot("Each step's share of the gradient", "step", "share", [
                        (f"of {key}", "step", f"share_{key}", f"line {j}") for j, key in enumerate(self.shares, start=1)
                    ], "Two bars for each of six steps: its share of the slope in w, and in u.", columns=True, y_format="0.0",
                         width=380, height=200, wide=5)),
                    Note(texts.SHARES, 5),
                ),
            ),
        ), first=wiggle)  # fmt: skip
