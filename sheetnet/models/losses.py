"""Losses, as graph: what each row adds to the loss, which is the mean over the rows that are learnt from.

As torch defines them, with reduction="mean". A new one is an entry in LOSSES, and its counterpart in layer_twins.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node, apply, constant, lift, mean, square, sum_columns, variable, where

Rows = Callable[[Node, Node], Node]  # out (n, k), y (n, 1) -> what each row adds, (n, 1)


@dataclass(frozen=True)
class Loss:
    """One loss: its title, its formula for a row, and for which targets: "number", "two" (0, 1), "many" (0, 1, ...)."""

    name: str
    title: str
    rows: Rows
    targets: tuple[str, ...]
    words: str  # of a row, for a sheet

    def width(self, n_classes: int) -> int:
        """Columns that a model must give: one, or a score for each class."""
        return n_classes if self.name == "cross_entropy" else 1


def classes(out: Node) -> Node:
    """0, 1, ..., k - 1 as a row, (1, k)."""
    return constant((tuple(float(i) for i in range(out.shape[1])),))


def of_class(out: Node, y: Node) -> Node:
    """The score of each row's own class, (n, 1)."""
    return sum_columns(apply("equal", y, classes(out)) * out)


def _huber(out: Node, y: Node) -> Node:
    """Half the square of an error up to 1, beyond it the error less a half: torch's huber_loss with delta 1."""
    error = (out - y).named("error")
    size = apply("abs", error)
    return where(apply("greater", lift(1.0), size), 0.5 * square(error), size - 0.5)


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("mse", "Mean squared error", lambda out, y: square((out - y).named("error")), ("number", "two"),
             "(prediction - y)^2"),
        Loss("mae", "Mean absolute error", lambda out, y: apply("abs", (out - y).named("error")), ("number", "two"),
             "|prediction - y|"),
        Loss("huber", "Huber loss", _huber, ("number", "two"), "error^2 / 2 up to 1, beyond it |error| - 1/2"),
        Loss(
            "bce_with_logits", "Cross-entropy of two classes",
            lambda out, y: apply("softplus", out) - y * out, ("two",), "ln(1 + exp(logit)) - y × logit",
        ),
        Loss(
            "cross_entropy", "Cross-entropy",
            lambda out, y: apply("logsumexp", out) - of_class(out, y), ("two", "many"),
            "ln(sum of exp(scores)) - the score of its own class",
        ),
    )
}  # fmt: skip


def mean_known(rows: Node, known: Node) -> Node:
    """The mean of what is known, (1, 1): rows and known (n, k), of which known is 1, or 0 where a target is missing.

    sum(known * rows) / sum(known); what is not known adds nothing, and no slope, whatever stands there.
    """
    return apply("sum", where(known, rows, 0.0)) / apply("sum", known)


def loss_of(name: str) -> Loss:
    """The loss of that name.

    Raises: SheetnetError for an unknown one, with those there are.
    """
    if name not in LOSSES:
        raise SheetnetError(f"there is no loss {name!r}; known are {', '.join(LOSSES)}")
    return LOSSES[name]


def of_nothing(loss: str, y: np.ndarray, width: int = 1) -> float:
    """The loss of a model that says 0 in each of `width` columns for every row: what must be beaten.

    y (n, 1). Of a number the mean of y^2, of k classes by cross-entropy ln k.
    """
    out, given = variable("out", (len(y), width)), variable("y", (len(y), 1))
    (found,) = evaluate([mean(loss_of(loss).rows(out, given))], {out: np.zeros((len(y), width)), given: y})
    return float(found[0, 0])


def right(loss: Loss, out: Node, y: Node) -> Node:
    """1 where the class that a model says is the row's, else 0, (n, 1); of equal scores the first counts."""
    if loss.name == "cross_entropy":
        own, k = of_class(out, y), out.shape[1]
        before = constant(tuple(tuple(float(j < i) for j in range(k)) for i in range(k)))
        ahead = apply("equal", out, own) * (apply("equal", y, classes(out)) @ before)
        return apply("equal", sum_columns(apply("greater", out, own) + ahead), lift(0.0))
    border = 0.0 if loss.name == "bce_with_logits" else 0.5
    return apply("equal", apply("greater", out, lift(border)), y)
