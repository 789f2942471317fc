"""What the pages of a net are made of: its parameters with the names of their rows, its steps, its names for sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheetnet.graph.cut import cuts, needs_cells
from sheetnet.graph.node import Node
from sheetnet.models.labels import rows_of
from sheetnet.models.net import Net
from sheetnet.motifs.learning import Learning, Seen
from sheetnet.page.book import Style
from sheetnet.page.flow import across
from sheetnet.page.language import said, whole
from sheetnet.page.part import Part
from sheetnet.page.parts import table
from sheetnet.page.shown import Group, Shown

TITLES = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "valid_loss": "Validation loss",
    "valid_accuracy": "Validation accuracy",
    "loss_of_mean": "Loss of the mean for every row",
    "r2": "R2",
    "rmse": "RMSE, in own units",
    "majority": "Share of the largest class",
    "row_loss": "loss of the row",
}
# names of sheets that a net cannot have: those of every workbook, and one that Excel keeps for itself
SHEETS = {"start", "predict", "blanks", "data", "features", "torch", "words", "exercises", "history"}
BRIEF = 30  # letters
FORMATS = {
    "loss": "loss", "valid_loss": "loss", "accuracy": "share", "valid_accuracy": "share", "majority": "share",
    "right": "plain", "rmse": "units", "loss_of_mean": "loss",
}  # fmt: skip


def called(net: Net, name: str) -> str:
    """A parameter's name for a heading, which says where it is frozen."""
    return said("{name}, frozen", name=name) if any(p.frozen for p in net.parameters if p.name == name) else name


def columns_of(node: Node, classes: Sequence[str] = ()) -> tuple[str, ...]:
    """What the columns of a matrix are called: classes where it is a score for each, else numbers."""
    k = node.shape[1]
    if node.name.endswith("score") and k == len(classes):
        return tuple(classes)
    return tuple(str(i + 1) for i in range(k)) if k > 1 else ()


def matrices(
    one: Learning, nodes: Mapping[str, Node], features: Sequence[str], id: str, title: str, **how: Any
) -> Part:
    """Parameters side by side, each in its own shape, its rows named; id has {}, title {name} for its own name."""
    parts = []
    for name, node in nodes.items():
        shown = Shown(node, said(title, name=called(one.net, name)), labels=columns_of(node), **how)
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
        title = f"part {i}, for others" if part else TITLES.get(node.name) or whole(node.name or node.op)
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
    layers = ", ".join([*words[:8], *["..."] * (len(words) > 8)])
    return said("{layers}, then {loss}", layers=layers, loss=said(net.of_loss.title.lower()))


def brief(name: str) -> str:
    """A person's own name for something, such as a column, short enough for the texts that formulas say."""
    return name if len(name) <= BRIEF else f"{name[: BRIEF - 3]}..."


def sheet_name(title: str, before: str = "") -> str:
    """A name that a sheet may have, with a word before it."""
    clean = "".join(" " if letter in "[]:*?/\\'" else letter for letter in title).strip() or "Net"
    return f"{before} {clean}".strip()[:31].strip()


def free_title(title: str, name: str, taken: Sequence[str]) -> str:
    """The title of a net, or with its name or a number behind it, so that its sheets are called as no others are.

    >>> free_title("MLP 8-2-1", "mlp", []), free_title("MLP 8-2-1", "two", ["MLP 8-2-1"]), free_title("Data", "net", [])
    ('MLP 8-2-1', 'MLP 8-2-1 two', 'Data net')
    """
    room = 31 - len("Gradient  99")
    tried = (title, f"{title} {name}", *(f"{title[:room].strip()} {number}" for number in range(2, 100)))
    others = SHEETS.union(*map(_sheets, taken))
    return next(one for one in tried if not _sheets(one) & others)


def _sheets(title: str) -> set[str]:
    """The names of a net's sheets, as programs compare them."""
    return {sheet_name(title, before).lower() for before in ("", "Gradient", "Descent", "Steps")}
