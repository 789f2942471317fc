"""Start: what this is, the panel, live results, a map, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sheetnet.graph import Node, apply, lift
from sheetnet.layout import Book, Page, Rule
from sheetnet.sheets.net import Common, Net
from sheetnet.sheets.torch import Comparison

LEGEND = (
    ("legend_input", "you may change this"),
    ("legend_data", "data"),
    ("legend_torch", "a value that torch gave"),
    ("legend_equal", "equal, or differs"),
    ("legend_forward", "forward: from data to loss"),
    ("legend_backward", "backward: from loss to gradient"),
    ("legend_update", "update: the weights move"),
    ("legend_result", "result"),
)
WORDS = (
    ("feature", "a number known of each passenger, a column of X"),
    ("weight", "what a feature is multiplied with; what is learnt"),
    ("prediction", "the model's answer; above 0.5 it says survived"),
    ("loss", "mean squared error: how far predictions are off"),
    ("accuracy", "share of passengers predicted right"),
    ("Lin, ReLU", "features times weights, added; the same, cut at 0"),
    ("gradient", "how the loss changes as each weight rises"),
    ("learning rate", "how far a step goes against the gradient"),
    ("epoch", "one step, with all passengers"),
    ("wiggle", "a tiny change of a weight, to see what the loss does"),
)
MAP_COL = 10


def start_page(
    book: Book, common: Common, nets: list[Net], comparison: Comparison, purpose: str, tries: list[str], best: bool
) -> Page:
    """The first page; texts of the lesson come in, the panel and the results are the same everywhere."""
    page = book.pages[0]
    page.gridlines, page.freeze = False, (2, 0)
    page.widths |= {0: 23.0, **dict.fromkeys(range(1, 8), 10.5), 8: 13.0, 9: 2.0, MAP_COL: 18.0, MAP_COL + 1: 56.0}
    page.text(3, 0, "What this is for", "band_plain", wide=9)
    page.text(4, 0, purpose, "wrap", wide=9, tall=2)
    _panel(page, common, nets)
    page.text(7, 4, "What the colours mean", "band_plain", wide=5)
    for i, (style, words) in enumerate(LEGEND):
        row, col = 8 + i % 4, 4 if i < 4 else 6
        page.text(row, col, words, style, wide=2 if i < 4 else 3)
    _results(page, common, nets, comparison, best)
    page.text(21, 0, "Five things to try", "band_plain", wide=9)
    for i, words in enumerate(tries):
        page.text(22 + i, 0, f"{i + 1}.  {words}", "try", wide=9)
    page.active = (8, 1)
    return page


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


def _results(page: Page, common: Common, nets: list[Net], comparison: Comparison, best: bool) -> None:
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
    page.place(
        "start.verdict", apply("same", comparison.verdict), 17 + len(nets), 1, "agreement", "cells", format="text"
    )
    page.text(17 + len(nets), 0, "Does torch agree?", "label_left")


def map_of_sheets(book: Book, remembered: Mapping[str, str] = MappingProxyType({})) -> None:
    """The linked list of sheets on the first page, and words; called when all pages stand.

    remembered: what the optimiser keeps of each weight, with its meaning.
    """
    page = book.pages[0]
    page.text(3, MAP_COL, "The sheets", "band_plain", wide=2)
    words = len(book.pages) + 5
    page.text(words, MAP_COL, "Words", "band_plain", wide=2)
    for i, (word, meaning) in enumerate((*WORDS, *remembered.items())):
        page.text(words + 1 + i, MAP_COL, word, "label_left")
        page.text(words + 1 + i, MAP_COL + 1, meaning, "plain")
    for i, other in enumerate(book.pages[1:]):
        page.text(4 + i, MAP_COL, other.name, "link", link=other.name)
        page.text(4 + i, MAP_COL + 1, other.title.partition(": ")[2], "plain")
