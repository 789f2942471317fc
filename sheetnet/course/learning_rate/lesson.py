"""Lesson 6: the learning rate: eight of them side by side, the parabola up close, a finder, schedules."""

from __future__ import annotations

from sheetnet.course.learning_rate.questions import Sheets
from sheetnet.course.learning_rate.rates import NAMES
from sheetnet.course.learning_rate.runs import LETTERS
from sheetnet.course.learning_rate.schedules import SCHEDULES
from sheetnet.course.lesson import Pair, Watched, Word


class LearningRate(Sheets):
    """What the lesson is for, its words and exercises; the sheets come from Rates, Parabola and Schedules."""

    name, predicts = "learning_rate", True
    minutes, pictured = 40, "Rates"
    goals = (
        "see from a curve if a rate is too small or too large",
        "find a good learning rate",
        "say what a schedule is for",
    )
    to_fill = (
        "points.pred",
        "points.error",
        "points.square",
        "points.mse",
        "parabola.ideal",
        "parabola.limit",
        "parabola.wide.ideal",
        "parabola.narrow.ideal",
        "parabola.wide.first",
        "parabola.narrow.first",
        "parabola.wide.product",
        "parabola.narrow.product",
        "limit.rate",
        "finder.suggestion",
        "schedules.low",
        "schedules.end",
    )
    title = "The learning rate: creeping, good, oscillating, diverging"
    purpose = "The same model starts eight times from the same place and differs only in its learning rate. You see what a rate does, and how far a slope should take you. Then you find a good rate, and change it on the way."
    tries = (
        "On Rates, read the words under the rates. Then set rate 6 to 0.222. What becomes of its line?",
        "On Runs, look at runs 2, 4, 6, and 8 (of it, epochs 0 to 3). Which creeps, arrives, swings, flies apart?",
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
            Word("learning rate", "How far a step goes: new weights = old weights - rate × slopes.", "rates.rate1"),
            Word("creeping", "The rate is so small that much of the way is left in the end.", "rates.left"),
            Word(
                "turning back",
                "A step turns back when it points against the step before.",
                "rates.turns",
            ),
            Word(
                "oscillating",
                "Steps go too far and turn back, here five times or more in 60 epochs. The loss may still fall.",
                "rates.word",
            ),
            Word(
                "diverging",
                "Steps go so far that they end higher than they began. The loss grows without end.",
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
                "Going past the lowest point, as a step does when rate × curvature is above 1.",
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
            Word(
                "direction",
                "How a, b and c move together: three numbers, such as mostly a and a little c.",
                "limit.direction",
            ),
            Word(
                "pct_start, div_factor, final_div_factor",
                "The names that torch has for the three numbers of one-cycle.",
                "schedules.share",
            ),
            Word("warm-up", "Small rates at the beginning, before the large ones.", "schedules.low"),
        ]


LESSON = LearningRate
