"""Parabola and Limit: why a big slope does not ask for a big step, and which rate is the largest."""

from __future__ import annotations

import numpy as np

from sheetnet.course.learning_rate.notes import BENDS, TWINS
from sheetnet.course.learning_rate.runs import LETTERS, Runs
from sheetnet.graph.node import Node, apply, constant, hstack, lift, mean, row, square, vstack, where
from sheetnet.page.book import Chart, Rule, Series

JUMPS, TURNS = 12, 20  # steps on a parabola, of the search for the sharpest direction
MOVES, AWAY = np.linspace(-1, 3, 33)[:, None], np.linspace(-2, 2, 33)[:, None]


class Parabola(Runs):
    """The loss as a parabola: of one weight, and in the direction in which it bends most."""

    # ---- Parabola

    def parabola(self) -> None:
        page = self.book.page(
            "Parabola",
            "Parabola: why a big slope does not ask for a big step",
            "When one weight moves alone, the loss is a parabola of it. Change the rate and watch the steps, then those on a"
            " narrower parabola.",
            freeze=(2, 0),
        )
        page.widths |= {0: 18.0, 7: 2.0}
        wiggled = (self.up - 2.0 * self.mse + self.down) / square(self.wiggle)
        self.bends = vstack([2.0 * mean(square(part)) for part in self.parts])
        self.letters(page, 6)
        table = {"slope": (apply("same", self.grad), "Slope"), "bend": (self.bends, "Curvature")}
        col = self.columns(page, "parabola", 6, 1, table, "backward", format="small", scale=self.y)
        scale, by = self.up / square(self.wiggle), {"bend_wiggled": (wiggled, "by wiggling")}
        col = self.columns(page, "parabola", 6, col, by, "backward", format="small", scale=scale)
        ends = {"ideal": (-self.grad / self.bends, "Ideal step"), "limit": (2.0 / self.bends, "Rate limit")}
        self.columns(page, "parabola", 6, col, ends, "result", scale=self.y)
        page.text(10, 0, "The same slope, two curvatures", "lead")
        for i, title in enumerate(("a alone", "narrower"), start=1):
            page.text(11, i, title, "head")
        self.jump_rate = rate = self.cell(
            page, "parabola.rate", 0.1, 12, 1, "Learning rate", low=0, high=10, name="jump_rate", format="rate"
        )
        narrow, slope, wide = self.value("narrow", 18.0), row(self.grad, 1), row(self.bends, 1)
        page.text(13, 0, "Curvature", "label")
        block = page.place("parabola.narrow", narrow, 13, 2, "input", format="plain")
        page.rules.append(Rule(block.area, False, 0.001, 1e6, "Curvature: a number from 0.001 to 1000000 is expected"))
        page.place("parabola.wide", wide, 13, 1, "backward")
        page.place("parabola.start", slope, 14, 1, "backward", title="Slope at the start", side=True, scale=self.y)
        page.place("parabola.same_start", apply("same", slope), 14, 2, "backward", scale=self.y)
        for i, title in enumerate(("Ideal step", "First step", "Rate x curvature", "Each step")):
            page.text(15 + i, 0, title, "label")
        steps, moves = self.value("steps", np.arange(JUMPS + 1.0)[:, None]), self.value("moves", MOVES)
        page.place("parabola.steps", steps, 23, 0, "fixed", title="Step", format="plain")
        page.place("parabola.moves", moves, 42, 0, "fixed", title="It moves by", format="plain")
        for col, key, bend, title in ((1, "wide", wide, "a alone"), (4, "narrow", narrow, "Narrower")):
            product = rate * bend
            short = where(apply("greater", product, lift(1.0)), "goes too far", "falls short")
            near = where(apply("greater", lift(0.01), apply("abs", product - 1.0)), "arrives", short)
            word = where(apply("greater", product, lift(2.0)), "diverges", near)
            for i, (id, node) in enumerate(
                {"ideal": -slope / bend, "first": -(rate * slope), "product": product, "word": word}.items()
            ):
                format = "text" if node is word else "weight"
                page.place(
                    f"parabola.{key}.{id}",
                    node,
                    15 + i,
                    1 if col == 1 else 2,
                    "result",
                    "cells",
                    format=format,
                    scale=self.y,
                )
            moved: list[Node] = [lift(0.0)]
            for _ in range(JUMPS):
                moved.append(moved[-1] - rate * (slope + bend * moved[-1]))
            at = vstack(moved)
            there = slope + bend * at
            page.place(f"jumps.{key}", at, 23, col, "update", title=f"{title}: moved", scale=vstack([self.y, at]))
            page.place(
                f"jumps.{key}_slope", there, 23, col + 1, "backward", title="Slope there", scale=vstack([self.y, there])
            )
            self.jumped = self.mse + slope * at + 0.5 * bend * square(at)
            page.place(f"jumps.{key}_loss", self.jumped, 23, col + 2, "forward", title="Loss there")
            page.widths |= {col: 17.0, col + 1: 14.0, col + 2: 14.0}
            curve = self.mse + slope * moves + 0.5 * bend * square(moves)
            page.place(f"parabola.loss.{key}", curve, 42, 1 if col == 1 else 2, "forward", title=title)
        page.text(38, 0, "The two parabolas, and the slope at the start drawn on", "lead")
        self.columns(page, "parabola", 42, 3, {"tangent": (self.mse + moves * slope, "Drawn on")}, "backward")
        for top, key, title in ((3, "wide", "a alone"), (18, "narrow", "The same slope at the start, but narrower")):
            lines = (
                self.line("loss", "parabola.moves", f"parabola.loss.{key}"),
                self.line("slope", "parabola.moves", "parabola.tangent", "torch"),
                self.line("steps", f"jumps.{key}", f"jumps.{key}_loss", "line 2"),
                self.line("after each", f"jumps.{key}", f"jumps.{key}_loss", "dots"),
            )
            alt = "A parabola, the straight line of its slope at the start, and the steps on it as dots."
            page.charts.append(
                Chart(
                    top,
                    8,
                    title,
                    "how far it has moved",
                    "loss",
                    lines,
                    alt,
                    "0",
                    2.5,
                    -0.5,
                    0,
                    16,
                    x_format="0.0",
                    width=480,
                    height=300,
                )
            )
        page.text(34, 8, TWINS, "note", wide=6, tall=11)
        page.active = (12, 1)

    # ---- Limit

    def limits(self) -> None:
        page = self.book.page(
            "Limit",
            "Limit: the largest rate that does not diverge",
            "a, b and c move together. In some direction the loss bends most, and 2 / curvature there is the limit for the"
            " rate. Here it is found.",
            freeze=(2, 0),
        )
        page.widths |= {0: 24.0, **dict.fromkeys(range(1, 6), 12.0), 6: 2.0}
        H = 2.0 * (self.X.T @ self.X) / 20.0
        self.letters(page, 6)
        page.place("limit.H", H, 6, 1, "backward", title="Curvatures H = 2 X'X / 20", labels=LETTERS, name="H")
        ways, lengths = [constant(((1.0, 1.0, 1.0),)) / apply("sqrt", lift(3.0))], []
        for _ in range(TURNS):
            lengths.append(apply("sqrt", apply("sum", square(ways[-1] @ H))))
            ways.append(ways[-1] @ H / lengths[-1])
        along = vstack([apply("sum", (way @ H) * way) for way in ways])
        sharpest = row(along, TURNS + 1)
        self.limit = 2.0 / sharpest
        self.results(page, "limit", 10, 3, [("sharpest", sharpest, "Sharpest curvature of all directions", "small")])
        self.results(page, "limit", 11, 3, [("rate", self.limit, "Largest rate that does not diverge", "small")])
        turns, away = self.value("turns", np.arange(TURNS + 1.0)[:, None]), self.value("away", AWAY)
        page.text(
            13,
            0,
            "Begin with equal parts; multiply by H, again and again: the direction turns to where the loss bends most",
            "lead",
        )
        page.place("limit.turns", turns, 17, 0, "fixed", title="Turn", format="plain")
        page.place("limit.direction", vstack(ways), 17, 1, "update", title="Direction v, of length 1", labels=LETTERS)
        self.columns(page, "limit", 17, 4, {"length": (vstack(lengths), "Length of v H")}, "result", format="small")
        self.columns(page, "limit", 17, 5, {"along": (along, "Curvature v H v'")}, "result", format="small")
        page.place("limit.away", away, 43, 0, "fixed", title="Away from the lowest", format="plain")
        names = ("a alone", "b alone", "c alone", "sharpest")
        bends = (*(row(self.bends, i + 1) for i in range(3)), sharpest)
        losses = hstack([self.lowest + 0.5 * bend * square(away) for bend in bends])
        page.place("limit.loss", losses, 43, 1, "forward", title="Loss", labels=names)
        x, y = self.book.block("limit.away").area, self.book.block("limit.loss").area
        lines = tuple(
            Series(name, x, y.part((0, len(AWAY) - 1), (j, j)), f"line {j + 1}") for j, name in enumerate(names)
        )
        alt = "Four parabolas through the same lowest point; that of the sharpest direction is the narrowest."
        page.charts.append(
            Chart(
                3,
                7,
                "How sharply the loss bends at its lowest point",
                "how far away",
                "loss",
                lines,
                alt,
                "0",
                2,
                -2,
                0,
                20,
            )
        )
        page.text(22, 7, BENDS, "note", wide=7, tall=10)
        page.active = (10, 3)
