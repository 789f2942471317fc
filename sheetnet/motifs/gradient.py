"""Gradient: one epoch of a model in slow motion, at the epoch chosen on Start."""

from __future__ import annotations

from sheetnet.graph.node import Node
from sheetnet.motifs.steps import FORMATS, steps
from sheetnet.motifs.telling import telling
from sheetnet.motifs.trained import Trained
from sheetnet.page.book import Book, Role
from sheetnet.page.flow import Aside, across, down, lay
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.shown import Group, Shown, agreement, backward, forward, result, shown, update

THEN = (
    "W then: the weights at this epoch. Here they stand upright, a row for each feature; on {} they lie in a row.\n"
    "{}\nThese are the weights of the next epoch on the Descent sheet."
)
WIGGLED = (
    "For the curious: is the gradient right? Move each weight a little up and a little down, by the wiggle on Start."
    " The difference of the two losses, divided by twice the wiggle, is the gradient, too. "
)


def gradient_page(book: Book, net: Trained, names: tuple[str, ...]) -> None:
    """Weights then, the gradient three ways, the update; below, forward and backward pass row by row."""
    model, then = net.model, net.then
    prefix, k = model.name, model.n_hidden
    page = book.page(
        f"Gradient {model.title}",
        f"Gradient {model.title}: one epoch in slow motion",
        "Which way, and how far, does each weight move? Below: where its gradient comes from, passenger by passenger."
        " Choose another epoch on Start.",
    )

    def call(name: str) -> str:
        return f"{prefix}_{name}"

    units = tuple(f"w {j + 1}" for j in range(k)) if k > 1 else ()
    lines: list[Group] = [
        result({"epoch": (net.epoch_here, "epoch", "plain")}, style="cells"),
        forward({"loss": (then.loss, "Loss", "short")}),
        forward({"accuracy": (then.accuracy, "Accuracy", "share")}),
        result({"lr": (net.lr_here, "Rate", "rate")}, style="cells"),
    ]
    if net.counts:
        lines.append(result({"t": (net.t, "Step t", "plain")}, style="cells", name=call("t")))
    weights: Group = {"W": Shown(net.W_then, "W then", name=call("W_then"), labels=units)}
    weights |= backward({"grad_W": (net.grad_W, "Gradient")}, format="gradient", name=call("grad_W"), labels=units)
    weights |= _remembered(net, units)
    if not net.optimiser.state:  # a plain step: the rest is beside it
        weights |= update({"move": (net.lr * net.grad_W, "Rate × gradient")}, labels=units)
    weights |= update({"W_next": (net.W_next, "W after")}, name=call("W_next"), labels=units)
    checks = shown("fixed", {"which": (net.which, "No", "plain")}, name=call("which"))
    moved = {"up": (net.up, "Loss, weight + wiggle"), "down": (net.down, "Loss, weight - wiggle")}
    checks |= forward(moved, format="fine", labels=units)
    slopes: list[tuple[str, Node, str, Role]] = [
        ("wiggled", net.wiggled, "wiggled", "backward"), ("t_grad_W", net.t_grad_then, "torch", "torch"),
    ]  # fmt: skip
    for id, node, how, role in slopes:
        name = call("torch_grad_W" if how == "torch" else how)
        checks[id] = Shown(node, f"Gradient, {how}", "gradient", role, name=name, labels=units)
    verdicts = {
        "Gradient and wiggled, apart": ("wiggle", net.wiggle_difference, net.wiggle_verdict),
        "Gradient and torch, apart": ("torch", net.torch_difference, net.torch_verdict),
    }
    backwards = [net.mask, *net.cotangents] if net.mask else net.cotangents
    passes = steps(f"{prefix}.then", [*then.forward, then.error, then.sq_error], call)
    passes |= steps(f"{prefix}.then", backwards, call, "small", role="backward")
    lay(page, f"{prefix}.then", down(
        across(*(facts("", line) for line in lines)),
        across(
            table(weights, names=names, named="word"),
            Note(THEN.format(model.title, net.optimiser.in_words()), 4),
            Aside(across(table(checks, names=names, named="word"), Note(WIGGLED + telling(model).wiggle, 4))),
        ),
        grid("", {
            words: result({f"{key}_difference": (far,)}, format="small") | agreement({f"{key}_verdict": (says,)})
            for words, (key, far, says) in verdicts.items()
        }, span=2),
        down(
            Words("Row by row: forward (green), then backward (violet)"),
            *(Words(words, "plain") for words in telling(model).backward), gap=0,
        ),
        table(passes, names=net.common.no.shape[0], corner="No"),
    ))  # fmt: skip


def _remembered(net: Trained, units: tuple[str, ...]) -> Group:
    """What the optimiser remembers, before and after the step, and what it shows on the way; nothing for sgd."""
    step = net.step
    rows = {kind: (node, f"{kind} then", f"{kind}_then") for kind, node in net.state_then.items()}
    rows |= {f"{kind}_next": (node, f"{kind} after", f"{kind}_next") for kind, node in step.state.items()}
    rows |= {name: (node, name, name) for name, node in step.shown.items()}
    return {
        key: Shown(node, title, FORMATS.get(node.name, "small"), "update", None, f"{net.model.name}_{name}", units)
        for key, (node, title, name) in rows.items()
    }
