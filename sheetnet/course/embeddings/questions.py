"""Lesson 11's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial
from math import hypot

import numpy as np

from sheetnet.course.drawing import own
from sheetnet.course.embeddings.near import Near
from sheetnet.course.embeddings.own import EPOCHS
from sheetnet.graph.node import Node, apply, lift, row, where
from sheetnet.motifs.exercises import AS_IT_CAME, UP, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above, larger

COUNTED = "Epochs begin with 0: look at the number in the column Epoch."
BLANK = "You counted the blanks, too. Only what is there counts."


def questions(lesson: Near) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""
    at = partial(_at, lesson)
    draw = partial(own, lesson.seed)
    likes, is_ = draw("dot", (0.5, -0.2), ((0.3, 0.5, 0.7), (-0.2, -0.4, -0.6))), draw("food", (0.6, 0.4), ((0.4, 0.6, 0.8), (0.2, 0.4, 0.6)))  # fmt: skip
    dot = likes[0] * is_[0] + likes[1] * is_[1]
    kind, match = draw("made", (0.2, 0.4), ((0.1, 0.2, 0.3, 0.4), (0.4, 0.6, -0.2, -0.4)))
    people, things, size = (int(one) for one in draw("numbers", (20, 15, 2), ((20, 30, 40), (12, 15, 18), (2, 4))))
    a, b, c = draw("mean", (4, 2, 5), ((4, 5), (1, 2), (3, 5)), lambda *some: sum(some) % 3 != 0)
    off, miss, zero = draw("mask", (0.5, 1.0, 2.0), ((0.5, 1.5), (1, 2), (2, 3)))
    weight, slope, rate, decay = draw("step", (0.8, 0.3, 0.5, 0.1), ((0.6, 0.8), (0.2, 0.3, 0.4), (0.5, 1), (0.1, 0.2)))
    epoch = int(draw("epoch", (10,), (range(8, 14),))[0])
    (more,) = draw("decay", (0.1,), ((0.08, 0.1, 0.12, 0.15),))
    who = int(draw("who", (5,), (range(2, 13),))[0])
    u, v = draw("u", (3, 4), ((3, 6), (4, 8))), draw("v", (4, 3), ((4, 2), (3, 1)))
    both = u[0] * v[0] + u[1] * v[1]
    other = int(draw("other", (6,), (range(2, 11),))[0])
    big, middle, small = draw("spread", (5, 2, 1), ((5, 6, 8), (2, 3, 4), (0.5, 1)))
    side, cross = draw("power", (3, 1), ((2, 3, 4), (1, 1.5)))
    angle = int(draw("angle", (90,), (range(60, 121, 10),))[0])
    held, loose = lesson.losses["decay", "valid"], lesson.losses["none", "valid"]
    decayed, chosen, alike, turned = (
        {lesson.decay: more},
        {lesson.who: who},
        {lesson.alike: other},
        {lesson.angle: angle},
    )
    end, now = lift(EPOCHS + 1.0), lesson.cosine
    return [
        Exercise(
            f"Worked: (0.2, 0.5) · (1, 2) = 0.2 × 1 + 0.5 × 2 = 1.2. Now you: a person likes ({likes[0]:g}, {likes[1]:g}), a food is ({is_[0]:g}, {is_[1]:g}). What is the dot product?", dot,
            slips=(Slip(likes[0] * is_[0], "That is the first product. Add the second."), Slip(likes[0] * is_[0] - likes[1] * is_[1], "Mind the minus of the second number."), Slip(sum(likes) + sum(is_), "The numbers are multiplied, and only then added up.")),
            hint="Number times number, added up.", why="What is liked and there adds, what is disliked and there takes off.",
        ),
        Exercise(
            f"Ratings were made as on Match. Generous is {kind:g} for a person, the dot product with a food is {match:g}. What is the rating before noise and rounding?", 3 + kind + 1.5 * match,
            slips=(Slip(3 + kind + match, "The dot product counts 1.5 times."), Slip(3 + 1.5 * (kind + match), "Only the dot product is multiplied."), Slip(kind + 1.5 * match, "The 3 in the middle is missing.")),
            hint="3 + generous + 1.5 × dot product.", why="3 for all, a bit more from the generous, the rest is taste.",
        ),
        Exercise(
            f"A model is for {people} people and {things} foods. Each of them has {size} numbers and one bias. How many numbers are learnt?", (people + things) * (size + 1), 0.25,
            slips=(Slip((people + things) * size, "The biases are learnt, too."), Slip(people * things, "That is how many ratings there can be."), Slip(people * things * (size + 1), "People and foods are added, not multiplied.")),
            hint="How many numbers has one person, with the bias? And how many people and foods are there?", why="The table has far more places than that. This is why missing ones can be predicted.",
        ),
        Exercise(
            f"Five people look at a food. Their ratings are {a:g}, blank, {b:g}, {c:g}, blank. What is its mean rating?", (a + b + c) / 3,
            slips=(Slip((a + b + c) / 5, BLANK), Slip(a + b + c, "That is the sum. Divide it by how many there are.")),
            hint="How many ratings are there?", why="A blank says nothing. As a 0 it would say: terrible.",
        ),
        Exercise(
            f"Three predictions are off by {off:g}, {miss:g} and {zero:g}. The mask of the three is 1, 1, 0. What is the mean squared error?", (off**2 + miss**2) / 2,
            slips=(Slip((off**2 + miss**2) / 3, "Divide by how many the mask lets count."), Slip((off**2 + miss**2 + zero**2) / 3, BLANK), Slip((off + miss) / 2, "Square them first.")),
            hint="Square, times the mask, added up, divided by the sum of the mask.", why="The third is missing: nobody knows how far off it is.",
        ),
        Exercise(
            f"A number of a food is {weight:g}. Its slope is {slope:g}, the rate {rate:g}, the decay {decay:g}. What is it after one step?", weight - rate * (slope + decay * weight),
            slips=(Slip(weight - rate * slope, "You left the decay out."), Slip(weight + rate * (slope + decay * weight), UP), Slip(weight - rate * (slope + decay), "The decay takes a share of the number: decay × number."), Slip(weight - rate * slope - decay * weight, "The decay, too, is multiplied by the rate.")),
            hint="number - rate × (slope + decay × number).", why="Besides the slope, each step takes a share of the number away.",
        ),
        Exercise(
            f"On Train, as it came: without decay, what is the loss on ratings kept back at epoch {epoch}?", row(loose, epoch + 1),
            slips=(Slip(row(held, epoch + 1), "That is the run with decay."), Slip(row(loose, epoch), f"That is one row higher. {COUNTED}"), Slip(row(loose, epoch + 2), f"That is one row lower. {COUNTED}"), Slip(row(lesson.losses["none", "train"], epoch + 1), "That is the loss on what is learnt from.")),
            hint="Set the epoch to look at, or read the table below.", why="Later it rises again: the model learns by heart.",
        ),
        Exercise(
            f"On Train, set the decay to {more:g}. With decay, what is the loss on ratings kept back at epoch {EPOCHS}?", row(held, end), 0.001, decayed,
            slips=(Slip(row(held, end), AS_IT_CAME, {}), Slip(row(loose, end), "That is the run without decay."), Slip(row(lesson.losses["decay", "train"], end), "That is the loss on what is learnt from.")),
            hint="Type the decay, then read the line of the last epoch, kept back.", why="So much decay keeps the numbers too small: it helps no more.",
        ),
        Exercise(
            f"On Recommend, as it came, choose person {who}. What is the prediction of the food that is recommended?", at("recommend.best"), 0.001, chosen,
            slips=(Slip(at("recommend.best"), AS_IT_CAME, {}), Slip(apply("max", lesson.says), "That food the person has rated already."), Slip(apply("max", lesson.given), "That is a rating, not a prediction.")),
            hint="Type the number of the person, then read the line below Recommended.", why="It is the largest prediction among foods that are new to this person.",
        ),
        Exercise(
            f"What is the cosine of ({u[0]:g}, {u[1]:g}) and ({v[0]:g}, {v[1]:g})?", both / hypot(*u) / hypot(*v),
            slips=(Slip(both, "That is the dot product. Divide it by both lengths."), Slip(both / hypot(*u), "Divide by the length of the second, too."), Slip(hypot(u[0] - v[0], u[1] - v[1]), "That is their distance.")),
            hint="Dot product / (length × length). A length is SQRT(x^2 + y^2).", why="The longer one is, the larger the dot product. The cosine takes that out.",
        ),
        Exercise(
            f"On Nearest, as it came, choose food {other}. How large is its largest cosine with another food?", apply("max", now), 0.001, alike,
            slips=(Slip(apply("max", now), AS_IT_CAME, {}), Slip(lift(1.0), "That is its cosine with itself. With another food."), Slip(apply("min", now), "That is the smallest: the food that is most unlike it.")),
            hint="Type the number of the food, then look at the tallest bar but its own.", why="The same people like both.",
        ),
        Exercise(
            f"Along three directions at right angles the spread is {big:g}, {middle:g} and {small:g}. Which share of all the spread do the first two hold?", (big + middle) / (big + middle + small),
            slips=(Slip(big / (big + middle + small), "That is the first alone."), Slip(small / (big + middle + small), "That is what they leave out."), Slip((big + middle) / small, "Divide by all three together.")),
            hint="The first two together, divided by all three.", why="So much of what there is to see is seen on a flat map.",
        ),
        Exercise(
            f"The covariance is the table with the rows ({side:g}, {cross:g}) and ({cross:g}, 1). Power iteration begins with the direction (1, 0). What is the first number of the direction after one step?", side / hypot(side, cross),
            slips=(Slip(side, "Now make its length 1."), Slip(side / (side + cross), "Divide by the length: the root of the sum of squares."), Slip(cross / hypot(side, cross), "That is its second number.")),
            hint="(1, 0) × table is its first row. Divide it by its length.", why="It has turned a little towards where the spread is largest.",
        ),
        Exercise(
            f"On Meaning, as it came, turn by {angle} degrees. How far apart are the foods on average?", lesson.apart, 0.001, turned,
            slips=(Slip(lesson.apart, AS_IT_CAME, {}), Slip(row(lesson.corr.T, 1), "That is a correlation."), Slip(apply("max", at("meaning.each")), "That is the food that is farthest off.")),
            hint="Type the angle, then read the line Foods apart.", why="Only one angle is best, and no prediction depends on it.",
        ),
        choice(
            "Why does the model without decay end worse on ratings kept back? 1: it has learnt too little. 2: it has learnt the ratings by heart. 3: its rate is larger.", 2,
            {1: "Look at its loss on what it learns from: it is tiny.", 3: "Both runs have the same rate."},
            hint="How many numbers does it learn, and from how many ratings?", why="Its numbers fit what chance added, too.",
        ),
        choice(
            "A new food comes, and nobody has rated it. What does the model know of it? 1: how it tastes. 2: nothing. 3: the mean of the other foods.", 2,
            {1: "It never knew that of any food. It learns from ratings.", 3: "Its numbers are still those drawn by chance."},
            hint="From what are the numbers of a food learnt?", why="This is the cold start. One needs some ratings, or must know something else of it.",
        ),
        choice(
            "Which of these changes predictions? 1: to turn people and foods by the same angle. 2: to mirror both. 3: to turn the foods alone.", 3,
            {1: "The angles between people and foods stay, and so do the dot products.", 2: "Lengths and angles stay as they are in a mirror."},
            hint="A prediction depends on the lengths and the angle between person and food.", why="Then the people point to other foods than before.",
        ),
    ]  # fmt: skip


def predictions(lesson: Near) -> list[Prediction]:
    """What a learner guesses before looking."""
    at = partial(_at, lesson)
    sum_row, one = apply("sum", lesson.product), apply("sum", row(lesson.tastes, lesson.at))
    zero, there = at("ratings.all_zero"), apply("sum", lesson.filled_in) / lesson.n["known"]
    lowest, ends = lesson.figures["lowest"], {key: lesson.figures[f"{key}_valid"] for key in ("none", "decay")}
    cosine, far = row(lesson.cosine_all, 2), row(at("nearest.far"), 2)
    came = [node.item() for node in lesson.as_it_came(cosine, far)]
    moved = [is_above(apply("abs", node - was), lift(1e-6)) for node, was in zip((cosine, far), came, strict=True)]
    share = lesson.shares[1] + lesson.shares[2]
    says, usual = row(at("you.says"), 1), lesson.mean + row(lesson.last["decay"]["c"], 1)
    turned = at("meaning.turned")
    gap = apply("sqrt", apply("sum", apply("square", row(turned, 1) - row(turned, 6))))
    (before,) = (node.item() for node in lesson.as_it_came(gap))
    nothing = np.full(lesson.own.shape, np.nan)
    return [
        Prediction(
            "A one-hot row has its 1 at place 4. It is multiplied by the table E with 10 rows. What comes out?",
            ("the sum of all rows", "row 4 of E", "column 4 of E"), where(is_above(lift(1e-9), apply("abs", sum_row - one)), 2.0, 1.0), sum_row, one,
            "The sum of what comes out, then of row 4", "Every other row is multiplied by 0. A product with a one-hot row is a look-up.", "lookup.product",
        ),
        Prediction(
            "Of 120 ratings 32 are missing. What if blanks counted as 0: would the mean of all be right?",
            ("yes", "no, too high", "no, too low"), where(is_above(there, zero), 3.0, where(is_above(zero, there), 2.0, 1.0)), there, zero,
            "The mean of what is there, then with blanks as 0", "A 0 is worse than the worst rating. So what is missing is left out by a mask.", "ratings.all_zero",
        ),
        Prediction(
            f"Without decay the loss on what is learnt from falls to nearly 0. And on ratings kept back, from its lowest point to epoch {EPOCHS}?",
            ("it falls further", "it stays", "it rises"), where(is_above(ends["none"], 1.1 * lowest), 3.0, 2.0), lowest, ends["none"],
            "The lowest loss on ratings kept back, then the last", "There are more numbers than ratings: it learns by heart what chance added.", "train.none_valid",
        ),
        Prediction(
            f"Which run has the lower loss on ratings kept back at epoch {EPOCHS}?",
            ("without decay", "with decay", "both the same"), larger(ends["decay"], ends["none"], 1e-9), ends["none"], ends["decay"],
            "The loss without decay, then with decay", "Large numbers cost, so it keeps to what many ratings agree on.", "train.valid_end",
        ),
        Prediction(
            "On You, all ratings are cleared: nobody knows anything of this person. What is predicted?",
            ("nothing, or an error", "3 for every food", "the mean, and how popular each food is"), where(is_above(lift(1e-9), apply("abs", says - usual)), 3.0, 2.0), says, says,
            "The prediction of cake before, then after", "With no errors to make small, decay draws all four numbers to 0. Mean and c are left.", "you.says", {lesson.own: nothing},
        ),
        Prediction(
            "On Nearest, the numbers of cake are multiplied by 3. What becomes of its cosine with honey, and its distance?",
            ("both change", "only the cosine changes", "only the distance changes", "neither changes"), where(moved[0], where(moved[1], 1.0, 2.0), where(moved[1], 3.0, 4.0)), far, far,
            "The distance from honey before, then after", "The arrow gets longer, but points the same way. The cosine sees the direction only.", "nearest.cosine", {lesson.stretch: 3.0},
        ),
        Prediction(
            "Each food has three numbers. Which share of the spread do the best two directions hold?",
            ("about two thirds", "more than 80 %", "less than half"), where(is_above(share, lift(0.8)), 2.0, where(is_above(lift(0.5), share), 3.0, 1.0)), lesson.shares[1], share,
            "The share of the first direction, then of both", "The ratings came from two tastes. So two directions are nearly enough.", "components.share1",
        ),
        Prediction(
            "On Meaning, the map is turned by 90 degrees. What becomes of the distance between cake and chilli on it?",
            ("it grows", "it stays", "it gets smaller"), where(is_above(lift(1e-9), apply("abs", gap - before)), 2.0, where(is_above(gap, lift(before)), 1.0, 3.0)), gap, gap,
            "The distance on the map before, then after", "Turning moves all foods together. So neither distances nor dot products can tell which way sweet is.", "meaning.turned", {lesson.angle: 90.0},
        ),
    ]  # fmt: skip


def _at(lesson: Near, id: str) -> Node:
    return lesson.book.block(id).node
