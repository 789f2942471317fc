"""Lesson 1: fit a curve by hand, by its slopes, and let it run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np

from sheetnet.course.lesson import Lesson, Pair, Watched, Word
from sheetnet.course.points import least_loss, noisy_points
from sheetnet.course.quadratic import texts
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, lift, mean, row, square, variable, vstack, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.unroll import unroll
from sheetnet.motifs.wiggle import wiggled
from sheetnet.page.book import Role
from sheetnet.page.flow import across, down, level
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.parts import Note, Ruler, Words, table
from sheetnet.page.plot import plot
from sheetnet.page.shown import Group, Shown, backward, forward, result, shown, update

EPOCHS, LR, START, WIGGLE = 60, 0.02, 1.1, 0.001
LETTERS = ("a", "b", "c")
WINDOW: dict[str, Any] = {"y_format": "0", "x_max": 2, "x_min": -2, "y_min": -5, "y_max": 20}
POINTS = ("the points", "fit.x", "fit.y", "dots")
STEPS = (0.001, 0.01, 0.1, 0.5, 1.0, 2.0)
MOVES = np.linspace(-4, 4, 33)[:, None]


def _can_be_fitted(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether a descent can get below a loss of 5 well before its last epoch."""
    return bool(least_loss(x, y) < 4.5)


class Quadratic(Lesson):
    """Points, a curve with three unknowns, its loss; the loss's slopes, wiggled and exact; descent."""

    name, predicts, shapes = "quadratic", True, False
    minutes, pictured = 40, "Descent"
    goals = (
        "say what a loss is, and make it small by hand",
        "tell from a slope which way a number should go",
        "say what a learning rate does",
    )
    to_fill = (
        "fit.pred", "fit.error", "fit.abs", "fit.square", "fit.mse", "fit.mae", "slopes.mse.wiggled", "slopes.mae.wiggled",
        "promise.promised", "promise.off", "bowl.tangent", "chosen.pred",
    )  # fmt: skip
    title = "Fit a curve by hand, then let it fit itself"
    purpose = "Twenty points lie near a curve y = a x^2 + b x + c. You fit a, b and c by eye. The loss is one number for how far off you are. Its slopes say which way to move a, b and c. Then the sheet takes 60 such steps alone: so a model learns."
    tries = (
        "On Fit, change a, then b, then c. Get the mean squared error below 5. What does each of them do to the curve?",
        "Put a = b = c = 1.1 back. On Slopes, which slope is farthest from 0? On Fit, move its number: up if the slope is below 0.",
        "On Slopes, compare the steps of 0.01 and of 2, in the table and on the chart: which promise of the slope comes true?",
        "On Descent, set the epoch to look at to 0, 1, 2, 5 and 60. Watch the curve move to the points.",
        "On Descent, set the learning rate to 0.005, 0.1, 0.2 and 0.25. Which is slow? When do a and c swing? Which explodes?",
        "On Fit, type over the y at x = 0.1053: 10 more. Divide each new loss by the old one: which grew more times? Undo.",
    )

    def sheets(self) -> None:
        x, y = noisy_points(self.seed, _can_be_fitted)
        self.x, self.y = (
            self.typed(f"fit.{id}", xy, id, "data", name=id, format="weight") for id, xy in {"x": x, "y": y}.items()
        )
        self._fit()
        self._slopes()
        self._descent()

    # ---- the model: whole columns, three numbers

    def curve(self, weights: list[Node]) -> Node:
        """a x^2 + b x + c: three of (1, 1) or (1, k), x (n, 1) -> (n, 1) or (n, k)."""
        a, b, c = weights
        return a * square(self.x) + b * self.x + c

    def losses(self, weights: list[Node]) -> tuple[Node, Node]:
        """Mean squared and mean absolute error, (1, 1) each."""
        error = self.curve(weights) - self.y
        return mean(square(error)), mean(apply("abs", error))

    # ---- Fit

    def _fit(self) -> None:
        self.now = [self.typed(letter, START, letter, name=f"coef_{letter}", format="weight") for letter in LETTERS]
        pred = self.curve(self.now).named("pred")
        error = (pred - self.y).named("error")
        self.error, self.size, squared = error, apply("abs", error), square(error)
        self.mse, self.mae = mean(squared), mean(self.size)
        steps = {"pred": (pred, "Prediction"), "error": (error, "Error"), "abs": (self.size, "Absolute error")}
        losses = {"mse": (self.mse, "Mean squared error"), "mae": (self.mae, "Mean absolute error")}
        self.page("Fit: a curve with three unknown numbers", texts.ABOUT_FIT, across(
            down(
                across(
                    facts("Change these", self.cells(*self.now)),
                    facts("Loss: the mean over all points", result(losses, style="cells", format="short"), span=2),
                ),
                down(Words(texts.MODEL, "hint"), Words(texts.CANCEL, "hint"), gap=0),
                table(self.cells(self.x, self.y), forward(steps | {"square": (squared, "Squared error")}, style="cells", format="short")),
            ),
            down(
                plot("The points and your curve", "x", "y", [POINTS, ("a x^2 + b x + c", "x", "pred")],
                     "Twenty points and the curve with the present a, b and c.", **WINDOW),
                Note(texts.FIT),
            ),
        ))  # fmt: skip

    # ---- Slopes

    def _slopes(self) -> None:
        self.wiggle = self.typed("wiggle", WIGGLE, "Wiggle", low=1e-9, high=10, name="wiggle")
        squared, absolute = self._slope_table(0, "mse", "squared"), self._slope_table(1, "mae", "absolute")
        self.exact, self.exact_absolute = squared["slopes.mse.exact"].node, absolute["slopes.mae.exact"].node
        which = self.typed("promise.which", 1, "1 for a, 2 for b, 3 for c", low=1, high=3, whole=True)
        slope = row(self.exact, which)
        steps = self.typed("promise.step", [[step] for step in STEPS], "Step")
        moves = self.typed("bowl.move", MOVES, "It moves by", "fixed")

        def moved(steps: Node) -> Node:
            """The loss (n, 1) after each of n steps (n, 1), from a table of squared errors, (20, n)."""
            weights = [w + steps.T * apply("equal", which, lift(i + 1.0)) for i, w in enumerate(self.now)]
            return square(self.curve(weights) - self.y).T @ (0.0 * self.y + 1.0) / 20.0

        real = moved(steps) - self.mse
        promise = {
            "promise.promised": (steps * slope, "It promises"),
            "promise.real": (real, "Loss changes"),
            "promise.off": (real - steps * slope, "Off by"),
        }
        below = apply("greater", lift(0.0), self.mse + steps * slope)
        word = result({"promise.possible": (where(below, said(texts.IMPOSSIBLE), said("yes")), "Possible?", "text")})
        bowl = forward({"bowl.loss": (moved(moves), "Loss")}, format="short")
        bowl |= backward({"bowl.tangent": (self.mse + moves * slope, "Straight line")}, format="short")
        lines = ("the loss", "bowl.move", "bowl.loss"), ("the slope, drawn on", "bowl.move", "bowl.tangent", "line 2")
        self.page("Slopes: which way, and by how much?", texts.ABOUT_SLOPES, down(
            across(
                down(
                    down(
                        across(
                            facts("", self.cells(which, self.wiggle), span=2),
                            facts("", backward({"promise.slope": (slope, "its slope")}, format="short")),
                        ),
                        Words(texts.AGAINST, "hint"), gap=0,
                    ),
                    table(squared, names=LETTERS, lead="The slopes of the mean squared error, by wiggling and exact", tight=True),
                    table(self.cells(steps), forward(promise, format="short"), word, lead="The number chosen above takes a step: what its slope promises, and what comes", tight=True),
                ),
                plot("The loss when only this parameter moves", "how far it moves from where it is", "mean squared error",
                     lines, "A bowl, and the straight line that touches it where we are.", y_format="0", x_max=4, x_min=-4, width=530),
            ),
            across(
                down(
                    Words("More, for the curious"),
                    table(absolute, names=LETTERS, lead="The slopes of the mean absolute error", tight=True),
                    table(self.cells(moves), bowl),
                ),
                Note(texts.SLOPES, 8),
            ),
        ))  # fmt: skip

    def _slope_table(self, index: int, key: str, title: str) -> Group:
        """Three slopes of one loss, wiggled beside exact."""
        loss = self.losses(self.now)[index]
        up, down = (
            vstack([substitute([loss], {w: w + by})[0] for w in self.now]) for by in (self.wiggle, -self.wiggle)
        )
        found = wiggled(up, down, vstack(gradient(loss, self.now)), self.wiggle)
        found["apart"] = replace(found["apart"], title="Equal, or off by")
        return {f"slopes.{key}.{id}": one for id, one in found.items()}

    # ---- Descent

    def _descent(self) -> None:
        self.lr = self.typed("lr", LR, "Learning rate", low=0, name="lr", format="rate")
        self.epoch = self.typed("epoch", 5, "Epoch to look at", low=0, high=EPOCHS, whole=True, name="epoch")
        weights = [variable(letter, (1, 1)) for letter in LETTERS]
        loss = self.losses(weights)[0]
        slopes = gradient(loss, weights)
        after = [w - self.lr * slope for w, slope in zip(weights, slopes, strict=True)]

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            seen = substitute([loss, *slopes, *after], dict(zip(weights, now, strict=True)))
            return seen[:4], seen[4:]

        columns = [vstack(rows) for rows in unroll([apply("same", w) for w in self.now], EPOCHS + 1, step)[0]]
        numbers = dict(zip(LETTERS, columns[:3], strict=True))
        self.descent = {"loss": columns[3], **numbers}
        slope_of = {f"slope_{k}": (node, f"slope of {k}") for k, node in zip(LETTERS, columns[4:], strict=True)}
        epochs = self.typed("epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        then = {key: row(node, self.epoch + 1.0) for key, node in self.descent.items()}
        slowly = self._slowly(self.epoch, then, [row(node, self.epoch + 1.0) for node in columns[4:]])
        pred = self.curve([then[letter] for letter in LETTERS])
        drawn = {"chosen.x": (apply("same", self.x), "x"), "chosen.pred": (pred, "Prediction then")}
        loss_lines = ("loss", "epochs", "loss"), ("this epoch", "epoch", "chosen.loss", "mark")
        most = ceil(1.2 * self.as_it_came(self.mse)[0].item())
        ended = apply("equal", self.epoch, lift(float(EPOCHS)))
        told = where(ended, said(texts.LAST.format(EPOCHS, EPOCHS + 1)), said(texts.AGAINST))
        ends = (apply("max", pred), WINDOW["y_max"]), (-apply("min", pred), -WINDOW["y_min"]), (then["loss"], most)
        for tall, end in ends:
            told = where(apply("greater", tall, lift(float(end))), said(texts.OUTSIDE), told)
        wide = {"width": 395, "wide": 6}
        self.page("Descent: let it run", texts.ABOUT_DESCENT.format(EPOCHS), level(
            (
                down(
                    facts("", self.cells(self.lr)),
                    across(facts("", self.cells(self.epoch)), facts("", result({"chosen.loss": (then["loss"], "its loss", "grows")}))),
                    grid("", slowly, heads=["", *LETTERS], corner="That step, slowly"),
                    table(result({"told": (told, "", "text")}, style="cells")), gap=0,
                ),
                table(
                    self.cells(epochs), forward({"loss": (columns[3], "Loss", "grows")}),
                    update({key: (node, key, "grows") for key, node in numbers.items()}), frozen=True,
                ),
            ),
            (
                down(
                    Ruler((8.8,) * 6 + (3.0,) + (8.8,) * 6),
                    across(
                        plot("The points and the curve at the chosen epoch", "x", "y",
                             [POINTS, ("the curve at the chosen epoch", "chosen.x", "chosen.pred")],
                             "Twenty points and the curve that descent had at the chosen epoch.", **WINDOW, height=360, **wide),
                        down(
                            plot(f"Loss, epoch by epoch (loss axis ends at {most})", "epoch", "loss", loss_lines,
                                 "The loss at each epoch, with the chosen one marked.", y_format="0", x_max=EPOCHS,
                                 y_min=0, y_max=most, height=180, **wide),
                            plot("a, b and c, epoch by epoch (values from 0 to 5)", "epoch", "value",
                                 [(key, "epochs", key, f"line {i + 1}") for i, key in enumerate(LETTERS)],
                                 "The parameters a, b and c at each epoch: do they creep, settle or swing?",
                                 y_format="0", x_max=EPOCHS, y_min=0, y_max=5, height=180, **wide),
                            gap=0,
                        ),
                    ),
                    Note(self._one_step(), 13),
                ),
                None,
            ),
            (Words("More: the slopes, and the chosen curve"), across(table(backward(slope_of, format="short")), table(forward(drawn)))),
        ))  # fmt: skip

    def _slowly(
        self, epoch: Node, then: Mapping[str, Node], slopes: Sequence[Node]
    ) -> dict[str, Mapping[str, Shown | str]]:
        """The step from the chosen epoch to the next, line by line; then: the parameters before it."""
        at = dict(zip(LETTERS, slopes, strict=True))
        moves = {letter: self.lr * slope for letter, slope in at.items()}
        before = {letter: then[letter] for letter in LETTERS}
        after = {letter: before[letter] - move for letter, move in moves.items()}
        first, last, none = {"chosen.from": (apply("same", epoch),)}, {"chosen.to": (epoch + 1.0,)}, {"": ""}
        steps: list[tuple[str, str, Role, Mapping[str, Node], dict[str, Shown | str]]] = [
            ("from epoch", "", "result", before, {**result(first, format="plain")}),
            ("slope", "slope_", "backward", at, {**none}),
            ("rate × slope", "move_", "update", moves, {**none}),
            ("to epoch", "after_", "update", after, {**result(last, format="plain")}),
        ]
        return {
            words: lead | shown(role, {f"chosen.{kind}{key}": (one,) for key, one in nodes.items()}, format="grows")
            for words, kind, role, nodes, lead in steps
        }

    def _one_step(self) -> str:
        """What a step of a is, with the numbers of this workbook."""
        slope = self.as_it_came(row(self.exact, 1))[0].item()
        return texts.DESCENT.format(START=START, LR=LR, slope=slope, after=START - LR * slope)

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [
            Pair("fit.pred", "Prediction"),
            Pair("slopes.mse.exact", "Slopes, squared", format="small"),
            Pair("slopes.mae.exact", "Slopes, absolute", format="small"),
            Pair("descent.loss", "Loss", format="loss", by_epoch=True),
            *(Pair(f"descent.{letter}", letter, by_epoch=True) for letter in LETTERS),
        ]

    def watched(self) -> list[Watched]:
        numbers = [Watched(node, letter) for letter, node in zip(LETTERS, self.now, strict=True)]
        return [Watched(self.x, "x"), Watched(self.y, "y"), *numbers, Watched(self.lr, "learning rate")]

    def words(self) -> list[Word]:
        return [Word(*one) for one in texts.WORDS]


LESSON = Quadratic
