"""Rates and Runs: eight runs from one start side by side, and one of them up close."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.learning_rate.notes import BACK, RULES, STEP
from sheetnet.course.learning_rate.runs import EPOCHS, LETTERS, TINY
from sheetnet.course.learning_rate.schedules import Schedules
from sheetnet.graph.node import Node, apply, hstack, lift, row, square, vstack, where
from sheetnet.page.book import Chart, Rule, Series

RATES = (0.002, 0.01, 0.05, 0.1, 0.18, 0.215, 0.2216, 0.24)
NO_WAY = 1e-5  # a start less than this above the lowest loss has no way to go: rounding would decide its share


class Rates(Schedules):
    """Eight learning rates from one start."""

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
            page.place(
                f"rates.{id}",
                node,
                7 + i,
                1,
                "result",
                format=format,
                scale=self.lowest / way if id == "left" else None,
            )
        self.epochs = self.value("epochs", np.arange(EPOCHS + 1.0)[:, None])
        names = tuple(f"rate {j}" for j in range(1, 9))
        page.place("rates.epochs", self.epochs, 16, 0, "fixed", title="Epoch", format="plain")
        page.place(
            "rates.loss", losses, 16, 1, "forward", title="Loss", labels=names, format="heat_loss", scale=self.lowest
        )
        page.place(
            "rates.above",
            above,
            16,
            19,
            "result",
            title="Loss above the lowest",
            labels=names,
            format="heat_loss",
            scale=self.lowest,
        )
        page.text(3, 10, RULES, "note", wide=8, tall=5)
        title, y, alt = "Loss, epoch by epoch", "mean squared error", "Eight losses, from creeping to diverging."
        page.charts.append(
            Chart(
                9,
                10,
                title,
                "epoch",
                y,
                self._eight("rates.loss"),
                alt,
                "0",
                EPOCHS,
                0,
                1,
                100,
                log_y=True,
                width=570,
                height=300,
            )
        )
        title, y = "How far the loss is above the lowest possible", "loss - lowest loss"
        alt = "The eight losses above the lowest loss: on a logarithmic axis each ends as a straight line."
        page.charts.append(
            Chart(
                24,
                10,
                title,
                "epoch",
                y,
                self._eight("rates.above"),
                alt,
                "0E+0",
                EPOCHS,
                0,
                TINY,
                1000,
                log_y=True,
                width=570,
                height=300,
            )
        )
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
        which = self.cell(
            page, "runs.which", 6, 4, 1, "Run to look at, 1 to 8", low=1, high=8, whole=True, name="which_run"
        )
        epoch = self.cell(page, "runs.epoch", 5, 5, 1, "Epoch to look at", low=0, high=EPOCHS, whole=True, name="epoch")
        self.all_rates, words = vstack([apply("same", rate) for rate in self.rates]), self.word.T
        rate = row(self.all_rates, which)
        path = self.run([rate] * EPOCHS)
        w, loss = vstack(path), vstack([self.loss(one) for one in path])
        then = row(w, epoch + 1.0)
        page.place("runs.rate", rate, 6, 1, "result", title="Its rate", side=True, name="run_rate", format="rate")
        page.place("runs.word", row(words, which), 7, 1, "result", title="What it does", side=True, format="text")
        page.place(
            "runs.loss_then",
            row(loss, epoch + 1.0),
            8,
            1,
            "result",
            title="Loss at that epoch",
            side=True,
            format="heat_loss",
        )
        page.place("runs.then", then, 13, 0, "result", title="Weights at that epoch", labels=LETTERS)
        page.text(5, 3, "Run", "head")
        for j in range(8):
            page.text(6 + j, 3, str(j + 1), "count")
        page.place("runs.rates", self.all_rates, 6, 4, "result", title="Its rate", format="rate")
        page.place("runs.words", words, 6, 5, "result", title="What it does", format="text")
        self.columns(page, "runs", 19, 0, {"epochs": (apply("same", self.epochs), "Epoch")}, "result", format="plain")
        self.columns(page, "runs", 19, 1, {"loss": (loss, "Loss")}, format="heat_loss")
        page.place("runs.w", w, 19, 2, "update", title="Weights", labels=LETTERS)
        page.place(
            "runs.slope",
            vstack([self.slope(one) for one in path]),
            19,
            5,
            "backward",
            title="Slopes",
            labels=LETTERS,
            scale=w,
        )
        for j, (eighth, turned) in enumerate(zip(self.paths, self.turned, strict=True), start=1):
            page.place(
                f"runs.w{j}", vstack(eighth), 19, 15 + 4 * j, "update", title=f"Weights, rate {j}", labels=LETTERS
            )
            page.place(f"runs.turned{j}", turned, 19, 18 + 4 * j, "result", title="Turns", format="plain")
        self.columns(page, "runs", 85, 0, {"pred": (self.X @ then.T, "Curve then")})
        at, now, best = (self.book.block(id).area for id in ("runs.w", "runs.then", "points.best"))
        lines: tuple[Series, ...] = (
            Series("the run", at.part((0, EPOCHS), (0, 0)), at.part((0, EPOCHS), (2, 2)), "line 1"),
            Series("the chosen epoch", now.part((0, 0), (0, 0)), now.part((0, 0), (2, 2)), "mark"),
            Series("the lowest loss", best.part((0, 0), (0, 0)), best.part((2, 2), (0, 0)), "target"),
        )
        alt = "The path of weights a and c from the start on, with the chosen epoch and the lowest loss marked."
        page.charts.append(
            Chart(
                3,
                9,
                "The path of the run: weights a and c",
                "a",
                "c",
                lines,
                alt,
                "0.0",
                5,
                0,
                0,
                2.5,
                x_format="0.0",
                width=570,
                height=340,
            )
        )
        lines = (
            self.line("the points", "points.x", "points.y", "dots"),
            self.line("the curve at the chosen epoch", "points.x", "runs.pred"),
        )
        alt = "Twenty points and the curve that the run had at the chosen epoch."
        page.charts.append(
            Chart(
                20,
                9,
                "The points and the curve at the chosen epoch",
                "x",
                "y",
                lines,
                alt,
                "0",
                2,
                -2,
                -5,
                20,
                width=570,
                height=340,
            )
        )
        page.text(38, 9, STEP, "note", wide=7, tall=8)
        page.print_cols = 17
        page.active = (4, 1)
