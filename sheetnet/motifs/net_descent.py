"""The descent of a net: its curves, and every epoch a band of formulas that read the band above."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.graph.node import Node
from sheetnet.models.labels import rows_of
from sheetnet.motifs.learning import Learning
from sheetnet.motifs.net_parts import FORMATS, TITLES, called, columns_of, sheet_name, style_of
from sheetnet.page.bands import Bands
from sheetnet.page.book import Book
from sheetnet.page.flow import Aside, across, down, lay
from sheetnet.page.language import said, whole
from sheetnet.page.part import Part
from sheetnet.page.parts import table
from sheetnet.page.plot import plot
from sheetnet.page.shown import Group, Shown, forward, shown


def net_descent_page(book: Book, one: Learning, features: Sequence[str], numbers: Node) -> None:
    """Epoch, loss and accuracy; charts; the parameters of every epoch. numbers (epochs + 1, 1): 0, 1, 2, ..."""
    net, prefix, last = one.net, one.net.name, one.setting.epochs
    page = book.page(
        sheet_name(net.title, "Descent"),
        said(f"Descent {{net}}: {last} epochs, each a step from the band above", net=net.title),
        "Change the learning rate on Start: the curve moves, torch's dashed line stays. Too large a rate gives #NUM!.",
    )
    id = f"{prefix}.descent"
    curves = shown("fixed", {f"{id}.epoch": (numbers, "Epoch", "plain")})
    curves |= forward({f"{id}.{key}": (node, TITLES[key], FORMATS[key]) for key, node in one.curves.items()})
    first = rows_of(net, next(iter(one.bands)), features)
    if one.middle:
        _middle_page(book, one)
    lay(page, id, across(
        table(curves, frozen=True),
        down(_curve(one, "loss"), *([_curve(one, "accuracy")] if "accuracy" in one.curves else [])),
        Aside(Bands(bands_of(one), names=first if len(first) > 1 else ())),
    ))  # fmt: skip
    page.freeze = page.freeze[0], len(curves)


def bands_of(one: Learning) -> list[Group]:
    """What stands of each epoch: parameters, and what the optimiser remembers."""
    id = f"{one.net.name}.descent"
    lanes = [(name, called(one.net, name), band, "weight") for name, band in one.bands.items()]
    for name, kinds in one.state_bands.items():
        for kind, band in kinds.items():
            lanes.append((f"{kind}_{name}", said("{kind} of {name}", kind=kind, name=name), band, "small"))
    return [
        {
            f"{id}.{key}.{number}": Shown(band[number], title, format, "update", labels=columns_of(band[number]))
            for key, title, band, format in lanes
        }
        for number in range(one.setting.epochs + 1)
    ]


def _middle_page(book: Book, one: Learning) -> None:
    """Steps of each epoch's passes that have cells of their own, since formulas would grow too long without."""
    net, id = one.net, f"{one.net.name}.steps"
    page = book.page(
        sheet_name(net.title, "Steps"),
        said("Steps {net}: parts of each epoch's formulas", net=net.title),
        "What several formulas of an epoch read, or what would make them too long. Nothing here needs to be changed.",
    )
    lay(page, id, Bands(steps_of(one)))


def steps_of(one: Learning) -> list[Group]:
    """What stands of each epoch's passes besides its parameters, see Learning.middle; [] where nothing needs to."""
    bands: list[Group] = []
    for number in range(one.setting.epochs + 1 if one.middle else 0):
        band: Group = {}
        for i, column in enumerate(one.middle, start=1):
            node = column[number]
            if number and node is column[0]:  # it reads no parameter, and is the same in every epoch
                continue
            title = whole(f"{node.name or node.op} ({i})")
            band[f"{one.net.name}.steps.{i}.{number}"] = Shown(node, title, "weight", "forward", style_of(node, ()))
        bands.append(band)
    return bands


def _curve(one: Learning, what: str) -> Part:
    """The curve of loss or accuracy, of each part of the rows, with torch's line and the chosen epoch marked."""
    id, title = f"{one.net.name}.descent", one.net.title
    lines = [(said("{net}, this sheet", net=title), f"{id}.epoch", f"{id}.{what}")]
    if f"valid_{what}" in one.curves:
        lines.append(("rows for validation", f"{id}.epoch", f"{id}.valid_{what}"))
    others: list[tuple[str, str, str, str]] = []
    if what == "loss":
        others.append(("torch, as it was built", f"{id}.epoch", f"torch.{id}.loss", "torch"))
    mark = ("the chosen epoch", one.setting.epoch, one.chosen[what], "mark")
    axis = one.net.of_loss.title.lower() if what == "loss" else "share of rows predicted right"
    return plot(
        said(f"{what.title()} of {{net}}, epoch by epoch", net=title), "epoch", axis, [*lines, *others, mark],
        said(f"Line chart of the {what} of {{net}} at each epoch, with the chosen epoch marked.", net=title),
        y_format="[<1000]0.00;0E+0" if what == "loss" else "0%", y_max=None if what == "loss" else 1.0,
        x_max=one.setting.epochs,
    )  # fmt: skip
