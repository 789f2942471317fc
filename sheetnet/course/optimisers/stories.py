"""The words of lesson 7: a note for each sheet, and a story for each optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BATCHES = (
    "A batch is a part of the rows. A step on a batch of four costs a fifth of a step on all 20 rows. But the batch knows only its own points, and pulls the curve to them.\n\n"
    "The rows were shuffled first: put into an order of chance. The yellow column below says which. A pass (or epoch) is over when every row has been used once.\n\n"
    "Try this: look at batches 1 to 5 in turn. Then type 1, 2, 3 ... 20 as order. Each batch is now one end of the curve, or its middle. On Gradients, do they agree more, or less?"
)
GRADIENTS = (
    "Every point is a gradient at the same weights. Across: its slope in the weight of x^2. Upwards: its slope in the weight of x.\n\n"
    "Rows scatter widely, batches less. In their middle lies the gradient of all rows, for it is their mean. That is why a small batch may be used at all: on average it is right. Four rows about halve the distance. Where there are many rows, sixteen halve it again.\n\n"
    "Try this: on Batches, start from {:.2f}, {:.2f} and {:.2f}, where the loss is lowest. What do all rows say now, and what does each batch say?"
)
NOISE = (
    "Small batches take more steps in a pass. As it came, they are ahead after one pass and after ten. But each batch pulls elsewhere, so the weights swing about the best ones. This is noise. A smaller rate makes a smaller swing.\n\n"
    "Try this: give all rows the rate 0.15. Who is ahead after ten passes now? Then give one row 0.01, then 0.1. What does its swing do?"
)
COMPARE = (
    "Honest words: after 50 steps all six are within {within:g} of the lowest loss. At {leaders}. Other rates, or another order of the rows, can make another winner. Early, plain SGD with a good rate is hard to beat. By step 50 the noise of its batches holds it up, and it comes last. The others are worth it where many weights have very different slopes, and nobody can try a rate for each.\n\n"
    "Try this: on Batches, multiply the loss by 100. Who explodes, and who takes the same steps as before? Look for who divides by the size of the gradient.\n"
    "For the curious: MINVERSE finds the lowest loss of such a curve at once, without a step."
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
        "SGD is stochastic gradient descent: steps on batches that chance has drawn. It is the plainest step: against the slope that the batch sees. Nothing is remembered. The lower chart shows what each batch asks for. It jumps, and every step follows at once.\n\n"
        "Try this: rates of 0.01 and 0.1. Which creeps, which swings?",
        ("The slopes that the batches see", "gradient", "Three jagged lines: the slopes jump from batch to batch."),
    ),
    "momentum": Story(
        "Momentum", 0.01, "a ball that keeps rolling",
        "m adds up past gradients; each step keeps 0.9 of it. Where gradients agree, m grows up to 10 times as large as one of them. So the rate must be smaller. Where gradients jump, they cancel. A rolling ball also runs past the lowest point.\n\n"
        "Try this: momentum 0, 0.5, 0.99.",
        ("The weight of x^2 on its way", "weight", "The weight of x^2 with momentum runs past its goal, SGD's does not."),
    ),
    "adagrad": Story(
        "Adagrad", 0.7, "a rate of its own for each weight",
        "sum_sq adds up the squared gradients of each weight. The gradient is divided by its square root. So a steep weight takes careful steps, a flat one bold steps. The sum only grows, so the rate of each weight only shrinks.\n\n"
        "Try this: rates of 0.1 and 2. Which creeps, which leaps too far at first and recovers?",
        ("The rate that each weight has now", OWN, "Three falling lines: the rates of the three weights shrink."),
    ),
    "rmsprop": Story(
        "RMSprop", 0.05, "Adagrad that forgets",
        "v is a running mean of squared gradients: old ones fade. So the steps need not shrink for ever. v begins at 0, so the first step is divided by too little. It is 10 times the rate.\n\n"
        "Try this: alpha 0.9. The rates in the lower chart rise again as the gradients get small.",
        ("The rate that each weight has now", OWN, "Three lines: the rates of the three weights."),
    ),
    "adam": Story(
        "Adam", 0.2, "momentum and RMSprop, corrected",
        "m is a running mean of gradients, v one of their squares. Both begin at 0, so at first they are too small. m_hat and v_hat correct that.\n\n"
        "Try this: look at step 1. How far does each weight move? Without the correction? Then steps 2 and 3. Set beta1 to 0.",
        (
            "How far the weight of x^2 moves, in units of the rate", "step / rate",
            "Steps with and without correction: without, the first ones are about three times as long.",
        ),
    ),
    "adamw": Story(
        "AdamW", 0.2, "Adam, with weights drawn to zero",
        "First every weight is made a little smaller: W_less. Then comes a step of Adam. Weights that the data do not ask for fade away.\n\n"
        "Try this: weight_decay 0 (that is Adam), 0.1, then 1. All three weights are needed here. So drawing them to zero makes the loss larger. By how much?",
        ("The weight of x^2 on its way", "weight", "The weight of x^2 with AdamW and with Adam: almost the same line."),
    ),
}  # fmt: skip
