"""Lesson 2's exercises, with what is said of each likely mistake, and what is guessed before it is seen."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np

from sheetnet.course.drawing import own, plus
from sheetnet.course.relu.lines import Lines
from sheetnet.course.relu.pieces import FIRST
from sheetnet.graph.node import Node, apply, constant, lift, row, square, vstack, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.exercises import AS_IT_CAME, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above

TINY = 1e-9  # beneath it, a slope has not changed


def questions(lesson: Lines) -> list[Exercise]:
    """At least two likely mistakes for most, a hint, and a reason."""
    return _of_one(lesson) + _of_two(lesson) + _of_many(lesson)


def _of_one(lesson: Lines) -> list[Exercise]:
    draw = partial(own, lesson.seed)
    m_0, b_0, x_0 = lesson.one_line
    m, b, x = draw(
        "alone", (-0.5, 1, 3), ((-0.5, -1.5, -2, -2.5), (1, 2, 3, 4), (3, 4, 5, 7)), lambda m, b, x: m * x < -b
    )
    m_1, b_1, x_1 = draw(
        "turned", (-2, 3, -1.25), ((-2, -2.5, -4, -5), (1, 3, 5, 6), (-0.75, -1.25, -1.5, -2.5)), _both_signs
    )
    slope, corner = draw("its corner", (0.5, 4), ((0.25, 0.5, 1.5, 2, 2.5), (2, 3, 4, 5, 6)))
    turned = {lesson.m: m_1, lesson.b: b_1}
    there = {lesson.at: x_1}
    return [
        Exercise(
            "One done for you: m = 2, b = -1, x = 3. The line is 2*3 - 1 = 5. That is positive, so the ReLU is 5. Your turn: x = 0, the same m and b. The line is -1. What is the ReLU?", 0.0,
            slips=(Slip(-1.0, "That is the line. What does a ReLU make of a negative number?"), Slip(1.0, "A ReLU does not turn a minus into a plus. It cuts off."), Slip(2.0, "That is m, the slope of the line.")),
            hint="max(0, ...) gives the larger of the two numbers.", why="The larger of 0 and a negative number is 0: the ReLU is off.",
        ),
        Exercise(
            f"On One, as the workbook came (m = {m_0:g}, b = {b_0:g}): what is the ReLU at x = {x_0:g}?", lesson.relu_at,
            slips=(Slip(m_0 * x_0, "That is one part only: add b to m*x."), Slip(0.0, "Is the line below 0 there? Only then is the ReLU 0."), Slip(lesson.crossing, "That is the x of the corner.")),
            hint="Work out m*x + b first. Is it positive?", why="The line is positive there, so the ReLU is the line.",
        ),
        Exercise(
            f"Now all by yourself: m = {m:g}, b = {b:g}, x = {x:g}. Write a formula for the ReLU, max(0, m*x + b).", 0.0,
            slips=(Slip(m * x + b, "That is the line. Where is the MAX of the formula?"), Slip(-m * x - b, "A ReLU does not turn a minus into a plus. It cuts off."), Slip(b - m * x, "m is below 0: m*x takes something away from b."), Slip(m * x, "That is m*x only, and the MAX is missing."), Slip(b, "That is b, the height of the line at x = 0. Put the x of the question in.")),
            hint="The formula begins with =MAX(0, ...", why="The line is below 0 at this x, so the ReLU is off.",
        ),
        Exercise(
            f"On One, set m to {m_1:g} and b to {b_1:g}. At which x is the corner?", lesson.corner, 0.001, turned,
            slips=(Slip(-lesson.crossing, "m is negative, too: -b/m has two minus signs."), Slip(lesson.m / lesson.b, "You turned it round: b stands above, m below."), Slip(-lesson.m / lesson.b, "You turned it round: b stands above, m below."), Slip(b_1, "That is b, the height of the line at x = 0."), Slip(lesson.crossing, AS_IT_CAME, {})),
            hint="The corner is where the line crosses 0. Its cell on One is called -b/m.", why="There the line is 0: left of it positive, right of it negative.",
        ),
        Exercise(
            f"With m = {m_1:g} and b = {b_1:g} again: what is the ReLU at x = {x_1:g}?", lesson.relu_at, 0.001, turned | there,
            slips=(Slip(b_1 - m_1 * x_1, f"{m_1:g} times {x_1:g} is above 0."), Slip(0.0, "Is the line really below 0 there?"), Slip(lesson.m * lesson.at, "You forgot to add b."), Slip(lesson.relu_at, AS_IT_CAME, there)),
            hint="Type all three numbers on One, or work out m*x + b.", why="m is negative, so the ReLU is on at the left side.",
        ),
        choice(
            "A ReLU with m = -1 and b = 0. Where is it 0? 1: left of x = 0. 2: right of x = 0. 3: nowhere.", 2,
            {1: "Try x = -2: what is -1 times -2?", 3: "Try x = 2: what is the line there?"},
            hint="Try one x on each side: -2 and 2.", why="With a negative m the line falls, so its right side is cut off.",
        ),
        Exercise(
            f"You want a ReLU with the slope {slope:g} and its corner at x = {corner:g}. Write a formula for its b.", -slope * corner,
            slips=(Slip(slope * corner, "At the corner m*x + b is 0. Put your b in: is it 0?"), Slip(-corner / slope, "b is not the corner divided by m. At the corner m*x + b is 0."), Slip(-corner, "That works for the slope 1 only."), Slip(corner / slope, "At the corner m*x + b is 0: put the numbers in."), Slip(corner, "That is the x of the corner. Which b makes m*x + b 0 there?")),
            hint=f"At the corner {slope:g}*x + b is 0, and x is {corner:g} there.", why="m*x and b cancel at the corner: it is at -b/m.",
        ),
    ]  # fmt: skip


def _of_two(lesson: Lines) -> list[Exercise]:
    draw, slopes = partial(own, lesson.seed), lesson.relu_slopes
    m_1, at_1, m_2, at_2 = draw(
        "between", (2, -2, -3, -1), ((2, 3, 4), (-3, -2.5, -2), (-1, -3, -5), (-1, 1, 2)),
        lambda m_1, at_1, m_2, at_2: m_1 + m_2 != 0,
    )  # fmt: skip
    b_1, b_2 = -m_1 * at_1, -m_2 * at_2
    both = dict(zip(lesson.numbers, (m_1, b_1, m_2, b_2), strict=True))
    x, on, on_b, off, off_b = draw(
        "one is off", (3, 2, -1, -1, 1), ((2, 3, 4, 5), (1, 1.5, 2, 3), (-1, -2), (-1, -1.5, -2), (1, 2)),
        lambda x, on, on_b, off, off_b: on * x + on_b > 0 > off * x + off_b,
    )  # fmt: skip
    kept, lost = on * x + on_b, off * x + off_b
    rises, up, falls, above = draw("lines", (2.4, 3, -0.7, 1), ((1.8, 2.4, 3.2), (2, 3, 5), (-0.3, -0.7, -1.1), (1, 4)))
    return [
        Exercise(
            f"Write a formula for the sum, at x = {x:g}, of two ReLUs: one with m = {on:g} and b = {on_b:g}, one with m = {off:g} and b = {off_b:g}.", kept,
            slips=(Slip(kept + lost, "Take the ReLU of each line first, then add. One of the lines is negative."), Slip(kept - lost, "A ReLU does not turn a minus into a plus: the second one gives 0."), Slip(on * x, "You forgot the b of the first line."), Slip(0.0, "The first line is positive: its ReLU stays.")),
            hint="Two times MAX, with a plus between them.", why="The second line is negative at this x: its ReLU is off and adds nothing.",
        ),
        Exercise(
            f"Write a formula for the slope of the line that you get when you add the lines {rises:g}*x + {up:g} and {falls:g}*x + {above:g}.", rises + falls,
            slips=(Slip(rises - falls, "The second slope is negative: it takes something away."), Slip(up + above, "That is the new b. The slopes stand before x."), Slip((rises + falls) / 2, "That is the mean. The lines are added."), Slip(rises * falls, "You multiplied. The lines are added.")),
            hint="Which numbers stand before x? Put them together.", why=f"({rises:g} {plus(falls)})*x + {up + above:g}: one slope everywhere, so it is a line.",
        ),
        Exercise(
            f"On Two, set m and b of line 1 to {m_1:g} and {b_1:g}, of line 2 to {m_2:g} and {b_2:g}. What is the slope of the sum of the ReLUs between the two corners?", row(slopes, 2), 0.001, both,
            slips=(Slip(row(slopes, 1), "That is left of both corners."), Slip(row(slopes, 3), "That is right of both corners."), Slip(row(slopes, 2), AS_IT_CAME, {}), Slip(m_1 - m_2, "One of the two slopes is negative: it takes something away."), Slip(0.0, "Between the corners the ReLUs are on. Read the row between them.")),
            hint="The small table on Two has three rows: left, between, right.", why="Between the corners both are on here, so their slopes are added.",
        ),
        choice(
            "How many different slopes, over all x, can the sum of five ReLUs of one x have at most? Type their number.", 6,
            {5: "That is how many corners there are. Cut a ribbon at so many places: how many parts?", 3: "So many has the sum of two ReLUs. Each further ReLU brings one corner more.", 2: "So many has one ReLU alone.", 10: "Each ReLU has two, but the sum does not count them all again.", 32: "On or off for each ReLU: but along a line each of them changes only once."},
            hint="Count on Two: how many slopes with two corners? Each further ReLU brings one corner more.", why="Five corners cut the x axis into six parts, and each part has a slope of its own.",
        ),
        choice(
            "A net has two layers and no ReLU between them. What can it draw over x? 1: a line. 2: a line with one corner. 3: any curve.", 1,
            {2: "Where should a corner come from? Put one line into another one.", 3: "Put one line into another one and multiply out. What is left?"},
            hint="Put 3*x + 1 in place of x into 2*x - 4.", why="A line in a line is a line. What bends is the ReLU between them: it is called an activation function.",
        ),
    ]  # fmt: skip


def _of_many(lesson: Lines) -> list[Exercise]:
    draw, by_hand, third = partial(own, lesson.seed), lesson.by_hand[1], np.floor(10 * lesson.third) / 10
    set_third = {lesson.coefs_8: np.array([[*by_hand[:2], third, *by_hand[3:]]])}
    x, y, then = draw("a piece", (2, 1.2, 0.3), ((1, 2, 3), (1.2, 1.4, 1.6, 2.1), (0.3, 0.5, 0.7)))
    left, right = draw("a knot", (0.8, -1.7), ((0.6, 0.8, 1.1, 1.4), (-1.2, -1.7, -2.3)))
    (n,) = draw("pieces", (30,), ((30, 40, 50, 60, 70),))
    five, missing, largest = {lesson.pieces: 5.0}, lesson.missing.T, lesson.largest_of
    mse, mse_many = lesson.book.block("errors.mse").node, lesson.book.block("many.mse").node
    return [
        Exercise(
            f"On Eight, with the sheet and the curve as they came, set coefficient 3 to {third:g}. What is then still missing under piece 4?", row(missing, 4), 0.002, set_third,
            slips=(Slip(row(missing, 4), f"That was before: set coefficient 3 to {third:g} first.", {}), Slip(row(missing, 3), "That stands under piece 3."), Slip(row(missing, 5), "That stands under piece 5."), Slip(row(lesson.book.block("eight.wanted").node.T, 4), "That is the height of the curve. How much of it is missing?"), Slip(row(missing, 4) - float(third), "You took the change off once. But the piece has gone on growing up to there: let the sheet work it out.", {}), Slip(lesson.by_hand[0], "That is what the sum begins at.")),
            hint="Go down in the column of piece 4 to the last row.", why="So much must coefficient 4 add, 1 to the right of its knot.",
        ),
        Exercise(
            f"A curve is {y:g} at x = {x:g} and {then:g} at x = {x + 0.5:g}. Write a formula for the slope of the straight piece between them.", 2 * (then - y),
            slips=(Slip(2 * (y - then), "From left to right the curve falls: is a falling slope positive?"), Slip(then - y, "That is the change of y. Divide it by the change of x."), Slip((then - y) / 2, "You multiplied by the change of x. Divide by it."), Slip(0.5 / (then - y), "You turned it round: the change of y stands above.")),
            hint="The change of y, divided by the change of x. Right minus left, both times.", why=f"In half a unit it falls by {y - then:g}, so in a whole unit by twice as much.",
        ),
        Exercise(
            f"One done for you: left of a knot the slope is 0.5, right of it 2. The coefficient of the piece that begins there is 2 - 0.5 = 1.5. Your turn: {left:g} on the left, {right:g} on the right. Write a formula.", right - left,
            slips=(Slip(left - right, "Right minus left, not left minus right."), Slip(left + right, "The change: the slope on the right, with its minus, minus the slope on the left."), Slip(right, "That is the new slope. By how much did it change?")),
            hint="Slope on the right minus slope on the left.", why="A piece changes the slope by its coefficient. A negative one bends the sum down.",
        ),
        Exercise(
            "On Many, with the curve as it came, set the number of pieces to 5. What is the largest error?", lesson.largest, 0.001, five,
            slips=(Slip(lesson.largest, AS_IT_CAME, {}), Slip(mse_many, "That is the mean squared error."), Slip(lesson.largest, "That is with 4 pieces.", {lesson.pieces: 4.0}), Slip(lesson.book.block("many.width").node, "That is the width of a piece.")),
            hint="Set pieces to 5. The number stands beside the yellow cells.", why="It is the place where sum and curve are farthest apart.",
        ),
        Exercise(
            "On Errors, with the curve as it came: write a formula that divides the largest error of 8 pieces by that of 32. Type the two numbers, no links.", largest[3] / largest[5], 0.01,
            slips=(Slip(largest[5] / largest[3], "You turned it round: the larger error stands above."), Slip(largest[3] / largest[4], "That is from 8 to 16 pieces: one doubling only."), Slip(row(mse, 4) / row(mse, 6), "That is of the mean squared error."), Slip(largest[4] / largest[5], "That is from 16 to 32 pieces."), Slip(largest[2] / largest[3], "That is from 4 to 8 pieces.")),
            hint="Find the rows of 8 and of 32 pieces in the column Largest error.", why="Two doublings: the error is divided twice by about the same.",
        ),
        Exercise(
            f"Once pieces are narrow, twice as many divide the largest error by 2^2, and k times as many by k^2, for any k. {n:g} pieces follow some curve to 0.04. About how many bring that down to 0.0004?", 10 * n, n / 10,
            slips=(Slip(100 * n, "A hundred times less error does not need a hundred times the pieces: k^2 is 100, so what is k?"), Slip(10.0, f"That is k. How many pieces are k times {n:g}?"), Slip(100.0, "By so much the error is divided. That is k^2: what is k?"), Slip(4 * n, "So many divide the error by 4^2 only."), Slip(2 * n, "That is one doubling: it divides the error by 4 only.")),
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


def _both_signs(m: float, b: float, x: float) -> bool:
    """Whether a forgotten minus would show in m*x + b: the line would be below 0, and its corner is not at b."""
    return m * x > b and abs(m) != 1


def _corner(lesson: Lines) -> Prediction:
    here, moved = (_with(lesson.crossing, {lesson.m: 1.0, lesson.b: b}) for b in (2.0, 3.0))
    goes = where(is_above(moved, here), 2.0, where(is_above(here, moved), 1.0, 3.0))
    return Prediction(
        "A ReLU is the line m*x + b, but 0 where the line is below 0. It has a corner where the line crosses 0. m is 1 and b is 2. Now b is raised from 2 to 3. Where does the corner go?",
        ("to the left", "to the right", "it stays, the ReLU only gets higher"), goes, here, moved,
        "The x of the corner, before and after", "Now the line is higher everywhere, so it crosses 0 farther to the left. The corner is at -b/m: with a positive m, a larger b moves it to the left.", "one.corner",
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
    least, most = (apply(end, vstack(tried)) for end in ("min", "max"))
    falls = is_above(lift(-TINY), least)
    return Prediction(
        "Two ReLUs are added, nothing else. You may choose each m and b. Can the sum be a roof: first up, then down?",
        ("yes, with the right numbers", "no, never"), where(falls, 1.0, 2.0), least, most,
        f"By how much the slope grows from left to right, for {len(tried)} pairs of m: at least, and at most", "A roof needs a slope that falls: a number below 0. But each corner only adds to the slope. Multiply a ReLU by a negative number, and it falls.", "two.slope_relus",
    )  # fmt: skip


def _left_alone(lesson: Lines) -> Prediction:
    total, x = lesson.book.block("eight.sum").node, lesson.book.block("eight.x").node
    by_hand = lesson.by_hand[1]
    moved = _with(total, {lesson.coefs_8: (by_hand[0], 0.5, *by_hand[2:])})
    changed = is_above(apply("abs", moved - total), lift(TINY))
    right = is_above(x, lift(FIRST + 1.0))  # of the knot of piece 2
    on_left, on_right = (apply("max", changed * side) for side in (1.0 - right, right))
    happens = where(on_left, where(on_right, 2.0, 3.0), 1.0)
    return Prediction(
        f"On Eight, the sum has eight pieces. Piece 2 begins at x = -3. Its coefficient is changed from {by_hand[1]} to 0.5. Where does the sum change?",
        ("only right of x = -3", "everywhere", "only left of x = -3"), happens, row(moved - total, 3), row(moved - total, 9),
        "By how much the sum changes: at x = -3.5 and at x = -2", "Left of its knot a piece is 0, whatever its coefficient. Right of it, everything moves. So one fits from left to right.", "eight.coefs",
    )  # fmt: skip


def _doubled(lesson: Lines) -> Prediction:
    eight, sixteen = lesson.largest_of[3:5]
    off = [apply("abs", eight / sixteen - by) for by in (2.0, 4.0, 8.0)]
    nearest = where(is_above(off[0], off[1]), where(is_above(off[1], off[2]), 3.0, 2.0), 1.0)
    return Prediction(
        "8 pieces follow the curve. Then 16 do. What happens to the largest error?",
        ("it is halved", "it is divided by about 4", "it is divided by about 8"), nearest, eight, eight / sixteen,
        "The largest error with 8 pieces, and what 16 pieces divide it by", "A piece of half the width has a slope that fits twice as well, and it runs away from the curve over half the way: half of a half. So a net need not be huge to come close.", "errors.largest",
    )  # fmt: skip


def _five(lesson: Lines) -> Prediction:
    three, five = (_with(lesson.largest, {lesson.pieces: n}) for n in (3.0, 5.0))
    return Prediction(
        "3 pieces follow the curve. Then 5 do, and all knots move. What happens to the largest error?",
        ("it becomes larger", "it becomes smaller"), where(is_above(five, three), 1.0, 2.0), three, five,
        "The largest error with 3 and with 5 pieces", "All knots move, and between two of the new ones the curve is farther from the sum: see the chart on Many. With twice the pieces the old knots stay, and the error gets smaller.", "many.pieces",
    )  # fmt: skip


def _n_pieces(y: Node) -> Node:
    """Of how many straight pieces a curve is, (n, 1) at even steps of x -> (1, 1), if its corners lie on these x."""
    bends = np.diff(np.eye(y.shape[0]), 2, axis=0)
    bent = is_above(square(constant(tuple(map(tuple, bends.tolist()))) @ y), lift(TINY))
    return apply("sum", bent) + 1.0


def _with(node: Node, changes: dict[Node, float | tuple[float, ...]]) -> Node:
    """The same with other inputs: a number, or the numbers of a row."""
    new = {one: constant((value,)) if isinstance(value, tuple) else lift(value) for one, value in changes.items()}
    return substitute([node], new)[0]
