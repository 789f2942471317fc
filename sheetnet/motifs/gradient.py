"""Gradient: one epoch of a model in slow motion, at the epoch chosen on Start."""

from __future__ import annotations

from sheetnet.graph.node import Node
from sheetnet.motifs.net import Net
from sheetnet.motifs.raw import TOP
from sheetnet.motifs.steps import FORMATS, number_rows, place_steps
from sheetnet.page.book import Book, Page, Role

NEXT = ": the weights of the next epoch on the Descent sheet.\n\n"
NOTE = (
    "Wiggled: each weight up and down by the wiggle on Start; the difference of the two losses, divided by twice the"
    " wiggle. "
)
LIMITS = {
    "linear": "It is as exact as the digits of the loss allow: try a wiggle of 1E-10.",
    "two_relu": "It may differ where the Lin of some row lies within a wiggle of 0, the corner of a ReLU: try 0.01.",
}
BLAME = "d_pred = 2 x error / rows: how much the loss rises for each unit that the prediction rises."
WORDS = {
    "linear": (BLAME, "Gradient: each column of X times d_pred, added up: MMULT(TRANSPOSE(X), d_pred)."),
    "two_relu": (
        BLAME + " d_relu: the same for each ReLU, since they are added. mask: 1 where Lin > 0.",
        "d_lin = d_relu x mask: what was cut to 0 is not to blame. Gradient: each column of X times d_lin, added up:"
        " MMULT(TRANSPOSE(X), d_lin).",
    ),
}


def gradient_page(book: Book, net: Net, names: tuple[str, ...]) -> Page:
    """Weights then, the gradient three ways, the update; below, forward and backward pass row by row."""
    model, then, common = net.model, net.then, net.common
    prefix, (p, k) = model.name, net.W_then.shape
    page = book.page(
        f"Gradient {model.title}",
        f"Gradient {model.title}: one epoch in slow motion",
        "Which way, and how far, does each weight move? Choose another epoch on Start and this page moves to it."
        " Read the lower table from left to right, then the upper one.",
    )
    units = tuple(f"w {j + 1}" for j in range(k)) if k > 1 else ()
    page.widths |= {0: 14.0, **dict.fromkeys(range(1, 24 + 2 * k * len(net.step.state | net.step.shown)), 12.0)}

    page.text(3, 0, "epoch", "label")
    page.place(f"{prefix}.then.epoch", net.epoch_here, 3, 1, "result", "cells", format="plain")
    page.place(f"{prefix}.then.loss", then.loss, 3, 4, "forward", title="Loss", side=True, format="loss")
    page.place(f"{prefix}.then.accuracy", then.accuracy, 3, 7, "forward", title="Accuracy", side=True, format="share")
    page.place(f"{prefix}.then.lr", net.lr_here, 3, 10, "result", "cells", title="Rate", side=True, format="rate")

    if net.counts:
        page.place(f"{prefix}.then.t", net.t, 3, 13, "result", "cells", title="Step t", side=True, format="plain",
                   name=f"{prefix}_t")  # fmt: skip

    w = TOP + 2
    page.place(f"{prefix}.then.which", net.which, w, 0, "fixed", name=f"{prefix}_which", title="No", format="plain")
    page.widths[1] = 12
    for i, name in enumerate(names):
        page.text(w + i, 1, name, "word")
    col = 2
    table: list[tuple[str, Node, Role, str, str, str]] = [
        ("W", net.W_then, "forward", "W then", f"{prefix}_W_then", "weight"),
        ("up", net.up, "forward", "Loss, weight + wiggle", "", "fine"),
        ("down", net.down, "forward", "Loss, weight - wiggle", "", "fine"),
        ("wiggled", net.wiggled, "backward", "Gradient, wiggled", f"{prefix}_wiggled", "gradient"),
        ("grad_W", net.grad_W, "backward", "Gradient, exact", f"{prefix}_grad_W", "gradient"),
        ("t_grad_W", net.t_grad_then, "torch", "Gradient, torch", f"{prefix}_torch_grad_W", "gradient"),
        *_remembered(net),
        ("W_next", net.W_next, "update", "W after", f"{prefix}_W_next", "weight"),
    ]
    places = {}
    for key, node, role, title, name, format in table:
        places[key] = col
        page.place(
            f"{prefix}.then.{key}", node, w, col, role, title=title, name=name, labels=units, format=format,
            scale=net.wiggle_scale if key == "wiggled" else None,
        )  # fmt: skip
        if k == 1:
            page.widths[col] = max(12.0, len(title) + 2)
        col += k
    formulas = net.optimiser.in_words()
    note = formulas + NEXT + NOTE + LIMITS[model.name]
    page.text(w - 3, col + 1, note, "note", wide=4, tall=8 + formulas.count("\n"))
    under = w + p + 1
    page.text(under, places["down"], "exact - wiggled, at most", "label")
    page.place(
        f"{prefix}.then.wiggle_difference",
        net.wiggle_difference,
        under,
        places["wiggled"],
        "result",
        format="diff",
        scale=net.wiggle_scale,
    )
    page.place(f"{prefix}.then.wiggle_verdict", net.wiggle_verdict, under, places["grad_W"], "agreement", format="text")
    page.text(under + 1, places["down"], "exact - torch, at most", "label")
    page.place(
        f"{prefix}.then.torch_difference",
        net.torch_difference,
        under + 1,
        places["wiggled"],
        "result",
        format="diff",
        scale=net.grad_W,
    )
    page.place(
        f"{prefix}.then.torch_verdict", net.torch_verdict, under + 1, places["grad_W"], "agreement", format="text"
    )

    data = under + 10
    page.text(under + 3, 0, "Row by row: forward (green), then backward (violet)", "lead")
    for i, words in enumerate(WORDS[model.name]):
        page.text(under + 4 + i, 0, words, "plain")
    number_rows(page, common.no.shape[0], data)

    def call(name: str) -> str:
        return f"{prefix}_{name}"

    id = f"{prefix}.then"
    col = place_steps(page, id, [*then.forward, then.error, then.sq_error], data, 1, call=call)
    backward = [net.mask, *net.cotangents] if net.mask else net.cotangents
    place_steps(page, id, backward, data, col, "backward", call=call, format="small")
    page.active = (3, 1)
    return page


def _remembered(net: Net) -> list[tuple[str, Node, Role, str, str, str]]:
    """What the optimiser remembers, before and after the step, and what it shows on the way; nothing for sgd."""
    prefix, step = net.model.name, net.step
    rows = [(kind, node, f"{kind} then", f"{kind}_then") for kind, node in net.state_then.items()]
    rows += [(f"{kind}_next", node, f"{kind} after", f"{kind}_next") for kind, node in step.state.items()]
    rows += [(name, node, name, name) for name, node in step.shown.items()]
    return [
        (key, node, "update", title, f"{prefix}_{name}", FORMATS.get(node.name, "small"))
        for key, node, title, name in rows
    ]
