"""The exercises of one's own table and nets, with hints, reasons and what is said of likely mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from math import log, log10

from sheetnet.course.asked import loss_rises, one_step
from sheetnet.course.own.texts import another_epoch
from sheetnet.graph.node import Node, apply, lift, mean, row, selector, square, where
from sheetnet.models.net import Net
from sheetnet.motifs.exercises import PER_CENT, WHOLE, Exercise, Slip, choice
from sheetnet.motifs.learning import Learning, Setting
from sheetnet.motifs.net_parts import brief, sheet_name
from sheetnet.page.language import said

CAME = "That is after descent. Read it beside the yellow numbers."


def ask(nets: Sequence[Learning], features: Sequence[str], classes: Sequence[str]) -> list[Exercise]:
    """The exercises, of the table's own columns and the nets' own numbers."""
    questions = [
        *_of_sheets(nets, features),
        *_without_a_model(nets[0].setting, classes),
        *_read_off(nets, features),
        one_step(),
        _no_steps(nets[-1]),
        loss_rises(),
        _no_gradient(nets[0].net),
    ]
    return [one if isinstance(one.answer, float) else replace(one, relative=True) for one in questions]


def _of_sheets(nets: Sequence[Learning], features: Sequence[str]) -> list[Exercise]:
    first, epochs = nets[0], nets[0].setting.epochs
    net, p = first.net, len(features)
    sheet = sheet_name(net.title)
    count, weights = _count(net), _count(net, weights=True)
    return [
        Exercise(
            "How many columns has X, the table of features?", float(p), WHOLE,
            slips=(Slip(p + 1.0, "y is no column of X: it is what is predicted."), Slip(float(first.setting.X.shape[0]), "Those are its rows.")),
            hint="X stands on the right of Features. Under its heading stands its size: rows x columns.", why="Each of them is a number that the model may look at.",
        ),
        Exercise(
            said("On {sheet}, what is the loss as the workbook came?", sheet=sheet), first.now.loss,
            slips=(Slip(first.at(first.curves["loss"], epochs), CAME), Slip(apply("sqrt", first.now.loss), "That is its root.")),
            hint="It stands at the top of that sheet, beside the yellow numbers.", why="The mean of what each row adds, with the numbers in the yellow cells.",
        ),
        Exercise(
            said("How many numbers does {net} learn, all weights and biases counted?", net=net.title), float(count), WHOLE,
            slips=(Slip(float(weights), "Those are the weights alone. Biases are learnt, too."), Slip(float(len(net.trained)), "That is how many tables of numbers. Count the numbers in them.")),
            hint="Each yellow table has rows × columns numbers. Add them up.", why="Descent moves each of them a little in each epoch.",
        ),
    ]  # fmt: skip


def _read_off(nets: Sequence[Learning], features: Sequence[str]) -> list[Exercise]:
    first, last = nets[0], nets[-1]
    X, late, epochs = first.setting.X, another_epoch(first.setting.epochs), first.setting.epochs
    others = (Slip(row(X, 1) @ selector(X.shape[1], 1, 1), "That is another column of X."),) if X.shape[1] > 1 else ()
    below = (Slip(row(X, 2) @ selector(X.shape[1], 0, 1), "That is row 2."),) if X.shape[0] > 1 else ()
    loss = last.curves["loss"]
    return [
        Exercise(
            said("On Features, what is the {column} of row 1 in X?", column=brief(features[0])), row(X, 1) @ selector(X.shape[1], 0, 1),
            slips=(*others, *below), hint="Read it in X on the right, not in the rows on the left: X holds what became of them.", why="Models can only multiply and add. So all that they see is a number.",
        ),
        Exercise(
            said(f"On Start, set the epoch to look at to {late}. What is the loss of {{net}} at that epoch? (Type the old number back afterwards.)", net=last.net.title), last.at(loss, late),
            slips=(Slip(last.chosen["loss"], "That is the epoch as it came: type the new one first."), Slip(last.at(loss, epochs), "That is the last epoch."), Slip(last.at(loss, 0), "That is the first epoch.")),
            hint="It stands on Start, under chosen; and on Descent, in the row of this epoch.", why="All of Gradient has moved to that epoch as well.",
        ),
    ]  # fmt: skip


def _no_steps(one: Learning) -> Exercise:
    loss, epochs = one.curves["loss"], one.setting.epochs
    return Exercise(
        said(f"On Start, set the learning rate of {{net}} to 0. What is its loss at epoch {epochs}? (Type the old rate back afterwards.)", net=one.net.title), one.at(loss, epochs), changes={one.lr: 0.0},
        slips=(Slip(one.at(loss, epochs), "That is with the rate as it came.", {}),),
        hint="Descent shows it, in its last row.", why="A step is rate × gradient. With rate 0 nothing moves, and the loss stays that of the start.",
    )  # fmt: skip


def _no_gradient(net: Net) -> Exercise:
    weight = net.trained[0].name
    return choice(
        said("A number of {name} has the gradient 0: what will a step of plain descent do to it? 1: raise it. 2: nothing. 3: set it to 0.", name=weight), 2,
        {1: "By how much? A step is rate × gradient.", 3: "The step is taken off. What is taken off here?"},
        hint="rate × 0", why="The loss does not change as this number changes a little: there is no way down from here.",
    )  # fmt: skip


def _without_a_model(setting: Setting, classes: Sequence[str]) -> list[Exercise]:
    """What can be said of the target without looking at a feature: the least that a model should be better than."""
    units = setting.units
    return _of_classes(setting.y, len(classes)) if units is None else _of_numbers(units.own, brief(units.name))


def _of_classes(y: Node, k: int) -> list[Exercise]:
    count = tuple(apply("equal", y, lift(float(i))) for i in range(k))
    shares = [mean(each) for each in count]
    largest = reduce(lambda a, b: where(apply("greater", a, b), a, b), shares)
    return [
        Exercise(
            "Of all rows, what is the share of the largest class? Saying it of every row has that accuracy. (62.5 % is 0.625)", largest,
            slips=(Slip(1.0 - largest, "That is the share of all others."), Slip(100.0 * largest, PER_CENT), Slip(1.0 / k, "That would be so if all classes were as large.")),
            hint="Count the rows of each class in the column y of Features: COUNTIF does it. Divide by all rows.", why="A model that is right less often than that has learnt nothing of use.",
        ),
        Exercise(
            said(f"Write a formula for LN({k}): the cross-entropy of saying that each of {k} classes is as likely."), log(k), wants_formula=True,
            slips=(Slip(float(k), "That is how many classes there are. Now its logarithm."), Slip(log10(k), "That is LOG10. LN is meant."), Slip(1.0 / k, "That is how likely each is. Now minus its logarithm.")),
            hint="Type = and LN, with the number of classes in brackets.", why="A loss below it says: the model knows more than that there are so many classes.",
        ),
    ]  # fmt: skip


def _of_numbers(own: Node, name: str) -> list[Exercise]:
    middle = apply("median", own)
    off = own - middle
    return [
        Exercise(
            said("On Features, write a formula for the median of the column {column}.", column=name), middle, wants_formula=True,
            slips=(Slip(mean(own), "That is the mean."), Slip(apply("max", own), "That is the largest."), Slip(apply("min", own), "That is the smallest.")),
            hint="MEDIAN of the cells of this column, in the rows in use.", why="As many rows lie below it as above.",
        ),
        Exercise(
            said("Write a formula for the RMSE of saying this median of every row. A model should be better."), apply("sqrt", mean(square(off))), wants_formula=True,
            slips=(Slip(mean(square(off)), "That is before the root."), Slip(mean(apply("abs", off)), "Square the errors before you take their mean."), Slip(apply("sqrt", mean(square(own - mean(own)))), "That is of the mean, not of the median.")),
            hint="Root of the mean of (number - median)^2: SQRT, SUMXMY2 or SUMPRODUCT, and the number of rows.", why="An error in the units of the column. A model that looks at other columns must get below it.",
        ),
    ]  # fmt: skip


def _count(net: Net, weights: bool = False) -> int:
    """How many numbers a net learns, or how many of them are weights."""
    return sum(p.shape[0] * p.shape[1] for p in net.trained if not weights or p.held.letter == "W")
