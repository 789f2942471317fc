"""Lesson 14's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial
from math import exp, log, sqrt

import numpy as np

from sheetnet.course.attention.model import HIDDEN, WIDTH
from sheetnet.course.attention.own import RATE, STEPS, names, tokens
from sheetnet.course.attention.writing import Writing
from sheetnet.course.drawing import own
from sheetnet.graph.node import Node, apply, lift, row
from sheetnet.motifs.exercises import AS_IT_CAME, WHOLE, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above, larger
from sheetnet.page.language import said

COUNTED = "Steps begin with 0: look at the number in the column Step."
TENS = "That is the logarithm to base 10. Here it is the natural one: LN."
BEFORE = "That is before training."


def questions(lesson: Writing) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    def entry(node: Node, i: int, j: int) -> Node:
        return row(row(node, i).T, j)

    draw = partial(own, lesson.seed)
    a, b, c, d = draw(
        "score",
        (2, -1, 3, 4),
        ((1, 2, 3), (-1, -2, 2), (1, 3, 4), (2, 4, 5)),
        lambda a, b, c, d: abs(a * c + b * d) > 0.5 and a + b,
    )
    (raw,) = draw("divide", (6,), ((2, 6, 8, 10, 12),))
    wide = draw("width", (16,), ((4, 9, 16, 25),))[0]
    n = draw("tokens", (7,), ((5, 6, 7, 9, 10),))[0]
    first, second = draw("softmax", (2, 1), ((1, 2, 3), (0.5, 1, 1.5)), lambda a, b: a != b)
    looks, of = draw("mask", (3, 5), ((2, 3, 4), (5, 6, 8)))
    letters = draw("letters", (20,), ((15, 20, 26, 30),))[0]
    (given,) = draw("given", (0.2,), ((0.05, 0.1, 0.2, 0.25, 0.4),))
    hidden = draw("hidden", (16,), ((10, 16, 20, 24),))[0]
    step = int(draw("step", (20,), (range(10, 41),))[0])
    narrow = int(draw("narrow", (16,), (range(9, 33),))[0])
    rate = draw("rate", (0.02,), ((0.01, 0.02, 0.03, 0.04),))[0]
    begin = draw("begin", (4,), ((1, 2, 3, 4, 5, 6),))[0]
    power = [exp(first), exp(second)]
    typed = {lesson.prefix: np.array([[begin, 0, 0, 0, 0]])}
    return [
        Exercise(
            f"Worked: q is (1, 2), k is (3, 1). The score is 1 × 3 + 2 × 1 = 5. Now you: q is ({a:g}, {b:g}), k is ({c:g}, {d:g}). What is the score?", a * c + b * d,
            slips=(Slip((a + b) * (c + d), "Number by number: the first with the first, the second with the second."), Slip(a * c - b * d, "The two products are added up."), Slip(a * c, "The second numbers belong to it, too.")),
            hint="First times first, plus second times second.", why="A large score says: what is asked for and what is offered point the same way.",
        ),
        Exercise(
            f"A score is {raw:g}. Queries and keys are {wide:g} numbers wide. What goes into the softmax?", raw / sqrt(wide),
            slips=(Slip(raw / wide, "Divide by the square root of the width, not by the width."), Slip(raw * sqrt(wide), "Divided, not multiplied."), Slip(raw, "That is the score as it was.")),
            hint="Score / SQRT(d).", why="So scores are spread equally at every width, and the softmax stays soft.",
        ),
        Exercise(
            f"A name has {n:g} tokens, and q and k have the shape {n:g} x 8. How many numbers has q k'?", n * n, WHOLE,
            slips=(Slip(n * 8, "That is how many q has. What is the shape of q k'?"), Slip(64.0, "That would be q' k. Here each token meets each token."), Slip(n, "Each token has a score with each token.")),
            hint=f"({n:g} x 8) times (8 x {n:g}).", why="A score for each pair. With a thousand tokens that is a million: long texts are dear.",
        ),
        Exercise(
            f"Two scores are {first:g} and {second:g}. What weight does the first get?", power[0] / sum(power),
            slips=(Slip(first / (first + second), "You divided the scores. First take e^score of each."), Slip(power[1] / sum(power), "That is the weight of the second."), Slip(power[0], "That is e^score. Divide it by the sum of both.")),
            hint="EXP of each, then the first divided by the sum.", why="The larger score gets more, but never all.",
        ),
        Exercise(
            f"{of:g} tokens, all scores are 0, the mask is on. What weight does token {looks:g} give to token 1?", 1 / looks,
            slips=(Slip(1 / of, f"Without a mask. Token {looks:g} does not see those after it."), Slip(1 / (looks - 1), "A token sees itself, too."), Slip(0.0, "Token 1 stands before it: it is seen.")),
            hint=f"How many tokens does token {looks:g} see?", why="What is hidden has the weight 0, and what is left adds up to 1.",
        ),
        Exercise(
            f"A net knows {letters:g} letters, and gives each the same probability. Write a formula for its loss.", log(letters),
            slips=(Slip(log(letters) / log(10), TENS), Slip(1 / letters, "That is the probability. The loss is -LN of it."), Slip(-log(letters) / letters, "-LN of the probability, not times it.")),
            hint="-LN of the probability of the true letter.", why="So much a blind guess costs. Any training starts near it.",
        ),
        Exercise(
            f"The true next letter was given the probability {given:g}. What does this place add to the sum of the loss?", -log(given),
            slips=(Slip(-log(1 - given), "That is -LN of what the others were given."), Slip(-log(given) / log(10), TENS), Slip(1 - given, "Not the rest: -LN of the probability.")),
            hint="-LN(probability).", why="The less the true letter was given, the more it costs.",
        ),
        Exercise(
            f"x has {WIDTH} columns. How many parameters have W_in and b_in together, if lin has {hidden:g} columns?", (WIDTH + 1) * hidden, WHOLE,
            slips=(Slip(WIDTH * hidden, "That is W_in alone. b_in has one for each column of lin."), Slip(WIDTH * hidden + WIDTH, "b_in is as wide as lin, not as x."), Slip(WIDTH + hidden, "W_in has rows times columns numbers.")),
            hint=f"W_in is {WIDTH} x {hidden:g}, b_in is 1 x {hidden:g}.", why=f"In the net of this workbook lin has {HIDDEN} columns. Much of a transformer's weight lies in this part.",
        ),
        Exercise(
            "On Attention, as it came: what weight does place 4 give to place 2?", entry(lesson.A, 4, 2),
            slips=(Slip(entry(lesson.A, 2, 4), "The row is who looks, the column is what is looked at."), Slip(entry(lesson.scaled, 4, 2), "That is the score. Look at A."), Slip(entry(lesson.A, 4, 3), "That is place 3.")),
            hint="The block A: row 4, column 2.", why="Each row of A adds up to 1.",
        ),
        Exercise(
            "On Attention, all else as it came, set the mask to 0. What weight does place 1 give to place 3?", entry(lesson.A, 1, 3), 0.001, {lesson.masked: 0.0},
            slips=(Slip(entry(lesson.A, 1, 3), AS_IT_CAME, {}), Slip(entry(lesson.A, 3, 1), "The row is who looks, the column is what is looked at."), Slip(entry(lesson.A, 1, 1), "That is what it gives to itself.")),
            hint="Type 0 for the mask, then read row 1, column 3 of A.", why="Now it looks at a letter that comes later.",
        ),
        Exercise(
            f"On Scale, set the width to {narrow}. What is the largest weight, divided?", at("scale.most_divided"), 0.001, {lesson.d: float(narrow)},
            slips=(Slip(at("scale.most_divided"), AS_IT_CAME, {}), Slip(at("scale.most_raw"), "That is without dividing.")),
            hint="Type the width, then read the line below.", why="It stays far from 1, and the softmax can still learn.",
        ),
        Exercise(
            f"On Descent, as it came: what is the loss after {step} steps?", row(lesson.losses, step + 1),
            slips=(Slip(row(lesson.losses, step), f"That is one row higher. {COUNTED}"), Slip(row(lesson.losses, step + 2), f"That is one row lower. {COUNTED}"), Slip(row(lesson.losses, STEPS + 1), "That is after all steps.")),
            hint="The column Loss.", why="It began near ln 12.",
        ),
        Exercise(
            f"On Descent, all else as it came, set the rate to {rate:g}. What is the loss after {STEPS} steps?", at("descent.last"), 0.001, {lesson.lr: rate},
            slips=(Slip(at("descent.last"), AS_IT_CAME, {}), Slip(at("descent.first"), "That is before the first step. It is the same at every rate."), Slip(row(lesson.losses, STEPS), "That is one step before.")),
            hint="Type the rate, then read the line Loss after.", why="A transformer was trained anew while you looked.",
        ),
        Exercise(
            f"On Writes, all else as it came, type the token {begin:g} as the only letter of the beginning. How probable is the most likely next letter, after training?", apply("max", lesson.next["after"]), 0.001, typed,
            slips=(Slip(apply("max", lesson.next["after"]), AS_IT_CAME, {}), Slip(apply("max", lesson.next["before"]), BEFORE), Slip(apply("min", lesson.next["after"]), "That is the least likely one.")),
            hint="Type the token, 0 in the other cells, and read the largest share of the second row.", why="Which letter it is depends on the names that it learnt from.",
        ),
        choice(
            "Why is the mask needed in training? 1: to make it faster. 2: else each place could read the letter that it is to predict. 3: to keep the weights small.", 2,
            {1: "All scores are calculated and then hidden.", 3: "The weights are shares with and without it."},
            hint="Look at Mask.", why="When it writes there is no next letter to read.",
        ),
        choice(
            "What would be missing without positions? 1: nothing. 2: the letters. 3: the order of the letters before.", 3,
            {1: "Then anna and naan would look the same to the last letter.", 2: "Those come from the embedding."},
            hint="A token takes a mean of values. Does a mean know an order?", why="Attention alone sees a bag of letters. The positions tell it which came first.",
        ),
        choice(
            "Why two heads, and not one twice as wide? 1: one row of weights can look at one mixture only, two heads can look at two places for two reasons. 2: it needs fewer parameters. 3: softmax cannot be wider.", 1,
            {2: "The matrices are as large as before.", 3: "A softmax may be as wide as one likes."},
            hint="Look at Heads: are the two patterns the same?", why="One may look at the letter just before, the other at the beginning.",
        ),
    ]  # fmt: skip


def predictions(lesson: Writing) -> list[Prediction]:
    """What a learner guesses before looking."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    def came(node: Node) -> Node:
        return lift(lesson.as_it_came(node)[0].item())

    between = row(lesson.x, 1) - row(lesson.x, 2)
    apart = apply("sqrt", apply("sum", between * between))
    sharp, last, masked = at("scale.most_raw"), at("descent.last"), lesson.guessed["masked"]
    n = lesson.known["after"]
    first, *others = names(lesson.seed)
    other = "tom" if first != "tom" else "anna"
    changed = np.array([tokens(word) for word in (other, *others)])
    one = apply("abs", last - came(last))
    return [
        Prediction(
            "On Tokens, all four tokens are set to 1: four times an a. How far apart are the points x of places 1 and 2?",
            ("0: the same letter is the same point", "more than 0"), 1.0 + is_above(apart, lift(1e-9)), apart, apart,
            "The distance before, then after", "The embedding is the same, but each place adds its own position.", "tokens.x", {lesson.word: 1.0},
        ),
        Prediction(
            "On Scale nothing is divided, and the width d goes from 64 to 1. What becomes of the largest weight?",
            ("it grows", "it falls", "it stays the same"), larger(apply("max", lesson.sharp), came(sharp), 1e-9), sharp, sharp,
            "The largest weight before, then after", "Narrow scores lie close together, so their shares are more alike.", "scale.sharp", {lesson.d: 1.0},
        ),
        Prediction(
            "On Mask, the pull to the next place goes from 4 to 20. What becomes of the share that the true next letter gets with the mask?",
            ("it grows", "it falls", "it stays the same"), larger(masked, came(masked), 1e-9), masked, masked,
            "The share before, then after", "The mask hides the next place, however hard it pulls.", "mask.A_masked", {lesson.strength: 20.0},
        ),
        Prediction(
            f"On Descent, the rate goes from {RATE:g} to 0.02. And the loss after all steps?",
            ("it ends higher", "it ends lower", "it ends the same"), larger(last, came(last), 1e-9), last, last,
            "The loss after all steps before, then after", "Smaller steps, and just as many: it is still on its way.", "descent.losses", {lesson.lr: 0.02},
        ),
        Prediction(
            "Untrained, none of eight written names stands in the list of training names. And after training?",
            ("none again", "some of them", "all eight"), 1.0 + is_above(n, lift(0.5)) + is_above(n, lift(7.5)), lesson.known["before"], n,
            "How many stand in the list before training, then after", "It learnt which letters follow which. So it writes names it knows, and new ones that sound like them.", "writes.known_after",
        ),
        Prediction(
            said("On Names, the first name becomes {name}. What of the loss after all steps?", name=other),
            ("it is the same: one name of eight", "it is another number"), 1.0 + is_above(one, lift(1e-6)), last, last,
            "The loss after all steps before, then after", "Every weight of every step is a formula that reads the names. All of them were calculated anew.", "descent.losses", {lesson.codes: changed},
        ),
    ]  # fmt: skip
