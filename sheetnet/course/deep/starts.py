"""Dead, Spread, Vanishing and Starts: what a net begins with, and what becomes of it."""

from __future__ import annotations

import numpy as np

from sheetnet.course.deep import texts
from sheetnet.course.deep.chain import CURVE, GRID, HALF, SLIM, halves, over
from sheetnet.course.deep.own import (
    AFTER,
    BIAS,
    CLEAR,
    DEPTH,
    KEPT_SPREAD,
    MANY_NETS,
    NEAR,
    PULL,
    RATE_MANY,
    ROUNDS,
    SPREADS,
    STRONG,
    TOGETHER,
    UNITS,
    WIDTH,
    few_points,
    layers,
    many_starts,
    two_starts,
)  # fmt: skip
from sheetnet.course.deep.shapes import Shapes
from sheetnet.course.deep.wide import Nets, with_ones
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, hstack, lift, mean, ones, relu, row, square, vstack, where
from sheetnet.page.bands import Bands
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Group, Shown, backward, forward, result, update

LABELS = ("without noise", "with noise")
BINS = np.arange(10.0)[:, None] / 10
TWO = ("bias 0", "your bias")


class Starts(Shapes):
    """The numbers that a net starts with."""

    def _rows(self, prefix: str) -> tuple[Node, Node, Node]:
        """x, y and 1 of the few points, as inputs of a sheet."""
        x, y = few_points()
        data = [self.typed(f"{prefix}.{id}", a, id, "data") for id, a in (("x", x), ("y", y))]
        self.watched_points |= {f"{node.name.rpartition('.')[2]}, {prefix.title()}": node for node in data}
        return data[0], data[1], self.typed(f"{prefix}.one", np.ones_like(x), "1", "fixed")

    # ---- Dead

    def dead_page(self) -> None:
        w, v = two_starts(self.seed)
        x, y, one = self._rows("dead")
        self.bias = self.typed("bias", BIAS, "Your bias", low=-5, high=2)
        self.dead_lr = self.typed("lr", RATE_MANY, "Learning rate", low=0, high=0.1, name="lr_dead", format="rate")
        starts = [self.typed(id, a, title, "fixed") for id, a, title in (("w", w, "w, start"), ("v", v, "v, start"))]
        epochs = self.typed("epochs", np.arange(AFTER + 1.0)[:, None], "Epoch", "fixed")
        X = with_ones(x, one)
        net = Nets(X, y, one, ones(TOGETHER, 1))
        zero = 0.0 * starts[0]
        begin = [vstack([apply("same", starts[0]), b]) for b in (apply("same", zero), zero + self.bias)]
        runs = [net.descent(A, starts[1], AFTER, self.dead_lr, PULL) for A in begin]
        losses = hstack([net.curve(As, vs) for As, vs in runs])
        dead = hstack([vstack([net.dead(A) @ net.belongs for A in As]) for As, _ in runs])
        A, v_start = runs[1][0][0], runs[1][1][0]
        grads = net.slopes(A, v_start)
        size = apply("abs", grads[0]).T @ ones(2, 1) + apply("abs", grads[1]).T
        self.dead_losses, self.dead_counts = losses, dead
        told = [found[0] for found in self.as_it_came(row(dead, 1), row(dead, AFTER + 1), row(losses, AFTER + 1))]
        words = texts.DEAD.format(dead=told[0][1], end=told[1][1], epochs=AFTER, good=told[2][0], bad=told[2][1])
        lines = {
            "Dead, start": result({"dead_start": (row(dead, 1), "", "plain")}),
            f"Dead, epoch {AFTER}": result({"dead_end": (row(dead, AFTER + 1), "", "plain")}),
            f"Loss, epoch {AFTER}": forward({"loss_end": (row(losses, AFTER + 1), "", "short")}),
        }
        unit = update({"w_then": (starts[0].T, "w", "plain"), "b_then": (zero.T + self.bias, "b", "plain")})
        rows = (one.T @ apply("step", net.lin(A))).T
        unit |= result({"rows": (rows, "Rows on", "plain")}) | backward({"size": (size, "Gradient", "short")})
        dies = where(net.dead(runs[1][0][-1]).T, said("dead"), said("alive"))
        unit |= result({"state": (dies, "At the end", "text")})
        self.page("Dead: ReLUs that never wake up", texts.ABOUT_DEAD, across(down(
            across(
                down(facts("", self.cells(self.bias, self.dead_lr)), grid("", lines, heads=TWO), table(unit, names=TOGETHER, corner="Unit", tight=True)),
                down(
                    halves(
                        plot("Loss of both nets", "epoch", "mean squared error", self._two(epochs, "losses"), "With a bias of 0 the loss falls far, with that of -3 it stays high.", x_max=AFTER, y_min=0, y_max=1.2, y_format="0.0", **SLIM),
                        plot("Dead units of both nets", "epoch", f"units of {TOGETHER}", self._two(epochs, "dead"), "Two level lines, one near 0, one near all units.", x_max=AFTER, y_min=0, y_max=TOGETHER, y_format="0", **SLIM),
                        n=4,
                    ),
                    Note(words, 8),
                ),
            ),
            across(
                table(self.cells(epochs), forward({"losses": Shown(losses, "Loss", "short", labels=TWO), "dead": Shown(dead, "Dead units", "plain", labels=TWO)}), tight=True),
                table(self.cells(x, y, one), forward({"X": Shown(X, "X", "plain", name="X_dead")})),
            ),
        ), Aside(across(
            down(
                *(table(self.cells(node)) for node in starts),
                *(table(update({f"A{k}": Shown(A, f"w and b, start, {TWO[k]}", "plain")})) for k, A in enumerate(begin)),
                table(backward({"grad_A": Shown(grads[0], "Gradient of w and b, start, your bias", "short")})),
                table(backward({"grad_v": Shown(grads[1], "Gradient of v, start, your bias", "short")})),
            ),
            *(Bands(self._bands(f"dead.run{k}", *run)) for k, run in enumerate(runs)),
        ))), first=self.bias)  # fmt: skip

    def _two(self, epochs: Node, id: str) -> list[Line]:
        return [(name, epochs, Some(id, cols=(j, j)), f"line {j + 1}") for j, name in enumerate(TWO)]

    def _bands(self, id: str, As: list[Node], vs: list[Node]) -> list[Group]:
        """Each epoch's w and b, and v, of all units."""
        return [
            update({f"{id}.A.{t}": (A, "w and b of all units", "short"), f"{id}.v.{t}": (v, "v", "short")})
            for t, (A, v) in enumerate(zip(As, vs, strict=True))
        ]

    # ---- Spread and Vanishing

    def spread_page(self) -> None:
        X, Zs, _, _ = layers(self.seed)
        self.spread = self.typed("spread", KEPT_SPREAD, "Your spread", low=0.01, high=2, name="spread")
        self.deep_X = self.typed("spread.X", X, "X: eight rows", "fixed", name="X_deep")
        self.Zs = [self.typed(f"spread.Z.{k}", Z, "drawn once, spread 1", "fixed") for k, Z in enumerate(Zs)]
        number = self.typed("number", np.arange(DEPTH + 1.0)[:, None], "Layer", "fixed")
        spreads = [lift(s) for s in SPREADS] + [self.spread]
        names = self.spreads = (*(f"{s:g}" for s in SPREADS), "yours")
        bands, sizes = [Group(self.cells(Z)) for Z in self.Zs], []
        for j, spread in enumerate(spreads):
            act, column = self.deep_X, [mean(apply("abs", self.deep_X))]
            for k, Z in enumerate(self.Zs):
                act = relu(act @ (spread * Z))
                column.append(mean(act))
                bands[k] |= forward({f"spread.h{j}.{k}": (act, f"after the layer, spread {names[j]}", "short")})
            sizes.append(vstack(column))
        self.sizes = sizes
        lines: list[Line] = [
            (f"spread {name}", number, Some("sizes", cols=(j, j)), f"line {j + 1}") for j, name in enumerate(names[:-1])
        ]
        lines.append(("yours", number, Some("sizes", cols=(3, 3)), "live"))
        self.page("Spread: how large are the numbers of each layer?", texts.ABOUT_SPREAD, across(
                down(
                    facts("Change this", self.cells(self.spread), result({"he": (apply("sqrt", lift(2.0 / WIDTH)), f"sqrt(2 / {WIDTH})", "short")})),
                    table(self.cells(number), forward({"sizes": Shown(hstack(sizes), "Mean size, for a spread of", "short", labels=names)})),
                ),
                over(5, plot("Mean size after each layer (each grid line: ten times the one below)", "layer", "mean size", lines, "Four lines: one stays level, one falls steeply, one rises steeply.", x_max=DEPTH, x_format="0", log_y=True, y_format="General", width=410, height=330, wide=5)),
                over(4, Note(texts.SPREAD, 4)),
            Aside(across(table(self.cells(self.deep_X)), Bands(bands, corner="Layer - 1"))),
        ), first=self.spread)  # fmt: skip

    def vanishing_page(self) -> None:
        _, _, v, y = layers(self.seed)
        kinds = {"relu": "ReLU", "sigmoid": "sigmoid"}
        self.of_kind = {
            key: self.typed(f"spread_{key}", KEPT_SPREAD, f"Spread, {name}", low=0.01, high=high)
            for (key, name), high in zip(kinds.items(), (1, 4), strict=True)
        }
        v_node, y_node = (self.typed(f"vanishing.{id}", a, id, "fixed") for id, a in (("v", v), ("y", y)))
        number = self.typed("number", np.arange(1.0, DEPTH + 1)[:, None], "Layer", "fixed")
        bands: list[Group] = [Group() for _ in self.Zs]
        self.gradients, ratios = list[Node](), list[Node]()
        for key, name in kinds.items():
            Ws, lins, acts = [self.of_kind[key] * Z for Z in self.Zs], list[Node](), [self.deep_X]
            for W in Ws:
                lins.append(acts[-1] @ W)
                acts.append(apply(key, lins[-1]))
            found = gradient(mean(square(acts[-1] @ v_node - y_node)), [*lins, *Ws])
            for k in range(DEPTH):
                steps = {"lin": lins[k], "act": acts[k + 1]}, {"d_lin": found[k], "grad": found[DEPTH + k]}
                for role, some_steps in zip((forward, backward), steps, strict=True):
                    bands[k] |= role(
                        {
                            f"vanishing.{key}_{id}.{k}": (node, f"{id}, {name}", "short")
                            for id, node in some_steps.items()
                        }
                    )
            self.gradients.append(vstack([mean(apply("abs", grad)) for grad in found[DEPTH:]]))
            ratios.append(row(self.gradients[-1], DEPTH) / row(self.gradients[-1], 1))
        self.ratios = ratios
        labels = tuple(kinds.values())
        times = dict(zip(kinds, (found.item() for found in self.as_it_came(*ratios)), strict=True))
        self.page("Vanishing: how large is the gradient of each layer?", texts.ABOUT_VANISHING, across(
                down(
                    facts("Change these", self.cells(*self.of_kind.values())),
                    table(self.cells(number), backward({"sizes": Shown(hstack(self.gradients), "Mean size of the gradient", "small", labels=labels)})),
                    grid("", {f"Layer {DEPTH} / layer 1": result({"ratio": (hstack(ratios), "", "grows")})}, heads=labels),
                ),
                over(5, plot("Size of the gradient, layer by layer (each grid line: ten times the one below)", "layer", "mean size", [(name, number, Some("sizes", cols=(j, j)), f"line {j + 1}") for j, name in enumerate(labels)], "Two lines: that of ReLU is level, that of sigmoid falls steeply towards layer 1.", x_min=1, x_max=DEPTH, x_format="0", log_y=True, y_format="General", width=410, height=330, wide=5)),
                over(4, Note(texts.VANISHING.format(**times), 4)),
            Aside(across(table(self.cells(v_node)), table(self.cells(y_node)), Bands(bands, corner="Layer - 1"))),
        ), first=self.of_kind["sigmoid"])  # fmt: skip

    # ---- Starts

    def _between(self, ends: Node, bins: Node, k: int) -> Node:
        """How many of the losses (nets, 1) are in a bin; the last has no upper end."""
        inside = apply("greater", ends, row(bins, k + 1)) if k else 0.0 * ends + 1.0
        if k + 1 < len(BINS):
            inside = inside * (1.0 - apply("greater", ends, row(bins, k + 2)))
        return apply("sum", inside)

    def starts_page(self) -> None:
        drawn = many_starts(self.seed)
        x, y, one = self._rows("starts")
        self.strength = self.typed("strength", STRONG, "Noise, strength", low=0, high=2)
        self.starts_lr = self.typed("lr", RATE_MANY, "Learning rate", low=0, high=0.1, name="lr_starts", format="rate")
        self.which = self.typed("which", 1, "Start to look at", low=1, high=MANY_NETS, whole=True)
        A, v = (
            self.typed(f"starts.{id}.start", a, title, "fixed")
            for id, a, title in (("A", drawn[0], "w and b, start"), ("v", drawn[1], "v, start"))
        )
        noise = [self.typed(f"starts.noise.{t}", z, "Noise, drawn once", "fixed") for t, z in enumerate(drawn[2])]
        belongs = self.typed(
            "starts.belongs", np.kron(np.eye(MANY_NETS), np.ones((UNITS, 1))), "Unit is of net", "fixed"
        )
        numbers = self.typed("starts.numbers", np.arange(1.0, MANY_NETS + 1)[:, None], "Start", "fixed")
        bins, line = self.typed("starts.bins", BINS, "From", "fixed"), self.typed("starts.grid", GRID, "x", "fixed")
        ones_line = self.typed("starts.grid_one", np.ones_like(GRID), "1", "fixed")
        X, along = with_ones(x, one), with_ones(line, ones_line)
        nets = Nets(X, y, one, belongs)
        left = [self.strength * (1.0 - t / ROUNDS) for t in range(ROUNDS)]
        runs = [
            nets.descent(A, v, ROUNDS, self.starts_lr, PULL, some_noise)
            for some_noise in ([], [n * z for n, z in zip(left, noise, strict=True)])
        ]
        self.ends = [nets.losses(As[-1], vs[-1]).T for As, vs in runs]
        chosen = belongs @ apply("equal", numbers, self.which)
        lines = [relu(nets.lin(As[-1], along)) @ (vs[-1].T * chosen) for As, vs in runs]
        counted = [vstack([self._between(end, bins, k) for k in range(len(BINS))]) for end in self.ends]
        labels = LABELS
        ops = {"Best loss": "min", "Middle loss": "median", "Worst loss": "max"}
        rows = {words: (op, [apply(op, end) for end in self.ends]) for words, op in ops.items()}
        rows["Loss of this start"] = "this", [row(end, self.which) for end in self.ends]
        found = {words: result({id: (hstack(both), "", "short")}) for words, (id, both) in rows.items()}
        quiet, shaken = self.as_it_came(*self.ends)
        told = texts.STARTS.format(
            quiet=(quiet < NEAR).sum(), shaken=(shaken < NEAR).sum(), near=NEAR,
            helped=(quiet - shaken > CLEAR).sum(), harmed=(shaken - quiet > CLEAR).sum(),
        )  # fmt: skip
        self.page("Starts: twenty starts, many ends", texts.ABOUT_STARTS, down(
            across(
                down(facts("", self.cells(self.which, self.strength, self.starts_lr)), grid("", found, heads=labels)),
                down(
                    halves(
                        plot("How many starts end where", "final loss, from here on", "starts", [(name, bins, Some("counted", cols=(j, j)), f"line {j + 1}") for j, name in enumerate(labels)], "Bars: a few starts end near 0, many in heaps further up.", columns=True, y_min=0, y_format="0", x_format="0.0", **HALF),
                        plot("The curve, and this start's net at the end", "x", "y", [("points", x, y, "dots"), *((name, line, Some("lines", cols=(j, j)), f"line {j + 1}") for j, name in enumerate(labels))], "The points, and two lines with corners.", **CURVE, **HALF),
                    ),
                    Note(told, 10),
                ),
            ),
            across(
                table(self.cells(numbers), forward({"ends": Shown(hstack(self.ends), "Final loss", "short", labels=labels)})),
                table(self.cells(bins), result({"counted": Shown(hstack(counted), "Starts", "plain", labels=labels)})),
                table(self.cells(x, y, one), forward({"X": Shown(X, "X", "plain", name="X_starts")})),
                table(self.cells(line, ones_line), forward({"along": Shown(along, "x and 1", "plain"), "lines": Shown(hstack(lines), "Net at the end", "short", labels=labels)})),
                Aside(across(
                    down(table(self.cells(A)), table(self.cells(v)), table(self.cells(belongs))),
                    *(Bands(self._bands(f"starts.run{k}", *run)) for k, run in enumerate(runs)),
                    Bands([self.cells(z) for z in noise]),
                )),
            ),
        ), first=self.which)  # fmt: skip
