"""Lesson 1: fit a curve by hand, by its slopes, and let it run."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson, Pair, Watched, Word
from sheetnet.course.points import noisy_points
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, lift, mean, row, square, variable, vstack, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.exercises import Exercise, choice
from sheetnet.page.book import Chart, Page

EPOCHS, LR, START, WIGGLE = 60, 0.02, 1.1, 0.001
STEPS = (0.001, 0.01, 0.1, 0.5, 1.0, 2.0)
MOVES = np.linspace(-4, 4, 33)[:, None]
LETTERS = ("a", "b", "c")
FIT = (
    "Prediction = a x^2 + b x + c is not one curve but all parabolas at once. Its parameters a, b and c say which one;"
    " finding them is learning.\n\nError = prediction - y. Errors above and below would cancel, so we take their size, or"
    " square them, before taking the mean: that is the loss. It will not reach 0, for the points are noisy.\n\nTry this:"
    " change a until the loss no longer falls, then b, then c, then start again with a. It takes many rounds: the best a"
    " is another one as soon as b or c has moved."
)
SLOPES = (
    "Slope, wiggled: (loss with the wiggle added - loss with it taken off) / (2 x wiggle).\n\nSlope, exact: the same by"
    " algebra, without a wiggle. The loss is a mean of squared errors; when c rises, each error rises with it, and its"
    " square by 2 x error. So the slope in c is the mean of 2 x error; in b each error counts x times, in a x^2 times."
    " Click on the cells and look for it.\n\nA slope above 0: the loss rises with the parameter, so make it smaller. Below"
    " 0: make it larger. That is why a step goes against the slope.\n\nTry this: a wiggle of 1. The first table does not"
    " mind, for its loss is a parabola; the second does."
)
DESCENT = (
    "One step of a as the workbook came: 1.1 - 0.02 x (-11.39) = 1.33. All three parameters step at once, each by its own"
    " slope, and the next slopes are found at the new place. Epoch 0 is the start, before any step."
)


class Quadratic(Lesson):
    """Points, a curve with three unknowns, its loss; the loss's slopes, wiggled and exact; descent."""

    name = "quadratic"
    title = "Fit a curve by hand, then let it fit itself"
    purpose = (
        "Twenty points lie near an unknown curve. You fit it by eye, find out from the slopes of the loss which way each"
        " number should go, and then let the sheet take sixty such steps by itself: that is how a model learns."
    )
    tries = (
        "On Fit, change a, then b, then c. Get the mean squared error below 5. What does each of them do to the curve?",
        "Put a = b = c = 1.1 back. On Slopes, which of the three has the steepest squared slope? Move it on Fit against that.",
        "On Slopes, compare the steps of 0.01 and of 2, in the table and on the chart: how long is a slope's promise true?",
        "On Descent, step the epoch to look at through 0, 1, 2, 5 and 60, and watch the curve move to the points.",
        "On Descent, set the learning rate to 0.005, 0.1, 0.2 and 0.25. Which is slow, which makes a swing, which explodes?",
        "On Fit, raise the y at x = 0.1053 by 10. Which of the two losses minds more? Undo brings it back.",
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
            "Change the yellow a, b and c until the curve runs among the points. The loss says how far off it is: make it"
            " small.",
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
        page.text(22, 7, FIT, "note", wide=8, tall=10)
        page.active = (4, 1)

    # ---- Slopes

    def _slopes(self) -> None:
        page = self.book.page(
            "Slopes",
            "Slopes: which way, and by how much?",
            "A slope says how fast the loss changes with a parameter: change of the loss per unit, for a tiny step. Found"
            " twice, by wiggling and by a formula.",
            freeze=(2, 0),
        )
        page.widths |= {0: 24.0}
        self.wiggle = self.cell(page, "slopes.wiggle", WIGGLE, 3, 1, "Wiggle", low=1e-9, high=10, name="wiggle")
        self.exact = self._slope_table(page, 8, 0, "mse", "Of the mean squared error")
        self._slope_table(page, 15, 1, "mae", "Of the mean absolute error")
        self._promise(page, 20)
        page.text(3, 7, SLOPES, "note", wide=6, tall=15)
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
        page.text(top - 1, 0, "How long is a slope true? Choose a parameter, and steps.", "lead")
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
        title, x = "The loss when only this parameter moves", "how far it moves from where it is"
        page.charts.append(Chart(top, 5, title, x, "mean squared error", lines, alt, "0", 4, -4))

    # ---- Descent

    def _descent(self) -> None:
        page = self.book.page(
            "Descent",
            "Descent: let it run",
            "Each row is one step from the row above: new = old - rate x slope, for a, b and c at once. It begins with the"
            f" numbers on Fit and takes {EPOCHS} steps.",
            freeze=(9, 1),
        )
        page.widths |= {0: 18.0, 8: 3.0}
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
        page.charts.append(Chart(7, 9, title, "epoch", y, lines, alt, "[<1000]0;0E+0", EPOCHS, y_min=1, log_y=True))
        lines = self.line("the points", "fit.x", "fit.y", "dots"), self.line(
            "the curve at the chosen epoch", "chosen.x", "chosen.pred"
        )
        alt = "Twenty points and the curve that descent had at the chosen epoch."
        title = "The points and the curve at the chosen epoch"
        page.charts.append(Chart(26, 9, title, "x", "y", lines, alt, "0", 2, -2, -5, 20))
        ways = (self.line(key, "descent.epochs", f"descent.{key}", f"line {i + 1}") for i, key in enumerate(LETTERS))
        alt = "The parameters a, b and c at each epoch."
        page.charts.append(Chart(45, 9, "a, b and c on their way", "epoch", "value", tuple(ways), alt, "0.0", EPOCHS))
        page.text(2, 9, DESCENT, "note", wide=9, tall=4)

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
            Word("slope", "How fast the loss changes with a parameter: its change per unit, for a tiny step.", "slopes.mse.exact"),
            Word("gradient", "The slopes of all parameters together.", "slopes.mse.exact"),
            Word("learning rate", "How far a step goes: new number = old number - rate x slope.", "descent.lr"),
            Word("epoch", "One step that has seen all points; epoch 0 is the start.", "descent.epochs"),
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
            Exercise("Work out by a formula the prediction at x = 1.5 when a is 2, b is -1 and c is 3.", 6.0),
            Exercise("Four errors are 1.5, -2, 0.5 and 3. Write a formula for their mean absolute error.", 1.75),
            Exercise("Write a formula for the mean squared error of the same four errors.", 3.875),
            Exercise("A slope by wiggling: the loss is 3.9 when a is 1.11 and 4.1 when a is 1.09. Write a formula for the slope in a: change of the loss / change of a.", -10.0),
            Exercise("On Slopes, with a = b = c = 1.1: what is the slope of the mean squared error in b?", row(self.exact, 2)),
            Exercise("One update: a number is 1.1, its slope is -8, the learning rate is 0.05. What is it after the step?", 1.5),
            Exercise("With a = b = c = 1.1 on Fit, set the learning rate on Descent to 0.05. What is a in the row of epoch 1?", row(self.descent["a"], 2), 0.001, {self.lr: 0.05}),
            Exercise("Back at a learning rate of 0.02, all else as it came: which is the first epoch whose loss is below 5?", apply("sum", early), 0.25),
            choice("On Descent, all else as it came: what does a learning rate of 0.25 do? 1: it is slow but arrives. 2: it is the fastest. 3: each step goes too far, and the loss grows without end.", 3),
            choice("Why not simply take the mean of the errors as loss? 1: it takes too long. 2: errors above and below would cancel. 3: a mean is never negative.", 2),
        ]  # fmt: skip


LESSON = Quadratic
