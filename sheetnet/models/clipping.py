"""Clipping: gradients that are too long together are made shorter, each by the same factor; their direction stays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from sheetnet.graph.node import Node, apply, lift, square, where

TINY = 1e-6  # beside the norm, so that nothing is divided by 0, as in torch


def norm_of(grads: Sequence[Node]) -> Node:
    """The norm of all gradients together, (1, 1): the square root of the sum of all squares."""
    return apply("sqrt", reduce(add, [_sum(square(grad)) for grad in grads]))


def clip_factor(norm: Node, most: Node | float) -> Node:
    """What gradients are multiplied with, (1, 1): min(1, most / (norm + TINY)).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
    """
    factor = most / (norm + TINY)
    return where(apply("greater", factor, lift(1.0)), 1.0, factor)


def clipped(grads: Sequence[Node], most: Node | float) -> list[Node]:
    """Each gradient times one factor, so that their common norm is at most `most`; shorter ones stay as they are."""
    factor = clip_factor(norm_of(grads), most)
    return [factor * grad for grad in grads]


def _sum(a: Node) -> Node:
    return a if a.shape == (1, 1) else apply("sum", a)
