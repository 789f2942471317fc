"""A net's whole story as graph: now, through descent in bands, and one epoch in slow motion.

- now: the forward pass at the parameters in the yellow cells, as when predicting;
- descent: every epoch unrolled, each a band in which every parameter stands in its own shape;
- then: forward and backward pass at one chosen epoch, the update, and the slope along the gradient by wiggling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sheetnet.graph.cut import cuts
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, constant, lift, mean, order, square, variable, vstack
from sheetnet.graph.rewrite import substitute, sum_with
from sheetnet.models.layer import Pass
from sheetnet.models.losses import right
from sheetnet.models.net import Net
from sheetnet.models.optimisers import optimiser_of
from sheetnet.motifs.unroll import unroll
from sheetnet.motifs.verdicts import verdict
from sheetnet.motifs.wiggle import by_wiggling
from sheetnet.tables.units import Units

WIGGLE_CLOSE = 1e-4  # between the exact and the wiggled slope along the gradient
PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Setting:
    """What all nets of a workbook share. parts: which rows belong to a part (n, 1) of 1 and 0, and how many do."""

    X: Node
    y: Node
    one: Node  # 1 in every row, (n, 1)
    parts: Mapping[str, tuple[Node, Node]]  # {} where all rows are learnt from
    epoch: Node
    wiggle: Node
    epochs: int
    optimiser: str
    units: Units | None = None  # of a target that is a number

    @property
    def stand(self) -> list[Node]:
        """What stands on other sheets, for formulas to read."""
        own = [] if self.units is None else [self.units.own, *self.units.facts.values()]
        return [self.X, self.y, self.one, *own, *(node for part in self.parts.values() for node in part)]

    def mean(self, rows: Node, part: str) -> Node:
        """The mean of (n, 1) over the rows of a part."""
        if part not in self.parts:
            return mean(rows)
        inside, count = self.parts[part]
        return apply("sum", rows * inside) / count


@dataclass(frozen=True)
class Seen:
    """A forward pass with what it is judged by: each step, each row's loss, and over a part loss and accuracy."""

    steps: list[Node]
    rows: Node
    loss: Node
    right: Node | None  # 1 where the class is right; None for a number

    @property
    def out(self) -> Node:
        """What the net gives."""
        return self.steps[-1]


class Learning:
    """The nodes of one net, built once; the pages only place them."""

    def __init__(self, net: Net, setting: Setting, classes: int) -> None:
        self.net, self.setting, self.classes = net, setting, classes
        self.optimiser = optimiser_of(setting.optimiser)
        self.lr = variable("lr", (1, 1))
        self.start = {p.name: variable(p.name, p.shape) for p in net.parameters}
        n = setting.X.shape[0]
        self.masks = {name: variable(name, (n, width)) for name, (width, _) in net.masks.items()}
        self.now = self._seen(self.start, Pass())
        self.now_in_units = None if setting.units is None else setting.units.of(self.now.out).named("in_units")
        likely = {"bce_with_logits": "sigmoid", "cross_entropy": "softmax"}.get(net.loss)
        self.probability = apply(likely, self.now.out).named("probability") if likely else None
        self._unroll()
        self._slow_motion()

    def _seen(self, P: Mapping[str, Node], how: Pass) -> Seen:
        X, y = self.setting.X, self.setting.y
        steps = self.net.forward(X, P, how)
        rows = self.net.of_loss.rows(steps[-1], y).named("row_loss")
        hits = right(self.net.of_loss, steps[-1], y).named("right") if self.classes else None
        return Seen(steps, rows, self.setting.mean(rows, "train").named("loss"), hits)

    def _training(self) -> Pass:
        train = self.setting.parts.get("train")
        rows = (self.setting.one, float(self.setting.X.shape[0])) if train is None else train
        return Pass(True, self.masks, *rows)

    def judged_by(self, seen: Seen, predicted: Seen) -> dict[str, Node]:
        """Loss and accuracy, of each part where there are parts: what the curves show, by name."""
        out = {"loss": seen.loss}
        if "valid" in self.setting.parts:
            out["valid_loss"] = self.setting.mean(predicted.rows, "valid").named("valid_loss")
        if seen.right is not None and predicted.right is not None:
            out["accuracy"] = self.setting.mean(seen.right, "train").named("accuracy")
            if "valid" in self.setting.parts:
                out["valid_accuracy"] = self.setting.mean(predicted.right, "valid").named("valid_accuracy")
        return out

    def worth(self) -> dict[str, Node]:
        """What is predicted now is worth on the rows that are learnt from, by name.

        Of numbers loss_of_mean, which a loss must get below, r2, which share of y's variance is explained, and rmse,
        the root of the mean squared error in the target's units; of classes the share of the largest, which an
        accuracy must exceed.
        """
        y, average = self.setting.y, self._average
        if self.setting.units is None or self.now_in_units is None:
            return {"majority": self.majority}
        missed = self.now.loss if self.net.loss == "mse" else average(square(self.now.out - y))
        r2 = 1.0 - missed / average(square(y - average(y)))
        rmse = apply("sqrt", average(square(self.now_in_units - self.setting.units.own)))
        return {"loss_of_mean": self.loss_of_mean, "r2": r2.named("r2"), "rmse": rmse.named("rmse")}

    @cached_property
    def majority(self) -> Node:
        """The share of the largest class among the rows that are learnt from, (1, 1)."""
        each = constant((tuple(float(i) for i in range(self.classes)),))
        return apply("max", self._training().mean(apply("equal", self.setting.y, each))).named("majority")

    @cached_property
    def loss_of_mean(self) -> Node:
        """The loss, on the rows that are learnt from, of who says their mean y for every row, (1, 1)."""
        y = self.setting.y
        return self._average(self.net.of_loss.rows(self._average(y) * self.setting.one, y)).named("loss_of_mean")

    def _average(self, rows: Node) -> Node:
        return self.setting.mean(rows, "train")

    def _unroll(self) -> None:
        net, epochs = self.net, self.setting.epochs
        P = {p.name: variable(p.name, p.shape) for p in net.parameters}
        t = variable("t", (1, 1))
        how = self._training()
        seen = self._seen(P, how)
        judged = self.judged_by(seen, self._seen(P, Pass()) if "valid" in self.setting.parts else seen)
        trained = [P[p.name] for p in net.trained]
        states = [{kind: variable(f"{kind}_{p.name}", p.shape) for kind in self.optimiser.state} for p in net.trained]
        grads = sum_with(gradient(seen.loss, trained), self.setting.one)
        begin = {P[name]: node for name, node in self.start.items()}
        self.first_grads = dict(zip((p.name for p in net.trained), substitute(grads, begin), strict=True))
        steps = [self.optimiser.step(*of, self.lr, t) for of in zip(trained, grads, states, strict=True)]
        updated = {name: apply("same", node) for name, node in P.items()}  # what is not learnt stays
        updated |= {p.name: step.W_next for p, step in zip(net.trained, steps, strict=True)} | how.updates
        before = [*P.values(), *(state[kind] for state in states for kind in state), t]
        after = [*(updated[name] for name in P), *(step.state[kind] for step in steps for kind in step.state)]
        standing = [*before, *self.setting.stand, self.lr, *self.masks.values()]
        middle = cuts([*judged.values(), *after], standing)
        first = {name: apply("same", self.start[name]) for name in P}
        zeros = [zero for p in net.trained for zero in self.optimiser.zeros(first[p.name]).values()]

        def step(now: Sequence[Node], number: int) -> tuple[Sequence[Node], Sequence[Node]]:
            change = dict(zip(before, [*now, lift(number + 1.0)], strict=True))
            found = substitute([*judged.values(), *middle, *after], change)
            return found[: len(found) - len(after)], found[len(found) - len(after) :]

        columns, _ = unroll([*first.values(), *zeros], epochs + 1, step)
        self.bands = dict(zip(P, columns, strict=False))  # each parameter, epoch by epoch
        rest = iter(columns[len(P) : len(after)])
        self.state_bands = {p.name: {kind: next(rest) for kind in self.optimiser.state} for p in net.trained}
        self.curves = {name: vstack(column) for name, column in zip(judged, columns[len(after) :], strict=False)}
        self.middle = columns[len(after) + len(judged) :]  # of each node that is cut out, epoch by epoch
        self.last = {name: band[-1] for name, band in self.bands.items()}

    def at(self, curve: Node, epoch: Node | float) -> Node:
        """A number of a curve, at an epoch counted from 0."""
        return apply("row", curve, epoch + 1 if isinstance(epoch, Node) else lift(epoch + 1))

    def _slow_motion(self) -> None:
        epoch = self.setting.epoch
        self.then = {name: apply("pick", epoch, *band).named(name) for name, band in self.bands.items()}
        self.state_then = {
            name: {kind: apply("pick", epoch, *band).named(kind) for kind, band in kinds.items()}
            for name, kinds in self.state_bands.items()
        }
        how = self._training()
        self.seen = self._seen(self.then, how)
        names = [p.name for p in self.net.trained]
        wanted = [self.then[name] for name in names]
        passed = [node for node in _between(self.seen.loss, wanted) if node in self.seen.steps]
        found = sum_with(gradient(self.seen.loss, [*passed, *wanted]), self.setting.one)
        self.cotangents = dict(zip((node.name for node in passed), found, strict=False))
        self.grads = dict(zip(names, found[len(passed) :], strict=True))
        self.t = epoch + 1.0
        self.steps = {
            name: self.optimiser.step(self.then[name], self.grads[name], self.state_then.get(name, {}), self.lr, self.t)
            for name in names
        }
        self.buffers_next = how.updates
        self.chosen = {name: self.at(curve, epoch) for name, curve in self.curves.items()}
        self._wiggle(names)

    def _wiggle(self, names: Sequence[str]) -> None:
        """All parameters moved along the gradient at once: the loss rises by the sum of its squares, times so far."""
        wiggle = self.setting.wiggle
        self.slope: Node = lift(0.0)
        for name in names:
            self.slope = self.slope + apply("sum", square(self.grads[name]))

        def moved(sign: float) -> Node:
            P = {name: self.then[name] + (sign * wiggle) * self.grads[name] for name in names}
            return self._seen({**self.then, **P}, self._training()).loss

        self.up, self.down = moved(1.0), moved(-1.0)
        self.wiggled = by_wiggling(self.up, self.down, wiggle)
        self.wiggle_difference = apply("abs", self.wiggled - self.slope) / (1.0 + self.slope)
        self.wiggle_verdict = verdict(self.wiggle_difference, WIGGLE_CLOSE)


def _between(loss: Node, wanted: Sequence[Node]) -> list[Node]:
    """The nodes from the loss back to the wanted ones, without these: those that get a cotangent."""
    found = set(wanted)
    out = []
    for node in order([loss]):
        if any(source in found for source in node.sources):
            found.add(node)
            out.append(node)
    return out[::-1]
