"""One model's whole story as graph: now, through descent, and one epoch in slow motion.

- now: the forward pass at the weights in the yellow cells;
- descent: every epoch unrolled, each a row of the one above;
- then: forward and backward pass at one chosen epoch of the descent, the update, and the same gradient by wiggling;
- torch's: the numbers that torch gave when the workbook was made, as inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.graph.dialects import present
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, hstack, lift, mean, order, row, square, variable, vstack
from sheetnet.graph.rewrite import split_columns, substitute
from sheetnet.models.model import Model, Pass, evaluate_loss
from sheetnet.models.optimisers import optimiser_of
from sheetnet.motifs.least_squares import best
from sheetnet.motifs.unroll import unroll
from sheetnet.motifs.verdicts import CLOSE, apart, verdict
from sheetnet.motifs.wiggle import by_wiggling

WIGGLE_CLOSE = 1e-6  # and between exact and wiggled gradients


@dataclass(frozen=True)
class Common:
    """What all models of a workbook share."""

    X: Node
    y: Node
    no: Node
    epoch: Node
    wiggle: Node
    epochs: int
    optimiser: str


class Trained:
    """The nodes of one model, built once; the pages only place them."""

    def __init__(self, model: Model, common: Common) -> None:
        self.model, self.common = model, common
        self.optimiser = optimiser_of(common.optimiser)
        p, k = model.n_features, model.n_hidden
        self.units = range(k)
        self.lr = variable("lr", (1, 1))
        self.weight = variable("weight", (k, p))
        self.X_here = apply("same", common.X)
        self.y_here = apply("same", common.y)
        self.now: Pass = evaluate_loss(model, self.X_here, self.weight.T, self.y_here)
        self.best_weight, self.single = best(common.X, common.y)
        self.best_loss = mean(square(common.X @ self.best_weight.T - common.y))
        self._unroll()
        self._slow_motion(p)
        self._torch(p, k)

    def _unroll(self) -> None:
        X, y, p = self.common.X, self.common.y, self.model.n_features
        W = variable("W", (p, len(self.units)))
        whole = evaluate_loss(self.model, X, W, y)
        lines = [variable(f"w_{unit + 1}", (1, p)) for unit in self.units]  # a unit's weights lie in a row
        loss, right = (split_columns(node, W, [w.T for w in lines]) for node in (whole.loss, mean(whole.correct)))
        accuracy = right + 0.0 * loss  # as in evaluate_loss, from the cell in which the loss stands
        self._columns = [variable(f"column_{unit + 1}", (p, 1)) for unit in self.units]
        self._loss = split_columns(whole.loss, W, self._columns)
        kinds, t, k = list(self.optimiser.state), variable("t", (1, 1)), len(self.units)
        self.whole = present().shares and not kinds  # whether an epoch is one formula for all units
        states = [{kind: variable(f"{kind}_{unit + 1}", (1, p)) for kind in kinds} for unit in self.units]
        grads = gradient(loss, lines)
        steps = [self.optimiser.step(*of, self.lr, t) for of in zip(lines, grads, states, strict=True)]
        nexts = [step.W_next for step in steps]
        if self.whole:
            loss, accuracy, nexts = self._at_once(lines)
        before = [*lines, *(state[kind] for state in states for kind in kinds), t]
        after = [*nexts, *(step.state[kind] for step in steps for kind in kinds)]
        start = [row(self.weight, unit + 1) if k > 1 else apply("same", self.weight) for unit in self.units]
        start += [zero for W in start for zero in self.optimiser.zeros(W).values()]
        numbers = [apply("same", lift(0.0))]

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            numbers.append(numbers[-1] + 1.0)
            found = substitute([*after, *grads, loss, accuracy], dict(zip(before, [*now, numbers[-1]], strict=True)))
            return found[len(after) :], found[: len(after)]

        columns = [vstack(rows) for rows in unroll(start, self.common.epochs + 1, step)[0]]
        *_, self.losses, self.accuracies = columns
        self.W_rows, self.grad_rows = columns[:k], columns[-k - 2 : -2]
        of_state = iter(columns[k : len(after)])
        self.state_rows = [{kind: next(of_state) for kind in kinds} for _ in self.units]
        self.counts = t in order(after)  # whether a step depends on how many there were
        counted = vstack(numbers[:-1])
        self.epoch_numbers = counted if self.counts else variable("epoch_numbers", (self.common.epochs + 1, 1))

    def _at_once(self, lines: Sequence[Node]) -> tuple[Node, Node, list[Node]]:
        """Loss, accuracy and each unit's next weights (1, p), calculated of all units together.

        before (k, p) is what a step begins with, after what it makes of that.
        """
        self.before = variable("weight", self.weight.shape)
        passed = evaluate_loss(self.model, self.common.X, self.before.T, self.common.y)
        (grad,) = gradient(passed.loss, [self.before])
        self.after = self.optimiser.step(self.before, grad, {}, self.lr, lift(1.0)).W_next.named("W_next")
        stacked = {self.before: vstack([apply("same", line) for line in lines]).named("weight")}
        loss, accuracy, after = substitute([passed.loss, passed.accuracy, self.after], stacked)
        return loss, accuracy, [after] if len(lines) == 1 else [row(after, unit + 1) for unit in self.units]

    @property
    def Ws(self) -> list[Node]:
        """W (p, k) at each epoch of the descent."""
        return [hstack([self.at(rows, epoch).T for rows in self.W_rows]) for epoch in range(self.common.epochs + 1)]

    def at(self, what: Node, epoch: Node | float) -> Node:
        """A row of the descent (1, k), at an epoch counted from 0."""
        return row(what, epoch + 1 if isinstance(epoch, Node) else lift(epoch + 1))

    def _slow_motion(self, p: int) -> None:
        common = self.common
        columns = [self.at(rows, common.epoch).T for rows in self.W_rows]
        self.W_then = hstack(columns).named("W")
        if len(columns) == 1:
            columns = [self.W_then]
        self.then = evaluate_loss(self.model, common.X, self.W_then, common.y)
        self.cotangents = gradient(self.then.loss, [*reversed(self.then.forward), self.W_then])
        self.grad_W = self.cotangents.pop()
        self.state_then = {
            kind: hstack([self.at(rows[kind], common.epoch).T for rows in self.state_rows]).named(kind)
            for kind in self.optimiser.state
        }
        self.t = common.epoch + 1.0
        self.step = self.optimiser.step(self.W_then, self.grad_W, self.state_then, self.lr, self.t)
        self.W_next = self.step.W_next
        self.mask = next((s for d in self.cotangents for s in d.sources if s.name == "mask"), None)
        self.chosen = {"loss": self.at(self.losses, common.epoch), "accuracy": self.at(self.accuracies, common.epoch)}
        self.epoch_here, self.lr_here = apply("same", common.epoch), apply("same", self.lr)
        self.which = variable("which", (p, 1))
        self.up, self.down = self._wiggled(columns, 1.0), self._wiggled(columns, -1.0)
        self.wiggled = by_wiggling(self.up, self.down, common.wiggle)

    def _wiggled(self, columns: list[Node], sign: float) -> Node:
        """The losses (p, k), each with one weight moved by the wiggle."""
        sides = []
        for unit in self.units:
            moved = []
            for feature in range(self.model.n_features):
                by = self.common.wiggle * apply("equal", self.which, lift(feature + 1.0))
                change = dict(zip(self._columns, columns, strict=True))
                change[self._columns[unit]] = columns[unit] + by if sign > 0 else columns[unit] - by
                moved += substitute([self._loss], change)
            sides.append(vstack(moved))
        return hstack(sides)

    def _torch(self, p: int, k: int) -> None:
        last = self.common.epochs
        self.t_grads = [variable(f"t_grad_{unit + 1}", (last + 1, p)) for unit in self.units]
        self.t_grad_then = hstack([self.at(grads, self.common.epoch).T for grads in self.t_grads])
        self.W_final = hstack([self.at(rows, last).T for rows in self.W_rows])

    def judged(self, changed: Node) -> None:
        """Build the verdicts, once it is known which node says whether the inputs were changed."""
        size = 1.0 + apply("max", apply("abs", self.grad_W))
        self.wiggle_difference = apply("max", apply("abs", self.wiggled - self.grad_W)) / size
        self.wiggle_verdict = verdict(self.wiggle_difference, WIGGLE_CLOSE)
        self.torch_difference = apply("max", apart(self.grad_W, self.t_grad_then, size))
        self.torch_verdict = verdict(self.torch_difference, CLOSE, changed)
