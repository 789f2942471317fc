"""Lesson 7: batches and their noise; SGD, momentum, Adagrad, RMSprop, Adam and AdamW, step by step."""

from __future__ import annotations

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.optimisers.races import DESCENTS, Races
from sheetnet.course.optimisers.stories import STORIES
from sheetnet.course.optimisers.unrolled import LABELS
from sheetnet.models.optimisers import OPTIMISERS


class Optimisers(Races):
    """Gradients of batches scatter about the full one; six ways to step, each unrolled for ten passes."""

    name, predicts = "optimisers", True
    minutes, pictured = 50, "Compare"
    goals = (
        "say what a batch is, and what its noise costs",
        "say what momentum and Adam remember",
        "compare six optimisers on one chart",
    )
    to_fill = (
        "curve.start",
        "curve.batch",
        "single.error",
        "typical.share",
        "noise.full.least",
        "noise.batch.least",
        "noise.single.least",
        "noise.batch.above",
        "sgd.above",
        "momentum.above",
        "adam.correct_beta1",
        "adam.correct_beta2",
    )
    title = "Optimisers: how to take a step"
    purpose = "A step need not look at all rows, and need not follow the slope just as it is. You see what small batches gain and what their noise costs. Then you take six optimisers apart, cell by cell: SGD, momentum, Adagrad, RMSprop, Adam, AdamW."
    tries = (
        "On Batches, look at batches 1 to 5 in turn. Where would a step on the chosen batch alone pull the curve?",
        "On Gradients, find the gradient of all rows among those of single rows and of batches.",
        "On Noise, compare the three curves. Who is ahead after ten passes? And with a rate of 0.15 for all rows?",
        "On Momentum, follow the weight of x^2: it runs past its goal. Then set momentum 0, rate 0.04. Which curve is it now?",
        "On Adam, set the step to look at to 1. How far does each weight move? Without the correction, how far would it?",
        "On Batches, multiply the loss by 100, and look at Compare. Who explodes, and why not the others?",
    )

    def sheets(self) -> None:
        self.runs = {}
        self.batches_page()
        self.gradients_page()
        self.noise_page()
        for name, story in STORIES.items():
            self.optimiser_page(OPTIMISERS[name], story)
        self.compare_page()

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [
            Pair("gradients.exact", "Gradient", LABELS),
            *(Pair(f"noise.{key}.loss", f"Loss, {title}", format="loss") for key, (title, _) in DESCENTS.items()),
            *(Pair(f"{name}.W", story.sheet, LABELS) for name, story in STORIES.items()),
        ]

    def watched(self) -> list[Watched]:
        start = [
            (self.x, "x"),
            (self.y, "y"),
            (self.order, "order"),
            (self.W_start, "start"),
            (self.times, "multiplier"),
        ]
        start += [(self.runs[key].how.lr, f"rate, {title}") for key, (title, _) in DESCENTS.items()]
        for name, story in STORIES.items():
            how = self.runs[name].how
            start += [
                (node, f"{story.sheet}: {key}") for key, node in {"learning rate": how.lr, **how.settings}.items()
            ]
        return [Watched(node, title) for node, title in start]

    def words(self) -> list[Word]:
        return [
            Word(
                "batch", "A part of the rows, on which one step is taken; a mini-batch is a small one.", "batches.X_1"
            ),
            Word("pass, epoch", "As many steps as it takes to use every row once.", "noise.batch.pass"),
            Word(
                "stochastic gradient",
                "The gradient of a batch that was drawn by chance: right only on average.",
                "gradients.exact",
            ),
            Word("gradient", "All slopes of a loss, one for each weight.", "gradients.exact"),
            Word("noise", "What the gradient of a batch has on top of the gradient of all rows.", "gradients.far"),
            Word(
                "shuffle", "To put the rows into an order of chance, so that each batch is a mixture.", "batches.order"
            ),
            Word("SGD", "Stochastic gradient descent: plain steps on batches.", "sgd.W"),
            Word(
                "optimiser",
                "The rule that makes a step out of a gradient and what it remembers.",
                "momentum.now.W_after",
            ),
            Word("state", "What an optimiser remembers of each weight from step to step.", "adam.m"),
            Word("momentum", "Past gradients, added up and slowly forgotten, that carry a step on.", "momentum.m"),
            Word(
                "Adagrad",
                "Divides each gradient by the square root of the sum of all its squares so far.",
                "adagrad.sum_sq",
            ),
            Word("RMSprop", "Divides each gradient by the square root of a running mean of its squares.", "rmsprop.v"),
            Word(
                "Adam",
                "A running mean of gradients, divided by the square root of a running mean of their squares.",
                "adam.W",
            ),
            Word("running mean", "A mean in which new numbers count more and old ones fade.", "rmsprop.v"),
            Word("bias correction", "Running means that began at 0 are divided by 1 - beta^t.", "adam.m_hat"),
            Word("beta1, beta2, alpha", "How much of a running mean is kept at each step.", "adam.beta1"),
            Word("eps", "A tiny number below the line, so that nothing is divided by 0.", "adam.eps"),
            Word(
                "weight decay",
                "Every weight is drawn a little towards 0 at each step. AdamW does it first.",
                "adamw.W_less",
            ),
        ]


LESSON = Optimisers
