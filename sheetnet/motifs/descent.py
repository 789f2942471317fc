"""Descent: every epoch of a model, one row each, with its curves."""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.graph.node import Node
from sheetnet.motifs.steps import FORMATS
from sheetnet.motifs.telling import telling
from sheetnet.motifs.trained import Trained
from sheetnet.page.book import Book, Role
from sheetnet.page.flow import Aside, across, down, lay
from sheetnet.page.part import Part
from sheetnet.page.parts import table
from sheetnet.page.plot import plot
from sheetnet.page.shown import Group, Shown, forward, shown

CUT = 1.0  # where the picture of a loss is cut off, so that a leap does not hide the rest
BOUNDED = "A rate too large makes the loss leap, but not run away: however steep it is, the rate alone bounds a step."


def descent_page(book: Book, net: Trained, names: tuple[str, ...]) -> None:
    """Epoch, loss, accuracy; charts; then all weights, each row a step from the row above."""
    prefix, title, last = net.model.name, net.model.title, net.common.epochs
    by = f"of {net.optimiser.title} " if net.optimiser.state else ""
    page = book.page(
        f"Descent {title}",
        f"Descent {title}: {last} epochs, each a step {by}from the row above",
        "Change the learning rate on Start: the whole curve moves, the dashed line of torch stays. "
        + (BOUNDED if net.optimiser.bounded and not telling(net.model).units else telling(net.model).too_large),
    )
    curves = shown("fixed", {"epoch": (net.epoch_numbers, "Epoch", "plain")})
    curves |= forward({"loss": (net.losses, "Loss", "short")}, name=f"{prefix}_losses")
    curves |= forward({"accuracy": (net.accuracies, "Accuracy", "share")}, name=f"{prefix}_accuracies")
    tables: list[Group | None] = []
    for unit in net.units:
        mark = f" {unit + 1}" if len(net.units) > 1 else ""
        for key, kind, rows, role, format in _tables(net, unit):
            name = f"{prefix}_{kind}{mark.replace(' ', '_')}"
            tables += [None] * (bool(tables) and not net.whole)
            tables.append({f"{key}_{unit + 1}": Shown(rows, f"{kind}{mark}", format, role, name=name, labels=names)})
    first, rest = (tables[:1], tables[2:]) if net.optimiser.state else (tables, [])
    wide: list[Part] = [table(*first)]
    wide += [Aside(table(*rest))] if rest else []
    lay(page, f"{prefix}.descent", across(
        table(curves, frozen=True),
        down(
            _curve(net, "loss", "mean squared error", "0.0",
                   [("torch, as it was built", "epoch", f"torch.{prefix}.descent.loss", "torch")]),
            _curve(net, "accuracy", "share of rows predicted right", "0%", []),
        ),
        *wide,
    ))  # fmt: skip
    if net.whole:
        book.join(f"{prefix}.descent.loss", f"{prefix}.descent.accuracy")
        book.join(*(f"{prefix}.descent.W_{unit + 1}" for unit in net.units))
    page.freeze = page.freeze[0], 3


def _tables(net: Trained, unit: int) -> Iterator[tuple[str, str, Node, Role, str]]:
    """Key, title, node, role and format of what stands of a unit: its weights, and what its optimiser remembers."""
    yield "W", "weights", net.W_rows[unit], "update", "weight"
    if net.optimiser.state:
        yield "grad", "gradients", net.grad_rows[unit], "backward", "small"
    for kind, rows in net.state_rows[unit].items():
        yield kind, kind, rows, "update", FORMATS.get(kind, "small")


def _curve(net: Trained, what: str, axis: str, y_format: str, others: list[tuple[str, str, str, str]]) -> Part:
    """The curve of loss or accuracy, with the chosen epoch marked."""
    title = net.model.title
    mark = ("the chosen epoch", net.common.epoch, net.chosen[what], "mark")
    return plot(
        f"{what.title()} of {title}, epoch by epoch{f' (cut off at {CUT:g})' if what == 'loss' else ''}", "epoch", axis,
        [(f"{title}, this sheet", "epoch", what), *others, mark],
        f"Line chart of the {what} of the model {title} at each epoch, with the chosen epoch marked.",
        y_format=y_format, y_max=CUT if what == "loss" else 1.0, x_max=net.common.epochs,
    )  # fmt: skip
