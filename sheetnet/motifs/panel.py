"""What stands on Start of a workbook with models: rates, epoch, wiggle, the live results and their picture."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.graph.node import Node, apply, lift, mean, square, where
from sheetnet.models.model import evaluate_loss
from sheetnet.motifs.trained import Common, Trained
from sheetnet.page.flow import down
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.part import Part
from sheetnet.page.parts import table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Group, Shown, result

FIRST_LOOK = 10  # the epoch that is looked at as a workbook comes
WIGGLE = 1e-5
CUT = 1.0  # where the picture of the losses is cut off: who says 0 for everybody is below it, and descent soon
WINS = "{net}: its loss is below that of the best line there is."
WHY = "A ReLU that is 0 is silent: its weights count for some passengers only."
NOT_YET = "Not {net}, as it stands: the best line there is has a smaller loss."
WHY_NOT = "Start and rate decide how far a net comes. Try another rate."
UNGUESSED, WAIT = -1.0, "First make all guesses on Predict. Then you see."


def panel(rates: Group, common: Group, epochs: int) -> Part:
    """The yellow cells: a rate for each model, the epoch to look at, the wiggle."""
    return facts("Change the yellow cells", rates, common, after={len(rates): f"0 to {epochs}"})


def women_survived(sex: Node, y: Node) -> Node:
    """The share (1, 1) of passengers of whom 'the women survived, the men died' is true; sex and y (n, 1)."""
    return mean(apply("equal", apply("equal", sex, lift("female")), y))


def results(common: Common, nets: Sequence[Trained], best: bool, sex: Node, guessed: Node) -> Part:
    """Loss and accuracy of each model at the first, chosen and last epoch; the same of who needs no descent.

    best: show the best line there is, and whether the last model, where it is of ReLUs, is better. sex: (n, 1) of
    female or male. guessed: where it is 0, all that Predict asks is kept back; the chosen epoch is not asked for.
    """
    last, line = common.epochs, next((net for net in nets if net.model.name == "linear"), None)
    rows: dict[str, dict[str, Shown | str]] = {}
    ends: list[Node] = []
    for net in nets:
        ends.append(net.at(net.losses, last))
        group: Group = {}
        for what, node, end, format in (
            ("loss", net.losses, ends[-1], "guessed"),
            ("accuracy", net.accuracies, net.at(net.accuracies, last), "guessed_share"),
        ):
            ends_here = {"first": net.at(node, 0), "last": end}
            kept = {key: kept_back(one, guessed) for key, one in ends_here.items()}
            at = {"first": kept["first"], "chosen": net.chosen[what], "last": kept["last"]}
            group |= result({f"{net.model.name}.{what}.{key}": (one,) for key, one in at.items()}, format=format)
        rows[net.model.title] = {f"start.{id}": one for id, one in group.items()}
    if line and best:
        right = evaluate_loss(line.model, common.X, line.best_weight.T, common.y).accuracy
        loss, share = (apply("if_error", node, lift(said("not unique"))) for node in (line.best_loss, right))
        rows["best line there is"] = _alone("best", loss, share, guessed)
    rows["everybody died"] = _alone("died", mean(square(common.y)), 1.0 - mean(common.y), guessed)
    share = women_survived(sex, common.y)  # who says 1 or 0 has squared errors of 1 or 0
    rows["women survived, men died"] = _alone("women", 1.0 - share, share, guessed)
    if line and best and (net := nets[-1]).model.rectified:
        wins = apply("if_error", apply("greater", line.best_loss, ends[-1]), lift(0.0))
        words = {"Who wins?": ("wins", WINS, NOT_YET), "Why?": ("why", WHY, WHY_NOT)}
        for question, (id, yes, no) in words.items():
            told = where(wins, said(yes, net=net.model.title), said(no, net=net.model.title))
            told = where(guessed, told, said(WAIT) if id == "wins" else "")
            rows[question] = dict(result({f"start.{id}": (told,)}, format="text"))
    over = ("loss at epoch", 3), ("accuracy at epoch", 3)
    heads = ["0", "chosen", str(last)] * 2
    return grid("What comes out, live", rows, heads=heads, over=over, named="label_left")


def kept_back(node: Node, guessed: Node) -> Node:
    """A number of 0 or more that can be seen once it is guessed."""
    return where(guessed, node, UNGUESSED)


def _alone(name: str, loss: Node, accuracy: Node, guessed: Node) -> dict[str, Shown | str]:
    """A row of somebody who takes no steps: a loss and an accuracy below those of the last epoch."""
    loss_here = result({f"start.{name}.loss": (kept_back(loss, guessed),)}, format="guessed")
    accuracy_here = result({f"start.{name}.accuracy": (kept_back(accuracy, guessed),)}, format="guessed_share")
    return {"first": "", "chosen": "", **loss_here, "first right": "", "chosen right": "", **accuracy_here}


def picture(common: Common, nets: Sequence[Trained], best: bool, ends: Group) -> Part:
    """The losses of all models, epoch by epoch, beside the rates; below, what draws the best line as a level.

    ends: the first and the last epoch, (2, 1).
    """
    looks = ["live", *(f"line {i}" for i in range(2, 9))]
    lines: list[Line] = [
        (net.model.title, f"{net.model.name}.descent.epoch", f"{net.model.name}.descent.loss", looks[i % len(looks)])
        for i, net in enumerate(reversed(nets))
    ]
    parts = []
    if line := next((net for net in nets if net.model.name == "linear" and best), None):
        ((id, one),) = ends.items()
        level = line.best_loss + 0.0 * one.node
        parts.append(table(ends, result({"level": (level, "best line")}, style="cells", format="short")))
        lines.append(("best line there is", id, "level", "line 8"))
    chosen = nets[-1]
    lines.append(("chosen epoch", common.epoch, chosen.chosen["loss"], "mark"))
    drawn = plot(
        f"Loss, epoch by epoch (cut off at {CUT:g})", "epoch", "mean squared error", lines,
        "The losses of all models at each epoch, and the loss of the best line there is as a level.",
        y_format="0.0", y_min=0, y_max=CUT, x_max=common.epochs, width=400, height=300, wide=6,
    )  # fmt: skip
    return down(drawn, *parts)
