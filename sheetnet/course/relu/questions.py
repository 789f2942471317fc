"""Lesson 2's exercises, with what is said of each likely mistake, and what is guessed before it is seen."""

from __future__ import annotations

from itertools import product

import numpy as np

from sheetnet.course.relu.lines import Lines
from sheetnet.course.relu.pieces import BY_HAND, FIRST
from sheetnet.graph.node import Node, apply, constant, lift, row, square, vstack, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.exercises import Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction

AS_IT_CAME = "That is how the workbook came. Type the new numbers first."
TINY = 1e-9  # beneath it, a slope has not changed


def questions(lesson: Lines) -> list[Exercise]:
    """At least two likely mistakes for most, a hint, and a reason."""
    return _of_one(lesson) + _of_two(lesson) + _of_many(lesson)


def _of_one(lesson: Lines) -> list[Exercise]:
    turned = {lesson.m: -2.0, lesson.b: 3.0}
    there = {lesson.at: -1.25}
    return [
        Exercise(
            "One done for you: m = 2, b = -1, x = 3. The line is 2*3 - 1 = 5. That is positive, so the ReLU is 5. Your turn: x = 0, the same m and b. The line is -1. What is the ReLU?", 0.0,
            slips=(Slip(-1.0, "That is the line. What does a ReLU make of a negative number?"), Slip(1.0, "A ReLU does not turn a minus into a plus. It cuts off."), Slip(2.0, "That is m, the slope of the line.")),
            hint="max(0, ...) gives the larger of the two numbers.", why="The larger of 0 and a negative number is 0: the ReLU is off.",
        ),
        Exercise(
            "On One, as the workbook came (m = 1, b = 2): what is the ReLU at x = 2?", lesson.relu_at,
            slips=(Slip(2.0, "That is one part only: add b to m*x."), Slip(0.0, "Is the line below 0 there? Only then is the ReLU 0."), Slip(lesson.crossing, "That is the x of the corner.")),
            hint="Work out m*x + b first. Is it positive?", why="The line is positive there, so the ReLU is the line.",
        ),
        Exercise(
            "Now all by yourself: m = -0.5, b = 1, x = -3. Write a formula for the ReLU.", 2.5,
            slips=(Slip(0.0, "Minus times minus is plus: the line is above 0 there."), Slip(-0.5, "Minus times minus is plus, and a ReLU is never below 0."), Slip(1.5, "You forgot to add b.")),
            hint="The formula begins with =MAX(0, ...", why="The line is positive, so max(0, ...) keeps it.",
        ),
        Exercise(
            "On One, set m to -2 and b to 3. At which x is the corner?", lesson.corner, 0.001, turned,
            slips=(Slip(-lesson.crossing, "m is negative, too: -b/m has two minus signs."), Slip(lesson.m / lesson.b, "You turned it round: b stands above, m below."), Slip(-lesson.m / lesson.b, "You turned it round: b stands above, m below."), Slip(3.0, "That is b, the height of the line at x = 0."), Slip(lesson.crossing, AS_IT_CAME, {})),
            hint="The corner is where the line crosses 0. Its cell on One is called -b/m.", why="There the line is 0: left of it positive, right of it negative.",
        ),
        Exercise(
            "With m = -2 and b = 3 again: what is the ReLU at x = -1.25?", lesson.relu_at, 0.001, turned | there,
            slips=(Slip(0.5, "-2 times -1.25 is above 0."), Slip(0.0, "Is the line really below 0 there?"), Slip(lesson.m * lesson.at, "You forgot to add b."), Slip(lesson.relu_at, AS_IT_CAME, there)),
            hint="Type all three numbers on One, or work out m*x + b.", why="m is negative, so the ReLU is on at the left side.",
        ),
        choice(
            "A ReLU with m = -1 and b = 0. Where is it 0? 1: left of x = 0. 2: right of x = 0. 3: nowhere.", 2,
            {1: "Try x = -2: what is -1 times -2?", 3: "Try x = 2: what is the line there?"},
            hint="Try one x on each side: -2 and 2.", why="With a negative m the line falls, so its right side is cut off.",
        ),
        Exercise(
            "You want a ReLU with the slope 0.5 and its corner at x = 4. Write a formula for its b.", -2.0,
            slips=(Slip(2.0, "At the corner m*x + b is 0. Put your b in: is it 0?"), Slip(-8.0, "b is not the corner divided by m. At the corner m*x + b is 0."), Slip(-4.0, "That works for the slope 1 only."), Slip(8.0, "At the corner m*x + b is 0: put the numbers in.")),
            hint="At the corner 0.5*x + b is 0, and x is 4 there.", why="m*x and b cancel at the corner: it is at -b/m.",
        ),
    ]  # fmt: skip


def _of_two(lesson: Lines) -> list[Exercise]:
    slopes, both = lesson.relu_slopes, dict(zip(lesson.numbers, (2.0, 4.0, -3.0, -3.0), strict=True))
    return [
        Exercise(
            "Write a formula for the sum, at x = 3, of two ReLUs: one with m = 2 and b = -1, one with m = -1 and b = 1.", 5.0,
            slips=(Slip(3.0, "Take the ReLU of each line first, then add. One of the lines is negative."), Slip(7.0, "A ReLU does not turn a minus into a plus: the second one gives 0."), Slip(6.0, "You forgot the b of the first line."), Slip(0.0, "The first line is positive: its ReLU stays.")),
            hint="Two times MAX, with a plus between them.", why="The second line is negative at this x: its ReLU is off and adds nothing.",
        ),
        Exercise(
            "Write a formula for the slope of the line that you get when you add the lines 2.4*x + 3 and -0.7*x + 1.", 1.7,
            slips=(Slip(3.1, "The second slope is negative: it takes something away."), Slip(4.0, "That is the new b. The slopes stand before x."), Slip(0.85, "That is the mean. The lines are added."), Slip(-1.68, "You multiplied. The lines are added.")),
            hint="Which numbers stand before x? Put them together.", why="(2.4 - 0.7)*x + 4: one slope everywhere, so it is a line.",
        ),
        Exercise(
            "On Two, set m and b of line 1 to 2 and 4, of line 2 to -3 and -3. What is the slope of the sum of the ReLUs between the two corners?", row(slopes, 2), 0.001, both,
            slips=(Slip(row(slopes, 1), "That is left of both corners."), Slip(row(slopes, 3), "That is right of both corners."), Slip(row(slopes, 2), AS_IT_CAME, {}), Slip(5.0, "One of the two slopes is negative: it takes something away.")),
            hint="The small table on Two has three rows: left, between, right.", why="Between the corners both are on here, so their slopes are added.",
        ),
        choice(
            "How many different slopes, over all x, can the sum of five ReLUs of one x have at most? Type their number.", 6,
            {5: "That is how many corners there are. Cut a cake with so many cuts: how many pieces?", 2: "So many has one ReLU alone.", 10: "Each ReLU has two, but the sum does not count them all again.", 32: "On or off for each ReLU: but along a line each of them changes only once."},
            hint="Count on Two: how many slopes with two corners? Each further ReLU brings one corner more.", why="Five corners cut the x axis into six parts, and each part has a slope of its own.",
        ),
        choice(
            "A net has two layers and no ReLU between them. What can it draw over x? 1: a line. 2: a line with one corner. 3: any curve.", 1,
            {2: "Where should a corner come from? Put one line into another one.", 3: "Put one line into another one and multiply out. What is left?"},
            hint="Put 3*x + 1 in place of x into 2*x - 4.", why="A line in a line is a line. What bends is the ReLU between them: it is called an activation function.",
        ),
    ]  # fmt: skip


def _of_many(lesson: Lines) -> list[Exercise]:
    third = {lesson.coefs_8: np.array([[*BY_HAND[:2], 1.9, *BY_HAND[3:]]])}
    five, missing, largest = {lesson.pieces: 5.0}, lesson.missing.T, lesson.largest_of
    mse, mse_many = lesson.book.block("errors.mse").node, lesson.book.block("many.mse").node
    return [
        Exercise(
            "On Eight, with the sheet and the curve as they came, set coefficient 3 to 1.9. What is then still missing under piece 4?", row(missing, 4), 0.002, third,
            slips=(Slip(row(missing, 4), "That was before: set coefficient 3 to 1.9 first.", {}), Slip(row(missing, 3), "That stands under piece 3."), Slip(row(missing, 5), "That stands under piece 5."), Slip(row(lesson.book.block("eight.wanted").node.T, 4), "That is the height of the curve. How much of it is missing?")),
            hint="Go down in the column of piece 4 to the last row.", why="So much must coefficient 4 add, 1 to the right of its knot.",
        ),
        Exercise(
            "A curve is 1.2 at x = 2 and 0.3 at x = 2.5. Write a formula for the slope of the straight piece between them.", -1.8,
            slips=(Slip(1.8, "From left to right the curve falls: is a falling slope positive?"), Slip(-0.9, "That is the change of y. Divide it by the change of x."), Slip(-0.45, "You multiplied by the change of x. Divide by it."), Slip(-0.5 / 0.9, "You turned it round: the change of y stands above.")),
            hint="The change of y, divided by the change of x. Right minus left, both times.", why="In half a unit it falls by 0.9, so in a whole unit by twice as much.",
        ),
        Exercise(
            "One done for you: left of a knot the slope is 0.5, right of it 2. The coefficient of the piece that begins there is 2 - 0.5 = 1.5. Your turn: 0.8 on the left, -1.7 on the right. Write a formula.", -2.5,
            slips=(Slip(2.5, "Right minus left, not left minus right."), Slip(-0.9, "You added the two. The coefficient is a change: take one from the other."), Slip(-1.7, "That is the new slope. By how much did it change?")),
            hint="Slope on the right minus slope on the left.", why="A piece changes the slope by its coefficient. A negative one bends the sum down.",
        ),
        Exercise(
            "On Many, with the curve as it came, set the number of pieces to 5. What is the largest error?", lesson.largest, 0.001, five,
            slips=(Slip(lesson.largest, AS_IT_CAME, {}), Slip(mse_many, "That is the mean squared error."), Slip(lesson.largest, "That is with 4 pieces.", {lesson.pieces: 4.0}), Slip(lesson.book.block("many.width").node, "That is the width of a piece.")),
            hint="Set pieces to 5. The number stands beside the yellow cells.", why="It is the place where sum and curve are farthest apart.",
        ),
        Exercise(
            "On Errors, with the curve as it came: write a formula that divides the largest error of 8 pieces by that of 32. Type the two numbers, no links.", largest[3] / largest[5], 0.01,
            slips=(Slip(largest[5] / largest[3], "You turned it round: the larger error stands above."), Slip(largest[3] / largest[4], "That is from 8 to 16 pieces: one doubling only."), Slip(row(mse, 4) / row(mse, 6), "That is of the mean squared error."), Slip(largest[4] / largest[5], "That is from 16 to 32 pieces.")),
            hint="Find the rows of 8 and of 32 pieces in the column Largest error.", why="Two doublings: the error is divided twice by about the same.",
        ),
        Exercise(
            "Once pieces are narrow, twice as many divide the largest error by 2^2, and k times as many by k^2, for any k. 30 pieces follow some curve to 0.04. About how many bring that down to 0.0004?", 300.0, 15.0,
            slips=(Slip(3000.0, "A hundred times less error does not need a hundred times the pieces: k^2 is 100, so what is k?"), Slip(10.0, "That is k. How many pieces are k times 30?"), Slip(60.0, "That is one doubling: it divides the error by 4 only.")),
            hint="By how much must 0.04 be divided? That is k^2.", why="To be ten times closer takes only about three times the pieces: so a net comes close quickly.",
        ),
        choice(
            "Why does a piece that begins at x = 2 not spoil what was fitted for x < 2? 1: its coefficient is small. 2: it is 0 there. 3: the later pieces make up for it.", 2,
            {1: "Its coefficient may be as large as you like. What is max(0, x - 2) at x = 1?", 3: "Later pieces begin even more to the right."},
            hint="Work out max(0, x - 2) for x = 1.", why="Left of its knot a piece is off. So you can work from left to right.",
        ),
        choice(
            "Which sentence says the whole idea of this lesson? 1: with enough parameters a line fits any curve. 2: ReLUs, each times a coefficient, added up, can come as close to a curve as you ask. 3: one ReLU with the right m and b can follow any curve.", 2,
            {1: "However many lines you add: what do you get?", 3: "How many corners has one ReLU?"},
            hint="Which of the sheets showed a curve that was followed closely?", why="Each ReLU brings one bend. With many bends any curve can be followed; finding the numbers is the work of descent.",
        ),
    ]  # fmt: skip


def predictions(lesson: Lines) -> list[Prediction]:
    """What a learner guesses before looking."""
    return [
        _corner(lesson),
        _pieces_of_a_sum(lesson),
        _roof(lesson),
        _left_alone(lesson),
        _doubled(lesson),
        _five(lesson),
    ]


def _corner(lesson: Lines) -> Prediction:
    here, moved = (_with(lesson.crossing, {lesson.m: 1.0, lesson.b: b}) for b in (2.0, 3.0))
    goes = where(_above(moved, here), 2.0, where(_above(here, moved), 1.0, 3.0))
    return Prediction(
        "A ReLU with m = 1 and b = 2. Now b is raised from 2 to 3. Where does its corner go?",
        ("to the left", "to the right", "it stays, the ReLU only gets higher"), goes, here, moved,
        "The x of the corner", "A higher line crosses 0 earlier. The corner is at -b/m: with a positive m, a larger b moves it to the left.", "one.corner",
    )  # fmt: skip


def _pieces_of_a_sum(lesson: Lines) -> Prediction:
    lines, relus = (_n_pieces(lesson.book.block(f"two.{id}").node) for id in ("lines", "relus"))
    return Prediction(
        "Two lines are added: the sum is one straight line. Now two ReLUs are added, with their corners at different x. Of how many straight pieces is their sum?",
        ("one", "two", "three", "four"), relus, lines, relus,
        "Straight pieces of the sum: of two lines, of two ReLUs", "Each ReLU brings its corner into the sum, and two corners cut it into three. Lines have no corner to bring.", "two.relus",
    )  # fmt: skip


def _roof(lesson: Lines) -> Prediction:
    """From left to right: by how much the slope of a sum of two ReLUs changes, at worst, for many m."""
    slopes, (m_1, _, m_2, _) = lesson.relu_slopes, lesson.numbers
    change = row(slopes, 3) - row(slopes, 1)
    tried = [_with(change, {m_1: a, m_2: b}) for a, b in product((-3.0, -1.0, 1.0, 3.0), repeat=2)]
    falls = _above(lift(-TINY), apply("min", vstack(tried)))
    return Prediction(
        "Two ReLUs are added, nothing else. You may choose each m and b. Can the sum be a roof: first up, then down?",
        ("yes, with the right numbers", "no, never"), where(falls, 1.0, 2.0), row(slopes, 1), row(slopes, 3),
        "The slope left and right of both corners, as the sheet Two came", "At each corner the slope of the sum can only grow. A roof needs a slope that falls: multiply a ReLU by a negative number.", "two.slope_relus",
    )  # fmt: skip


def _left_alone(lesson: Lines) -> Prediction:
    total, x = lesson.book.block("eight.sum").node, lesson.book.block("eight.x").node
    moved = _with(total, {lesson.coefs_8: (BY_HAND[0], 0.5, *BY_HAND[2:])})
    changed = _above(apply("abs", moved - total), lift(TINY))
    right = _above(x, lift(FIRST + 1.0))  # of the knot of piece 2
    on_left, on_right = (apply("max", changed * side) for side in (1.0 - right, right))
    happens = where(on_left, where(on_right, 2.0, 3.0), 1.0)
    return Prediction(
        f"On Eight, the sum has eight pieces. Piece 2 begins at x = -3. Its coefficient is changed from {BY_HAND[1]} to 0.5. Where does the sum change?",
        ("only right of x = -3", "everywhere", "only left of x = -3"), happens, row(total, 3), row(moved, 3),
        "The sum at x = -3.5", "Left of its knot a piece is 0, whatever its coefficient. Right of it, everything moves. So one fits from left to right.", "eight.coefs",
    )  # fmt: skip


def _doubled(lesson: Lines) -> Prediction:
    eight, sixteen = lesson.largest_of[3:5]
    off = [apply("abs", eight / sixteen - by) for by in (2.0, 4.0, 8.0)]
    nearest = where(_above(off[0], off[1]), where(_above(off[1], off[2]), 3.0, 2.0), 1.0)
    return Prediction(
        "8 pieces follow the curve. Then 16 do. What happens to the largest error?",
        ("it is halved", "it is divided by about 4", "it is divided by about 8"), nearest, eight, sixteen,
        "The largest error with 8 and with 16 pieces", "Half as wide, a piece also bends half as far away from the curve: half of a half. That is why a net need not be huge to come close.", "errors.largest",
    )  # fmt: skip


def _five(lesson: Lines) -> Prediction:
    three, five = (_with(lesson.largest, {lesson.pieces: n}) for n in (3.0, 5.0))
    return Prediction(
        "3 pieces follow the curve. Then 5 do, and all knots move. What happens to the largest error?",
        ("it becomes larger", "it becomes smaller"), where(_above(five, three), 1.0, 2.0), three, five,
        "The largest error with 3 and with 5 pieces", "More pieces help in the end, but not at each step: the new knots happen to stand at worse places. With twice the pieces, old knots stay.", "many.pieces",
    )  # fmt: skip


def _n_pieces(y: Node) -> Node:
    """Of how many straight pieces a curve is, (n, 1) at even steps of x -> (1, 1), if its corners lie on these x."""
    bends = np.diff(np.eye(y.shape[0]), 2, axis=0)
    bent = _above(square(constant(tuple(map(tuple, bends.tolist()))) @ y), lift(TINY))
    return apply("sum", bent) + 1.0


def _with(node: Node, changes: dict[Node, float | tuple[float, ...]]) -> Node:
    """The same with other inputs: a number, or the numbers of a row."""
    new = {one: constant((value,)) if isinstance(value, tuple) else lift(value) for one, value in changes.items()}
    return substitute([node], new)[0]


def _above(one: Node, other: Node) -> Node:
    return apply("greater", one, other)
