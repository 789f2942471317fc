"""What lesson 6 stands on: the model and its descent, and the sheets Parabola, Limit, Finder and Schedules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.graph import Node, apply, constant, hstack, lift, mean, row, square, vstack, where
from sheetnet.layout import Chart, Page, Rule, Series
from sheetnet.lessons.learning_rate.notes import BENDS, FORGIVE, LATE, TWINS
from sheetnet.lessons.lesson import Lesson

EPOCHS, TINY, PI, LETTERS = 60, 1e-9, 3.141592653589793, ("a", "b", "c")
NO_WAY = 1e-5  # a start less than this above the lowest loss has no way to go: rounding would decide its share
JUMPS, TURNS, GROWN = 12, 20, 30  # steps on a parabola, of the search for the sharpest direction, of the finder
MOVES, AWAY = np.linspace(-1, 3, 33)[:, None], np.linspace(-2, 2, 33)[:, None]
SCHEDULES = {"constant": "Constant", "exponential": "Exponential", "onecycle": "One-cycle"}


class RateSheets(Lesson):
    """The model, runs of it, and four sheets about their rates."""

    parts: list[Node]  # the columns of X
    X: Node
    y: Node
    W: Node
    wiggle: Node
    up: Node  # the losses with one weight wiggled up, (3, 1), and down
    down: Node
    mse: Node  # the loss at the start
    grad: Node  # its gradient, (3, 1)
    lowest: Node  # the lowest loss there is
    epochs: Node

    def loss(self, w: Node) -> Node:
        """The mean squared error, (1, 1), of the weights w as a row (1, 3)."""
        return mean(square(self.X @ w.T - self.y))

    def slope(self, w: Node) -> Node:
        """The gradient there as a row, (1, 3)."""
        return 2.0 * ((self.X @ w.T - self.y).T @ self.X) / 20.0

    def run(self, rates: Sequence[Node]) -> list[Node]:
        """The weights from the start on: a row (1, 3), and one more for each rate."""
        rows = [self.W.T]
        for rate in rates:
            rows.append(rows[-1] - rate * self.slope(rows[-1]))
        return rows

    def above(self, loss: Node) -> Node:
        """How far losses are above the lowest; at least a billionth, since a logarithmic axis has no zero."""
        return where(apply("greater", loss - self.lowest, lift(TINY)), loss - self.lowest, TINY)

    def letters(self, page: Page, top: int) -> None:
        for i, letter in enumerate(LETTERS):
            page.text(top + i, 0, letter, "label")

    def results(
        self, page: Page, prefix: str, top: int, col: int, table: Sequence[tuple[str, Node, str, str]], scale: Node | None = None
    ) -> None:  # fmt: skip
        """Numbers below each other, (id, node, title to the left, format) each."""
        for i, (id, node, title, format) in enumerate(table):
            page.place(f"{prefix}.{id}", node, top + i, col, "result", title=title, side=True, format=format, scale=scale)

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
        self.jump_rate = rate = self.cell(page, "parabola.rate", 0.1, 12, 1, "Learning rate", low=0, high=10, name="jump_rate", format="rate")
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
            for i, (id, node) in enumerate({"ideal": -slope / bend, "first": -(rate * slope), "product": product, "word": word}.items()):
                format = "text" if node is word else "weight"
                page.place(f"parabola.{key}.{id}", node, 15 + i, 1 if col == 1 else 2, "result", "cells", format=format, scale=self.y)
            moved: list[Node] = [lift(0.0)]
            for _ in range(JUMPS):
                moved.append(moved[-1] - rate * (slope + bend * moved[-1]))
            at = vstack(moved)
            there = slope + bend * at
            page.place(f"jumps.{key}", at, 23, col, "update", title=f"{title}: moved", scale=vstack([self.y, at]))
            page.place(f"jumps.{key}_slope", there, 23, col + 1, "backward", title="Slope there", scale=vstack([self.y, there]))
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
            page.charts.append(Chart(top, 8, title, "how far it has moved", "loss", lines, alt, "0", 2.5, -0.5, 0, 16, x_format="0.0", width=480, height=300))
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
        page.text(13, 0, "Begin with equal parts; multiply by H, again and again: the direction turns to where the loss bends most", "lead")
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
        lines = tuple(Series(name, x, y.part((0, len(AWAY) - 1), (j, j)), f"line {j + 1}") for j, name in enumerate(names))
        alt = "Four parabolas through the same lowest point; that of the sharpest direction is the narrowest."
        page.charts.append(Chart(3, 7, "How sharply the loss bends at its lowest point", "how far away", "loss", lines, alt, "0", 2, -2, 0, 20))
        page.text(22, 7, BENDS, "note", wide=7, tall=10)
        page.active = (10, 3)

    # ---- Finder

    def finder(self) -> None:
        page = self.book.page(
            "Finder",
            "Finder: let the rate grow, and look where the loss falls",
            "Each step is taken with a larger rate than the one before. First nothing happens, then the loss falls, then it"
            " explodes: stay well below.",
            freeze=(2, 0),
        )
        page.widths |= {0: 26.0, **dict.fromkeys(range(1, 7), 11.0), 7: 2.0}
        first = self.cell(page, "finder.first", 0.0001, 3, 1, "First rate", low=1e-9, high=1, name="first_rate", format="rate")
        self.grow = self.cell(page, "finder.grow", 1.4, 4, 1, "It grows each step by", low=1.01, high=3, name="grow_by", format="rate")
        rates = [apply("same", first)]
        for _ in range(GROWN - 1):
            rates.append(rates[-1] * self.grow)
        rows = self.run(rates)[1:]
        rate, losses = vstack(rates), [self.loss(w) for w in rows]
        loss = vstack(losses)
        fall = vstack([before - after for before, after in zip([self.mse, *losses], losses, strict=False)])
        low = apply("min", apply("if_error", loss, lift(1e300)))
        most = apply("max", apply("if_error", fall, lift(0.0)))
        at_low, at_most = apply("match", low, loss), apply("match", most, fall)
        lowest_at, self.suggestion = row(rate, at_low), row(rate, at_low) / 10.0
        risen = where(apply("equal", at_low, lift(float(GROWN))), "not yet: grow faster", "yes")
        known = (
            ("low", low, "Lowest loss", "loss"),
            ("lowest_at", lowest_at, "at the rate", "weight"),
            ("suggestion", self.suggestion, "Suggestion: a tenth of it", "weight"),
            ("most", most, "Steepest fall in one step", "weight"),
            ("steepest", row(rate, at_most), "at the rate", "weight"),
            ("risen", risen, "Has the loss risen again?", "text"),
        )
        self.results(page, "finder", 5, 1, known, losses[0])
        self.results(page, "finder", 9, 4, (("loss_there", row(loss, at_most), "loss there", "weight"),))
        step = self.value("step", np.arange(1.0, GROWN + 1)[:, None])
        page.place("finder.step", step, 15, 0, "fixed", title="Step", format="plain")
        self.columns(page, "finder", 15, 1, {"rate": (rate, "Rate")}, "update", format="small")
        self.columns(page, "finder", 15, 2, {"loss": (loss, "Loss after it")}, format="heat_loss")
        page.place("finder.w", vstack(rows), 15, 3, "update", title="Weights after it", labels=LETTERS)
        self.columns(page, "finder", 15, 6, {"fall": (fall, "Fell by")}, "result", scale=loss)
        ends = vstack([apply("same", self.suggestion) for _ in range(2)]), vstack([apply("same", low), apply("same", self.mse)])
        self.columns(page, "finder", 15, 18, {"x": (ends[0], "Suggestion"), "y": (ends[1], "drawn upright")}, "result")
        lines = (
            self.line("loss", "finder.rate", "finder.loss"),
            self.line("lowest", "finder.lowest_at", "finder.low", "mark"),
            self.line("steepest fall", "finder.steepest", "finder.loss_there", "dots"),
            self.line("suggestion", "finder.x", "finder.y", "line 3"),
        )
        alt = "Loss against a growing rate: flat, then falling, then lowest, then exploding; the suggestion is well below."
        page.charts.append(Chart(3, 8, "Loss against a rate that grows", "learning rate", "loss after the step", lines, alt, "0", x_min=None, y_min=0, y_max=20, log_x=True, width=600))
        page.text(22, 8, LATE, "note", wide=6, tall=8)
        page.print_cols = 17
        page.active = (3, 1)

    # ---- Schedules

    def schedules(self) -> None:
        page = self.book.page(
            "Schedules",
            "Schedules: a rate that changes on the way",
            "Three runs from the same start: one keeps the top rate, one lets it decay, one goes up to it and down again."
            " Change the top rate.",
            freeze=(2, 1),
        )
        page.widths |= {0: 18.0, **dict.fromkeys(range(1, 7), 12.5), 7: 2.0}
        top = self.cell(page, "schedules.top", 0.22, 3, 1, "Top rate", low=0, high=10, name="top_rate", format="rate")
        decay = self.cell(page, "schedules.decay", 0.95, 4, 1, "Exponential: times", low=0.01, high=1, name="decay", format="rate")
        share = self.cell(page, "schedules.share", 0.3, 3, 5, "One-cycle: share that rises (pct_start)", low=0.05, high=0.95, name="pct_start", format="rate")
        div = self.cell(page, "schedules.div", 25.0, 4, 5, "top / first rate (div_factor)", low=1, name="div_factor", format="rate")
        final = self.cell(page, "schedules.final", 10000.0, 5, 5, "first / last rate (final_div_factor)", low=1, name="final_div", format="rate")
        low, peak = top / div, share * float(EPOCHS) - 1.0
        end = low / final
        for i, (id, node, title) in enumerate((("low", low, "first rate"), ("end", end, "last rate"), ("peak", peak, "last rising epoch"))):
            page.place(f"schedules.{id}", node, 6 + i, 5, "result", title=title, side=True, name=f"{id}_rate" if i < 2 else id, format="rate")
        step = self.value("epoch_of_step", np.arange(float(EPOCHS))[:, None])
        falls = apply("greater", step, peak)
        way = where(falls, (step - peak) / (EPOCHS - 1.0 - peak), step / peak)
        come, go = where(falls, top, low), where(falls, end, top)
        self.cycle = go + (come - go) / 2.0 * (1.0 + apply("cos", PI * way))
        flat, decayed = [apply("same", top) for _ in range(EPOCHS)], [apply("same", top)]
        for _ in range(EPOCHS - 1):
            decayed.append(decayed[-1] * decay)
        rates = dict(zip(SCHEDULES, (vstack(flat), vstack(decayed), self.cycle), strict=True))
        paths = [self.run(each) for each in (flat, decayed, [row(self.cycle, k + 1) for k in range(EPOCHS)])]
        losses = {key: vstack([self.loss(w) for w in path]) for key, path in zip(SCHEDULES, paths, strict=True)}
        above = {key: self.above(loss) for key, loss in losses.items()}
        page.text(6, 0, "In the end above the lowest loss", "lead")
        page.text(11, 1, "Rate of the step that follows", "lead")
        page.text(11, 4, "Loss", "lead")
        self.columns(page, "schedules", 15, 0, {"epochs": (apply("same", self.epochs), "Epoch")}, "result", format="plain")
        page.place("schedules.step", step, 15, 17, "fixed", title="Epoch", format="plain")
        for i, (key, title) in enumerate(SCHEDULES.items()):
            style = "cells" if key == "onecycle" else None
            self.columns(page, "schedules.rate", 15, 1 + i, {key: (rates[key], title)}, "update", style, format="small")  # type: ignore[arg-type]
            self.columns(page, "schedules.loss", 15, 4 + i, {key: (losses[key], title)}, format="heat_loss")
            self.columns(page, "schedules.above", 15, 22 + i, {key: (above[key], title)}, "result", format="heat_loss", scale=losses[key])
            last = row(above[key], EPOCHS + 1)
            page.place(f"schedules.last.{key}", last, 7 + i, 1, "result", title=title, side=True, format="heat_loss", scale=losses[key])
            page.place(f"schedules.w.{key}", vstack(paths[i]), 15, 26 + 3 * i, "update", title=f"Weights: {title.lower()}", labels=LETTERS)
        page.text(11, 17, "One-cycle: rises, then falls, each along half a cosine", "lead")
        page.text(11, 22, "Loss above the lowest", "lead")
        helpers = {"way": (way, "Share of phase"), "come": (come, "From rate"), "go": (go, "To rate")}
        self.columns(page, "schedules", 15, 18, helpers, "update", "cells", format="small")
        for top_row, x, y, log in ((3, "step", "rate", False), (18, "epochs", "above", True)):
            lines = tuple(self.line(title, f"schedules.{x}", f"schedules.{y}.{key}", f"line {i}") for i, (key, title) in enumerate(SCHEDULES.items(), start=1))
            title, axis = ("How far the loss is above the lowest possible", "loss - lowest loss") if log else ("The learning rate, epoch by epoch", "learning rate")
            alt = f"Three lines over the epochs, of the constant, the exponential and the one-cycle rate: {axis}."
            page.charts.append(Chart(top_row, 8, title, "epoch", axis, lines, alt, "0E+0" if log else "0.00", EPOCHS, y_min=TINY if log else 0, y_max=1e3 if log else None, log_y=log, width=600, height=300))
        page.text(34, 8, FORGIVE, "note", wide=6, tall=8)
        page.print_cols = 16
        page.active = (3, 1)
