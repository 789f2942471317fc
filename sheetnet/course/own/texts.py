"""Words, exercises and things to try of a workbook of one's own table, made of its own columns and nets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from math import log

from sheetnet.graph.node import apply, lift, mean, row, selector, square, where
from sheetnet.models.net import Net
from sheetnet.models.optimisers import Optimiser
from sheetnet.motifs.exercises import Exercise, choice
from sheetnet.motifs.learning import Learning, Setting
from sheetnet.motifs.net_parts import describe, sheet_name
from sheetnet.motifs.panel import FIRST_LOOK
from sheetnet.motifs.start import Try
from sheetnet.motifs.words import Word
from sheetnet.tables.columns import WORDS


def purpose(target: str, rows: str, nets: Sequence[Net]) -> str:
    """Two sentences on what the workbook is for."""
    how = ", then ".join(f"{net.title} ({describe(net)})" for net in nets)
    return (
        f"From {rows} rows a model learns to predict {target}: {how}. Every step is a formula that you can click on,"
        " and the sheet Torch compares it with PyTorch."
    )


def tries(epochs: int, nets: Sequence[Net], optimiser: Optimiser) -> list[str | Try]:
    """Five things to try, in the order of the sheets."""
    first, last = sheet_name(nets[0].title), sheet_name(nets[-1].title)
    fast, rate = f"{4 * optimiser.lesson_lr:g}", f"start.{nets[0].name}.lr"
    return [
        "On Data, change a number of the first row. Follow it to Features and to the loss here. Then press undo.",
        f"On {first}, change one yellow number: the loss beside it, the whole descent and the verdict here follow.",
        Try(
            f"Set the epoch to look at to {another_epoch(epochs)} and turn to Gradient {last[:22]}: all is now of that epoch.",
            "start.epoch",
        ),
        Try(
            f"Raise the learning rate to {fast}, then double it again and again: where does the loss stop falling?",
            rate,
        ),
        Try("Set the learning rate to 0: what does the curve on Descent look like now? Then press undo.", rate),
    ]


BACK = {  # from y to the target's own units, by how it is scaled
    "standardised": "pred x spread + mean",
    "share_of_largest": "pred x largest",
    "min_max": "pred x (largest - smallest) + smallest",
    "log": "exp(pred) - 1",
}


def another_epoch(epochs: int) -> int:
    """An epoch to look at that is not the one which a workbook shows as it comes, the tenth or the last."""
    return min(20, epochs) if epochs > FIRST_LOOK else epochs // 2


def words(nets: Sequence[Learning], target: str, y: str) -> list[Word]:
    """The terms, each with a block where it is seen; y: the block of y."""
    first, units = nets[0].net, nets[0].setting.units
    weight, out = first.trained[0].name, first.result_names[-1]
    found = [
        Word("feature", "A number known of each row; a column of X.", "features.X"),
        Word("parameter", "A number that is learnt: a weight or a bias.", f"{first.name}.now.{weight}"),
        Word(out, f"What the model gives for one row: {SAYS[first.loss]}.", f"{first.name}.now.{out}"),
        Word("loss", f"{first.of_loss.title}: {first.of_loss.words}, the mean over rows.", f"{first.name}.now.loss"),
        Word(
            "gradient", "How much the loss changes as each number rises, per unit.", f"{first.name}.then.grad_{weight}"
        ),
        Word("learning rate", "What the gradient is multiplied with to make a step.", f"start.{first.name}.lr"),
        Word("epoch", "One step of descent that has seen all rows.", f"{first.name}.descent.epoch"),
    ]
    found[2:2] = _of_layers(nets)
    if "accuracy" in nets[0].curves:
        right = f"The share of rows whose {target} is right."
        found.append(Word("accuracy", right, f"{first.name}.now.accuracy"))
    if units is not None:
        now = f"{first.name}.now"
        root = f"The root of the mean squared error, in the units of {target}."
        found.append(Word("y", f"What the models learn of {target}: {WORDS[units.how]}.", y))
        if units.scaled:
            back = f"A prediction as {target} has it: {BACK[units.how]}."
            found.append(Word("own units", back, f"{now}.in_units"))
        found.append(
            Word("R2", "The share of y's variance that is explained: 1 is all, 0 no better than its mean.", f"{now}.r2")
        )
        found.append(Word("RMSE", root, f"{now}.rmse"))
    return found


MEANS = {
    "lin": "What comes in times weights, added up, plus a bias.",
    "relu": "What is above 0 stays, what is below becomes 0.",
    "leaky": "What is above 0 stays, what is below becomes small.",
    "sigmoid": "1 / (1 + exp(-a)): any number, brought between 0 and 1.",
    "tanh": "Any number, brought between -1 and 1.",
    "norm": "Less its mean, divided by its spread, times gamma, plus beta.",
    "embedding": "The row of learnt numbers that belongs to a code.",
}


def _of_layers(nets: Sequence[Learning]) -> list[Word]:
    """A word for each kind of layer, at the first step of that kind."""
    seen: dict[str, Word] = {}
    for one in nets:
        for step, name in zip(one.net.steps[:-1], one.net.result_names, strict=False):
            word = step.layer.word
            if word in MEANS:
                seen.setdefault(word, Word(word, MEANS[word], f"{one.net.name}.now.{name}"))
    return list(seen.values())


SAYS = {
    "mse": "its prediction",
    "mae": "its prediction",
    "huber": "its prediction",
    "bce_with_logits": "above 0 for the second class; 1 / (1 + exp(-logit)) is its probability",
    "cross_entropy": "a score for each class, of which the largest wins",
}


def ask(nets: Sequence[Learning], features: Sequence[str], classes: Sequence[str]) -> list[Exercise]:
    """The exercises, of the table's own columns and the nets' own numbers."""
    first, last = nets[0], nets[-1]
    one, other, epochs = first.net, last.net, first.setting.epochs
    name, X = features[0], first.setting.X
    weight = one.trained[0].name
    late = another_epoch(epochs)
    number = 0.001
    questions = [
        Exercise("How many columns has X, the table of features?", float(len(features)), 0.25),
        Exercise(f"On {sheet_name(one.title)}, what is the loss as the workbook came?", first.now.loss, number),
        Exercise(f"How many numbers does {one.title} learn, all weights and biases counted?", float(_count(one)), 0.25),
        *_without_a_model(first.setting, classes, number),
        Exercise(f"On Features, what is the {name} of row 1 in X?", row(X, 1) @ selector(X.shape[1], 0, 1), number),
        Exercise(
            f"On Start, set the epoch to look at to {late}. What is the loss of {other.title} at that epoch? (Then press"
            " undo.)", last.at(last.curves["loss"], late), number,
        ),
        Exercise("One step of plain descent: a weight is -0.2, its gradient 0.15, the learning rate 0.1. What is it after?", -0.215),
        Exercise(
            f"On Start, set the learning rate of {other.title} to 0. What is its loss at epoch {epochs}? (Then press undo.)",
            last.at(last.curves["loss"], epochs), number, {last.lr: 0.0},
        ),
        choice("The loss rises from epoch to epoch. What is the first thing to try? 1: more epochs. 2: a smaller learning rate. 3: other data.", 2),
        choice(f"A number of {weight} has the gradient 0: what will a step of plain descent do to it? 1: raise it. 2: nothing. 3: set it to 0.", 2),
    ]  # fmt: skip
    return [
        question if isinstance(question.answer, float) else replace(question, relative=True) for question in questions
    ]


def _without_a_model(setting: Setting, classes: Sequence[str], within: float) -> list[Exercise]:
    """What can be said of the target without looking at a feature: the least that a model should be better than."""
    units = setting.units
    if units is None:
        k = len(classes)
        likely = Exercise(
            f"Write a formula for LN({k}): the cross-entropy of saying that each of {k} classes is as likely.", log(k)
        )
        count = tuple(apply("equal", setting.y, lift(float(i))) for i in range(k))
        shares = reduce(lambda a, b: where(apply("greater", a, b), a, b), (mean(each) for each in count))
        said = "Of all rows, what is the share of the largest class? Saying it of every row has that accuracy. (62.5 % is 0.625)"
        return [Exercise(said, shares, within), likely]
    middle = apply("median", units.own)
    far = "Write a formula for the RMSE of saying this median of every row. A model should be better."
    return [
        Exercise(f"On Features, write a formula for the median of the column {units.name}.", middle, within),
        Exercise(far, apply("sqrt", mean(square(units.own - middle))), within),
    ]


def _count(net: Net) -> int:
    return sum(p.shape[0] * p.shape[1] for p in net.trained)
