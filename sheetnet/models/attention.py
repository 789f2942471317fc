"""Attention, as graph: which rows look at which, by how much, and what they take from there.

Sequences of one length stand below each other, a row for each place. What a row gives to each place of its own sequence
is a row of weights, (rows, places): of the square of all rows with all rows only these can be other than 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.graph.node import Node, apply, constant, lift, sum_columns


@dataclass(frozen=True)
class Stacked:
    """Sequences below each other. own (n, n): 1 where two rows are of one sequence, None where there is only one.

    place (n, places): 1 in the column of the row's place. seen (n, places): 1 for each place that the row may look at.
    """

    place: Node
    seen: Node
    own: Node | None = None

    def each(self, square: Node) -> Node:
        """Of numbers for all rows with all rows (n, n), those within a sequence, by place: (n, places)."""
        return square if self.own is None else (square * self.own) @ self.place

    def all(self, weights: Node) -> Node:
        """Back again: (n, places) -> (n, n)."""
        return weights if self.own is None else (weights @ self.place.T) * self.own


def stacked(number: Node, place: Node, places: int) -> Stacked:
    """Of rows with the number of their sequence and their place in it, (n, 1) each from 1 on, and the causal mask."""
    counted = constant((tuple(float(j + 1) for j in range(places)),))
    return Stacked(
        apply("equal", place, counted), 1.0 - apply("greater", counted, place), apply("equal", number, number.T)
    )


def columns_of_head(head: int, heads: int, width: int) -> Node:
    """1 for the columns that belong to a head, counted from 0, else 0: (1, width)."""
    size = width // heads
    return constant((tuple(float(head * size <= j < (head + 1) * size) for j in range(width)),))


def scores(q: Node, k: Node, rows: Stacked, size: int) -> Node:
    """q k' / sqrt(size), by place: (n, width) and (n, width) -> (n, places)."""
    return rows.each(q @ k.T) / apply("sqrt", lift(float(size)))


def weights(score: Node, seen: Node) -> Node:
    """The softmax over the places that a row may see, else 0: (n, places). Of scores of a few hundred at most."""
    return apply("shares", score, seen)


def d_scores(weight: Node, d_weight: Node, size: int) -> Node:
    """The slope in q k' from that in the weights, (n, places)."""
    return weight * (d_weight - sum_columns(d_weight * weight)) / apply("sqrt", lift(float(size)))
