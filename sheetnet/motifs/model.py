"""A model by hand: weights in rows, and one row of formulas for each passenger."""

from __future__ import annotations

from sheetnet.graph.node import Node
from sheetnet.motifs.steps import steps
from sheetnet.motifs.telling import telling
from sheetnet.motifs.trained import Trained
from sheetnet.page.book import Book, Solver
from sheetnet.page.flow import across, down, lay
from sheetnet.page.grid import facts, grid
from sheetnet.page.part import Part
from sheetnet.page.parts import Words, table
from sheetnet.page.shown import Shown, forward, result, shown

DRAWN = (
    "The start weights are drawn by chance, so that no two ReLUs begin alike:",
    "with the same start they would take the same steps for ever.",
    "A seed is the number of a draw: the same seed, the same weights.",
)


def model_page(book: Book, net: Trained, names: tuple[str, ...], start: Node, origin: str, best: bool) -> None:
    """Weights and their loss on top; X, y, each step and the prediction below, cell by cell.

    start: the weights (k, p) that it began with, and where they come from, in words. best: show least squares.
    """
    model, now, prefix, k = net.model, net.now, net.model.name, net.model.n_hidden
    marks = [f" {unit + 1}" if k > 1 else "" for unit in range(k)]
    page = book.page(model.title, f"{model.title}: {telling(model).title}", telling(model).about)
    weight = Shown(net.weight, "weight", role="input", name=f"{prefix}_weight", labels=names)
    begun = "\n".join(f"start{mark}, {origin}" for mark in marks)
    under = {begun: shown("torch", {f"{prefix}.start": (start,)}, name=f"{prefix}_start")}
    losses = {f"{prefix}.now.loss": Shown(now.loss, "Loss", "short", name=f"{prefix}_loss_now")}
    losses |= forward({f"{prefix}.now.accuracy": (now.accuracy, "Accuracy", "share")})
    found: list[Part] = [facts("Mean over all rows", result(losses, style="cells"), span=2)]
    if best:
        under["least squares"] = result({f"{prefix}.best.weight": (net.best_weight,)})
        lowest = {f"{prefix}.best.loss": (net.best_loss, "Loss of least squares", "short")}
        lowest |= {f"{prefix}.best.single": (net.single, "Only one best?", "text")}
        found.append(facts("", result(lowest), span=2))
    if k > 1:
        found.append(down(*(Words(line, "hint") for line in DRAWN), gap=0))
    rows = {f"{prefix}.now.X": (net.X_here, "X", "feature"), f"{prefix}.now.y": (net.y_here, "y", "plain")}
    X, y = (forward({id: one}, labels=labels) for (id, one), labels in zip(rows.items(), (names, ()), strict=True))
    data = X | y | steps(f"{prefix}.now", [*now.forward, now.sq_error, now.correct], style="cells")
    lay(page, prefix, down(
        across(
            down(
                table({f"{prefix}.now.weight": weight}, names=[f"weight{mark}" for mark in marks]),
                grid("", under),
                gap=0,
            ),
            down(*found),
        ),
        table(data, names=net.common.no.shape[0], corner="No", frozen=True),
    ))  # fmt: skip
    page.solver = Solver(book.block_of(now.loss).area, book.block_of(net.weight).area)
