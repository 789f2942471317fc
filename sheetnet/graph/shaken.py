"""How far numbers move where each step of a descent is rounded otherwise: what no two programs agree on.

A magnitude says how large the rounding of one step is. Whether a descent forgets it, or makes it grow from epoch to
epoch, as it does at rates at the edge of what converges, hangs on its numbers, and is tried here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sheetnet.graph.evaluate import Array
from sheetnet.graph.magnitude import Settle, with_magnitudes
from sheetnet.graph.node import Node

ROUNDING = 2.0**-51  # of the numbers that a step adds up: a rounding or two
TIMES = 32.0  # a trial is one draw of many, and a step has many roundings


def shaken(values: Mapping[Node, Array], given: Mapping[Node, Array], settle: Settle) -> dict[Node, Array]:
    """For each node how far its value may be off by the rounding of the descents that lead to it; 0 for a text.

    settle: as in with_magnitudes, of an evaluation of its own.
    Raises: GraphError as with_magnitudes.
    """
    rng = np.random.default_rng(0)

    def shake(
        node: Node, value: Array, sources: Sequence[Array], sizes: Sequence[Array], own: Array, state: bool
    ) -> Array:
        value = settle(node, value, sources, sizes, own, state)
        return value + rng.uniform(-ROUNDING, ROUNDING, value.shape) * own if state else value

    moved = with_magnitudes([*values], given, settle=shake)
    return {node: _apart(value, other) for (node, value), (other, _) in zip(values.items(), moved, strict=True)}


def _apart(value: Array, other: Array) -> Array:
    if value.dtype == object:
        return np.zeros(value.shape)
    with np.errstate(all="ignore"):
        gap = np.abs(value - other)
    return TIMES * np.where(gap < np.inf, gap, 0.0)
