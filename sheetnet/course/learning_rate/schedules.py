"""Finder and Schedules: a rate that grows until the loss explodes, and rates that change on the way."""

from __future__ import annotations

import numpy as np

from sheetnet.course.learning_rate.notes import FORGIVE, LATE
from sheetnet.course.learning_rate.parabola import Parabola
from sheetnet.course.learning_rate.runs import EPOCHS, LETTERS, TINY
from sheetnet.graph.node import apply, lift, row, vstack, where
from sheetnet.page.book import Chart

GROWN, PI = 30, 3.141592653589793  # steps of the finder
SCHEDULES = {"constant": "Constant", "exponential": "Exponential", "onecycle": "One-cycle"}


class Schedules(Parabola):
    """How to find a rate, and how to change it."""

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
        first = self.cell(
            page, "finder.first", 0.0001, 3, 1, "First rate", low=1e-9, high=1, name="first_rate", format="rate"
        )
        self.grow = self.cell(
            page, "finder.grow", 1.4, 4, 1, "It grows each step by", low=1.01, high=3, name="grow_by", format="rate"
        )
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
        ends = (
            vstack([apply("same", self.suggestion) for _ in range(2)]),
            vstack([apply("same", low), apply("same", self.mse)]),
        )
        self.columns(page, "finder", 15, 18, {"x": (ends[0], "Suggestion"), "y": (ends[1], "drawn upright")}, "result")
        lines = (
            self.line("loss", "finder.rate", "finder.loss"),
            self.line("lowest", "finder.lowest_at", "finder.low", "mark"),
            self.line("steepest fall", "finder.steepest", "finder.loss_there", "dots"),
            self.line("suggestion", "finder.x", "finder.y", "line 3"),
        )
        alt = "Loss against a growing rate: flat, then falling, then lowest, then exploding; the suggestion is well below."
        page.charts.append(
            Chart(
                3,
                8,
                "Loss against a rate that grows",
                "learning rate",
                "loss after the step",
                lines,
                alt,
                "0",
                x_min=None,
                y_min=0,
                y_max=20,
                log_x=True,
                width=600,
            )
        )
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
        decay = self.cell(
            page, "schedules.decay", 0.95, 4, 1, "Exponential: times", low=0.01, high=1, name="decay", format="rate"
        )
        share = self.cell(
            page,
            "schedules.share",
            0.3,
            3,
            5,
            "One-cycle: share that rises (pct_start)",
            low=0.05,
            high=0.95,
            name="pct_start",
            format="rate",
        )
        div = self.cell(
            page, "schedules.div", 25.0, 4, 5, "top / first rate (div_factor)", low=1, name="div_factor", format="rate"
        )
        final = self.cell(
            page,
            "schedules.final",
            10000.0,
            5,
            5,
            "first / last rate (final_div_factor)",
            low=1,
            name="final_div",
            format="rate",
        )
        low, peak = top / div, share * float(EPOCHS) - 1.0
        end = low / final
        for i, (id, node, title) in enumerate(
            (("low", low, "first rate"), ("end", end, "last rate"), ("peak", peak, "last rising epoch"))
        ):
            page.place(
                f"schedules.{id}",
                node,
                6 + i,
                5,
                "result",
                title=title,
                side=True,
                name=f"{id}_rate" if i < 2 else id,
                format="rate",
            )
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
        self.columns(
            page, "schedules", 15, 0, {"epochs": (apply("same", self.epochs), "Epoch")}, "result", format="plain"
        )
        page.place("schedules.step", step, 15, 17, "fixed", title="Epoch", format="plain")
        for i, (key, title) in enumerate(SCHEDULES.items()):
            style = "cells" if key == "onecycle" else None
            self.columns(page, "schedules.rate", 15, 1 + i, {key: (rates[key], title)}, "update", style, format="small")  # type: ignore[arg-type]
            self.columns(page, "schedules.loss", 15, 4 + i, {key: (losses[key], title)}, format="heat_loss")
            self.columns(
                page,
                "schedules.above",
                15,
                22 + i,
                {key: (above[key], title)},
                "result",
                format="heat_loss",
                scale=losses[key],
            )
            last = row(above[key], EPOCHS + 1)
            page.place(
                f"schedules.last.{key}",
                last,
                7 + i,
                1,
                "result",
                title=title,
                side=True,
                format="heat_loss",
                scale=losses[key],
            )
            page.place(
                f"schedules.w.{key}",
                vstack(paths[i]),
                15,
                26 + 3 * i,
                "update",
                title=f"Weights: {title.lower()}",
                labels=LETTERS,
            )
        page.text(11, 17, "One-cycle: rises, then falls, each along half a cosine", "lead")
        page.text(11, 22, "Loss above the lowest", "lead")
        helpers = {"way": (way, "Share of phase"), "come": (come, "From rate"), "go": (go, "To rate")}
        self.columns(page, "schedules", 15, 18, helpers, "update", "cells", format="small")
        for top_row, x, y, log in ((3, "step", "rate", False), (18, "epochs", "above", True)):
            lines = tuple(
                self.line(title, f"schedules.{x}", f"schedules.{y}.{key}", f"line {i}")
                for i, (key, title) in enumerate(SCHEDULES.items(), start=1)
            )
            title, axis = (
                ("How far the loss is above the lowest possible", "loss - lowest loss")
                if log
                else ("The learning rate, epoch by epoch", "learning rate")
            )
            alt = f"Three lines over the epochs, of the constant, the exponential and the one-cycle rate: {axis}."
            page.charts.append(
                Chart(
                    top_row,
                    8,
                    title,
                    "epoch",
                    axis,
                    lines,
                    alt,
                    "0E+0" if log else "0.00",
                    EPOCHS,
                    y_min=TINY if log else 0,
                    y_max=1e3 if log else None,
                    log_y=log,
                    width=600,
                    height=300,
                )
            )
        page.text(34, 8, FORGIVE, "note", wide=6, tall=8)
        page.print_cols = 16
        page.active = (3, 1)
