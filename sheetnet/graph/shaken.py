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
LARGE, LESS = 2.0**-43, 8.0  # a trial is above rounding, and there is one that shakes so many times less
LINE = 0.5  # how far from a straight line the two may be: a decision that turns moves as much in both


def shaken(values: Mapping[Node, Array], given: Mapping[Node, Array], settle: Settle) -> dict[Node, Array]:
    """For each node how far its value may be off by the rounding of the descents that lead to it; 0 for a text.

    settle: as in with_magnitudes, of an evaluation of its own.
    Raises: GraphError as with_magnitudes.
    """

    def trial(by: float) -> list[Array]:
        rng = np.random.default_rng(0)

        def shake(
            node: Node, value: Array, sources: Sequence[Array], sizes: Sequence[Array], own: Array, state: bool
        ) -> Array:
            value = settle(node, value, sources, sizes, own, state)
            return value + rng.uniform(-by, by, value.shape) * own if state else value

        return [value for value, _ in with_magnitudes([*values], given, settle=shake)]

    more, less = trial(LARGE), trial(LARGE / LESS)
    return {node: _off(*of) for node, *of in zip(values, values.values(), more, less, strict=True)}


def _off(value: Array, more: Array, less: Array) -> Array:
    """What rounding moves of a value that moved in proportion to how it was shaken; 0 where it did not."""
    if value.dtype == object:
        return np.zeros(value.shape)
    with np.errstate(all="ignore"):
        large, small = np.abs(more - value), np.abs(less - value)
        straight = np.abs(large - LESS * small) <= LINE * large
    return np.where(straight & (large < np.inf), TIMES * ROUNDING / LARGE * large, 0.0)
