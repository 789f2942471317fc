"""What stands on Start of the passengers' workbook alone: rates, epoch, wiggle, and the live results."""

from __future__ import annotations

from sheetnet.graph.node import Node, apply, lift
from sheetnet.motifs import start
from sheetnet.motifs.net import Common, Net
from sheetnet.page.book import Page, Rule


def start_page(
    page: Page, common: Common, nets: list[Net], verdict: Node, right: Node, n_exercises: int,
    purpose: str, tries: list[str], best: bool,
) -> None:  # fmt: skip
    """Fill in the first page."""
    start.purpose(page, purpose)
    _panel(page, common, nets)
    start.legend(page, 7)
    _results(page, common, nets, best)
    row = 17 + len(nets)
    start.progress(page, row, verdict, right, n_exercises)
    start.tries(page, row + 3, tries)
    page.active = (8, 1)


def _panel(page: Page, common: Common, nets: list[Net]) -> None:
    page.text(7, 0, "Change the yellow cells", "band_plain", wide=3)
    row = 8
    for net in nets:
        block = page.place(
            f"start.{net.model.name}.lr", net.lr, row, 1, "input", name=f"lr_{net.model.name}",
            title=f"Learning rate, {net.model.title}", side=True, format="rate",
        )  # fmt: skip
        page.rules.append(Rule(block.area, False, 0, 1e300, "A learning rate is a number of 0 or more, such as 0.1"))
        row += 1
    epoch = page.place(
        "start.epoch", common.epoch, row, 1, "input", name="epoch", title="Epoch to look at", side=True, format="plain"
    )
    page.rules.append(Rule(epoch.area, True, 0, common.epochs, f"An epoch is a whole number from 0 to {common.epochs}"))
    wiggle = page.place(
        "start.wiggle", common.wiggle, row + 1, 1, "input", name="wiggle", title="Wiggle", side=True, format="plain"
    )
    page.rules.append(Rule(wiggle.area, False, 1e-12, 1, "The wiggle is a small number above 0, such as 0.00001"))
    page.text(row, 2, f"0 to {common.epochs}", "hint")


def _results(page: Page, common: Common, nets: list[Net], best: bool) -> None:
    last = common.epochs
    page.text(13, 0, "What comes out, live", "band_plain", wide=9)
    page.text(14, 1, "loss at epoch", "head_wide", wide=3)
    page.text(14, 4, "accuracy at epoch", "head_wide", wide=3)
    page.text(14, 7, "lowest loss there is", "head_wide", wide=2)
    for col in range(1, 7):
        page.text(15, col, ("0", "chosen", str(last))[(col - 1) % 3], "head")
    for i, net in enumerate(nets):
        row, prefix = 16 + i, net.model.name
        page.text(row, 0, net.model.title, "label_left")
        for j, (what, node, format) in enumerate((("loss", net.losses, "loss"), ("accuracy", net.accuracies, "share"))):
            epochs: tuple[tuple[str, Node | float], ...] = (("first", 0), ("chosen", common.epoch), ("last", last))
            for step, (key, epoch) in enumerate(epochs):
                page.place(
                    f"start.{prefix}.{what}.{key}", net.at(node, epoch), row, 1 + 3 * j + step, "result", format=format
                )
        if net.model.name == "linear" and best:
            lowest = apply("if_error", net.best_loss, lift("not unique"))
            page.place(f"start.{prefix}.best", lowest, row, 7, "result", "cells", format="loss")
            page.text(row, 8, "least squares", "hint")
        else:
            words = "not unique" if net.model.name == "linear" else "no exact formula"
            page.text(row, 7, words, "hint", wide=2)
