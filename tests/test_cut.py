"""Where long formulas are cut: what gets a place, and that every formula is then short enough."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sheetnet.errors import GraphError
from sheetnet.graph.cut import MOST, PLACE, cuts, needs_cells
from sheetnet.graph.formula import render
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, mean, relu, square, variable

X, y = variable("X", (20, 4)), variable("y", (20, 1))


class Standing:
    """Places of some nodes, each a name of so many letters."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = set(nodes)

    def whole(self, node: Node) -> str | None:
        return "n" * PLACE if node in self.nodes or node.op == "input" else None

    def part(self, *of: object) -> None:
        raise AssertionError("an array formula reads whole blocks")

    below = part


def deep(layers: int, activation: str = "relu") -> tuple[Node, list[Node]]:
    """The loss of a net of so many layers, and its weights."""
    a, weights = X, []
    for i in range(layers):
        W = variable(f"W_{i}", (a.shape[1], 4))
        weights.append(W)
        a = apply(activation, a @ W)
    return mean(square(a @ variable("v", (4, 1)) - y)), weights


def longest(roots: Sequence[Node], parts: Sequence[Node]) -> int:
    places = Standing([*parts, *roots])
    texts = []
    for node in [*parts, *roots]:
        places.nodes.discard(node)
        if not needs_cells(node):
            texts.append(render(node, places))
        places.nodes.add(node)
    return max(map(len, texts))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus"])
def test_short_formulas_are_left_whole(activation: str) -> None:
    loss, weights = deep(1, activation)
    assert cuts([loss, *gradient(loss, weights)], [X, y, *weights]) == []


@pytest.mark.parametrize("most", [700, 1500, MOST])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softplus", "softmax"])
@pytest.mark.parametrize("layers", [2, 4, 9])
def test_every_formula_is_short_enough_then(layers: int, activation: str, most: int) -> None:
    loss, weights = deep(layers, activation)
    roots = [loss, *gradient(loss, weights)]
    parts = cuts(roots, [X, y, *weights], most)
    assert longest(roots, parts) <= most
    assert not set(parts) & set(roots)


def test_without_places_nine_layers_are_longer_than_a_formula_may_be() -> None:
    loss, weights = deep(9)
    with pytest.raises(GraphError, match="Excel takes 8192"):
        longest([loss], [])
    assert cuts([loss], [X, y, *weights])


def test_each_part_stands_after_those_it_reads() -> None:
    loss, weights = deep(9, "softplus")
    parts = cuts([loss, *gradient(loss, weights)], [X, y, *weights])
    for i, part in enumerate(parts):
        assert not set(part.sources) & set(parts[i + 1 :])


def test_what_has_no_array_formula_gets_cells_and_so_does_what_it_reads() -> None:
    lin = X @ variable("W", (4, 2))
    shares = apply("normal", lin)
    assert cuts([mean(lin * shares)], [X]) == [lin, shares]


def test_what_stands_is_not_looked_into() -> None:
    lin = X @ variable("W", (4, 2))
    out = relu(apply("normal", lin))
    assert cuts([mean(out)], [out]) == []


def test_a_cut_that_comes_too_late_would_be_noticed() -> None:
    loss, weights = deep(9)
    parts = cuts([loss], [X, y, *weights], 800)
    with pytest.raises(AssertionError):
        assert longest([loss], parts[:-1]) <= 800
