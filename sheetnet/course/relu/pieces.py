"""The sheets of lesson 2 on which many pieces follow a curve: Eight, Many and Errors."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, hstack, lift, mean, relu, row, square, vstack, where
from sheetnet.page.book import Chart, Page, Series

FIRST, LAST, MOST = -4.0, 4.0, 32  # the window of x; the most pieces of one sum
SIZES = (1, 2, 4, 8, 16, 32)
COARSE = np.linspace(FIRST, LAST, 33)[:, None]
FINE = np.linspace(FIRST, LAST, 129)[:, None]
CURVE = {"height": 2.0, "freq": 1.2, "tilt": 0.25, "bend": 0.1}
BY_HAND = (-1.6, -0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # the first two are done
EIGHT_NOTE = (
    "Each piece is max(0, x - knot), times its coefficient: 0 up to its knot, from there on a straight line. It bends"
    " the sum at its knot and leaves all to the left of it as it was. So work from left to right.\n\n"
    "What the sum begins at is its height at x = -4, before any piece. 1 to the right of its knot a piece is exactly 1: there its coefficient"
    " adds itself.\n\nTry this: pieces 1 and 2 are done. Type 1.9859, what is still missing under it, into coefficient 3;"
    " go on with piece 4. Which way does a negative coefficient bend the sum?"
)
MANY_NOTE = (
    "What you did by hand, by formula: a coefficient is the change of slope at its knot, slope right minus slope left."
    " Left of the first knot the slope is 0. Pieces beyond the chosen number wait at the last knot with a coefficient"
    " of 0.\n\nMore pieces do not always help at once: from 3 to 5 all knots move, and may stand worse. With twice the"
    " pieces the old knots stay, and new ones lie between them.\n\nWith height 0 the curve is tilt*x + bend*x^2: its slope"
    " grows by 2*bend*width from piece to piece.\n\n"
    "This sum is a net with one hidden layer: each hidden unit is max(0, 1*x - knot), and the coefficients are the"
    " weights with which the units are added up. Here a formula finds them; in lesson 4, descent does."
)
ERRORS_NOTE = (
    "Six nets, each with twice the pieces of the one before. Once the pieces are narrow, half the width divides the"
    " largest error by about 4, and the mean squared error by about 16. On axes that both grow by factors, that is a"
    " straight line going down.\n\nThere is no end to it: with enough pieces the sum comes as close to the curve as you"
    " ask."
)


class Pieces(Lesson):
    """A curve, and sums of ReLUs that follow it: eight by hand, any number by formula, six nets side by side."""

    # ---- the curve, and the coefficients of a sum that goes through it

    def curve(self, x: Node) -> Node:
        """height sin(freq x) + tilt x + bend x^2, entry by entry."""
        height, freq, tilt, bend = self.shape
        return height * apply("sin", freq * x) + tilt * x + bend * square(x)

    def bends(
        self, page: Page, prefix: str, at: tuple[int, int], knots: Node, width: Node, unused: Node | None
    ) -> Node:
        """Six columns beside the knots (n, 1): y left of, at and right of the knot, both slopes, the coefficient."""
        before, here, after = self.curve(knots - width), self.curve(knots), self.curve(knots + width)
        left = where(apply("greater", knots, lift(FIRST)), (here - before) / width, 0.0)
        right = (after - here) / width
        coefs = right - left if unused is None else where(unused, 0.0, right - left)
        steps = {"before": (before, "y before"), "here": (here, "y at knot"), "after": (after, "y after")}
        col = self.columns(page, prefix, *at, steps)
        slopes = {"left": (left, "Slope left"), "right": (right, "Slope right")}
        col = self.columns(page, prefix, at[0], col, slopes, style="cells", scale=here / width)
        page.place(f"{prefix}.coef", coefs, at[0], col, "result", "cells", title="Coefficient", scale=here / width,
                   name="coefs" if unused else "")  # fmt: skip
        page.widths[col] = 13.0
        return coefs

    # ---- Eight

    def eight(self, page: Page) -> None:
        page.widths |= {0: 24.0}
        page.text(3, 0, "Change these", "band_plain", wide=2)
        self.begin_8 = self.cell(page, "eight.begin", 2.6, 4, 1, "The sum begins at", name="begin_8")
        page.text(6, 0, "Piece", "head")
        for i in range(8):
            page.text(6, 1 + i, str(i + 1), "head")
        knots, self.coefs_8 = self.value("knots", [np.arange(FIRST, LAST)]), self.value("coefs", [BY_HAND])
        ends = knots + 1.0
        page.place(
            "eight.knots",
            knots,
            7,
            1,
            "fixed",
            title="starts at the knot x =",
            side=True,
            name="knots_8",
            format="plain",
        )
        page.place(
            "eight.coefs", self.coefs_8, 8, 1, "input", title="coefficient", side=True, name="coefs_8", format="feature"
        )
        there = self.begin_8 + self.coefs_8 @ relu(ends - knots.T)
        wanted = self.curve(ends)
        self.missing = wanted - there
        page.place("eight.wanted", wanted, 9, 1, "forward", title="curve 1 to the right", side=True, format="feature")
        page.place("eight.there", there, 10, 1, "forward", title="sum 1 to the right", side=True, format="feature")
        page.place("eight.missing", self.missing, 11, 1, "result", "cells", title="still missing there", side=True,
                   format="feature", scale=there)  # fmt: skip
        x, top = self.value("x", COARSE), 34
        page.place("eight.x", x, top, 0, "fixed", title="x", format="plain")
        pieces = relu(x - knots)
        total, curve = self.begin_8 + pieces @ self.coefs_8.T, self.curve(x)
        error, labels = total - curve, tuple(f"piece {i + 1}" for i in range(8))
        title = "Pieces: max(0, x - knot)"
        page.place("eight.pieces", pieces, top, 1, "forward", "cells", title=title, labels=labels, format="feature")
        sums = {"sum": (total, "Sum"), "error": (error, "Error")}
        col = self.columns(page, "eight", top, 9, {"curve": (curve, "Curve")})
        col = self.columns(page, "eight", top, col, sums, style="cells", scale=total)
        bent = pieces * self.coefs_8
        title = "Coefficient times piece"
        page.place("eight.bent", bent, top, col + 1, "forward", "cells", title=title, labels=labels, format="feature")
        self.mse_8 = mean(square(error))
        page.place("eight.mse", self.mse_8, 4, 5, "result", title="Mean squared error", side=True, format="loss")
        largest = apply("max", apply("abs", error))
        page.place("eight.largest", largest, 4, 8, "result", title="Largest error", side=True, scale=total)
        lines: tuple[Series, ...] = (
            self.line("the sum of your pieces", "eight.x", "eight.sum"),
            self.line("the curve", "eight.x", "eight.curve", "line 2"),
        )
        alt = "The curve, dashed, and the sum of eight pieces that is to follow it."
        page.charts.append(Chart(14, 0, "The curve and your sum", "x", "y", lines, alt, "0", 4, -4, -6, 6, height=330))
        area = self.book.block("eight.bent").area
        lines = tuple(
            Series(label, self.book.block("eight.x").area, area.part((0, 32), (i, i)), f"line {i + 1}")
            for i, label in enumerate(labels)
        )
        alt = "Eight lines, each flat at 0 up to its knot and straight from there on."
        title = "What is added: coefficient times piece"
        page.charts.append(Chart(14, 8, title, "x", "y", lines, alt, "0", 4, -4, -6, 6, height=330))
        page.text(3, 10, EIGHT_NOTE, "note", wide=8, tall=10)
        page.active = (8, 3)

    # ---- Many

    def many(self) -> None:
        page = self.book.page(
            "Many",
            "Many: the coefficients by formula",
            "Change the number of pieces, then the curve. The table works out knots and coefficients; the blue sum of all"
            " pieces follows the curve.",
            freeze=(2, 0),
        )
        page.widths |= {0: 13.0, 8: 3.0}
        page.text(3, 0, "Change these", "band_plain", wide=2)
        titles = {"height": "height", "freq": "frequency", "tilt": "tilt", "bend": "bend"}
        self.shape = [
            self.cell(page, f"many.{id}", CURVE[id], 5 + i, 1, titles[id], name=id) for i, id in enumerate(titles)
        ]
        self.pieces = self.cell(page, "many.pieces", 8, 4, 1, "pieces", low=1, high=MOST, whole=True, name="pieces")
        width = (LAST - FIRST) / self.pieces
        page.text(3, 3, "The sum", "band_result", wide=3)
        page.place("many.width", width, 4, 5, "result", "cells", title="Width of a piece", side=True, name="width")
        count, x = self.value("count", np.arange(1.0, MOST + 1)[:, None]), self.value("x", FINE)
        page.place("many.count", count, 14, 0, "fixed", title="Piece", format="plain")
        unused = apply("greater", count, self.pieces)
        knots = where(unused, LAST - width, FIRST + (count - 1.0) * width)
        page.place("many.knots", knots, 14, 1, "forward", "cells", title="Knot", name="knots")
        page.widths[1] = 11.0
        self.coefs = self.bends(page, "many", (14, 2), knots, width, unused)
        begin = row(self.book.block("many.here").node, 1)  # the curve at the first knot
        page.place("many.begin", begin, 5, 5, "result", title="Begins at", side=True, name="begin")
        page.place("many.x", x, 25, 9, "fixed", title="x", name="x", format="feature")
        self.fine, self.y, self.begin = x, self.curve(x), begin
        total = begin + relu(x - knots.T) @ self.coefs
        error = total - self.y
        page.place("many.curve", self.y, 25, 10, "forward", title="Curve", name="curve")
        col = self.columns(page, "many", 25, 11, {"sum": (total, "Sum")})
        self.columns(page, "many", 25, col, {"error": (error, "Error")}, style="cells", scale=self.y)
        self.largest = apply("max", apply("abs", error))
        page.place("many.largest", self.largest, 6, 5, "result", title="Largest error", side=True, scale=self.y)
        mse = mean(square(error))
        page.place("many.mse", mse, 7, 5, "result", title="Mean squared error", side=True, format="loss", scale=self.y)
        page.text(9, 3, "curve = height*sin(frequency*x) + tilt*x + bend*x^2", "hint")
        lines: tuple[Series, ...] = (
            self.line("the sum of the pieces", "many.x", "many.sum"),
            self.line("the curve", "many.x", "many.curve", "line 2"),
            self.line("the knots", "many.knots", "many.here", "dots"),
        )
        alt = "The curve, dashed, and a chain of straight pieces that meets it at the knots."
        page.charts.append(
            Chart(3, 9, "The curve and the sum of its pieces", "x", "y", lines, alt, "0.0", 4, -4, width=600)
        )
        page.text(22, 14, MANY_NOTE, "note", wide=6, tall=16)
        page.active = (4, 1)

    # ---- Errors

    def errors(self) -> None:
        page = self.book.page(
            "Errors",
            "Errors: how they fall as pieces are added",
            "Read down the table: each row has twice the pieces of the row above. By how much is the error divided each"
            " time? Then change the curve on Many.",
            freeze=(2, 0),
        )
        page.widths |= {0: 11.0, 6: 3.0}
        errors = self._six_nets(page, 44)
        self.largest_of = [apply("max", error) for error in errors]
        squares = [mean(square(error)) for error in errors]
        sizes = self.value("sizes", [[size] for size in SIZES])
        page.place("errors.sizes", sizes, 6, 0, "fixed", title="Pieces", format="plain")
        page.place("errors.width", (LAST - FIRST) / sizes, 6, 1, "forward", "cells", title="Width", format="plain")
        for key, col, nodes, title in (
            ("largest", 2, self.largest_of, "Largest error"), ("mse", 4, squares, "Mean squared"),
        ):  # fmt: skip
            page.place(f"errors.{key}", vstack(nodes), 6, col, "result", title=title, format="small", scale=self.y)
            page.text(3, col + 1, "divided by", "band_result_narrow")
            page.text(4, col + 1, "from row to row", "shape_result_narrow")
            # where nothing is left, nothing is divided: 0, shown as the word exact
            ratios = [
                where(apply("greater", small, lift(1e-12)), large / small, 0.0) for large, small in pairwise(nodes)
            ]
            at, scale = (7, col + 1), vstack(ratios) / nodes[-1]
            page.place(f"errors.{key}_ratio", vstack(ratios), *at, "result", format="ratio", scale=scale)
            page.widths |= {col: 15.0, col + 1: 13.0}
        lines: tuple[Series, ...] = (
            self.line("largest error", "errors.sizes", "errors.largest"),
            self.line("mean squared error", "errors.sizes", "errors.mse", "line 2"),
        )
        alt = "Two falling lines: the largest and the mean squared error against the number of pieces."
        page.charts.append(
            Chart(3, 7, "The error against the number of pieces", "pieces", "error", lines, alt, "0.0000", x_min=1,
                  log_x=True, log_y=True)
        )  # fmt: skip
        page.text(13, 0, ERRORS_NOTE, "note", wide=6, tall=8)
        x, area = self.book.block("many.x").area, self.book.block("errors.sums").area
        lines = (
            *(Series(f"{SIZES[i]} pieces", x, area.part((0, 128), (i, i)), f"line {i}") for i in (1, 2, 3)),
            Series("the curve", x, self.book.block("many.curve").area, "torch"),
        )
        alt = "The curve and the sums of 2, 4 and 8 pieces, ever closer to it."
        page.charts.append(Chart(22, 0, "The sums of 2, 4 and 8 pieces", "x", "y", lines, alt, "0.0", 4, -4))
        area = self.book.block("errors.off").area
        lines = tuple(Series(f"{SIZES[i]} pieces", x, area.part((0, 128), (i, i)), f"line {i - 2}") for i in (3, 4, 5))
        alt = "The errors of 8, 16 and 32 pieces: arches between the knots, 0 at the knots."
        title = "The size of the error: 0 at the knots, arches between"
        page.charts.append(Chart(22, 7, title, "x", "absolute error", lines, alt, "0.00", 4, -4))
        page.active, page.print_cols = (6, 0), 16

    def _six_nets(self, page: Page, top: int) -> list[Node]:
        """All pieces of the six nets under each other; their sums; their absolute errors, six of (129, 1)."""
        size = self.value("size", [[n] for n in SIZES for _ in range(n)])
        piece = self.value("piece", [[i + 1] for n in SIZES for i in range(n)])
        net = {"size": (size, "Net of"), "piece": (piece, "Piece")}
        self.columns(page, "all", top, 0, net, "fixed", format="plain")
        width = (LAST - FIRST) / size
        knots = FIRST + (piece - 1.0) * width
        self.columns(
            page, "all", top, 2, {"width": (width, "Width"), "knots": (knots, "Knot")}, style="cells", format="feature"
        )
        coefs = self.bends(page, "all", (top, 4), knots, width, None)
        labels = tuple(f"{n} piece{'s' * (n > 1)}" for n in SIZES)
        own = [where(apply("equal", size, lift(float(n))), coefs, 0.0) for n in SIZES]
        sums = [self.begin + relu(self.fine - knots.T) @ column for column in own]
        errors = [apply("abs", total - self.y) for total in sums]
        title = "Coefficients, a column for each net"
        page.place(
            "all.own", hstack(own), top, 11, "forward", title=title, labels=labels, format="feature", scale=self.y
        )
        page.place("errors.x", apply("same", self.fine), top, 18, "forward", title="x", format="feature")
        page.place("errors.sums", hstack(sums), top, 19, "forward", title="Sum, a column for each net", labels=labels)
        page.place("errors.off", hstack(errors), top, 25, "result", title="Absolute error", labels=labels, scale=self.y)
        return errors
