"""What Start shows of one's own table and nets: results beside what needs no model, and their picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sheetnet.graph.node import Node, apply
from sheetnet.motifs.learning import Learning
from sheetnet.motifs.net_parts import brief
from sheetnet.motifs.panel import kept_back
from sheetnet.page.flow import down
from sheetnet.page.grid import grid
from sheetnet.page.language import said, whole
from sheetnet.page.part import Part
from sheetnet.page.parts import table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Group, Shown, result

CALLED = {
    "loss": "loss",
    "valid_loss": "validation loss",
    "accuracy": "accuracy",
    "valid_accuracy": "validation accuracy",
}


def without_a_model(one: Learning, guessed: Node) -> Node:
    """Of numbers the loss of their mean, of classes the share of the most common one; kept back until it is guessed."""
    return kept_back(one.loss_of_mean if one.setting.units else one.majority, guessed)


def results(nets: Sequence[Learning], target: str, rule: Node, guessed: Node) -> Part:
    """Loss and accuracy of each net at the first, chosen and last epoch, a row for each; then of who needs no model.

    rule: what needs no model. guessed: where it is 0, all that Predict asks is kept back; the chosen epoch is not.
    """
    rows: dict[str, Mapping[str, Shown | str]] = {}
    epochs, units = nets[0].setting.epochs, nets[0].setting.units
    for one in nets:
        before = "" if len(nets) == 1 else f"{one.net.title}: "
        for what, curve in one.curves.items():
            at = {"first": one.at(curve, 0), "chosen": one.chosen[what], "last": one.at(curve, epochs)}
            share = what.endswith("accuracy")
            rows[whole(before + said(CALLED[what]))] = _live(
                f"{one.net.name}.{what}", at, guessed, "share" if share else "loss"
            )
            if units is not None and units.factor is not None and what.endswith("loss") and one.net.loss == "mse":
                factor, rmse = units.factor, what.replace("loss", "rmse")
                name = said("RMSE in units of {target}" if what == "loss" else "its RMSE", target=brief(target))
                own = {key: apply("sqrt", node) * factor for key, node in at.items()}
                rows[whole(before + name)] = _live(f"{one.net.name}.{rmse}", own, guessed, "units")
    words, format = (
        ("most common class for every row: accuracy", "guessed_share")
        if units is None
        else ("the mean for every row: loss", "guessed")
    )
    rows[words] = {"first": "", "chosen": "", **result({"start.rule": (rule,)}, format=format)}
    return grid("What comes out, live", rows, heads=("epoch 0", "chosen", f"epoch {epochs}"), named="label_left")


def _live(id: str, at: Mapping[str, Node], guessed: Node, format: str) -> Group:
    """A number at the first, chosen and last epoch; the first and the last can be seen once they are guessed."""
    hidden = {"loss": "guessed"}.get(format, f"guessed_{format}")
    kept = {key: node if key == "chosen" else kept_back(node, guessed) for key, node in at.items()}
    return result({f"start.{id}.{key}": (node,) for key, node in kept.items()}, format=hidden)


def picture(nets: Sequence[Learning], ends: Group, rule: Node) -> Part:
    """The loss of each net, or of classes the accuracy, epoch by epoch, and as a level that of who needs no model.

    ends: the first and the last epoch, (2, 1). rule: the level, which lies below the picture until it is guessed.
    """
    last, ((id, one),) = nets[-1], ends.items()
    share = last.setting.units is None
    what, axis = ("accuracy", "share of rows predicted right") if share else ("loss", last.net.of_loss.title.lower())
    title = "Right predictions, epoch by epoch" if share else "Loss, epoch by epoch"
    label = "most common class" if share else "the mean"
    looks = ["live", *(f"line {i}" for i in range(2, 8))]
    lines: list[Line] = [
        (whole(net.net.title), f"{net.net.name}.descent.epoch", f"{net.net.name}.descent.{what}", looks[i % len(looks)])
        for i, net in enumerate(reversed(nets))
    ]
    lines.append((f"{label} for every row", id, "level", "line 8"))
    lines.append(("the chosen epoch", last.setting.epoch, last.chosen[what], "mark"))
    level = table(
        ends,
        result(
            {"level": (rule + 0.0 * one.node, label)},
            style="cells",
            format="guessed_share" if share else "guessed",
        ),
    )
    drawn = plot(
        title, "epoch", axis, lines,
        f"{title}: a line for each model, and a level for {label} for every row.",
        y_format="0%" if share else "[<1000]0.0;0E+0", y_min=0, y_max=1.0 if share else None, x_max=last.setting.epochs,
        width=400, height=300, wide=6,
    )  # fmt: skip
    return down(drawn, level)
