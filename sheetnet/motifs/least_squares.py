"""Least squares by the normal equations: the best weights that a linear model can have, in one formula."""

from __future__ import annotations

from sheetnet.graph.node import Node, apply, lift


def solution(X: Node, y: Node) -> Node:
    """The weights (p, 1) of the lowest mean squared error of X W (n, p) @ (p, 1): (X'X)^-1 (X'y)."""
    return apply("inverse", X.T @ X) @ (X.T @ y)


def certainty(X: Node) -> Node:
    """1 / condition of X'X, (1, 1), and 0 where it has no inverse: how far the digits of a solution can be trusted."""
    gram = X.T @ X
    condition = apply("max", apply("abs", gram)) * apply("max", apply("abs", apply("inverse", gram)))
    return apply("if_error", 1.0 / condition, lift(0.0))
