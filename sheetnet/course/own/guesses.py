"""What a learner guesses before looking, of one's own table and nets: five questions, made of their own words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from sheetnet.graph.node import Node, apply, lift, row, vstack, where
from sheetnet.models.labels import rows_of
from sheetnet.motifs.learning import Learning
from sheetnet.motifs.net_parts import brief
from sheetnet.motifs.predictions import Prediction, is_above, larger
from sheetnet.page.language import said, whole

LOST = 1e300  # stands for a loss that has outgrown the sheet
TIMES = 10.0  # how many times the rate
BEYOND = 1000.0  # times the usual loss: a loss that runs away
MOST, CHOICES = 5, 4
SAME = 1e-12


def guesses(nets: Sequence[Learning], features: Sequence[str], target: str) -> list[Prediction]:
    """At most five, in the order of the sheets: of the last net, and of two nets where there are two."""
    last, epochs = nets[-1], nets[0].setting.epochs
    out = [_at_the_start(last, target), *_largest(last, features), _beats_nothing(last, target), _faster(last)]
    if len(nets) > 1:
        out.append(_who_wins(nets[0], last))
    elif "valid_loss" in last.curves:
        out.append(_kept_back(last))
    elif epochs >= 10:
        out.append(_first_tenth(last))
    return out[:MOST]


def _end(one: Learning, what: str = "loss") -> Node:
    return _found(one.at(one.curves[what], one.setting.epochs))


def _found(loss: Node) -> Node:
    return apply("if_error", loss, lift(LOST))


def _at_the_start(one: Learning, target: str) -> Prediction:
    """Of a number R2 beside 0, of classes accuracy beside the share of the largest, at the parameters as they came."""
    look, words = f"{one.net.name}.now", {"net": one.net.title, "target": brief(target)}
    if one.setting.units is None:
        rule, begun = one.majority, one.at(one.curves["accuracy"], 0)
        return Prediction(
            said("{net} has its start numbers and has not taken a step. Is it right more often than a rule that says the most common {target} for every row?", **words),
            ("less often", "more often", "just as often"), larger(rule, begun, SAME), rule, begun,
            "The share of right answers: of the rule, then of the model", "The start numbers were not learnt from these rows. A model has to beat the simple rule first.", f"{look}.accuracy",
        )  # fmt: skip
    r2 = one.worth()["r2"]
    return Prediction(
        said("R2 is 1 where all predictions are right, and 0 for who says the mean {target} for every row. What is R2 of {net} before its first step?", **words),
        ("below 0", "above 0", "just 0"), larger(lift(0.0), r2, SAME), 0.0, r2,
        "R2: of the mean, then of the model", "The start numbers were not learnt from these rows. Below 0 means worse than the mean.", f"{look}.r2",
    )  # fmt: skip


def _largest(one: Learning, features: Sequence[str]) -> list[Prediction]:
    """Which of a few columns has the largest weights in the end; nothing where no weight meets the columns of X."""
    met = [
        p
        for p in one.net.trained
        if p.shape[0] == len(features) and rows_of(one.net, p.name, features) == tuple(features)
    ]
    n = min(CHOICES, len(features))
    if not met or n < 2:
        return []
    at = [i * (len(features) - 1) // (n - 1) for i in range(n)]
    name, single = met[0].name, met[0].shape[1] == 1
    begun, ended = ([_size(W, i) for i in at] for W in (one.start[name], one.last[name]))
    winner = lift(1.0)
    for i in range(1, n):
        above = reduce(lambda a, b: a * b, (is_above(ended[i], other) for other in ended[:i]))
        winner = where(above, float(i + 1), winner)
    start = apply("row", vstack(begun), winner)
    asked = (
        "Each column of X has a weight in {name} of {net}. Which of these weights is the largest after the last epoch? Its sign does not count."
        if single
        else "Each column of X has weights in {name} of {net}, one for each unit. Of which column are they the largest after the last epoch? Their sizes are added up."
    )
    return [Prediction(
        said(asked, name=name, net=one.net.title), tuple(whole(brief(features[i])) for i in at), winner, start, apply("max", vstack(ended)),
        "Its size at the start, then at the end" if single else "Their sizes, added up: at the start, then at the end", "A large weight makes a column count for much. Weights begin by chance, so a small difference says little.", f"{one.net.name}.descent.{name}.{one.setting.epochs}",
    )]  # fmt: skip


def _size(W: Node, i: int) -> Node:
    """The sizes of the weights in a row, added up, (1, 1)."""
    return apply("sum", apply("abs", row(W, i + 1)))


def _beats_nothing(one: Learning, target: str) -> Prediction:
    epochs, words = one.setting.epochs, {"net": one.net.title, "target": brief(target)}
    if one.setting.units is None:
        asked = said(
            f"Who looks at no column can say the most common {{target}} for every row. Is {{net}} right more often after {epochs} epochs?",
            **words,
        )
        rule, end = one.majority, one.at(one.curves["accuracy"], epochs)
        return Prediction(
            asked, ("less often", "more often", "just as often"), larger(rule, end, SAME), rule, end,
            "The share of right answers: of the rule, then of the model", "If it is not right more often, it has learnt nothing of use yet: it needs more epochs, another rate, or other columns.", f"{one.net.name}.descent.accuracy",
        )  # fmt: skip
    mean, end = one.loss_of_mean, _end(one)
    return Prediction(
        said(f"Who looks at no column can say the mean {{target}} for every row. Is the loss of {{net}} smaller than the loss of that, after {epochs} epochs?", **words),
        ("smaller", "larger", "the same"), larger(mean, end, SAME), mean, end,
        "The loss: of the mean, then of the model", "If it is not smaller, it has learnt nothing of use yet: it needs more epochs, another rate, or other columns.", f"{one.net.name}.descent.loss",
    )  # fmt: skip


def _faster(one: Learning) -> Prediction:
    """What ten times the rate does to the last loss."""
    epochs, usual = one.setting.epochs, _end(one)
    return Prediction(
        said(f"The learning rate of {{net}} is multiplied by {TIMES:g}. What is its loss after {epochs} epochs?", net=one.net.title),
        ("smaller than at the rate as it came", "larger", "beyond all bounds: more than a thousand times", "the same"), _fate, usual, usual,
        f"The last loss, at the rate as it came and at {TIMES:g} times the rate", "A step goes rate × gradient. Longer steps arrive earlier, until they are so long that they jump over the valley.", f"{one.net.name}.descent.loss",
        {one.lr: TIMES * one.lr},
    )  # fmt: skip


def _fate(before: float, after: float) -> float:
    """Which choice comes true of the last loss, at the usual rate and at a larger one."""
    if after > BEYOND * before:
        return 3.0
    return 4.0 if after == before else 2.0 if after > before else 1.0


def _who_wins(first: Learning, last: Learning) -> Prediction:
    epochs, titles = first.setting.epochs, (first.net.title, last.net.title)
    a, b = _end(first), _end(last)
    return Prediction(
        f"Both take {epochs} steps at their rates. Whose loss is smaller in the end?",
        (*map(whole, titles), "both the same"), larger(b, a, SAME), a, b,
        said("The last loss of {first}, then of {last}", first=titles[0], last=titles[1]), "More layers can follow more shapes, and need more steps to do so. Start and rate decide how far each comes.", f"{last.net.name}.descent.loss",
    )  # fmt: skip


def _kept_back(one: Learning) -> Prediction:
    epochs = one.setting.epochs
    learnt, other = _end(one), _end(one, "valid_loss")
    return Prediction(
        said(f"Some rows are kept back for validation: {{net}} does not learn from them. On which rows is its loss larger after {epochs} epochs?", net=one.net.title),
        ("on those it learns from", "on those kept back", "the same on both"), larger(learnt, other, SAME), learnt, other,
        "The loss: of the rows it learns from, then of those kept back", "What is learnt by heart helps with known rows alone. With few rows chance decides, too.", f"{one.net.name}.descent.valid_loss",
    )  # fmt: skip


def _first_tenth(one: Learning) -> Prediction:
    epochs, loss = one.setting.epochs, one.curves["loss"]
    early = epochs // 10
    begun, then, end = one.at(loss, 0), _found(one.at(loss, early)), _end(one)
    part = (begun - then) / (begun - end)
    which = where(is_above(part, lift(0.5)), 3.0, where(is_above(part, lift(0.1)), 2.0, 1.0))
    return Prediction(
        said(f"From the first epoch to the last the loss of {{net}} changes. How much of that is done after a tenth of the epochs, {early} of {epochs}?", net=one.net.title),
        ("a tenth or less", "more than a tenth, up to half", "more than half"), where(apply("equal", begun, end), 1.0, which), begun, then,
        f"The loss at the start, then at epoch {early}", "Where the loss is steep, steps are long. Near the bottom it is flat, and steps get short.", f"{one.net.name}.descent.loss",
    )  # fmt: skip
