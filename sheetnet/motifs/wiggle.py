"""A gradient by wiggling beside the exact one: five columns that every lesson with slopes shows."""

from __future__ import annotations

from typing import Any

from sheetnet.graph.node import Node, apply
from sheetnet.page.shown import Group, backward, forward, result


def by_wiggling(up: Node, down: Node, wiggle: Node) -> Node:
    """The slopes that a wiggle finds, of the losses' shape: (up - down) / (2 wiggle)."""
    return (up - down) / (2.0 * wiggle)


def wiggled(up: Node, down: Node, exact: Node, wiggle: Node, what: str = "Slope", **more: Any) -> Group:
    """Losses up and down (p, k), slopes (up - down) / (2 wiggle) and exact, and how far these are apart.

    up, down: the losses with one weight moved by the wiggle, added and taken off. what: Slope or Gradient.
    """
    slope = by_wiggling(up, down, wiggle)
    losses = forward({"up": (up, "Loss, + wiggle"), "down": (down, "Loss, - wiggle")}, **more)
    slopes = backward({"wiggled": (slope, f"{what}, wiggled"), "exact": (exact, f"{what}, exact")}, **more)
    apart = {"apart": (apply("abs", slope - exact), "How far apart", "apart")}
    return losses | slopes | result(apart, **more)
