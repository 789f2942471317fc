"""Lesson 1: fit a curve by hand, by its slopes, and let it run."""

from __future__ import annotations

import numpy as np

from sheetnet.exercises import Exercise, choice
from sheetnet.gradient import gradient
from sheetnet.graph import Node, apply, lift, mean, row, square, variable, vstack, where
from sheetnet.layout import Chart, Page
from sheetnet.lessons.lesson import Lesson, Pair, Watched, Word
from sheetnet.lessons.points import noisy_points
from sheetnet.rewrite import substitute

EPOCHS, LR, START, WIGGLE = 60, 0.02, 1.1, 0.001
STEPS = (0.001, 0.01, 0.1, 0.5, 1.0, 2.0)
MOVES = np.linspace(-4, 4, 33)[:, None]
LETTERS = ("a", "b", "c")
NOTE = (
    "Prediction = a x^2 + b x + c: not one curve but all parabolas at once. Which one it is, the three numbers say;"
    " finding them is learning. Error = prediction - y. Some errors are negative, so we take their size, or square"
    " them, before taking the mean.\n\nTry this: change one number until the loss no longer falls, then the next, then"
    " start again with the first. Why is that slow?"
)


class Quadratic(Lesson):
    """Points, a curve with three unknowns, its loss; the loss's slopes, wiggled and exact; descent."""

    number, name = 1, "quadratic"
    title = "Fit a curve by hand, then let it fit itself"
    purpose = (
        "Twenty points lie near an unknown curve. You fit it by eye, find out from the slopes of the loss which way each"
        " number should go, and then let the sheet take sixty such steps by itself: that is all that learning is."
    )
    tries = (
        "On Fit, change a, then b, then c. Get the mean squared error below 5. What does each of them do to the curve?",
        "On Slopes, read with which of a, b and c the loss falls fastest. Go back to Fit and move that one. Was it right?",
        "On Slopes, compare the steps of 0.01 and of 2: how long is a slope's promise true?",
        "On Descent, step the epoch to look at through 0, 1, 2, 5 and 60, and watch the curve move to the points.",
        "On Descent, set the learning rate to 0.005, 0.1, 0.2 and 0.25. Which is slow, which swings, which explodes?",
        "On Fit, raise one point's y by 20. Which of the two losses minds more?",
    )

    def sheets(self) -> None:
        x, y = noisy_points()
        self.x, self.y = self.value("x", x), self.value("y", y)
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
        page = self.book.page(
            "Fit",
            "Fit: a curve with three unknown numbers",
            "Change the yellow a, b and c until the curve runs through the points. The loss says how far off it is: make"
            " it small.",
            freeze=(2, 0),
        )
        page.widths |= {0: 11.0, 6: 3.0}
        page.text(3, 0, "Change these", "band_plain", wide=2)
        self.now = [
            self.cell(page, f"fit.{letter}", START, 4 + i, 1, letter, name=f"coef_{letter}", format="weight")
            for i, letter in enumerate(LETTERS)
        ]
        pred = self.curve(self.now).named("pred")
        error = (pred - self.y).named("error")
        self.size, squared = apply("abs", error), square(error)
        self.mse, self.mae = mean(squared), mean(self.size)
        page.text(3, 3, "Loss: the mean over all points", "band_result", wide=3)
        page.place("fit.mse", self.mse, 4, 5, "result", "cells", title="Mean squared error", side=True, format="loss")
        page.place("fit.mae", self.mae, 5, 5, "result", "cells", title="Mean absolute error", side=True, format="loss")
        page.place("fit.x", self.x, 11, 0, "data", title="x", name="x")
        page.place("fit.y", self.y, 11, 1, "data", title="y", name="y")
        steps = {"pred": (pred, "Prediction"), "error": (error, "Error"), "abs": (self.size, "Absolute error")}
        self.columns(page, "fit", 11, 2, steps | {"square": (squared, "Squared error")}, style="cells")
        lines = self.line("the points", "fit.x", "fit.y", "dots"), self.line("a x^2 + b x + c", "fit.x", "fit.pred")
        alt = "Twenty points and the curve with the present a, b and c."
        page.charts.append(Chart(3, 7, "The points and your curve", "x", "y", lines, alt, "0", 2, -2, -5, 20))
        page.text(22, 7, NOTE, "note", wide=6, tall=9)
        page.active = (4, 1)

    # ---- Slopes

    def _slopes(self) -> None:
        page = self.book.page(
            "Slopes",
            "Slopes: which way, and by how much?",
            "A slope says by how much the loss changes when a number rises by 1, as long as the step is small. Found"
            " twice: by wiggling the number, and by a formula.",
            freeze=(2, 0),
        )
        page.widths |= {0: 24.0}
        self.wiggle = self.cell(page, "slopes.wiggle", WIGGLE, 3, 1, "Wiggle", low=1e-9, high=10, name="wiggle")
        self.exact = self._slope_table(page, 8, 0, "mse", "Of the mean squared error")
        self._slope_table(page, 15, 1, "mae", "Of the mean absolute error")
        self._promise(page, 20)
        page.active = (3, 1)

    def _slope_table(self, page: Page, top: int, index: int, key: str, title: str) -> Node:
        """Three slopes of one loss, wiggled beside exact; the exact ones, (3, 1)."""
        loss = self.losses(self.now)[index]
        up, down = (
            vstack([substitute([loss], {w: w + by})[0] for w in self.now]) for by in (self.wiggle, -self.wiggle)
        )
        wiggled = (up - down) / (2.0 * self.wiggle)
        exact = vstack(gradient(loss, self.now))
        page.text(top - 3, 0, title, "lead")
        for i, letter in enumerate(LETTERS):
            page.text(top + i, 0, letter, "label")
        prefix, scale = f"slopes.{key}", up / self.wiggle
        sides = {"up": (up, "Loss, + wiggle"), "down": (down, "Loss, - wiggle")}
        col = self.columns(page, prefix, top, 1, sides, format="small")
        slopes = {"wiggled": (wiggled, "Slope, wiggled"), "exact": (exact, "Slope, exact")}
        col = self.columns(page, prefix, top, col, slopes, "backward", format="small", scale=scale)
        apart = {"apart": (apply("abs", wiggled - exact), "How far apart")}
        self.columns(page, prefix, top, col, apart, "result", format="diff", scale=scale)
        return exact

    def _promise(self, page: Page, top: int) -> None:
        """What the slope promises for a step, what the step really does, and the bowl that both lie on."""
        page.text(top - 1, 0, "How long is a slope true? Choose a number, and steps.", "lead")
        which = self.cell(page, "promise.which", 1, top, 1, "1 for a, 2 for b, 3 for c", low=1, high=3, whole=True)
        slope = row(self.exact, which)
        page.place("promise.slope", slope, top, 3, "backward", title="its slope", side=True, format="small")

        def moved(steps: Node) -> Node:
            """The loss (n, 1) after each of n steps (n, 1), from a table of squared errors, (20, n)."""
            weights = [w + steps.T * apply("equal", which, lift(i + 1.0)) for i, w in enumerate(self.now)]
            return square(self.curve(weights) - self.y).T @ (0.0 * self.y + 1.0) / 20.0

        steps, moves = self.value("steps", [[step] for step in STEPS]), self.value("moves", MOVES)
        page.place("promise.step", steps, top + 5, 0, "input", title="Step", format="plain")
        real = moved(steps) - self.mse
        promise = {
            "promised": (steps * slope, "The slope promises"),
            "real": (real, "The loss changes by"),
            "off": (real - steps * slope, "Off by"),
        }
        self.columns(page, "promise", top + 5, 1, promise, format="small", scale=self.mse)
        below = top + len(STEPS) + 9
        page.place("bowl.move", moves, below, 0, "fixed", title="It moves by", format="plain")
        self.columns(page, "bowl", below, 1, {"loss": (moved(moves), "Loss")}, format="loss")
        tangent = {"tangent": (self.mse + moves * slope, "Straight line")}
        self.columns(page, "bowl", below, 2, tangent, "backward", format="loss")
        lines = (
            self.line("the loss", "bowl.move", "bowl.loss"),
            self.line("the slope, drawn on", "bowl.move", "bowl.tangent", "line 2"),
        )
        alt = "A bowl, and the straight line that touches it where we are."
        title, x = "The loss when only this number moves", "how far it moves from where it is"
        page.charts.append(Chart(top, 5, title, x, "mean squared error", lines, alt, "0", 4, -4, 0))

    # ---- Descent

    def _descent(self) -> None:
        page = self.book.page(
            "Descent",
            "Descent: let it run",
            "Each row is one step from the row above: number - rate x slope, for a, b and c at once. It begins with the"
            f" numbers on Fit and takes {EPOCHS} steps.",
            freeze=(9, 1),
        )
        page.widths |= {0: 18.0, **dict.fromkeys(range(1, 8), 11.0), 8: 3.0}
        self.lr = self.cell(page, "descent.lr", LR, 3, 1, "Learning rate", low=0, name="lr", format="rate")
        self.epoch = self.cell(
            page, "descent.epoch", 5, 4, 1, "Epoch to look at", low=0, high=EPOCHS, whole=True, name="epoch"
        )
        weights = [variable(letter, (1, 1)) for letter in LETTERS]
        loss = self.losses(weights)[0]
        slopes = gradient(loss, weights)
        following = [w - self.lr * slope for w, slope in zip(weights, slopes, strict=True)]
        rows = [apply("same", w) for w in self.now]
        table = []
        for _ in range(EPOCHS + 1):
            seen = substitute([loss, *slopes, *following], dict(zip(weights, rows, strict=True)))
            table.append([seen[0], *rows, *seen[1:4]])
            rows = seen[4:]
        loss, *rest = (vstack(list(column)) for column in zip(*table, strict=True))
        epochs = self.value("epochs", np.arange(EPOCHS + 1.0)[:, None])
        page.place("descent.epochs", epochs, 9, 0, "fixed", title="Epoch", format="plain")
        col = self.columns(page, "descent", 9, 1, {"loss": (loss, "Loss")}, format="loss")
        numbers = {letter: (node, letter) for letter, node in zip(LETTERS, rest[:3], strict=True)}
        col = self.columns(page, "descent", 9, col, numbers, "update")
        named = {f"slope_{letter}": (node, f"slope of {letter}") for letter, node in zip(LETTERS, rest[3:], strict=True)}
        self.columns(page, "descent", 9, col, named, "backward")
        self.descent = {"loss": loss, **{letter: node for letter, (node, _) in numbers.items()}}
        self._chosen(page)
        page.active = (3, 1)

    def _chosen(self, page: Page) -> None:
        """The chosen epoch: its loss marked on the curve, and its curve through the points."""
        chosen = {key: row(node, self.epoch + 1.0) for key, node in self.descent.items()}
        for col, (key, node) in enumerate(chosen.items(), start=3):
            page.text(3, col, f"{key} then", "head")
            page.place(f"chosen.{key}", node, 4, col, "result", format="weight")
        pred = self.curve([chosen[letter] for letter in LETTERS])
        self.columns(page, "chosen", 9, 20, {"x": (apply("same", self.x), "x"), "pred": (pred, "Prediction then")})
        lines = self.line("loss", "descent.epochs", "descent.loss"), self.line(
            "the chosen epoch", "descent.epoch", "chosen.loss", "mark"
        )
        alt = "The loss at each epoch, with the chosen one marked."
        title, y = "Loss, epoch by epoch", "mean squared error"
        page.charts.append(Chart(2, 9, title, "epoch", y, lines, alt, "[<1000]0;0E+0", EPOCHS, y_min=0))
        lines = self.line("the points", "fit.x", "fit.y", "dots"), self.line(
            "the curve at the chosen epoch", "chosen.x", "chosen.pred"
        )
        alt = "Twenty points and the curve that descent had at the chosen epoch."
        title = "The points and the curve at the chosen epoch"
        page.charts.append(Chart(21, 9, title, "x", "y", lines, alt, "0", 2, -2, -5, 20))

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [
            Pair("fit.pred", "Prediction"),
            Pair("slopes.mse.exact", "Slopes, squared", format="small"),
            Pair("slopes.mae.exact", "Slopes, absolute", format="small"),
            Pair("descent.loss", "Loss", format="loss"),
            *(Pair(f"descent.{letter}", letter) for letter in LETTERS),
        ]

    def watched(self) -> list[Watched]:
        numbers = [Watched(node, letter) for letter, node in zip(LETTERS, self.now, strict=True)]
        return [Watched(self.x, "x"), Watched(self.y, "y"), *numbers, Watched(self.lr, "learning rate")]

    def words(self) -> list[Word]:
        return [
            Word("parameter", "A number that is not given but found, such as a, b and c.", "fit.a"),
            Word("model", "A formula with parameters: all parabolas at once, until a, b and c say which.", "fit.pred"),
            Word("prediction", "What the model says y should be at an x.", "fit.pred"),
            Word("error", "Prediction minus y: positive where the curve is too high.", "fit.error"),
            Word("mean absolute error", "The mean size of the errors.", "fit.mae"),
            Word("mean squared error", "The mean of the squared errors: large errors count more.", "fit.mse"),
            Word("loss", "One number that says how bad the fit is; what learning makes small.", "fit.mse"),
            Word("wiggle", "A tiny change of one parameter, up and down, to see what the loss does.", "slopes.wiggle"),
            Word("slope", "By how much the loss changes per unit of a parameter.", "slopes.mse.exact"),
            Word("gradient", "The slopes of all parameters together.", "slopes.mse.exact"),
            Word("learning rate", "How far a step goes: new number = old number - rate x slope.", "descent.lr"),
            Word("epoch", "One step that has seen all points.", "descent.epochs"),
            Word("descent", "Steps against the slope, again and again, so that the loss falls.", "descent.loss"),
        ]

    def ask(self) -> list[Exercise]:
        a, b, c = self.now
        worst = apply("equal", self.size, apply("max", self.size))
        early = where(apply("greater", self.descent["loss"], lift(5.0)), 1.0, 0.0)
        return [
            Exercise("On Fit, what is the mean squared error as the workbook came (a = b = c = 1.1)?", self.mse),
            Exercise("On Fit, set a to 3, b to 2 and c to 1. What is the mean absolute error now?", self.mae, 0.001, {a: 3.0, b: 2.0, c: 1.0}),
            Exercise("As the workbook came: at which x is the absolute error largest?", apply("sum", self.x * worst)),
            Exercise("Write a formula for the prediction at x = 1.5 when a is 2, b is -1 and c is 3.", 6.0),
            Exercise("Four errors are 1.5, -2, 0.5 and 3. Write a formula for their mean absolute error.", 1.75),
            Exercise("Write a formula for the mean squared error of the same four errors.", 3.875),
            Exercise("A slope by wiggling: the loss is 3.9 when a is 1.11 and 4.1 when a is 1.09. Write a formula for the slope in a.", -10.0),
            Exercise("On Slopes, as it came: by how much does the mean squared error change per unit of b?", row(self.exact, 2)),
            Exercise("One update: a number is 1.1, its slope is -8, the learning rate is 0.05. What is it after the step?", 1.5),
            Exercise("On Descent, set the learning rate to 0.05. What is a after the first epoch?", row(self.descent["a"], 2), 0.001, {self.lr: 0.05}),
            Exercise("Back at a learning rate of 0.02: which is the first epoch whose loss is below 5?", apply("sum", early), 0.25),
            choice("On Descent, what does a learning rate of 0.25 do? 1: it is slow but arrives. 2: it is the fastest. 3: each step goes too far, and the loss grows without end.", 3),
            choice("Why not simply take the mean of the errors as loss? 1: it takes too long. 2: errors above and below would cancel. 3: a mean is never negative.", 2),
        ]  # fmt: skip


LESSON = Quadratic
