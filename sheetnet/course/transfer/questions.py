"""Lesson 15's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial

import numpy as np

from sheetnet.course.drawing import own
from sheetnet.course.transfer.digits import SUMS, Digits
from sheetnet.course.transfer.own import EPOCHS, FEW
from sheetnet.graph.node import Node, apply, lift, row, selector, where
from sheetnet.motifs.exercises import AS_IT_CAME, UP, Changes, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above

COUNTED = "Epochs begin with 0: look at the number in the column Epoch."


def half(value: float) -> float:
    """What float16 keeps of a number."""
    return float(np.float16(value))


def kind(lesson: Digits, column: int) -> Node:
    """What float16 (0) or bfloat16 (1) keeps of the number on Digits."""
    return lesson.of_number["near"] @ selector(3, column, 1)


def questions(lesson: Digits) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""
    draw = partial(own, lesson.seed)
    first, second, w, v, b = draw(
        "head",
        (0.5, -0.4, 2, 1.5, 0.3),
        ((0.2, 0.3, 0.5, 0.6), (-0.4, -0.2, -0.7), (2, 3), (1.5, 2.5), (0.3, 0.4)),
        _apart,
    )
    units, made = map(int, draw("count", (10, 3), (range(9, 17), (3, 4, 5))))
    lower = 2 * units + units * made + made
    errors = draw(
        "slope",
        (0.5, -0.1, 0.4, 0.6),
        ((0.3, 0.5), (-0.1, -0.2), (0.4, 0.8), (0.6, 0.2)),
        lambda a, b, c, d: a * c + b * d > 0.05,
    )
    slope = errors[0] * errors[2] + errors[1] * errors[3]
    weight, pull, rate = draw("frozen", (0.8, 0.4, 0.3), ((0.7, 0.8, 0.9), (0.4, 0.5, 0.6), (0.2, 0.3)))
    epoch = int(draw("epoch", (10,), (range(8, 15),))[0])
    hand = draw("hand", (1.5, 0.5, 0.2), ((1.5, 1, 2), (0.5, -0.5), (0.1, 0.2)))
    power = int(draw("place", (12,), ((8, 9, 12, 14),))[0])
    (odd,) = draw("odd", (2051,), ((2051, 2055, 2059, 2063, 2067),))
    (typed,) = draw("typed", (9.7,), ((9.7, 10.3, 17.3, 21.6),))
    (start,) = draw("start", (1.0,), ((1.0, 1.5, 2.0),))
    scratch, frozen = (lesson.ways[way].curves for way in ("scratch", "frozen"))
    by_hand: Changes = {lesson.hand["W_3"]: np.array([hand[:2]]), lesson.hand["b_3"]: hand[2]}
    line, number, few_bits, added = (
        {lesson.task: 3.0},
        {lesson.number: typed},
        {lesson.bits: 3.0},
        {lesson.first: start, lesson.added: 0.001},
    )
    far = lesson.of_bits["far"]
    return [
        Exercise(
            f"Two features of an x are {first:g} and {second:g}. The head has the weights {w:g} and {v:g}, and the bias {b:g}. What does the net say?", w * first + v * second + b,
            slips=(Slip(w * first + v * second, "You left the bias out."), Slip(v * first + w * second + b, "Each feature has its own weight: the first goes with the first."), Slip(w * first - v * second + b, "The second feature is below 0. Keep its sign.")),
            hint="First weight × first feature + second weight × second feature + bias.", why="The head is a line in its features, as in lesson 4. All bending happens below it.",
        ),
        Exercise(
            f"A net has one input, {units} hidden units, {made} features and one output. How many numbers do its lower layers have, biases included?", float(lower), 0.25,
            slips=(Slip(float(units + units * made), "You left the biases out: one for each unit, one for each feature."), Slip(float(lower + made + 1), "That is with the head."), Slip(float(units * made), "That is W_2 alone.")),
            hint="W_1: 1 for each unit. b_1: as many. W_2: units × features. b_2: 1 for each feature.", why="All of these come from elsewhere.",
        ),
        Exercise(
            "How many numbers does its head have?", float(made + 1), 0.25,
            slips=(Slip(float(made), "Count the bias, too."), Slip(float(lower + made + 1), "That is the whole net.")),
            hint="A weight for each feature, and a bias.", why="If the lower layers are frozen, the few rows have to tell these numbers only.",
        ),
        Exercise(
            f"Two rows have the errors {errors[0]:g} and {errors[1]:g} (prediction - y). Their feature 1 is {errors[2]:g} and {errors[3]:g}. What is the slope of the mean squared error in the weight of feature 1?", slope,
            slips=(Slip(slope / 2, "You forgot the 2 of the square."), Slip(2 * slope, "A mean: divide by the 2 rows."), Slip(errors[0] + errors[1], "That is the slope in the bias. Each error is multiplied by its feature.")),
            hint="2 × (error × feature + error × feature) / 2 rows.", why="The slope needs the features alone. Nothing has to go back to the layers below.",
        ),
        Exercise(
            f"A frozen weight is {weight:g}. If it were asked, its slope would be {pull:g}. The learning rate is {rate:g}. What is the weight after a step?", weight,
            slips=(Slip(weight - rate * pull, "That is a weight that learns. This one is frozen."), Slip(0.0, "Frozen is not 0: it stays what it is."), Slip(weight + rate * pull, UP)),
            hint="What does frozen mean?", why="It stays. But it goes on working in every prediction.",
        ),
        Exercise(
            f"On Three, as it came: what is the loss of scratch on the rows kept back after {epoch} epochs?", row(scratch["kept"], epoch + 1),
            slips=(Slip(row(scratch["few"], epoch + 1), "That is on the few rows."), Slip(row(frozen["kept"], epoch + 1), "That is frozen.")),
            hint=f"Set the epoch to look at, or read the table below. {COUNTED}", why="Its loss on the few rows falls on and on. This one does not tell the same story.",
        ),
        Exercise(
            f"On Three, set the task to 3, the line. What is the loss of frozen on the rows kept back after {EPOCHS} epochs?", row(frozen["kept"], EPOCHS + 1), 0.001, line,
            slips=(Slip(row(frozen["kept"], EPOCHS + 1), AS_IT_CAME, {}), Slip(row(frozen["few"], EPOCHS + 1), "That is on the few rows.")),
            hint="Type 3 and read the line frozen, kept back.", why="Out of two waves no line can be made. Frozen cannot learn other features.",
        ),
        choice(
            "On Three, set the task to 2, the fast wave. Which way has the smallest loss on the rows kept back? 1: scratch. 2: frozen. 3: whole.", 3,
            {1: "Look at the column kept back, not at the curve on the few rows.", 2: "Its waves are too slow for this task. Read the column kept back."},
            hint="Set the task, and compare three numbers.", why="The old waves are near to it, but not the same. Whole may change them.",
        ),
        Exercise(
            f"On Features, set w to {hand[0]:g} and {hand[1]:g}, and b to {hand[2]:g}. What is the loss on the 12 rows?", lesson.hand_losses[0], 0.001, by_hand,
            slips=(Slip(lesson.hand_losses[0], AS_IT_CAME, {}), Slip(lesson.hand_losses[1], "That is on the rows kept back.")),
            hint="Type all three, then read the first loss.", why=f"{FEW} rows are enough to find three numbers.",
        ),
        Exercise(
            f"A number has the exponent {power}. What is a place worth there in float16?", 2.0 ** (power - 10),
            slips=(Slip(2.0 ** (power - 7), "That is bfloat16, which keeps 8 bits."), Slip(2.0 ** (power - 11), "The first of the 11 bits is worth 2^exponent. How many come after it?"), Slip(2.0**power, "That is the first bit.")),
            hint="2^(exponent - bits + 1), with 11 bits.", why="From 2^11 = 2048 on, a place is 2: odd numbers are lost.",
        ),
        Exercise(
            f"What does float16 keep of {odd:g}?", half(odd), 0.25,
            slips=(Slip(odd, "A place is worth 2 there. Odd numbers do not exist."), Slip(odd - 1, "That is as near. But from the middle one goes to the even number of places."), Slip(1000 * round(odd / 1000), "It is not rounded to thousands, but to places.")),
            hint=f"A place is worth 2. How many places are {odd:g}? From the middle, take the even one.", why="Half to even: sometimes up, sometimes down, so that sums do not drift.",
        ),
        Exercise(
            f"On Digits, type {typed:g}. What does bfloat16 keep of it?", kind(lesson, 1), 0.0005, number,
            slips=(Slip(kind(lesson, 1), AS_IT_CAME, {}), Slip(kind(lesson, 0), "That is float16."), Slip(typed, "That is the number itself. It has more bits than 8.")),
            hint="Read the column bfloat16, the line: it is kept as.", why="8 bits are between two and three decimal digits.",
        ),
        Exercise(
            "On Rounded, keep 3 bits. By how much does a prediction move at most?", far, 0.0005, few_bits,
            slips=(Slip(far, AS_IT_CAME, {}), Slip(lesson.of_bits["moved"], "That is a weight."), Slip(lesson.of_bits["loss"], "That is the loss.")),
            hint="Type 3, and read the second line.", why="Each weight is off by a little, and all of them work in one prediction.",
        ),
        Exercise(
            f"On Sum, set the sum so far to {start:g} and what is added to 0.001. What is the sum in bfloat16 after {SUMS} times?", lesson.sums["bfloat16"], 0.0005, added,
            slips=(Slip(lesson.sums["bfloat16"], AS_IT_CAME, {}), Slip(lesson.sums["float16"], "That is float16."), Slip(start + SUMS * 0.001, "That is the right sum.")),
            hint="Type both, and read the line bfloat16.", why="0.001 is less than half a place there. Each time it is rounded away.",
        ),
        choice(
            "You have 20 rows of a new task, and a net that learnt a very similar task from a million rows. What do you do first? 1: train a new net from scratch. 2: freeze its lower layers and train the head. 3: train all of it at a large rate.", 2,
            {1: "20 rows cannot tell a whole net what a million told the other.", 3: "A large rate soon destroys what it had learnt."},
            hint="What is good already? What is missing?", why="Few rows, few numbers to learn. If that is not enough, all of it at a small rate comes next.",
        ),
        choice(
            "Why does one keep weights in float32 while one trains in float16? 1: because float16 is slower. 2: because steps are small beside weights and would be rounded away. 3: because predictions need all digits.", 2,
            {1: "It is faster: less has to be read.", 3: "On Rounded 11 bits were enough for the predictions."},
            hint="What does Sum show?", why="A step that is less than half a place never happens.",
        ),
    ]  # fmt: skip


def predictions(lesson: Digits) -> list[Prediction]:
    """What a learner guesses before looking."""
    last = EPOCHS + 1
    scratch, frozen = (row(lesson.ways[way].curves["kept"], last) for way in ("scratch", "frozen"))
    first, end = row(lesson.forgets, 1), row(lesson.forgets, last)
    still = apply("max", lesson.book.block("frozen.changes").node)
    exact, rough = lesson.of_bits["exact"], lesson.of_bits["loss"]
    kept = kind(lesson, 0)
    stands = lesson.sums["bfloat16"]
    begins = row(lesson.book.block("sum.sum_bfloat16").node, 1)
    return [
        Prediction(
            f"Two nets learn a wave from {FEW} rows. In one all 37 numbers learn, from scratch. In the other only the 3 of the head. Which has the smaller loss on {lesson.x_kept.shape[0]} rows that none of them saw?",
            ("the one in which all learn", "the one in which 3 learn", "both about the same"),
            where(is_above(scratch, 1.5 * frozen), 2.0, where(is_above(frozen, 1.5 * scratch), 1.0, 3.0)), scratch, frozen,
            "The loss of scratch on rows kept back, then of frozen", "The frozen layers know what a wave is. Three numbers are soon found, and cannot learn the noise.", "three.then_frozen",
        ),
        Prediction(
            "Now the new task is a line, not a wave. What becomes of the net in which only the head learns?",
            ("it learns the line as well", "it is a little worse than scratch", "it falls far behind scratch"),
            where(is_above(frozen, 3.0 * scratch), 3.0, where(is_above(frozen, scratch), 2.0, 1.0)), frozen, frozen,
            "The loss of frozen on rows kept back, of the wave, then of the line", "No sum of two waves is a line, and the features cannot change. Weights from elsewhere can harm.", "three.then_frozen", {lesson.task: 3.0},
        ),
        Prediction(
            f"The learning rate rises from 0.3 to 0.4. How far do frozen weights move now, in {EPOCHS} epochs?",
            ("a third further", "less far", "not at all, as before"),
            where(is_above(still, lift(0.0)), 1.0, 3.0), still, still,
            "How far a frozen weight moves at most, before, then after", "They have no slope at all, so no rate moves them.", "frozen.changes", {lesson.lr: 0.4},
        ),
        Prediction(
            "The whole net goes on learning, on the new wave. What becomes of its loss on the old waves, with the old head?",
            ("it falls", "it stays about the same", "it becomes more than twice as large"),
            where(is_above(end, 2.0 * first), 3.0, where(is_above(first, end), 1.0, 2.0)), first, end,
            "The old loss at epoch 0, then at the end", "The lower layers move to suit the new rows. Nothing holds them to the old ones. It forgets.", "whole.last",
        ),
        Prediction(
            "What does float16 keep of 2049?",
            ("2049", "2048", "2050"),
            where(is_above(kept, lift(2049.5)), 3.0, where(is_above(lift(2048.5), kept), 2.0, 1.0)), 2049.0, kept,
            "The number, then what is kept", "From 2048 on a place is worth 2. 2049 lies in the middle, and 1024 places is even.", "digits.near", {lesson.number: 2049.0},
        ),
        Prediction(
            "All weights are rounded to 8 bits, between two and three decimal digits. What becomes of the loss on the rows kept back?",
            ("it changes by less than a tenth", "it about doubles", "it becomes ten times as large"),
            where(is_above(0.1 * exact, apply("abs", rough - exact)), 1.0, where(is_above(5.0 * exact, rough), 2.0, 3.0)), exact, rough,
            "The loss with all bits, then with 8", "No weight is off by more than half a percent. The noise in the rows is larger.", "rounded.loss", {lesson.bits: 8.0},
        ),
        Prediction(
            f"A sum in bfloat16 is 0.24. 0.0001 is added {SUMS} times. Where is it then?",
            ("at 0.25", "a little below 0.25", "where it was"),
            where(is_above(stands, begins), where(is_above(lift(0.249), stands), 2.0, 1.0), 3.0), begins, stands,
            "The sum at the start, then at the end", "A place is worth about 0.001 there. 0.0001 is less than half of it, and is rounded away each time.", "sum.sum_bfloat16",
        ),
    ]  # fmt: skip


def _apart(first: float, second: float, w: float, v: float, b: float) -> bool:
    """Whether what a head says is told from what it says without its bias, or with its weights or signs mistaken."""
    right = w * first + v * second + b
    wrong = (right - b, v * first + w * second + b, w * first - v * second + b, -right)
    return len({round(one, 6) for one in (right, *wrong)}) == 5
