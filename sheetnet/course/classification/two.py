"""Sigmoid and Losses: from a score to a probability, and which loss pulls when that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from sheetnet.course.classification import texts
from sheetnet.course.classification.own import people
from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, hstack, lift, mean, square, where
from sheetnet.motifs.wiggle import by_wiggling
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Ruler, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Shown, backward, forward, result, shown

AWAY = -9.0  # where a point of another class stands: below every chart
LOSSES = {"squared": "squared error", "entropy": "cross-entropy"}
SHORT = {"squared": "squared", "entropy": "cross-ent."}  # over narrow columns
LOOKS = {"squared": "line 2", "entropy": "line 1"}
VALUES, SCORES = np.linspace(-4, 4, 41)[:, None], np.linspace(-6, 6, 49)[:, None]
HALF: dict[str, Any] = {"width": 400, "height": 240, "wide": 5}  # of two charts side by side

Rule = Callable[[Node], Node]


def sigmoid(score: Node) -> Node:
    """1 / (1 + exp(-score)), entry by entry."""
    return apply("sigmoid", score)


def at_least(a: Node, b: Node | float) -> Node:
    """1 where a is b or more, else 0."""
    return 1.0 - apply("greater", lift(b), a)


def same(a: Node, b: Node | float) -> Node:
    """1 where the two are equal, else 0."""
    return apply("equal", a, lift(b))


def twice(a: Node) -> Node:
    """A number for each of two columns, (1, 2)."""
    return hstack([apply("same", a), apply("same", a)])


def entropy(pred: Node, y: Node) -> Node:
    """-ln of what the prediction gave to what came true."""
    return -apply("ln", where(same(y, 1.0), pred, 1.0 - pred))


def over(n: int, wide: float, chart: Part) -> Part:
    """A chart over n columns that are at least so wide, whatever stands below."""
    return down(Ruler((wide,) * n), chart, gap=0)


def halves(*charts: Part) -> Part:
    """Two charts side by side."""
    return beside(*(over(5, 11.0, chart) for chart in charts))


class Two(Lesson):
    """Who is ill? One value, one score, one probability."""

    def sigmoid_page(self) -> None:
        value, ill = people(self.seed)
        self.x = self.typed("x", value, "Value", "data", format="plain")
        self.y = self.typed("y", ill, "Ill", "data", name="ill", format="plain")
        self.w, self.b = (
            self.typed(id, start, f"{id} ({name})", name=name, format="plain")
            for id, name, start in (("w", "weight", 1.0), ("b", "bias", -1.0))
        )
        self.person = self.typed("value", 2.0, "Value of one person", name="value", format="plain")
        values = self.typed("values", VALUES, "Value", "fixed")
        score, scores, drawn = (self.w * x + self.b for x in (self.person, self.x, values))
        power, pred = apply("exp", -score), sigmoid(scores)
        steps = forward({
            "one_score": (score, "Score: w × value + b"), "one_power": (power, "e^(-score)"),
            "one_below": (1.0 + power, "1 + e^(-score)"), "one_pred": (1.0 / (1.0 + power), "Prediction: 1 / that"),
        }, style="cells", format="short")  # fmt: skip
        found = {
            "half": Shown(-(self.b / self.w), "Prediction 0.5 at value", "short"),
            "right": Shown(mean(same(at_least(pred, 0.5), self.y)), "Predicted right", "share"),
        }
        lines: list[Line] = [
            ("healthy", "x", "healthy", "class 1"), ("ill", "x", "ill", "class 2"),
            ("prediction", "values", "curve", "live"), ("the one person", self.person, "one_pred", "target"),
        ]  # fmt: skip
        at_0 = where(same(self.y, 0.0), 0.0, AWAY)
        at_1 = where(same(self.y, 1.0), 1.0, AWAY)
        cells: dict[str, Any] = {"style": "cells", "format": "short"}
        self.page("Sigmoid: from a score to a probability", texts.ABOUT_SIGMOID, down(
            across(
                down(
                    facts("Change these", self.cells(self.w, self.b, self.person)),
                    facts("One person, slowly", steps),
                    facts("Everybody", result(found)),
                ),
                plot("The sigmoid: an S between 0 and 1", "value of the blood test", "prediction: probability of being ill",
                     lines, "Forty people at 0 or 1, and an S-shaped curve from 0 up to 1.", x_min=-4, x_max=4,
                     x_format="0", y_min=-0.1, y_max=1.1, y_format="0.0", width=480, height=380, wide=6),
                Note(texts.SIGMOID, 6),
            ),
            across(
                table(self.cells(self.x), names=len(value), corner="Person"),
                table(self.cells(self.y), forward({"score": (scores, "Score"), "pred": (pred, "Prediction")}, **cells)),
                table(self.cells(values), forward({"curve_score": (drawn, "Score"), "curve": (sigmoid(drawn), "Prediction")}, **cells)),
                table(shown("forward", {"healthy": (at_0, "healthy"), "ill": (at_1, "ill")}, style="cells", format="plain"),
                      lead=texts.DRAWN_AWAY),
            ),
        ), first=self.w)  # fmt: skip

    def losses_page(self) -> None:
        message = "1 for ill or 0 for healthy is expected"
        self.truth = self.typed("y", 1.0, "Truth: ill 1, healthy 0", low=0, high=1, whole=True, message=message)
        self.score = self.typed("score", -5.0, "Score", low=-10, high=10)
        self.wiggle = self.typed("wiggle", 0.005, "Wiggle", low=1e-6, high=1)
        scores = self.typed("scores", SCORES, "Score", "fixed")
        y, pred, curve = self.truth, sigmoid(self.score), sigmoid(scores)
        rules: dict[str, Rule] = {"squared": lambda pred: square(pred - y), "entropy": partial(entropy, y=y)}
        in_pred = (2.0 * (pred - y), where(same(y, 1.0), -1.0 / pred, 1.0 / (1.0 - pred)))
        flat = pred * (1.0 - pred)
        slopes = [one * flat for one in in_pred]
        moved = [[rule(sigmoid(self.score + sign * self.wiggle)) for rule in rules.values()] for sign in (1.0, -1.0)]
        wiggled = [by_wiggling(up, down_, self.wiggle) for up, down_ in zip(*moved, strict=True)]
        self.two_losses = [rule(pred) for rule in rules.values()]
        self.two_slopes = slopes
        rows = {
            "Loss": forward({"loss": (hstack(self.two_losses),)}, format="short"),
            "Slope in the prediction": backward({"in_pred": (hstack(in_pred),)}, format="short"),
            "× slope of the sigmoid": backward({"flat": (twice(flat),)}, format="short"),
            "= slope in the score": backward({"slope": (hstack(slopes),)}, format="short"),
            "the same, by wiggling": backward({"wiggled": (hstack(wiggled),)}, format="short"),
            "how far apart": result({
                "apart": (hstack([apply("abs", a - b) for a, b in zip(wiggled, slopes, strict=True)]),)
            }, format="apart"),
        }  # fmt: skip
        steep = curve * (1.0 - curve)
        rises = {"squared": 2.0 * (curve - y) * steep, "entropy": curve - y}
        drawn = forward(
            {f"curve_{key}": (rule(curve), SHORT[key]) for key, rule in rules.items()}, style="cells", format="short"
        )
        drawn |= backward(
            {f"curve_{key}_slope": (rise, SHORT[key]) for key, rise in rises.items()}, style="cells", format="short"
        )
        charts = [
            plot(title, "score", axis, [
                *((name, "scores", f"curve_{key}{end}", LOOKS[key]) for key, name in LOSSES.items()), ("now", "both", now, "mark"),
            ], alt, x_min=-6, x_max=6, x_format="0", y_min=low, y_max=high, y_format="0.0", **HALF)
            for title, axis, end, now, alt, low, high in (
                ("The loss of one person", "loss", "", "loss", "Two losses against the score: the squared error is flat at both ends, cross-entropy is a straight slope where it is wrong.", 0, 6),
                ("Its slope: how hard it pulls", "slope of the loss in the score", "_slope", "slope", "Two slopes against the score: that of the squared error is near 0 at both ends.", -1, 1),
            )
        ]  # fmt: skip
        self.page("Losses: which one still pulls when we are sure and wrong?", texts.ABOUT_LOSSES, down(
            across(
                down(
                    facts("Change these", self.cells(self.truth, self.score), forward({
                        "pred": Shown(pred, "Prediction", "short", name="pred"),
                        "error": Shown(pred - y, "Prediction - truth", "short"),
                    }, style="cells")),
                    grid("", rows, heads=tuple(LOSSES.values())),
                    Note(texts.LOSSES, 3),
                ),
                down(halves(*charts), Note(texts.PULL, 10)),
            ),
            across(
                table(self.cells(scores), forward({"curve_pred": (curve, "Prediction"), "curve_flat": (steep, "its slope")}, style="cells", format="short")),
                table(drawn, lead={"curve_squared": "Loss", "curve_squared_slope": "Slope of the loss in the score"}),
                down(facts("", self.cells(self.wiggle)), table(forward({"both": Shown(twice(self.score), "Score now", "plain", labels=tuple(SHORT.values()))}))),
            ),
        ), first=self.score)  # fmt: skip
