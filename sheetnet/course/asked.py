"""Exercises that workbooks of several kinds ask alike, whatever their table and their models."""

from __future__ import annotations

from sheetnet.motifs.exercises import UP, Exercise, Slip, choice


def one_step() -> Exercise:
    """A step of plain descent by hand: the same numbers whatever the model."""
    return Exercise(
        "Worked: a weight is 0.5, its gradient 0.2, the learning rate 0.1. After one step of plain descent it is 0.5 - 0.1 × 0.2 = 0.48. Now you: the weight is -0.2, its gradient 0.15, the rate 0.1.", -0.215,
        slips=(Slip(-0.185, UP), Slip(-0.35, "You left the rate out."), Slip(-0.05, "You added the gradient. Multiply it by the rate, and take that off."), Slip(-0.015, "That is the step. What is the weight after it?"), Slip(-0.03, "You multiplied weight and gradient. The rate is what the gradient is multiplied with.")),
        hint="weight - rate × gradient.", why="A gradient above 0 says: the loss falls when this weight falls.",
    )  # fmt: skip


def loss_rises() -> Exercise:
    """What to try first where the loss rises."""
    return choice(
        "The loss rises from epoch to epoch. What is the first thing to try? 1: more epochs. 2: a smaller learning rate. 3: other data.", 2,
        {1: "Then it rises further.", 3: "The same data can be learnt from, at another pace."},
        hint="Which yellow cell says how far a step goes?", why="A step too large jumps over the valley.",
    )  # fmt: skip
