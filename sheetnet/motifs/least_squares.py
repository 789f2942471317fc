"""Least squares by the normal equations: the best weights that a linear model can have, in one formula."""

from __future__ import annotations

from sheetnet.graph.node import Node, apply, lift, where
from sheetnet.page.language import said

SINGULAR = 1e-10  # the share of a column that is new, below which X'X is too near to one without an inverse
YES, NO = "yes", "no: columns nearly depend on each other"  # are there single best weights?


def solution(X: Node, y: Node) -> Node:
    """The weights (p, 1) of the lowest mean squared error of X W (n, p) @ (p, 1): (X'X)^-1 (X'y).

    The inverse squares the condition of X, and with it what rounding does: where columns of X are far from right
    angles, `corrected` has twice the digits.
    """
    return _inverse(X) @ (X.T @ y)


def corrected(X: Node, y: Node) -> Node:
    """The same weights W (p, 1) and what least squares of their own error adds: W + (X'X)^-1 X' (y - X W).

    As right as by orthogonal columns: 10 digits or more of NIST's certified Longley and Wampler1, of which the first
    W has 6 and 3. A second correction adds none.
    """
    W = apply("estimate", solution(X, y))
    return W + _inverse(X) @ (X.T @ (y - X @ W))


def penalised(X: Node, y: Node, P: Node) -> Node:
    """The weights W (p, 1) for which the sum of the squared errors of X W, and W' P W, is least.

    (X'X + P)^-1 (X'y), and what the same makes of its own error: see corrected.
    X (n, p), y (n, 1), P (p, p). P = decay * I draws all weights towards 0, as ridge regression does; a 1 of P for a
    column of zeros leaves its weight at 0.
    """
    inverse = apply("inverse", X.T @ X + P)
    W = apply("estimate", inverse @ (X.T @ y))
    return W + inverse @ (X.T @ (y - X @ W) - P @ W)


def new_share(X: Node) -> Node:
    """How much of a column no other columns give, (1, 1), of the column with the least: a share of its square.

    1 where all columns are at right angles; noise, or an error value, where some column is a sum of others. How large
    the columns are does not matter: a column's square stands in X'X, and 1 / the square of what is new in the inverse.
    """
    return 1.0 / apply("max", apply("abs", _inverse(X) * (X.T @ X)))


def best(X: Node, y: Node) -> tuple[Node, Node]:
    """The weights of least squares, corrected, as a row (1, p), and a word (1, 1): YES; or NO, and then no weights.

    In place of weights that would be noise stand error values.
    """
    single = apply("if_error", apply("greater", new_share(X), lift(SINGULAR)), lift(0.0))
    word = where(single, said(YES), said(NO))
    return where(apply("equal", word, lift(said(YES))), corrected(X, y).T, lift(0.0) / 0.0), word


def _inverse(X: Node) -> Node:
    return apply("inverse", X.T @ X)
