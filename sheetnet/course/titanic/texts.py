"""Words and things to try of the passengers' workbook, whatever its models."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.models.model import Model
from sheetnet.models.optimisers import Optimiser
from sheetnet.motifs.start import Try
from sheetnet.motifs.telling import telling
from sheetnet.motifs.trained import Trained
from sheetnet.motifs.words import Word

SOLVER = (
    "Excel's own search for the smallest loss, set up on this sheet. Not under Data? File > Options > Add-ins > Go, tick"
    " Solver Add-in. LibreOffice: Tools > Solver; target: the loss, by changing: the weights, to the minimum, and under"
    " Options an engine for nonlinear problems."
)
LEAST = (
    "The weights of the best line there is: those with the smallest loss of all, found at once and without steps. Only one"
    " best: no other weights are as good."
)


def purpose(models: Sequence[Model]) -> str:
    """Two sentences on what the workbook is for."""
    nets = [telling(model).purpose for model in models]
    how = ", then ".join([f"first {nets[0]}", *nets[1:]]) if len(nets) > 1 else nets[0]
    return f"From the passengers of the Titanic a model learns to tell who survived: {how}. Every step is a formula that you can click on, and the sheet Torch compares it with PyTorch."


def tries(epochs: int, nets: Sequence[Model], best: bool, optimiser: Optimiser) -> list[str | Try]:
    """Five things to try, in the order of the sheets."""
    model, first, last = nets[0], nets[0].title, nets[-1].title
    rates = optimiser.tried or ", ".join(f"{times * optimiser.lesson_lr:g}" for times in (2, 4, 8, 16)) + ", 50"
    raised = f"{rates}. From which rate on is its last loss larger than before?"
    if not telling(model).units and optimiser.bounded:
        raised = "0.2, 1, 5, 50. Its loss leaps, but never runs away: the rate alone bounds a step."
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
        f"On {first}, let Solver find the weights (where it is: see Words). Compare its loss {solved}",
    ]


def words(nets: Sequence[Trained], best: bool) -> list[Word]:
    """The terms, each with a block where it is seen. best: whether least squares is shown."""
    first, last, optimiser = nets[0].model.name, nets[-1].model, nets[0].optimiser
    return [
        Word("feature", "A number known of each passenger; a column of X.", "features.X"),
        Word("X", "All features side by side: a row for each passenger, a column for each feature.", "features.X"),
        Word("y", "What happened: 1 survived, 0 died. A model is to predict it.", f"{first}.now.y"),
        Word(
            "weight",
            "What a feature is multiplied with, a number that is learnt. W: all of them.",
            f"{first}.now.weight",
        ),
        Word("start weights", "Where descent begins: small numbers drawn by chance.", f"{first}.start"),
        Word("seed", "The number of a draw by chance. The same seed draws the same start weights.", f"{first}.start"),
        Word("prediction", "The model's answer for one passenger; above 0.5 it says survived.", f"{first}.now.pred"),
        Word("error", "Prediction minus what happened.", f"{first}.then.error"),
        Word("vote", "A feature × its weight: what this feature adds to the prediction.", f"passenger.{first}.votes"),
        Word("loss", "Mean squared error: how far the predictions are off, on average.", f"{first}.now.loss"),
        Word("correct", "1 where the model says what happened: survived above 0.5, else died.", f"{first}.now.correct"),
        Word(
            "accuracy",
            "The share of passengers of whom the model is correct. Where the loss is no number, it is none either: that is"
            " why + 0 × loss stands in its formula. Descent makes the loss small, not the accuracy higher: now and then"
            " they disagree.",
            f"{first}.now.accuracy",
        ),
        *_units(last),
        Word(
            "d_pred",
            "How much the loss rises for each unit that one prediction rises. d_lin, d_relu: the same for Lin and ReLU.",
            f"{first}.then.d_pred",
        ),
        Word(
            "gradient",
            "The slopes of the loss in all weights: how much it rises for each unit that a weight rises.",
            f"{first}.then.grad_W",
        ),
        *_step(nets),
        Word("Solver", SOLVER, f"{first}.now.loss"),
        *([Word("least squares", LEAST, "linear.best.weight")] if best else []),
        Word("MMULT", "Excel's matrix product: each row of the first with each column of the second.", "mmult.AB"),
        Word("wiggle", "A tiny change of a weight, to see what the loss does.", "start.wiggle"),
        Word(
            "learning rate", "What the gradient is multiplied with to make a step. Rate for short.", f"start.{first}.lr"
        ),
        Word("descent", "Step after step against the gradient: the loss goes down.", f"{first}.descent.loss"),
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
        Word("Lin", "Features times weights, added up. Short for linear.", f"{model.name}.now.lin"),
        Word("ReLU", "MAX(0, Lin): what is negative becomes 0.", f"{model.name}.now.relu"),
    ]
