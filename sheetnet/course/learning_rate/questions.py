"""Lesson 6's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial

from sheetnet.course.drawing import own
from sheetnet.course.learning_rate.parabola import Parabola
from sheetnet.course.learning_rate.rates import Rates
from sheetnet.course.learning_rate.runs import EPOCHS
from sheetnet.course.learning_rate.schedules import Schedules
from sheetnet.graph.node import Node, apply, lift, row, vstack, where
from sheetnet.motifs.exercises import Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above, larger

STEP_ALONE, NO_RATE = (
    "That is the step alone. What is the weight after it?",
    "The slope times the rate is the step: you left the rate out.",
)
AWAY = "The slope leads up, a step leads down: minus the slope."
END = EPOCHS + 1  # the row of the last epoch


class Sheets(Rates, Parabola, Schedules):
    """The sheets that are asked about."""


def questions(lesson: Sheets) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    second, third, higher, closer = lesson.each[1], lesson.each[2], {lesson.rates[2]: 0.2}, {lesson.jump_rate: 0.05}
    draw = partial(own, lesson.seed)
    weight, slope, rate = draw("up", (0.8, -11, 0.1), ((0.6, 0.8, 1.2), (-7, -9, -11, -13), (0.1, 0.2)))
    high, rising, half = draw("down", (2, 3, 0.5), ((2, 3, 4), (2, 3, 5), (0.5, 0.25)), _three_mistakes)
    steep, bend = draw("parabola", (-6, 4), ((-3, -5, -6, -7, -9), (2, 4, 5)))
    (sharp,) = draw("limit", (8,), ((5, 8, 10, 16, 20),))
    way, product = draw("past", (3, 1.5), ((2, 3, 5, 6), (1.2, 1.25, 1.5, 1.75)))
    far, curvature = draw("swing", (2, 10), ((2, 3, 6, 8), (5, 6, 10, 15)))
    (first,) = draw("decay", (0.2,), ((0.1, 0.2, 0.3, 0.4),))
    top, div = draw("cycle", (0.25, 25), ((0.2, 0.25, 0.3, 0.4), (10, 20, 25, 50)))
    (grown,) = draw("finder", (2,), ((1.6, 1.7, 1.8, 1.9, 2, 2.1, 2.2),))
    epoch = int(draw("epoch", (8,), (range(5, 15),))[0])
    faster, ninth = {lesson.grow: grown}, "Epochs begin with 0: look at the number in the column Epoch."
    return [
        Exercise(
            "On Points, as the workbook came: what is the slope of the loss in c?", row(lesson.grad, 3),
            slips=(Slip(row(lesson.grad, 1), "That is the slope in a."), Slip(row(lesson.grad, 2), "That is the slope in b."), Slip(row(at("points.best"), 3), "That is the best c: another column.")),
            hint="The row of c, the column Slope, exact.", why="It is below 0: the loss falls when c rises.",
        ),
        Exercise(
            "On Rates, as it came: what is the loss of rate 2 (0.01) after 60 epochs?", row(second, END),
            slips=(Slip(row(third, END), "That is rate 3."), Slip(row(lesson.each[0], END), "That is rate 1."), Slip(row(lesson.above(second), END), "That is how far it is above the lowest loss.")),
            hint="The column of rate 2, the line that says after 60 epochs.", why="It creeps: the loss falls at every step, and has not arrived.",
        ),
        Exercise(
            "On Rates, as it came: how many steps of rate 5 (0.18) turn back on the step before?", row(lesson.turns.T, 5), 0.25,
            slips=(Slip(row(lesson.turns.T, 6), "That is the column to the right."), Slip(row(lesson.turns.T, 4), "That is the column to the left."), Slip(float(EPOCHS), "That would be all its steps.")),
            hint="The line Steps that turn back, the column of rate 5.", why="It overshoots now and then, and the loss falls all the same.",
        ),
        Exercise(
            "On Rates, set rate 3 to 0.2. What is its loss in the row of epoch 1?", row(third, 2), 0.001, higher,
            slips=(Slip(row(third, 2), "That is with the rate 0.05.", {}), Slip(row(third, 3), f"That is epoch 2. {ninth}"), Slip(row(third, 1), f"That is before any step. {ninth}"), Slip(row(third, END), "That is the last row.")),
            hint="Type the rate, then read the column of rate 3 in the table.", why="One step of a larger rate need not be a better step.",
        ),
        Exercise(
            f"Worked: a weight is 1.1, its slope -8, the rate 0.05. The step is -0.05 × -8 = 0.4, so the weight is 1.1 + 0.4 = 1.5. Now you: the weight is {weight:g}, its slope {slope:g}, the rate {rate:g}. What is the weight after the step?", weight - rate * slope,
            slips=(Slip(weight + rate * slope, AWAY), Slip(weight - slope, NO_RATE), Slip(-rate * slope, STEP_ALONE)),
            hint="new weight = old weight - rate × slope. Minus times minus is plus.", why="A slope below 0 makes the weight grow.",
        ),
        Exercise(
            f"And a weight of {high:g} with a slope of {rising:g}, at a rate of {half:g}?", high - half * rising,
            slips=(Slip(high + half * rising, AWAY), Slip(high - rising, NO_RATE), Slip(half * rising, STEP_ALONE)),
            hint="The same three numbers in the same formula.", why="A slope above 0 makes the weight shrink.",
        ),
        Exercise(
            f"A parabola has slope {steep:g} and curvature {bend:g} where we are. Write a formula for the ideal step.", -steep / bend,
            slips=(Slip(-steep * bend, "You multiplied. The more curvature, the shorter the step."), Slip(-bend / steep, "You turned it round: the slope belongs above."), Slip(-steep, "That looks at the slope alone. How much does it bend?")),
            hint="ideal step = -slope / curvature.", why="After this step the slope is 0: we are at the lowest point.",
        ),
        Exercise(
            f"A parabola has curvature {sharp:g}. What is the largest rate at which descent on it does not diverge?", 2 / sharp,
            slips=(Slip(1 / sharp, "At this rate one step arrives. It may be larger."), Slip(sharp / 2, "You turned it round: the curvature belongs below."), Slip(2 * sharp, "More curvature allows a smaller rate: divide.")),
            hint="Descent diverges where rate × curvature is above 2.", why="At this rate a step lands just as high on the other side.",
        ),
        Exercise(
            f"Worked: a weight is 4 above the lowest point, and rate × curvature is 0.5. One step leaves 1 - 0.5 of the way: 4 × 0.5 = 2. Now you: it is {way:g} above, and rate × curvature is {product:g}. How far above (negative: below) is it after one step?", way * (1 - product),
            slips=(Slip(way * product, "You multiplied by rate × curvature. First take it from 1."), Slip(-way * product, f"That is the step. Where does it lead, from {way:g}?")),
            hint="What is left is 1 - rate × curvature, times the way.", why="It went past the lowest point, but is nearer to it than before.",
        ),
        Exercise(
            f"A weight is {far:g} above the lowest point. The curvature is {curvature:g}, the rate {1.5 / curvature:g}. How far above is it after two steps?", far / 4,
            slips=(Slip(-far / 2, "That is after one step."), Slip(far * 2.25, "You multiplied by rate × curvature. First take it from 1."), Slip(0.0, "It passes the lowest point on the way, and does not stop there.")),
            hint="Find out what one step leaves of the way, and do it twice.", why="Each step halves the distance and changes the side: it swings and arrives.",
        ),
        Exercise(
            "On Parabola, all else as it came, set the learning rate to 0.05. What is the loss of the narrower one after step 1?", row(lesson.jumped, 2), 0.001, closer,
            slips=(Slip(row(lesson.jumped, 2), "That is with the rate 0.1.", {}), Slip(row(lesson.jumped, 3), "That is after step 2."), Slip(row(at("jumps.wide_loss"), 2), "That is a alone."), Slip(row(lesson.jumped, 1), "That is before any step.")),
            hint="The row of step 1, the last column.", why="Rate × curvature is just below 1, so one step almost arrives.",
        ),
        Exercise(
            "On Limit, as it came: what is the largest rate that does not diverge (four decimals)?", lesson.limit, 0.00005,
            slips=(Slip(at("limit.sharpest"), "That is the curvature. The rate is below it on the sheet."), Slip(2.0 / row(lesson.bends, 1), "That is the limit of a alone."), Slip(lesson.limit / 2.0, "That is 1 / curvature: the rate may be larger.")),
            hint="It stands in the second line of results.", why="a, b and c move together, so the sharpest direction of all sets the limit.",
        ),
        Exercise(
            f"On Finder, all else as it came, let the rate grow by {grown:g} each step. What does it suggest now?", lesson.suggestion, 0.0005, faster,
            slips=(Slip(lesson.suggestion, "That is with the growth as it came.", {}), Slip(at("finder.lowest_at"), "There the loss is lowest: an explosion has already begun."), Slip(at("finder.steepest"), "That is where the loss falls fastest.")),
            hint="Type the number, then look for the word Suggestion.", why="It is a tenth of the rate at which the loss was lowest.",
        ),
        Exercise(
            f"Exponential: the rate of epoch 0 is {first:g}, and each is 0.9 times the one before. Write a formula for the rate of epoch 3.", first * 0.9**3, 0.0005,
            slips=(Slip(first * 0.9**2, "That is epoch 2: count from 0."), Slip(first * 0.9**4, "That is epoch 4: count from 0."), Slip(first * 3 * 0.9, "Not 3 times 0.9, but times 0.9 three times.")),
            hint=f"{first:g}, times 0.9, times 0.9 and so on: how often?", why="A power: each epoch takes a tenth of what is left.",
        ),
        Exercise(
            f"One-cycle: the top rate is {top:g} and div_factor is {div:g}. What is the rate of epoch 0?", top / div, 0.0005,
            slips=(Slip(top * div, "You multiplied: the first rate is far below the top."), Slip(top, "That is the top. Where does it begin?"), Slip(div / top, "You turned it round: the top belongs above.")),
            hint="Look on Schedules at what div_factor means.", why="It begins with a small rate: a warm-up.",
        ),
        Exercise(
            f"On Schedules, as it came: what is the one-cycle rate of epoch {epoch}?", row(lesson.cycle, epoch + 1), 0.0001,
            slips=(Slip(row(lesson.cycle, epoch), f"That is epoch {epoch - 1}: one row higher."), Slip(row(lesson.cycle, epoch + 2), f"That is epoch {epoch + 1}: one row lower."), Slip(row(at("schedules.rate.exponential"), epoch + 1), "That is the exponential one.")),
            hint=f"The row in which Epoch says {epoch}; the third column of rates.", why="It is still on its way up.",
        ),
        choice(
            "At the start the slope in a is about three times that in c. And yet c's ideal step is longer. Why? 1: the curvature in c is smaller. 2: the learning rate for c is larger. 3: the points are noisy.", 1,
            {2: "All weights have the same rate.", 3: "Noise moves the points, not this rule. What is a slope divided by?"},
            hint="Look at the table on Parabola: slope, curvature, ideal step.", why="A slope says which way; slope and curvature together say how far.",
        ),
        choice(
            "A loss falls evenly but slowly, and no step turns back. What would you try first? 1: a smaller rate. 2: a larger rate. 3: another start.", 2,
            {1: "Then it takes even longer.", 3: "It may help, but the steps stay as short."},
            hint="Which word on Rates fits: creeping, good or oscillating?", why="It creeps. Nothing warns of the limit, so there is room.",
        ),
        choice(
            "On Schedules, with a top rate of 0.3, the exponential run arrives and the constant one diverges. Why? 1: it takes more steps. 2: it starts elsewhere. 3: its rates soon fall below the limit.", 3,
            {1: "Both take the same number of steps.", 2: "All three start from the same weights."},
            hint="Look at its rates, epoch by epoch, and at the sheet Limit.", why="What a few large steps spoil, many smaller ones mend.",
        ),
        choice(
            "The loss in one weight is exactly a parabola here. Why? 1: the points lie on a parabola. 2: the prediction grows evenly with each weight, and the error is squared. 3: every loss is one.", 2,
            {1: "With other points it would be one too. Change a y and look.", 3: "A mean of sizes has corners: lesson 1 shows it."},
            hint="Raise a by 1, and again by 1. By how much does a prediction change, each time?", why="Of other models it is true only close up: there any smooth curve looks like a parabola.",
        ),
    ]  # fmt: skip


def _three_mistakes(weight: float, slope: float, rate: float) -> bool:
    """Whether a step, and what comes of it, and what a forgotten rate would give, are all different."""
    return len({weight - rate * slope, weight - slope, rate * slope}) == 3


def predictions(lesson: Sheets) -> list[Prediction]:
    """What a learner guesses before looking."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    ends = [row(lesson.each[j], END) for j in (2, 3, 4, 7)]
    best = apply("match", apply("min", vstack(ends)), vstack(ends))
    seventh, eighth = row(lesson.each[6], END), row(lesson.each[7], END)
    far = where(is_above(eighth, lift(1e6)), 3.0, where(is_above(eighth, lift(100.0)), 2.0, 1.0))
    ideal = apply("abs", at("parabola.ideal"))
    in_a, in_c = row(ideal, 1), row(ideal, 3)
    wide, narrow = at("parabola.wide.first"), at("parabola.narrow.first")
    lowest_at, above = (
        at("finder.lowest_at"),
        {key: at(f"schedules.last.{key}") for key in ("constant", "exponential", "onecycle")},
    )
    constant, exponential, onecycle = (
        is_above(lift(0.01), apply("if_error", one, lift(1e300))) for one in above.values()
    )
    falling = exponential * onecycle
    arrive = where(constant, where(falling, 4.0, 2.0), where(falling, 3.0, 1.0))
    return [
        Prediction(
            "Eight runs begin at the same place. After 60 epochs, which of these four rates has come nearest to the lowest loss?",
            ("0.05", "0.1", "0.18", "0.24"), best, ends[0], apply("min", vstack(ends)),
            "The last loss of 0.05, and the smallest of the four", "A rate near the limit swings, and is still the fastest here: it is quick where the valley is flat.", "rates.last",
        ),
        Prediction(
            "Rate 7 is 0.2216, rate 8 is 0.24. How large is the loss of rate 8 after 60 epochs?",
            ("about as large as that of rate 7", "some hundred", "more than a million"), far, seventh, eighth,
            "The last loss of rate 7, then of rate 8", "Above the limit each step lands higher than the one before. Sixty times a little higher is far away.", "rates.rate8",
        ),
        Prediction(
            "At the start the loss is about three times as steep in a as in c. Only one of them may move. Which has the longer way to the point where the loss is lowest for it?",
            ("a", "c", "both the same"), larger(in_a, in_c, 1e-9), in_a, in_c,
            "The way of a, then of c", "A slope says which way, not how far. The loss bends more in a, so its lowest point is nearer.", "parabola.ideal",
        ),
        Prediction(
            "Two parabolas have the same slope where we stand; one is narrower. The rate is the same. Whose first step is longer?",
            ("of the wide one", "of the narrow one", "both the same"), larger(wide, narrow, 1e-9), wide, narrow,
            "The first step on the wide one, then on the narrow one", "A step is rate × slope. It knows nothing of the bend, so on the narrow one it goes too far.", "parabola.narrow.first",
        ),
        Prediction(
            "Limit finds the largest rate that does not diverge. On Finder the rate grows with each step. At which rate does it see the lowest loss?",
            ("below that limit", "well above it: at more than twice the limit", "a little above it"),
            where(is_above(lesson.limit, lowest_at), 1.0, where(is_above(lowest_at, 2.0 * lesson.limit), 2.0, 3.0)), lesson.limit, lowest_at,
            "The limit, then the rate of the lowest loss", "An explosion begins small and takes some steps to show. So a finder's answer is divided by ten.", "finder.lowest_at",
        ),
        Prediction(
            "On Schedules, the top rate is raised from 0.22 to 0.3: above the limit. Which runs still end near the lowest loss?",
            ("none of them", "the constant one only", "the exponential and the one-cycle run", "all three"), arrive, above["exponential"], above["exponential"],
            "How far the exponential run ends above the lowest loss", "Rates that fall are soon below the limit again, and the first large steps have brought them far.", "schedules.top", {at("schedules.top"): 0.3},
        ),
    ]  # fmt: skip
