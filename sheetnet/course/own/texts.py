"""What Start and Words say of one's own table and nets, made of its own columns. Exercises: questions.py."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.models.net import Net
from sheetnet.models.optimisers import Optimiser
from sheetnet.motifs.learning import Learning
from sheetnet.motifs.net_parts import brief, describe, sheet_name
from sheetnet.motifs.panel import FIRST_LOOK
from sheetnet.motifs.start import Try
from sheetnet.motifs.words import Word
from sheetnet.page.language import said, whole
from sheetnet.tables.columns import WORDS


def purpose(target: str, rows: str, nets: Sequence[Net]) -> str:
    """Two sentences on what the workbook is for."""
    then = said(", then ")
    how = then.join(f"{net.title} ({describe(net)})" for net in nets)
    return said(
        "From {rows} rows a model learns to predict {target}: {how}. Every step is a formula that you can click on, and"
        " the sheet Torch compares it with PyTorch.",
        rows=rows, target=target, how=how,
    )  # fmt: skip


def goals(target: str, classes: int) -> list[str]:
    """What one can do afterwards."""
    return [
        said("follow one row from its numbers to {target}", target=brief(target)),
        "follow one step of learning, cell by cell",
        "tell whether a model beats a rule that looks at nothing" if classes else "tell whether a model beats the mean",
    ]


def tries(epochs: int, nets: Sequence[Net], optimiser: Optimiser) -> list[Try]:
    """Five things to try, in the order of the sheets."""
    first, last = sheet_name(nets[0].title), sheet_name(nets[-1].title)
    fast, rate = f"{4 * optimiser.lesson_lr:g}", f"start.{nets[0].name}.lr"
    epoch, gradient = another_epoch(epochs), f"Gradient {last[:22]}"
    return [
        Try("On Data, change a number of the first row. Follow it to Features and to the loss here. Then press undo.", "data.number"),
        Try(said("On {sheet}, change one yellow number: the loss beside it, the whole descent and the verdict here follow.", sheet=first), f"{nets[0].name}.now.{nets[0].trained[0].name}"),
        Try(said(f"Set the epoch to look at to {epoch} and turn to {{sheet}}: all is now of that epoch.", sheet=gradient), "start.epoch"),
        Try(f"Raise the learning rate to {fast}, then double it again and again: where does the loss stop falling?", rate),
        Try("Set the learning rate to 0: what does the curve on Descent look like now? Then press undo.", rate),
    ]  # fmt: skip


BACK = {  # from y to the target's own units, by how it is scaled
    "standardised": "pred × spread + mean",
    "share_of_largest": "pred × largest",
    "min_max": "pred × (largest - smallest) + smallest",
    "log": "exp(pred) - 1",
}


def another_epoch(epochs: int) -> int:
    """An epoch to look at that is not the one which a workbook shows as it comes, the tenth or the last."""
    return min(20, epochs) if epochs > FIRST_LOOK else epochs // 2


def words(nets: Sequence[Learning], target: str, y: str) -> list[Word]:
    """The terms, each with a block where it is seen; y: the block of y."""
    first, units = nets[0].net, nets[0].setting.units
    weight, out = first.trained[0].name, first.result_names[-1]
    found = [
        Word("feature", "A number known of each row; a column of X.", "features.X"),
        Word("parameter", "A number that is learnt: a weight or a bias.", f"{first.name}.now.{weight}"),
        Word(
            whole(out),
            _sentence("What the model gives for one row: {what}.", what=SAYS[first.loss]),
            f"{first.name}.now.{out}",
        ),
        Word(
            "loss",
            _sentence("{loss}: {row}, the mean over rows.", loss=first.of_loss.title, row=first.of_loss.words),
            f"{first.name}.now.loss",
        ),
        Word(
            "gradient", "How much the loss changes as each number rises, per unit.", f"{first.name}.then.grad_{weight}"
        ),
        Word("learning rate", "What the gradient is multiplied with to make a step.", f"start.{first.name}.lr"),
        Word("epoch", "One step of descent that has seen all rows.", f"{first.name}.descent.epoch"),
    ]
    found[2:2] = _of_layers(nets)
    if "accuracy" in nets[0].curves:
        right = said("The share of rows whose {target} is right.", target=target)
        found.append(Word("accuracy", right, f"{first.name}.now.accuracy"))
    if units is not None:
        now = f"{first.name}.now"
        root = said("The root of the mean squared error, in the units of {target}.", target=target)
        learnt = said("What the models learn of {target}: {scaled}.", target=target, scaled=said(WORDS[units.how]))
        found.append(Word("y", learnt, y))
        if units.scaled:
            back = said("A prediction as {target} has it: {back}.", target=target, back=said(BACK[units.how]))
            found.append(Word("own units", back, f"{now}.in_units"))
        found.append(
            Word("R2", "The share of y's variance that is explained: 1 is all, 0 no better than its mean.", f"{now}.r2")
        )
        found.append(Word("RMSE", root, f"{now}.rmse"))
    return found


def _sentence(text: str, **texts: str) -> str:
    """A sentence with texts of ours in its places."""
    return said(text, **{name: said(one) for name, one in texts.items()})


MEANS = {
    "lin": "What comes in times weights, added up, plus a bias.",
    "relu": "What is above 0 stays, what is below becomes 0.",
    "leaky": "What is above 0 stays, what is below becomes small.",
    "sigmoid": "1 / (1 + exp(-a)): any number, brought between 0 and 1.",
    "tanh": "Any number, brought between -1 and 1.",
    "norm": "Less its mean, divided by its spread, times gamma, plus beta.",
    "embedding": "The row of learnt numbers that belongs to a code.",
}


def _of_layers(nets: Sequence[Learning]) -> list[Word]:
    """A word for each kind of layer, at the first step of that kind."""
    seen: dict[str, Word] = {}
    for one in nets:
        for step, name in zip(one.net.steps[:-1], one.net.result_names, strict=False):
            word = step.layer.word
            if word in MEANS:
                seen.setdefault(word, Word(whole(word), MEANS[word], f"{one.net.name}.now.{name}"))
    return list(seen.values())


SAYS = {
    "mse": "its prediction",
    "mae": "its prediction",
    "huber": "its prediction",
    "bce_with_logits": "above 0 for the second class; 1 / (1 + exp(-logit)) is its probability",
    "cross_entropy": "a score for each class, of which the largest wins",
}
