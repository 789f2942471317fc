"""Descent unrolled: the same step placed again and again, each on the rows of the one before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sheetnet.graph.node import Node

Step = Callable[[Sequence[Node], int], tuple[Sequence[Node], Sequence[Node]]]  # state, number -> seen, state after


def unroll(state: Sequence[Node], n: int, step: Step) -> tuple[list[list[Node]], Sequence[Node]]:
    """Of n steps: a list of rows for each part of the state, then for each thing seen; and the state after the last.

    step takes the state before it and its number, from 0, and gives what is seen there and the state after it.
    """
    rows = []
    for number in range(n):
        seen, following = step(state, number)
        rows.append([*state, *seen])
        state = following
    return [list(column) for column in zip(*rows, strict=True)], state
