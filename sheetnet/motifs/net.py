"""One model's whole story as graph: now, through descent, and one epoch in slow motion.

- now: the forward pass at the weights in the yellow cells;
- descent: every epoch unrolled, each a row of the one above;
- then: forward and backward pass at one chosen epoch of the descent, the update, and the same gradient by wiggling;
- torch's: the numbers that torch gave when the workbook was made, as inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, hstack, lift, mean, order, row, square, variable, vstack, where
from sheetnet.graph.rewrite import split_columns, substitute
from sheetnet.models.model import Model, Pass, evaluate_loss
from sheetnet.models.optimisers import optimiser_of

CHANGED = "you changed something: torch's numbers are for the original"
CLOSE = 1e-10  # what `equal` means between sheet and torch: relative, for weights and gradients to 1 + their size
WIGGLE_CLOSE = 1e-6  # and between exact and wiggled gradients
SINGULAR = 1e-12  # the 1 / condition of X'X below which its inverse is rounding noise


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


class Net:
    """The nodes of one model, built once; the pages only place them."""

    def __init__(self, model: Model, common: Common) -> None:
        self.model, self.common = model, common
        self.optimiser = optimiser_of(common.optimiser)
        p, k = model.n_features, model.n_hidden
        self.units = range(k)
        self.lr = variable("lr", (1, 1))
        self.weight = variable("weight", (k, p))
        self.start = variable("start", (k, p))
        self.X_here = apply("same", common.X)
        self.y_here = apply("same", common.y)
        self.now: Pass = evaluate_loss(model, self.X_here, self.weight.T, self.y_here)
        self.best_weight, self.best_loss, self.certain = self._least_squares()
        self._unroll()
        self._slow_motion(p)
        self._torch(p, k)

    def _least_squares(self) -> tuple[Node, Node, Node]:
        """The weights (1, p) that the normal equations give, (X'X)^-1 X'y, their loss, and 1 / condition of X'X.

        Where columns depend on each other there is no such inverse, only rounding noise: then an error value.
        """
        X, y = self.common.X, self.common.y
        gram = X.T @ X
        inverse = apply("inverse", gram)
        condition = apply("max", apply("abs", gram)) * apply("max", apply("abs", inverse))
        certain = apply("if_error", 1.0 / condition, lift(0.0))
        solution = (inverse @ (X.T @ y)).named("solution")
        best = where(apply("greater", certain, lift(SINGULAR)), solution.T, lift(0.0) / 0.0)
        return best, mean(square(X @ best.T - y)), certain

    def _unroll(self) -> None:
        X, y = self.common.X, self.common.y
        p = self.model.n_features
        W = variable("W", (p, len(self.units)))
        self._any = [variable(f"w_{unit + 1}", (1, p)) for unit in self.units]
        whole = evaluate_loss(self.model, X, W, y)
        columns = [w.T for w in self._any]
        loss, accuracy = (split_columns(node, W, columns) for node in (whole.loss, whole.accuracy))
        self._columns = [variable(f"column_{unit + 1}", (p, 1)) for unit in self.units]
        self._loss = split_columns(whole.loss, W, self._columns)
        kinds, t = list(self.optimiser.state), variable("t", (1, 1))
        states = [{kind: variable(f"{kind}_{unit + 1}", (1, p)) for kind in kinds} for unit in self.units]
        grads = gradient(loss, self._any)
        steps = [self.optimiser.step(*of, self.lr, t) for of in zip(self._any, grads, states, strict=True)]
        before = [*self._any, *(state[kind] for state in states for kind in kinds)]
        after = [*(step.W_next for step in steps), *(step.state[kind] for step in steps for kind in kinds)]
        rows = [
            row(self.weight, unit + 1) if len(self.units) > 1 else apply("same", self.weight) for unit in self.units
        ]
        rows += [zero for W in rows for zero in self.optimiser.zeros(W).values()]
        kept: list[list[Node]] = []  # of each epoch: weights, state, gradients
        numbers = [apply("same", lift(0.0))]
        losses, accuracies = [], []
        for _ in range(self.common.epochs + 1):
            numbers.append(numbers[-1] + 1.0)
            change = dict(zip([*before, t], [*rows, numbers[-1]], strict=True))
            *found, epoch_loss, epoch_accuracy = substitute([*after, *grads, loss, accuracy], change)
            kept.append(rows + found[len(rows) :])
            rows = found[: len(rows)]
            losses.append(epoch_loss)
            accuracies.append(epoch_accuracy)
        self.losses, self.accuracies = vstack(losses), vstack(accuracies)
        columns_of_epochs = [vstack(column) for column in zip(*kept, strict=True)]
        k = len(self.units)
        self.W_rows, self.grad_rows = columns_of_epochs[:k], columns_of_epochs[-k:]
        of_state = iter(columns_of_epochs[k:-k])
        self.state_rows = [{kind: next(of_state) for kind in kinds} for _ in self.units]
        self.counts = t in order(after)  # whether a step depends on how many there were
        counted = vstack(numbers[:-1])
        self.epoch_numbers = counted if self.counts else variable("epoch_numbers", (self.common.epochs + 1, 1))

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
        self.epoch_here, self.lr_here = apply("same", common.epoch), apply("same", self.lr)
        self.which = variable("which", (p, 1))
        self.up, self.down = self._wiggled(columns, 1.0), self._wiggled(columns, -1.0)
        self.wiggled = (self.up - self.down) / (2.0 * common.wiggle)
        self.wiggle_scale = self.up / common.wiggle

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
        self.t_loss = variable("t_loss", (last + 1, 1))
        self.t_final = variable("t_final", (p, k))
        self.t_grads = [variable(f"t_grad_{unit + 1}", (last + 1, p)) for unit in self.units]
        self.lr_built = variable("lr_built", (1, 1))
        self.t_grad_then = hstack([self.at(grads, self.common.epoch).T for grads in self.t_grads])
        self.W_final = hstack([self.at(rows, last).T for rows in self.W_rows])
        self.losses_here = apply("same", self.losses)
        self.loss_difference = apart(self.losses, self.t_loss, apply("abs", self.t_loss))
        self.weight_difference = apart(self.W_final, self.t_final, 1.0 + apply("abs", self.t_final))
        self.largest_loss_difference = apply("max", self.loss_difference)
        self.largest_weight_difference = apply("max", self.weight_difference)
        self.lr_moved = apply("abs", self.lr - self.lr_built)
        self.weight_moved = apply("max", apply("abs", self.weight - self.start))

    def judged(self, changed: Node) -> None:
        """Build the verdicts, once it is known which node says whether the inputs were changed."""
        far = self.largest_loss_difference + self.largest_weight_difference
        self.changed = changed
        self.verdict = verdict(far, CLOSE, changed)
        size = 1.0 + apply("max", apply("abs", self.grad_W))
        self.wiggle_difference = apply("max", apply("abs", self.wiggled - self.grad_W)) / size
        self.wiggle_verdict = verdict(self.wiggle_difference, WIGGLE_CLOSE)
        self.torch_difference = apply("max", apart(self.grad_W, self.t_grad_then, size))
        self.torch_verdict = verdict(self.torch_difference, CLOSE, changed)


def apart(a: Node, b: Node, size: Node) -> Node:
    """|a - b| / size; where one of the two is an error value 1, and 0 where both are: they agree in that."""
    a_error, b_error = (apply("if_error", 0.0 * x, lift(1.0)) for x in (a, b))
    return apply("if_error", apply("abs", a - b) / size, apply("abs", a_error - b_error))


def verdict(difference: Node, close: float, changed: Node | None = None) -> Node:
    """`equal` or `differs`; or that the inputs were changed, where there is nothing to compare with."""
    far = where(apply("greater", difference, lift(close)), "differs", "equal")
    plain = apply("if_error", far, lift("differs"))
    return where(changed, CHANGED, plain) if changed else plain
