"""Parabola and Limit: how far a slope should take us, and which rate is the largest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.learning_rate.runs import APART, LETTERS, Runs
from sheetnet.graph.node import Node, apply, constant, hstack, lift, mean, row, square, vstack, where
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import Grid, facts
from sheetnet.page.language import said
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import Group, Said, Shown, backward, forward, result, update

JUMPS, TURNS = 12, 20  # steps on a parabola, of the search for the sharpest direction
MOVES, AWAY = np.linspace(-1, 3, 33)[:, None], np.linspace(-2, 2, 33)[:, None]
TWINS = (
    "Both losses fall equally fast at the start: the grey line. So the first step is the same.\n\n"
    "Curvature: how fast the slope changes. Ideal step = -slope / curvature.\n"
    "Rate × curvature decides. Below 1 a step falls short. At 1 it arrives. Above 1 it goes too far. Above 2 it ends higher than it began."
)
OF_C = "Look at c: its slope is a third of a's, but its ideal step is longer. It is ideal if c alone moves. When all three move, the best c lies the other way."
BENDS = (
    "As the workbook came, a alone would allow every rate below 0.2567. And yet 0.24 diverges on Rates. Why? a, b and c move together. In a direction of mostly a and a little c, the loss bends more than in a alone.\n\n"
    "The sharpest bend sets the limit for the rate. The flattest decides how long descent takes. Where the two differ much, descent is slow at every rate.\n\n"
    "For the curious: the curvature along a direction v of length 1 is v H v', where v' is v turned upright. Each turn is v H, cut to length 1."
)


class Parabola(Runs):
    """The loss as a parabola: of one weight, and in the direction in which it bends most."""

    def _parabola(self) -> None:
        self.bends = vstack([2.0 * mean(square(part)) for part in self.parts])
        slope, wide = row(self.grad, 1), row(self.bends, 1)
        self.jump_rate = self.typed("rate", 0.1, "Learning rate", low=0, high=10, name="jump_rate", format="rate")
        message = "Curvature: a number from 0.001 to 1000000 is expected"
        narrow = self.typed("narrow", 18.0, low=0.001, high=1e6, message=message)
        steps = self.typed("steps", np.arange(JUMPS + 1.0)[:, None], "Step", "fixed")
        moves = self.typed("moves", MOVES, "It moves by", "fixed")
        bends = {"slope": (apply("same", self.grad), "Slope"), "bend": (self.bends, "Curvature")}
        bends["bend_wiggled"] = (self.up - 2.0 * self.mse + self.down) / square(self.wiggle), "by wiggling"
        starts = {"start": (slope, "Slope at the start"), "same_start": (apply("same", slope),)}
        ends = {"ideal": (-self.grad / self.bends, "Ideal step"), "limit": (2.0 / self.bends, "Rate limit")}
        twins = {"wide": ("a alone", slope, wide, moves), "narrow": ("Narrower", slope, narrow, moves)}
        told, jumps, curves = zip(*(self._twin(key, *twin) for key, twin in twins.items()), strict=True)
        words = "Ideal step", "First step", "Rate × curvature", "Each step"
        self.jumped = jumps[1]["jumps.narrow_loss"].node
        charts = (
            plot(title, "how far it has moved", "loss",
                 [("loss", "moves", f"parabola.loss.{key}"), ("slope", "moves", "tangent", "torch"),
                  ("steps", f"jumps.{key}", f"jumps.{key}_loss", "line 2"),
                  ("after each", f"jumps.{key}", f"jumps.{key}_loss", "dots")],
                 "A parabola, the straight line of its slope at the start, and the steps on it as dots.",
                 x_format="0.0", y_format="0", x_max=2.5, x_min=-0.5, y_min=0, y_max=16, width=400, height=300,
                 wide=4)
            for key, title in (("wide", "a alone"), ("narrow", "The same slope at the start, but narrower"))
        )  # fmt: skip
        self.page(
            "Parabola: how far should a slope take us?",
            "When one weight moves alone, the loss is a parabola of it. Change the rate and watch the steps on both parabolas.", across(
            down(
                Grid("The same slope, two curvatures", [
                    ("", self.cells(self.jump_rate)),
                    ("Curvature", backward({"wide": (wide,)}) | self.cells(narrow)),
                    ("", backward(starts)),
                    *((word, dict(pair)) for word, *pair in zip(words, *(one.items() for one in told), strict=True)),
                ], heads=("a alone", "narrower"), band="lead"),
                Note(TWINS, 4),
            ),
            down(
                beside(*charts),
                table(backward(bends), result(ends), names=LETTERS),
                Note(OF_C, 6),
                table(self.cells(steps), *jumps),
                table(
                    self.cells(moves), *curves, backward({"tangent": (self.mse + moves * slope, "Drawn on")}),
                    lead="The two parabolas, and the slope at the start drawn on",
                ),
            ),
        ))  # fmt: skip

    def _twin(self, key: str, title: str, slope: Node, bend: Node, moves: Node) -> tuple[Group, Group, Group]:
        """A parabola of this slope and curvature: what a step does on it, where JUMPS steps lead, and its curve."""
        rate, product = self.jump_rate, self.jump_rate * bend
        short = where(apply("greater", product, lift(1.0)), said("goes too far"), said("falls short"))
        near = where(apply("greater", lift(0.01), apply("abs", product - 1.0)), said("arrives"), short)
        word = where(apply("greater", product, lift(2.0)), said("diverges"), near)
        rows, last = unroll([lift(0.0)], JUMPS, lambda now, _: ([], [now[0] - rate * (slope + bend * now[0])]))
        at = vstack([*rows[0], *last])
        here, curve = (self.mse + slope * m + 0.5 * bend * square(m) for m in (at, moves))
        step = {"ideal": -slope / bend, "first": -(rate * slope), "product": product}
        told: Said = {f"parabola.{key}.{id}": (node,) for id, node in step.items()}
        jumps = update({f"jumps.{key}": (at, f"{title}: moved")})
        jumps |= backward({f"jumps.{key}_slope": (slope + bend * at, "Slope there")})
        jumps |= forward({f"jumps.{key}_loss": (here, "Loss there")})
        told = {**told, f"parabola.{key}.word": (word, "", "text")}
        return result(told, style="cells"), jumps, forward({f"parabola.loss.{key}": (curve, title)})

    def _limit(self) -> None:
        H = 2.0 * (self.X.T @ self.X) / 20.0
        equal = constant(((1.0, 1.0, 1.0),)) / apply("sqrt", lift(3.0))

        def turn(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            length = apply("sqrt", apply("sum", square(now[0] @ H)))
            return [length], [now[0] @ H / length]

        (ways, lengths), last = unroll([equal], TURNS, turn)
        ways += last
        direction, along = vstack(ways), vstack([apply("sum", (way @ H) * way) for way in ways])
        sharpest = row(along, TURNS + 1)
        self.limit = 2.0 / sharpest
        turns = self.typed("turns", np.arange(TURNS + 1.0)[:, None], "Turn", "fixed")
        away = self.typed("away", AWAY, "Away from the lowest", "fixed")
        found = {
            "sharpest": (sharpest, "Sharpest curvature of all directions"),
            "rate": (self.limit, "Largest rate that does not diverge"),
        }
        seen = {"length": (vstack(lengths), "Length of v H"), "along": (along, "Curvature v H v'")}
        bends = dict(zip(("a alone", "b alone", "c alone"), (row(self.bends, i) for i in (1, 2, 3)), strict=True))
        bends["sharpest"] = sharpest
        losses = hstack([self.lowest + 0.5 * bend * square(away) for bend in bends.values()])
        self.page(
            "Limit: the largest rate that does not diverge",
            "a, b and c move together. In some direction the loss bends most. There, 2 / curvature is the limit for the rate.", across(
            down(
                facts("", result(found), span=3),
                table(
                    backward({"H": Shown(H, "Curvatures H = 2 X'X / 20", labels=LETTERS, name="H")}), names=LETTERS,
                    lead="For the curious: how it is found",
                ),
                table(
                    self.cells(turns), update({"direction": (direction, "Direction v, of length 1")}, labels=LETTERS),
                    result(seen),
                    lead="Begin with equal parts. Multiply by H, again and again. The direction turns to where the loss bends most.",
                ),
                table(self.cells(away), forward({"loss": (losses, "Loss")}, labels=tuple(bends))),
            ),
            down(
                plot("How sharply the loss bends at its lowest point", "how far away", "loss",
                     [(name, "away", Some("loss", cols=(j, j)), f"line {j + 1}") for j, name in enumerate(bends)],
                     "Four parabolas through the same lowest point; that of the sharpest direction is the narrowest.",
                     y_format="0", x_max=2, x_min=-2, y_min=0, y_max=20, width=540, height=240),
                Note(APART, 7),
                Note(BENDS, 7),
            ),
        ))  # fmt: skip
