"""Where a long formula is cut: which nodes get a place of their own, so that what reads them stays short."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf

from sheetnet.graph.dialect import ARRAY, ROWWISE, STACKS
from sheetnet.graph.node import Node, order

PLACE = 16  # characters of a place: a name, or cells of the same sheet
MOST = 3500  # of a formula, before a part of it gets a place; Excel takes 8,192


def cuts(roots: Sequence[Node], placed: Collection[Node], most: float = MOST) -> list[Node]:
    """The nodes under some roots that must be placed too, each after those it reads, so that none is over `most` long.

    The roots stand too, as do placed nodes, which are not looked into. What has no array formula (such as normal) is
    placed, and what it reads.
    """
    stands, new, lengths = {*placed, *roots}, list[Node](), dict[Node, float]()
    inner = order([source for root in roots for source in root.sources], stands)

    def stand(node: Node) -> None:
        if node.op not in ("constant", "input") and node not in stands:
            stands.add(node)
            new.append(node)
        lengths[node] = PLACE

    def shorten(node: Node) -> float:
        """The length of a formula once the heaviest of what it reads have places, until it is short enough."""
        if needs_cells(node):  # of its own, and cells read places
            for source in node.sources:
                stand(source)
            return inf
        while (length := _length(node, lengths)) > most:
            heaviest = max(node.sources, key=lambda source: lengths[source])
            if lengths[heaviest] <= PLACE:
                break
            stand(heaviest)
        return length

    for node in inner:
        if node in stands or node.op == "input":
            lengths[node] = PLACE
        elif (length := shorten(node)) == inf:
            stand(node)
        else:
            lengths[node] = length
    for root in roots:
        shorten(root)
    at = {node: i for i, node in enumerate(inner)}
    return sorted(new, key=lambda node: at[node])


def _length(node: Node, lengths: dict[Node, float]) -> float:
    """About how many characters its array formula has; inf where it has none."""
    if node.op == "constant":
        return float(len(str(node.value)))
    if node.op in STACKS:
        return 0.0
    if node.op in ROWWISE:
        marks = [chr(i) for i in range(len(node.sources))]
        text = ROWWISE[node.op][0](*marks, node.sources[0].shape[1])
        return len(text) + sum(text.count(m) * (lengths[s] + 2) for m, s in zip(marks, node.sources, strict=True))
    if node.op not in ARRAY:
        return inf
    template = ARRAY[node.op][0]
    uses = (template.count(f"{{{i}}}") * (lengths[source] + 2) for i, source in enumerate(node.sources))
    return len(template) + sum(uses)


def needs_cells(node: Node) -> bool:
    """Whether a node has no array formula and is written cell by cell."""
    return node.op not in ARRAY and node.op not in ROWWISE and node.op not in STACKS
