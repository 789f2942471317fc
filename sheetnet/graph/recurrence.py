"""Recurrences: stacks whose every part is calculated from the one before it, as the epochs of a descent are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sheetnet.graph.node import Node, order

MOST = 1000.0  # NOISE of so much is 1e-10, which check allows a number anyhow: more could not be told from it


class Recurrences:
    """How a step of a recurrence sees the state that it begins with.

    First order says nothing of many steps: a descent forgets its noise, as it forgets where it began, but the size of
    an error alone (which has no sign to cancel) would double from epoch to epoch and soon excuse everything. So where
    a state is the one before it plus a step, the next step begins with numbers that count by their value. Where it is
    not (a matrix that is squared again and again), noise does add up, to MOST times the largest of the numbers.
    Whoever reads a state from outside, or the stack, or within the step that makes it (as a weight reads the momentum
    of its own step), sees the magnitude as its own step has made it. Chains may be nested: what a net remembers within
    an epoch is a chain too, and each of its steps sees the weights of its epoch as a state to begin with.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        """nodes: each after its sources."""
        at = {node: i for i, node in enumerate(nodes)}
        tables = [node for node in nodes if _is_recurrent(node, at)]
        stacks = [_parts(table) for table in tables]
        # all on the way to the last states, but for the tables: another descent may begin with a row of one
        self.steps = set(order([parts[-1] for parts in stacks])) - set(tables)
        self.sums: set[Node] = set()
        self.others: set[Node] = set()
        sums = [parts for parts in stacks if all(part.op in ("add", "sub") for part in parts[1:])]
        states = {part for parts in sums for part in parts}
        for parts in sums:
            # a table of gradients is a sum too, but a gradient comes from the weights and not from the one before it
            if _depends(parts[1], parts[0], at, states):
                self.sums.update(parts)
        for parts in [*sums, *stacks]:
            if _depends(parts[1], parts[0], at, self.sums | self.others):
                (self.sums if parts in sums else self.others).update(parts)

        chains = [parts for parts in sums if parts[1] in self.sums]
        groups: list[list[tuple[Node, ...]]] = []
        for parts in chains:
            group = next((group for group in groups if _abreast(group[0], parts, at)), None)
            groups.append([parts]) if group is None else group.append(parts)
        self.at, self.ends = at, [max(at[parts[-1]] for parts in group) for group in groups]
        every = [
            (chain, step, [parts[step] for parts in group if step < len(parts)])
            for chain, group in enumerate(groups)
            for step in range(max(map(len, group)))
        ]
        self.number: dict[Node, tuple[int, int]] = {}  # chain and step that need a node first; a state's own makes it
        for chain, step, made in sorted(every, key=lambda one: min(at[state] for state in one[2])):
            for node in order(made, self.number):
                self.number.setdefault(node, (chain, step))

    def seen(self, node: Node, source: Node, value: Any, magnitude: Any) -> Any:
        """The magnitude of a source, as a node among the steps takes it."""
        if source in self.sums:
            (chain, _), mine = self.number[source], self.number.get(node, (-1, 0))
            over = mine[0] != chain and self.at[node] > self.ends[chain]
            return magnitude if over or mine == self.number[source] else size(value)
        if source in self.others:
            return np.minimum(magnitude, MOST * size(value).max(initial=0.0))
        return magnitude


def size(value: Any) -> Any:
    """|value|, entry by entry; 0 for text, blanks and error values."""
    if value.dtype == object:
        numbers = [[e if isinstance(e, float) else 0.0 for e in line] for line in value]
        value = np.array(numbers, dtype=float).reshape(value.shape)
    own = np.abs(value)
    return np.where(own < np.inf, own, 0.0)


def _parts(node: Node) -> tuple[Node, ...]:
    """What a table stacks, or picks from; () for a node that is none."""
    return {"vstack": node.sources, "pick": node.sources[1:]}.get(node.op, ())


def _is_recurrent(node: Node, at: Mapping[Node, int]) -> bool:
    parts = _parts(node)  # of two the second has no more than one step's noise
    return len(parts) > 2 and all(_depends(b, a, at, ()) for a, b in pairwise(parts))


def _abreast(one: Sequence[Node], other: Sequence[Node], at: Mapping[Node, int]) -> bool:
    """Whether two chains go on step by step together, as weights and their momentum do, neither within the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    steps = zip(pairwise(one), pairwise(other), strict=False)
    return all(at[a] < at[after_b] and at[b] < at[after_a] for (a, after_a), (b, after_b) in steps)


def _depends(node: Node, on: Node, at: Mapping[Node, int], but: Any) -> bool:
    """Whether a node is calculated from another, on a way that passes by none of some nodes."""
    stack, seen = [node], {node}
    while stack:
        for source in stack.pop().sources:
            if source is on:
                return True
            if at[source] > at[on] and source not in seen and source not in but:
                seen.add(source)
                stack.append(source)
    return False
