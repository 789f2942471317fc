"""The words of lesson 7: a note for each sheet, and a story for each optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BATCHES = (
    "A batch is a part of the rows. A step on a batch costs a fifth of a step on all rows, but the batch knows only its own points, and pulls the curve to them. The rows were shuffled first; column I says in which order. A pass (or epoch) is over when every row has been used once.\n\n"
    "Try this: look at batches 1 to 5 in turn. Then type 1, 2, 3 ... 20 as order: each batch is now one end of the curve or its middle. On Gradients, do they agree more, or less?"
)
GRADIENTS = (
    "Every point is a gradient at the same weights: across, its slope in the weight of x^2, upwards, its slope in the weight of x. Rows scatter widely, batches less, and in their middle lies the gradient of all rows, for it is their mean. That is why a small batch may be used at all: on average it is right. Four rows about halve the distance; where there are many rows, sixteen halve it again.\n\n"
    "Try this: on Batches, start from {:.2f}, {:.2f} and {:.2f}, where the loss is lowest. All rows say: stay. Each batch says: go on."
)
NOISE = (
    "Same rate, same number of rows looked at. Small batches take more steps in a pass: as it came they are ahead after one pass and after ten. But each batch pulls elsewhere, so the weights swing about the best ones: noise. The smaller the rate, the smaller the swing.\n\n"
    "Try this: 0.15 for all rows, a rate that the batches could not stand: who is ahead after ten passes now? Then one row at 0.01: the swing shrinks. At 0.1 it leaps about wildly."
)
COMPARE = (
    "Honest words: after 50 steps all six are within {within:g} of the lowest loss. At {leaders}; other rates, or another order of the rows, can make another winner. Early, plain SGD with a good rate is hard to beat; by step 50 the noise of its batches holds it up, and it comes last. MINVERSE finds the lowest loss in one go. The others earn their keep where there are many weights whose slopes differ widely, and nobody can try out a rate for each.\n\n"
    "Try this: on Batches, multiply the loss by 100. SGD and momentum explode, for their steps grow with the gradient. The other four divide by its size, and take the same steps as before."
)


def who_leads(steps: Sequence[int], names: Sequence[str]) -> str:
    """Who leads at which steps, for a sentence that begins with At.

    >>> who_leads((5, 10, 25), ("plain SGD", "plain SGD", "momentum"))
    'step 5 and 10 plain SGD leads, at step 25 momentum'
    """
    at: dict[str, list[str]] = {}
    for step, name in zip(steps, names, strict=True):
        at.setdefault(name, []).append(str(step))
    (first, its), *others = at.items()
    return ", at ".join(
        [f"step {_listed(its)} {first} leads", *(f"step {_listed(some)} {name}" for name, some in others)]
    )


def _listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


@dataclass(frozen=True)
class Story:
    """An optimiser's sheet: its name, a rate that suits it, its sentence on top, its note, its second chart."""

    sheet: str
    lr: float
    about: str
    note: str
    chart: tuple[str, str, str]  # title, axis, alternative text


OWN = "rate of the weight"
STORIES = {
    "sgd": Story(
        "SGD", 0.04, "plain steps",
        "The plainest step: against the slope that the batch sees. Nothing is remembered. The lower chart shows what each batch asks for: it jumps, and every step follows at once.\n\n"
        "Try this: rates of 0.01 and 0.1. Which creeps, which swings?",
        ("The slopes that the batches see", "gradient", "Three jagged lines: the slopes jump from batch to batch."),
    ),
    "momentum": Story(
        "Momentum", 0.01, "a ball that keeps rolling",
        "m adds up past gradients; each step keeps 0.9 of it. Where gradients agree, m grows up to 10 times as large as one of them, so the rate must be smaller; where they jump, they cancel. A rolling ball also runs past the lowest point.\n\n"
        "Try this: momentum 0, 0.5, 0.99.",
        ("The weight of x^2 on its way", "weight", "The weight of x^2 with momentum runs past its goal, SGD's does not."),
    ),
    "adagrad": Story(
        "Adagrad", 0.7, "a rate of its own for each weight",
        "sum_sq adds up the squared gradients of each weight. The gradient is divided by its root: a steep weight takes careful steps, a flat one bold steps. As the sum only grows, the rate of each weight only shrinks.\n\n"
        "Try this: a rate of 0.1 creeps, ever more slowly; 2 leaps too far at first, and recovers.",
        ("The rate that each weight has now", OWN, "Three falling lines: the rates of the three weights shrink."),
    ),
    "rmsprop": Story(
        "RMSprop", 0.05, "Adagrad that forgets",
        "v is a running mean of squared gradients: old ones fade, so the steps need not shrink for ever. v begins at 0, so the first step is divided by too little: it is 10 times the rate.\n\n"
        "Try this: alpha 0.9. The rates in the lower chart rise again as the gradients get small.",
        ("The rate that each weight has now", OWN, "Three lines: the rates of the three weights."),
    ),
    "adam": Story(
        "Adam", 0.2, "momentum and RMSprop, corrected",
        "m: running mean of gradients, v: of their squares. Both begin at 0 and so are too small at first; m_hat and v_hat correct that. At step 1 each weight moves by just the rate; uncorrected it would be 3.2 times as far.\n\n"
        "Try this: step 1, then 2, 3. Set beta1 to 0.",
        (
            "How far the weight of x^2 moves, in units of the rate", "step / rate",
            "Steps with and without correction: without, the first ones are about three times as long.",
        ),
    ),
    "adamw": Story(
        "AdamW", 0.2, "Adam, with weights drawn to zero",
        "First every weight is made a little smaller: W_less. Then comes a step of Adam. Weights that the data do not ask for fade away, whatever the gradient's size.\n\n"
        "Try this: weight_decay 0 (that is Adam), 0.1, then 1. All three weights are needed here, so drawing them to zero costs loss: how much?",
        ("The weight of x^2 on its way", "weight", "The weight of x^2 with AdamW and with Adam: almost the same line."),
    ),
}  # fmt: skip
