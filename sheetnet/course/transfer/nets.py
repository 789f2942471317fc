"""Old and Features: a net that was trained elsewhere, and what its lower layers learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.transfer import texts
from sheetnet.course.transfer.elsewhere import HEAD, LOWER, OLD, ROWS, SHOWN, old_rows, weights
from sheetnet.course.transfer.own import own
from sheetnet.graph.node import Node, apply, constant, mean, selector, square
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Ruler, spaced, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Group, Shown, forward, result

GRID = np.linspace(-3, 3, 41)[:, None].round(2)
X_AXIS: dict[str, Any] = {"x_min": -3, "x_max": 3, "x_format": "0", "x_step": 1}
WINDOW: dict[str, Any] = {**X_AXIS, "y_min": -2, "y_max": 2, "y_format": "0"}
WAVES = tuple(f"wave {i + 1}" for i in range(len(OLD)))
PAIR = ("feature 1", "feature 2")
Params = Mapping[str, Node]


def hidden_of(X: Node, P: Params) -> Node:
    """tanh(X W_1 + b_1): (n, 1) -> (n, 8)."""
    return apply("tanh", X @ P["W_1"] + P["b_1"])


def features_of(hidden: Node, P: Params) -> Node:
    """tanh(hidden W_2 + b_2): (n, 8) -> (n, 2)."""
    return apply("tanh", hidden @ P["W_2"] + P["b_2"])


def headed(features: Node, P: Params) -> Node:
    """features W_3 + b_3: (n, 2) -> (n, outputs)."""
    return features @ P["W_3"] + P["b_3"]


def whole_net(X: Node, P: Params) -> Node:
    """The prediction, (n, 1) -> (n, outputs)."""
    return headed(features_of(hidden_of(X, P), P), P)


def chosen(columns: Node, which: Node) -> Node:
    """One of some columns, by its number from 1, (n, k) -> (n, 1)."""
    numbers = constant(tuple((float(j + 1),) for j in range(columns.shape[1])))
    return columns @ apply("equal", numbers, which)


def over(n: int, chart: Part, wide: float = 10.5) -> Part:
    """A chart over n columns that are at least so wide, whatever stands below."""
    return down(Ruler((wide,) * n), chart, gap=0)


class Nets(Lesson):
    """A net trained on old waves, and few rows of new tasks."""

    def rows(self) -> None:
        """The numbers that several sheets read."""
        found = own(self.seed)
        x, Y = (column[:: ROWS // SHOWN] for column in old_rows())
        self.old = {
            name: self.typed(f"old.{name}", value, name, "data", name=f"{name}_old", labels=self.columns(name, WAVES))
            for name, value in weights().items()
        }
        self.x_old = self.typed("old.x", x, "x", "data", name="x_old", format="plain")
        self.Y_old = self.typed("old.Y", Y, "Old waves, with noise", "data", name="Y_old", labels=WAVES, format="plain")
        self.x, self.Y, self.x_kept, self.Y_kept = (
            self.typed(f"rows.{key}", found[key], title, "data", name=name, labels=labels, format="plain")
            for key, title, name, labels in (
                ("x", "x", "x_few", ()), ("y", "y of each task", "Y_tasks", texts.TASKS),
                ("x_kept", "x", "x_kept", ()), ("y_kept", "y of each task", "Y_tasks_kept", texts.TASKS),
            )
        )  # fmt: skip
        self.start = {
            name: self.typed(f"scratch.{name}.0", found[name], name, labels=self.columns(name))
            for name in (*LOWER, *HEAD)
        }
        self.grid = self.typed("features.grid", GRID, "x", "fixed", name="grid")
        self.learnt = features_of(hidden_of(self.grid, self.old), self.old)
        self.few_features, self.kept_features = (
            features_of(hidden_of(x, self.old), self.old) for x in (self.x, self.x_kept)
        )

    @staticmethod
    def columns(name: str, ends: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The labels over a parameter's columns."""
        if name in ("W_2", "b_2"):
            return PAIR
        return tuple(f"unit {j + 1}" for j in range(8)) if name in LOWER else ends

    # ---- Old

    def old_page(self) -> None:
        self.which = self.typed("which", 1, "Old wave to look at", low=1, high=len(OLD), whole=True, name="which")
        hidden = hidden_of(self.x_old, self.old)
        features = features_of(hidden, self.old)
        pred = headed(features, self.old)
        y, said = chosen(self.Y_old, self.which), chosen(pred, self.which)
        self.old_loss = mean(square(pred - self.Y_old))
        self.wave_loss = mean(square(said - y))
        lines: list[Line] = [(f"{SHOWN} of the rows", "x", "y", "dots"), ("the net", "x", "said", "live")]
        self.page("Old: what was learnt elsewhere", texts.ABOUT_OLD, down(
            across(
                down(
                    facts("Change this", self.cells(self.which)),
                    facts("The net on the old task", result({
                        "wave_loss": (self.wave_loss, "Loss of this wave"), "loss": (self.old_loss, "Loss of all four"),
                    }, format="short")),
                    Note(texts.OLD, 3),
                ),
                over(5, plot("One old wave, and what the net says", "x", "y", lines,
                     "Forty points of a wave with little noise, and the net's curve through them.", width=395, height=370, wide=5, **WINDOW)),
                Note(texts.LAYERS, 4),
            ),
            across(
                down(
                    table(*spaced(self.cells(*(self.old[name] for name in ("W_1", "b_1")))), lead=texts.FROM_TORCH),
                    across(*(table(self.cells(self.old[name])) for name in ("W_2", "b_2"))),
                    across(*(table(self.cells(self.old[name])) for name in ("W_3", "b_3"))),
                ),
            ),
            across(
                table(self.cells(self.x_old, self.Y_old), forward({"pred": (pred, "Prediction")}, labels=WAVES, format="short"), names=SHOWN, corner="Row"),
                table(forward({"y": (y, "y, chosen"), "said": (said, "Net, chosen")}, format="short")),
                table(forward({"features": (features, "Features")}, labels=PAIR, format="short")),
                table(forward({"hidden": (hidden, "Hidden layer")}, labels=self.columns("W_1"), format="short")),
            ),
        ), first=self.which)  # fmt: skip

    # ---- Features

    def features_page(self) -> None:
        self.hand = {
            name: self.typed(id, np.zeros(shape), title, low=-10, high=10, name=f"{id}_hand", labels=labels, format="plain")
            for name, id, shape, title, labels in (
                ("W_3", "w", (1, 2), "w", PAIR), ("b_3", "b", (1, 1), "b", ()),
            )
        }  # fmt: skip
        P = {"W_3": self.hand["W_3"].T, "b_3": self.hand["b_3"]}
        y, y_kept = (Y @ selector(Y.shape[1], 0, 1) for Y in (self.Y, self.Y_kept))
        few = self.few_features
        random = features_of(hidden_of(self.grid, self.start), self.start)
        curve = headed(self.learnt, P)
        self.hand_losses = [mean(square(headed(f, P) - t)) for f, t in ((few, y), (self.kept_features, y_kept))]
        first, second = ((Some("learnt", cols=(j, j)), Some("random", cols=(j, j))) for j in range(2))
        lines: list[Line] = [
            ("learnt, 1", "grid", first[0], "line 1"), ("learnt, 2", "grid", second[0], "line 2"),
            ("random, 1", "grid", first[1], "line 7"), ("random, 2", "grid", second[1], "line 8"),
        ]  # fmt: skip
        fit: list[Line] = [("your curve", "grid", "curve", "live"), ("the 12 rows", "rows.x", "y", "dots")]
        found = {
            "few": (self.hand_losses[0], "Loss on the 12 rows"),
            "kept": (self.hand_losses[1], "on rows kept back"),
        }
        self.page("Features: what the lower layers learnt", texts.ABOUT_FEATURES, down(
            across(
                down(
                    table(self.cells(self.hand["W_3"])),
                    facts("", self.cells(self.hand["b_3"]), result(found, format="short")),
                    Note(texts.FEATURES, 3),
                ),
                down(
                    beside(
                        over(5, plot("Two learnt features, and two random ones", "x", "feature", lines,
                             "Two learnt features are waves; two random ones are slow bends.", width=400, height=270, wide=5,
                             **{**WINDOW, "y_min": -1, "y_max": 1})),
                        over(5, plot("Your curve, made of the learnt two", "x", "y", fit,
                             "Twelve points with a gap in the middle, and the curve made by hand.", width=400, height=270, wide=5, **WINDOW)),
                    ),
                    Note(texts.HAND, 10),
                ),
            ),
            across(
                table(self.cells(self.grid), forward({
                    "learnt": (self.learnt, "Learnt features"), "random": (random, "Random features"),
                }, labels=PAIR, format="short"), forward({"curve": (curve, "Your curve")}, format="short")),
                table(self.cells(self.x, self.Y), forward({"y": (y, "y, wave", "plain")}), lead=texts.TO_LEARN_FROM),
                table(self.cells(self.x_kept, self.Y_kept), lead=texts.KEPT_BACK),
            ),
        ), first=self.hand["W_3"])  # fmt: skip


def features_of_few(few: Node) -> Group:
    """The features of the few rows, as a block that is read on several sheets."""
    return forward({"features": Shown(few, "Features of the few rows", "short", name="F_few", labels=PAIR)})
