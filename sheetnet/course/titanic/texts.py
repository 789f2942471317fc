"""Words, exercises and things to try of the passengers' workbook, whatever its models."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.graph.node import mean, row, square
from sheetnet.models.model import Model
from sheetnet.models.optimisers import Optimiser
from sheetnet.motifs.exercises import Exercise, choice
from sheetnet.motifs.telling import telling
from sheetnet.motifs.trained import Trained
from sheetnet.motifs.words import Word

NEVER_LATER = 70  # epochs after which a rate of 50 has outgrown the sheet


def purpose(models: Sequence[Model]) -> str:
    """Two sentences on what the workbook is for."""
    nets = [telling(model).purpose for model in models]
    how = ", then ".join([f"first {nets[0]}", *nets[1:]]) if len(nets) > 1 else nets[0]
    return f"From the passengers of the Titanic a model learns to tell who survived: {how}. Every step is a formula that you can click on, and the sheet Torch compares it with PyTorch."


def tries(epochs: int, titles: Sequence[str], best: bool, optimiser: Optimiser, model: Model) -> list[str]:
    """Five things to try, in the order of the sheets; model is the first one."""
    first, last = titles[0], titles[-1]
    rates = optimiser.tried or ", ".join(f"{times * optimiser.lesson_lr:g}" for times in (2, 4, 8, 16)) + ", 50"
    if not telling(model).units and optimiser.bounded:
        raised = "0.2, 1, 5, 50. Its loss leaps, but never runs away: the rate alone bounds a step."
    else:
        outgrown = model.name == "linear" and epochs < NEVER_LATER
        large = "it runs away." if outgrown else telling(model).at_50
        raised = f"{rates}. Where does its loss stop falling? At 50 {large}"
    solved = f"{'with least squares and ' if best else ''}with what descent reached."
    return [
        f"Set the epoch to look at to {min(20, epochs)} and turn to Gradient {last}: all its numbers are now of that epoch. Then press undo.",
        f"Halve, then double, the learning rate of {last}: its curve on Descent {last} leaves torch's dashed line.",
        f"Raise the rate of {first}: {raised}",
        f"On {last}, change one yellow weight: the loss beside it, the whole descent and the verdict here follow.",
        f"In Excel, on {first}: Data > Solver > Solve. Compare its loss {solved}",
    ]


def words(nets: Sequence[Trained]) -> list[Word]:
    """The terms, each with a block where it is seen."""
    first, last, optimiser = nets[0].model.name, nets[-1].model, nets[0].optimiser
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
        *(
            Word(name, f"{meaning[0].upper()}{meaning[1:]}.", f"{first}.then.{name}")
            for name, meaning in optimiser.state.items()
        ),
    ]


def _units(model: Model) -> list[Word]:
    if not telling(model).units:
        return []
    return [
        Word("Lin", "Features times weights, added up.", f"{model.name}.now.lin"),
        Word("ReLU", "MAX(0, Lin): what is negative becomes 0.", f"{model.name}.now.relu"),
    ]


def ask(nets: Sequence[Trained], name: str, n: int) -> list[Exercise]:
    """The exercises for models, whatever they are; name: of the first feature, n: how many rows are in use."""
    first, last, common = nets[0], nets[-1], nets[0].common
    one, other, epochs = first.model.title, last.model.title, common.epochs
    blame, late = telling(first.model).blame, min(20, epochs)
    share = mean(common.y)
    # of ReLUs: also where the line stands alone, for they come next; not where other units stand
    about_relus = all(telling(net.model).units or net.model.name == "linear" for net in nets)
    of_units = [
        Exercise("The two Lin of a passenger are -0.3 and 0.8. Write a formula for what a net of two ReLUs predicts.", 0.8),
        choice("A passenger's Lin is negative. What does the ReLU pass back to its weights? 1: the error. 2: nothing. 3: the loss.", 2),
    ] * about_relus  # fmt: skip
    rate = 0.05 if common.optimiser == "sgd" else 0.005
    questions = [
        Exercise(f"On {one}, what is the loss as the workbook came?", first.now.loss),
        Exercise(f"On {other}, what is the accuracy as the workbook came? (62.5 % is 0.625)", last.now.accuracy),
        Exercise("Write a formula for the share of passengers in use who survived: the mean of the column y.", share),
        Exercise("What would the loss be if the model predicted that share for everybody?", mean(square(share - common.y))),
        Exercise("A model predicts 0.7 for a passenger who died. What is the squared error?", 0.49),
        Exercise("Features are 1, 0.5 and 0.25, weights 0.4, -0.3 and 0.8. Write the prediction as a formula with SUMPRODUCT.", 0.45),
        *of_units[:1],
        Exercise(f"On Start, set the epoch to look at to {late}. What is the loss of {other} at that epoch? (Then press undo.)", last.at(last.losses, late), 0.0005),
        Exercise(
            f"The error of one passenger is 0.8, and {n} are in use. By how much does the loss rise per unit of that prediction? (d_pred, on Gradient {one})", 2 * 0.8 / n, float(f"{0.016 / n:.0e}"),
        ),
        Exercise(
            f"On Gradient {one}, at the epoch as it came: write a formula for the gradient of the weight of {name}, from the column {name} of X on Features and {blame}.", row(first.grad_W, 1), 0.0005,
        ),
        Exercise("One step of plain descent: a weight is -0.2, its gradient 0.15, the learning rate 0.1. What is it after?", -0.215),
        Exercise(
            f"On Start, set the learning rate of {other} to {rate}. What is its loss at epoch {epochs}? (Then press undo.)",
            last.at(last.losses, epochs), 0.0005, {last.lr: rate},
        ),
        *of_units[1:],
        choice("The loss rises from epoch to epoch. What is the first thing to try? 1: more epochs. 2: a smaller learning rate. 3: other data.", 2),
    ]  # fmt: skip
    return questions
