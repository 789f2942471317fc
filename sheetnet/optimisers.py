"""Optimiser steps, as graph: the parameters after a step, from those before and their gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sheetnet.graph import Node

Step = Callable[[Sequence[Node], Sequence[Node], Node], list[Node]]


def sgd(parameters: Sequence[Node], gradients: Sequence[Node], lr: Node) -> list[Node]:
    """Each parameter after a step of plain gradient descent, of its own shape: W_next = W - lr * grad_W."""
    return [
        (W - lr * grad).named(f"{W.name}_next" if W.name else "") for W, grad in zip(parameters, gradients, strict=True)
    ]


OPTIMISERS: dict[str, Step] = {"sgd": sgd}
