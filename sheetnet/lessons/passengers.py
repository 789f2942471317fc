"""Words and exercises of the passengers' workbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheetnet.exercises import Exercise, choice
from sheetnet.sheets.words import Word

if TYPE_CHECKING:
    from sheetnet.lessons.titanic import Plan


def words(models: Sequence[str]) -> list[Word]:
    """The terms, each with a block where it is seen, for a workbook with these models."""
    first, last = models[0], models[-1]
    return [
        Word("feature", "A number known of each passenger; a column of X.", "features.X"),
        Word("weight", "What a feature is multiplied with; the numbers that are learnt.", f"{first}.now.weight"),
        Word("prediction", "The model's answer for one passenger; above 0.5 it says survived.", f"{first}.now.pred"),
        Word("error", "Prediction minus what happened.", f"{first}.then.error"),
        Word("loss", "Mean squared error: how far the predictions are off, on average.", f"{first}.now.loss"),
        Word("accuracy", "The share of passengers whose survival is predicted right.", f"{first}.now.accuracy"),
        Word("Lin", "Features times weights, added up.", f"{last}.now.{'lin' if last != 'linear' else 'pred'}"),
        Word("gradient", "How much the loss changes as each weight rises, per unit.", f"{first}.then.grad_W"),
        Word("wiggle", "A tiny change of a weight, to see what the loss does.", "start.wiggle"),
        Word("learning rate", "How far a step goes against the gradient.", f"start.{first}.lr"),
        Word("epoch", "One step of descent that has seen all passengers.", f"{first}.descent.epoch"),
    ]


def ask(plan: Plan) -> list[Exercise]:
    """The exercises for a plan, whatever its table and models."""
    return [choice("1 or 2?", 1)]
