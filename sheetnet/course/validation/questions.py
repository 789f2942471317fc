"""Lesson 8's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial

import numpy as np

from sheetnet.course.drawing import own
from sheetnet.course.validation.folds import Folds
from sheetnet.course.validation.own import EPOCHS, PARTS, parcels
from sheetnet.course.validation.wrong import MOST, Wrong
from sheetnet.graph.node import Node, apply, lift, row, vstack, where
from sheetnet.motifs.exercises import AS_IT_CAME, WHOLE, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above, larger

COUNTED, OTHER_LOSS, TRAINED = (
    "Count again.",
    "That is the validation loss.",
    "That is the training loss: the model has seen these rows.",
)


class Sheets(Folds, Wrong):
    """The sheets that are asked about."""


def questions(lesson: Sheets) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    draw = partial(own, lesson.seed)
    train, valid = lesson.loss_train, lesson.loss_valid
    one, two, three = draw("errors", (0.5, -1, 2), ((0.5, 1.5), (-1, -2, -3), (2, 3, 4)))
    (power,) = draw("power", (7,), ((4, 5, 6, 7, 8),))
    missed, first, second, price = draw("cost", (3, 2, -1, 0.5), ((2, 3, 5), (2, 3), (-1, -4), (0.5, 0.1, 0.2)))
    value, share = draw("dropout", (4, 0.2), ((2, 3, 4, 6), (0.2, 0.5, 0.75)))
    fourth, fifth = draw("waiting", (6, 2), ((5, 6, 7, 8), (2, 3)))
    rows, parts = draw("folds", (40, 5), ((40, 60, 80), (4, 5, 10)))
    low, high, middle = draw("mean", (0.2, 0.7, 0.3), ((0.1, 0.2), (0.7, 0.8, 0.9), (0.3, 0.4, 0.5)), _uneven)
    degree, part = (int(found) for found in draw("part", (6, 1), ((4, 5, 6), (2, 3, 4))))
    shown, power_of = draw("week", (0.6, 2), ((0.6, 0.7, 0.8), (2, 3)))
    (decay,) = draw("decay", (0.5,), ((0.05, 0.3, 0.5, 2, 3),))
    (rate,) = draw("rate", (0.1,), ((0.1, 0.15, 0.2),))
    chosen = {lesson.open: 1.0, lesson.choice: 2.0}
    wrong = _wrong(lesson.seed)
    mended = {lesson.check: wrong}
    a, b = shown**power_of, (1 - shown) ** power_of
    return [
        Exercise(
            "On Degree, as it came: what is the validation loss of degree 5?", row(valid, 5),
            slips=(Slip(row(train, 5), TRAINED), Slip(row(valid, 6), "That is degree 6: a row lower."), Slip(row(valid, 4), "That is degree 4: a row higher.")),
            hint="The row of degree 5, the column Validation.", why="It is higher than that of degree 3: degree 5 is too large here.",
        ),
        Exercise(
            "The gap is validation loss - training loss. By how much is the gap of degree 9 larger than that of degree 3?", row(lesson.gap, 9) - row(lesson.gap, 3),
            slips=(Slip(row(lesson.gap, 9), "That is the gap of degree 9. Take the other gap off."), Slip(row(valid, 9) - row(valid, 3), "Those are the validation losses. Take the gaps."), Slip(row(train, 9), TRAINED)),
            hint="Two numbers in the column Gap: one minus the other.", why="A large gap says: it has learnt by heart.",
        ),
        Exercise(
            f"Worked: on two validation rows the errors are 1 and -3. The loss is (1 + 9) / 2 = 5. Now you: the errors are {one:g}, {two:g} and {three:g}. What is the loss?", (one**2 + two**2 + three**2) / 3,
            slips=(Slip(one**2 + two**2 + three**2, "That is the sum. How many rows are there?"), Slip((abs(one) + abs(two) + abs(three)) / 3, "Square the errors first."), Slip((one + two + three) / 3, "Square the errors first, or they cancel."), Slip(np.floor((one**2 + two**2 + three**2) / 0.3) / 10, "Rounded too early: give three decimals.")),
            hint="Square each error, add up, divide by the number of rows.", why="The same loss as in training, only over other rows.",
        ),
        Exercise(
            f"How many weights has a polynomial of degree {power:g}?", power + 1, WHOLE,
            slips=(Slip(power, "You forgot one: the constant."), Slip(power + 2, "One too many. Degree 1 is a + b x.")),
            hint="Degree 1 is a + b x: two weights.", why="One for each power of x, and one for the constant.",
        ),
        choice(
            "From degree 3 to 9 the training loss falls, and the validation loss rises. What is that called? 1: underfitting. 2: overfitting. 3: dropout.", 2,
            {1: "Then both losses would be high.", 3: "That is something one does against it."},
            hint="What does the curve of degree 9 run after: the shape, or each single point?", why="It learns the noise of its own rows, which other rows do not share.",
        ),
        Exercise(
            f"On Decay, set the decay to {decay:g}. What is the validation loss?", at("decay.valid"), 0.001, {lesson.decay: decay},
            slips=(Slip(at("decay.valid"), AS_IT_CAME, {}), Slip(at("decay.train"), TRAINED), Slip(row(valid, 9), "That is without decay.")),
            hint="Type the decay, then read the line Validation loss.", why="Its weights are smaller, so its curve is smoother than without decay.",
        ),
        Exercise(
            f"Worked: the squared errors add up to 5, the weights are 1 and 3, the decay is 0.1. What is made small is 5 + 0.1 × (1 + 9) = 6. Now you: the squared errors add up to {missed:g}, the weights are {first:g} and {second:g}, the decay is {price:g}.", missed + price * (first**2 + second**2),
            slips=(Slip(missed + price * (first + second), "Square the weights first."), Slip(price * (first**2 + second**2), "That is the price of the weights. Add the squared errors."), Slip(missed + first**2 + second**2, "You left the decay out."), Slip(missed + price * (first**2 - second**2), "A negative weight squared is positive.")),
            hint="Squared errors + decay × sum of squared weights.", why="A weight must now bring more than it costs.",
        ),
        Exercise(
            f"Dropout (on Decay, further down): a unit gives {value:g}, and it stays. The share that is dropped is {share:g}. What is it after dropout?", value / (1 - share),
            slips=(Slip(value * (1 - share), "You multiplied by the share that stays: divide."), Slip(value / share, "You divided by the share that is dropped."), Slip(value, "It stays, but it is made larger, for those that are gone.")),
            hint="Divide by 1 - share.", why="On average the sum stays what it was.",
        ),
        Exercise(
            "On Stopping, as it came: at which epoch is the validation loss lowest?", at("stopping.at"), WHOLE,
            slips=(Slip(at("stopping.stops"), "There patience ends: some epochs later."), Slip(float(EPOCHS), "That is the last epoch."), Slip(at("stopping.at") + 1.0, "That is the row in the table. Epochs begin with 0.")),
            hint="Look for the words: at epoch.", why="What is learnt after it helps on the training rows only.",
        ),
        Exercise(
            f"On Stopping, set the learning rate to {rate:g}. What is the lowest validation loss now?", lesson.least, 0.001, {lesson.lr: rate},
            slips=(Slip(lesson.least, AS_IT_CAME, {}), Slip(row(at("stopping.loss_valid"), EPOCHS + 1), "That is the last epoch."), Slip(row(at("stopping.loss_train"), EPOCHS + 1), TRAINED)),
            hint="Type the rate, then read the line Lowest validation loss.", why="The rate is a hyperparameter too: it decides where the run stands when one stops.",
        ),
        Exercise(
            f"Validation losses of epochs 0, 1, 2 and so on: 9, 7, 5, 4, 4.5, {fourth:g}, {fourth + 1:g}, 9. The patience is {fifth:g}. At which epoch does it stop?", 3 + fifth, WHOLE,
            slips=(Slip(3.0, "Then the loss is lowest. Patience waits some epochs more."), Slip(4 + fifth, "Epochs begin with 0."), Slip(fifth, "Count from the epoch of the lowest loss."), Slip(7.0, "That is the last epoch: patience ends before it.")),
            hint="Find the epoch of the lowest loss, and add the patience.", why="It then takes the weights of the lowest loss.",
        ),
        Exercise(
            f"{rows:g} rows are cut into {parts:g} parts. From how many rows does each fit learn?", rows - rows / parts, WHOLE,
            slips=(Slip(rows / parts, "That many are set aside."), Slip(rows, "One part is set aside, each time.")),
            hint="All rows but one part.", why="And each row is set aside just once.",
        ),
        Exercise(
            f"Three parts give the losses {low:g}, {high:g} and {middle:g}. What does cross-validation compare? Give three decimals.", (low + high + middle) / 3,
            slips=(Slip(low, "That is the luckiest part. All of them count."), Slip(low + high + middle, "That is the sum."), Slip(middle, "That is the middle one. Take the mean.")),
            hint="The mean of the losses.", why="One part may be lucky; a mean is less so.",
        ),
        Exercise(
            f"On Folds, as it came: what is the loss on part {part} with degree {degree}?", row(row(lesson.fold_losses, degree).T, part),
            slips=(Slip(row(row(lesson.fold_losses, degree).T, part + 1), "That is the part to the right."), Slip(row(row(lesson.fold_losses, degree - 1).T, part), "That is one degree lower."), Slip(row(lesson.fold_mean, degree), "That is the mean of all five."),
                   *(Slip(row(row(lesson.fold_losses, degree).T, other), f"That is part {other}.") for other in range(1, PARTS + 1) if other not in (part, part + 1)),
                   Slip(row(row(lesson.fold_losses, degree + 1).T, part), "That is one degree higher."), Slip(row(row(lesson.fold_losses, 3).T, part + 1), "That is degree 3, and another part.")),
            hint="The row of the degree, the column of the part. Or type both numbers.", why="These four rows had no say in the weights.",
        ),
        choice(
            "Which of these is a hyperparameter? 1: a weight. 2: the y of a row. 3: the degree.", 3,
            {1: "The fit finds it. Which number do you choose yourself?", 2: "That is data."},
            hint="Which of them do you type before the fit begins?", why="No slope leads to it: you try, and compare validation losses.",
        ),
        Exercise(
            "On Choose, with choice 2, open its test loss. What is it?", lesson.chosen_test, 0.001, chosen,
            slips=(Slip(lesson.chosen_valid, OTHER_LOSS, chosen), Slip(lesson.chosen_test, "That is way 3.", chosen | {lesson.choice: 3.0}), Slip(0.0, "It is still closed: type 1.")),
            hint="Type 1 into the second yellow cell.", why="Ten rows that nothing was chosen by: the most honest number of this workbook.",
        ),
        choice(
            "Somebody opens the test rows, then takes another degree because its test loss is lower. What is wrong? 1: nothing. 2: the test rows now chose, so their loss is too good. 3: the weights are wrong.", 2,
            {1: "What would you judge the new choice with?", 3: "The weights did not learn from them. The choice did."},
            hint="Which rows are left that nothing was chosen by?", why="Whoever takes the best of many on some rows needs other rows to judge it.",
        ),
        Exercise(
            "On Surprise, as it came: which parcel is the model most surprised by?", row(lesson.at, 1), WHOLE,
            slips=(Slip(row(lesson.at, 2), "That is place 2."), Slip(1.0, "That is its place. Which parcel stands there?"), Slip(row(lesson.at, MOST), "That is the last of the ten.")),
            hint="The table of ten, the row of place 1, the column Parcel.", why="Its error is far larger than all others: look at its slip first.",
        ),
        Exercise(
            "On Surprise, check that parcel against its slip. What is the loss then?", lesson.parcel_loss, 0.01, mended, relative=True,
            slips=(Slip(lesson.parcel_loss, "That is with the wrong price.", {}), Slip(row(lesson.ten_errors, 1), "That is an error, not the loss.", {})),
            hint="Type its number into the yellow cell.", why="One wrong price of sixty made up a large part of the loss.",
        ),
        Exercise(
            f"On Loop: A was shown {shown:g}, B {1 - shown:.1g}. Both are liked equally, trust is {power_of:g}, nothing is shown by chance. Which share of A is shown the week after?", a / (a + b),
            slips=(Slip(a, "Divide by what both have together."), Slip(shown, "That would be with a trust of 1."), Slip(b / (a + b), "That is B.")),
            hint="Shares to the power of the trust; A's, divided by the sum of both.", why="What was more becomes still more.",
        ),
    ]  # fmt: skip


def _wrong(seed: int) -> float:
    """The number of the parcel with the wrong price."""
    _, typed, slips = parcels(seed)
    return float(np.argmax(typed != slips)) + 1.0


def predictions(lesson: Sheets) -> list[Prediction]:
    """What a learner guesses before looking."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    three = {
        part: [row(one, d) for d in (1, 3, 9)]
        for part, one in (("train", lesson.loss_train), ("valid", lesson.loss_valid))
    }
    least = {part: apply("match", apply("min", vstack(some)), vstack(some)) for part, some in three.items()}
    none, none_train = row(lesson.loss_valid, 9), row(lesson.loss_train, 9)
    with_decay, with_decay_train = at("decay.valid"), at("decay.train")
    stop = at("stopping.at")
    middle = where(is_above(stop, lift(0.5)), where(is_above(lift(EPOCHS - 0.5), stop), 2.0, 3.0), 1.0)
    spread = row(lesson.fold_losses, 3).T
    ratio = apply("max", spread) / apply("min", spread)
    wrong = {lesson.check: _wrong(lesson.seed)}
    halved = 2.0 * lesson.parcel_loss - float(lesson.as_it_came(lesson.parcel_loss)[0].item())
    far = where(is_above(lesson.last, lift(0.9)), 3.0, where(is_above(lesson.last, lift(0.52)), 2.0, 1.0))
    return [
        Prediction(
            "A curve of degree 1, 3 or 9 is fitted to 12 noisy points. Which has the lowest loss on these 12 points?",
            ("degree 1", "degree 3", "degree 9"), least["train"], three["train"][1], three["train"][2],
            "The training loss of degree 3, then of degree 9", "More weights can only come closer to the points that they are fitted to.", "degree.loss_train",
        ),
        Prediction(
            "And which has the lowest loss on 8 other points of the same kind?",
            ("degree 1", "degree 3", "degree 9"), least["valid"], three["valid"][1], three["valid"][2],
            "The validation loss of degree 3, then of degree 9", "Degree 9 has learnt the noise of its 12 points. Other points have other noise.", "degree.loss_valid",
        ),
        Prediction(
            "Degree 9 gets a price on large weights: a decay of 0.1. What becomes of its training loss?",
            ("it falls", "it rises", "it stays the same"), where(is_above(with_decay_train, none_train), 2.0, 1.0), none_train, with_decay_train,
            "Its training loss without, then with decay", "Without a price the fit is the best there is on these rows. Any other weights fit them less well.", "decay.train",
        ),
        Prediction(
            "And what becomes of its validation loss?",
            ("it falls", "it rises", "it stays the same"), where(is_above(with_decay, none), 2.0, 1.0), none, with_decay,
            "Its validation loss without, then with decay", "Smaller weights make a smoother curve. It loses noise, and keeps the shape.", "decay.valid",
        ),
        Prediction(
            "Descent lets degree 9 learn for 60 epochs. When is the validation loss lowest?",
            ("at the start", "somewhere on the way", "at the last epoch"), middle, lesson.least, row(at("stopping.loss_valid"), EPOCHS + 1),
            "The lowest validation loss, then the last one", "What all rows share is learnt first. What is learnt later helps on the training rows only.", "stopping.at",
        ),
        Prediction(
            "Degree 3 is judged five times, each time by four other rows. How many times the smallest of the five losses is the largest?",
            ("less than one and a half times", "more than that"), where(is_above(ratio, lift(1.5)), 2.0, 1.0), apply("min", spread), apply("max", spread),
            "The smallest of the five losses, then the largest", "Four rows are few, and chance decides much. Hence the mean of all five.", "folds.losses",
        ),
        Prediction(
            "You choose degree 3, because its validation loss is the lowest. Then the test rows are opened. Its test loss is",
            ("lower than its validation loss", "higher than its validation loss", "exactly the same"), larger(-lesson.chosen_test, -lesson.chosen_valid, 1e-9), row(lesson.loss_valid, 3), lesson.chosen_test,
            "Its validation loss, then its test loss", "It was taken because its validation loss was low, and a part of that was luck.", "choose.test", {lesson.open: 1.0, lesson.choice: 2.0},
        ),
        Prediction(
            "60 parcels have kg, a distance and a price. One price was typed wrongly. You correct it. The loss of the fit",
            ("stays about the same", "falls, but not to one half", "falls to less than one half"),
            where(is_above(lift(0.0), halved), 3.0, 2.0), lesson.parcel_loss, lesson.parcel_loss,
            "The loss before, then after", "Errors are squared: one very wrong row outweighs many that are a little off.", "surprise.loss", wrong,
        ),
        Prediction(
            "Song A is shown 55 % of the time, B 45 %. People like both equally. The model shows more of what is clicked more. After 20 weeks A is shown",
            ("half the time", "about 55 % of the time", "nearly always"), far, row(lesson.share_a, 1), lesson.last,
            "The share of A at first, then after 20 weeks", "What is shown more is clicked more, and so it is shown more. The model makes its own truth.", "loop.shown",
        ),
    ]  # fmt: skip


def _uneven(low: float, high: float, middle: float) -> bool:
    """Whether the mean of three losses is told from the middle one."""
    return abs(low + high - 2 * middle) > 0.01
