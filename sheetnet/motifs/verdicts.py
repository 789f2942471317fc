"""Whether two numbers are the same, as a sheet says it: equal, differs, or that there is nothing to compare with."""

from __future__ import annotations

from sheetnet.graph.node import Node, apply, lift, where
from sheetnet.page.language import said

CHANGED = "you changed something: torch's numbers are for the original"
CLOSE = 1e-10  # what `equal` means between sheet and torch: relative, for weights and gradients to 1 + their size


def apart(a: Node, b: Node, size: Node) -> Node:
    """|a - b| / size; where one of the two is an error value 1, and 0 where both are: they agree in that."""
    a_error, b_error = (apply("if_error", 0.0 * x, lift(1.0)) for x in (a, b))
    return apply("if_error", apply("abs", a - b) / size, apply("abs", a_error - b_error))


def verdict(difference: Node, close: float, changed: Node | None = None) -> Node:
    """`equal` or `differs`; or that the inputs were changed, where there is nothing to compare with."""
    far = where(apply("greater", difference, lift(close)), said("differs"), said("equal"))
    plain = apply("if_error", far, lift(said("differs")))
    return where(changed, said(CHANGED), plain) if changed else plain
