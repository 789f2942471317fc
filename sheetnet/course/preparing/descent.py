"""Lesson 5, the sheets Epochs and Marathon: how many epochs the same descent needs on three tables."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.scales import FEATURES, TABLES, Scales
from sheetnet.graph.node import Node, apply, hstack, lift, mean, row, square, vstack, where
from sheetnet.page.book import Chart, Page, Rule

EPOCHS, DOUBLINGS, WITHIN = 150, 18, 0.01
LATE = f"not by {2**DOUBLINGS - 1:,}"
RATES = {"raw": 0.0002, "max": 0.4, "log": 0.24}
EPOCHS_NOTE = (
    "All three begin with the weights on Slopes and go down their slopes, each with its own rate. Surely safe: 891 /"
    " (the sum of all squares in the table). A larger rate works up to a limit: 0.000259 for Raw, 0.578 divided, 0.291"
    " log10. Above it the loss climbs out of the chart and never arrives.\n\nTry this: give Raw the rate 0.00025, then"
    " 0.00027. Then give the other two Raw's rate of 0.0002: they need even more epochs than Raw. What dividing buys is"
    " that a large rate is safe. A single Fare of 5000 on Data lowers Raw's limit to 0.000032: at 0.0002 it"
    " diverges.\n\nOn Large, log10 fitted better than Fare / max; here it needs more epochs. Beside sex and class Fare"
    " adds next to nothing in either form, and log10's larger numbers allow only half the rate: that is part of it."
)
MARATHON_NOTE = (
    "How far the weights are from the best ones shrinks by the same matrix at each epoch: away x Step, Step = identity -"
    " 2 rate X'X / 891. Two epochs are Step x Step, four are that times itself: seventeen products reach 131,072 epochs."
    "\n\nExactly how many? Try the largest stride that does not arrive yet, then half of it, and so on, as in guessing a"
    " number. Their sum, plus one, is the first epoch that has arrived. 262,144 means:"
    " not by 262,143, or never.\n\n#NUM! in the table: the rate is above its limit, and the loss has outgrown what a"
    " cell can hold."
)


class Descent:
    """The same descent on three tables: 150 epochs row by row, and the number of epochs until it arrives."""

    def __init__(self, lesson: Lesson, scales: Scales) -> None:
        self.scales = scales
        self.lr: dict[str, Node] = {}
        self.best: dict[str, Node] = {}
        self.best_loss: dict[str, Node] = {}
        self.target: dict[str, Node] = {}
        self.path: dict[str, Node] = {}
        self.count: dict[str, Node] = {}
        self._epochs(lesson)
        self._marathon(lesson)

    # ---- Epochs

    def _epochs(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Epochs",
            "Epochs: the same descent, three tables",
            "Change the yellow rates. How many epochs does each table need until its loss is within a share of the"
            " smallest that is possible?",
            freeze=(2, 1),
        )
        page.widths |= {0: 26.0, **dict.fromkeys(range(1, 4), 22.0), 4: 3.0}
        top = 19
        number = lesson.value("epochs", np.arange(EPOCHS + 1.0)[:, None])
        page.place("epochs.epoch", number, top, 0, "fixed", title="Epoch", format="plain")
        self.within = lesson.cell(
            page,
            "epochs.within",
            WITHIN,
            8,
            1,
            "Within this share of it",
            low=1e-6,
            high=10,
            name="within",
            format="share",
        )
        labels = ("", "Learning rate", "A rate that is surely safe", "Smallest possible loss")
        for i, words in enumerate(labels):
            page.text(3 + i, 0, words, "label")
        for i, words in enumerate(("Arrived when the loss is", "Epochs until there", f"Loss after {EPOCHS} epochs")):
            page.text(9 + i, 0, words, "label")
        col = 15
        for i, (key, words) in enumerate(TABLES.items(), start=1):
            page.text(3, i, words, "head")
            lr = self.lr[key] = lesson.value(f"rate_{key}", RATES[key])
            block = page.place(f"epochs.{key}.lr", lr, 4, i, "input", name=f"rate_{key}", format="rate")
            page.rules.append(Rule(block.area, False, 0.0, 1e6, "Learning rate: a number of 0 or more is expected"))
            gram, moment = self.scales.gram[key], self.scales.moment[key]
            page.place(
                f"epochs.{key}.safe",
                self.scales.n / apply("sum", square(self.scales.X[key])),
                5,
                i,
                "forward",
                format="small",
            )
            col = self._descend(page, key, top, col)
            best = self.best[key]
            self.best_loss[key] = mean(square(self.scales.X[key] @ best.T - self.scales.y))
            page.place(f"epochs.{key}.least", self.best_loss[key], 6, i, "forward", name=f"least_{key}", format="loss")
            self.target[key] = self.best_loss[key] * (1.0 + self.within)
            page.place(f"epochs.{key}.target", self.target[key], 9, i, "forward", name=f"target_{key}", format="loss")
            # row by row, so that where a rate is too large only the rows that outgrow the sheet are errors
            loss = vstack(
                [
                    (apply("sum", w * (w @ gram - 2.0 * moment.T)) + self.scales.yy) / self.scales.n
                    for w in self.path[key].sources
                ]
            )
            page.place(f"epochs.{key}.loss", loss, top, i, "forward", title=f"Loss: {words}", format="loss")
            page.place(f"epochs.{key}.last", row(loss, EPOCHS + 1), 11, i, "result", format="loss")
        lines = tuple(
            lesson.line(words.lower(), "epochs.epoch", f"epochs.{key}.loss", f"line {i + 1}")
            for i, (key, words) in enumerate(TABLES.items())
        )
        alt = "The loss at each of 150 epochs for the raw table and the two prepared ones."
        title = f"The first {EPOCHS} epochs"
        page.charts.append(Chart(2, 5, title, "epoch", "mean squared error", lines, alt, "0.00", EPOCHS, 0, 0.1, 0.4))
        page.text(22, 5, EPOCHS_NOTE, "note", wide=8, tall=12)
        page.print_cols = 14
        page.active = (4, 1)

    def _descend(self, page: Page, key: str, top: int, col: int) -> int:
        """The weights of all epochs, each row from the one above, and their slopes; and the best weights."""
        gram, moment, lr = self.scales.gram[key], self.scales.moment[key], self.lr[key]
        weights, slopes = [self.scales.start.T], []
        for epoch in range(EPOCHS + 1):
            slopes.append(2.0 * (weights[-1] @ gram - moment.T) / self.scales.n)
            if epoch < EPOCHS:
                weights.append(weights[-1] - lr * slopes[-1])
        self.path[key] = vstack(weights)
        words = TABLES[key]
        page.text(4, col, f"{words}: the best weights, by least squares", "lead")
        self.best[key] = (moment.T @ apply("inverse", gram)).named("best")
        page.place(f"epochs.{key}.best", self.best[key], 5, col, "forward", name=f"best_{key}", format="weight")
        page.place(
            f"epochs.{key}.W",
            self.path[key],
            top,
            col,
            "update",
            title=f"Weights: {words}",
            labels=FEATURES,
            format="weight",
        )
        page.place(
            f"epochs.{key}.grad", vstack(slopes), top, col + 7, "backward", title=f"Slopes: {words}", labels=FEATURES
        )
        page.widths |= {col + 6: 3.0, col + 13: 3.0}
        return col + 14

    # ---- Marathon

    def _marathon(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Marathon",
            "Marathon: how many epochs until it arrives?",
            "Too many for a row each: each row here has twice as many epochs as the row above. The chart's axis is"
            " logarithmic.",
            freeze=(2, 1),
        )
        page.widths |= {0: 26.0, **dict.fromkeys(range(1, 4), 22.0), 4: 3.0}
        top, powers_at, search_at = 10, 60, 35
        number = lesson.value("doubled", 2.0 ** np.arange(DOUBLINGS)[:, None])
        page.place("marathon.epoch", number, top, 0, "fixed", title="Epochs", format="plain")
        strides = lesson.value("strides", 2.0 ** np.arange(DOUBLINGS - 1, -1, -1)[:, None])
        page.place("search.stride", strides, search_at, 0, "fixed", title="Stride", name="stride", format="plain")
        page.text(search_at - 4, 0, "Taken (1) when the loss would still be too large after it", "lead")
        page.text(4, 0, "Epochs until there", "label")
        page.text(5, 0, "times as many as the fewest", "label")
        for i, (key, words) in enumerate(TABLES.items()):
            col = 15 + 7 * i
            step = self.scales.eye - 2.0 * self.lr[key] / self.scales.n * self.scales.gram[key]
            powers = [step]
            for _ in range(DOUBLINGS - 1):
                powers.append(powers[-1] @ powers[-1])
            kilo = lift(1000.0)  # each squaring doubles the relative error of rounding: 1e-10 of 1 is what is left
            page.text(
                3, col, "What an epoch does to the distance from the best weights; then two, four, ... epochs", "lead"
            )
            page.place(
                f"marathon.{key}.powers", vstack(powers), powers_at, col, "forward", title=f"Step: {words}",
                labels=FEATURES, format="weight", scale=kilo,
            )  # fmt: skip
            away = self.scales.start.T - self.best[key]
            page.place(f"marathon.{key}.away", away, 5, col, "forward", name=f"away_{key}", format="weight")
            after = vstack([away @ power for power in powers])
            page.place(
                f"marathon.{key}.after", after, top, col, "forward", title=f"Still away: {words}", labels=FEATURES,
                format="weight", scale=kilo,
            )  # fmt: skip
            loss = vstack([self._loss_away(key, row) for row in after.sources])
            page.text(3, 1 + i, words, "head")
            page.place(f"marathon.{key}.loss", loss, top, 1 + i, "forward", title=f"Loss: {words}", format="loss")
            gone, here, tries, losses = [], [], [], []
            at = away
            for power in reversed(powers):
                here.append(at if at is not away else apply("same", away))
                tries.append(here[-1] @ power)
                losses.append(self._loss_away(key, tries[-1]))
                gone.append(apply("if_error", apply("greater", losses[-1], self.target[key]), lift(1.0)))
                at = where(gone[-1], tries[-1], here[-1])
            for part, nodes, title in (("here", here, "Away before"), ("tried", tries, "Away after the stride")):
                page.place(
                    f"search.{key}.{part}", vstack(nodes), search_at, col + (22 if part == "tried" else 0), "forward",
                    title=f"{title}: {words}", labels=FEATURES, format="weight", scale=kilo,
                )  # fmt: skip
            taken = vstack(gone)
            page.place(
                f"search.{key}.loss",
                vstack(losses),
                search_at,
                5 + i,
                "forward",
                title=f"Loss then: {words}",
                format="loss",
            )
            page.place(
                f"search.{key}.taken", taken, search_at, 1 + i, "result", title=f"Taken: {words}", format="plain"
            )
            self.count[key] = apply("sum", taken * strides) + 1.0
            page.widths |= {col + 6: 3.0, col + 28: 3.0, 5 + i: 24.0}
        self._counts(lesson, page)

    def _loss_away(self, key: str, away: Node) -> Node:
        """The loss when the weights are so far from the best ones, (1, 6) -> (1, 1)."""
        return self.best_loss[key] + apply("sum", away * (away @ self.scales.gram[key])) / self.scales.n

    def _counts(self, lesson: Lesson, page: Page) -> None:
        self.counts = hstack(list(self.count.values()))
        page.place("marathon.count", self.counts, 4, 1, "result", name="epochs_needed", format="plain")
        late = apply("greater", self.counts, lift(2.0**DOUBLINGS - 1.0))
        times = where(late, LATE, self.counts / apply("min", self.counts))
        page.place("here.marathon.times", times, 5, 1, "result", format="feature")
        epochs = lesson.book.pages[-2]
        epochs.place("here.epochs.count", where(late, LATE, self.counts), 10, 1, "result", "cells", format="plain")
        lines = tuple(
            lesson.line(words.lower(), "marathon.epoch", f"marathon.{key}.loss", f"line {i + 1}")
            for i, (key, words) in enumerate(TABLES.items())
        )
        alt = "The loss against the epoch on a logarithmic axis, for the three tables."
        title = "The same three losses, up to 131,072 epochs"
        chart = Chart(
            2, 5, title, "epoch (each line tenfold)", "mean squared error", lines, alt, "0.00", 1e6, 1, 0.1, 0.4, log_x=True,
            x_format="#,##0",
        )  # fmt: skip
        page.charts.append(chart)
        page.text(21, 5, MARATHON_NOTE, "note", wide=4, tall=10)
        page.print_cols = 14
        page.active = (4, 1)
