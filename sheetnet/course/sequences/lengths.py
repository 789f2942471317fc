"""Vanish and Clip: what becomes of a slope on a long way back, and what tames one that explodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.sequences import texts
from sheetnet.course.sequences.own import MOST
from sheetnet.course.sequences.steps import HALF, LONG, Steps, halves, numbers, over, tanh
from sheetnet.graph.node import Node, apply, hstack, lift, row, square, vstack, where
from sheetnet.models.clipping import clip_factor, norm_of
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Shown, backward, forward, result, update

WEIGHTS = (0.5, 0.9, 1.1)
WALK, POWER = 30, 9.0  # steps of the descents on Clip; how often w is multiplied there
BEGIN, LR, SMALL, GONE = (1.25, 1.0), 0.01, 0.0002, 100.0
ACROSS = np.linspace(0.6, 1.3, 36)[:, None]
RUNS = {"plain": "not clipped", "clip": "clipped", "small": "a small rate"}
LOOKS = ("line 2", "live", "line 8")


class Lengths(Steps):
    """Slopes over many steps."""

    def vanish_page(self) -> None:
        labels = ("first w", "second w", "third w")
        self.ws = [
            self.typed(f"w_{j}", w, label, low=0.1, high=2)
            for j, (w, label) in enumerate(zip(WEIGHTS, labels, strict=True), start=1)
        ]
        self.begin = self.typed("begin", 0.5, "memory before", low=-1, high=1)
        back = numbers(self, "back", 0, LONG, "Steps back")
        self.powers = [apply("power", w, back) for w in self.ws]
        h, left = [apply("same", self.begin)], [lift(1.0) + 0.0 * self.begin]
        for _ in range(LONG):
            h.append(tanh(self.ws[2] * h[-1]))
            left.append(left[-1] * (self.ws[2] * (1.0 - square(h[-1]))))
        self.left = vstack(left)
        lines: list[Line] = [
            (label, back, Some("powers", cols=(j, j)), f"line {j + 1}") for j, label in enumerate(labels)
        ]
        lines.append(("third w, with tanh", back, "left", "line 8"))
        self.left_at = {k: [row(some, k + 1) for some in (*self.powers, self.left)] for k in (10, 20, LONG)}
        rows = {
            f"{k} steps back": result({f"left_{k}": (hstack(some), "", "left")}) for k, some in self.left_at.items()
        }
        self.page("Vanish: a slope on a long way back", texts.ABOUT_VANISH, down(
            across(
                down(
                    facts("Change these", self.cells(*self.ws, self.begin)),
                    grid("What is left of the slope", rows, heads=(*labels, "third, tanh")),
                    Note(texts.VANISH, 6),
                ),
                over(7, plot("What is left of the slope (in powers of ten; cut off at a millionth)", "steps back", "w × w × w ...", lines,
                     "On an axis in powers of ten: three straight lines, two falling and one rising, and a falling one for the third weight with tanh.",
                     log_y=True, x_max=LONG, y_min=1e-6, y_max=100, y_format="[<1]0.######;0", width=500, height=360, wide=7)),
            ),
            table(self.cells(back), forward({"powers": Shown(hstack(self.powers), "w^(steps back)", "left", labels=labels)}),
                  forward({"h": (vstack(h), "h, third w", "short")}), backward({"left": (self.left, "left, with tanh", "left")})),
        ), first=self.ws[0])  # fmt: skip

    # ---- Clip

    def clip_page(self) -> None:
        self.at = [self.typed(f"{id}_start", value, id, low=-2, high=2) for id, value in zip("wu", BEGIN, strict=True)]
        self.target = self.typed("y", 1.0, "Truth y", low=-10, high=10)
        self.lr = self.typed("lr", LR, "Rate", low=0, high=1, format="rate", name="lr_clip")
        self.small = self.typed("small", SMALL, "Small rate", low=0, high=1, format="rate", name="lr_small")
        self.most = self.typed("most", MOST, "Clip at", low=0.001, high=1000, name="clip_at")
        steps, places = numbers(self, "steps", 0, WALK), self.typed("places", ACROSS, "w", "fixed")
        curve = self._loss(places, self._begin()[1])
        walks = {key: self._walk(key) for key in RUNS}
        self.walks = {key: walk[0] for key, walk in walks.items()}
        self.norm = row(walks["clip"][2], 1)
        ends = {
            title: result({f"far_{key}": (hstack([row(self.walks[key], at) for at in (2, 6, WALK + 1)]), "", "grows")})
            for key, title in RUNS.items()
        }  # fmt: skip
        first = {
            "norm": (self.norm, "Norm at start", "grows"),
            "factor": (clip_factor(self.norm, self.most), "Clip: times", "weight"),
        }
        tables = [
            table(update({f"w_{key}": (w, "w"), f"u_{key}": (u, "u")}, format="grows"),
                  backward({f"norm_{key}": (norm, "norm", "grows")}), lead=RUNS[key].capitalize())
            for key, (w, u, norm) in walks.items()
        ]  # fmt: skip
        told = texts.CLIP.format(*(one.item() for one in self.as_it_came(self.norm, row(self.walks["plain"], 2))))
        self.page("Clip: a step that is not too long", texts.ABOUT_CLIP, down(
            across(
                down(
                    across(facts("The start", self.cells(*self.at, self.target)), facts("The step", self.cells(self.lr, self.most, self.small))),
                    facts("", backward(first)),
                    grid("", ends, heads=("step 1", "step 5", f"step {WALK}"), corner="w after"),
                    Note(texts.CLIP_RULE, 5),
                ),
                down(
                    halves(
                        plot("The loss: nearly flat, then a cliff", "w", "loss", [
                            ("the loss, u as at the start", "places", "curve"), ("the start", self.at[0], "first", "mark"),
                        ], "A curve that is flat on the left and rises steeply on the right; the start stands on the steep part.",
                             x_min=0.6, x_max=1.3, x_format="0.0", y_min=0, y_max=50, y_format="0", **HALF),
                        plot("w on its way", "step", "w", [
                            (title, "steps", f"w_{key}", look) for (key, title), look in zip(RUNS.items(), LOOKS, strict=True)
                        ], "Three runs: one leaves the chart at once, one walks down evenly to the goal, one leaps and then creeps.",
                             x_max=WALK, y_min=0.6, y_max=1.4, y_format="0.0", **HALF),
                    ),
                    Note(told, 9),
                ),
            ),
            across(
                table(self.cells(steps)), *tables,
                table(self.cells(places), forward({"curve": (curve, "loss")}, format="grows")),
                table(forward({"first": (self._loss(*self._begin()), "loss, start")}, format="grows")),
            ),
        ), first=self.most)  # fmt: skip

    def _begin(self) -> list[Node]:
        """w and u at the start, (1, 1) each."""
        return [apply("same", one) for one in self.at]

    def _loss(self, w: Node, u: Node) -> Node:
        """(u w^9 - y)^2: a pulse of 1, ten steps later."""
        return square(u * apply("power", w, lift(POWER)) - self.target)

    def _walk(self, key: str) -> tuple[Node, Node, Node]:
        """w and u at each step of a run, (WALK + 1, 1), and the norm of the gradient there, (WALK, 1).

        A run that has left for good stands still, before its numbers outgrow the sheet.
        """

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            w, u = now
            error = u * apply("power", w, lift(POWER)) - self.target
            grads = [
                2.0 * POWER * error * u * apply("power", w, lift(POWER - 1.0)),
                2.0 * error * apply("power", w, lift(POWER)),
            ]
            gone, norm = apply("greater", apply("abs", w), lift(GONE)), norm_of(grads)
            by = {"plain": self.lr, "clip": self.lr * clip_factor(norm, self.most), "small": self.small}[key]
            return [where(gone, 0.0, norm)], [
                where(gone, one, one - by * grad) for one, grad in zip(now, grads, strict=True)
            ]

        seen, last = unroll(self._begin(), WALK, step)
        return vstack([*seen[0], last[0]]), vstack([*seen[1], last[1]]), vstack(seen[2])
