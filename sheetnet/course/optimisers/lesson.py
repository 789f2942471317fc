"""Lesson 7: batches and their noise; SGD, momentum, Adagrad, RMSprop, Adam and AdamW, step by step."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson, Pair, Watched, Word
from sheetnet.course.optimisers import stories
from sheetnet.course.optimisers.races import DESCENTS, N_BATCHES, compare_page, noise_page, optimiser_page
from sheetnet.course.optimisers.stories import STORIES
from sheetnet.course.optimisers.unrolled import LABELS, Batch, Run, head
from sheetnet.course.points import noisy_points
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, constant, hstack, mean, ones, row, square, sum_columns, variable, vstack
from sheetnet.graph.rewrite import substitute
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.motifs.exercises import Exercise, choice
from sheetnet.page.book import Chart, Page, Rule, Series

ROWS, SIZE = 20, 4
START, WIGGLE, SEED = 1.1, 0.001, 3
UNITS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


class Optimisers(Lesson):
    """Gradients of batches scatter about the full one; six ways to step, each unrolled for ten passes."""

    name = "optimisers"
    title = "Optimisers: how to take a step"
    purpose = (
        "A step need not look at all rows, and need not follow the slope just as it is. You see what small batches gain"
        " and what their noise costs, and take SGD, momentum, Adagrad, RMSprop, Adam and AdamW apart, cell by cell."
    )
    tries = (
        "On Batches, look at batches 1 to 5 in turn. Where does a step on this batch alone pull the curve?",
        "On Gradients, find the gradient of all rows among those of single rows and of batches.",
        "On Noise, compare the three curves. Who is ahead after ten passes? And with a rate of 0.15 for all rows?",
        "On Momentum, follow the weight of x^2: it runs past its goal. Then momentum 0 and rate 0.04: which curve is it?",
        "On Adam, set the step to look at to 1: each weight moves by just the rate. Without the correction, how far would it?",
        "On Batches, multiply the loss by 100, and look at Compare. Which two explode, and why not the others?",
    )

    def sheets(self) -> None:
        self.runs: dict[str, Run] = {}
        self._batches()
        self._gradients()
        noise_page(self)
        for name, story in STORIES.items():
            optimiser_page(self, OPTIMISERS[name], story)
        compare_page(self)

    lowest: Node  # the lowest loss that there is

    # ---- the model: W is a row of three weights

    def loss(self, W: Node, batch: Batch) -> Node:
        """Mean squared error of X W' over the rows of a batch, (1, 1)."""
        X, y = batch
        squares = square(W @ X.T - y.T)
        return squares if squares.shape == (1, 1) else mean(squares)

    def slopes(self, W: Node, batch: Batch) -> Node:
        """The gradient of times x loss, (1, 3)."""
        w = variable("W", (1, 3))
        return substitute(gradient(self.times * self.loss(w, batch), [w]), {w: W})[0]

    # ---- Batches

    def _batches(self) -> None:
        page = self.book.page(
            "Batches",
            "Batches: a few rows at a time",
            "Choose a batch: its four points light up, and the blue curve is what one step on them alone would make of the"
            " start. The next batch pulls elsewhere.",
            freeze=(2, 0),
        )
        page.widths |= {0: 5.0, 1: 8.5, 2: 8.5, 6: 1.5, 7: 6.0, 8: 7.0, 13: 1.5}
        page.widths |= dict.fromkeys((3, 4, 5, 9, 10, 11, 12), 9.5)
        page.text(3, 0, "Start, and the loss", "band_plain", wide=6)
        for j, label in enumerate(LABELS):
            page.text(4, 3 + j, label, "head")
        self.W_start = self.value("W_start", [[START] * 3])
        page.place("batches.W_start", self.W_start, 5, 3, "input", title="weights", side=True, name="W_start")
        self.times = self.cell(page, "batches.times", 1.0, 6, 5, "Loss multiplied by", low=0, high=1e6, name="times")
        page.text(3, 7, "One step on one batch", "band_plain", wide=6)
        self.which = self.cell(
            page, "batches.which", 1, 4, 12, "Batch to look at", low=1, high=N_BATCHES, whole=True, name="batch"
        )
        self.one_lr = self.cell(page, "batches.lr", 0.05, 5, 12, "Learning rate of this step", low=0, name="lr_one")
        x, y = noisy_points()
        self.x, self.y = self.value("x", x), self.value("y", y)
        page.place("batches.x", self.x, 11, 1, "data", title="x")
        page.place("batches.y", self.y, 11, 2, "data", title="y", name="y")
        self.X = hstack([square(self.x), apply("same", self.x), ones(ROWS, 1)])
        page.place("batches.X", self.X, 11, 3, "forward", title="X", labels=LABELS, name="X")
        self.order = self.value("order", np.random.RandomState(SEED).permutation(ROWS)[:, None] + 1)
        block = page.place("batches.order", self.order, 11, 8, "input", title="order", name="order", format="plain")
        words = "order: a whole number from 1 to 20 is expected, the number of a row"
        page.rules.append(Rule(block.area, True, 1, ROWS, words))
        head(page, 11, 7, "batch", "data")
        head(page, 11, 9, "X, shuffled", "forward", f"{N_BATCHES} times {SIZE} x 3", LABELS)
        head(page, 11, 12, "y", "forward", f"{N_BATCHES} x {SIZE} x 1")
        self.singles: list[Batch] = []
        self.batches: list[Batch] = []
        for i in range(ROWS):
            page.text(11 + i, 0, str(i + 1), "count")
            page.text(11 + i, 7, str(i // SIZE + 1), "count")
            at = row(self.order, i + 1)
            self.singles.append((row(self.X, at), row(self.y, at)))
        for k in range(N_BATCHES):
            some = self.singles[SIZE * k : SIZE * (k + 1)]
            X_k, y_k = vstack([X for X, _ in some]), vstack([y for _, y in some])
            page.place(f"batches.X_{k + 1}", X_k, 11 + SIZE * k, 9, "forward", name=f"X_{k + 1}")
            page.place(f"batches.y_{k + 1}", y_k, 11 + SIZE * k, 12, "forward", name=f"y_{k + 1}")
            self.batches.append((X_k, y_k))
        self.parts = vstack([self.slopes(self.W_start, batch) for batch in self.batches])
        self.whole = self.slopes(self.W_start, (self.X, self.y))
        self.grads = vstack([self.parts, self.whole])
        self._one_step(page)
        page.active = (4, 12)

    def _one_step(self, page: Page) -> None:
        """The chosen batch's points, and the curves before and after a step on it and on all rows, (20, 1) each."""
        chosen = [row(self.order, SIZE * (self.which - 1.0) + (i + 1.0)) for i in range(SIZE)]
        places = {
            "x": (vstack([row(self.x, at) for at in chosen]), "x of the batch"),
            "y": (vstack([row(self.y, at) for at in chosen]), "y of the batch"),
        }
        self.columns(page, "picked", 36, 14, places)
        on_batch = self.W_start - self.one_lr * row(self.grads, self.which)
        on_all = self.W_start - self.one_lr * self.whole
        for i, (key, title, W) in enumerate((("batch", "this batch", on_batch), ("all", "all rows", on_all))):
            page.text(6 + i, 9, f"after {title}", "label")
            page.place(f"after.{key}", W, 6 + i, 10, "update")
        curves = {"start": (self.W_start, "start"), "batch": (on_batch, "step on the batch"), "all": (on_all, "step on all")}
        self.columns(page, "curve", 36, 16, {key: (self.X @ W.T, title) for key, (W, title) in curves.items()})
        lines = (
            self.line("all points", "batches.x", "batches.y", "dots"),
            self.line("the batch", "picked.x", "picked.y", "mark"),
            self.line("the curve at the start", "batches.x", "curve.start", "line 8"),
            self.line("after a step on this batch", "batches.x", "curve.batch"),
            self.line("after a step on all rows", "batches.x", "curve.all", "line 2"),
        )
        alt = "Twenty points, four of them marked, the curve at the start, and after a step on the four and on all points."
        page.charts.append(Chart(3, 14, "What one step does to the curve", "x", "y", lines, alt, "0", 2, -2, width=560))
        page.text(22, 14, stories.BATCHES, "note", wide=6, tall=9)

    # ---- Gradients

    def _gradients(self) -> None:
        page = self.book.page(
            "Gradients",
            "Gradients: every batch sees another slope",
            "The slopes at the start weights, as each batch sees them: wiggled beside exact. No batch is right, but their"
            " mean is the gradient of all rows.",
            freeze=(2, 1),
        )
        page.widths |= {0: 12.0, **dict.fromkeys(range(1, 17), 10.3)}
        wiggle = self.cell(page, "gradients.wiggle", WIGGLE, 3, 1, "Wiggle", low=1e-9, high=10, name="wiggle")
        everyone = [*self.batches, (self.X, self.y)]
        moved = [[self.W_start + sign * wiggle * constant((unit,)) for unit in UNITS] for sign in (1.0, -1.0)]
        up, down = (
            vstack([hstack([self.times * self.loss(W, batch) for W in Ws]) for batch in everyone]) for Ws in moved
        )
        wiggled = (up - down) / (2.0 * wiggle)
        for i in range(N_BATCHES):
            page.text(8 + i, 0, f"batch {i + 1}", "label")
        page.text(13, 0, "all 20 rows", "label")
        for j, (key, title, node) in enumerate((("up", "Loss, + wiggle", up), ("down", "Loss, - wiggle", down))):
            page.place(f"gradients.{key}", node, 8, 1 + 3 * j, "forward", title=title, labels=LABELS)
        scale = up / wiggle
        page.place("gradients.wiggled", wiggled, 8, 7, "backward", title="Gradient, wiggled", labels=LABELS, scale=scale)
        page.place("gradients.exact", self.grads, 8, 10, "backward", title="Gradient, exact", labels=LABELS, name="gradients")
        apart = apply("abs", wiggled - self.grads)
        page.place("gradients.apart", apart, 8, 13, "result", title="How far apart", labels=LABELS, format="diff", scale=scale)
        self.far = apply("sqrt", sum_columns(square(self.parts - self.whole)))
        self.columns(page, "gradients", 8, 16, {"far": (self.far, "distance")}, "result")
        page.text(14, 9, "mean of the five batches", "label")
        self.mean = constant(((1.0 / N_BATCHES,) * N_BATCHES,)) @ self.parts
        page.place("gradients.mean", self.mean, 14, 10, "result")
        error = self.X @ self.W_start.T - self.y
        singles = 2.0 * self.times * error * self.X
        far = apply("sqrt", sum_columns(square(singles - self.whole)))
        for i in range(ROWS):
            page.text(20 + i, 0, f"row {i + 1}", "label")
        self.columns(page, "single", 20, 1, {"error": (error, "Error")})
        page.place("single.grad", singles, 20, 2, "backward", title="Gradient of one row", labels=LABELS)
        self.columns(page, "single", 20, 5, {"far": (far, "distance")}, "result")
        typical = [apply("sqrt", mean(square(distance))) for distance in (far, self.far)]
        page.text(17, 14, "Typical distance from the gradient of all rows", "lead")
        for i, (key, title) in enumerate((("row", "of one row"), ("batch", "of a batch of four"))):
            page.text(18 + i, 15, title, "label")
            page.place(f"typical.{key}", typical[i], 18 + i, 16, "result")
        page.text(20, 15, "batch, as share of row", "label")
        self.share = typical[1] / typical[0]
        page.place("typical.share", self.share, 20, 16, "result", "cells", format="share")
        page.text(22, 14, stories.GRADIENTS, "note", wide=4, tall=16)
        exact, rows = self.book.block("gradients.exact").area, self.book.block("single.grad").area
        dots = [
            ("one row", rows, (0, ROWS - 1), "dots"), ("a batch of four", exact, (0, N_BATCHES - 1), "mark"),
            ("all 20 rows", exact, (N_BATCHES, N_BATCHES), "target"),
        ]  # fmt: skip
        series = tuple(Series(who, at.part(part, (0, 0)), at.part(part, (1, 1)), look) for who, at, part, look in dots)
        alt = "Twenty small dots, five larger ones nearer the middle, and one in the middle: the gradients."
        title, x, y = "Gradients at the start weights", "slope in the weight of x^2", "slope in the weight of x"
        page.charts.append(Chart(17, 6, title, x, y, series, alt, "0", None, None, x_format="0", width=560, height=440))
        page.active = (3, 1)

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [
            Pair("gradients.exact", "Gradient", LABELS),
            *(Pair(f"noise.{key}.loss", f"Loss, {title}", format="loss") for key, (title, _) in DESCENTS.items()),
            *(Pair(f"{name}.W", story.sheet, LABELS) for name, story in STORIES.items()),
        ]

    def watched(self) -> list[Watched]:
        start = [(self.x, "x"), (self.y, "y"), (self.order, "order"), (self.W_start, "start"), (self.times, "multiplier")]
        start += [(self.runs[key].how.lr, f"rate, {title}") for key, (title, _) in DESCENTS.items()]
        for name, story in STORIES.items():
            how = self.runs[name].how
            start += [(node, f"{story.sheet}: {key}") for key, node in {"learning rate": how.lr, **how.settings}.items()]
        return [Watched(node, title) for node, title in start]

    def words(self) -> list[Word]:
        return [
            Word("batch", "A part of the rows, on which one step is taken; a mini-batch is a small one.", "batches.X_1"),
            Word("pass, epoch", "As many steps as it takes to use every row once.", "noise.batch.pass"),
            Word("stochastic gradient", "The gradient of a batch, drawn by chance: right only on average.", "gradients.exact"),
            Word("noise", "What the gradient of a batch has on top of the gradient of all rows.", "gradients.far"),
            Word("shuffle", "To put the rows into an order of chance, so that each batch is a mixture.", "batches.order"),
            Word("SGD", "Stochastic gradient descent: plain steps on batches.", "sgd.W"),
            Word("optimiser", "The rule that makes a step out of a gradient and what it remembers.", "momentum.now.W_after"),
            Word("state", "What an optimiser remembers of each weight from step to step.", "adam.m"),
            Word("momentum", "Past gradients, added up and slowly forgotten, that carry a step on.", "momentum.m"),
            Word("Adagrad", "Divides each gradient by the root of the sum of all its squares so far.", "adagrad.sum_sq"),
            Word("RMSprop", "Divides each gradient by the root of a running mean of its squares.", "rmsprop.v"),
            Word("Adam", "A running mean of gradients, divided by the root of a running mean of their squares.", "adam.W"),
            Word("bias correction", "Running means that began at 0 are divided by 1 - beta^t.", "adam.m_hat"),
            Word("weight decay", "Drawing every weight a little towards 0 at each step; AdamW does it first.", "adamw.W_less"),
        ]

    def ask(self) -> list[Exercise]:
        adam, single, momentum = self.runs["adam"], self.runs["single"], self.runs["momentum"]
        first = constant(((1.0,), (0.0,), (0.0,)))
        return [
            Exercise("On Gradients, as the workbook came: what is the slope in the weight of x^2 that batch 4 sees (three decimals)?", row(self.parts, 4) @ first),
            Exercise("Five batches of equal size see the slopes -16, -3, -1, -18 and -17. Write a formula for the slope that all rows see.", -11.0),
            Exercise("A row has x^2 = 4 and y = 7; the prediction is 3. Write a formula for the slope of its squared error in the weight of x^2.", -32.0),
            Exercise("712 passengers, batches of 8: how many steps does one pass take?", 89.0, 0.25),
            Exercise("On Noise, set the rate of one row at a time to 0.005. What is its loss after 10 passes?", single.loss.sources[-1], 0.0005, {single.how.lr: 0.005}),
            Exercise("Momentum 0.9: m then is 3, the gradient is 2, the rate 0.1, the weight 1. Write a formula for the weight after the step.", 0.53),
            Exercise("Momentum 0.9, and the gradient is 2 at every step, for ever. Which number does m approach?", 20.0, 0.01),
            Exercise("On Momentum, set momentum to 0.5. What is the loss after step 50?", momentum.loss.sources[-1], 0.0005, {momentum.how.settings["momentum"]: 0.5}),
            Exercise("Adagrad, rate 0.5: a weight's first gradient is 3, its second is 4. Write a formula for how far the second step goes (without sign).", 0.4),
            Exercise("Adam: after step 3, m is 0.542; beta1 is 0.9. Write a formula for m_hat.", 2.0),
            Exercise("Adam, rate 0.2: the very first gradient of a weight is -250. By how much does the weight change (with its sign)?", 0.2),
            Exercise("On Adam, set the step to look at to 10. What is v_hat of the weight of x^2?", adam.lines["v_hat"] @ first, 0.01, {adam.at: 10.0}),
            Exercise("AdamW, rate 0.1, weight_decay 0.5: a weight is 2. Write a formula for W_less.", 1.9),
            choice("All gradients become 100 times as large. Who takes just the same steps? 1: SGD. 2: momentum. 3: Adagrad, RMSprop, Adam and AdamW (but for eps). 4: nobody.", 3),
            choice("Why do small batches swing in the end? 1: the rate grows. 2: each batch has a lowest point of its own. 3: the sheet rounds.", 2),
            choice("What sets RMSprop apart from Adagrad? 1: it forgets old gradients. 2: it needs no rate. 3: it knows the sign of the gradient only.", 1),
        ]  # fmt: skip


LESSON = Optimisers
