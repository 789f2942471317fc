"""Many nets side by side: nets of one hidden layer, all in the same two matrices, that take every step at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, hstack, lift, relu, square, variable, vstack
from sheetnet.graph.rewrite import substitute, sum_with
from sheetnet.motifs.unroll import unroll


@dataclass(frozen=True)
class Nets:
    """Nets that say the sum of v × max(0, w x + b) over their units; the units of all of them stand side by side.

    X (n, 2): x and 1. y, one (n, 1). belongs (units, nets): 1 where a unit is of a net, else 0.
    """

    X: Node
    y: Node
    one: Node
    belongs: Node

    def lin(self, A: Node, X: Node | None = None) -> Node:
        """w x + b of each unit: (n, 2) @ (2, units) -> (n, units)."""
        return (X or self.X) @ A

    def pred(self, A: Node, v: Node, X: Node | None = None) -> Node:
        """What each net says, (n, nets)."""
        return (relu(self.lin(A, X)) * v) @ self.belongs

    def losses(self, A: Node, v: Node) -> Node:
        """The mean squared error of each net, (1, nets)."""
        return (self.one.T @ square(self.pred(A, v) - self.y)) / float(self.X.shape[0])

    def dead(self, A: Node) -> Node:
        """1 for each unit that is above 0 in no row, (1, units)."""
        return apply("equal", self.one.T @ apply("step", self.lin(A)), lift(0.0))

    def slopes(self, A: Node, v: Node) -> list[Node]:
        """The gradients of all losses in A and in v: no net has a weight of another, so their sum tells all."""
        return sum_with(gradient(apply("sum", self.losses(A, v)), [A, v]), self.one)

    def descent(
        self, A: Node, v: Node, epochs: int, lr: Node, momentum: float, noise: Sequence[Node] = ()
    ) -> tuple[list[Node], list[Node]]:
        """A (2, units) and v (1, units) of every epoch. noise (2, units): is added to the gradient of A, for each step.

        Momentum without a memory of its own: what it remembers is the step before, w - w before.
        """
        begin = [apply("same", A), apply("same", v)]
        anywhere = [
            variable("A", A.shape),
            variable("v", v.shape),
        ]  # the slopes are found once, and placed again and again
        slopes = self.slopes(*anywhere)

        def step(now: Sequence[Node], t: int) -> tuple[Sequence[Node], Sequence[Node]]:
            after, grads = [], substitute(slopes, dict(zip(anywhere, now[:2], strict=True)))
            for i, (W, before, grad) in enumerate(zip(now[:2], now[2:], grads, strict=True)):
                grad = grad + noise[t] if noise and i == 0 else grad
                after.append(W + momentum * (W - before) - lr * grad if t else W - lr * grad)
            return [], [*after, *now[:2]]

        columns, last = unroll([*begin, *begin], epochs, step)
        return [*columns[0], last[0]], [*columns[1], last[1]]

    def curve(self, As: Sequence[Node], vs: Sequence[Node]) -> Node:
        """The loss of each net at each epoch, (epochs + 1, nets)."""
        return vstack([self.losses(A, v) for A, v in zip(As, vs, strict=True)])


def with_ones(x: Node, one: Node) -> Node:
    """x and 1 side by side, (n, 1) -> (n, 2)."""
    return hstack([apply("same", x), apply("same", one)])
