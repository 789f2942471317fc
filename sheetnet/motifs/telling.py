"""What sheets say of a model, by the kind of its forward pass, not its name; also of a kind that is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.models.model import Model, linear_forward, relus_forward

SOLVER = "Change a yellow weight, or let Solver do it (Data > Solver; not there? See Words)."
BLAME = "A name with d_ says how much the loss rises, for each unit that this number rises. d_pred = 2 × error / rows."
COUNT = {1: "one weight", 2: "two weights", 3: "three weights", 4: "four weights", 5: "five weights"}


@dataclass(frozen=True)
class Telling:
    """The words for one model: of its own sheet, of its backward pass, and of what a large rate does to it."""

    title: str
    about: str
    purpose: str  # after "a model learns to tell who survived: "
    backward: tuple[str, ...]
    wiggle: str  # where wiggled and exact gradient may differ
    too_large: str  # on Descent
    blame: str  # what of the backward pass X is multiplied with
    units: bool = False  # whether it has units of which each may be on or off


def telling(model: Model) -> Telling:
    """The words for a model."""
    return next((say for forward, say in _SAY.items() if model.kind.forward is forward), _any)(model)


def _linear(model: Model) -> Telling:
    return Telling(
        "one weight for each feature, multiplied and added",
        f"Prediction = SUMPRODUCT of a row of X and the weights; above 0.5 counts as survived. {SOLVER}",
        "with one weight for each feature",
        (
            BLAME,
            "The gradient of a weight: its column of X times d_pred, added up. At once: MMULT(TRANSPOSE(X), d_pred).",
        ),
        "It is as exact as the digits of the loss allow: try a wiggle of 0.0000000001.",
        "A rate too large ends in #NUM!: the numbers have outgrown the sheet. Undo brings them back.",
        "d_pred",
    )


def _relus(model: Model) -> Telling:
    k = model.n_hidden
    both = "both ReLUs" if k == 2 else "the ReLU" if k == 1 else "all ReLUs"
    total = " + ".join(f"ReLU {j + 1}" for j in range(k)) if k <= 3 else f"ReLU 1 + ... + ReLU {k}"
    return Telling(
        f"{COUNT.get(k, f'{k} weights')} per feature, negative sums cut to 0",
        f"Lin: SUMPRODUCT, as on Linear. ReLU = MAX(0, Lin). Prediction = {total if k > 1 else 'ReLU'}. {SOLVER}",
        "as a tiny neural net" if k <= 2 else f"as a neural net of {k} units",
        (
            BLAME,
            "d_relu: d_pred for each ReLU, since they are added. mask: 1 where Lin is above 0. d_lin = d_relu × mask:"
            " what was cut to 0 is not to blame.",
            "The gradient of a weight: its column of X times d_lin, added up. At once: MMULT(TRANSPOSE(X), d_lin).",
        ),
        "It may differ where the Lin of some row lies within a wiggle of 0, the corner of a ReLU: try 0.01.",
        f"A rate too large kills {both}: every Lin is negative, every prediction 0, the loss stays.",
        "d_lin" if k == 1 else "the first column of d_lin",
        True,
    )


def _any(model: Model) -> Telling:
    k = model.n_hidden
    return Telling(
        f"{COUNT.get(k, f'{k} weights')} per feature",
        f"Each step of the model stands in columns of its own, the prediction last. {SOLVER}",
        f"with the model {model.title}",
        (BLAME, "From there back through each step: each d_ says how much the loss rises with that number."),
        "It may differ where the loss has a corner within a wiggle: try 0.01.",
        "With a rate too large the loss leaps, and may run away or stay.",
        "d_lin" if k == 1 else "the first column of d_lin",
    )


_SAY: dict[Callable[..., object], Callable[[Model], Telling]] = {
    linear_forward: _linear, relus_forward: _relus,
}  # fmt: skip
