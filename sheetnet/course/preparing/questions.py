"""Lesson 5's exercises, with what is said of each likely mistake, and what is guessed before it is seen."""

from __future__ import annotations

from functools import partial

import numpy as np

from sheetnet.course.drawing import own
from sheetnet.course.preparing.sheets import Sheets
from sheetnet.graph.node import Node, apply, constant, lift, row, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.exercises import AS_IT_CAME, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above

AS_ZERO = "You took a blank for 0. A blank is a number that nobody knows."
TINY = 1e-9  # beneath it, a loss has not changed


def questions(lesson: Sheets) -> list[Exercise]:
    """At least two likely mistakes for most, a hint, and a reason."""
    return _of_blanks(lesson) + _of_classes(lesson) + _of_columns(lesson) + _of_sizes(lesson)


def _of_blanks(lesson: Sheets) -> list[Exercise]:
    b, number = lesson.ages, lesson.ages.own
    blank, filled = (lesson.book.block(f"raw.{id}").node for id in ("blank", "filled"))
    known = lesson.book.block("missing.loss_known").node
    draw = partial(own, lesson.seed)
    ages = draw(
        "seven ages", (38, 22, 54, 35, 2), ((38, 41, 47), (18, 22, 25), (54, 58, 63), (31, 33, 35), (2, 4, 9)),
    )  # fmt: skip
    in_order = sorted(ages)
    young, middle = draw("four ages", (20, 30), ((12, 14, 16, 18, 20), (24, 26, 28, 30)))
    old = 3 * middle - young  # so that a blank taken for 0 gives the median again
    return [
        Exercise(
            "On Data, how many ages are blank?", b.blank_age, 0.25,
            slips=(Slip(row(filled, 3), "So many are filled in. How many are not?"), Slip(apply("sum", blank), "Those are the blanks of all columns together."), Slip(row(blank, 8), "That is the line of Embarked, the port.")),
            hint="The small table has a line for Age and a column for blanks.", why="Too many to overlook, and too many to throw away lightly.",
        ),
        Exercise(
            f"Seven ages: {ages[0]:g}, {ages[1]:g}, blank, {ages[2]:g}, blank, {ages[3]:g}, {ages[4]:g}. Write a formula for the median of those that are known.", in_order[2],
            slips=(Slip(sum(ages) / 5, "That is the mean. The median is the middle one, in order of size."), Slip(ages[2], "Put them in order of size first."), Slip(in_order[1], AS_ZERO), Slip((in_order[1] + in_order[2]) / 2, "Five numbers have one in the middle: no mean of two is needed.")),
            hint="Write down the known ones in order of size. Which one is in the middle?", why="As many are younger as are older. One very old passenger would not move it.",
        ),
        Exercise(
            f"Four ages: {young:g}, {middle:g}, {old:g} and a blank, which is filled with the median of the others. Write a formula for the mean of the four.", (young + 2 * middle + old) / 4,
            slips=(Slip((young + middle + old) / 3, "That is the mean of the known three, or the blank was filled with their mean."), Slip(middle, "That is the median itself, or a blank taken for 0. Fill it in, then take the mean of all four."), Slip((young + 2 * middle + old) / 3, "You divided by three: there are four passengers now.")),
            hint=f"The median of {young:g}, {middle:g} and {old:g} is the one in the middle. Put it in, add up, divide.", why="The mean moved towards the median: filling in changes the column.",
        ),
        Exercise(
            "On Missing, set your own number to 60. What is the loss over its rows when it fills the blanks (fifth way)?", b.losses["own"], 5e-5, {number: 60.0},
            slips=(Slip(b.losses["own"], AS_IT_CAME, {}), Slip(row(known, 5), "That is the loss where the age is known: the last column."), Slip(b.losses["flag"], "That is the sixth way, with the column Unknown."), Slip(b.losses["zero"], "That is the second way: a blank taken for 0.")),
            hint="Fifth line, the column Loss, its rows.", why="Too old for most of them: the fit is a little worse than with the number that came.",
        ),
        choice(
            "Dropped has its loss over fewer passengers than the other ways. What follows? 1: the losses come from different passengers, as grades from different exams. 2: fewer passengers, so its loss must be smaller. 3: nothing, a loss is a loss.", 1,
            {2: "It is a mean, not a sum: fewer rows alone do not make it smaller.", 3: "Would you compare two grades without asking what the exams were?"},
            hint="Look at the last column of the table on Missing, and at its title.", why="Compare over the same rows, as the last column does.",
        ),
        choice(
            "Two ports are blank. What can fill them? 1: the median port. 2: the mean port. 3: the most common port.", 3,
            {1: "A median needs an order. Which port is larger?", 2: "A mean needs numbers to add. Ports are words."},
            hint="Ports are words. What can be said of words: their sum, their order, or how often each comes?", why="Words can only be counted. The most common one is called the mode.",
        ),
        choice(
            "With the column Unknown in the table, which number in the blanks gives the smallest loss? 1: 0. 2: the median. 3: any number, the loss is the same.", 3,
            {1: "Try some other number on Missing. Does the last loss move?", 2: "Try some other number on Missing. Does the last loss move?"},
            hint="Type several numbers as your own and watch the last line.", why="The weight of Unknown makes up for it: it adds to all of them what your number lacks.",
        ),
    ]  # fmt: skip


def _of_classes(lesson: Sheets) -> list[Exercise]:
    c, three = lesson.classes, lesson.book.block("coding.three.loss").node
    one, two, base = own(
        lesson.seed, "dummies", (0.4, 0.25, 0.2), ((0.35, 0.4, 0.5), (0.15, 0.25, 0.3), (0.1, 0.15, 0.2))
    )
    return [
        choice(
            "A model has one weight for Pclass (1, 2 or 3) and a constant. Where must its prediction for class 2 lie? 1: where the share of class 2 is. 2: half way between those for class 1 and class 3. 3: anywhere.", 2,
            {1: "The weights are chosen for all three classes together. Is the middle one free?", 3: "From 1 to 2 the prediction changes by the weight. And from 2 to 3?"},
            hint="By how much does the prediction change from 1 to 2, and from 2 to 3?", why="One weight makes equal steps. With dummies each class has a weight of its own.",
        ),
        Exercise(
            "On Classes, give the classes the numbers 2, 1, 3. What is the loss of the first way?", c.number_loss, 5e-5, {c.codes: np.array([[2.0], [1.0], [3.0]])},
            slips=(Slip(c.number_loss, AS_IT_CAME, {}), Slip(three, "That is a way with dummies. It does not look at your numbers.")),
            hint="Type the three yellow numbers, then read the first line of the table of ways.", why="The best class stands in the middle now, and a line cannot have its top there.",
        ),
        Exercise(
            f"Weights: Class 1 has {one:g}, Class 2 has {two:g}, Ones has {base:g}. One done for you, first class: 1*{one:g} + 0*{two:g} + 1*{base:g} = {one + base:g}. Write a formula for second class.", two + base,
            slips=(Slip(one + two + base, "A passenger is of one class only: the other dummy is 0."), Slip(two, "You forgot Ones: that column is 1 for everybody."), Slip(one + base, "That is first class again."), Slip(one + two, "Those are the two classes. A passenger is of one class, and Ones is 1 for all.")),
            hint="Write down the row of this passenger: two dummies and a one.", why="The dummy of the class is 1, the other one 0, and Ones is always 1.",
        ),
        Exercise(
            "The same weights, now all by yourself: write a formula for third class.", base,
            slips=(Slip(0.0, "Both dummies are 0, but Ones is 1 for everybody."), Slip(one + two + base, "Those are the dummies of first and second class: both are 0 here."), Slip(one + two, "Those are the other two classes."), Slip(-one - two, "Nothing is taken away: both dummies are 0.")),
            hint="Which of the three columns is not 0 for this passenger?", why="Third class is where both dummies are 0. The constant stands for it, so two dummies are enough.",
        ),
        choice(
            "Are two dummy columns enough for three classes? 1: never. 2: yes, if there is a column of ones. 3: yes, with or without ones.", 2,
            {1: "Compare the losses of Three dummies and of Two dummies, and ones.", 3: "Without ones, what is the prediction for the class that has no dummy?"},
            hint="On Classes, compare the losses of the ways.", why="The class without a dummy takes the constant. Without it, its prediction would always be 0.",
        ),
        choice(
            "You give the model three dummies and a column of ones as well. What happens? 1: the smallest possible loss goes down. 2: the loss stays, but many different weights reach it. 3: nothing changes at all.", 2,
            {1: "The ones are the sum of the three dummies: do they say anything new?", 3: "Look at the determinant, and at the word beside it."},
            hint="Look at the last line of the table of ways, and at Rank.", why="Add 1 to the constant and take 1 from each class: the same predictions. So no single answer is best.",
        ),
    ]  # fmt: skip


def _of_columns(lesson: Sheets) -> list[Exercise]:
    c, taken = lesson.rank, lesson.book.block("rank.n_taken").node
    five, two_ones, two = (
        np.array([take]) for take in ([1.0] * 5, [1.0, 1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0])
    )
    return [
        Exercise(
            "On Rank, take Class 1, Class 2 and Ones, and no other. What is the determinant?", c.det, 0.4, {c.take: two_ones},
            slips=(Slip(c.det, AS_IT_CAME, {}), Slip(c.det, "That is without Ones: take them, too.", {c.take: two}), Slip(c.rank, "That is the rank: how many columns are new.")),
            hint="Type 1 1 0 1 0, and read beside the pivots.", why="It is the product of the pivots, and none of them is 0: each column says something new.",
        ),
        Exercise(
            "On Rank, take all five columns. What is the rank?", c.rank, 0.25, {c.take: five},
            slips=(Slip(taken, "So many columns you took. How many of them say something new?"), Slip(c.det, "That is the determinant."), Slip(4.0, "Count the pivots that are not 0. Ones and Number can both be made of the classes.")),
            hint="Count the columns that are called new.", why="Three classes can say three things. Ones and Number are made of the dummies.",
        ),
    ]  # fmt: skip


def _of_sizes(lesson: Sheets) -> list[Exercise]:
    d, found = lesson.descent, lesson.scales.found
    looser = {d.within: 0.05}
    draw = partial(own, lesson.seed)
    oldest, age = draw("a share", (80, 20), ((64, 75, 80), (15, 20, 24, 30, 32)))
    mean, spread, times = draw("spreads", (30, 13, 2), ((28, 30, 32), (12, 13, 14), (0.5, 1.5, 2)))
    above = mean + times * spread
    (fare,) = draw("log", (31,), ((13, 20, 26, 31, 52, 77),))
    flat, steep = draw("slopes", (-0.25, -37), ((-0.15, -0.25, -0.3, -0.4), (-35, -37, -41)))
    rate = 0.0002
    return [
        Exercise(
            f"One done for you: the largest Fare is 500, so a Fare of 25 becomes 25/500 = 0.05. Your turn: the largest Age is {oldest:g}. What becomes of an Age of {age:g}?", age / oldest,
            slips=(Slip(oldest / age, "You turned it round: the largest stands below."), Slip(age / 500, "Each column is divided by its own largest."), Slip(oldest - age, "You took it away. Divide by it.")),
            hint="Age / largest Age.", why="Now both columns lie between 0 and 1, and one learning rate suits both.",
        ),
        Exercise(
            f"Another way to scale: take away the mean, then divide by the spread. Mean {mean:g}, spread {spread:g}: write a formula for what becomes of an Age of {above:g}.", times,
            slips=(Slip(above - mean, "Now divide that by the spread."), Slip(above / spread, "Take away the mean first."), Slip(above / mean, "The mean is taken away; what you divide by is the spread."), Slip(above - mean / spread, f"Only the mean was divided: put ({above:g} - {mean:g}) in brackets.")),
            hint="How many spreads is it above the mean?", why="Each column then has the mean 0 and the spread 1. One wild number squeezes it less than dividing by the largest does.",
        ),
        Exercise(
            "One done for you: a Fare of 9 becomes log10(9 + 1) = 1. What becomes of a Fare of 999?", 3.0,
            slips=(Slip(1000.0, "That is Fare + 1. Take its logarithm."), Slip(111.0, "A hundred times the Fare is not a hundred times the logarithm."), Slip(6.9078, "That is the natural logarithm: use LOG10."), Slip(4.0, "Count the zeros of 1000.")),
            hint="10 to which power is 1000?", why="Each time the number is ten times as large, its logarithm grows by 1: so large fares move together.",
        ),
        Exercise(
            f"Now all by yourself: write a formula for log10(Fare + 1) when the Fare is {fare:g}.", float(np.log10(fare + 1)), 0.001,
            slips=(Slip(float(np.log10(fare)), "You forgot the + 1."), Slip(float(np.log(fare + 1)), "That is the natural logarithm: use LOG10."), Slip(float(np.log10(fare) + 1), "The 1 is added to the Fare, before the logarithm.")),
            hint="First add, then LOG10.", why="The 1 is there for those who paid nothing: log10(0) does not exist.",
        ),
        Exercise(
            "On Large, as it came: how many times as large is the best slope of Fare / max as that of Fare?", found["max"][1], 0.5,
            slips=(Slip(1.0, "The numbers of the column became small. Can the slope stay the same?"), Slip(found["max"][1] / found["median"][1], "That is the largest Fare, divided by the median.")),
            hint="Divide one slope by the other. Or think: the column became smaller by which number?", why="The column is divided by the largest Fare, so its weight must be as many times larger.",
        ),
        Exercise(
            f"All weights are 0, the rate is {rate}, the slope of Fare is {steep:g} and that of Male {flat:g}. Write a formula for the weight of Male after one step.", -rate * flat, 1e-6,
            slips=(Slip(rate * flat, "Against the slope: minus a number below 0 makes it larger."), Slip(-rate * steep, "That is the weight of Fare."), Slip(-flat, "The slope times the rate is the step."), Slip(rate, "That is the rate alone. Times the slope.")),
            hint="new = old - rate × slope, with the slope of Male.", why="With a rate that is small enough for Fare, Male hardly moves: that is why the raw table is slow.",
        ),
        Exercise(
            "On Epochs, as it came: how many epochs does the table divided by the largest need?", d.count["max"], 0.25,
            slips=(Slip(d.count["raw"], "That is the raw table."), Slip(d.count["log"], "That is the table with the logarithm."), Slip(d.count["max"], "That is within another share of the smallest loss: as it came, please.", looser)),
            hint="The line Epochs until there, the column in the middle.", why="It may take large steps, for all its columns are of one size.",
        ),
        Exercise(
            "On Epochs, set the share to 5%. How many epochs does the raw table need now?", d.count["raw"], 0.25, looser,
            slips=(Slip(d.count["raw"], "That is how the workbook came. Set the share first.", {}), Slip(d.count["max"], "That is the table divided by the largest."), Slip(d.count["log"], "That is the table with the logarithm."), Slip(d.count["raw"], "That is at 50%.", {d.within: 0.5})),
            hint="Type 5% into the yellow share, then read the first column.", why="Even to come less close takes the raw table very long.",
        ),
        choice(
            "Dividing Age and Fare by their largest, and then taking the larger rate that is now safe: 1: makes the smallest possible loss smaller. 2: leaves it, but descent gets there in far fewer epochs. 3: changes neither.", 2,
            {1: "Compare the smallest possible losses of Raw and Divided on Epochs.", 3: "Compare the epochs of Raw and Divided."},
            hint="On Epochs, compare two lines: the smallest possible loss, and the epochs until there.", why="A weight can make up for the size of a column. The way there is what becomes shorter.",
        ),
    ]  # fmt: skip


def predictions(lesson: Sheets) -> list[Prediction]:
    """What a learner guesses before looking."""
    return [
        _any_number(lesson), _other_names(lesson), _one_more_column(lesson), _divided(lesson), _steepest(lesson), _epochs(lesson),
    ]  # fmt: skip


def _any_number(lesson: Sheets) -> Prediction:
    loss, own = lesson.ages.losses["flag"], lesson.ages.own
    low, high = (substitute([loss], {own: lift(age)})[0] for age in (0.0, 80.0))
    return Prediction(
        "All unknown ages are filled with 0, then with 80. The table has a column Unknown besides, 1 where the age was blank. Which number gives the smaller loss?",
        ("0", "80", "both the same"), _smaller(low, high), low, high,
        "The loss with 0 and with 80", "Unknown has a weight of its own: it adds to these passengers whatever your number does wrong.", "missing.loss",
    )  # fmt: skip


def _other_names(lesson: Sheets) -> Prediction:
    number, codes = lesson.classes.number_loss, lesson.classes.codes
    dummies = lesson.book.block("coding.three.loss").node
    swapped = {codes: constant(((2.0,), (1.0,), (3.0,)))}
    after, same = substitute([number, dummies], swapped)
    moves, both = (is_above(apply("abs", new - old), lift(TINY)) for new, old in ((after, number), (same, dummies)))
    return Prediction(
        "Somebody calls first class 2 and second class 1. One model takes the class as a number, another one has a dummy column for each class. Whose loss changes?",
        ("of both", "only with the number", "only with the dummies", "of neither"),
        where(moves, where(both, 1.0, 2.0), where(both, 3.0, 4.0)), number, after,
        "The loss with one number", "A dummy only asks: this class or not? It does not mind what a class is called. A number also says which class lies between the others.", "classes.codes",
    )  # fmt: skip


def _one_more_column(lesson: Sheets) -> Prediction:
    loss, take = lesson.book.block("rank.loss").node, lesson.rank.take
    three, four = (
        substitute([loss], {take: constant((taken,))})[0]
        for taken in ((1.0, 1.0, 1.0, 0.0, 0.0), (1.0, 1.0, 1.0, 1.0, 0.0))
    )
    return Prediction(
        "A model has three dummy columns, one for each class. It is given a column of ones as well. What does its smallest possible loss do?",
        ("it becomes smaller", "it becomes larger", "it stays"), _smaller(four, three), three, four,
        "The smallest loss", "The three dummies added up are the column of ones: nothing new. Now there are many best weights instead of one.", "rank.take",
    )  # fmt: skip


def _divided(lesson: Sheets) -> Prediction:
    fare, share = lesson.scales.found["loss"][1:3]
    return Prediction(
        "Fares go up to hundreds. All of them are divided by the largest one. What does the best loss of a line in this column do?",
        ("it becomes smaller", "it becomes larger", "it stays"), _smaller(share, fare), fare, share,
        "The loss of the best line", "The weight grows by as much as the column shrinks. So why divide? The last question tells.", "large.loss",
    )  # fmt: skip


def _steepest(lesson: Sheets) -> Prediction:
    slopes = lesson.book.block("slopes.raw.exact").node
    fare, male = row(slopes, 2), row(slopes, 3)
    return Prediction(
        "Whether one is a man says far more about survival than the Fare does. At the start all weights are 0. Which weight of the raw table has the steeper slope?",
        ("that of Male", "that of Fare", "both alike"), _smaller(-apply("abs", male), -apply("abs", fare)), male, fare,
        "The slopes in Male and in Fare", "A slope is a sum of error × column. A column of large numbers has a large slope, whether it matters or not.", "slopes.raw.exact",
    )  # fmt: skip


def _epochs(lesson: Sheets) -> Prediction:
    raw, divided = lesson.descent.count["raw"], lesson.descent.count["max"]
    times = raw / divided
    return Prediction(
        "Descent runs on the raw table, and on the one divided by its largest. Each has a rate that is safe for it. How many epochs does the second one need?",
        ("more than half as many", "from a half to a tenth", "from a tenth to a hundredth", "less than a hundredth"),
        1.0 + sum((is_above(times, lift(by)) for by in (2.0, 10.0, 100.0)), lift(0.0)), raw, divided,
        "Epochs, raw and divided", "One rate serves all weights. Where Fare is in hundreds it must be tiny, and all other weights crawl.", "epochs.raw.lr",
    )  # fmt: skip


def _smaller(one: Node, other: Node) -> Node:
    """1 where one is smaller than the other, 2 where it is larger, 3 where they are the same."""
    return where(is_above(other - one, lift(TINY)), 1.0, where(is_above(one - other, lift(TINY)), 2.0, 3.0))
