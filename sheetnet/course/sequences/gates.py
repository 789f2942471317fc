"""Gate and Remember: a unit that decides what to keep, beside a plain one; both learn to remember a first sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetnet.course.sequences import texts
from sheetnet.course.sequences.lengths import Lengths
from sheetnet.course.sequences.own import EPOCHS, GATED, MOST, PLAIN, RATES, ROWS, STEPS, signs
from sheetnet.course.sequences.steps import HALF, halves, numbers, over, tanh
from sheetnet.graph.node import Node, apply, hstack, lift, mean, row, selector, square, vstack
from sheetnet.models.clipping import clipped
from sheetnet.motifs.unroll import unroll
from sheetnet.page.bands import Bands
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import plot
from sheetnet.page.shown import Shown, backward, forward, result, update

KINDS = {"plain": "plain unit", "gated": "gated unit"}
LOOKS = {"plain": "line 2", "gated": "line 1"}
WEIGHTS = {"plain": ("w", "u"), "gated": ("u", "a", "b")}
LEARNT = {"plain": (0.9, 0.5), "gated": (3.0, 9.0, -6.0)}  # as the sheet Gate comes
FASTEST = 0.1, 10  # rates: beyond, steps leap so far that rounding decides where they land
State = Sequence[Node]


def sigmoid(a: Node) -> Node:
    """1 / (1 + exp(-a)), entry by entry."""
    return apply("sigmoid", a)


def part(weights: Node, j: int) -> Node:
    """One of some weights that lie in a row."""
    return weights @ selector(weights.shape[1], j, 1)


class Gates(Lengths):
    """Units with and without a gate."""

    def gate_page(self) -> None:
        self.signs = signs(self.seed)
        self.seq = self.typed("x", self.signs[:, :1], "Input x", "data", format="plain")
        self.mark = self.typed("mark", np.eye(STEPS, 1), "Mark", "fixed", format="plain")
        steps = self.counted_steps = numbers(self, "steps", 1, STEPS)
        self.of_unit = {
            key: [self.typed(f"{key}_{id}", value, id, low=-20, high=20, name=f"{id}_{key}") for id, value in zip(WEIGHTS[key], values, strict=True)]
            for key, values in LEARNT.items()
        }  # fmt: skip
        (w, write), (u, a, b) = self.of_unit.values()
        z, c = sigmoid(a * self.mark + b), tanh(u * self.seq)
        plain, gated = [tanh(write * row(self.seq, 1))], [row(z, 1) * row(c, 1)]
        left = {"plain": [lift(1.0) + 0.0 * w], "gated": [lift(1.0) + 0.0 * b]}
        for t in range(2, STEPS + 1):
            plain.append(tanh(w * plain[-1] + write * row(self.seq, t)))
            gated.append((1.0 - row(z, t)) * gated[-1] + row(z, t) * row(c, t))
            left["plain"].append(left["plain"][-1] * (w * (1.0 - square(plain[-1]))))
            left["gated"].append(left["gated"][-1] * (1.0 - row(z, t)))
        self.z, self.units = z, {"plain": vstack(plain), "gated": vstack(gated)}
        self.left_of = {key: vstack(some) for key, some in left.items()}
        found = {
            "last memory": {"h_last": (hstack([row(h, STEPS) for h in self.units.values()]),)},
            "slope left": {"slope_last": (hstack([row(some, STEPS) for some in self.left_of.values()]),)},
        }
        doors = {"open": (row(z, 1), "z at the mark"), "shut": (row(z, 2), "z elsewhere")}
        charts = [
            plot(title, "step", axis, [*first, *((KINDS[key], "steps", f"{id}_{key}", LOOKS[key]) for key in KINDS)], alt,
                 x_max=STEPS, y_min=low, y_max=high, y_format="0.0", **HALF)
            for title, axis, id, low, high, first, alt in (
                ("What each unit remembers", "memory h", "h", -1.5, 1.5, [("input x", "steps", "x", "dots")],
                 "Dots for inputs of 1 and -1; the plain unit's memory jumps after them, the gated unit's stays near the first."),
                ("What is left of a slope, from step 1 on", "part that is left", "left", 0, 1, [],
                 "The plain unit's line falls to 0 at once, the gated unit's stays near 1."),
            )
        ]  # fmt: skip
        cells: dict[str, Any] = {"style": "cells", "format": "short"}
        seen = *(node for node, _ in doors.values()), *(row(self.left_of[key], STEPS) for key in ("gated", "plain"))
        told = texts.GATE.format(*(one.item() for one in self.as_it_came(*seen)))
        self.page("Gate: a unit that decides what to keep", texts.ABOUT_GATE, down(
            across(
                down(
                    across(*(facts(KINDS[key].capitalize(), self.cells(*some)) for key, some in self.of_unit.items())),
                    facts("", result(doors, format="short")),
                    grid("", {words: result(said, format="short") for words, said in found.items()}, heads=("plain", "gated")),
                    Note(texts.GATE_RULE, 5),
                ),
                down(halves(*charts), Note(told, 9)),
            ),
            across(
                table(self.cells(steps, self.seq, self.mark)),
                table(forward({"z": (z, "z"), "c": (c, "c")}, **cells), lead="Gate and candidate"),
                table(forward({f"h_{key}": (h, key) for key, h in self.units.items()}, format="short"), lead="Memory h"),
                table(backward({f"left_{key}": (some, key) for key, some in self.left_of.items()}, format="short"), lead="Slope left"),
            ),
        ), first=self.of_unit["gated"][2])  # fmt: skip

    # ---- Remember

    def remember_page(self) -> None:
        rows = tuple(f"row {j + 1}" for j in range(ROWS))
        self.X = self.typed(
            "X", self.signs, "Eight rows of signs, a column each", "data", name="X_signs", labels=rows, format="plain"
        )
        self.back = self.typed(
            "back", np.arange(STEPS - 1.0, -1.0, -1.0)[:, None], "Steps still to come", "fixed", name="to_come"
        )
        self.first_mark = self.typed("marks", np.eye(STEPS, 1), "Mark", "fixed", name="mark")
        self.starts, self.lrs = dict[str, Node](), dict[str, Node]()
        message = "A weight: a number from -10 to 10 is expected"
        for (key, title), start, rate, most in zip(KINDS.items(), (PLAIN, GATED), RATES, FASTEST, strict=True):
            how: dict[str, Any] = {"labels": WEIGHTS[key], "low": -10, "high": 10, "message": message}
            self.starts[key] = self.typed(f"{key}_start", [start], f"Start, {title}", format="plain", **how)
            how = {"low": 0, "high": most, "format": "rate", "name": f"lr_{key}"}
            self.lrs[key] = self.typed(f"lr_{key}", rate, f"Rate, {title}", **how)
        self.clip_all = self.typed("most", MOST, "Clip at the norm", low=0.001, high=1000, name="clip_signs")
        message = f"An epoch is a whole number from 0 to {EPOCHS}"
        self.epoch = self.typed("epoch", EPOCHS, "Epoch to look at", low=0, high=EPOCHS, whole=True, message=message)
        epochs = numbers(self, "epochs", 0, EPOCHS, "Epoch")
        self.bands, self.losses, self.then = dict[str, list[list[Node]]](), dict[str, Node](), dict[str, Node]()
        for key, step in (("plain", self._plain), ("gated", self._gated)):
            columns, _ = unroll([apply("same", self.starts[key])], EPOCHS + 1, step)
            self.bands[key] = columns
            self.losses[key] = vstack([mean(square(last - row(self.X, 1))) for last in columns[2]])
            self.then[key] = apply("pick", self.epoch, *columns[0])
        self.doors = hstack(
            [sigmoid(part(self.then["gated"], 1) + part(self.then["gated"], 2)), sigmoid(part(self.then["gated"], 2))]
        )
        found = {
            "Loss then": ("then", hstack([row(loss, self.epoch + 1.0) for loss in self.losses.values()])),
            "Loss at the start": ("begin", hstack([row(loss, 1) for loss in self.losses.values()])),
            f"Loss, epoch {EPOCHS}": ("end", hstack([row(loss, EPOCHS + 1) for loss in self.losses.values()])),
        }
        both = hstack([apply("same", self.epoch) for _ in KINDS])
        told = self.as_it_came(*(row(loss, EPOCHS + 1) for loss in self.losses.values()), self.doors)
        self.page("Remember: two units learn to remember a first sign", texts.ABOUT_REMEMBER, across(
            down(
                across(
                    down(
                        *(table(self.cells(start), names=("",)) for start in self.starts.values()),
                        facts("", self.cells(*self.lrs.values(), self.clip_all, self.epoch)),
                        grid("", {words: result({id: (node,)}, format="short") for words, (id, node) in found.items()}, heads=("plain", "gated")),
                    ),
                    down(
                        over(6, plot("Who remembers the first of 20 signs?", "epoch", "mean squared error", [
                            *((KINDS[key], "epochs", f"loss_{key}", LOOKS[key]) for key in KINDS), ("the epoch to look at", "both", "then", "mark"),
                        ], "Two curves of the loss: the plain unit's stays at 1, the gated unit's falls to nearly 0.",
                             x_max=EPOCHS, y_min=0, y_max=2, y_format="0.0", width=480, height=300, wide=6)),
                    ),
                    Note(texts.REMEMBER.format(*(one.item() for one in told[:2]), *told[2][0]), 4),
                ),
                across(
                    table(self.cells(epochs), forward({f"loss_{key}": (loss, key, "short") for key, loss in self.losses.items()}), lead={"loss_plain": "Loss"}),
                    down(
                        *(table(update({f"then_{key}": Shown(then, f"Weights then, {key}", "short", style="cells", labels=WEIGHTS[key])})) for key, then in self.then.items()),
                        table(result({"doors": Shown(self.doors, "Gate z then", "short", labels=("mark", "elsewhere"))})),
                        table(result({"both": Shown(both, "Epoch now", "plain", labels=tuple(KINDS))})),
                    ),
                ),
            ),
            Aside(across(
                table(self.cells(self.X, self.back, self.first_mark)),
                *(Bands([self._band(key, k) for k in range(EPOCHS + 1)]) for key in KINDS),
            )),
        ), first=self.epoch)  # fmt: skip

    def _plain(self, now: State, _: int) -> tuple[State, State]:
        """Memory before each step (20, 8), after the last (1, 8), d_a of each (20, 8), gradient (1, 2); weights after."""
        (P,), y = now, row(self.X, 1)
        w, u = (part(P, j) for j in range(2))
        h = [0.0 * y]
        for t in range(STEPS):
            h.append(tanh(w * h[-1] + u * row(self.X, t + 1)))
        d = [2.0 * (h[-1] - y) / float(ROWS) * (1.0 - square(h[-1]))]
        for before in h[-2:0:-1]:
            d.insert(0, w * d[0] * (1.0 - square(before)))
        H, D = vstack(h[:-1]), vstack(d)
        grad = hstack([apply("sum", H * D), apply("sum", self.X * D)])
        return [H, h[-1], D, grad], [P - self.lrs["plain"] * clipped([grad], self.clip_all)[0]]

    def _gated(self, now: State, _: int) -> tuple[State, State]:
        """Memory before each step (20, 8), after the last (1, 8), gates (20, 1), candidates and d_h of each (20, 8),
        gradient (1, 3); weights after."""
        (P,), y = now, row(self.X, 1)
        u, a, b = (part(P, j) for j in range(3))
        z, C = sigmoid(a * self.first_mark + b), tanh(u * self.X)
        h = [0.0 * y]
        for t in range(STEPS):
            h.append((1.0 - row(z, t + 1)) * h[-1] + row(z, t + 1) * row(C, t + 1))
        H = vstack(h[:-1])
        D = apply("power", 1.0 - row(z, STEPS), self.back) * (2.0 * (h[-1] - y) / float(ROWS))
        at_gate = D * (C - H) * (z * (1.0 - z))
        grad = hstack(
            [
                apply("sum", D * z * (1.0 - square(C)) * self.X),
                apply("sum", at_gate * self.first_mark),
                apply("sum", at_gate),
            ]
        )
        return [H, h[-1], z, C, D, grad], [P - self.lrs["gated"] * clipped([grad], self.clip_all)[0]]

    def _band(self, key: str, k: int) -> dict[str, Shown]:
        """What stands of an epoch: the weights, what each step makes of them, the gradient."""
        rows = tuple(str(j + 1) for j in range(ROWS))
        lanes: dict[str, tuple[str, Any, tuple[str, ...]]] = {
            "P": ("weights", update, WEIGHTS[key]), "H": ("h before", forward, rows), "last": ("last h", forward, rows),
        }  # fmt: skip
        lanes |= {"z": ("gate z", forward, ()), "C": ("candidate", forward, rows)} if key == "gated" else {}
        lanes |= {
            "D": ("d_h" if key == "gated" else "d_a", backward, rows),
            "grad": ("gradient", backward, WEIGHTS[key]),
        }
        band: dict[str, Shown] = {}
        for (lane, (title, role, labels)), column in zip(lanes.items(), self.bands[key], strict=True):
            band |= role({f"remember.{key}.{lane}.{k}": Shown(column[k], title, labels=labels)})
        return band
