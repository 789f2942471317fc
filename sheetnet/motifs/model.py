"""A model by hand: weights in rows, and one row of formulas for each passenger."""

from __future__ import annotations

from sheetnet.graph.node import lift
from sheetnet.motifs.net import Net
from sheetnet.motifs.raw import TOP
from sheetnet.motifs.steps import number_rows, place_steps
from sheetnet.page.book import Book, Page, Solver

WORDS = {
    "linear": (
        "Linear: one weight for each feature, multiplied and added",
        "Prediction = SUMPRODUCT of a row and the weights. Change a yellow weight and watch the loss; or let Solver do"
        " it (Data > Solver > Solve).",
    ),
    "two_relu": (
        "Two ReLU: two weights per feature, negative sums cut to 0",
        "Lin is SUMPRODUCT as before; ReLU = MAX(0, Lin); prediction = ReLU 1 + ReLU 2. Change a yellow weight, or let"
        " Solver do it (Data > Solver > Solve).",
    ),
}


def model_page(book: Book, net: Net, names: tuple[str, ...], best: bool, origin: str) -> Page:
    """Weights and their loss on top; X, y, each step and the prediction below, cell by cell."""
    model, now = net.model, net.now
    k, p = net.weight.shape
    title, about = WORDS[model.name]
    page = book.page(model.title, title, about)
    page.widths |= {0: 18.0, **{1 + i: max(10.0, len(name) + 3) for i, name in enumerate(names)}}
    prefix = model.name
    weight = page.place(
        f"{prefix}.now.weight", net.weight, TOP, 1, "input", name=f"{prefix}_weight", title="weight", labels=names
    )
    page.place(f"{prefix}.start", net.start, TOP + k, 1, "torch", name=f"{prefix}_start")
    for unit in range(k):
        mark = f" {unit + 1}" if k > 1 else ""
        page.text(TOP + unit, 0, f"weight{mark}", "label")
        page.text(TOP + k + unit, 0, f"start{mark}, {origin}", "label")
    side = p + 3
    page.widths[p + 1] = 8.0
    bottom = TOP + 2 * k
    if best:
        page.place(f"{prefix}.best.weight", net.best_weight, bottom, 1, "result")
        page.text(bottom, 0, "least squares", "label")
        page.place(
            f"{prefix}.best.loss", net.best_loss, bottom, side, "result", title="Best loss", side=True, format="loss"
        )
        page.place(
            f"{prefix}.best.certain", net.certain, bottom + 1, side, "result",
            title="1 / condition", side=True, format="diff", scale=lift(1.0),
        )  # fmt: skip
        page.text(bottom + 1, side + 1, "0: no single best weights", "hint")
        bottom += 2
    data = bottom + 4
    page.freeze = (data, 1)
    number_rows(page, net.common.no.shape[0], data)
    page.place(f"{prefix}.now.X", net.X_here, data, 1, "forward", title="X", labels=names, format="feature")
    page.place(f"{prefix}.now.y", net.y_here, data, p + 1, "forward", title="y", format="plain")
    steps = [*now.forward, now.sq_error, now.correct]
    place_steps(page, f"{prefix}.now", steps, data, p + 2, style="cells")
    loss = page.place(
        f"{prefix}.now.loss",
        now.loss,
        TOP,
        side,
        "result",
        "cells",
        name=f"{prefix}_loss_now",
        title="Loss",
        side=True,
        format="loss",
    )
    page.place(
        f"{prefix}.now.accuracy",
        now.accuracy,
        TOP + 1,
        side,
        "result",
        "cells",
        title="Accuracy",
        side=True,
        format="share",
    )
    page.text(TOP - 3, side - 1, "Mean over all rows", "band_result", wide=3)
    page.solver = Solver(loss.area, weight.area)
    page.active = (TOP, 1)
    return page
