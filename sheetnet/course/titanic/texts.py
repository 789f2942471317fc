"""Words and things to try of the passengers' workbook, whatever its models."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.models.model import Model
from sheetnet.models.optimisers import Optimiser
from sheetnet.motifs.start import Try
from sheetnet.motifs.telling import telling
from sheetnet.motifs.trained import Trained
from sheetnet.motifs.words import Word

NEVER_LATER = 70  # epochs after which a rate of 50 has outgrown the sheet


def purpose(models: Sequence[Model]) -> str:
    """Two sentences on what the workbook is for."""
    nets = [telling(model).purpose for model in models]
    how = ", then ".join([f"first {nets[0]}", *nets[1:]]) if len(nets) > 1 else nets[0]
    return f"From the passengers of the Titanic a model learns to tell who survived: {how}. Every step is a formula that you can click on, and the sheet Torch compares it with PyTorch."


def tries(
    epochs: int, nets: Sequence[Model], best: bool, optimiser: Optimiser
) -> list[str | Try]:  # fmt: skip
    """Five things to try, in the order of the sheets."""
    model, first, last = nets[0], nets[0].title, nets[-1].title
    rates = optimiser.tried or ", ".join(f"{times * optimiser.lesson_lr:g}" for times in (2, 4, 8, 16)) + ", 50"
    if not telling(model).units and optimiser.bounded:
        raised = "0.2, 1, 5, 50. Its loss leaps, but never runs away: the rate alone bounds a step."
    else:
        outgrown = model.name == "linear" and epochs < NEVER_LATER
        large = "it runs away." if outgrown else telling(model).at_50
        raised = f"{rates}. Where does its loss stop falling? At 50 {large}"
    solved = f"{'with least squares and ' if best else ''}with what descent reached."
    return [
        Try(
            f"Set the epoch to look at to {min(20, epochs)} and turn to Gradient {last}: all its numbers are now of that epoch. Then press undo.",
            "start.epoch",
        ),
        Try(
            f"Halve, then double, the learning rate of {last}: its curve on Descent {last} leaves torch's dashed line.",
            f"start.{nets[-1].name}.lr",
        ),
        Try(f"Raise the rate of {first}: {raised}", f"start.{model.name}.lr"),
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
        *_step(nets),
        Word("wiggle", "A tiny change of a weight, to see what the loss does.", "start.wiggle"),
        Word("learning rate", "What the gradient is multiplied with to make a step.", f"start.{first}.lr"),
        Word("epoch", "One step of descent that has seen all passengers.", f"{first}.descent.epoch"),
        *(
            Word(name, f"{meaning[0].upper()}{meaning[1:]}.", f"{first}.then.{name}")
            for name, meaning in optimiser.state.items()
        ),
    ]


def _step(nets: Sequence[Trained]) -> list[Word]:
    if not any(net.model.rectified for net in nets):
        return []
    return [Word("mask", "1 where a ReLU is on, 0 where it is off and hands nothing back.", "small.mask")]


def _units(model: Model) -> list[Word]:
    if not telling(model).units:
        return []
    return [
        Word("Lin", "Features times weights, added up.", f"{model.name}.now.lin"),
        Word("ReLU", "MAX(0, Lin): what is negative becomes 0.", f"{model.name}.now.relu"),
    ]
