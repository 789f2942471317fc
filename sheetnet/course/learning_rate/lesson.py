"""Lesson 6: the learning rate: eight of them side by side, the parabola up close, a finder, schedules."""

from __future__ import annotations

from sheetnet.course.learning_rate.parabola import Parabola
from sheetnet.course.learning_rate.rates import NAMES, Rates
from sheetnet.course.learning_rate.runs import EPOCHS, LETTERS
from sheetnet.course.learning_rate.schedules import SCHEDULES, Schedules
from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.graph.node import row
from sheetnet.motifs.exercises import Exercise, choice


class LearningRate(Rates, Parabola, Schedules):
    """What the lesson is for, its words and exercises; the sheets come from Runs, Rates, Parabola and Schedules."""

    name = "learning_rate"
    title = "The learning rate: creeping, good, oscillating, diverging"
    purpose = "The same model starts eight times from the same place and differs only in its learning rate. You see what a rate does, why a big slope does not ask for a big step, how to find a rate, and how to change it on the way."
    tries = (
        "On Rates, read the words under the rates. Then set rate 6 to 0.222. What becomes of its line?",
        "On Runs, look at run 2, then 4, 6, and 8 (of it, epochs 0 to 3): it creeps, arrives, swings, flies apart.",
        "On Parabola, set the rate to 0.128. a alone arrives in one step. What does the narrower one do?",
        "Put the rate back to 0.1. With which curvature does the narrower one arrive in one step?",
        "On Finder, read the suggestion, and type it into Rates as rate 2. Is it good?",
        "On Schedules, set the top rate to 0.24, 0.3, 0.4. Which of the three runs still end near the lowest loss, at each?",
    )

    def sheets(self) -> None:
        for page in (self._points, self._rates, self._runs, self._parabola, self._limit, self._finder, self._schedules):
            page()

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [
            Pair("points.exact", "Slopes", format="small"),
            Pair("runs.w6", "Weights of rate 6", LETTERS),
            Pair("schedules.rate.exponential", "ExponentialLR", format="small"),
            Pair("schedules.rate.onecycle", "OneCycleLR", format="small"),
            *(Pair(f"schedules.loss.{key}", f"{title}: loss", format="heat_loss") for key, title in SCHEDULES.items()),
            Pair("rates.loss", "Loss of each rate", NAMES, "heat_loss"),
        ]

    def watched(self) -> list[Watched]:
        cells = {
            "rate on Parabola": "parabola.rate",
            "curvature there": "parabola.narrow",
            "first rate": "finder.first",
        }
        cells |= {"growth": "finder.grow", "top rate": "schedules.top", "decay": "schedules.decay"}
        cells |= {"pct_start": "schedules.share", "div_factor": "schedules.div", "final_div_factor": "schedules.final"}
        seen = (
            Watched(self.x, "x"),
            Watched(self.y, "y"),
            Watched(self.W, "start W"),
            Watched(self.all_rates, "rates"),
        )
        return [*seen, *(Watched(self.book.block(id).node, title) for title, id in cells.items())]

    def words(self) -> list[Word]:
        return [
            Word("learning rate", "How far a step goes: new weights = old weights - rate x slopes.", "rates.rate1"),
            Word("creeping", "The rate is so small that much of the way is left in the end.", "rates.left"),
            Word(
                "turning back",
                "What a step does whose product with the step before, part by part and added up, is below 0.",
                "rates.turns",
            ),
            Word(
                "oscillating",
                "Steps go too far and turn back, here five times or more in 60 epochs; the loss may still fall.",
                "rates.word",
            ),
            Word(
                "diverging",
                "Steps go so far that they end higher than they began; the loss grows without end.",
                "rates.last",
            ),
            Word(
                "curvature",
                "By how much the slope changes per unit of a weight: a narrow parabola has much.",
                "parabola.bend",
            ),
            Word(
                "ideal step",
                "-slope / curvature: it leads to the lowest point of a parabola at once.",
                "parabola.ideal",
            ),
            Word(
                "overshooting",
                "Going past the lowest point, as a step does when rate x curvature is above 1.",
                "jumps.narrow",
            ),
            Word(
                "largest rate",
                "2 / the sharpest curvature: above it, descent diverges on a loss that is shaped like a parabola.",
                "limit.rate",
            ),
            Word(
                "learning rate finder",
                "A run whose rate grows each step, to see where the loss falls and where it explodes.",
                "finder.loss",
            ),
            Word("schedule", "A rule by which the learning rate changes on the way.", "schedules.rate.constant"),
            Word(
                "exponential decay",
                "Each rate is the one before times a number a little below 1.",
                "schedules.rate.exponential",
            ),
            Word(
                "one-cycle",
                "The rate rises to its top, then falls to almost nothing, both along half a cosine.",
                "schedules.rate.onecycle",
            ),
            Word("warm-up", "Small rates at the beginning, before the large ones.", "schedules.low"),
        ]

    def ask(self) -> list[Exercise]:
        early = row(self.each[2], 2)
        return [
            Exercise("On Points, as the workbook came: what is the slope of the loss in c?", row(self.grad, 3)),
            Exercise("On Rates, as it came: what is the loss of rate 2 (0.01) after 60 epochs?", row(self.each[1], EPOCHS + 1)),
            Exercise("On Rates, as it came: how many steps of rate 5 (0.18) turn back on the step before?", row(self.turns.T, 5), 0.25),
            Exercise("On Rates, set rate 3 to 0.2. What is its loss in the row of epoch 1?", early, 0.001, {self.rates[2]: 0.2}),
            Exercise("One update: a weight is 1.1, its slope is -11, the rate is 0.1. What is the weight after the step?", 2.2),
            Exercise("A parabola has slope -6 and curvature 4 where we are. Write a formula for the ideal step.", 1.5),
            Exercise("A parabola has curvature 8. What is the largest rate at which descent on it does not diverge?", 0.25),
            Exercise("A weight is 3 above the lowest point of a parabola, and rate x curvature is 1.5. How far above it (negative: below) is the weight after one step?", -1.5),
            Exercise("On Parabola, all else as it came, set the learning rate to 0.05. What is the loss of the narrower one after step 1?", row(self.jumped, 2), 0.001, {self.jump_rate: 0.05}),
            Exercise("On Limit, as it came: what is the largest rate that does not diverge (four decimals)?", self.limit, 0.00005),
            Exercise("On Finder, all else as it came, let the rate grow by 2 each step. What does it suggest now?", self.suggestion, 0.0005, {self.grow: 2.0}),
            Exercise("Exponential: the rate of epoch 0 is 0.2, and each is 0.9 times the one before. Write a formula for the rate of epoch 3.", 0.1458, 0.0005),
            Exercise("One-cycle: the top rate is 0.25 and div_factor is 25. What is the rate of epoch 0?", 0.01, 0.0005),
            Exercise("On Schedules, as it came: what is the one-cycle rate of epoch 8?", row(self.cycle, 9), 0.0001),
            choice("At the start the slope in a is about three times that in c, and yet c's ideal step is longer. Why? 1: the curvature in c is smaller. 2: the learning rate for c is larger. 3: the points are noisy.", 1),
            choice("A loss falls evenly but slowly, and no step turns back. What would you try first? 1: a smaller rate. 2: a larger rate. 3: another start.", 2),
            choice("On Schedules, with a top rate of 0.3, the exponential run arrives and the constant one diverges. Why? 1: it takes more steps. 2: it starts elsewhere. 3: its rates soon fall below the limit.", 3),
        ]  # fmt: skip


LESSON = LearningRate
