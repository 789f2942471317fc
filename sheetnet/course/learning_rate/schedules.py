"""Finder and Schedules: a rate that grows until the loss explodes, and rates that change on the way."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any

import numpy as np

from sheetnet.course.learning_rate.runs import APART, DECADES, EPOCHS, LETTERS, MILLIONTH, Runs
from sheetnet.graph.node import Node, apply, lift, row, vstack, where
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import Aside, across, beside, down, level
from sheetnet.page.grid import facts
from sheetnet.page.language import said
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Plot, plot
from sheetnet.page.shown import Said, Shown, forward, result, update

GROWN = 30  # steps of the finder
SCHEDULES = {"constant": "Constant", "exponential": "Exponential", "onecycle": "One-cycle"}
LATE = (
    "As it came, the loss is lowest at a rate of {rate:.2f}, though 0.22 is the limit. An explosion begins small and takes steps to show. That is why the finder's answer is divided by ten.\n\n"
    "Try this: let the rate grow by only 1.2 each step. The steps end before the loss rises. A curve without a rise tells nothing."
)
FORGIVE = (
    "Begin with large steps, end with small ones. Then the swings of a rate that is too large die out as it falls. One-cycle also begins small: a warm-up.\n\n"
    "A constant rate must be chosen well. If it is (try a top rate of 0.2), it beats both here, where each step sees all points. Where steps are noisy (lesson 7), falling rates help even then."
)


class Schedules(Runs):
    """How to find a rate, and how to change it."""

    def _finder(self) -> None:
        first = self.typed("first", 0.0001, "First rate", low=1e-9, high=1, name="first_rate", format="rate")
        self.grow = self.typed("grow", 1.4, "It grows each step by", low=1.01, high=3, name="grow_by", format="rate")
        step = self.typed("finder.step", np.arange(1.0, GROWN + 1)[:, None], "Step", "fixed")
        rates = _multiplied(first, self.grow, GROWN)
        rows = self.run(rates)[1:]
        rate, losses = vstack(rates), [self.loss(w) for w in rows]
        loss = vstack(losses)
        fall = vstack([before - after for before, after in zip([self.mse, *losses], losses, strict=False)])
        low = apply("min", apply("if_error", loss, lift(1e300)))
        most = apply("max", apply("if_error", fall, lift(0.0)))
        at_low, at_most = apply("match", low, loss), apply("match", most, fall)
        self.suggestion = row(rate, at_low) / 10.0
        risen = where(apply("equal", at_low, lift(float(GROWN))), said("not yet: grow faster"), said("yes"))
        known: Said = {
            "low": (low, "Lowest loss"), "lowest_at": (row(rate, at_low), "at the rate"),
            "suggestion": (self.suggestion, "Suggestion: a tenth of it"), "most": (most, "Steepest fall in one step"),
            "steepest": (row(rate, at_most), "at the rate"), "loss_there": (row(loss, at_most), "loss there"),
            "risen": (risen, "Has the loss risen again?", "text"),
        }  # fmt: skip
        upright = {
            "x": (vstack([apply("same", self.suggestion) for _ in range(2)]), "Suggestion"),
            "y": (vstack([apply("same", low), apply("same", self.mse)]), "drawn upright"),
        }
        lines = (
            ("loss", "rate", "loss"), ("lowest", "lowest_at", "low", "mark"),
            ("steepest fall", "steepest", "loss_there", "dots"), ("suggestion", "x", "y", "line 3"),
        )  # fmt: skip
        self.page(
            "Finder: let the rate grow, and look where the loss falls",
            "Each step is taken with a larger rate than the one before. First nothing happens. Then the loss falls. Then it explodes.", across(
            down(
                facts("", self.cells(first, self.grow), result(known)),
                table(
                    self.cells(step), update({"rate": (rate, "Rate", "small")}),
                    forward({"loss": (loss, "Loss after it", "exploding")}),
                    update({"w": (vstack(rows), "Weights after it")}, labels=LETTERS),
                    result({"fall": (fall, "Fell by")}),
                ),
            ),
            down(
                plot("Loss against a rate that grows (cut off at 20)", "learning rate (in powers of ten)", "loss after the step", lines,
                     "Loss against a growing rate: flat, then falling, then lowest, then exploding; the suggestion is well below.",
                     y_format="0", x_min=None, y_min=0, y_max=20, log_x=True, width=540, height=280),
                Note(APART, 7),
                Note(LATE.format(rate=self.as_it_came(row(rate, at_low))[0].item()), 7),
            ),
            Aside(table(result(upright))),
        ))  # fmt: skip

    def _schedules(self) -> None:
        top = self.typed("top", 0.22, "Top rate", low=0, high=10, name="top_rate", format="rate")
        decay = self.typed("decay", 0.95, "Exponential: times", low=0.01, high=1, name="decay", format="rate")
        title = "One-cycle: share that rises (pct_start)"
        share = self.typed("share", 0.3, title, low=0.05, high=0.95, name="pct_start", format="rate")
        div = self.typed("div", 25.0, "top / first rate (div_factor)", low=1, name="div_factor", format="rate")
        title = "first / last rate (final_div_factor)"
        final = self.typed("final", 10000.0, title, low=1, name="final_div", format="rate")
        step = self.typed("schedules.step", np.arange(float(EPOCHS))[:, None], "Epoch", "fixed")
        low, peak = top / div, share * float(EPOCHS) - 1.0
        end = low / final
        falls = apply("greater", step, peak)
        way = where(falls, (step - peak) / (EPOCHS - 1.0 - peak), step / peak)
        come, go = where(falls, top, low), where(falls, end, top)
        self.cycle = go + (come - go) / 2.0 * (1.0 + apply("cos", pi * way))
        flat, decayed = [apply("same", top) for _ in range(EPOCHS)], _multiplied(top, decay, EPOCHS)
        paths = [self.run(rates) for rates in (flat, decayed, [row(self.cycle, k + 1) for k in range(EPOCHS)])]
        losses = [vstack([self.loss(w) for w in path]) for path in paths]
        above = [self.above(loss) for loss in losses]
        rates = _each("rate", [vstack(flat), vstack(decayed)])
        rates["schedules.rate.onecycle"] = Shown(self.cycle, SCHEDULES["onecycle"], style="cells")
        cycle = {
            "low": Shown(low, "first rate", "rate", name="low_rate"), "end": Shown(end, "last rate", "fine", name="end_rate"),
            "peak": Shown(peak, "last rising epoch", "rate", name="peak"),
        }  # fmt: skip
        helpers = {"way": (way, "Share of phase"), "come": (come, "From rate"), "go": (go, "To rate")}
        ends = _each("last", [row(one, EPOCHS + 1) for one in above])
        self.page(
            "Schedules: a rate that changes on the way",
            "Three runs from the same start: one keeps the top rate, one lets it decay, one goes up to it and down again. Change the top rate.", level(
            [
                down(beside(
                    down(
                        facts("", self.cells(top, decay)),
                        facts("In the end above the lowest loss", result(ends, format="small"), band="lead"),
                    ),
                    facts("", self.cells(share, div, final), result(cycle), span=3),
                ), Note(FORGIVE, 7)),
                table(
                    result({"epochs": (apply("same", self.epochs), "Epoch", "plain")}),
                    update(rates), forward(_each("loss", losses), format="exploding"),
                    lead={"schedules.rate.constant": "Rate of the step that follows", "schedules.loss.constant": "Loss"},
                ),
            ],
            [down(
                _drawn("The learning rate, epoch by epoch", "learning rate", "step", "rate", y_format="0.00", y_min=0,
                       height=160),
                _drawn("Above the lowest loss (in powers of ten)", "loss - lowest loss", "epochs", "above",
                       y_format=DECADES, y_min=MILLIONTH, y_max=100, log_y=True, height=220),
                gap=0,
            )],
            [None, Aside(table(
                self.cells(step), update(helpers, style="cells", format="small"), None,
                result(_each("above", above), format="small"), None,
                update(_each("w", [vstack(path) for path in paths], "Weights: {}"), labels=LETTERS),
                lead={
                    "schedules.step": "One-cycle: rises, then falls, each along half a cosine",
                    "schedules.above.constant": "Loss above the lowest",
                },
            ))],
        ), freeze=(2, 1))  # fmt: skip


def _multiplied(first: Node, by: Node, n: int) -> list[Node]:
    """n numbers, (1, 1) each: the first, and each next one the one before times `by`."""
    return unroll([apply("same", first)], n, lambda now, _: ([], [now[0] * by]))[0][0]


def _each(id: str, nodes: Sequence[Node], title: str = "") -> dict[str, tuple[Node, str] | Shown]:
    """A block for each of the three schedules, under its name."""
    return {
        f"schedules.{id}.{key}": (node, title.format(name.lower()) or name)
        for (key, name), node in zip(SCHEDULES.items(), nodes, strict=False)
    }


def _drawn(title: str, axis: str, x: str, y: str, **more: Any) -> Plot:
    """The three schedules over the epochs."""
    lines = [(name, x, f"schedules.{y}.{key}", f"line {i}") for i, (key, name) in enumerate(SCHEDULES.items(), 1)]
    alt = f"Three lines over the epochs, of the constant, the exponential and the one-cycle rate: {axis}."
    return plot(title, "epoch", axis, lines, alt, x_max=EPOCHS, width=480, **more)
