"""The sheets of lesson 2 on which many pieces follow a curve: Eight, Many and Errors."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from sheetnet.course.drawing import own
from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, hstack, lift, mean, relu, row, square, vstack, where
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts
from sheetnet.page.highlight import Unused
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Pile, Words, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import Group, forward, result

FIRST, LAST, MOST = -4.0, 4.0, 32  # the window of x; the most pieces of one sum
SIZES = (1, 2, 4, 8, 16, 32)
COARSE = np.linspace(FIRST, LAST, 33)[:, None]
FINE = np.linspace(FIRST, LAST, 129)[:, None]
CURVE = {"height": 2.0, "freq": 1.2, "tilt": 0.25, "bend": 0.1}
CURVES = (1.6, 1.8, 2.0, 2.2, 2.4), (1.1, 1.15, 1.2, 1.25, 1.3), (-0.3, -0.2, 0.2, 0.25, 0.3), (0.05, 0.1, 0.15)
DONE = 2  # coefficients on Eight that are there when it comes
FOUR = {"y_format": "0", "x_max": 4, "x_min": -4}  # the axes of most charts here
ABOUT_EIGHT = "Change the eight yellow coefficients, from left to right, until the blue sum lies on the dashed curve. That curve is set on the sheet Many."
ABOUT_MANY = "Change the number of pieces, then the curve. The table works out knots and coefficients. The blue sum of all pieces follows the curve."
ABOUT_ERRORS = "Read down the table: each row has twice the pieces of the row above. By how much is the error divided each time? Then change the curve on Many."
METHOD = "First coefficient 3: add what is still missing under it. Then 4: its number has changed."
BEND = "coefficient = slope right - slope left: how much the sum bends at the knot"
EIGHT_NOTE = (
    "Each piece is max(0, x - knot), times its coefficient: 0 up to its knot, from there on a straight line. It bends the sum at its knot and leaves all to the left of it as it was. So work from left to right.\n\n"
    "What the sum begins at is its height at x = -4, before any piece; here it is rounded to one decimal. At the x that is 1 more than its knot, a piece is exactly 1: there its coefficient adds itself.\n\n"
    "Try this: pieces 1 and 2 are done, with one decimal, so a little is still missing. Type {missing:.4f}, what is still missing under it, into coefficient 3. Go on with piece 4. Which way does a negative coefficient bend the sum?"
)
MANY_NOTE = (
    "What you did by hand, by formula: a coefficient is the change of slope at its knot. Left of the first knot the sum is flat: y before is y at the knot, and the slope is 0. Rows beyond the chosen number of pieces show nothing.\n\n"
    "More pieces do not always help at once: from 3 to 5 all knots move, and may stand worse. With twice the pieces the old knots stay, and new ones lie between them.\n\n"
    "With height 0 the curve is tilt*x + bend*x^2. The slope of bend*x^2 is 2*bend*x, so it grows alike everywhere: by 2*bend*width from each piece to the next. With frequency 3 a wave is about 2 wide: 8 pieces of width 1 miss it, 32 follow it.\n\n"
    "This sum is a net with one hidden layer: each hidden unit is max(0, 1*x - knot). The coefficients are the weights with which the units are added up. Here a formula finds them. In lesson 4, descent does."
)
ERRORS_NOTE = (
    "Six nets, each with twice the pieces of the one before. Once the pieces are narrow, half the width divides the largest error by about 4. It divides the mean squared error by about 16. On the chart each line of the grid is ten times the next. There, a division by the same number again and again is a straight line going down.\n\n"
    "With frequency 3 on Many the first doublings help little: a piece must be much narrower than half a wave. After that it is about 4 again.\n\n"
    "There is no end to it: with enough pieces the sum comes as close to the curve as you ask."
)


def follows(height: float, freq: float, tilt: float, bend: float) -> bool:
    """Whether what the lesson says of a curve is true of this one: eight pieces can come close, twice as many divide
    the error by about 4, and 5 are worse than 3; and it stays on the charts."""
    fine = _curve_at(FINE, height, freq, tilt, bend)

    def errors(n: int) -> np.ndarray:
        """Of n pieces, at each x of the window."""
        knots = np.linspace(FIRST, LAST, n + 1)
        sums = np.interp(FINE[:, 0], knots, _curve_at(knots, height, freq, tilt, bend))
        found: np.ndarray = sums - fine[:, 0]
        return found

    largest = {n: np.abs(errors(n)).max() for n in (3, 5, 8, 16)}
    _, *done, missing = _by_hand(height, freq, tilt, bend)
    visible = min(abs(missing), *(abs(coef - 0.5) for coef in done)) > 0.3
    close = np.square(errors(8)).mean() < 0.04 and 3.2 < largest[8] / largest[16] < 5.0
    return bool(close and largest[5] > 1.05 * largest[3] and np.abs(fine).max() < 5.5 and visible)


def _curve_at(x: np.ndarray, height: float, freq: float, tilt: float, bend: float) -> np.ndarray:
    y: np.ndarray = height * np.sin(freq * x) + tilt * x + bend * x**2
    return y


def _by_hand(height: float, freq: float, tilt: float, bend: float) -> list[float]:
    """What a sum begins at, DONE coefficients of one digit behind the point, and what is missing for the next."""
    at = np.arange(FIRST, LAST)
    curve = _curve_at(at, height, freq, tilt, bend)
    out = [round(float(curve[0]), 1)]
    for k in range(1, DONE + 2):
        there = out[0] + sum(coef * (k - i) for i, coef in enumerate(out[1:]))
        missing = float(curve[k] - there)
        out.append(round(missing, 1) if k <= DONE else missing)
    return out


class Pieces(Lesson):
    """A curve, and sums of ReLUs that follow it: eight by hand, any number by formula, six nets side by side."""

    # ---- the curve, and the coefficients of a sum that goes through it

    def curve_of_many(self) -> None:
        """The inputs that say which curve it is, and how many pieces follow it."""
        titles = {"height": "height", "freq": "frequency", "tilt": "tilt", "bend": "bend"}
        self.pieces = self.typed("many.pieces", 8, "pieces", low=1, high=MOST, whole=True, name="pieces")
        self.curve_now = own(self.seed, "curve", tuple(CURVE.values()), CURVES, follows)
        self.shape = [
            self.typed(f"many.{id}", value, title, name=id)
            for (id, title), value in zip(titles.items(), self.curve_now, strict=True)
        ]
        begin, *done, self.third = _by_hand(*self.curve_now)
        self.by_hand = begin, (*done, *[0.0] * (8 - DONE))

    def curve(self, x: Node) -> Node:
        """height sin(freq x) + tilt x + bend x^2, entry by entry."""
        height, freq, tilt, bend = self.shape
        return height * apply("sin", freq * x) + tilt * x + bend * square(x)

    def bends(self, prefix: str, knots: Node, width: Node, unused: Node | None = None) -> Group:
        """Six columns beside the knots (n, 1): y left of, at and right of the knot, both slopes, the coefficient."""
        # before its first knot the sum is flat
        left_of = where(apply("greater", knots, lift(FIRST)), knots - width, knots)
        before, here, after = self.curve(left_of), self.curve(knots), self.curve(knots + width)
        left = (here - before) / width
        right = (after - here) / width
        coefs = right - left if unused is None else where(unused, 0.0, right - left)
        ys = {"before": (before, "y before"), "here": (here, "y at knot"), "after": (after, "y after")}
        columns = forward(ys, format="short")
        columns |= forward(
            {"left": (left, "Slope left"), "right": (right, "Slope right")}, style="cells", format="short"
        )
        columns |= result({"coef": (coefs, "Coefficient", "short")}, style="cells", name="coefs" if unused else "")
        return {f"{prefix}.{id}": one for id, one in columns.items()}

    # ---- Eight

    def eight(self) -> None:
        begin = self.begin_8 = self.typed("begin", self.by_hand[0], "The sum begins at", name="begin_8")
        title = "starts at the knot x ="
        knots = self.typed("knots", [np.arange(FIRST, LAST)], title, "fixed", name="knots_8")
        coefs = self.coefs_8 = self.typed("coefs", [self.by_hand[1]], "coefficient", name="coefs_8", format="feature")
        x, ends = self.typed("x", COARSE, "x", "fixed"), knots + 1.0
        there, wanted = begin + coefs @ relu(ends - knots.T), self.curve(ends)
        self.missing = wanted - there
        reached = forward(
            {"wanted": (wanted, "curve at x = knot + 1"), "there": (there, "sum at x = knot + 1")}, format="feature"
        )
        reached |= result({"missing": (self.missing, "still missing there")}, style="cells", format="feature")
        pieces = relu(x - knots)
        total, curve, bent = begin + pieces @ coefs.T, self.curve(x), pieces * coefs
        error, labels = total - curve, tuple(f"piece {i + 1}" for i in range(8))
        self.mse_8, largest = mean(square(error)), apply("max", apply("abs", error))
        look = {"style": "cells", "labels": labels, "format": "feature"}
        columns = forward({"pieces": (pieces, "Pieces: max(0, x - knot)")}, **look) | forward(
            {"curve": (curve, "Curve")}
        )
        columns |= forward({"sum": (total, "Sum"), "error": (error, "Error")}, style="cells")
        lines = ("the sum of your pieces", "x", "sum"), ("the curve", "x", "curve", "line 2")
        added = [(label, "x", Some("bent", cols=(i, i)), f"line {i + 1}") for i, label in enumerate(labels)]
        axes = {**FOUR, "y_min": -6, "y_max": 6}
        self.page("Eight: follow a curve by hand", ABOUT_EIGHT, down(
            across(
                down(
                    facts("", self.cells(begin), after={0: METHOD}),
                    facts("", self.cells(knots, coefs), reached, heads=[str(i + 1) for i in range(8)], corner="Piece"),
                    plot("What is added: coefficient times piece (y from -6 to 6)", "x", "y", added,
                         "Eight lines, each flat at 0 up to its knot and straight from there on.", **axes, width=740, height=195, wide=9),
                ),
                down(
                    across(
                        facts("", result({"mse": (self.mse_8, "Mean squared error", "short")}), span=2),
                        facts("", result({"largest": (largest, "Largest error", "short")}), span=2),
                    ),
                    plot("The curve and your sum (y from -6 to 6)", "x", "y", lines, "The curve, dashed, and the sum of eight pieces that is to follow it.", **axes, width=470, height=340),
                ),
            ),
            Note(EIGHT_NOTE.format(missing=self.third), 12),
            table(self.cells(x), columns, None, forward({"bent": (bent, "Coefficient times piece")}, **look), tight=True),
        ), freeze=(2, 1))  # fmt: skip

    # ---- Many

    def many(self) -> None:
        width = (LAST - FIRST) / self.pieces
        count = self.typed("count", np.arange(1.0, MOST + 1)[:, None], "Piece", "fixed")
        x = self.fine = self.typed("many.x", FINE, "x", "fixed", name="x", format="feature")
        unused = apply("greater", count, self.pieces)
        knots = where(unused, LAST - width, FIRST + (count - 1.0) * width)
        bends = self.bends("many", knots, width, unused)
        self.coefs, self.begin = bends["many.coef"].node, row(bends["many.here"].node, 1)  # the curve at the first knot
        self.y, total = self.curve(x), self.begin + relu(x - knots.T) @ self.coefs
        error = total - self.y
        self.largest = apply("max", apply("abs", error))
        found = result({"width": (width, "Width of a piece", "short")}, style="cells", name="width")
        found |= result({"begin": (self.begin, "Begins at", "short")}, name="begin")
        found |= result({
            "largest": (self.largest, "Largest error", "short"), "mse": (mean(square(error)), "Mean squared error", "short"),
        })  # fmt: skip
        columns = forward({"curve": (self.y, "Curve", "short")}, name="curve") | forward(
            {"sum": (total, "Sum", "short")}
        )
        lines = (
            ("the sum of the pieces", "x", "sum"), ("the curve", "x", "curve", "line 2"), ("the knots", "knots", "here", "dots"),
        )  # fmt: skip
        page = self.page("Many: the coefficients by formula", ABOUT_MANY, across(
            down(
                across(
                    facts("Change these", self.cells(self.pieces, *self.shape)),
                    down(
                        facts("The sum", found, span=2),
                        Words("curve = height*sin(frequency*x) + tilt*x + bend*x^2", "hint"), Words(BEND, "hint"), gap=0,
                    ),
                ),
                table(self.cells(count), forward({"knots": (knots, "Knot", "short")}, style="cells", name="knots"), bends),
            ),
            down(
                plot("The curve and the sum of its pieces", "x", "y", lines, "The curve, dashed, and a chain of straight pieces that meets it at the knots.", **FOUR | {"y_format": "0.0"}, width=545),
                across(
                    table(self.cells(x), columns, forward({"error": (error, "Error", "short")}, style="cells")),
                    Note(MANY_NOTE, 6),
                ),
            ),
        ))  # fmt: skip
        first, last = (self.book.block_of(node).area for node in (count, self.coefs))
        table_of_pieces = replace(first, n_cols=last.col + 1 - first.col)
        page.highlights.append(Unused(table_of_pieces, self.book.block_of(self.pieces).area))

    # ---- Errors

    def errors(self) -> None:
        nets, errors = self._six_nets()
        self.largest_of = [apply("max", error) for error in errors]
        squares = [mean(square(error)) for error in errors]
        sizes = self.typed("sizes", [[size] for size in SIZES], "Pieces", "fixed")
        width = forward({"width": ((LAST - FIRST) / sizes, "Width", "plain")}, style="cells")
        columns: list[Part] = [table(self.cells(sizes), width)]
        for key, found, title in (("largest", self.largest_of, "Largest error"), ("mse", squares, "Mean squared")):
            # where nothing is left, nothing is divided: 0, shown as the word exact
            ratios = [where(apply("greater", b, lift(1e-12)), a / b, 0.0) for a, b in pairwise(found)]
            ratio = result({f"{key}_ratio": (vstack(ratios), "", "ratio")})
            columns.append(table(result({key: (vstack(found), title)}, format="small")))
            columns.append(Pile("divided by", ratio, "from row to row", kind="result", skip=1))
        x = "many.x"
        rising = ("largest error", "sizes", "largest"), ("mean squared error", "sizes", "mse", "line 2")
        sums = [(f"{SIZES[i]} pieces", x, Some("sums", cols=(i, i)), f"line {i}") for i in (1, 2, 3)]
        arches = [(f"{SIZES[i]} pieces", x, Some("off", cols=(i, i)), f"line {i - 2}") for i in (3, 4, 5)]
        self.page("Errors: how they fall as pieces are added", ABOUT_ERRORS, down(
            across(
                down(
                    beside(*columns),
                    plot("The sums of 2, 4 and 8 pieces", "x", "y", [*sums, ("the curve", x, "many.curve", "torch")],
                         "The curve and the sums of 2, 4 and 8 pieces, ever closer to it.", **FOUR | {"y_format": "0.0"}, width=600, height=204, wide=6),
                ),
                plot("The error by number of pieces (each grid line: ten times the one below)", "pieces", "error", rising, "Two falling lines: the largest and the mean squared error against the number of pieces.", y_format="General", x_min=1, log_x=True,
                     log_y=True),
            ),
            across(
                Note(ERRORS_NOTE, 6),
                plot("The size of the error: 0 at the knots, arches between", "x", "absolute error", arches,
                     "The errors of 8, 16 and 32 pieces: arches between the knots, 0 at the knots.",
                     **FOUR | {"y_format": "0.00"}),
            ),
            table(*nets),
        ))  # fmt: skip

    def _six_nets(self) -> tuple[list[Group | None], list[Node]]:
        """All pieces of the six nets under each other, as columns; their absolute errors, six of (129, 1)."""
        size = self.typed("all.size", [[n] for n in SIZES for _ in range(n)], "Net of", "fixed")
        piece = self.typed("all.piece", [[i + 1] for n in SIZES for i in range(n)], "Piece", "fixed")
        width = (LAST - FIRST) / size
        knots = FIRST + (piece - 1.0) * width
        bends = self.bends("all", knots, width)
        labels = tuple(f"{n} piece{'s' * (n > 1)}" for n in SIZES)
        own = [where(apply("equal", size, lift(float(n))), bends["all.coef"].node, 0.0) for n in SIZES]
        sums = [self.begin + relu(self.fine - knots.T) @ column for column in own]
        errors = [apply("abs", total - self.y) for total in sums]
        of_nets = {"all.width": (width, "Width", "feature"), "all.knots": (knots, "Knot", "feature")}
        drawn = forward({"x": (apply("same", self.fine), "x", "feature")})
        drawn |= forward({"sums": (hstack(sums), "Sum, a column for each net")}, labels=labels)
        drawn |= result({"off": (hstack(errors), "Absolute error")}, labels=labels)
        title = "Coefficients, a column for each net"
        return [
            self.cells(size, piece) | forward(of_nets, style="cells") | bends, None,
            forward({"all.own": (hstack(own), title, "feature")}, labels=labels), None, drawn,
        ], errors  # fmt: skip
