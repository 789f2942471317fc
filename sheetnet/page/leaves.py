"""Where the parts of stacked matrices stand."""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.graph.dialect import STACKS
from sheetnet.graph.node import Node
from sheetnet.page.area import Area


def parts_of(node: Node, area: Area) -> Iterator[tuple[Node, Area]]:
    """What a stack is made of, each with its place."""
    row, col = area.row, area.col
    for part in node.sources:
        yield part, Area(area.sheet, row, col, *part.shape)
        if node.op == "vstack":
            row += part.shape[0]
        else:
            col += part.shape[1]


def leaves_of(node: Node, area: Area) -> Iterator[tuple[Node, Area]]:
    """What a node is made of that is no stack, each with its place."""
    if node.op not in STACKS:
        yield node, area
        return
    for part, place in parts_of(node, area):
        yield from leaves_of(part, place)
