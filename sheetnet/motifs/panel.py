"""What stands on Start of a workbook with models: rates, epoch, wiggle, and the live results."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.graph.node import Node, apply, lift
from sheetnet.motifs.trained import Common, Trained
from sheetnet.page.grid import facts, grid
from sheetnet.page.part import Part
from sheetnet.page.shown import Group, result

FIRST_LOOK = 10  # the epoch that is looked at as a workbook comes
WIGGLE = 1e-5


def panel(rates: Group, common: Group, epochs: int) -> Part:
    """The yellow cells: a rate for each model, the epoch to look at, the wiggle."""
    return facts("Change the yellow cells", rates, common, after={len(rates): f"0 to {epochs}"})


def results(common: Common, nets: Sequence[Trained], best: bool) -> Part:
    """Loss and accuracy of each model at the first, chosen and last epoch; the lowest loss where it is known."""
    last = common.epochs
    rows: dict[str, Group] = {}
    after: dict[int, str] = {}
    for i, net in enumerate(nets):
        group: Group = {}
        for what, node, format in (("loss", net.losses, "loss"), ("accuracy", net.accuracies, "share")):
            at: dict[str, Node] = {"first": net.at(node, 0), "chosen": net.chosen[what], "last": net.at(node, last)}
            group |= result({f"{net.model.name}.{what}.{key}": (one,) for key, one in at.items()}, format=format)
        after[i] = "not unique" if net.model.name == "linear" else "no exact formula"
        if net.model.name == "linear" and best:
            lowest = apply("if_error", net.best_loss, lift("not unique"))
            group |= result({f"{net.model.name}.best": (lowest,)}, style="cells", format="loss")
            after[i] = "least squares"
        rows[net.model.title] = {f"start.{id}": one for id, one in group.items()}
    over = ("loss at epoch", 3), ("accuracy at epoch", 3), ("lowest loss there is", 2)
    heads = ["0", "chosen", str(last)] * 2
    return grid("What comes out, live", rows, heads=heads, over=over, named="label_left", after=after)
