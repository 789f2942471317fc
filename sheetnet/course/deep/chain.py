"""Chain and Descent: backpropagation as a chain of matrix products, in whole numbers, then in a net that learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetnet.course.deep import texts
from sheetnet.course.deep.own import EPOCHS, FEW, HIDDEN, LAYERS, RATE, points, start, whole_net
from sheetnet.course.lesson import Lesson
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, constant, mean, square, vstack
from sheetnet.models.net import Net, mlp_layers, sequence
from sheetnet.motifs.learning import Learning, Setting
from sheetnet.motifs.net_descent import bands_of, steps_of
from sheetnet.motifs.net_parts import columns_of, matrices, passed
from sheetnet.motifs.wiggle import wiggled
from sheetnet.page.bands import Bands
from sheetnet.page.flow import Aside, across, beside, down, level
from sheetnet.page.grid import facts
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Ruler, Table, Words, table
from sheetnet.page.plot import plot
from sheetnet.page.shown import Shown, backward, forward, update

HALF: dict[str, Any] = {"width": 400, "height": 240, "wide": 5}  # of two charts side by side
SLIM: dict[str, Any] = {"width": 325, "height": 220, "wide": 4}  # beside a wide table
CURVE: dict[str, Any] = {"x_min": -2, "x_max": 2, "x_format": "0", "y_min": -2.5, "y_max": 2.5, "y_format": "0"}
GRID = np.linspace(-2, 2, 81)[:, None]


def mlp(name: str, n_features: int, hidden: tuple[int, ...]) -> Net:
    """A net of hidden layers with ReLUs between them, one output, and the mean squared error."""
    return Net(name, name.title(), n_features, sequence(mlp_layers(n_features, hidden, 1, "relu")), "mse")


def over(n: int, chart: Part) -> Part:
    """A chart, or a note, over n columns of one width, whatever stands below."""
    return down(Ruler((11.0,) * n), chart, gap=0)


def halves(*charts: Part, n: int = 5) -> Part:
    """Charts side by side, each over n columns."""
    return beside(*(over(n, chart) for chart in charts))


class Chain(Lesson):
    """A net with two hidden layers, backwards."""

    def chain_page(self) -> None:
        X, y, start_values = whole_net(self.seed)
        net = mlp("chain", 2, HIDDEN)
        self.X = self.typed("X", X, "X", name="X", labels=("1", "2"))
        self.y = self.typed("y", y, "y", name="y")
        names = [p.name for p in net.parameters]
        self.P = {
            name: self.typed(name, value, name, name=name, labels=tuple("123"[: value.shape[1]]))
            for name, value in zip(names, start_values, strict=True)
        }
        self.wiggle = self.typed("wiggle", 0.001, "Wiggle", low=1e-6, high=0.1)
        steps = {node.name: node for node in net.forward(self.X, self.P)}
        error = (steps["pred"] - self.y).named("error")
        self.loss = mean(square(error))
        found = gradient(self.loss, [*steps.values(), *self.P.values()])
        back = {node.name: node for node in found}
        self.found = back
        look: dict[str, Any] = {"format": "plain"}

        def one(name: str, of: Mapping[str, Node] = steps, role: Any = forward) -> Table:
            node = of[name]
            return table(role({name: Shown(node, name, name=name, labels=columns_of(node), **look)}), tight=True)

        def weights(name: str) -> Table:
            return table(self.cells(self.P[name]), tight=True)

        lanes: list[list[Part | None]] = [
            [table(self.cells(self.X), tight=True), table(self.cells(self.y), tight=True)]
        ]
        for i, (lin, act) in enumerate((("lin_1", "relu_1"), ("lin_2", "relu_2"), ("pred", "error")), start=1):
            lanes.append([one(lin), one(f"d_{lin}", back, backward), weights(f"W_{i}"), weights(f"b_{i}")])
            second = one(act, back | {"error": error}, forward) if act == "error" else one(act)
            below = (
                table(forward({"loss": (self.loss, "loss", "plain")}), tight=True)
                if act == "error"
                else one(f"d_{act}", back, backward)
            )
            lanes.append([second, below, one(f"grad_W_{i}", back, backward), one(f"d_b_{i}", back, backward)])
        self.page("Chain: two hidden layers, and the way back", texts.ABOUT_CHAIN, across(
            level(*lanes), over(3, Note(texts.CHAIN, 3)), Aside(self._wiggled(net, back["grad_W_1"])),
        ))  # fmt: skip

    def _wiggled(self, net: Net, exact: Node) -> Part:
        """The slopes of the loss in the first weights, (6, 1), by wiggling each, beside the gradient."""
        n, k = exact.shape

        def moved(i: int, j: int, sign: float) -> Node:
            unit = constant(tuple(tuple(float((r, c) == (i, j)) for c in range(k)) for r in range(n)))
            P = {**self.P, "W_1": self.P["W_1"] + (sign * self.wiggle) * unit}
            return mean(square(net.forward(self.X, P)[-1] - self.y))

        places = [(i, j) for i in range(n) for j in range(k)]
        up, low = (vstack([moved(i, j, sign) for i, j in places]) for sign in (1.0, -1.0))
        ones = [constant(tuple((float(c == j),) for c in range(k))) for j in range(k)]
        entries = vstack([apply("row", exact, constant(float(i + 1))) @ ones[j] for i, j in places])
        names = [f"row {i + 1}, column {j + 1}" for i, j in places]
        return down(
            Words(texts.WIGGLED), across(
                table(wiggled(up, low, entries, self.wiggle, "grad_W_1", format="short"), names=names, corner="of W_1"),
                facts("", self.cells(self.wiggle)),
            ), gap=0,
        )  # fmt: skip

    # ---- Descent

    def descent_page(self) -> None:
        x, y = points(FEW)
        net = mlp("net", 1, LAYERS[1:-1])
        columns = [self.typed(f"descent.{id}", a, id, "data", name=f"{id}_curve") for id, a in (("x", x), ("y", y))]
        one = self.typed("descent.one", np.ones_like(x), "1", "fixed")
        message = f"An epoch is a whole number from 0 to {EPOCHS}"
        self.epoch = self.typed(
            "descent.epoch", 5.0, "Epoch to look at", low=0, high=EPOCHS, whole=True, message=message
        )
        nudge = self.typed("descent.wiggle", 0.00001, "Wiggle", low=1e-9, high=0.1)
        self.watched_points = dict(zip(("x, Descent", "y, Descent"), columns, strict=True))
        self.one = run = Learning(
            net, Setting(columns[0], columns[1], one, {}, self.epoch, nudge, EPOCHS, "momentum"), 0
        )
        self.lr = run.lr
        self._delivered[self.lr] = np.array([[RATE]])
        self.typed("descent.lr", self.lr, "Learning rate", low=0, high=0.3, format="rate")
        begin = dict(zip(run.start, start(self.seed), strict=True))
        for name, node in run.start.items():
            self._delivered[node] = begin[name]
            self.typed(f"net.start.{name}", node, f"{name}, start", labels=columns_of(node), format="plain")
        epochs = self.typed("descent.epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        grid = self.typed("descent.grid", GRID, "x", "fixed")
        drawn = net.forward(grid, run.then)
        seen = passed(
            "descent",
            run.seen,
            [*columns, one, *run.then.values()],
            (),
            [*run.cotangents.values(), *run.grads.values()],
        )
        seen |= {
            f"descent.d_{name}": Shown(node, f"d_{name}", "short", "backward", labels=columns_of(node))
            for name, node in run.cotangents.items()
        }
        moved = {name: state for name, kinds in run.state_then.items() for state in kinds.values()}
        after = {name: step.W_next for name, step in run.steps.items()}
        self.losses = run.curves["loss"]
        self.loss_then, self.loss_end = run.chosen["loss"], run.at(self.losses, EPOCHS)
        first, last = self.as_it_came(*(run.at(self.losses, epoch) for epoch in (0, EPOCHS)))
        told = texts.DESCENT.format(epochs=EPOCHS, first=first.item(), last=last.item())
        self.page("Descent: the chain, step after step", texts.ABOUT_DESCENT, down(
            across(
                facts("", self.cells(self.epoch, self.lr), forward({
                    "loss_then": (self.loss_then, "Loss then", "short"),
                    "loss_end": (self.loss_end, f"Loss, epoch {EPOCHS}", "short"),
                }), span=2),
                down(
                    halves(
                        plot("The curve, and the net then", "x", "y", [
                            ("points", columns[0], columns[1], "dots"), ("the net", grid, "curve", "live"),
                        ], "Points on a wave, and a line with corners that comes closer to them.", **CURVE, **HALF),
                        plot("Loss (cut off at 1)", "epoch", "mean squared error", [
                            ("loss", epochs, "losses", "live"), ("the epoch to look at", self.epoch, "loss_then", "mark"),
                        ], "The loss falls steeply, then slowly, with a mark at the epoch.", x_max=EPOCHS, y_min=0, y_max=1, y_format="0.0", **HALF),
                    ),
                    Note(told, 10),
                ),
            ),
            matrices(run, run.then, ("x",), "descent.{}", "{name} then", role="update", style="cells", format="short"),
            matrices(run, run.grads, ("x",), "descent.grad_{}", "gradient of {name}", role="backward", format="short"),
            matrices(run, after, ("x",), "descent.{}_next", "{name} after", role="update", format="short"),
            across(
                table(self.cells(*columns), seen, names=FEW, corner="No"),
                Aside(across(
                    down(*(table(self.cells(node)) for node in run.start.values())),
                    down(*(table(update({f"moved_{name}": Shown(node, f"momentum of {name}", style="cells")})) for name, node in moved.items())),
                    table(self.cells(epochs), forward({"losses": (self.losses, "Loss", "short")})),
                    table(self.cells(grid), forward({"curve": Shown(drawn[-1], "Net then", "short")})),
                    table(self.cells(one)),
                    facts("", self.cells(nudge), backward({"slope": (run.slope, "Gradient squared, added up"), "descent.then.wiggled": (run.wiggled, "the same, by wiggling")}, format="short")),
                    Bands(bands_of(run)), *([Bands(steps_of(run))] if run.middle else []),
                )),
            ),
        ), first=self.epoch)  # fmt: skip
