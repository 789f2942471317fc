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

    What has no array formula (such as normal) is placed, and what it reads.
    """
    stands, lengths = set(placed), dict[Node, float]()
    nodes = order(roots, stands)
    new: list[Node] = []

    def stand(node: Node) -> None:
        if node.op not in ("constant", "input") and node not in stands:
            stands.add(node)
            new.append(node)
        lengths[node] = PLACE

    for node in nodes:
        if node in stands or node.op == "input":
            lengths[node] = PLACE
            continue
        lengths[node] = _length(node, lengths)
        if lengths[node] == inf:  # it needs cells of its own, and cells read places
            for source in node.sources:
                stand(source)
            stand(node)
        while lengths[node] > most:
            heaviest = max(node.sources, key=lambda source: lengths[source])
            if lengths[heaviest] <= PLACE:
                break
            stand(heaviest)
            lengths[node] = _length(node, lengths)
    at = {node: i for i, node in enumerate(nodes)}
    return sorted((node for node in new if node not in roots), key=lambda node: at[node])


def _length(node: Node, lengths: dict[Node, float]) -> float:
    """About how many characters its array formula has; inf where it has none."""
    if node.op == "constant":
        return float(len(str(node.value)))
    if node.op in STACKS:
        return 0.0
    if node.op in ROWWISE:
        text = ROWWISE[node.op][0]("\0", node.sources[0].shape[1])
        return len(text) + text.count("\0") * (lengths[node.sources[0]] + 2)
    if node.op not in ARRAY:
        return inf
    template = ARRAY[node.op][0]
    uses = (template.count(f"{{{i}}}") * (lengths[source] + 2) for i, source in enumerate(node.sources))
    return len(template) + sum(uses)


def needs_cells(node: Node) -> bool:
    """Whether a node has no array formula and is written cell by cell."""
    return node.op not in ARRAY and node.op not in ROWWISE and node.op not in STACKS
