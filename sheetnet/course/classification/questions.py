"""Lesson 9's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial
from math import exp, log

import numpy as np

from sheetnet.course.classification.many import Many
from sheetnet.course.classification.own import EARLY, EPOCHS
from sheetnet.course.drawing import own
from sheetnet.graph.node import Node, apply, lift, row, where
from sheetnet.motifs.exercises import AS_IT_CAME, PER_CENT, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above, larger

COUNTED = "Epochs begin with 0: look at the number in the column Epoch."
TENS = "That is the logarithm to base 10. Here it is the natural one: LN."
OTHER_CLASS = "That is -ln of the probability of what did not come true."
SQUARED = "That is the squared error."
HALF = 25  # the row of the threshold 0.5 among all


def questions(lesson: Many) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    draw = partial(own, lesson.seed)
    w, value, b = draw("score", (2, 1.5, -1), ((2, 3, 4), (0.5, 1.5, 2.5), (-3, -2, -1, 1, 2)))
    (score,) = draw("sigmoid", (2,), ((0.5, 1, 1.5, 2, 2.5, 3),))
    (ill,) = draw("ill", (0.2,), ((0.1, 0.15, 0.2, 0.25, 0.3, 0.4),))
    (healthy,) = draw("healthy", (0.3,), ((0.1, 0.2, 0.3, 0.4, 0.6, 0.7),))
    (sure,) = draw("pull", (0.1,), ((0.02, 0.05, 0.1, 0.15, 0.2),))
    epoch = int(draw("epoch", (5,), (range(4, 9),))[0])
    (threshold,) = draw("threshold", (0.2,), ((0.1, 0.2, 0.8, 0.9),))
    found, wrong, missed = draw("matrix", (8, 2, 4), ((6, 8, 9, 12), (1, 2, 3), (4, 5, 6, 7)), _apart)
    healed = 40 - found - wrong - missed
    first, second = draw("softmax", (2, 1), ((1, 2, 3), (0.5, 1, 1.5)))
    powers = [exp(one) for one in (first, second, 0)]
    (most,) = draw("entropy", (0.5,), ((0.5, 0.6, 0.7, 0.8, 0.9),))
    rest = (1 - most) / 2
    unsure = -most * log(most) - 2 * rest * log(rest)
    (high,) = draw("high", (1000,), ((900, 1000, 1100, 1200, 1500),))
    (shift,) = draw("shift", (800,), ((720, 750, 800, 850, 900),))
    step = int(draw("step", (3,), (range(2, 7),))[0])
    across, up = draw("place", (0.4, 0.2), ((0.2, 0.3, 0.4, 0.5), (0, 0.1, 0.2, 0.3)))
    moved, added, there = {lesson.threshold: threshold}, {lesson.shift: shift}, {lesson.spot: np.array([[across, up]])}
    fars = lesson.far["entropy"]
    return [
        Exercise(
            f"Worked: w is 3, b is -2, a person's value is 1. The score is 3 × 1 - 2 = 1. Now you: w is {w:g}, b is {b:g}, the value {value:g}. What is the score?", w * value + b,
            slips=(Slip(w * value, "You left b out."), Slip(w * (value + b), "b is added after the product, not before."), Slip(w + value + b, "w and the value are multiplied.")),
            hint="score = w × value + b.", why="A straight line, as in lesson 4. The sigmoid comes after it.",
        ),
        Exercise(
            f"A score is {score:g}. Write a formula for the prediction: the sigmoid of it.", 1 / (1 + exp(-score)),
            slips=(Slip(1 / (1 + exp(score)), "You left the minus out: e^(-score)."), Slip(exp(-score), "That is e^(-score) alone."), Slip(1 + exp(-score), "That stands below the line: 1 divided by it.")),
            hint="1 / (1 + EXP(-score)).", why="A score above 0 gives more than one half.",
        ),
        Exercise(
            f"A person is ill. The prediction is {ill:g}. What is the cross-entropy?", -log(ill),
            slips=(Slip(-log(ill) / log(10), TENS), Slip(-log(1 - ill), OTHER_CLASS), Slip((1 - ill) ** 2, SQUARED)),
            hint="-LN of the probability that was given to what is true.", why="The smaller the probability of what came true, the larger the loss.",
        ),
        Exercise(
            f"A person is healthy. The prediction (of being ill) is {healthy:g}. What is the cross-entropy?", -log(1 - healthy),
            slips=(Slip(-log(healthy), OTHER_CLASS), Slip(-log(1 - healthy) / log(10), TENS), Slip(healthy**2, SQUARED)),
            hint="How probable is it, says the model, that this person is healthy?", why="Healthy is the rest of the probability.",
        ),
        Exercise(
            f"A person is ill, and the prediction is {sure:g}. What is the slope of the cross-entropy in the score?", sure - 1,
            slips=(Slip(-1 / sure, "That is the slope in the prediction. It is still to be multiplied by the slope of the sigmoid."), Slip(sure, "You forgot to take the truth off: 1."), Slip(2 * (sure - 1) * sure * (1 - sure), "That is the slope of the squared error.")),
            hint="Two slopes cancel. What is left is prediction - truth.", why="Far below the truth, so it pulls the score up, with almost full force.",
        ),
        Exercise(
            "The same person: what is the slope of the squared error in the score?", 2 * (sure - 1) * sure * (1 - sure),
            slips=(Slip(2 * (sure - 1), "That is the slope in the prediction. It is still to be multiplied by the slope of the sigmoid."), Slip((sure - 1) * sure * (1 - sure), "You forgot the 2 of the square."), Slip(sure - 1, "That is cross-entropy.")),
            hint="2 × (prediction - truth) × prediction × (1 - prediction).", why="The sigmoid is flat there, so little of the pull is left.",
        ),
        Exercise(
            f"On Descent, as it came: what is the squared error of the run on cross-entropy after {epoch} epochs?", row(fars, epoch + 1),
            slips=(Slip(row(lesson.far["squared"], epoch + 1), "That is the other run."), Slip(row(fars, epoch), f"That is one row higher. {COUNTED}"), Slip(row(fars, epoch + 2), f"That is one row lower. {COUNTED}"), Slip(row(lesson.right["entropy"], epoch + 1), "That is the share predicted right.")),
            hint="Set the epoch to look at, or read the table below.", why="It follows another loss, and is ahead even in this one.",
        ),
        Exercise(
            f"On Threshold, set the threshold to {threshold:g}. What is the recall?", lesson.now["recall"], 0.001, moved,
            slips=(Slip(lesson.now["recall"], AS_IT_CAME, {}), Slip(lesson.now["precision"], "That is the precision."), Slip(lesson.now["accuracy"], "That is the accuracy."), Slip(100.0 * lesson.now["recall"], PER_CENT)),
            hint="Type the threshold, then read the line Recall.", why="Recall looks at the ill alone: how many of them are found?",
        ),
        Exercise(
            f"Of 40 people, {found:g} are ill and called ill, {missed:g} are ill and called healthy, {wrong:g} are healthy and called ill, {healed:g} are healthy and called so. What is the precision?", found / (found + wrong),
            slips=(Slip(found / (found + missed), "That is the recall: of the ill. Precision: of those called ill."), Slip((found + healed) / 40, "That is the accuracy."), Slip(found / 40, "Not of all 40: of those called ill.")),
            hint="How many are called ill in all, and how many of them are?", why="Of those whom we frighten, so many are ill.",
        ),
        Exercise(
            "The same 40 people: what is the recall?", found / (found + missed),
            slips=(Slip(found / (found + wrong), "That is the precision: of those called ill. Recall: of the ill."), Slip(missed / (found + missed), "That is the share that is missed."), Slip((found + healed) / 40, "That is the accuracy.")),
            hint="How many are ill in all, and how many of them are called ill?", why="Of those who need help, so many get it.",
        ),
        Exercise(
            f"Three scores: {first:g}, {second:g} and 0. What is the softmax share of the first?", powers[0] / sum(powers),
            slips=(Slip(powers[0], "That is e^score. Divide it by the sum of all three."), Slip(first / (first + second), "You divided the scores. First take e^score of each."), Slip(powers[0] / (powers[0] + powers[1]), "The third counts, too: e^0 is not 0.")),
            hint="EXP of each, then the first divided by the sum of three.", why="All shares are above 0, and together they are one whole.",
        ),
        Exercise(
            f"Three shares: {most:g}, {rest:g} and {rest:g}. What is their entropy?", unsure,
            slips=(Slip(unsure / log(2), "That is with the logarithm to base 2. Here it is the natural one: LN."), Slip(unsure / log(10), TENS), Slip(unsure + rest * log(rest), "You left one of the three out."), Slip(-log(most), "That is the cross-entropy of the first class.")),
            hint="-share × LN(share) for each, added up.", why="Two shares are smaller than the third, so it is less than ln 3.",
        ),
        Exercise(
            f"Three scores are all {high:g}. What is their log-sum-exp?", high + log(3),
            slips=(Slip(high, "That is the largest score. Three powers are added up."), Slip(high + 3, "The sum of the powers is 3. Take its logarithm."), Slip(3 * high, "The scores are not added up, their powers are."), Slip(log(3), "Now add the largest score again.")),
            hint="Largest score + LN(sum of EXP(score - largest)). What is each of the three powers?", why="The safe way needs no power that is too large.",
        ),
        Exercise(
            f"On Large, add {shift:g} to every score. What is the log-sum-exp?", lesson.safe, 0.001, added,
            slips=(Slip(lesson.safe, AS_IT_CAME, {}), Slip(at("large.most"), "That is the largest score alone.")),
            hint="Type the number, then read the line Log-sum-exp.", why="It grew by just what was added. The direct way is broken.",
        ),
        Exercise(
            f"On Classes, as it came: what is the loss after {step} epochs?", row(lesson.losses, step + 1),
            slips=(Slip(row(lesson.losses, step), f"That is one row higher. {COUNTED}"), Slip(row(lesson.losses, step + 2), f"That is one row lower. {COUNTED}"), Slip(row(lesson.losses, 1), "That is before any step.")),
            hint="The table below the chart, the column Loss.", why="At the start all shares are equal, and the loss is ln 3. It falls from there.",
        ),
        Exercise(
            f"On Classes, all else as it came, look at the place with length {across:g} and width {up:g}. What is the entropy there?", lesson.unsure, 0.001, there,
            slips=(Slip(lesson.unsure, AS_IT_CAME, {}), Slip(apply("max", lesson.here), "That is the largest share. The entropy is another line."), Slip(apply("min", lesson.here), "That is the smallest share.")),
            hint="Type both numbers, then read the line Entropy there.", why="Near a border the shares are closer to each other, and the entropy is higher.",
        ),
        choice(
            "Why does cross-entropy pull where the squared error does not? 1: it has larger rates. 2: it is so steep where the sigmoid is flat that the two cancel. 3: it does not use the sigmoid.", 2,
            {1: "On Descent both have the same rate.", 3: "Both use the same prediction. Look at the slopes on Losses, line by line."},
            hint="On Losses: compare the slope in the prediction with the slope of the sigmoid.", why="What is left is prediction - truth: large where it is very wrong.",
        ),
        choice(
            "An illness is deadly if it is not treated, and easy to heal. Which threshold would you take? 1: a low one. 2: 0.5. 3: a high one.", 1,
            {2: "That treats both mistakes alike. Are they alike here?", 3: "Then more of the ill are sent home. What becomes of them?"},
            hint="Which mistake is worse: to miss an ill person, or to frighten a healthy one?", why="It finds more of the ill. That more healthy people are called ill is the smaller harm.",
        ),
        choice(
            "One person of 100 is ill. A model calls nobody ill. Its accuracy is 99 %. What is its recall? 1: 99 %. 2: 1 %. 3: 0 %.", 3,
            {1: "That is the accuracy. Recall looks at the ill alone.", 2: "That is the share of the ill among all."},
            hint="How many of the ill does it find?", why="A high accuracy can mean nothing where one class is rare.",
        ),
        choice(
            "5 is added to each of three scores. What becomes of their softmax shares? 1: all grow. 2: the largest grows. 3: nothing.", 3,
            {1: "They still add up to 1, so they cannot all grow.", 2: "Each power is multiplied by the same e^5. And their sum?"},
            hint="Try it on Large.", why="Above and below the line stands the same factor. That is why the safe way may take the largest score off.",
        ),
        choice(
            "On Classes, where is the entropy highest? 1: in the middle of a region. 2: far away from all flowers. 3: where the regions meet.", 3,
            {1: "There one share is near 1: the model is sure.", 2: "Far from the borders the model is sure, even where it has never seen a flower."},
            hint="Move the yellow place, and read the line Entropy there.", why="Where the scores are equal the shares are, too.",
        ),
    ]  # fmt: skip


def predictions(lesson: Many) -> list[Prediction]:
    """What a learner guesses before looking."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    one, (squared, entropy) = at("sigmoid.one_pred"), (apply("abs", slope) for slope in lesson.two_slopes)
    harder = where(is_above(entropy, 50.0 * squared), 3.0, where(is_above(entropy, squared), 2.0, 1.0))
    early, end = (
        [row(runs[key], at) for key in ("squared", "entropy")]
        for runs, at in ((lesson.right, EARLY + 1), (lesson.far, EPOCHS + 1))
    )
    apart = end[0] - end[1]
    usual = {key: row(lesson.curves[key], HALF) for key in ("recall", "precision")}
    share, shifted = row(lesson.shares, 1), row(at("large.safe"), 1)
    alive = [
        apply("if_error", where(is_above(node, lift(-1e300)), 1.0, 0.0), lift(0.0))
        for node in (lesson.direct, lesson.safe)
    ]
    (sure,) = lesson.as_it_came(lesson.unsure)
    return [
        Prediction(
            "On Sigmoid a person has the score 1. The value grows, so that the score doubles to 2. What becomes of the prediction?",
            ("it doubles", "it grows, but stays below 1", "it stays the same"),
            where(is_above(one, lift(1.4)), 1.0, where(is_above(one, lift(0.74)), 2.0, 3.0)), one, one,
            "The prediction before, then after", "Twice that would be more than 1, and no probability is. The S gets flatter towards 1.", "sigmoid.one_pred", {lesson.person: 3.0},
        ),
        Prediction(
            "A person is ill, the score is -5: sure and wrong. Which loss pulls the score harder, by its slope?",
            ("the squared error", "cross-entropy, about twice as hard", "cross-entropy, more than fifty times as hard"), harder, squared, entropy,
            "The size of the slope of the squared error, then of cross-entropy", "The squared error multiplies by the slope of the sigmoid, which is nearly 0 there. In cross-entropy that cancels.", "losses.slope",
        ),
        Prediction(
            f"Two runs start sure and wrong, with the same rate. Which has more people right after {EARLY} epochs?",
            ("the one on squared error", "the one on cross-entropy", "both the same"), larger(early[0], early[1], 1e-9), early[0], early[1],
            "The share right of the run on squared error, then on cross-entropy", "Where it is sure and wrong, the squared error is a plain: its steps are tiny.", "descent.right_then",
        ),
        Prediction(
            f"And after {EPOCHS} epochs, judged by the squared error?",
            ("the one on squared error is well ahead: it made just that small", "both are close together", "the one on squared error has hardly moved"),
            where(is_above(apply("abs", apart), lift(0.1)), where(is_above(apart, lift(0.0)), 3.0, 1.0), 2.0), end[0], end[1],
            "The squared error of the run on squared error, then of that on cross-entropy", "Once off the plain it is quick, too. Both end about equally near the truth. But one lost much time.", "descent.far_end",
        ),
        Prediction(
            "On Threshold, the threshold goes down from 0.5 to 0.2. What becomes of the recall?",
            ("it falls", "it stays", "it rises"),
            where(is_above(lesson.now["recall"], usual["recall"]), 3.0, where(is_above(usual["recall"], lesson.now["recall"]), 1.0, 2.0)), lesson.now["recall"], lesson.now["recall"],
            "The recall before, then after", "More people are called ill, so more of the ill are among them.", "threshold.recall", {lesson.threshold: 0.2},
        ),
        Prediction(
            "And what becomes of the precision then?",
            ("it falls", "it stays", "it rises"),
            where(is_above(lesson.now["precision"], usual["precision"]), 3.0, where(is_above(usual["precision"], lesson.now["precision"]), 1.0, 2.0)), lesson.now["precision"], lesson.now["precision"],
            "The precision before, then after", "More healthy people are called ill, too. What one share gains, the other pays for.", "threshold.precision", {lesson.threshold: 0.2},
        ),
        Prediction(
            "On Large, 3 is added to all three scores. What becomes of the largest share?",
            ("it grows", "it gets smaller", "it stays the same"),
            where(is_above(lift(1e-9), apply("abs", shifted - share)), 3.0, where(is_above(shifted, share), 1.0, 2.0)), shifted, shifted,
            "The share of A before, then after", "Each power is multiplied by the same number, and so is their sum.", "large.safe", {lesson.shift: 3.0},
        ),
        Prediction(
            "Now 800 is added to all three scores. Which way still finds the shares?",
            ("both ways", "the direct way only", "the safe way only", "neither"),
            where(alive[0] * alive[1], 1.0, where(alive[0], 2.0, where(alive[1], 3.0, 4.0))), lesson.safe, lesson.safe,
            "The log-sum-exp before, then after", "e^800 is too large for the sheet. The safe way never takes a power above e^0.", "large.direct", {lesson.shift: 800.0},
        ),
        Prediction(
            "On Classes, the yellow place moves from among the flowers of kind A to length 0, width 0. What becomes of the entropy there?",
            ("it rises", "it falls", "it stays"),
            where(is_above(lesson.unsure, lift(sure.item())), 1.0, 2.0), lesson.unsure, lesson.unsure,
            "The entropy before, then after", "It came near the borders, where the shares are closer to each other. The model is less sure.", "classes.unsure", {lesson.spot: np.zeros((1, 2))},
        ),
    ]  # fmt: skip


def _apart(found: float, wrong: float, missed: float) -> bool:
    """Whether recall, precision and accuracy of 40 people are told from each other and from the share that is missed."""
    return found != missed and abs(found / (found + wrong) - (40 - wrong - missed) / 40) > 0.01
