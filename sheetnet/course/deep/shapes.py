"""Units and Fold: how closely nets of more and more units follow a curve, and what depth adds."""

from __future__ import annotations

import numpy as np

from sheetnet.course.deep import texts
from sheetnet.course.deep.chain import CURVE, SLIM, Chain, halves, mlp
from sheetnet.course.deep.own import FINE, FOLDED, FOLLOWED, GROUPS, POINTS, SIZES, STARTS, STEP, points, trained
from sheetnet.graph.node import Node, apply, constant, hstack, mean, relu, row, square, vstack
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import Shown, forward, result

NAMES = tuple(GROUPS)


class Shapes(Chain):
    """Lines with corners: how many, and where."""

    def units_page(self) -> None:
        kept, deep = trained()["curve"], mlp("units", 1, GROUPS["8-8"])
        wide = [kept[str(k)] for k in SIZES]
        x, y = (self.typed(f"units.{id}", a, id, "data") for id, a in zip("xy", points(POINTS), strict=True))
        self.watched_points |= {"x, Units": x, "y, Units": y}
        self.which_net = self.typed("which", 3, "Net to look at", low=1, high=len(NAMES), whole=True)
        size = self.typed("units.size", [[k] for k in SIZES for _ in range(k)], "Net of", "fixed")
        w, b, v = (
            self.typed(f"units.{id}", np.concatenate([np.ravel(net[i]) for net in wide])[:, None], id, "fixed", format="weight")
            for i, id in enumerate("wbv")
        )  # fmt: skip
        c = self.typed(
            "units.c", [[net[3][0][0] for net in wide]], "c of each net", "fixed", labels=NAMES[:-1], format="weight"
        )
        P = {
            p.name: self.typed(f"units.deep.{p.name}", value, f"{p.name} of 8-8", "fixed", format="weight")
            for p, value in zip(deep.parameters, kept["8-8"], strict=True)
        }
        grid = self.typed("units.grid", -2 + STEP * np.arange(FINE)[:, None], "x", "fixed")
        numbers = self.typed("units.numbers", np.arange(1.0, len(NAMES) + 1)[:, None], "No", "fixed")
        units = self.typed("units.units", [[sum(hidden)] for hidden in GROUPS.values()], "Units", "fixed")
        count = [3 * k + 1 for k in SIZES] + [sum(p.shape[0] * p.shape[1] for p in deep.parameters)]
        counts = self.typed("units.counts", [[n] for n in count], "Parameters", "fixed")
        of_net = apply("equal", size, constant((tuple(map(float, SIZES)),)))

        def says(at: Node) -> list[Node]:
            return [relu(at @ w.T + b.T) @ (v * of_net) + c, deep.forward(at, P)[-1]]

        both = says(x)
        self.errors = vstack([(apply("sum_rows", square(both[0] - y)) / float(POINTS)).T, mean(square(both[1] - y))])
        along, step = hstack(says(grid)), grid + STEP
        there = [apply("step", at @ w.T + b.T) for at in (grid, step)]
        switches = apply("sum_rows", apply("abs", there[0] - there[1])).T
        of_deep = [
            apply("sum", apply("abs", apply("step", here) - apply("step", there)))
            for here, there in list(zip(deep.forward(grid, P), deep.forward(step, P), strict=True))[:3:2]
        ]
        self.corners = vstack([of_net.T @ switches, of_deep[0] + of_deep[1]])
        chosen = along @ apply("equal", numbers, self.which_net)
        one, eight = self.as_it_came(*(row(self.errors, SIZES.index(k) + 1) for k in (1, 8)))
        told = texts.UNITS.format(one=one.item(), eight=eight.item(), count=count[-1])
        some, last = {"rows": (0, len(SIZES) - 1)}, (len(SIZES), len(SIZES))
        self.page("Units: any curve, from enough units", texts.ABOUT_UNITS, across(down(
            across(
                down(
                    facts("", self.cells(self.which_net)),
                    table(self.cells(numbers, units, counts), forward({"errors": Shown(self.errors, "Loss", "small")}),
                          result({"corners": Shown(self.corners, "Corners", "plain")}), names=NAMES, corner="Hidden", tight=True),
                    Note(texts.TRAINED.format(epochs=FOLLOWED, starts=STARTS), 6),
                ),
                down(
                    halves(
                        plot("The curve, and your net", "x", "y", [("the net", grid, "line", "live"), ("the curve", x, y, "line 2")],
                             "A wave, and a line with corners that follows it.", **CURVE, **SLIM),
                        plot("Loss (each grid line: ten times)", "units", "mean squared error", [
                            ("one hidden layer", Some("units", **some), Some("errors", **some), "line 1"),
                            ("8-8", Some("units", rows=last), Some("errors", rows=last), "mark"),
                        ], "A line that falls steeply, then less.", x_min=1, log_x=True, log_y=True, y_format="General", **SLIM),
                        n=4,
                    ),
                    Note(told, 8),
                ),
            ),
            table(self.cells(x, y), forward({"wide": Shown(both[0], "One hidden layer: what each net says", "short", labels=NAMES[:-1]), "deep": Shown(both[1], "8-8", "short")}), tight=True),
        ), Aside(across(
            table(self.cells(grid), forward({"along": Shown(along, "What each net says", "short", labels=NAMES), "line": Shown(chosen, "yours", "short")})),
            table(self.cells(size, w, b, v), result({"switches": Shown(switches, "Corners", "plain")})), down(*(table(self.cells(node)) for node in (c, *P.values()))),
        ))), first=self.which_net)  # fmt: skip

    # ---- Fold

    def fold_page(self) -> None:
        self.height = self.typed("height", 1.0, "Height of the fold", low=0.1, high=1)
        x = self.typed("fold.x", np.arange(FINE + 1.0)[:, None] / FINE, "x", "fixed")
        layer = self.typed("layer", np.arange(1.0, FOLDED + 1)[:, None], "Layers", "fixed")
        tents, act = dict[str, Shown](), x
        for k in range(1, FOLDED + 1):
            act = self.height * (2.0 * relu(act) - 4.0 * relu(act - 0.5))
            tents[f"fold_{k}"] = Shown(act, f"Layer {k}", "feature")
        pieces = apply("power", constant(2.0), layer)
        told = result(
            {
                "units": (2.0 * layer, "Units"),
                "pieces": (pieces, "Pieces"),
                "wide": (pieces - 1.0, "Units of a wide net"),
            },
            format="plain",
            style="cells",
        )
        unit: dict[str, float] = {"x_min": 0, "x_max": 1, "y_min": 0, "y_max": 1}
        charts = [
            plot(f"After layer {ks[0]}" + f" and layer {ks[-1]}" * (len(ks) > 1), "x", "y", [(f"layer {k}", x, f"fold_{k}", f"line {i}") for i, k in enumerate(ks, 1)],
                 "A zigzag line with twice as many teeth after each layer.", **unit, x_format="0.0", y_format="0.0", x_step=0.5, **SLIM)
            for ks in ((1, 2), (3, 4))
        ]  # fmt: skip
        self.page("Fold: what depth can do (for the curious)", texts.ABOUT_FOLD, down(
            across(down(facts("", self.cells(self.height)), table(self.cells(layer), told)), down(halves(*charts, n=4), Note(texts.FOLD, 8))),
            table(self.cells(x), forward(tents)),
        ), first=self.height)  # fmt: skip
