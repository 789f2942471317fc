"""Words and exercises of the passengers' workbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheetnet.graph.node import mean, row, square
from sheetnet.motifs.exercises import Exercise, choice
from sheetnet.motifs.words import Word

if TYPE_CHECKING:
    from sheetnet.course.titanic.lesson import Plan
    from sheetnet.models.optimisers import Optimiser


def words(models: Sequence[str], optimiser: Optimiser) -> list[Word]:
    """The terms, each with a block where it is seen, for a workbook with these models and this optimiser."""
    first, last = models[0], models[-1]
    return [
        Word("feature", "A number known of each passenger; a column of X.", "features.X"),
        Word("weight", "What a feature is multiplied with; the numbers that are learnt.", f"{first}.now.weight"),
        Word("prediction", "The model's answer for one passenger; above 0.5 it says survived.", f"{first}.now.pred"),
        Word("error", "Prediction minus what happened.", f"{first}.then.error"),
        Word("loss", "Mean squared error: how far the predictions are off, on average.", f"{first}.now.loss"),
        Word("accuracy", "The share of passengers whose survival is predicted right.", f"{first}.now.accuracy"),
        *_units(last),
        Word("d_pred", "How much the loss rises per unit of one prediction.", f"{first}.then.d_pred"),
        Word("gradient", "How much the loss changes as each weight rises, per unit.", f"{first}.then.grad_W"),
        Word("wiggle", "A tiny change of a weight, to see what the loss does.", "start.wiggle"),
        Word("learning rate", "What the gradient is multiplied with to make a step.", f"start.{first}.lr"),
        Word("epoch", "One step of descent that has seen all passengers.", f"{first}.descent.epoch"),
        *(Word(name, f"{meaning[0].upper()}{meaning[1:]}.", f"{first}.then.{name}") for name, meaning in optimiser.state.items()),
    ]


def _units(model: str) -> list[Word]:
    if model == "linear":
        return []
    return [
        Word("Lin", "Features times weights, added up.", f"{model}.now.lin"),
        Word("ReLU", "MAX(0, Lin): what is negative becomes 0.", f"{model}.now.relu"),
    ]


def ask(plan: Plan) -> list[Exercise]:
    """The exercises for a plan, whatever its table and models."""
    first, last, common = plan.nets[0], plan.nets[-1], plan.common
    one, other, n = first.model.title, last.model.title, plan.spec.n_rows
    name = next(iter(plan.recipe.features))
    blame = "d_pred" if first.model.name == "linear" else "the first column of d_lin"
    late = min(20, plan.spec.epochs)
    share = mean(common.y)
    rate = 0.05 if plan.spec.optimiser == "sgd" else 0.005
    questions = [
        Exercise(f"On {one}, what is the loss as the workbook came?", first.now.loss),
        Exercise(f"On {other}, what is the accuracy as the workbook came? (62.5 % is 0.625)", last.now.accuracy),
        Exercise("Write a formula for the share of passengers in use who survived: the mean of the column y.", share),
        Exercise("What would the loss be if the model predicted that share for everybody?", mean(square(share - common.y))),
        Exercise("A model predicts 0.7 for a passenger who died. What is the squared error?", 0.49),
        Exercise("Features are 1, 0.5 and 0.25, weights 0.4, -0.3 and 0.8. Write the prediction as a formula with SUMPRODUCT.", 0.45),
        Exercise("The two Lin of a passenger are -0.3 and 0.8. Write a formula for what a net of two ReLUs predicts.", 0.8),
        Exercise(f"On Start, set the epoch to look at to {late}. What is the loss of {other} at that epoch? (Then press undo.)", last.at(last.losses, late), 0.0005),
        Exercise(
            f"The error of one passenger is 0.8, and {n} are in use. By how much does the loss rise per unit of that"
            f" prediction? (d_pred, on Gradient {one})", 2 * 0.8 / n, float(f"{0.016 / n:.0e}"),
        ),
        Exercise(
            f"On Gradient {one}, at the epoch as it came: write a formula for the gradient of the weight of {name}, from the"
            f" column {name} of X on Features and {blame}.", row(first.grad_W, 1), 0.0005,
        ),
        Exercise("One step of plain descent: a weight is -0.2, its gradient 0.15, the learning rate 0.1. What is it after?", -0.215),
        Exercise(
            f"On Start, set the learning rate of {other} to {rate}. What is its loss at epoch {plan.spec.epochs}? (Then press undo.)",
            last.at(last.losses, plan.spec.epochs), 0.0005, {last.lr: rate},
        ),
        choice("A passenger's Lin is negative. What does the ReLU pass back to its weights? 1: the error. 2: nothing. 3: the loss.", 2),
        choice("The loss rises from epoch to epoch. What is the first thing to try? 1: more epochs. 2: a smaller learning rate. 3: other data.", 2),
    ]  # fmt: skip
    return questions
