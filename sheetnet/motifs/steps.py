"""Row-by-row tables: the steps of a pass side by side, each a block under its title."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sheetnet.graph.node import Node
from sheetnet.page.shown import Group, Shown

TITLES = {
    "lin": "Lin",
    "relu": "ReLU",
    "pred": "Prediction",
    "error": "Error",
    "sq_error": "Squared error",
    "correct": "Correct",
}
FORMATS = {"correct": "plain", "mask": "plain", "v": "fine", "v_hat": "fine"}


def steps(
    prefix: str, nodes: Sequence[Node], call: Callable[[str], str] = lambda _: "", format: str = "weight", **more: Any
) -> Group:
    """Named nodes as columns `prefix.name`, called call(name) in formulas; of several columns each has its number."""
    out = {}
    for node in nodes:
        title, k = TITLES.get(node.name, node.name), node.shape[1]
        labels = tuple(f"{title} {j + 1}" for j in range(k)) if k > 1 else ()
        shape = FORMATS.get(node.name, format)
        out[f"{prefix}.{node.name}"] = Shown(node, title, shape, name=call(node.name), labels=labels, **more)
    return out
