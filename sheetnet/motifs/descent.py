"""Descent: every epoch of a model, one row each, with its curves."""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.graph.node import Node
from sheetnet.motifs.net import Net
from sheetnet.motifs.raw import TOP
from sheetnet.motifs.steps import FORMATS
from sheetnet.page.book import Book, Chart, Page, Role, Series

TOO_LARGE = {
    "linear": "A rate too large ends in #NUM!: the numbers have outgrown the sheet. Undo brings them back.",
    "two_relu": "A rate too large kills both ReLUs: every Lin is negative, every prediction 0, the loss stays.",
}
BOUNDED = "A rate too large makes the loss leap, but not run away: however steep it is, the rate alone bounds a step."
CHART_COL, CHART_WIDTH = 4, 10  # ten columns of the usual width hold a chart of 640 pixels


def descent_page(book: Book, net: Net, names: tuple[str, ...]) -> Page:
    """Epoch, loss, accuracy; charts; then all weights, each row a step from the row above."""
    prefix, title, last = net.model.name, net.model.title, net.common.epochs
    by = f"of {net.optimiser.title} " if net.optimiser.state else ""
    page = book.page(
        f"Descent {title}",
        f"Descent {title}: {last} epochs, each a step {by}from the row above",
        "Change the learning rate on Start: the whole curve moves, and the dashed line stays where torch was. "
        + (BOUNDED if net.optimiser.bounded and net.model.name == "linear" else TOO_LARGE[net.model.name]),
        freeze=(TOP, 3),
    )
    page.widths |= {0: 8.0, 1: 12.0, 2: 11.0, 3: 3.0}
    page.place(f"{prefix}.descent.epoch", net.epoch_numbers, TOP, 0, "fixed", title="Epoch", format="plain")
    page.place(
        f"{prefix}.descent.loss", net.losses, TOP, 1, "forward", title="Loss", name=f"{prefix}_losses", format="loss"
    )
    page.place(
        f"{prefix}.descent.accuracy",
        net.accuracies,
        TOP,
        2,
        "forward",
        title="Accuracy",
        name=f"{prefix}_accuracies",
        format="share",
    )
    col = CHART_COL + CHART_WIDTH + 1
    for unit in net.units:
        mark = f" {unit + 1}" if len(net.units) > 1 else ""
        for key, title, rows, role, format in _tables(net, unit):
            page.place(
                f"{prefix}.descent.{key}_{unit + 1}",
                rows,
                TOP,
                col,
                role,
                title=f"{title}{mark}",
                labels=names,
                name=f"{prefix}_{title}{mark.replace(' ', '_')}",
                format=format,
            )
            page.widths |= {
                col + i: max(12.0 if format == "fine" else 10.0, len(name) + 2) for i, name in enumerate(names)
            }
            col += len(names) + 1
            page.widths[col - 1] = 3
            page.print_cols = page.print_cols or (col if net.optimiser.state else 0)
    page.active = (TOP, 0)
    return page


def _tables(net: Net, unit: int) -> Iterator[tuple[str, str, Node, Role, str]]:
    """Key, title, node, role and format of what stands of a unit: its weights, and what its optimiser remembers."""
    yield "W", "weights", net.W_rows[unit], "update", "weight"
    if net.optimiser.state:
        yield "grad", "gradients", net.grad_rows[unit], "backward", "small"
    for kind, rows in net.state_rows[unit].items():
        yield kind, kind, rows, "update", FORMATS.get(kind, "small")


def descent_charts(book: Book, page: Page, net: Net) -> None:
    """The curves of loss and accuracy beside their numbers; called when all pages stand."""
    prefix, title = net.model.name, net.model.title
    epochs = book.block(f"{prefix}.descent.epoch").area
    torch = Series("torch, as it was built", epochs, book.block(f"torch.{prefix}.descent.loss").area, "torch")
    curves = (
        ("loss", "mean squared error", "[<1000]0.00;0E+0", TOP - 2, (torch,)),
        ("accuracy", "share of rows predicted right", "0%", TOP + 17, ()),
    )
    for what, axis, y_format, row, others in curves:
        live = Series(f"{title}, this sheet", epochs, book.block(f"{prefix}.descent.{what}").area)
        chosen = book.block(f"start.{prefix}.{what}.chosen").area
        mark = Series("the chosen epoch", book.block("start.epoch").area, chosen, "mark")
        alt = f"Line chart of the {what} of the model {title} at each epoch, with the chosen epoch marked."
        series = (live, *others, mark)
        page.charts.append(
            Chart(
                row,
                CHART_COL,
                f"{what.title()} of {title}, epoch by epoch",
                "epoch",
                axis,
                series,
                alt,
                y_format,
                net.common.epochs,
            )
        )
