"""A net on sheets: its parameters and forward pass, and one epoch in slow motion. Its descent: net_descent.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sheetnet.graph.cut import cuts, needs_cells
from sheetnet.graph.node import Node, apply
from sheetnet.models.net import Net
from sheetnet.motifs.learning import Learning
from sheetnet.page.book import Book, Solver
from sheetnet.page.flow import Aside, across, down, lay
from sheetnet.page.grid import facts
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.shown import Group, Role, Shown, agreement, backward, forward, result, shown, update

TITLES = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "valid_loss": "Validation loss",
    "valid_accuracy": "Validation accuracy",
}
FORMATS = {"loss": "loss", "valid_loss": "loss", "accuracy": "share", "valid_accuracy": "share"}


def rows_of(net: Net, name: str, features: Sequence[str]) -> tuple[str, ...]:
    """What the rows of a parameter are called: the features where it meets X, else numbers."""
    parameter = next(p for p in net.parameters if p.name == name)
    meets = any(step.sources == (0,) and step.key == parameter.key.rpartition(".")[0] for step in net.steps)
    if parameter.held.letter == "W" and meets:
        return tuple(features)
    n = parameter.shape[0]
    return tuple(f"{'code' if parameter.held.letter == 'E' else 'unit'} {i}" for i in range(n)) if n > 1 else ("",)


def columns_of(net: Net, node: Node, classes: Sequence[str]) -> tuple[str, ...]:
    """What the columns of a matrix are called: the classes where there is one for each, else numbers."""
    k = node.shape[1]
    if k == net.n_outputs == len(classes) and node.name.rpartition("_")[2] in ("score",):
        return tuple(classes)
    return tuple(f"{i + 1}" for i in range(k)) if k > 1 else ()


def matrices(
    net: Net, nodes: Mapping[str, Node], features: Sequence[str], role: Role, ids: str, **more: object
) -> Part:
    """Parameters side by side, each in its own shape with the names of its rows; ids has {} for their names."""
    title, name = str(more.pop("title", "{}")), str(more.pop("name", ""))
    return across(*(
        table(
            {ids.format(key): Shown(node, title.format(key), "weight", role, name=name.format(key), labels=columns_of(net, node, ()), **more)},  # type: ignore[arg-type]
            names=rows_of(net, key, features), named="word",
        )
        for key, node in nodes.items()
    ))  # fmt: skip


def passed(prefix: str, nodes: Sequence[Node], stand: Sequence[Node], classes: Sequence[str], net: Net) -> Group:
    """The steps of a pass as columns, each an array formula; what has none is written cell by cell, and what it reads."""
    out: Group = {}
    inner = 0
    for node in [*cuts(nodes, [*stand, *nodes]), *nodes]:
        if node in stand:
            continue
        if node not in nodes:
            inner += 1
        key = node.name if node in nodes else f"part_{inner}"
        style = "cells" if needs_cells(node) or node.op in ("softmax", "logsumexp") else None
        format = "plain" if key == "right" else "weight"
        title = node.name or node.op
        out[f"{prefix}.{key}"] = Shown(node, title, format, "forward", style, labels=columns_of(net, node, classes))
    return out


def net_page(
    book: Book, one: Learning, features: Sequence[str], classes: Sequence[str], origin: str, typed: Group
) -> None:
    """Parameters (yellow) and their loss on top, every step for every row below."""
    net, now, prefix = one.net, one.now, one.net.name
    page = book.page(
        sheet_name(net.title),
        f"{net.title}: {describe(net)}",
        "Each step is one formula for all rows. Change a yellow number and watch the loss; start: " + origin + ".",
    )
    judged = one.judged_by(now, now)
    found = {f"{prefix}.now.{key}": (node, TITLES[key], FORMATS[key]) for key, node in judged.items()}
    inputs = [
        table({id: shown_}, names=rows_of(net, shown_.title, features), named="word") for id, shown_ in typed.items()
    ]
    steps = passed(f"{prefix}.now", _listed(now), [one.setting.X], classes, net)
    masks = shown("fixed", {f"{prefix}.{key}": (node, f"{key} (training)", "plain") for key, node in one.masks.items()})
    lay(page, prefix, down(
        across(facts("As when predicting", forward(found), span=2), *inputs),
        across(table(steps, names=one.setting.X.shape[0], corner="No", frozen=True), *([Aside(table(masks))] if masks else [])),
    ))  # fmt: skip
    if len(typed) == 1 and not one.masks:
        [weights] = typed.values()
        page.solver = Solver(book.block_of(now.loss).area, book.block_of(weights.node).area)


def _listed(seen: object) -> list[Node]:
    """The steps of a pass that are not X, each row's loss and whether it is right."""
    from sheetnet.motifs.learning import Seen

    assert isinstance(seen, Seen)
    steps = [node for node in dict.fromkeys(seen.steps) if node.op != "input"]
    return [*steps, seen.rows, *([seen.right] if seen.right is not None else [])]


def describe(net: Net) -> str:
    """Its layers in words."""
    words = [step.layer.word for step in net.steps]
    return f"{' > '.join(words[:8])}{' > ...' if len(words) > 8 else ''}, then {net.of_loss.title.lower()}"


def sheet_name(title: str, before: str = "") -> str:
    """A name that a sheet may have, with a word before it."""
    clean = "".join(" " if letter in "[]:*?/\\'" else letter for letter in title).strip() or "Net"
    return f"{before} {clean}".strip()[:31].strip()


def gradient_page(book: Book, one: Learning, features: Sequence[str], classes: Sequence[str]) -> None:
    """Parameters then, their gradients, the update; below, forward and backward pass for all rows."""
    net, prefix, seen = one.net, one.net.name, one.seen
    page = book.page(
        sheet_name(net.title, "Gradient"),
        f"Gradient {net.title}: one epoch in slow motion",
        "Which way, and how far, does each number move? Choose another epoch on Start and this page moves to it.",
    )
    id = f"{prefix}.then"
    head: list[Part] = [
        facts("", result({f"{id}.epoch": (apply("same", one.setting.epoch), "epoch", "plain")}, style="cells")),
        facts("", forward({f"{id}.loss": (seen.loss, "Loss", "loss")})),
        facts("", result({f"{id}.lr": (apply("same", one.lr), "Rate", "rate")}, style="cells")),
    ]
    numbers = [matrices(net, one.then, features, "update", f"{id}.{{}}", title="{} then", style="cells")]
    numbers.append(matrices(net, one.grads, features, "backward", f"{id}.grad_{{}}", title="gradient of {}"))
    remembered: dict[str, Node] = {}
    for name, step in one.steps.items():
        for kind in one.optimiser.state:
            remembered[f"{kind} then, {name}"] = one.state_then[name][kind]
        remembered |= {f"{kind} after, {name}": node for kind, node in step.state.items()}
        remembered |= {f"{kind}, {name}": node for kind, node in step.shown.items()}
    after = {name: step.W_next for name, step in one.steps.items()} | one.buffers_next
    if remembered:
        group = {
            f"{id}.{key.replace(', ', '_').replace(' ', '_')}": Shown(node, key, "small", "update", "cells" if " then" in key else None)
            for key, node in remembered.items()
        }  # fmt: skip
        numbers.append(across(*(table({key: shown_}) for key, shown_ in group.items())))
    numbers.append(matrices(net, after, features, "update", f"{id}.{{}}_next", title="{} after"))
    wiggled = {
        "up": (one.up, "Loss, all + wiggle x gradient", "fine"),
        "down": (one.down, "Loss, all - wiggle x gradient", "fine"),
    }
    slopes = {
        "slope": (one.slope, "Gradient squared, added up", "small"),
        "wiggled": (one.wiggled, "(up - down) / (2 wiggle)", "small"),
    }
    wiggle = facts(
        "Wiggled along the gradient",
        forward({f"{id}.{key}": value for key, value in wiggled.items()}),
        backward({f"{id}.{key}": value for key, value in slopes.items()}),
        agreement({f"{id}.wiggle_verdict": (one.wiggle_verdict, "Do the two agree?")}),
        span=3,
    )
    stand = [one.setting.X, *one.then.values()]
    steps = passed(id, _listed(seen), stand, classes, net)
    backwards = [(f"{id}.d_{name}", node) for name, node in one.cotangents.items()]
    steps |= {
        key: Shown(node, node_title(key), "small", "backward", labels=columns_of(net, node, ()))
        for key, node in backwards
    }
    lay(page, id, down(
        across(*head),
        across(wiggle, Note(one.optimiser.in_words().replace("W ", "each number ") + "\n\n" + EXPLAINED, 7)),
        *numbers,
        down(Words("Row by row: forward (green), then backward (violet)"), Words(BACKWARD, "plain"), gap=0),
        table(steps, names=one.setting.X.shape[0], corner="No"),
    ))  # fmt: skip


EXPLAINED = (
    "Wiggled: all numbers at once a little way along the gradient, and back. The loss must change by the gradient's"
    " squares, added up; it may differ where a ReLU has its corner nearby."
)
BACKWARD = (
    "d_ of a step: how much the loss rises for each unit that this number rises; each follows from the one after it."
)


def node_title(id: str) -> str:
    """The last part of an id, which is the name of the step."""
    return id.rpartition(".")[2]


__all__ = ["describe", "gradient_page", "net_page", "sheet_name", "update"]
