"""Gradient: one epoch of a model in slow motion, at the epoch chosen on Start."""

from __future__ import annotations

from sheetnet.layout import Book, Page
from sheetnet.sheets.net import Net
from sheetnet.sheets.raw import TOP

STEPS = {"lin": "Lin", "relu": "ReLU", "pred": "Prediction"}


def gradient_page(book: Book, net: Net, names: tuple[str, ...]) -> Page:
    """Weights then, the gradient three ways, the update; below, forward and backward pass row by row."""
    model, then, common = net.model, net.then, net.common
    prefix, (p, k) = model.name, net.W_then.shape
    page = book.page(
        f"Gradient {model.title}",
        f"Gradient {model.title}: one epoch in slow motion",
        "Which way, and how far, does each weight move? Choose another epoch on Start and this page walks to it, forward"
        " or back. Read the lower table from left to right, then the upper one.",
    )
    units = tuple(f"w {j + 1}" for j in range(k)) if k > 1 else ()
    page.widths |= {0: 14.0, **dict.fromkeys(range(1, 24), 12.0)}

    page.text(3, 0, "epoch", "label")
    page.place(f"{prefix}.then.epoch", net.epoch_here, 3, 1, "result", "cells", format="plain")
    page.place(f"{prefix}.then.loss", then.loss, 3, 4, "forward", title="Loss", side=True, format="loss")
    page.place(f"{prefix}.then.accuracy", then.accuracy, 3, 7, "forward", title="Accuracy", side=True, format="share")
    page.place(f"{prefix}.then.lr", net.lr_here, 3, 10, "result", "cells", title="Rate", side=True, format="rate")

    w = TOP + 2
    page.place(f"{prefix}.then.which", net.which, w, 0, "data", name=f"{prefix}_which", title="No", format="plain")
    page.widths[1] = 12
    for i, name in enumerate(names):
        page.text(w + i, 1, name, "label_left")
    col = 2
    table = [
        ("W", net.W_then, "forward", "W then", f"{prefix}_W_then", "weight"),
        ("up", net.up, "forward", "Loss, weight + wiggle", "", "fine"),
        ("down", net.down, "forward", "Loss, weight - wiggle", "", "fine"),
        ("wiggled", net.wiggled, "backward", "Gradient, wiggled", f"{prefix}_wiggled", "gradient"),
        ("grad_W", net.grad_W, "backward", "Gradient, exact", f"{prefix}_grad_W", "gradient"),
        ("t_grad_W", net.t_grad_then, "torch", "Gradient, torch", f"{prefix}_torch_grad_W", "gradient"),
        ("W_next", net.W_next, "update", "W after", f"{prefix}_W_next", "weight"),
    ]
    places = {}
    for key, node, role, title, name, format in table:
        places[key] = col
        page.place(
            f"{prefix}.then.{key}", node, w, col, role, title=title, name=name, labels=units, format=format,  # type: ignore[arg-type]
            scale=net.wiggle_scale if key == "wiggled" else None,
        )  # fmt: skip
        if k == 1:
            page.widths[col] = max(12.0, len(title) + 2)
        col += k
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

    data = under + 7
    page.text(
        under + 3, 0, "Row by row: forward (green), then backward (violet): what each number is to blame for", "lead"
    )
    page.text(data - 1, 0, "No", "head")
    for i in range(common.no.shape[0]):
        page.text(data + i, 0, str(i + 1), "count")
    col = 1
    for node in then.forward:
        labels = tuple(f"{STEPS[node.name]} {j + 1}" for j in range(k)) if node.shape[1] > 1 else ()
        name = f"{prefix}_{node.name}"
        page.place(
            f"{prefix}.then.{node.name}", node, data, col, "forward", title=STEPS[node.name], labels=labels, name=name
        )
        col += node.shape[1]
    page.place(f"{prefix}.then.error", then.error, data, col, "forward", title="Error", name=f"{prefix}_error")
    page.place(
        f"{prefix}.then.sq_error", then.sq_error, data, col + 1, "forward", title="Sq. error", name=f"{prefix}_sq_error"
    )
    col += 2
    if net.mask is not None:
        labels = tuple(f"mask {j + 1}" for j in range(k))
        page.place(
            f"{prefix}.then.mask",
            net.mask,
            data,
            col,
            "backward",
            title="mask: Lin > 0",
            labels=labels,
            name=f"{prefix}_mask",
            format="plain",
        )
        col += k
    for node in net.cotangents:
        labels = tuple(f"{node.name} {j + 1}" for j in range(k)) if node.shape[1] > 1 else ()
        name = f"{prefix}_{node.name}"
        page.place(
            f"{prefix}.then.{node.name}",
            node,
            data,
            col,
            "backward",
            title=node.name,
            labels=labels,
            name=name,
            format="small",
        )
        col += node.shape[1]
    page.active = (3, 1)
    page.freeze = (2, 1)
    return page
