"""What the pages of a net are made of: its parameters with the names of their rows, its steps, its names for sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheetnet.graph.cut import cuts, needs_cells
from sheetnet.graph.node import Node
from sheetnet.models.net import Net
from sheetnet.motifs.learning import Learning, Seen
from sheetnet.page.book import Style
from sheetnet.page.flow import across
from sheetnet.page.part import Part
from sheetnet.page.parts import table
from sheetnet.page.shown import Group, Shown

TITLES = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "valid_loss": "Validation loss",
    "valid_accuracy": "Validation accuracy",
    "r2": "R2",
    "rmse": "RMSE, in own units",
    "majority": "Share of the largest class",
    "row_loss": "loss of the row",
}
FORMATS = {
    "loss": "loss", "valid_loss": "loss", "accuracy": "share", "valid_accuracy": "share", "majority": "share",
    "right": "plain", "rmse": "units",
}  # fmt: skip


def rows_of(net: Net, name: str, features: Sequence[str]) -> tuple[str, ...]:
    """What the rows of a parameter are called: the features where it meets X, else units or codes."""
    parameter = next(p for p in net.parameters if p.name == name)
    letter, n, key = parameter.held.letter, parameter.shape[0], parameter.key.rpartition(".")[0]
    if letter == "W" and any(step.sources == (0,) and step.key == key for step in net.steps):
        return tuple(features)
    return tuple(f"{'code' if letter == 'E' else 'unit'} {i + (letter != 'E')}" for i in range(n)) if n > 1 else ("",)


def names_of(
    net: Net, features: Sequence[str], classes: Sequence[str]
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What rows and columns of each parameter are called where it stands alone, as in a table of pandas.

    Rows as rows_of has them, without spaces; the one of a parameter with one row is called as it is. Columns are
    classes in the last layer of a net that gives scores, else unit_1, unit_2, ...
    """
    out, last = {}, net.steps[-1]
    ends = {last.key_of(held) for held in last.layer.held} if net.loss == "cross_entropy" else set()
    for p in net.parameters:
        rows, k = rows_of(net, p.name, features), p.shape[1]
        if rows == ("",):
            rows = (p.name,)
        elif rows != tuple(features):
            rows = tuple(row.replace(" ", "_") for row in rows)
        units = tuple(f"unit_{i + 1}" for i in range(k))
        out[p.name] = rows, tuple(classes) if p.key in ends and k == len(classes) else units
    return out


def columns_of(node: Node, classes: Sequence[str] = ()) -> tuple[str, ...]:
    """What the columns of a matrix are called: classes where it is a score for each, else numbers."""
    k = node.shape[1]
    if node.name.endswith("score") and k == len(classes):
        return tuple(classes)
    return tuple(str(i + 1) for i in range(k)) if k > 1 else ()


def matrices(
    one: Learning, nodes: Mapping[str, Node], features: Sequence[str], id: str, title: str, **how: Any
) -> Part:
    """Parameters side by side, each in its own shape with the names of its rows; id and title have {} for its name."""
    parts = []
    for name, node in nodes.items():
        shown = Shown(node, title.format(name), labels=columns_of(node), **how)
        parts.append(table({id.format(name): shown}, names=rows_of(one.net, name, features), named="word"))
    return across(*parts)


def listed(seen: Seen) -> list[Node]:
    """The steps of a pass that are not X, each row's loss, and whether it is right."""
    steps = [node for node in dict.fromkeys(seen.steps) if node.op != "input"]
    return [*steps, seen.rows, *([seen.right] if seen.right is not None else [])]


def passed(id: str, seen: Seen, stand: Sequence[Node], classes: Sequence[str], others: Sequence[Node] = ()) -> Group:
    """The steps of a pass as columns, each one array formula; first what they, and others of the page, must read."""
    nodes, out = [node for node in listed(seen) if node not in stand], Group()
    parts = cuts([*nodes, *others], stand)
    for i, node in enumerate([*parts, *nodes], start=1):
        part = i <= len(parts)
        title = f"part {i}, for others" if part else TITLES.get(node.name, node.name or node.op)
        out[f"{id}.{f'part_{i}' if part else node.name}"] = Shown(
            node, title, FORMATS.get(node.name, "weight"), "forward", style_of(node, [*stand, *parts, *nodes]),
            labels=columns_of(node, classes),
        )  # fmt: skip
    return out


def style_of(node: Node, standing: Sequence[Node]) -> Style | None:
    """Cell by cell where there is no array formula, or where it is the longer one and what it reads stands."""
    shorter = node.op in ("softmax", "logsumexp") and node.sources[0] in standing
    return "cells" if shorter or needs_cells(node) else None


def describe(net: Net) -> str:
    """Its layers in words."""
    words = [step.layer.word for step in net.steps]
    return f"{', '.join([*words[:8], *['...'] * (len(words) > 8)])}, then {net.of_loss.title.lower()}"


def sheet_name(title: str, before: str = "") -> str:
    """A name that a sheet may have, with a word before it."""
    clean = "".join(" " if letter in "[]:*?/\\'" else letter for letter in title).strip() or "Net"
    return f"{before} {clean}".strip()[:31].strip()
