"""Lesson 6: the learning rate: eight of them side by side, the parabola up close, a finder, schedules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.exercises import Exercise, choice
from sheetnet.graph import Node, apply, constant, hstack, lift, mean, row, square, vstack, where
from sheetnet.layout import Chart, Rule, Series
from sheetnet.lessons.learning_rate.notes import BACK, MODEL, RULES, STEP
from sheetnet.lessons.learning_rate.sheets import EPOCHS, LETTERS, NO_WAY, SCHEDULES, TINY, RateSheets
from sheetnet.lessons.lesson import Pair, Watched, Word
from sheetnet.lessons.points import noisy_points

RATES, START, WIGGLE = (0.002, 0.01, 0.05, 0.1, 0.18, 0.215, 0.2216, 0.24), 1.1, 0.001


class LearningRate(RateSheets):
    """The model and its start, eight runs, one of them up close; the other sheets come from RateSheets."""

    name = "learning_rate"
    title = "The learning rate: creeping, good, oscillating, diverging"
    purpose = (
        "The same model starts eight times from the same place and differs only in its learning rate. You see what a"
        " rate does, why a big slope does not ask for a big step, how to find a rate, and how to change it on the way."
    )
    tries = (
        "On Rates, read the words under the rates. Then set rate 6 to 0.222. What becomes of its line?",
        "On Runs, look at run 2, then 4, 6, and 8 (of it, epochs 0 to 3): it creeps, arrives, swings, flies apart.",
        "On Parabola, set the rate to 0.128. a alone arrives in one step. What does the narrower one do?",
        "Put the rate back to 0.1. With which curvature does the narrower one arrive in one step?",
        "On Finder, read the suggestion, and type it into Rates as rate 2. Is it good?",
        "On Schedules, set the top rate to 0.24, 0.3, 0.4. Which of the three runs still end near the lowest loss, at each?",
    )

    def sheets(self) -> None:
        x, y = noisy_points()
        self.x, self.y, self.W = self.value("x", x), self.value("y", y), self.value("W", [[START]] * 3)
        self._points()
        self._rates()
        self._runs()
        self.parabola()
        self.limits()
        self.finder()
        self.schedules()

    # ---- Points

    def _points(self) -> None:
        page = self.book.page(
            "Points",
            "Points: the model, its start, and the slopes there",
            "Prediction = X W, with three weights a, b, c. All runs of this workbook start here. The slopes are found twice:"
            " by wiggling, and by a formula.",
            freeze=(2, 0),
        )
        page.widths |= {0: 11.0, 9: 2.0}
        self.parts = [square(self.x), apply("same", self.x), 0.0 * self.x + 1.0]
        self.X = hstack(self.parts)
        pred = self.X @ self.W
        error = pred - self.y
        squared = square(error)
        self.mse, self.grad = mean(squared), 2.0 * (self.X.T @ error) / 20.0
        self.letters(page, 6)
        page.place("points.W", self.W, 6, 1, "input", title="Start W", name="W")
        self.wiggle = wiggle = self.cell(page, "points.wiggle", WIGGLE, 10, 1, "Wiggle", low=1e-9, high=10, name="wiggle")
        units = [constant(tuple((float(i == j),) for i in range(3))) for j in range(3)]
        self.up = vstack([mean(square(self.X @ (self.W + wiggle * unit) - self.y)) for unit in units])
        self.down = vstack([mean(square(self.X @ (self.W - wiggle * unit) - self.y)) for unit in units])
        wiggled = (self.up - self.down) / (2.0 * wiggle)
        best = apply("inverse", self.X.T @ self.X) @ (self.X.T @ self.y)
        self.lowest = mean(square(self.X @ best - self.y))
        sides = {"up": (self.up, "Loss, + wiggle"), "down": (self.down, "Loss, - wiggle")}
        self.columns(page, "points", 6, 2, sides, format="small")
        slopes = {"wiggled": (wiggled, "Slope, wiggled"), "exact": (self.grad, "Slope, exact")}
        self.columns(page, "points", 6, 4, slopes, "backward", format="small", scale=self.up / wiggle)
        apart = {"apart": (apply("abs", wiggled - self.grad), "How far apart")}
        self.columns(page, "points", 6, 6, apart, "result", format="diff", scale=self.up / wiggle)
        page.place("points.best", best, 6, 7, "result", title="Best W")
        page.place("points.mse", self.mse, 10, 4, "result", "cells", title="Loss at the start", side=True, format="loss")
        page.place("points.lowest", self.lowest, 10, 7, "result", title="Lowest loss", side=True, name="lowest_loss", format="loss")
        page.place("points.x", self.x, 15, 0, "data", title="x")
        page.place("points.y", self.y, 15, 1, "data", title="y", name="y")
        page.place("points.X", self.X, 15, 2, "forward", title="X", name="X", labels=("x squared", "x", "1"))
        self.columns(page, "points", 15, 5, {"pred": (pred, "X W"), "error": (error, "Error"), "square": (squared, "Squared")})
        self.columns(page, "points", 15, 8, {"best_pred": (self.X @ best, "X W, best")})
        lines = (
            self.line("the points", "points.x", "points.y", "dots"),
            self.line("start", "points.x", "points.pred"),
            self.line("lowest loss", "points.x", "points.best_pred", "line 2"),
        )
        alt = "Twenty points, the curve at the start, and the curve of the lowest loss."
        page.charts.append(Chart(3, 10, "From where to where", "x", "y", lines, alt, "0", 2, -2, -5, 20, width=520))
        page.text(22, 10, MODEL, "note", wide=6, tall=10)
        page.active = (6, 1)

    # ---- Rates

    def _rates(self) -> None:
        page = self.book.page(
            "Rates",
            "Rates: eight runs, one start, eight learning rates",
            f"Each column is a run of {EPOCHS} epochs; only the yellow rates differ. Read the words, follow the lines, then"
            " change a rate.",
            freeze=(8, 1),
        )
        page.widths |= {0: 20.0, **dict.fromkeys(range(1, 9), 10.4), 9: 2.0}
        self.rates = [self.value(f"rate_{j}", rate) for j, rate in enumerate(RATES, start=1)]
        for j, rate in enumerate(self.rates, start=1):
            block = page.place(f"rates.rate{j}", rate, 6, j, "input", title=f"Rate {j}", format="rate")
            page.rules.append(Rule(block.area, False, 0, 10, f"Rate {j}: a number from 0 to 10 is expected"))
        self.paths = [self.run([rate] * EPOCHS) for rate in self.rates]
        self.turned = [vstack([self._turned(path[: k + 1]) for k in range(EPOCHS + 1)]) for path in self.paths]
        self.each = [vstack([self.loss(w) for w in path]) for path in self.paths]
        losses = hstack(self.each)
        last, least = row(losses, EPOCHS + 1), hstack([apply("min", loss) for loss in self.each])
        above = self.above(losses)
        first = row(above, 1)
        way = where(apply("greater", first, lift(NO_WAY)), first, NO_WAY)
        left = row(above, EPOCHS + 1) / way
        self.turns = hstack([apply("sum", flags) for flags in self.turned])
        far = where(apply("greater", left, lift(0.01)), "creeping", "good")
        swung = where(apply("greater", self.turns, lift(4.0)), "oscillating", far)
        grew = where(apply("greater", last, 1.001 * least), "diverging", swung)
        self.word = apply("if_error", grew, lift("diverging"))
        facts = (
            ("word", self.word, "What it does", "text"),
            ("last", last, f"Loss after {EPOCHS} epochs", "heat_loss"),
            ("least", least, "Lowest on the way", "heat_loss"),
            ("left", left, "Still to go (of 1)", "diff"),
            ("turns", self.turns, "Steps that turn back", "plain"),
        )
        for i, (id, node, title, format) in enumerate(facts):
            page.text(7 + i, 0, title, "label")
            page.place(f"rates.{id}", node, 7 + i, 1, "result", format=format, scale=self.lowest / way if id == "left" else None)
        self.epochs = self.value("epochs", np.arange(EPOCHS + 1.0)[:, None])
        names = tuple(f"rate {j}" for j in range(1, 9))
        page.place("rates.epochs", self.epochs, 16, 0, "fixed", title="Epoch", format="plain")
        page.place("rates.loss", losses, 16, 1, "forward", title="Loss", labels=names, format="heat_loss", scale=self.lowest)
        page.place("rates.above", above, 16, 19, "result", title="Loss above the lowest", labels=names, format="heat_loss", scale=self.lowest)
        page.text(3, 10, RULES, "note", wide=8, tall=5)
        title, y, alt = "Loss, epoch by epoch", "mean squared error", "Eight losses, from creeping to diverging."
        page.charts.append(Chart(9, 10, title, "epoch", y, self._eight("rates.loss"), alt, "0", EPOCHS, 0, 1, 100, log_y=True, width=570, height=300))
        title, y = "How far the loss is above the lowest possible", "loss - lowest loss"
        alt = "The eight losses above the lowest loss: on a logarithmic axis each ends as a straight line."
        page.charts.append(Chart(24, 10, title, "epoch", y, self._eight("rates.above"), alt, "0E+0", EPOCHS, 0, TINY, 1000, log_y=True, width=570, height=300))
        page.text(40, 10, BACK, "note", wide=8, tall=7)
        page.print_cols = 18
        page.active = (6, 1)

    def _turned(self, path: Sequence[Node]) -> Node:
        """1 where the last step points back on the one before, (1, 1); 0 where there are no two yet.

        Steps below a ten-billionth of the weights do not count: rounding decides where they point.
        """
        if len(path) < 3:
            return lift(0.0)
        first, second, third = path[-3:]
        along = apply("sum", (third - second) * (second - first))
        return where(apply("greater", -1e20 * along, apply("sum", square(third))), 1.0, 0.0)

    def _eight(self, id: str) -> tuple[Series, ...]:
        """A line for each column of a block; the legend reads its rate from the rate's cell."""
        x, y = self.book.block("rates.epochs").area, self.book.block(id).area
        rates = [self.book.block(f"rates.rate{j}").area.full() for j in range(1, 9)]
        return tuple(Series(f"={at}", x, y.part((0, EPOCHS), (j, j)), f"line {j + 1}") for j, at in enumerate(rates))

    # ---- Runs

    def _runs(self) -> None:
        page = self.book.page(
            "Runs",
            "Runs: one of the eight up close",
            "Choose a run and an epoch. Each row is a step from the row above: weights - rate x slopes. From column T on,"
            " beside the same epochs, all eight.",
            freeze=(2, 1),
        )
        page.widths |= {0: 20.0, **dict.fromkeys(range(1, 8), 11.0), 5: 13.0, 8: 2.0, 18: 2.0}
        page.text(3, 0, "Change these", "band_plain", wide=2)
        which = self.cell(page, "runs.which", 6, 4, 1, "Run to look at, 1 to 8", low=1, high=8, whole=True, name="which_run")
        epoch = self.cell(page, "runs.epoch", 5, 5, 1, "Epoch to look at", low=0, high=EPOCHS, whole=True, name="epoch")
        self.all_rates, words = vstack([apply("same", rate) for rate in self.rates]), self.word.T
        rate = row(self.all_rates, which)
        path = self.run([rate] * EPOCHS)
        w, loss = vstack(path), vstack([self.loss(one) for one in path])
        then = row(w, epoch + 1.0)
        page.place("runs.rate", rate, 6, 1, "result", title="Its rate", side=True, name="run_rate", format="rate")
        page.place("runs.word", row(words, which), 7, 1, "result", title="What it does", side=True, format="text")
        page.place("runs.loss_then", row(loss, epoch + 1.0), 8, 1, "result", title="Loss at that epoch", side=True, format="heat_loss")
        page.place("runs.then", then, 13, 0, "result", title="Weights at that epoch", labels=LETTERS)
        page.text(5, 3, "Run", "head")
        for j in range(8):
            page.text(6 + j, 3, str(j + 1), "count")
        page.place("runs.rates", self.all_rates, 6, 4, "result", title="Its rate", format="rate")
        page.place("runs.words", words, 6, 5, "result", title="What it does", format="text")
        self.columns(page, "runs", 19, 0, {"epochs": (apply("same", self.epochs), "Epoch")}, "result", format="plain")
        self.columns(page, "runs", 19, 1, {"loss": (loss, "Loss")}, format="heat_loss")
        page.place("runs.w", w, 19, 2, "update", title="Weights", labels=LETTERS)
        page.place("runs.slope", vstack([self.slope(one) for one in path]), 19, 5, "backward", title="Slopes", labels=LETTERS, scale=w)
        for j, (eighth, turned) in enumerate(zip(self.paths, self.turned, strict=True), start=1):
            page.place(f"runs.w{j}", vstack(eighth), 19, 15 + 4 * j, "update", title=f"Weights, rate {j}", labels=LETTERS)
            page.place(f"runs.turned{j}", turned, 19, 18 + 4 * j, "result", title="Turns", format="plain")
        self.columns(page, "runs", 85, 0, {"pred": (self.X @ then.T, "Curve then")})
        at, now, best = (self.book.block(id).area for id in ("runs.w", "runs.then", "points.best"))
        lines: tuple[Series, ...] = (
            Series("the run", at.part((0, EPOCHS), (0, 0)), at.part((0, EPOCHS), (2, 2)), "line 1"),
            Series("the chosen epoch", now.part((0, 0), (0, 0)), now.part((0, 0), (2, 2)), "mark"),
            Series("the lowest loss", best.part((0, 0), (0, 0)), best.part((2, 2), (0, 0)), "target"),
        )
        alt = "The path of weights a and c from the start on, with the chosen epoch and the lowest loss marked."
        page.charts.append(Chart(3, 9, "The path of the run: weights a and c", "a", "c", lines, alt, "0.0", 5, 0, 0, 2.5, x_format="0.0", width=570, height=340))
        lines = (
            self.line("the points", "points.x", "points.y", "dots"),
            self.line("the curve at the chosen epoch", "points.x", "runs.pred"),
        )
        alt = "Twenty points and the curve that the run had at the chosen epoch."
        page.charts.append(Chart(20, 9, "The points and the curve at the chosen epoch", "x", "y", lines, alt, "0", 2, -2, -5, 20, width=570, height=340))
        page.text(38, 9, STEP, "note", wide=7, tall=8)
        page.print_cols = 17
        page.active = (4, 1)

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [
            Pair("points.exact", "Slopes", format="small"),
            Pair("runs.w6", "Weights of rate 6", LETTERS),
            Pair("schedules.rate.exponential", "ExponentialLR", format="small"),
            Pair("schedules.rate.onecycle", "OneCycleLR", format="small"),
            *(Pair(f"schedules.loss.{key}", f"{title}: loss", format="heat_loss") for key, title in SCHEDULES.items()),
            Pair("rates.loss", "Loss of each rate", tuple(f"rate {j}" for j in range(1, 9)), "heat_loss"),
        ]

    def watched(self) -> list[Watched]:
        cells = {"rate on Parabola": "parabola.rate", "curvature there": "parabola.narrow", "first rate": "finder.first"}
        cells |= {"growth": "finder.grow", "top rate": "schedules.top", "decay": "schedules.decay"}
        cells |= {"pct_start": "schedules.share", "div_factor": "schedules.div", "final_div_factor": "schedules.final"}
        seen = (Watched(self.x, "x"), Watched(self.y, "y"), Watched(self.W, "start W"), Watched(self.all_rates, "rates"))
        return [*seen, *(Watched(self.book.block(id).node, title) for title, id in cells.items())]

    def words(self) -> list[Word]:
        return [
            Word("learning rate", "How far a step goes: new weights = old weights - rate x slopes.", "rates.rate1"),
            Word("creeping", "The rate is so small that much of the way is left in the end.", "rates.left"),
            Word("turning back", "What a step does whose product with the step before, part by part and added up, is below 0.", "rates.turns"),
            Word("oscillating", "Steps go too far and turn back, here five times or more in 60 epochs; the loss may still fall.", "rates.word"),
            Word("diverging", "Steps go so far that they end higher than they began; the loss grows without end.", "rates.last"),
            Word("curvature", "By how much the slope changes per unit of a weight: a narrow parabola has much.", "parabola.bend"),
            Word("ideal step", "-slope / curvature: it leads to the lowest point of a parabola at once.", "parabola.ideal"),
            Word("overshooting", "Going past the lowest point, as a step does when rate x curvature is above 1.", "jumps.narrow"),
            Word("largest rate", "2 / the sharpest curvature: above it, descent diverges on a loss that is shaped like a parabola.", "limit.rate"),
            Word("learning rate finder", "A run whose rate grows each step, to see where the loss falls and where it explodes.", "finder.loss"),
            Word("schedule", "A rule by which the learning rate changes on the way.", "schedules.rate.constant"),
            Word("exponential decay", "Each rate is the one before times a number a little below 1.", "schedules.rate.exponential"),
            Word("one-cycle", "The rate rises to its top, then falls to almost nothing, both along half a cosine.", "schedules.rate.onecycle"),
            Word("warm-up", "Small rates at the beginning, before the large ones.", "schedules.low"),
        ]

    def ask(self) -> list[Exercise]:
        early = row(self.each[2], 2)
        return [
            Exercise("On Points, as the workbook came: what is the slope of the loss in c?", row(self.grad, 3)),
            Exercise("On Rates, as it came: what is the loss of rate 2 (0.01) after 60 epochs?", row(self.each[1], EPOCHS + 1)),
            Exercise("On Rates, as it came: how many steps of rate 5 (0.18) turn back on the step before?", row(self.turns.T, 5), 0.25),
            Exercise("On Rates, set rate 3 to 0.2. What is its loss in the row of epoch 1?", early, 0.001, {self.rates[2]: 0.2}),
            Exercise("One update: a weight is 1.1, its slope is -11, the rate is 0.1. What is the weight after the step?", 2.2),
            Exercise("A parabola has slope -6 and curvature 4 where we are. Write a formula for the ideal step.", 1.5),
            Exercise("A parabola has curvature 8. What is the largest rate at which descent on it does not diverge?", 0.25),
            Exercise("A weight is 3 above the lowest point of a parabola, and rate x curvature is 1.5. How far above it (negative: below) is the weight after one step?", -1.5),
            Exercise("On Parabola, all else as it came, set the learning rate to 0.05. What is the loss of the narrower one after step 1?", row(self.jumped, 2), 0.001, {self.jump_rate: 0.05}),
            Exercise("On Limit, as it came: what is the largest rate that does not diverge (four decimals)?", self.limit, 0.00005),
            Exercise("On Finder, all else as it came, let the rate grow by 2 each step. What does it suggest now?", self.suggestion, 0.0005, {self.grow: 2.0}),
            Exercise("Exponential: the rate of epoch 0 is 0.2, and each is 0.9 times the one before. Write a formula for the rate of epoch 3.", 0.1458, 0.0005),
            Exercise("One-cycle: the top rate is 0.25 and div_factor is 25. What is the rate of epoch 0?", 0.01, 0.0005),
            Exercise("On Schedules, as it came: what is the one-cycle rate of epoch 8?", row(self.cycle, 9), 0.0001),
            choice("At the start the slope in a is about three times that in c, and yet c's ideal step is longer. Why? 1: the curvature in c is smaller. 2: the learning rate for c is larger. 3: the points are noisy.", 1),
            choice("A loss falls evenly but slowly, and no step turns back. What would you try first? 1: a smaller rate. 2: a larger rate. 3: another start.", 2),
            choice("On Schedules, with a top rate of 0.3, the exponential run arrives and the constant one diverges. Why? 1: it takes more steps. 2: it starts elsewhere. 3: its rates soon fall below the limit.", 3),
        ]  # fmt: skip


LESSON = LearningRate
