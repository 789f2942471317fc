"""A graph rewritten: nodes replaced by others, a matrix by its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from sheetnet.errors import GraphError
from sheetnet.graph.node import Node, apply, constant, order
from sheetnet.graph.ops import ENTRYWISE


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


def sum_with(roots: Sequence[Node], one: Node) -> list[Node]:
    """The roots with every sum over the rows of a matrix written as a product with a column of ones (n, 1).

    MMULT(TRANSPOSE(one), a) names a once, and sums all columns at a time; the op without it names a three times.
    """
    new: dict[Node, Node] = {}
    for node in order(roots, {one}):
        sources = [new.get(source, source) for source in node.sources]
        if node.op == "sum_rows" and sources[0].shape[0] == one.shape[0]:
            new[node] = (one.T @ sources[0]).named(node.name) if node.name else one.T @ sources[0]
        elif any(source is not old for source, old in zip(sources, node.sources, strict=True)):
            rebuilt = apply(node.op, *sources)
            new[node] = rebuilt.named(node.name) if node.name else rebuilt
    return [new.get(root, root) for root in roots]


def split_columns(root: Node, matrix: Node, columns: Sequence[Node]) -> Node:
    """The root (a single column or number), written with the columns of `matrix` one by one.

    For X @ W with W = [w_1 w_2] that is X @ w_1 and X @ w_2, and so on upwards: the same net, unit by unit.
    Raises: GraphError when an op cannot be split.
    """
    parts: dict[Node, list[Node]] = {matrix: list(columns)}
    for node in order([root]):
        if node not in parts and any(source in parts for source in node.sources):
            parts[node] = _split(node, parts)
    split = parts.get(root, [root])
    if len(split) != 1:
        raise GraphError(f"{root!r} cannot be written column by column: {len(split)} columns of {root.op} are left")
    return split[0]


def _split(node: Node, parts: Mapping[Node, list[Node]]) -> list[Node]:
    """The columns of a node of which some sources have been split."""
    below = [parts.get(source) for source in node.sources]
    if node.op == "matmul" and below[0] is None and below[1]:
        return [node.sources[0] @ column for column in below[1]]
    if node.op == "matmul" and below[0] and isinstance(node.sources[1].value, tuple):
        return [_weighted(below[0], weights) for weights in zip(*node.sources[1].value, strict=True)]
    if node.op in ENTRYWISE:
        width = max(len(columns) for columns in below if columns)
        wide = [columns or _repeat(source, width) for columns, source in zip(below, node.sources, strict=True)]
        if all(len(columns) in (1, width) for columns in wide):
            wide = [columns * (width // len(columns)) for columns in wide]
            return [apply(node.op, *entries) for entries in zip(*wide, strict=True)]
    elif all(columns is None or len(columns) == 1 for columns in below):
        return [apply(node.op, *(columns[0] if columns else s for columns, s in zip(below, node.sources, strict=True)))]
    raise GraphError(f"{node!r} cannot be written column by column: {node.op} has no rule for it")


def _repeat(node: Node, width: int) -> list[Node]:
    """A node that was not split, as columns: itself where it broadcasts, a constant taken apart."""
    if node.shape[1] == 1:
        return [node] * width
    if isinstance(node.value, tuple):
        return [constant(tuple((entry,) for entry in column)) for column in zip(*node.value, strict=True)]
    raise GraphError(f"{node!r} cannot be written column by column: it is neither a column nor a constant")


def _weighted(columns: Sequence[Node], weights: Sequence[float]) -> Node:
    """columns[0] * weights[0] + columns[1] * weights[1] + ..."""
    terms = [column * weight for column, weight in zip(columns, weights, strict=True)]
    return reduce(lambda total, term: total + term, terms)
