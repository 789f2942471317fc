"""Digits, Rounded and Sum: numbers of few bits, weights of few bits, and sums that stand still."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.transfer import texts
from sheetnet.course.transfer.elsewhere import HEAD, LOWER
from sheetnet.course.transfer.nets import WINDOW, over, whole_net
from sheetnet.course.transfer.ways import Ways
from sheetnet.graph.node import Node, apply, constant, hstack, mean, row, square, vstack, where
from sheetnet.models.half import KINDS, Kind, exponent, place, rounded, to_even
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.parts import Note, Ruler, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Group, forward, result, update

NAMES = tuple(KINDS)
SUMS = 100  # steps of the sums
AROUND = {"float16": 8, "bfloat16": 1}  # so many neighbours to each side are drawn
BITS = 11
LOOKS = {"float16": "line 1", "bfloat16": "line 2", "float32": "line 3"}


def of_kinds(what: str) -> Node:
    """A number of each kind, (1, 3)."""
    return constant((tuple(float(getattr(kind, what)) for kind in KINDS.values()),))


def kept_in(a: Node, kind: Kind) -> tuple[Node, Node]:
    """What one place is worth at a number, and the number rounded to places."""
    step = place(exponent(a, kind.lowest), kind.bits)
    return step, rounded(a, step)


class Digits(Ways):
    """What half precision does to digits."""

    def digits_page(self) -> None:
        self.number = self.typed("number", 3.14159, "A number", low=-1e6, high=1e6, name="number", format="plain")
        bits, lowest = (
            self.typed(f"digits.{what}", [[float(getattr(kind, what)) for kind in KINDS.values()]], "", "fixed")
            for what in ("bits", "lowest")
        )
        power = exponent(self.number, lowest)
        step = place(power, bits)
        exact = self.number / step
        count = to_even(exact)
        near = count * step
        value = where(apply("greater", apply("abs", near), of_kinds("largest")), said("too large"), said("yes"))
        self.of_number = {"power": power, "step": step, "count": count, "near": near, "off": near - self.number}
        cells = {
            "power": (power, "plain"), "step": (step, "tiny"), "exact": (exact, "plain"), "count": (count, "plain"),
            "near": (near, "tiny"), "off": (self.of_number["off"], "tiny"), "value": (value, "text"),
        }  # fmt: skip
        rows = {texts.BITS_ROW: self.cells(bits), texts.LOWEST_ROW: self.cells(lowest)}
        rows |= {texts.ROWS[key]: forward({key: (node, "", format)}) for key, (node, format) in cells.items()}
        patterns: dict[str, Group] = {}
        near_by: Group = {}
        lines: list[Line] = []
        for i, (name, around) in enumerate(AROUND.items(), 1):
            kind, at = KINDS[name], constant(tuple((float(name == other),) for other in KINDS))
            worth = self.typed(f"digits.worth_{name}", [[2.0**k for k in reversed(range(kind.bits))]], "", "fixed")
            whole = apply("floor", apply("abs", count @ at) / worth)
            patterns[said(texts.WORTH, name=name)] = self.cells(worth)
            patterns[said(texts.PATTERN, name=name)] = result(
                {f"bits_{name}": (whole - 2.0 * apply("floor", whole / 2.0), "", "plain")}
            )
            steps = self.typed(
                f"digits.steps_{name}", np.arange(-around, around + 1.0)[:, None], "Places away", "fixed"
            )
            x = (apply("floor", exact @ at) + steps) * (step @ at)
            near_by |= self.cells(steps)
            near_by |= forward(
                {f"near_{name}": (x, name, "tiny"), f"line_{name}": (0.0 * x + float(i), "height", "plain")}
            )
            lines.append((name, f"near_{name}", f"line_{name}", f"class {i}"))
        both = forward({"number_x": (vstack([apply("same", self.number) for _ in AROUND]), "The number", "tiny")})
        both |= forward({"number_y": (constant(((1.0,), (2.0,))) + 0.0 * self.number, "height", "plain")})
        lines.append(("the number", "number_x", "number_y", "place"))
        self.page("Digits: what is kept of a number?", texts.ABOUT_DIGITS, down(
            across(
                down(
                    facts("Change this", self.cells(self.number)),
                    down(Ruler((24.0, 17.0, 17.0, 17.0)), grid("", rows, heads=NAMES), gap=0),
                    Note(texts.DIGITS, 4),
                ),
                down(
                    over(6, plot("The numbers that there are, near yours", "number", "1: float16, 2: bfloat16", lines,
                         "Two rows of points: many of float16, few of bfloat16, and the typed number among them.",
                         x_min=None, y_min=0, y_max=3, y_format="0", width=480, height=220, wide=6)),
                    Note(texts.BITS, 6),
                ),
            ),
            grid(texts.PATTERNS, patterns),
            across(table(near_by), table(both)),
        ), first=self.number)  # fmt: skip

    # ---- Rounded

    def rounded_page(self) -> None:
        self.bits = self.typed("bits", BITS, "Bits that are kept", low=1, high=24, whole=True, name="bits")
        end = self.ways["frozen"].P[-1]
        P = {name: self.old[name] if name in LOWER else end[name] for name in (*LOWER, *HEAD)}
        steps = {name: place(exponent(W, KINDS["float16"].lowest), self.bits) for name, W in P.items()}
        R = {name: rounded(W, steps[name]) for name, W in P.items()}
        curves = [whole_net(self.grid, some) for some in (P, R)]
        preds = [whole_net(self.x_kept, some) for some in (P, R)]
        losses = [mean(square(pred - self.y_kept)) for pred in preds]
        moves = hstack([apply("max", apply("abs", R[name] - P[name])) for name in P])
        moved = apply("max", moves)
        self.of_bits = {
            "moved": moved,
            "far": apply("max", apply("abs", preds[1] - preds[0])),
            "exact": losses[0],
            "loss": losses[1],
        }
        parts = []
        for name in P:
            look = {"labels": self.columns(name)}
            parts.append(table(
                update({f"exact_{name}": (apply("same", P[name]), name)}, **look), forward({f"step_{name}": (steps[name], "A place", "small")}, **look),
                update({f"rounded_{name}": (R[name], f"{name}, rounded", "small")}, **look),
            ))  # fmt: skip
        lines: list[Line] = [
            ("all bits", "features.grid", "curve", "line 1"), ("rounded", "features.grid", "curve_rounded", "line 2"),
            ("kept back", "rows.x_kept", "three.y_kept", "region 2"),
        ]  # fmt: skip
        found = {key: (node, texts.OF_BITS[key]) for key, node in self.of_bits.items()}
        self.page("Rounded: all weights in fewer bits", texts.ABOUT_ROUNDED, down(
            across(
                down(
                    facts("Change this", self.cells(self.bits)),
                    facts("What comes of it", result(found, format="small")),
                    Note(self._of_bits(), 3),
                ),
                over(6, plot("The curve of the frozen net, with all bits and with fewer", "x", "y", lines,
                     "Two curves that lie on each other, among the points kept back.", width=500, height=370, wide=6, **WINDOW)),
            ),
            across(
                down(table(result({"moves": (moves, texts.MOVES, "small")}, labels=tuple(P))), *parts),
                table(forward({"curve": (curves[0], "Curve"), "curve_rounded": (curves[1], "Rounded")}, format="small")),
                table(forward({"pred": (preds[0], "Prediction"), "pred_rounded": (preds[1], "Rounded")}, format="small")),
            ),
        ), first=self.bits)  # fmt: skip

    def _of_bits(self) -> str:
        found: dict[str, float] = {}
        for bits in (11, 8, 4, 2):
            typed = {self.bits: np.array([[float(bits)]])}
            values = self.as_it_came(*self.of_bits.values(), typed=typed)
            found |= {f"{key}_{bits}": value.item() for key, value in zip(self.of_bits, values, strict=True)}
        return texts.ROUNDED.format(**found)

    # ---- Sum

    def sum_page(self) -> None:
        self.first = self.typed("first", 0.24, "The sum so far", low=0, high=100_000, name="first_sum", format="plain")
        self.added = self.typed(
            "added", 0.0001, "What is added each time", low=0, high=1000, name="added", format="plain"
        )
        numbers = self.typed("sum.numbers", np.arange(SUMS + 1.0)[:, None], "Times", "fixed")
        term = kept_in(self.added, KINDS["float16"])[1]
        exact = self.first + numbers * self.added
        columns: Group = {}
        ends = []
        for name, kind in KINDS.items():
            begin = kept_in(self.first, kind)[1]

            def step(now: Sequence[Node], _: int, kind: Kind = kind) -> tuple[Sequence[Node], Sequence[Node]]:
                size, after = kept_in(now[0] + term, kind)
                return [size], [after]

            (sums, sizes), last = unroll([begin], SUMS, step)
            sums = [*sums, last[0]]
            columns |= forward({f"sum_{name}": (vstack(sums), name)}, format="small")
            columns |= forward({f"size_{name}": (vstack(sizes), "its place")}, format="small")
            ends.append(row(columns[f"sum_{name}"].node, SUMS + 1))
        self.sums = dict(zip(KINDS, ends, strict=True))
        right = row(exact, SUMS + 1)
        found = {f"end_{name}": (end, said(texts.SUM_IN, name=name, n=SUMS)) for name, end in self.sums.items()}
        lines: list[Line] = [("right", "numbers", "exact", "line 8")]
        lines += [(name, "numbers", f"sum_{name}", look) for name, look in LOOKS.items()]
        self.page("Sum: why small steps are lost", texts.ABOUT_SUM, down(
            across(
                down(
                    facts("Change these", self.cells(self.first, self.added)),
                    facts("", forward({"term": (term, "Added, in float16", "small")}), result(
                        {**found, "right": (right, said(texts.SUM_RIGHT, n=SUMS))}, format="small")),
                    Note(texts.SUM, 3),
                ),
                over(6, plot("A sum in three kinds of numbers", "times that it was added", "sum", lines,
                     "The right sum rises; that of float16 rises and then stands still; that of bfloat16 never moves.",
                     x_max=SUMS, width=500, height=370, wide=6)),
            ),
            table(self.cells(numbers), forward({"exact": (exact, "right", "small")}), columns),
        ), first=self.first)  # fmt: skip
