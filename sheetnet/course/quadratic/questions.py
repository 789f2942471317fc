"""What lesson 1 asks: before a thing is seen, and at its end, with what is said of each likely mistake."""

from __future__ import annotations

from sheetnet.course.quadratic.lesson import EPOCHS, LETTERS, LR, Quadratic
from sheetnet.graph.node import apply, lift, row, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.exercises import Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above

ABSOLUTE, SQUARED = "That is of the mean absolute error.", "That is of the mean squared error: take sizes, not squares."
ITSELF = "That is the error itself. Which x is in its row?"
SUM, ROOT = "You added, and did not divide by how many there are.", "That is its square root."


def questions(lesson: Quadratic) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""
    a, b, c = lesson.now
    worst = apply("equal", lesson.size, apply("max", lesson.size))
    early = where(apply("greater", lesson.descent["loss"], lift(5.0)), 1.0, 0.0)
    first_below, faster = apply("sum", early), {lesson.lr: 0.05}
    top = lesson.book.block("descent.loss").area.row + 1.0  # as the sheet counts: the row of epoch 0
    return [
        Exercise(
            "On Fit, what is the mean squared error as the workbook came (a = b = c = 1.1)?", lesson.mse,
            slips=(Slip(lesson.mae, ABSOLUTE), Slip(20.0 * lesson.mse, SUM), Slip(apply("sqrt", lesson.mse), ROOT)),
            hint="It stands on Fit beside a, b and c. Are they all 1.1?", why="Each error is squared, then the mean is taken.",
        ),
        Exercise(
            "On Fit, set a to 3, b to 2 and c to 1. What is the mean absolute error now?", lesson.mae, 0.001, {a: 3.0, b: 2.0, c: 1.0},
            slips=(Slip(lesson.mse, SQUARED), Slip(20.0 * lesson.mae, SUM), Slip(lesson.mae, "That was before: set a, b and c first.", {})),
            hint="Type the three numbers into the yellow cells, then read the second loss.", why="The size of each error, whatever its sign, and the mean of that.",
        ),
        Exercise(
            "As the workbook came: at which x is the absolute error largest?", apply("sum", lesson.x * worst),
            slips=(Slip(apply("max", lesson.size), ITSELF), Slip(apply("sum", lesson.error * worst), ITSELF), Slip(apply("sum", lesson.y * worst), "That is the y of this point. Which x is in its row?")),
            hint="Look down the column Absolute error for the largest; then go left in its row.", why="There the curve is farthest from its point.",
        ),
        Exercise(
            "Work out by a formula the prediction at x = 1.5 when a is 2, b is -1 and c is 3.", 6.0,
            slips=(Slip(4.5, "You forgot to square x: the first part is a x^2."), Slip(9.0, "b is below 0: b x takes something away."), Slip(3.0, "You forgot to add c."), Slip(10.5, "Only x is squared, not a x: first the power, then times a.")),
            hint="a x^2 + b x + c: put the numbers in place of the letters.", why="A prediction is the model's formula with numbers in it.",
        ),
        Exercise(
            "Four errors are 1.5, -2, 0.5 and 3. Write a formula for their mean absolute error.", 1.75,
            slips=(Slip(0.75, "You kept the minus sign: take the size of each error first."), Slip(7.0, SUM), Slip(3.875, SQUARED)),
            hint="Make each error positive, add them, divide by how many there are.", why="Without the signs, errors above and below cannot cancel.",
        ),
        Exercise(
            "Write a formula for the mean squared error of the same four errors.", 3.875,
            slips=(Slip(15.5, SUM), Slip(1.75, ABSOLUTE), Slip(3.0625, "You squared the mean of the sizes: square each error first."), Slip(0.5625, "You squared the mean: square each error first."), Slip(15.5**0.5 / 2, ROOT), Slip(1.875, "The square of -2 is above 0.")),
            hint="Square each error, add the squares, divide by how many there are.", why="The largest error counts most, because it is squared.",
        ),
        Exercise(
            "A slope by wiggling: the loss is 3.9 when a is 1.11 and 4.1 when a is 1.09. Write a formula for the slope in a: change of the loss / change of a.", -10.0,
            slips=(Slip(-20.0, "a changes by the whole way from 1.09 to 1.11."), Slip(-0.1, "You turned it round: the loss belongs above, a below."), Slip(-0.2, "That is the change of the loss. Divide it by the change of a.")),
            hint="The loss at 1.11 minus the loss at 1.09, divided by 1.11 - 1.09.", why="The loss falls as a rises, so the slope is below 0.",
        ),
        Exercise(
            "On Slopes, with a = b = c = 1.1: what is the slope of the mean squared error in b?", row(lesson.exact, 2),
            slips=(Slip(row(lesson.exact, 1), "That is the slope in a."), Slip(row(lesson.exact, 3), "That is the slope in c."), Slip(row(lesson.exact_absolute, 2), ABSOLUTE)),
            hint="The first table, the row of b.", why="Wiggled and exact agree in it.",
        ),
        Exercise(
            "One update: a number is 1.1, its slope is -8, the learning rate is 0.05. What is it after the step?", 1.5,
            slips=(Slip(0.7, "Against the slope: minus a number below 0 makes it larger."), Slip(9.1, "The slope times the rate is the step."), Slip(0.4, "That is the step. Add it to the number."), Slip(-0.4, "That is rate × slope. Take it off the old number."), Slip(-0.3, "Take rate × slope off the whole old number, and mind both minus signs."), Slip(-0.345, "Rate times slope first. Then take that off the old number.")),
            hint="new = old - rate × slope.", why="The slope was below 0, so the number had to grow.",
        ),
        Exercise(
            "With a = b = c = 1.1 on Fit, set the learning rate on Descent to 0.05. What is a in the row of epoch 1?", row(lesson.descent["a"], 2), 0.001, faster,
            slips=(Slip(row(lesson.descent["a"], 2), "That is with the rate 0.02.", {}), Slip(1.1, "That is epoch 0, before any step."), Slip(row(lesson.descent["a"], 3), "That is the row below: two steps.", faster), Slip(row(lesson.descent["b"], 2), "That is b."), Slip(row(lesson.descent["c"], 2), "That is c.")),
            hint="Epoch 1 is the second row of the table; its column a.", why="It is a - rate × slope, all of them from the row above.",
        ),
        Exercise(
            "Back at a learning rate of 0.02, all else as it came: which is the first epoch whose loss is below 5? Type the epoch, not its loss.", first_below, 0.25,
            slips=(Slip(first_below + 1.0, "That is one row too far, or you counted rows: epochs begin with 0."), Slip(first_below - 1.0, "In this row the loss is still above 5."), Slip(first_below, "That is with another rate: put 0.02 back.", faster), Slip(first_below + top, "That is the number of the row in the sheet. Read the column Epoch."), Slip(first_below + (top - 1.0), "That is the number of a row in the sheet. Read the column Epoch.")),
            hint="Go down the column Loss until it is below 5, and read the epoch beside it.", why="At a larger rate it is reached earlier, as long as nothing explodes.",
        ),
        choice(
            "On Descent, all else as it came: what does a learning rate of 0.25 do? 1: it is slow but arrives. 2: it is the fastest. 3: each step goes too far, and the loss grows without end.", 3,
            {1: "A slow descent has a small rate. Type it in and look.", 2: "Type it in and look at the last losses."},
            hint="Type 0.25 into the learning rate and go down the column Loss.", why="Each step jumps past the best a, b and c and lands where the loss is higher than before.",
        ),
        choice(
            "Why not simply take the mean of the errors as loss? 1: it takes too long. 2: errors above and below would cancel. 3: a mean is never negative.", 2,
            {1: "A mean is quick, with or without signs.", 3: "It can be: what is the mean of -2 and 1?"},
            hint="Think of two errors, one of them the other's opposite.", why="A bad curve could then have the loss 0.",
        ),
    ]  # fmt: skip


def predictions(lesson: Quadratic) -> list[Prediction]:
    """What a learner guesses before looking."""
    a, b, c = lesson.now
    loss = lesson.descent["loss"]
    first, last = row(loss, 1), row(loss, EPOCHS + 1)
    usual = substitute([last], {lesson.lr: lift(LR)})[0]
    raised = [substitute([lesson.mse], {one: one + 1.0})[0] for one in lesson.now]
    moved = [apply("abs", new - lesson.mse) for new in raised]
    second = where(is_above(moved[1], moved[2]), moved[1], moved[2])
    most = where(is_above(moved[0], second), 1.0, where(is_above(moved[1], moved[2]), 2.0, 3.0))
    by = [number.item() for number in lesson.as_it_came(*moved)]
    left, right = (4.0 * a + x * b + c for x in (-2.0, 2.0))
    left_rises, right_rises = (substitute([end], {a: lift(3.0)})[0] - end for end in (left, right))
    ends = where(is_above(left_rises, lift(0.0)) * is_above(right_rises, lift(0.0)), 1.0, 2.0)
    up = lesson.y + 10.0 * apply("equal", lesson.y, apply("max", lesson.y))
    squared, absolute = (substitute([one], {lesson.y: up})[0] / one for one in (lesson.mse, lesson.mae))
    alike = is_above(lift(0.001), apply("abs", squared - absolute))
    times = where(alike, 3.0, where(is_above(squared, absolute), 2.0, 1.0))
    return [
        Prediction(
            "The model is y = a x^2 + b x + c, where x^2 is x × x. The mean squared error says how far it is from the points: at each point take prediction - y, square it, then take the mean. a, b and c are all 1.1. One of them is raised by 1. Which of them moves the mean squared error most?",
            LETTERS, most, moved[0], second,
            "How far it moves: by a; by b or c, whichever is more", f"a moves it by {by[0]:.2f}, b by {by[1]:.2f}, c by {by[2]:.2f}. a is multiplied by x^2, which is large at both ends; b by x, c by 1.", "fit.mse",
        ),
        Prediction(
            "a is raised from 1.1 to 3. What do the two ends of the curve do, at x = -2 and at x = 2?",
            ("both go up", "one goes up, the other down"), ends, left_rises, right_rises,
            "How far each end goes up: at x = -2 and at x = 2", "x^2 is 4 at both ends, and never below 0: a bends the curve. It is b that tilts it.", "fit.a",
        ),
        Prediction(
            "The y of the highest point is raised by 10. There are two losses. The mean squared error is as above. For the mean absolute error the errors are not squared, only their minus signs go. Which of them becomes more times what it was?",
            ("the mean absolute error", "the mean squared error", "both alike"), times, absolute, squared,
            "How many times what it was: the mean absolute error, the mean squared error", "A large error, squared, outweighs all the others: one wild point can pull the whole curve.", "fit.mse",
        ),
        Prediction(
            "On the sheet Descent, a, b and c move by themselves. These 60 steps are meant to make the mean squared error small. How near to 0 does it come?",
            ("it reaches 0", "it falls, but stays above 0", "it does not fall"),
            where(is_above(last, first), 3.0, where(is_above(last, lift(0.001)), 2.0, 1.0)), first, last,
            "The mean squared error at the start and at the end", "The points are noisy: no parabola goes through all of them. What is left is the noise.", "descent.loss",
        ),
        Prediction(
            "The learning rate says how long the steps are. It is doubled, from 0.02 to 0.04. What is the mean squared error after 60 steps?",
            ("smaller than before", "larger than before"), where(is_above(last, usual), 2.0, 1.0), usual, last,
            "The mean squared error after 60 steps at 0.02, and at 0.04", "Longer steps in the right direction arrive sooner, as long as they do not jump past the best a, b and c.", "descent.lr", {lesson.lr: 2 * LR},
        ),
        Prediction(
            "And if the learning rate is raised to 0.25?",
            ("it arrives sooner still", "it swings, and arrives", "it grows without end"),
            where(is_above(last, first), 3.0, where(is_above(last, usual), 2.0, 1.0)), usual, last,
            "The mean squared error after 60 steps at 0.02, and at 0.25", "Each step jumps past the best a, b and c and lands where the loss is larger. The slope is steeper there, so the next jump is longer still.", "descent.lr", {lesson.lr: 0.25},
        ),
    ]  # fmt: skip
