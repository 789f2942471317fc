"""A graph rewritten: nodes replaced by others, a matrix by its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from sheetnet.errors import GraphError
from sheetnet.graph import Node, apply, order
from sheetnet.shapes import SHAPES, broadcast, same


def substitute(roots: Sequence[Node], change: Mapping[Node, Node]) -> list[Node]:
    """The roots with some nodes replaced, rebuilt (and checked and folded) above them."""
    new: dict[Node, Node] = {}
    for node in order(roots):
        if node in change:
            new[node] = change[node]
        elif all(new[s] is s for s in node.sources):
            new[node] = node
        else:
            rebuilt = apply(node.op, *(new[s] for s in node.sources))
            new[node] = rebuilt.named(node.name) if node.name else rebuilt
    return [new[root] for root in roots]


def split_columns(root: Node, matrix: Node, columns: Sequence[Node]) -> Node:
    """The root (a single column or number), written with the columns of `matrix` one by one.

    For X @ W with W = [w_1 w_2] that is X @ w_1 and X @ w_2, and so on upwards: the same net, unit by unit.
    Raises: GraphError when an op cannot be split.
    """
    parts: dict[Node, list[Node]] = {}
    for node in order([root]):
        below = [parts[s] for s in node.sources]
        if node is matrix:
            parts[node] = list(columns)
        elif all(len(p) == 1 and p[0] is s for p, s in zip(below, node.sources, strict=True)):
            parts[node] = [node]
        elif node.op == "matmul" and len(below[0]) == 1:
            parts[node] = [below[0][0] @ b for b in below[1]]
        elif node.op == "matmul" and isinstance(node.sources[1].value, tuple):
            weights = node.sources[1].value
            total = None
            for part, (weight, *_) in zip(below[0], weights, strict=True):
                term = part * weight
                total = term if total is None else total + term
            parts[node] = [total]  # type: ignore[list-item]
        elif SHAPES[node.op] in (broadcast, same) or all(len(p) == 1 for p in below):
            width = max(len(p) for p in below)
            wide = [p * width if len(p) == 1 else p for p in below]
            parts[node] = [apply(node.op, *some) for some in zip_longest(*wide)]
        else:
            raise GraphError(f"{node!r} cannot be written column by column: {node.op} has no rule for it")
    (only,) = parts[root]
    return only
